//! What ends a command early.

use std::io;
use std::path::Path;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Whoever read the output is gone; nothing is said.
    Pipe,
    /// Everything else, in one message without the prefix.
    Said(String),
}

impl Fault {
    pub(crate) fn said(message: impl Into<String>) -> Self {
        Self::Said(message.into())
    }

    /// The output cannot be written.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Said(format!("the output cannot be written: {error}")),
        }
    }

    /// A file cannot be read.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Said(format!("{}: {error}", path.display()))
    }
}
