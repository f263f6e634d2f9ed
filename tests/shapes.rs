//! What is missing and what stands there in another shape are two answers, of statements and of tokens alike.

use permitgate::authority::Attenuation;
use permitgate::flow::Origins;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{FreezeError, FrozenArguments, Operations, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{SigningKey, Token, TokenBlock, TrustedIssuer, Verifier};
use permitgate::{Arguments, Reason};
use serde_json::{Value as Json, json};

/// What each kind of statement says under one condition: whether a permit with it applies, and whether a forbid does.
fn answers(condition: &Condition, arguments: &dyn Arguments) -> (bool, bool) {
    let all = || Statement::permit("all").operations(Operation::Execute).resources(["**"]);
    let decide = |layer: Option<Attenuation>, root: Statement| {
        let root = Capability::root(Policy::new([root]).unwrap(), ambient_authority());
        let capability = layer.map_or(root.clone(), |layer| root.attenuate(layer).unwrap());
        let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
        let action = Action::execute("deploy", "services/api").with(arguments);
        Gate::builder().build().unwrap().decide(&action, &scope).is_allow()
    };
    let permits = decide(None, all().when(condition.clone()));
    let forbid = Statement::forbid("f").operations(Operation::Execute).when(condition.clone());
    let restrictions = Restrictions::new([forbid]).unwrap();
    let forbids = !decide(Some(restrictions.into()), all());
    (permits, forbids)
}

const HOLDS: (bool, bool) = (true, true);
const FAILS: (bool, bool) = (false, false);
/// A permit does not apply, and a forbid does.
const UNKNOWN: (bool, bool) = (false, true);

fn table(path: &str, rows: &[(Json, (bool, bool))]) {
    let absent = |path: &str| Condition::absent(path);
    for (arguments, expected) in rows {
        let turned = match *expected {
            HOLDS => FAILS,
            FAILS => HOLDS,
            other => other,
        };
        assert_eq!(answers(&absent(path), arguments), *expected, "absent {path} of {arguments}");
        for present in [Condition::present(path), !absent(path)] {
            assert_eq!(answers(&present, arguments), turned, "present {path} of {arguments}");
        }
        assert_eq!(answers(&!!absent(path), arguments), *expected, "{path} of {arguments}");
    }
}

#[test]
fn another_shape_on_the_way_is_neither_present_nor_absent() {
    table(
        "options.force",
        &[
            (json!({}), HOLDS),
            (json!({"options": null}), HOLDS),
            (json!({"options": {}}), HOLDS),
            (json!({"options": {"Force": true}}), HOLDS),
            (json!({"options": {"force": false}}), FAILS),
            (json!({"options": {"force": null}}), FAILS),
            (json!({"options": {"force": [1]}}), FAILS),
            (json!({"options": "force"}), UNKNOWN),
            (json!({"options": ""}), UNKNOWN),
            (json!({"options": "{\"force\": true}"}), UNKNOWN),
            (json!({"options": ["force"]}), UNKNOWN),
            (json!({"options": []}), UNKNOWN),
            (json!({"options": [{"force": true}]}), UNKNOWN),
            (json!({"options": [["force", true]]}), UNKNOWN),
            (json!({"options": 1}), UNKNOWN),
            (json!({"options": 0.5}), UNKNOWN),
            (json!({"options": true}), UNKNOWN),
            (json!({"options": false}), UNKNOWN),
        ],
    );
}

#[test]
fn a_place_of_a_list_is_told_by_lists() {
    table(
        "to.1",
        &[
            (json!({}), HOLDS),
            (json!({"to": []}), HOLDS),
            (json!({"to": ["lee"]}), HOLDS),
            (json!({"to": null}), HOLDS),
            (json!({"to": ["lee", null]}), FAILS),
            (json!({"to": ["lee", "mallory"]}), FAILS),
            (json!({"to": {"1": "mallory"}}), FAILS),
            (json!({"to": {"0": "lee"}}), UNKNOWN),
            (json!({"to": {}}), UNKNOWN),
            (json!({"to": {"a": "lee", "b": "mallory"}}), UNKNOWN),
            (json!({"to": "lee,mallory"}), UNKNOWN),
            (json!({"to": 7}), UNKNOWN),
        ],
    );
    // Other ways to write a number are fields, and no places.
    for step in ["+1", "01", "1 ", "-1", "1e0", "１"] {
        let path = format!("to.{step}");
        table(&path, &[(json!({"to": ["lee", "mallory"]}), UNKNOWN), (json!({"to": {}}), HOLDS)]);
        table(&path, &[(json!({"to": {step: "lee"}}), FAILS)]);
    }
}

#[test]
fn a_deep_path_is_hidden_by_any_step_of_another_shape() {
    table(
        "a.b.0.c",
        &[
            (json!({"a": {"b": [{"d": 1}]}}), HOLDS),
            (json!({"a": {"b": [null]}}), HOLDS),
            (json!({"a": {"b": []}}), HOLDS),
            (json!({"a": {"b": null}}), HOLDS),
            (json!({"a": {}}), HOLDS),
            (json!({"a": {"b": [{"c": 1}]}}), FAILS),
            (json!({"a": {"b": [[{"c": 1}]]}}), UNKNOWN),
            (json!({"a": {"b": ["c"]}}), UNKNOWN),
            (json!({"a": {"b": {"c": 1}}}), UNKNOWN),
            (json!({"a": [{"b": [{"c": 1}]}]}), UNKNOWN),
            (json!({"a": "b"}), UNKNOWN),
        ],
    );
}

/// Something else may stand in place of all arguments.
#[test]
fn arguments_that_are_no_object_tell_nothing() {
    table("force", &[(json!(null), HOLDS), (json!({}), HOLDS), (json!({"force": 1}), FAILS)]);
    for other in [json!(["force"]), json!("--force"), json!(7), json!(true), json!([])] {
        table("force", &[(other.clone(), UNKNOWN)]);
        table("options.force", &[(other.clone(), UNKNOWN)]);
        let optional = Condition::equals("force", false).optional();
        assert_eq!(answers(&optional, &other), UNKNOWN, "{other}");
        let endorsed = Condition::endorsed("to", Origins::ANY).optional();
        assert_eq!(answers(&endorsed, &other), UNKNOWN, "{other}");
        assert_eq!(FrozenArguments::freeze(&other), Err(FreezeError::NotAnObject));
        // The same within arguments that say they were an object.
        let nested = [("options", Value::Object(&other))];
        assert_eq!(answers(&Condition::absent("options.force"), &nested), UNKNOWN, "{other}");
        assert_eq!(FrozenArguments::freeze(&nested), Err(FreezeError::NotAnObject));
    }
}

#[test]
fn an_optional_test_passes_what_is_missing_and_nothing_else() {
    let tests = [
        Condition::equals("options.share", "nobody"),
        Condition::one_of("options.share", ["nobody", "me"]),
        Condition::matches("options.share", "no*"),
        Condition::endorsed("options.share", Origins::ANY),
        Condition::at_most("options.share", 1),
    ];
    for test in tests {
        let (optional, negated) = (test.clone().optional(), (!test.clone()).optional());
        for missing in [json!({}), json!({"options": {}}), json!({"options": null})] {
            assert_eq!(answers(&optional, &missing), HOLDS, "{test:?} of {missing}");
            assert_eq!(answers(&negated, &missing), FAILS, "{test:?} of {missing}");
            assert_eq!(answers(&test, &missing), UNKNOWN, "{test:?} of {missing}");
        }
        assert_eq!(answers(&optional, &json!({"options": {"share": null}})), HOLDS);
        let shapes = [
            json!("share=public"),
            json!(["public"]),
            json!([{"share": "public"}]),
            json!(5),
            json!(false),
            json!({"share": {"with": "public"}}),
            json!({"share": [["public"]]}),
            json!({"share": true}),
        ];
        for other in shapes {
            let arguments = json!({"options": other});
            for test in [&optional, &negated, &test] {
                assert_eq!(answers(test, &arguments), UNKNOWN, "{test:?} of {arguments}");
            }
        }
    }
}

/// Numbers and texts are compared with their own kind, and what is no number with nothing.
#[test]
fn values_of_another_kind_are_not_different_values() {
    let rows: [(Condition, &[Value<'_>]); 5] = [
        (Condition::equals("x", 7), &[Value::Text("7"), Value::Bool(true), Value::Null]),
        (Condition::equals("x", "7"), &[Value::Integer(7), Value::Float(7.0), Value::Null]),
        (Condition::at_most("x", 7), &[Value::Text("7"), Value::Text(""), Value::Null]),
        (Condition::one_of("x", [1, 2]), &[Value::Text("1"), Value::Bool(false)]),
        (Condition::equals("x", true), &[Value::Integer(1), Value::Text("true")]),
    ];
    for (condition, values) in rows {
        let not_finite = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Value::Float);
        for value in values.iter().chain(&not_finite) {
            let arguments = [("x", *value)];
            for condition in [&condition, &!condition.clone(), &condition.clone().optional()] {
                let expected = match (value, condition == &condition.clone().optional()) {
                    (Value::Null, true) => HOLDS,
                    _ => UNKNOWN,
                };
                assert_eq!(answers(condition, &arguments), expected, "{condition:?} of {value:?}");
            }
        }
    }
}

/// A tool's effect does not apply, and neither does its absence: the call has no meaning.
#[test]
fn a_condition_of_an_effect_tells_the_same() {
    let force = ArgumentSpec::object([("force", ArgumentSpec::flag().optional())]);
    let shapes = [force, ArgumentSpec::text(), ArgumentSpec::list(ArgumentSpec::text())];
    let tool = ToolSpec::new("deploy")
        .argument("options", ArgumentSpec::any_of(shapes).optional())
        .effect(EffectSpec::read("services/api").when(Condition::absent("options.force")))
        .effect(EffectSpec::execute("services/api").when(Condition::present("options.force")));
    let manifest = Manifest::new([tool]).unwrap();
    let policy =
        Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["**"])])
            .unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    for (options, expected) in [
        (json!({"options": {"force": true}}), Some(Operation::Execute)),
        (json!({}), Some(Operation::Read)),
        (json!({"options": "--force"}), None),
        (json!({"options": ["force"]}), None),
    ] {
        let call = manifest.map("deploy", &options, &scope);
        let decision = gate.decide_call(&call, &scope);
        match expected {
            None => assert_eq!(decision.reason(), Reason::UnmappedCall, "{options}"),
            Some(operation) => {
                let operations = call.actions().map(|action| action.operation());
                assert_eq!(operations.collect::<Vec<_>>(), [operation], "{options}");
                assert!(decision.is_allow(), "{options}");
            }
        }
    }
}

