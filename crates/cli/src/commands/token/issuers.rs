//! Who is trusted to issue tokens, read once for as many verifiers as are needed.

use std::sync::Arc;

use permitgate::Policy;
use permitgate::authority::Revocations;
use permitgate::limits::MAX_REVOCATION_LIST_BYTES;
use permitgate::time::Timestamp;
use permitgate::token::{PublicKey, RevocationReader, SharedSecret, TrustedIssuer, Verifier};

use super::{keep, moment, refused};
use crate::args::token::Trusted;
use crate::fault::Fault;
use crate::io::Io;

/// The keys of issuers, and what they revoked.
pub(super) struct Issuers {
    keys: Vec<PublicKey>,
    secret: Option<Arc<SharedSecret>>,
    revocations: Revocations,
}

impl Issuers {
    pub(super) fn read(trusted: &Trusted, at: Timestamp, io: &mut Io) -> Result<Self, Fault> {
        let keys = trusted.trust.iter().map(|key| keep::public_key(key, io));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let secret = keep::shared(trusted.secret.as_deref(), trusted.secret_env.as_deref(), io)?;
        let revocations = Revocations::default();
        if let (Some(list), Some(key)) = (&trusted.revocations, &trusted.revocation_key) {
            if let Some(span) = &trusted.fresh_within {
                revocations.demand_feed(moment::span("--fresh-within", span)?);
            }
            let reader = RevocationReader::new(keep::public_key(key, io)?, &revocations);
            let bytes = io.read_bytes(list, MAX_REVOCATION_LIST_BYTES as u64)?;
            reader.apply(&bytes, at).map_err(|error| refused(list.display(), &error))?;
        }
        Ok(Self { keys, secret: secret.map(Arc::new), revocations })
    }

    /// A verifier of this name that trusts them, up to a ceiling where there is one.
    pub(super) fn verifier(&self, name: &str, ceiling: Option<&Policy>) -> Result<Verifier, Fault> {
        let limited = |issuer: TrustedIssuer| match ceiling {
            Some(policy) => issuer.at_most(policy.clone()),
            None => issuer,
        };
        let mut builder = Verifier::builder(name).cache(0);
        for key in &self.keys {
            builder = builder.trust(limited(TrustedIssuer::public(*key)));
        }
        if let Some(secret) = &self.secret {
            builder = builder.trust(limited(TrustedIssuer::shared(Arc::clone(secret))));
        }
        let built = builder.revocations(&self.revocations).build();
        built.map_err(|error| Fault::said(error.to_string()))
    }
}
