//! Names of tools, agents, people and groups: exact bytes, bounded, free of control characters.

use std::sync::Arc;

use crate::base::hash::{hash_name, word_at};
use crate::base::limits::MAX_NAME_BYTES;

/// A name with its hash, made once where a policy, directory or scope is built.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: Arc<str>,
    pub(crate) hash: u64,
}

impl Name {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), hash: hash_name(text) }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.text == other.text
    }
}

/// Why a text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameFault {
    #[error("a name must not be empty")]
    Empty,
    #[error("a name must not be longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
    #[error("a name must not hold control characters")]
    Control,
}

/// Checks that `text` can be a name.
#[inline]
pub(crate) fn check_name(text: &str) -> Result<(), NameFault> {
    if text.is_empty() {
        Err(NameFault::Empty)
    } else if text.len() > MAX_NAME_BYTES {
        Err(NameFault::TooLong)
    } else if !is_plain(text.as_bytes()) {
        check_characters(text)
    } else {
        Ok(())
    }
}

/// Whether all bytes are ASCII from the space on; a delete counts as not plain. Eight at a time, the last
/// eight overlapping those before, and without a loop for most names.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let word = |word: &[u8; 8]| odd_bytes(u64::from_le_bytes(*word));
    let odd = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => word(first) | word(last),
        (Some(_), Some(last)) => {
            bytes.as_chunks::<8>().0.iter().fold(word(last), |odd, w| odd | word(w))
        }
        _ => odd_bytes(word_at(bytes, 0) | 0x2020_2020_2020_2020 << (8 * bytes.len())),
    };
    odd & 0x8080_8080_8080_8080 == 0
}

/// The high bits of bytes below the space and above the tilde; more may be set above such a byte.
#[inline]
const fn odd_bytes(word: u64) -> u64 {
    word | word.wrapping_sub(0x2020_2020_2020_2020) | word.wrapping_add(0x0101_0101_0101_0101)
}

#[cold]
fn check_characters(text: &str) -> Result<(), NameFault> {
    if text.chars().any(char::is_control) { Err(NameFault::Control) } else { Ok(()) }
}

/// The domain of an address: what stands behind its only `@`.
pub(crate) fn domain_of(name: &str) -> Option<&str> {
    let (local, domain) = name.split_once('@')?;
    (!local.is_empty() && !domain.is_empty() && !domain.contains('@')).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_clean() {
        assert_eq!(check_name(""), Err(NameFault::Empty));
        assert_eq!(check_name("a\nb"), Err(NameFault::Control));
        assert_eq!(check_name("a\u{85}b"), Err(NameFault::Control));
        assert_eq!(check_name(&"x".repeat(MAX_NAME_BYTES + 1)), Err(NameFault::TooLong));
        assert_eq!(check_name("Zoë Müller"), Ok(()));
        for length in 1..20 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let plain = byte.is_ascii() && !byte.is_ascii_control();
                    assert_eq!(is_plain(&text), plain, "{byte:#x} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_domain_needs_exactly_one_at() {
        assert_eq!(domain_of("dana@example.com"), Some("example.com"));
        for odd in ["dana", "@example.com", "dana@", "a@b@example.com"] {
            assert_eq!(domain_of(odd), None, "{odd}");
        }
    }
}
