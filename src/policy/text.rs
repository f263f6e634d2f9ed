//! Text patterns: literal text in which `*` stands for any run of characters, also none.

use std::fmt;

use memchr::memmem::Finder;

use super::error::Fault;
use super::literal::{Of, pieces};
use crate::base::limits::{MAX_CONDITION_BYTES, MAX_STARS};
use crate::base::steps;

/// A parsed text pattern: the pieces between its stars.
#[derive(Clone, Debug)]
pub(crate) struct TextPattern {
    first: Box<str>,
    /// Pieces between two stars, none of them empty, each made ready to be searched for.
    middle: Box<[Finder<'static>]>,
    /// What stands behind the last star; `None` without a star.
    last: Option<Box<str>>,
}

impl TextPattern {
    /// A pattern over a text of any kind.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        Self::parse_by(text, |piece| Ok(piece.into()))
    }

    /// Likewise, of which each piece of literal text is written as `form` says.
    pub(super) fn parse_by(
        text: &str,
        form: impl Fn(&str) -> Result<Box<str>, Fault>,
    ) -> Result<Self, Fault> {
        if text.len() > MAX_CONDITION_BYTES {
            return Err(Fault::TooLong);
        }
        if text.matches('*').count() > MAX_STARS {
            return Err(Fault::TooManyStars);
        }
        if text.contains("**") {
            return Err(Fault::StarsInText);
        }
        let pieces = pieces(text, Of::Text)?;
        let pieces: Vec<Box<str>> =
            pieces.iter().map(|piece| form(piece)).collect::<Result<_, _>>()?;
        Ok(Self::of(pieces.into_iter()))
    }

    /// The same of literal pieces: what stands between two of them is a star.
    pub(super) fn of(mut pieces: impl DoubleEndedIterator<Item = Box<str>>) -> Self {
        let first = pieces.next().unwrap_or_default();
        let last = pieces.next_back();
        let middle = pieces.filter(|piece| !piece.is_empty());
        let middle = middle.map(|piece| Finder::new(piece.as_bytes()).into_owned()).collect();
        Self { first, middle, last }
    }

    /// Whether the whole of `text` matches. Linear in the text, however many pieces there are: taking the leftmost
    /// place of every middle piece leaves the most room for the next, and none looks at what is behind it again.
    ///
    /// Bytes are searched. A piece is whole characters, so it stands nowhere else than where characters begin.
    pub(crate) fn matches(&self, text: &str) -> bool {
        steps::take(|| self.end_steps());
        let Some(last) = &self.last else { return *self.first == *text };
        let rest = strip(text.as_bytes(), &self.first, <[u8]>::strip_prefix::<[u8]>);
        let Some(rest) = rest else { return false };
        let Some(mut rest) = strip(rest, last, <[u8]>::strip_suffix::<[u8]>) else { return false };
        for piece in &self.middle {
            let length = piece.needle().len();
            let found = piece.find(rest).and_then(|at| rest.get(at.wrapping_add(length)..));
            steps::take(|| {
                let searched = found.map_or(rest.len(), |behind| rest.len() - behind.len());
                steps::of_search(length) + steps::of_search(searched)
            });
            match found {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        true
    }

    /// The most steps that matching a text of so many bytes can take.
    pub(crate) fn worst_case_steps(&self, bytes: usize) -> u64 {
        let middle = self.middle.iter().map(|piece| 1 + steps::of_search(piece.needle().len()));
        self.end_steps() + middle.sum::<u64>() + bytes as u64 / 4
    }

    /// Steps to compare what stands before the first star and behind the last.
    fn end_steps(&self) -> u64 {
        let last = self.last.as_deref().unwrap_or_default();
        steps::of_bytes(self.first.len()) + steps::of_bytes(last.len())
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let pieces: usize = self.middle.iter().map(|piece| piece.needle().len()).sum();
        let ends = self.first.len() + self.last.as_ref().map_or(0, |last| last.len());
        size_of_val(&*self.middle) + pieces + ends
    }
}

/// `text` without `end`, as `by` takes it off. Where the end is empty nothing is compared: an empty box points to no
/// memory, and to compare nothing with it took 40 to 80 ns, more than most searches.
#[inline]
fn strip<'t>(
    text: &'t [u8],
    end: &str,
    by: impl FnOnce(&'t [u8], &[u8]) -> Option<&'t [u8]>,
) -> Option<&'t [u8]> {
    if end.is_empty() { Some(text) } else { by(text, end.as_bytes()) }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first)?;
        for piece in &self.middle {
            f.write_str("*")?;
            f.write_str(std::str::from_utf8(piece.needle()).unwrap_or_default())?;
        }
        self.last.iter().try_for_each(|last| write!(f, "*{last}"))
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
            ("*é*", "ecolé", true),
            ("*á*", "é", false),
            ("*ab*", "", false),
            ("x", "X", false),
        ];
        for (pattern, text, expected) in cases {
            let parsed = TextPattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(text), expected, "{pattern} on {text}");
        }
        assert!(TextPattern::parse("*a*a*a*a*a*a*a*a*").is_err());
        assert!(TextPattern::parse("a**b").is_err());
    }
    /// The search of a piece goes other ways by its length, by that of the text and by how the piece repeats itself.
    #[test]
    fn a_piece_is_found_wherever_it_stands() {
        let pieces = ["a", "ab", "aab", "abaab"].map(str::to_owned).into_iter();
        let repeated = (1..80).map(|n| format!("{}b{}", "a".repeat(n), "a".repeat(n % 3)));
        for piece in pieces.chain(repeated) {
            let pattern = TextPattern::parse(&format!("*{piece}*b")).unwrap();
            for padding in (0..40).chain([100, 1000]) {
                for filling in ["a", "b", "ab", "é"] {
                    let filling = filling.repeat(padding);
                    for text in [
                        format!("{filling}{piece}{filling}b"),
                        format!("{filling}{piece}"),
                        format!("{filling}b"),
                        format!("{}{filling}b", &piece[1..]),
                    ] {
                        let expected =
                            text.strip_suffix('b').is_some_and(|text| text.contains(&piece));
                        assert_eq!(pattern.matches(&text), expected, "{piece} in {text}");
                    }
                }
            }
        }
    }
}
