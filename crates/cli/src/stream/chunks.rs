//! Cuts a stream into chunks of whole lines. A line that is too long is passed over, not kept.

use std::io::{self, Read};

/// Bytes that are read at once.
const READ: usize = 256 * 1024;

/// Bytes that one line may have unless the run says otherwise.
pub(crate) const MAX_LINE: usize = 4 * 1024 * 1024;

/// Whole lines, as they came.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The place of the chunk in the stream, from 0.
    pub(crate) number: u64,
    first_line: u64,
    bytes: Vec<u8>,
    /// The chunk stands for one line that is too long.
    too_long: bool,
}

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Text(&'a [u8]),
    TooLong,
}

/// The chunks of a stream.
pub(crate) struct Chunks<R> {
    input: R,
    carry: Vec<u8>,
    next_number: u64,
    next_line: u64,
    max_line: usize,
    /// Within a line that was too long.
    skipping: bool,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    pub(crate) fn new(input: R, max_line: usize) -> Self {
        let (carry, skipping, ended) = (Vec::new(), false, false);
        Self { input, carry, next_number: 0, next_line: 1, max_line, skipping, ended }
    }

    /// Fills `chunk` with the lines that are there, at least one. `false` at the end.
    pub(crate) fn fill(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        chunk.bytes.clear();
        chunk.too_long = false;
        std::mem::swap(&mut chunk.bytes, &mut self.carry);
        while !self.ended {
            let had = chunk.bytes.len();
            if self.read(&mut chunk.bytes)? == 0 {
                self.ended = true;
                break;
            }
            let mut searched = had;
            if self.skipping {
                // Nothing was kept, so all bytes are new.
                let Some(end) = memchr::memchr(b'\n', &chunk.bytes) else {
                    chunk.bytes.clear();
                    continue;
                };
                chunk.bytes.drain(..=end);
                self.skipping = false;
                searched = 0;
            }
            let fresh = chunk.bytes.get(searched..).unwrap_or_default();
            if let Some(last) = memchr::memrchr(b'\n', fresh) {
                let end = searched + last + 1;
                self.carry.extend_from_slice(chunk.bytes.get(end..).unwrap_or_default());
                chunk.bytes.truncate(end);
                break;
            }
            if chunk.bytes.len() > self.max_line {
                chunk.bytes.clear();
                chunk.too_long = true;
                self.skipping = true;
                break;
            }
        }
        if chunk.bytes.is_empty() && !chunk.too_long {
            return Ok(false);
        }
        chunk.number = self.next_number;
        chunk.first_line = self.next_line;
        self.next_number += 1;
        self.next_line += chunk.lines();
        Ok(true)
    }

    fn read(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let had = bytes.len();
        bytes.resize(had + READ, 0);
        loop {
            let room = bytes.get_mut(had..).unwrap_or_default();
            match self.input.read(room) {
                Ok(count) => {
                    bytes.truncate(had + count);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Chunk {
    fn lines(&self) -> u64 {
        let ended = memchr::memchr_iter(b'\n', &self.bytes).count() as u64;
        let open = self.bytes.last().is_some_and(|last| *last != b'\n');
        ended + u64::from(open) + u64::from(self.too_long)
    }

    /// The lines with their numbers, without blank ones. `max_line` holds for short chunks as well.
    pub(crate) fn numbered(&self, max_line: usize) -> impl Iterator<Item = (u64, Line<'_>)> {
        let mut rest = self.bytes.as_slice();
        let mut number = self.first_line;
        let mut too_long = self.too_long;
        std::iter::from_fn(move || {
            loop {
                if rest.is_empty() {
                    let last = too_long.then_some((number, Line::TooLong));
                    too_long = false;
                    return last;
                }
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let (line, behind) = rest.split_at(end);
                rest = behind.get(1..).unwrap_or_default();
                let this = number;
                number += 1;
                let line = match this {
                    1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
                    _ => line,
                };
                if line.len() > max_line {
                    return Some((this, Line::TooLong));
                }
                if !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                    return Some((this, Line::Text(line)));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a slow pipe does.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(room.len());
            let (now, later) = self.0.split_at(count);
            room[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn lines(text: &[u8], drip: usize, max_line: usize) -> Vec<(u64, String)> {
        let mut chunks = Chunks::new(Drip(text, drip), max_line);
        let (mut chunk, mut found) = (Chunk::default(), Vec::new());
        while chunks.fill(&mut chunk).unwrap() {
            found.extend(chunk.numbered(max_line).map(|(number, line)| match line {
                Line::Text(bytes) => (number, String::from_utf8_lossy(bytes).into_owned()),
                Line::TooLong => (number, "too long".to_owned()),
            }));
        }
        found
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let long = "x".repeat(30);
        let text = format!("\u{feff}a\r\n\n  \nb\n{long}\nc\n{long}{long}\n\n{long}");
        let expected: Vec<(u64, String)> =
            [(1, "a\r"), (4, "b"), (5, "too long"), (6, "c"), (7, "too long"), (9, "too long")]
                .map(|(number, line)| (number, line.to_owned()))
                .into();
        for drip in (1..100).chain([1000]) {
            assert_eq!(lines(text.as_bytes(), drip, 8), expected, "{drip} at a time");
        }
    }

    #[test]
    fn a_last_line_needs_no_end() {
        assert_eq!(lines(b"a\nb", 64, 8), [(1, "a".to_owned()), (2, "b".to_owned())]);
        assert!(lines(b"", 64, 8).is_empty() && lines(b"\n\n", 64, 8).is_empty());
    }
}
