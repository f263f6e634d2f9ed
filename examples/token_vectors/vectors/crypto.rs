//! Keys, digests, tags and signatures, by the specification.

use ed25519_dalek::Signer;
use hmac::Mac;
use sha2::{Digest, Sha256, Sha512};

pub type Link = [u8; 32];

/// A signing key that its label gives.
#[derive(Clone)]
pub struct Key(ed25519_dalek::SigningKey);

impl Key {
    pub fn of(label: &str) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&secret(label)))
    }

    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub fn id(&self) -> [u8; 16] {
        named(1, b"permitgate/key/1/ed25519\0", &self.public())
    }

    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        self.0.sign(&parts.concat()).to_bytes()
    }

    /// A signature that fits the equation with the point zero as `R`, which everybody can do who has the key and
    /// which a strict verifier refuses.
    pub fn sign_with_small_point(&self, message: &[u8]) -> [u8; 64] {
        let mut point = [0; 32];
        point[0] = 1;
        let mut secret: [u8; 32] = Sha512::digest(self.seed())[..32].try_into().unwrap();
        secret[0] &= 248;
        secret[31] = secret[31] & 127 | 64;
        let challenge = Sha512::new()
            .chain_update(point)
            .chain_update(self.public())
            .chain_update(message)
            .finalize();
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&point);
        signature[32..].copy_from_slice(&product(&challenge, &secret));
        signature
    }
}

/// 32 bytes that a label gives.
pub fn secret(label: &str) -> [u8; 32] {
    Sha256::digest(format!("test vector {label}")).into()
}

/// 16 bytes that a label gives.
pub fn nonce(label: &str) -> [u8; 16] {
    secret(label)[..16].try_into().unwrap()
}

pub fn key_id_of_secret(secret: &[u8; 32]) -> [u8; 16] {
    named(2, b"permitgate/key/1/shared\0", secret)
}

fn named(algorithm: u8, domain: &[u8], key: &[u8]) -> [u8; 16] {
    let digest = hash(&[domain, key]);
    let mut id = [algorithm; 16];
    id[1..].copy_from_slice(&digest[..15]);
    id
}

pub fn hash(parts: &[&[u8]]) -> Link {
    Sha256::digest(parts.concat()).into()
}

pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <hmac::Hmac<Sha256> as Mac>::new_from_slice(key).unwrap();
    mac.update(&parts.concat());
    mac.finalize().into_bytes().into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The order of the group, 2^252 + 27742317777372353535851937790883648493, the highest limb first.
const ORDER: [u64; 4] = [0x1000_0000_0000_0000, 0, 0x14de_f9de_a2f7_9cd6, 0x5812_631a_5cf5_d3ed];

/// The same signature with `S` raised by the order of the group.
pub fn raised(mut signature: [u8; 64]) -> [u8; 64] {
    let sum = add(limbs(&signature[32..]), ORDER);
    signature[32..].copy_from_slice(&bytes_of(sum));
    signature
}

/// The product of two numbers modulo the order; both are little-endian.
fn product(one: &[u8], other: &[u8]) -> [u8; 32] {
    let reduce = |bytes: &[u8]| {
        bits(bytes).fold([0; 4], |sum, bit| {
            let doubled = below(add(sum, sum));
            if bit { below(add(doubled, [0, 0, 0, 1])) } else { doubled }
        })
    };
    let one = reduce(one);
    bytes_of(bits(other).fold([0; 4], |sum, bit| {
        let doubled = below(add(sum, sum));
        if bit { below(add(doubled, one)) } else { doubled }
    }))
}

fn bits(bytes: &[u8]) -> impl Iterator<Item = bool> + '_ {
    bytes.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
}

fn add(one: [u64; 4], other: [u64; 4]) -> [u64; 4] {
    let (mut sum, mut carry) = ([0; 4], 0);
    for place in (0..4).rev() {
        let wide = u128::from(one[place]) + u128::from(other[place]) + carry;
        sum[place] = wide as u64;
        carry = wide >> 64;
    }
    sum
}

fn below(number: [u64; 4]) -> [u64; 4] {
    if number < ORDER {
        return number;
    }
    let complement = ORDER.map(|limb| !limb);
    add(add(number, complement), [0, 0, 0, 1])
}

fn limbs(bytes: &[u8]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks(8)) {
        *limb = u64::from_le_bytes(chunk.try_into().unwrap());
    }
    limbs
}

fn bytes_of(limbs: [u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.chunks_mut(8).zip(limbs.iter().rev()) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}
