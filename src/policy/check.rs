//! Conditions as evaluation reads them: three-valued, and what cannot be evaluated narrows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::condition::{Condition, Scalar, ScalarKind};
use super::error::Fault;
use super::number::Number;
use super::text::TextPattern;
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CALL_PARTS, MAX_CONDITION_BYTES, MAX_ENDORSED_VALUES,
    MAX_MATCHED_TEXT_BYTES, MAX_RECIPIENTS, MAX_SET_VALUES,
};
use crate::base::steps;
use crate::flow::provenance::{Endorsed, Origins};
use crate::model::arguments::{Arguments, Value};

/// The most steps to find a part of what a text reaches: to go past one takes an eighth of a step.
pub(super) const PART_STEPS: u64 = MAX_CALL_PARTS as u64 / 8;

/// A validated condition.
#[derive(Clone, Debug)]
pub(crate) struct CompiledCondition {
    pub(super) path: Arc<[PathStep]>,
    pub(super) negated: bool,
    /// An argument that is not there passes.
    optional: bool,
    pub(super) test: Test,
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
pub(super) struct PathStep {
    pub(super) field: Box<str>,
    /// The place in a list that the field names, where it is a number.
    pub(super) index: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Present,
    Equals(Literal),
    OneOf { texts: Box<[Arc<str>]>, others: Box<[Literal]> },
    Range { least: Option<Number>, most: Option<Number> },
    Matches(TextPattern),
    Endorsed(Origins),
}

#[derive(Clone, Debug)]
pub(super) enum Literal {
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
        // Taken apart by name, so that a new test cannot be forgotten here.
        let Condition {
            argument,
            not,
            optional,
            present,
            equals,
            one_of,
            at_least,
            at_most,
            matches,
            endorsed,
        } = source;
        let path = shared.path(argument).map_err(|fault| ("argument", fault))?;
        let at = |field| move |fault| (field, fault);
        let range = at_least.is_some() || at_most.is_some();
        let mut tests = [
            present.map(|_| Ok(Test::Present)),
            equals
                .as_ref()
                .map(|value| literal(value, shared).map(Test::Equals).map_err(at("equals"))),
            one_of.as_ref().map(|values| set(values, shared).map_err(at("one_of"))),
            range.then(|| range_of(at_least.as_ref(), at_most.as_ref())),
            matches.as_ref().map(|pattern| {
                TextPattern::parse(pattern).map(Test::Matches).map_err(at("matches"))
            }),
            endorsed.map(|origins| Ok(Test::Endorsed(origins))),
        ]
        .into_iter()
        .flatten();
        let test = match (tests.next(), tests.next()) {
            (None, _) => return Err(("", Fault::NoTest)),
            (Some(test), None) => test,
            (Some(_), Some(_)) => return Err(("", Fault::ManyTests)),
        };
        if *optional && present.is_some() {
            return Err(("optional", Fault::OptionalPresence));
        }
        if endorsed.is_none() && path.iter().any(PathStep::is_every) {
            return Err(("argument", Fault::EveryPlace));
        }
        let negated = *not ^ (*present == Some(false));
        Ok(Self { path, negated, optional: *optional, test: test? })
    }

    /// Whether the condition holds; `None` where that cannot be told.
    #[inline(always)]
    pub(crate) fn evaluate(
        &self,
        arguments: &dyn Arguments,
        endorsed: Option<&Endorsed>,
    ) -> Option<bool> {
        steps::take(|| self.path.len() as u64);
        let (first, rest) = self.path.split_first()?;
        let value = arguments.get(&first.field);
        if value.is_none() && !arguments.is_object() {
            return None;
        }
        let holds = if let Test::Endorsed(origins) = self.test {
            let left = MAX_ENDORSED_VALUES;
            let mut asked = Asked { origins, endorsed: endorsed?, optional: self.optional, left };
            asked.of(value, rest)
        } else if rest.is_empty() {
            self.holds(&value)
        } else {
            // Another shape on the way hides what stands there: no test can tell, not even one of presence.
            self.holds(&below(value, rest).ok()?)
        };
        holds.map(|holds| holds != self.negated)
    }

    /// Whether it holds of what stands at its path. By reference: a value that is moved is read in other pieces than it was
    /// written in, and that waits.
    #[inline(always)]
    pub(super) fn holds(&self, value: &Option<Value<'_>>) -> Option<bool> {
        if self.optional && matches!(value, None | Some(Value::Null)) {
            return Some(true);
        }
        steps::take(|| self.test.steps(*value));
        match (&self.test, value) {
            (Test::Present, value) => Some(value.is_some()),
            (_, None) => None,
            (Test::Equals(literal), Some(value)) => literal.equals(value),
            (Test::OneOf { texts, others }, Some(value)) => is_one_of(texts, others, value),
            (Test::Range { least, most }, Some(value)) => {
                number_of(value).map(|number| is_within(number, *least, *most))
            }
            (Test::Matches(pattern), Some(Value::Text(text))) => {
                (text.len() <= MAX_MATCHED_TEXT_BYTES).then(|| pattern.matches(text))
            }
            // Where values came from is asked of `Asked`.
            (Test::Matches(_) | Test::Endorsed(_), Some(_)) => None,
        }
    }

