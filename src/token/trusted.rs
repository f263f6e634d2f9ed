//! Whom a verifier trusts to issue tokens, and how far.

use std::collections::HashMap;
use std::sync::Arc;

use super::key::{PublicKey, SharedSecret};
use super::mint::KeyValidity;
use crate::authority::capability::{Issuer, KeyId};
use crate::base::time::Timestamp;
use crate::policy::{CompiledPolicy, Policy, Restrictions};

/// One key that a verifier trusts, with what its tokens may grant at most, and when.
///
/// For a rotation with overlap, trust both keys, the old one [`until`](Self::valid_until) a moment. Several issuers stand
/// beside each other; each token counts under its own issuer's ceiling alone.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::time::Timestamp;
/// use permitgate::token::{SigningKey, TrustedIssuer, Verifier};
///
/// # let (old, new, partner) = (SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?);
/// # let next_week = Timestamp::from_unix_seconds(1_900_000_000);
/// let verifier = Verifier::builder("gateway")
///     .trust(TrustedIssuer::public(old.public_key()).valid_until(next_week))
///     .trust(TrustedIssuer::public(new.public_key()))
///     .trust(TrustedIssuer::public(partner.public_key()).at_most(Policy::new([
///         Statement::permit("only-read").operations(Operation::Read).resources(["shared/**"]),
///     ])?))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an issuer is trusted only by a verifier"]
pub struct TrustedIssuer {
    pub(super) key: TrustedKey,
    id: KeyId,
    ceiling: Vec<Arc<CompiledPolicy>>,
    pub(super) validity: KeyValidity,
}

#[derive(Clone, Debug)]
pub(super) enum TrustedKey {
    Public(PublicKey),
    Shared(Arc<SharedSecret>),
}

impl TrustedIssuer {
    /// Tokens of public-key chains that this key issued.
    pub fn public(key: PublicKey) -> Self {
        Self::new(TrustedKey::Public(key), key.id())
    }

    /// Tokens of shared-secret chains under this secret.
    pub fn shared(secret: impl Into<Arc<SharedSecret>>) -> Self {
        let secret = secret.into();
        let id = secret.id();
        Self::new(TrustedKey::Shared(secret), id)
    }

    fn new(key: TrustedKey, id: KeyId) -> Self {
        Self { key, id, ceiling: Vec::new(), validity: KeyValidity::ALWAYS }
    }

    /// Its tokens grant at most what `policy` permits.
    pub fn at_most(mut self, policy: Policy) -> Self {
        self.ceiling.push(policy.0);
        self
    }

    /// Its tokens are restricted by these, and by everything else that is said of it.
    pub fn restrict(mut self, restrictions: Restrictions) -> Self {
        self.ceiling.push(restrictions.0);
        self
    }

    /// Not trusted before this moment, and nothing it issued is valid before.
    pub fn valid_from(mut self, moment: Timestamp) -> Self {
        self.validity.from = self.validity.from.max(moment);
        self
    }

    /// Not trusted from this moment on, and nothing it issued is valid then.
    pub fn valid_until(mut self, moment: Timestamp) -> Self {
        self.validity.until = self.validity.until.min(moment);
        self
    }

    /// The name of the key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn by_id(issuers: impl IntoIterator<Item = Self>) -> HashMap<KeyId, Self> {
        issuers.into_iter().map(|issuer| (issuer.id(), issuer)).collect()
    }

    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.validity.from <= now
            && (now < self.validity.until || self.validity.until == Timestamp::MAX)
    }

    pub(super) fn issuer(&self) -> Issuer {
        Issuer { key: self.id, ceiling: self.ceiling.clone() }
    }
}
