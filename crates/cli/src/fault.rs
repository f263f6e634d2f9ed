//! What ends a command early.

use std::io;
use std::path::Path;

use permitgate_files::LoadError;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Whoever read the output is gone; nothing is said.
    Pipe,
    /// Everything else, in messages without the prefix.
    Said(Vec<String>),
}

impl Fault {
    pub(crate) fn said(message: impl Into<String>) -> Self {
        Self::Said(vec![message.into()])
    }

    /// The output cannot be written.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::said(format!("the output cannot be written: {error}")),
        }
    }

    /// A policy does not load.
    pub(crate) fn load(error: &LoadError) -> Self {
        Self::Said(error.findings().iter().map(ToString::to_string).collect())
    }

    /// A file cannot be read.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::said(format!("{}: {error}", path.display()))
    }
}
