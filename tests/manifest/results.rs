//! Which fields of a result can endorse, against a naive walk over all of its paths.

use std::collections::BTreeSet;

use portcullis::limits::MAX_RESULT_VALUES;
use portcullis::*;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;

use crate::world::{Any, scope_of};

fn manifest(result: ResultData) -> Result<Manifest, ManifestError> {
    let query = ArgumentData::text().optional().no_effect();
    let all = ArgumentData::flag().optional().no_effect();
    let tool = ToolData::new("t").argument("query", query).argument("all", all);
    Manifest::new([tool.effect(EffectData::read("x")).result(result)])
}

fn trusted(manifest: &Manifest, tool: &str, result: &Any) -> Vec<String> {
    let mut found = Vec::new();
    manifest.for_each_trusted(tool, result.view(), |value| found.push(format!("{value:?}")));
    found
}

#[test]
fn only_trusted_fields_are_shown() {
    let result = Any::from(&json!([
        {"id": 1, "sender": "lee", "to": ["a", "b"], "body": "evil", "more": {"id": "deep"}},
        {"id": 2.5, "sender": null, "to": "c", "body": {"id": "evil", "sender": "evil"}},
    ]));
    let fields = ResultData::new().trusted(["*.id", "*.sender", "*.to.*"]).outsider(["*.body"]);
    let manifest = manifest(fields).unwrap();
    let expected = ["Integer(1)", "Float(2.5)", "Text(\"lee\")", "Text(\"a\")", "Text(\"b\")"];
    assert_eq!(trusted(&manifest, "t", &result), expected);
    assert!(trusted(&manifest, "u", &result).is_empty(), "a tool that is not known");

    let scope = scope_of("dana", "assistant", read_all());
    let session = scope.session();
    assert!(manifest.map("t", &NoArguments, &scope).endorse_result(result.view(), session));
    assert!(session.is_endorsed("lee") && session.is_endorsed(1) && session.is_endorsed("b"));
    for other in ["evil", "deep", "c"] {
        assert!(!session.is_endorsed(other), "{other}");
    }
}

#[test]
fn a_dot_is_the_result_itself() {
    let whole = manifest(ResultData::new().trusted(["."])).unwrap();
    assert_eq!(trusted(&whole, "t", &Any::Text("DE89".to_owned())), ["Text(\"DE89\")"]);
    assert!(trusted(&whole, "t", &Any::from(&json!({"a": "x"}))).is_empty(), "texts only");
    let no_one = manifest(ResultData::new().outsider(["."])).unwrap();
    assert!(trusted(&no_one, "t", &Any::Text("DE89".to_owned())).is_empty());
}

/// A list without an end, and an object that holds itself.
struct Endless;

impl List for Endless {
    fn len(&self) -> usize {
        usize::MAX
    }
    fn at(&self, _index: usize) -> Option<Value<'_>> {
        Some(Value::from("x"))
    }
}

impl Arguments for Endless {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        Some(Value::Object(self))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("a", Value::Object(self));
        visitor("b", Value::List(self));
    }
}

#[test]
fn the_walk_ends() {
    let manifest = manifest(ResultData::new().trusted(["*", "*.*.*.*", "*.*"])).unwrap();
    let mut count = 0;
    manifest.for_each_trusted("t", Value::List(&Endless), |_| count += 1);
    manifest.for_each_trusted("t", Value::Object(&Endless), |_| count += 1);
    assert!((1..2 * MAX_RESULT_VALUES).contains(&count), "{count}");
}

/// Every text and number with the path to it.
fn leaves(value: &Any, path: &[(String, bool)], found: &mut Vec<(Vec<(String, bool)>, String)>) {
    let mut below = |step: String, is_place: bool, value: &Any| {
        let mut path = path.to_vec();
        path.push((step, is_place));
        leaves(value, &path, found);
    };
    match value {
        Any::Object(fields) => {
            fields.iter().for_each(|(name, value)| below(name.clone(), false, value))
        }
        Any::List(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(place, value)| below(place.to_string(), true, value));
        }
        Any::Text(_) | Any::Integer(_) | Any::Float(_) => {
            found.push((path.to_vec(), format!("{:?}", value.view())));
        }
        Any::Null | Any::Bool(_) => {}
    }
}

