//! Identifiers that decisions take along.

use std::fmt;
use std::sync::Arc;

/// The id of a statement, or the name of a rule.
///
/// A decision owns the one that determined it, so it is copied with nearly every answer. Short ones are copied byte by byte: counting the
/// owners of a shared text takes two locked instructions, on a line that all threads write which decide by the same
/// statement.
#[derive(Clone)]
pub(crate) struct Identifier(Form);

#[derive(Clone)]
enum Form {
    Short { length: u32, text: Short },
    Shared(Arc<str>),
}

/// In whole words, so that it is copied by words.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Short([u8; SHORT_BYTES]);

/// Bytes of a text that is copied.
const SHORT_BYTES: usize = 24;

impl Identifier {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Short { length, text } => text.0.get(..*length as usize).unwrap_or_default(),
            Form::Shared(text) => text.as_bytes(),
        }
    }

    /// Bytes that it holds outside of itself.
    pub(crate) fn memory_bytes(&self) -> usize {
        match &self.0 {
            Form::Short { .. } => 0,
            Form::Shared(text) => text.len() + 2 * size_of::<usize>(),
        }
    }

    /// The text. Checks a short one again, so what is decided often takes [`as_bytes`](Self::as_bytes).
    pub(crate) fn as_str(&self) -> &str {
        match &self.0 {
            Form::Short { .. } => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Form::Shared(text) => text,
        }
    }
}

impl From<&str> for Identifier {
    fn from(text: &str) -> Self {
        Self(Form::short(text).unwrap_or_else(|| Form::Shared(text.into())))
    }
}

impl From<Arc<str>> for Identifier {
    fn from(text: Arc<str>) -> Self {
        Self(Form::short(&text).unwrap_or(Form::Shared(text)))
    }
}

impl Form {
    fn short(text: &str) -> Option<Self> {
        let mut short = Short([0; SHORT_BYTES]);
        short.0.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self::Short { length: text.len() as u32, text: short })
    }
}

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Identifier {}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for length in 0..40 {
            for character in ["x", "é", "漢"] {
                let text = character.repeat(length);
                let identifier = Identifier::from(&*text);
                assert_eq!((identifier.as_str(), identifier.as_bytes()), (&*text, text.as_bytes()));
                assert_eq!(identifier.clone(), identifier);
                assert_eq!(format!("{identifier:?}"), format!("{text:?}"));
                let is_short = matches!(identifier.0, Form::Short { .. });
                assert_eq!(is_short, text.len() <= SHORT_BYTES);
                assert_ne!(identifier, Identifier::from(&*format!("{text}\0")));
            }
        }
    }
}
