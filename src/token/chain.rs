//! The chain: how blocks are linked and authenticated, and the token's one form as bytes.
//!
//! Every block has a *link*: the SHA-256 of the link before it (for the root, of the issuer's key id) and of its own
//! bytes. So a link stands for a block at its place in its chain, and its first 16 bytes are the identity of the
//! capability that ends there. Links are what is signed. In a public-key chain a block names the key that signs the next
//! one; in a shared-secret chain the tag of a block is the key for the next tag, as in macaroons
//! (Birgisson et al., NDSS 2014). The last key stands at the end, or a seal in its place, or, where the
//! token is bound, nothing: the holder has the key.

use std::ops::Deref;

use hmac::Mac;
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::block::{Body, HOLDER_KEY, Known, NEXT_KEY};
use super::error::{TokenError, TokenReason};
use super::key::{
    ED25519, IssuerKey, PublicKey, SHARED, SharedSecret, SigningKey, keyed, overwrite_stack,
};
use super::wire::{
    Out, Read, Written, fault, has_field, list, read_fixed, read_list, read_signed_pair,
};
use crate::authority::capability::{CapabilityId, KeyId};
use crate::base::limits::{MAX_TOKEN_BLOCKS, MAX_TOKEN_BYTES};

const VERSION: u64 = 1;
const ROOT: &[u8] = b"permitgate/token/1/root\0";
const BLOCK: &[u8] = b"permitgate/token/1/block\0";
const SIGN: &[u8] = b"permitgate/token/1/sign\0";
const TAG: &[u8] = b"permitgate/token/1/tag\0";
const SEAL: &[u8] = b"permitgate/token/1/seal\0";

/// The digest that stands for a block at its place.
pub(super) type Link = [u8; 32];

/// A chain that has the right form. Whether it is authentic is another question.
pub(super) struct Chain {
    pub(super) key: KeyId,
    pub(super) blocks: Vec<Signed>,
    pub(super) end: End,
}

/// A block has room for what it may lack, and moving one takes along what stands there. So what earlier calls left on the stack is
/// overwritten first.
impl Clone for Chain {
    fn clone(&self) -> Self {
        overwrite_stack();
        self.copy()
    }
}

/// A block, its bytes as they came, its link, and in a public-key chain its signature.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) body: Body,
    pub(super) bytes: Vec<u8>,
    pub(super) link: Link,
    signature: Option<[u8; 64]>,
}

/// What closes the chain.
#[derive(Clone)]
pub(super) enum End {
    /// The secret with which one more block can be added: a key's seed, with its public half, or the last tag.
    Open(Secret, Option<PublicKey>),
    /// A signature or tag over the last link: nothing can be added.
    Sealed(Vec<u8>),
    /// The holder's own key adds and presents.
    Bound,
}

/// A secret in a place of its own: a chain is moved about, and what is moved leaves a copy behind that nobody wipes. A clone is
/// copied from place to place, and never through the stack.
pub(super) struct Secret(Box<Zeroizing<[u8; 32]>>);

impl Clone for Secret {
    fn clone(&self) -> Self {
        secret(self)
    }
}

impl Deref for Secret {
    type Target = [u8; 32];

    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

fn secret(bytes: &[u8; 32]) -> Secret {
    let mut place = Box::<Zeroizing<[u8; 32]>>::default();
    place.copy_from_slice(bytes);
    Secret(place)
}

impl Signed {
    pub(super) fn id(&self) -> CapabilityId {
        let mut id = [0; 16];
        id.iter_mut().zip(self.link).for_each(|(to, from)| *to = from);
        CapabilityId::from_bytes(id)
    }

    /// The key that signs the next block of a public-key chain.
    fn next_key(&self) -> Option<PublicKey> {
        match (self.body.block.holder_key, self.body.next) {
            (Some(key), None) | (None, Some(key)) => Some(key),
            _ => None,
        }
    }
}

impl Chain {
    #[inline(never)]
    fn copy(&self) -> Self {
        Self { key: self.key, blocks: self.blocks.clone(), end: self.end.clone() }
    }

    /// A chain of one block. The body names its next key already.
    pub(super) fn root(
        key: IssuerKey<'_>,
        body: Body,
        next: Option<&SigningKey>,
    ) -> Result<Self, TokenError> {
        let id = match key {
            IssuerKey::Signing(key) => key.id(),
            IssuerKey::Shared(secret) => secret.id(),
        };
        let bytes = body.encode();
        let link = root_link(id, &bytes);
        let (signature, end) = match key {
            IssuerKey::Signing(key) => (Some(key.sign(&signed(SIGN, &link))), public_end(next)),
            IssuerKey::Shared(secret) => (None, End::Open(secret_tag(secret.keyed(), &link), None)),
        };
        Ok(Self { key: id, blocks: vec![Signed { body, bytes, link, signature }], end })
    }

