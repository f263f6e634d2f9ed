//! Scenarios about capabilities that travel as tokens: withdrawn, delegated, approved once.

use std::sync::Arc;
use std::time::Duration;

use crate::*;
use permitgate::authority::RevocationTarget;
use permitgate::model::ActionDigest;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::token::{
    Attestation, Demand, Presentation, RevocationList, RevocationReader, SigningKey, Token,
    TokenBlock, TokenError, TokenReason, TrustedIssuer, Verifier,
};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// Whoever checks tokens of `key(1)`.
fn verifier() -> Verifier {
    let issuer = TrustedIssuer::public(key(1).public_key());
    Verifier::builder("mail-gateway").trust(issuer).build().unwrap()
}

fn mail() -> TokenBlock {
    TokenBlock::grant([permit("mail", Operation::Read | Operation::Delete, "mail/{invoker}/**")])
}

/// What the holder of a token sends, and what the other side makes of it.
fn sent(verifier: &Verifier, token: &Token) -> Result<Capability, TokenError> {
    verifier.verify(&token.to_bytes().unwrap(), at(100))
}

const READ: fn() -> Action<'static> = || Action::read("mail.read", "mail/dana@example.com/1");
const DELETE: fn() -> Action<'static> = || Action::delete("mail.delete", "mail/dana@example.com/1");

#[test]
fn s08_revoking_a_token_stops_every_delegate_wherever_it_was_loaded() {
    let (gateway, archive, gate) = (verifier(), verifier(), gate());
    let root = Token::mint(&key(1), mail()).unwrap();
    let lead = root.attenuate(TokenBlock::new().held_by("lead")).unwrap();
    let helper = lead.attenuate(TokenBlock::new().held_by("triage")).unwrap();
    let scopes: Vec<_> = [&gateway, &archive]
        .map(|verifier| scope_of(&sent(verifier, &helper).unwrap(), DANA, "triage"))
        .into();
    assert!(scopes.iter().all(|scope| passes(&gate, &READ(), scope)));

    // The operator withdraws what the lead has; both processes hear of it.
    let operator = key(60);
    let (_, lead_id) = (root.link(), lead.blocks().last().unwrap().0);
    let list = RevocationList::new(1, 0, at(100)).subtree(lead_id).sign(&operator);
    for verifier in [&gateway, &archive] {
        let reader = RevocationReader::new(operator.public_key(), verifier.revocations());
        reader.apply(&list, at(100)).unwrap();
    }
    for scope in &scopes {
        assert_eq!(refused(&gate, &READ(), scope), Some(Reason::Revoked));
    }
    for delegate in [&lead, &helper, &helper.attenuate(TokenBlock::new()).unwrap()] {
        assert_eq!(sent(&archive, delegate).unwrap_err().reason(), TokenReason::Revoked);
    }
    let owner = sent(&gateway, &root).unwrap();
    assert!(passes(&gate, &READ(), &scope_of(&owner, DANA, "triage")));
    println!("S08 ok: the subtree stopped in both processes, the root goes on");
}

#[test]
fn s24_an_approval_is_good_once_also_under_a_race() {
    let (approver, verifier, gate) = (key(50), verifier(), gate());
    let demand = Demand::for_action("approved", approver.public_key());
    let token = Token::mint(&key(1), mail().demand(demand)).unwrap();
    let (bytes, delete) = (token.to_bytes().unwrap(), DELETE());
    let approval = || {
        let digest = ActionDigest::of(&delete).unwrap();
        Attestation::for_action(&approver, "approved", token.link(), digest, at(400)).unwrap()
    };
    let said = approval();
    let present = |said: &Attestation, now| {
        let presentation = Presentation::of(&bytes).attestation(said).for_action(&delete);
        verifier.present(&presentation, at(now))
    };
    // Everybody who heard it tries at once.
    let won = std::thread::scope(|threads| {
        let all: Vec<_> = (0..8).map(|_| threads.spawn(|| present(&said, 100))).collect();
        let answers = all.into_iter().map(|one| one.join().unwrap());
        answers.filter_map(Result::ok).collect::<Vec<_>>()
    });
    assert_eq!(won.len(), 1);
    // Within the 300 seconds for which it is dated, and after them.
    for now in [101, 399] {
        assert_eq!(present(&said, now).unwrap_err().reason(), TokenReason::AttestationReplayed);
    }
    assert_eq!(present(&said, 400).unwrap_err().reason(), TokenReason::AttestationExpired);
    let clock = Arc::new(ManualClock::new(at(100)));
    let timed = gate_with(Gate::builder().clock(clock));
    let scope = scope_of(&won[0], DANA, "triage");
    assert!(passes(&timed, &delete, &scope));
    let second = Action::delete("mail.delete", "mail/dana@example.com/2");
    assert_eq!(refused(&timed, &second, &scope), Some(Reason::NotThisAction));
    assert_eq!(refused(&gate, &delete, &scope), Some(Reason::Expired), "it ends with the approval");
    println!("S24 ok: one of eight got through, the replays were refused");
}

