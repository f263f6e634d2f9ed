//! Signed lists of revocations: each once, none left out, none of another.

use std::time::Duration;

use permitgate::Reason;
use permitgate::authority::{CapabilityId, Grant, Revocations};
use permitgate::prelude::*;
use permitgate::token::{
    Attestation, FeedError, RevocationFeed, RevocationList, RevocationReader, SigningKey, Token,
    TokenReason,
};

use crate::cbor::Item;
use crate::*;

fn operator() -> SigningKey {
    key(60)
}

fn list(sequence: u64, after: u64, issued: u64) -> RevocationList {
    RevocationList::new(sequence, after, at(issued))
}

/// A reader, and where it revokes.
fn reader() -> (RevocationReader, Revocations) {
    let revocations = Revocations::default();
    (RevocationReader::new(operator().public_key(), &revocations), revocations)
}

fn apply(reader: &RevocationReader, list: &RevocationList, now: u64) -> Result<(), TokenReason> {
    reader.apply(&list.sign(&operator()), at(now)).map_err(|error| error.reason())
}

#[test]
fn lists_are_applied_in_order_and_once() {
    let (reader, _) = reader();
    let (old, gap) = (Err(TokenReason::OldList), Err(TokenReason::ListGap));
    assert_eq!(apply(&reader, &list(3, 2, 100), 100), gap, "the first one is complete");
    assert_eq!(apply(&reader, &list(3, 0, 100), 100), Ok(()));
    assert_eq!(apply(&reader, &list(3, 0, 100), 100), old, "replayed");
    assert_eq!(apply(&reader, &list(2, 0, 101), 101), old, "a smaller number");
    assert_eq!(apply(&reader, &list(5, 4, 101), 101), gap);
    assert_eq!(apply(&reader, &list(4, 3, 99), 101), old, "dated before the last");
    assert_eq!(apply(&reader, &list(4, 3, 101), 101), Ok(()));
    assert_eq!(apply(&reader, &list(6, 2, 101), 101), Ok(()), "it says all since 2");
    assert_eq!(apply(&reader, &list(7, 7, 102), 102), gap);
    assert_eq!(apply(&reader, &list(900, 0, 102), 102), Ok(()), "complete again");
    assert_eq!(apply(&reader, &list(0, 0, 103), 103), old);
}

#[test]
fn nothing_of_a_refused_list_is_applied() {
    let (reader, revocations) = reader();
    let root = Token::mint(&key(1), mail().held_by("triage")).unwrap();
    let verifier = builder().revocations(&revocations).build().unwrap();
    let capability = verifier.verify(&bytes(&root), at(100)).unwrap();
    let rogue = list(2, 1, 100).holder("triage").subtree(capability.id()).key(key(1).id());
    assert_eq!((rogue.len(), rogue.is_empty(), rogue.sequence()), (3, false, 2));
    assert_eq!(apply(&reader, &rogue, 100), Err(TokenReason::ListGap));
    let forged = list(1, 0, 100).holder("triage").sign(&key(61));
    assert_eq!(reason(reader.apply(&forged, at(100))), TokenReason::WrongList);
    assert!(!capability.is_revoked());
    for (sequence, what) in (1..).zip([
        list(1, 0, 100).holder("triage"),
        list(1, 0, 100).subtree(capability.id()),
        list(1, 0, 100).key(key(1).id()),
    ]) {
        let (reader, revocations) = self::reader();
        let verifier = builder().revocations(&revocations).build().unwrap();
        let capability = verifier.verify(&bytes(&root), at(100)).unwrap();
        let ((gate, _), scope) = (gate(100), scope(&capability));
        assert!(gate.decide(&read_mail(), &scope).is_allow());
        assert_eq!(apply(&reader, &what, 100), Ok(()));
        assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::Revoked, "list {sequence}");
    }
}

#[test]
fn a_damaged_list_is_none() {
    let signed = list(1, 0, 100)
        .holder("triage")
        .subtree(CapabilityId::from_bytes([7; 16]))
        .key(key(1).id());
    let bytes = signed.sign(&operator());
    let public = operator().public_key();
    assert_eq!(RevocationList::decode(&bytes, &public).unwrap(), signed);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            reason(RevocationList::decode(&damaged, &public)),
            TokenReason::WrongList,
            "bit {bit}"
        );
    }
    for length in 0..bytes.len() {
        assert_eq!(
            reason(RevocationList::decode(&bytes[..length], &public)),
            TokenReason::WrongList
        );
    }
    assert_eq!(
        reason(RevocationList::decode(&[&bytes[..], &[0]].concat(), &public)),
        TokenReason::WrongList
    );
    // What the operator signs as an issuer or as somebody who attests is no list.
    let said = Attestation::for_token(&operator(), "x", [0; 32], at(200)).unwrap();
    assert_eq!(reason(RevocationList::decode(&said.to_bytes(), &public)), TokenReason::WrongList);
}

