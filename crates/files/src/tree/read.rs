//! Serde over a tree: what the core's types refuse is told with its place, and with what they know.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{Content, Key, Node};
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::suggest::nearest;

/// Reads a value of the core or of the files from a tree; `what` names the thing, as in "a statement".
pub(crate) fn read<'de, T: de::Deserialize<'de>>(node: &'de Node, what: &str) -> Result<T, Fault> {
    T::deserialize(node).map_err(|error| error.at(node.span).into_fault(what))
}

/// What serde tells, with the innermost place that is known.
#[derive(Debug)]
pub(crate) struct ReadError {
    refusal: Refusal,
    span: Option<Span>,
    /// The key whose value it is, or whose table.
    key: Option<String>,
}

#[derive(Debug)]
enum Refusal {
    UnknownKey(String, &'static [&'static str]),
    UnknownValue(String, &'static [&'static str]),
    Missing(&'static str),
    WrongType { found: String, expected: String },
    Word { word: String, expected: String },
    Bad(String),
}

impl ReadError {
    fn new(refusal: Refusal) -> Self {
        Self { refusal, span: None, key: None }
    }

    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// The key under which the value stands: it is told with a fault of the value itself, and names the
    /// table that lacks a key or has one too many.
    fn under(self, key: &Key, node: &Node) -> Self {
        let span = node.span;
        let mut error = self;
        let of_table = matches!(error.refusal, Refusal::Missing(_) | Refusal::UnknownKey(..));
        if of_table || error.span.is_none_or(|known| known == span) {
            error.key.get_or_insert_with(|| key.name.clone());
        }
        error.at(span)
    }

    /// The keys that would have been taken.
    #[cfg(test)]
    pub(crate) fn known_keys(&self) -> Option<&'static [&'static str]> {
        match self.refusal {
            Refusal::UnknownKey(_, known) => Some(known),
            _ => None,
        }
    }

    fn into_fault(self, what: &str) -> Fault {
        let span = self.span.unwrap_or_default();
        let of = match &self.key {
            Some(key) => format!("`{key}`: "),
            None => String::new(),
        };
        let what = &*match self.key.as_deref() {
            Some("when") => "a condition".to_owned(),
            Some("effect") => "an effect".to_owned(),
            Some(key) => format!("`{key}`"),
            None => what.to_owned(),
        };
        match self.refusal {
            Refusal::UnknownKey(key, known) => unknown_key(span, what, &key, known),
            Refusal::UnknownValue(word, known) => unknown_value(span, &of, &word, known),
            Refusal::Missing(key) => {
                let message = format!("{what} needs the key `{key}`");
                Fault::new(Code::MissingKey, span, message)
            }
            Refusal::WrongType { found, expected } => {
                let message = format!("{of}{found} stands where {expected} is expected");
                Fault::new(Code::WrongType, span, message)
            }
            Refusal::Word { word, expected } => {
                let message = format!("{of}`{word}` stands where {expected} is expected");
                let fault = Fault::new(Code::UnknownValue, span, message);
                // The words that it takes stand in what is expected.
                match nearest(&word, expected.split('`').skip(1).step_by(2)) {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault,
                }
            }
            Refusal::Bad(message) => Fault::new(Code::BadValue, span, format!("{of}{message}")),
        }
    }
}

/// A key that a table does not have, with the one that is meant or all that there are.
pub(crate) fn unknown_key(span: Span, what: &str, key: &str, known: &[&str]) -> Fault {
    let fault = Fault::new(Code::UnknownKey, span, format!("{what} has no key `{key}`"));
    if let Some((_, instead)) = GONE.iter().find(|(gone, _)| *gone == key) {
        return fault.hint(*instead);
    }
    match nearest(key, known.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.hint(format!("it has {}", listed(known))),
    }
}

/// Keys that files had once, and what to write in their place.
const GONE: &[(&str, &str)] = &[(
    "sql_verbs",
    "no test reads SQL any more; name the whole statements with `one_of`, or require an approval",
)];