#[cfg(feature = "token")]
#[test]
fn a_token_tells_the_same() {
    let issuer = SigningKey::generate().unwrap();
    let verifier =
        Verifier::builder("v").trust(TrustedIssuer::public(issuer.public_key())).build().unwrap();
    let gate = Gate::builder().build().unwrap();
    let permit = |when: Condition| {
        [Statement::permit("all").operations(Operation::Execute).resources(["**"]).when(when)]
    };
    let absent = || Condition::absent("options.force");
    let forbid = [Statement::forbid("f").operations(Operation::Execute).when(!absent())];
    let granted = Token::mint(&issuer, TokenBlock::grant(permit(absent()))).unwrap();
    let narrowed = Token::mint(&issuer, TokenBlock::grant(permit(Condition::absent("none"))))
        .unwrap()
        .attenuate(TokenBlock::restrict(forbid))
        .unwrap();
    for token in [granted, narrowed] {
        let capability =
            verifier.verify(&token.to_bytes().unwrap(), Timestamp::from_unix_seconds(9)).unwrap();
        let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
        for (arguments, allowed) in [
            (json!({}), true),
            (json!({"options": {}}), true),
            (json!({"options": null}), true),
            (json!({"options": {"force": 1}}), false),
            (json!({"options": "force"}), false),
            (json!({"options": ["force"]}), false),
            (json!({"options": 1}), false),
            (json!(["force"]), false),
        ] {
            let action = Action::execute("deploy", "services/api").with(&arguments);
            assert_eq!(gate.decide(&action, &scope).is_allow(), allowed, "{arguments}");
        }
    }
}
