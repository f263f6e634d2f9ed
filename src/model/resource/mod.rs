//! Canonical resource paths: every name has exactly one form, or is refused.
//!
//! A path is segments joined by `/`, such as `mail/dana/inbox/812`. Text from outside (a file name, an
//! address, an id that a model wrote) enters as one segment through [`ResourceBuf::push`], which
//! escapes it. Bytes compare as they are: no Unicode folding and no case folding.
//!
//! The escape, in full: the bytes `%`, `/`, `\`, `*`, `{`, `}` and every byte of a control character
//! are written `%XX` in upper-case hexadecimal, and so are the dots of a segment that is only `.` or
//! `..`. Nothing else may be escaped and nothing of these may stand raw, so a name has one form.

mod path;
mod reach;

pub(crate) use path::{Path, back_key, front_key};
pub use reach::Reach;

use std::fmt;

use smallvec::SmallVec;

use crate::base::codes::fault_table;
use crate::base::limits::{MAX_RESOURCE_BYTES, MAX_SEGMENTS};
use crate::base::steps;

/// A resource path known to be canonical, borrowed.
///
/// [`Action`](crate::Action) takes paths as plain text and the gate refuses those that are not
/// canonical; parse one yourself to get the error with its place, early.
///
/// ```
/// use permitgate::model::Resource;
///
/// let resource = Resource::parse("mail/dana/inbox/812")?;
/// assert_eq!(resource.segments().last(), Some("812"));
/// let error = Resource::parse("mail/../etc").unwrap_err();
/// assert_eq!(error.to_string(), "resource, byte 5: segment `..` is not canonical");
/// # Ok::<(), permitgate::model::ResourceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource<'a>(&'a str);

impl<'a> Resource<'a> {
    /// Checks that `text` is canonical.
    ///
    /// # Errors
    /// [`ResourceError`] with the byte at which the text stops being canonical.
    pub fn parse(text: &'a str) -> Result<Self, ResourceError> {
        Path::default().read(text)?;
        Ok(Self(text))
    }

    /// The path as text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The segments, escaped as they stand in the path.
    pub fn segments(self) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0.split('/')
    }
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A canonical resource path that is put together segment by segment.
///
/// Use it whenever a part of the path comes from outside: [`push`](Self::push) makes any text one
/// segment, which can be neither a separator, nor a parent folder, nor a pattern.
///
/// ```
/// use permitgate::model::ResourceBuf;
///
/// let path = ResourceBuf::new("files/dana")?.push("../../etc/passwd")?;
/// assert_eq!(path.as_str(), "files/dana/..%2F..%2Fetc%2Fpasswd");
/// # Ok::<(), permitgate::model::ResourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceBuf(String);

impl ResourceBuf {
    /// Starts from a path that is canonical already, usually a literal.
    ///
    /// # Errors
    /// As [`Resource::parse`].
    pub fn new(base: &str) -> Result<Self, ResourceError> {
        Resource::parse(base)?;
        Ok(Self(base.to_owned()))
    }

    /// Appends `text`, whatever it holds, as one escaped segment.
    ///
    /// # Errors
    /// When `text` is empty (an empty name has no segment) or the path grows beyond its limits.
    pub fn push(mut self, text: &str) -> Result<Self, ResourceError> {
        let at = self.0.len() + 1;
        if text.is_empty() {
            return Err(ResourceError::new(at, Fault::EmptySegment));
        }
        if self.0.split('/').count() >= MAX_SEGMENTS {
            return Err(ResourceError::new(at, Fault::TooManySegments));
        }
        self.0.push('/');
        escape_into(text, &mut self.0);
        if self.0.len() > MAX_RESOURCE_BYTES {
            return Err(ResourceError::new(MAX_RESOURCE_BYTES, Fault::TooLong));
        }
        Ok(self)
    }

    /// The path as text, for [`Action`](crate::Action).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a canonical resource path, and where.
///
/// ```
/// use permitgate::kinds::ResourceErrorKind;
/// use permitgate::model::Resource;
///
/// let error = Resource::parse("mail//inbox").unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (ResourceErrorKind::EmptySegment, 5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource, {}", Said { error: *self, helps: false })]
pub struct ResourceError {
    at: u16,
    fault: Fault,
}

impl ResourceError {
    fn new(at: usize, fault: Fault) -> Self {
        Self { at: u16::try_from(at).unwrap_or(u16::MAX), fault }
    }

