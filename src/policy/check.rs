//! Conditions as evaluation reads them: three-valued, and what cannot be evaluated narrows.

use std::cmp::Ordering;
use std::sync::Arc;

use super::form::{
    CompiledCondition, Facts, Literal, OtherShape, PART_STEPS, PathStep, Place, Test,
};
use super::number::Number;
use super::window::Window;
use crate::base::limits::{MAX_ENDORSED_VALUES, MAX_MATCHED_TEXT_BYTES, MAX_RECIPIENTS};
use crate::base::steps;
use crate::base::time::Timestamp;
use crate::flow::provenance::{Endorsed, Known, Origins};
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;

impl CompiledCondition {
    /// Whether the condition holds of the arguments as they are given; `None` where that cannot be told.
    #[inline(always)]
    pub(crate) fn evaluate(&self, given: &Facts<'_>) -> Option<bool> {
        steps::take(|| self.path.len() as u64);
        let Some((first, rest)) = self.path.split_first() else { return self.at(given.now) };
        let value = given.arguments.get(&first.field);
        if value.is_none() && !given.arguments.is_object() {
            return None;
        }
        let holds = if self.test.is_apart() {
            self.holds_apart(value, rest, given)
        } else if rest.is_empty() {
            self.holds(&value)
        } else {
            // Another shape on the way hides what stands there: no test can tell, not even one of presence.
            self.holds(&below(value, rest).ok()?)
        };
        holds.map(|holds| holds != self.negated)
    }

    /// Whether a test of the time holds.
    #[inline(never)]
    fn at(&self, now: Option<Timestamp>) -> Option<bool> {
        let Test::Clock(window) = &self.test else { return None };
        window.holds(now?).map(|holds| holds != self.negated)
    }

    /// Whether it asks for the time.
    pub(super) const fn reads_clock(&self) -> bool {
        matches!(self.test, Test::Clock(_))
    }

    /// Whether a test that walks along its path by itself holds.
    fn holds_apart(
        &self,
        value: Option<Value<'_>>,
        path: &[PathStep],
        given: &Facts<'_>,
    ) -> Option<bool> {
        match &self.test {
            Test::Endorsed(origins) => {
                let (origins, endorsed) = (*origins, given.endorsed?);
                let left = MAX_ENDORSED_VALUES;
                Provenance { origins, endorsed, optional: self.optional, left }.of(value, path)
            }
            Test::Predicate(predicate) => {
                let place = Place { value: Ok(value), part: None };
                predicate.holds(place, path, self.optional, given)
            }
            _ => None,
        }
    }

    /// Whether it holds of what stands at its path. By reference: a value that is moved is read in other pieces than it was
    /// written in, and that waits.
    #[inline(always)]
    pub(super) fn holds(&self, value: &Option<Value<'_>>) -> Option<bool> {
        if self.optional && matches!(value, None | Some(Value::Null)) {
            return Some(true);
        }
        self.test.holds(value)
    }

    /// The most steps that one evaluation can take, apart from what the view of the arguments does to find a field.
    pub(super) fn worst_case_steps(&self) -> u64 {
        let path = self.path.len() as u64;
        let test = match &self.test {
            Test::Matches(pattern) => pattern.worst_case_steps(MAX_MATCHED_TEXT_BYTES),
            Test::Endorsed(_) => {
                let every = self.path.iter().any(PathStep::is_every);
                let (places, values) = match every {
                    true => (MAX_RECIPIENTS, MAX_ENDORSED_VALUES),
                    false => (1, MAX_RECIPIENTS),
                };
                (places as u64 + 1) * (path + 1) + values as u64 * (1 + Endorsed::WORST_CASE_STEPS)
            }
            Test::Predicate(predicate) => predicate.worst_case_steps(path),
            test => test.fixed_steps(),
        };
        path + test + PART_STEPS
    }

    /// Bytes on the heap, as if nothing were shared.
    pub(super) fn memory_bytes(&self) -> usize {
        path_bytes(&self.path) + self.test.memory_bytes()
    }
}

