//! The end of a journal, where frames are sealed and written: ahead of them lie zeros that the file system has given already.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;
use crate::fault::{JournalError, JournalErrorKind};
use crate::frame::{LEAD, Seal, kind};
use crate::header::{Header, name_of};
use crate::merkle::Frontier;
use crate::scan::{Scan, segments};
use crate::storage::{Medium, Storage};

/// How large a segment gets, and how much is made ready at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) segment: u64,
    pub(crate) ahead: u64,
}

/// How much of the past is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retention {
    pub(crate) bytes: Option<u64>,
    pub(crate) millis: Option<u64>,
}

/// Old segments that go, when a frame that says so has reached the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doomed {
    /// The last of them.
    pub(crate) segment: u64,
    /// What stands at its end.
    pub(crate) position: u64,
    pub(crate) chain: Digest,
}

/// Where a journal stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) stream: u32,
    pub(crate) journal: [u8; 16],
    pub(crate) segment: u64,
    pub(crate) decisions: u64,
    /// The time of the last frame.
    pub(crate) at: u64,
    pub(crate) chain: Digest,
    pub(crate) tree: Frontier,
}

impl Standing {
    pub(crate) fn position(&self) -> u64 {
        self.tree.size()
    }

    fn header(&self, at: u64) -> Header {
        let Self { stream, journal, segment, decisions, chain, tree, .. } = self.clone();
        Header { stream, journal, segment, decisions, at, before: chain, tree }
    }
}

/// Syncs of the written segments, one after the other. A system tells a failure once, and the next sync may pass over what was lost; so behind one
/// that failed there is none.
#[derive(Clone, Default)]
pub(crate) struct Syncs(Arc<Mutex<bool>>);

impl Syncs {
    pub(crate) fn sync(&self, medium: &dyn Medium) -> io::Result<()> {
        let mut has_failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_failed {
            return Err(io::Error::other("a sync before this one failed"));
        }
        *has_failed = true;
        medium.sync()?;
        *has_failed = false;
        Ok(())
    }
}

/// The segment that is written.
pub(crate) struct Tape {
    storage: Arc<dyn Storage>,
    medium: Arc<dyn Medium>,
    pub(crate) standing: Standing,
    /// The position of the last frame before this segment.
    begun: u64,
    /// Where the next frame goes.
    end: u64,
    /// How long the file is.
    ahead: u64,
    settled: u64,
    syncs: Syncs,
    salts: [u8; 32],
    sizes: Sizes,
    /// The position of the frame that says so, and the last segment that goes.
    doomed: Option<(u64, u64)>,
}

impl Tape {
    /// Goes on in a segment that ends at `end`, all of which is on the disk.
    pub(crate) fn resume(
        storage: Arc<dyn Storage>,
        medium: Box<dyn Medium>,
        standing: Standing,
        (begun, end): (u64, u64),
        salts: [u8; 32],
        sizes: Sizes,
    ) -> Self {
        let settled = standing.position();
        let medium = Arc::from(medium);
        Self {
            storage,
            medium,
            standing,
            begun,
            end,
            ahead: end,
            settled,
            syncs: Syncs::default(),
            salts,
            sizes,
            doomed: None,
        }
    }

    /// The bytes that are ready for frames.
    pub(crate) fn room(&self) -> u64 {
        self.ahead - self.end
    }

    /// The segment that is written, with the position up to which a sync of it brings all to the disk: the segments before it are there.
    pub(crate) fn unsettled(&self) -> (Arc<dyn Medium>, Syncs, u64) {
        (Arc::clone(&self.medium), self.syncs.clone(), self.standing.position())
    }

    /// Such a sync ended, well or not.
    pub(crate) fn settle(
        &mut self,
        synced: io::Result<()>,
        position: u64,
    ) -> Result<(), JournalError> {
        synced.map_err(|error| self.failed("cannot be brought to the disk", error))?;
        self.settled = self.settled.max(position);
        Ok(())
    }

    /// Seals frames and writes them.
    pub(crate) fn commit(&mut self, batch: &mut [u8]) -> Result<(), JournalError> {
        self.seal(batch)?;
        let written = self.medium.write_at(self.end, batch);
        written.map_err(|error| self.failed("cannot be written", error))?;
        self.end += batch.len() as u64;
        self.ahead = self.ahead.max(self.end);
        self.drop_doomed()
    }

