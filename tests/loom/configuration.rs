//! A change of the configuration against the beginning of an effect that was permitted before it, in every
//! interleaving, both ways.

use loom::sync::atomic::Ordering;
use loom::thread;
use permitgate::Reason;
use permitgate::gate::{Configuration, Halt, OwnedRunning};
use permitgate::prelude::*;
use permitgate::record::Outcome;

use crate::world::{World, explore, explore_up_to, flag, forbid_everything};

#[test]
fn nothing_begins_after_a_stricter_configuration_is_in_force() {
    explore_up_to(Some(4), || {
        let (world, changed) = (World::new(), flag());
        let permit = world.permit();
        let other = thread::spawn({
            let (world, changed) = (world.clone(), changed.clone());
            move || {
                world.gate.reconfigure(|c| c.guardrails(forbid_everything())).unwrap();
                changed.store(true, Ordering::Release);
            }
        });
        let after = changed.load(Ordering::Acquire);
        match permit.begin(&world.tool) {
            Ok(running) => {
                assert!(!after, "began after the change returned");
                running.done();
            }
            Err(refusal) => assert_eq!(refusal.reason(), Reason::GuardrailForbids),
        }
        other.join().unwrap();
        assert_eq!(world.effect(), Err(Reason::GuardrailForbids));
        world.ledger.assert_settled();
    });
}

/// A permit of before a change that takes away and one that gives back: whatever it meets, once both have returned it begins.
#[test]
fn what_is_looser_in_the_end_begins() {
    explore_up_to(Some(3), || {
        let (world, back) = (World::new(), flag());
        let permit = world.permit();
        let other = thread::spawn({
            let (world, back) = (world.clone(), back.clone());
            move || {
                world.gate.reconfigure(|c| c.guardrails(forbid_everything())).unwrap();
                world.gate.reconfigure(Configuration::without_guardrails).unwrap();
                back.store(true, Ordering::Release);
            }
        });
        let after = back.load(Ordering::Acquire);
        match permit.begin(&world.tool) {
            Ok(running) => running.done(),
            Err(refusal) => {
                assert!(!after, "refused by a configuration that was gone");
                assert_eq!(refusal.reason(), Reason::GuardrailForbids);
            }
        }
        other.join().unwrap();
        assert_eq!(world.effect(), Ok(()));
        world.ledger.assert_settled();
    });
}

/// A shadow that comes at that very moment refuses nothing and asks nothing.
#[test]
fn a_shadow_meets_no_permit() {
    explore(|| {
        let world = World::new();
        let permit = world.permit();
        let other = thread::spawn({
            let world = world.clone();
            move || world.gate.reconfigure(|c| c.shadow_guardrails(forbid_everything())).unwrap()
        });
        permit.begin(&world.tool).unwrap().done();
        other.join().unwrap();
        world.ledger.assert_settled();
    });
}

/// Two effects of different lanes, and a change and a halt in between: the wait ends, and nothing runs.
#[test]
fn a_wait_covers_every_lane() {
    explore_up_to(Some(3), || {
        let world = World::new();
        let permits = [world.permit(), world.permit()];
        let effects = permits.map(|permit| {
            let world = world.clone();
            thread::spawn(move || permit.begin(&world.tool).map(OwnedRunning::done).is_ok())
        });
        let waited = world.gate.halt_and_wait(Halt::Everything, std::time::Duration::MAX);
        assert_eq!(waited, Ok(()));
        let outcomes = world.ledger.outcomes();
        for effect in effects {
            effect.join().unwrap();
        }
        // What had begun had ended before the wait returned, so only refusals came after.
        let later = &world.ledger.outcomes()[..];
        let done = |all: &[(u64, Outcome)]| all.iter().filter(|o| o.1 == Outcome::Done).count();
        assert_eq!(done(later), done(&outcomes), "an effect ended after the wait");
        world.ledger.assert_settled();
    });
}
