//! What fuzzing once found, each as the smallest input that showed it. See `fuzz/README.md`.

use permitgate::model::{Resource, ResourceBuf};
use permitgate::prelude::*;

fn decide(policy: Policy, invoker: &str, resource: &str) -> Decision {
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(invoker).agent("triage").build().unwrap();
    Gate::builder().build().unwrap().decide(&Action::read("t", resource), &scope)
}

#[test]
fn a_bound_value_of_one_escaped_character_matches_its_segment() {
    for (invoker, segment) in [("*", "%2A"), ("/", "%2F"), ("..", "%2E%2E"), ("a", "a")] {
        let permit = Statement::permit("own").operations(Operation::Read).resources(["{invoker}"]);
        let decision = decide(Policy::new([permit]).unwrap(), invoker, segment);
        assert!(decision.is_allow(), "{invoker} on {segment}: {decision:?}");
    }
}

#[test]
fn a_pattern_does_not_end_in_a_separator_however_long_it_is() {
    for length in 1..140 {
        let text = ",".repeat(length);
        for pattern in [format!("rur/**/{text}/"), format!("{text}/"), format!("{text}//x")] {
            let permit = Statement::permit("p").operations(Operation::Read).resources([&pattern]);
            let error = Policy::new([permit]).unwrap_err();
            assert_eq!(error.field(), "resources[0]", "{pattern}");
            assert!(Resource::parse(&pattern.replace("**", "x")).is_err(), "{pattern}");
        }
    }
}

#[test]
fn a_path_is_never_empty_at_its_front() {
    for text in ["", "/", "/a", "//", "/base"] {
        assert_eq!(Resource::parse(text).unwrap_err().offset(), 0, "{text:?}");
        assert!(ResourceBuf::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_least_id_is_named_whether_or_not_a_pattern_is_keyed() {
    let everything = |id: &str| Statement::forbid(id).operations(Operation::Read);
    let policy = || {
        let permit = Statement::permit("p").operations(Operation::Read).resources(["**"]);
        [permit, everything("s0").resources(["a/**"]), everything("s1"), everything("s2")]
    };
    for resource in ["a", "a/a", "a/b/c"] {
        let decision = decide(Policy::new(policy()).unwrap(), "dana", resource);
        assert_eq!(decision.grounds().statement(), Some("s0"), "{resource}");
    }
}
