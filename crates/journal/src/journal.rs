//! The journal as a sink of records.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use permitgate::decision::Ruling;
use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
use permitgate::time::{Clock, Timestamp};
use zeroize::Zeroizing;

use crate::checkpoint::{Checkpoint, CheckpointKey};
use crate::digest::Keyed;
use crate::encoding::{self, closed, opened};
use crate::erasure;
use crate::fault::{JournalError, JournalErrorKind};
use crate::frame::Draft;
use crate::holding::Holding;
use crate::options::{Durability, JournalOptions};
use crate::queue::{Class, Queue, Wait};
use crate::resumption::{Repair, resume};
use crate::storage::{Folder, Storage};
use crate::tape::{Sizes, Tape};

/// A durable, chained record of decisions and outcomes: a [`RecordSink`] for a gate.
///
/// When [`record`](RecordSink::record) returns, the decision is as safe as [`Durability`] says; the permit exists only after that. Where the system
/// refuses to write, the journal refuses every record from then on, so that the gate denies, and [`fault`](Self::fault) says why. Where the disk is
/// full it refuses until there is room; outcomes have theirs reserved.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate_journal::Journal;
/// use std::sync::Arc;
///
/// # let path = std::env::temp_dir().join(format!("permitgate-journal-{}", std::process::id()));
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let journal = Arc::new(Journal::open(&path)?);
/// let gate = Gate::builder().sink(journal.clone()).build()?;
/// drop(gate.authorize(&Action::read("docs.read", "docs/intro"), &scope)?);
/// journal.close()?;
///
/// let report = permitgate_journal::verify(&path, &[])?;
/// assert!(report.is_sound());
/// assert_eq!((report.decisions, report.outcomes), (1, 1));
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal {
    queue: Arc<Queue>,
    drafts: Drafts,
    holding: RwLock<Holding>,
    key: Keyed,
    stream: u32,
    waits: Wait,
    repair: Option<Repair>,
    storage: Arc<dyn Storage>,
    writer: Mutex<Option<JoinHandle<()>>>,
    clock: Arc<dyn Clock>,
    /// The latest time that was told: entries of its own are not of before.
    latest: AtomicU64,
    /// Until it is closed.
    lock: Mutex<Option<Box<dyn Send + Sync>>>,
}

