//! Whether a condition can hold at all of what a kind writes.
//!
//! What a kind writes lies within a language: an expression that all of its texts match, and perhaps others. A condition that no
//! text of it fulfils would never hold: a prohibition would not forbid, and a negated permit would grant.

use std::fmt::Write as _;

use super::check::{is_within, number_of};
use super::condition::{Condition, Scalar, ScalarKind};
use super::expression::Expression;
use super::literal::{Of, pieces};
use super::number::Number;

/// No text matches it.
const NOTHING: &str = r"[^\x00-\xff]";

impl Condition {
    /// Whether it may hold, before it is negated, of a text that an expression matches, and another does not; `None` where it asks
    /// for no texts.
    pub(crate) fn may_hold_of_texts(&self, language: &str, left_out: Option<&str>) -> Option<bool> {
        let asked = self.expression()?;
        let left_out = left_out.unwrap_or(NOTHING);
        let read = [&asked, language, left_out].map(Expression::written);
        let [Some(asked), Some(language), Some(left_out)] = read else { return Some(true) };
        Some(asked.meets(&language, &left_out))
    }

    /// The same of whole numbers, both ends included; `None` where it asks for no numbers.
    pub(crate) fn may_hold_of_numbers(&self, least: i64, most: i64) -> Option<bool> {
        let [least, most] = [least, most].map(|number| Number::Whole(number.into()));
        let asked = self.numbers();
        if !asked.is_empty() {
            let fits = |number: &Number| is_within(*number, Some(least), Some(most));
            let is_whole = |number: &Number| digits(*number) == 0;
            return Some(asked.iter().any(|number| fits(number) && is_whole(number)));
        }
        let bound = |scalar: &Option<Scalar>| number_of(&scalar.as_ref()?.value());
        let (from, to) = (bound(&self.at_least), bound(&self.at_most));
        if from.is_none() && to.is_none() {
            return None;
        }
        let reaches = from.is_none_or(|from| is_within(from, None, Some(most)));
        Some(reaches && to.is_none_or(|to| is_within(to, Some(least), None)))
    }

    /// The same of numbers with at most so many digits behind the point.
    pub(crate) fn may_hold_of_decimals(&self, scale: usize) -> Option<bool> {
        let asked = self.numbers();
        (!asked.is_empty()).then(|| asked.iter().any(|number| digits(*number) <= scale))
    }

    /// The numbers that it asks for one by one.
    fn numbers(&self) -> Vec<Number> {
        let one_of = self.one_of.iter().flatten();
        self.equals.iter().chain(one_of).filter_map(|scalar| number_of(&scalar.value())).collect()
    }

    /// The expression that a text has to match.
    fn expression(&self) -> Option<String> {
        if let Some(regex) = &self.regex {
            return Some(regex.to_string());
        }
        let mut asked = String::from(if self.case_blind { "(?i)(?:" } else { "(?:" });
        if let Some(pattern) = &self.matches {
            for (place, piece) in pieces(pattern, Of::Text).ok()?.iter().enumerate() {
                if place > 0 {
                    asked.push_str("(?s:.)*");
                }
                self.write(piece, &mut asked);
            }
        } else {
            let scalars = self.equals.iter().chain(self.one_of.iter().flatten());
            let texts = scalars.filter_map(|Scalar(kind)| match kind {
                ScalarKind::Text(text) => Some(text),
                _ => None,
            });
            let before = asked.len();
            for text in texts {
                if asked.len() > before {
                    asked.push('|');
                }
                asked.push_str("(?:)");
                self.write(text, &mut asked);
            }
            if asked.len() == before {
                return None;
            }
        }
        asked.push(')');
        Some(asked)
    }

    /// Writes literal text into an expression. Of letters beyond ASCII, no table of small and capital ones is at hand.
    fn write(&self, text: &str, asked: &mut String) {
        for letter in text.chars() {
            if letter.is_ascii_alphanumeric() {
                asked.push(letter);
            } else if self.case_blind && !letter.is_ascii() {
                asked.push_str(r"[\x80-\xff]+");
            } else {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing into memory cannot fail.
                    let _ = write!(asked, r"\x{byte:02X}");
                }
            }
        }
    }
}

/// Digits behind the point, as the shortest number that stands for it has them.
fn digits(number: Number) -> usize {
    match number {
        Number::Whole(_) => 0,
        Number::Fraction(number) if number.fract() == 0.0 => 0,
        Number::Fraction(number) => {
            number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
        }
        Number::Decimal(number) => {
            number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_holds_of_texts_where_one_fulfils_it() {
        let host = r"[a-z0-9-]+(?:\.[a-z0-9-]+)*";
        for (condition, language, expected) in [
            (Condition::matches("x", "*.evil.example"), host, Some(true)),
            (Condition::matches("x", "*.Evil.example"), host, Some(false)),
            (Condition::matches("x", "*.Evil.example").case_blind(), host, Some(true)),
            (Condition::matches("x", "*.").case_blind(), host, Some(false)),
            (Condition::regex("x", "evil|Evil"), host, Some(true)),
            (Condition::regex("x", "Evil|[A-Z]+"), host, Some(false)),
            (Condition::equals("x", "EVIL").case_blind(), host, Some(true)),
            (Condition::equals("x", "#evil").case_blind(), host, Some(false)),
            (Condition::one_of("x", ["Evil", "evil"]), host, Some(true)),
            (Condition::equals("x", ""), host, Some(false)),
            (Condition::equals("x", ""), "(?s:.)*", Some(true)),
            (Condition::equals("x", "É").case_blind(), "é", Some(true)),
            (Condition::equals("x", 1), host, None),
            (Condition::present("x"), host, None),
        ] {
            assert_eq!(condition.may_hold_of_texts(language, None), expected, "{condition:?}");
        }
        for (text, expected) in [("C1", false), ("C1|c1", true), ("C.", true)] {
            let condition = Condition::regex("x", text);
            assert_eq!(condition.may_hold_of_texts("[A-Za-z0-9]+", Some("C1|C2")), Some(expected));
        }
    }

    #[test]
    fn a_condition_holds_of_numbers_where_one_fulfils_it() {
        for (condition, expected) in [
            (Condition::equals("x", 23), Some(true)),
            (Condition::equals("x", 24), Some(false)),
            (Condition::equals("x", 23.0), Some(true)),
            (Condition::equals("x", 22.5), Some(false)),
            (Condition::one_of("x", [24, 7]), Some(true)),
            (Condition::one_of("x", [-1, 24]), Some(false)),
            (Condition::at_least("x", 23), Some(true)),
            (Condition::at_least("x", 24), Some(false)),
            (Condition::at_most("x", 0), Some(true)),
            (Condition::at_most("x", -1), Some(false)),
            (Condition::between("x", -5, 50), Some(true)),
            (Condition::equals("x", "23"), None),
        ] {
            assert_eq!(condition.may_hold_of_numbers(0, 23), expected, "{condition:?}");
        }
        for (number, scale, expected) in
            [(5.001, 2, false), (5.01, 2, true), (5.0, 0, true), (0.5, 0, false), (-1e-7, 6, false)]
        {
            let found = Condition::equals("x", number).may_hold_of_decimals(scale);
            assert_eq!(found, Some(expected), "{number} of {scale}");
        }
        assert_eq!(Condition::at_least("x", 0.001).may_hold_of_decimals(2), None);
    }
}
