//! Reading a journal from its first entry to its last, in constant memory.

use std::path::Path;
use std::sync::Arc;

use crate::entry::{self, Entry};
use crate::fault::JournalError;
use crate::header::name_of;
use crate::scan::{Scan, segments};
use crate::storage::{Folder, Storage};

/// Reads the entries of a journal, also while it is being written.
///
/// It checks the checksum of each entry, and no more. Whether somebody changed the journal, [`verify`](crate::verify) tells.
///
/// ```
/// use permitgate_journal::{JournalOptions, Reader, Simulation};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let mut reader = Reader::over(disk)?;
/// let mut positions = Vec::new();
/// while let Some(entry) = reader.next()? {
///     positions.push(entry.position);
/// }
/// assert_eq!(positions, [1, 2], "opened and closed");
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
pub struct Reader {
    storage: Arc<dyn Storage>,
    /// Those that are still to be read, the next at the end.
    segments: Vec<u64>,
    scan: Option<Scan>,
}

impl Reader {
    /// Reads the journal in a folder.
    ///
    /// # Errors
    /// When there is no such folder, or its first segment cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        Self::over(folder(path.as_ref())?)
    }

    /// Reads the journal of a storage.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn over(storage: impl Storage + 'static) -> Result<Self, JournalError> {
        let storage: Arc<dyn Storage> = Arc::new(storage);
        let mut segments = segments(&*storage)?;
        segments.reverse();
        let mut reader = Self { storage, segments, scan: None };
        reader.turn()?;
        Ok(reader)
    }

    /// The next entry; `None` at the end, or where what a crash left begins.
    ///
    /// # Errors
    /// [`JournalErrorKind::Damaged`](crate::JournalErrorKind::Damaged) where something is broken and entries follow, and what the system says.
    #[expect(
        clippy::should_implement_trait,
        reason = "an entry borrows from the reader, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, JournalError> {
        let step = loop {
            let Some(scan) = &mut self.scan else { return Ok(None) };
            let segment = scan.segment;
            let failed =
                |error| JournalError::io(format!("{} cannot be read", name_of(segment)), error);
            match scan.step().map_err(failed)? {
                Some(step) => break step,
                None => {
                    let tail = scan.tail().map_err(failed)?;
                    if tail.frames > 0 || tail.bytes > 0 && !self.segments.is_empty() {
                        return Err(broken(segment, tail.offset));
                    }
                    self.turn()?;
                }
            }
        };
        let Some(scan) = &self.scan else { return Ok(None) };
        let found =
            scan.frame(step).and_then(|(offset, frame)| entry::read(&frame, scan.segment, offset));
        found.map(Some).ok_or_else(|| broken(scan.segment, step.offset))
    }

    /// Goes to the next segment.
    fn turn(&mut self) -> Result<(), JournalError> {
        self.scan = match self.segments.pop() {
            Some(segment) => Some(
                Scan::open(&*self.storage, segment).map_err(|fault| fault.of_segment(segment))?,
            ),
            None => None,
        };
        Ok(())
    }
}

fn broken(segment: u64, offset: u64) -> JournalError {
    let name = name_of(segment);
    JournalError::damaged(format!(
        "{name} is broken at byte {offset}, before other entries; verify the journal"
    ))
}

pub(crate) fn folder(path: &Path) -> Result<Folder, JournalError> {
    Folder::open(path).map_err(|error| {
        JournalError::io(format!("the folder {} cannot be opened", path.display()), error)
    })
}
