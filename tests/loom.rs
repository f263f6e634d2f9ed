//! Every interleaving of the few threads that matter, tried by a model checker: stop against begin,
//! revoke against authorize and begin, change of configuration against decisions, and one outcome per permit.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release --test loom`. "After" means what a program can
//! know: a flag that was set after the call returned, or a thread that was joined.
#![cfg(loom)]

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::SeqCst};
use loom::thread;
use permitgate::decision::Ruling;
use permitgate::gate::{Halt, OwnedRunning, RuleContext, Running};
use permitgate::prelude::*;
use permitgate::record::Outcome;
use permitgate::time::Timestamp;
use permitgate::{Reason, Verdict};
use world::{AGENT, World, explore, explore_up_to, flag};

#[path = "loom/budgets.rs"]
mod budgets;
#[path = "loom/configuration.rs"]
mod configuration;
#[path = "loom/flow.rs"]
mod flow;
#[path = "loom/revocation.rs"]
mod revocation;
#[path = "loom/world.rs"]
mod world;

/// The three kinds of halt, of which each stops the scope of the world.
const HALTS: [fn(&World) -> Halt<'static>; 3] =
    [|_| Halt::Everything, |_| Halt::Agent(AGENT), |world| Halt::Lineage(world.root.id())];

#[test]
fn nothing_begins_after_a_halt_returned() {
    for halt in HALTS {
        explore(move || {
            let (world, halted) = (World::new(), flag());
            let halter = thread::spawn({
                let (world, halted) = (world.clone(), halted.clone());
                move || {
                    world.gate.halt(halt(&world));
                    halted.store(true, Ordering::Release);
                }
            });
            for _ in 0..2 {
                let after = halted.load(Ordering::Acquire);
                let began = world.effect();
                assert!(!(after && began.is_ok()), "began after the halt returned");
            }
            halter.join().unwrap();
            assert!(world.effect().is_err(), "began after the halt was joined");
            assert!(!world.gate.decide(&world.action(), &world.scope).is_allow());
            world.ledger.assert_settled();
        });
    }
}

#[test]
fn a_halt_meets_a_permit_that_was_given_before() {
    for halt in HALTS {
        explore(move || {
            let (world, halted) = (World::new(), flag());
            let permit = world.permit();
            let effect = thread::spawn({
                let (world, halted) = (world.clone(), halted.clone());
                move || {
                    let after = halted.load(Ordering::Acquire);
                    match permit.begin(&world.tool) {
                        Ok(running) => {
                            assert!(!after, "began after the halt returned");
                            let after = halted.load(Ordering::Acquire);
                            assert!(running.halted() || !after, "a running effect sees the halt");
                            running.done();
                        }
                        Err(refusal) => assert_eq!(refusal.reason().guard(), 1),
                    }
                }
            });
            world.gate.halt(halt(&world));
            halted.store(true, Ordering::Release);
            effect.join().unwrap();
            world.ledger.assert_settled();
        });
    }
}

/// A rule stands between the first look at the halts and the permit, and tells whether the halt had
/// been called by then. If it had not, the permit is from before, and the halt meets it.
#[test]
fn a_permit_from_before_a_halt_stays_refused_after_the_resume() {
    for halt in HALTS {
        explore(move || {
            let (calling, resumed) = (flag(), flag());
            let decided_before = flag();
            let rule = {
                let (calling, before) = (calling.clone(), decided_before.clone());
                move |_: &RuleContext<'_>| {
                    before.store(!calling.load(Ordering::Acquire), SeqCst);
                    Verdict::Pass
                }
            };
            let world = World::with(|gate| gate.rule("witness", rule));
            let halter = thread::spawn({
                let (world, calling, resumed) = (world.clone(), calling.clone(), resumed.clone());
                move || {
                    calling.store(true, Ordering::Release);
                    world.gate.halt(halt(&world));
                    world.gate.resume(halt(&world));
                    resumed.store(true, Ordering::Release);
                }
            });
            if let Ok(permit) = world.gate.authorize(&world.action(), &world.scope) {
                let before = decided_before.load(SeqCst);
                let after = resumed.load(Ordering::Acquire);
                let began = permit.begin(&world.tool).map(Running::done);
                assert!(!(before && after && began.is_ok()), "a resume revived a permit");
            }
            halter.join().unwrap();
            assert!(world.effect().is_ok(), "new decisions count again after the resume");
            world.ledger.assert_settled();
        });
    }
}

