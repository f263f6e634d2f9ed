//! Views that contradict themselves or have no end, for tests of those that read views.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Arguments, List, Value};

/// A view that contains itself.
pub(crate) struct Endless;

impl Arguments for Endless {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        Some(Value::Object(self))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("again", Value::Object(self));
    }
}

/// A list that is shorter than it says.
pub(crate) struct Liar;

impl List for Liar {
    fn len(&self) -> usize {
        3
    }
    fn at(&self, _index: usize) -> Option<Value<'_>> {
        None
    }
}

/// A view that shows one field twice.
pub(crate) struct Twice;

impl Arguments for Twice {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("x", Value::from(1));
        visitor("x", Value::from(2));
    }
}

/// A view that shows two fields in order once, and one of them twice after that.
#[derive(Default)]
pub(crate) struct Fickle(AtomicBool);

impl Arguments for Fickle {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("a", Value::Null);
        visitor(if self.0.swap(true, Ordering::Relaxed) { "a" } else { "b" }, Value::Null);
    }
}
