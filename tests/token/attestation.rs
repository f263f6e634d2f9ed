//! What others say beside a token: the right claim, of the right one, about this token or less, in time, and once.

use permitgate::Reason;
use permitgate::authority::Attenuation;
use permitgate::model::{ActionDigest, Value};
use permitgate::prelude::*;
use permitgate::token::{
    Attestation, Demand, Presentation, Proof, SigningKey, Token, TokenBlock, TokenError,
    TokenReason, Verifier,
};

use crate::*;

fn approver() -> SigningKey {
    key(50)
}

fn directory_key() -> SigningKey {
    key(51)
}

fn digest(action: &Action<'_>) -> ActionDigest {
    ActionDigest::of(action).unwrap()
}

/// Deletions need an approval, in the block after the root.
fn demanding() -> (Token, Token) {
    let root = Token::mint(&secret(1), mail()).unwrap();
    let demand = Demand::for_action("approved", approver().public_key());
    let token = root.attenuate(TokenBlock::new().demand(demand)).unwrap();
    (root, token)
}

fn approval(claim: &str, link: [u8; 32], action: &Action<'_>) -> Attestation {
    Attestation::for_action(&approver(), claim, link, digest(action), at(200)).unwrap()
}

fn present(
    verifier: &Verifier,
    token: &Token,
    said: &[&Attestation],
    action: Option<&Action<'_>>,
    now: u64,
) -> Result<Capability, TokenError> {
    let bytes = bytes(token);
    let presentation =
        said.iter().fold(Presentation::of(&bytes), |all, said| all.attestation(said));
    match action {
        Some(action) => verifier.present(&presentation.for_action(action), at(now)),
        None => verifier.present(&presentation, at(now)),
    }
}

#[test]
fn an_approval_is_the_right_one_or_none() {
    let ((root, token), delete, verifier) = (demanding(), delete_mail(), verifier());
    let link = token.link();
    let by_another =
        Attestation::for_action(&key(52), "approved", link, digest(&delete), at(200)).unwrap();
    let for_session = Attestation::for_token(&approver(), "approved", link, at(200)).unwrap();
    let twin = root
        .attenuate(
            TokenBlock::new()
                .held_by("triage")
                .demand(Demand::for_action("approved", approver().public_key())),
        )
        .unwrap();
    let (missing, wrong) = (TokenReason::AttestationMissing, TokenReason::WrongAttestation);
    let good = approval("approved", link, &delete);
    let cases = [
        ("nothing", vec![], missing),
        ("another claim", vec![approval("approved2", link, &delete)], missing),
        ("an empty claim", vec![approval("", link, &delete)], missing),
        ("another attester", vec![by_another], missing),
        ("for the token", vec![for_session], missing),
        ("another token", vec![approval("approved", twin.link(), &delete)], wrong),
        (
            "the wider token that demands nothing",
            vec![approval("approved", root.link(), &delete)],
            wrong,
        ),
        ("another action", vec![approval("approved", link, &read_mail())], wrong),
        ("no link", vec![approval("approved", [0; 32], &delete)], wrong),
    ];
    for (what, said, expected) in cases {
        let said: Vec<_> = said.iter().collect();
        let error = present(&verifier, &token, &said, Some(&delete), 100).expect_err(what);
        assert_eq!((error.reason(), error.block()), (expected, Some(1)), "{what}");
    }
    assert_eq!(reason(present(&verifier, &token, &[&good], None, 100)), TokenReason::ActionNeeded);
    assert_eq!(
        reason(present(&verifier, &token, &[&good], Some(&delete), 200)),
        TokenReason::AttestationExpired
    );
    assert_eq!(
        reason(present(&verifier, &token, &[&good], Some(&delete), 199)),
        TokenReason::AttestationExpired,
        "time does not go back"
    );
}

#[test]
fn an_approval_is_good_once_and_for_its_action_alone() {
    let ((_, token), delete, verifier) = (demanding(), delete_mail(), verifier());
    let said =
        Attestation::decode(&approval("approved", token.link(), &delete).to_bytes()).unwrap();
    let capability = present(&verifier, &token, &[&said], Some(&delete), 100).unwrap();
    assert_eq!(capability.expires(), at(200), "it ends with the attestation");
    for now in [100, 150, 199] {
        let again = present(&verifier, &token, &[&said], Some(&delete), now);
        assert_eq!(reason(again), TokenReason::AttestationReplayed);
    }
    let narrower = token.attenuate(no_deletes()).unwrap();
    assert_eq!(
        reason(present(&verifier, &narrower, &[&said], Some(&delete), 199)),
        TokenReason::AttestationReplayed
    );

    let (gate, clock) = gate(100);
    let scope = scope(&capability);
    assert!(gate.decide(&delete, &scope).is_allow());
    let arguments = [("force", Value::from(true))];
    let others = [
        read_mail(),
        Action::delete("mail.delete", "mail/dana@example.com/2"),
        Action::delete("mail.purge", "mail/dana@example.com/1"),
        delete.visible_to(Audience::Public),
        delete.with(&arguments),
        delete.reversible(),
        delete.untrusted(),
    ];
    for other in others {
        let refused = gate.authorize(&other, &scope).err().map(|refusal| refusal.reason());
        assert_eq!(refused, Some(Reason::NotThisAction), "{other:?}");
    }
    // What is attenuated from it in the process is for that action alone as well.
    let below = capability.attenuate(Attenuation::new()).unwrap();
    assert_eq!(gate.decide(&read_mail(), &crate::scope(&below)).reason(), Reason::NotThisAction);
    assert!(gate.decide(&delete, &crate::scope(&below)).is_allow());
    clock.set(at(200));
    assert_eq!(gate.decide(&delete, &scope).reason(), Reason::Expired);
}

