//! How sure a share is, from how often it was seen.

use serde::Serialize;

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// So many out of so many, with Wilson's 95 % interval.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Out of how many.
    pub of: usize,
    /// The share in percent.
    pub percent: f64,
    /// The lower end of the interval, in percent.
    pub low: f64,
    /// The upper end of the interval, in percent.
    pub high: f64,
}

impl Share {
    /// The share of `count` in `of`. Of nothing, everything is possible.
    #[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
    pub fn new(count: usize, of: usize) -> Self {
        if of == 0 {
            return Self { count, of, percent: 0.0, low: 0.0, high: 100.0 };
        }
        let (n, p) = (of as f64, count as f64 / of as f64);
        let square = Z * Z / n;
        let middle = (p + square / 2.0) / (1.0 + square);
        let reach = Z * (p * (1.0 - p) / n + square / (4.0 * n)).sqrt() / (1.0 + square);
        let percent = |share: f64| 100.0 * share.clamp(0.0, 1.0);
        // The ends are exact where nothing or everything was seen; rounding must not move them.
        let low = if count == 0 { 0.0 } else { percent(middle - reach) };
        let high = if count == of { 100.0 } else { percent(middle + reach) };
        Self { count, of, percent: percent(p), low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29.
        for (count, of, low, high) in [
            (81, 263, 25.53, 36.62),
            (15, 148, 6.24, 16.05),
            (0, 20, 0.0, 16.11),
            (1, 29, 0.61, 17.18),
        ] {
            let share = Share::new(count, of);
            close(share.low, low);
            close(share.high, high);
        }
    }

    #[test]
    fn the_ends_stay_within_bounds() {
        assert_eq!((Share::new(0, 7).low, Share::new(7, 7).high), (0.0, 100.0));
        assert_eq!((Share::new(0, 0).low, Share::new(0, 0).high), (0.0, 100.0));
    }
}
