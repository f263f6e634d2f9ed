//! Cases as data: each file under `testdata/tables` is a table, and each test here runs one.
//!
//! A row holds its input and what must come of it, with the full text of the error where there is
//! one: an error that does not name its place is of little use to who wrote the policy.

#[expect(dead_code, reason = "this file needs a part of the reference only")]
mod reference;

use permitgate::Reason;
use permitgate::authority::ScopeError;
use permitgate::limits::*;
use permitgate::model::{Reader, Readers, Resource, ResourceBuf};
use permitgate::policy::{Condition, PolicySpec};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use reference::Setup;

const DANA: &str = "dana";

fn table<Row: DeserializeOwned>(text: &str) -> Vec<Row> {
    let rows: Vec<Row> = serde_json::from_str(text).unwrap();
    assert!(!rows.is_empty());
    rows
}

fn read(pattern: &str) -> Statement {
    Statement::permit("p").operations(Operation::Read).resources([pattern])
}

fn permit(id: &str) -> Statement {
    Statement::permit(id).operations(Operation::Read).resources(["a"])
}

fn scope(policy: Policy, invoker: &str, project: &str) -> Result<Scope, ScopeError> {
    let capability = Capability::root(policy, ambient_authority());
    Scope::builder(&capability).invoker(invoker).agent("triage").bind("project", project).build()
}