impl Journal {
    /// Opens the journal in a folder, with what [`JournalOptions`] has by default; makes it where there is none.
    ///
    /// # Errors
    /// As [`JournalOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        JournalOptions::new().open_folder(path)
    }

    pub(crate) fn start(
        options: JournalOptions,
        storage: Arc<dyn Storage>,
        lock: Box<dyn Send + Sync>,
        tape: Tape,
        repair: Option<Repair>,
    ) -> Result<Self, JournalError> {
        let key = match options.key {
            Some(key) => Keyed::new(&key),
            None => {
                let mut key = Zeroizing::new([0; 32]);
                let filled = storage.fill_random(&mut *key);
                filled
                    .map_err(|error| JournalError::io("the system gives no random bytes", error))?;
                Keyed::new(&key)
            }
        };
        let stream = tape.standing.stream;
        let latest = AtomicU64::new(tape.standing.at);
        let at = latest_of(&*options.clock, &latest);
        let is_queued = options.durability == Durability::Queued;
        let queue = Arc::new(Queue::new(tape, options.queue, options.keep, is_queued));
        let mut draft = Draft::default();
        let torn = repair.map_or((0, 0), |repair| (repair.bytes, repair.entries));
        opened(&mut draft, at, torn.0, torn.1);
        let waits = match options.durability {
            Durability::Queued => Wait::No,
            Durability::Written => Wait::Written,
            Durability::Durable => Wait::Synced,
        };
        let journal = Self {
            drafts: Drafts::new(),
            holding: RwLock::new(options.holding),
            key,
            stream,
            waits,
            repair,
            storage,
            writer: Mutex::new(None),
            clock: options.clock,
            latest,
            lock: Mutex::new(Some(lock)),
            queue,
        };
        journal.push_own(&mut draft, Wait::No)?;
        if is_queued {
            let queue = Arc::clone(&journal.queue);
            let name = "permitgate-journal".to_owned();
            let writer = std::thread::Builder::new().name(name).spawn(move || queue.run());
            let writer =
                writer.map_err(|error| JournalError::io("no thread can be started", error))?;
            *journal.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
        }
        Ok(journal)
    }

    /// What a crash had left at its end, which was cut away when it was opened.
    pub fn repair(&self) -> Option<Repair> {
        self.repair
    }

    /// What made the journal refuse every record, if something did. Then open it again, when that is mended.
    pub fn fault(&self) -> Option<JournalError> {
        self.queue.fault()
    }

    /// Replaces what records hold of arguments, as when a manifest was loaded anew.
    pub fn hold(&self, holding: impl Into<Holding>) {
        *self.holding.write().unwrap_or_else(PoisonError::into_inner) = holding.into();
    }

    /// Returns when all that was recorded so far is on the disk.
    ///
    /// # Errors
    /// What the system says; the journal refuses every record from then on.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.queue.sync()
    }

    /// Signs how many entries there are and what they are, when all of them are on the disk.
    ///
    /// Keep it where the writer cannot change it: up to here, nothing can be changed, removed or cut off without its being found.
    ///
    /// # Errors
    /// What the system says.
    pub fn checkpoint(&self, key: &CheckpointKey) -> Result<Checkpoint, JournalError> {
        self.queue.still(|tape| {
            tape.sync()?;
            Ok(key.sign(tape.standing.position(), tape.standing.tree.root()))
        })
    }

    /// Erases of whom and of what decisions were, by the numbers of their records, and records that it was done and why.
    ///
    /// What stays: when, the ruling with its reason, statement or rule, the agent, the capability, the operation, and the outcome. The chain
    /// and all checkpoints hold as before. A number whose record is gone already is passed over. Returns how many were erased.
    ///
    /// # Errors
    /// [`JournalErrorKind::Unusable`] for more than [`limits::MAX_ERASED`](crate::limits::MAX_ERASED) numbers, and what the system says.
    pub fn erase(&self, sequences: &[u64], reason: &str) -> Result<usize, JournalError> {
        let mut draft = Draft::default();
        // So that the entry can say that what it erases had been there.
        self.sync()?;
        let found = erasure::find(&*self.storage, sequences)?;
        let known: Vec<u64> = found.iter().map(|place| place.sequence).collect();
        if !known.is_empty() {
            encoding::erased(&mut draft, latest_of(&*self.clock, &self.latest), reason, &known);
            self.push_own(&mut draft, Wait::Synced)?;
            erasure::wipe(&*self.storage, &found)?;
        }
        Ok(known.len())
    }

    /// Ends the journal in order: all is written and on the disk, and opening it again needs no search. Then it refuses. Dropping it
    /// does the same, and says nothing where it fails.
    ///
    /// # Errors
    /// What the system says, or had said before.
    pub fn close(&self) -> Result<(), JournalError> {
        let at = latest_of(&*self.clock, &self.latest);
        let ended = self.queue.close(|draft, standing| {
            closed(draft, at, &standing.chain, &standing.tree, standing.decisions);
        });
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // It catches what panics.
            let _ = writer.join();
        }
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        ended
    }

    fn push_own(&self, draft: &mut Draft, wait: Wait) -> Result<(), JournalError> {
        let frame = draft.finish().ok_or_else(|| JournalError::unusable("an entry is too long"))?;
        let pushed =
            self.queue.take(frame, Class::Own).and_then(|ticket| self.queue.finish(ticket, wait));
        pushed.map(|_| ()).map_err(|error| {
            self.fault().unwrap_or_else(|| JournalError::unusable(error.chain().to_string()))
        })
    }
}

