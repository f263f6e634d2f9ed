//! Proof of possession: whoever presents a bound token signs something fresh with the holder's key.

use std::time::Duration;

use minicbor::Decoder;

use super::chain::Link;
use super::error::{TokenError, TokenReason};
use super::key::{PublicKey, SigningKey, random};
use super::mint::Token;
use super::remembered::{Once, Spent, once};
use super::wire::{Read, bytes_of, fault, read_fixed};
use crate::base::limits::MAX_PROOF_AHEAD_MS;
use crate::base::name::check_name;
use crate::base::time::Timestamp;
use crate::model::action::{Action, ActionDigest};

const CHALLENGE: &[u8] = b"permitgate/proof/1/challenge\0";
const ACTION: &[u8] = b"permitgate/proof/1/action\0";

/// What a verifier asks a holder to sign: random, open for a short time, answered once.
///
/// ```
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{Challenge, Verifier};
///
/// let challenge = Verifier::builder("mail").build()?.challenge(SystemClock.now())?;
/// let heard = Challenge::decode(&challenge.to_bytes())?; // at the holder
/// assert_eq!((heard.verifier(), &heard), ("mail", &challenge));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    verifier: String,
    nonce: [u8; 16],
    expires: Timestamp,
}

impl Challenge {
    pub(super) fn new(verifier: &str, expires: Timestamp) -> Result<Self, TokenError> {
        Ok(Self { verifier: verifier.to_owned(), nonce: *random()?, expires })
    }

    /// The verifier that says it asks. A holder signs only for the one it talks to, so that nobody can pass
    /// the question of another on.
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The moment from which on no answer counts.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The challenge as bytes, to send to the holder.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes_of(64, |out| {
            out.array(3)?.str(&self.verifier)?.bytes(&self.nonce)?;
            out.u64(self.expires.as_unix_millis()).map(drop)
        })
    }

    /// Reads a challenge.
    ///
    /// # Errors
    /// [`TokenReason::UnknownChallenge`] when the bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        let read = |input: &mut Decoder<'_>| -> Read<Self> {
            if input.array()? != Some(3) {
                return Err(fault(input, "a challenge that has no three parts"));
            }
            let (verifier, nonce) = (input.str()?.to_owned(), read_fixed(input)?);
            check_name(&verifier).map_err(|_| fault(input, "a challenge of no name"))?;
            Ok(Self { verifier, nonce, expires: Timestamp::from_unix_millis(input.u64()?) })
        };
        match read(&mut Decoder::new(bytes)) {
            Ok(challenge) if challenge.to_bytes() == bytes => Ok(challenge),
            _ => Err(TokenReason::UnknownChallenge.into()),
        }
    }

    pub(super) fn once(&self) -> Once {
        once(self.expires, &self.nonce, &[0; 16])
    }

    fn message(&self, link: &Link) -> Vec<u8> {
        let expires = self.expires.as_unix_millis().to_be_bytes();
        [CHALLENGE, &named(&self.verifier), &self.nonce, &expires, link].concat()
    }
}

/// A fresh signature with a holder's key: over a [`Challenge`], or over one action at one time.
///
/// ```
/// use permitgate::Action;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{Proof, SigningKey, Token};
///
/// # use permitgate::{Operation, Statement};
/// # use permitgate::token::TokenBlock;
/// # let (issuer, holder) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let block = TokenBlock::grant([Statement::permit("r").operations(Operation::Read).resources(["docs/**"])]);
/// # let token = Token::mint(&issuer, block.bound_to(holder.public_key()))?;
/// let action = Action::read("docs.read", "docs/intro");
/// let proof = Proof::of_action(&holder, &token, &action, "gateway", SystemClock.now())?;
/// assert_eq!(Proof::decode(&proof.to_bytes())?, proof);
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    of: Of,
    signature: [u8; 64],
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Of {
    Challenge(Challenge),
    Action { nonce: [u8; 16], made: Timestamp },
}

impl Proof {
    /// Answers a verifier's challenge, for a session: the token can then be used for every action it allows.
    ///
    /// `verifier` is the one that the holder talks to, so that nobody can pass the question of another on.
    ///
    /// # Errors
    /// [`TokenReason::UnknownChallenge`] when the challenge is another verifier's.
    pub fn of_challenge(
        holder: &SigningKey,
        token: &Token,
        challenge: &Challenge,
        verifier: &str,
    ) -> Result<Self, TokenError> {
        if challenge.verifier != verifier {
            return Err(TokenReason::UnknownChallenge.into());
        }
        let signature = holder.sign(&challenge.message(&token.link()));
        Ok(Self { of: Of::Challenge(challenge.clone()), signature })
    }

