//! Tables that are full, roots that are gone, and what a call would draw: with tables small enough to fill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::authority::budget::{Budget, Share};
use crate::authority::capability::{Attenuation, Capability, Grant, ambient_authority};
use crate::authority::scope::Scope;
use crate::base::clock::ManualClock;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::gate::Gate;
use crate::manifest::{EffectSpec, Manifest, ToolSpec};
use crate::model::action::{Action, Operation, Operations};
use crate::model::arguments::{Arguments, NoArguments, Value};
use crate::policy::{Policy, Statement};
use crate::state::budget::{GateBudgets, Ledger};

const MINUTE: Duration = Duration::from_secs(60);

fn delete<'a>() -> Action<'a> {
    Action::delete("mail.delete", "mail/1")
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

fn gate() -> (Gate, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(1_000)));
    (Gate::builder().clock(Arc::clone(&clock)).build().unwrap(), clock)
}

/// With these budgets, and room for so many counters.
fn counting(gate: &Gate, most: usize, budgets: impl IntoIterator<Item = Budget>) {
    gate.reconfigure(|mut configuration| {
        configuration.budgets = GateBudgets::of(most).with(budgets);
        configuration
    })
    .unwrap();
}

fn grant(budgets: impl IntoIterator<Item = Budget>) -> Grant {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    budgets.into_iter().fold(Grant::new(Policy::new([all]).unwrap()), Grant::budget)
}

fn root(grant: Grant) -> Capability {
    Capability::root(grant, ambient_authority())
}

fn scope(capability: &Capability, invoker: &str) -> Scope {
    Scope::builder(capability).invoker(invoker).agent("tidy").build().unwrap()
}

fn perform(gate: &Gate, scope: &Scope) -> Result<(), Reason> {
    let tool = gate.tool("mail.delete", Operation::Delete);
    let permit = gate.authorize(&delete(), scope).map_err(|refusal| refusal.reason())?;
    permit.begin(&tool).map(|running| running.done()).map_err(|refusal| refusal.reason())
}

#[test]
fn a_table_that_was_full_has_room_when_windows_have_passed() {
    let budget = || Budget::actions("each", 1).per(MINUTE).shared_by(Share::Invoker);
    let check = |gate: &Gate, clock: &ManualClock, capability: &Capability| {
        let scope = |invoker| scope(capability, invoker);
        assert_eq!((perform(gate, &scope("a")), perform(gate, &scope("b"))), (Ok(()), Ok(())));
        let late = scope("c");
        assert_eq!(perform(gate, &late), Err(Reason::BudgetUncounted));
        let decision = gate.decide(&delete(), &late);
        assert_eq!(
            decision.to_string(),
            "deny: a budget applies, and what it would draw on that cannot be counted: of `each` no counter is left: as many are in use as there may be"
        );
        let budget = decision.grounds().budget().unwrap();
        assert_eq!((budget.has_counter(), budget.needs(), budget.room_in()), (false, 1, None));
        clock.set(at(1_061));
        assert_eq!(perform(gate, &late), Ok(()), "the scope that found no room");
        assert_eq!(perform(gate, &late), Err(Reason::BudgetSpent), "it counts from then on");
        assert_eq!(gate.budgets(&late)[0].used(), Some(1));
        assert_eq!(perform(gate, &scope("d")), Ok(()), "and another");
        assert_eq!(perform(gate, &scope("e")), Err(Reason::BudgetUncounted), "full again");
    };
    // Of a root, and of a gate.
    let (gate_of, clock) = gate();
    check(&gate_of, &clock, &root(grant([budget()]).counted_by(&Ledger::of(8, 2))));
    let (gate_of, clock) = gate();
    counting(&gate_of, 2, [budget()]);
    check(&gate_of, &clock, &root(grant([])));
}

