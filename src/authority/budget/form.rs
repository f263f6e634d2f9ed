//! A budget as files have it.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Budget, Measure, Share};
use crate::base::visible::visible;
use crate::model::action::Operations;

/// A budget as it is written: [`Budget`] is read from and written as this.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "a budget")]
pub(super) struct BudgetForm {
    name: String,
    counts: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    argument: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decimals: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operations: Option<Operations>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ask_from: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    halts_agent: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Length>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared_by: Option<Share>,
}

/// The words for what a budget counts.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counts {
    Actions,
    Sum,
    Recipients,
    Irreversible,
    Concurrency,
    Repeats,
}

impl TryFrom<BudgetForm> for Budget {
    type Error = String;

    fn try_from(form: BudgetForm) -> Result<Self, String> {
        let BudgetForm { name, counts, argument, decimals, ask_from, at_most, halts_agent, .. } =
            form;
        let of_another = |key: &str, whose: &str| {
            Err(format!("`{key}` belongs to a budget that counts `{whose}`; leave it out"))
        };
        let measure = match (counts, argument) {
            (Counts::Sum, Some(argument)) => {
                Measure::Sum { argument: argument.into(), decimals: decimals.unwrap_or(0) }
            }
            (Counts::Sum, None) => {
                return Err("a sum needs the key `argument`: what is added up".to_owned());
            }
            (_, Some(_)) => return of_another("argument", "sum"),
            (_, None) if decimals.is_some() => return of_another("decimals", "sum"),
            (Counts::Repeats, None) => Measure::Repeats { halts: halts_agent },
            (Counts::Actions, None) => Measure::Actions,
            (Counts::Recipients, None) => Measure::Recipients,
            (Counts::Irreversible, None) => Measure::Irreversible,
            (Counts::Concurrency, None) => Measure::Concurrency,
        };
        if halts_agent.is_some() && counts != Counts::Repeats {
            return of_another("halts_agent", "repeats");
        }
        if at_most.is_none() && ask_from.is_none() && halts_agent.is_none() {
            return Err("it has no limit; say `at_most`, `ask_from` or both".to_owned());
        }
        let decimals = decimals.unwrap_or(0);
        let units = |key: &str, amount: Option<Amount>| {
            let units = amount.map(|amount| amount.units(decimals));
            units.transpose().map_err(|why| format!("`{key}` {why}"))
        };
        Ok(Self {
            name: name.into(),
            measure,
            at_most: units("at_most", at_most)?.unwrap_or(Self::UNLIMITED),
            ask_from: units("ask_from", ask_from)?,
            per: form.window.map(|Length(span)| span),
            operations: form.operations.unwrap_or(Operations::ALL),
            tools: form.tools.map(|tools| tools.into_iter().map(Into::into).collect()),
            share: form.shared_by,
        })
    }
}

impl From<Budget> for BudgetForm {
    fn from(budget: Budget) -> Self {
        let (counts, argument, decimals, halts_agent) = match &budget.measure {
            Measure::Actions => (Counts::Actions, None, 0, None),
            Measure::Sum { argument, decimals } => {
                (Counts::Sum, Some(argument.to_string()), *decimals, None)
            }
            Measure::Recipients => (Counts::Recipients, None, 0, None),
            Measure::Irreversible => (Counts::Irreversible, None, 0, None),
            Measure::Concurrency => (Counts::Concurrency, None, 0, None),
            Measure::Repeats { halts } => (Counts::Repeats, None, 0, *halts),
        };
        let amount = |units: u64| Amount { units: units.into(), decimals };
        let at_most = Some(budget.at_most).filter(|most| *most != Self::unlimited());
        Self {
            name: budget.name.to_string(),
            counts,
            argument,
            decimals: (decimals > 0).then_some(decimals),
            operations: Some(budget.operations).filter(|operations| *operations != Operations::ALL),
            tools: budget.tools.map(|tools| tools.iter().map(ToString::to_string).collect()),
            ask_from: budget.ask_from.map(amount),
            at_most: at_most.map(amount),
            halts_agent,
            window: budget.per.map(Length),
            shared_by: budget.share,
        }
    }
}

impl BudgetForm {
    const fn unlimited() -> u64 {
        Budget::UNLIMITED
    }
}

/// How much, as a person writes it: `500`, or `"99.50"`.
#[derive(Clone, Copy)]
pub(super) struct Amount {
    /// In units of the last digit.
    units: u128,
    decimals: u8,
}

impl Amount {
    /// In units of so many digits behind the point.
    pub(super) fn units(self, decimals: u8) -> Result<u64, String> {
        let Self { mut units, decimals: mut written } = self;
        while written > decimals && units.is_multiple_of(10) {
            (units, written) = (units / 10, written - 1);
        }
        let Some(more) = decimals.checked_sub(written) else {
            let say = "say how many with `decimals`";
            return Err(match decimals {
                0 => format!("has digits behind the point; {say}"),
                _ => format!("has more than {decimals} digits behind the point; {say}"),
            });
        };
        let one = 10_u128.checked_pow(more.into());
        let units = one.and_then(|one| units.checked_mul(one));
        let units = units.and_then(|units| u64::try_from(units).ok());
        units.ok_or_else(|| "is more than can be counted".to_owned())
    }