#[test]
fn when_a_wait_returns_no_effect_is_running() {
    for halt in HALTS {
        explore_up_to(Some(3), move || {
            let world = World::new();
            let waited = flag();
            let under_way = Arc::new(AtomicUsize::new(0));
            let effect = || {
                let (world, waited) = (world.clone(), waited.clone());
                let under_way = under_way.clone();
                thread::spawn(move || {
                    let permit = world.gate.authorize(&world.action(), &world.scope);
                    let Ok(running) = permit.and_then(|permit| permit.begin(&world.tool)) else {
                        return;
                    };
                    under_way.fetch_add(1, SeqCst);
                    assert!(!waited.load(SeqCst), "began, or still ran, after the wait");
                    thread::yield_now();
                    under_way.fetch_sub(1, SeqCst);
                    running.done();
                })
            };
            let effects = [effect(), effect()];
            let waiting = world.gate.halt_and_wait(halt(&world), Duration::MAX);
            assert_eq!(waiting, Ok(()));
            assert_eq!(under_way.load(SeqCst), 0, "an effect is running after the wait");
            waited.store(true, SeqCst);
            for effect in effects {
                effect.join().unwrap();
            }
            world.ledger.assert_settled();
        });
    }
}

#[test]
fn a_wait_sees_the_outcome_of_what_it_waited_for() {
    explore(|| {
        let world = World::new();
        let running = world.permit().begin(&world.tool).unwrap();
        let effect = thread::spawn(move || {
            let halted = running.halted();
            if halted {
                drop(running)
            } else {
                running.done()
            }
            halted
        });
        world.gate.halt_and_wait(Halt::Everything, Duration::MAX).unwrap();
        let outcomes = world.ledger.outcomes();
        let expected = if effect.join().unwrap() { Outcome::Abandoned } else { Outcome::Done };
        assert_eq!(outcomes, [(1, expected)], "the outcome was there before the wait returned");
        world.ledger.assert_settled();
    });
}

#[test]
fn one_permit_has_one_outcome_whatever_halts_it() {
    explore(|| {
        let world = World::new();
        let (unused, begun) = (world.permit(), world.permit());
        let other = thread::spawn({
            let world = world.clone();
            move || {
                drop(unused);
                begun.begin(&world.tool).map(OwnedRunning::done).is_ok()
            }
        });
        world.gate.halt(Halt::Everything);
        let began = other.join().unwrap();
        let second = if began { Outcome::Done } else { Outcome::Refused(Reason::GateHalted) };
        assert_eq!(world.ledger.outcomes(), [(1, Outcome::Unused), (2, second)]);
    });
}

#[test]
fn two_effects_of_one_scope_end_by_themselves() {
    explore(|| {
        let world = World::new();
        let other = thread::spawn({
            let world = world.clone();
            move || world.effect().unwrap()
        });
        world.effect().unwrap();
        other.join().unwrap();
        assert_eq!(world.ledger.outcomes().len(), 2);
        world.ledger.assert_settled();
        world.gate.halt_and_wait(Halt::Everything, Duration::MAX).unwrap();
    });
}

#[test]
fn nothing_begins_after_a_revocation() {
    explore(|| {
        let (world, revoked) = (World::new(), flag());
        let permit = world.permit();
        let other = thread::spawn({
            let (world, revoked) = (world.clone(), revoked.clone());
            move || {
                world.root.revoke();
                revoked.store(true, Ordering::Release);
            }
        });
        let after = revoked.load(Ordering::Acquire);
        let began = permit.begin(&world.tool);
        assert!(!(after && began.is_ok()), "an old permit began after the revocation");
        if let Ok(running) = began {
            let after = revoked.load(Ordering::Acquire);
            assert!(running.halted() || !after, "a running effect sees the revocation");
            running.done();
        }
        let after = revoked.load(Ordering::Acquire);
        assert!(!(after && world.effect().is_ok()), "began after the revocation");
        other.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::Revoked));
        world.ledger.assert_settled();
    });
}

/// The old configuration denies by its rule and has a shadow; the new one has neither. A decision that
/// mixes them would show the one without the other. The rule looks at the flag that is set after the
/// change, so that the model also tries a change while a decision is under way.
fn old_and_new(changed: &Arc<AtomicBool>) -> World {
    let changed = changed.clone();
    let old = move |_: &RuleContext<'_>| {
        let _ = changed.load(Ordering::Acquire);
        Verdict::deny("old")
    };
    let shadow = world::forbid_everything();
    World::with(|gate| gate.rule("old", old).shadow_guardrails(shadow))
}

fn change(world: &World) {
    let changed = world.gate.reconfigure(|old| old.without_rule("old").without_shadow());
    changed.unwrap();
}

