//! Proofs of possession: by the holder, for this verifier, token and action, now, and once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use permitgate::model::Value;
use permitgate::prelude::*;
use permitgate::token::{
    Challenge, Presentation, Proof, SigningKey, Token, TokenError, TokenReason, Verifier,
};
use permitgate::{Arguments, Reason};

use crate::cbor::Item;
use crate::*;

fn holder() -> SigningKey {
    key(40)
}

/// Bound tokens of both kinds.
fn bound() -> [Token; 2] {
    let block = || mail().bound_to(holder().public_key());
    [Token::mint(&key(1), block()).unwrap(), Token::mint(&secret(1), block()).unwrap()]
}

fn by_action(token: &Token, action: &Action<'_>, made: u64) -> Proof {
    Proof::of_action(&holder(), token, action, HERE, at(made)).unwrap()
}

/// Presents a token with a proof, perhaps for an action, at this second.
fn present(
    verifier: &Verifier,
    token: &Token,
    proof: &Proof,
    action: Option<&Action<'_>>,
    now: u64,
) -> Result<Capability, TokenError> {
    let bytes = bytes(token);
    let presentation = Presentation::of(&bytes).proof(proof);
    match action {
        Some(action) => verifier.present(&presentation.for_action(action), at(now)),
        None => verifier.present(&presentation, at(now)),
    }
}

#[test]
fn a_proof_for_an_action_counts_once_and_for_that_action() {
    let (read, delete) = (read_mail(), delete_mail());
    for token in bound() {
        let verifier = verifier();
        let proof = by_action(&token, &read, 100);
        let outcome =
            |proof: &Proof, action| reason(present(&verifier, &token, proof, action, 100));
        assert_eq!(refusal(&verifier, &bytes(&token)).reason(), TokenReason::ProofNeeded);
        assert_eq!(outcome(&proof, None), TokenReason::ActionNeeded);
        assert_eq!(outcome(&proof, Some(&delete)), TokenReason::WrongProof);
        // What was refused used nothing up.
        let capability = present(&verifier, &token, &proof, Some(&read), 100).unwrap();
        assert_eq!(outcome(&proof, Some(&read)), TokenReason::ProofReplayed);
        assert_eq!(outcome(&proof, Some(&delete)), TokenReason::WrongProof);
        // A copy that went through bytes is the same proof.
        let copy = Proof::decode(&proof.to_bytes()).unwrap();
        assert_eq!(outcome(&copy, Some(&read)), TokenReason::ProofReplayed);
        let (gate, _) = gate(100);
        assert!(gate.decide(&read, &scope(&capability)).is_allow());
        assert_eq!(gate.decide(&delete, &scope(&capability)).reason(), Reason::NotThisAction);
        assert!(gate.decide(&read, &scope(&capability)).is_allow(), "deciding uses nothing up");
        let other = Action::read("mail.read", "mail/dana@example.com/2");
        assert_eq!(gate.decide(&other, &scope(&capability)).reason(), Reason::NotThisAction);
        let another = by_action(&token, &read, 100);
        assert!(present(&verifier, &token, &another, Some(&read), 100).is_ok());
    }
}

