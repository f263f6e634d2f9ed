//! The names in a path, and what stands before them.

use super::letters::{self, Signs};
use super::options::Style;
use super::rules;
use crate::manifest::kinds::rule::{Rule, TextFault};
use crate::model::parts::Parts;

/// What a name can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) style: Style,
    pub(super) folds: bool,
    pub(super) expands: bool,
}

/// How a text begins.
pub(super) struct Start<'t> {
    pub(super) is_absolute: bool,
    /// The drive or the share, as written; empty for posix and for relative paths.
    pub(super) volume: &'t str,
    /// Where the names begin.
    pub(super) behind: usize,
}

impl Names {
    pub(super) fn is_separator(self, c: char) -> bool {
        c == '/' || c == '\\' && self.style == Style::Windows
    }

    /// How much of a text is one name.
    pub(super) fn length(self, text: &str) -> usize {
        let is_separator = |byte: u8| self.is_separator(byte.into());
        text.bytes().position(is_separator).unwrap_or(text.len())
    }

    /// How a text begins: absolute or not.
    pub(super) fn start(self, text: &str, signs: Signs) -> Result<Start<'_>, TextFault> {
        let fault = |rule| Err(TextFault::new(rule, 0));
        if text.starts_with(char::is_whitespace) {
            return fault(&rules::BLANK);
        }
        if text.starts_with('~') {
            return fault(&rules::TILDE);
        }
        if text.starts_with('$') {
            return fault(&rules::VARIABLE);
        }
        if signs.have(Signs::COLON)
            && let Some(at) = text.find("://")
        {
            return Err(TextFault::new(&rules::URL, at));
        }
        match self.style {
            Style::Windows => self.start_of_windows(text, signs),
            Style::Posix if text.starts_with("//") => fault(&rules::TWO_SLASHES),
            Style::Posix if signs.have(Signs::COLON) && has_scheme(text) => fault(&rules::COLON),
            Style::Posix => {
                let is_absolute = text.starts_with('/');
                Ok(Start { is_absolute, volume: "", behind: usize::from(is_absolute) })
            }
        }
    }

    fn start_of_windows(self, text: &str, signs: Signs) -> Result<Start<'_>, TextFault> {
        let is_separator = |c: char| self.is_separator(c);
        if let Some(rest) = text.strip_prefix(is_separator) {
            let Some(rest) = rest.strip_prefix(is_separator) else {
                return Err(TextFault::new(&rules::NO_DRIVE, 0));
            };
            let mut pieces = rest.splitn(3, is_separator);
            let (host, share) =
                (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
            if matches!(host, "." | "?") {
                return Err(TextFault::new(&rules::DEVICE_SPACE, 0));
            }
            let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if host.is_empty() || !host.bytes().all(is_host) || matches!(share, "" | "." | "..") {
                return Err(TextFault::new(&rules::SHARE, 0));
            }
            self.check(host, signs, 2)?;
            self.check(share, signs, 3 + host.len())?;
            let behind = 3 + host.len() + share.len();
            let volume = text.get(2..behind).unwrap_or_default();
            return Ok(Start { is_absolute: true, volume, behind });
        }
        let is_drive = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.get(1..).is_some_and(|rest| rest.starts_with(':'));
        if !is_drive {
            return Ok(Start { is_absolute: false, volume: "", behind: 0 });
        }
        match text.get(2..) {
            Some(rest) if rest.starts_with(is_separator) => Ok(Start {
                is_absolute: true,
                volume: text.get(..2).unwrap_or_default(),
                behind: 2,
            }),
            _ => Err(TextFault::new(&rules::OF_DRIVE, 0)),
        }
    }

    /// Checks one name, which is neither empty nor `.`.
    pub(super) fn check(self, name: &str, signs: Signs, at: usize) -> Result<(), TextFault> {
        let fault = |rule: &'static Rule, place: usize| Err(TextFault::new(rule, at + place));
        if name == ".." {
            return fault(&rules::UP, 0);
        }
        if name.ends_with('.') || name.ends_with(char::is_whitespace) {
            return fault(
                &rules::END,
                name.len() - name.chars().next_back().map_or(0, char::len_utf8),
            );
        }
        if signs.have(Signs::PERCENT)
            && let Some(place) = escape(name)
        {
            return fault(&rules::ESCAPE, place);
        }
        if self.expands
            && let Some(place) = name.find(is_expanded).or(name.starts_with('~').then_some(0))
        {
            return fault(&rules::EXPANDED, place);
        }
        match self.style {
            Style::Posix if signs.have(Signs::BACKSLASH) => match name.find('\\') {
                Some(place) => fault(&rules::BACKSLASH, place),
                None => Ok(()),
            },
            Style::Posix => Ok(()),
            Style::Windows => check_windows(name, at),
        }
    }

    /// Writes a name as it is compared.
    pub(super) fn write(self, name: &str, parts: &mut Parts) {
        let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        if !self.folds || name.bytes().all(is_folded) {
            parts.push(name);
            return;
        }
        for c in name.chars() {
            parts.push(letters::fold(c).encode_utf8(&mut [0; 4]));
        }
    }

    pub(super) fn folded(self, name: &str) -> String {
        if !self.folds {
            return name.to_owned();
        }
        let separate = |c| if self.is_separator(c) { '/' } else { letters::fold(c) };
        name.chars().map(separate).collect()
    }

    /// Whether a name, or what stands before all names, is one that was folded.
    pub(super) fn is_same(self, name: &str, folded: &str) -> bool {
        if !self.folds {
            return name == folded;
        }
        let separate = |c| if self.is_separator(c) { '/' } else { letters::fold(c) };
        name.chars().map(separate).eq(folded.chars())
    }
}