pub(super) fn path_bytes(path: &[PathStep]) -> usize {
    path.iter().map(|step| size_of::<PathStep>() + step.field.len()).sum()
}

impl Test {
    /// Whether it walks along its path by itself.
    #[inline(always)]
    const fn is_apart(&self) -> bool {
        matches!(self, Self::Endorsed(_) | Self::Predicate(_))
    }

    /// Whether it holds of one value.
    #[inline(always)]
    pub(super) fn holds(&self, value: &Option<Value<'_>>) -> Option<bool> {
        steps::take(|| self.steps(*value));
        match (self, value) {
            (Self::Present, value) => Some(value.is_some()),
            (_, None) => None,
            (Self::Equals(literal), Some(value)) => literal.equals(value),
            (Self::OneOf { texts, others }, Some(value)) => is_one_of(texts, others, value),
            (Self::Range { least, most }, Some(value)) => {
                number_of(value).map(|number| is_within(number, *least, *most))
            }
            (Self::Matches(pattern), Some(Value::Text(text))) => {
                (text.len() <= MAX_MATCHED_TEXT_BYTES).then(|| pattern.matches(text))
            }
            // Those that walk by themselves are asked elsewhere.
            (
                Self::Matches(_) | Self::Endorsed(_) | Self::Predicate(_) | Self::Clock(_),
                Some(_),
            ) => None,
        }
    }

    /// The most steps to hold one value against it; a pattern, and what walks by itself, count their own.
    pub(super) fn fixed_steps(&self) -> u64 {
        match self {
            Self::Present => 1,
            Self::Range { .. } => 2,
            Self::Equals(literal) => literal.steps(),
            Self::OneOf { texts, others } => {
                let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
                let texts = steps::of_halving(texts.len()) * steps::of_bytes(longest);
                texts.max(others.len() as u64)
            }
            Self::Clock(_) => Window::worst_case_steps(),
            Self::Matches(_) | Self::Endorsed(_) | Self::Predicate(_) => 0,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let text = |literal: &Literal| match literal {
            Literal::Text(text) => text.len(),
            Literal::Bool(_) | Literal::Number(_) => 0,
        };
        match self {
            Self::Present | Self::Range { .. } | Self::Endorsed(_) => 0,
            Self::Equals(literal) => text(literal),
            Self::OneOf { texts, others } => {
                texts.iter().map(|text| 16 + text.len()).sum::<usize>() + size_of_val(&**others)
            }
            Self::Matches(pattern) => pattern.memory_bytes(),
            Self::Predicate(predicate) => predicate.memory_bytes(),
            Self::Clock(window) => window.memory_bytes(),
        }
    }

    /// Steps to hold one value against it; a pattern, and a set of endorsed values, count their own.
    pub(super) fn steps(&self, value: Option<Value<'_>>) -> u64 {
        match (self, value) {
            (Self::Present, _) => 1,
            (Self::Range { .. }, _) => 2,
            (Self::Equals(literal), _) => literal.steps(),
            (Self::OneOf { texts, .. }, Some(Value::Text(text))) => {
                let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
                steps::of_halving(texts.len()) * steps::of_bytes(longest.min(text.len()))
            }
            (Self::OneOf { others, .. }, _) => others.len() as u64,
            (Self::Matches(_) | Self::Endorsed(_) | Self::Predicate(_) | Self::Clock(_), _) => 0,
        }
    }
}

/// What stands at the end of a path below a value; nothing where none stands there, and an error where something else
/// stands on the way. Null has no parts in anybody's reading, so below it nothing is there.
pub(super) fn below<'a>(
    mut value: Option<Value<'a>>,
    path: &[PathStep],
) -> Result<Option<Value<'a>>, OtherShape> {
    for step in path {
        value = step.of(value)?;
    }
    Ok(value)
}

