//! Paths, queries and fragments of URLs, with their escapes.

use super::{Piece, rules};
use crate::manifest::kinds::rule::{Rule, TextFault};
use crate::model::parts::Parts;

/// Writes a path in its canonical form, without the `/` in front.
pub(super) fn write_path(path: Piece<'_>, parts: &mut Parts) -> Result<(), TextFault> {
    let mut at = path.at;
    let mut segments = path.text.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if segment.is_empty() && !is_last {
            return Err(TextFault::new(&rules::EMPTY_SEGMENT, at));
        }
        if matches!(segment, "." | "..") {
            return Err(TextFault::new(&rules::DOTS, at));
        }
        write(Piece { text: segment, at }, Place::Path, parts)?;
        check_utf8(segment, at)?;
        if !is_last {
            parts.push("/");
        }
        at += segment.len() + 1;
    }
    Ok(())
}

/// Writes the segments of a path that [`write_path`] took, without escapes.
pub(super) fn write_plain_path(path: &str, parts: &mut Parts) -> Result<(), TextFault> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        parts.push(".");
        return Ok(());
    }
    let mut scalar = Scalar::default();
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (plain, behind) = rest.split_at_checked(at).unwrap_or_default();
        parts.push(plain);
        let Some(byte) = escaped(behind) else { break };
        if let Some(c) = scalar.add(byte).unwrap_or_default() {
            parts.push(c.encode_utf8(&mut [0; 4]));
        }
        rest = behind.get(3..).unwrap_or_default();
    }
    parts.push(rest);
    Ok(())
}

/// Writes a query or a fragment in its canonical form.
pub(super) fn write_query(query: Piece<'_>, parts: &mut Parts) -> Result<(), TextFault> {
    write(query, Place::Query, parts)
}

/// The first character that stands nowhere in a URL.
pub(super) fn odd(text: &str) -> Option<TextFault> {
    let (at, rule) = text.char_indices().find_map(|(at, c)| Some((at, odd_rule(c)?)))?;
    Some(TextFault::new(rule, at))
}

fn odd_rule(c: char) -> Option<&'static Rule> {
    match c {
        '\\' => Some(&rules::BACKSLASH),
        _ if c.is_whitespace() || c.is_control() => Some(&rules::BLANK),
        _ if !c.is_ascii() => Some(&rules::ASCII),
        '<' | '>' | '"' | '^' | '{' | '}' | '|' | '`' => Some(&rules::CHARACTER),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path = 1,
    Query = 2,
}

fn write(piece: Piece<'_>, place: Place, parts: &mut Parts) -> Result<(), TextFault> {
    let mut rest = piece.text;
    loop {
        let at = piece.at + piece.text.len() - rest.len();
        let length = rest.bytes().take_while(|byte| is_plain(*byte, place)).count();
        let (plain, behind) = rest.split_at_checked(length).unwrap_or_default();
        parts.push(plain);
        let at = at + length;
        match behind.chars().next() {
            None => return Ok(()),
            Some('%') => {
                let byte = escaped(behind).ok_or(TextFault::new(&rules::ESCAPE, at))?;
                write_escape(byte, place, parts).map_err(|rule| TextFault::new(rule, at))?;
                rest = behind.get(3..).unwrap_or_default();
            }
            Some(';') => return Err(TextFault::new(&rules::PARAMETER, at)),
            Some(c) => return Err(TextFault::new(odd_rule(c).unwrap_or(&rules::CHARACTER), at)),
        }
    }
}

/// Whether a byte stands for itself.
fn is_plain(byte: u8, place: Place) -> bool {
    SIGNS.get(usize::from(byte)).is_some_and(|places| places & place as u8 != 0)
}

/// Where each byte stands for itself.
static SIGNS: [u8; 256] = signs();

#[expect(clippy::indexing_slicing, reason = "computed once, when this is compiled")]
const fn signs() -> [u8; 256] {
    let mut signs = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        signs[byte as usize] = match byte {
            _ if is_unreserved(byte) => Place::Path as u8 | Place::Query as u8,
            b'!' | b'$' | b'&'..=b',' | b'=' | b':' | b'@' => {
                Place::Path as u8 | Place::Query as u8
            }
            b';' | b'/' | b'?' | b'[' | b']' => Place::Query as u8,
            _ => 0,
        };
        byte += 1;
    }
    signs
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn write_escape(byte: u8, place: Place, parts: &mut Parts) -> Result<(), &'static Rule> {
    match (place, byte) {
        (Place::Path, b'/' | b'\\' | b'%' | b'.' | b';' | 0..=0x1f | 0x7f) => {
            return Err(&rules::ESCAPED_SIGN);
        }
        (Place::Query, b'\t' | b'\n' | b'\r') => {}
        (Place::Query, 0..=0x1f | 0x7f) => return Err(&rules::ESCAPED_CONTROL),
        _ => {}
    }
    if is_unreserved(byte) {
        parts.push(char::from(byte).encode_utf8(&mut [0; 4]));
    } else {
        let digit =
            |number: u8| b"0123456789ABCDEF".get(usize::from(number)).copied().unwrap_or(b'0');
        let escape = [b'%', digit(byte >> 4), digit(byte & 15)];
        parts.push(str::from_utf8(&escape).unwrap_or_default());
    }
    Ok(())
}

/// The byte of an escape at the beginning of a text.
fn escaped(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_plain.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// Whether the escapes of a segment are UTF-8 without control characters.
fn check_utf8(segment: &str, at: usize) -> Result<(), TextFault> {
    if !segment.contains('%') {
        return Ok(());
    }
    let mut scalar = Scalar::default();
    let mut rest = segment;
    while let Some(c) = rest.chars().next() {
        let is_taken = match escaped(rest) {
            Some(byte) => scalar.add(byte).is_ok_and(|c| !c.is_some_and(char::is_control)),
            None => scalar.is_whole(),
        };
        if !is_taken {
            return Err(TextFault::new(&rules::UTF8, at + segment.len() - rest.len()));
        }
        rest = rest.get(if c == '%' { 3 } else { 1 }..).unwrap_or_default();
    }
    if scalar.is_whole() { Ok(()) } else { Err(TextFault::new(&rules::UTF8, at + segment.len())) }
}

/// A character that is put together of escaped bytes.
#[derive(Default)]
struct Scalar {
    bytes: [u8; 4],
    length: usize,
}

impl Scalar {
    fn is_whole(&self) -> bool {
        self.length == 0
    }

    /// Adds a byte: gives the character where it is whole now.
    fn add(&mut self, byte: u8) -> Result<Option<char>, ()> {
        *self.bytes.get_mut(self.length).ok_or(())? = byte;
        self.length += 1;
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        match str::from_utf8(bytes) {
            Ok(text) => {
                let c = text.chars().next();
                self.length = 0;
                Ok(c)
            }
            Err(error) if error.error_len().is_none() => Ok(None),
            Err(_) => Err(()),
        }
    }
}
