//! Revocations against decisions and effects, and how fresh what is known about them is.

use std::time::Duration;

use loom::sync::atomic::Ordering;
use loom::thread;
use permitgate::Reason;
use permitgate::authority::{Attenuation, RevocationTarget};
use permitgate::prelude::*;
use permitgate::time::Timestamp;

use crate::world::{AGENT, World, explore, flag};

/// The ways to revoke, of which each meets the scope of the world.
const REVOKES: [fn(&World); 4] = [
    |world| world.root.revoke(),
    |world| world.scope.capability().revoke(),
    |world| world.root.revocations().revoke(RevocationTarget::Subtree(world.root.id())),
    |world| world.root.revocations().revoke(RevocationTarget::Holder(AGENT)),
];

#[test]
fn nothing_is_allowed_after_a_revocation_returned() {
    for revoke in REVOKES {
        explore(move || {
            let (world, revoked) = (World::held(), flag());
            let revoker = thread::spawn({
                let (world, revoked) = (world.clone(), revoked.clone());
                move || {
                    revoke(&world);
                    revoked.store(true, Ordering::Release);
                }
            });
            for _ in 0..2 {
                let after = revoked.load(Ordering::Acquire);
                let began = world.effect();
                assert!(!(after && began.is_ok()), "began after the revocation returned");
            }
            revoker.join().unwrap();
            assert_eq!(world.effect(), Err(Reason::Revoked));
            world.ledger.assert_settled();
        });
    }
}

#[test]
fn a_revocation_meets_a_permit_that_was_given_before() {
    for revoke in REVOKES {
        explore(move || {
            let (world, revoked) = (World::held(), flag());
            let permit = world.permit();
            let effect = thread::spawn({
                let (world, revoked) = (world.clone(), revoked.clone());
                move || {
                    let after = revoked.load(Ordering::Acquire);
                    match permit.begin(&world.tool) {
                        Ok(running) => {
                            assert!(!after, "began after the revocation returned");
                            let after = revoked.load(Ordering::Acquire);
                            assert!(running.halted() || !after, "a running effect sees it");
                            running.done();
                        }
                        Err(refusal) => assert_eq!(refusal.reason(), Reason::Revoked),
                    }
                }
            });
            revoke(&world);
            revoked.store(true, Ordering::Release);
            effect.join().unwrap();
            world.ledger.assert_settled();
        });
    }
}

/// The scope remembers the epoch under which it was found clear; a revocation of it that comes at that very
/// moment must not be forgotten by that.
#[test]
fn what_a_scope_remembers_hides_no_revocation() {
    for revoke in REVOKES {
        explore(move || {
            let world = World::held();
            // Another one is revoked, so that the scope has to look.
            world.root.attenuate(Attenuation::new()).unwrap().revoke();
            let decider = thread::spawn({
                let world = world.clone();
                move || world.gate.decide(&world.action(), &world.scope).is_allow()
            });
            revoke(&world);
            assert!(!world.gate.decide(&world.action(), &world.scope).is_allow());
            decider.join().unwrap();
            assert_eq!(world.effect(), Err(Reason::Revoked), "the revocation was forgotten");
        });
    }
}

#[test]
fn two_revocations_at_once_do_not_hide_each_other() {
    for (one, other) in [(0, 1), (0, 3), (2, 3)] {
        explore(move || {
            let (world, first) = (World::held(), flag());
            // The other world hangs on the same root, and the same revocations.
            let sibling = world.sibling();
            let revoker = thread::spawn({
                let (world, first) = (world.clone(), first.clone());
                move || {
                    REVOKES[one](&world);
                    first.store(true, Ordering::Release);
                }
            });
            sibling.capability().revoke();
            let after = first.load(Ordering::Acquire);
            let allowed = world.gate.decide(&world.action(), &world.scope).is_allow();
            assert!(!(after && allowed), "one revocation hid the other");
            assert!(!world.gate.decide(&world.action(), &sibling).is_allow());
            REVOKES[other](&world);
            assert!(!world.gate.decide(&world.action(), &world.scope).is_allow());
            revoker.join().unwrap();
            assert_eq!(world.effect(), Err(Reason::Revoked));
        });
    }
}

/// From `demand_feed` on nothing is allowed until something was heard, and what is heard later counts.
#[test]
fn a_feed_that_was_not_heard_of_allows_nothing() {
    explore(|| {
        let (world, demanded) = (World::held(), flag());
        let demander = thread::spawn({
            let (world, demanded) = (world.clone(), demanded.clone());
            move || {
                world.root.revocations().demand_feed(Duration::from_millis(10));
                demanded.store(true, Ordering::Release);
            }
        });
        let after = demanded.load(Ordering::Acquire);
        let began = world.effect();
        assert!(!(after && began.is_ok()), "began without a feed");
        demander.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::RevocationsStale));
        world.ledger.assert_settled();
    });
}

/// Two feeds report at once; the later moment counts, in whatever order they come.
#[test]
fn the_latest_moment_that_was_heard_counts() {
    explore(|| {
        let world = World::held();
        let revocations = world.root.revocations().clone();
        revocations.demand_feed(Duration::from_millis(10));
        let hearer = thread::spawn({
            let revocations = revocations.clone();
            move || revocations.heard(Timestamp::from_unix_millis(995))
        });
        revocations.heard(Timestamp::from_unix_millis(985));
        let began = world.effect();
        assert!(began.is_ok() || began == Err(Reason::RevocationsStale));
        hearer.join().unwrap();
        assert_eq!(revocations.fresh_until(), Some(Timestamp::from_unix_millis(1_005)));
        assert_eq!(world.effect(), Ok(()));
        world.clock.set(Timestamp::from_unix_millis(1_005));
        assert_eq!(world.effect(), Err(Reason::RevocationsStale));
    });
}

/// Whoever sees that the feed was heard sees the revocations that were entered before.
#[test]
fn what_was_heard_was_entered_before() {
    explore(|| {
        let world = World::held();
        let revocations = world.root.revocations().clone();
        revocations.demand_feed(Duration::from_millis(10));
        let feed = thread::spawn({
            let revocations = revocations.clone();
            move || {
                revocations.revoke(RevocationTarget::Holder(AGENT));
                revocations.heard(Timestamp::from_unix_millis(1_000));
            }
        });
        assert!(world.effect().is_err(), "fresh, and not revoked");
        feed.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::Revoked));
    });
}
