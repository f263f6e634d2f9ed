//! One frame: how it lies in a segment, how it is sealed, and what of it can be told without what stands before it.

use crate::bytes::{Cursor, put_at};
use crate::digest::{Digest, SALT_BYTES, salt};
use crate::limits::{MAX_ENTRIES, MAX_FRAME_BYTES};

/// The bytes before the sealed part: length, checksum, length of the sealed part.
pub(crate) const LEAD: usize = 12;

/// The bytes that every sealed part begins with: kind, position, settled, time.
pub(crate) const COMMON: usize = 25;

/// Where a decision has its number, in the sealed part.
pub(crate) const SEQUENCE: usize = COMMON;

/// Where it commits to its private part.
pub(crate) const COMMITMENT: usize = SEQUENCE + 8;

/// The bytes of a private part before its content: checksum and salt.
pub(crate) const PRIVATE_LEAD: usize = 4 + SALT_BYTES;

const CHAIN: usize = 32;

/// The sorts of frames.
pub(crate) mod kind {
    pub(crate) const DECISION: u8 = 1;
    pub(crate) const OUTCOME: u8 = 2;
    pub(crate) const OPENED: u8 = 3;
    pub(crate) const CLOSED: u8 = 4;
    pub(crate) const ERASED: u8 = 5;
    pub(crate) const DROPPED: u8 = 6;
}

/// One frame, as it lies in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'b> {
    pub(crate) sealed: &'b [u8],
    pub(crate) chain: Digest,
    pub(crate) private: &'b [u8],
    /// How many bytes it takes.
    pub(crate) bytes: usize,
    pub(crate) kind: u8,
    pub(crate) position: u64,
    /// Every frame up to this position had reached the disk before this one was written.
    pub(crate) settled: u64,
    pub(crate) at: u64,
}

/// How a private part lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateState {
    /// There was never one.
    None,
    Whole,
    /// Nothing but zeros.
    Erased,
    /// Its checksum is wrong.
    Broken,
}

impl<'b> Frame<'b> {
    /// The frame at the start of some bytes, if there is a whole one. Its private part may be broken.
    pub(crate) fn read(bytes: &'b [u8]) -> Option<Self> {
        let frame = Self::lay_out(bytes)?;
        let crc = bytes.get(4..).and_then(<[u8]>::first_chunk).copied().map(u32::from_le_bytes);
        let public = bytes.get(..frame.bytes - frame.private.len())?;
        (checksum(public) == crc).then_some(frame)
    }

    /// The same without a look at the checksum.
    pub(crate) fn lay_out(bytes: &'b [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let length = usize::try_from(cursor.u32()?).ok()?;
        cursor.u32()?;
        let sealed_bytes = usize::try_from(cursor.u32()?).ok()?;
        let least = sealed_bytes.checked_add(LEAD + CHAIN)?;
        let private_bytes = length.checked_sub(least)?;
        let is_sound = length <= MAX_FRAME_BYTES
            && sealed_bytes >= COMMON
            && (private_bytes == 0 || private_bytes >= PRIVATE_LEAD);
        if !is_sound {
            return None;
        }
        let sealed = cursor.take(sealed_bytes)?;
        let chain = cursor.digest()?;
        let private = cursor.take(private_bytes)?;
        let mut head = Cursor::new(sealed);
        let (kind, position, settled, at) = (head.u8()?, head.u64()?, head.u64()?, head.u64()?);
        let found = Self { sealed, chain, private, bytes: length, kind, position, settled, at };
        (1..=MAX_ENTRIES).contains(&position).then_some(found)
    }

    pub(crate) fn private_state(&self) -> PrivateState {
        let Some((crc, rest)) = self.private.split_first_chunk() else { return PrivateState::None };
        if crc32fast::hash(rest) == u32::from_le_bytes(*crc) {
            PrivateState::Whole
        } else if self.private.iter().all(|byte| *byte == 0) {
            PrivateState::Erased
        } else {
            PrivateState::Broken
        }
    }

