//! Tests beside those of [`check`](super::check): of elements of lists, of what a value lies in, of what is beside it.
//!
//! They are apart so that the usual tests stay small. Canonical forms count before what was written, and that is told for
//! each element by itself: where a kind read one, its parts are asked, and otherwise the value.

use super::bound::BoundValue;
use super::check::{equal_numbers, number_of, path_bytes};
use super::condition::Quantifier;
use super::form::{Comparison, Facts, OtherShape, PART_STEPS, PathStep, Place, Predicate, Test};
use super::number::Number;
use crate::base::limits::{
    MAX_CASE_BLIND_BYTES, MAX_MATCHED_TEXT_BYTES, MAX_NAME_BYTES, MAX_QUANTIFIED_VALUES,
};
use crate::base::steps;
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;
use crate::model::parts::{Decimal, Part};

/// What stands at the end of a path.
#[derive(Clone, Copy)]
enum Leaf<'a> {
    Nothing,
    Value {
        value: Value<'a>,
        read: Interpretation,
    },
    Decimal(Decimal),
    /// A list that a kind found.
    Parts(Part<'a>),
}

/// Who says what a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Interpretation {
    /// It is as it was written.
    Nobody,
    Kind,
    /// The kind `path`.
    Path,
}

impl Predicate {
    /// Whether the test holds of what stands at the end of a path, before it is negated.
    #[inline(never)]
    pub(super) fn holds(
        &self,
        place: Place<'_>,
        path: &[PathStep],
        optional: bool,
        given: &Facts<'_>,
    ) -> Option<bool> {
        steps::take(|| path.len() as u64 * (1 + PART_STEPS));
        let other = match &self.asked {
            Comparison::Argument(path) => Some(given.place(path)?.leaf()?),
            _ => None,
        };
        let mut round = Round {
            asked: &self.asked,
            other,
            given,
            optional,
            left: MAX_QUANTIFIED_VALUES,
            bytes_left: MAX_MATCHED_TEXT_BYTES,
            holds: false,
            fails: false,
            unknown: false,
        };
        let Some(quantifier) = self.quantifier else {
            let leaf = path.iter().fold(place, Place::step).leaf()?;
            return round.of_leaf(leaf);
        };
        match round.of(place, path, false) {
            RoundEnd::Skipped => return Some(true),
            RoundEnd::TooMany => return None,
            RoundEnd::Complete => {}
        }
        let Round { holds, fails, unknown, .. } = round;
        let unless = |found: bool, otherwise: bool| match (found, unknown) {
            (true, _) => Some(!otherwise),
            (false, true) => None,
            (false, false) => Some(otherwise),
        };
        match quantifier {
            Quantifier::All => unless(fails, true),
            Quantifier::Some => unless(holds, false),
            Quantifier::None => unless(holds, true),
        }
    }

    pub(super) fn worst_case_steps(&self, path: u64) -> u64 {
        let way = path * (1 + PART_STEPS);
        let other = match &self.asked {
            Comparison::Argument(other) => other.len() as u64 * (1 + PART_STEPS),
            _ => 0,
        };
        let values = match self.quantifier {
            Some(_) => MAX_QUANTIFIED_VALUES as u64,
            None => 1,
        };
        // All texts together are no longer than one may be.
        way + other + values * (path + 2 + self.asked.fixed_steps()) + self.asked.text_steps()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.asked {
                Comparison::Plain(test) => test.memory_bytes(),
                Comparison::Under(domains) => domains.memory_bytes(),
                Comparison::Below(folders) => folders.memory_bytes(),
                Comparison::InNetwork(networks) => networks.memory_bytes(),
                Comparison::CaseBlind(blind) => blind.memory_bytes(),
                Comparison::Regex(expression) => expression.memory_bytes(),
                Comparison::Argument(path) => path_bytes(path),
                Comparison::AtMostElements(_) | Comparison::Bound(_) => 0,
            }
    }
}

impl Comparison {
    /// The most steps of one value, apart from those by the length of its text.
    fn fixed_steps(&self) -> u64 {
        match self {
            Self::Plain(Test::Matches(pattern)) => pattern.worst_case_steps(0),
            Self::Plain(test) => test.fixed_steps(),
            Self::Under(domains) => domains.worst_case_steps(),
            Self::Below(folders) => folders.fixed_steps() + 1,
            Self::InNetwork(networks) => networks.worst_case_steps(),
            Self::AtMostElements(_) => PART_STEPS,
            Self::CaseBlind(blind) => blind.fixed_steps(),
            Self::Regex(_) | Self::Argument(_) => 2,
            Self::Bound(_) => 2 * steps::of_search(3 * MAX_NAME_BYTES) + BoundValue::text_steps(),
        }
    }

