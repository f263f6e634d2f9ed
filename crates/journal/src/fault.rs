//! What can be the matter with a journal, apart from what a verification finds.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a journal cannot be opened, written or read.
///
/// [`Display`](fmt::Display) says what was wrong, where, and what to do. Cloning allocates nothing.
///
/// ```
/// use permitgate_journal::{JournalErrorKind, JournalOptions, Simulation};
///
/// let disk = Simulation::new(1);
/// let _ours = JournalOptions::new().open(disk.clone())?;
/// let error = JournalOptions::new().open(disk).unwrap_err();
/// assert_eq!(error.kind(), JournalErrorKind::Locked);
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
#[derive(Clone)]
pub struct JournalError(Arc<Told>);

struct Told {
    kind: JournalErrorKind,
    text: String,
    source: Option<io::Error>,
}

/// What is the matter.
///
/// ```
/// use permitgate_journal::JournalErrorKind;
///
/// assert_ne!(JournalErrorKind::Full, JournalErrorKind::Failed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The system refused to read or write. A writer that meets it writes nothing more until the journal is opened again.
    Failed,
    /// There is no room left. The writer takes records again when there is.
    Full,
    /// Another process writes to it.
    Locked,
    /// A segment has a newer format than this crate reads.
    Newer,
    /// What is there is no journal, or something in it was changed. `verify` says what.
    Damaged,
    /// It was closed.
    Closed,
    /// What was asked for is not there, or makes no sense.
    Unusable,
}

impl JournalError {
    pub(crate) fn new(kind: JournalErrorKind, text: impl Into<String>) -> Self {
        Self(Arc::new(Told { kind, text: text.into(), source: None }))
    }

    /// Of the system, while something was being done.
    pub(crate) fn io(doing: impl fmt::Display, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalErrorKind::Full,
            _ => JournalErrorKind::Failed,
        };
        Self(Arc::new(Told { kind, text: doing.to_string(), source: Some(source) }))
    }

    pub(crate) fn damaged(text: impl Into<String>) -> Self {
        Self::new(JournalErrorKind::Damaged, text)
    }

    pub(crate) fn unusable(text: impl Into<String>) -> Self {
        Self::new(JournalErrorKind::Unusable, text)
    }

    /// What is the matter.
    pub fn kind(&self) -> JournalErrorKind {
        self.0.kind
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "journal: {}", self.0.text)?;
        match &self.0.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalError({:?}, {self})", self.0.kind)
    }
}

impl Error for JournalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}