    /// The same chain with one more block, signed by the key of the last: the one at the end, or `holder`'s.
    pub(super) fn extended(
        mut self,
        body: Body,
        next: Option<&SigningKey>,
        holder: Option<&SigningKey>,
    ) -> Result<Self, TokenError> {
        let bytes = body.encode();
        let link = self.next_link(&bytes);
        let (signature, end) = match (&self.end, holder) {
            (End::Sealed(_), _) => return Err(TokenReason::Sealed.into()),
            (End::Bound, None) => return Err(TokenReason::HolderKeyNeeded.into()),
            (End::Bound, Some(holder)) => {
                if self.last_holder() != Some(holder.public_key()) {
                    return Err(TokenReason::HolderKeyNeeded.into());
                }
                (Some(holder.sign(&signed(SIGN, &link))), public_end(next))
            }
            (End::Open(secret, _), _) if self.is_shared() => {
                (None, End::Open(secret_tag(keyed(secret), &link), None))
            }
            (End::Open(seed, _), _) => {
                let key = SigningKey::from_bytes(seed);
                (Some(key.sign(&signed(SIGN, &link))), public_end(next))
            }
        };
        self.blocks.push(Signed { body, bytes, link, signature });
        self.end = end;
        Ok(self)
    }

    /// The same chain, closed for good.
    pub(super) fn sealed(mut self) -> Result<Self, TokenError> {
        let seal = match &self.end {
            End::Sealed(_) => return Err(TokenReason::Sealed.into()),
            End::Bound => return Err(TokenReason::HolderKeyNeeded.into()),
            End::Open(secret, _) if self.is_shared() => {
                tag(keyed(secret), SEAL, &self.last_link()).to_vec()
            }
            End::Open(seed, _) => {
                SigningKey::from_bytes(seed).sign(&signed(SEAL, &self.last_link())).to_vec()
            }
        };
        self.end = End::Sealed(seal);
        Ok(self)
    }

    /// Whether every block was signed by the key before it, from the issuer's on; the first was looked at already, see
    /// [`Envelope::begins_with`].
    pub(super) fn is_signed_by(&self, issuer: &PublicKey) -> Result<(), TokenError> {
        let mut signer = *issuer;
        for (place, block) in self.blocks.iter().enumerate() {
            let message = signed(SIGN, &block.link);
            let fits = || block.signature.is_some_and(|it| signer.verifies(&message, &it));
            if place > 0 && !fits() {
                return Err(TokenError::at(TokenReason::WrongSignature, place));
            }
            signer = block.next_key().ok_or_else(|| {
                TokenError::at(TokenReason::InvalidBlock, place)
                    .grounds("it must name the next key, or the holder's")
            })?;
        }
        let fits = match &self.end {
            End::Open(_, public) => self.last_holder().is_none() && *public == Some(signer),
            End::Sealed(seal) => {
                self.last_holder().is_none()
                    && <&[u8; 64]>::try_from(seal.as_slice())
                        .is_ok_and(|seal| signer.verifies(&signed(SEAL, &self.last_link()), seal))
            }
            End::Bound => self.last_holder().is_some(),
        };
        if fits { Ok(()) } else { Err(TokenReason::WrongEnd.into()) }
    }

    pub(super) fn is_shared(&self) -> bool {
        self.key.as_bytes().first() == Some(&SHARED)
    }

    pub(super) fn last_link(&self) -> Link {
        self.blocks.last().map_or([0; 32], |block| block.link)
    }

    fn next_link(&self, bytes: &[u8]) -> Link {
        self.blocks
            .last()
            .map_or_else(|| root_link(self.key, bytes), |last| link(BLOCK, &last.link, bytes))
    }

    /// The key that whoever presents the token must prove to have.
    pub(super) fn holder_key(&self) -> Option<PublicKey> {
        if self.is_shared() {
            self.blocks.iter().find_map(|block| block.body.block.holder_key)
        } else {
            self.last_holder()
        }
    }

    fn last_holder(&self) -> Option<PublicKey> {
        self.blocks.last().and_then(|block| block.body.block.holder_key)
    }

    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let room: usize = self.blocks.iter().map(|block| block.bytes.len() + 80).sum();
        let mut out = Encoder::new(Vec::with_capacity(room + 128));
        self.write(&mut out).map_err(|_| TokenReason::Malformed)?;
        let bytes = Zeroizing::new(out.into_writer());
        if bytes.len() > MAX_TOKEN_BYTES {
            Err(TokenReason::TooLong.into())
        } else if self.blocks.len() > MAX_TOKEN_BLOCKS {
            Err(TokenReason::TooManyBlocks.into())
        } else {
            Ok(bytes)
        }
    }

