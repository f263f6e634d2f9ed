//! Random results of any shape: what stands below a field that outsiders write never endorses, wherever such a field turns
//! up.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use permitgate::manifest::{EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{NoArguments, Value};
use permitgate::prelude::*;
use world::{Any, any_scope};

#[path = "../../tests/manifest/world.rs"]
#[expect(dead_code, reason = "the world serves several tests")]
mod world;

#[derive(Arbitrary, Debug)]
enum Shape {
    Text(u8),
    Number(i64),
    List(Vec<Shape>),
    Object(Vec<(u8, Shape)>),
}

/// The last two are outsiders'.
const NAMES: [&str; 7] = ["email", "id", "items", "0", "a", "note", "custom"];

impl Shape {
    fn any(&self, by_outsiders: bool, depth: u8) -> Any {
        match self {
            _ if depth == 0 => Any::Null,
            Self::Text(number) if by_outsiders => Any::Text(format!("mallory-{number}")),
            Self::Text(number) => Any::Text(format!("lee-{number}")),
            Self::Number(_) if by_outsiders => Any::Integer(666),
            Self::Number(number) => Any::Integer(number.wrapping_abs() % 600),
            Self::List(values) => Any::List(
                values.iter().take(6).map(|value| value.any(by_outsiders, depth - 1)).collect(),
            ),
            Self::Object(fields) => {
                let mut found: Vec<(String, Any)> = Vec::new();
                for (number, value) in fields.iter().take(8) {
                    let place = usize::from(*number) % NAMES.len();
                    let name = NAMES[place];
                    if found.iter().all(|(other, _)| other != name) {
                        let value = value.any(by_outsiders || place >= NAMES.len() - 2, depth - 1);
                        found.push((name.to_owned(), value));
                    }
                }
                Any::Object(found)
            }
        }
    }
}

#[derive(Arbitrary, Debug)]
struct Input {
    trusted: Vec<Vec<u8>>,
    outsider: [u8; 2],
    result: Shape,
}

const STEPS: [&str; 8] = ["*", "{*}", "email", "id", "items", "{0}", "0", "a"];

fuzz_target!(|input: Input| {
    let step = |number: &u8| STEPS[usize::from(*number) % STEPS.len()];
    let trusted = input.trusted.iter().take(6).map(|steps| {
        let steps: Vec<&str> = steps.iter().take(6).map(step).collect();
        if steps.is_empty() { ".".to_owned() } else { steps.join(".") }
    });
    let outsider = ["note", "custom"].into_iter().zip(input.outsider).map(|(name, shape)| {
        ["", "*.", "{*}.", "items.*."][usize::from(shape) % 4].to_owned() + name
    });
    let fields = ResultSpec::new().trusted(trusted).outsider(outsider);
    let tool = ToolSpec::new("t").effect(EffectSpec::read("x")).result(fields);
    let Ok(manifest) = Manifest::new([tool]) else { return };
    let result = input.result.any(false, 12);
    let is_outsiders = |value: Value<'_>| match value {
        Value::Text(text) => text.starts_with("mallory"),
        value => value.as_integer() == Some(666),
    };
    manifest.for_each_trusted("t", result.view(), |value| {
        assert!(!is_outsiders(value), "{input:?} endorses {value:?}");
    });
    let scope = any_scope("dana", "triage");
    manifest.map("t", &NoArguments, &scope).endorse_result(result.view(), scope.session());
    assert!(
        (0..=u8::MAX)
            .all(|number| !scope.session().is_endorsed(format!("mallory-{number}").as_str()))
    );
});
