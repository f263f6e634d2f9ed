//! How a segment begins.

use crate::bytes::Cursor;
use crate::digest::Digest;
use crate::fault::{JournalError, JournalErrorKind};
use crate::limits::{FORMAT, MAX_ENTRIES};
use crate::merkle::Frontier;

/// The first bytes of every segment. The last two show a copy that went through a conversion of line ends.
const MAGIC: &[u8; 8] = b"pgjrnl\r\n";

/// The bytes before the peaks.
const FIXED: usize = 96;

/// The longest header: a peak for each bit of a number.
pub(crate) const MAX_HEADER_BYTES: usize = FIXED + 64 * 32 + 36;

/// What a segment says of itself and of all before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) stream: u32,
    /// Which journal it is of.
    pub(crate) journal: [u8; 16],
    /// Its number, from 1.
    pub(crate) segment: u64,
    /// How many decisions stand before it.
    pub(crate) decisions: u64,
    /// When it was begun, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The chain value of the frame before it.
    pub(crate) before: Digest,
    /// The tree over the frames before it.
    pub(crate) tree: Frontier,
}

impl Header {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let length = FIXED + self.tree.peaks().len() * 32 + 36;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&(length as u16).to_le_bytes());
        bytes.extend_from_slice(&self.stream.to_le_bytes());
        bytes.extend_from_slice(&self.journal);
        for number in [self.segment, self.tree.size(), self.decisions, self.at] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(self.before.as_bytes());
        self.tree.peaks().iter().for_each(|peak| bytes.extend_from_slice(peak.as_bytes()));
        let start = Digest::of_segment(&bytes);
        bytes.extend_from_slice(start.as_bytes());
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The chain value with which the segment starts.
    pub(crate) fn start(&self) -> Digest {
        let bytes = self.to_bytes();
        Digest::of_segment(bytes.get(..bytes.len() - 36).unwrap_or_default())
    }

    /// Reads the header at the start of a segment, with how many bytes it takes.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, usize), HeaderFlaw> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.array().ok_or(HeaderFlaw::Unwritten)?;
        if &magic != MAGIC {
            let is_zero = bytes.iter().all(|byte| *byte == 0);
            return Err(if is_zero { HeaderFlaw::Unwritten } else { HeaderFlaw::Malformed });
        }
        let format = cursor.u16().ok_or(HeaderFlaw::Malformed)?;
        if format > FORMAT {
            return Err(HeaderFlaw::Newer(format));
        }
        let length = usize::from(cursor.u16().ok_or(HeaderFlaw::Malformed)?);
        let header = Self::read_fields(&mut cursor).ok_or(HeaderFlaw::Malformed)?;
        let expected = header.to_bytes();
        // The one form: format, length, start value and checksum are those of what it says.
        let is_whole = format == FORMAT && expected.len() == length && bytes.starts_with(&expected);
        if is_whole { Ok((header, length)) } else { Err(HeaderFlaw::Malformed) }
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Option<Self> {
        let (stream, journal) = (cursor.u32()?, cursor.array()?);
        let (segment, frames) = (cursor.u64()?, cursor.u64()?);
        let (decisions, at) = (cursor.u64()?, cursor.u64()?);
        (frames <= MAX_ENTRIES && decisions <= MAX_ENTRIES).then_some(())?;
        let before = cursor.digest()?;
        let peaks = (0..frames.count_ones()).map(|_| cursor.digest()).collect::<Option<_>>()?;
        let tree = Frontier::of(frames, peaks)?;
        Some(Self { stream, journal, segment, decisions, at, before, tree })
    }
}

/// What is the matter with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFlaw {
    /// There is nothing but zeros, or less than its first bytes.
    Unwritten,
    Malformed,
    Newer(u16),
}

impl HeaderFlaw {
    pub(crate) fn of_segment(self, name: &str) -> JournalError {
        match self {
            Self::Newer(format) => JournalError::new(
                JournalErrorKind::Newer,
                format!(
                    "{name} has format {format}, and this program reads up to {FORMAT}; use a newer one"
                ),
            ),
            Self::Unwritten | Self::Malformed => JournalError::damaged(format!(
                "{name} does not begin as a segment does; verify the journal"
            )),
        }
    }
}

/// The name of the file of a segment.
pub(crate) fn name_of(segment: u64) -> String {
    format!("segment-{segment:010}.pgj")
}

/// The number of the segment that a file holds, if it is one.
pub(crate) fn segment_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("segment-")?.strip_suffix(".pgj")?;
    let segment =
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    (name_of(segment) == name && segment > 0).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(frames: u64) -> Header {
        let mut tree = Frontier::default();
        (0..frames).for_each(|_| tree.push(Digest::NONE));
        let (journal, before) = ([7; 16], Digest::from_bytes([9; 32]));
        Header { stream: 3, journal, segment: 2, decisions: 4, at: 1_790_000_000_000, before, tree }
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_in_no_other_form() {
        for frames in [0, 1, 6, 1023] {
            let bytes = header(frames).to_bytes();
            let padded = [bytes.as_slice(), &[0; 50]].concat();
            assert_eq!(Header::read(&padded), Ok((header(frames), bytes.len())));
            for place in 0..bytes.len() {
                let mut other = padded.clone();
                other[place] ^= 1;
                assert!(Header::read(&other).is_err(), "byte {place}");
                assert!(Header::read(&bytes[..place]).is_err(), "{place} bytes");
            }
        }
    }

    #[test]
    fn a_newer_format_is_told_apart() {
        let mut bytes = header(0).to_bytes();
        bytes[8] = 2;
        assert_eq!(Header::read(&bytes), Err(HeaderFlaw::Newer(2)));
        let error = HeaderFlaw::Newer(2).of_segment("segment-0000000001.pgj");
        assert_eq!(error.kind(), JournalErrorKind::Newer);
        assert!(error.to_string().ends_with("use a newer one"));
    }

    #[test]
    fn names_of_segments_have_one_form() {
        assert_eq!(segment_of(&name_of(12)), Some(12));
        for other in
            ["segment-12.pgj", "segment-0000000000.pgj", "segment-+000000012.pgj", "writer.lock"]
        {
            assert_eq!(segment_of(other), None, "{other}");
        }
    }
}
