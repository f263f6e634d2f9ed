//! Tokens under attack: what is forged, widened, replayed or stale is refused, each with its own reason, and secrets
//! leave no trace.
//!
//! `PERMITGATE_TOKENS` sets how many sample tokens are damaged in every place, `PERMITGATE_SEQUENCES` how many
//! random actions are decided under tokens and under their parents.

#![cfg(feature = "token")]

mod attestation;

mod bounds;
mod cbor;
mod curve;
mod damage;
mod digest;
mod draw;
mod feed;
mod forged_blocks;
mod forgery;
mod hostile;
mod memory;
#[path = "../testkit/draw.rs"]
mod numbers;
mod proof;
mod roundtrip;
mod secrets;
mod signer;
mod verifier;
mod widening;

use std::sync::Arc;

use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::token::{
    SharedSecret, SigningKey, Token, TokenBlock, TokenError, TokenReason, TrustedIssuer, Verifier,
    VerifierBuilder,
};

const DANA: &str = "dana@example.com";
/// Where every verifier of these tests is, unless it says otherwise.
const HERE: &str = "mail-gateway";

/// A moment, in seconds.
fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// A key that is the same in every run.
fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn secret(number: u8) -> SharedSecret {
    SharedSecret::from_bytes(&[number; 32])
}

/// Mail of the invoker, to read and to delete.
fn mail() -> TokenBlock {
    TokenBlock::grant([Statement::permit("mail")
        .operations(Operation::Read | Operation::Delete)
        .resources(["mail/{invoker}/**"])])
}

fn no_deletes() -> TokenBlock {
    TokenBlock::restrict([Statement::forbid("no-deletes").operations(Operation::Delete)])
}

fn read_mail() -> Action<'static> {
    Action::read("mail.read", "mail/dana@example.com/1")
}

fn delete_mail() -> Action<'static> {
    Action::delete("mail.delete", "mail/dana@example.com/1")
}

/// A verifier that trusts the issuer of each kind, as `key(1)` and `secret(1)` are.
fn verifier() -> Verifier {
    builder().build().unwrap()
}

fn builder() -> VerifierBuilder {
    Verifier::builder(HERE)
        .trust(TrustedIssuer::public(key(1).public_key()))
        .trust(TrustedIssuer::shared(secret(1)))
}

fn bytes(token: &Token) -> Vec<u8> {
    token.to_bytes().unwrap().to_vec()
}

/// Why these bytes are refused, at 100 seconds.
fn refusal(verifier: &Verifier, token: &[u8]) -> TokenError {
    verifier.verify(token, at(100)).expect_err("it is refused")
}

fn reason<T: std::fmt::Debug>(result: Result<T, TokenError>) -> TokenReason {
    result.expect_err("it is refused").reason()
}

fn scope(capability: &Capability) -> Scope {
    Scope::builder(capability).invoker(DANA).agent("triage").build().unwrap()
}

/// A gate whose clock stands at this second, with the clock.
fn gate(seconds: u64) -> (Gate, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(seconds)));
    (Gate::builder().clock(clock.clone()).build().unwrap(), clock)
}

/// A number from the environment, or one that suits every run.
fn told(name: &str, otherwise: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(otherwise, |text| text.parse().expect("a number"))
}
