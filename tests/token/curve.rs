//! A signature that lax verifiers take and strict ones do not: its point is the neutral element, and stands for no nonce.

use ed25519_dalek::{Signature, SigningKey as Ed25519, Verifier as _};
use sha2::{Digest, Sha512};

use crate::cbor::Parts;
use crate::*;

/// The order of the group, from its lowest byte on.
pub(crate) const ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The sum of two numbers below the order, below the order again.
fn add(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    let (mut sum, mut carry) = ([0; 32], 0);
    for place in 0..32 {
        let next = u16::from(one[place]) + u16::from(other[place]) + carry;
        (sum[place], carry) = (next as u8, next >> 8);
    }
    if sum.iter().rev().lt(ORDER.iter().rev()) {
        return sum;
    }
    let mut borrow = 0;
    for place in 0..32 {
        let next = i16::from(sum[place]) - i16::from(ORDER[place]) - borrow;
        (sum[place], borrow) = (next as u8, i16::from(next < 0));
    }
    sum
}

/// `times`, from its lowest byte on, times `number`.
fn multiply(times: &[u8], number: &[u8; 32]) -> [u8; 32] {
    let bits = times.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits.fold([0; 32], |product, bit| {
        let doubled = add(&product, &product);
        if bit == 1 { add(&doubled, number) } else { doubled }
    })
}

#[test]
fn what_only_lax_verifiers_take_is_refused() {
    let (seed, mut one) = ([1; 32], [0; 32]);
    one[0] = 1;
    let mut token = Parts::of(&bytes(&Token::mint(&key(1), mail()).unwrap()));
    let message = [&b"permitgate/token/1/sign\0"[..], &signer::links(&token)[0]].concat();
    let signing = Ed25519::from_bytes(&seed);
    // The neutral element as R: then S is the hash times the secret scalar.
    let neutral = one;
    let mut scalar: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    scalar[0] &= 0xF8;
    scalar[31] = scalar[31] & 0x7F | 0x40;
    let hash =
        Sha512::digest([&neutral, &signing.verifying_key().to_bytes(), &message[..]].concat());
    let product = multiply(&hash, &multiply(&scalar, &one));
    let forged = [neutral, product].concat();
    let parsed = Signature::from_slice(&forged).unwrap();
    assert!(signing.verifying_key().verify(&message, &parsed).is_ok(), "a lax verifier takes it");
    assert!(signing.verifying_key().verify_strict(&message, &parsed).is_err());
    token.blocks[0].1 = Some(forged);
    assert_eq!(refusal(&verifier(), &token.write()).reason(), TokenReason::WrongSignature);
}