#[test]
fn of_many_threads_with_one_approval_exactly_one_succeeds() {
    let ((_, token), delete, verifier) = (demanding(), delete_mail(), verifier());
    for _ in 0..50 {
        let said = approval("approved", token.link(), &delete);
        let barrier = std::sync::Barrier::new(8);
        let attempt = || {
            barrier.wait();
            present(&verifier, &token, &[&said], Some(&delete), 100)
        };
        let won = std::thread::scope(|threads| {
            let all: Vec<_> = (0..8).map(|_| threads.spawn(attempt)).collect();
            all.into_iter()
                .filter(|_| true)
                .map(|one| one.join().unwrap())
                .filter(Result::is_ok)
                .count()
        });
        assert_eq!(won, 1);
    }
}

#[test]
fn what_is_said_of_a_token_holds_until_it_expires() {
    let demand = Demand::for_token("on-duty", directory_key().public_key());
    let token = Token::mint(&key(1), mail().demand(demand).expires_at(at(1000))).unwrap();
    let narrower = token.attenuate(no_deletes()).unwrap();
    let verifier = verifier();
    let said =
        |link, until| Attestation::for_token(&directory_key(), "on-duty", link, at(until)).unwrap();
    let brief = said(token.link(), 200);
    for token in [&token, &narrower, &token] {
        let capability = present(&verifier, token, &[&brief], None, 150).unwrap();
        assert_eq!(capability.expires(), at(200));
        let (gate, clock) = gate(150);
        let scope = scope(&capability);
        assert!(gate.decide(&read_mail(), &scope).is_allow());
        clock.set(at(200));
        assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::Expired);
    }
    // It never makes the token last longer.
    let long = said(token.link(), 5000);
    assert_eq!(present(&verifier, &token, &[&long], None, 150).unwrap().expires(), at(1000));
    // What is said of the narrower token says nothing about the wider one.
    let below = said(narrower.link(), 200);
    assert_eq!(
        reason(present(&verifier, &token, &[&below], None, 150)),
        TokenReason::WrongAttestation
    );
    assert!(present(&verifier, &narrower, &[&below], None, 150).is_ok());
    assert_eq!(
        reason(present(&verifier, &token, &[&brief], None, 200)),
        TokenReason::AttestationExpired
    );
    // The demand stays whatever is attenuated from it.
    assert_eq!(refusal(&verifier, &bytes(&narrower)).reason(), TokenReason::AttestationMissing);
}

#[test]
fn several_demands_are_all_answered_in_any_order() {
    let first = Demand::for_token("on-duty", directory_key().public_key());
    let approved = || Demand::for_action("approved", approver().public_key());
    let root = Token::mint(&secret(1), mail().demand(first).demand(approved())).unwrap();
    let token = root.attenuate(TokenBlock::new().demand(approved())).unwrap();
    let delete = delete_mail();
    let duty = Attestation::for_token(&directory_key(), "on-duty", root.link(), at(300)).unwrap();
    let (wide, narrow) =
        (approval("approved", root.link(), &delete), approval("approved", token.link(), &delete));
    let verifier = verifier();
    let outcome = |said: &[&Attestation]| present(&verifier, &token, said, Some(&delete), 100);
    assert_eq!(reason(outcome(&[&duty])), TokenReason::AttestationMissing);
    assert_eq!(reason(outcome(&[&narrow])), TokenReason::AttestationMissing);
    // The root's approval answers the root's demand, and not that of the block below it.
    let error = outcome(&[&duty, &wide]).unwrap_err();
    assert_eq!((error.reason(), error.block()), (TokenReason::WrongAttestation, Some(1)));
    // Whichever stands first; and nothing of what was refused was used up.
    for said in [[&wide, &narrow, &duty], [&duty, &narrow, &wide]] {
        let fresh = self::verifier();
        let capability = present(&fresh, &token, &said, Some(&delete), 100).unwrap();
        assert_eq!(capability.expires(), at(200), "the first that ends");
    }
    assert!(outcome(&[&narrow, &duty]).is_ok(), "one approval of the narrower token answers both");
    assert_eq!(reason(outcome(&[&duty, &narrow])), TokenReason::AttestationReplayed);
    let many: Vec<_> =
        std::iter::repeat_n(&duty, permitgate::limits::MAX_ATTESTATIONS + 1).collect();
    assert_eq!(reason(outcome(&many)), TokenReason::WrongAttestation);
}

