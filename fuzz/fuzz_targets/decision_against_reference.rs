//! Whole decisions against the reference evaluator of the tests. Setups and attempts are
//! drawn from the fuzzer's bytes, so it learns which draws lead somewhere.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use permitgate::Directory;
use permitgate::authority::Attenuation;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use reference::people::{People, small_organisation};
use reference::{AGENT, LayerDraft, Setup, decide};
use std::sync::{Arc, LazyLock};

#[path = "../draw.rs"]
mod draw;
#[path = "../../tests/reference/mod.rs"]
#[expect(dead_code, reason = "the reference serves several tests")]
mod reference;

static PEOPLE: LazyLock<(People, Arc<Directory>)> = LazyLock::new(|| {
    let people = small_organisation();
    let directory = people.directory();
    (people, directory.into())
});

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let Ok(setup) = draw::setup(&mut bytes) else { return };
    let (gate, scope) = (gate(&setup), scope(&setup));
    for _ in 0..4 {
        let Ok(attempt) = draw::attempt(&mut bytes, &setup) else { return };
        let action = attempt.action();
        let expected = decide(&PEOPLE.0, &setup, &attempt);
        let found = gate.decide(&action, &scope);
        let what = (found.ruling(), found.reason());
        assert_eq!(what, (expected.ruling, expected.reason), "{setup:#?}\n{attempt:#?}");
        // Of several layers that allow, any may be named; a refusal names what decided it.
        if !found.is_allow() {
            let named = found.grounds().statement();
            let least = expected.statements.first().map(String::as_str);
            assert_eq!(named, least, "{setup:#?}\n{attempt:#?}");
        }
        assert_eq!(gate.authorize(&action, &scope).is_ok(), found.is_allow());
    }
});

fn policy(layer: &LayerDraft) -> Policy {
    Policy::new(layer.statements.iter().map(|draft| draft.statement())).expect("valid by making")
}

fn restrictions(layer: &LayerDraft) -> Restrictions {
    let statements = layer.statements.iter().map(|draft| draft.statement());
    Restrictions::new(statements).expect("valid by making")
}

fn gate(setup: &Setup) -> Gate {
    let gate = Gate::builder().directory(PEOPLE.1.clone());
    let gate = gate.clock(ManualClock::default()).sink(MemorySink::last(1));
    let gate = match &setup.guardrails {
        None => gate,
        Some(layer) if layer.grants => gate.guardrails(policy(layer)),
        Some(layer) => gate.guardrails(restrictions(layer)),
    };
    gate.build().expect("valid by making")
}

fn scope(setup: &Setup) -> Scope {
    let (root, above) = setup.layers.split_first().expect("a root");
    let mut capability = Capability::root(policy(root), ambient_authority());
    for layer in above {
        let attenuation: Attenuation =
            if layer.grants { policy(layer).into() } else { restrictions(layer).into() };
        capability = capability.attenuate(attenuation).expect("few layers");
    }
    let scope = Scope::builder(&capability).invoker(&setup.invoker).agent(AGENT);
    scope
        .bind("project", &setup.project)
        .session(&setup.heard.session())
        .build()
        .expect("everything is bound")
}
