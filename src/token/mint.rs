//! What holders of keys do with tokens: mint, attenuate, seal, look inside.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::block::{Body, TokenBlock, nothing};
use super::chain::{Chain, End, Signed};
use super::error::{TokenError, TokenReason};
use super::key::{IssuerKey, PublicKey, SigningKey, random};
use super::layer::CompiledLayer;
use super::text;
use crate::authority::capability::{
    AttenuateError, Capability, CapabilityId, Issuer, KeyId, Revocations,
};
use crate::base::limits::{MAX_TOKEN_BYTES, MAX_TOKEN_REGEXES};
use crate::base::time::Timestamp;
use crate::policy::CompiledPolicy;
use crate::state::budget::Ledger;

const PREFIX: &str = "pgt1_";

/// A capability as bytes: a chain of signed blocks, of which each narrows those before it.
///
/// Whoever holds a token that is neither sealed nor bound can act with it and narrow it further, without the issuer.
/// Nobody can take a block away. Holding one proves nothing yet; a [`Verifier`](crate::token::Verifier) turns it into a
/// [`Capability`]. The secret at its end is wiped when it is dropped, and `Debug` does not show it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{SigningKey, Token, TokenBlock, TrustedIssuer, Verifier};
///
/// let issuer = SigningKey::generate()?;
/// let token = Token::mint(&issuer, TokenBlock::grant([Statement::permit("mail")
///     .operations(Operation::Read | Operation::Delete)
///     .resources(["mail/{invoker}/**"])]))?;
///
/// // The orchestrator hands a sub-agent less than it has.
/// let narrower = token.attenuate(TokenBlock::restrict([Statement::forbid("no-deletes")
///     .operations(Operation::Delete)]).held_by("reader"))?;
/// let text = narrower.to_text()?;
///
/// let verifier = Verifier::builder("mail-gateway").trust(TrustedIssuer::public(issuer.public_key())).build()?;
/// let now = SystemClock.now();
/// let capability = verifier.verify(&Token::from_text(&text)?.to_bytes()?, now)?;
/// assert_eq!(capability.holder(), Some("reader"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Token(pub(super) Chain);

impl Token {
    /// Mints a root with an issuer's key: authority out of nothing, as far as its verifiers trust that key.
    ///
    /// # Errors
    /// [`TokenReason::InvalidBlock`] or [`TokenReason::InvalidStatement`] when the block cannot be a root,
    /// [`TokenReason::TooLong`], [`TokenReason::NoEntropy`].
    pub fn mint<'k>(key: impl Into<IssuerKey<'k>>, block: TokenBlock) -> Result<Self, TokenError> {
        let key = key.into();
        let next = match key {
            IssuerKey::Signing(_) => next_key(&block)?,
            IssuerKey::Shared(_) => None,
        };
        let nonce = Some(*random()?);
        let body =
            Body { nonce, block, known: None, next: next.as_ref().map(SigningKey::public_key) };
        Self(Chain::root(key, body, next.as_ref())?).checked()
    }

    /// The same token, narrowed by one more block. Needs no issuer.
    ///
    /// # Errors
    /// [`TokenReason::Sealed`], [`TokenReason::HolderKeyNeeded`] when it is bound to a key, [`TokenReason::TooDeep`],
    /// [`TokenReason::TooManyBlocks`], [`TokenReason::TooLong`], or what is wrong with the block.
    pub fn attenuate(&self, block: TokenBlock) -> Result<Self, TokenError> {
        self.extended(block, None)
    }

    /// The same, of a token that is bound to the key of its holder.
    ///
    /// # Errors
    /// As [`attenuate`](Self::attenuate); [`TokenReason::HolderKeyNeeded`] when it is bound to another key.
    pub fn attenuate_as(&self, holder: &SigningKey, block: TokenBlock) -> Result<Self, TokenError> {
        self.extended(block, Some(holder))
    }

    fn extended(&self, block: TokenBlock, holder: Option<&SigningKey>) -> Result<Self, TokenError> {
        let next = if self.0.is_shared() { None } else { next_key(&block)? };
        let body = Body {
            nonce: None,
            block,
            known: None,
            next: next.as_ref().map(SigningKey::public_key),
        };
        Self(self.0.clone().extended(body, next.as_ref(), holder)?).checked()
    }

    /// The same token, to which nothing can be added any more.
    ///
    /// # Errors
    /// [`TokenReason::Sealed`] when it is sealed; [`TokenReason::HolderKeyNeeded`] when it is bound to a key, which ends the
    /// chain with [`delegable(0)`](TokenBlock::delegable) instead.
    pub fn seal(&self) -> Result<Self, TokenError> {
        Ok(Self(self.0.clone().sealed()?))
    }

    /// Reads the bytes of a token. Says nothing about who signed it.
    ///
    /// # Errors
    /// [`TokenError`] when they do not have the one form of a token.
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        Chain::decode(bytes, &mut nothing).map(Self)
    }

    /// The token as bytes. They are a secret unless it is bound, for whoever has a copy can present it; this copy is wiped
    /// when it is dropped.
    ///
    /// # Errors
    /// [`TokenReason::TooLong`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.0.encode()
    }

    /// Reads a token from its text form.
    ///
    /// # Errors
    /// [`TokenReason::WrongText`], or as [`decode`](Self::decode).
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        Self::decode(&bytes_of_text(text)?)
    }

    /// The token as text, for headers and environment variables: `pgt1_`, Base64 for URLs, with a checksum.
    ///
    /// # Errors
    /// [`TokenReason::TooLong`].
    pub fn to_text(&self) -> Result<Zeroizing<String>, TokenError> {
        Ok(text::encode(PREFIX, &self.to_bytes()?))
    }

    /// The key that it says it was issued with.
    pub fn issuer(&self) -> KeyId {
        self.0.key
    }

    /// Its blocks, the root first, with the identity under which each can be revoked.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (CapabilityId, &TokenBlock)> {
        self.0.blocks.iter().map(|block| (block.id(), &block.body.block))
    }

    /// The digest that stands for the whole chain. An attester signs it; it is no secret.
    pub fn link(&self) -> [u8; 32] {
        self.0.last_link()
    }

    /// The key whose holder alone can present it, if it is bound.
    pub fn holder_key(&self) -> Option<PublicKey> {
        self.0.holder_key()
    }

    /// Whether it says that it was issued with a secret that minter and verifier share.
    pub fn is_shared(&self) -> bool {
        self.0.is_shared()
    }

    /// Whether nothing can be added any more.
    pub fn is_sealed(&self) -> bool {
        matches!(self.0.end, End::Sealed(_))
    }

    /// The same token, if a verifier that trusts its issuer could take it.
    fn checked(self) -> Result<Self, TokenError> {
        self.0.encode()?;
        let issuer = Issuer { key: self.0.key, ceiling: Vec::new() };
        let layers = layers_of(&self.0)?;
        let (revocations, ledger) = (Revocations::default(), Ledger::default());
        assemble(&self.0, &layers, issuer, KeyValidity::ALWAYS, (&revocations, &ledger))?;
        Ok(self)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("issuer", &self.0.key)
            .field("blocks", &self.blocks().collect::<Vec<_>>())
            .field("sealed", &self.is_sealed())
            .finish_non_exhaustive()
    }
}