#[test]
fn a_proof_counts_for_its_holder_token_and_verifier() {
    let read = read_mail();
    for token in bound() {
        let verifier = verifier();
        let stranger = Proof::of_action(&key(41), &token, &read, HERE, at(100)).unwrap();
        let elsewhere = Proof::of_action(&holder(), &token, &read, "calendar", at(100)).unwrap();
        let longer = Proof::of_action(&holder(), &token, &read, "mail-gateway2", at(100)).unwrap();
        let twin = if token.issuer() == key(1).id() {
            Token::mint(&key(1), mail().bound_to(holder().public_key()))
        } else {
            Token::mint(&secret(1), mail().bound_to(holder().public_key()))
        };
        let other = by_action(&twin.unwrap(), &read, 100);
        for (what, proof) in
            [("stranger", stranger), ("elsewhere", elsewhere), ("longer", longer), ("other", other)]
        {
            let outcome = present(&verifier, &token, &proof, Some(&read), 100);
            assert_eq!(reason(outcome), TokenReason::WrongProof, "{what}");
        }
        // Narrowing gives another token, for which the proof of its parent says nothing.
        let narrower = match token.issuer() == key(1).id() {
            true => {
                token.attenuate_as(&holder(), no_deletes().bound_to(holder().public_key())).unwrap()
            }
            false => token.attenuate(no_deletes()).unwrap(),
        };
        let outcome =
            present(&verifier, &narrower, &by_action(&token, &read, 100), Some(&read), 100);
        assert_eq!(reason(outcome), TokenReason::WrongProof);
        assert!(
            present(&verifier, &narrower, &by_action(&narrower, &read, 100), Some(&read), 100)
                .is_ok()
        );
    }
}

#[test]
fn a_proof_counts_for_a_minute_and_five_seconds_ahead() {
    let (read, [token, _]) = (read_mail(), bound());
    let outcome = |made: u64, now: u64| {
        let outcome =
            present(&verifier(), &token, &by_action(&token, &read, made), Some(&read), now);
        outcome.map(drop).map_err(|error| error.reason())
    };
    let old = Err(TokenReason::ProofExpired);
    assert_eq!(permitgate::limits::DEFAULT_PROOF_SECS, 60);
    assert_eq!([outcome(100, 100), outcome(100, 159), outcome(105, 100)], [Ok(()); 3]);
    assert_eq!(
        [outcome(100, 160), outcome(100, 1000), outcome(106, 100), outcome(10_000, 100)],
        [old; 4]
    );
    let brief = builder().proof_lifetime(Duration::from_secs(5)).build().unwrap();
    let proof = by_action(&token, &read, 100);
    assert_eq!(
        reason(present(&brief, &token, &proof, Some(&read), 105)),
        TokenReason::ProofExpired
    );
    assert_eq!(
        reason(present(&brief, &token, &proof, Some(&read), 104)),
        TokenReason::ProofExpired,
        "time does not go back"
    );
    let fresh = by_action(&token, &read, 105);
    assert!(present(&brief, &token, &fresh, Some(&read), 105).is_ok());
}

#[test]
fn a_clock_that_goes_back_revives_no_proof() {
    let (read, [token, _]) = (read_mail(), bound());
    let verifier = verifier();
    let proof = by_action(&token, &read, 100);
    assert!(present(&verifier, &token, &proof, Some(&read), 100).is_ok());
    // Something else moves the time on, so that the use is forgotten.
    let challenge = verifier.challenge(at(500)).unwrap();
    assert_eq!(challenge.expires(), at(560));
    for now in [100, 159, 499, 500] {
        assert_eq!(
            reason(present(&verifier, &token, &proof, Some(&read), now)),
            TokenReason::ProofExpired,
            "at {now}"
        );
    }
    // A challenge asked for by a clock that went back ends by the time that was seen.
    assert_eq!(verifier.challenge(at(100)).unwrap().expires(), at(560));
}

