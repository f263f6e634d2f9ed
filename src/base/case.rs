//! Capital and small letters taken for one, where everybody does so alike.

use smallvec::SmallVec;

/// A character as it is compared where `A` and `a` are one.
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    c.to_lowercase().next().unwrap_or(c)
}

/// Whether all that fold letters at all agree about a character.
pub(crate) fn is_foldable(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let (lower, upper) = (single(c.to_lowercase()), single(c.to_uppercase()));
    let (Some(lower), Some(upper)) = (lower, upper) else { return false };
    let is_uncased = lower == c && upper == c;
    let is_everyday = match u32::from(c) {
        // Latin.
        0xc0..=0x17f | 0x1cd..=0x1dc | 0x200..=0x21b | 0x1e00..=0x1eff => true,
        // Greek, Cyrillic, Armenian.
        0x370..=0x556 | 0x561..=0x586 => true,
        _ => false,
    };
    let turns = |from: char| single(from.to_lowercase()) == Some(lower);
    is_uncased || is_everyday && turns(upper) && single(lower.to_uppercase()) == Some(upper)
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next();
    first.filter(|_| chars.next().is_none())
}

/// Whether two names may be the same one, in other letters: small or capital, whole or with their accents apart. Where only a table of
/// all letters could tell, they may be. It keeps somebody out; nobody is let in by it.
pub(crate) fn may_be_one_name(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    let (mut one, mut other) = (Clusters::of(one), Clusters::of(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one.may_be(&other) => {}
            _ => return false,
        }
    }
}

/// A letter with the marks that follow it.
#[derive(Debug, PartialEq, Eq)]
struct Cluster {
    letter: char,
    marks: SmallVec<[char; 4]>,
}

impl Cluster {
    fn may_be(&self, other: &Self) -> bool {
        if self.letter == other.letter {
            // A mark may stand for two.
            let both = !self.marks.is_empty() && !other.marks.is_empty();
            return self.marks == other.marks || both && self.marks.len() != other.marks.len();
        }
        let is_plain = |one: &Self| one.letter.is_ascii() && one.marks.is_empty();
        if is_plain(self) || is_plain(other) {
            return is_doublet(self.letter) || is_doublet(other.letter);
        }
        let one = is_doublet(self.letter) || is_doublet(other.letter);
        let takes_marks = |c: char| matches!(u32::from(c), 0..=0x52f | 0x1e00..=0x1fff);
        let alike = takes_marks(self.letter) && takes_marks(other.letter);
        let marked = !self.marks.is_empty() || !other.marks.is_empty();
        one || marked && (alike || self.marks.len() != other.marks.len())
    }
}

/// Letters that stand for another letter, whichever that is.
fn is_doublet(c: char) -> bool {
    matches!(u32::from(c), 0x37e | 0x387 | 0x1fef | 0x1ffd | 0x2000 | 0x2001 | 0x2126..=0x212b
        | 0x2329 | 0x232a | 0xf900..=0xfaff | 0x2f800..=0x2fa1f)
}

/// The letters of a name as they are compared.
struct Clusters<I: Iterator<Item = char>>(std::iter::Peekable<I>);

impl Clusters<std::vec::IntoIter<char>> {
    fn of(name: &str) -> Self {
        let letters = name.chars().flat_map(spelled).flat_map(char::to_lowercase);
        let letters = letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        let letters: Vec<char> = letters.collect();
        Self(letters.into_iter().peekable())
    }
}

impl<I: Iterator<Item = char>> Iterator for Clusters<I> {
    type Item = Cluster;

    fn next(&mut self) -> Option<Cluster> {
        let letter = self.0.next()?;
        let mut marks = SmallVec::new();
        while let Some(mark) = self.0.next_if(|c| is_mark(*c)) {
            marks.push(mark);
        }
        marks.sort_unstable();
        Some(Cluster { letter, marks })
    }
}

/// Whether a character extends the one before it; so is what nobody sees taken.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.escape_debug().len() > 1
}

/// A syllable of Hangul as the letters that it is made of.
fn spelled(c: char) -> impl Iterator<Item = char> {
    let syllable = u32::from(c).wrapping_sub(0xac00);
    let parts = if syllable < 11_172 {
        let letter = |base: u32, place: u32| char::from_u32(base + place);
        let last = (syllable % 28 > 0).then_some(syllable % 28);
        [
            letter(0x1100, syllable / 588),
            letter(0x1161, syllable % 588 / 28),
            last.and_then(|last| letter(0x11a7, last)),
        ]
    } else {
        [Some(c), None, None]
    };
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To fold is to come to one form whichever way a letter is written, and no further letter comes to it.
    #[test]
    fn what_folds_has_one_form_of_its_own_length() {
        let mut folded = 0;
        for c in ('\0'..=char::MAX).filter(|c| is_foldable(*c)) {
            let lower = fold(c);
            assert!(is_foldable(lower) && fold(lower) == lower, "{c:?}");
            assert_eq!(lower.len_utf8(), c.len_utf8(), "{c:?}");
            folded += usize::from(lower != c);
        }
        assert!(folded > 500, "{folded}");
        for c in ['ß', 'ẞ', 'ſ', 'ı', 'İ', 'ς', '\u{212a}', '\u{2126}', 'ﬀ', 'ŉ'] {
            assert!(!is_foldable(c), "{c}");
        }
    }

    #[test]
    fn names_that_may_be_one() {
        for (one, other) in [
            ("Dana", "dANA"),
            ("Émile@x", "émile@X"),
            ("e\u{301}mile@x", "Émile@x"),
            ("E\u{301}MILE@x", "émile@x"),
            ("\u{e9}\u{323}", "\u{1eb9}\u{301}"),
            ("a\u{308}\u{301}", "a\u{344}"),
            ("ΝΊΚΟΣ", "νίκος"),
            ("STRASSE", "straße"),
            ("\u{212a}im", "kim"),
            ("\u{212b}sa", "åsa"),
            ("가", "\u{1100}\u{1161}"),
            ("각", "\u{1100}\u{1161}\u{11a8}"),
            ("\u{f900}", "\u{8c48}"),
            ("ИВАН", "иван"),
            ("\u{439}", "\u{438}\u{306}"),
        ] {
            assert!(may_be_one_name(one, other) && may_be_one_name(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("dana", "danb"),
            ("dana", "dana1"),
            ("émile", "emile"),
            ("émile", "èmile"),
            ("Иван", "Ивам"),
            ("가", "나"),
            ("राजा", "रानी"),
            ("李", "王"),
            ("e\u{301}", "e"),
        ] {
            assert!(!may_be_one_name(one, other) && !may_be_one_name(other, one), "{one} {other}");
        }
    }
}
