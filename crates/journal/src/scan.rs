//! One segment, read from its start to where it ends in order, and what lies behind that.

use std::io;

use crate::fault::JournalError;
use crate::frame::{Frame, LEAD, PrivateState};
use crate::header::{Header, HeaderFlaw, MAX_HEADER_BYTES, name_of};
use crate::limits::MAX_FRAME_BYTES;
use crate::storage::{Medium, Storage};

/// The bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// The bytes whose checksums are taken when whole frames are looked for behind damage.
const MOST_CHECKED: usize = 1 << 30;

/// A segment while it is read.
pub(crate) struct Scan {
    medium: Box<dyn Medium>,
    pub(crate) segment: u64,
    pub(crate) header: Header,
    length: u64,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    from: u64,
    /// What of the buffer was read.
    at: usize,
    /// The position of the last frame that was read.
    position: u64,
}

/// Where a frame was found that was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) offset: u64,
    at: usize,
}

/// What lies behind the last frame that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) offset: u64,
    /// Up to the last byte that is not zero.
    pub(crate) bytes: u64,
    /// The next whole frame, if there is one.
    pub(crate) next: Option<u64>,
    /// How many there are.
    pub(crate) frames: u64,
    /// The highest position that they say is settled.
    pub(crate) settled: u64,
}

/// Why a segment cannot be read.
pub(crate) enum ScanFault {
    Io(io::Error),
    Header(HeaderFlaw),
}

impl ScanFault {
    pub(crate) fn of_segment(self, segment: u64) -> JournalError {
        let name = name_of(segment);
        match self {
            Self::Io(error) => JournalError::io(format!("{name} cannot be read"), error),
            Self::Header(flaw) => flaw.of_segment(&name),
        }
    }
}

impl From<io::Error> for ScanFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Scan {
    pub(crate) fn open(storage: &dyn Storage, segment: u64) -> Result<Self, ScanFault> {
        let medium = storage.open_file(&name_of(segment), false)?;
        let length = medium.length()?;
        let header = read_header(&*medium)?;
        let (header, from) = header.map_err(ScanFault::Header)?;
        let (from, position) = (from as u64, header.tree.size());
        Ok(Self { medium, segment, header, length, buffer: Vec::new(), from, at: 0, position })
    }

    /// Where the next frame begins, if there is one.
    pub(crate) const fn offset(&self) -> u64 {
        self.from + self.at as u64
    }

    /// The next frame with its place. `None` where there is no whole one; then [`tail`](Self::tail) says what there is.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Frame<'_>)>> {
        let step = self.step()?;
        Ok(step.and_then(|step| self.frame(step)))
    }

    /// Goes to the next whole frame, if there is one.
    pub(crate) fn step(&mut self) -> io::Result<Option<Step>> {
        self.fill(LEAD)?;
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let length = rest.first_chunk().map_or(0, |length| u32::from_le_bytes(*length));
        if length == 0 || length as usize > MAX_FRAME_BYTES {
            return Ok(None);
        }
        self.fill(length as usize)?;
        let step = Step { offset: self.offset(), at: self.at };
        let Some(frame) = self.buffer.get(self.at..).and_then(Frame::read) else { return Ok(None) };
        self.position = frame.position;
        self.at += frame.bytes;
        Ok(Some(step))
    }

    /// The frame of the last step.
    pub(crate) fn frame(&self, step: Step) -> Option<(u64, Frame<'_>)> {
        let frame = self.buffer.get(step.at..).and_then(Frame::lay_out)?;
        Some((step.offset, frame))
    }

    /// What lies behind the last frame that was read.
    pub(crate) fn tail(&mut self) -> io::Result<Tail> {
        let offset = self.offset();
        let rest = self.rest()?;
        let bytes = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let mut tail = Tail { offset, bytes: bytes as u64, next: None, frames: 0, settled: 0 };
        let (mut at, mut left) = (0, MOST_CHECKED);
        while at + LEAD < bytes {
            let here = rest.get(at..).unwrap_or_default();
            let length = plausible(here, self.position);
            left = left.saturating_sub(length);
            if length > 0 && left == 0 {
                // It cannot all be looked at, so it is not taken for what a crash left.
                tail.settled = u64::MAX;
                break;
            }
            match Frame::read(here).filter(|_| length > 0) {
                Some(frame) => {
                    tail.next.get_or_insert(offset + at as u64);
                    tail.frames += 1;
                    tail.settled = tail.settled.max(frame.settled);
                    at += frame.bytes;
                }
                None => at += 1,
            }
        }
        Ok(tail)
    }

    /// Goes on at a place behind the one it is at.
    pub(crate) fn go_to(&mut self, offset: u64) {
        self.buffer.clear();
        self.from = offset;
        self.at = 0;
    }

    /// All that was not read yet.
    fn rest(&mut self) -> io::Result<Vec<u8>> {
        let offset = self.offset();
        let mut rest = vec![0; self.length.saturating_sub(offset) as usize];
        let read = self.medium.read_at(offset, &mut rest)?;
        rest.truncate(read);
        Ok(rest)
    }

    /// Sees to it that this many bytes are in the buffer, where the file has them.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.buffer.len() - self.at >= wanted {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.from += self.at as u64;
        self.at = 0;
        let held = self.buffer.len();
        let left = self.length.saturating_sub(self.from + held as u64);
        let more = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.max(wanted));
        self.buffer.resize(held + more, 0);
        let free = self.buffer.get_mut(held..).unwrap_or_default();
        let read = self.medium.read_at(self.from + held as u64, free)?;
        self.buffer.truncate(held + read);
        Ok(())
    }
}

