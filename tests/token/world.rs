//! Keys, verifiers, scopes and small tokens that the tests of tokens share.

pub(crate) use std::sync::Arc;

pub(crate) use permitgate::prelude::*;
pub(crate) use permitgate::time::{ManualClock, Timestamp};
pub(crate) use permitgate::token::{
    SharedSecret, SigningKey, Token, TokenBlock, TokenError, TokenReason, TrustedIssuer, Verifier,
    VerifierBuilder,
};

pub(crate) const DANA: &str = "dana@example.com";
/// Where every verifier of these tests is, unless it says otherwise.
pub(crate) const HERE: &str = "mail-gateway";

/// A moment, in seconds.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// A key that is the same in every run.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

pub(crate) fn secret(number: u8) -> SharedSecret {
    SharedSecret::from_bytes(&[number; 32])
}

/// Mail of the invoker, to read and to delete.
pub(crate) fn mail() -> TokenBlock {
    TokenBlock::grant([Statement::permit("mail")
        .operations(Operation::Read | Operation::Delete)
        .resources(["mail/{invoker}/**"])])
}

pub(crate) fn no_deletes() -> TokenBlock {
    TokenBlock::restrict([Statement::forbid("no-deletes").operations(Operation::Delete)])
}

pub(crate) fn read_mail() -> Action<'static> {
    Action::read("mail.read", "mail/dana@example.com/1")
}

pub(crate) fn delete_mail() -> Action<'static> {
    Action::delete("mail.delete", "mail/dana@example.com/1")
}

/// A verifier that trusts the issuer of each kind, as `key(1)` and `secret(1)` are.
pub(crate) fn verifier() -> Verifier {
    builder().build().unwrap()
}

pub(crate) fn builder() -> VerifierBuilder {
    Verifier::builder(HERE)
        .trust(TrustedIssuer::public(key(1).public_key()))
        .trust(TrustedIssuer::shared(secret(1)))
}

pub(crate) fn bytes(token: &Token) -> Vec<u8> {
    token.to_bytes().unwrap().to_vec()
}

/// Why these bytes are refused, at 100 seconds.
pub(crate) fn refusal(verifier: &Verifier, token: &[u8]) -> TokenError {
    verifier.verify(token, at(100)).expect_err("it is refused")
}

pub(crate) fn reason<T: std::fmt::Debug>(result: Result<T, TokenError>) -> TokenReason {
    result.expect_err("it is refused").reason()
}

pub(crate) fn scope(capability: &Capability) -> Scope {
    Scope::builder(capability).invoker(DANA).agent("triage").build().unwrap()
}

/// A gate whose clock stands at this second, with the clock.
pub(crate) fn gate(seconds: u64) -> (Gate, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(seconds)));
    (Gate::builder().clock(clock.clone()).build().unwrap(), clock)
}

/// A number from the environment, or one that suits every run.
pub(crate) fn told(name: &str, otherwise: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What a verifier says about a token that is good and needs something beside it.
pub(crate) fn authentic(verifier: &Verifier, token: &[u8]) -> bool {
    match verifier.verify(token, at(100)) {
        Ok(_) => true,
        Err(error) => matches!(
            error.reason(),
            TokenReason::ProofNeeded
                | TokenReason::AttestationMissing
                | TokenReason::Expired
                | TokenReason::NotYetValid
        ),
    }
}
