//! Whole decisions against the reference evaluator of the tests. Setups and attempts are
//! drawn from the fuzzer's bytes, so it learns which draws lead somewhere.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use reference::comparison::{difference, gate, scope};

#[path = "../draw.rs"]
mod draw;
#[path = "../../tests/reference/mod.rs"]
#[expect(dead_code, reason = "the reference serves several tests")]
mod reference;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let Ok(setup) = draw::setup(&mut bytes) else { return };
    let (gate, scope) = (gate(&setup), scope(&setup));
    for _ in 0..4 {
        let Ok(attempt) = draw::attempt(&mut bytes, &setup) else { return };
        let action = attempt.action();
        let found = gate.decide(&action, &scope);
        assert_eq!(difference(&setup, &attempt, &found), None);
        assert_eq!(gate.authorize(&action, &scope).is_ok(), found.is_allow());
    }
});
