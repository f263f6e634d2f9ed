//! How a journal is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use permitgate::time::{Clock, SystemClock};
use zeroize::Zeroizing;

use crate::holding::Holding;
use crate::limits::{MAX_FRAME_BYTES, SEGMENT_BYTES};
use crate::tape::Retention;

/// What a decision waits for before its permit exists, and so what a crash can take back.
///
/// | | returns when the record is | lost at `kill -9` | lost at power loss |
/// |---|---|---|---|
/// | `Queued` | in the process's memory | what was not written yet: [`queue_bytes`](JournalOptions::queue_bytes) at most | the same, and what was not synced |
/// | `Written` | with the operating system | nothing | what was not synced |
/// | `Durable` | on the disk | nothing | no decision; outcomes since the last decision |
///
/// ```
/// use permitgate_journal::Durability;
///
/// assert_eq!(Durability::default(), Durability::Written);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Durability {
    /// In a queue of this process, which a thread of the journal writes. A full queue denies.
    Queued,
    /// Written to the operating system.
    #[default]
    Written,
    /// On the disk. Threads that wait at the same time share a sync.
    Durable,
}

/// How a [`Journal`](crate::Journal) is opened.
///
/// ```
/// use permitgate_journal::{Durability, JournalOptions};
///
/// let path = std::env::temp_dir().join(format!("permitgate-options-{}", std::process::id()));
/// let journal = JournalOptions::new()
///     .durability(Durability::Durable)
///     .segment_bytes(16 * 1024 * 1024)
///     .keep_bytes(1024 * 1024 * 1024)
///     .open_folder(&path)?;
/// journal.close()?;
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct JournalOptions {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stream: Option<u32>,
    pub(crate) durability: Durability,
    pub(crate) segment: u64,
    pub(crate) ahead: u64,
    pub(crate) queue: usize,
    pub(crate) keep: Retention,
    pub(crate) holding: Holding,
    pub(crate) key: Option<Zeroizing<[u8; 32]>>,
    pub(crate) patience: Duration,
}

impl fmt::Debug for JournalOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalOptions")
            .field("stream", &self.stream)
            .field("durability", &self.durability)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl JournalOptions {
    /// Records are written to the operating system, in segments of 64 MiB, all of which are kept.
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            stream: None,
            durability: Durability::default(),
            segment: 64 * 1024 * 1024,
            ahead: 256 * 1024,
            queue: 1024 * 1024,
            keep: Retention::default(),
            holding: Holding::default(),
            key: None,
            patience: Duration::ZERO,
        }
    }

    /// What a decision waits for.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The number of the stream that records are numbered in; 0 for a journal that is new. Give each process of one service
    /// its own folder and stream.
    pub fn stream(mut self, stream: u32) -> Self {
        self.stream = Some(stream);
        self
    }

    /// How large a segment gets before the next is begun, within [`limits::SEGMENT_BYTES`](crate::limits::SEGMENT_BYTES).
    pub fn segment_bytes(mut self, bytes: u64) -> Self {
        self.segment = bytes.clamp(*SEGMENT_BYTES.start(), *SEGMENT_BYTES.end());
        self
    }

    /// How much of a segment is made ready at once, at least 4 KiB. Less suits a process that is short-lived.
    pub fn ahead_bytes(mut self, bytes: u64) -> Self {
        self.ahead = bytes.clamp(4096, *SEGMENT_BYTES.end());
        self
    }

    /// How many bytes of records may wait in memory, at least twice the longest record. Under
    /// [`Durability::Queued`] more of them are refused, so that the gate denies; else they wait.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue = bytes.max(2 * MAX_FRAME_BYTES);
        self
    }

    /// Removes the oldest segments where all together would take more than this. The segment that is written always stays, and what is
    /// removed is told in the journal first.
    pub fn keep_bytes(mut self, bytes: u64) -> Self {
        self.keep.bytes = Some(bytes);
        self
    }

    /// Removes segments whose last entry is older than this, when a segment is begun.
    pub fn keep_for(mut self, span: Duration) -> Self {
        self.keep.millis = Some(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// What records hold of arguments; see [`Holding`].
    pub fn holding(mut self, holding: impl Into<Holding>) -> Self {
        self.holding = holding.into();
        self
    }

    /// The key of the digests that stand for secrets: 32 random bytes, which must not lie beside the journal. Without one, each process makes
    /// its own and forgets it, so that equal secrets can be told only within one run.
    pub fn key(mut self, key: &[u8; 32]) -> Self {
        self.key = Some(Zeroizing::new(*key));
        self
    }

    /// The clock that the journal's own entries have their time from; decisions and outcomes have the gate's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long to wait for another writer to end. Without it, a journal that is being written is refused at once.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}
