//! A word of a line, without its quotes.

use super::Dialect;
use super::line::Lexer;
use super::rules;
use crate::manifest::kinds::rule::TextFault;

/// A word as it stands before one knows what it is.
pub(super) struct Word {
    pub(super) from: u32,
    pub(super) at: u32,
    /// Whether nothing in it was quoted.
    bare: bool,
    /// Whether `=` or `:` stands in it, behind which some shells replace `~`.
    split: bool,
    /// Where the first `=` stands, if what stands before it is bare.
    pub(super) equals: Option<u32>,
}

impl Lexer<'_> {
    pub(super) fn word(&mut self) -> Result<Word, TextFault> {
        let from = self.line.text.len() as u32;
        let mut word = Word { from, at: self.at as u32, bare: true, split: false, equals: None };
        loop {
            let at = self.at;
            match self.peek(0) {
                None | Some(b' ' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>') => break,
                Some(b'\'') => self.single()?,
                Some(b'"') => self.double()?,
                Some(b'\\') => self.escape()?,
                Some(b'~') if !self.is_behind_letter(&word) => {
                    return Self::fault(at, &rules::TILDE);
                }
                Some(b'^') if !self.is_behind_letter(&word) => {
                    return Self::fault(at, &rules::MARK);
                }
                // zsh puts a program's path for `=name`, in assignments also behind `=` and `:`.
                Some(b'=')
                    if self.is_zsh()
                        && (word.split || self.line.text.len() == word.from as usize) =>
                {
                    return Self::fault(at, &rules::MARK);
                }
                Some(byte) if is_plain(byte) => self.plain_run(),
                Some(byte) if byte.is_ascii() => self.plain(byte, &mut word)?,
                Some(_) => self.letter()?,
            }
            word.bare &= !matches!(self.bytes.get(at), Some(b'\'' | b'"' | b'\\'));
        }
        self.edge(&word)?;
        Ok(word)
    }

    fn is_zsh(&self) -> bool {
        self.dialect == Dialect::Zsh
    }

    /// Whether `~` or `^` stands as in `HEAD~1` and `HEAD^^`, where no shell but zsh sees anything in it.
    fn is_behind_letter(&self, word: &Word) -> bool {
        let before = self.bytes.get(word.at as usize..self.at).and_then(<[u8]>::last);
        !self.is_zsh()
            && word.bare
            && !word.split
            && before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_~^".contains(byte))
    }

    /// What touches the end of a word.
    fn edge(&self, word: &Word) -> Result<(), TextFault> {
        let text = self.line.text.get(word.from as usize..).unwrap_or_default();
        // `2>` is another thing than `2 >`, and shells differ about `'2'>`.
        if matches!(self.peek(0), Some(b'<' | b'>')) && text.iter().all(u8::is_ascii_digit) {
            return Self::fault(self.at, &rules::DESCRIPTOR);
        }
        Ok(())
    }

    /// Characters that mean nothing anywhere.
    fn plain_run(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len());
        self.line.text.extend_from_slice(rest.get(..length).unwrap_or_default());
        self.at += length;
    }

    /// Another ASCII character without quotes.
    fn plain(&mut self, byte: u8, word: &mut Word) -> Result<(), TextFault> {
        let rule = match byte {
            b'~' | b'^' => None,
            b':' => {
                word.split = true;
                None
            }
            b'=' => {
                if !word.split && word.bare && self.is_variable(word) {
                    word.equals = Some(self.line.text.len() as u32 - word.from);
                }
                word.split = true;
                None
            }
            b'$' | b'`' | b'!' => Some(&rules::EXPANSION),
            b'[' if self.is_bracket(word) => Some(&rules::TEST_BRACKET),
            b'*' | b'?' | b'[' | b']' => Some(&rules::PATTERN),
            b'(' | b')' | b'{' | b'}' => Some(&rules::BRACKET),
            b'#' => Some(&rules::COMMENT),
            _ => Some(&rules::CONTROL),
        };
        match rule {
            Some(rule) => Self::fault(self.at, rule),
            None => {
                self.line.text.push(byte);
                self.at += 1;
                Ok(())
            }
        }
    }

    /// Whether `[` or `[[` stands where a command's name does.
    fn is_bracket(&self, word: &Word) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.names_command()
            && word.at as usize == self.at
            && matches!(rest, [b'[', b' ', ..] | [b'[', b'[', b' ', ..])
    }

    /// Whether what was read of a word is the name of a variable.
    fn is_variable(&self, word: &Word) -> bool {
        let name = self.line.text.get(word.from as usize..).unwrap_or_default();
        matches!(name, [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..])
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }

    /// A character outside ASCII without quotes. Some systems take the bytes 85 and A0 for blanks.
    fn letter(&mut self) -> Result<(), TextFault> {
        let letter =
            self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        let mut buffer = [0; 4];
        let bytes = letter.encode_utf8(&mut buffer).as_bytes();
        if letter.is_control() {
            return Self::fault(self.at, &rules::CONTROL);
        }
        if !letter.is_alphanumeric() || bytes.iter().any(|byte| matches!(byte, 0x85 | 0xA0)) {
            return Self::fault(self.at, &rules::LETTER);
        }
        self.line.text.extend_from_slice(bytes);
        self.at += bytes.len();
        Ok(())
    }

    fn single(&mut self) -> Result<(), TextFault> {
        let at = self.at;
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let Some(length) = rest.find('\'') else {
            return Self::fault(at, &rules::QUOTE_OPEN);
        };
        let quoted = rest.get(..length).unwrap_or_default();
        if let Some((place, _)) = quoted.char_indices().find(|(_, c)| c.is_control() && *c != '\n')
        {
            return Self::fault(at + 1 + place, &rules::QUOTE_CONTROL);
        }
        self.line.text.extend_from_slice(quoted.as_bytes());
        self.at += length + 2;
        if self.is_zsh() && self.peek(0) == Some(b'\'') {
            return Self::fault(self.at, &rules::QUOTE_DOUBLED);
        }
        Ok(())
    }

    fn double(&mut self) -> Result<(), TextFault> {
        let begin = self.at;
        self.at += 1;
        loop {
            let Some(next) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
                return Self::fault(begin, &rules::QUOTE_OPEN);
            };
            match (next, self.peek(1)) {
                ('"', _) => break,
                ('$' | '`' | '!', _) => return Self::fault(self.at, &rules::QUOTE_EXPANSION),
                ('\\', Some(b'"' | b'\\' | b'$' | b'`')) => self.at += 1,
                // Elsewhere the backslash stays.
                ('\\', Some(b' '..=b'~')) => {}
                ('\\', _) => return Self::fault(self.at, &rules::ESCAPE),
                (next, _) if next.is_control() && next != '\n' => {
                    return Self::fault(self.at, &rules::QUOTE_CONTROL);
                }
                _ => {}
            }
            let next =
                self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
            let mut buffer = [0; 4];
            self.line.text.extend_from_slice(next.encode_utf8(&mut buffer).as_bytes());
            self.at += next.len_utf8();
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), TextFault> {
        match self.peek(1) {
            Some(byte @ b' '..=b'~') => {
                self.line.text.push(byte);
                self.at += 2;
                Ok(())
            }
            Some(b'\n') => Self::fault(self.at, &rules::CONTINUATION),
            _ => Self::fault(self.at, &rules::ESCAPE),
        }
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'/' | b',' | b'+' | b'@' | b'%')
}
