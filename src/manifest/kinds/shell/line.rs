//! A line of a shell as words, operators and redirections.

use smallvec::SmallVec;

use super::rules;
use super::word::Word;
use super::{Dialect, RESERVED};
use crate::manifest::kinds::rule::{Rule, TextFault};

/// How many words, operators and redirections a line may have.
const MOST: usize = 4096;

/// A line that is accepted, apart from what its commands mean.
#[derive(Clone, Copy)]
pub(super) struct Line<'l> {
    /// The words without their quotes.
    text: &'l str,
    tokens: &'l [Token],
}

/// What a line's words and tokens lie in.
#[derive(Default)]
pub(super) struct Store {
    pub(super) text: SmallVec<[u8; 256]>,
    tokens: SmallVec<[Token; 32]>,
}

#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) role: Role,
    from: u32,
    to: u32,
    /// The byte of the line at which it begins.
    pub(super) at: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `NAME=value`, of which the name has so many bytes.
    Assignment(u32),
    Word,
    /// The text is the file's name.
    Redirection(Redirection),
    /// Behind a command, as it is written.
    Operator(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Redirection {
    /// As it is written in one form.
    pub(super) sign: &'static str,
    pub(super) reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Read,
    Write,
    Append,
    /// Of one stream to the other: no file.
    Stream,
}

impl<'l> Line<'l> {
    pub(super) fn text(self, token: &Token) -> &'l str {
        self.text.get(token.from as usize..token.to as usize).unwrap_or_default()
    }

    pub(super) fn tokens(self) -> &'l [Token] {
        self.tokens
    }

    /// The tokens of each command, its operator at the end.
    pub(super) fn commands(self) -> impl Iterator<Item = &'l [Token]> {
        self.tokens.split_inclusive(|token| matches!(token.role, Role::Operator(_)))
    }

    pub(super) fn read(
        text: &str,
        dialect: Dialect,
        names: &[Box<str>],
        store: &'l mut Store,
    ) -> Result<Self, TextFault> {
        let mut lexer = Lexer {
            text,
            bytes: text.as_bytes(),
            at: 0,
            dialect,
            names,
            line: store,
            here: Command::default(),
            open: false,
        };
        lexer.read()?;
        // Only whole characters are written.
        let text = std::str::from_utf8(&store.text).unwrap_or_default();
        Ok(Self { text, tokens: &store.tokens })
    }
}

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    pub(super) dialect: Dialect,
    names: &'t [Box<str>],
    pub(super) line: &'t mut Store,
    here: Command,
    /// Whether a command must follow.
    open: bool,
}

/// What was read of the command that is being read.
#[derive(Clone, Copy, Default)]
struct Command {
    begun: bool,
    named: bool,
}