#[test]
fn proof_and_approval_are_used_up_together_or_not_at_all() {
    let holder = key(40);
    let block = mail()
        .bound_to(holder.public_key())
        .demand(Demand::for_action("approved", approver().public_key()));
    let token = Token::mint(&secret(1), block).unwrap();
    let (delete, verifier, sent) = (delete_mail(), verifier(), bytes(&token));
    let prove = || Proof::of_action(&holder, &token, &delete, HERE, at(100)).unwrap();
    let (proof, said) = (prove(), approval("approved", token.link(), &delete));
    let with = |proof, said: Option<&Attestation>| {
        let presentation = Presentation::of(&sent).proof(proof).for_action(&delete);
        let presentation = said.into_iter().fold(presentation, |all, said| all.attestation(said));
        verifier.present(&presentation, at(100)).map(drop).map_err(|error| error.reason())
    };
    assert_eq!(with(&proof, None), Err(TokenReason::AttestationMissing));
    assert_eq!(with(&proof, Some(&said)), Ok(()), "the proof was not used up");
    assert_eq!(
        with(&proof, Some(&approval("approved", token.link(), &delete))),
        Err(TokenReason::ProofReplayed)
    );
    let next = prove();
    assert_eq!(with(&next, Some(&said)), Err(TokenReason::AttestationReplayed));
    assert_eq!(
        with(&next, Some(&approval("approved", token.link(), &delete))),
        Ok(()),
        "nor the next one"
    );
}

#[test]
fn a_damaged_attestation_is_none() {
    let ((_, token), delete, verifier) = (demanding(), delete_mail(), verifier());
    let said = approval("approved", token.link(), &delete);
    let bytes = said.to_bytes();
    assert_eq!(Attestation::decode(&bytes).unwrap(), said);
    for length in 0..bytes.len() {
        assert_eq!(reason(Attestation::decode(&bytes[..length])), TokenReason::WrongAttestation);
    }
    assert_eq!(
        reason(Attestation::decode(&[&bytes[..], &[0]].concat())),
        TokenReason::WrongAttestation
    );
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let Ok(damaged) = Attestation::decode(&damaged) else { continue };
        let outcome = reason(present(&verifier, &token, &[&damaged], Some(&delete), 100));
        let expected = [TokenReason::WrongAttestation, TokenReason::AttestationMissing];
        assert!(expected.contains(&outcome), "bit {bit}: {outcome}");
    }
    assert!(present(&verifier, &token, &[&said], Some(&delete), 100).is_ok(), "it was not used up");
    let long =
        Attestation::for_token(&approver(), "x".repeat(5000), token.link(), at(200)).unwrap();
    assert_eq!(reason(Attestation::decode(&long.to_bytes())), TokenReason::WrongAttestation);
}

/// What one holder presents costs its own branch: siblings, cousins, the parent and the root go on, at once and for as long
/// as it is remembered.
#[test]
fn a_holder_that_fills_its_room_locks_nobody_else_out() {
    let (issuer, approver, own) = (key(1), key(2), key(3));
    let verifier = verifier();
    let root = Token::mint(&issuer, mail()).unwrap();
    let demanding = |token: &Token, by: &SigningKey| {
        token
            .attenuate(TokenBlock::new().demand(Demand::for_action("yes", by.public_key())))
            .unwrap()
    };
    let holder = root.attenuate(no_deletes().held_by("flooding")).unwrap();
    let action = read_mail();
    let digest = ActionDigest::of(&action).unwrap();
    let use_up = |token: &Token, by: &SigningKey, seconds: u64, until: u64| {
        let said = Attestation::for_action(by, "yes", token.link(), digest, at(until)).unwrap();
        present(&verifier, token, &[&said], Some(&action), seconds).map(drop)
    };
    const END: u64 = 100 + 24 * 60 * 60 - 1;
    let mine = demanding(&holder, &own);
    let uses = (0..).take_while(|_| use_up(&mine, &own, 100, END).is_ok()).count();
    assert!((100..5_000).contains(&uses), "{uses}");
    let worker = root.attenuate(TokenBlock::new().held_by("worker")).unwrap();
    let others = [
        demanding(&root, &approver),
        demanding(&worker, &approver),
        demanding(&worker.attenuate(no_deletes()).unwrap(), &approver),
    ];
    for seconds in [100, 160, 3_700, END - 60] {
        for other in &others {
            for _ in 0..5 {
                use_up(other, &approver, seconds, seconds + 30).unwrap();
            }
        }
        let refused = use_up(&mine, &own, seconds, END);
        assert_eq!(refused.unwrap_err().reason(), TokenReason::TooManyPending, "at {seconds}");
    }
    // When its uses have ended, it has its share again.
    use_up(&mine, &own, END, END + 60).unwrap();
}