#[test]
fn a_challenge_is_answered_once_in_its_time() {
    for token in bound() {
        let verifier = verifier();
        let challenge = verifier.challenge(at(100)).unwrap();
        assert_eq!((challenge.verifier(), challenge.expires()), (HERE, at(160)));
        let heard = Challenge::decode(&challenge.to_bytes()).unwrap();
        let relayed = Proof::of_challenge(&holder(), &token, &heard, "another").unwrap_err();
        assert_eq!(relayed.reason(), TokenReason::UnknownChallenge, "passed on by another");
        let proof = Proof::of_challenge(&holder(), &token, &heard, HERE).unwrap();
        let stranger = Proof::of_challenge(&key(41), &token, &heard, HERE).unwrap();
        assert_eq!(
            reason(present(&verifier, &token, &stranger, None, 100)),
            TokenReason::WrongProof
        );
        let capability = present(&verifier, &token, &proof, None, 159).unwrap();
        let (gate, _) = gate(1000);
        assert!(gate.decide(&read_mail(), &scope(&capability)).is_allow());
        assert!(gate.decide(&delete_mail(), &scope(&capability)).is_allow(), "good for a session");
        let unknown = TokenReason::UnknownChallenge;
        assert_eq!(reason(present(&verifier, &token, &proof, None, 159)), unknown, "twice");

        let late = verifier.challenge(at(159)).unwrap();
        let answer = Proof::of_challenge(&holder(), &token, &late, HERE).unwrap();
        assert_eq!(reason(present(&verifier, &token, &answer, None, 219)), unknown, "late");
        assert_eq!(
            reason(present(&verifier, &token, &answer, None, 160)),
            unknown,
            "late, with a clock that went back"
        );

        // One of another process of the same name, which this one never gave.
        let foreign = builder().build().unwrap().challenge(at(219)).unwrap();
        let answer = Proof::of_challenge(&holder(), &token, &foreign, foreign.verifier()).unwrap();
        assert_eq!(reason(present(&verifier, &token, &answer, None, 219)), unknown, "foreign");
        let elsewhere = Verifier::builder("calendar").build().unwrap().challenge(at(219)).unwrap();
        let answer =
            Proof::of_challenge(&holder(), &token, &elsewhere, elsewhere.verifier()).unwrap();
        assert_eq!(reason(present(&verifier, &token, &answer, None, 219)), TokenReason::WrongProof);
    }
}

#[test]
fn the_answer_to_a_challenge_is_for_one_token() {
    let [token, other] = bound();
    let verifier = verifier();
    let challenge = verifier.challenge(at(100)).unwrap();
    let proof = Proof::of_challenge(&holder(), &token, &challenge, challenge.verifier()).unwrap();
    assert_eq!(reason(present(&verifier, &other, &proof, None, 100)), TokenReason::WrongProof);
    // With an action, the capability is pinned to it here as well.
    let capability = present(&verifier, &token, &proof, Some(&read_mail()), 100).unwrap();
    let (gate, _) = gate(100);
    assert!(gate.decide(&read_mail(), &scope(&capability)).is_allow());
    assert_eq!(gate.decide(&delete_mail(), &scope(&capability)).reason(), Reason::NotThisAction);
}

/// Everybody at once: one gets through.
fn winners(
    present: impl Fn() -> Result<Capability, TokenError> + Sync,
    lost: TokenReason,
) -> usize {
    let won = AtomicUsize::new(0);
    let barrier = std::sync::Barrier::new(8);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                barrier.wait();
                match present() {
                    Ok(_) => _ = won.fetch_add(1, Ordering::SeqCst),
                    Err(error) => assert_eq!(error.reason(), lost),
                }
            });
        }
    });
    won.into_inner()
}

#[test]
fn of_many_threads_with_one_proof_exactly_one_succeeds() {
    let (read, [token, _]) = (read_mail(), bound());
    let verifier = verifier();
    for _ in 0..50 {
        let proof = by_action(&token, &read, 100);
        let present_it = || present(&verifier, &token, &proof, Some(&read), 100);
        assert_eq!(winners(present_it, TokenReason::ProofReplayed), 1);
        let challenge = verifier.challenge(at(100)).unwrap();
        let proof =
            Proof::of_challenge(&holder(), &token, &challenge, challenge.verifier()).unwrap();
        let present_it = || present(&verifier, &token, &proof, None, 100);
        assert_eq!(winners(present_it, TokenReason::UnknownChallenge), 1);
    }
}

