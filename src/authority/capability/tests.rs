//! What tokens will build on: roots with an issuer, and identities that come from outside.

use std::sync::Arc;

use super::*;
use crate::model::action::{Operation, Operations};
use crate::policy::{Policy, Statement};
use crate::state::budget::Ledger;

fn policy(resource: &str) -> Policy {
    let permit = Statement::permit("p").operations(Operation::Read).resources([resource]);
    Policy::new([permit]).unwrap()
}

fn id(number: u8) -> CapabilityId {
    CapabilityId::from_bytes([number; 16])
}

fn key(number: u8) -> KeyId {
    KeyId::from_bytes([number; 16])
}

/// A root from issuer 1, bound to key 2, held by `ops`; below it one bound to key 3, held by `triage`.
fn chain(revocations: &Revocations) -> (Capability, Capability) {
    let issuer = Issuer { key: key(1), ceiling: vec![policy("a/**").0] };
    let grant = Grant::new(policy("a/b/**")).held_by("ops").bound_to(key(2));
    let root = Capability::issued(grant, id(1), issuer, revocations, &Ledger::default()).unwrap();
    let below = Attenuation::from(policy("a/b/c")).held_by("triage").bound_to(key(3));
    let below = root.attenuated_as(below, id(2)).unwrap();
    (root, below)
}

#[test]
fn the_ceiling_of_the_issuer_is_the_first_layer() {
    let (root, below) = chain(&Revocations::default());
    let layers =
        |of: &Capability| of.layers().into_iter().map(|(layer, _)| layer).collect::<Vec<_>>();
    let (issuer, own, added) = (Layer::Issuer, Layer::Capability(0), Layer::Capability(1));
    assert_eq!(layers(&root), [issuer, own]);
    assert_eq!(layers(&below), [issuer, own, added]);
    assert_eq!(below.issuer(), Some(key(1)));
    let links: Vec<_> = below.chain().map(|link| (link.id(), link.holder(), link.key())).collect();
    let expected = [(id(2), Some("triage"), Some(key(3))), (id(1), Some("ops"), Some(key(2)))];
    assert_eq!(links, expected);
}

#[test]
fn a_token_that_comes_again_is_still_revoked() {
    let revocations = Revocations::default();
    let (root, below) = chain(&revocations);
    below.revoke();
    assert!(below.is_revoked() && !root.is_revoked());
    drop((root, below));
    let (root, below) = chain(&revocations);
    assert!(below.is_revoked() && !root.is_revoked());
    assert!(!chain(&Revocations::default()).1.is_revoked());
    root.revoke();
    assert!(chain(&revocations).0.is_revoked());
}

#[test]
fn whatever_stands_in_the_lineage_can_be_revoked() {
    let both = (true, true);
    let cases = [
        (RevocationTarget::Subtree(id(1)), both),
        (RevocationTarget::Subtree(id(2)), (false, true)),
        (RevocationTarget::Holder("ops"), both),
        (RevocationTarget::Holder("triage"), (false, true)),
        (RevocationTarget::Key(key(1)), both),
        (RevocationTarget::Key(key(2)), both),
        (RevocationTarget::Key(key(3)), (false, true)),
        (RevocationTarget::Subtree(id(3)), (false, false)),
        (RevocationTarget::Holder("opsx"), (false, false)),
        (RevocationTarget::Key(key(4)), (false, false)),
    ];
    for (what, expected) in cases {
        let revocations = Revocations::default();
        let (root, below) = chain(&revocations);
        revocations.revoke(what);
        assert_eq!((root.is_revoked(), below.is_revoked()), expected, "{what:?}");
    }
}

#[test]
fn what_is_malformed_is_not_issued() {
    let revocations = Revocations::default();
    let issue = |grant: Grant| {
        let issuer = Issuer { key: key(1), ceiling: Vec::new() };
        Capability::issued(grant, id(1), issuer, &revocations, &Ledger::default())
            .map_err(|error| error.to_string())
    };
    let plain = || Grant::new(policy("a"));
    assert!(issue(plain()).is_ok());
    assert!(issue(plain().held_by("")).is_err());
    let mut many = plain();
    for number in 0..=MAX_HAND_ON {
        many = many.hand_on(format!("right {number}"), policy("a"));
    }
    assert_eq!(issue(many).unwrap_err(), "attenuation: more than 16 rights to hand on");
}

/// The stack must hold the longest lineage while it is dropped.
#[test]
fn the_longest_lineage_is_dropped() {
    let mut capability = Capability::root(policy("a"), ambient_authority());
    while let Ok(deeper) = capability.attenuate(Attenuation::new()) {
        capability = deeper;
    }
    assert_eq!(capability.depth(), MAX_LINEAGE - 1);
    let last: Arc<str> = "last".into();
    assert!(capability.delegate(last, Attenuation::new()).is_err());
}

/// They would draw on one counter, and the shorter span would empty the longer.
#[test]
fn budgets_of_one_grant_have_names_of_their_own() {
    use std::time::Duration;

    let hour = || Budget::actions("deletions", 9).per(Duration::from_secs(3600));
    let minute = || Budget::actions("deletions", 3).per(Duration::from_secs(60));
    let fault = |error: AttenuateError| (error.kind(), error.field(), error.to_string());
    let expected = (
        AttenuateErrorKind::RepeatedBudget,
        "budget",
        "attenuation: two budgets have the name `deletions`".to_owned(),
    );
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let grant = Grant::new(Policy::new([all]).unwrap()).budget(hour());
    let twice = Capability::root(grant.clone().budget(minute()), ambient_authority());
    assert_eq!(fault(twice.check_grant().unwrap_err()), expected);
    assert!(twice.attenuate(Attenuation::new()).is_err());
    // Of another it may say the same: each has a counter of its own.
    let once = Capability::root(grant, ambient_authority());
    let child = once.attenuate(Attenuation::new().budget(minute())).unwrap();
    assert_eq!(child.budgets().count(), 2);
    let error = once.attenuate(Attenuation::new().budget(hour()).budget(hour())).unwrap_err();
    assert_eq!(fault(error), expected);
}
