//! Tokens that are damaged anywhere: in every bit, and cut short at every byte.

use permitgate::token::{PublicKey, Token, TokenReason};

use crate::cbor::{Item, Parts};
use crate::draw::{Draw, Kind};
use crate::*;

/// `PERMITGATE_TOKENS` tokens, half of each kind; open, sealed and bound.
fn samples() -> impl Iterator<Item = (u64, Vec<u8>)> {
    (0..told("PERMITGATE_TOKENS", 20)).map(|number| {
        let kind = if number % 2 == 0 { Kind::Shared } else { Kind::Public };
        (number, Draw::new(number).token(kind))
    })
}

#[test]
fn a_token_with_one_bit_changed_is_none() {
    let verifier = builder().cache(0).build().unwrap();
    let (mut flips, mut reasons) = (0_u64, std::collections::BTreeMap::new());
    for (number, token) in samples() {
        assert!(authentic(&verifier, &token), "token {number} itself");
        for bit in 0..token.len() * 8 {
            let mut damaged = token.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(!authentic(&verifier, &damaged), "token {number}, bit {bit}");
            let reason = refusal(&verifier, &damaged).reason();
            *reasons.entry(reason).or_insert(0_u64) += 1;
            flips += 1;
        }
    }
    println!("{flips} flipped bits refused: {reasons:?}");
    assert!(reasons.len() > 5, "{reasons:?}");
}

#[test]
fn a_token_that_is_cut_short_is_none() {
    let verifier = builder().cache(0).build().unwrap();
    let mut cuts = 0_u64;
    for (number, token) in samples() {
        for length in 0..token.len() {
            let reason = refusal(&verifier, &token[..length]).reason();
            let expected = [TokenReason::Malformed, TokenReason::NotCanonical];
            assert!(expected.contains(&reason), "token {number}, {length} bytes: {reason}");
            let front = refusal(&verifier, &token[token.len() - length..]).reason();
            assert!(
                !matches!(front, TokenReason::ProofNeeded),
                "token {number}, last {length} bytes"
            );
            cuts += 2;
        }
    }
    println!("{cuts} shortened tokens refused");
}

/// Spliced with one another, cut and doubled: what comes out counts exactly where it was issued.
#[test]
fn a_token_with_parts_of_another_is_none() {
    let verifier = builder().cache(64).build().unwrap();
    let issued: Vec<_> = samples().map(|(_, token)| token).collect();
    let mut draw = Draw::new(7);
    for _ in 0..issued.len() * 100 {
        let (token, other) = (draw.pick(&issued), draw.pick(&issued));
        let damaged = draw.damage(&token, &other);
        assert_eq!(authentic(&verifier, &damaged), issued.contains(&damaged), "{damaged:02x?}");
    }
}

/// The strange numbers of a curve: what is small, what is beyond the order, what has a twin.
#[test]
fn a_signature_has_one_form_and_a_key_is_strong() {
    let verifier = verifier();
    let token = Parts::of(&bytes(&Token::mint(&key(1), mail()).unwrap()));
    let signature = token.blocks[0].1.clone().unwrap();
    // The scalar plus the order of the group, which a lax verifier takes for the same.
    let mut twin = signature.clone();
    let mut carry = 0_u16;
    for (place, byte) in twin[32..].iter_mut().enumerate() {
        let sum = u16::from(*byte) + u16::from(crate::curve::ORDER[place]) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    let mut doubled = token.clone();
    doubled.blocks[0].1 = Some(twin);
    assert_eq!(refusal(&verifier, &doubled.write()).reason(), TokenReason::WrongSignature);
    let mut zero = token.clone();
    zero.blocks[0].1 = Some(vec![0; 64]);
    assert_eq!(refusal(&verifier, &zero.write()).reason(), TokenReason::WrongSignature);

    // The neutral element, as a key, would take one signature for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for weak in [neutral, [0; 32]] {
        assert_eq!(reason(PublicKey::from_bytes(&weak)), TokenReason::WrongText);
        let body = signer::body(&[
            (0, Item::Bytes(vec![9; 16])),
            (1, Item::List(vec![signer::read_all()])),
            (13, Item::Bytes(weak.to_vec())),
        ]);
        let chain = signer::public_chain(key(1).id().as_bytes(), &[body], &[[1; 32], [2; 32]]);
        assert_eq!(refusal(&verifier, &chain.write()).reason(), TokenReason::Malformed);
    }
}