    /// What lies behind the salt of a whole private part.
    pub(crate) fn content(&self) -> Option<&'b [u8]> {
        let is_whole = self.private_state() == PrivateState::Whole;
        self.private.get(PRIVATE_LEAD..).filter(|_| is_whole)
    }

    /// Whether its private part is what it commits to.
    pub(crate) fn keeps_commitment(&self) -> bool {
        let said =
            self.sealed.get(COMMITMENT..).map(Cursor::new).and_then(|mut rest| rest.digest());
        said == self.private.get(4..).map(Digest::of_private)
    }

    /// What lies behind the common part.
    pub(crate) fn payload(&self) -> Cursor<'b> {
        Cursor::new(self.sealed.get(COMMON..).unwrap_or_default())
    }
}

/// The checksum of a frame without its private part: of all but the four bytes of the checksum itself.
fn checksum(bytes: &[u8]) -> Option<u32> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(length);
    crc.update(rest.get(4..)?);
    Some(crc.finalize())
}

/// A frame that is being written: with room for what its writer adds when it seals it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    /// Where the private part begins; 0 while the sealed part is being written.
    private: usize,
}

impl Draft {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), private: 0 }
    }

    /// Begins a frame in place of the one before.
    pub(crate) fn begin(&mut self, kind: u8, at: u64) -> &mut Vec<u8> {
        self.bytes.clear();
        self.private = 0;
        self.bytes.extend_from_slice(&[0; LEAD]);
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&[0; 16]);
        self.bytes.extend_from_slice(&at.to_le_bytes());
        &mut self.bytes
    }

    /// Ends the sealed part, and begins a private one.
    pub(crate) fn begin_private(&mut self) -> &mut Vec<u8> {
        self.end_sealed();
        self.bytes.extend_from_slice(&[0; PRIVATE_LEAD]);
        &mut self.bytes
    }

    fn end_sealed(&mut self) {
        let sealed = (self.bytes.len() - LEAD) as u32;
        put_at(&mut self.bytes, 8, &sealed.to_le_bytes());
        self.bytes.extend_from_slice(&[0; CHAIN]);
        self.private = self.bytes.len();
    }

    /// The frame; `None` where it is too long.
    pub(crate) fn finish(&mut self) -> Option<&[u8]> {
        if self.private == 0 {
            self.end_sealed();
        }
        let length = self.bytes.len();
        put_at(&mut self.bytes, 0, &(length as u32).to_le_bytes());
        (length <= MAX_FRAME_BYTES).then_some(&self.bytes)
    }
}

/// What the writer knows when it seals frames.
pub(crate) struct Seal<'k> {
    pub(crate) salts: &'k [u8; 32],
    pub(crate) settled: u64,
    pub(crate) before: Digest,
}

/// Gives a frame its place. Its number stands only in decisions.
pub(crate) fn number(frame: &mut [u8], position: u64, sequence: Option<u64>) {
    put_at(frame, LEAD + 1, &position.to_le_bytes());
    if let Some(sequence) = sequence {
        put_at(frame, LEAD + SEQUENCE, &sequence.to_le_bytes());
    }
}

impl Seal<'_> {
    /// Seals the frame at the start of some bytes; how long it is, and its chain value. `None` where there is none.
    pub(crate) fn close(&self, bytes: &mut [u8]) -> Option<(usize, Digest)> {
        let mut lead = Cursor::new(bytes);
        let (length, _, sealed) = (lead.u32()? as usize, lead.u32()?, lead.u32()? as usize);
        let position = lead.take(1).and_then(|_| lead.u64())?;
        let frame = bytes.get_mut(..length)?;
        let (public, private) = frame.split_at_mut_checked(LEAD + sealed + CHAIN)?;
        put_at(public, LEAD + 9, &self.settled.to_le_bytes());
        if !private.is_empty() {
            put_at(private, 4, &salt(self.salts, position));
            let salted = private.get(4..)?;
            let (commitment, crc) = (Digest::of_private(salted), crc32fast::hash(salted));
            put_at(private, 0, &crc.to_le_bytes());
            put_at(public, LEAD + COMMITMENT, commitment.as_bytes());
        }
        let chain = Digest::chained(&self.before, public.get(LEAD..LEAD + sealed)?);
        put_at(public, LEAD + sealed, chain.as_bytes());
        let crc = checksum(public)?;
        put_at(public, 4, &crc.to_le_bytes());
        Some((length, chain))
    }
}
