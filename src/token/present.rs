//! What is shown to a verifier: a token, and what it needs beside it.

use std::fmt;

use super::attest::Attestation;
use super::proof::Proof;
use crate::model::action::Action;

/// A token with what is presented beside it: a proof of possession, attestations, the one action it is for.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{
///     Presentation, Proof, SigningKey, Token, TokenBlock, TokenReason, TrustedIssuer, Verifier,
/// };
///
/// # let (issuer, holder) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let block = TokenBlock::grant([Statement::permit("r").operations(Operation::Read).resources(["docs/**"])]);
/// let token = Token::mint(&issuer, block.bound_to(holder.public_key()))?;
/// let verifier = Verifier::builder("gateway").trust(TrustedIssuer::public(issuer.public_key())).build()?;
/// let now = SystemClock.now();
///
/// let challenge = verifier.challenge(now)?;             // the verifier's side
/// let proof = Proof::of_challenge(&holder, &token, &challenge, "gateway")?; // the holder's side
///
/// let bytes = token.to_bytes()?;
/// let presentation = Presentation::of(&bytes).proof(&proof);
/// assert!(verifier.present(&presentation, now).is_ok());
/// let again = verifier.present(&presentation, now).unwrap_err();
/// assert_eq!(again.reason(), TokenReason::UnknownChallenge);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a presentation does nothing before a verifier sees it"]
pub struct Presentation<'p> {
    pub(super) token: &'p [u8],
    pub(super) proof: Option<&'p Proof>,
    pub(super) attestations: Vec<&'p Attestation>,
    pub(super) action: Option<&'p Action<'p>>,
}

impl<'p> Presentation<'p> {
    /// The token alone, as bytes.
    pub fn of(token: &'p [u8]) -> Self {
        Self { token, proof: None, attestations: Vec::new(), action: None }
    }

    /// With a proof that the presenter has the holder's key.
    pub fn proof(mut self, proof: &'p Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// With what somebody else says; once for each.
    pub fn attestation(mut self, attestation: &'p Attestation) -> Self {
        self.attestations.push(attestation);
        self
    }

    /// For this action and no other, and for one effect. Proofs and attestations for one action need it.
    pub fn for_action(mut self, action: &'p Action<'p>) -> Self {
        self.action = Some(action);
        self
    }
}

/// Without the token, which is a secret to whoever could present it.
impl fmt::Debug for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation")
            .field("proof", &self.proof.is_some())
            .field("attestations", &self.attestations)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}