#[test]
fn s28_a_grant_that_travelled_is_withdrawn_on_the_record() {
    let (verifier, sink) = (verifier(), Arc::new(MemorySink::last(16)));
    let gate = gate_with(Gate::builder().sink(sink.clone()));
    let token = Token::mint(&key(1), mail().held_by("triage")).unwrap();
    let scope = scope_of(&sent(&verifier, &token).unwrap(), DANA, "triage");
    assert!(passes(&gate, &READ(), &scope));
    verifier.revocations().revoke(RevocationTarget::Holder("triage"));
    assert_eq!(refused(&gate, &READ(), &scope), Some(Reason::Revoked));
    assert_eq!(sent(&verifier, &token).unwrap_err().reason(), TokenReason::Revoked);
    let id = token.blocks().next().unwrap().0;
    let records = sink.records();
    let last = records.last().unwrap();
    assert_eq!((last.reason, last.capability), (Reason::Revoked, id), "the record names the token");
    let other = Token::mint(&key(1), mail().held_by("tidy")).unwrap();
    let scope = scope_of(&sent(&verifier, &other).unwrap(), DANA, "tidy");
    assert!(passes(&gate, &READ(), &scope));
    println!("S28 ok: withdrawn at once, on the record; another agent's grant stays");
}

#[test]
fn s30_a_delegated_token_is_the_intersection_and_what_was_laid_out_for_it() {
    let (verifier, gate) = (verifier(), gate());
    let notes = [permit("notes", Operation::Create, "notes/{invoker}/*")];
    let root = Token::mint(&key(1), mail().hand_on("note-taking", notes)).unwrap();
    let narrow = TokenBlock::at_most([permit("wide", Operations::ALL, "mail/**")]);
    let reader = root
        .attenuate(narrow.held_by("reader"))
        .and_then(|token| token.attenuate(TokenBlock::restrict([no_deletes()])))
        .unwrap();
    let scribe = root.attenuate(TokenBlock::new().using("note-taking").held_by("scribe")).unwrap();
    let note = Action::create("notes.add", "notes/dana@example.com/1");
    let owner = scope_of(&sent(&verifier, &root).unwrap(), DANA, "lead");
    let reader_scope = scope_of(&sent(&verifier, &reader).unwrap(), DANA, "reader");
    let scribe_scope = scope_of(&sent(&verifier, &scribe).unwrap(), DANA, "scribe");
    let table = [
        (&owner, [true, true, false]),
        (&reader_scope, [true, false, false]),
        (&scribe_scope, [false, false, true]),
    ];
    for (scope, expected) in table {
        let found = [READ(), DELETE(), note].map(|action| passes(&gate, &action, scope));
        assert_eq!(found, expected, "{}", scope.agent());
    }
    let more = reader.attenuate(TokenBlock::new().using("note-taking"));
    assert_eq!(
        more.unwrap_err().reason(),
        TokenReason::InvalidBlock,
        "it was not handed on to the reader"
    );
    println!("S30 ok: less than both, nothing without saying so, and exactly what was laid out");
}

fn no_deletes() -> Statement {
    Statement::forbid("no-deletes").operations(Operation::Delete)
}

#[test]
fn s38_a_revoked_token_is_refused_at_the_next_decision() {
    let (verifier, gate) = (verifier(), gate());
    let token = Token::mint(&key(1), mail()).unwrap();
    let scope = scope_of(&sent(&verifier, &token).unwrap(), DANA, "triage");
    let tool = gate.tool("mail.read", Operation::Read);
    let action = tool.on("mail/dana@example.com/1");
    let permit = gate.authorize(&action, &scope).unwrap();
    for _ in 0..1000 {
        assert!(gate.decide(&READ(), &scope).is_allow());
    }
    verifier.revocations().revoke(RevocationTarget::Key(key(1).id()));
    assert_eq!(gate.decide(&READ(), &scope).reason(), Reason::Revoked);
    assert!(permit.begin(&tool).is_err(), "a permit that was given before is worth nothing");

    // Where revocations come from elsewhere, silence is noticed.
    let verifier = self::verifier();
    verifier.revocations().demand_feed(Duration::from_secs(5));
    verifier.revocations().heard(at(96));
    assert!(sent(&verifier, &token).is_ok());
    verifier.revocations().demand_feed(Duration::from_secs(5));
    verifier.revocations().heard(at(95));
    assert_eq!(sent(&verifier, &token).unwrap_err().reason(), TokenReason::RevocationsStale);
    println!("S38 ok: no minute of grace, not for permits either, and none when nothing is heard");
}
