//! A resource path taken apart: its segments found, checked and hashed in one pass.

use super::{Fault, Reach, ResourceError, check_bytes, check_short, first_fault};
use crate::base::hash::{hash_padded, word_at};
use crate::base::limits::{MAX_RESOURCE_BYTES, MAX_SEGMENTS};

/// A path taken apart once per action: canonical form checked, segments found and hashed.
///
/// Filled in place because it is large; it lives on the stack of one decision. Only sums of keys are
/// kept: the key of a run of segments is the difference of two of them.
pub(crate) struct Path<'a> {
    text: &'a str,
    segments: usize,
    reach: Reach,
    boundaries: Boundaries,
}

/// What is known at the boundary before each segment, and behind the last: [`MAX_SEGMENTS`] and one.
struct Boundaries {
    /// Where the segment begins, or one more would.
    starts: [u16; MAX_SEGMENTS + 1],
    /// The keys of all segments before, summed.
    sums: [u64; MAX_SEGMENTS + 1],
}

impl Boundaries {
    // The tables' length is a power of two, so a masked index needs no check.
    #[inline]
    fn slot(at: usize) -> usize {
        at & MAX_SEGMENTS
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the masked index lies in the table")]
    fn set(&mut self, at: usize, start: u16, sum: u64) {
        self.starts[Self::slot(at)] = start;
        self.sums[Self::slot(at)] = sum;
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the masked index lies in the table")]
    fn start(&self, at: usize) -> usize {
        self.starts[Self::slot(at)].into()
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the masked index lies in the table")]
    fn sum(&self, at: usize) -> u64 {
        self.sums[Self::slot(at)]
    }
}

const _: () = assert!((MAX_SEGMENTS + 1).is_power_of_two());

impl Default for Path<'_> {
    #[inline]
    fn default() -> Self {
        let boundaries = Boundaries { starts: [0; MAX_SEGMENTS + 1], sums: [0; MAX_SEGMENTS + 1] };
        Self { text: "", segments: 0, reach: Reach::Place, boundaries }
    }
}

/// Paths up to this length, nearly all, are copied into a small buffer.
const SHORT: usize = 64;
/// What follows the text in a buffer, so that words can be read without looking for its end.
const PADDING: usize = 16;

impl<'a> Path<'a> {
    /// Reads `text`; on an error the path holds nothing that may be used.
    #[inline]
    pub(crate) fn read(&mut self, text: &'a str) -> Result<(), ResourceError> {
        if text.is_empty() {
            return Err(ResourceError::new(0, Fault::Empty));
        }
        self.text = text;
        self.segments = 0;
        let bytes = text.as_bytes();
        let read = if bytes.len() <= SHORT {
            self.read_buffered::<{ SHORT + PADDING }>(bytes)
        } else if bytes.len() <= MAX_RESOURCE_BYTES {
            self.read_buffered::<{ MAX_RESOURCE_BYTES + PADDING }>(bytes)
        } else {
            return Err(ResourceError::new(MAX_RESOURCE_BYTES, Fault::TooLong));
        };
        read.map_err(|fault| first_fault(text, fault))
    }

    /// Says how far it reaches.
    #[inline]
    pub(crate) const fn reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Whether it stands for everything under it as well.
    #[inline]
    pub(crate) const fn is_below(&self) -> bool {
        matches!(self.reach, Reach::Below)
    }

    /// `N` is at least the length of the text and [`PADDING`]. The passes over whole buffers are written
    /// so that they compile to vector instructions.
    #[inline]
    fn read_buffered<const N: usize>(&mut self, bytes: &[u8]) -> Result<(), ResourceError> {
        let mut buffer = [b'a'; N];
        fill(&mut buffer, bytes);
        let mut taken = Taken { boundaries: &mut self.boundaries, count: 0, start: 0, sum: 0 };
        let slashes = buffer.map(|byte| if byte == b'/' { 0x80 } else { 0 });
        let words = slashes.as_chunks::<8>().0.iter().take(bytes.len().div_ceil(8));
        for (number, word) in words.enumerate() {
            let mut slashes = u64::from_le_bytes(*word);
            while slashes != 0 {
                taken.add(&buffer, number * 8 + (slashes.trailing_zeros() / 8) as usize)?;
                slashes &= slashes - 1;
            }
        }
        taken.add(&buffer, bytes.len())?;
        self.segments = taken.count;
        if buffer.iter().fold(false, |any, byte| any | is_suspicious(*byte)) {
            check_bytes(self.text)
        } else {
            Ok(())
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.segments
    }

    /// The text of the segments `from..to`, with the slashes between them; empty unless
    /// `from < to <= len`.
    #[inline]
    pub(crate) fn text_of(&self, from: usize, to: usize) -> &'a str {
        if from >= to || to > self.segments {
            return "";
        }
        let range = self.boundaries.start(from)..self.boundaries.start(to).wrapping_sub(1);
        self.text.get(range).unwrap_or_default()
    }

    /// The same as bytes, which are compared without looking where characters begin.
    #[inline]
    pub(crate) fn bytes_of(&self, from: usize, to: usize) -> &'a [u8] {
        if from >= to || to > self.segments {
            return &[];
        }
        let range = self.boundaries.start(from)..self.boundaries.start(to).wrapping_sub(1);
        self.text.as_bytes().get(range).unwrap_or_default()
    }

    /// The keys of the segments `from..to`, summed, for `from <= to <= len`.
    #[inline]
    pub(crate) fn key_of(&self, from: usize, to: usize) -> u64 {
        self.boundaries.sum(to).wrapping_sub(self.boundaries.sum(from))
    }

    /// The hash of the segment at `place`; without meaning unless `place < len`.
    #[inline]
    pub(crate) fn hash_of(&self, place: usize) -> u64 {
        self.key_of(place, place.wrapping_add(1)).rotate_right(front_turn(place))
    }
}

#[inline]
const fn front_turn(place: usize) -> u32 {
    (place as u32).wrapping_mul(5).wrapping_add(1) % 64
}

/// What a literal segment adds to a key when its place is counted from the front.
#[inline]
pub(crate) const fn front_key(hash: u64, place: usize) -> u64 {
    hash.rotate_left(front_turn(place))
}

/// What a literal segment adds to a key when its place is counted from the back.
#[inline]
pub(crate) const fn back_key(hash: u64, from_end: usize) -> u64 {
    !hash.rotate_left(front_turn(from_end).wrapping_add(2) % 64)
}

/// Copies `bytes` to the start of a longer buffer, in whole vectors: what is stored in other pieces than
/// it is loaded in makes the load wait.
#[inline]
fn fill<const N: usize>(buffer: &mut [u8; N], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<16>();
    let mut vectors = buffer.as_chunks_mut::<16>().0.iter_mut();
    for (chunk, vector) in whole.iter().zip(vectors.by_ref()) {
        *vector = *chunk;
    }
    if let Some(vector) = vectors.next() {
        let kept = 8 * rest.len() as u32;
        let last = match bytes.last_chunk::<16>() {
            Some(last) => u128::from_le_bytes(*last).checked_shr(128 - kept).unwrap_or(0),
            None if rest.len() > 8 => {
                u128::from(word_at(bytes, 8)) << 64 | u128::from(word_at(bytes, 0))
            }
            None => u128::from(word_at(bytes, 0)),
        };
        let padding = u128::from_le_bytes(*vector) << kept;
        *vector = (last | padding).to_le_bytes();
    }
}

/// The segments taken so far.
struct Taken<'b> {
    boundaries: &'b mut Boundaries,
    count: usize,
    start: usize,
    sum: u64,
}