fn fits(pattern: &str, path: &[(String, bool)]) -> bool {
    let steps: Vec<&str> = if pattern == "." { Vec::new() } else { pattern.split('.').collect() };
    let step_fits = |(step, (name, is_place)): (&&str, &(String, bool))| {
        *step == "*" || step == name || *is_place && step.parse::<usize>().ok() == name.parse().ok()
    };
    steps.len() == path.len() && steps.iter().zip(path).all(step_fits)
}

fn value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        "[a-c]{1,2}".prop_map(Any::Text),
        (0..9_i64).prop_map(Any::Integer),
        Just(Any::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(&["a", "b", "id", "0", "1", "*"][..]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Any::List),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|fields| Any::Object(fields.into_iter().collect())),
        ]
    })
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    let step = prop::sample::select(&["*", "a", "b", "id", "0", "01", "1"][..]);
    let pattern = prop::collection::vec(step, 0..4)
        .prop_map(|steps| if steps.is_empty() { ".".to_owned() } else { steps.join(".") });
    prop::collection::vec(pattern, 0..3)
}

proptest! {
    #![proptest_config(Config { cases: 4000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_walk_shows_what_a_naive_one_shows(
        result in value(),
        trusts in patterns(),
        outsider in patterns(),
    ) {
        let mut all = Vec::new();
        leaves(&result, &[], &mut all);
        let is_trusted = |path: &[(String, bool)]| trusts.iter().any(|pattern| fits(pattern, path));
        let is_outsiders = |path: &[(String, bool)]| {
            (0..=path.len()).any(|end| outsider.iter().any(|pattern| fits(pattern, &path[..end])))
        };
        let Ok(manifest) = manifest(ResultData::new().trusted(&trusts).outsider(&outsider)) else {
            return Ok(());
        };
        for (path, _) in &all {
            prop_assert!(!(is_trusted(path) && is_outsiders(path)), "{:?} is both", path);
        }
        let expected: BTreeSet<String> =
            all.into_iter().filter(|(path, _)| is_trusted(path)).map(|(_, value)| value).collect();
        let found: BTreeSet<String> = trusted(&manifest, "t", &result).into_iter().collect();
        prop_assert_eq!(found, expected);
    }
}

/// Once a stranger has spoken, a query that came from nowhere must not choose whom the agent may write to.
#[test]
fn what_a_stranger_chose_to_look_up_endorses_nothing() {
    let result = Any::from(&json!([{"id": 7, "sender": "lee"}]));
    let manifest = manifest(ResultData::new().trusted(["*.sender"])).unwrap();
    let endorsed = |query: &str, said: &str, untrusted: bool, delegated: bool| {
        let scope = scope_of("dana", "assistant", read_all());
        let session = scope.session();
        session.endorse_words(Origin::User, said);
        if delegated {
            session.delegate();
        }
        let arguments = [("query", Value::from(query)), ("all", Value::from(true))];
        let call = manifest.map("t", &arguments, &scope).made_while_untrusted(untrusted);
        let all = call.endorse_result(result.view(), session);
        assert_eq!(all, session.is_endorsed("lee"));
        all
    };
    assert!(endorsed("today", "", false, false), "nobody has spoken yet");
    assert!(!endorsed("today", "", true, false));
    assert!(endorsed("today", "What is on today?", true, false), "the user chose it");
    assert!(endorsed("today", "", true, true), "the user handed the choice over");
}

fn read_all() -> Policy {
    Policy::new([Statement::permit("all").operations(Operation::Read).resources(["**"])]).unwrap()
}