impl Lexer<'_> {
    fn read(&mut self) -> Result<(), TextFault> {
        loop {
            self.skip_blanks()?;
            let at = self.at;
            if self.line.tokens.len() > MOST {
                return Self::fault(at, &rules::MANY);
            }
            match (self.peek(0), self.peek(1)) {
                (None, _) => return self.end(),
                (Some(b'&'), Some(b'>')) => self.redirection(at)?,
                (Some(b'\n' | b';' | b'&' | b'|'), _) => self.operator()?,
                (Some(b'<' | b'>'), _) => self.redirection(at)?,
                (Some(b'0'..=b'9'), Some(b'<' | b'>')) => self.redirection(at)?,
                _ => {
                    let word = self.word()?;
                    self.place(&word)?;
                }
            }
        }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Whether the next word is the name of a command, an assignment, or a redirection's file.
    pub(super) fn names_command(&self) -> bool {
        !self.here.named
    }

    pub(super) fn fault<T>(at: usize, rule: &'static Rule) -> Result<T, TextFault> {
        Err(TextFault::new(rule, at))
    }

    /// Blanks, and ends of lines that are escaped behind a blank.
    fn skip_blanks(&mut self) -> Result<(), TextFault> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b' '), _) => self.at += 1,
                (Some(b'\\'), Some(b'\n')) => {
                    let behind = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
                    if behind != Some(&b' ') || self.bytes.len() == self.at + 2 {
                        return Self::fault(self.at, &rules::CONTINUATION);
                    }
                    self.at += 2;
                    // The next line begins like one behind a blank, so that another may follow.
                    if self.peek(0) == Some(b'\\') {
                        return Self::fault(self.at, &rules::CONTINUATION);
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn push(&mut self, role: Role, from: u32, at: u32) {
        let to = self.line.text.len() as u32;
        self.line.tokens.push(Token { role, from, to, at });
    }

    fn operator(&mut self) -> Result<(), TextFault> {
        let at = self.at;
        let (sign, length) = match (self.peek(0), self.peek(1)) {
            (Some(b'\n'), _) if !self.here.begun => {
                self.at += 1;
                return Ok(());
            }
            (Some(b'\n'), _) => (";", 1),
            (Some(b';'), Some(b';' | b'&' | b'|')) | (Some(b'|'), Some(b'&')) => {
                return Self::fault(at, &rules::OPERATOR);
            }
            (Some(b';'), _) => (";", 1),
            (Some(b'&'), Some(b'&')) => ("&&", 2),
            (Some(b'|'), Some(b'|')) => ("||", 2),
            (Some(b'|'), _) => ("|", 1),
            _ => ("&", 1),
        };
        if !self.here.begun {
            return Self::fault(at, &rules::EMPTY_COMMAND);
        }
        if !self.here.named {
            return Self::fault(at, &rules::ALONE);
        }
        self.at += length;
        self.here = Command::default();
        self.open = matches!(sign, "&&" | "||" | "|");
        let from = self.line.text.len() as u32;
        self.push(Role::Operator(sign), from, at as u32);
        Ok(())
    }

    fn end(&mut self) -> Result<(), TextFault> {
        if self.here.begun && !self.here.named {
            return Self::fault(self.at, &rules::ALONE);
        }
        if !self.here.begun && (self.open || self.line.tokens.is_empty()) {
            return Self::fault(self.at, &rules::EMPTY_COMMAND);
        }
        if self.line.tokens.last().is_some_and(|token| token.role == Role::Operator(";")) {
            self.line.tokens.pop();
        }
        Ok(())
    }

    fn redirection(&mut self, at: usize) -> Result<(), TextFault> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (sign, length, reach) = match rest {
            [b'<', b'<', ..] => return Self::fault(at, &rules::HERE),
            [b'<', b'&' | b'>', ..] => return Self::fault(at, &rules::DESCRIPTOR),
            [b'<', b'0'..=b'9' | b'-', ..] if self.dialect == Dialect::Zsh => {
                return Self::fault(at, &rules::DESCRIPTOR);
            }
            [b'<', ..] => ("<", 1, Reach::Read),
            [b'>', b'&', b'2', ..] => (">&2", 3, Reach::Stream),
            [b'1', b'>', b'&', b'2', ..] => (">&2", 4, Reach::Stream),
            [b'2', b'>', b'&', b'1', ..] => ("2>&1", 4, Reach::Stream),
            [b'>', b'>', ..] => (">>", 2, Reach::Append),
            [b'>', b'|', ..] => (">|", 2, Reach::Write),
            [b'>', other, ..] if *other != b'&' => (">", 1, Reach::Write),
            [b'1', b'>', b'>', ..] => (">>", 3, Reach::Append),
            [b'1', b'>', b'|', ..] => (">|", 3, Reach::Write),
            [b'1', b'>', other, ..] if *other != b'&' => (">", 2, Reach::Write),
            [b'2', b'>', b'>', ..] => ("2>>", 3, Reach::Append),
            [b'2', b'>', b'|', ..] => ("2>|", 3, Reach::Write),
            [b'2', b'>', other, ..] if *other != b'&' => ("2>", 2, Reach::Write),
            [b'&', b'>', ..] if self.dialect == Dialect::Sh => {
                return Self::fault(at, &rules::DESCRIPTOR);
            }
            [b'&', b'>', b'>', ..] => ("&>>", 3, Reach::Append),
            [b'&', b'>', ..] => ("&>", 2, Reach::Write),
            [b'>'] | [b'1' | b'2', b'>'] => return Self::fault(at, &rules::TARGET),
            _ => return Self::fault(at, &rules::DESCRIPTOR),
        };
        // `a&>x` could be `a &` and `>x`.
        if sign.starts_with('&')
            && !matches!(self.bytes.get(at.wrapping_sub(1)), None | Some(b' ' | b'\n'))
        {
            return Self::fault(at, &rules::DESCRIPTOR);
        }
        self.at += length;
        self.here.begun = true;
        let role = Role::Redirection(Redirection { sign, reach });
        if reach == Reach::Stream {
            let from = self.line.text.len() as u32;
            self.push(role, from, at as u32);
            return match (self.peek(0), self.peek(1)) {
                (Some(b'&'), Some(b'>')) => Self::fault(at, &rules::DESCRIPTOR),
                (None | Some(b' ' | b'\n' | b';' | b'&' | b'|'), _) => Ok(()),
                _ => Self::fault(at, &rules::DESCRIPTOR),
            };
        }
        self.skip_blanks()?;
        if let None | Some(b'\n' | b';' | b'&' | b'|' | b'<' | b'>') = self.peek(0) {
            return Self::fault(self.at, &rules::TARGET);
        }
        let word = self.word()?;
        self.push(role, word.from, word.at);
        self.target(&word)
    }

    /// The place to which a redirection goes.
    fn target(&self, word: &Word) -> Result<(), TextFault> {
        let at = word.at as usize;
        let bytes = self.line.text.get(word.from as usize..).unwrap_or_default();
        let mut segments =
            bytes.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
        if bytes.is_empty() || matches!(bytes, [b'~', ..]) || bytes.contains(&b'\n') {
            return Self::fault(at, &rules::TARGET_PLACE);
        }
        let device =
            segments.clone().next().is_some_and(|first| first.eq_ignore_ascii_case(b"dev"));
        if device && bytes.first() == Some(&b'/') && bytes != b"/dev/null" {
            return Self::fault(at, &rules::DEVICE);
        }
        // A folder is opened by no shell for writing, and gives nothing to read.
        let is_folder = matches!(bytes.rsplit(|byte| *byte == b'/').next(), Some(b"" | b"."));
        if is_folder || segments.any(|part| part == b"..") {
            return Self::fault(at, &rules::TARGET_PLACE);
        }
        Ok(())
    }

    /// Says what a word is that is no target.
    fn place(&mut self, word: &Word) -> Result<(), TextFault> {
        let at = word.at as usize;
        self.here.begun = true;
        if self.here.named {
            self.push(Role::Word, word.from, word.at);
            return Ok(());
        }
        let bytes = self.line.text.get(word.from as usize..).unwrap_or_default();
        if let Some(length) = word.equals {
            let name = bytes.get(..length as usize).unwrap_or_default();
            if !self.names.iter().any(|listed| listed.as_bytes() == name) {
                return Self::fault(at, &rules::ASSIGNMENT);
            }
            self.push(Role::Assignment(length), word.from, word.at);
            return Ok(());
        }
        if bytes.contains(&b'=') {
            return Self::fault(at, &rules::NAME_EQUALS);
        }
        if RESERVED.iter().any(|reserved| reserved.as_bytes() == bytes) {
            return Self::fault(at, &rules::RESERVED);
        }
        self.here.named = true;
        self.push(Role::Word, word.from, word.at);
        Ok(())
    }
}
