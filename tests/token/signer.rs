//! Chains made by hand, with the primitives alone: what somebody can build who does not use the crate.

use ed25519_dalek::{Signer, SigningKey as Ed25519};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::cbor::{Item, Parts};

/// The link of a root block, as the specification of the format says.
pub(crate) fn root_link(key: &[u8], body: &[u8]) -> [u8; 32] {
    sha(&[b"permitgate/token/1/root\0", key, body])
}

/// The link of a further block.
pub(crate) fn next_link(before: &[u8; 32], body: &[u8]) -> [u8; 32] {
    sha(&[b"permitgate/token/1/block\0", before, body])
}

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

pub(crate) fn links(parts: &Parts) -> Vec<[u8; 32]> {
    let mut links: Vec<[u8; 32]> = Vec::new();
    for (body, _) in &parts.blocks {
        let link =
            links.last().map_or_else(|| root_link(&parts.key, body), |last| next_link(last, body));
        links.push(link);
    }
    links
}

fn ed25519(seed: &[u8; 32], domain: &[u8], link: &[u8; 32]) -> Vec<u8> {
    Ed25519::from_bytes(seed).sign(&[domain, link].concat()).to_bytes().to_vec()
}

pub(crate) fn sign(seed: &[u8; 32], link: &[u8; 32]) -> Vec<u8> {
    ed25519(seed, b"permitgate/token/1/sign\0", link)
}

pub(crate) fn seal(seed: &[u8; 32], link: &[u8; 32]) -> Vec<u8> {
    ed25519(seed, b"permitgate/token/1/seal\0", link)
}

/// A revocation list of this body, as its operator signs it.
pub(crate) fn list(seed: &[u8; 32], body: &[u8]) -> Vec<u8> {
    let message = [b"permitgate/revocations/1\0", body].concat();
    let signature = Ed25519::from_bytes(seed).sign(&message).to_bytes().to_vec();
    Item::List(vec![Item::Bytes(body.to_vec()), Item::Bytes(signature)]).write()
}

pub(crate) fn tag(key: &[u8; 32], link: &[u8; 32]) -> [u8; 32] {
    mac(key, b"permitgate/token/1/tag\0", link)
}

pub(crate) fn seal_tag(key: &[u8; 32], link: &[u8; 32]) -> [u8; 32] {
    mac(key, b"permitgate/token/1/seal\0", link)
}

fn mac(key: &[u8; 32], domain: &[u8], link: &[u8; 32]) -> [u8; 32] {
    let state = Hmac::<Sha256>::new_from_slice(key).unwrap();
    state.chain_update(domain).chain_update(link).finalize().into_bytes().into()
}

/// The public half of a seed.
pub(crate) fn public(seed: &[u8; 32]) -> Vec<u8> {
    Ed25519::from_bytes(seed).verifying_key().to_bytes().to_vec()
}

/// A block as a map of these entries.
pub(crate) fn body(entries: &[(u64, Item)]) -> Vec<u8> {
    Item::Map(entries.iter().map(|(key, value)| (Item::Uint(*key), value.clone())).collect())
        .write()
}

/// A public-key chain of these bodies under this issuer, signed in order by these seeds, open with the last one.
pub(crate) fn public_chain(key: &[u8], bodies: &[Vec<u8>], seeds: &[[u8; 32]]) -> Parts {
    assert_eq!(seeds.len(), bodies.len() + 1);
    let blocks = bodies.iter().map(|body| (body.clone(), Some(Vec::new()))).collect();
    let mut parts = Parts { version: Item::Uint(1), key: key.to_vec(), blocks, end: Vec::new() };
    for (place, link) in links(&parts).iter().enumerate() {
        parts.blocks[place].1 = Some(sign(&seeds[place], link));
    }
    parts.ended(0, &seeds[bodies.len()])
}

/// A shared-secret chain of these bodies, open.
pub(crate) fn shared_chain(key: &[u8], secret: &[u8; 32], bodies: &[Vec<u8>]) -> Parts {
    let blocks = bodies.iter().map(|body| (body.clone(), None)).collect();
    let parts = Parts { version: Item::Uint(1), key: key.to_vec(), blocks, end: Vec::new() };
    let last = links(&parts).iter().fold(*secret, |key, link| tag(&key, link));
    parts.ended(0, &last)
}

/// A statement that permits reading everything.
pub(crate) fn read_all() -> Item {
    statement(0)
}

/// The same with this number as its effect.
pub(crate) fn statement(effect: u64) -> Item {
    let entries = [
        (0, Item::Text("s".to_owned())),
        (1, Item::Uint(effect)),
        (2, Item::Uint(1)),
        (4, Item::List(vec![Item::Text("**".to_owned())])),
    ];
    Item::Map(entries.map(|(key, value)| (Item::Uint(key), value)).to_vec())
}
