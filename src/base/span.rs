//! Spans of time as people write them: `90s`, `10m`, `2h`, `7d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span in whole milliseconds, written as one whole number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Span(pub(crate) Duration);

/// The units with their milliseconds, the longest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A text that is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a span is a whole number with its unit, such as `30s`, `10m`, `2h` or `7d`")]
pub(crate) struct SpanFault;

impl FromStr for Span {
    type Err = SpanFault;

    fn from_str(text: &str) -> Result<Self, SpanFault> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).ok_or(SpanFault)?;
        let (_, millis) = UNITS.iter().find(|(known, _)| *known == unit).ok_or(SpanFault)?;
        // One spelling of each number.
        let number: u64 = match number.as_bytes() {
            [] | [b'0', _, ..] => return Err(SpanFault),
            _ => number.parse().map_err(|_| SpanFault)?,
        };
        Ok(Self(Duration::from_millis(number.checked_mul(*millis).ok_or(SpanFault)?)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let fits = |(_, unit): &&(&str, u64)| millis.is_multiple_of(u128::from(*unit));
        match UNITS.iter().find(fits).filter(|_| millis > 0) {
            Some((name, unit)) => write!(f, "{}{name}", millis / u128::from(*unit)),
            None => f.write_str("0s"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = crate::base::forms::text(deserializer, "span")?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_one_unit_and_is_read_back() {
        for (text, millis) in [
            ("0s", 0),
            ("1ms", 1),
            ("1500ms", 1_500),
            ("90s", 90_000),
            ("10m", 600_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis), "{text}");
            assert_eq!(span.to_string(), text);
        }
        assert_eq!("60s".parse::<Span>().unwrap().to_string(), "1m");
        let odd = ["", "1", "s", "-1s", "1.5h", "1 h", "01h", "1h30m", "1H", "1w", "+1s", "１s"];
        for odd in odd.into_iter().chain(["99999999999999999999s", "18446744073709551615d"]) {
            assert_eq!(odd.parse::<Span>(), Err(SpanFault), "{odd}");
        }
    }
}
