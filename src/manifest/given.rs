//! What a call gives, with the defaults of its tool for what it leaves out.

use super::shape::Fields;
use crate::model::arguments::{Arguments, Value};

/// The arguments of a call, with the defaults of its tool for what is missing. An argument that is given
/// as null is given: no default stands for it.
#[derive(Clone, Copy)]
pub(super) struct CallArguments<'c> {
    pub(super) arguments: &'c dyn Arguments,
    pub(super) described: Option<&'c Fields>,
}

impl<'c> CallArguments<'c> {
    /// As [`Arguments::get`], with values that live as long as what they come from.
    #[inline]
    pub(super) fn field(self, name: &str) -> Option<Value<'c>> {
        // Never moved: a value is read in other pieces than it was written in, and that waits.
        let mut value = self.arguments.get(name);
        if value.is_none() {
            value = self.described.and_then(|described| described.default_of(name));
        }
        value
    }
}

impl Arguments for CallArguments<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.field(name)
    }

    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.arguments.visit(visitor);
        for (name, value) in self.described.iter().flat_map(|described| described.defaults()) {
            if self.arguments.get(name).is_none() {
                visitor(name, value);
            }
        }
    }

    fn is_object(&self) -> bool {
        self.arguments.is_object()
    }
}