#[test]
fn a_named_root_that_is_gone_keeps_what_it_counted() {
    let (gate, _) = gate();
    let ledger = Ledger::of(8, 1);
    let mint = |invoker| {
        let budget = Budget::actions("each", 1).shared_by(Share::Invoker);
        scope(&root(grant([budget]).named("dana/tidy").counted_by(&ledger)), invoker)
    };
    assert_eq!(perform(&gate, &mint("dana")), Ok(()));
    // Another asks for room while nobody has the root.
    assert_eq!(perform(&gate, &mint("lee")), Err(Reason::BudgetUncounted));
    assert_eq!(perform(&gate, &mint("dana")), Err(Reason::BudgetSpent), "it was forgotten");
}

#[test]
fn what_a_gate_counts_of_a_root_goes_with_the_root() {
    let (gate, clock) = gate();
    counting(&gate, 1, [Budget::actions("each", 1).shared_by(Share::Lineage)]);
    let (one, other) = (root(grant([])), root(grant([])));
    assert_eq!(perform(&gate, &scope(&one, "dana")), Ok(()));
    let child = one.delegate("tidy", Attenuation::new()).unwrap();
    drop(one);
    assert_eq!(perform(&gate, &scope(&other, "dana")), Err(Reason::BudgetUncounted));
    assert_eq!(perform(&gate, &scope(&child, "dana")), Err(Reason::BudgetSpent), "it lives below");
    drop(child);
    clock.set(at(1_001));
    assert_eq!(perform(&gate, &scope(&other, "dana")), Ok(()));
    assert_eq!(perform(&gate, &scope(&other, "lee")), Err(Reason::BudgetSpent));
}

#[test]
fn a_ledger_drops_the_tables_of_roots_that_are_gone() {
    let (gate, clock) = gate();
    let ledger = Ledger::of(2, 8);
    let mint = |name: &'static str| {
        let budgets = [Budget::actions("hourly", 1).per(MINUTE)];
        root(grant(budgets).named(name).counted_by(&ledger))
    };
    let held = mint("held");
    let held_scope = scope(&held, "dana");
    assert_eq!(perform(&gate, &held_scope), Ok(()));
    assert_eq!(perform(&gate, &scope(&mint("gone"), "dana")), Ok(()));
    // Both count, so a third has no room; and it is not remembered that there was none.
    let third = mint("third");
    assert_eq!(perform(&gate, &scope(&third, "dana")), Err(Reason::BudgetUncounted));
    let again = scope(&mint("gone"), "dana");
    assert_eq!(perform(&gate, &again), Err(Reason::BudgetSpent), "what counts is kept");
    drop(again);
    clock.set(at(1_061));
    assert_eq!(perform(&gate, &held_scope), Ok(()));
    assert_eq!(perform(&gate, &scope(&third, "dana")), Ok(()), "the one that is gone made room");
    assert_eq!(perform(&gate, &scope(&third, "lee")), Err(Reason::BudgetSpent));
    assert_eq!(perform(&gate, &held_scope), Err(Reason::BudgetSpent), "what is held is kept");
    assert_eq!(perform(&gate, &scope(&mint("fourth"), "dana")), Err(Reason::BudgetUncounted));
}

/// Arguments that tell how often they were read.
#[derive(Default)]
struct Told(AtomicUsize);

impl Arguments for Told {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "text").then_some(Value::Text("hello"))
    }
    fn visit(&self, each: &mut dyn FnMut(&str, Value<'_>)) {
        self.0.fetch_add(1, Ordering::SeqCst);
        each("text", Value::Text("hello"));
    }
}

#[test]
fn the_arguments_are_read_once_for_all_budgets_that_tell_calls_apart() {
    let (gate, _) = gate();
    let budgets = ["a", "b", "c"].map(|name| Budget::repeats(name, 2).per(MINUTE));
    counting(&gate, 100, budgets.clone());
    let scope = scope(&root(grant(budgets)), "dana");
    let told = Told::default();
    drop(gate.authorize(&delete().with(&told), &scope).unwrap());
    assert_eq!(told.0.load(Ordering::SeqCst), 1, "by six budgets and two guards");
    let told = Told::default();
    assert!(
        gate.decide(
            &Action::read("mail.read", "mail/1").with(&told),
            &self::scope(&root(grant([])), "lee")
        )
        .is_allow()
    );
    assert_eq!(told.0.load(Ordering::SeqCst), 1);
}

