//! The one hash of the crate: fixed, fast on short names, the same in every process.
//!
//! Tables are built once and never grow while decisions run, so nobody can degrade a lookup by
//! inserting; the longest bucket is known after building and is part of the stated worst case.
//! A hash only proposes: every hit is confirmed by comparing bytes, so a collision costs time,
//! never a wrong answer. The mixing step is the folded 64×64→128-bit multiplication of wyhash and
//! foldhash.
//!
//! Names are mostly shorter than 16 bytes and their lengths vary from call to call, so the first 16
//! bytes are read as two masked words without a branch on the length: a mispredicted branch costs more
//! than the whole hash.

const SEEDS: [u64; 3] = [0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344, 0xA409_3822_299F_31D0];

/// `MASKS[n]` keeps the first `n` bytes of a little-endian word.
const MASKS: [u64; 9] = [
    0,
    0xFF,
    0xFFFF,
    0xFF_FFFF,
    0xFFFF_FFFF,
    0xFF_FFFF_FFFF,
    0xFFFF_FFFF_FFFF,
    0xFF_FFFF_FFFF_FFFF,
    u64::MAX,
];

/// Multiplies to 128 bits and folds the halves together.
#[inline]
pub(crate) const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Spreads a key that was put together from several hashes.
#[inline]
pub(crate) const fn finish(key: u64) -> u64 {
    finish_seeded(key ^ SEEDS[0])
}

/// The same of a key that was combined with a seed of its own.
#[inline]
pub(crate) const fn finish_seeded(key: u64) -> u64 {
    fold(key, SEEDS[1])
}

/// Hashes a whole name.
#[inline]
pub(crate) fn hash_name(name: &str) -> u64 {
    let bytes = name.as_bytes();
    hash_words(bytes.len(), |at| [word_at(bytes, at), word_at(bytes, at.wrapping_add(8))])
}

/// Hashes `length` bytes from `start` on, like [`hash_name`], within a buffer that goes on for at least
/// 16 bytes more.
#[inline]
pub(crate) fn hash_padded<const N: usize>(buffer: &[u8; N], start: usize, length: usize) -> u64 {
    hash_words(length, |at| {
        let words = buffer.get(start.wrapping_add(at)..).and_then(|rest| rest.first_chunk::<16>());
        let words = u128::from_le_bytes(words.copied().unwrap_or_default());
        [words as u64, (words >> 64) as u64]
    })
}

#[inline]
fn hash_words(length: usize, words: impl Fn(usize) -> [u64; 2]) -> u64 {
    let mut seed = SEEDS[0] ^ (length as u64);
    let (mut at, mut left) = (0_usize, length);
    while left > 16 {
        let [first, second] = words(at);
        seed = fold(first ^ seed, second ^ SEEDS[1]);
        at = at.wrapping_add(16);
        left = left.wrapping_sub(16);
    }
    let [first, second] = words(at);
    let (first, second) = (first & keep(left.min(8)), second & keep(left.saturating_sub(8)));
    fold(first ^ seed, second ^ SEEDS[2])
}

#[inline]
fn keep(bytes: usize) -> u64 {
    MASKS.get(bytes).copied().unwrap_or(u64::MAX)
}

/// The eight bytes from `at` on, little endian. What lies behind the end is zero, or anything where
/// nothing of the word lies before it.
#[inline]
pub(crate) fn word_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.len().checked_sub(8) {
        Some(last) => {
            let from = at.min(last);
            let word = bytes.get(from..).and_then(|rest| rest.first_chunk::<8>());
            let behind = at.wrapping_sub(from).min(7) as u32;
            word.map_or(0, |word| u64::from_le_bytes(*word)) >> (8 * behind)
        }
        None => short_word(bytes, at),
    }
}

/// For texts of less than eight bytes: two halves that may overlap.
#[inline]
fn short_word(bytes: &[u8], at: usize) -> u64 {
    let length = bytes.len();
    let whole = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (length as u32).wrapping_sub(4).min(7))
        }
        _ => bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    whole >> (8 * at.min(7) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_wherever_it_stands() {
        let text = b"abcdefghijklmnopqrstuvwxyz";
        for length in 0..text.len() {
            let text = &text[..length];
            for at in 0..length {
                let expected =
                    text[at..].iter().take(8).rev().fold(0u64, |w, b| (w << 8) | u64::from(*b));
                assert_eq!(word_at(text, at), expected, "at {at} of {length}");
            }
        }
    }

    #[test]
    fn a_segment_hashes_like_the_name_alone() {
        let text = b"crm/dana@example.com/list7/x/and-a-segment-of-forty-bytes-at-the-end-of-it";
        let mut buffer = [b'a'; 96];
        buffer[..text.len()].copy_from_slice(text);
        for start in 0..text.len() {
            for end in start..=text.len() {
                let name = std::str::from_utf8(&text[start..end]).unwrap();
                assert_eq!(hash_padded(&buffer, start, end - start), hash_name(name), "{name}");
            }
        }
    }

    #[test]
    fn every_byte_and_the_length_are_part_of_the_hash() {
        let base = "a".repeat(40);
        for length in 0..base.len() {
            let name = &base[..length];
            assert_ne!(hash_name(name), hash_name(&base[..length + 1]));
            for at in 0..length {
                let other = format!("{}b{}", &name[..at], &name[at + 1..]);
                assert_ne!(hash_name(name), hash_name(&other));
            }
        }
    }
}