    /// Proves possession for one action, to the verifier of this name, without asking it first.
    ///
    /// # Errors
    /// [`TokenReason::ActionNotFrozen`] when the action has no digest; [`TokenReason::NoEntropy`].
    pub fn of_action(
        holder: &SigningKey,
        token: &Token,
        action: &Action<'_>,
        verifier: &str,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let digest = ActionDigest::of(action)
            .map_err(|error| TokenError::from(TokenReason::ActionNotFrozen).grounds(error))?;
        let nonce = *random()?;
        let message = action_message(verifier, &nonce, now, &token.link(), &digest);
        Ok(Self { of: Of::Action { nonce, made: now }, signature: holder.sign(&message) })
    }

    /// The proof as bytes, to send beside the token.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes_of(160, |out| {
            match &self.of {
                Of::Challenge(challenge) => {
                    out.array(3)?.u8(0)?.bytes(&challenge.to_bytes())?;
                }
                Of::Action { nonce, made } => {
                    out.array(4)?.u8(1)?.bytes(nonce)?.u64(made.as_unix_millis())?;
                }
            }
            out.bytes(&self.signature).map(drop)
        })
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// [`TokenReason::WrongProof`] when the bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        let read = |input: &mut Decoder<'_>| -> Read<Self> {
            let of = match (input.array()?, input.u8()?) {
                (Some(3), 0) => Challenge::decode(input.bytes()?).map(Of::Challenge).ok(),
                (Some(4), 1) => Some(Of::Action {
                    nonce: read_fixed(input)?,
                    made: Timestamp::from_unix_millis(input.u64()?),
                }),
                _ => None,
            };
            let of = of.ok_or_else(|| fault(input, "a proof of a kind that is not known"))?;
            Ok(Self { of, signature: read_fixed(input)? })
        };
        match read(&mut Decoder::new(bytes)) {
            Ok(proof) if proof.to_bytes() == bytes => Ok(proof),
            _ => Err(TokenReason::WrongProof.into()),
        }
    }

    /// What it uses up, if it is the holder's for this token, verifier and action, at this time.
    pub(super) fn check(
        &self,
        holder: &PublicKey,
        link: &Link,
        asked: &Asked<'_>,
    ) -> Result<Spent, TokenError> {
        match &self.of {
            Of::Challenge(challenge) => {
                if challenge.verifier != asked.verifier {
                    return Err(TokenReason::WrongProof.into());
                }
                let message = challenge.message(link);
                signed(holder, &message, &self.signature)?;
                if asked.now >= challenge.expires {
                    return Err(TokenReason::UnknownChallenge.into());
                }
                Ok(Spent::Challenge(challenge.once()))
            }
            Of::Action { nonce, made } => {
                let digest = asked.action.ok_or(TokenReason::ActionNeeded)?;
                let message = action_message(asked.verifier, nonce, *made, link, digest);
                signed(holder, &message, &self.signature)?;
                let until = made.saturating_add(asked.lifetime);
                let ahead = asked.now.saturating_add(Duration::from_millis(MAX_PROOF_AHEAD_MS));
                if asked.now >= until || *made > ahead {
                    return Err(TokenReason::ProofExpired.into());
                }
                Ok(Spent::Proof(once(until, nonce, holder.id().as_bytes())))
            }
        }
    }
}

/// What a proof is held against.
pub(super) struct Asked<'a> {
    pub(super) verifier: &'a str,
    pub(super) action: Option<&'a ActionDigest>,
    pub(super) now: Timestamp,
    pub(super) lifetime: Duration,
}

fn signed(holder: &PublicKey, message: &[u8], signature: &[u8; 64]) -> Result<(), TokenError> {
    if holder.verifies(message, signature) { Ok(()) } else { Err(TokenReason::WrongProof.into()) }
}

fn action_message(
    verifier: &str,
    nonce: &[u8; 16],
    made: Timestamp,
    link: &Link,
    digest: &ActionDigest,
) -> Vec<u8> {
    let made = made.as_unix_millis().to_be_bytes();
    [ACTION, &named(verifier), nonce, &made, link, digest.as_bytes()].concat()
}

/// A name with its length before it, so that it cannot run into what follows.
fn named(name: &str) -> Vec<u8> {
    [&(name.len() as u64).to_be_bytes(), name.as_bytes()].concat()
}
