//! Strict JSON for untrusted text: one meaning or an error, and bounded work.
//!
//! What other readers settle silently is refused here: a key that stands twice in one object, a number that
//! would be rounded, text behind the value, nesting beyond [`Limits::depth`]. Errors name the fault and
//! the column, and never quote a value.

mod error;
mod read;
mod write;

use std::borrow::Cow;

use permitgate::Arguments;
use permitgate::model::{List, Value};

pub use error::{JsonError, JsonErrorKind};

/// Members up to which an object is searched one by one; a larger one is kept in order of its keys.
const FEW_MEMBERS: usize = 16;

/// A JSON value, borrowed from its text wherever no escape stands in the way.
///
/// ```
/// use permitgate_files::json::Json;
///
/// let json = Json::parse(r#"{"to": ["dana@example.com"], "cents": 1200}"#)?;
/// assert_eq!(json.get("cents").and_then(Json::as_integer), Some(1200));
///
/// let error = Json::parse(r#"{"to": "a", "to": "b"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "column 16: the key `to` stands twice in one object");
/// # Ok::<(), permitgate_files::json::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number written without fraction and exponent, or so large (from 2^53 on) that it has no fraction; exactly.
    Integer(i128),
    /// Any other number; one with more digits than are kept exactly is an error.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Items<'a>),
    /// An object.
    Object(Object<'a>),
}

/// The values of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Items<'a>(Vec<Json<'a>>);

/// The members of an object; every key stands once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

/// What one text may hold. The defaults suit the arguments of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Objects and lists within each other; at most [`Limits::DEPTH`] counts.
    pub depth: usize,
    /// Bytes in one text or key.
    pub text_bytes: usize,
}

impl Limits {
    /// The deepest nesting that is ever read.
    pub const DEPTH: usize = 127;
    /// Bytes in one text or key unless said otherwise.
    pub const TEXT_BYTES: usize = 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: Self::DEPTH, text_bytes: Self::TEXT_BYTES }
    }
}

impl<'a> Json<'a> {
    /// Reads one value under the default limits.
    ///
    /// # Errors
    /// [`JsonError`] when the text is not JSON, has two meanings, or is beyond a limit.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        Self::parse_within(text, Limits::default())
    }

    /// Reads one value under these limits.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_within(text: &'a str, limits: Limits) -> Result<Self, JsonError> {
        read::value(text, limits)
    }

    /// Reads one value from bytes that should be UTF-8.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), also when the bytes are not UTF-8.
    pub fn parse_bytes(bytes: &'a [u8], limits: Limits) -> Result<Self, JsonError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse_within(text, limits),
            Err(error) => Err(JsonError::not_utf8(bytes, error.valid_up_to())),
        }
    }

    /// The member `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(key))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub const fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub const fn as_list(&self) -> Option<&Items<'a>> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub const fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// What kind of value it is, with its article.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number with a fraction",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value as policies and manifests read it.
    pub fn view(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::Text(text),
            Self::List(items) => Value::List(items),
            Self::Object(object) => Value::Object(object),
        }
    }
}

impl<'a> Items<'a> {
    /// The values in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Json<'a>> {
        self.0.iter()
    }

    /// How many values there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Object<'a> {
    /// The member `key`.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let members = &self.0;
        let found = if members.len() <= FEW_MEMBERS {
            members.iter().find(|(name, _)| name == key)
        } else {
            let place = members.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
            members.get(place)
        };
        found.map(|(_, value)| value)
    }

    /// The members: in the order of the text where they are few, else in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, (Cow<'a, str>, Json<'a>)> {
        self.0.iter()
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Json<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for Items<'a> {
    type Item = Json<'a>;
    type IntoIter = std::vec::IntoIter<Json<'a>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Arguments for Object<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Object::get(self, name).map(Json::view)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        for (name, value) in &self.0 {
            visitor(name, value.view());
        }
    }
}

/// An object is a view of its members; null is a view without fields, and any other value is none of an object.
impl Arguments for Json<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Json::get(self, name).map(Json::view)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        if let Self::Object(object) = self {
            object.visit(visitor);
        }
    }
    fn is_object(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Null)
    }
}

impl List for Items<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(Json::view)
    }
}
