//! Exact comparison of whole, fractional and decimal numbers.

use std::cmp::Ordering;
use std::fmt::{Display, Write};

use smallvec::SmallVec;

use crate::model::parts::Decimal;

/// A number as a policy or an argument holds it; a fraction is finite.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Whole(i128),
    Fraction(f64),
    Decimal(Decimal),
}

impl Number {
    /// A finite number, or `None`.
    pub(crate) fn fraction(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Fraction(value))
    }

    /// Compares without rounding: `2^53 + 1` is above `2^53` also where one of them is a float. A float beside a decimal is the
    /// shortest decimal number that stands for it, as people write it: `99.99` is not above `99.99`.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one.cmp(&other),
            (Self::Fraction(one), Self::Fraction(other)) => {
                // Both are finite, so they are ordered; zero equals negative zero.
                one.partial_cmp(&other).unwrap_or(Ordering::Equal)
            }
            (Self::Whole(one), Self::Fraction(other)) => compare_mixed(one, other),
            (Self::Fraction(one), Self::Whole(other)) => compare_mixed(other, one).reverse(),
            (Self::Decimal(one), other) => Digits::of(one).compare(&Digits::of_number(other)),
            (one, Self::Decimal(other)) => Digits::of_number(one).compare(&Digits::of(other)),
        }
    }
}

fn compare_mixed(whole: i128, fraction: f64) -> Ordering {
    const LIMIT: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0; // 2^127
    if fraction >= LIMIT {
        return Ordering::Less;
    }
    if fraction < -LIMIT {
        return Ordering::Greater;
    }
    let floor = fraction.floor();
    // Exact: the floor lies within the range of i128 and has no fraction.
    match whole.cmp(&(floor as i128)) {
        Ordering::Equal if fraction > floor => Ordering::Less,
        order => order,
    }
}

/// The digits of a number, before and behind its point. On the stack up to what money needs; a float can have 350.
struct Digits(SmallVec<[u8; 64]>);

impl Digits {
    fn of(number: impl Display) -> Self {
        let mut digits = Self(SmallVec::new());
        // Writing into memory cannot fail.
        let _ = write!(digits, "{number}");
        digits
    }

    fn of_number(number: Number) -> Self {
        match number {
            Number::Whole(number) => Self::of(number),
            Number::Fraction(number) => Self::of(number),
            Number::Decimal(number) => Self::of(number),
        }
    }

    /// Whether it is below zero, its whole part without leading zeros, and its fraction without those behind.
    fn parts(&self) -> (bool, &[u8], &[u8]) {
        let (below, rest) = match self.0.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, &*self.0),
        };
        let point = rest.iter().position(|byte| *byte == b'.').unwrap_or(rest.len());
        let (mut whole, mut fraction) =
            (rest.get(..point).unwrap_or_default(), rest.get(point + 1..).unwrap_or_default());
        while let Some((b'0', rest)) = whole.split_first() {
            whole = rest;
        }
        while let Some((b'0', rest)) = fraction.split_last() {
            fraction = rest;
        }
        (below && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let ((below, whole, fraction), (other_below, other_whole, other_fraction)) =
            (self.parts(), other.parts());
        let size = whole
            .len()
            .cmp(&other_whole.len())
            .then_with(|| whole.cmp(other_whole))
            .then_with(|| fraction.cmp(other_fraction));
        match (below, other_below) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_as_people_write_them() {
        let decimal = |units, scale| Number::Decimal(Decimal { units, scale });
        let cases = [
            (decimal(9999, 2), Number::Fraction(99.99), Ordering::Equal),
            (decimal(10_000, 2), Number::Fraction(99.99), Ordering::Greater),
            (decimal(10_000, 2), Number::Whole(100), Ordering::Equal),
            (decimal(-1, 2), Number::Whole(0), Ordering::Less),
            (decimal(0, 2), Number::Fraction(-0.0), Ordering::Equal),
            (decimal(-150, 2), Number::Fraction(-1.25), Ordering::Less),
            (decimal(105, 2), Number::Fraction(1.5), Ordering::Less),
            (decimal(i128::MIN, 0), Number::Whole(i128::MIN), Ordering::Equal),
            (decimal(i128::MAX, 2), Number::Fraction(f64::MAX), Ordering::Less),
            (decimal(1, 38), Number::Fraction(f64::MIN_POSITIVE), Ordering::Greater),
            (decimal(5, 1), decimal(50, 2), Ordering::Equal),
        ];
        for (one, other, expected) in cases {
            assert_eq!(one.compare(other), expected, "{one:?} {other:?}");
            assert_eq!(other.compare(one), expected.reverse(), "{other:?} {one:?}");
        }
    }

    #[test]
    fn mixed_comparison_is_exact() {
        let big = 9_007_199_254_740_993_i128; // 2^53 + 1, which no f64 can hold
        let cases = [
            (1, 1.0, Ordering::Equal),
            (1, 1.5, Ordering::Less),
            (2, 1.5, Ordering::Greater),
            (-1, -1.5, Ordering::Greater),
            (-2, -1.5, Ordering::Less),
            (0, -0.0, Ordering::Equal),
            (big, 9_007_199_254_740_992.0, Ordering::Greater),
            (i128::MAX, f64::MAX, Ordering::Less),
            (i128::MIN, f64::MIN, Ordering::Greater),
            (i128::MIN, -170_141_183_460_469_231_731_687_303_715_884_105_728.0, Ordering::Equal),
        ];
        for (whole, fraction, expected) in cases {
            let (whole, fraction) = (Number::Whole(whole), Number::Fraction(fraction));
            assert_eq!(whole.compare(fraction), expected, "{whole:?} {fraction:?}");
            assert_eq!(fraction.compare(whole), expected.reverse());
        }
        assert!(Number::fraction(f64::NAN).is_none());
        assert!(Number::fraction(f64::INFINITY).is_none());
    }
}
