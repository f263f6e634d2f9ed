//! A manifest is closed: nothing passes that no one described, and nothing fails for being described.

use permitgate::kinds::CallFaultKind;
use permitgate::limits::{MAX_CALL_PARTS, MAX_CALL_VALUES};
use permitgate::manifest::{
    ArgumentSpec, AudienceSpec, CallFault, EffectSpec, MailboxSpec, ToolSpec, UrlSpec,
};
use permitgate::model::{List, Value};
use permitgate::prelude::*;
use permitgate::{Arguments, Reason};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::oracle::{Source, Spec};
use crate::world::{Any, any_scope, reasons};

proptest! {
    #![proptest_config(Config { cases: 6_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn exactly_what_is_described_passes(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
        let mut source = Source(&bytes);
        let spec = Spec::of_tool(&mut source);
        let arguments = spec.object(&mut source);
        let manifest = Manifest::new([spec.tool()]).unwrap();
        let scope = any_scope("dana", "triage");
        let call = manifest.map("t", &arguments, &scope);
        let described = spec.describes(&arguments);
        prop_assert_eq!(call.fault().is_none(), described, "{:?}: {:?} {:?}", call, spec, arguments);
        let expected = if described { Reason::Permitted } else { Reason::UnmappedCall };
        prop_assert_eq!(reasons(&call, &scope), [expected]);

        // The order of the arguments shows neither in the answer nor in the fault.
        let Any::Object(mut fields) = arguments.clone() else { return Ok(()) };
        fields.reverse();
        let reversed = Any::Object(fields);
        let other = manifest.map("t", &reversed, &scope);
        prop_assert_eq!(call.fault(), other.fault());
    }
}

/// Two faults at places that look alike, of which only one has a name near it.
#[test]
fn a_name_with_a_dot_does_not_let_the_order_show() {
    let inner = ArgumentSpec::object([("B", ArgumentSpec::text())]);
    let tool = ToolSpec::new("t")
        .argument("a", inner.optional().no_effect())
        .argument("a.B", ArgumentSpec::text().optional().no_effect());
    let manifest = Manifest::new([tool.effect(EffectSpec::read("r"))]);
    let Ok(manifest) = manifest else { panic!("{manifest:?}") };
    let scope = any_scope("dana", "triage");
    let within = [("b", Value::from("x"))];
    let arguments = [("a", Value::Object(&within)), ("a.b", Value::from("x"))];
    let reversed = [arguments[1], arguments[0]];
    let fault = manifest.map("t", &arguments, &scope).fault().cloned();
    assert_eq!(fault, manifest.map("t", &reversed, &scope).fault().cloned());
    assert_eq!(fault.unwrap().nearest(), Some("B"));
}

#[test]
fn the_random_calls_are_of_both_sorts() {
    let mut generator = 7_u64;
    let mut counts = [0; 2];
    for _ in 0..400 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            generator = generator.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (generator >> 56) as u8
        })
        .take(160)
        .collect();
        let mut source = Source(&bytes);
        let spec = Spec::of_tool(&mut source);
        let arguments = spec.object(&mut source);
        counts[usize::from(spec.describes(&arguments))] += 1;
    }
    assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
}

/// What a view shows and what it gives by name, and how long its lists are.
struct Torn<'t> {
    shown: &'t [(&'t str, Value<'t>)],
    given: &'t [(&'t str, Value<'t>)],
}

impl Arguments for Torn<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.given.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.shown.iter().for_each(|(name, value)| visitor(name, *value));
    }
}