/// The key for the block after this one, where the holder's is not.
fn next_key(block: &TokenBlock) -> Result<Option<SigningKey>, TokenError> {
    if block.holder_key.is_some() { Ok(None) } else { SigningKey::generate().map(Some) }
}

pub(super) fn bytes_of_text(text: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let bytes = text::decode(PREFIX, text.trim_ascii(), MAX_TOKEN_BYTES);
    bytes.ok_or_else(|| TokenReason::WrongText.into())
}

/// When an issuer's key is good, and with it what the key issued.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyValidity {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl KeyValidity {
    pub(super) const ALWAYS: Self = Self { from: Timestamp::MIN, until: Timestamp::MAX };
}

/// The statements of every block, compiled.
pub(super) fn layers_of(chain: &Chain) -> Result<Vec<Option<Arc<CompiledLayer>>>, TokenError> {
    // Whoever sends a token has its expressions compiled, so they are counted first, over all blocks.
    let regexes = chain.blocks.iter().map(|block| block.body.block.regexes()).sum::<usize>();
    if regexes > MAX_TOKEN_REGEXES {
        let error = TokenError::from(TokenReason::InvalidStatement);
        return Err(error.grounds("it has more regular expressions than a token may carry"));
    }
    chain.blocks.iter().enumerate().map(|(place, block)| block.body.layer(place)).collect()
}

/// The capability that a chain stands for, whether it is authentic or not.
pub(super) fn assemble(
    chain: &Chain,
    layers: &[Option<Arc<CompiledLayer>>],
    issuer: Issuer,
    validity: KeyValidity,
    (revocations, ledger): (&Revocations, &Ledger),
) -> Result<Capability, TokenError> {
    let nonces = |expected: bool, place: usize, block: &Signed| {
        if block.body.nonce.is_some() == expected {
            return Ok(());
        }
        let why = if expected { "a root needs a nonce" } else { "only a root has a nonce" };
        Err(TokenError::at(TokenReason::InvalidBlock, place).grounds(why))
    };
    let Some((root, further)) = chain.blocks.split_first() else {
        return Err(TokenReason::Malformed.into());
    };
    nonces(true, 0, root)?;
    let layer = layers.first().and_then(Option::as_deref);
    let grant = root.body.block.to_grant(layer)?;
    let grant = grant.valid_from(validity.from).expires_at(validity.until);
    let mut capability = Capability::issued(grant, root.id(), issuer, revocations, ledger)
        .map_err(|error| refused(0, &error))?;
    for ((place, signed), layer) in (1..).zip(further).zip(layers.iter().skip(1)) {
        nonces(false, place, signed)?;
        let attenuation = signed.body.block.to_attenuation(layer.as_deref(), place)?;
        capability = capability
            .attenuated_as(attenuation, signed.id())
            .map_err(|error| refused(place, &error))?;
    }
    Ok(capability)
}

/// The most steps that asking the layers of a token can take, whatever is made of it: a right that the root lays out may
/// stand in place of what the root grants.
pub(super) fn steps_of(layers: &[Option<Arc<CompiledLayer>>], capability: &Capability) -> u64 {
    let steps = |layer: &Option<Arc<CompiledLayer>>| layer.as_ref().map_or(0, |layer| layer.steps);
    let Some((root, further)) = layers.split_first() else { return 0 };
    let rights = capability.laid_out().map(CompiledPolicy::steps);
    let first = rights.fold(steps(root), u64::max);
    further.iter().map(steps).fold(first, u64::saturating_add)
}

fn refused(place: usize, error: &AttenuateError) -> TokenError {
    if error.is_too_deep() {
        TokenError::at(TokenReason::TooDeep, place)
    } else {
        TokenError::at(TokenReason::InvalidBlock, place).grounds(error)
    }
}
