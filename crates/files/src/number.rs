//! Numbers that are written with a fraction or an exponent: kept exactly, or refused. Whole numbers within 64 bits are
//! kept as they are and do not come here.

/// Why a number is refused, in the words of every format.
pub(crate) const TOO_LARGE: &str = "a number is too large to be kept exactly; send it as text";
pub(crate) const INEXACT: &str =
    "a number has more digits than can be kept exactly; write fewer, or send it as text";

const NOT_FINITE: &str = "not a finite number";

/// From here on, what stands in a text as a whole number does not fit into 64 bits.
const ABOVE: f64 = 18_446_744_073_709_551_616.0;
const BELOW: f64 = -9_223_372_036_854_775_808.0;

/// Below this, a number is told from its neighbours by the digits that are needed to write it; from here on, it is whole.
pub(crate) const WHOLE: f64 = 9_007_199_254_740_992.0;

/// The value of a decimal number, as JSON and TOML write it.
///
/// Two different numbers never come out as one, so a comparison answers as it would for what was written.
pub(crate) fn exact(literal: &str) -> Result<f64, &'static str> {
    let literal: std::borrow::Cow<'_, str> =
        if literal.contains('_') { literal.replace('_', "").into() } else { literal.into() };
    let value: f64 = literal.parse().map_err(|_| NOT_FINITE)?;
    if literal.contains(['n', 'N']) {
        // TOML has words for what is no number.
        return Err(NOT_FINITE);
    }
    if value <= BELOW || value >= ABOVE {
        return Err(TOO_LARGE);
    }
    // As JSON is written, also by JavaScript and Python: halfway between two spellings of 17 digits stands the even one.
    // `{:e}` would write the other.
    let kept = match serde_json::Number::from_f64(value).filter(|_| value.abs() < WHOLE) {
        Some(number) => number.to_string(),
        None => (value as i128).to_string(),
    };
    if Decimal::of(&literal) == Decimal::of(&kept) { Ok(value) } else { Err(INEXACT) }
}

/// The first number with a fraction or an exponent, in a text that is JSON, that cannot be kept: where it ends, and why.
pub(crate) fn first_inexact(json: &str) -> Option<(usize, &'static str)> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let length = match byte {
            b'"' => 1 + string_length(rest),
            b'-' | b'0'..=b'9' => 1 + rest.iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => {
                at += 1;
                continue;
            }
        };
        let literal = json.get(at..at + length).unwrap_or_default();
        at += length;
        if *byte != b'"'
            && literal.contains(['.', 'e', 'E'])
            && let Err(why) = exact(literal)
        {
            return Some((at, why));
        }
    }
    None
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E')
}

/// Bytes up to and with the quotation mark that ends a string.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A decimal number without its sign: digits that neither begin nor end with a zero, and a power of ten.
#[derive(PartialEq, Eq)]
struct Decimal {
    digits: String,
    power: i64,
}

impl Decimal {
    fn of(literal: &str) -> Self {
        let unsigned = literal.trim_start_matches(['-', '+']);
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let ended = digits.trim_end_matches('0');
        if ended.is_empty() {
            return Self { digits: String::new(), power: 0 };
        }
        // A power that no count holds is one that no number has.
        let power = power.parse().unwrap_or(i64::MAX);
        let power = power.saturating_sub(fraction.len() as i64);
        let power = power.saturating_add((digits.len() - ended.len()) as i64);
        Self { digits: ended.trim_start_matches('0').to_owned(), power }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_exactly_or_refused() {
        for (literal, value) in [
            // Halfway between two spellings of 17 digits: the even one, as JavaScript and Python write it.
            ("190214430343430.62", 6_086_861_770_989_780.0 / 32.0),
            ("0.1", 0.1),
            ("0.10", 0.1),
            ("1E3", 1000.0),
            ("1e+3", 1000.0),
            ("10000.000000", 10_000.0),
            ("-0.0", -0.0),
            ("0e99999999999999999999", 0.0),
            ("5e-324", 5e-324),
            ("9007199254740991.0", 9_007_199_254_740_991.0),
            ("9007199254740994.0", 9_007_199_254_740_994.0),
            ("18446744073709549568.0", 18_446_744_073_709_549_568.0),
            ("1_000.5", 1000.5),
            ("+1.5", 1.5),
        ] {
            assert_eq!(exact(literal).map(f64::to_bits), Ok(f64::to_bits(value)), "{literal}");
        }
        for literal in [
            "9007199254740993.0",
            "-9007199254740993.0",
            "9007199254740993e0",
            "900719925474099.3e1",
            "0.1000000000000000055511151231257827",
            "0.30000000000000000001",
            "0.10000000000000001",
            "10000.000000000000000001",
            "1234567890123456800.0",
            "1e-400",
            "4503599627370496.4",
            "190214430343430.63",
        ] {
            assert_eq!(exact(literal), Err(INEXACT), "{literal}");
        }
        for literal in
            ["1e400", "-1e400", "1e20", "18446744073709551616.0", "1e99999999999999999999"]
        {
            assert_eq!(exact(literal), Err(TOO_LARGE), "{literal}");
        }
        for literal in ["inf", "-inf", "+inf", "nan", "-nan"] {
            assert_eq!(exact(literal), Err(NOT_FINITE), "{literal}");
        }
    }

    /// Numbers that are taken keep their order, so no comparison is told otherwise than it is written.
    #[test]
    fn neighbours_stay_apart() {
        for whole in [9_007_199_254_740_992_u64, 1 << 60, u64::MAX - 4096] {
            let mut kept = std::collections::BTreeMap::new();
            for number in whole - 8..=whole + 8 {
                let Ok(value) = exact(&format!("{number}.0")) else { continue };
                assert_eq!(kept.insert(value.to_bits(), number), None, "{number}");
                assert_eq!(value as u64, number);
            }
        }
    }
}
