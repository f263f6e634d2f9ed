//! Capital and small letters taken for one, where everybody does so alike.

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
}
