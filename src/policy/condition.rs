//! Conditions over arguments: three-valued, and what cannot be evaluated narrows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Not;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::error::Fault;
use super::number::Number;
use super::text::TextPattern;
use crate::arguments::{Arguments, Value};
use crate::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_MATCHED_TEXT_BYTES, MAX_SET_VALUES,
};

/// A test of one argument.
///
/// The argument is named by a path: fields, and places in lists, joined by dots, as in
/// `payment.lines.0.cents`. A test of an argument that is missing, or of another type than the test
/// compares with, cannot be evaluated: then a permit does not apply, while a forbid or a required
/// approval does. That stays so under negation.
///
/// ```
/// use portcullis::Condition;
///
/// let small = Condition::between("cents", 1, 10_000);
/// let not_to_root = !Condition::equals("path", "/");
/// # let _ = (small, not_to_root);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a condition does something only within a statement"]
pub struct Condition {
    argument: String,
    #[serde(default, skip_serializing_if = "is_false")]
    not: bool,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    present: Option<bool>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    equals: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<Scalar>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    at_least: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    at_most: Option<Scalar>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    matches: Option<String>,
}

/// Reads a key that may be missing but not null: a limit that a template rendered as null must not
/// silently mean "no limit".
pub(crate) fn stated<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Condition {
    /// The path of the argument that it tests.
    pub(crate) fn argument(&self) -> &str {
        &self.argument
    }

    fn on(argument: impl Into<String>) -> Self {
        Self {
            argument: argument.into(),
            not: false,
            present: None,
            equals: None,
            one_of: None,
            at_least: None,
            at_most: None,
            matches: None,
        }
    }

    /// The argument is there, also when it is null. This test can always be evaluated.
    pub fn present(argument: impl Into<String>) -> Self {
        Self { present: Some(true), ..Self::on(argument) }
    }

    /// The argument is not there. This test can always be evaluated.
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

    /// The argument is a text that matches `pattern` as a whole, in which `*` stands for any run of characters.
    pub fn matches(argument: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self { matches: Some(pattern.into()), ..Self::on(argument) }
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

/// A value that a condition compares with: a text, a number or a truth value.
///
/// ```
/// use portcullis::Scalar;
///
/// let (amount, currency): (Scalar, Scalar) = (12.into(), "EUR".into());
/// # let _ = (amount, currency);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scalar(ScalarKind);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, a number or a truth value")]
enum ScalarKind {
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// The value as an argument view would show it.
    pub(crate) fn value(&self) -> Value<'_> {
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

/// A validated condition.
#[derive(Clone, Debug)]
pub(crate) struct CompiledCondition {
    path: Arc<[PathStep]>,
    negated: bool,
    test: Test,
}

/// Argument paths and texts that conditions share: the few that a policy names stay in the nearest
/// cache, however many conditions name them.
#[derive(Default)]
pub(crate) struct Shared {
    paths: HashMap<String, Arc<[PathStep]>>,
    texts: HashMap<String, Arc<str>>,
}

impl Shared {
    fn path(&mut self, argument: &str) -> Result<Arc<[PathStep]>, Fault> {
        if let Some(path) = self.paths.get(argument) {
            return Ok(path.clone());
        }
        let path = parse_path(argument)?;
        self.paths.insert(argument.to_owned(), path.clone());
        Ok(path)
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.texts.get(text) {
            return shared.clone();
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), shared.clone());
        shared
    }
}

#[derive(Clone, Debug)]
struct PathStep {
    field: Box<str>,
    /// The place in a list that the field names, where it is a number.
    index: Option<usize>,
}

#[derive(Clone, Debug)]
enum Test {
    Present,
    Equals(Literal),
    OneOf { texts: Box<[Arc<str>]>, others: Box<[Literal]> },
    Range { least: Option<Number>, most: Option<Number> },
    Matches(TextPattern),
}

#[derive(Clone, Debug)]
enum Literal {
    Bool(bool),
    Number(Number),
    Text(Arc<str>),
}

impl CompiledCondition {
    /// Validates a condition; the error comes with the field at fault, relative to the condition.
    pub(crate) fn new(
        source: &Condition,
        shared: &mut Shared,
    ) -> Result<Self, (&'static str, Fault)> {
        let Condition { argument, not, present, equals, one_of, at_least, at_most, matches } =
            source;
        let path = shared.path(argument).map_err(|fault| ("argument", fault))?;
        let range = at_least.is_some() || at_most.is_some();
        let tests = usize::from(present.is_some())
            + usize::from(equals.is_some())
            + usize::from(one_of.is_some())
            + usize::from(range)
            + usize::from(matches.is_some());
        if tests > 1 {
            return Err(("", Fault::ManyTests));
        }
        let test = if present.is_some() {
            Test::Present
        } else if let Some(value) = equals {
            Test::Equals(literal(value, shared).map_err(|fault| ("equals", fault))?)
        } else if let Some(values) = one_of {
            set(values, shared).map_err(|fault| ("one_of", fault))?
        } else if let Some(pattern) = matches {
            Test::Matches(TextPattern::parse(pattern).map_err(|fault| ("matches", fault))?)
        } else if range {
            range_of(at_least.as_ref(), at_most.as_ref())?
        } else {
            return Err(("", Fault::NoTest));
        };
        Ok(Self { path, negated: not ^ (*present == Some(false)), test })
    }

    /// Whether the condition holds; `None` where that cannot be told.
    #[inline]
    pub(crate) fn evaluate(&self, arguments: &dyn Arguments) -> Option<bool> {
        let value = self.find(arguments);
        let holds = match (&self.test, value) {
            (Test::Present, value) => Some(value.is_some()),
            (_, None) => None,
            (Test::Equals(literal), Some(value)) => literal.equals(value),
            (Test::OneOf { texts, others }, Some(value)) => is_one_of(texts, others, value),
            (Test::Range { least, most }, Some(value)) => number_of(value).map(|number| {
                least.is_none_or(|least| number.compare(least) != Ordering::Less)
                    && most.is_none_or(|most| number.compare(most) != Ordering::Greater)
            }),
            (Test::Matches(pattern), Some(Value::Text(text))) => {
                (text.len() <= MAX_MATCHED_TEXT_BYTES).then(|| pattern.matches(text))
            }
            (Test::Matches(_), Some(_)) => None,
        };
        holds.map(|holds| holds != self.negated)
    }

    #[inline]
    fn find<'a>(&self, arguments: &'a dyn Arguments) -> Option<Value<'a>> {
        let (first, rest) = self.path.split_first()?;
        let mut value = arguments.get(&first.field)?;
        for step in rest {
            value = match value {
                Value::Object(object) => object.get(&step.field)?,
                Value::List(list) => list.at(step.index?)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// How many steps one evaluation may take.
    pub(super) fn worst_case_steps(&self) -> u64 {
        let test = match &self.test {
            Test::Present | Test::Equals(_) => 1,
            Test::Range { .. } => 2,
            Test::OneOf { texts, others } => {
                1 + others.len() as u64 + u64::from(texts.len().max(1).ilog2())
            }
            Test::Matches(pattern) => {
                pattern.pieces() as u64 * (1 + MAX_MATCHED_TEXT_BYTES as u64 / 64)
            }
        };
        self.path.len() as u64 + test
    }

    /// Bytes on the heap, as if nothing were shared.
    pub(super) fn memory_bytes(&self) -> usize {
        let text = |literal: &Literal| match literal {
            Literal::Text(text) => text.len(),
            Literal::Bool(_) | Literal::Number(_) => 0,
        };
        let path: usize =
            self.path.iter().map(|step| size_of::<PathStep>() + step.field.len()).sum();
        path + match &self.test {
            Test::Present | Test::Range { .. } => 0,
            Test::Equals(literal) => text(literal),
            Test::OneOf { texts, others } => {
                texts.iter().map(|text| 16 + text.len()).sum::<usize>() + size_of_val(&**others)
            }
            Test::Matches(pattern) => pattern.memory_bytes(),
        }
    }
}

fn parse_path(argument: &str) -> Result<Arc<[PathStep]>, Fault> {
    if argument.len() > MAX_CONDITION_BYTES {
        return Err(Fault::TooLong);
    }
    let step = |field: &str| PathStep { field: field.into(), index: field.parse().ok() };
    let steps: Arc<[PathStep]> = argument.split('.').map(step).collect();
    if steps.len() > MAX_ARGUMENT_STEPS || steps.iter().any(|step| step.field.is_empty()) {
        return Err(Fault::ArgumentPath);
    }
    Ok(steps)
}

fn literal(Scalar(kind): &Scalar, shared: &mut Shared) -> Result<Literal, Fault> {
    Ok(match kind {
        ScalarKind::Bool(value) => Literal::Bool(*value),
        ScalarKind::Integer(value) => Literal::Number(Number::Whole((*value).into())),
        ScalarKind::Unsigned(value) => Literal::Number(Number::Whole((*value).into())),
        ScalarKind::Float(value) => {
            Literal::Number(Number::fraction(*value).ok_or(Fault::NotFinite)?)
        }
        ScalarKind::Text(text) if text.len() > MAX_CONDITION_BYTES => return Err(Fault::TooLong),
        ScalarKind::Text(text) => Literal::Text(shared.text(text)),
    })
}

fn set(values: &[Scalar], shared: &mut Shared) -> Result<Test, Fault> {
    if values.is_empty() || values.len() > MAX_SET_VALUES {
        return Err(Fault::SetSize);
    }
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for value in values {
        match literal(value, shared)? {
            Literal::Text(text) => texts.push(text),
            other => others.push(other),
        }
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(Test::OneOf { texts: texts.into(), others: others.into() })
}

fn range_of(least: Option<&Scalar>, most: Option<&Scalar>) -> Result<Test, (&'static str, Fault)> {
    let number = |field, bound: Option<&Scalar>| {
        bound
            .map(|bound| match literal(bound, &mut Shared::default()) {
                Ok(Literal::Number(number)) => Ok(number),
                Ok(_) => Err((field, Fault::NotANumber)),
                Err(fault) => Err((field, fault)),
            })
            .transpose()
    };
    let (least, most) = (number("at_least", least)?, number("at_most", most)?);
    match (least, most) {
        (Some(low), Some(high)) if low.compare(high) == Ordering::Greater => {
            Err(("at_least", Fault::EmptyRange))
        }
        _ => Ok(Test::Range { least, most }),
    }
}

impl Literal {
    /// Whether `value` equals this; `None` where the types differ.
    fn equals(&self, value: Value<'_>) -> Option<bool> {
        match (self, value) {
            (Self::Bool(one), Value::Bool(other)) => Some(*one == other),
            (Self::Text(one), Value::Text(other)) => Some(**one == *other),
            (Self::Number(one), value) => Some(number_of(value)?.compare(*one) == Ordering::Equal),
            _ => None,
        }
    }
}

/// `None` where the set holds nothing of the value's type.
fn is_one_of(texts: &[Arc<str>], others: &[Literal], value: Value<'_>) -> Option<bool> {
    if let Value::Text(text) = value {
        let found = texts.binary_search_by(|candidate| (**candidate).cmp(text)).is_ok();
        return (!texts.is_empty()).then_some(found);
    }
    others.iter().filter_map(|literal| literal.equals(value)).reduce(|one, other| one || other)
}

fn number_of(value: Value<'_>) -> Option<Number> {
    match value {
        Value::Integer(value) => Some(Number::Whole(value)),
        Value::Float(value) => Number::fraction(value),
        _ => None,
    }
}
