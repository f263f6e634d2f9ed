//! Conditions about what a text reaches: its canonical form in place of the text as it was written, and its parts.

use super::check::{below, equal_numbers, is_within};
use super::form::{
    CompiledCondition, Facts, Literal, OtherShape, PART_STEPS, PathStep, Place, Test,
};
use super::number::Number;
use crate::base::limits::MAX_ENDORSED_VALUES;
use crate::base::steps;
use crate::base::visible::visible;
use crate::flow::provenance::{Known, Origins};
use crate::model::arguments::Value;
use crate::model::parts::{Decimal, Part, Parts};

impl CompiledCondition {
    /// Whether the condition holds where kinds found parts of the arguments.
    #[inline(never)]
    pub(crate) fn evaluate_reaching(&self, given: &Facts<'_>, parts: &Parts) -> Option<bool> {
        let Some((first, rest)) = self.path.split_first() else { return self.evaluate(given) };
        let part = parts.get(&first.field);
        match part.and_then(|part| self.reached(part, (first, rest), given)) {
            Some(holds) => holds.map(|holds| holds != self.negated),
            None => self.evaluate(given),
        }
    }

    /// Whether the test holds of what stands at its path among the parts of an argument, before it is negated. Nothing where no
    /// kind reads what stands there: then the arguments are asked.
    pub(super) fn reached(
        &self,
        argument: Part<'_>,
        (first, path): (&PathStep, &[PathStep]),
        given: &Facts<'_>,
    ) -> Option<Option<bool>> {
        steps::take(|| PART_STEPS);
        match &self.test {
            Test::Endorsed(origins) => {
                let (origins, endorsed) = (*origins, given.endorsed);
                return Provenance { origins, endorsed, left: MAX_ENDORSED_VALUES }
                    .of(argument, path);
            }
            Test::Predicate(predicate) => {
                let value = Ok(given.arguments.get(&first.field));
                let place = Place { value, part: Some(argument) };
                return Some(predicate.holds(place, path, self.optional, given));
            }
            _ => {}
        }
        self.reached_below(argument, path)
    }

    fn reached_below(&self, argument: Part<'_>, path: &[PathStep]) -> Option<Option<bool>> {
        let Ok(part) = walk(argument, path)? else { return Some(None) };
        let decimal = part.decimal();
        Some(match (part.value(), decimal) {
            (None, Some(decimal)) => self.test.holds_decimal(decimal),
            (value @ Some(_), _) => self.holds(&value),
            // A list that a kind found: it is there, and compares with nothing.
            (None, None) if part.is_list() => matches!(self.test, Test::Present).then_some(true),
            (None, None) => return None,
        })
    }

    /// Whether the condition holds of an element that its path begins at: as it is given, and as kinds found it.
    pub(crate) fn of_element(
        &self,
        value: Option<Value<'_>>,
        part: Option<Part<'_>>,
    ) -> Option<bool> {
        let (_, rest) = self.path.split_first()?;
        let holds = match &self.test {
            Test::Predicate(predicate) => {
                let place = Place { value: value.map(Some).ok_or(OtherShape), part };
                predicate.holds(place, rest, self.optional, &Facts::NOTHING)
            }
            _ => match part.and_then(|part| self.reached_below(part, rest)) {
                Some(holds) => holds,
                None => self.holds(&below(Some(value?), rest).ok()?),
            },
        };
        holds.map(|holds| holds != self.negated)
    }
}

impl CompiledCondition {
    /// As what the first value that it asks about may be acted on, where that is not what the value is here; for an explanation.
    #[cold]
    pub(super) fn known_otherwise(&self, given: &Facts<'_>) -> Option<String> {
        let (Test::Endorsed(origins), false) = (&self.test, self.negated) else { return None };
        let (known, (first, rest)) = (given.endorsed?, self.path.split_first()?);
        let steps = match rest {
            [steps @ .., last] if last.is_every() => steps,
            steps => steps,
        };
        let part = walk(given.parts?.get(&first.field)?, steps)?.ok()?;
        let missing = |part: &Part<'_>| known.holds_part(*origins, *part) == Some(false);
        let part = match part.is_list() {
            true => part.iter().find(missing)?,
            false => Some(part).filter(missing)?,
        };
        let (kind, text) = (part.sought(), part.as_text()?);
        let known_as = known.endorsed.known_as(text, kind);
        let text = visible(text).short(64).to_string();
        // It is what it should be, and came from elsewhere.
        if let Some(from) = known_as.get(&kind.to_string()) {
            return Some(format!("`{text}` is known as {kind} from {from}, not from {origins}"));
        }
        let others: Vec<&str> = known_as.keys().map(String::as_str).collect();
        Some(match &*others {
            [] => format!("`{text}` is known as nothing, and must be as {kind}"),
            others => format!("`{text}` is known as {}, not as {kind}", others.join(" and as ")),
        })
    }
}

impl Test {
    pub(super) fn holds_decimal(&self, decimal: Decimal) -> Option<bool> {
        steps::take(|| self.steps(None));
        let number = Number::Decimal(decimal);
        let equals = |literal: &Literal| match literal {
            Literal::Number(other) => Some(equal_numbers(number, *other)),
            Literal::Bool(_) | Literal::Text(_) => None,
        };
        match self {
            Self::Present => Some(true),
            Self::Equals(literal) => equals(literal),
            Self::OneOf { others, .. } => {
                others.iter().filter_map(equals).reduce(|one, other| one || other)
            }
            Self::Range { least, most } => Some(is_within(number, *least, *most)),
            Self::Matches(_) | Self::Endorsed(_) | Self::Predicate(_) | Self::Clock(_) => None,
        }
    }
}

/// The part at a path. A place in a list that a kind found cannot be asked of: what stands at the others would go unseen.
fn walk<'p>(argument: Part<'p>, path: &[PathStep]) -> Option<Result<Part<'p>, OtherShape>> {
    let mut part = argument;
    for step in path {
        part = match step.index {
            Some(_) if part.is_list() && !part.is_given_list() => return Some(Err(OtherShape)),
            Some(place) if part.is_list() => part.at(place)?,
            _ => part.get(&step.field)?,
        };
    }
    Some(Ok(part))
}

/// Where values come from, asked of their canonical forms.
struct Provenance<'e> {
    origins: Origins,
    endorsed: Option<Known<'e>>,
    /// Values that it may still look at.
    left: usize,
}

impl Provenance<'_> {
    fn of(&mut self, part: Part<'_>, path: &[PathStep]) -> Option<Option<bool>> {
        match path {
            [] if part.is_list() => self.of_all(part, path),
            [] => part.has_value().then(|| self.holds(part)),
            [step, rest @ ..] if step.is_every() => {
                if part.is_list() {
                    self.of_all(part, rest)
                } else {
                    None
                }
            }
            [step, rest @ ..] => {
                let below = match step.index {
                    Some(_) if part.is_list() && !part.is_given_list() => return Some(None),
                    Some(place) if part.is_list() => part.at(place),
                    _ => part.get(&step.field),
                };
                self.of(below?, rest)
            }
        }
    }

    /// Three-valued, as of a list in the arguments: nothing is known where one of them cannot be told.
    fn of_all(&mut self, list: Part<'_>, path: &[PathStep]) -> Option<Option<bool>> {
        let mut all = Some(true);
        for element in list.iter() {
            match self.of(element, path)? {
                Some(holds) => all = all.map(|all| all && holds),
                None => all = None,
            }
        }
        Some(all)
    }

    fn holds(&mut self, part: Part<'_>) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        self.endorsed?.holds_part(self.origins, part)
    }
}
