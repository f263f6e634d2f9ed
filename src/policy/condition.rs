//! What an author writes about arguments: one test of one argument.

use std::fmt;
use std::ops::Not;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::forms::stated;
use crate::flow::provenance::Origins;
use crate::model::arguments::Value;

/// A test of one argument, or of the time.
///
/// The argument is named by a path: fields, and places in lists, joined by dots, as in
/// `payment.lines.0.cents`. A test of an argument that is missing, or of another type than the test
/// compares with, cannot be evaluated: then a permit does not apply, while a forbid or a required
/// approval does. That stays so under negation.
///
/// What is missing and what stands there in another shape are two things. Where the path leads through a text, a
/// number, a truth value, or a list by a step that is no number, nothing is known of what the caller meant, and
/// no test can be evaluated: not [`present`](Self::present), not [`absent`](Self::absent), not an
/// [`optional`](Self::optional) one. The same holds where a number is asked of an object that has no such field, for it may
/// be a list in another form. Below null, and behind the end of a list, nothing is there: that is missing.
///
/// ```
/// use permitgate::policy::Condition;
///
/// let small = Condition::between("cents", 1, 10_000);
/// let not_to_root = !Condition::equals("path", "/");
/// # let _ = (small, not_to_root);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a condition does something only within a statement"]
pub struct Condition {
    #[serde(default, deserialize_with = "named", skip_serializing_if = "String::is_empty")]
    pub(crate) argument: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) not: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) optional: bool,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) present: Option<bool>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) equals: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) one_of: Option<Vec<Scalar>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) at_least: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) at_most: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) matches: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) endorsed: Option<Origins>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) holds_for: Option<Quantifier>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) under: Option<Texts>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) below: Option<Texts>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) in_network: Option<Texts>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) at_most_elements: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) case_blind: bool,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) regex: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) equals_argument: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) equals_bound: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<Texts>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Box<str>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Box<str>>,
}

/// Of how many elements of a list a test must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantifier {
    All,
    Some,
    None,
}

/// One text or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Box<[String]>);

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0 {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsForm).map(|texts| Self(texts.into()))
    }
}

struct TextsForm;

impl<'de> Visitor<'de> for TextsForm {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}

/// Reads the path of an argument: an empty one is an argument that a template left out, and none that stands for the time.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let argument = String::deserialize(deserializer)?;
    match argument.is_empty() {
        true => Err(D::Error::custom(
            "an empty path names no argument; name one, or leave it out of a test of the time",
        )),
        false => Ok(argument),
    }
}

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

impl Condition {
    pub(crate) fn on(argument: impl Into<String>) -> Self {
        Self {
            argument: argument.into(),
            not: false,
            optional: false,
            present: None,
            equals: None,
            one_of: None,
            at_least: None,
            at_most: None,
            matches: None,
            endorsed: None,
            holds_for: None,
            under: None,
            below: None,
            in_network: None,
            at_most_elements: None,
            case_blind: false,
            regex: None,
            equals_argument: None,
            equals_bound: None,
            clock: None,
            days: None,
            from: None,
            until: None,
        }
    }

    /// The argument is there, also when it is null. Cannot be evaluated where another shape stands on the way to it.
    pub fn present(argument: impl Into<String>) -> Self {
        Self { present: Some(true), ..Self::on(argument) }
    }

