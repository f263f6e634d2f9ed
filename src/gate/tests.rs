//! Every way out of a permit, with a budget that counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::authority::budget::Budget;
use crate::authority::capability::{Capability, Grant, ambient_authority};
use crate::base::clock::ManualClock;
use crate::base::limits::MAX_FROZEN_BYTES;
use crate::base::time::Timestamp;
use crate::decision::{Reason, RecordError};
use crate::manifest::{EffectSpec, Manifest, ToolSpec};
use crate::model::action::Operations;
use crate::model::arguments::{NoArguments, Value};
use crate::policy::{Policy, Restrictions, Statement};
use crate::record::{DecisionRecord, MemorySink, Outcome, RecordNumber, RecordSink};

const COPY: &str = "copy";

/// A budget of a hundred actions, of which so many are left.
struct World {
    clock: Arc<ManualClock>,
    gate: Gate,
    scope: Scope,
    manifest: Manifest,
}

const MOST: u64 = 100;

impl World {
    fn new(sink: impl RecordSink + 'static) -> Self {
        Self::of(MOST, sink)
    }

    fn of(most: u64, sink: impl RecordSink + 'static) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1)));
        let gate = Gate::builder()
            .clock(Arc::clone(&clock))
            .sink(sink)
            .permit_lifetime(Duration::from_secs(60));
        let policy = Policy::new([
            Statement::permit("all").operations(Operations::ALL).resources(["notes/*"]),
            Statement::require_approval("ask").operations(Operation::Delete).resources(["notes/*"]),
        ]);
        let grant = Grant::new(policy.unwrap()).budget(Budget::actions("all", most));
        let capability = Capability::root(grant, ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap();
        let copy = |to| EffectSpec::create(to);
        let manifest = Manifest::new([
            ToolSpec::new(COPY).effect(EffectSpec::read("notes/a")).effect(copy("notes/b")),
            ToolSpec::new("leak").effect(EffectSpec::read("notes/a")).effect(copy("out/b")),
            ToolSpec::new("tidy")
                .effect(EffectSpec::read("notes/a"))
                .effect(EffectSpec::delete("notes/a")),
        ]);
        Self { clock, gate: gate.build().unwrap(), scope, manifest: manifest.unwrap() }
    }

    /// What is set aside by permits and effects that have not ended, and what is used or set aside in all.
    fn counts(&self) -> (usize, u64) {
        (self.gate.core.open.len(), self.gate.budgets(&self.scope)[0].used().unwrap())
    }

    fn permit(&self) -> Result<Permit<'_>, Refusal> {
        self.gate.authorize(&Action::create("write", "notes/a"), &self.scope)
    }

    fn tool(&self) -> ToolHandle {
        self.gate.tool("write", Operation::Create)
    }

    /// Authorizes a call of the manifest, and hands the permit on.
    fn call(&self, tool: &str, then: impl FnOnce(CallPermit<'_>)) -> Option<Refusal> {
        let call = self.manifest.map(tool, &NoArguments, &self.scope);
        self.gate.authorize_call(&call, &self.scope).map(then).err()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new(MemorySink::last(16))
    }
}

/// Takes `room` records, then refuses, or panics.
struct Narrow {
    room: Mutex<usize>,
    panics: bool,
}

impl RecordSink for Narrow {
    fn record(&self, _: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        let mut room = self.room.lock().unwrap();
        match room.checked_sub(1) {
            Some(left) => {
                *room = left;
                Ok(RecordNumber { stream: 0, sequence: left as u64 })
            }
            None if self.panics => panic!("no room"),
            None => Err(RecordError::new("no room")),
        }
    }

    fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
        Ok(())
    }
}

fn narrow(room: usize, panics: bool) -> World {
    World::new(Narrow { room: Mutex::new(room), panics })
}

