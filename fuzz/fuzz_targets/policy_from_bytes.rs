//! Policies from bytes: accepted ones survive being written and read, and decide without panicking and
//! whatever the order of their statements; refused ones say where and why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate::policy::{Effect, PolicyError, PolicySpec};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use permitgate::{Directory, Reason};
use serde_json::{Value as Json, json};

fuzz_target!(|data: &[u8]| {
    let Ok(read) = serde_json::from_slice::<PolicySpec>(data) else {
        return;
    };
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    let again: PolicySpec = serde_json::from_slice(&written).expect("and read again");
    assert_eq!(read, again, "written and read it is another policy");

    let policy = Policy::try_from(read.clone());
    let restrictions = Restrictions::try_from(read.clone());
    for error in policy.as_ref().err().into_iter().chain(restrictions.as_ref().err()) {
        check_error(error, &read);
    }
    if let Ok(restrictions) = &restrictions {
        let granting = policy.is_ok();
        let grants = |s: &Statement| s.effect() != Effect::Forbid;
        assert!(granting || read.statements.iter().any(grants), "more is asked of a grant only");
        assert_eq!(restrictions.len(), read.statements.len());
    }
    let reversed = PolicySpec { statements: read.statements.iter().rev().cloned().collect() };
    if let Ok(policy) = policy {
        let text: Json = serde_json::from_slice(&written).expect("it is JSON");
        decide(policy, Policy::try_from(reversed).expect("in any order"), &text);
    }
});

fn check_error(error: &PolicyError, data: &PolicySpec) {
    let (message, field) = (error.to_string(), error.field());
    assert!(!field.is_empty() && message.contains(field), "{message}");
    let fault = message.rsplit(": ").next().unwrap_or_default();
    assert!(!fault.is_empty(), "no fault in {message}");
    match error.statement() {
        Some(id) => assert!(data.statements.iter().any(|s| s.id() == id), "{message}"),
        None => assert_eq!(field, "statements"),
    }
}

fn decide(policy: Policy, reversed: Policy, text: &Json) {
    let _ = (policy.worst_case_steps(&Directory::empty()), policy.memory_bytes());
    let patterns: Vec<&str> = text["statements"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|statement| statement["resources"].as_array().into_iter().flatten())
        .filter_map(Json::as_str)
        .take(8)
        .collect();
    let scopes = [policy, reversed].map(|policy| {
        let capability = Capability::root(policy, ambient_authority());
        let mut scope = Scope::builder(&capability).invoker("dana@example.com").agent("triage");
        let names = patterns.iter().flat_map(|pattern| pattern.split('/'));
        for name in names.filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
            if !matches!(name, "invoker" | "agent") {
                scope = scope.bind(name, "bound");
            }
        }
        scope.build().ok()
    });
    // More patterns than were looked at may bind further names.
    let [Some(one), Some(other)] = scopes else {
        return;
    };
    let gate = Gate::builder().clock(ManualClock::default()).sink(MemorySink::last(1));
    let gate = gate.build().expect("a plain gate");
    let arguments =
        json!({"lines": [{"cents": 7}], "to": "lee@example.com", "dry": true, "k": "a"});
    for resource in patterns.iter().map(|pattern| instance(pattern)) {
        for operation in Operation::ALL {
            let action = Action::new(operation, "bank.pay", &resource).with(&arguments);
            let decision = gate.decide(&action, &one);
            assert_eq!(decision, gate.decide(&action, &other), "the order of statements counts");
            let authorized = gate.authorize(&action, &one).map(drop);
            assert_eq!(authorized.is_ok(), decision.is_allow());
            assert_ne!(decision.reason(), Reason::MalformedResource, "{resource}");
        }
    }
}

/// A resource that the pattern means.
fn instance(pattern: &str) -> String {
    let segment = |segment: &str| match segment {
        "**" => "x".to_owned(),
        "{invoker}" => "dana@example.com".to_owned(),
        "{agent}" => "triage".to_owned(),
        _ if segment.starts_with('{') => "bound".to_owned(),
        _ => segment.replace('*', "-"),
    };
    let path: Vec<String> = pattern.split('/').map(segment).collect();
    path.join("/").chars().take(MAX_PATH).collect()
}

/// Bound values may be longer than their names.
const MAX_PATH: usize = permitgate::limits::MAX_RESOURCE_BYTES;