    /// The most steps by the length of texts, of which there are no more bytes than one may have.
    fn text_steps(&self) -> u64 {
        let bytes = MAX_MATCHED_TEXT_BYTES as u64;
        match self {
            Self::Plain(Test::Matches(_)) | Self::Below(_) => bytes / 4,
            Self::CaseBlind(_) => bytes + bytes / 4,
            Self::Regex(_) => bytes,
            Self::Argument(_) => bytes / 64,
            _ => 0,
        }
    }
}

impl<'a> Place<'a> {
    fn step(self, step: &PathStep) -> Self {
        let is_found = |part: Part<'_>| part.is_list() && !part.is_given_list();
        if step.index.is_some() && self.part.is_some_and(is_found) {
            // What stands at the other places would go unseen.
            return Self { value: Err(OtherShape), part: None };
        }
        let value = self.value.and_then(|value| step.of(value));
        let part = self.part.and_then(|part| match step.index {
            Some(place) if part.is_list() => part.at(place),
            _ => part.get(&step.field),
        });
        Self { value, part }
    }

    /// Nothing where another shape hides it.
    fn leaf(self) -> Option<Leaf<'a>> {
        if let Some(part) = self.part {
            let is_path = || part.kind() == ValueKind::PATH;
            match (part.value(), part.decimal()) {
                (Some(value), _) => {
                    let read = if is_path() { Interpretation::Path } else { Interpretation::Kind };
                    return Some(Leaf::Value { value, read });
                }
                (None, Some(decimal)) => return Some(Leaf::Decimal(decimal)),
                (None, None) if part.is_list() => return Some(Leaf::Parts(part)),
                (None, None) => {}
            }
        }
        let value = self.value.ok()?;
        Some(
            value
                .map_or(Leaf::Nothing, |value| Leaf::Value { value, read: Interpretation::Nobody }),
        )
    }
}

impl<'g> Facts<'g> {
    /// What stands at the end of a path from the arguments; nothing where they are no object.
    fn place(&self, path: &[PathStep]) -> Option<Place<'g>> {
        steps::take(|| path.len() as u64 * (1 + PART_STEPS));
        let (first, rest) = path.split_first()?;
        let part = self.parts.and_then(|parts| parts.get(&first.field));
        let value = self.arguments.get(&first.field);
        if part.is_none() && value.is_none() && !self.arguments.is_object() {
            return None;
        }
        Some(rest.iter().fold(Place { value: Ok(value), part }, Place::step))
    }
}

/// A test while it goes round the elements.
struct Round<'a, 'g> {
    asked: &'a Comparison,
    /// What they are compared with.
    other: Option<Leaf<'g>>,
    given: &'a Facts<'g>,
    optional: bool,
    left: usize,
    bytes_left: usize,
    holds: bool,
    fails: bool,
    unknown: bool,
}

/// How a round ended.
enum RoundEnd {
    Complete,
    /// The list is not there, and need not be.
    Skipped,
    TooMany,
}

impl Round<'_, '_> {
    /// Goes round all that stands at the end of a path.
    fn of(&mut self, place: Place<'_>, path: &[PathStep], within: bool) -> RoundEnd {
        steps::take(|| 1);
        let Some((step, rest)) = path.split_first() else {
            return self.count(place);
        };
        if !step.is_every() {
            return self.of(place.step(step), rest, within);
        }
        let list = match place.value {
            Ok(Some(Value::List(list))) => Some(list),
            _ => None,
        };
        let parts = place.part.filter(|part| part.is_list());
        if let Some(parts) = parts {
            let mut elements = parts.iter().enumerate();
            return self.each(
                &mut elements,
                |(number, part)| {
                    let value = list.map_or(Err(OtherShape), |list| Ok(list.at(number)));
                    Place { value, part: Some(part) }
                },
                rest,
            );
        }
        match (list, place.value) {
            (Some(list), _) if list.len() > self.left => RoundEnd::TooMany,
            (Some(list), _) => self.each(
                &mut (0..list.len()),
                |number| Place { value: Ok(list.at(number)), part: None },
                rest,
            ),
            (None, Ok(None | Some(Value::Null))) if self.optional && !within => RoundEnd::Skipped,
            _ => {
                self.unknown = true;
                RoundEnd::Complete
            }
        }
    }