impl Taken<'_> {
    /// Adds the segment that ends at `end`.
    #[inline(always)]
    fn add<const N: usize>(&mut self, buffer: &[u8; N], end: usize) -> Result<(), ResourceError> {
        let (start, length) = (self.start, end.wrapping_sub(self.start));
        if length <= 2 {
            check_short(buffer.get(start..end).unwrap_or_default(), start)?;
        }
        if self.count == MAX_SEGMENTS {
            return Err(ResourceError::new(start, Fault::TooManySegments));
        }
        self.sum = self.sum.wrapping_add(front_key(hash_padded(buffer, start, length), self.count));
        self.start = end.wrapping_add(1);
        self.count = self.count.wrapping_add(1);
        // The start is at most MAX_RESOURCE_BYTES + 1.
        self.boundaries.set(self.count, self.start as u16, self.sum);
        Ok(())
    }
}

/// Whether the careful check must look: control characters, non-ASCII, all up to `*` and all from `{` on,
/// and the backslash. It finds too many, such as spaces, and never too few.
#[inline]
const fn is_suspicious(byte: u8) -> bool {
    byte <= b'*' || byte > b'z' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_check_misses_no_byte() {
        for byte in 0..=255_u8 {
            let plain = byte.is_ascii_graphic() && !b"%*\\{}".contains(&byte) || byte == b' ';
            assert!(plain || is_suspicious(byte), "byte {byte:#x}");
        }
    }

    #[test]
    fn keys_of_ranges_add_up() {
        let mut path = Path::default();
        path.read("crm/dana/list7/x").unwrap();
        let parts = path.key_of(0, 1).wrapping_add(path.key_of(1, 4));
        assert_eq!(path.key_of(0, 4), parts);
        assert_eq!(path.hash_of(2), crate::base::hash::hash_name("list7"));
        assert_eq!(path.text_of(1, 3), "dana/list7");
        assert_eq!((path.text_of(2, 2), path.text_of(3, 5)), ("", ""));
    }

    #[test]
    fn segments_are_found_wherever_a_block_ends() {
        for length in 1..300 {
            let segment = "x".repeat(1 + length % 9);
            let text = vec![segment.as_str(); (length / 10).clamp(1, MAX_SEGMENTS)].join("/");
            let mut path = Path::default();
            path.read(&text).unwrap();
            assert_eq!(path.len(), text.split('/').count(), "{text}");
            for (place, expected) in text.split('/').enumerate() {
                assert_eq!(path.text_of(place, place + 1), expected);
                assert_eq!(path.hash_of(place), crate::base::hash::hash_name(expected));
            }
        }
    }

    #[test]
    fn an_order_of_segments_is_part_of_the_key() {
        let mut one = Path::default();
        let mut other = Path::default();
        one.read("a/b/c").unwrap();
        other.read("b/a/c").unwrap();
        assert_ne!(one.key_of(0, 3), other.key_of(0, 3));
    }
}