#[test]
fn a_view_that_shows_two_things_has_no_meaning() {
    let (lee, mallory) = (Value::Text("lee"), Value::Text("mallory"));
    let (one, same, other) = ([lee], [lee], [mallory]);
    let (one, same, other) = (Value::List(&one), Value::List(&same), Value::List(&other));
    let tool = ToolSpec::new("t")
        .argument(
            "to",
            ArgumentSpec::any_of([ArgumentSpec::text(), ArgumentSpec::list(ArgumentSpec::text())]),
        )
        .argument("cc", ArgumentSpec::text().optional())
        .effect(EffectSpec::read("x").audience(AudienceSpec::recipients(["to", "cc"])));
    let manifest = Manifest::new([tool]).unwrap();
    let scope = any_scope("dana", "triage");
    let differ = |name: &str| {
        Some(format!("argument `{name}`: the arguments show this in two ways that differ"))
    };
    let cases: [(Torn<'_>, Option<String>); 7] = [
        (Torn { shown: &[("to", lee)], given: &[("to", lee)] }, None),
        (Torn { shown: &[("to", lee)], given: &[("to", mallory)] }, differ("to")),
        (Torn { shown: &[("to", lee)], given: &[] }, differ("to")),
        (Torn { shown: &[("to", lee)], given: &[("to", lee), ("cc", mallory)] }, differ("cc")),
        (
            Torn { shown: &[("to", lee), ("to", lee)], given: &[("to", lee)] },
            Some("argument `to`: the arguments show this name twice".to_owned()),
        ),
        (Torn { shown: &[("to", one)], given: &[("to", other)] }, differ("to")),
        (Torn { shown: &[("to", one)], given: &[("to", same)] }, None),
    ];
    for (view, expected) in &cases {
        let call = manifest.map("t", view, &scope);
        assert_eq!(call.fault().map(ToString::to_string), *expected);
    }
}

/// A view that is no object shows no fields, as if all were left out.
struct NoObject;

impl Arguments for NoObject {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
    fn is_object(&self) -> bool {
        false
    }
}

#[test]
fn arguments_that_are_no_object_have_no_meaning() {
    let options = ArgumentSpec::object([("force", ArgumentSpec::flag().optional())]);
    let tool = ToolSpec::new("t").argument("options", options.optional().no_effect());
    let manifest = Manifest::new([tool.effect(EffectSpec::read("x"))]).unwrap();
    let scope = any_scope("dana", "triage");
    let nested = [("options", Value::Object(&NoObject))];
    for arguments in [&NoObject as &dyn Arguments, &nested] {
        let call = manifest.map("t", arguments, &scope);
        let fault = call.fault().unwrap().to_string();
        assert!(fault.ends_with("arguments are an object, with a name for each"), "{fault}");
    }
}

/// A list that never ends, and one that is as long as may be.
struct Long(usize);

impl List for Long {
    fn len(&self) -> usize {
        self.0
    }
    fn at(&self, _index: usize) -> Option<Value<'_>> {
        Some(Value::from("x"))
    }
}

#[test]
fn the_work_is_bounded() {
    let texts = ArgumentSpec::list(ArgumentSpec::text()).no_effect();
    let tool = ToolSpec::new("t").argument("l", texts).effect(EffectSpec::read("x"));
    let manifest = Manifest::new([tool]).unwrap();
    let scope = any_scope("dana", "triage");
    for (length, fits) in
        [(MAX_CALL_VALUES - 1, true), (MAX_CALL_VALUES, false), (usize::MAX, false)]
    {
        let list = Long(length);
        let arguments = [("l", Value::List(&list))];
        let call = manifest.map("t", &arguments, &scope);
        assert_eq!(call.fault().is_none(), fits, "{length}");
        if !fits {
            let expected = format!("the arguments hold more than {MAX_CALL_VALUES} values");
            assert_eq!(call.fault().unwrap().to_string(), expected);
        }
    }
}

