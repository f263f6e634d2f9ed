//! Statements of third parties: an approver, an identity provider.

use std::time::Duration;

use minicbor::Decoder;

use super::chain::Link;
use super::demand::{Binding, Demand, read_binding};
use super::error::{TokenError, TokenReason};
use super::key::{PublicKey, SigningKey, random};
use super::remembered::{Once, once};
use super::wire::{
    Fields, Out, Read, Written, bytes_of, fault, read_fields, read_fixed, read_key,
    read_signed_pair, read_text, signed_pair,
};
use crate::base::limits::{MAX_ATTESTATION_BYTES, MAX_ATTESTATION_SECS};
use crate::base::time::Timestamp;
use crate::model::action::ActionDigest;

const DOMAIN: &[u8] = b"permitgate/attestation/1\0";

/// How far ahead an attestation for one action may end.
const LONGEST: Duration = Duration::from_secs(MAX_ATTESTATION_SECS);

/// What somebody else says about a token, or about one action under it, with a signature.
///
/// A token can [`demand`](crate::token::TokenBlock::demand) one. The attester needs neither the token nor its secret, only its
/// [`link`](crate::token::Token::link), and for one action its digest. An attestation counts for the token it names and
/// for what is attenuated from that. One for an action is good once.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::model::ActionDigest;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{
///     Attestation, Demand, Presentation, SigningKey, Token, TokenBlock, TokenReason,
///     TrustedIssuer, Verifier,
/// };
///
/// # let (issuer, approver) = (SigningKey::generate()?, SigningKey::generate()?);
/// let token = Token::mint(&issuer, TokenBlock::grant([Statement::permit("pay")
///         .operations(Operation::Create).resources(["payments/**"])])
///     .demand(Demand::for_action("approved", approver.public_key())))?;
/// let verifier = Verifier::builder("bank").trust(TrustedIssuer::public(issuer.public_key())).build()?;
///
/// // The approver sees the action and signs its digest.
/// let (action, now) = (Action::create("pay", "payments/7"), SystemClock.now());
/// let soon = now.saturating_add(std::time::Duration::from_secs(60));
/// let said = Attestation::for_action(&approver, "approved", token.link(), ActionDigest::of(&action)?, soon)?;
///
/// let bytes = token.to_bytes()?;
/// let presentation = Presentation::of(&bytes).attestation(&said).for_action(&action);
/// let capability = verifier.present(&presentation, now)?;
/// assert_eq!(verifier.present(&presentation, now).unwrap_err().reason(), TokenReason::AttestationReplayed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    claim: String,
    attester: PublicKey,
    link: Link,
    /// For one action, once.
    action: Option<ActionDigest>,
    nonce: [u8; 16],
    expires: Timestamp,
    signature: [u8; 64],
}

impl Attestation {
    /// Says something about the token of this link, until it expires.
    ///
    /// # Errors
    /// [`TokenReason::NoEntropy`].
    pub fn for_token(
        key: &SigningKey,
        claim: impl Into<String>,
        link: [u8; 32],
        expires: Timestamp,
    ) -> Result<Self, TokenError> {
        Self::sign(key, claim.into(), link, None, expires)
    }

    /// Says something about one action under the token of this link. Good once, until it expires, which is within
    /// [`MAX_ATTESTATION_SECS`](crate::base::limits::MAX_ATTESTATION_SECS).
    ///
    /// # Errors
    /// [`TokenReason::NoEntropy`].
    pub fn for_action(
        key: &SigningKey,
        claim: impl Into<String>,
        link: [u8; 32],
        action: ActionDigest,
        expires: Timestamp,
    ) -> Result<Self, TokenError> {
        Self::sign(key, claim.into(), link, Some(action), expires)
    }

    fn sign(
        key: &SigningKey,
        claim: String,
        link: Link,
        action: Option<ActionDigest>,
        expires: Timestamp,
    ) -> Result<Self, TokenError> {
        let (attester, nonce) = (key.public_key(), *random()?);
        let mut said = Self { claim, attester, link, action, nonce, expires, signature: [0; 64] };
        said.signature = key.sign(&said.message());
        Ok(said)
    }

    /// What is said.
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// Who says it. A verifier compares it with the demand and checks the signature.
    pub fn attester(&self) -> PublicKey {
        self.attester
    }

