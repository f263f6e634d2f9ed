//! What a verifier trusts and remembers: keys and their times, ceilings, identities, revocations.

use std::time::Duration;

use permitgate::Reason;
use permitgate::authority::{Budget, CapabilityId, RevocationTarget, Revocations};
use permitgate::decision::Layer;
use permitgate::model::Operations;
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{Presentation, Token, TokenBlock, TokenReason, TrustedIssuer, Verifier};

use crate::*;

fn only(operation: Operation) -> Policy {
    Policy::new([Statement::permit("ceiling").operations(operation).resources(["mail/**"])])
        .unwrap()
}

fn all() -> TokenBlock {
    TokenBlock::grant([Statement::permit("all").operations(Operations::ALL).resources(["**"])])
}

fn minted(number: u8, block: TokenBlock) -> Vec<u8> {
    bytes(&Token::mint(&key(number), block).unwrap())
}

#[test]
fn every_issuer_counts_under_its_own_ceiling() {
    let no_files = Restrictions::new([Statement::forbid("no-files")
        .operations(Operations::ALL)
        .resources(["files/**"])]);
    let verifier = Verifier::builder(HERE)
        .trust(TrustedIssuer::public(key(1).public_key()).at_most(only(Operation::Read)))
        .trust(TrustedIssuer::public(key(2).public_key()).at_most(only(Operation::Delete)))
        .trust(TrustedIssuer::public(key(3).public_key()).restrict(no_files.unwrap()))
        .trust(TrustedIssuer::public(key(4).public_key()))
        .build()
        .unwrap();
    let (gate, _) = gate(100);
    let answer = |number, action: &Action<'_>| {
        let decision =
            gate.decide(action, &scope(&verifier.verify(&minted(number, all()), at(100)).unwrap()));
        (decision.reason(), decision.grounds().layer())
    };
    let (read, delete, file) = (read_mail(), delete_mail(), Action::read("files.read", "files/1"));
    let not_permitted = (Reason::NotPermitted, Some(Layer::Issuer));
    assert_eq!(answer(1, &delete), not_permitted);
    assert_eq!(answer(2, &read), not_permitted);
    assert_eq!(answer(1, &file), not_permitted);
    assert_eq!(answer(3, &file), (Reason::Forbidden, Some(Layer::Issuer)));
    for (number, action) in
        [(1, &read), (2, &delete), (3, &read), (3, &delete), (4, &file), (4, &delete)]
    {
        assert_eq!(answer(number, action).0, Reason::Permitted, "{number}");
    }
    // The ceiling stays over what is attenuated, and over rights that are handed on.
    let right = [Statement::permit("r").operations(Operations::ALL).resources(["**"])];
    let root = Token::mint(&key(1), mail().hand_on("right", right)).unwrap();
    let below = root.attenuate(TokenBlock::new().using("right")).unwrap();
    let capability = verifier.verify(&bytes(&below), at(100)).unwrap();
    assert_eq!(capability.issuer(), Some(key(1).id()));
    assert_eq!(gate.decide(&delete, &scope(&capability)).grounds().layer(), Some(Layer::Issuer));
    assert!(gate.decide(&read, &scope(&capability)).is_allow());
    assert_eq!(Layer::Issuer.to_string(), "what the issuer may grant");
}

#[test]
fn keys_overlap_when_they_are_rotated() {
    let verifier = Verifier::builder(HERE)
        .trust(TrustedIssuer::public(key(1).public_key()).valid_until(at(200)))
        .trust(TrustedIssuer::public(key(2).public_key()).valid_from(at(150)))
        .build()
        .unwrap();
    let (old, new) = (minted(1, all()), minted(2, all()));
    let mut seen = Vec::new();
    for now in [149, 150, 199, 200] {
        let outcome =
            |token| verifier.verify(token, at(now)).map(drop).map_err(|error| error.reason());
        seen.push((outcome(&old), outcome(&new)));
    }
    let not = Err(TokenReason::KeyNotValid);
    assert_eq!(seen, [(Ok(()), not), (Ok(()), Ok(())), (Ok(()), Ok(())), (not, Ok(()))]);
    // What was verified before ends when its key does, and does not begin before.
    let (of_old, of_new) =
        (verifier.verify(&old, at(199)).unwrap(), verifier.verify(&new, at(199)).unwrap());
    assert_eq!((of_old.expires(), of_new.not_before()), (at(200), at(150)));
    let (gate, clock) = gate(199);
    let scope = scope(&of_old);
    assert!(gate.decide(&read_mail(), &scope).is_allow());
    clock.set(at(200));
    assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::Expired);
}