    /// Digits, and perhaps a point with digits behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (text, ""),
        };
        let digits = whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || fraction.len() > 18 {
            return None;
        }
        let mut units = 0_u128;
        for digit in digits {
            let digit = digit.is_ascii_digit().then(|| u128::from(digit - b'0'))?;
            units = units.checked_mul(10)?.checked_add(digit)?;
        }
        Some(Self { units, decimals: fraction.len() as u8 })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.saturating_pow(self.decimals.into());
        let (whole, fraction) = (self.units / one, self.units % one);
        match usize::from(self.decimals) {
            0 => write!(f, "{whole}"),
            width => write!(f, "{whole}.{fraction:0width$}"),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A whole number of TOML is signed.
        match i64::try_from(self.units).ok().filter(|_| self.decimals == 0) {
            Some(units) => serializer.serialize_i64(units),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount, such as `500` or `\"99.50\"`,")
            }
            fn visit_u64<E: Error>(self, units: u64) -> Result<Amount, E> {
                Ok(Amount { units: units.into(), decimals: 0 })
            }
            fn visit_i64<E: Error>(self, units: i64) -> Result<Amount, E> {
                let units = u64::try_from(units);
                units
                    .map_err(|_| E::custom("an amount is not negative"))
                    .and_then(|units| self.visit_u64(units))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
                // The shortest digits that stand for it are those that were written.
                let amount = Amount::parse(&number.to_string());
                amount.ok_or_else(|| E::invalid_type(Unexpected::Float(number), &self))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
                let odd = || {
                    E::custom(format_args!(
                        "`{}` is no amount; write it as in `\"99.50\"`",
                        visible(text)
                    ))
                };
                Amount::parse(text).ok_or_else(odd)
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// A length of time as a person writes it: `"90s"`, `"1h"`, `"7d"`.
struct Length(Duration);

/// The units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As it counts: whole milliseconds, rounded up.
        let millis = u64::try_from(self.0.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let unit = UNITS.iter().find(|(_, unit)| millis.is_multiple_of(*unit));
        let (name, unit) = unit.copied().unwrap_or(("ms", 1));
        serializer.collect_str(&format_args!("{}{name}", millis / unit))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Length;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time, such as `\"90s\"`, `\"1h\"` or `\"7d\"`,")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Length, E> {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                let parsed = text.split_at_checked(digits).and_then(|(number, name)| {
                    let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
                    number.parse::<u64>().ok()?.checked_mul(*unit)
                });
                parsed.map(|millis| Length(Duration::from_millis(millis))).ok_or_else(|| {
                    E::custom(format_args!(
                        "`{}` is no length of time; write a whole number and `ms`, `s`, `m`, `h` or `d`, as in `\"90s\"`",
                        visible(text)
                    ))
                })
            }
        }
        deserializer.deserialize_str(Visit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::subsequence;
    use proptest::{collection, option};

    use super::*;
    use crate::model::action::Operation;

    fn budgets() -> impl Strategy<Value = Budget> {
        let measure = prop_oneof![
            Just(Measure::Actions),
            ("[a-z]{1,4}(\\.[a-z]{1,3})?", 0_u8..=9).prop_map(|(argument, decimals)| {
                Measure::Sum { argument: argument.into(), decimals }
            }),
            Just(Measure::Recipients),
            Just(Measure::Irreversible),
            Just(Measure::Concurrency),
            option::of(any::<u64>()).prop_map(|halts| Measure::Repeats { halts }),
        ];
        let mark = prop_oneof![0_u64..2_000, any::<u64>(), Just(u64::MAX)];
        let share = prop_oneof![
            Just(Share::Lineage),
            Just(Share::Invoker),
            Just(Share::Agent),
            Just(Share::Session),
            Just(Share::Gate)
        ];
        let per = prop_oneof![
            0_u64..100_000,
            (0_u64..30).prop_map(|days| days * 86_400_000),
            any::<u64>()
        ];
        let operations = subsequence(Operation::ALL.to_vec(), 1..=7);
        let tools = collection::vec("[a-z.]{1,6}", 1..4);
        let limits = (mark.clone(), option::of(mark), option::of(per));
        (measure, limits, operations, option::of(tools), option::of(share)).prop_map(
            |(measure, (at_most, ask_from, per), operations, tools, share)| Budget {
                name: "budget".into(),
                measure,
                at_most,
                ask_from,
                per: per.map(Duration::from_millis),
                operations: operations.into_iter().collect(),
                tools: tools.map(|tools| tools.into_iter().map(Into::into).collect()),
                share,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(budget in budgets()) {
            let written = serde_json::to_string(&budget).unwrap();
            let halts = matches!(budget.measure, Measure::Repeats { halts: Some(_) });
            let has_limit = halts || budget.ask_from.is_some() || budget.at_most < u64::MAX;
            match serde_json::from_str::<Budget>(&written) {
                Ok(read) => prop_assert_eq!(read, budget, "{}", written),
                Err(error) => prop_assert!(!has_limit, "{error}: {written}"),
            }
        }
    }

    #[test]
    fn amounts_are_exact() {
        let units = |text: &str, decimals| Amount::parse(text).map(|amount| amount.units(decimals));
        assert_eq!(units("99.50", 2), Some(Ok(99_50)));
        assert_eq!(units("99.5", 2), Some(Ok(99_50)));
        assert_eq!(units("99.500", 2), Some(Ok(99_50)));
        assert_eq!(units("7", 9), Some(Ok(7_000_000_000)));
        assert!(units("99.505", 2).unwrap().is_err());
        assert!(units("1.5", 0).unwrap().is_err());
        assert!(units("18446744073709551616", 0).unwrap().is_err());
        for odd in ["", ".5", "5.", "-1", "+1", "1e3", "1_000", " 1", "1 EUR", "1.2.3", "٣"] {
            assert_eq!(units(odd, 2), None, "{odd:?}");
        }
    }
}