    fn write(&self, out: &mut Out) -> Written {
        out.array(4)?.u64(VERSION)?.bytes(self.key.as_bytes())?;
        list(out, &self.blocks, |out, block| match &block.signature {
            Some(signature) => out.array(2)?.bytes(&block.bytes)?.bytes(signature).map(drop),
            None => out.bytes(&block.bytes).map(drop),
        })?;
        match &self.end {
            End::Open(secret, _) => out.array(2)?.u8(0)?.bytes(secret.as_slice()).map(drop),
            End::Sealed(seal) => out.array(2)?.u8(1)?.bytes(seal).map(drop),
            End::Bound => out.array(1)?.u8(2).map(drop),
        }
    }

    /// Reads a chain: sizes first, then the envelope, then the blocks.
    pub(super) fn decode(bytes: &[u8], known: Known<'_>) -> Result<Self, TokenError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(TokenReason::TooLong.into());
        }
        Envelope::decode(bytes)?.into_chain(known)
    }
}

/// The outer form, before any block is read and without arithmetic of the curve.
pub(super) struct Envelope<'b> {
    pub(super) key: KeyId,
    blocks: Vec<(&'b [u8], Option<[u8; 64]>)>,
    end: End,
}

impl<'b> Envelope<'b> {
    /// Reads the outer form.
    pub(super) fn decode(bytes: &'b [u8]) -> Result<Self, TokenError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(TokenReason::TooLong.into());
        }
        let mut input = Decoder::new(bytes);
        let malformed = |_| TokenReason::Malformed;
        if input.array().map_err(malformed)? != Some(4) {
            return Err(TokenReason::Malformed.into());
        }
        if input.u64().map_err(malformed)? != VERSION {
            return Err(TokenReason::UnknownVersion.into());
        }
        let key = KeyId::from_bytes(read_fixed(&mut input).map_err(malformed)?);
        match input.clone().array().map_err(malformed)? {
            Some(count) if count > MAX_TOKEN_BLOCKS as u64 => {
                return Err(TokenReason::TooManyBlocks.into());
            }
            Some(1..) => {}
            _ => return Err(TokenReason::Malformed.into()),
        }
        let shared = match key.as_bytes().first() {
            Some(&ED25519) => false,
            Some(&SHARED) => true,
            _ => return Err(TokenReason::UnknownKey.into()),
        };
        let blocks = read_list(&mut input, |input| {
            if input.datatype()? == minicbor::data::Type::Bytes {
                return Ok((input.bytes()?, None));
            }
            let (body, signature) = read_signed_pair(input)?;
            Ok((body, Some(signature)))
        })
        .map_err(malformed)?;
        if blocks.iter().any(|(_, signature)| signature.is_none() != shared) {
            return Err(TokenReason::WrongKind.into());
        }
        let end = read_end(&mut input).map_err(malformed)?;
        let envelope = Self { key, blocks, end };
        // Every part is bytes of a known length, so another way to write it would be longer.
        if input.position() == bytes.len() && envelope.canonical_len() == bytes.len() {
            Ok(envelope)
        } else {
            Err(TokenReason::NotCanonical.into())
        }
    }

    /// Whether the first block is the issuer's, which its bytes tell before anything in them is read.
    pub(super) fn begins_with(&self, issuer: &PublicKey) -> Result<(), TokenError> {
        let first = self.blocks.first().and_then(|(bytes, signature)| Some((bytes, (*signature)?)));
        let fits = first.is_some_and(|(bytes, signature)| {
            issuer.verifies(&signed(SIGN, &root_link(self.key, bytes)), &signature)
        });
        if fits { Ok(()) } else { Err(TokenError::at(TokenReason::WrongSignature, 0)) }
    }

    /// Whether its blocks may stand in a shared-secret chain, and the tag at the end follows from the secret and the bytes of
    /// every block.
    pub(super) fn is_tagged_by(&self, secret: &SharedSecret) -> Result<(), TokenError> {
        let mut bound = false;
        for (place, (bytes, _)) in self.blocks.iter().enumerate() {
            if has_field(bytes, NEXT_KEY) {
                return Err(TokenError::at(TokenReason::InvalidBlock, place)
                    .grounds("a shared-secret chain names no next key"));
            }
            let binds = has_field(bytes, HOLDER_KEY);
            if bound && binds {
                return Err(TokenError::at(TokenReason::HolderRebound, place));
            }
            bound |= binds;
        }
        let (mut state, mut last) = (secret.keyed(), Zeroizing::new([0; 32]));
        let mut before: Option<Link> = None;
        for (bytes, _) in &self.blocks {
            let link = match &before {
                None => root_link(self.key, bytes),
                Some(before) => link(BLOCK, before, bytes),
            };
            last = Zeroizing::new(tag(state, TAG, &link));
            state = keyed(&last);
            before = Some(link);
        }
        let fits = match &self.end {
            // In constant time.
            End::Open(tag, _) => {
                subtle::ConstantTimeEq::ct_eq(tag.as_slice(), last.as_slice()).into()
            }
            End::Sealed(seal) => {
                let link = before.unwrap_or_default();
                state.chain_update(SEAL).chain_update(link).verify_slice(seal).is_ok()
            }
            End::Bound => return Err(TokenReason::WrongEnd.into()),
        };
        if fits { Ok(()) } else { Err(TokenReason::WrongSignature.into()) }
    }

    /// Reads the blocks.
    pub(super) fn into_chain(self, known: Known<'_>) -> Result<Chain, TokenError> {
        let Self { key, blocks, end } = self;
        let shared = key.as_bytes().first() == Some(&SHARED);
        let end = match end {
            End::Open(seed, _) if !shared => public_end(Some(&SigningKey::from_bytes(&seed))),
            end => end,
        };
        let end_key = match &end {
            End::Open(_, public) => *public,
            End::Sealed(_) | End::Bound => None,
        };
        let mut chain = Chain { key, blocks: Vec::with_capacity(blocks.len()), end };
        for (place, (bytes, signature)) in blocks.into_iter().enumerate() {
            let body = Body::decode(bytes, place, end_key, known)?;
            let link = chain.next_link(bytes);
            chain.blocks.push(Signed { body, bytes: bytes.to_vec(), link, signature });
        }
        Ok(chain)
    }

    fn canonical_len(&self) -> usize {
        let blocks: usize = self
            .blocks
            .iter()
            .map(|(body, signature)| bytes_len(body.len()) + signature.map_or(0, |_| 1 + 66))
            .sum();
        let end = match &self.end {
            End::Open(..) => 2 + bytes_len(32),
            End::Sealed(seal) => 2 + bytes_len(seal.len()),
            End::Bound => 2,
        };
        1 + 1 + bytes_len(16) + head_len(self.blocks.len()) + blocks + end
    }
}