#[test]
fn an_effect_that_began_is_used_up_however_it_ends() {
    let ends: [fn(Running<'_>); 3] =
        [|effect| effect.done(), |effect| effect.failed(), |effect| drop(effect)];
    for end in ends {
        let world = World::default();
        let running = world.permit().unwrap().begin(&world.tool()).unwrap();
        assert_eq!(world.counts(), (1, 1));
        end(running);
        assert_eq!(world.counts(), (0, 1));
    }
    let world = World::default();
    let effect = || {
        let _running = world.permit().unwrap().begin(&world.tool()).unwrap();
        panic!("in the effect");
    };
    assert!(catch_unwind(AssertUnwindSafe(effect)).is_err());
    assert_eq!(world.counts(), (0, 1));
    let copy = world.gate.call_handle(COPY);
    assert!(world.call(COPY, |permit| permit.begin(&copy).unwrap().done()).is_none());
    assert_eq!(world.counts(), (0, 3));
}

#[test]
fn every_other_way_out_gives_back() {
    type Way = (&'static str, fn(&World));
    let ways: [Way; 11] = [
        ("dropped", |world| drop(world.permit().unwrap())),
        ("dropped, detached", |world| drop(world.permit().unwrap().detach().unwrap())),
        ("unwound", |world| {
            let unwound = || {
                let _permit = world.permit().unwrap();
                panic!("between decision and effect");
            };
            assert!(catch_unwind(AssertUnwindSafe(unwound)).is_err());
        }),
        ("unwound in a thread", |world| {
            let permit = world.permit().unwrap().detach().unwrap();
            let thread = std::thread::spawn(move || {
                let _permit = permit;
                panic!("between decision and effect");
            });
            assert!(thread.join().is_err());
        }),
        ("expired", |world| {
            let permit = world.permit().unwrap();
            world.clock.set(Timestamp::from_unix_seconds(61));
            let refusal = permit.begin(&world.tool()).unwrap_err();
            assert_eq!(refusal.reason(), Reason::PermitExpired);
        }),
        ("another tool", |world| {
            let other = world.gate.tool("other", Operation::Create);
            assert!(world.permit().unwrap().begin(&other).is_err());
        }),
        ("halted", |world| {
            let permit = world.permit().unwrap();
            world.gate.halt(Halt::Everything);
            world.gate.resume(Halt::Everything);
            assert!(permit.begin(&world.tool()).is_err());
        }),
        ("forbidden since", |world| {
            let permit = world.permit().unwrap();
            let forbid = Statement::forbid("no").operations(Operations::ALL).resources(["**"]);
            let forbid = Restrictions::new([forbid]).unwrap();
            world.gate.reconfigure(|configuration| configuration.guardrails(forbid)).unwrap();
            assert!(permit.begin(&world.tool()).is_err());
        }),
        ("arguments that cannot be kept", |world| {
            let text = "x".repeat(MAX_FROZEN_BYTES + 1);
            let arguments = [("text", Value::from(text.as_str()))];
            let action = Action::create("write", "notes/a");
            let action = action.with(&arguments);
            let permit = world.gate.authorize(&action, &world.scope).unwrap();
            assert_eq!(permit.detach().unwrap_err().reason(), Reason::ArgumentsNotFrozen);
        }),
        ("one action of a call is denied", |world| {
            let refusal = world.call("leak", |permit| drop(permit)).unwrap();
            assert_eq!(refusal.reason(), Reason::NotPermitted);
        }),
        ("one action of a call is held", |world| {
            assert!(matches!(world.call("tidy", |permit| drop(permit)), Some(Refusal::Held(_))));
        }),
    ];
    for (way, go) in ways {
        let world = World::default();
        go(&world);
        assert_eq!(world.counts(), (0, 0), "{way}");
    }
}

#[test]
fn what_is_not_recorded_gives_back() {
    for panics in [false, true] {
        let world = narrow(0, panics);
        assert_eq!(world.permit().unwrap_err().reason(), Reason::RecordRefused);
        assert_eq!(world.counts(), (0, 0));
        // The second action of a call: what the first had goes back as well.
        let world = narrow(1, panics);
        assert_eq!(
            world.call(COPY, |permit| drop(permit)).unwrap().reason(),
            Reason::RecordRefused
        );
        assert_eq!(world.counts(), (0, 0));
    }
}

#[test]
fn what_cannot_be_set_aside_is_denied_and_on_record() {
    let sink = Arc::new(MemorySink::last(4));
    let world = World::of(1, Arc::clone(&sink));
    // Each of its two actions alone has room.
    assert_eq!(world.call(COPY, |permit| drop(permit)).unwrap().reason(), Reason::BudgetSpent);
    assert_eq!(world.counts(), (0, 0));
    let reasons: Vec<Reason> = sink.records().iter().map(|record| record.reason).collect();
    assert_eq!(reasons, [Reason::Permitted, Reason::BudgetSpent]);
    let call = world.manifest.map(COPY, &NoArguments, &world.scope);
    let decision = world.gate.decide_call(&call, &world.scope);
    assert_eq!(decision.reason(), Reason::BudgetSpent, "the decision sums over the actions");
    let budget = decision.grounds().budget().unwrap();
    assert_eq!((budget.name(), budget.used(), budget.limit(), budget.needs()), ("all", 1, 1, 1));
}

#[test]
fn who_only_asks_sets_nothing_aside() {
    let world = World::default();
    let action = Action::create("write", "notes/a");
    assert!(world.gate.decide(&action, &world.scope).is_allow());
    assert!(world.gate.explain(&action, &world.scope).decision.is_allow());
    let held = world.gate.authorize(&Action::delete("tidy", "notes/a"), &world.scope);
    assert!(matches!(held, Err(Refusal::Held(_))));
    assert!(world.gate.authorize(&Action::create("write", "out/a"), &world.scope).is_err());
    assert_eq!(world.counts(), (0, 0));
}

/// A gate that wraps another is asked for each action; the permits are joined.
#[test]
fn joined_permits_give_back_and_are_used_up_together() {
    struct Wrapped(Gate);
    impl ActionGate for Wrapped {
        fn authorize<'p>(
            &'p self,
            action: &Action<'p>,
            scope: &'p Scope,
        ) -> Result<Permit<'p>, Refusal> {
            ActionGate::authorize(&self.0, action, scope)
        }
        fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
            ActionGate::decide(&self.0, action, scope)
        }
    }
    let world = World::default();
    let wrapped = Wrapped(world.gate.clone());
    let call = world.manifest.map(COPY, &NoArguments, &world.scope);
    drop(wrapped.authorize_call(&call, &world.scope).unwrap());
    assert_eq!(world.counts(), (0, 0));
    wrapped.authorize_call(&call, &world.scope).unwrap().begin_asked(&call).unwrap().done();
    assert_eq!(world.counts(), (0, 2));
    let call = world.manifest.map("leak", &NoArguments, &world.scope);
    assert!(wrapped.authorize_call(&call, &world.scope).is_err());
    assert_eq!(world.counts(), (0, 2));
}

#[test]
fn a_revoked_permit_gives_back() {
    let world = World::default();
    let permit = world.permit().unwrap();
    world.scope.capability().revoke();
    assert_eq!(permit.begin(&world.tool()).unwrap_err().reason(), Reason::Revoked);
    assert_eq!(world.counts(), (0, 0));
}