#[test]
fn a_list_is_as_fresh_as_it_was_when_it_was_issued() {
    let (reader, revocations) = reader();
    revocations.demand_feed(Duration::from_secs(10));
    assert_eq!(revocations.fresh_until(), Some(at(0)));
    // Held back for a while, then passed on.
    assert_eq!(apply(&reader, &list(1, 0, 100), 500), Ok(()));
    assert_eq!(revocations.fresh_until(), Some(at(110)));
    assert_eq!(apply(&reader, &list(2, 1, 500), 500), Ok(()));
    assert_eq!(revocations.fresh_until(), Some(at(510)));
    assert_eq!(apply(&reader, &list(2, 1, 500), 505), Err(TokenReason::OldList));
    assert_eq!(revocations.fresh_until(), Some(at(510)), "a replay refreshes nothing");
}

#[test]
fn a_list_of_the_future_is_not_fresh_for_longer_and_keeps_none_out() {
    let (reader, revocations) = reader();
    revocations.demand_feed(Duration::from_secs(10));
    assert_eq!(apply(&reader, &list(1, 0, 900_000), 100), Ok(()));
    assert_eq!(revocations.fresh_until(), Some(at(110)));
    // The operator's clock was set right: what it revokes now is in force now.
    assert_eq!(apply(&reader, &list(2, 1, 105).holder("triage"), 105), Ok(()));
    assert_eq!(revocations.fresh_until(), Some(at(115)));
    assert_eq!(apply(&reader, &list(3, 2, 104), 105), Err(TokenReason::OldList));
    let policy =
        Policy::new([Statement::permit("r").operations(Operation::Read).resources(["**"])])
            .unwrap();
    let grant = Grant::new(policy).held_by("triage").revoked_by(&revocations);
    assert!(Capability::root(grant, ambient_authority()).is_revoked());
}

struct Feed(Vec<Vec<u8>>, Option<&'static str>);

impl RevocationFeed for Feed {
    type Error = &'static str;
    fn lists_after(&mut self, sequence: u64) -> Result<Vec<Vec<u8>>, &'static str> {
        match self.1.take() {
            Some(error) => Err(error),
            None => Ok(self.0.split_off((sequence as usize).min(self.0.len()))),
        }
    }
}

#[test]
fn a_feed_is_asked_for_what_is_new() {
    let (reader, revocations) = reader();
    let signed = |sequence: u64| {
        list(sequence, sequence - 1, 100 + sequence)
            .holder(format!("agent-{sequence}"))
            .sign(&operator())
    };
    let mut feed = Feed(vec![signed(1), signed(2)], Some("down"));
    assert_eq!(reader.poll(&mut feed, at(200)), Err(FeedError::Feed("down")));
    assert_eq!(reader.poll(&mut feed, at(200)), Ok(2));
    let mut feed = Feed(vec![signed(1), signed(2)], None);
    assert_eq!(reader.poll(&mut feed, at(200)), Ok(0));
    let mut feed = Feed(vec![signed(1), signed(2), signed(3), signed(5)], None);
    let error = reader.poll(&mut feed, at(200)).unwrap_err();
    let FeedError::List(error) = error else { panic!("{error}") };
    assert_eq!(error.reason(), TokenReason::ListGap);
    let policy = || {
        Policy::new([Statement::permit("r").operations(Operation::Read).resources(["**"])]).unwrap()
    };
    let revoked = |agent: &'static str| {
        let grant = Grant::new(policy()).held_by(agent).revoked_by(&revocations);
        Capability::root(grant, ambient_authority()).is_revoked()
    };
    assert!(revoked("agent-3"), "what came before the refused one stays");
    assert!(!revoked("agent-5"));
}

#[test]
fn a_list_has_one_form() {
    let number = |key, number| (Item::Uint(key), Item::Uint(number));
    let holders = |names: &[&str]| {
        let names = names.iter().map(|name| Item::Text((*name).to_owned())).collect();
        (Item::Uint(5), Item::List(names))
    };
    let read = |entries: Vec<(Item, Item)>, behind: &[u8]| {
        let body = [Item::Map(entries).write(), behind.to_vec()].concat();
        let signed = signer::list(&[60; 32], &body);
        RevocationList::decode(&signed, &operator().public_key()).map_err(|error| error.reason())
    };
    let start = || vec![number(0, 1), number(1, 0), number(2, 100_000)];
    let with = |more: (Item, Item)| [start(), vec![more]].concat();
    assert_eq!(read(start(), &[]), Ok(list(1, 0, 100)));
    assert_eq!(read(with(holders(&["a"])), &[]), Ok(list(1, 0, 100).holder("a")));
    let long = Item::Other([&[0x1B][..], &1_u64.to_be_bytes()].concat());
    let others = [
        ("a byte behind", read(start(), &[0])),
        ("no holders, written out", read(with(holders(&[])), &[])),
        ("a long number", read(vec![(Item::Uint(0), long), number(1, 0), number(2, 1)], &[])),
        ("no number", read(vec![number(1, 0), number(2, 1)], &[])),
        ("keys that do not ascend", read(vec![number(1, 0), number(0, 1), number(2, 1)], &[])),
        ("a key that is not known", read(with(number(6, 0)), &[])),
    ];
    for (what, outcome) in others {
        assert_eq!(outcome, Err(TokenReason::WrongList), "{what}");
    }
}
