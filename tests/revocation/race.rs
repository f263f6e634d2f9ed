//! Threads that decide under the capabilities of a tree while another revokes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use permitgate::authority::{Attenuation, Grant, RevocationTarget};
use permitgate::gate::Running;
use permitgate::prelude::*;
use permitgate::time::ManualClock;

use super::draw::Draw;

/// Capabilities in one tree.
const NODES: usize = 64;
/// Revocations in one tree.
pub(crate) const REVOCATIONS: usize = 8;
const DECIDERS: u64 = 2;
/// After how many decisions a thread says so.
const STEP: u64 = 32;

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
    fn revoke(&self, mut draw: Draw, decisions: u64, decided: &AtomicU64) {
        for number in 0..REVOCATIONS {
            let due = decisions * (number as u64 + 1) / (REVOCATIONS as u64 + 1);
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
            if number % STEP == 0 {
                decided.fetch_add(STEP, Ordering::Relaxed);
            }
        }
        counts
    }
}

/// Counts as many decisions as anybody waits for when a thread ends, also by a panic, so that nobody waits for it.
struct End<'d>(&'d AtomicU64);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(u64::MAX / 4, Ordering::Relaxed);
    }
}

/// The policy of every tree, and the gate that decides under it.
pub(crate) struct World {
    policy: Policy,
    gate: Gate,
}

impl World {
    pub(crate) fn new() -> Self {
        let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
        let gate = Gate::builder().clock(ManualClock::default()).build().unwrap();
        Self { policy: Policy::new([read]).unwrap(), gate }
    }

    /// Revokes in one tree while `decisions` are made under it, and gives how many were allowed and how many were not.
    ///
    /// Panics where something is allowed, permitted or begun after its revocation returned.
    pub(crate) fn race(&self, draw: &mut Draw, decisions: u64) -> [u64; 2] {
        let tree = Tree::draw(draw, &self.policy);
        let (decided, start) = (AtomicU64::new(0), Barrier::new(DECIDERS as usize));
        let seeds = [draw.number(), draw.number()];
        let counts = std::thread::scope(|threads| {
            let deciders = seeds.map(|seed| {
                let (tree, gate, decided, start) = (&tree, &self.gate, &decided, &start);
                threads.spawn(move || {
                    let _end = End(decided);
                    start.wait();
                    tree.decide(gate, Draw(seed), decisions / DECIDERS, decided)
                })
            });
            tree.revoke(Draw(draw.number()), decisions, &decided);
            deciders.map(|decider| decider.join().unwrap())
        });
        let left = tree
            .scopes
            .iter()
            .zip(&tree.revoked)
            .filter(|(_, revoked)| revoked.load(Ordering::Relaxed));
        assert!(left.clone().all(|(scope, _)| scope.capability().is_revoked()));
        counts.iter().fold([0, 0], |all, count| [all[0] + count[0], all[1] + count[1]])
    }
}
