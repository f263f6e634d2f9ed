//! Patterns against one resource: what the index and the matcher find must be what a naive matcher
//! finds, for any number of patterns in one policy.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use permitgate::prelude::*;
use reference::comparison::{below, gate, pattern_difference, pattern_difference_below, permits};
use reference::{AGENT, Draft, Setup, escape};

#[path = "../../tests/reference/mod.rs"]
#[expect(dead_code, reason = "the reference serves several tests")]
mod reference;

#[derive(Arbitrary, Debug)]
struct Input {
    patterns: Vec<Vec<Part>>,
    resource: Vec<Part>,
    invoker: Text,
    project: Text,
}

#[derive(Arbitrary, Debug)]
enum Part {
    Any,
    Rest,
    Invoker,
    Agent,
    Project,
    Text(Text),
    Raw(String),
}

/// A short text over few characters, so that texts meet.
#[derive(Arbitrary, Debug)]
struct Text(Vec<u8>);

impl Text {
    fn write(&self) -> String {
        const PIECES: [&str; 12] =
            ["a", "b", "*", ".", "%2F", "é", "ab", "{", "/", "report-", "%", "-"];
        self.0.iter().take(5).map(|byte| PIECES[usize::from(*byte) % PIECES.len()]).collect()
    }
}

impl Part {
    fn pattern(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Rest => "**".to_owned(),
            Self::Invoker => "{invoker}".to_owned(),
            Self::Agent => "{agent}".to_owned(),
            Self::Project => "{project}".to_owned(),
            Self::Text(text) => text.write(),
            Self::Raw(raw) => raw.chars().take(12).collect(),
        }
    }

    fn segment(&self, setup: &Setup) -> String {
        match self {
            Self::Any => "a".to_owned(),
            Self::Rest => "a/b".to_owned(),
            Self::Invoker => escape(&setup.invoker),
            Self::Agent => AGENT.to_owned(),
            Self::Project => escape(&setup.project),
            Self::Text(text) => text.write().replace('*', "a"),
            Self::Raw(raw) => raw.chars().take(12).collect(),
        }
    }
}

fuzz_target!(|input: Input| {
    let (invoker, project) = (input.invoker.write(), input.project.write());
    let join = |parts: Vec<String>| parts.join("/");
    let patterns = input.patterns.iter().take(48);
    let patterns: Vec<String> = patterns
        .map(|parts| join(parts.iter().take(8).map(Part::pattern).collect()))
        .filter(|pattern| is_pattern(pattern))
        .collect();
    let setup = permits(&patterns, &invoker, &project);
    let resource = join(input.resource.iter().take(10).map(|p| p.segment(&setup)).collect());
    let Ok(policy) = Policy::new(setup.layers[0].statements.iter().map(Draft::statement)) else {
        return;
    };
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(&setup.invoker).agent(AGENT);
    let Ok(scope) = scope.bind("project", &setup.project).build() else {
        return;
    };
    let found = pattern_difference(&setup, &gate(&setup), &scope, &resource);
    assert!(found.is_ok(), "{found:?}");
    if permitgate::model::Resource::parse(&resource).is_ok() {
        let found = pattern_difference_below(&setup, &below(&setup), &resource);
        assert!(found.is_ok(), "{found:?}");
    }
});

fn is_pattern(pattern: &str) -> bool {
    let permit = Statement::permit("it").operations(Operation::Read).resources([pattern]);
    Policy::new([permit]).is_ok()
}
