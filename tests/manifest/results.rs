//! Which fields of a result can endorse, against a naive walk over all of its paths.

use std::collections::BTreeSet;

use permitgate::Arguments;
use permitgate::flow::Origin;
use permitgate::limits::MAX_RESULT_VALUES;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ManifestError, ResultSpec, ToolSpec};
use permitgate::model::{List, NoArguments, Value};
use permitgate::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;

use crate::world::{Any, scope_of};

fn manifest(result: ResultSpec) -> Result<Manifest, ManifestError> {
    let query = ArgumentSpec::text().optional().no_effect();
    let all = ArgumentSpec::flag().optional().no_effect();
    let tool = ToolSpec::new("t").argument("query", query).argument("all", all);
    Manifest::new([tool.effect(EffectSpec::read("x")).result(result)])
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
    let fields = ResultSpec::new().trusted(["*.id", "*.sender", "*.to.*"]).outsider(["*.body"]);
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
    let whole = manifest(ResultSpec::new().trusted(["."])).unwrap();
    assert_eq!(trusted(&whole, "t", &Any::Text("DE89".to_owned())), ["Text(\"DE89\")"]);
    assert!(trusted(&whole, "t", &Any::from(&json!({"a": "x"}))).is_empty(), "texts only");
    let no_one = manifest(ResultSpec::new().outsider(["."])).unwrap();
    assert!(trusted(&no_one, "t", &Any::Text("DE89".to_owned())).is_empty());
}

/// A result in another shape than the manifest says endorses nothing; above all, not what an outsider wrote.
#[test]
fn a_result_of_another_shape_endorses_nothing() {
    let record = json!({"email": "lee", "custom": {"email": "mallory"}, "note": "mallory"});
    let cases = [
        ("a list of records", json!([record]), &["lee"][..]),
        ("one record, not in a list", record.clone(), &[]),
        ("a page of records", json!({"items": [record], "custom": record}), &[]),
        ("a list of lists", json!([[record]]), &[]),
        ("a text", json!("lee"), &[]),
        ("a list of texts", json!(["lee", "mallory"]), &[]),
        ("records by their ids", json!({"7": record, "custom": record}), &[]),
        ("records by place names", json!({"0": record, "*": record}), &[]),
        ("a text in place of a record", json!([record, "mallory", null]), &["lee"]),
        ("a record in place of a text", json!([{"email": {"email": "mallory"}}]), &[]),
        ("texts in place of a text", json!([{"email": ["mallory"]}]), &[]),
        ("nothing", json!(null), &[]),
    ];
    let fields = ResultSpec::new().trusted(["*.email"]).outsider(["*.note", "*.custom"]);
    let manifest = manifest(fields).unwrap();
    for (what, result, expected) in cases {
        let result = Any::from(&result);
        let expected: Vec<String> = expected.iter().map(|name| format!("Text({name:?})")).collect();
        assert_eq!(trusted(&manifest, "t", &result), expected, "{what}");
        let scope = scope_of("dana", "assistant", read_all());
        let call = manifest.map("t", &NoArguments, &scope);
        assert!(call.endorse_result(result.view(), scope.session()), "{what}");
        assert_eq!(scope.session().is_endorsed("lee"), !expected.is_empty(), "{what}");
        assert!(!scope.session().is_endorsed("mallory"), "{what}");
    }
}

/// Records by their ids: a star of fields leaves out what outsiders may name in another shape.
#[test]
fn a_star_of_fields_does_not_enter_what_outsiders_write() {
    let fields = ResultSpec::new().trusted(["{*}.email"]).outsider(["{*}.custom", "*.note"]);
    let manifest = manifest(fields).unwrap();
    let (lee, mallory) = (json!({"email": "lee"}), json!({"email": "mallory"}));
    for (what, result, expected) in [
        ("by ids", json!({"7": lee, "8": {"custom": mallory}}), &["Text(\"lee\")"][..]),
        ("one record", json!({"email": "x", "custom": mallory, "note": mallory}), &[]),
        ("a list of records", json!([lee]), &[]),
    ] {
        assert_eq!(trusted(&manifest, "t", &Any::from(&result)), expected, "{what}");
    }
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
    let all = ["*", "{*}.*.{*}.*", "{*}.*", "*.*", "{*}.{*}.{*}.*"];
    let manifest = manifest(ResultSpec::new().trusted(all)).unwrap();
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

fn steps_of(pattern: &str) -> Vec<&str> {
    if pattern == "." { Vec::new() } else { pattern.split('.').collect() }
}

/// Whether a pattern leads exactly there, each step into its own shape.
fn fits(pattern: &str, path: &[(String, bool)]) -> bool {
    let steps = steps_of(pattern);
    steps.len() == path.len() && steps.iter().zip(path).all(|(step, taken)| step_fits(step, taken))
}

fn step_fits(step: &str, (name, is_place): &(String, bool)) -> bool {
    match step {
        "*" => *is_place,
        "{*}" => !is_place,
        "{0}" => !is_place && name == "0",
        _ if step.parse::<usize>().is_ok() => *is_place && step == name,
        _ => !is_place && step == name,
    }
}

/// Whether outsiders may have written it, where a star is any step or none, since results come in other shapes.
fn is_outsiders(steps: &[&str], path: &[(String, bool)]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    let is_star = matches!(*step, "*" | "{*}");
    let goes_on = || match path.split_first() {
        // A name of digits is a field of an object, or in another shape a place of a list.
        Some((taken, behind)) => {
            let says = step.trim_matches(['{', '}']) == taken.0;
            (is_star || says) && is_outsiders(rest, behind)
        }
        None => false,
    };
    is_star && is_outsiders(rest, path) || goes_on()
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
    let step = prop::sample::select(&["*", "{*}", "a", "b", "id", "0", "{0}", "1"][..]);
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
        let Ok(manifest) = manifest(ResultSpec::new().trusted(&trusts).outsider(&outsider)) else {
            return Ok(());
        };
        let by_outsiders = |path: &[(String, bool)]| {
            outsider.iter().any(|pattern| is_outsiders(&steps_of(pattern), path))
        };
        // A star of fields does not enter what a pattern of outsiders names.
        let enters = |pattern: &str, path: &[(String, bool)]| {
            steps_of(pattern).iter().zip(path).all(|(step, (name, _))| {
                let named = || outsider.iter().any(|outsider| {
                    let is_star = |step: &str| matches!(step, "*" | "{*}");
                    steps_of(outsider)
                        .iter()
                        .any(|step| !is_star(step) && step.trim_matches(['{', '}']) == name)
                });
                *step != "{*}" || !named()
            })
        };
        let is_trusted = |path: &[(String, bool)]| {
            trusts.iter().any(|pattern| fits(pattern, path) && enters(pattern, path))
        };
        let expected: BTreeSet<String> = all
            .into_iter()
            .filter(|(path, _)| is_trusted(path) && !by_outsiders(path))
            .map(|(_, value)| value)
            .collect();
        let found: BTreeSet<String> = trusted(&manifest, "t", &result).into_iter().collect();
        prop_assert_eq!(found, expected);
    }
}

/// Once a stranger has spoken, a query that came from nowhere must not choose whom the agent may write to.
#[test]
fn what_a_stranger_chose_to_look_up_endorses_nothing() {
    let result = Any::from(&json!([{"id": 7, "sender": "lee"}]));
    let manifest = manifest(ResultSpec::new().trusted(["*.sender"])).unwrap();
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
