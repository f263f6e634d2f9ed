//! Random tools and calls: nothing passes that an oracle does not find among the described places, and nothing that it
//! finds there is refused for not being described.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oracle::{Source, Spec};
use permitgate::prelude::*;
use world::{any_scope, gate};

#[path = "../../tests/manifest/oracle.rs"]
mod oracle;
#[path = "../../tests/manifest/world.rs"]
#[expect(dead_code, reason = "the world serves several tests")]
mod world;

fuzz_target!(|bytes: &[u8]| {
    let mut source = Source(bytes);
    let spec = Spec::of_tool(&mut source);
    let arguments = spec.object(&mut source);
    let manifest = Manifest::new([spec.tool()]).expect("what the oracle describes is valid");
    let scope = any_scope("dana", "triage");
    let call = manifest.map("t", &arguments, &scope);
    assert_eq!(
        call.fault().is_none(),
        spec.describes(&arguments),
        "{call:?} {spec:?} {arguments:?}"
    );
    let gate = gate();
    assert_eq!(gate.decide_call(&call, &scope).is_allow(), call.fault().is_none());
});
