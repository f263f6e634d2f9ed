//! Literal text in patterns: what stands as it is, what is escaped, and what is refused because it means something
//! in another language of patterns.
//!
//! The grammar, in full. Letters and digits of every script stand as they are, and so do `-`, `_`, `.`, `@`, `:`, `'`, `&`,
//! `=`, `#`, and a space between other characters. `:` does not begin a segment; `+` stands before a letter or digit,
//! and first or behind one; no dot stands before a star; a segment is not three dots or more. `*` stands for any run
//! of characters. Every other character, and only these, is written as the bytes of its UTF-8, each as `%` and two digits
//! in upper-case hexadecimal.

use std::borrow::Cow;
use std::fmt::Write;

use smallvec::SmallVec;

use crate::base::visible::visible;

/// What a literal is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// One segment of a path.
    Segment,
    /// A text of any kind.
    Text,
}

/// The literal pieces around the stars of a pattern.
pub(super) type Pieces<'p> = SmallVec<[Cow<'p, str>; 4]>;

/// A part of a text that the grammar has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What stands there.
    part: Box<str>,
    meant: Meant,
}

/// What people mean who write such a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    Whole,
    Any,
    One,
    Class,
    Alternative,
    List,
    Negation,
    Repetition,
    Home,
    Bound,
    Backslash,
    Escape,
    Below,
    End,
    Character,
}

impl Foreign {
    fn new(part: impl Into<Box<str>>, meant: Meant) -> Self {
        Self { part: part.into(), meant }
    }

    /// What to write in its place.
    pub(crate) const fn hint(&self) -> &'static str {
        match self.meant {
            Meant::Whole => "a pattern is always about the whole text; leave anchors out",
            Meant::Any => "`*` alone stands for any run of characters",
            Meant::One => "`*` stands for any run of characters; nothing stands for exactly one",
            Meant::Class => {
                "there are no classes of characters; write one pattern for each spelling"
            }
            Meant::Alternative => {
                "there are no alternatives within a pattern; write one pattern for each"
            }
            Meant::List => "a text is one pattern; write a list of several",
            Meant::Negation => {
                "nothing is negated within a pattern; negate the condition, or write a statement of the other effect"
            }
            Meant::Repetition => "nothing is repeated; `*` stands for any run of characters",
            Meant::Home => "no home folder is looked up; name the folder",
            Meant::Bound => "a bound name is a whole segment such as `{invoker}`",
            Meant::Backslash => {
                "`/` stands between segments, and nothing is escaped by a backslash"
            }
            Meant::Escape => {
                "an escape is `%` and two digits in upper-case hexadecimal, of a character that does not stand as it is; `*` stands for any run of characters"
            }
            Meant::Below => "`**` as a segment stands for all that is below",
            Meant::End => "leave the space out, or write it as `%20`",
            Meant::Character => {
                "only letters, digits, spaces and - _ . @ : ' & = # + stand as they are"
            }
        }
    }
}

impl std::error::Error for Foreign {}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = visible(&self.part);
        match self.meant {
            Meant::Escape => write!(f, "`{shown}` is no escape"),
            Meant::End => f.write_str("a space begins or ends it"),
            Meant::Any | Meant::Below => {
                write!(
                    f,
                    "`{shown}` does not mean here what it means elsewhere; a dot as such is written `%2E`"
                )
            }
            _ => {
                write!(
                    f,
                    "`{shown}` does not stand as it is in a pattern; as such it is written `"
                )?;
                self.part.bytes().try_for_each(|byte| write!(f, "%{byte:02X}"))?;
                f.write_char('`')
            }
        }
    }
}

/// The pieces of a pattern between its stars, with their escapes taken away. What stands as it is may not be escaped, so
/// that a pattern has one form.
pub(super) fn pieces(pattern: &str, of: Of) -> Result<Pieces<'_>, Foreign> {
    if is_plain(pattern) {
        return Ok(pattern.split('*').map(Cow::Borrowed).collect());
    }
    check(pattern)?;
    let pieces: Pieces<'_> = pattern.split('*').map(unescaped).collect::<Result<_, _>>()?;
    if pattern.contains('%') {
        let one_form = written(&pieces, of);
        let pairs = pattern.char_indices().zip(one_form.chars());
        if let Some(((at, _), _)) = pairs.into_iter().find(|((_, is), should)| is != should) {
            let end = pattern.len().min(at + 3);
            return Err(Foreign::new(pattern.get(at..end).unwrap_or_default(), Meant::Escape));
        }
    }
    Ok(pieces)
}

