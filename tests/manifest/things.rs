//! Names for things: the user's own words endorse what they stand for, and nothing else does.

use permitgate::decision::Ruling;
use permitgate::flow::{Origin, Origins};
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{NoArguments, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::{Directory, Session};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;

use crate::world::{Any, gate, scope_of};

fn manifest() -> Manifest {
    Manifest::new([
        ToolSpec::new("list_orders")
            .effect(EffectSpec::read("bank/{invoker}/orders"))
            .result(ResultSpec::new().trusted(["*.title"])),
        ToolSpec::new("change_order")
            .argument("id", ArgumentSpec::any_of([ArgumentSpec::integer(), ArgumentSpec::text()]))
            .controls(["id"])
            .effect(EffectSpec::update("bank/{invoker}/orders").audience(AudienceSpec::public())),
    ])
    .unwrap()
}

fn directory() -> Directory {
    Directory::builder().thing("rent", ["7"]).thing("gym", ["8", "9"]).build().unwrap()
}

/// The scope of a task: an order may be changed where its number is endorsed, and otherwise a person is asked.
fn scope(request: &str) -> Scope {
    let tools = |statement: Statement| {
        let statement = statement.operations(Operation::Update).tools(["change_order"]);
        statement.resources(["**"]).readers(Readers::public())
    };
    let endorsed = Condition::endorsed("id", Origins::ANY);
    let policy = Policy::new([
        Statement::permit("look").operations(Operation::Read).resources(["**"]),
        tools(Statement::permit("change")).when(endorsed.clone()),
        tools(Statement::require_approval("ask")).when(!endorsed),
    ])
    .unwrap();
    let scope = scope_of("dana", "assistant", policy);
    scope.session().endorse_words(Origin::User, request);
    scope.session().endorse_named(&directory(), request);
    scope
}

fn change(scope: &Scope, id: Value<'_>) -> Ruling {
    let (manifest, arguments) = (manifest(), [("id", id)]);
    let call = manifest.map("change_order", &arguments, scope);
    call.actions().map(|action| gate().decide(&action, scope).ruling()).max().unwrap()
}

#[test]
fn a_task_may_act_on_what_its_request_names() {
    for (request, rent, gym) in [
        ("Raise my rent to 1,200", Ruling::Allow, Ruling::Hold),
        ("Raise the Gym's fee", Ruling::Hold, Ruling::Allow),
        ("Raise rent and gym", Ruling::Allow, Ruling::Allow),
        ("Raise the current rental", Ruling::Hold, Ruling::Hold),
        ("Raise the order with the subject 'rent'", Ruling::Hold, Ruling::Hold),
        ("Show me the rent", Ruling::Allow, Ruling::Hold),
    ] {
        let scope = scope(request);
        assert_eq!(change(&scope, 7.into()), rent, "{request}");
        assert_eq!(change(&scope, "7".into()), rent, "{request}");
        assert_eq!(change(&scope, 8.into()), gym, "{request}");
        assert_eq!(change(&scope, 9.into()), gym, "{request}");
    }
}

#[test]
fn what_is_named_comes_from_the_directory() {
    let scope = scope("Raise the rent");
    let condition = |origin: Origin| {
        let permit = Statement::permit("x").operations(Operation::Update).resources(["**"]);
        let policy = Policy::new([permit.when(Condition::endorsed("id", origin))]).unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let builder = Scope::builder(&capability).invoker("dana").agent("assistant");
        let scope = builder.session(scope.session()).build().unwrap();
        let arguments = [("id", Value::from(7))];
        let action = Action::update("change_order", "bank/dana/orders").with(&arguments);
        gate().decide(&action, &scope).is_allow()
    };
    assert!(condition(Origin::Directory));
    assert!(!condition(Origin::User) && !condition(Origin::Result));
}

/// A trusted field endorses itself, and names nothing.
#[test]
fn a_result_names_nothing() {
    let scope = scope("Raise what is due");
    let result = Any::from(&json!([{"title": "rent"}, {"title": "raise the rent"}]));
    let manifest = manifest();
    let call = manifest.map("list_orders", &NoArguments, &scope);
    assert!(call.endorse_result(result.view(), scope.session()));
    assert!(scope.session().is_endorsed("rent"));
    assert_eq!(change(&scope, 7.into()), Ruling::Hold);
}

#[test]
fn a_subtask_may_act_on_what_the_task_names() {
    let session = Session::new();
    session.endorse_named(&directory(), "the rent");
    let below = session.subtask().unwrap();
    below.endorse_named(&directory(), "the gym");
    assert!(below.is_endorsed(7) && below.is_endorsed(8));
    assert!(!session.is_endorsed(8));
}

#[test]
fn what_finds_no_room_shows() {
    let session = Session::new();
    let added = (0..20_000).filter(|n| session.endorse(Origin::Program, &format!("value {n}")));
    assert!(added.count() < 20_000);
    assert!(!session.endorse_named(&directory(), "the rent"));
    assert!(!session.is_endorsed(7));
    assert!(session.endorse_named(&directory(), "nothing"));
}

proptest! {
    #![proptest_config(Config::with_cases(2_000))]

    /// Against the plain question whether the words of the name stand side by side.
    #[test]
    fn a_name_is_found_exactly_where_its_words_stand(
        name in prop::collection::vec("[abAB]{1,2}", 1..5),
        text in prop::collection::vec(("[abAB]{1,2}", "( |  |\n|, |-|'s )"), 0..12),
    ) {
        let directory = Directory::builder().thing(name.join(" "), ["7"]).build().unwrap();
        let said: String = text.iter().flat_map(|(word, gap)| [word.as_str(), gap]).collect();
        let lower = said.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let wanted: Vec<String> = name.iter().map(|word| word.to_lowercase()).collect();
        // A comma or a possessive behind the last word does not count; within the name, it does.
        let expected = words.windows(wanted.len()).any(|run| {
            let (run, last) = (&run[..run.len() - 1], run[run.len() - 1]);
            let last = last.trim_end_matches(',');
            run == &wanted[..run.len()] && last.strip_suffix("'s").unwrap_or(last) == wanted[run.len()]
        });
        prop_assert_eq!(directory.values_named(&said).count() == 1, expected, "{:?}", said);
    }
}