    /// The argument is not there. Cannot be evaluated where another shape stands on the way to it: `options.force` is
    /// not absent when `options` is a text.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::model::Value;
    /// use permitgate::policy::Condition;
    ///
    /// let policy = Policy::new([Statement::permit("deploy")
    ///     .operations(Operation::Execute)
    ///     .resources(["services/*"])
    ///     .when(Condition::absent("options.force"))])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("releaser").build()?;
    /// let gate = Gate::builder().build()?;
    /// let allows = |options: Value<'_>| {
    ///     let arguments = [("options", options)];
    ///     gate.decide(&Action::execute("deploy", "services/api").with(&arguments), &scope).is_allow()
    /// };
    /// assert!(allows(Value::Object(&[("retries", Value::from(3))])) && allows(Value::Null));
    /// assert!(!allows(Value::Object(&[("force", Value::from(true))])));
    /// assert!(!allows(Value::from("--force")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn absent(argument: impl Into<String>) -> Self {
        Self { present: Some(false), ..Self::on(argument) }
    }

    /// The argument equals `value`; numbers compare by value, so `1` equals `1.0`.
    pub fn equals(argument: impl Into<String>, value: impl Into<Scalar>) -> Self {
        Self { equals: Some(value.into()), ..Self::on(argument) }
    }

    /// The argument equals one of `values`.
    pub fn one_of<T: Into<Scalar>>(
        argument: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { one_of: Some(values.into_iter().map(Into::into).collect()), ..Self::on(argument) }
    }

    /// The argument is a number of at least `least`.
    pub fn at_least(argument: impl Into<String>, least: impl Into<Scalar>) -> Self {
        Self { at_least: Some(least.into()), ..Self::on(argument) }
    }

    /// The argument is a number of at most `most`.
    pub fn at_most(argument: impl Into<String>, most: impl Into<Scalar>) -> Self {
        Self { at_most: Some(most.into()), ..Self::on(argument) }
    }

    /// The argument is a number from `least` to `most`, both included.
    pub fn between(
        argument: impl Into<String>,
        least: impl Into<Scalar>,
        most: impl Into<Scalar>,
    ) -> Self {
        Self { at_least: Some(least.into()), ..Self::at_most(argument, most) }
    }

    /// The argument is a text that matches `pattern` as a whole, in which `*` stands for any run of characters, and the
    /// rest is literal as in a segment of [`Statement::resources`](crate::Statement::resources).
    pub fn matches(argument: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self { matches: text(pattern), ..Self::on(argument) }
    }

    /// The argument's value may be acted on: it came from one of these origins, as the session of the
    /// scope knows. Of a list, every value must; `lines.*.account` asks for a field of every element of a list. See [`Session::endorse`](crate::Session::endorse).
    ///
    /// ```
    /// use permitgate::{Operation, Statement};
    /// use permitgate::flow::{Origin, Origins};
    /// use permitgate::model::Readers;
    /// use permitgate::policy::Condition;
    ///
    /// let known_payees = Statement::permit("pay")
    ///     .operations(Operation::Create)
    ///     .resources(["bank/{invoker}/payments"])
    ///     .readers(Readers::public())
    ///     .when(Condition::endorsed("recipient", Origin::User | Origin::Directory))
    ///     .when(Condition::endorsed("copy_to", Origins::ANY).optional());
    /// # let _ = known_payees;
    /// ```
    pub fn endorsed(argument: impl Into<String>, origins: impl Into<Origins>) -> Self {
        Self { endorsed: Some(origins.into()), ..Self::on(argument) }
    }

    /// An argument that is missing or null passes the test, instead of making it impossible to evaluate. Negated,
    /// it does not. One that is there in another shape stays impossible to evaluate.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The argument that it tests; empty where it tests the time.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// The origins that it asks for, if it is a test of where a value came from.
    pub const fn origins(&self) -> Option<Origins> {
        self.endorsed
    }
}

/// The same test, the other way round; what could not be evaluated still cannot.
impl Not for Condition {
    type Output = Self;
    fn not(mut self) -> Self {
        self.not = !self.not;
        self
    }
}

/// A text that does not grow: a condition has room for many, and a token for many conditions.
pub(super) fn text(text: impl Into<String>) -> Option<Box<str>> {
    Some(text.into().into_boxed_str())
}

/// A value that a condition compares with: a text, a number or a truth value.
///
/// ```
/// use permitgate::policy::Scalar;
///
/// let (amount, currency): (Scalar, Scalar) = (12.into(), "EUR".into());
/// # let _ = (amount, currency);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Scalar(pub(crate) ScalarKind);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarForm)
    }
}

struct ScalarForm;

impl Visitor<'_> for ScalarForm {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a truth value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(text.into())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum ScalarKind {
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// The value as an argument view would show it.
    ///
    /// ```
    /// use permitgate::model::Value;
    /// use permitgate::policy::Scalar;
    ///
    /// assert!(matches!(Scalar::from("EUR").value(), Value::Text("EUR")));
    /// ```
    pub fn value(&self) -> Value<'_> {
        match &self.0 {
            ScalarKind::Bool(value) => Value::Bool(*value),
            ScalarKind::Integer(value) => Value::from(*value),
            ScalarKind::Unsigned(value) => Value::from(*value),
            ScalarKind::Float(value) => Value::Float(*value),
            ScalarKind::Text(text) => Value::Text(text),
        }
    }
}

macro_rules! scalar_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Scalar {
            fn from(value: $from) -> Self {
                Self(ScalarKind::$variant(value.into()))
            }
        }
    )*};
}

scalar_from! {
    bool => Bool, i32 => Integer, i64 => Integer, u32 => Integer, f64 => Float,
    &str => Text, String => Text,
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        // As it is read from a file: unsigned only where it must be.
        Self(i64::try_from(value).map_or(ScalarKind::Unsigned(value), ScalarKind::Integer))
    }
}
