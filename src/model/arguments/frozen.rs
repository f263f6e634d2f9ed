//! A canonical, owned copy of arguments, for what outlives the call.

use std::fmt;

use super::{Arguments, List, Value};
use crate::base::limits::{MAX_FROZEN_BYTES, MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES};

/// Arguments copied once, with fields in order of their names, independent of the view they came from.
///
/// A detached permit carries one, so that a spawned task acts on exactly what was decided. Two views
/// with the same content freeze to equal copies.
///
/// As data it is an object in order of its names, and it is read within the bounds of a copy; a field that stands twice is
/// refused. A number beyond 64 bits is neither written nor read, since readers of JSON round it, and one that is not finite is not written.
///
/// ```
/// use permitgate::Arguments;
/// use permitgate::model::{FrozenArguments, Value};
///
/// let copy = FrozenArguments::freeze(&[("b", Value::from(2)), ("a", Value::from(1))])?;
/// assert_eq!(copy, FrozenArguments::freeze(&[("a", Value::from(1)), ("b", Value::from(2))])?);
/// assert!(matches!(copy.get("b"), Some(Value::Integer(2))));
/// # Ok::<(), permitgate::model::FreezeError>(())
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct FrozenArguments(Vec<(Box<str>, Frozen)>);

#[derive(Clone, PartialEq)]
pub(super) enum Frozen {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(Box<str>),
    List(Vec<Frozen>),
    Object(FrozenArguments),
}

/// Why arguments cannot be frozen.
///
/// ```
/// use permitgate::limits::MAX_FROZEN_BYTES;
/// use permitgate::model::{FreezeError, FrozenArguments, Value};
///
/// let text = "x".repeat(MAX_FROZEN_BYTES);
/// let error = FrozenArguments::freeze(&[("text", Value::from(&text))]).unwrap_err();
/// assert_eq!((error, error.code()), (FreezeError::TooLarge, "too-large"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FreezeError {
    /// Objects and lists are nested too deeply.
    #[error("arguments are nested more than {MAX_FROZEN_DEPTH} deep")]
    TooDeep,
    /// There are too many values or too much text.
    #[error(
        "arguments hold more than {MAX_FROZEN_VALUES} values or {MAX_FROZEN_BYTES} bytes of text"
    )]
    TooLarge,
    /// A view showed one field twice, so it has no single meaning.
    #[error("an object shows one of its fields twice")]
    DuplicateField,
    /// A list or a single value stands in place of the fields.
    #[error("what stands in place of the arguments is no object")]
    NotAnObject,
    /// A list says that it is longer than what it gives.
    #[error("a list has no value at a place within its length")]
    BrokenList,
}

impl FreezeError {
    /// The stable code, for logs and metrics. The error is its own kind.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::DuplicateField => "repeated-field",
            Self::NotAnObject => "not-an-object",
            Self::BrokenList => "broken-list",
        }
    }
}

impl FrozenArguments {
    /// Copies what `view` shows. Allocates.
    ///
    /// # Errors
    /// [`FreezeError`] when the view is too deep, too large, or contradicts itself.
    pub fn freeze(view: &dyn Arguments) -> Result<Self, FreezeError> {
        Room::new().object(view, MAX_FROZEN_DEPTH)
    }

    /// Of fields in any order.
    pub(super) fn of(mut fields: Vec<(Box<str>, Frozen)>) -> Result<Self, FreezeError> {
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        if fields.is_sorted_by(|(one, _), (other, _)| one < other) {
            Ok(Self(fields))
        } else {
            Err(FreezeError::DuplicateField)
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &Frozen)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Whether there is no field.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What may still be copied.
pub(super) struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self { values: MAX_FROZEN_VALUES, bytes: MAX_FROZEN_BYTES }
    }

    pub(super) fn take_value(&mut self) -> Result<(), FreezeError> {
        self.values = self.values.checked_sub(1).ok_or(FreezeError::TooLarge)?;
        Ok(())
    }

