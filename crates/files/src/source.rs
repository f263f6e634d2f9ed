//! Texts with their names, and places in them.

use std::path::{Path, PathBuf};

use crate::limits::MAX_EXCERPT_CHARS;

/// A range of bytes in one of the files of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Span {
    pub(crate) file: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(file: u32, range: std::ops::Range<usize>) -> Self {
        Self { file, start: range.start as u32, end: range.end as u32 }
    }
}

/// A place in a text, as people and editors count: from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1. A byte order mark at the start of the file counts as nothing.
    pub column: usize,
}

/// One file: what it is called, and its text without a byte order mark.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Bytes at which the lines start.
    lines: Vec<u32>,
}

/// Where lines start is kept, so that finding a position is a binary search.
impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>, text: String) -> Self {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        let breaks = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(_, next)| next)).collect();
        Self { path: path.into(), text, lines }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn position(&self, byte: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let before = self.text.as_bytes().get(start as usize..byte as usize).unwrap_or_default();
        // A byte that continues a character starts none.
        let column = 1 + before.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Position { line, column }
    }

    /// The line of a span, cut where it is long, with the place and length of the span in what is left.
    pub(crate) fn excerpt(&self, span: Span) -> Excerpt {
        let Position { line, column } = self.position(span.start);
        let start = self.lines.get(line - 1).copied().unwrap_or(0) as usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let text = rest.split('\n').next().unwrap_or_default();
        let text = text.strip_suffix('\r').unwrap_or(text);
        let clean = |c: char| match c {
            c if c.is_control() => ' ',
            c if is_invisible(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        let skip = if column > MAX_EXCERPT_CHARS { column - MAX_EXCERPT_CHARS / 2 } else { 0 };
        let shown: String = text.chars().skip(skip).take(MAX_EXCERPT_CHARS).map(clean).collect();
        let marked = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let length = marked.split(['\r', '\n']).next().unwrap_or_default().chars().count();
        let at = column - 1 - skip;
        let length = length.clamp(1, shown.chars().count().saturating_sub(at).max(1));
        Excerpt { text: shown, at, length }
    }
}

/// Characters that change how others are shown, such as overrides of the direction of writing: a line must
/// not look like another one.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A source line as it is shown under a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    /// Characters before the mark.
    pub(crate) at: usize,
    /// Characters under the mark.
    pub(crate) length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_from_one() {
        let source = Source::new("x", "\u{feff}é = 1\r\n\tß = \"x\"\n".to_owned());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(3), Position { line: 1, column: 3 });
        let second = source.text.find('ß').unwrap() as u32;
        assert_eq!(source.position(second), Position { line: 2, column: 2 });
        let end = source.text.len() as u32;
        assert_eq!(source.position(end), Position { line: 3, column: 1 });
        let excerpt = source.excerpt(Span { file: 0, start: second, end: second + 2 });
        assert_eq!(excerpt, Excerpt { text: " ß = \"x\"".to_owned(), at: 1, length: 1 });
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let source = Source::new("x", format!("{}!{}", "a".repeat(5000), "b".repeat(5000)));
        let excerpt = source.excerpt(Span { file: 0, start: 5000, end: 9000 });
        assert_eq!(excerpt.text.chars().count(), MAX_EXCERPT_CHARS);
        assert_eq!(excerpt.text.chars().nth(excerpt.at), Some('!'));
        assert!(excerpt.at + excerpt.length <= MAX_EXCERPT_CHARS);
        let behind = Source::new("x", String::new()).excerpt(Span::default());
        assert_eq!(behind, Excerpt { text: String::new(), at: 0, length: 1 });
    }
}
