//! The words of one line of a text, and which of its numbers are ids of something.

use std::collections::HashMap;

use crate::base::limits::MAX_ENDORSED_BYTES;
use crate::base::steps;

use super::word::{ends_sentence, id_in, is_number, is_unit};

/// The words of one line of a text.
pub(super) struct Line<'w, 't> {
    pub(super) words: &'w [&'t str],
    /// Which of them are the numbers of a list, such as `1.` and `2.` before its points.
    markers: Vec<usize>,
}

/// A word that may be the number of a point of a list.
struct Marker<'t> {
    place: usize,
    number: u32,
    /// What stands around it.
    style: (&'t str, &'t str),
    /// Whether it begins the line or a sentence, or stands behind a colon.
    begins: bool,
}

impl<'w, 't> Line<'w, 't> {
    pub(super) fn new(words: &'w [&'t str]) -> Self {
        let mut runs: HashMap<(&str, &str), Vec<Marker<'_>>> = HashMap::new();
        let (mut markers, mut open) = (Vec::new(), 0_usize);
        for (place, word) in words.iter().enumerate() {
            steps::take(|| 2 * steps::of_bytes(word.len().min(MAX_ENDORSED_BYTES)));
            let opened = word.matches('(').count();
            let closed = word.matches(')').count();
            let found = Marker::at(words, place);
            // One that is closed and was never opened: `2) buy eggs`.
            if found.is_some() && closed > open + opened {
                markers.push(place);
            }
            open = (open + opened).saturating_sub(closed);
            let Some(found) = found else { continue };
            let run = runs.entry(found.style).or_default();
            match run.last() {
                Some(last) if found.number == last.number + 1 => run.push(found),
                Some(_) if run.len() > 1 => {}
                _ if found.may_be_first() => *run = vec![found],
                _ => {}
            }
        }
        let lists = runs.into_values().filter(|run| run.len() > 1).flatten();
        markers.extend(lists.map(|marker| marker.place));
        markers.sort_unstable();
        Self { words, markers }
    }

    /// What the word at a place is, where it is an id and not a quantity or the number of a point of a list: as it was written, so that
    /// `1.10` is no `1.1`, and `$5` no order.
    pub(super) fn id(&self, place: usize) -> Option<&'t str> {
        steps::take(|| steps::of_halving(self.markers.len()));
        let word = self.words.get(place)?;
        let id = id_in(word)?;
        let is_measured = || {
            let next = self.words.get(place + 1).filter(|_| word.ends_with(id));
            is_number(id) && next.is_some_and(|next| is_unit(next))
        };
        (self.markers.binary_search(&place).is_err() && !is_measured()).then_some(id)
    }
}

impl<'t> Marker<'t> {
    fn at(words: &[&'t str], place: usize) -> Option<Self> {
        let word = words.get(place)?;
        let from = word.find(|sign: char| sign.is_alphanumeric())?;
        let digits = word.get(from..)?.bytes().take_while(u8::is_ascii_digit).count();
        let (before, after) = (word.get(..from)?, word.get(from + digits..)?);
        let number = word.get(from..from + digits)?.parse().ok()?;
        let is_dash = |word: &&str| matches!(*word, "-" | "–" | "—");
        let style = match after {
            "" if words.get(place + 1).is_some_and(is_dash) => (before, "-"),
            _ if after.contains(char::is_alphanumeric) => return None,
            _ => (before, after),
        };
        let begins = place.checked_sub(1).and_then(|before| words.get(before));
        let begins = begins.is_none_or(|word| ends_sentence(word) || word.ends_with(':'));
        Some(Self { place, number, style, begins })
    }

    /// Whether a list may begin with it: with 1 in a style that marks, as `1.`, `(1)`, `1:` and `1 -` do, or where it begins
    /// something in whatever style and with whatever number.
    fn may_be_first(&self) -> bool {
        let (before, after) = self.style;
        let brackets = before.chars().all(|sign| "([{*".contains(sign));
        let marks = !after.is_empty() && after.chars().all(|sign| ".):]}*-".contains(sign));
        self.begins || self.number == 1 && brackets && marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(line: &str) -> Vec<&str> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = Line::new(&words);
        (0..words.len()).filter_map(|place| line.id(place)).collect()
    }

    #[test]
    fn numbers_of_a_list_are_no_ids() {
        for line in [
            "1. cancel the order 2. buy eggs 3. call",
            "1) cancel the order 2) buy eggs",
            "(1) cancel the order (2) buy eggs",
            "[1] cancel the order [2] buy eggs",
            "**1.** cancel the order **2.** buy eggs",
            "1: cancel the order 2: buy eggs",
            "1 - cancel the order 2 - buy eggs",
            "1, cancel the order 2, buy eggs",
            "1 cancel the order 2 buy eggs",
            "#1 cancel the order #2 buy eggs",
            "1.) cancel the order 2.) buy eggs",
            "Do this: 1, cancel the order 2, buy eggs",
            "Please. 1 cancel the order 2 buy eggs",
            "please do 1. cancel the order 2. buy eggs",
            "3. cancel the order 4. buy eggs",
            "first cancel the order 2) buy eggs",
        ] {
            assert_eq!(ids(line).iter().filter(|id| **id != "1").count(), 0, "{line}");
        }
        for (line, expected) in [
            ("cancel order 7. refund order 9.", &["7", "9"][..]),
            ("cancel orders 1, 2 and 3", &["1", "2", "3"]),
            ("merge #1 and issue #2", &["1", "2"]),
            ("cancel it (order 7), please", &["7"]),
            ("cancel (my order 2) now", &["2"]),
            ("cancel order 2.", &["2"]),
        ] {
            assert_eq!(ids(line), expected, "{line}");
        }
    }

    #[test]
    fn quantities_are_no_ids() {
        for line in [
            "order 5 %",
            "order 5 EUR",
            "order 5 €",
            "order 5 $",
            "order 5 °C",
            "order 5 ₹ worth",
            "order 5.50 USD,",
            "order 1 234 EUR",
            "order 1\u{a0}234 €",
            "order 5 percent",
            "order 5 euros",
            "order 5 pm",
            "order 5 times",
            "order 5 (%)",
        ] {
            assert!(ids(line).iter().all(|id| id.len() > 2), "{line}: {:?}", ids(line));
        }
        for (line, id) in [
            ("order 5, % of it", "5"),
            ("order 5 now", "5"),
            ("order 5 🙂", "5"),
            ("order 5 - please", "5"),
            ("order A5 EUR", "A5"),
            ("order 5 $20", "5"),
            ("order <5", "<5"),
            ("order >5", ">5"),
            ("order ~5", "~5"),
            ("order $5", "$5"),
            ("order 5%", "5%"),
            ("order {5}", "{5}"),
            ("(order #5)", "5"),
            ("order '5'", "5"),
            ("order 1.10.", "1.10"),
        ] {
            assert_eq!(ids(line).first(), Some(&id), "{line}");
        }
    }
}