#[test]
fn the_validity_of_a_token_is_looked_at_each_time() {
    let verifier = verifier();
    let token = minted(1, all().valid_from(at(100)).expires_at(at(200)));
    for _ in 0..2 {
        let outcome =
            |now| verifier.verify(&token, at(now)).map(drop).map_err(|error| error.reason());
        assert_eq!(outcome(99), Err(TokenReason::NotYetValid));
        assert_eq!(outcome(100), Ok(()));
        assert_eq!(outcome(199), Ok(()));
        assert_eq!(outcome(200), Err(TokenReason::Expired));
    }
    let forever = minted(1, all());
    assert!(verifier.verify(&forever, Timestamp::MAX).is_ok());
}

#[test]
fn rotation_forgets_what_was_verified() {
    let verifier = verifier();
    let (old, new) = (minted(1, all()), minted(2, all()));
    let before = verifier.verify(&old, at(100)).unwrap();
    assert_eq!(refusal(&verifier, &new).reason(), TokenReason::UnknownKey);
    let clone = verifier.clone();
    clone.rotate([TrustedIssuer::public(key(2).public_key())]);
    assert_eq!(
        refusal(&verifier, &old).reason(),
        TokenReason::UnknownKey,
        "though it was remembered"
    );
    assert!(verifier.verify(&new, at(100)).is_ok());
    let (gate, _) = gate(100);
    assert!(gate.decide(&read_mail(), &scope(&before)).is_allow(), "what is in use stays");
    verifier.revocations().revoke(RevocationTarget::Key(key(1).id()));
    assert_eq!(gate.decide(&read_mail(), &scope(&before)).reason(), Reason::Revoked);
    // The same key under a lower ceiling: what was remembered under the higher one is gone.
    verifier.rotate([TrustedIssuer::public(key(2).public_key()).at_most(only(Operation::Read))]);
    let capability = verifier.verify(&new, at(100)).unwrap();
    assert_eq!(
        gate.decide(&delete_mail(), &scope(&capability)).grounds().layer(),
        Some(Layer::Issuer)
    );
    verifier.rotate([]);
    assert_eq!(refusal(&verifier, &new).reason(), TokenReason::UnknownKey);
}

/// A token whose verification takes a while: the keys are replaced before it ends.
#[test]
fn what_is_verified_while_keys_are_replaced_is_not_remembered() {
    let mut token = Token::mint(&key(1), all()).unwrap();
    for _ in 1..permitgate::limits::MAX_TOKEN_BLOCKS {
        token = token.attenuate(TokenBlock::new()).unwrap();
    }
    let sent = bytes(&token);
    let mut overtaken = 0;
    for _ in 0..40 {
        let verifier = verifier();
        std::thread::scope(|threads| {
            let slow = threads.spawn(|| verifier.verify(&sent, at(100)));
            std::thread::sleep(Duration::from_millis(1));
            verifier.rotate([]);
            overtaken += usize::from(slow.join().unwrap().is_ok());
        });
        assert_eq!(refusal(&verifier, &sent).reason(), TokenReason::UnknownKey);
    }
    println!("{overtaken} of 40 began before the keys were replaced");
}

#[test]
fn where_a_key_stands_twice_the_last_one_counts() {
    let verifier = builder()
        .trust(TrustedIssuer::public(key(1).public_key()).valid_until(at(50)))
        .build()
        .unwrap();
    assert_eq!(refusal(&verifier, &minted(1, all())).reason(), TokenReason::KeyNotValid);
}

