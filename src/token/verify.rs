//! From bytes to a capability: once, remembered, and never on the way of a decision.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::attest::Attestation;
use super::cache::Cache;
use super::chain::{Envelope, Link};
use super::demand::Demand;
use super::error::{TokenError, TokenReason, VerifierError, VerifierFault};
use super::key::PublicKey;
use super::layer::CompiledLayer;
use super::mint::{assemble, bytes_of_text, layers_of, steps_of};
use super::present::Presentation;
use super::proof::{Asked, Challenge};
use super::remembered::{Remembered, Spent};
use super::trusted::{TrustedIssuer, TrustedKey};
use crate::authority::capability::{Capability, KeyId, Revocations};
use crate::base::limits::{
    DEFAULT_PROOF_SECS, DEFAULT_TOKEN_CACHE, MAX_ATTESTATIONS, MAX_REMEMBERED_LAYER_BYTES,
    MAX_REMEMBERED_LAYER_MEMORY, MAX_REMEMBERED_TOKEN_MEMORY, MAX_TOKEN_BYTES, MAX_TOKEN_STEPS,
};
use crate::base::name::check_name;
use crate::base::sync::{Mutex, lock};
use crate::base::time::Timestamp;
use crate::model::action::{Action, ActionDigest};
use crate::policy::CompiledPolicy;
use crate::state::budget::Ledger;

/// Turns tokens into capabilities, for the issuers that it trusts.
///
/// Build one per process, beside the gate, and share it; cloning is cheap. A token that was verified before is found
/// by the digest of its bytes. All capabilities that it gives are revoked through its [`Revocations`], at the next decision.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::authority::RevocationTarget;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{SharedSecret, Token, TokenBlock, TrustedIssuer, Verifier};
///
/// let secret = std::sync::Arc::new(SharedSecret::generate()?);
/// let token = Token::mint(&*secret, TokenBlock::grant([Statement::permit("notes")
///     .operations(Operation::Read).resources(["notes/{invoker}/**"])]))?;
///
/// let verifier = Verifier::builder("notes").trust(TrustedIssuer::shared(secret)).build()?;
/// let gate = Gate::builder().build()?;
/// let now = SystemClock.now();
/// let capability = verifier.verify(&token.to_bytes()?, now)?;
/// let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// let action = Action::read("notes.read", "notes/dana/today");
/// assert!(gate.decide(&action, &scope).is_allow());
///
/// verifier.revocations().revoke(RevocationTarget::Subtree(capability.id()));
/// assert_eq!(gate.decide(&action, &scope).reason(), Reason::Revoked);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    name: String,
    proof_lifetime: Duration,
    revocations: Revocations,
    ledger: Ledger,
    known: Mutex<Known>,
    remembered: Mutex<Remembered>,
}

type TokenDigest = [u8; 32];

/// Keys, and what was verified with them.
struct Known {
    issuers: HashMap<KeyId, TrustedIssuer>,
    cache: Cache<TokenDigest, Verified>,
    /// Statements of authentic tokens, by the bytes of their entry.
    layers: Cache<Box<[u8]>, CompiledLayer>,
    /// How often the keys were replaced.
    rotation: u64,
}

/// A token that was found authentic.
struct Verified {
    capability: Capability,
    issuer: TrustedIssuer,
    holder: Option<PublicKey>,
    links: Vec<Link>,
    /// What is demanded, and by which block.
    demands: Vec<(usize, Demand)>,
}

impl Verifier {
    /// Starts a verifier. Its name is what holders address their proofs to, so it is unlike that of others.
    pub fn builder(name: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder {
            name: name.into(),
            issuers: Vec::new(),
            revocations: Revocations::default(),
            ledger: Ledger::in_memory(),
            cache: DEFAULT_TOKEN_CACHE,
            proof_lifetime: Duration::from_secs(DEFAULT_PROOF_SECS),
        }
    }

    /// The capability of a token that needs nothing beside it. Takes the checks of its signatures the first time, and one
    /// digest of its bytes after that.
    ///
    /// # Errors
    /// [`TokenError`] with the reason and, where it is one block's, the block.
    pub fn verify(&self, token: &[u8], now: Timestamp) -> Result<Capability, TokenError> {
        self.present(&Presentation::of(token), now)
    }

    /// The same, of the text form.
    ///
    /// # Errors
    /// [`TokenReason::WrongText`], or as [`verify`](Self::verify).
    pub fn verify_text(&self, token: &str, now: Timestamp) -> Result<Capability, TokenError> {
        self.verify(&bytes_of_text(token)?, now)
    }

