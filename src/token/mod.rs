//! Capabilities as bytes: minted with an issuer's key, narrowed offline, verified once into a
//! [`Capability`](crate::Capability).
//!
//! From the bottom up:
//!
//! 1. `error` lists why a token is refused; `text` and `key` are keys and their text forms.
//! 2. `wire` gives statements their one form as bytes, `block` a whole block, `chain` the token around them.
//! 3. `mint` is what holders of keys do: mint, attenuate, seal, inspect.
//! 4. `verify` turns bytes into a capability; `proof`, `attest` and `list` are what is presented with a token,
//!    and how revocations travel.

mod attest;
mod block;
mod cache;
mod chain;
mod demand;
mod error;
mod feed;
mod key;
mod layer;
mod mint;
mod present;
mod proof;
mod remembered;
mod text;
mod trusted;
mod verify;
mod wire;

pub use attest::Attestation;
pub use block::TokenBlock;
pub use demand::{Binding, Demand};
pub use error::{TokenError, TokenReason};
pub use feed::{FeedError, RevocationFeed, RevocationList, RevocationReader};
pub use key::{IssuerKey, PublicKey, SharedSecret, SigningKey};
pub use mint::Token;
pub use present::Presentation;
pub use proof::{Challenge, Proof};
pub use trusted::TrustedIssuer;
pub use verify::{Verifier, VerifierBuilder, VerifierError};
