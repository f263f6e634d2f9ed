//! A window of time may end between the permit and its effect: the time is asked again when the effect begins.

use std::sync::Arc;
use std::time::Duration;

use permitgate::gate::Guardrails;
use permitgate::manifest::{EffectSpec, ToolSpec};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{Clock, ManualClock, Timestamp};
use permitgate::{Reason, Restrictions};

/// Friday, 2026-11-27, ten seconds before 18:00 in Berlin.
fn evening() -> Arc<ManualClock> {
    let at: Timestamp = "2026-11-27T16:59:50Z".parse().unwrap();
    Arc::new(ManualClock::new(at))
}

fn office() -> Condition {
    Condition::within_hours("Europe/Berlin", ["mon-fri"], "08:00", "18:00")
}

fn scope(statements: impl IntoIterator<Item = Statement>) -> Scope {
    let policy = Policy::new(statements).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap()
}

fn update() -> Statement {
    Statement::permit("update").operations(Operation::Update).resources(["docs/**"])
}

fn gate(clock: &Arc<ManualClock>) -> Gate {
    Gate::builder().clock(clock.clone()).sink(MemorySink::last(4)).build().unwrap()
}

fn advance(clock: &ManualClock, seconds: u64) {
    clock.set(clock.now().saturating_add(Duration::from_secs(seconds)));
}

/// What an effect comes to that begins so many seconds after it was permitted.
fn after(gate: &Gate, clock: &ManualClock, scope: &Scope, seconds: u64) -> Result<(), Reason> {
    let update = gate.tool("docs.update", Operation::Update);
    let permit = gate.authorize(&update.on("docs/a"), scope).expect("it is permitted now");
    advance(clock, seconds);
    match permit.begin(&update) {
        Ok(running) => {
            running.done();
            Ok(())
        }
        Err(refusal) => Err(refusal.grounds().reason()),
    }
}

#[test]
fn an_effect_does_not_begin_behind_its_window() {
    let timed = scope([update().when(office())]);
    for (seconds, expected) in [(9, Ok(())), (10, Err(Reason::NotPermitted))] {
        let clock = evening();
        assert_eq!(after(&gate(&clock), &clock, &timed, seconds), expected, "{seconds}");
    }
}

#[test]
fn an_effect_does_not_begin_where_a_window_forbids_or_asks_by_now() {
    let clock = evening();
    let forbid = Statement::forbid("closed").operations(Operation::Update).when(!office());
    let held = scope([update(), forbid]);
    assert_eq!(after(&gate(&clock), &clock, &held, 10), Err(Reason::Forbidden));
    let clock = evening();
    let ask = Statement::require_approval("late").operations(Operation::Update);
    let asked = scope([update(), ask.resources(["**"]).when(!office())]);
    assert_eq!(after(&gate(&clock), &clock, &asked, 10), Err(Reason::ApprovalRequired));
}

#[test]
fn the_windows_of_layers_and_guardrails_are_asked_again() {
    let night = || Statement::forbid("closed").operations(Operation::Update).when(!office());
    let clock = evening();
    let capability = Capability::root(Policy::new([update()]).unwrap(), ambient_authority());
    let below = capability.attenuate(Restrictions::new([night()]).unwrap()).unwrap();
    let below = Scope::builder(&below).invoker("dana").agent("triage").build().unwrap();
    assert_eq!(after(&gate(&clock), &clock, &below, 10), Err(Reason::Forbidden));
    let clock = evening();
    let rails = Guardrails::from(Restrictions::new([night()]).unwrap());
    let guarded = Gate::builder().clock(clock.clone()).guardrails(rails).build().unwrap();
    let plain = scope([update()]);
    assert_eq!(after(&guarded, &clock, &plain, 10), Err(Reason::GuardrailForbids));
}

#[test]
fn a_call_of_several_actions_and_a_detached_permit_are_asked_again() {
    let manifest = Manifest::new([ToolSpec::new("docs.both")
        .effect(EffectSpec::update("docs/a"))
        .effect(EffectSpec::update("docs/b"))])
    .unwrap();
    let timed = scope([update().when(office())]);
    for (seconds, expected) in [(9, None), (10, Some(Reason::NotPermitted))] {
        let (clock, arguments) = (evening(), permitgate::model::NoArguments);
        let gate = gate(&clock);
        let call = manifest.map("docs.both", &arguments, &timed);
        let permit = gate.authorize_call(&call, &timed).unwrap();
        advance(&clock, seconds);
        let begun = permit.begin(&gate.call_handle("docs.both"));
        assert_eq!(begun.as_ref().err().map(|r| r.grounds().reason()), expected, "{seconds}");
        let (clock, update) = (evening(), Operation::Update);
        let gate = self::gate(&clock);
        let tool = gate.tool("docs.update", update);
        let permit = gate.authorize(&tool.on("docs/a"), &timed).unwrap().detach().unwrap();
        advance(&clock, seconds);
        let begun = permit.begin(&tool);
        assert_eq!(begun.as_ref().err().map(|r| r.grounds().reason()), expected, "{seconds}");
    }
}
