//! The words of a query. The parser sees no others, so the two cannot disagree.

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use super::operators::{operator, operator_byte};
use super::{Dialect, rules};
use crate::manifest::kinds::rule::{Rule, TextFault};

pub(super) const TEXT_BYTES: usize = 16 * 1024;
pub(super) const WORDS: usize = 2_000;
pub(super) const BRACKETS: usize = 32;
pub(super) const JOINS: usize = 64;

/// Reads the words of a query up to its end, without the semicolon.
pub(super) fn words(text: &str, dialect: Dialect) -> Result<Vec<TokenWithSpan>, TextFault> {
    if text.len() > TEXT_BYTES {
        return Err(TextFault::new(&rules::TOO_LONG, TEXT_BYTES));
    }
    let mut lexer = Lexer {
        text,
        dialect,
        at: 0,
        words: Vec::with_capacity(text.len() / 4 + 4),
        joined: 0,
        round: 0,
        square: 0,
        joins: 0,
        line: true,
        ended: false,
    };
    while let Some(byte) = lexer.byte(0) {
        lexer.step(byte)?;
    }
    if lexer.words.is_empty() {
        return Err(TextFault::new(&rules::EMPTY, text.len()));
    }
    if lexer.joined + lexer.words.len() > TEXT_BYTES {
        return Err(TextFault::new(&rules::TOO_LONG, text.len()));
    }
    Ok(lexer.words)
}

struct Lexer<'t> {
    text: &'t str,
    dialect: Dialect,
    at: usize,
    words: Vec<TokenWithSpan>,
    /// Bytes of all words.
    joined: usize,
    round: usize,
    square: usize,
    joins: usize,
    /// Whether only blanks and comments stand before on this line.
    line: bool,
    ended: bool,
}

