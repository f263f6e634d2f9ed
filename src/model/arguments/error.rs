//! Why arguments are not of the type that a tool takes them for.

use std::fmt;

use serde::de::{self, Unexpected};

use crate::base::codes::fault_table;
use crate::base::limits::MAX_FROZEN_VALUES;
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
    path: String,
    fault: Fault,
}

impl ArgumentError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> ArgumentErrorKind {
        self.fault.kind()
    }

    /// Where: fields and places in lists joined by dots; empty where it is about the arguments as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// There is no one set of arguments that all actions were permitted with.
    pub(crate) fn of_several() -> Self {
        Self::new(Fault::Several)
    }

    /// Its path ends with these bytes, which name a secret: what is told of what lies within, or in a type's own words, could show
    /// it.
    pub(crate) fn of_secret(mut self, bytes: usize) -> Self {
        let is_within = bytes < self.path.len();
        self.path.truncate(self.path.floor_char_boundary(bytes));
        if is_within || matches!(self.fault, Fault::Custom(_)) {
            self.fault = Fault::Secret;
        }
        self
    }

    pub(super) fn new(fault: Fault) -> Self {
        Self { path: String::new(), fault }
    }

    /// On the way back from the innermost field.
    pub(super) fn within(self, field: impl Into<String>) -> Self {
        let field: String = field.into();
        let path = if self.path.is_empty() { field } else { format!("{field}.{}", self.path) };
        Self { path, ..self }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "argument `{}`: ", visible(&self.path))?;
        }
        self.fault.fmt(f)
    }
}

impl std::error::Error for ArgumentError {}

fault_table! {
    /// What is wrong with arguments as a type ([`ArgumentError::kind`](crate::model::ArgumentError::kind)).
    pub enum ArgumentErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum Fault {
        #[error("{found} that is too small, too large or not among those allowed stands where {expected} is expected")]
        OutOfRange { found: &'static str, expected: String } => OutOfRange, "out-of-range",
        #[error("{found} stands where {expected} is expected")]
        Mismatch { found: &'static str, expected: String } => Mismatch, "mismatch",
        #[error("it is missing")]
        Missing => MissingField, "missing-field",
        #[error("the type has no such field")]
        Unknown => UnknownField, "unknown-field",
        #[error("it is nested too deeply")]
        TooDeep => TooDeep, "too-deep",
        #[error("the arguments hold more than {MAX_FROZEN_VALUES} values")]
        TooManyValues => TooManyValues, "too-many-values",
        #[error("its view shows it twice, or shows it and does not give it")]
        Contradiction => Contradiction, "contradiction",
        #[error("the actions of the call were permitted with arguments that differ; take those of each action")]
        Several => SeveralArguments, "several-arguments",
        #[error("it is not what the tool takes; it is secret, so no more is told")]
        Secret => SecretMismatch, "secret-mismatch",
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
        Self::new(Fault::OutOfRange { found: kind_of(&found), expected: expected.to_string() })
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