    /// What to write instead, in a pattern.
    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self.fault {
            Fault::EmptySegment if self.at == 0 => Some("write `etc/**` for `/etc/**`"),
            Fault::EmptySegment => Some("leave out the slash that is too much"),
            Fault::Dot | Fault::DotDot => Some("a path is told from its start, without steps up"),
            _ => None,
        }
    }

    /// Where it is wrong, and how, with what to write; without saying that it is about a resource.
    pub(crate) fn said(&self) -> impl fmt::Display {
        Said { error: *self, helps: true }
    }

    /// What is wrong, as a code.
    pub const fn kind(&self) -> ResourceErrorKind {
        self.fault.kind()
    }

    /// The byte offset of the fault in the text.
    pub const fn offset(&self) -> usize {
        self.at as usize
    }
}

struct Said {
    error: ResourceError,
    /// With what to write for a resource.
    helps: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error: ResourceError { at, fault }, helps } = self;
        match (at, fault) {
            (0, Fault::EmptySegment) => {
                f.write_str("byte 0: a path does not begin with `/`")?;
                f.write_str(if *helps { "; write `etc/hosts` for `/etc/hosts`" } else { "" })
            }
            _ => write!(f, "byte {at}: {fault}"),
        }
    }
}

fault_table! {
    /// Why a text is no canonical path ([`ResourceError::kind`](crate::model::ResourceError::kind)).
    pub enum ResourceErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("the path is empty")]
        Empty => EmptyPath, "empty-path",
        #[error("the path is longer than {MAX_RESOURCE_BYTES} bytes")]
        TooLong => TooLong, "too-long",
        #[error("the path has more than {MAX_SEGMENTS} segments")]
        TooManySegments => TooManySegments, "too-many-segments",
        #[error("the segment is empty; a path neither begins nor ends with `/`, nor has two in a row")]
        EmptySegment => EmptySegment, "empty-segment",
        #[error("segment `.` is not canonical")]
        Dot => DotSegment, "dot-segment",
        #[error("segment `..` is not canonical")]
        DotDot => DotDotSegment, "dot-dot-segment",
        #[error("`{}` must be escaped as `%{byte:02X}`", char::from(*byte))]
        Raw { byte: u8 } => UnescapedByte, "unescaped-byte",
        #[error("a control character must be escaped")]
        Control => ControlCharacter, "control-character",
        #[error("`%` does not begin an escape that is needed and in upper case")]
        Escape => MalformedEscape, "malformed-escape",
    }
}

/// Escapes one segment into `out`; the empty text stays empty.
pub(crate) fn escape_into(text: &str, out: &mut impl fmt::Write) {
    escape(text, text == "." || text == "..", out);
}

/// Escapes a part of a segment into `out`, in which dots are no more than dots.
pub(crate) fn escape_within(text: &str, out: &mut impl fmt::Write) {
    escape(text, false, out);
}

fn escape(text: &str, dots: bool, out: &mut impl fmt::Write) {
    // Nearly all text is plain, and is written whole. Folded, so that the bytes are looked at several at a time.
    let plain = !text.bytes().fold(dots, |any, byte| any | is_odd(byte));
    if plain {
        // Writing into memory cannot fail.
        let _ = out.write_str(text);
        return;
    }
    let is_escaped = |character: char| dots || character.is_control() || is_reserved(character);
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        let (plain, behind) = rest.split_at(at);
        let _ = out.write_str(plain);
        let width = behind.chars().next().map_or(0, char::len_utf8);
        let (escaped, behind) = behind.split_at(width);
        escaped.bytes().for_each(|byte| escape_byte(byte, out));
        rest = behind;
    }
    let _ = out.write_str(rest);
}

/// Shows the name that a canonical segment stands for, without its escapes. Allocates nothing.
pub(crate) fn with_name<T>(segment: &str, read: impl FnOnce(&str) -> T) -> T {
    if !segment.contains('%') {
        return read(segment);
    }
    steps::take(|| steps::of_search(segment.len()));
    let mut name: SmallVec<[u8; MAX_RESOURCE_BYTES]> = SmallVec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        (_, rest) = match escaped_byte(rest, 0) {
            Some(byte) => (name.push(byte), rest.get(3..).unwrap_or_default()),
            None => (name.push(*first), behind),
        };
    }
    // Only texts are escaped, so that is one again.
    read(std::str::from_utf8(&name).unwrap_or(segment))
}