    fn seal(&mut self, batch: &mut [u8]) -> Result<(), JournalError> {
        let mut rest = batch;
        while !rest.is_empty() {
            let Standing { chain, tree, decisions, at, .. } = &mut self.standing;
            let seal = Seal { salts: &self.salts, settled: self.settled, before: *chain };
            let sealed = seal.close(rest);
            let (length, next) =
                sealed.ok_or_else(|| JournalError::damaged("a frame is malformed"))?;
            *decisions += u64::from(rest.get(LEAD) == Some(&kind::DECISION));
            *chain = next;
            tree.push(Digest::leaf(&next));
            let time = rest.get(LEAD + 17..).and_then(<[u8]>::first_chunk);
            *at = time.map_or(*at, |time| u64::from_le_bytes(*time));
            rest = rest.get_mut(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// Returns when all that was written is on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), JournalError> {
        if self.settled < self.standing.position() {
            self.settle(self.syncs.sync(&*self.medium), self.standing.position())?;
        }
        Ok(())
    }

    /// Makes room for frames, and for others that may have to follow: in this segment or, where the frames would make it too long, in the next.
    /// Which segments may go then.
    pub(crate) fn extend(
        &mut self,
        frames: u64,
        reserve: u64,
        keep: Retention,
    ) -> Result<Option<Doomed>, JournalError> {
        let more = (frames + reserve).max(self.sizes.ahead);
        if self.standing.position() > self.begun && self.end + frames > self.sizes.segment {
            self.rotate(more)?;
            return self.past(keep);
        }
        let until = self.end + more;
        zeros(&*self.medium, self.ahead, until)
            .map_err(|error| self.failed("cannot grow", error))?;
        self.ahead = self.ahead.max(until);
        Ok(None)
    }

    fn rotate(&mut self, room: u64) -> Result<(), JournalError> {
        self.sync()?;
        let mut standing = self.standing.clone();
        standing.segment += 1;
        let (medium, end) = begin(&*self.storage, &mut standing, room)?;
        // What was made ready behind its end is not needed; where it stays, it is zeros.
        let _ = self.medium.set_length(self.end);
        self.medium = Arc::from(medium);
        self.begun = standing.position();
        self.standing = standing;
        self.end = end;
        self.ahead = end + room;
        Ok(())
    }

    /// Which of the old segments are beyond what is to be kept.
    fn past(&self, keep: Retention) -> Result<Option<Doomed>, JournalError> {
        if keep.bytes.is_none() && keep.millis.is_none() || self.doomed.is_some() {
            return Ok(None);
        }
        let old: Vec<u64> = segments(&*self.storage)?
            .into_iter()
            .filter(|one| *one < self.standing.segment)
            .collect();
        let mut sizes = Vec::new();
        for segment in &old {
            let file = self.storage.open_file(&name_of(*segment), false);
            let length = file.and_then(|file| file.length());
            sizes.push(length.map_err(|error| JournalError::io(name_of(*segment), error))?);
        }
        let mut total: u64 = sizes.iter().sum();
        let mut last = None;
        for (segment, size) in old.iter().zip(sizes) {
            let next = Scan::open(&*self.storage, segment + 1)
                .map_err(|fault| fault.of_segment(segment + 1))?;
            let age = self.standing.at.saturating_sub(next.header.at);
            let is_too_old = keep.millis.is_some_and(|most| age > most);
            if !is_too_old && keep.bytes.is_none_or(|most| total + self.sizes.segment <= most) {
                break;
            }
            total -= size;
            let (position, chain) = (next.header.tree.size(), next.header.before);
            last = Some(Doomed { segment: *segment, position, chain });
        }
        Ok(last)
    }

    /// The frame at this position says that segments go.
    pub(crate) fn doom(&mut self, position: u64, segment: u64) {
        self.doomed = Some((position, segment));
    }

    fn drop_doomed(&mut self) -> Result<(), JournalError> {
        let Some((_, last)) = self.doomed.filter(|(said, _)| *said <= self.standing.position())
        else {
            return Ok(());
        };
        self.sync()?;
        self.doomed = None;
        for segment in segments(&*self.storage)?.into_iter().filter(|segment| *segment <= last) {
            // One by one, so that after a crash none is missing between others. What stays goes the next time.
            let removed = self.storage.remove_file(&name_of(segment));
            if removed.and_then(|()| self.storage.sync()).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Ends the file where its frames end.
    pub(crate) fn finish(&mut self) -> Result<(), JournalError> {
        let cut = self.medium.set_length(self.end).and_then(|()| self.syncs.sync(&*self.medium));
        cut.map_err(|error| self.failed("cannot be ended", error))?;
        self.ahead = self.end;
        Ok(())
    }

    fn failed(&self, what: &str, error: io::Error) -> JournalError {
        let name = name_of(self.standing.segment);
        JournalError::io(format!("{name} in {} {what}", self.storage.name()), error)
    }
}

/// Makes a new segment, with room for frames, and brings it to the disk. Where its first frame goes.
pub(crate) fn begin(
    storage: &dyn Storage,
    standing: &mut Standing,
    room: u64,
) -> Result<(Box<dyn Medium>, u64), JournalError> {
    let name = name_of(standing.segment);
    let begun = standing.header(standing.at);
    let header = begun.to_bytes();
    let end = header.len() as u64;
    let make = || {
        let medium = storage.create_file(&name)?;
        zeros(&*medium, end, end + room)?;
        medium.write_at(0, &header)?;
        medium.sync()?;
        storage.sync()?;
        Ok(medium)
    };
    match make() {
        Ok(medium) => {
            standing.chain = begun.start();
            Ok((medium, end))
        }
        Err(error) => {
            // A segment without a frame is no loss, and one that stays is removed when the journal is opened.
            let gone = storage.remove_file(&name);
            let error =
                JournalError::io(format!("{name} in {} cannot be made", storage.name()), error);
            let is_retried = error.kind() == JournalErrorKind::Full && gone.is_ok();
            Err(if is_retried { error } else { unmade(error) })
        }
    }
}

/// What stays in the way of the next try is no lack of room.
fn unmade(error: JournalError) -> JournalError {
    match error.kind() {
        JournalErrorKind::Full => JournalError::new(JournalErrorKind::Failed, error.to_string()),
        _ => error,
    }
}

fn zeros(medium: &dyn Medium, from: u64, until: u64) -> io::Result<()> {
    const ZEROS: &[u8] = &[0; 64 * 1024];
    let mut at = from;
    while at < until {
        let part = ZEROS.get(..(until - at).min(ZEROS.len() as u64) as usize).unwrap_or(ZEROS);
        medium.write_at(at, part)?;
        at += part.len() as u64;
    }
    Ok(())
}
