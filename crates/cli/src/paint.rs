//! Colours, where they are wanted.

use std::fmt::{self, Display};
use std::path::Path;

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

/// A text with the colour it is shown in.
struct Painted<T>(T, Option<&'static str>);

impl Paint {
    pub(crate) fn new(colours: bool) -> Self {
        Self(colours)
    }

    fn with<T: Display>(self, code: &'static str, text: T) -> impl Display {
        Painted(text, self.0.then_some(code))
    }

    pub(crate) fn bad<T: Display>(self, text: T) -> impl Display {
        self.with("1;31", text)
    }

    pub(crate) fn doubt<T: Display>(self, text: T) -> impl Display {
        self.with("1;33", text)
    }

    pub(crate) fn good<T: Display>(self, text: T) -> impl Display {
        self.with("32", text)
    }

    pub(crate) fn strong<T: Display>(self, text: T) -> impl Display {
        self.with("1", text)
    }

    pub(crate) fn faint<T: Display>(self, text: T) -> impl Display {
        self.with("2", text)
    }

    /// A decision in its colour.
    pub(crate) fn ruling<T: Display>(
        self,
        ruling: permitgate::decision::Ruling,
        text: T,
    ) -> impl Display {
        let code = match ruling {
            permitgate::decision::Ruling::Allow => "32",
            permitgate::decision::Ruling::Hold => "33",
            permitgate::decision::Ruling::Deny => "31",
        };
        self.with(code, text)
    }
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(code) => write!(f, "\x1b[{code}m{}\x1b[0m", self.0),
            None => self.0.fmt(f),
        }
    }
}

/// Text from outside, which cannot forge a line, speak to the terminal or hide anything.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    uncovered(&text)
}

/// The name of a file.
pub(crate) fn named(file: &Path) -> String {
    plain(&file.display().to_string())
}

/// Text of several lines in which names were made visible before: whatever is still hidden in it is escaped, and nothing
/// twice.
pub(crate) fn uncovered(text: &str) -> String {
    permitgate::text::visible(&text.replace('\r', "\\r")).as_json().to_string()
}