#[test]
fn a_token_has_one_identity_however_often_it_is_loaded() {
    for room in [0, 1, 4096] {
        let verifier = builder().cache(room).build().unwrap();
        let root = Token::mint(&key(1), all()).unwrap();
        let token = root.attenuate(no_deletes()).unwrap();
        let sealed = token.seal().unwrap();
        let (gate, _) = gate(100);
        let first = verifier.verify(&bytes(&token), at(100)).unwrap();
        let second = verifier.verify(&bytes(&sealed), at(100)).unwrap();
        assert_eq!(first.lineage().collect::<Vec<_>>(), second.lineage().collect::<Vec<_>>());
        let ids: Vec<_> = token.blocks().map(|(id, _)| id).collect();
        assert_eq!(first.lineage().collect::<Vec<_>>(), [ids[1], ids[0]]);
        let scopes = [scope(&first), scope(&second)];
        assert!(scopes.iter().all(|scope| gate.decide(&read_mail(), scope).is_allow()));
        first.revoke();
        assert!(
            scopes.iter().all(|scope| gate.decide(&read_mail(), scope).reason() == Reason::Revoked)
        );
        drop((first, second, scopes));
        for again in [&token, &sealed, &token.attenuate(TokenBlock::new()).unwrap()] {
            assert_eq!(
                refusal(&verifier, &bytes(again)).reason(),
                TokenReason::Revoked,
                "with room for {room}"
            );
            assert_eq!(refusal(&verifier, &bytes(again)).reason(), TokenReason::Revoked, "again");
        }
        assert!(verifier.verify(&bytes(&root), at(100)).is_ok(), "what is above stays");
    }
}

#[test]
fn every_part_of_a_token_can_be_revoked() {
    let holder = key(40);
    let root = Token::mint(&key(1), all().held_by("lead")).unwrap();
    let token = root.attenuate(TokenBlock::new().held_by("triage")).unwrap();
    let bound = token.attenuate(TokenBlock::new().bound_to(holder.public_key())).unwrap();
    let last = bound.attenuate_as(&holder, no_deletes()).unwrap();
    let ids: Vec<_> = last.blocks().map(|(id, _)| id).collect();
    let everything = [
        RevocationTarget::Subtree(ids[0]),
        RevocationTarget::Subtree(ids[1]),
        RevocationTarget::Subtree(ids[2]),
        RevocationTarget::Subtree(ids[3]),
        RevocationTarget::Holder("lead"),
        RevocationTarget::Holder("triage"),
        RevocationTarget::Key(key(1).id()),
        RevocationTarget::Key(holder.public_key().id()),
    ];
    for what in everything {
        let verifier = verifier();
        let capability = verifier.verify(&bytes(&last), at(100)).unwrap();
        let ((gate, _), scope) = (gate(100), scope(&capability));
        assert!(gate.decide(&read_mail(), &scope).is_allow());
        verifier.revocations().revoke(what);
        assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::Revoked, "{what:?}");
        assert_eq!(refusal(&verifier, &bytes(&last)).reason(), TokenReason::Revoked, "{what:?}");
        let stays = !matches!(what, RevocationTarget::Subtree(id) if id == ids[0])
            && !matches!(what, RevocationTarget::Holder("lead"));
        let root = verifier.verify(&bytes(&root), at(100)).map_err(|error| error.reason());
        if matches!(what, RevocationTarget::Key(of) if of == key(1).id()) || !stays {
            assert_eq!(root.unwrap_err(), TokenReason::Revoked, "{what:?}");
        } else {
            assert!(root.is_ok(), "{what:?}");
        }
    }
    let verifier = verifier();
    for what in [
        RevocationTarget::Subtree(CapabilityId::from_bytes([7; 16])),
        RevocationTarget::Holder("somebody"),
        RevocationTarget::Key(key(2).id()),
    ] {
        verifier.revocations().revoke(what);
    }
    assert!(verifier.verify(&bytes(&last), at(100)).is_ok());
}