fn allows(scope: &Scope, resource: &str) -> bool {
    let gate = Gate::builder().sink(MemorySink::last(1)).build().unwrap();
    let decision = gate.decide(&Action::read("t", resource), scope);
    let plain = [Reason::Permitted, Reason::NotPermitted];
    assert!(plain.contains(&decision.reason()), "{resource}: {decision:?}");
    decision.is_allow()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceRow {
    why: String,
    text: String,
    at: Option<usize>,
    error: Option<String>,
}

#[test]
fn resources() {
    let mut faults = Vec::new();
    for ResourceRow { why, text, at, error } in
        table(include_str!("../testdata/tables/resources.json"))
    {
        let parsed = Resource::parse(&text);
        let found = parsed.as_ref().err().map(|error| (error.offset(), error.to_string()));
        let expected = at.zip(error).map(|(at, e)| (at, format!("resource, byte {at}: {e}")));
        if found != expected {
            faults.push(format!("{why}: {text:?} gives {found:?}, not {expected:?}"));
        }
        assert_eq!(ResourceBuf::new(&text).err(), parsed.err(), "{text:?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn resources_at_their_limits() {
    let segments = |count| vec!["a"; count].join("/");
    assert!(Resource::parse(&segments(MAX_SEGMENTS)).is_ok());
    let error = Resource::parse(&segments(MAX_SEGMENTS + 1)).unwrap_err();
    let too_many = format!(
        "resource, byte {}: the path has more than {MAX_SEGMENTS} segments",
        2 * MAX_SEGMENTS
    );
    assert_eq!(error.to_string(), too_many);
    assert!(Resource::parse(&"x".repeat(MAX_RESOURCE_BYTES)).is_ok());
    for long in ["x".repeat(MAX_RESOURCE_BYTES + 1), "x/".repeat(1 << 20), "é".repeat(1 << 16)] {
        let error = Resource::parse(&long).unwrap_err();
        assert_eq!(error.to_string(), "resource, byte 1024: the path is longer than 1024 bytes");
    }
    let full = ResourceBuf::new(&segments(MAX_SEGMENTS)).unwrap();
    assert_eq!(full.push("a").unwrap_err().to_string(), too_many);
    let base = ResourceBuf::new("a").unwrap();
    assert_eq!(
        base.clone().push("").unwrap_err().to_string(),
        "resource, byte 2: the segment is empty; a path neither begins nor ends with `/`, nor has two in a row"
    );
    // An escape makes text three times as long.
    assert!(base.clone().push(&"/".repeat(340)).is_ok());
    assert!(base.push(&"/".repeat(341)).is_err());
}

/// What an escaped segment stands for; `None` where its escapes give no text.
fn unescaped(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.filter(|_| *first == b'%').map(|pair| u8::from_str_radix(pair, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(4000) })]

    /// A text is canonical exactly where every segment is the escape of what it stands for.
    #[test]
    fn every_name_has_one_form(text in "([ab.]|[%/]|[*{}\\\\]|%[0-9A-Fa-f]{2}|%2[EF]|%C2%[89A]5|\u{85}|é|\t|[a-z]{3,9}){0,12}") {
        let canonical = |segment: &str| {
            let name = unescaped(segment);
            !segment.is_empty() && name.is_some_and(|name| reference::escape(&name) == segment)
        };
        prop_assert_eq!(Resource::parse(&text).is_ok(), text.split('/').all(canonical));
    }

    #[test]
    fn any_text_is_one_segment(text in "(.|[%/.]|\\PC|[*{}]|[\u{7f}-\u{a0}]){1,40}") {
        let path = ResourceBuf::new("a").unwrap().push(&text).unwrap();
        let resource = Resource::parse(path.as_str()).unwrap();
        let segments: Vec<&str> = resource.segments().collect();
        prop_assert_eq!(segments.len(), 2);
        prop_assert_eq!(unescaped(segments[1]), Some(text));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternRow {
    pattern: String,
    #[serde(default)]
    matches: Vec<String>,
    #[serde(default)]
    differs: Vec<String>,
    error: Option<String>,
}

#[test]
fn patterns() {
    let (invoker, project) = (DANA.to_owned(), "apollo".to_owned());
    let setup = Setup { invoker, project, ..Setup::default() };
    for PatternRow { pattern, matches, differs, error } in
        table(include_str!("../testdata/tables/patterns.json"))
    {
        let policy = match Policy::new([read(&pattern)]) {
            Ok(policy) => policy,
            Err(found) => {
                let expected = error.map(|error| format!("statement `p`, resources[0]: {error}"));
                assert_eq!(Some(found.to_string()), expected, "{pattern:?}");
                assert_eq!((found.statement(), found.field()), (Some("p"), "resources[0]"));
                continue;
            }
        };
        assert_eq!(error, None, "{pattern:?} compiles");
        assert!(!matches.is_empty(), "a pattern without a match shows nothing: {pattern:?}");
        let scope = scope(policy, DANA, "apollo").unwrap();
        for (resource, expected) in
            matches.iter().map(|r| (r, true)).chain(differs.iter().map(|r| (r, false)))
        {
            if Resource::parse(resource).is_err() {
                continue;
            }
            assert_eq!(allows(&scope, resource), expected, "{pattern:?} on {resource:?}");
            let reference = reference::pattern_matches(&setup, &pattern, resource);
            assert_eq!(reference, expected, "reference: {pattern:?} on {resource:?}");
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundRow {
    value: String,
    segment: Option<String>,
    error: Option<String>,
}

/// Each value as the invoker and as another bound name: it matches its own segment and nothing
/// else.
#[test]
fn bound_values() {
    let rows: Vec<BoundRow> = table(include_str!("../testdata/tables/bound.json"));
    let segments: Vec<&String> = rows.iter().filter_map(|row| row.segment.as_ref()).collect();
    for (name, place) in [("invoker", 0), ("project", 1)] {
        for BoundRow { value, segment, error } in &rows {
            let mut values = ["somebody", "something"];
            values[place] = value;
            let policy = Policy::new([read(&format!("x/{{{name}}}/y"))]).unwrap();
            let scope = match scope(policy, values[0], values[1]) {
                Ok(scope) => scope,
                Err(found) => {
                    let expected = error.as_ref().map(|error| format!("scope: `{name}`: {error}"));
                    assert_eq!(Some(found.to_string()), expected, "{value:?}");
                    continue;
                }
            };
            assert_eq!(*error, None, "{value:?} can be bound");
            for other in &segments {
                let own = Some(*other) == segment.as_ref();
                assert_eq!(allows(&scope, &format!("x/{other}/y")), own, "{value:?} on {other:?}");
            }
            for never in ["x/y", "x/a/b/y", "x/y/y", "x/a/y/y", "x/a/../b/y"] {
                let gate = Gate::builder().sink(MemorySink::last(1)).build().unwrap();
                assert!(!gate.decide(&Action::read("t", never), &scope).is_allow(), "{value:?}");
            }
        }
    }
}

#[test]
fn names_that_cannot_be_bound() {
    let unbound = Policy::new([read("x/{team}")]).unwrap();
    let error = scope(unbound, DANA, "apollo").unwrap_err().to_string();
    assert_eq!(
        error,
        "scope: a policy of the capability uses `{team}`, which is not bound; call `bind`"
    );
    let capability = Capability::root(Policy::new([read("x")]).unwrap(), ambient_authority());
    let builder = || Scope::builder(&capability).invoker(DANA).agent("triage");
    for name in ["invoker", "agent"] {
        let error = builder().bind(name, "lee").build().unwrap_err().to_string();
        assert_eq!(error, format!("scope: `{name}` is always bound and cannot be bound again"));
    }
    let guardrails = Restrictions::new([Statement::forbid("f")
        .operations(Operation::Read)
        .resources(["x/{team}"])]);
    let error = Gate::builder().guardrails(guardrails.unwrap()).build().unwrap_err().to_string();
    assert!(error.contains("the guardrails bind `{team}`"), "{error}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRow {
    kind: String,
    policy: Option<serde_json::Value>,
    text: Option<String>,
    /// The whole error of compiling it.
    error: Option<String>,
    /// A part of the error of reading it, which names the line.
    says: Option<String>,
}

#[test]
fn policies() {
    for PolicyRow { kind, policy, text, error, says } in
        table(include_str!("../testdata/tables/policies.json"))
    {
        let text = text.unwrap_or_else(|| policy.unwrap().to_string());
        let whole = match kind.as_str() {
            "policy" => serde_json::from_str::<Policy>(&text).err(),
            "restrictions" => serde_json::from_str::<Restrictions>(&text).err(),
            other => panic!("no such kind: {other}"),
        };
        assert_eq!(whole.is_none(), error.is_none() && says.is_none(), "{text}");
        let data = match serde_json::from_str::<PolicySpec>(&text) {
            Ok(data) => data,
            Err(found) => {
                let (found, says) = (found.to_string(), says.expect(&text));
                assert!(
                    found.contains(&says) && found.contains("line 1 column"),
                    "{found}\n{text}"
                );
                continue;
            }
        };
        assert_eq!(says, None, "it can be read: {text}");
        // What is written is what is read.
        let written = serde_json::to_string(&data).unwrap();
        assert_eq!(serde_json::from_str::<PolicySpec>(&written).unwrap(), data);
        let compiled = match kind.as_str() {
            "policy" => Policy::try_from(data).err(),
            _ => Restrictions::try_from(data).err(),
        };
        assert_eq!(compiled.map(|error| error.to_string()), error, "{text}");
    }
}

#[test]
fn policies_of_absurd_size() {
    let many = |count: usize| (0..count).map(|n| format!("t{n}"));
    let fault = |statement: Statement| Policy::new([statement]).unwrap_err().to_string();
    let statements = (0..=MAX_STATEMENTS).map(|n| permit(&format!("s{n}")));
    let error = Policy::new(statements).unwrap_err();
    assert_eq!(error.to_string(), "policy, statements: more than 100000 statements");
    assert_eq!((error.statement(), error.field()), (None, "statements"));

    let entries = "more than 256 entries";
    let count = MAX_ITEMS_PER_STATEMENT + 1;
    assert_eq!(fault(permit("s").tools(many(count))), format!("statement `s`, tools: {entries}"));
    assert_eq!(
        fault(permit("s").resources(many(count))),
        format!("statement `s`, resources: {entries}")
    );
    let when = (0..count).fold(permit("s"), |s, _| s.when(Condition::present("n")));
    assert_eq!(fault(when), format!("statement `s`, when: {entries}"));
    let readers: Readers = many(count).map(Reader::group).collect();
    assert_eq!(fault(permit("s").readers(readers)), format!("statement `s`, readers: {entries}"));
    assert!(Policy::new([permit("s").tools(many(count - 1))]).is_ok());

    let id = "x".repeat(MAX_STATEMENT_ID_BYTES + 1);
    assert!(fault(permit(&id)).contains("id: an id must not be empty, longer than 128 bytes"));
    assert!(Policy::new([permit(&id[1..])]).is_ok());
    let deep = vec!["a"; MAX_SEGMENTS + 1].join("/");
    let error = fault(permit("s").resources([deep]));
    let place =
        format!("statement `s`, resources[1]: not a pattern: resource, byte {}:", 2 * MAX_SEGMENTS);
    assert!(error.starts_with(&place), "{error}");
    let long = "x".repeat(MAX_RESOURCE_BYTES + 1);
    for long in [long, format!("{{{}}}", "v".repeat(MAX_RESOURCE_BYTES))] {
        let error = fault(permit("s").resources([&long]));
        assert_eq!(error, "statement `s`, resources[1]: longer than 1024 bytes");
    }
    let variables = (0..=MAX_VARIABLES).map(|n| format!("{{v{n}}}"));
    let error = fault(permit("s").resources(variables));
    assert_eq!(error, "statement `s`, resources[17]: more than 16 bound names in one policy");
    let name = "x".repeat(MAX_NAME_BYTES + 1);
    let error = fault(permit("s").readers(Readers::internal() | Reader::group(&name)));
    assert_eq!(error, "statement `s`, readers[1]: a name must not be longer than 256 bytes");
}

#[test]
fn conditions_that_cannot_be_compared_with() {
    let fault = |condition| Policy::new([permit("s").when(condition)]).unwrap_err().to_string();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let cases = [
            (Condition::equals("n", value), "equals"),
            (Condition::one_of("n", [1.0, value]), "one_of"),
            (Condition::at_least("n", value), "at_least"),
            (Condition::at_most("n", value), "at_most"),
            (Condition::between("n", 0, value), "at_most"),
            (!Condition::equals("n", value), "equals"),
        ];
        for (condition, field) in cases {
            assert_eq!(
                fault(condition),
                format!("statement `s`, when[0].{field}: not a finite number")
            );
        }
    }
    let long = "x".repeat(MAX_CONDITION_BYTES + 1);
    let bytes = "longer than 1024 bytes";
    assert_eq!(
        fault(Condition::equals("n", &*long)),
        format!("statement `s`, when[0].equals: {bytes}")
    );
    assert_eq!(
        fault(Condition::matches("n", &long)),
        format!("statement `s`, when[0].matches: {bytes}")
    );
    assert_eq!(
        fault(Condition::present(&long)),
        format!("statement `s`, when[0].argument: {bytes}")
    );
    let set = Condition::one_of("n", 0..=MAX_SET_VALUES as i64);
    assert_eq!(fault(set), "statement `s`, when[0].one_of: a set needs one to 4096 values");
}
