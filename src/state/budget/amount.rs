//! How much one action draws on a budget: exact, or not to be counted at all.

use std::cell::OnceCell;
use std::fmt::Write;
use std::hash::{BuildHasher, Hash, Hasher};

use smallvec::SmallVec;

use super::table::process_state;
use crate::authority::budget::Measure;
use crate::base::limits::{MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES, MAX_RECIPIENTS};
use crate::directory::ResolvedAudience;
use crate::model::action::{Action, Reversibility};
use crate::model::arguments::{Arguments, List, Value};
use crate::model::audience::Audience;
use crate::model::parts::{Decimal, Part};

/// An action with all by which budgets count it.
#[derive(Clone, Copy)]
pub(crate) struct CountedAction<'x> {
    pub(crate) action: &'x Action<'x>,
    pub(crate) audience: &'x ResolvedAudience<'x>,
    pub(crate) print: &'x Fingerprint,
}

impl CountedAction<'_> {
    /// What stands for it among calls that are alike, computed once however many budgets ask.
    pub(super) fn fingerprint(&self) -> Option<u64> {
        *self.print.0.get_or_init(|| fingerprint(self.action, process_state()))
    }
}

/// What stands for an action, once a budget has asked for it.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint(OnceCell<Option<u64>>);

/// In units of the budget. `None` where nobody can say how much: then it must not happen.
#[inline]
pub(crate) fn amount(
    measure: &Measure,
    action: &Action<'_>,
    audience: &ResolvedAudience<'_>,
) -> Option<u64> {
    let is_irreversible = action.reversibility() == Reversibility::Irreversible;
    match measure {
        Measure::Concurrency | Measure::Repeats { .. } => Some(1),
        Measure::Irreversible if !is_irreversible => Some(0),
        // One that writes to everything below its resource does so nobody knows how often.
        Measure::Actions | Measure::Irreversible => {
            let is_one = action.reach().is_place() || !action.operation().is_write();
            is_one.then_some(1)
        }
        Measure::Recipients => match action.audience() {
            Audience::Private => Some(0),
            _ => audience.head_count().map(|heads| heads as u64),
        },
        Measure::Sum { argument, decimals } => sum_of(action, argument, *decimals),
    }
}

fn sum_of(action: &Action<'_>, argument: &str, decimals: u8) -> Option<u64> {
    let (first, rest) = match argument.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (argument, None),
    };
    // What a kind read says what it is, whatever was written.
    if let Some(part) = action.parts().and_then(|parts| parts.get(first))
        && let Some(units) = of_part(part, rest, decimals)
    {
        return units;
    }
    let mut value = action.arguments().get(first)?;
    for step in rest.into_iter().flat_map(|rest| rest.split('.')) {
        let Value::Object(view) = value else { return None };
        value = view.get(step)?;
    }
    of_value(value, decimals)
}

/// `None` where no kind read what stands at the end of the way; within it, that it cannot be counted.
fn of_part(argument: Part<'_>, rest: Option<&str>, decimals: u8) -> Option<Option<u64>> {
    let mut steps = rest.into_iter().flat_map(|rest| rest.split('.'));
    let part = steps.try_fold(argument, Part::get)?;
    match (part.decimal(), part.value()) {
        (Some(decimal), _) => Some(of_decimal(decimal, decimals)),
        (None, Some(value)) => Some(of_value(value, decimals)),
        (None, None) if part.is_list() => Some(None),
        (None, None) => None,
    }
}

/// An amount in units of so many digits behind the point.
pub(crate) fn units_of(value: Value<'_>, decimals: u8) -> Option<u64> {
    of_value(value, decimals)
}

/// Exact: what is negative, no number, finer than the budget counts, or too large has no amount.
fn of_value(value: Value<'_>, decimals: u8) -> Option<u64> {
    match value {
        Value::Integer(units) => of_decimal(Decimal { units, scale: 0 }, decimals),
        Value::Float(number) if number.is_finite() => {
            // The shortest decimal number that stands for it, as people write it, and without an exponent.
            let mut digits = Digits::default();
            write!(digits, "{number}").ok()?;
            of_decimal(digits.decimal()?, decimals)
        }
        _ => None,
    }
}

