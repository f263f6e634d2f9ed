//! What calls mean, case by case; every fault, word by word.

use permitgate::limits::*;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{FrozenArguments, List, NoArguments, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::{Arguments, Reason};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::world::{Any, any_scope, reasons, text_of, tool};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    why: String,
    args: Json,
    effect: Json,
    arguments: Json,
    actions: Option<Vec<String>>,
    fault: Option<String>,
}

#[test]
fn calls_mean_what_the_table_says() {
    let scope = any_scope("dana/x", "tri*ge");
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("../../testdata/manifests/calls.json")).unwrap();
    let mut wrong = Vec::new();
    for Row { why, args, effect, arguments, actions, fault } in rows {
        let data = json!({"name": "t", "args": args, "effect": [effect]});
        let manifest = Manifest::new([tool(&data)]).expect(&why);
        let arguments = Any::from(&arguments);
        let call = manifest.map("t", &arguments, &scope);
        let found = call.fault().map(ToString::to_string);
        if found != fault {
            wrong.push(format!("{why}: {found:?}"));
            continue;
        }
        match actions {
            Some(actions) => {
                let found: Vec<String> = call.actions().map(|a| text_of(&a)).collect();
                assert_eq!(found, actions, "{why}");
                assert!(reasons(&call, &scope).iter().all(|r| *r == Reason::Permitted), "{why}");
            }
            None => assert_eq!(reasons(&call, &scope), [Reason::UnmappedCall], "{why}"),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fault_of(kind: ArgumentSpec, effect: EffectSpec, arguments: &Any) -> Option<String> {
    let manifest = Manifest::new([ToolSpec::new("t").argument("a", kind).effect(effect)]).unwrap();
    let scope = any_scope("dana", "triage");
    let call = manifest.map("t", arguments, &scope);
    assert_eq!(
        call.actions().len(),
        if call.fault().is_some() { 1 } else { call.actions().count() }
    );
    call.fault().map(ToString::to_string)
}

fn texts_or_null() -> ArgumentSpec {
    ArgumentSpec::list(ArgumentSpec::text().or_null())
}

fn argument(value: Any) -> Any {
    Any::Object(vec![("a".to_owned(), value)])
}

#[test]
fn what_is_too_much_has_no_meaning() {
    let texts = |count| argument(Any::List(vec![Any::Text("x".to_owned()); count]));
    let list = || EffectSpec::read("x/{args.a}");
    assert_eq!(fault_of(texts_or_null(), list(), &texts(MAX_CALL_ACTIONS)), None);
    let found = fault_of(texts_or_null(), list(), &texts(MAX_CALL_ACTIONS + 1)).unwrap();
    let many = format!("the call would act on more than {MAX_CALL_ACTIONS} resources at once");
    assert_eq!(found, format!("argument `a`: {many}"));

    let recipients = || EffectSpec::create("x").audience(AudienceSpec::recipients(["a"]));
    assert_eq!(fault_of(texts_or_null(), recipients(), &texts(MAX_RECIPIENTS)), None);
    let found = fault_of(texts_or_null(), recipients(), &texts(MAX_RECIPIENTS + 1)).unwrap();
    assert_eq!(found, format!("argument `a`: more than {MAX_RECIPIENTS} recipients"));
    let nulls = argument(Any::List(vec![Any::Null; MAX_CALL_ACTIONS + 1]));
    let found = fault_of(texts_or_null(), recipients(), &nulls).unwrap();
    assert_eq!(found, format!("argument `a`: the list has more than {MAX_CALL_ACTIONS} places"));

    let long = |length: usize| argument(Any::Text("x".repeat(length)));
    let template = || EffectSpec::read("y/{args.a}");
    assert_eq!(fault_of(ArgumentSpec::text(), template(), &long(MAX_RESOURCE_BYTES - 2)), None);
    let too_long = format!(
        "argument `a`: with it, the resource has more than {MAX_RESOURCE_BYTES} bytes or \
         {MAX_SEGMENTS} segments"
    );
    for length in [MAX_RESOURCE_BYTES - 1, MAX_RESOURCE_BYTES + 1, 10_000_000] {
        assert_eq!(
            fault_of(ArgumentSpec::text(), template(), &long(length)).as_ref(),
            Some(&too_long)
        );
        let rest = EffectSpec::read("y/{args.a/**}");
        assert_eq!(fault_of(ArgumentSpec::text(), rest, &long(length)).as_ref(), Some(&too_long));
    }
    let recipient =
        fault_of(ArgumentSpec::text(), recipients(), &long(MAX_NAME_BYTES + 1)).unwrap();
    assert!(recipient.contains("too long"), "{recipient}");
}

#[test]
fn actions_of_all_effects_count_together() {
    let texts = |count| argument(Any::List(vec![Any::Text("x".to_owned()); count]));
    let both = ToolSpec::new("t")
        .argument("a", ArgumentSpec::list(ArgumentSpec::text()))
        .effect(EffectSpec::read("x/{args.a}"))
        .effect(EffectSpec::delete("x/{args.a}"));
    let manifest = Manifest::new([both]).unwrap();
    let scope = any_scope("dana", "triage");
    let arguments = texts(MAX_CALL_ACTIONS / 2);
    let call = manifest.map("t", &arguments, &scope);
    assert_eq!((call.actions().len(), call.fault()), (MAX_CALL_ACTIONS, None));
    let arguments = texts(MAX_CALL_ACTIONS / 2 + 1);
    let call = manifest.map("t", &arguments, &scope);
    let found = call.fault().map(ToString::to_string).unwrap();
    let many = format!("the call would act on more than {MAX_CALL_ACTIONS} resources at once");
    assert_eq!((found, call.actions().len()), (many, 1));
}

/// Only the effects of the call count, and no amount takes what it counts.
#[test]
fn an_element_is_taken_by_an_effect_that_the_call_has() {
    let row = ArgumentSpec::object([(
        "id",
        ArgumentSpec::any_of([ArgumentSpec::text(), ArgumentSpec::integer()]),
    )]);
    let tool = ToolSpec::new("t")
        .argument("l", ArgumentSpec::list(row))
        .argument("all", ArgumentSpec::flag())
        .effect(EffectSpec::read("x/{args.l.0.id}").when(Condition::equals("all", false)))
        .effect(EffectSpec::delete("x/{args.l.*.id}").when(Condition::equals("all", true)));
    let counted = ToolSpec::new("t")
        .argument("l", ArgumentSpec::list(ArgumentSpec::integer()))
        .argument("all", ArgumentSpec::flag().no_effect())
        .effect(EffectSpec::read("x/{args.l.0}").amounts(["l"]));
    let one_id = |id: Any| Any::Object(vec![("id".to_owned(), id)]);
    let rows = |ids: &[i64]| ids.iter().map(|id| one_id(Any::Integer(*id))).collect();
    let plain = |ids: &[i64]| ids.iter().map(|id| Any::Integer(*id)).collect();
    let scope = any_scope("dana", "triage");
    for (tool, list, all, fault) in [
        (&tool, rows(&[1, 2]), false, Some("l.1")),
        (&tool, rows(&[1]), false, None),
        (&tool, rows(&[1, 2]), true, None),
        (&counted, plain(&[1, 2]), false, Some("l.1")),
        (&counted, plain(&[1]), false, None),
    ] {
        let manifest = Manifest::new([tool.clone()]).unwrap();
        let arguments = Any::Object(vec![
            ("l".to_owned(), Any::List(list)),
            ("all".to_owned(), Any::Bool(all)),
        ]);
        let call = manifest.map("t", &arguments, &scope);
        assert_eq!(call.fault().and_then(|fault| fault.argument()), fault, "{call:?}");
    }
}

/// JSON holds no such numbers; other views may.
#[test]
fn an_amount_is_finite() {
    for (amount, is_amount) in
        [(f64::INFINITY, false), (f64::NAN, false), (-0.5, false), (-0.0, true), (f64::MAX, true)]
    {
        let effect = EffectSpec::create("x").amounts(["a"]);
        let fault = fault_of(ArgumentSpec::number(), effect, &argument(Any::Float(amount)));
        assert_eq!(fault.is_none(), is_amount, "{amount}: {fault:?}");
    }
}

/// A list that says it is longer than what it gives, and arguments that panic.
struct Odd;

impl List for Odd {
    fn len(&self) -> usize {
        2
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        (index == 0).then_some(Value::from("x"))
    }
}

impl Arguments for Odd {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "a").then_some(Value::List(self)).or_else(|| panic!("no such argument"))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("a", Value::List(self));
    }
}

