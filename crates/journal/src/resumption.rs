//! How a journal is found when it is opened: ended in order, killed, or with a torn tail, which is healed.

use std::sync::Arc;

use crate::bytes::Cursor;
use crate::digest::Digest;
use crate::erasure;
use crate::fault::JournalError;
use crate::frame::{Frame, kind};
use crate::header::{Header, HeaderFlaw, name_of};
use crate::limits::MAX_ENTRIES;
use crate::merkle::Frontier;
use crate::scan::{Scan, ScanFault, ending, read_header, segments};
use crate::storage::{Medium, Storage};
use crate::tape::{Sizes, Standing, Tape, begin};

/// What a crash left at the end of a journal, and was cut away when it was opened.
///
/// Nobody had been told that any of it was written.
///
/// ```
/// use permitgate_journal::{JournalOptions, Simulation};
///
/// let disk = Simulation::new(1);
/// let journal = JournalOptions::new().open(disk.clone())?;
/// journal.sync()?;
/// let mut bytes = disk.read("segment-0000000001.pgj").ok_or("there")?;
/// let end = bytes.iter().rposition(|byte| *byte != 0).ok_or("written")? + 1;
/// bytes[end..end + 3].copy_from_slice(b"abc");
/// disk.write("segment-0000000001.pgj", &bytes);
/// let repair = JournalOptions::new().open(disk.killed())?.repair().ok_or("said")?;
/// assert_eq!((repair.bytes, repair.entries), (3, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// The segment.
    pub segment: u64,
    /// Where the tail began.
    pub offset: u64,
    /// How many bytes it had.
    pub bytes: u64,
    /// How many whole entries were among them.
    pub entries: u64,
}

/// Finds the end of a journal, heals it where a crash left something, and makes a journal where there is none.
pub(crate) fn resume(
    storage: Arc<dyn Storage>,
    stream: Option<u32>,
    sizes: Sizes,
    now: u64,
) -> Result<(Tape, Option<Repair>), JournalError> {
    let mut salts = [0; 32];
    let no_entropy = |error| JournalError::io("the system gives no random bytes", error);
    storage.fill_random(&mut salts).map_err(no_entropy)?;
    let found = last_segment(&*storage)?;
    let Some((segment, header)) = found else {
        let mut journal = [0; 16];
        storage.fill_random(&mut journal).map_err(no_entropy)?;
        let mut standing = Standing {
            stream: stream.unwrap_or(0),
            journal,
            segment: 1,
            decisions: 0,
            at: now,
            chain: Digest::NONE,
            tree: Frontier::default(),
        };
        let (medium, end) = begin(&*storage, &mut standing, 0)?;
        return Ok((Tape::resume(storage, medium, standing, (0, end), salts, sizes), None));
    };
    if let Some(stream) = stream.filter(|stream| *stream != header.stream) {
        return Err(JournalError::unusable(format!(
            "{} holds stream {}, and stream {stream} was asked for; open it as it is, or use another folder",
            storage.name(),
            header.stream
        )));
    }
    let name = name_of(segment);
    let failed =
        |error| JournalError::io(format!("{name} in {} cannot be opened", storage.name()), error);
    let medium = storage.open_file(&name, true).map_err(failed)?;
    let (mut start, begun) = (standing_at(&header), header.tree.size());
    if let Some((standing, end)) = ended(&*medium, &start).map_err(failed)? {
        return Ok((Tape::resume(storage, medium, standing, (begun, end), salts, sizes), None));
    }
    let mut scan = Scan::open(&*storage, segment).map_err(|fault| fault.of_segment(segment))?;
    let found = ending(&mut scan).map_err(failed)?;
    if found.is_damage {
        return Err(JournalError::damaged(format!(
            "{name} in {} was changed at byte {}, before entries that had reached the disk; verify the journal, keep the folder as evidence, and open another",
            storage.name(),
            found.end
        )));
    }
    replay(&*storage, segment, found.end, &mut start)?;
    write_again(&*medium, found.end).map_err(failed)?;
    erasure::finish(&*storage)?;
    let repair = (found.torn > 0).then_some(Repair {
        segment,
        offset: found.end,
        bytes: found.torn,
        entries: found.lost,
    });
    Ok((Tape::resume(storage, medium, start, (begun, found.end), salts, sizes), repair))
}

fn standing_at(header: &Header) -> Standing {
    Standing {
        stream: header.stream,
        journal: header.journal,
        segment: header.segment,
        decisions: header.decisions,
        at: header.at,
        chain: header.start(),
        tree: header.tree.clone(),
    }
}