#[test]
fn who_only_asks_makes_no_counter_and_is_told_where_there_is_none() {
    let (gate, clock) = gate();
    counting(&gate, 2, [Budget::repeats("loop", 2).per(MINUTE)]);
    let scope = scope(&root(grant([])), "dana");
    let deletion = || EffectSpec::delete("mail/1");
    let thrice = ToolSpec::new("thrice").effect(deletion()).effect(deletion()).effect(deletion());
    let two = ToolSpec::new("two").effect(deletion()).effect(EffectSpec::create("mail/2"));
    let three = ToolSpec::new("three")
        .effect(deletion())
        .effect(EffectSpec::create("mail/2"))
        .effect(EffectSpec::create("mail/3"));
    let manifest = Manifest::new([thrice, two, three]).unwrap();
    let decide = |tool: &str| {
        let call = manifest.map(tool, &NoArguments, &scope);
        gate.decide_call(&call, &scope).reason()
    };
    let authorize = |tool: &str| {
        let call = manifest.map(tool, &NoArguments, &scope);
        let authorized = gate.authorize_call(&call, &scope);
        authorized.map_or_else(|refusal| refusal.reason(), |_| Reason::Permitted)
    };
    let counters =
        || gate.core.configuration.read(|configuration| configuration.budgets.counters());
    assert_eq!(decide("thrice"), Reason::BudgetApproval, "one counter, drawn on three times");
    assert_eq!(decide("two"), Reason::Permitted);
    assert_eq!(decide("three"), Reason::BudgetUncounted, "room for two counters, not for three");
    assert!(gate.decide(&delete(), &scope).is_allow());
    assert_eq!(counters(), 0, "nothing was done");
    assert_eq!(authorize("three"), Reason::BudgetUncounted);
    // What comes to nothing makes room again, where it was not looked for just before.
    clock.set(at(1_001));
    assert_eq!(authorize("thrice"), Reason::BudgetApproval);
    clock.set(at(1_002));
    assert_eq!(authorize("two"), Reason::Permitted);
    // Full, of what counts.
    clock.set(at(1_003));
    for number in [1, 2] {
        let (tool, arguments) =
            (gate.tool("mail.delete", Operation::Delete), [("n", Value::from(number))]);
        let action = delete().with(&arguments);
        gate.authorize(&action, &scope).unwrap().begin(&tool).unwrap().done();
    }
    assert_eq!(counters(), 2);
    assert_eq!(gate.decide(&delete(), &scope).reason(), Reason::BudgetUncounted);
    assert_eq!(gate.authorize(&delete(), &scope).unwrap_err().reason(), Reason::BudgetUncounted);
    for tool in ["two", "thrice"] {
        assert_eq!(
            (decide(tool), authorize(tool)),
            (Reason::BudgetUncounted, Reason::BudgetUncounted)
        );
    }
}

/// Three permits at once, of which none has begun, are no loop.
#[test]
fn only_what_began_halts_an_agent() {
    let (gate, _) = gate();
    let halting = Budget::repeats("loop", 2).per(MINUTE).shared_by(Share::Agent).halts_agent();
    counting(&gate, 8, [halting]);
    let scope = scope(&root(grant([])), "dana");
    let tool = gate.tool("mail.delete", Operation::Delete);
    let permits: Vec<_> = (0..3).map(|_| gate.authorize(&delete(), &scope).unwrap()).collect();
    let mut begun = permits.into_iter().map(|permit| permit.begin(&tool));
    for _ in 0..2 {
        begun.next().unwrap().unwrap().done();
    }
    let refusal = begun.next().unwrap().unwrap_err();
    assert_eq!(refusal.reason(), Reason::AgentHalted);
    let budget = refusal.grounds().budget().unwrap();
    assert_eq!((budget.name(), budget.used(), budget.limit(), budget.needs()), ("loop", 2, 2, 1));
    assert_eq!(
        refusal.to_string(),
        "denied: this agent is halted: of `loop` 2 of 2 is used, and this needs 1"
    );
    assert_eq!(perform(&gate, &scope), Err(Reason::AgentHalted));
}