#[test]
fn a_decision_sees_one_configuration_whole() {
    explore_up_to(Some(4), || {
        let changed = flag();
        let world = old_and_new(&changed);
        let reader = thread::spawn({
            let (world, changed) = (world.clone(), changed.clone());
            move || {
                let after = changed.load(Ordering::Acquire);
                let began = world.effect();
                assert!(began.is_ok() || !after, "decided by what was replaced");
            }
        });
        change(&world);
        changed.store(true, Ordering::Release);
        assert_eq!(world.effect(), Ok(()), "the writer's own decision is by the new one");
        reader.join().unwrap();
        assert_eq!(world.effect(), Ok(()), "nobody is left with the old one");
        for (ruling, shadow) in world.ledger.decisions() {
            assert_eq!(ruling == Ruling::Deny, shadow.is_some(), "a mixture of old and new");
        }
    });
}

/// One lane for both readers, so one of them finds it taken and goes the other way.
#[test]
fn readers_who_share_a_lane_see_the_change() {
    explore_up_to(Some(4), || {
        let changed = flag();
        let world = old_and_new(&changed);
        let reader = || {
            let (world, changed) = (world.clone(), changed.clone());
            thread::spawn(move || {
                let after = changed.load(Ordering::Acquire);
                let allowed = world.gate.decide(&world.action(), &world.scope).is_allow();
                assert!(allowed || !after, "decided by what was replaced");
            })
        };
        let readers = [reader(), reader()];
        change(&world);
        changed.store(true, Ordering::Release);
        for reader in readers {
            reader.join().unwrap();
        }
        assert!(world.gate.decide(&world.action(), &world.scope).is_allow());
    });
}

#[test]
fn two_changes_do_not_lose_each_other() {
    explore(|| {
        let world = World::new();
        let add = |name: &'static str| {
            let hold = |_: &RuleContext<'_>| Verdict::require_approval("asked");
            world.gate.reconfigure(move |present| present.rule(name, hold)).unwrap();
        };
        let other = thread::spawn({
            let gate = world.gate.clone();
            move || {
                let deny = |_: &RuleContext<'_>| Verdict::deny("no");
                gate.reconfigure(move |present| present.rule("deny", deny)).unwrap();
            }
        });
        add("hold");
        other.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::RuleDenied));
        world.gate.reconfigure(|present| present.without_rule("deny")).unwrap();
        assert_eq!(world.effect(), Err(Reason::RuleApproval));
    });
}

/// The scope remembers when it was last found clear; a halt of it that comes at that very moment must
/// not be forgotten by that.
#[test]
fn what_a_scope_remembers_hides_no_halt() {
    for halt in &HALTS[1..] {
        explore(move || {
            let world = World::new();
            world.gate.halt(Halt::Agent("another"));
            let halter = thread::spawn({
                let world = world.clone();
                move || world.gate.halt(halt(&world))
            });
            let decider = thread::spawn({
                let world = world.clone();
                move || world.gate.decide(&world.action(), &world.scope).is_allow()
            });
            world.gate.resume(Halt::Agent("another"));
            halter.join().unwrap();
            decider.join().unwrap();
            assert!(world.effect().is_err(), "the halt was forgotten");
        });
    }
}

/// The latest time seen goes forward under every interleaving, so an expiry that was seen stays.
#[test]
fn time_that_was_seen_does_not_come_back() {
    explore(|| {
        let expires = Timestamp::from_unix_seconds(1_000);
        let world = World::expiring(expires);
        let (seen, clock) = (AtomicBool::new(false), world.clock.clone());
        let seen = Arc::new(seen);
        let other = thread::spawn({
            let (world, seen) = (world.clone(), seen.clone());
            move || {
                clock.set(expires);
                assert_eq!(world.effect(), Err(Reason::Expired));
                // Back a little, as a clock that is being adjusted.
                clock.set(Timestamp::from_unix_millis(expires.as_unix_millis() - 1));
                seen.store(true, Ordering::Release);
            }
        });
        let after = seen.load(Ordering::Acquire);
        let began = world.effect();
        assert!(!(after && began.is_ok()), "an expiry that was seen was forgotten");
        other.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::Expired));
    });
}

/// Of targets that were resumed only so many are remembered; forgetting them must not let a permit
/// through that one of them met.
#[test]
fn a_permit_does_not_slip_through_while_old_halts_are_forgotten() {
    explore(|| {
        let (world, halted) = (World::new(), flag());
        for number in 0..1024 {
            let name = format!("agent {number}");
            world.gate.halt(Halt::Agent(&name));
            world.gate.resume(Halt::Agent(&name));
        }
        let permit = world.permit();
        let halter = thread::spawn({
            let (world, halted) = (world.clone(), halted.clone());
            move || {
                world.gate.halt(Halt::Agent(AGENT));
                halted.store(true, Ordering::Release);
                world.gate.resume(Halt::Agent(AGENT));
            }
        });
        let after = halted.load(Ordering::Acquire);
        let began = permit.begin(&world.tool).map(OwnedRunning::done);
        assert!(!(after && began.is_ok()), "began after the halt returned");
        halter.join().unwrap();
    });
}