fn escape_byte(byte: u8, out: &mut impl fmt::Write) {
    let digit =
        |nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    for character in ['%', digit(byte >> 4), digit(byte & 0xF)] {
        let _ = out.write_char(character);
    }
}

const fn is_reserved(character: char) -> bool {
    matches!(character, '%' | '/' | '\\' | '*' | '{' | '}')
}

/// Whether a byte may have to be escaped: reserved, a control character, or no ASCII.
const fn is_odd(byte: u8) -> bool {
    matches!(byte, ..b' ' | 0x7F.. | b'%' | b'/' | b'\\' | b'*' | b'{' | b'}')
}

fn check_short(segment: &[u8], start: usize) -> Result<(), ResourceError> {
    match segment {
        b"" => Err(ResourceError::new(start, Fault::EmptySegment)),
        b"." => Err(ResourceError::new(start, Fault::Dot)),
        b".." => Err(ResourceError::new(start, Fault::DotDot)),
        _ => Ok(()),
    }
}

/// The earlier of a fault that was found and one that the careful check finds.
#[cold]
fn first_fault(text: &str, found: ResourceError) -> ResourceError {
    match check_bytes(text) {
        Err(earlier) if earlier.at < found.at => earlier,
        _ => found,
    }
}

/// The careful check, for paths that hold anything but plain ASCII.
#[cold]
fn check_bytes(text: &str) -> Result<(), ResourceError> {
    let mut at = 0;
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        match character {
            '%' => {
                let length = escape_length(text, at);
                if length == 0 {
                    return Err(ResourceError::new(at, Fault::Escape));
                }
                at += length;
                continue;
            }
            '\\' | '*' | '{' | '}' => {
                return Err(ResourceError::new(at, Fault::Raw { byte: character as u8 }));
            }
            other if other.is_control() => return Err(ResourceError::new(at, Fault::Control)),
            _ => at += character.len_utf8(),
        }
    }
    Ok(())
}

/// Bytes of the canonical escape that begins at `at`, or 0 where there is none.
fn escape_length(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    match escaped_byte(bytes, at) {
        Some(b'%' | b'/' | b'\\' | b'*' | b'{' | b'}' | 0x00..=0x1F | 0x7F) => 3,
        // U+0080 to U+009F, the second block of control characters, are two bytes in UTF-8.
        Some(0xC2) if matches!(escaped_byte(bytes, at + 3), Some(0x80..=0x9F)) => 6,
        Some(b'.') => {
            let rest = text.get(at..).unwrap_or_default();
            let segment = rest.split('/').next().unwrap_or_default();
            let begins = at == 0 || bytes.get(at - 1) == Some(&b'/');
            let dots = matches!(segment, "%2E" | "%2E%2E");
            if begins && dots { segment.len() } else { 0 }
        }
        _ => 0,
    }
}

fn escaped_byte(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes.get(at..at + 3)? {
        [b'%', high, low] => Some(hex(*high)? << 4 | hex(*low)?),
        _ => None,
    }
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

    /// Character by character, as it is defined.
    fn escaped(text: &str) -> String {
        let dots = matches!(text, "." | "..");
        let escape = |c: char| match dots || c.is_control() || "%/\\*{}".contains(c) {
            true => c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
            false => c.to_string(),
        };
        text.chars().map(escape).collect()
    }

    #[test]
    fn escapes_are_those_of_the_definition() {
        let odd = ["é", "漢", "\u{80}", "\u{9f}", "\u{a0}", "\u{2028}", "😀"];
        let ascii = (0..0x80_u8).map(|byte| char::from(byte).to_string());
        let letters: Vec<String> = ascii.chain(odd.map(str::to_owned)).collect();
        let pairs =
            letters.iter().flat_map(|one| letters.iter().map(move |two| format!("{one}{two}")));
        let texts = pairs.flat_map(|pair| [format!("plain{pair}"), format!("{pair}%x"), pair]);
        for text in texts.chain(["".into(), ".".into(), "a/é/b".into()]) {
            let mut out = String::new();
            escape_into(&text, &mut out);
            assert_eq!(out, escaped(&text), "{text:?}");
        }
    }
}