type Step = Result<(), TextFault>;

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn fault<T>(&self, rule: &'static Rule) -> Result<T, TextFault> {
        Err(TextFault::new(rule, self.at))
    }

    fn step(&mut self, byte: u8) -> Step {
        match byte {
            b' ' | b'\t' => self.at += 1,
            b'\n' => {
                self.line = true;
                self.at += 1;
            }
            b'\r' => {
                if self.byte(1) != Some(b'\n') {
                    return self.fault(&rules::LONE_CR);
                }
                self.at += 1;
            }
            b'-' if self.byte(1) == Some(b'-') => return self.dashes(),
            b'#' if self.dialect == Dialect::Mysql => return self.line_comment(1),
            b'/' if self.byte(1) == Some(b'*') => return self.block_comment(),
            b';' => {
                if self.words.is_empty() {
                    return self.fault(&rules::EMPTY);
                }
                self.ended = true;
                self.at += 1;
            }
            _ if self.ended => return self.fault(&rules::SECOND_STATEMENT),
            _ => {
                self.client_command(byte)?;
                self.line = false;
                return self.word(byte);
            }
        }
        Ok(())
    }

    fn word(&mut self, byte: u8) -> Step {
        use Dialect::{Mysql, Postgresql, Sqlite};
        match (byte, self.dialect) {
            (b'A'..=b'Z' | b'a'..=b'z' | b'_', _) => self.name(),
            (b'0'..=b'9', _) => self.number(),
            (b'.', _) if self.byte(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            (b'\'', _) => self.quoted(b'\'', b'\'', Quoted::Text),
            (b'"', Mysql) => self.quoted(b'"', b'"', Quoted::Text),
            (b'"', _) => self.quoted(b'"', b'"', Quoted::Name),
            (b'`', Mysql | Sqlite) => self.quoted(b'`', b'`', Quoted::Name),
            (b'[', Sqlite) => self.quoted(b'[', b']', Quoted::Name),
            (b'$', Postgresql) => self.parameter(&rules::DOLLAR, u8::is_ascii_digit, 1),
            (b'?', Sqlite) => self.parameter(&rules::OPERATOR, u8::is_ascii_digit, 0),
            (b'?', Mysql) => self.put(Token::Placeholder("?".to_owned()), 1),
            (b':' | b'@', Sqlite) => self.parameter(&rules::VARIABLE, word_byte, 1),
            (b'@', Mysql) => self.fault(&rules::VARIABLE),
            (b':', _) => self.colon(),
            (b'(' | b')' | b'[' | b']', _) => self.bracket(byte),
            (b',', _) => self.put(Token::Comma, 1),
            (b'.', _) => self.put(Token::Period, 1),
            (b'$', _) => self.fault(&rules::DOLLAR),
            (b'\\', _) => self.fault(&rules::CLIENT_COMMAND),
            (0x80.., _) => self.fault(&rules::NON_ASCII),
            (..b' ' | 0x7f, _) => self.fault(&rules::CONTROL),
            _ if operator_byte(byte, self.dialect) => self.operator(),
            _ => self.fault(&rules::CHARACTER),
        }
    }

    /// Adds a word of so many bytes.
    fn put(&mut self, token: Token, bytes: usize) -> Step {
        if self.words.len() >= WORDS {
            return self.fault(&rules::TOO_MANY_WORDS);
        }
        let place = |at: usize| Location { line: 1, column: at as u64 };
        let span = Span { start: place(self.at), end: place(self.at + bytes) };
        self.words.push(TokenWithSpan { token, span });
        self.joined += bytes;
        self.at += bytes;
        Ok(())
    }

    /// What clients take for themselves at the beginning of a line.
    fn client_command(&self, byte: u8) -> Step {
        if !self.line {
            return Ok(());
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let first = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        let first = first.unwrap_or_default();
        let command = byte == b'.' && !self.byte(1).is_some_and(|next| next.is_ascii_digit())
            || line.trim_ascii() == "/"
            || first.eq_ignore_ascii_case("go") && line.trim_ascii().len() == 2
            || first.eq_ignore_ascii_case("delimiter");
        if command { self.fault(&rules::CLIENT_COMMAND) } else { Ok(()) }
    }

    fn dashes(&mut self) -> Step {
        let blank = matches!(self.byte(2), None | Some(b' ' | b'\t' | b'\n' | b'\r'));
        if self.dialect == Dialect::Mysql && !blank {
            return self.fault(&rules::COMMENT_DASHES);
        }
        self.line_comment(2)
    }

    fn line_comment(&mut self, opening: usize) -> Step {
        self.at += opening;
        while let Some(byte) = self.byte(0).filter(|byte| *byte != b'\n') {
            self.comment_byte(byte)?;
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Step {
        if matches!(self.byte(2), Some(b'!' | b'+' | b'M' | b'm')) {
            // SQLite reads no hints.
            if !(self.byte(2) == Some(b'+') && self.dialect == Dialect::Sqlite) {
                return self.fault(&rules::COMMENT_COMMAND);
            }
        }
        let begin = self.at;
        self.at += 2;
        loop {
            match (self.byte(0), self.byte(1)) {
                (None, _) => return Err(TextFault::new(&rules::COMMENT_OPEN, begin)),
                (Some(b'*'), Some(b'/')) => break,
                (Some(b'/'), Some(b'*')) => return self.fault(&rules::COMMENT_NESTED),
                (Some(b'\n'), _) => {
                    self.line = true;
                    self.at += 1;
                }
                (Some(byte), _) => self.comment_byte(byte)?,
            }
        }
        self.at += 2;
        Ok(())
    }

    fn comment_byte(&mut self, byte: u8) -> Step {
        match byte {
            b'\r' if self.byte(1) != Some(b'\n') => self.fault(&rules::LONE_CR),
            b'\t' | b'\r' | b' '..=b'~' => {
                self.at += 1;
                Ok(())
            }
            0x80.. => self.fault(&rules::NON_ASCII),
            _ => self.fault(&rules::CONTROL),
        }
    }

    /// Whether the last word ends where the next begins, and is not an operator or bracket.
    fn touches(&self) -> bool {
        self.words.last().is_some_and(|last| {
            last.span.end.column == self.at as u64
                && matches!(
                    last.token,
                    Token::Word(_)
                        | Token::Number(..)
                        | Token::SingleQuotedString(_)
                        | Token::DoubleQuotedString(_)
                        | Token::Placeholder(_)
                )
        })
    }

    fn name(&mut self) -> Step {
        if self.touches() {
            return self.fault(&rules::GLUED);
        }
        let mut length = 0;
        while self.byte(length).is_some_and(|byte| word_byte(&byte)) {
            length += 1;
        }
        let name = self.slice(self.at, self.at + length);
        let (next, after) = (self.byte(length), self.byte(length + 1));
        let unicode = name.eq_ignore_ascii_case("u") && next == Some(b'&');
        if unicode && matches!(after, Some(b'\'' | b'"')) {
            return self.fault(&rules::GLUED);
        }
        match next {
            Some(b'$') => return self.fault(&rules::DOLLAR),
            // A blank keeps `[…]` apart from a name in SQLite.
            Some(b'\'' | b'"' | b'`') => return self.fault(&rules::GLUED),
            _ => {}
        }
        if name.len() > self.dialect.name_bytes() {
            return self.fault(&rules::IDENTIFIER);
        }
        let token = Token::make_word(name, None);
        if name.eq_ignore_ascii_case("join") {
            self.joins += 1;
            if self.joins > JOINS {
                return self.fault(&rules::TOO_MANY_JOINS);
            }
        }
        self.put(token, length)
    }

    fn number(&mut self) -> Step {
        if self.touches() {
            return self.fault(&rules::GLUED);
        }
        let digits = |lexer: &Self, mut length: usize| {
            while lexer.byte(length).is_some_and(|byte| byte.is_ascii_digit()) {
                length += 1;
            }
            length
        };
        let mut length = digits(self, 0);
        if self.byte(length) == Some(b'.') {
            let fraction = digits(self, length + 1);
            if fraction == length + 1 {
                return self.fault(&rules::NUMBER);
            }
            length = fraction;
        }
        if matches!(self.byte(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(length + 1), Some(b'+' | b'-')));
            let exponent = digits(self, length + 1 + sign);
            if exponent == length + 1 + sign {
                return self.fault(&rules::NUMBER);
            }
            length = exponent;
        }
        let glued =
            |byte: u8| word_byte(&byte) || matches!(byte, b'.' | b'$' | b'\'' | b'"' | b'`');
        if self.byte(length).is_some_and(glued) {
            return self.fault(&rules::NUMBER);
        }
        let number = self.slice(self.at, self.at + length).to_owned();
        self.put(Token::Number(number, false), length)
    }

    fn quoted(&mut self, open: u8, close: u8, kind: Quoted) -> Step {
        if self.touches() {
            return self.fault(&rules::GLUED);
        }
        let begin = self.at;
        let mut end = 1;
        loop {
            let Some(byte) = self.byte(end) else {
                return self.fault(&rules::QUOTE_OPEN);
            };
            if byte == close {
                // `[…]` knows no doubling.
                if open != close || self.byte(end + 1) != Some(close) {
                    break;
                }
                end += 1;
            } else if let Some(rule) = self.not_in_quotes(byte, kind) {
                return Err(TextFault::new(rule, begin + end));
            }
            end += 1;
        }
        let inner = self.slice(begin + 1, begin + end);
        let value = match close {
            b'"' => inner.replace("\"\"", "\""),
            b'`' => inner.replace("``", "`"),
            b'\'' => inner.replace("''", "'"),
            _ => inner.to_owned(),
        };
        if self.byte(end + 1).is_some_and(|byte| word_byte(&byte) || b"'\"`$".contains(&byte)) {
            self.at += end + 1;
            return self.fault(&rules::GLUED);
        }
        let token = match kind {
            Quoted::Name => {
                if value.is_empty() || value.len() > self.dialect.name_bytes() {
                    return self.fault(&rules::IDENTIFIER);
                }
                Token::make_word(&value, Some(char::from(open)))
            }
            Quoted::Text => {
                let before = self.words.last().map(|last| &last.token);
                if let Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)) = before {
                    return self.fault(&rules::ADJACENT);
                }
                if open == b'"' {
                    Token::DoubleQuotedString(value)
                } else {
                    Token::SingleQuotedString(value)
                }
            }
        };
        self.put(token, end + 1)
    }

    fn not_in_quotes(&self, byte: u8, kind: Quoted) -> Option<&'static Rule> {
        let mysql = self.dialect == Dialect::Mysql;
        match byte {
            b'\\' if mysql => Some(&rules::QUOTE_BACKSLASH),
            b'\t' | b'\n' | b'\r' if kind == Quoted::Text => None,
            ..b' ' | 0x7f => Some(&rules::CONTROL),
            // In some character sets of MySQL the last byte of a character may be a backtick.
            0x80.. if mysql && kind == Quoted::Name => Some(&rules::NON_ASCII),
            _ => None,
        }
    }

    /// A sign and then digits or letters, at least so many.
    fn parameter(&mut self, rule: &'static Rule, of: fn(&u8) -> bool, least: usize) -> Step {
        let mut length = 1;
        while self.byte(length).is_some_and(|byte| of(&byte)) {
            length += 1;
        }
        let next = self.byte(length);
        let glued = next.is_some_and(|byte| word_byte(&byte) || b"'\"`$?:@".contains(&byte));
        if self.touches() || length - 1 < least || length > 32 || glued {
            return self.fault(rule);
        }
        let name = self.slice(self.at, self.at + length).to_owned();
        self.put(Token::Placeholder(name), length)
    }

    /// A cast, or the middle of a slice.
    fn colon(&mut self) -> Step {
        match (self.dialect, self.byte(1)) {
            (Dialect::Postgresql, Some(b':')) if self.byte(2) != Some(b':') => {
                self.put(Token::DoubleColon, 2)
            }
            (Dialect::Postgresql, Some(b'0'..=b'9' | b' ' | b']' | b'$')) if self.square > 0 => {
                self.put(Token::Colon, 1)
            }
            _ => self.fault(&rules::VARIABLE),
        }
    }

    fn bracket(&mut self, byte: u8) -> Step {
        let square = matches!(byte, b'[' | b']');
        if square && self.dialect != Dialect::Postgresql {
            return self.fault(&rules::CHARACTER);
        }
        let (depth, opens, token) = match byte {
            b'(' => (&mut self.round, true, Token::LParen),
            b')' => (&mut self.round, false, Token::RParen),
            b'[' => (&mut self.square, true, Token::LBracket),
            _ => (&mut self.square, false, Token::RBracket),
        };
        if opens {
            *depth += 1;
        } else if *depth == 0 {
            return self.fault(&rules::SYNTAX);
        } else {
            *depth -= 1;
        }
        if self.round + self.square > BRACKETS {
            return self.fault(&rules::TOO_DEEP);
        }
        self.put(token, 1)
    }

    /// As PostgreSQL does: the longest run, less the signs at its end where no other sign allows them.
    fn operator(&mut self) -> Step {
        let mut length = 0;
        while let Some(byte) = self.byte(length).filter(|byte| operator_byte(*byte, self.dialect)) {
            let comment =
                matches!((byte, self.byte(length + 1)), (b'-', Some(b'-')) | (b'/', Some(b'*')));
            if comment {
                break;
            }
            length += 1;
        }
        let run = self.slice(self.at, self.at + length).as_bytes();
        if !run.iter().any(|byte| b"~!@#%^&|?".contains(byte)) {
            while length > 1 && matches!(run.get(length - 1), Some(b'+' | b'-')) {
                length -= 1;
            }
        }
        match operator(self.slice(self.at, self.at + length), self.dialect) {
            Some(token) => self.put(token, length),
            None => self.fault(&rules::OPERATOR),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Text,
    Name,
}

fn word_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}
