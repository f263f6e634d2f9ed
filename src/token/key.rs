//! Keys: signing keys of issuers, holders and attesters, the public halves, and secrets shared within one
//! organisation.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, VerifyingKey};
use hmac::Hmac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::error::{TokenError, TokenReason};
use super::text;
use crate::authority::capability::KeyId;

pub(super) const ED25519: u8 = 1;
pub(super) const SHARED: u8 = 2;

#[cfg(test)]
thread_local! {
    /// How many points of the curve this thread has worked out, from bytes or from seeds.
    pub(super) static POINTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

const SIGNING_PREFIX: &str = "pgsk1_";
const PUBLIC_PREFIX: &str = "pgpk1_";
const SHARED_PREFIX: &str = "pgss1_";

/// A secret Ed25519 key: of an issuer, a holder, or somebody who attests.
///
/// It is wiped when it is dropped, and neither `Debug` nor an error shows it. There is no `Clone`: one place
/// holds a key. What a key signs in one role (a block, a proof, an attestation, a list) counts for nothing in another.
///
/// ```
/// use permitgate::token::SigningKey;
///
/// let key = SigningKey::generate()?;
/// let text = key.to_text(); // for a file that only the owner can read
/// let again = SigningKey::from_text(&text)?;
/// assert_eq!(key.public_key(), again.public_key());
/// assert!(!format!("{key:?}").contains(&text[6..12]));
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(ZeroizeOnDrop)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// [`TokenReason::NoEntropy`] when the system gives none.
    pub fn generate() -> Result<Self, TokenError> {
        Ok(Self::from_bytes(&*random()?))
    }

    /// The key of 32 secret bytes: the seed of RFC 8032, as a key store gives it.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        #[cfg(test)]
        POINTS.set(POINTS.get() + 1);
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// [`TokenReason::WrongText`], which does not show the text.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        Ok(Self::from_bytes(&*key_of_text(SIGNING_PREFIX, text)?))
    }

    /// The key as text: `pgsk1_` and 48 characters, with a checksum. It is wiped when it is dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        text::encode(SIGNING_PREFIX, self.0.as_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The name of the key, derived from the public half.
    pub fn id(&self) -> KeyId {
        self.public_key().id()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(super) fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id())
    }
}

/// In constant time.
impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SigningKey {}

/// The public half of a [`SigningKey`].
///
/// As text: `pgpk1_` and 48 characters, with a checksum.
///
/// ```
/// use permitgate::token::{PublicKey, SigningKey};
///
/// let key = SigningKey::generate()?.public_key();
/// assert_eq!(key.to_string().parse::<PublicKey>()?, key);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key of 32 bytes as in RFC 8032.
    ///
    /// # Errors
    /// [`TokenReason::WrongText`] when they are no point of the curve, not its one form, or one of the few of small
    /// order, under which one signature can fit many messages.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, TokenError> {
        #[cfg(test)]
        POINTS.set(POINTS.get() + 1);
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() && is_reduced(bytes) => Ok(Self(key)),
            _ => Err(TokenReason::WrongText.into()),
        }
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The name of the key: the algorithm, and 15 bytes of a digest of the key.
    pub fn id(&self) -> KeyId {
        key_id(ED25519, b"permitgate/key/1/ed25519\0", self.0.as_bytes())
    }

    /// Strict: also refuses what other verifiers might accept or refuse (RFC 8032 leaves room).
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// Whether the coordinate is below 2^255 - 19, as RFC 8032 demands; the library takes it modulo that. The highest bit
/// is the sign of the other coordinate.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xED || last | 0x80 != 0xFF || middle.iter().any(|byte| *byte != 0xFF)
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(PUBLIC_PREFIX, self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::from_bytes(&*key_of_text(PUBLIC_PREFIX, text)?)
    }
}

/// A secret that minter and verifier share, for tokens that stay within one organisation.
///
/// Whoever can verify with it can also mint. It is wiped when it is dropped, compared in constant time, and neither
/// `Debug` nor an error shows it.
///
/// ```
/// use permitgate::token::SharedSecret;
///
/// let secret = SharedSecret::generate()?;
/// assert_eq!(SharedSecret::from_text(&secret.to_text())?, secret);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(ZeroizeOnDrop)]
pub struct SharedSecret([u8; 32]);