#[test]
fn damaged_proofs_and_challenges_are_none() {
    let (read, [token, _]) = (read_mail(), bound());
    let verifier = verifier();
    let challenge = verifier.challenge(at(100)).unwrap();
    let answer = Proof::of_challenge(&holder(), &token, &challenge, challenge.verifier()).unwrap();
    for proof in [by_action(&token, &read, 100), answer] {
        let bytes = proof.to_bytes();
        assert_eq!(Proof::decode(&bytes).unwrap(), proof);
        for length in 0..bytes.len() {
            assert_eq!(reason(Proof::decode(&bytes[..length])), TokenReason::WrongProof);
        }
        assert_eq!(reason(Proof::decode(&[&bytes[..], &[0]].concat())), TokenReason::WrongProof);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(damaged) = Proof::decode(&damaged) else { continue };
            let outcome = reason(present(&verifier, &token, &damaged, Some(&read), 100));
            assert_eq!(outcome, TokenReason::WrongProof, "bit {bit}");
        }
        assert!(present(&verifier, &token, &proof, Some(&read), 100).is_ok(), "it was not used up");
    }
    let bytes = challenge.to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(reason(Challenge::decode(&bytes[..length])), TokenReason::UnknownChallenge);
    }
    assert_eq!(
        reason(Challenge::decode(&[&bytes[..], &[0]].concat())),
        TokenReason::UnknownChallenge
    );
}

#[test]
fn an_action_without_a_digest_is_proved_by_nobody() {
    let (nested, [token, _]) = (Nested, bound());
    let arguments = [("deep", Value::Object(&nested))];
    let action = read_mail().with(&arguments);
    let made = Proof::of_action(&holder(), &token, &action, HERE, at(100));
    assert_eq!(reason(made), TokenReason::ActionNotFrozen);
    let proof = by_action(&token, &read_mail(), 100);
    assert_eq!(
        reason(present(&verifier(), &token, &proof, Some(&action), 100)),
        TokenReason::ActionNotFrozen
    );
    let free = Token::mint(&secret(1), mail()).unwrap();
    let bytes = bytes(&free);
    let presentation = Presentation::of(&bytes).for_action(&action);
    assert_eq!(reason(verifier().present(&presentation, at(100))), TokenReason::ActionNotFrozen);
    // A token that needs nothing beside it is pinned as well, where an action is named.
    let read = read_mail();
    let capability =
        verifier().present(&Presentation::of(&bytes).for_action(&read), at(100)).unwrap();
    let (gate, _) = gate(100);
    assert!(gate.decide(&read, &scope(&capability)).is_allow());
    assert_eq!(gate.decide(&delete_mail(), &scope(&capability)).reason(), Reason::NotThisAction);
}

/// An object in an object, and so on without an end.
struct Nested;

impl Arguments for Nested {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        Some(Value::Object(self))
    }
    fn visit(&self, each: &mut dyn FnMut(&str, Value<'_>)) {
        each("deep", Value::Object(self));
    }
}

/// Who asks is not trusted yet: a name of any length is refused or signed for nothing, and nothing panics.
#[test]
fn no_verifier_has_an_endless_name() {
    let asked = |length| {
        let name = Item::Text("x".repeat(length));
        Item::List(vec![name, Item::Bytes(vec![7; 16]), Item::Uint(160_000)]).write()
    };
    let [token, _] = bound();
    let challenge = Challenge::decode(&asked(permitgate::limits::MAX_NAME_BYTES)).unwrap();
    let proof = Proof::of_challenge(&holder(), &token, &challenge, challenge.verifier()).unwrap();
    assert_eq!(reason(present(&verifier(), &token, &proof, None, 100)), TokenReason::WrongProof);
    let longer = Challenge::decode(&asked(permitgate::limits::MAX_NAME_BYTES + 1));
    assert_eq!(reason(longer), TokenReason::UnknownChallenge);
    let name = "x".repeat(100_000);
    let proof = Proof::of_action(&holder(), &token, &read_mail(), &name, at(100)).unwrap();
    let outcome = present(&verifier(), &token, &proof, Some(&read_mail()), 100);
    assert_eq!(reason(outcome), TokenReason::WrongProof);
}
