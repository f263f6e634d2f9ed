//! Colours, where they are wanted.

use std::fmt::{self, Display};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use permitgate::decision::Ruling;

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

/// A text with the style it is shown in.
struct Painted<T>(T, Style);

impl Paint {
    pub(crate) fn new(colours: bool) -> Self {
        Self(colours)
    }

    fn with<T: Display>(self, style: Style, text: T) -> impl Display {
        Painted(text, if self.0 { style } else { Style::new() })
    }

    pub(crate) fn bad<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn doubt<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(crate) fn good<T: Display>(self, text: T) -> impl Display {
        self.with(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn strong<T: Display>(self, text: T) -> impl Display {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn faint<T: Display>(self, text: T) -> impl Display {
        self.with(Style::new().dimmed(), text)
    }

    /// A decision in its colour.
    pub(crate) fn ruling<T: Display>(self, ruling: Ruling, text: T) -> impl Display {
        let colour = match ruling {
            Ruling::Allow => AnsiColor::Green,
            Ruling::Hold => AnsiColor::Yellow,
            Ruling::Deny => AnsiColor::Red,
        };
        self.with(colour.on_default(), text)
    }
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, style) = self;
        write!(f, "{style}{text}{style:#}")
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
