//! Patterns against one resource: what the index and the matcher find must be what a naive matcher
//! finds, for any number of patterns in one policy.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use permitgate::Reason;
use permitgate::model::Resource;
use permitgate::policy::PolicyError;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use reference::{AGENT, Heard, Setup, escape, pattern_matches};

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
    let setup =
        Setup { guardrails: None, layers: Vec::new(), invoker, project, heard: Heard::default() };
    let join = |parts: Vec<String>| parts.join("/");
    let patterns = input.patterns.iter().take(48);
    let patterns: Vec<String> = patterns
        .map(|parts| join(parts.iter().take(8).map(Part::pattern).collect()))
        .filter(|pattern| permit(0, pattern).is_ok())
        .collect();
    let resource = join(input.resource.iter().take(10).map(|p| p.segment(&setup)).collect());
    let statements = patterns.iter().enumerate().map(|(n, pattern)| statement(n, pattern));
    let Ok(policy) = Policy::new(statements) else {
        return;
    };
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(&setup.invoker).agent(AGENT);
    let Ok(scope) = scope.bind("project", &setup.project).build() else {
        return;
    };
    let gate = Gate::builder().clock(ManualClock::default()).sink(MemorySink::last(1));
    let decision =
        gate.build().expect("a plain gate").decide(&Action::read("t", &resource), &scope);
    let Ok(parsed) = Resource::parse(&resource) else {
        assert_eq!(decision.reason(), Reason::MalformedResource);
        return;
    };
    assert_eq!(parsed.segments().count(), resource.split('/').count());
    let matching = patterns.iter().position(|pattern| pattern_matches(&setup, pattern, &resource));
    let expected = matching.map(|number| format!("{number:04}"));
    assert_eq!(decision.is_allow(), expected.is_some(), "{patterns:?} on {resource:?}");
    assert_eq!(decision.grounds().statement(), expected.as_deref(), "{patterns:?} on {resource:?}");
});

fn statement(number: usize, pattern: &str) -> Statement {
    let permit = Statement::permit(format!("{number:04}"));
    permit.operations(Operation::Read).resources([pattern])
}

fn permit(number: usize, pattern: &str) -> Result<Policy, PolicyError> {
    Policy::new([statement(number, pattern)])
}
