//! What can be wrong with a JSON text, and where.

/// Why a text is not one JSON value: the fault with its line and column, without a value of the text.
///
/// Columns count bytes from 1. A text of one line names its column only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}column {column}: {what}", LinePart(*.line))]
pub struct JsonError {
    line: usize,
    column: usize,
    what: String,
}

/// The line, where it says something.
struct LinePart(usize);

impl std::fmt::Display for LinePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 > 1 { write!(f, "line {}, ", self.0) } else { Ok(()) }
    }
}

impl JsonError {
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

    /// A fault whose last byte stands before the byte `end` of the text.
    #[cold]
    pub(super) fn ending_at(text: &str, end: usize, what: &str) -> Self {
        let before = text.as_bytes().get(..end).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        Self { line, column: (end - begin).max(1), what: what.to_owned() }
    }

    #[cold]
    pub(super) fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Self {
        let before = bytes.get(..valid_up_to).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        Self { line, column: valid_up_to - begin + 1, what: "not UTF-8".to_owned() }
    }

    #[cold]
    pub(super) fn from_reader(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        // The place stands in fields of its own.
        let what = said.rsplit_once(" at line ").map_or(&*said, |(what, _)| what);
        let what = match what {
            "recursion limit exceeded" => super::read::TOO_DEEP,
            what => what,
        };
        Self { line: error.line().max(1), column: error.column().max(1), what: what.to_owned() }
    }
}