    fn object(
        &mut self,
        view: &dyn Arguments,
        depth: usize,
    ) -> Result<FrozenArguments, FreezeError> {
        let depth = depth.checked_sub(1).ok_or(FreezeError::TooDeep)?;
        if !view.is_object() {
            return Err(FreezeError::NotAnObject);
        }
        let mut fields = Vec::new();
        let mut fault = None;
        view.visit(&mut |name, value| {
            if fault.is_none() {
                match self.text(name).and_then(|name| Ok((name, self.value(value, depth)?))) {
                    Ok(field) => fields.push(field),
                    Err(error) => fault = Some(error),
                }
            }
        });
        match fault {
            Some(fault) => Err(fault),
            None => FrozenArguments::of(fields),
        }
    }

    fn value(&mut self, value: Value<'_>, depth: usize) -> Result<Frozen, FreezeError> {
        self.take_value()?;
        Ok(match value {
            Value::Null => Frozen::Null,
            Value::Bool(value) => Frozen::Bool(value),
            Value::Integer(value) => Frozen::Integer(value),
            Value::Float(value) => Frozen::Float(value),
            Value::Text(text) => Frozen::Text(self.text(text)?),
            Value::List(list) => self.list(list, depth)?,
            Value::Object(view) => Frozen::Object(self.object(view, depth)?),
        })
    }

    fn list(&mut self, list: &dyn List, depth: usize) -> Result<Frozen, FreezeError> {
        let depth = depth.checked_sub(1).ok_or(FreezeError::TooDeep)?;
        if list.len() > self.values {
            return Err(FreezeError::TooLarge);
        }
        let values = (0..list.len())
            .map(|index| self.value(list.at(index).ok_or(FreezeError::BrokenList)?, depth))
            .collect::<Result<_, _>>()?;
        Ok(Frozen::List(values))
    }

    pub(super) fn text(&mut self, text: &str) -> Result<Box<str>, FreezeError> {
        self.bytes = self.bytes.checked_sub(text.len()).ok_or(FreezeError::TooLarge)?;
        Ok(text.into())
    }
}

impl Arguments for FrozenArguments {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let place = self.0.binary_search_by(|(field, _)| (**field).cmp(name)).ok()?;
        self.0.get(place).map(|(_, value)| value.view())
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        for (name, value) in &self.0 {
            visitor(name, value.view());
        }
    }
}

impl Frozen {
    fn view(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::Text(text),
            Self::List(values) => Value::List(values),
            Self::Object(fields) => Value::Object(fields),
        }
    }
}

impl List for Vec<Frozen> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.as_slice().get(index).map(Frozen::view)
    }
}

/// Names and what stands under them, without the values: some are secret, and a copy does not know which.
impl fmt::Debug for FrozenArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, value)| (name, value))).finish()
    }
}

impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Integer(_) => f.write_str("Integer"),
            Self::Float(_) => f.write_str("Float"),
            Self::Text(_) => f.write_str("Text"),
            Self::List(values) => f.debug_list().entries(values).finish(),
            Self::Object(fields) => fields.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::odd::{Endless, Liar, Twice};
    use super::*;

    #[test]
    fn views_that_cannot_be_copied_say_why() {
        assert_eq!(FrozenArguments::freeze(&Endless), Err(FreezeError::TooDeep));
        assert_eq!(FrozenArguments::freeze(&Twice), Err(FreezeError::DuplicateField));
        let broken = FrozenArguments::freeze(&[("list", Value::List(&Liar))]);
        assert_eq!(broken, Err(FreezeError::BrokenList));
        let text = "x".repeat(MAX_FROZEN_BYTES);
        let large = FrozenArguments::freeze(&[("text", Value::from(&text))]);
        assert_eq!(large, Err(FreezeError::TooLarge));
    }

    #[test]
    fn a_copy_is_shown_without_its_values() {
        let inner = [("pin", Value::from("hunter2"))];
        let list = [Value::from("hunter2"), Value::from(7), Value::Object(&inner)];
        let frozen = FrozenArguments::freeze(&[("l", Value::List(&list))]).unwrap();
        assert_eq!(format!("{frozen:?}"), r#"{"l": [Text, Integer, {"pin": Text}]}"#);
    }

    #[test]
    fn the_first_of_two_pairs_counts_in_both_readings() {
        let pairs = [("x", Value::from(1)), ("x", Value::from(2))];
        let frozen = FrozenArguments::freeze(&pairs).unwrap();
        assert!(matches!(frozen.get("x"), Some(Value::Integer(1))));
        assert!(matches!(Arguments::get(&pairs, "x"), Some(Value::Integer(1))));
    }
}
