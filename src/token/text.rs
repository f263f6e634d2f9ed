//! Tokens and keys as text: a prefix that scanners for leaked secrets can look for, Base64 for URLs (RFC 4648,
//! section 5, without padding), and a CRC-32 so that a damaged text is told from a wrong one.

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

const CHECKSUM_BYTES: usize = 4;

/// The text of `bytes`. The working copies are wiped.
pub(super) fn encode(prefix: &str, bytes: &[u8]) -> Zeroizing<String> {
    let mut checked = Zeroizing::new(Vec::with_capacity(bytes.len() + CHECKSUM_BYTES));
    checked.extend_from_slice(bytes);
    checked.extend_from_slice(&checksum(prefix, bytes));
    let digits = Zeroizing::new(Base64UrlUnpadded::encode_string(&checked));
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + digits.len()));
    text.push_str(prefix);
    text.push_str(&digits);
    text
}

/// The bytes of a text of at most `most` bytes; `None` where prefix, alphabet or checksum is wrong.
pub(super) fn decode(prefix: &str, text: &str, most: usize) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.strip_prefix(prefix)?;
    if digits.len() > (most + CHECKSUM_BYTES) * 4 / 3 + 3 {
        return None;
    }
    // Wiped also where the text turns out to be damaged.
    let mut bytes = Zeroizing::new(vec![0; digits.len() / 4 * 3 + 3]);
    let length = Base64UrlUnpadded::decode(digits, bytes.as_mut_slice()).ok()?.len();
    bytes.truncate(length);
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if *sum != checksum(prefix, content) {
        return None;
    }
    let length = content.len();
    bytes.truncate(length);
    Some(bytes)
}

/// The prefix counts, so that one kind of text cannot be turned into another by hand.
fn checksum(prefix: &str, bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut crc = crc32fast::Hasher::new();
    crc.update(prefix.as_bytes());
    crc.update(bytes);
    crc.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_a_changed_one_does_not() {
        for length in 0..40 {
            let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(7) + 1).collect();
            let text = encode("pgx1_", &bytes);
            assert_eq!(**decode("pgx1_", &text, 64).unwrap(), *bytes);
            assert!(decode("pgy1_", &text, 64).is_none());
            for place in 0..text.len() {
                let mut changed = text.as_bytes().to_vec();
                changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert!(decode("pgx1_", &changed, 64).is_none(), "{changed}");
            }
        }
        assert!(decode("pgx1_", "pgx1_AAA=", 64).is_none());
        assert!(decode("pgx1_", "pgx1_", 64).is_none());
        assert!(decode("pgx1_", &encode("pgx1_", &[0; 65]), 8).is_none());
    }
}
