//! Views that show one thing and give another: no call of theirs has a meaning, however they do it.

use std::sync::atomic::{AtomicUsize, Ordering};

use permitgate::manifest::{ArgumentSpec, AudienceSpec, CallFault, EffectSpec, ToolSpec};
use permitgate::model::{List, Value};
use permitgate::prelude::*;
use permitgate::{Arguments, Reason};

use crate::world::any_scope;

/// An address as a view. Without fields of its own, so that all such values lie in one place of memory.
struct Honest;

struct Other;

fn show(visitor: &mut dyn FnMut(&str, Value<'_>), fields: &[(&str, &str)]) {
    fields.iter().for_each(|(name, text)| visitor(name, Value::from(*text)));
}

impl Arguments for Honest {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "email").then_some(Value::from("lee@example.com"))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        show(visitor, &[("email", "lee@example.com")]);
    }
}

impl Arguments for Other {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        ["email", "bcc"].contains(&name).then_some(Value::from("mallory@evil.example"))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        show(visitor, &[("email", "mallory@evil.example"), ("bcc", "mallory@evil.example")]);
    }
}

/// Shows what an honest view shows, and gives something else by name.
struct Within;

impl Arguments for Within {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        Some(Value::from("mallory@evil.example"))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        Honest.visit(visitor);
    }
}

/// A view around another, which lies where that lies.
struct Around(Inner);

struct Inner(String);

impl Arguments for Inner {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "email").then_some(Value::from(&self.0))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("email", Value::from(&self.0));
    }
}

impl Arguments for Around {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Other.get(name).map(|_| Value::from("mallory@evil.example"))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        Other.visit(visitor);
    }
}

/// A list around another.
struct Names([&'static str; 1]);

struct OtherNames(Names);

impl List for Names {
    fn len(&self) -> usize {
        1
    }
    fn at(&self, place: usize) -> Option<Value<'_>> {
        self.0.get(place).map(|name| Value::from(*name))
    }
}

impl List for OtherNames {
    fn len(&self) -> usize {
        1 + List::len(&self.0)
    }
    fn at(&self, _: usize) -> Option<Value<'_>> {
        Some(Value::from("mallory@evil.example"))
    }
}

/// Arguments with one field, shown and given apart.
struct Pair<'p> {
    shown: Value<'p>,
    given: Value<'p>,
}

impl Arguments for Pair<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "to").then_some(self.given)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("to", self.shown);
    }
}

/// Without an end, and another view at every reading.
struct Endless(&'static AtomicUsize, bool);

static READINGS: AtomicUsize = AtomicUsize::new(0);
static ENDLESS: [Endless; 2] = [Endless(&READINGS, false), Endless(&READINGS, true)];

impl Endless {
    fn next(&self) -> &'static Self {
        let third = self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(3);
        &ENDLESS[usize::from(third == self.1)]
    }
}

impl List for Endless {
    fn len(&self) -> usize {
        1
    }
    fn at(&self, _: usize) -> Option<Value<'_>> {
        Some(Value::List(if self.1 { &ENDLESS[0] } else { &ENDLESS[1] }))
    }
}

impl Arguments for Endless {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        Some(Value::Object(self.next()))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("to", Value::Object(self.next()));
    }
}

fn manifest() -> Manifest {
    let address = ArgumentSpec::object([("email", ArgumentSpec::text())]);
    let to = ArgumentSpec::any_of([address, ArgumentSpec::list(ArgumentSpec::text())]);
    let send = EffectSpec::create("outbox");
    let tool = |name: &str, path: &str| {
        let send = send.clone().audience(AudienceSpec::recipients([path]));
        ToolSpec::new(name).argument("to", to.clone()).effect(send)
    };
    Manifest::new([tool("one", "to.email"), tool("many", "to")]).unwrap()
}

#[test]
fn what_is_shown_and_what_is_given_are_one() {
    let (manifest, scope) = (manifest(), any_scope("dana", "triage"));
    let around = Around(Inner("lee@example.com".to_owned()));
    let names = OtherNames(Names(["lee@example.com"]));
    let (honest, object) = (Value::Object(&Honest), Value::Object);
    for (why, tool, shown, given, has_meaning) in [
        ("one view", "one", honest, honest, true),
        ("two alike", "one", honest, object(&around.0), true),
        ("two without a size", "one", honest, object(&Other), false),
        ("the same the other way round", "one", object(&Other), honest, false),
        ("one around another", "one", object(&around.0), object(&around), false),
        ("the same the other way round", "one", object(&around), object(&around.0), false),
        ("alike where they are shown", "one", honest, object(&Within), false),
        ("a list around another", "many", Value::List(&names.0), Value::List(&names), false),
        ("the same the other way round", "many", Value::List(&names), Value::List(&names.0), false),
        ("a list in place of an object", "many", Value::List(&names.0), honest, false),
    ] {
        let arguments = Pair { shown, given };
        let call = manifest.map(tool, &arguments, &scope);
        assert_eq!(call.fault().is_none(), has_meaning, "{why}: {call:?}");
    }
}

/// Readings that differ without an end are compared without running out of the stack.
#[test]
fn endless_views_have_no_meaning() {
    let (manifest, scope) = (manifest(), any_scope("dana", "triage"));
    let lists = Pair { shown: Value::List(&ENDLESS[0]), given: Value::List(&ENDLESS[1]) };
    let objects = Pair { shown: Value::Object(&ENDLESS[0]), given: Value::Object(&ENDLESS[1]) };
    for arguments in [&lists as &dyn Arguments, &objects, &ENDLESS[0]] {
        let call = manifest.map("one", arguments, &scope);
        assert_eq!(call.fault().map(CallFault::reason), Some(Reason::UnmappedCall));
    }
}
