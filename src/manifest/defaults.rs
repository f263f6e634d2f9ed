//! Arguments that a call may leave out, and the view that fills them in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arguments::{Arguments, List, Value};
use crate::policy::Scalar;

/// What stands for an argument that a call leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a default is a text, a number, a truth value, or a list of these")]
pub(super) enum DefaultValue {
    One(Scalar),
    Many(Scalars),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Scalars(pub(super) Vec<Scalar>);

impl List for Scalars {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(Scalar::value)
    }
}

impl DefaultValue {
    fn value(&self) -> Value<'_> {
        match self {
            Self::One(scalar) => scalar.value(),
            Self::Many(scalars) => Value::List(scalars),
        }
    }
}

/// The defaults of one tool, in order of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults(Box<[(Box<str>, DefaultValue)]>);

impl Defaults {
    pub(super) fn new(values: &BTreeMap<String, DefaultValue>) -> Self {
        let pair = |(name, value): (&String, &DefaultValue)| (name.as_str().into(), value.clone());
        Self(values.iter().map(pair).collect())
    }

    #[inline]
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let found = self.0.binary_search_by(|(field, _)| (**field).cmp(name)).ok()?;
        self.0.get(found).map(|(_, value)| value.value())
    }
}

/// What a call gives, with the defaults of its tool for what it leaves out. An argument that is given
/// as null is given: no default stands for it.
#[derive(Clone, Copy)]
pub(super) struct Given<'c> {
    pub(super) arguments: &'c dyn Arguments,
    pub(super) defaults: Option<&'c Defaults>,
}

impl<'c> Given<'c> {
    /// As [`Arguments::get`], with values that live as long as what they come from.
    #[inline]
    pub(super) fn field(self, name: &str) -> Option<Value<'c>> {
        self.arguments.get(name).or_else(|| self.defaults?.get(name))
    }
}

impl Arguments for Given<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.field(name)
    }

    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.arguments.visit(visitor);
        for (name, value) in self.defaults.iter().flat_map(|defaults| &defaults.0) {
            if self.arguments.get(name).is_none() {
                visitor(name, value.value());
            }
        }
    }

    fn is_object(&self) -> bool {
        self.arguments.is_object()
    }
}