    /// The capability of a token with what is presented beside it.
    ///
    /// Where a proof or attestation is for one action, so is the capability: it can begin once, and the gate refuses every
    /// other with [`Reason::NotThisAction`](crate::Reason::NotThisAction). An attestation that expires ends the capability.
    /// What may be used once is used up when everything else is in order, all of it or nothing.
    ///
    /// # Errors
    /// [`TokenError`] with the reason.
    pub fn present(
        &self,
        presentation: &Presentation<'_>,
        now: Timestamp,
    ) -> Result<Capability, TokenError> {
        let verified = self.verified(presentation.token, now)?;
        let action = presentation.action.map(digest_of).transpose()?;
        if verified.holder.is_none() && verified.demands.is_empty() {
            return Ok(verified.capability.presented(None, action));
        }
        let now = lock(&self.0.remembered).at(now);
        let mut spent = Vec::new();
        if let Some(holder) = &verified.holder {
            let proof = presentation.proof.ok_or(TokenReason::ProofNeeded)?;
            let asked = Asked {
                verifier: &self.0.name,
                action: action.as_ref(),
                now,
                lifetime: self.0.proof_lifetime,
            };
            let link = verified.links.last().ok_or(TokenReason::Malformed)?;
            spent.push(proof.check(holder, link, &asked)?);
        }
        let until = verified.attested(presentation, action.as_ref(), now, &mut spent)?;
        lock(&self.0.remembered).spend(&verified.links, &spent)?;
        Ok(verified.capability.presented(until, action))
    }

    /// A fresh question for the holder of a bound token.
    ///
    /// # Errors
    /// [`TokenReason::NoEntropy`], [`TokenReason::TooManyPending`].
    pub fn challenge(&self, now: Timestamp) -> Result<Challenge, TokenError> {
        let mut remembered = lock(&self.0.remembered);
        let now = remembered.at(now);
        let challenge = Challenge::new(&self.0.name, now.saturating_add(self.0.proof_lifetime))?;
        remembered.open(challenge.once())?;
        Ok(challenge)
    }

    /// Replaces the issuers that are trusted, and forgets what was verified. Capabilities that are in use stay; to
    /// end those of a key, revoke it.
    pub fn rotate(&self, issuers: impl IntoIterator<Item = TrustedIssuer>) {
        let issuers = TrustedIssuer::by_id(issuers);
        let mut known = lock(&self.0.known);
        known.issuers = issuers;
        known.rotation += 1;
        known.cache.clear();
    }

    /// Where the capabilities of its tokens are revoked.
    pub fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    /// The name that proofs are addressed to.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What stands behind authentic bytes, and is valid now.
    fn verified(&self, token: &[u8], now: Timestamp) -> Result<Arc<Verified>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenReason::TooLong.into());
        }
        let digest: TokenDigest = Sha256::digest(token).into();
        let cached = lock(&self.0.known).cache.get(&digest);
        let verified = match cached {
            Some(verified) => verified,
            None => return self.authenticate(token, digest, now),
        };
        let valid = self.check_now(&verified, now);
        if valid.as_ref().is_err_and(|error| error.reason() == TokenReason::Revoked) {
            lock(&self.0.known).cache.remove(&digest);
        }
        valid.map(|()| verified)
    }

    /// Reads and authenticates bytes that were not seen before, or were forgotten.
    #[cold]
    fn authenticate(
        &self,
        token: &[u8],
        digest: TokenDigest,
        now: Timestamp,
    ) -> Result<Arc<Verified>, TokenError> {
        let mut known = |entry: &[u8]| lock(&self.0.known).layers.get(entry);
        // Whatever a stranger sends is refused by its outer form, its issuer, and the first signature or the tag, in this
        // order. Blocks, with the keys in them, are read when they are known to come from the issuer.
        let envelope = Envelope::decode(token)?;
        let (issuer, rotation) = {
            let known = lock(&self.0.known);
            let issuer = known.issuers.get(&envelope.key).ok_or(TokenReason::UnknownKey)?;
            (issuer.clone(), known.rotation)
        };
        let chain = match &issuer.key {
            TrustedKey::Public(key) => {
                envelope.begins_with(key)?;
                let chain = envelope.into_chain(&mut known)?;
                chain.is_signed_by(key)?;
                chain
            }
            TrustedKey::Shared(secret) => {
                envelope.is_tagged_by(secret)?;
                envelope.into_chain(&mut known)?
            }
        };
        let layers = layers_of(&chain)?;
        let kept = (&self.0.revocations, &self.0.ledger);
        let capability = assemble(&chain, &layers, issuer.issuer(), issuer.validity, kept)?;
        if steps_of(&layers, &capability) > MAX_TOKEN_STEPS {
            return Err(TokenError::from(TokenReason::InvalidStatement)
                .grounds("deciding under it could take too long"));
        }
        let demands = chain.blocks.iter().enumerate().flat_map(|(place, block)| {
            block.body.block.demands.iter().map(move |demand| (place, demand.clone()))
        });
        let verified = Arc::new(Verified {
            capability,
            holder: chain.holder_key(),
            links: chain.blocks.iter().map(|block| block.link).collect(),
            demands: demands.collect(),
            issuer,
        });
        // What is of no use now takes no room.
        self.check_now(&verified, now)?;
        let memory = layers.iter().flatten().map(|layer| layer.memory);
        let rights = verified.capability.laid_out().map(CompiledPolicy::memory_bytes);
        let memory = memory.chain(rights).fold(0, usize::saturating_add);
        let is_small = memory <= MAX_REMEMBERED_TOKEN_MEMORY;
        let mut known = lock(&self.0.known);
        // What was verified with keys that were replaced meanwhile is not remembered.
        if known.rotation == rotation && is_small {
            known.cache.insert(digest, verified.clone());
        }
        // Statements mean the same under every key.
        for (block, layer) in chain.blocks.iter().zip(layers) {
            if let (None, Some(layer)) = (&block.body.known, layer)
                && layer.bytes.len() <= MAX_REMEMBERED_LAYER_BYTES
                && layer.memory <= MAX_REMEMBERED_LAYER_MEMORY
            {
                known.layers.insert(layer.bytes.clone(), layer);
            }
        }
        Ok(verified)
    }

    fn check_now(&self, verified: &Verified, now: Timestamp) -> Result<(), TokenError> {
        let Verified { capability, issuer, .. } = verified;
        if !issuer.is_valid_at(now) {
            Err(TokenReason::KeyNotValid.into())
        } else if now < capability.not_before() {
            Err(TokenReason::NotYetValid.into())
        } else if now >= capability.expires() && capability.expires() != Timestamp::MAX {
            Err(TokenReason::Expired.into())
        } else if capability.is_revoked() {
            Err(TokenReason::Revoked.into())
        } else if self.0.revocations.fresh_until().is_some_and(|until| now >= until) {
            Err(TokenReason::RevocationsStale.into())
        } else {
            Ok(())
        }
    }
}

