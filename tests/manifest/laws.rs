//! Laws of mapping, against a second, naive implementation that works on owned text.

use permitgate::manifest::{Call, EffectSpec, ToolSpec};
use permitgate::model::Resource;
use permitgate::policy::Condition;
use permitgate::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::naive::{ARGUMENTS, Part, describe, naive, unescape};
use crate::world::{Any, any_scope, text_of};

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(&["a", "mail", "%2F"][..]).prop_map(Part::Literal),
        Just(Part::Invoker),
        Just(Part::Agent),
        prop::sample::select(&ARGUMENTS[..]).prop_map(Part::Argument),
        prop::sample::select(&ARGUMENTS[..]).prop_map(Part::Argument),
    ]
}

fn template() -> impl Strategy<Value = Vec<Part>> {
    let rest = prop::option::of(prop::sample::select(&ARGUMENTS[..]).prop_map(Part::Rest));
    (prop::collection::vec(part(), 1..4), rest).prop_map(|(mut parts, rest)| {
        parts.extend(rest);
        parts
    })
}

fn text() -> impl Strategy<Value = String> {
    const ODD: [&str; 21] = [
        "",
        ".",
        "..",
        "/",
        "a/b",
        "../x",
        "/etc/passwd",
        "a//b",
        "**",
        "*",
        "{invoker}",
        "%2F",
        "%",
        "a\\b",
        "\0",
        "é",
        "C:\\x",
        "a/../b",
        "a\u{85}",
        "{args.b}",
        "...",
    ];
    prop_oneof![prop::sample::select(&ODD[..]).prop_map(str::to_owned), ".{0,8}", "[a-c/.]{0,6}"]
}

fn leaf() -> impl Strategy<Value = Any> {
    prop_oneof![
        4 => text().prop_map(Any::Text),
        1 => any::<i64>().prop_map(Any::Integer),
        1 => any::<bool>().prop_map(Any::Bool),
        1 => any::<f64>().prop_map(Any::Float),
        1 => Just(Any::Null),
    ]
}

fn value() -> impl Strategy<Value = Any> {
    let object = |inner: BoxedStrategy<Any>| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Any::List),
            inner.prop_map(|value| Any::Object(vec![("x".to_owned(), value)])),
        ]
    };
    prop_oneof![3 => leaf(), 1 => leaf().prop_recursive(2, 6, 3, move |inner| object(inner.boxed()))]
}

fn arguments() -> impl Strategy<Value = Any> {
    let list = prop::collection::vec(
        prop_oneof![value(), leaf().prop_map(|x| Any::Object(vec![("x".to_owned(), x)]))],
        0..4,
    );
    (value(), value(), value(), list.prop_map(Any::List)).prop_map(|(a, b, x, l)| {
        let object = Any::Object(vec![("x".to_owned(), x)]);
        let fields = [("a", a), ("b", b), ("o", object), ("l", l)];
        Any::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
    })
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config(6000))]

    /// A second implementation finds the same resources, and each value reads back out of exactly the segments
    /// that were made for it: whatever it holds, it is neither a separator nor a pattern nor a parent.
    #[test]
    fn values_stay_in_their_segments(
        parts in template(),
        arguments in arguments(),
        invoker in "[a-z/.*{}%]{1,5}",
    ) {
        let written = parts.iter().map(Part::write).collect::<Vec<_>>().join("/");
        let effect = EffectSpec::read(written.as_str());
        let stars = parts.iter().filter(|part| part.write().contains(".*")).count();
        let Ok(manifest) = Manifest::new([describe(ToolSpec::new("t")).effect(effect)]) else {
            prop_assert!(stars > 1, "{}", written);
            return Ok(());
        };
        let scope = any_scope(&invoker, "a/gent");
        let call = manifest.map("t", &arguments, &scope);
        let expected = naive(&parts, &arguments, &invoker, "a/gent");
        prop_assert_eq!(call.fault().is_none(), expected.is_ok(), "{} {:?}", written, call);
        let Ok(expected) = expected else { return Ok(()) };
        prop_assert_eq!(call.actions().len(), expected.len());
        for (action, expected) in call.actions().zip(expected) {
            let resource = Resource::parse(action.resource());
            prop_assert!(resource.is_ok(), "{:?}", resource);
            let found: Vec<String> = resource.unwrap().segments().map(unescape).collect();
            prop_assert_eq!(found, expected, "{}", written);
        }
    }

    /// The order of tools and of effects shows neither in the actions nor in the fault.
    #[test]
    fn order_does_not_matter(
        templates in prop::collection::vec(template(), 1..4),
        arguments in arguments(),
        conditions in prop::collection::vec(prop::sample::select(&["a", "b", "o.x", "c"][..]), 0..3),
    ) {
        let effects: Vec<EffectSpec> = templates
            .iter()
            .enumerate()
            .map(|(number, parts)| {
                let written = parts.iter().map(Part::write).collect::<Vec<_>>().join("/");
                let effect = EffectSpec::new(Operation::ALL[number % 7], written);
                match conditions.get(number) {
                    Some(argument) => effect.when(!Condition::equals(*argument, "x")),
                    None => effect,
                }
            })
            .collect();
        let of = |effects: Vec<EffectSpec>, first: bool| {
            let tool = effects.into_iter().fold(describe(ToolSpec::new("t")), ToolSpec::effect);
            let other = ToolSpec::new("u").effect(EffectSpec::delete("u"));
            Manifest::new(if first { [tool, other] } else { [other, tool] })
        };
        let Ok(one) = of(effects.clone(), true) else { return Ok(()) };
        let other = of(effects.into_iter().rev().collect(), false).unwrap();
        let scope = any_scope("dana", "agent");
        let (one, other) = (one.map("t", &arguments, &scope), other.map("t", &arguments, &scope));
        prop_assert_eq!(one.fault(), other.fault());
        let actions = |call: &Call<'_>| {
            let mut actions: Vec<String> = call.actions().map(|action| text_of(&action)).collect();
            actions.sort();
            actions
        };
        prop_assert_eq!(actions(&one), actions(&other));
    }
}
