//! Arguments as a type of the user's, by serde, without copying texts.

use std::fmt;

use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::{Arguments, List, Value};
use crate::base::codes::fault_table;
use crate::base::limits::MAX_FROZEN_DEPTH;
use crate::base::visible::visible;

/// Why arguments are not of the type that a tool takes them for, with the place.
///
/// It says of which kind a value is and never the value, which may be secret. What a type's own `Deserialize` says is passed on
/// with its invisible characters shown.
///
/// ```
/// use permitgate::Arguments;
/// use permitgate::model::Value;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Page {
///     number: u32,
/// }
/// let arguments: &dyn Arguments = &[("number", Value::from("seven"))];
/// let error = arguments.typed::<Page>().unwrap_err();
/// assert_eq!(error.path(), "number");
/// assert_eq!(error.to_string(), "argument `number`: a text stands where u32 is expected");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// From the innermost field outward, as they are passed on the way back.
    path: Vec<String>,
    shown: String,
    fault: Fault,
}

impl ArgumentError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> ArgumentErrorKind {
        self.fault.kind()
    }

    /// Where: fields and places in lists joined by dots; empty where it is about the arguments as a whole.
    pub fn path(&self) -> &str {
        &self.shown
    }

    /// There is no one set of arguments that all actions were permitted with.
    pub(crate) fn of_several() -> Self {
        Self::new(Fault::Several)
    }

    fn new(fault: Fault) -> Self {
        Self { path: Vec::new(), shown: String::new(), fault }
    }

    fn within(mut self, field: impl Into<String>) -> Self {
        self.path.push(field.into());
        self.shown = self.path.iter().rev().map(String::as_str).collect::<Vec<_>>().join(".");
        self
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.shown.is_empty() {
            write!(f, "argument `{}`: ", visible(&self.shown))?;
        }
        self.fault.fmt(f)
    }
}

impl std::error::Error for ArgumentError {}

fault_table! {
    /// What is wrong with arguments as a type ([`ArgumentError::kind`](crate::model::ArgumentError::kind)).
    pub enum ArgumentErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("{found} stands where {expected} is expected")]
        Mismatch { found: &'static str, expected: String } => Mismatch, "mismatch",
        #[error("it is missing")]
        Missing => MissingField, "missing-field",
        #[error("the type has no such field")]
        Unknown => UnknownField, "unknown-field",
        #[error("it is nested too deeply")]
        TooDeep => TooDeep, "too-deep",
        #[error("its view shows it and does not give it")]
        Contradiction => Contradiction, "contradiction",
        #[error("the actions of the call were permitted with arguments that differ; take those of each action")]
        Several => SeveralArguments, "several-arguments",
        #[error("{}", visible(.0))]
        Custom(String) => Custom, "custom",
    }
}

impl de::Error for ArgumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Fault::Custom(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(Fault::Mismatch { found: kind_of(&found), expected: expected.to_string() })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Fault::Missing).within(field)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(Fault::Unknown).within(field)
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        let expected = format!("one of {}", known.join(", "));
        Self::new(Fault::Mismatch { found: "another text", expected })
    }
}