    /// The moment from which on it does not count.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The attestation as bytes, to send beside the token.
    pub fn to_bytes(&self) -> Vec<u8> {
        signed_pair(&self.body(), &self.signature)
    }

    /// Reads an attestation. Says nothing yet about who signed it.
    ///
    /// # Errors
    /// [`TokenReason::WrongAttestation`] when the bytes do not have its one form.
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        let read = |input: &mut Decoder<'_>| -> Read<Self> {
            let (body, signature) = read_signed_pair(input)?;
            Ok(Self { signature, ..read_body(&mut Decoder::new(body))? })
        };
        if bytes.len() > MAX_ATTESTATION_BYTES {
            return Err(TokenReason::WrongAttestation.into());
        }
        match read(&mut Decoder::new(bytes)) {
            Ok(said) if said.to_bytes() == bytes => Ok(said),
            _ => Err(TokenReason::WrongAttestation.into()),
        }
    }

    /// Whether it is meant for `demand`: the same claim, of the same attester, bound in the same way.
    pub(super) fn answers(&self, demand: &Demand) -> bool {
        let binding = if self.action.is_some() { Binding::Action } else { Binding::Token };
        self.claim == demand.claim && self.attester == demand.attester && binding == demand.binding
    }

    /// Whether the attester signed it.
    pub(super) fn is_signed(&self) -> bool {
        self.attester.verifies(&self.message(), &self.signature)
    }

    /// Checks it against the links that it may name and the action that is asked for. Gives what it uses up, if
    /// it is good once.
    pub(super) fn check(
        &self,
        links: &[Link],
        action: Option<&ActionDigest>,
        now: Timestamp,
        is_signed: bool,
    ) -> Result<Option<Once>, TokenError> {
        if !links.contains(&self.link) || !is_signed {
            return Err(TokenReason::WrongAttestation.into());
        }
        if now >= self.expires {
            return Err(TokenReason::AttestationExpired.into());
        }
        let Some(approved) = &self.action else { return Ok(None) };
        match action {
            None => Err(TokenReason::ActionNeeded.into()),
            Some(asked) if asked != approved => Err(TokenReason::WrongAttestation.into()),
            // So long it would have to be remembered.
            Some(_) if self.expires > now.saturating_add(LONGEST) => {
                Err(TokenError::from(TokenReason::WrongAttestation).grounds("it ends too late"))
            }
            Some(_) => Ok(Some(once(self.expires, &self.nonce, self.attester.id().as_bytes()))),
        }
    }

    fn message(&self) -> Vec<u8> {
        [DOMAIN, &self.body()].concat()
    }

    fn body(&self) -> Vec<u8> {
        bytes_of(160, |out| self.write_body(out))
    }

    fn write_body(&self, out: &mut Out) -> Written {
        let Self { claim, attester, link, action, nonce, expires, signature: _ } = self;
        let mut fields = Fields::new();
        fields.entry(0)?.str(claim)?;
        fields.entry(1)?.bytes(attester.as_bytes())?;
        fields.entry(2)?.u8(u8::from(action.is_some()))?;
        fields.entry(3)?.bytes(link)?;
        fields
            .optional(4, action.as_ref(), |out, action| out.bytes(action.as_bytes()).map(drop))?;
        fields.entry(5)?.bytes(nonce)?;
        fields.entry(6)?.u64(expires.as_unix_millis())?;
        fields.finish(out)
    }
}

fn read_body(input: &mut Decoder<'_>) -> Read<Attestation> {
    let (mut claim, mut attester, mut link, mut action, mut nonce, mut expires) =
        (None, None, None, None, None, None);
    read_fields(input, |key, input| {
        match key {
            0 => claim = Some(read_text(input)?),
            1 => attester = Some(read_key(input)?),
            // Implied by the action; comparing the forms finds a contradiction.
            2 => drop(read_binding(input)?),
            3 => link = Some(read_fixed(input)?),
            4 => action = Some(ActionDigest::from_bytes(read_fixed(input)?)),
            5 => nonce = Some(read_fixed(input)?),
            6 => expires = Some(Timestamp::from_unix_millis(input.u64()?)),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    match (claim, attester, link, nonce, expires) {
        (Some(claim), Some(attester), Some(link), Some(nonce), Some(expires)) => {
            Ok(Attestation { claim, attester, link, action, nonce, expires, signature: [0; 64] })
        }
        _ => Err(fault(input, "an attestation that lacks something")),
    }
}