    fn each<'e, T>(
        &mut self,
        elements: &mut dyn Iterator<Item = T>,
        place: impl Fn(T) -> Place<'e>,
        rest: &[PathStep],
    ) -> RoundEnd {
        for element in elements {
            // What a list held back counts as well: it may have no end.
            let Some(left) = self.left.checked_sub(1) else { return RoundEnd::TooMany };
            self.left = left;
            if let RoundEnd::TooMany = self.of(place(element), rest, true) {
                return RoundEnd::TooMany;
            }
        }
        RoundEnd::Complete
    }

    fn count(&mut self, place: Place<'_>) -> RoundEnd {
        let leaf = place.leaf();
        if let Some(Leaf::Value { value: Value::Text(text), .. }) = leaf {
            let Some(left) = self.bytes_left.checked_sub(text.len()) else {
                return RoundEnd::TooMany;
            };
            self.bytes_left = left;
        }
        // Whether the list may be missing says nothing of its elements.
        let optional = std::mem::take(&mut self.optional);
        let holds = leaf.and_then(|leaf| self.of_leaf(leaf));
        self.optional = optional;
        match holds {
            Some(true) => self.holds = true,
            Some(false) => self.fails = true,
            None => self.unknown = true,
        }
        RoundEnd::Complete
    }

    fn of_leaf(&self, leaf: Leaf<'_>) -> Option<bool> {
        if self.optional && matches!(leaf, Leaf::Nothing | Leaf::Value { value: Value::Null, .. }) {
            return Some(true);
        }
        steps::take(|| 1);
        match (self.asked, leaf) {
            (_, Leaf::Nothing) => None,
            (Comparison::Plain(test), Leaf::Value { value, .. }) => test.holds(&Some(value)),
            (Comparison::Plain(test), Leaf::Decimal(decimal)) => test.holds_decimal(decimal),
            (Comparison::AtMostElements(most), Leaf::Value { value: Value::List(list), .. }) => {
                Some(list.len() as u64 <= *most)
            }
            (Comparison::AtMostElements(most), Leaf::Parts(list)) => {
                steps::take(|| PART_STEPS);
                Some(list.iter().count() as u64 <= *most)
            }
            (Comparison::Argument(_), leaf) => is_same(leaf, self.other?),
            (asked, Leaf::Value { value: Value::Text(text), read }) => {
                self.of_text(asked, text, read)
            }
            (_, Leaf::Value { .. } | Leaf::Decimal(_) | Leaf::Parts(_)) => None,
        }
    }

    fn of_text(&self, asked: &Comparison, text: &str, read: Interpretation) -> Option<bool> {
        match asked {
            Comparison::Under(domains) => domains.hold(text),
            Comparison::InNetwork(networks) => networks.hold(text),
            Comparison::Below(folders) => folders.hold(text, read == Interpretation::Path),
            Comparison::CaseBlind(blind) if text.len() <= MAX_CASE_BLIND_BYTES => blind.holds(text),
            Comparison::Regex(expression) => expression.matches(text),
            Comparison::Bound(number) => {
                let bound = self.given.values.get(usize::from(*number))?;
                if read == Interpretation::Nobody { bound.is(text) } else { bound.is_form(text) }
            }
            _ => None,
        }
    }
}

/// Whether two values are the same. A text that a kind read is in another form than one that none did.
fn is_same(one: Leaf<'_>, other: Leaf<'_>) -> Option<bool> {
    if let (
        Leaf::Value { value: Value::Text(one), read: by },
        Leaf::Value { value: Value::Text(other), read: by_other },
    ) = (one, other)
    {
        let alike = (by == Interpretation::Nobody) == (by_other == Interpretation::Nobody);
        let short = one.len().max(other.len()) <= MAX_MATCHED_TEXT_BYTES;
        steps::take(|| steps::of_bytes(one.len().min(other.len()).min(MAX_MATCHED_TEXT_BYTES)));
        return (alike && short).then(|| one == other);
    }
    if let (
        Leaf::Value { value: Value::Bool(one), .. },
        Leaf::Value { value: Value::Bool(other), .. },
    ) = (one, other)
    {
        return Some(one == other);
    }
    Some(equal_numbers(number(one)?, number(other)?))
}

fn number(leaf: Leaf<'_>) -> Option<Number> {
    match leaf {
        Leaf::Value { value, .. } => number_of(&value),
        Leaf::Decimal(decimal) => Some(Number::Decimal(decimal)),
        Leaf::Nothing | Leaf::Parts(_) => None,
    }
}
