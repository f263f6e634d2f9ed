//! Capabilities as bytes: minted with an issuer's key, narrowed offline, verified once into a
//! [`Capability`](crate::Capability).
//!
//! From the bottom up:
//!
//! 1. `error` lists why a token is refused; `text` and `key` are keys and their text forms.
//! 2. `wire` gives statements their one form as bytes, `layer` holds them compiled, `demand` what a block asks of others;
//!    `block` is a whole block, `chain` the token around them.
//! 3. `mint` is what holders of keys do: mint, attenuate, seal, inspect.
//! 4. `proof`, `attest` and `present` are what is shown with a token. `verify` turns all of it into a capability, for the
//!    issuers that are `trusted`; `cache` and `remembered` are what it knows from before.
//! 5. `feed` is how revocations travel.

mod attest;
mod block;
mod budget;
mod cache;
mod chain;
mod demand;
pub(crate) mod error;
mod feed;
mod key;
mod layer;
mod mint;
mod present;
mod proof;
mod remembered;
#[cfg(test)]
mod tests;
mod text;
mod trusted;
mod verify;
mod vote;
mod wire;

pub use attest::Attestation;
pub use block::TokenBlock;
pub use demand::{Binding, Demand};
pub use error::{TokenError, TokenReason, VerifierError};
pub use feed::{FeedError, RevocationFeed, RevocationList, RevocationReader};
pub use key::{IssuerKey, PublicKey, SharedSecret, SigningKey};
pub use mint::Token;
pub use present::Presentation;
pub use proof::{Challenge, Proof};
pub use trusted::TrustedIssuer;
pub use verify::{Verifier, VerifierBuilder};
pub use vote::SignedVote;

pub(crate) use vote::ClaimedVote;
