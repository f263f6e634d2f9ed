//! Decimal numbers: money and measures, exact.
//!
//! ```text
//! text   = [ "-" ] whole [ "." 1*digit ]      as many digits behind the point as the scale allows
//! whole  = "0" | digit-but-0 *digit           no separators, no exponent, no sign but "-", at most 24 digits
//! ```
//!
//! Zeros behind the point that the scale has no place for count as not written.
//!
//! A number counts as the shortest decimal number that stands for it. Up to 15 digits that is what was written; a longer one shares
//! its float with others and is refused, unless it is a whole number that was given as one. Who may write more digits than that
//! writes a text: what a float lost before the call was mapped cannot be seen. The canonical form is the value, so that `12.5`,
//! `"12.50"` and `12.500` with a scale of 3 are one. In which currency or unit it is cannot be seen either.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::rule::{OptionFault, Rule, TextFault};
use crate::model::arguments::Value;
use crate::model::arguments::kinds::Kinds;
use crate::model::parts::{Decimal, OpenPart, Parts};

/// The options of the kind `decimal`.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, DecimalSpec};
///
/// let euros = ArgumentSpec::decimal(DecimalSpec::new(2).from_text());
/// # let _ = euros;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct DecimalSpec {
    scale: u8,
    #[serde(default = "both", skip_serializing_if = "is_both")]
    from: Vec<Source>,
}

/// In which form a call gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Text,
    Number,
}

fn both() -> Vec<Source> {
    vec![Source::Text, Source::Number]
}

fn is_both(from: &[Source]) -> bool {
    from == both()
}

impl DecimalSpec {
    /// A number with at most so many digits behind the point, given as a text or as a number.
    pub fn new(scale: u8) -> Self {
        Self { scale, from: both() }
    }

    /// Only as a text, as servers take it that mistrust floating point.
    pub fn from_text(mut self) -> Self {
        self.from = vec![Source::Text];
        self
    }

    /// Only as a number.
    pub fn from_number(mut self) -> Self {
        self.from = vec![Source::Number];
        self
    }
}

/// A decimal number of a stated scale.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecimalKind {
    scale: u8,
    forms: Kinds,
}

/// So many digits fit into what is compared, whatever the scale.
const MAX_SCALE: u8 = 12;
const MAX_WHOLE_DIGITS: usize = 24;
/// Decimal numbers of so many digits are all different as floats.
const MAX_FLOAT_DIGITS: usize = f64::DIGITS as usize;

static EMPTY: Rule = Rule::new("empty", "a digit is missing", "write a number as `12.50`");
static DIGIT: Rule = Rule::new(
    "digit",
    "this is no digit",
    "write digits and one point, without separators, units or exponent",
);
static ZERO: Rule = Rule::new(
    "zero",
    "a number does not begin with 0 and another digit",
    "leave the zeros before it out",
);
static SCALE: Rule = Rule::new(
    "scale",
    "there are more digits behind the point than this argument has",
    "round it first",
);
static FLOAT: Rule = Rule::new(
    "float",
    "the number has more than 15 digits, so that others are the same to a program",
    "write it as a text, or round it first",
);
static LARGE: Rule =
    Rule::new("large", "the number is too large", "write at most 24 digits before the point");

impl DecimalKind {
    /// The most digits behind the point.
    pub(super) const fn scale(&self) -> u8 {
        self.scale
    }

    pub(crate) fn new(spec: &DecimalSpec) -> Result<Self, OptionFault> {
        if spec.scale > MAX_SCALE {
            return Err(OptionFault::new("scale", format!("write at most {MAX_SCALE}")));
        }
        let forms = spec.from.iter().fold(Kinds::NONE, |forms, source| match source {
            Source::Text => forms.or(Kinds::TEXT),
            Source::Number => forms.or(Kinds::NUMBER).or(Kinds::INTEGER),
        });
        if forms.is_empty() {
            return Err(OptionFault::new("from", "name `text`, `number` or both"));
        }
        Ok(Self { scale: spec.scale, forms })
    }

    /// The forms in which a call may give it.
    pub(crate) const fn forms(&self) -> Kinds {
        self.forms
    }

    pub(crate) fn read(
        &self,
        value: Value<'_>,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let units = match value {
            Value::Text(text) => self.units(text)?,
            Value::Integer(whole) => self.scaled(whole)?,
            Value::Float(number) => {
                // The shortest form that stands for it, without an exponent.
                let mut written = Written(SmallVec::new());
                let _ = std::fmt::write(&mut written, format_args!("{number}"));
                let text = std::str::from_utf8(&written.0).unwrap_or_default();
                let units = self.units(text)?;
                let zeros = |c: char| !matches!(c, '1'..='9');
                let digits = text.trim_start_matches(zeros).bytes().filter(u8::is_ascii_digit);
                if digits.count() > MAX_FLOAT_DIGITS {
                    return Err(TextFault::new(&FLOAT, 0));
                }
                units
            }
            _ => return Err(TextFault::new(&DIGIT, 0)),
        };
        parts.canonical_decimal(begun, Decimal { units, scale: self.scale });
        Ok(())
    }

    fn scaled(&self, whole: i128) -> Result<i128, TextFault> {
        let most = 10_u128.pow(MAX_WHOLE_DIGITS as u32);
        let fits = whole.unsigned_abs() < most;
        let scaled = whole.checked_mul(10_i128.pow(self.scale.into()));
        scaled.filter(|_| fits).ok_or(TextFault::new(&LARGE, 0))
    }

    fn units(&self, text: &str) -> Result<i128, TextFault> {
        let sign = usize::from(text.starts_with('-'));
        let digits = text.get(sign..).unwrap_or_default();
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let behind = sign + whole.len() + 1;
        let odd = |part: &str| part.bytes().position(|byte| !byte.is_ascii_digit());
        if let Some(at) = odd(whole) {
            return Err(TextFault::new(&DIGIT, sign + at));
        }
        if whole.is_empty() {
            return Err(TextFault::new(&EMPTY, sign));
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(TextFault::new(&ZERO, sign));
        }
        if whole.len() > MAX_WHOLE_DIGITS {
            return Err(TextFault::new(&LARGE, sign));
        }
        let fraction = match fraction {
            None => "",
            Some("") => return Err(TextFault::new(&EMPTY, behind)),
            Some(fraction) => fraction,
        };
        if let Some(at) = odd(fraction) {
            return Err(TextFault::new(&DIGIT, behind + at));
        }
        let scale = usize::from(self.scale);
        let kept = fraction.trim_end_matches('0');
        if kept.len() > scale {
            return Err(TextFault::new(&SCALE, behind + scale));
        }
        let zeros = std::iter::repeat_n(b'0', scale - kept.len());
        let all = whole.bytes().chain(kept.bytes()).chain(zeros);
        // At most 36 digits, which fit.
        let units = all.fold(0_i128, |units, digit| units * 10 + i128::from(digit - b'0'));
        Ok(if sign == 1 { -units } else { units })
    }
}

/// A number as it is written; a float has at most some 350 digits.
struct Written(SmallVec<[u8; 64]>);

impl std::fmt::Write for Written {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