const fn kind_of(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a truth value",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

impl<'a> dyn Arguments + 'a {
    /// The arguments as a type of your own. Texts may be borrowed.
    ///
    /// # Errors
    /// [`ArgumentError`] with the place where they are of another type, or where something is missing.
    ///
    /// ```
    /// use permitgate::Arguments;
    /// use permitgate::model::Value;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Mail<'a> {
    ///     to: Vec<&'a str>,
    ///     subject: Option<&'a str>,
    /// }
    /// let to = [Value::from("lee@example.com")];
    /// let arguments: &dyn Arguments = &[("to", Value::List(&to))];
    /// let mail: Mail<'_> = arguments.typed()?;
    /// assert_eq!((mail.to, mail.subject), (vec!["lee@example.com"], None));
    /// # Ok::<(), permitgate::model::ArgumentError>(())
    /// ```
    pub fn typed<'s, T: Deserialize<'s>>(&'s self) -> Result<T, ArgumentError> {
        T::deserialize(Node { value: Value::Object(shorter(self)), depth: MAX_FROZEN_DEPTH })
    }
}

/// The view for as long as it is looked at.
fn shorter<'s>(view: &'s (dyn Arguments + '_)) -> &'s dyn Arguments {
    view
}

/// A value, and how deep what it holds may lie.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: Value<'a>,
    depth: usize,
}

impl<'a> Node<'a> {
    fn below(self, value: Value<'a>) -> Result<Self, ArgumentError> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| ArgumentError::new(Fault::TooDeep))?;
        Ok(Self { value, depth })
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = ArgumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
                (_, Ok(value)) => visitor.visit_u64(value),
                (Ok(value), _) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => visitor.visit_seq(Elements { of: self, list, next: 0 }),
            Value::Object(view) => visitor.visit_map(Fields::new(self, view)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        match self.value {
            Value::Text(text) => visitor.visit_enum(Variant { name: text.to_owned(), held: None }),
            Value::Object(view) => {
                let mut fields = Fields::new(self, view);
                match (fields.names.next(), fields.names.len()) {
                    (Some(name), 0) => {
                        let held = self.below(fields.value(&name)?)?;
                        visitor.visit_enum(Variant { name, held: Some(held) })
                    }
                    _ => Err(de::Error::invalid_type(Unexpected::Map, &"an object with one field")),
                }
            }
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Elements<'a> {
    of: Node<'a>,
    list: &'a dyn List,
    next: usize,
}

impl<'a> SeqAccess<'a> for Elements<'a> {
    type Error = ArgumentError;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ArgumentError> {
        if self.next >= self.list.len() {
            return Ok(None);
        }
        let place = self.next;
        self.next += 1;
        let element = self.list.at(place);
        let element = element.ok_or_else(|| ArgumentError::new(Fault::Contradiction));
        let found = element.and_then(|value| seed.deserialize(self.of.below(value)?));
        found.map(Some).map_err(|error| error.within(place.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        // A view may say any length.
        None
    }
}

struct Fields<'a> {
    of: Node<'a>,
    view: &'a dyn Arguments,
    names: std::vec::IntoIter<String>,
    /// The field whose value is next.
    name: String,
}

impl<'a> Fields<'a> {
    fn new(of: Node<'a>, view: &'a dyn Arguments) -> Self {
        let mut names = Vec::new();
        view.visit(&mut |name, _| names.push(name.to_owned()));
        Self { of, view, names: names.into_iter(), name: String::new() }
    }

    fn value(&self, name: &str) -> Result<Value<'a>, ArgumentError> {
        let value = self.view.get(name);
        value.ok_or_else(|| ArgumentError::new(Fault::Contradiction).within(name))
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = ArgumentError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ArgumentError> {
        let Some(name) = self.names.next() else { return Ok(None) };
        let key: StrDeserializer<'_, ArgumentError> = name.as_str().into_deserializer();
        let key = seed.deserialize(key)?;
        self.name = name;
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ArgumentError> {
        let name = std::mem::take(&mut self.name);
        let below = self.value(&name).and_then(|value| self.of.below(value))?;
        seed.deserialize(below).map_err(|error| error.within(name))
    }
}

/// A variant of an enum: its name, and what it holds.
struct Variant<'a> {
    name: String,
    held: Option<Node<'a>>,
}

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = ArgumentError;
    type Variant = Held<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Held<'a>), ArgumentError> {
        let name: StringDeserializer<ArgumentError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Held(self.held)))
    }
}

struct Held<'a>(Option<Node<'a>>);

impl<'a> Held<'a> {
    fn node(self) -> Result<Node<'a>, ArgumentError> {
        self.0.ok_or_else(|| {
            de::Error::invalid_type(Unexpected::Str(""), &"an object with one field")
        })
    }
}

impl<'a> VariantAccess<'a> for Held<'a> {
    type Error = ArgumentError;

    fn unit_variant(self) -> Result<(), ArgumentError> {
        self.0.map_or(Ok(()), <()>::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(
        self,
        seed: T,
    ) -> Result<T::Value, ArgumentError> {
        seed.deserialize(self.node()?)
    }

    fn tuple_variant<V: Visitor<'a>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.node()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.node()?.deserialize_any(visitor)
    }
}