    /// The argument that it tests, as the author wrote it.
    pub(super) fn argument(&self) -> String {
        let fields: Vec<&str> = self.path.iter().map(|step| &*step.field).collect();
        fields.join(".")
    }

    /// The most steps that one evaluation can take, apart from what the view of the arguments does to find a field.
    pub(super) fn worst_case_steps(&self) -> u64 {
        let path = self.path.len() as u64;
        let test = match &self.test {
            Test::Present => 1,
            Test::Range { .. } => 2,
            Test::Equals(literal) => literal.steps(),
            Test::OneOf { texts, others } => {
                let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
                let texts = steps::of_halving(texts.len()) * steps::of_bytes(longest);
                texts.max(others.len() as u64)
            }
            Test::Matches(pattern) => pattern.worst_case_steps(MAX_MATCHED_TEXT_BYTES),
            Test::Endorsed(_) => {
                let every = self.path.iter().any(PathStep::is_every);
                let (places, values) = match every {
                    true => (MAX_RECIPIENTS, MAX_ENDORSED_VALUES),
                    false => (1, MAX_RECIPIENTS),
                };
                (places as u64 + 1) * (path + 1) + values as u64 * (1 + Endorsed::WORST_CASE_STEPS)
            }
        };
        path + test + PART_STEPS
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
            Test::Present | Test::Range { .. } | Test::Endorsed(_) => 0,
            Test::Equals(literal) => text(literal),
            Test::OneOf { texts, others } => {
                texts.iter().map(|text| 16 + text.len()).sum::<usize>() + size_of_val(&**others)
            }
            Test::Matches(pattern) => pattern.memory_bytes(),
        }
    }
}

impl Test {
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
            (Self::Matches(_) | Self::Endorsed(_), _) => 0,
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
    fn of<'a>(&self, value: Option<Value<'a>>) -> Result<Option<Value<'a>>, OtherShape> {
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

/// Something that has no such part stands where the path goes on.
pub(super) struct OtherShape;

/// A test of where values came from, while it walks along its path.
struct Asked<'e> {
    origins: Origins,
    endorsed: &'e Endorsed,
    optional: bool,
    /// Values that it may still look at.
    left: usize,
}

impl Asked<'_> {
    /// Whether all that stands at the end of the path came from where it should.
    fn of(&mut self, value: Option<Value<'_>>, path: &[PathStep]) -> Option<bool> {
        steps::take(|| 1);
        match (value, path) {
            (None | Some(Value::Null), _) => self.optional.then_some(true),
            (Some(value), []) => {
                let values = if let Value::List(list) = value { list.len() } else { 1 };
                self.left = self.left.checked_sub(values)?;
                self.endorsed.holds(self.origins, value)
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

fn parse_path(argument: &str) -> Result<Arc<[PathStep]>, Fault> {
    if argument.len() > MAX_CONDITION_BYTES {
        return Err(Fault::TooLong);
    }
    let step = |field: &str| PathStep { field: field.into(), index: place_of(field) };
    let steps: Arc<[PathStep]> = argument.split('.').map(step).collect();
    if steps.iter().filter(|step| step.is_every()).count() > 1
        || steps.first().is_some_and(PathStep::is_every)
    {
        return Err(Fault::EveryPlaceOnce);
    }
    if steps.len() > MAX_ARGUMENT_STEPS || steps.iter().any(|step| step.field.is_empty()) {
        return Err(Fault::ArgumentPath);
    }
    Ok(steps)
}

/// The place in a list that a step of a path names: a whole number in its one form.
pub(crate) fn place_of(field: &str) -> Option<usize> {
    let is_one_form =
        field == "0" || !field.starts_with('0') && field.bytes().all(|byte| byte.is_ascii_digit());
    field.parse().ok().filter(|_| is_one_form)
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

pub(super) fn is_within(number: Number, least: Option<Number>, most: Option<Number>) -> bool {
    least.is_none_or(|least| number.compare(least) != Ordering::Less)
        && most.is_none_or(|most| number.compare(most) != Ordering::Greater)
}

fn number_of(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Integer(value) => Some(Number::Whole(*value)),
        Value::Float(value) => Number::fraction(*value),
        _ => None,
    }
}