/// The last segment that was begun. One whose header never reached the disk holds nothing, and is removed.
fn last_segment(storage: &dyn Storage) -> Result<Option<(u64, Header)>, JournalError> {
    let mut found = segments(storage)?;
    while let Some(segment) = found.pop() {
        let name = name_of(segment);
        let failed = |error| {
            JournalError::io(format!("{name} in {} cannot be opened", storage.name()), error)
        };
        let medium = storage.open_file(&name, false).map_err(failed)?;
        match read_header(&*medium).map_err(failed)? {
            Ok((header, _)) if header.segment == segment => return Ok(Some((segment, header))),
            Ok((header, _)) => {
                let text = format!(
                    "{name} is segment {} under another name; verify the journal",
                    header.segment
                );
                return Err(JournalError::damaged(text));
            }
            Err(flaw) => {
                let is_begun = matches!(flaw, HeaderFlaw::Newer(_))
                    || holds_frames(&*medium).map_err(failed)?;
                if is_begun {
                    return Err(ScanFault::Header(flaw).of_segment(segment));
                }
                storage.remove_file(&name).and_then(|()| storage.sync()).map_err(failed)?;
            }
        }
    }
    Ok(None)
}

/// Whether a frame lies anywhere in a file.
fn holds_frames(medium: &dyn Medium) -> std::io::Result<bool> {
    let mut bytes = vec![0; medium.length()? as usize];
    medium.read_at(0, &mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    Ok((0..end).any(|at| bytes.get(at..).and_then(Frame::read).is_some()))
}

/// Where a segment ends that was ended in order: its last frame says all that is needed.
fn ended(medium: &dyn Medium, start: &Standing) -> std::io::Result<Option<(Standing, u64)>> {
    let length = medium.length()?;
    let mut mark = [0; 4];
    let Some(place) = length.checked_sub(36) else { return Ok(None) };
    medium.read_at(place, &mut mark)?;
    let bytes = u64::from(u32::from_le_bytes(mark));
    let Some(offset) = length.checked_sub(bytes).filter(|_| bytes < 4096) else { return Ok(None) };
    let mut frame = vec![0; bytes as usize];
    medium.read_at(offset, &mut frame)?;
    let standing = Frame::read(&frame).and_then(|frame| standing_after(&frame, start));
    Ok(standing.map(|standing| (standing, length)))
}

fn standing_after(frame: &Frame<'_>, start: &Standing) -> Option<Standing> {
    let mut payload = (frame.kind == kind::CLOSED).then(|| frame.payload())?;
    let (decisions, before) = (payload.u64()?, payload.digest()?);
    let size = frame.position.checked_sub(1)?;
    let peaks = (0..size.count_ones()).map(|_| payload.digest()).collect::<Option<_>>()?;
    let mut tree = Frontier::of(size, peaks)?;
    let is_sound = decisions <= MAX_ENTRIES
        && Digest::chained(&before, frame.sealed) == frame.chain
        && size >= start.position()
        && frame.settled == size;
    tree.push(Digest::leaf(&frame.chain));
    let chain = frame.chain;
    is_sound.then(|| Standing { decisions, at: frame.at, chain, tree, ..start.clone() })
}

/// Goes through the frames of a segment up to its end, and refuses one that does not follow from what stands before it.
fn replay(
    storage: &dyn Storage,
    segment: u64,
    end: u64,
    standing: &mut Standing,
) -> Result<(), JournalError> {
    let name = name_of(segment);
    let failed =
        |error| JournalError::io(format!("{name} in {} cannot be read", storage.name()), error);
    let mut scan = Scan::open(storage, segment).map_err(|fault| fault.of_segment(segment))?;
    while scan.offset() < end {
        let Some((offset, frame)) = scan.next().map_err(failed)? else { break };
        let chain = Digest::chained(&standing.chain, frame.sealed);
        if chain != frame.chain || frame.position != standing.position() + 1 {
            return Err(JournalError::damaged(format!(
                "the entry at byte {offset} of {name} in {} does not follow from those before it; verify the journal",
                storage.name()
            )));
        }
        standing.chain = chain;
        standing.tree.push(Digest::leaf(&chain));
        standing.at = frame.at;
        if frame.kind == kind::DECISION {
            let sequence = Cursor::new(frame.payload().rest()).u64();
            standing.decisions = sequence.unwrap_or(0).min(MAX_ENTRIES);
        }
    }
    Ok(())
}

/// Brings all of a segment up to its end to the disk. What a system could not write before, it may take for written; so it is
/// written once more.
fn write_again(medium: &dyn Medium, end: u64) -> std::io::Result<()> {
    let mut buffer = vec![0; 1024 * 1024];
    let mut at = 0;
    while at < end {
        let part = buffer.get_mut(..(end - at).min(1024 * 1024) as usize).unwrap_or_default();
        let read = medium.read_at(at, part)?;
        medium.write_at(at, part.get(..read).unwrap_or_default())?;
        at += part.len() as u64;
    }
    medium.set_length(end)?;
    medium.sync()
}
