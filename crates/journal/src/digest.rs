//! What is hashed, and under which first byte, so that a hash of one sort never passes for one of another.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};

const LEAF: u8 = 0;
const NODE: u8 = 1;
const FRAME: u8 = 2;
const SEGMENT: u8 = 3;
const PRIVATE: u8 = 4;
const SALT: u8 = 5;

/// The bytes of a salt.
pub(crate) const SALT_BYTES: usize = 16;

/// A SHA-256 digest; shown as hexadecimal digits.
///
/// ```
/// use permitgate_journal::Digest;
///
/// let digest = Digest::from_bytes([0xAB; 32]);
/// assert!(digest.to_string().starts_with("abab"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// All zeros: what stands before the first frame.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// A digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(sort: u8, parts: &[&[u8]]) -> Self {
        let mut sha = Sha256::new();
        sha.update([sort]);
        parts.iter().for_each(|part| sha.update(part));
        Self(sha.finalize().into())
    }

    /// The leaf of a frame in the tree (RFC 6962), from the frame's chain value.
    pub(crate) fn leaf(chain: &Self) -> Self {
        Self::of(LEAF, &[&chain.0])
    }

    /// What stands above two hashes of the tree.
    pub(crate) fn node(left: &Self, right: &Self) -> Self {
        Self::of(NODE, &[&left.0, &right.0])
    }

    /// The chain value of a frame.
    pub(crate) fn chained(before: &Self, sealed: &[u8]) -> Self {
        Self::of(FRAME, &[&before.0, sealed])
    }

    /// The chain value with which a segment starts, from its header.
    pub(crate) fn of_segment(header: &[u8]) -> Self {
        Self::of(SEGMENT, &[header])
    }

    /// What a frame commits to in place of its private part.
    pub(crate) fn of_private(salt_and_content: &[u8]) -> Self {
        Self::of(PRIVATE, &[salt_and_content])
    }

    /// The root of a tree without leaves.
    pub(crate) fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The salt of a frame, from a key that only the writing process has.
pub(crate) fn salt(key: &[u8; 32], position: u64) -> [u8; SALT_BYTES] {
    let Digest(bytes) = Digest::of(SALT, &[key, &position.to_le_bytes()]);
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(bytes.split_at(SALT_BYTES).0);
    salt
}

/// The keyed digest of a secret, while it is shown.
#[derive(Clone)]
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // The size of a block, so that no key is too long.
        let mut block = [0; 64];
        block.split_at_mut(32).0.copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.0.finalize().into_bytes().into())
    }
}