#[test]
fn what_is_presented_for_one_action_is_revoked_with_its_token() {
    let verifier = verifier();
    let token = Token::mint(&key(1), all()).unwrap();
    let (sent, read) = (bytes(&token), read_mail());
    let capability = verifier.present(&Presentation::of(&sent).for_action(&read), at(100)).unwrap();
    let id = token.blocks().next().unwrap().0;
    assert!(capability.lineage().any(|of| of == id), "its token stands in its lineage");
    let ((gate, _), scope) = (gate(100), scope(&capability));
    assert!(gate.decide(&read, &scope).is_allow());
    verifier.revocations().revoke(RevocationTarget::Subtree(id));
    assert_eq!(gate.decide(&read, &scope).reason(), Reason::Revoked);
    let again = verifier.present(&Presentation::of(&sent).for_action(&read), at(100));
    assert_eq!(reason(again), TokenReason::Revoked);

    // And the other way round: what is presented has the identity of its token.
    let token = Token::mint(&key(1), all()).unwrap();
    let sent = bytes(&token);
    let presented = verifier.present(&Presentation::of(&sent).for_action(&read), at(100)).unwrap();
    assert_eq!(presented.id(), token.blocks().next().unwrap().0);
    presented.revoke();
    assert_eq!(reason(verifier.verify(&sent, at(100))), TokenReason::Revoked);
}

#[test]
fn a_token_that_is_verified_again_has_its_budget_once() {
    let token = |key| minted(key, all().budget(Budget::actions("deletions", 2)));
    let verifier = builder().trust(TrustedIssuer::public(key(2).public_key())).build().unwrap();
    let (gate, _) = gate(100);
    let delete = |token: &[u8]| {
        let capability = verifier.verify(token, at(100)).unwrap();
        let done = gate.run(&delete_mail(), &scope(&capability), |_| Ok::<_, Refusal>(()));
        done.map_err(|error| error.to_string())
    };
    let (one, other) = (token(1), token(2));
    assert_eq!((delete(&one), delete(&one)), (Ok(()), Ok(())));
    assert!(delete(&one).unwrap_err().contains("of `deletions` 2 of 2 is used"));
    // Narrowed by whoever has it, it still is the same budget; another token has one of its own.
    let narrowed = Token::decode(&one).unwrap().attenuate(TokenBlock::new().held_by("triage"));
    assert!(delete(&bytes(&narrowed.unwrap())).is_err());
    assert_eq!(delete(&other), Ok(()));
}

#[test]
fn stale_revocations_refuse_at_the_verifier_and_at_the_gate() {
    let (verifier, token) = (verifier(), minted(1, all()));
    let ((gate, clock), capability) = (gate(100), verifier.verify(&token, at(100)).unwrap());
    let scope = scope(&capability);
    verifier.revocations().demand_feed(Duration::from_secs(10));
    assert_eq!(
        refusal(&verifier, &token).reason(),
        TokenReason::RevocationsStale,
        "nothing was heard yet"
    );
    assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::RevocationsStale);
    verifier.revocations().heard(at(100));
    assert!(verifier.verify(&token, at(109)).is_ok());
    assert!(gate.decide(&read_mail(), &scope).is_allow());
    assert_eq!(reason(verifier.verify(&token, at(110))), TokenReason::RevocationsStale);
    clock.set(at(110));
    assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::RevocationsStale);
    verifier.revocations().heard(at(90));
    assert_eq!(
        gate.decide(&read_mail(), &scope).reason(),
        Reason::RevocationsStale,
        "news of before"
    );
    verifier.revocations().heard(at(110));
    assert!(gate.decide(&read_mail(), &scope).is_allow());
}

#[test]
fn verifiers_that_share_revocations_revoke_together() {
    let shared = Revocations::default();
    let [one, other] = [(); 2].map(|()| builder().revocations(&shared).build().unwrap());
    let token = minted(1, all());
    one.verify(&token, at(100)).unwrap().revoke();
    assert_eq!(refusal(&other, &token).reason(), TokenReason::Revoked);
    assert!(
        verifier().verify(&token, at(100)).is_ok(),
        "one that stands alone does not hear of it"
    );
}

#[test]
fn a_verifier_has_a_name() {
    for name in ["", "a\nb", &"x".repeat(permitgate::limits::MAX_NAME_BYTES + 1)] {
        assert!(Verifier::builder(name).build().is_err(), "{name:?}");
    }
    assert_eq!(verifier().name(), HERE);
}
