//! JSON into a tree with places: strict, no repeated keys, bounded depth, exact whole numbers.

use super::{Content, Key, Node};
use crate::fault::{Code, Fault};
use crate::limits::MAX_DEPTH;
use crate::number::{TOO_LARGE, exact};
use crate::source::Span;

/// Parses a file of JSON.
pub(crate) fn parse(file: u32, text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { file, text, at: 0 };
    let mut whole = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault("something stands behind the end of the value"));
    }
    if matches!(whole.value, Content::Table(_)) {
        whole.span = Span::new(file, 0..0);
    }
    Ok(whole)
}

struct Reader<'t> {
    file: u32,
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn span(&self, from: usize) -> Span {
        Span::new(self.file, from..self.at)
    }

    /// A fault at the character under the reader.
    fn fault(&self, what: &str) -> Fault {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.file, self.at..self.at + length);
        Fault::new(Code::Syntax, span, format!("not JSON: {what}"))
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.space();
        let from = self.at;
        let value = match self.peek() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Content::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ if self.word("true") => Content::Bool(true),
            _ if self.word("false") => Content::Bool(false),
            _ if self.word("null") => Content::Null,
            None => return Err(self.fault("the text ends where a value must stand")),
            Some(_) => return Err(self.fault("a value must stand here")),
        };
        Ok(Node { span: self.span(from), value })
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn open(&mut self, depth: usize) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            let span = Span::new(self.file, self.at..self.at + 1);
            let message = format!("tables or lists lie more than {MAX_DEPTH} deep");
            return Err(Fault::new(Code::TooDeep, span, message));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// A comma before the next one, or the end of a table or list.
    fn goes_on(&mut self, end: u8) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.fault(&format!("`,` or `{}` must stand here", end as char))),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Content, Fault> {
        self.open(depth)?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Content::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.goes_on(b']')? {
                return Ok(Content::List(items));
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Content, Fault> {
        self.open(depth)?;
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Content::Table(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in quotation marks must stand here"));
            }
            let from = self.at;
            let name = self.string()?;
            let key = Key { span: self.span(from), name };
            if let Some(first) = known.insert(key.name.clone(), key.span) {
                let message = format!("the key `{}` stands twice in one table", key.name);
                let fault = Fault::new(Code::DuplicateKey, key.span, message);
                return Err(fault.other(first, "the first").hint("keep one of the two"));
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fault("`:` must stand here"));
            }
            self.at += 1;
            entries.push((key, self.value(depth + 1)?));
            if !self.goes_on(b'}')? {
                return Ok(Content::Table(entries));
            }
        }
    }

    /// The end of the string is found here; what stands in it is read by `serde_json`.
    fn string(&mut self) -> Result<String, Fault> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(0..=0x1F) => {
                    return Err(self.fault("a control character must be written as an escape"));
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = from;
                    return Err(self.fault("the text ends within this string"));
                }
            }
        }
        self.at += 1;
        let raw = self.text.get(from..self.at).unwrap_or_default();
        serde_json::from_str(raw).map_err(|error| {
            // The column of a fault within one line is its byte, from 1.
            let at = (from + error.column().saturating_sub(1)).min(self.at - 1);
            let span = Span::new(self.file, floor(self.text, at)..self.at);
            Fault::new(Code::Syntax, span, "not JSON: a malformed escape in this string")
        })
    }

    fn number(&mut self) -> Result<Content, Fault> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E')) {
            self.at += 1;
        }
        let raw = self.text.get(from..self.at).unwrap_or_default();
        let bad =
            |what: &str| Fault::new(Code::Syntax, self.span(from), format!("not JSON: {what}"));
        let inexact = |what: &str| Fault::new(Code::BadValue, self.span(from), what);
        let number: serde_json::Number = serde_json::from_str(raw).map_err(|_| {
            // What is passed over is read by its form alone.
            let is_number = serde_json::from_str::<serde::de::IgnoredAny>(raw).is_ok();
            if is_number { inexact(TOO_LARGE) } else { bad("a malformed number") }
        })?;
        match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Ok(Content::Integer(number)),
            (_, Some(number)) => Ok(Content::Unsigned(number)),
            // A negative zero is whole, and only a float for `serde_json`.
            _ => exact(raw).map(Content::number).map_err(inexact),
        }
    }
}

/// The start of the character that holds byte `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while at > 0 && !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_serde_json_reads() {
        let texts = [
            "{}",
            "[]",
            " [1, -2.5e3, true, null] ",
            r#"{"a": {"b": ["c\u00e9\n\"", 1e400]}}"#,
            "",
            "{",
            "[1,]",
            "{\"a\":}",
            "{\"a\" 1}",
            "{a: 1}",
            "01",
            "1.",
            "--1",
            "tru",
            "\"a",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\t\"",
            "[1] 2",
            "nul",
            "\u{a0}1",
            "18446744073709551615",
            "\"\\",
            "{\"a\":1,}",
            "-",
            "1e5",
            "-0",
            "\"é\\u\"",
        ];
        for text in texts {
            let ours = parse(0, text).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(ours, theirs, "{text}");
        }
    }

    #[test]
    fn it_refuses_more_than_that() {
        let code = |text: &str| parse(0, text).map(|_| ()).map_err(|fault| fault.code);
        assert_eq!(code(r#"{"a": 1, "\u0061": 2}"#), Err(Code::DuplicateKey));
        assert_eq!(code("123456789012345678901234567890"), Err(Code::BadValue));
        assert_eq!(code(&"[".repeat(1_000_000)), Err(Code::TooDeep));
        assert_eq!(code(&format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))), Ok(()));
    }

    #[test]
    fn places_are_exact() {
        let text = r#"{"é": [1, {"x": "y"}]}"#;
        let tree = parse(0, text).unwrap();
        let at = |path: &str| {
            let span = tree.place(path);
            &text[span.start as usize..span.end as usize]
        };
        assert_eq!(at("é[1].x"), "\"y\"");
        assert_eq!(at("é[0]"), "1");
        assert_eq!(&text[tree.entries()[0].0.span.start as usize..][..4], "\"é\"");
    }
}
