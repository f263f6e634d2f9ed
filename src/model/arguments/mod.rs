//! Arguments of a tool call, read through a borrowed view.
//!
//! The gate neither owns nor serializes arguments: it asks for the fields that a policy names.
//! Implement [`Arguments`] for your own struct, pass an array of pairs, or switch on the feature
//! `json` and pass a `serde_json::Value`.

use std::fmt;

use smallvec::SmallVec;

mod error;
mod frozen;
#[cfg(feature = "json")]
mod json;
pub(crate) mod kinds;
#[cfg(test)]
pub(crate) mod odd;
mod typed;
mod written;

pub use error::{ArgumentError, ArgumentErrorKind};
pub use frozen::{FreezeError, FrozenArguments};

/// A borrowed view of a tool call's arguments.
///
/// A view must answer the same until the effect is over: the gate reads it when it decides, and the
/// tool reads it again when the effect begins. Nested structs are views themselves.
///
/// ```
/// use permitgate::Arguments;
/// use permitgate::model::Value;
///
/// struct Transfer { to: String, cents: u64 }
///
/// impl Arguments for Transfer {
///     fn get(&self, name: &str) -> Option<Value<'_>> {
///         match name {
///             "to" => Some(Value::from(self.to.as_str())),
///             "cents" => Some(Value::from(self.cents)),
///             _ => None,
///         }
///     }
///     fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
///         visitor("to", Value::from(self.to.as_str()));
///         visitor("cents", Value::from(self.cents));
///     }
/// }
/// ```
pub trait Arguments: Sync {
    /// The field `name`, or `None` where there is no such field. Must not allocate if decisions are
    /// to allocate nothing.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Shows every field once, in any order. It is used to freeze arguments that must outlive the
    /// call, and while deciding only under a capability that is good for one action, to tell whether this is it.
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>));

    /// Whether it is an object, so that a field which it does not show is missing. A view of something else, such as
    /// a list in place of the arguments, shows no fields, and nothing can be told of them.
    fn is_object(&self) -> bool {
        true
    }
}

/// A borrowed list inside arguments.
///
/// Slices of [`Value`] are lists; implement it for your own sequence.
///
/// ```
/// use permitgate::model::{List, Value};
///
/// let recipients = [Value::from("dana@example.com"), Value::from("lee@example.com")];
/// assert_eq!(List::len(&recipients[..]), 2);
/// ```
pub trait List: Sync {
    /// How many values the list holds.
    fn len(&self) -> usize;

    /// The value at `index`, or `None` behind the end.
    fn at(&self, index: usize) -> Option<Value<'_>>;

    /// Whether the list holds nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One value inside arguments: `Copy`, borrowed from the view.
///
/// ```
/// use permitgate::model::Value;
///
/// assert_eq!(Value::from(7_u64).as_integer(), Some(7));
/// assert_eq!(Value::from("x").as_text(), Some("x"));
/// ```
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Nothing, said explicitly. It is present, but equals nothing and cannot be compared.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction. One that is not finite cannot be compared.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// A list.
    List(&'a dyn List),
    /// A nested object.
    Object(&'a dyn Arguments),
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    pub const fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub const fn as_integer(self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(number),
            _ => None,
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => write!(f, "Bool({value})"),
            Self::Integer(value) => write!(f, "Integer({value})"),
            Self::Float(value) => write!(f, "Float({value})"),
            Self::Text(value) => write!(f, "Text({value:?})"),
            Self::List(list) => write!(f, "List(of {})", list.len()),
            Self::Object(_) => f.write_str("Object"),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value<'_> {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

value_from! {
    bool => Bool, f64 => Float, f32 => Float,
    i8 => Integer, i16 => Integer, i32 => Integer, i64 => Integer, i128 => Integer,
    u8 => Integer, u16 => Integer, u32 => Integer, u64 => Integer,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl List for [Value<'_>] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).copied()
    }
}

impl<const N: usize> List for [Value<'_>; N] {
    fn len(&self) -> usize {
        N
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.get(index).copied()
    }
}

/// Arguments of a call that has none.
///
/// ```
/// use permitgate::Arguments;
/// use permitgate::model::NoArguments;
///
/// assert!(NoArguments.get("anything").is_none());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoArguments;

impl Arguments for NoArguments {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
}

/// Pairs in a slice; where a name stands twice, the first one counts. Finding a field looks at the pairs one by one; many
/// pairs are shown in the order of their names.
impl Arguments for [(&str, Value<'_>)] {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        if self.len() > FEW_PAIRS {
            return visit_sorted(self, visitor);
        }
        for (position, (field, value)) in self.iter().enumerate() {
            let earlier = self.iter().take(position);
            if !earlier.into_iter().any(|(name, _)| name == field) {
                visitor(field, *value);
            }
        }
    }
}

/// So many pairs are held against each other one by one.
const FEW_PAIRS: usize = 16;

/// So many pairs are sorted without allocating.
const SOME_PAIRS: usize = 256;

/// Shows the first pair of every name, after sorting them: to hold each against all before it would take time by the
/// square of their number.
fn visit_sorted(pairs: &[(&str, Value<'_>)], visitor: &mut dyn FnMut(&str, Value<'_>)) {
    let mut sorted: SmallVec<[&(&str, Value<'_>); SOME_PAIRS]> = pairs.iter().collect();
    // Pairs of one name stand in the order of the slice, which is that of their places in memory.
    sorted.sort_unstable_by_key(|pair| (pair.0, std::ptr::from_ref(*pair)));
    sorted.dedup_by_key(|pair| pair.0);
    for (field, value) in sorted {
        visitor(field, *value);
    }
}

impl<const N: usize> Arguments for [(&str, Value<'_>); N] {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Arguments::get(self.as_slice(), name)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.as_slice().visit(visitor);
    }
}