/// Opening.
impl JournalOptions {
    /// Opens the journal in a folder on disk, which is made where there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_folder(self, path: impl AsRef<Path>) -> Result<Journal, JournalError> {
        let path = path.as_ref();
        let folder = Folder::create(path).map_err(|error| {
            JournalError::io(format!("the folder {} cannot be made", path.display()), error)
        })?;
        self.open(folder)
    }

    /// Opens a journal to write. What a crash left at its end is cut away, and [`Journal::repair`] says so.
    ///
    /// # Errors
    /// [`JournalErrorKind::Locked`] where another process writes it, [`JournalErrorKind::Newer`] where it has a newer format,
    /// [`JournalErrorKind::Damaged`] where its end was changed by something else than a crash, and what the system says.
    pub fn open(self, storage: impl Storage + 'static) -> Result<Journal, JournalError> {
        let storage: Arc<dyn Storage> = Arc::new(storage);
        let lock = self.lock(&*storage)?;
        let sizes = Sizes { segment: self.segment, ahead: self.ahead };
        let now = self.clock.now().as_unix_millis();
        let (tape, repair) = resume(Arc::clone(&storage), self.stream, sizes, now)?;
        Journal::start(self, storage, lock, tape, repair)
    }

    fn lock(&self, storage: &dyn Storage) -> Result<Box<dyn Send + Sync>, JournalError> {
        let since = Instant::now();
        loop {
            let tried = storage.lock();
            let failed =
                |error| JournalError::io(format!("{} cannot be locked", storage.name()), error);
            if let Some(lock) = tried.map_err(failed)? {
                return Ok(lock);
            }
            if since.elapsed() >= self.patience {
                let text = format!(
                    "another process writes to {}; give each process a folder of its own",
                    storage.name()
                );
                return Err(JournalError::new(JournalErrorKind::Locked, text));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl RecordSink for Journal {
    fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        let class = Class::Decision { allows: record.ruling() == Ruling::Allow };
        let ticket = self.drafts.with(|draft| {
            let holding = self.holding.read().unwrap_or_else(PoisonError::into_inner);
            encoding::decision(draft, record, &holding, &self.key);
            drop(holding);
            let frame = draft.finish().ok_or(RecordError::new("the record is too long"))?;
            self.queue.take(frame, class)
        })?;
        let numbered = self.queue.finish(ticket, self.waits)?;
        self.latest.fetch_max(record.at().as_unix_millis(), Ordering::AcqRel);
        Ok(RecordNumber { stream: self.stream, sequence: numbered.sequence })
    }

    fn outcome(
        &self,
        number: RecordNumber,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        if number.stream != self.stream {
            return Err(RecordError::new("the record is of another stream"));
        }
        // An outcome that power loss takes reads as an effect of which nobody knows how it ended, which errs to the safe side.
        let wait = if self.waits == Wait::No { Wait::No } else { Wait::Written };
        let ticket = self.drafts.with(|draft| {
            encoding::outcome(draft, number.sequence, outcome, at);
            let frame = draft.finish().ok_or(RecordError::new("the record is too long"))?;
            self.queue.take(frame, Class::Outcome)
        })?;
        self.queue.finish(ticket, wait)?;
        self.latest.fetch_max(at.as_unix_millis(), Ordering::AcqRel);
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("storage", &self.storage.name())
            .field("stream", &self.stream)
            .field("position", &self.queue.position())
            .finish_non_exhaustive()
    }
}

/// The time, never below what was told before.
fn latest_of(clock: &dyn Clock, latest: &AtomicU64) -> u64 {
    let now = clock.now().as_unix_millis();
    latest.fetch_max(now, Ordering::AcqRel).max(now)
}

/// Buffers to write frames into, apart from the queue: a view of arguments is the caller's code, and nobody waits for it.
struct Drafts(Box<[Mutex<Draft>]>);

impl Drafts {
    fn new() -> Self {
        Self((0..16).map(|_| Mutex::new(Draft::with_capacity(4096))).collect())
    }

    fn with<T>(&self, write: impl FnOnce(&mut Draft) -> T) -> T {
        for draft in &self.0 {
            match draft.try_lock() {
                Ok(mut draft) => return write(&mut draft),
                // One that panicked begins anew.
                Err(std::sync::TryLockError::Poisoned(draft)) => {
                    return write(&mut draft.into_inner());
                }
                Err(std::sync::TryLockError::WouldBlock) => {}
            }
        }
        write(&mut Draft::default())
    }
}