impl Verified {
    /// Whether every demand is answered; until when.
    fn attested(
        &self,
        presentation: &Presentation<'_>,
        action: Option<&ActionDigest>,
        now: Timestamp,
        spent: &mut Vec<Spent>,
    ) -> Result<Option<Timestamp>, TokenError> {
        if presentation.attestations.len() > MAX_ATTESTATIONS {
            return Err(TokenReason::WrongAttestation.into());
        }
        let mut until = None;
        // Each signature is checked once, however many demands it answers.
        let said: Vec<Said<'_>> =
            presentation.attestations.iter().map(|said| (*said, OnceCell::new())).collect();
        for (place, demand) in &self.demands {
            // For the block that demands it, or for what is attenuated from that.
            let links = self.links.get(*place..).unwrap_or_default();
            let (once, expires) = answer(&said, demand, |said, is_signed| {
                Ok((said.check(links, action, now, is_signed)?, said.expires()))
            })
            .map_err(|error| error.at_block(*place))?;
            if let Some(once) = once
                && !spent.contains(&Spent::Attestation(once))
            {
                spent.push(Spent::Attestation(once));
            }
            until = Some(until.map_or(expires, |until: Timestamp| until.min(expires)));
        }
        Ok(until)
    }
}

/// An attestation, and whether its signature holds, once somebody asked.
type Said<'p> = (&'p Attestation, OnceCell<bool>);