impl SharedSecret {
    /// A new secret from the system's random bytes.
    ///
    /// # Errors
    /// [`TokenReason::NoEntropy`] when the system gives none.
    pub fn generate() -> Result<Self, TokenError> {
        Ok(Self(*random()?))
    }

    /// The secret of 32 bytes, which must be random: a password is none.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// [`TokenReason::WrongText`], which does not show the text.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        Ok(Self::from_bytes(&*key_of_text(SHARED_PREFIX, text)?))
    }

    /// The secret as text: `pgss1_` and 48 characters, with a checksum. It is wiped when it is dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        text::encode(SHARED_PREFIX, &self.0)
    }

    /// The name of the secret: the algorithm, and 15 bytes of a digest. It tells nothing about a random secret.
    pub fn id(&self) -> KeyId {
        key_id(SHARED, b"permitgate/key/1/shared\0", &self.0)
    }

    /// The state of an HMAC under this secret, so that its key schedule is done once.
    pub(super) fn keyed(&self) -> Hmac<Sha256> {
        keyed(&self.0)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSecret({})", self.id())
    }
}

/// In constant time.
impl PartialEq for SharedSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SharedSecret {}

/// What a root is minted with.
///
/// Made from a reference to a [`SigningKey`] or to a [`SharedSecret`]; the kind of the key decides the kind of the chain.
///
/// ```
/// use permitgate::{Operation, Statement};
/// use permitgate::token::{IssuerKey, SharedSecret, SigningKey, Token, TokenBlock};
///
/// let (key, secret) = (SigningKey::generate()?, SharedSecret::generate()?);
/// for issuer in [IssuerKey::from(&key), IssuerKey::from(&secret)] {
///     let read = Statement::permit("r").operations(Operation::Read).resources(["docs/**"]);
///     let token = Token::mint(issuer, TokenBlock::grant([read]))?;
///     assert_eq!(token.is_shared(), matches!(issuer, IssuerKey::Shared(_)));
/// }
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum IssuerKey<'k> {
    /// The root of a public-key chain.
    Signing(&'k SigningKey),
    /// The root of a shared-secret chain.
    Shared(&'k SharedSecret),
}

impl<'k> From<&'k SigningKey> for IssuerKey<'k> {
    fn from(key: &'k SigningKey) -> Self {
        Self::Signing(key)
    }
}

impl<'k> From<&'k SharedSecret> for IssuerKey<'k> {
    fn from(secret: &'k SharedSecret) -> Self {
        Self::Shared(secret)
    }
}

/// An HMAC-SHA256 (RFC 2104) under a key of 32 bytes. The copies of the key that making it leaves on the stack are overwritten.
pub(super) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let state = keyed_state(key);
    overwrite_stack();
    state
}

/// Overwrites what calls that have ended left on the stack. Whatever is moved from there later takes it along where a value has room
/// that it does not use, into memory that nobody wipes.
#[inline(never)]
pub(super) fn overwrite_stack() {
    let block = [0_u8; STACK];
    std::hint::black_box(&block);
}

/// Bytes of the stack that an HMAC takes at most.
const STACK: usize = 8 * 1024;

#[inline(never)]
fn keyed_state(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key of one block exactly is taken as it is, and cannot be of a wrong length.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let state = <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block);
    zeroize::Zeroize::zeroize(block.as_mut_slice());
    state
}

pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, TokenError> {
    let mut bytes = Zeroizing::new([0; N]);
    match getrandom::fill(&mut *bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(TokenReason::NoEntropy.into()),
    }
}

fn key_id(algorithm: u8, domain: &[u8], key: &[u8]) -> KeyId {
    let digest: [u8; 32] = Sha256::new().chain_update(domain).chain_update(key).finalize().into();
    let mut id = [0; 16];
    for (place, byte) in id.iter_mut().zip(std::iter::once(algorithm).chain(digest)) {
        *place = byte;
    }
    KeyId::from_bytes(id)
}

fn key_of_text(prefix: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, TokenError> {
    let bytes = text::decode(prefix, text.trim_ascii(), 32).ok_or(TokenReason::WrongText)?;
    let key = bytes.as_slice().try_into().map_err(|_| TokenReason::WrongText)?;
    Ok(Zeroizing::new(key))
}
