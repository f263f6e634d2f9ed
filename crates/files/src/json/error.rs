//! What can be wrong with a JSON text, and where.

/// Why a text is not one JSON value: the fault with its line and column, without a value of the text.
///
/// Columns count bytes from 1. A text of one line names its column only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}column {column}: {what}", LinePart(*.line))]
pub struct JsonError {
    kind: JsonErrorKind,
    line: usize,
    column: usize,
    what: String,
}

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// It is not UTF-8.
    NotUtf8,
    /// It is not JSON.
    Syntax,
    /// Lists and objects are nested too deeply.
    TooDeep,
    /// A key stands twice in one object.
    RepeatedKey,
    /// A text or a key is longer than it may be.
    LongText,
    /// A number cannot be kept exactly.
    InexactNumber,
}

impl JsonErrorKind {
    /// The stable code, for logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not-utf8",
            Self::Syntax => "syntax",
            Self::TooDeep => "too-deep",
            Self::RepeatedKey => "repeated-key",
            Self::LongText => "long-text",
            Self::InexactNumber => "inexact-number",
        }
    }
}

/// The line, where it says something.
struct LinePart(usize);

impl std::fmt::Display for LinePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 > 1 { write!(f, "line {}, ", self.0) } else { Ok(()) }
    }
}

impl JsonError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> JsonErrorKind {
        self.kind
    }

    /// The line, from 1.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes, from 1.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// The fault without its place.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// A number that cannot be kept, whose last byte stands before the byte `end` of the text.
    #[cold]
    pub(super) fn ending_at(text: &str, end: usize, what: &str) -> Self {
        let before = text.as_bytes().get(..end).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let kind = JsonErrorKind::InexactNumber;
        Self { kind, line, column: (end - begin).max(1), what: what.to_owned() }
    }

    #[cold]
    pub(super) fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Self {
        let before = bytes.get(..valid_up_to).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let kind = JsonErrorKind::NotUtf8;
        Self { kind, line, column: valid_up_to - begin + 1, what: "not UTF-8".to_owned() }
    }

    /// What `serde_json` refuses, or what it was told to refuse: then with the kind that was set before.
    #[cold]
    pub(super) fn from_reader(error: &serde_json::Error, told: Option<JsonErrorKind>) -> Self {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        // The place stands in fields of its own.
        let what = said.strip_suffix(&format!(" at line {line} column {column}"));
        let what = what.unwrap_or(&said).to_owned();
        let kind = told.unwrap_or(JsonErrorKind::Syntax);
        Self { kind, line: line.max(1), column: column.max(1), what }
    }
}
