//! Threads decide under the capabilities of a tree while another revokes: what starts after a revocation returned
//! is never allowed.
//!
//! `PERMITGATE_DECISIONS` says how many decisions; a thousand million take some minutes in release mode on two cores.

use permitgate::Reason;
use permitgate::authority::{Attenuation, CapabilityId, Grant, RevocationTarget, Revocations};
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};

use draw::Draw;
use race::World;

#[path = "testkit/draw.rs"]
mod draw;
#[path = "revocation/race.rs"]
mod race;

const DECISIONS: u64 = 400_000;
/// Decisions in one tree.
const PER_TREE: u64 = 100_000;

#[test]
fn nothing_is_allowed_after_it_was_revoked() {
    let told = std::env::var("PERMITGATE_DECISIONS").ok();
    let decisions = told.map_or(DECISIONS, |count| count.parse().expect("a number of decisions"));
    let (world, mut draw, mut all) = (World::new(), Draw(7), [0; 2]);
    for _ in 0..decisions.div_ceil(PER_TREE) {
        let count = world.race(&mut draw, PER_TREE);
        all = [all[0] + count[0], all[1] + count[1]];
    }
    println!("{} allowed, {} refused, none allowed after its revocation", all[0], all[1]);
    assert!(all.iter().all(|count| *count > decisions / 20), "{all:?}");
}

/// What is too much to be kept apart revokes everything under the same store, and nothing under another.
#[test]
fn too_many_revocations_revoke_everything() {
    let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
    let policy = Policy::new([read]).unwrap();
    let (full, other) = (Revocations::default(), Revocations::default());
    let of = |revocations: &Revocations| {
        let grant = Grant::new(policy.clone()).revoked_by(revocations);
        Capability::root(grant, ambient_authority())
    };
    let (one, two) = (of(&full), of(&other));
    for number in 0..permitgate::limits::MAX_REVOCATIONS as u128 {
        full.revoke(RevocationTarget::Subtree(CapabilityId::from_bytes(number.to_be_bytes())));
    }
    // Said again, it takes no more room.
    full.revoke(RevocationTarget::Subtree(CapabilityId::from_bytes([0; 16])));
    assert!(!one.is_revoked());
    full.revoke(RevocationTarget::Holder("one too many"));
    assert!(one.is_revoked() && of(&full).is_revoked() && !two.is_revoked());
}

/// A tree can be revoked in process without end: what is gone leaves no entry behind.
#[test]
fn revoking_in_process_fills_no_table() {
    let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
    let root = Capability::root(Policy::new([read]).unwrap(), ambient_authority());
    for _ in 0..=permitgate::limits::MAX_REVOCATIONS {
        root.attenuate(Attenuation::new()).unwrap().revoke();
    }
    assert!(!root.is_revoked());
}

#[test]
fn a_feed_that_falls_silent_stops_everything_under_it() {
    let clock = std::sync::Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_000)));
    let gate = Gate::builder().clock(clock.clone()).build().unwrap();
    let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
    let root = Capability::root(Policy::new([read]).unwrap(), ambient_authority());
    let below = root.delegate("triage", Attenuation::new()).unwrap();
    let scope = Scope::builder(&below).invoker("dana").agent("triage").build().unwrap();
    let tool = gate.tool("docs.read", Operation::Read);
    let action = tool.on("docs/intro");
    let decide = || gate.decide(&action, &scope).reason();
    let revocations = below.revocations();
    let second = Timestamp::from_unix_seconds;

    revocations.heard(second(999));
    assert_eq!((revocations.fresh_until(), decide()), (None, Reason::Permitted));
    revocations.demand_feed(std::time::Duration::from_secs(30));
    assert_eq!(decide(), Reason::RevocationsStale);
    revocations.heard(second(990));
    revocations.heard(second(980));
    assert_eq!((revocations.fresh_until(), decide()), (Some(second(1_020)), Reason::Permitted));
    // Given while it was fresh, and begun when it no longer is.
    let permit = gate.authorize(&action, &scope).unwrap();
    let running = gate.authorize(&action, &scope).unwrap().begin(&tool).unwrap();
    assert!(!running.halted());
    clock.set(second(1_020));
    assert!(running.halted());
    running.failed();
    assert_eq!(permit.begin(&tool).unwrap_err().reason(), Reason::RevocationsStale);
    // No feed can say that there is none.
    revocations.heard(Timestamp::MAX);
    assert!(revocations.fresh_until().is_some());
    assert_eq!(decide(), Reason::Permitted);
    // Demanded again, it must be heard of again.
    revocations.demand_feed(std::time::Duration::from_secs(5));
    assert_eq!(decide(), Reason::RevocationsStale);
}
