//! One unit is left of a budget: one effect begins, and what does not begin gives it back, in every interleaving.

use loom::thread;
use permitgate::Reason;
use permitgate::gate::Halt;

use crate::world::{AGENT, World, explore, explore_up_to};

fn used(world: &World) -> u64 {
    world.gate.budgets(&world.scope)[0].used().unwrap()
}

#[test]
fn two_effects_and_the_last_unit() {
    explore_up_to(Some(3), || {
        let world = World::budgeted(1);
        let other = thread::spawn({
            let world = world.clone();
            move || world.effect()
        });
        let effects = [world.effect(), other.join().unwrap()];
        let begun = effects.iter().filter(|effect| effect.is_ok()).count();
        let refused =
            effects.iter().flat_map(|effect| effect.err()).all(|r| r == Reason::BudgetSpent);
        assert!(begun == 1 && refused, "{effects:?}");
        assert_eq!(used(&world), 1);
        world.ledger.assert_settled();
    });
}

/// A halt comes while an effect begins: it began and is spent, or it did not and the unit is there again.
#[test]
fn a_halt_against_begin_loses_no_unit() {
    explore(|| {
        let world = World::budgeted(1);
        let permit = world.permit();
        assert_eq!(used(&world), 1);
        let effect = thread::spawn({
            let world = world.clone();
            move || permit.begin(&world.tool).map(|running| running.done()).is_ok()
        });
        world.gate.halt(Halt::Agent(AGENT));
        let began = effect.join().unwrap();
        assert_eq!(used(&world), u64::from(began));
        world.gate.resume(Halt::Agent(AGENT));
        assert_eq!(world.effect().is_ok(), !began);
    });
}
