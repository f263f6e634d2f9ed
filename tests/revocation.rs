//! Threads decide under the capabilities of a tree while another revokes: what starts after a revocation returned
//! is never allowed.
//!
//! `PERMITGATE_DECISIONS` says how many decisions; a thousand million take some minutes in release mode on two cores.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use permitgate::Reason;
use permitgate::authority::{Attenuation, CapabilityId, Grant, RevocationTarget, Revocations};
use permitgate::gate::Running;
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};

use draw::Draw;

#[path = "testkit/draw.rs"]
mod draw;

const DECISIONS: u64 = 400_000;
/// Capabilities in one tree.
const NODES: usize = 64;
/// Revocations in one tree.
const REVOCATIONS: usize = 8;
const PER_TREE: u64 = 100_000;
const DECIDERS: u64 = 2;

struct Tree {
    scopes: Vec<Scope>,
    /// For each capability those below it, itself among them.
    below: Vec<Vec<usize>>,
    /// Set once the revocation of it, or of one above it, has returned.
    revoked: Vec<AtomicBool>,
}

impl Tree {
    fn draw(draw: &mut Draw, policy: &Policy) -> Self {
        let root = Capability::root(Grant::new(policy.clone()).held_by("a0"), ambient_authority());
        let (mut all, mut lineages) = (vec![root], vec![vec![0]]);
        for place in 1..NODES {
            let parent = draw.below(place).max(draw.below(place));
            let child = all[parent].delegate(format!("a{place}"), Attenuation::new());
            all.push(child.unwrap());
            lineages.push(lineages[parent].iter().copied().chain([place]).collect());
        }
        let scope = |capability: &Capability| {
            let agent = capability.holder().unwrap();
            Scope::builder(capability).invoker("dana").agent(agent).build().unwrap()
        };
        let under = |at: &usize| (0..NODES).filter(|place| lineages[*place].contains(at)).collect();
        Self {
            scopes: all.iter().map(scope).collect(),
            below: (0..NODES).map(|at| under(&at)).collect(),
            revoked: (0..NODES).map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// Revokes one by one, rather leaves than the root, in each of the ways that there are.
    fn revoke(&self, mut draw: Draw, decided: &AtomicU64) {
        for number in 0..REVOCATIONS {
            let due = PER_TREE * (number as u64 + 1) / (REVOCATIONS as u64 + 1);
            while decided.load(Ordering::Relaxed) < due {
                std::thread::yield_now();
            }
            let at = draw.below(NODES).max(draw.below(NODES));
            let capability = self.scopes[at].capability();
            match number % 3 {
                0 => capability.revoke(),
                1 => capability.revocations().revoke(RevocationTarget::Subtree(capability.id())),
                _ => capability
                    .revocations()
                    .revoke(RevocationTarget::Holder(capability.holder().unwrap())),
            }
            for place in &self.below[at] {
                self.revoked[*place].store(true, Ordering::Release);
            }
        }
    }

    /// How many were allowed, how many were not since they were revoked.
    fn decide(&self, gate: &Gate, mut draw: Draw, times: u64, decided: &AtomicU64) -> [u64; 2] {
        let tool = gate.tool("docs.read", Operation::Read);
        let action = tool.on("docs/team/intro");
        let mut counts = [0; 2];
        for number in 0..times {
            let at = draw.below(NODES);
            let scope = &self.scopes[at];
            let after = self.revoked[at].load(Ordering::Acquire);
            let allowed = if number % 16 > 0 {
                gate.decide(&action, scope).is_allow()
            } else {
                let permit = gate.authorize(&action, scope);
                assert!(!after || permit.is_err(), "a permit after the revocation");
                // What was given before the revocation does not begin after it.
                let after = self.revoked[at].load(Ordering::Acquire);
                let began = permit.and_then(|permit| permit.begin(&tool)).map(Running::done);
                assert!(!after || began.is_err(), "began after the revocation");
                began.is_ok()
            };
            assert!(!(after && allowed), "allowed after the revocation");
            counts[usize::from(!allowed)] += 1;
            if number % 256 == 0 {
                decided.fetch_add(256, Ordering::Relaxed);
            }
        }
        counts
    }
}

#[test]
fn nothing_is_allowed_after_it_was_revoked() {
    let told = std::env::var("PERMITGATE_DECISIONS").ok();
    let decisions = told.map_or(DECISIONS, |count| count.parse().expect("a number of decisions"));
    let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
    let policy = Policy::new([read]).unwrap();
    let gate = Gate::builder().clock(ManualClock::default()).build().unwrap();
    let trees = decisions.div_ceil(PER_TREE);
    let mut draw = Draw(7);
    let mut all = [0; 2];
    for _ in 0..trees {
        let tree = Tree::draw(&mut draw, &policy);
        let (decided, start) = (AtomicU64::new(0), Barrier::new(DECIDERS as usize));
        let seeds = [draw.number(), draw.number()];
        let counts = std::thread::scope(|threads| {
            let deciders = seeds.map(|seed| {
                let (tree, gate, decided, start) = (&tree, &gate, &decided, &start);
                threads.spawn(move || {
                    start.wait();
                    tree.decide(gate, Draw(seed), PER_TREE / DECIDERS, decided)
                })
            });
            tree.revoke(Draw(draw.number()), &decided);
            deciders.map(|decider| decider.join().unwrap())
        });
        for count in counts {
            all = [all[0] + count[0], all[1] + count[1]];
        }
        let left = tree
            .scopes
            .iter()
            .zip(&tree.revoked)
            .filter(|(_, revoked)| revoked.load(Ordering::Relaxed));
        assert!(left.clone().all(|(scope, _)| scope.capability().is_revoked()));
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