fn of_decimal(decimal: Decimal, decimals: u8) -> Option<u64> {
    let Decimal { units, scale } = decimal;
    let units = match decimals.checked_sub(scale) {
        Some(more) => units.checked_mul(10_i128.checked_pow(more.into())?)?,
        None => {
            let one = 10_i128.checked_pow((scale - decimals).into())?;
            (units % one == 0).then_some(units / one)?
        }
    };
    u64::try_from(units).ok()
}

/// The digits of a float. As many as stand for an amount that can be counted fit in.
#[derive(Default)]
struct Digits(SmallVec<[u8; 64]>);

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > self.0.inline_size() {
            return Err(std::fmt::Error);
        }
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Digits {
    fn decimal(&self) -> Option<Decimal> {
        let (mut units, mut scale) = (0_i128, None::<u8>);
        let (is_below, digits) = match self.0.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, &*self.0),
        };
        for byte in digits {
            match byte {
                b'.' if scale.is_none() => scale = Some(0),
                b'0'..=b'9' => {
                    units = units.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                    scale = scale.map(|scale| scale + 1);
                }
                _ => return None,
            }
        }
        let units = if is_below { -units } else { units };
        Some(Decimal { units, scale: scale.unwrap_or(0) })
    }
}

/// Stands for one call in the tables of one process: equal for equal calls, in whatever order fields and recipients are written.
/// `None` for arguments that cannot be read as one.
pub(crate) fn fingerprint(action: &Action<'_>, state: &ahash::RandomState) -> Option<u64> {
    let mut hasher = state.build_hasher();
    (action.tool(), action.resource(), action.operation(), action.is_untrusted()).hash(&mut hasher);
    (action.reversibility() == Reversibility::Irreversible).hash(&mut hasher);
    (action.reach().is_place(), action.lowers()).hash(&mut hasher);
    hash_audience(action.audience(), &mut hasher);
    let mut reading = Reading { state, values: MAX_FROZEN_VALUES };
    hasher.write_u64(reading.object(action.arguments(), MAX_FROZEN_DEPTH)?);
    Some(hasher.finish())
}

fn hash_audience(audience: Audience<'_>, hasher: &mut impl Hasher) {
    match audience {
        Audience::Private => 0_u8.hash(hasher),
        Audience::Recipients(names) => {
            let mut names: SmallVec<[&str; MAX_RECIPIENTS]> =
                names.iter().take(MAX_RECIPIENTS).collect();
            names.sort_unstable();
            names.dedup();
            (1_u8, names.as_slice()).hash(hasher);
        }
        Audience::Group(name) => (2_u8, name).hash(hasher),
        Audience::Channel(name) => (3_u8, name).hash(hasher),
        Audience::Internal => 4_u8.hash(hasher),
        Audience::Public => 5_u8.hash(hasher),
    }
}

struct Reading<'s> {
    state: &'s ahash::RandomState,
    values: usize,
}

impl Reading<'_> {
    /// The fields in any order: their hashes are added up.
    fn object(&mut self, view: &dyn Arguments, depth: usize) -> Option<u64> {
        let depth = depth.checked_sub(1)?;
        let mut sum = Some(0_u64);
        view.visit(&mut |name, value| {
            sum = sum.and_then(|sum| {
                let mut hasher = self.state.build_hasher();
                name.hash(&mut hasher);
                hasher.write_u64(self.value(value, depth)?);
                Some(sum.wrapping_add(hasher.finish()))
            });
        });
        sum
    }

    fn value(&mut self, value: Value<'_>, depth: usize) -> Option<u64> {
        self.values = self.values.checked_sub(1)?;
        Some(match value {
            Value::Null => self.state.hash_one(0_u8),
            Value::Bool(value) => self.state.hash_one((1_u8, value)),
            Value::Integer(value) => self.state.hash_one((2_u8, value)),
            Value::Float(value) => self.state.hash_one((3_u8, value.to_bits())),
            Value::Text(text) => self.state.hash_one((4_u8, text)),
            Value::List(list) => self.state.hash_one((5_u8, self.list(list, depth)?)),
            Value::Object(view) => self.state.hash_one((6_u8, self.object(view, depth)?)),
        })
    }

    fn list(&mut self, list: &dyn List, depth: usize) -> Option<u64> {
        let depth = depth.checked_sub(1)?;
        if list.len() > self.values {
            return None;
        }
        let mut hasher = self.state.build_hasher();
        for place in 0..list.len() {
            hasher.write_u64(self.value(list.at(place)?, depth)?);
        }
        Some(hasher.finish())
    }
}
