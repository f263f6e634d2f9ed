//! Text patterns: literal text in which `*` stands for any run of characters, also none.

use super::error::Fault;
use super::literal::{Of, pieces};
use crate::base::limits::{MAX_CONDITION_BYTES, MAX_STARS};
use crate::base::steps;

/// A parsed text pattern: the pieces between its stars.
#[derive(Clone, Debug)]
pub(crate) struct TextPattern {
    first: Box<str>,
    /// Pieces between two stars, none of them empty.
    middle: Box<[Box<str>]>,
    /// What stands behind the last star; `None` without a star.
    last: Option<Box<str>>,
}

impl TextPattern {
    /// A pattern over a text of any kind.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_CONDITION_BYTES {
            return Err(Fault::TooLong);
        }
        if text.matches('*').count() > MAX_STARS {
            return Err(Fault::TooManyStars);
        }
        if text.contains("**") {
            return Err(Fault::StarsInText);
        }
        Ok(Self::of(pieces(text, Of::Text)?.into_iter().map(|piece| piece.into_owned().into())))
    }

    /// The same of literal pieces: what stands between two of them is a star.
    pub(super) fn of(mut pieces: impl DoubleEndedIterator<Item = Box<str>>) -> Self {
        let first = pieces.next().unwrap_or_default();
        let last = pieces.next_back();
        let middle = pieces.filter(|piece| !piece.is_empty()).collect();
        Self { first, middle, last }
    }

    /// Whether the whole of `text` matches. Linear in the text, however many pieces there are: taking the leftmost
    /// place of every middle piece leaves the most room for the next, and none looks at what is behind it again.
    pub(crate) fn matches(&self, text: &str) -> bool {
        steps::take(|| self.end_steps());
        let Some(last) = &self.last else { return *self.first == *text };
        let Some(rest) = text.strip_prefix(&*self.first) else { return false };
        let Some(mut rest) = rest.strip_suffix(&**last) else { return false };
        for piece in &self.middle {
            let found = rest.split_once(&**piece);
            steps::take(|| {
                let searched = found.map_or(rest.len(), |(_, behind)| rest.len() - behind.len());
                steps::of_search(piece.len()) + steps::of_search(searched)
            });
            match found {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        true
    }

    /// The most steps that matching a text of so many bytes can take.
    pub(crate) fn worst_case_steps(&self, bytes: usize) -> u64 {
        let middle = self.middle.iter().map(|piece| 1 + steps::of_search(piece.len()));
        self.end_steps() + middle.sum::<u64>() + bytes as u64 / 4
    }

    /// Steps to compare what stands before the first star and behind the last.
    fn end_steps(&self) -> u64 {
        let last = self.last.as_deref().unwrap_or_default();
        steps::of_bytes(self.first.len()) + steps::of_bytes(last.len())
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let middle: usize = self.middle.iter().map(|piece| piece.len() + 16).sum();
        self.first.len() + middle + self.last.as_ref().map_or(0, |last| last.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        let cases = [
            ("report-*.pdf", "report-7.pdf", true),
            ("report-*.pdf", "report-.pdf", true),
            ("report-*.pdf", "report-7.pdf.exe", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "ab", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "a-c-b-c", true),
            ("é*", "école", true),
            ("x", "X", false),
        ];
        for (pattern, text, expected) in cases {
            let parsed = TextPattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(text), expected, "{pattern} on {text}");
        }
        assert!(TextPattern::parse("*a*a*a*a*a*a*a*a*").is_err());
        assert!(TextPattern::parse("a**b").is_err());
    }
}