/// Whether a text begins with a word and a colon, as a URL or a drive does.
fn has_scheme(text: &str) -> bool {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let length = text.bytes().take_while(|byte| is_of_scheme(*byte)).count();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.get(length..).is_some_and(|rest| rest.starts_with(':'))
}

/// Where a `%` with two hexadecimal digits behind it stands.
fn escape(name: &str) -> Option<usize> {
    let is_escape = |three: &[u8]| matches!(three, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    name.as_bytes().windows(3).position(is_escape)
}

/// What a program that expands paths can read as something else.
fn is_expanded(c: char) -> bool {
    matches!(
        c,
        '$' | '*'
            | '?'
            | '['
            | ']'
            | '{'
            | '}'
            | '('
            | ')'
            | '!'
            | '^'
            | '%'
            | '`'
            | '\''
            | '"'
            | '<'
            | '>'
            | '|'
            | '&'
            | ';'
            | '#'
    )
}

fn check_windows(name: &str, at: usize) -> Result<(), TextFault> {
    if let Some(place) = name.find(['<', '>', ':', '"', '|', '?', '*']) {
        return Err(TextFault::new(&rules::WINDOWS_SIGN, at + place));
    }
    if is_device(name) {
        return Err(TextFault::new(&rules::DEVICE, at));
    }
    let is_short = |pair: &[u8]| matches!(pair, [b'~', digit] if digit.is_ascii_digit());
    match name.as_bytes().windows(2).position(is_short) {
        Some(place) => Err(TextFault::new(&rules::SHORT, at + place)),
        None => Ok(()),
    }
}

/// Whether a name stands for a device, with whatever extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is = |word: &str| stem.eq_ignore_ascii_case(word);
    if ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"].into_iter().any(is) {
        return true;
    }
    let Some((word, number)) = stem.split_at_checked(3) else { return false };
    let is_port = word.eq_ignore_ascii_case("com") || word.eq_ignore_ascii_case("lpt");
    let mut digits = number.chars();
    let is_digit =
        digits.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'));
    is_port && is_digit && digits.next().is_none()
}