const fn bytes_len(length: usize) -> usize {
    head_len(length) + length
}

/// Bytes of a head in its shortest form.
const fn head_len(number: usize) -> usize {
    match number {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    }
}

fn read_end(input: &mut Decoder<'_>) -> Read<End> {
    let parts = input.array()?;
    match (parts, input.u8()?) {
        (Some(2), 0) => match input.bytes()?.try_into() {
            Ok(bytes) => Ok(End::Open(secret(bytes), None)),
            Err(_) => Err(fault(input, "a secret of a wrong length")),
        },
        (Some(2), 1) => Ok(End::Sealed(input.bytes()?.to_vec())),
        (Some(1), 2) => Ok(End::Bound),
        _ => Err(fault(input, "an end that is not known")),
    }
}

fn public_end(next: Option<&SigningKey>) -> End {
    next.map_or(End::Bound, |next| End::Open(secret(next.seed()), Some(next.public_key())))
}

fn root_link(key: KeyId, bytes: &[u8]) -> Link {
    link(ROOT, key.as_bytes(), bytes)
}

fn link(domain: &[u8], before: &[u8], bytes: &[u8]) -> Link {
    Sha256::new().chain_update(domain).chain_update(before).chain_update(bytes).finalize().into()
}

/// The tag that ends a shared-secret chain. What computing it leaves on the stack is overwritten: whatever is moved from there later
/// takes it along where a value has room that it does not use.
fn secret_tag(state: hmac::Hmac<Sha256>, link: &Link) -> Secret {
    let secret = boxed_tag(state, link);
    overwrite_stack();
    secret
}

#[inline(never)]
fn boxed_tag(state: hmac::Hmac<Sha256>, link: &Link) -> Secret {
    secret(&Zeroizing::new(tag(state, TAG, link)))
}

fn tag(state: hmac::Hmac<Sha256>, domain: &[u8], link: &Link) -> [u8; 32] {
    state.chain_update(domain).chain_update(link).finalize().into_bytes().into()
}

/// A message to sign: what it is for, and what it is about.
fn signed(domain: &[u8], link: &Link) -> Vec<u8> {
    [domain, link].concat()
}