/// The header of a segment.
pub(crate) fn read_header(medium: &dyn Medium) -> io::Result<Result<(Header, usize), HeaderFlaw>> {
    let mut bytes = vec![0; MAX_HEADER_BYTES];
    let read = medium.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(Header::read(&bytes))
}

/// How long the frame at the start of some bytes would be, if there may be one of a later position.
fn plausible(bytes: &[u8], behind: u64) -> usize {
    let mut cursor = crate::bytes::Cursor::new(bytes);
    let mut read = || {
        let (length, _, _) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
        let (kind, position) = (cursor.u8()?, cursor.u64()?);
        let may_be = (1..=6).contains(&kind) && position > behind && length as usize <= bytes.len();
        may_be.then_some(length as usize)
    };
    read().unwrap_or(0)
}

/// Where the last segment ends in order, without its chain being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Where the next frame would go.
    pub(crate) end: u64,
    /// Bytes behind that, which a crash left.
    pub(crate) torn: u64,
    /// Whole frames among them.
    pub(crate) lost: u64,
    /// Whether what lies there is no crash: later frames say that what is broken had reached the disk.
    pub(crate) is_damage: bool,
}

/// Looks for the end of a segment. A crash leaves nothing broken that a later frame calls settled.
pub(crate) fn ending(scan: &mut Scan) -> io::Result<Ending> {
    // Frames whose private part is not there, with how many came up to them: they may have been written in part. Where one was
    // erased, a later frame calls it settled.
    let mut parts: Vec<(u64, u64, u64)> = Vec::new();
    let (mut settled, mut count, mut last) = (0, 0, scan.header.tree.size());
    while let Some((offset, frame)) = scan.next()? {
        last = frame.position;
        settled = settled.max(frame.settled);
        count += 1;
        if matches!(frame.private_state(), PrivateState::Broken | PrivateState::Erased) {
            parts.retain(|(_, position, _)| *position > settled);
            parts.push((offset, frame.position, count));
        }
    }
    let tail = scan.tail()?;
    let settled = settled.max(tail.settled);
    if let Some((offset, _, place)) = parts.into_iter().find(|(_, position, _)| *position > settled)
    {
        let torn = tail.offset + tail.bytes - offset;
        return Ok(Ending {
            end: offset,
            torn,
            lost: count - place + tail.frames,
            is_damage: false,
        });
    }
    let is_damage = tail.bytes > 0 && tail.settled > last;
    Ok(Ending { end: tail.offset, torn: tail.bytes, lost: tail.frames, is_damage })
}

/// The numbers of all segments, in order.
pub(crate) fn segments(storage: &dyn Storage) -> Result<Vec<u64>, JournalError> {
    let names = storage.names().map_err(|error| {
        JournalError::io(format!("the folder {} cannot be read", storage.name()), error)
    })?;
    let mut found: Vec<u64> =
        names.iter().filter_map(|name| crate::header::segment_of(name)).collect();
    found.sort_unstable();
    Ok(found)
}
