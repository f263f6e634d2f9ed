//! Bytes of a stranger claim no more memory than a multiple of their own length.

use permitgate::token::{Attestation, SigningKey, Token, TokenReason};

use crate::cbor::{Item, Parts};
use crate::memory::peak;
use crate::*;

/// Bytes that may be allocated at once for each byte that is read.
const MULTIPLE: usize = 128;

fn envelope(body: Vec<u8>) -> Vec<u8> {
    let key = key(1).id().as_bytes().to_vec();
    let blocks = vec![(body, Some(vec![0; 64]))];
    Parts { version: Item::Uint(1), key, blocks, end: Vec::new() }.ended(0, &[0; 32]).write()
}

/// A root whose statements begin like this, followed by as many of `item` as fit.
fn full_of(before: &[u8], item: &[u8]) -> Vec<u8> {
    let room = permitgate::limits::MAX_TOKEN_BYTES - 200 - before.len();
    let count = room / item.len();
    let length = [&[0x9A], &(count as u32).to_be_bytes()[..]].concat();
    envelope([before, &length, &item.repeat(count)].concat())
}

#[test]
fn hostile_bytes_claim_little_memory() {
    let nonce = [&[0xA2, 0x00, 0x50][..], &[9; 16]].concat();
    let statements = [&nonce[..], &[0x01]].concat();
    // One statement `s` that permits, up to the list of this key.
    let within = |key: u8| {
        let mut bytes = statements.clone();
        bytes.extend([0x81, 0xA4, 0x00, 0x61, b's', 0x01, 0x00, 0x02, 0x01, key]);
        bytes
    };
    let sets = [&within(7)[..], &[0x81, 0xA2, 0x00, 0x61, b'n', 0x05]].concat();
    let terms = |key: u8| [&nonce[..], &[key]].concat();
    let lie = |bytes: &[u8]| {
        [bytes, &[0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x60]].concat()
    };
    let cases = [
        ("statements", full_of(&statements, &[0xA3, 0, 0x60, 1, 0, 2, 1])),
        ("empty statements", full_of(&statements, &[0xA0])),
        ("conditions without a test", full_of(&within(7), &[0xA1, 0, 0x60])),
        ("empty conditions", full_of(&within(7), &[0xA0])),
        ("conditions", full_of(&within(7), &[0xA2, 0, 0x60, 3, 0xF5])),
        ("tools", full_of(&within(3), &[0x60])),
        ("patterns", full_of(&within(4), &[0x60])),
        ("readers", full_of(&within(5), &[0x66, b'p', b'u', b'b', b'l', b'i', b'c'])),
        ("values", full_of(&sets, &[0x00])),
        ("budgets", full_of(&terms(8), &[0xA3, 0, 0x60, 2, 0, 4, 1])),
        ("empty budgets", full_of(&terms(8), &[0xA0])),
        ("rights", full_of(&terms(9), &[0x82, 0x60, 0x80])),
        ("names", full_of(&terms(10), &[0x60])),
        ("a list that lies", envelope(lie(&statements))),
        ("a list of conditions that lies", envelope(lie(&within(7)))),
        (
            "a text that lies",
            envelope([&nonce[..], &[0x05, 0x7B], &u64::MAX.to_be_bytes()].concat()),
        ),
        ("zeros", vec![0; permitgate::limits::MAX_TOKEN_BYTES]),
        ("open lists", vec![0x9F; permitgate::limits::MAX_TOKEN_BYTES]),
        ("lists of one", vec![0x81; permitgate::limits::MAX_TOKEN_BYTES]),
    ];
    let verifier = verifier();
    let mut most = (0, "");
    for (what, bytes) in &cases {
        assert!(bytes.len() <= permitgate::limits::MAX_TOKEN_BYTES, "{what}: {}", bytes.len());
        let (outcome, decoding) = peak(|| Token::decode(bytes).map(drop));
        let (refused, verifying) = peak(|| verifier.verify(bytes, at(100)).map(drop));
        assert!(refused.is_err(), "{what}");
        let peak = decoding.max(verifying);
        println!("{what}: {peak} bytes, {} for each, {outcome:?}", peak / bytes.len());
        assert!(peak <= MULTIPLE * bytes.len() + 10_000, "{what}: {peak} bytes");
        most = most.max((peak / bytes.len(), what));
    }
    println!("most: {most:?}");
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    let long = vec![0x81; 8 * 1024 * 1024];
    let text = format!("pgt1_{}", "A".repeat(8 * 1024 * 1024));
    let (_, bytes) = peak(|| {
        assert_eq!(reason(Token::decode(&long)), TokenReason::TooLong);
        assert_eq!(reason(verifier().verify(&long, at(100))), TokenReason::TooLong);
        assert_eq!(reason(Token::from_text(&text)), TokenReason::WrongText);
        assert_eq!(reason(SigningKey::from_text(&text)), TokenReason::WrongText);
        assert_eq!(reason(Attestation::decode(&long)), TokenReason::WrongAttestation);
    });
    assert!(bytes < 100_000, "{bytes}");
}

#[test]
fn a_verifier_remembers_a_bounded_number_of_tokens() {
    let verifier = builder().cache(8).build().unwrap();
    let tokens: Vec<_> =
        (0..400).map(|_| bytes(&Token::mint(&secret(1), mail()).unwrap())).collect();
    let all = || tokens.iter().for_each(|token| drop(verifier.verify(token, at(100)).unwrap()));
    let ((), first) = peak(all);
    let one = Token::mint(&secret(1), mail()).unwrap();
    let unbounded = builder().cache(4096).build().unwrap();
    let ((), of_all) =
        peak(|| tokens.iter().for_each(|token| drop(unbounded.verify(token, at(100)).unwrap())));
    println!("room for 8: {first} bytes; for 4096: {of_all} bytes, {} tokens", tokens.len());
    assert!(first * 10 < of_all, "{first} {of_all}");
    assert!(verifier.verify(&bytes(&one), at(100)).is_ok());
    let none = builder().cache(0).build().unwrap();
    let ((), nothing) =
        peak(|| tokens.iter().for_each(|token| drop(none.verify(token, at(100)).unwrap())));
    assert!(nothing < first, "{nothing} {first}");
}