#[test]
fn views_that_contradict_themselves_or_panic_have_no_meaning() {
    let scope = any_scope("dana", "triage");
    let mut found = Vec::new();
    let tool = || ToolSpec::new("t").argument("a", texts_or_null());
    for tool in [
        tool().effect(EffectSpec::read("x/{args.a}")),
        tool().effect(EffectSpec::read("x").audience(AudienceSpec::recipients(["a"]))),
        tool().argument("b", ArgumentSpec::text()).effect(EffectSpec::read("x/{args.b}")),
    ] {
        let manifest = Manifest::new([tool]).unwrap();
        let call = manifest.map("t", &Odd, &scope);
        let fault = call.fault().unwrap();
        found.push((fault.to_string(), fault.reason(), reasons(&call, &scope)));
        // Whatever its reason, the fault reaches the refusal.
        let gate = Gate::builder().build().unwrap();
        let refusal = gate.authorize_call(&call, &scope).unwrap_err();
        assert_eq!(refusal.grounds().call_fault(), Some(fault));
        assert_eq!(gate.decide_call(&call, &scope).grounds(), refusal.grounds());
    }
    let broken = "argument `a`: the list has no value at a place within its length".to_owned();
    let unmapped = || (Reason::UnmappedCall, vec![Reason::UnmappedCall]);
    let ((one, one_decided), (other, other_decided)) = (unmapped(), unmapped());
    let panicked = "the arguments could not be read".to_owned();
    let reason = Reason::ArgumentsPanicked;
    let expected = [
        (broken.clone(), one, one_decided),
        (broken, other, other_decided),
        (panicked, reason, vec![reason]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_unknown_tool_has_no_meaning() {
    let manifest = Manifest::new([]).unwrap();
    assert!(manifest.is_empty());
    let scope = any_scope("dana", "triage");
    let call = manifest.map("t", &NoArguments, &scope);
    let fault = call.fault().unwrap();
    assert_eq!(fault.to_string(), "the manifest does not know this tool");
    assert_eq!((fault.reason(), fault.argument()), (Reason::UnknownTool, None));
    assert_eq!(reasons(&call, &scope), [Reason::UnknownTool]);
    assert_eq!((call.tool(), call.controls().len()), ("t", 0));
}

#[test]
fn actions_carry_the_arguments_with_the_defaults() {
    let data = ToolSpec::new("pay")
        .controls(["to"])
        .argument("to", ArgumentSpec::text().optional())
        .argument("currency", ArgumentSpec::text().or_null().default("EUR"))
        .argument("urgent", ArgumentSpec::flag().default(false))
        .effect(EffectSpec::create("payments"));
    let manifest = Manifest::new([data]).unwrap();
    let permit = Statement::permit("euro")
        .operations(Operation::Create)
        .resources(["payments"])
        .when(Condition::equals("currency", "EUR"));
    let scope = crate::world::scope_of("dana", "triage", Policy::new([permit]).unwrap());
    let decide = |arguments: &dyn Arguments| {
        let call = manifest.map("pay", arguments, &scope);
        assert_eq!(call.controls().collect::<Vec<_>>(), ["to"]);
        reasons(&call, &scope)
    };
    assert_eq!(decide(&NoArguments), [Reason::Permitted]);
    assert_eq!(decide(&[("currency", Value::from("EUR"))]), [Reason::Permitted]);
    assert_eq!(decide(&[("currency", Value::from("USD"))]), [Reason::NotPermitted]);
    assert_eq!(decide(&[("currency", Value::Null)]), [Reason::NotPermitted]);

    let given = [("urgent", Value::from(true)), ("to", Value::from("lee"))];
    let call = manifest.map("pay", &given, &scope);
    let seen = FrozenArguments::freeze(call.arguments()).unwrap();
    let expected = [
        ("currency", Value::from("EUR")),
        ("to", Value::from("lee")),
        ("urgent", Value::from(true)),
    ];
    assert_eq!(seen, FrozenArguments::freeze(&expected).unwrap());
    let action = call.actions().next().unwrap();
    assert_eq!(FrozenArguments::freeze(action.arguments()).unwrap(), seen);
}

#[test]
fn what_outsiders_write_makes_a_read_untrusted() {
    let read = || ToolSpec::new("t").effect(EffectSpec::read("x"));
    let write = || ToolSpec::new("t").effect(EffectSpec::create("x"));
    let outsiders = || ResultSpec::new().outsider(["body"]);
    for (tool, untrusted) in [
        (read(), true),
        (read().result(ResultSpec::new()), false),
        (read().result(ResultSpec::new().trusted(["id"])), false),
        (read().result(outsiders()), true),
        (write(), false),
        (write().result(outsiders()), true),
        (
            write()
                .argument("never", ArgumentSpec::text().optional())
                .effect(EffectSpec::read("x").when(Condition::present("never"))),
            true,
        ),
    ] {
        let what = format!("{tool:?}");
        let manifest = Manifest::new([tool]).unwrap();
        let scope = any_scope("dana", "triage");
        let call = manifest.map("t", &NoArguments, &scope);
        let found: Vec<bool> = call.actions().map(|action| action.is_untrusted()).collect();
        assert_eq!(found, [untrusted], "{what}");
    }
}