/// Names of a megabyte are refused without being told in full.
#[test]
fn a_fault_tells_no_more_than_a_line() {
    let manifest = Manifest::new([ToolSpec::new("t").effect(EffectSpec::read("x"))]).unwrap();
    let scope = any_scope("dana", "triage");
    let name = "é".repeat(1 << 20);
    let arguments = Any::Object(vec![(name, Any::Null)]);
    let call = manifest.map("t", &arguments, &scope);
    let fault = call.fault().unwrap().to_string();
    assert!(fault.len() < 1024, "{}", fault.len());
    // Values are never told.
    let secret = Any::Object(vec![("pin".to_owned(), Any::Text("hunter2".to_owned()))]);
    let told = format!(
        "{:?} {}",
        manifest.map("t", &secret, &scope),
        manifest.map("t", &secret, &scope).fault().unwrap()
    );
    assert!(told.contains("pin") && !told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_described_can_be_looked_at() {
    let attendee = ArgumentSpec::any_of([
        ArgumentSpec::text(),
        ArgumentSpec::object([("email", ArgumentSpec::text()), ("phone", ArgumentSpec::text())]),
    ]);
    let tool = ToolSpec::new("t")
        .argument("attendees", ArgumentSpec::list(attendee))
        .argument("pin", ArgumentSpec::text().secret().no_effect())
        .argument("note", ArgumentSpec::text().or_null().optional())
        .argument(
            "more",
            ArgumentSpec::object([("x", ArgumentSpec::flag())]).other_fields().no_effect(),
        )
        .other_arguments()
        .effect(
            EffectSpec::create("x")
                .audience(AudienceSpec::recipients(["attendees", "attendees.*.email"])),
        );
    let manifest = Manifest::new([tool]).unwrap();
    assert!(manifest.tool("u").is_none());
    let tool = manifest.tool("t").unwrap();
    let names: Vec<&str> = tool.arguments().map(|(name, _)| name).collect();
    assert_eq!(names, ["attendees", "more", "note", "pin"]);
    assert!(tool.takes_other_arguments() && tool.argument("Pin").is_none());
    assert_eq!(
        (tool.unused(), tool.wildcards()),
        (vec!["attendees.*.phone".into(), "note".into()], vec!["more".into()])
    );
    let pin = tool.argument("pin").unwrap();
    assert!(pin.is_secret() && pin.has_no_effect() && pin.is_required());
    let items = tool.argument("attendees").unwrap().items().unwrap();
    assert!(items.kinds().eq(["text", "object"]));
    assert!(
        items.fields().map(|(name, _)| name).eq(["email", "phone"]) && !items.takes_other_fields()
    );
    assert!(tool.argument("more").unwrap().takes_other_fields());
}

/// Whatever a call holds, kinds find no more parts in it than are stated, and the fault says so: also where elements are empty.
#[test]
fn no_call_has_more_parts_than_stated() {
    let row = ArgumentSpec::object([
        ("url", ArgumentSpec::url(UrlSpec::new()).optional()),
        ("to", ArgumentSpec::mailbox(MailboxSpec::new()).optional()),
    ]);
    let tool = ToolSpec::new("t")
        .argument("rows", ArgumentSpec::list(row))
        .argument("z", ArgumentSpec::text().optional().no_effect())
        .effect(EffectSpec::read("x"));
    let manifest = Manifest::new([tool]).unwrap();
    let scope = any_scope("dana", "triage");
    let url = [("url", Value::from("https://example.com/a?b"))];
    for (row, most) in [(Value::Object(&[]), 4_000), (Value::Object(&url), 300)] {
        for (count, fits) in [(most, true), (20_000, false)] {
            let rows = Repeated(row, count);
            for arguments in [
                [("rows", Value::List(&rows)), ("z", Value::from("x"))],
                [("z", Value::from("x")), ("rows", Value::List(&rows))],
            ] {
                let call = manifest.map("t", &arguments, &scope);
                let kind = call.fault().map(CallFault::kind);
                let expected = (!fits).then_some(CallFaultKind::TooManyParts);
                assert_eq!(kind, expected, "{count}");
                assert!(call.parts().len() <= MAX_CALL_PARTS + 16, "{}", call.parts().len());
            }
        }
    }
}

/// One value, so many times.
struct Repeated<'v>(Value<'v>, usize);

impl List for Repeated<'_> {
    fn len(&self) -> usize {
        self.1
    }
    fn at(&self, place: usize) -> Option<Value<'_>> {
        (place < self.1).then_some(self.0)
    }
}
