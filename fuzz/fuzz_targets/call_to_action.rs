//! Manifests against calls: whatever an argument holds, it stays in the segments that were made for it, is
//! what a naive mapping makes of it, and what has no clear meaning is refused.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use naive::{ARGUMENTS, Part, describe, naive, unescape};
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::Resource;
use permitgate::prelude::*;
use world::{Any, any_scope, gate};

#[path = "../../tests/manifest/naive.rs"]
mod naive;
#[path = "../../tests/manifest/world.rs"]
#[expect(dead_code, reason = "the world serves several tests")]
mod world;

#[derive(Arbitrary, Debug)]
struct Input {
    template: Vec<u8>,
    rest: Option<u8>,
    a: Given,
    b: Given,
    x: Given,
    list: Vec<Element>,
    audience: Option<Given>,
    invoker: String,
}

#[derive(Arbitrary, Debug)]
enum Given {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Odd(u8),
    List(Vec<String>),
}

#[derive(Arbitrary, Debug)]
enum Element {
    Plain(Given),
    Object(Given),
}

const ODD: [&str; 12] =
    ["", ".", "..", "/", "a/../b", "/etc/x", "**", "{invoker}", "%2F", "a\\b", "a//b", "\u{85}"];

impl Given {
    fn any(&self) -> Any {
        match self {
            Self::Null => Any::Null,
            Self::Bool(value) => Any::Bool(*value),
            Self::Integer(value) => Any::Integer(*value),
            // One that is not finite is of no kind, wherever it stands.
            Self::Float(value) => Any::Float(if value.is_finite() { *value } else { 0.5 }),
            // Short enough that only the number of parts of a path can exceed a limit.
            Self::Text(text) => Any::Text(text.chars().take(10).collect()),
            Self::Odd(number) => Any::Text(ODD[usize::from(*number) % ODD.len()].to_owned()),
            Self::List(texts) => {
                let text = |text: &String| Any::Text(text.chars().take(10).collect());
                Any::List(texts.iter().take(4).map(text).collect())
            }
        }
    }
}

fn object(fields: impl IntoIterator<Item = (&'static str, Any)>) -> Any {
    Any::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn part(number: u8) -> Part {
    match number % 12 {
        0 => Part::Literal("mail"),
        1 => Part::Literal("%2F"),
        2 => Part::Invoker,
        3 => Part::Agent,
        number => Part::Argument(ARGUMENTS[usize::from(number) % ARGUMENTS.len()]),
    }
}

fuzz_target!(|input: Input| {
    let mut parts: Vec<Part> = input.template.iter().take(4).map(|number| part(*number)).collect();
    parts.extend(input.rest.map(|path| Part::Rest(ARGUMENTS[usize::from(path) % ARGUMENTS.len()])));
    let invoker: String = input.invoker.chars().filter(|c| !c.is_control()).take(10).collect();
    if parts.is_empty() || invoker.is_empty() {
        return;
    }
    let list = input.list.iter().take(4).map(|element| match element {
        Element::Plain(value) => value.any(),
        Element::Object(value) => object([("x", value.any())]),
    });
    let to = input.audience.as_ref().map_or(Any::Null, Given::any);
    let arguments = object([
        ("a", input.a.any()),
        ("b", input.b.any()),
        ("o", object([("x", input.x.any())])),
        ("l", Any::List(list.collect())),
        ("to", to),
    ]);
    let written = parts.iter().map(Part::write).collect::<Vec<_>>().join("/");
    let effect = EffectSpec::create(written).audience(AudienceSpec::recipients(["to"]));
    let names =
        ArgumentSpec::any_of([ArgumentSpec::text(), ArgumentSpec::list(ArgumentSpec::text())]);
    let tool = describe(ToolSpec::new("t")).argument("to", names.or_null());
    let Ok(manifest) = Manifest::new([tool.effect(effect)]) else { return };
    let scope = any_scope(&invoker, "a/gent");
    let call = manifest.map("t", &arguments, &scope);
    let expected = naive(&parts, &arguments, &invoker, "a/gent");
    let gate = gate();
    if let Some(fault) = call.fault() {
        let names_recipients = fault.argument().is_some_and(|path| path.starts_with("to"));
        assert!(expected.is_err() || names_recipients, "{fault}: {parts:?} {arguments:?}");
        assert!(call.actions().all(|action| !gate.decide(&action, &scope).is_allow()));
        return;
    }
    let meant = expected.is_ok();
    assert!(meant, "{parts:?} {arguments:?} is mapped to {call:?}");
    let expected = expected.unwrap_or_default();
    assert_eq!(call.actions().len(), expected.len());
    for (action, expected) in call.actions().zip(expected) {
        let resource = Resource::parse(action.resource()).expect("what is mapped is canonical");
        let found: Vec<String> = resource.segments().map(unescape).collect();
        assert_eq!(found, expected, "{parts:?} {arguments:?}");
        assert!(gate.decide(&action, &scope).is_allow(), "{action:?}");
    }
});