/// Pieces as they are written around stars.
fn written(pieces: &[Cow<'_, str>], of: Of) -> String {
    // A star is no letter.
    let stars = pieces.iter().enumerate().flat_map(|(number, piece)| {
        (number > 0).then_some(None).into_iter().chain(piece.chars().map(Some))
    });
    let letters: Vec<Option<char>> = stars.collect();
    let mut out = String::with_capacity(letters.len() + 8);
    for segment in letters.split_inclusive(|letter| of == Of::Text && *letter == Some('/')) {
        let end: &[Option<char>] = if of == Of::Text { &[Some('/')] } else { &[] };
        let name = segment.strip_suffix(end).unwrap_or(segment);
        let dots =
            name.iter().all(|letter| *letter == Some('.')) && (name.len() > 2 || of == Of::Segment);
        for (place, letter) in segment.iter().enumerate() {
            let Some(letter) = *letter else {
                out.push('*');
                continue;
            };
            let (first, last) = (out.is_empty(), place + 1 == segment.len());
            let before = place.checked_sub(1).and_then(|place| segment.get(place));
            let next = segment.get(place + 1);
            let is_word = |of: Option<&Option<char>>| {
                of.is_some_and(|letter| letter.is_some_and(char::is_alphanumeric))
            };
            let as_it_is = match letter {
                '.' => !dots && next != Some(&None),
                ':' => before.is_some(),
                '+' => is_word(next) && (before.is_none() || is_word(before)),
                ' ' => !first && !last,
                '/' => of == Of::Text,
                letter => stands(letter),
            };
            if as_it_is {
                out.push(letter);
            } else {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing into memory cannot fail.
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
    out
}

/// The first character that does not stand in the name of a tool, which is compared as a whole and has no escapes.
/// A space at an end cannot be seen, and slashes at both enclose a pattern elsewhere.
pub(super) fn odd_in_tool(name: &str) -> Option<char> {
    if name.starts_with(' ') || name.ends_with(' ') {
        return Some(' ');
    }
    if name.starts_with('/') && name.ends_with('/') {
        return Some('/');
    }
    name.chars().find(|letter| !stands(*letter) && !matches!(letter, '/' | ' '))
}

/// Whether a segment such as `{invoker}` can bind this name.
pub(super) fn is_bindable(name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && name.chars().all(is_word)
}

/// Whether a segment without stars stands for itself, in paths as in patterns: the short way for nearly all segments.
pub(super) fn is_itself(segment: &str) -> bool {
    !segment.contains('*') && is_plain(segment)
}

/// What nearly all patterns are made of; nothing in it needs another look.
fn is_plain(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@' | b'*');
    let dot = |(at, byte): (usize, &u8)| {
        *byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    bytes.iter().enumerate().all(|(at, byte)| plain(byte) || dot((at, byte)))
}

/// What stands as it is wherever it stands, but for `*`, `+`, `/` and the space.
fn stands(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '-' | '_' | '.' | '@' | ':' | '\'' | '&' | '=' | '#')
}

fn check(pattern: &str) -> Result<(), Foreign> {
    if pattern.starts_with(' ') || pattern.ends_with(' ') {
        return Err(Foreign::new(" ", Meant::End));
    }
    for segment in pattern.split('/') {
        if segment.len() > 2 && segment.bytes().all(|byte| byte == b'.') {
            return Err(Foreign::new(segment, Meant::Below));
        }
        let mut before = None;
        let mut rest = segment.chars();
        while let Some(letter) = rest.next() {
            let next = rest.clone().next();
            check_letter(before, letter, next)?;
            before = Some(letter);
        }
    }
    Ok(())
}

/// A character between its neighbours.
fn check_letter(before: Option<char>, letter: char, next: Option<char>) -> Result<(), Foreign> {
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    match letter {
        '.' if next == Some('*') => Err(Foreign::new(".*", Meant::Any)),
        '.' if next == Some('+') => Err(Foreign::new(".+", Meant::Any)),
        ':' if before.is_none() => Err(Foreign::new(":", Meant::Bound)),
        '+' if is_word(next) && before.is_none_or(char::is_alphanumeric) => Ok(()),
        // Escapes are looked at when they are read.
        '*' | ' ' | '%' => Ok(()),
        _ if stands(letter) => Ok(()),
        _ => Err(Foreign::new(String::from(letter), meant(letter))),
    }
}

const fn meant(letter: char) -> Meant {
    match letter {
        '^' | '$' => Meant::Whole,
        '?' => Meant::One,
        '[' | ']' => Meant::Class,
        '(' | ')' | '|' | '{' | '}' => Meant::Alternative,
        ',' | ';' => Meant::List,
        '!' => Meant::Negation,
        '+' => Meant::Repetition,
        '~' => Meant::Home,
        '<' | '>' => Meant::Bound,
        '\\' => Meant::Backslash,
        _ => Meant::Character,
    }
}

/// A piece without its escapes.
fn unescaped(piece: &str) -> Result<Cow<'_, str>, Foreign> {
    if !piece.contains('%') {
        return Ok(Cow::Borrowed(piece));
    }
    let mut plain = String::with_capacity(piece.len());
    let mut rest = piece;
    while let Some((before, from)) =
        rest.split_once('%').map(|(before, _)| (before, rest.get(before.len()..)))
    {
        plain.push_str(before);
        let from = from.unwrap_or_default();
        let (letter, behind) = escape(from).ok_or_else(|| {
            let end = from.char_indices().nth(3).map_or(from.len(), |(at, _)| at);
            Foreign::new(from.get(..end).unwrap_or_default(), Meant::Escape)
        })?;
        plain.push(letter);
        rest = behind;
    }
    plain.push_str(rest);
    Ok(Cow::Owned(plain))
}

/// The character that is escaped at the start of a text, and what stands behind it.
fn escape(text: &str) -> Option<(char, &str)> {
    let mut bytes = [0; 4];
    for count in 1..=bytes.len() {
        let at = 3 * (count - 1);
        let [b'%', high, low] = *text.as_bytes().get(at..at + 3)? else { return None };
        *bytes.get_mut(count - 1)? = hex(high)? << 4 | hex(low)?;
        if let Ok(character) = std::str::from_utf8(bytes.get(..count)?) {
            let letter = character.chars().next().filter(|letter| !letter.is_alphanumeric())?;
            return Some((letter, text.get(at + 3..)?));
        }
    }
    None
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short way and the long one are one.
    #[test]
    fn what_stands_for_itself_is_one_piece_that_a_path_holds_as_it_is() {
        let letters = ["a", "Z", "0", "-", "_", "@", ".", "*", "%", "/", "é", " ", "#"];
        let mut itself = 0;
        for one in letters {
            for two in letters {
                for three in letters {
                    let segment = [one, two, three].concat();
                    if !is_itself(&segment) {
                        continue;
                    }
                    itself += 1;
                    assert!(check(&segment).is_ok(), "{segment}");
                    let pieces = pieces(&segment, Of::Segment).unwrap();
                    assert_eq!(pieces.as_slice(), [Cow::Borrowed(&*segment)]);
                    let mut path = String::new();
                    crate::model::resource::escape_into(&segment, &mut path);
                    assert_eq!(path, segment);
                }
            }
        }
        assert_eq!(itself, 6 * 6 * 6 + 3 * 6 + 6 * 3, "a dot stands before one of three letters");
    }

    #[test]
    fn what_is_plain_needs_no_other_look() {
        for text in ["a.b", "*.pdf", "report-*", "a_b@c.d"] {
            assert!(is_plain(text) && check(text).is_ok(), "{text}");
        }
        for text in ["a.*", "a.", "...", "a b", "%2E", "é"] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn escapes_are_read_once() {
        let read = |text| unescaped(text).ok().map(Cow::into_owned);
        for (text, plain) in [
            ("%3F", "?"),
            ("a%2Ab", "a*b"),
            ("%253F", "%3F"),
            ("%E2%80%8B", "\u{200b}"),
            ("%F0%9F%94%91!", "🔑!"),
            ("%0A", "\n"),
        ] {
            assert_eq!(read(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["%", "%2", "%2e", "%41", "%C3%A9", "%C3", "%FF", "%zz", "100%", "%é"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