/// The first attestation that answers a demand; where none does, what is wrong with the first that is meant for it.
fn answer<T>(
    attestations: &[Said<'_>],
    demand: &Demand,
    check: impl Fn(&Attestation, bool) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let mut wrong = None;
    for (said, is_signed) in attestations.iter().filter(|(said, _)| said.answers(demand)) {
        match check(said, *is_signed.get_or_init(|| said.is_signed())) {
            Ok(answer) => return Ok(answer),
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    let missing = || TokenError::from(TokenReason::AttestationMissing).grounds(demand.claim());
    Err(wrong.unwrap_or_else(missing))
}

fn digest_of(action: &Action<'_>) -> Result<ActionDigest, TokenError> {
    ActionDigest::of(action)
        .map_err(|error| TokenError::from(TokenReason::ActionNotFrozen).grounds(error))
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("name", &self.0.name).finish_non_exhaustive()
    }
}

/// Collects what a verifier needs.
///
/// ```
/// use permitgate::token::{SigningKey, TrustedIssuer, Verifier};
///
/// let issuer = SigningKey::generate()?;
/// let verifier =
///     Verifier::builder("notes").trust(TrustedIssuer::public(issuer.public_key())).build()?;
/// assert_eq!(verifier.name(), "notes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a verifier exists only after `build`"]
pub struct VerifierBuilder {
    name: String,
    issuers: Vec<TrustedIssuer>,
    revocations: Revocations,
    ledger: Ledger,
    cache: usize,
    proof_lifetime: Duration,
}

impl VerifierBuilder {
    /// Trusts one more issuer. Where a key stands twice, the last one counts.
    pub fn trust(mut self, issuer: TrustedIssuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Revokes through these, shared with others; without this, through its own.
    pub fn revocations(mut self, revocations: &Revocations) -> Self {
        self.revocations = revocations.clone();
        self
    }

    /// Counts the budgets of tokens in this ledger, shared with other verifiers; without this, in one of its own.
    pub fn counted_by(self, ledger: &Ledger) -> Self {
        Self { ledger: ledger.clone(), ..self }
    }

    /// Remembers about so many verified tokens; 0 remembers none.
    pub fn cache(mut self, tokens: usize) -> Self {
        self.cache = tokens;
        self
    }

    /// How long a challenge is open and a proof for one action counts; a minute unless said otherwise.
    pub fn proof_lifetime(mut self, lifetime: Duration) -> Self {
        self.proof_lifetime = lifetime;
        self
    }

    /// Checks the name and makes the verifier.
    ///
    /// # Errors
    /// [`VerifierError`] when the name is malformed.
    pub fn build(self) -> Result<Verifier, VerifierError> {
        check_name(&self.name).map_err(VerifierFault::Name)?;
        Ok(Verifier(Arc::new(Inner {
            name: self.name,
            proof_lifetime: self.proof_lifetime,
            revocations: self.revocations,
            ledger: self.ledger,
            known: Mutex::new(Known {
                issuers: TrustedIssuer::by_id(self.issuers),
                cache: Cache::of(self.cache),
                layers: Cache::of(self.cache),
                rotation: 0,
            }),
            remembered: Mutex::new(Remembered::default()),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::action::Operation;
    use crate::policy::Statement;
    use crate::token::{SigningKey, Token, TokenBlock};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn grant(resources: impl IntoIterator<Item = String>) -> TokenBlock {
        TokenBlock::grant([Statement::permit("r").operations(Operation::Read).resources(resources)])
    }

    /// How many tokens and how many layers are remembered after this block was presented at second 100.
    fn remembered(block: TokenBlock) -> (usize, usize) {
        let issuer = SigningKey::from_bytes(&[1; 32]);
        let trusted = TrustedIssuer::public(issuer.public_key());
        let verifier = Verifier::builder("here").trust(trusted).build().unwrap();
        let token = Token::mint(&issuer, block).unwrap().to_bytes().unwrap();
        let _ = verifier.verify(&token, at(100));
        let known = lock(&verifier.0.known);
        (known.cache.len(), known.layers.len())
    }

    #[test]
    fn what_is_of_no_use_or_large_is_not_remembered() {
        let short = || grant(["docs/**".to_owned()]);
        assert_eq!(remembered(short()), (1, 1));
        assert_eq!(remembered(short().expires_at(at(100))), (0, 0));
        assert_eq!(remembered(short().valid_from(at(101))), (0, 0));
        let numbered = |count: usize| (0..count).map(|n| format!("docs/{n:0>60}"));
        assert_eq!(remembered(grant(numbered(20))), (1, 0), "too many bytes for a layer");
        let many = (0..250).map(|n| format!("{n:x}"));
        assert_eq!(remembered(grant(many)), (1, 0), "too much memory for a layer");
        let statements = (0..8).map(|n| {
            let resources = numbered(100).map(move |resource| format!("{n}/{resource}"));
            Statement::permit(n.to_string()).operations(Operation::Read).resources(resources)
        });
        let statements: Vec<Statement> = statements.collect();
        assert_eq!(
            remembered(TokenBlock::grant(statements.clone())),
            (0, 0),
            "too large for a token"
        );
        let handed_on = short().hand_on("h", statements);
        assert_eq!(remembered(handed_on), (0, 1), "too large a right for a token");
    }

    #[test]
    fn rotation_forgets_tokens_and_keeps_layers() {
        let issuer = SigningKey::from_bytes(&[1; 32]);
        let trusted = TrustedIssuer::public(issuer.public_key());
        let verifier = Verifier::builder("here").trust(trusted.clone()).build().unwrap();
        let token = Token::mint(&issuer, grant(["docs/**".to_owned()])).unwrap();
        verifier.verify(&token.to_bytes().unwrap(), at(100)).unwrap();
        verifier.rotate([trusted]);
        let known = lock(&verifier.0.known);
        assert_eq!((known.cache.len(), known.layers.len()), (0, 1));
    }
}
