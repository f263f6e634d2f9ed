//! Numbers and texts as bytes: little-endian, texts behind their length.

use crate::digest::Digest;

/// Bytes that are read from the front. `None` where they end too early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn rest(&self) -> &'b [u8] {
        self.0
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn digest(&mut self) -> Option<Digest> {
        self.array().map(Digest::from_bytes)
    }

    /// A text behind two bytes of length.
    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let length = self.u16()?;
        std::str::from_utf8(self.take(length.into())?).ok()
    }

    /// A text behind four bytes of length.
    pub(crate) fn long_text(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.u32()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// Appends a text of at most `most` bytes; whether it had to be cut.
pub(crate) fn put_text(to: &mut Vec<u8>, text: &str, most: usize) -> bool {
    let most = most.min(u16::MAX.into());
    let kept = text.get(..text.floor_char_boundary(most)).unwrap_or_default();
    to.extend_from_slice(&(kept.len() as u16).to_le_bytes());
    to.extend_from_slice(kept.as_bytes());
    kept.len() < text.len()
}

/// Overwrites bytes at a place; nothing where they do not fit there.
pub(crate) fn put_at(to: &mut [u8], place: usize, bytes: &[u8]) {
    if let Some(to) = to.get_mut(place..).and_then(|rest| rest.get_mut(..bytes.len())) {
        to.copy_from_slice(bytes);
    }
}