impl PathStep {
    /// Whether it stands for every place of a list.
    pub(super) fn is_every(&self) -> bool {
        *self.field == *"*"
    }

    #[inline]
    pub(super) fn of<'a>(&self, value: Option<Value<'a>>) -> Result<Option<Value<'a>>, OtherShape> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => match object.get(&self.field) {
                // It may be a list that was written as an object.
                None if self.index.is_some() || !object.is_object() => Err(OtherShape),
                found => Ok(found),
            },
            Some(Value::List(list)) => Ok(list.at(self.index.ok_or(OtherShape)?)),
            Some(_) => Err(OtherShape),
        }
    }
}

/// A test of where values came from, while it walks along its path.
struct Provenance<'e> {
    origins: Origins,
    endorsed: Known<'e>,
    optional: bool,
    /// Values that it may still look at.
    left: usize,
}

impl Provenance<'_> {
    /// Whether all that stands at the end of the path came from where it should.
    fn of(&mut self, value: Option<Value<'_>>, path: &[PathStep]) -> Option<bool> {
        steps::take(|| 1);
        match (value, path) {
            (None | Some(Value::Null), _) => self.optional.then_some(true),
            (Some(value), []) => {
                let values = if let Value::List(list) = value { list.len() } else { 1 };
                self.left = self.left.checked_sub(values)?;
                self.endorsed.holds(self.origins, ValueKind::PLAIN, value)
            }
            (Some(Value::List(list)), [step, rest @ ..]) if step.is_every() => {
                if list.len() > MAX_RECIPIENTS {
                    return None;
                }
                let mut all = true;
                for place in 0..list.len() {
                    all &= self.of(Some(list.at(place)?), rest)?;
                }
                Some(all)
            }
            // Not a list: one who writes it in another shape must not seem to leave it out.
            (Some(_), [step, ..]) if step.is_every() => None,
            (value, [step, rest @ ..]) => self.of(step.of(value).ok()?, rest),
        }
    }
}

/// The place in a list that a step of a path names: a whole number in its one form.
pub(crate) fn place_of(field: &str) -> Option<usize> {
    let is_one_form =
        field == "0" || !field.starts_with('0') && field.bytes().all(|byte| byte.is_ascii_digit());
    field.parse().ok().filter(|_| is_one_form)
}

impl Literal {
    /// Steps to compare with it.
    fn steps(&self) -> u64 {
        match self {
            Self::Text(text) => steps::of_bytes(text.len()),
            Self::Bool(_) | Self::Number(_) => 1,
        }
    }

    /// Whether `value` equals this; `None` where the types differ.
    fn equals(&self, value: &Value<'_>) -> Option<bool> {
        match (self, value) {
            (Self::Bool(one), Value::Bool(other)) => Some(one == other),
            (Self::Text(one), Value::Text(other)) => Some(**one == **other),
            (Self::Number(one), value) => Some(number_of(value)?.compare(*one) == Ordering::Equal),
            _ => None,
        }
    }
}

/// `None` where the set holds nothing of the value's type.
fn is_one_of(texts: &[Arc<str>], others: &[Literal], value: &Value<'_>) -> Option<bool> {
    if let Value::Text(text) = value {
        let found = texts.binary_search_by(|candidate| (**candidate).cmp(text)).is_ok();
        return (!texts.is_empty()).then_some(found);
    }
    others.iter().filter_map(|literal| literal.equals(value)).reduce(|one, other| one || other)
}

pub(super) fn equal_numbers(one: Number, other: Number) -> bool {
    one.compare(other) == Ordering::Equal
}

pub(super) fn is_within(number: Number, least: Option<Number>, most: Option<Number>) -> bool {
    least.is_none_or(|least| number.compare(least) != Ordering::Less)
        && most.is_none_or(|most| number.compare(most) != Ordering::Greater)
}

pub(super) fn number_of(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Integer(value) => Some(Number::Whole(*value)),
        Value::Float(value) => Number::fraction(*value),
        _ => None,
    }
}