/// A word that a key does not take, with the one that is meant and all that there are.
pub(crate) fn unknown_value(span: Span, of: &str, word: &str, known: &[&str]) -> Fault {
    let message = format!("{of}`{word}` is not one of {}", listed(known));
    let fault = Fault::new(Code::UnknownValue, span, message);
    match nearest(word, known.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

pub(crate) fn listed(words: &[&str]) -> String {
    let words: Vec<String> =
        words.iter().map(|word| format!("`{}`", permitgate::text::visible(word))).collect();
    words.join(", ")
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.refusal)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Refusal::Bad(message.to_string()))
    }
    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            de::Unexpected::Bool(_) => "a truth value".to_owned(),
            de::Unexpected::Unsigned(_) | de::Unexpected::Signed(_) => "a whole number".to_owned(),
            de::Unexpected::Float(_) => "a number with a fraction".to_owned(),
            de::Unexpected::Str(_) => "a text".to_owned(),
            de::Unexpected::Unit | de::Unexpected::Option => "null".to_owned(),
            de::Unexpected::Seq => "a list".to_owned(),
            de::Unexpected::Map => "a table".to_owned(),
            other => other.to_string(),
        };
        Self::new(Refusal::WrongType { found, expected: plain(&expected.to_string()) })
    }
    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match found {
            de::Unexpected::Str(word) => {
                let (word, expected) = (word.to_owned(), expected.to_string());
                Self::new(Refusal::Word { word, expected })
            }
            other => Self::invalid_type(other, expected),
        }
    }
    fn invalid_length(_length: usize, expected: &dyn de::Expected) -> Self {
        Self::new(Refusal::Bad(format!("{expected} is expected")))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Refusal::UnknownValue(variant.to_owned(), expected))
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Refusal::UnknownKey(field.to_owned(), expected))
    }
    fn missing_field(field: &'static str) -> Self {
        Self::new(Refusal::Missing(field))
    }
}

/// What serde expects, in the words of this crate.
fn plain(expected: &str) -> String {
    // The fault says the key already.
    let expected = match expected.rsplit_once(" as `") {
        Some((expected, key)) if key.find('`') == Some(key.len() - 1) => expected,
        _ => expected,
    };
    match expected {
        "a string" | "string" => "a text".to_owned(),
        "a sequence" | "sequence" => "a list".to_owned(),
        "a boolean" | "boolean" => "`true` or `false`".to_owned(),
        "a map" | "map" => "a table".to_owned(),
        "string or map" => "a word or a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.starts_with("enum ") => "a word".to_owned(),
        other if other.starts_with('u') || other.starts_with('i') => "a whole number".to_owned(),
        other => other.to_owned(),
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let read = match &self.value {
            Content::Null => visitor.visit_unit(),
            Content::Bool(value) => visitor.visit_bool(*value),
            Content::Integer(value) => visitor.visit_i64(*value),
            Content::Unsigned(value) => visitor.visit_u64(*value),
            Content::Float(value) => visitor.visit_f64(*value),
            Content::Inexact(why) => Err(de::Error::custom(why)),
            Content::Text(value) => visitor.visit_borrowed_str(value),
            Content::Moment => {
                let found = de::Unexpected::Other(self.kind());
                Err(de::Error::invalid_type(found, &visitor))
            }
            Content::List(items) => visitor.visit_seq(Items(items.iter())),
            Content::Table(entries) => {
                visitor.visit_map(Entries { rest: entries.iter(), value: None })
            }
        };
        read.map_err(|error: ReadError| error.at(self.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let read = match (&self.value, self.entries()) {
            (Content::Text(word), _) => {
                visitor.visit_enum(Variant { word, span: self.span, of: None })
            }
            (_, [(key, value)]) => {
                visitor.visit_enum(Variant { word: &key.name, span: key.span, of: Some(value) })
            }
            _ => {
                let found = de::Unexpected::Other(self.kind());
                Err(de::Error::invalid_type(found, &visitor))
            }
        };
        read.map_err(|error| error.at(self.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ReadError;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|error| error.at(node.span))
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, (Key, Node)>,
    value: Option<&'de (Key, Node)>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        self.value = self.rest.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        let name = de::value::BorrowedStrDeserializer::new(&key.name);
        seed.deserialize(name).map(Some).map_err(|error: ReadError| error.at(key.span))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ReadError> {
        let Some((key, node)) = self.value.take() else {
            return Err(de::Error::custom("a value without a key"));
        };
        seed.deserialize(node).map_err(|error| error.under(key, node))
    }
}

/// A word of an enum: alone, or as the only key of a table whose value belongs to it.
struct Variant<'de> {
    word: &'de str,
    span: Span,
    of: Option<&'de Node>,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = ReadError;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let word = de::value::BorrowedStrDeserializer::new(self.word);
        let value = seed.deserialize(word).map_err(|error: ReadError| error.at(self.span))?;
        Ok((value, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = ReadError;
    fn unit_variant(self) -> Result<(), ReadError> {
        match self.of {
            None => Ok(()),
            Some(node) => {
                let message = format!("`{}` stands alone, as a word", self.word);
                Err(<ReadError as de::Error>::custom(message).at(node.span))
            }
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        match self.of {
            Some(node) => seed.deserialize(node),
            None => {
                let message = format!("`{0}` needs a value, as in `{{ {0} = … }}`", self.word);
                Err(<ReadError as de::Error>::custom(message).at(self.span))
            }
        }
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.newtype_variant_seed(Seed(visitor))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.newtype_variant_seed(Seed(visitor))
    }
}

/// A visitor as a seed.
struct Seed<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Seed<V> {
    type Value = V::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}
