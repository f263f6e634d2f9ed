//! Exact comparison of whole and fractional numbers.

use std::cmp::Ordering;

/// A number as a policy or an argument holds it; a fraction is finite.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    /// A finite number, or `None`.
    pub(crate) fn fraction(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Fraction(value))
    }

    /// Compares without rounding: `2^53 + 1` is above `2^53` also where one of them is a float.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one.cmp(&other),
            (Self::Fraction(one), Self::Fraction(other)) => {
                // Both are finite, so they are ordered; zero equals negative zero.
                one.partial_cmp(&other).unwrap_or(Ordering::Equal)
            }
            (Self::Whole(one), Self::Fraction(other)) => compare_mixed(one, other),
            (Self::Fraction(one), Self::Whole(other)) => compare_mixed(other, one).reverse(),
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

#[cfg(test)]
mod tests {
    use super::*;

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
