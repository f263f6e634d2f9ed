//! A token that lines and cases are decided under.

use permitgate::limits::MAX_ATTESTATION_BYTES;
use permitgate::time::{Clock, SystemClock, Timestamp};
use permitgate::token::{
    Attestation, Presentation, Proof, SigningKey, Token, TokenError, TokenReason, Verifier,
};
use permitgate::{Capability, Policy};

use super::issuers::Issuers;
use super::{keep, moment, refused};
use crate::args::token::{Lineage, Source};
use crate::fault::Fault;
use crate::io::Io;

/// To whom the holder's proof is addressed, which is this process.
const VERIFIER: &str = "permitgate";

/// A token with all that is presented beside it. What it grants depends on the ceiling of its issuer.
pub(crate) struct Bearer {
    place: String,
    token: Token,
    key: Option<SigningKey>,
    attestations: Vec<Attestation>,
    issuers: Issuers,
    at: Timestamp,
}

impl Bearer {
    /// Reads what the flags name; `None` where they name no token.
    pub(crate) fn read(args: &Lineage, io: &mut Io) -> Result<Option<Self>, Fault> {
        let Lineage { token, token_env, trusted, attestation, holder_key, holder_key_env, .. } =
            args;
        if token.is_none() && token_env.is_none() {
            return Ok(None);
        }
        let now = SystemClock.now();
        let at = trusted.at.as_ref();
        let at = at.map_or(Ok(now), |text| moment::moment("--at", text, now))?;
        let source =
            Source { token: token.clone().unwrap_or_default(), token_env: token_env.clone() };
        let (place, token) = keep::token(&source, io)?;
        let key = keep::holder_key(holder_key.as_deref(), holder_key_env.as_deref(), io)?;
        if key.is_some() && token.holder_key().is_none() {
            let what = "the token is bound to no key, so nobody proves to hold one";
            return Err(keep::flag("--holder-key", what));
        }
        let mut attestations = Vec::new();
        for path in attestation {
            let bytes = io.read_bytes(path, MAX_ATTESTATION_BYTES as u64)?;
            let said = Attestation::decode(&bytes);
            attestations.push(said.map_err(|error| refused(path.display(), &error))?);
        }
        let issuers = Issuers::read(trusted, at, io)?;
        Ok(Some(Self { place, token, key, attestations, issuers, at }))
    }

    /// When it is looked at, and decisions are made.
    pub(crate) const fn at(&self) -> Timestamp {
        self.at
    }

    /// What it grants, of what `ceiling` permits at most.
    pub(crate) fn capability(&self, ceiling: Option<&Policy>) -> Result<Capability, Fault> {
        let verifier = self.issuers.verifier(VERIFIER, ceiling)?;
        self.present(&verifier).map_err(|error| {
            let (place, reason) = (&self.place, error.reason());
            Fault::said(format!("{place}: refused ({reason}): {error}{}", what_to_do(reason)))
        })
    }

    fn present(&self, verifier: &Verifier) -> Result<Capability, TokenError> {
        let bytes = self.token.to_bytes()?;
        let mut presentation = Presentation::of(&bytes);
        for said in &self.attestations {
            presentation = presentation.attestation(said);
        }
        let Some(key) = &self.key else {
            return verifier.present(&presentation, self.at);
        };
        let challenge = verifier.challenge(self.at)?;
        let proof = Proof::of_challenge(key, &self.token, &challenge, VERIFIER)?;
        verifier.present(&presentation.proof(&proof), self.at)
    }
}

/// What helps against a refusal, as the end of its message.
fn what_to_do(reason: TokenReason) -> &'static str {
    match reason {
        TokenReason::ProofNeeded => {
            "; it is bound to its holder: name the holder's secret key with `--holder-key`"
        }
        TokenReason::AttestationMissing => "; name what the attester said with `--attestation`",
        TokenReason::ActionNeeded => {
            "; what is for one action alone is tried with `token verify --action`"
        }
        TokenReason::UnknownKey => {
            "; `permitgate token inspect` shows the key that it says it was issued with"
        }
        TokenReason::Expired | TokenReason::NotYetValid => "; `--at` looks at it at another moment",
        _ => "",
    }
}
