//! What happens around an effect: outcomes, expiry, detached permits, batches, shadows, records.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use permitgate::decision::{Ruling, Source};
use permitgate::gate::{
    EffectHandle, GateBuilder, Halt, RuleContext, RunError, StillRunning, ToolHandle,
};
use permitgate::model::{Operations, Reversibility, Value};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome, RecordNumber};
use permitgate::time::{Clock, ManualClock, Timestamp};
use permitgate::{Arguments, Reason, Verdict};

const START: Timestamp = Timestamp::from_unix_seconds(1_000);

struct World {
    gate: Gate,
    scope: Scope,
    sink: Arc<MemorySink>,
    clock: Arc<ManualClock>,
    write: ToolHandle,
}

/// A gate under which notes may be written, and deleted once approved.
fn world(build: impl FnOnce(GateBuilder) -> GateBuilder) -> World {
    let policy = Policy::new([
        Statement::permit("write").operations(Operation::Create).resources(["notes/**"]),
        Statement::require_approval("delete").operations(Operation::Delete).resources(["notes/**"]),
    ]);
    let capability = Capability::root(policy.unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap();
    let (sink, clock) = (Arc::new(MemorySink::last(100)), Arc::new(ManualClock::new(START)));
    let builder = Gate::builder().sink(sink.clone()).clock(clock.clone());
    let gate = build(builder).build().unwrap();
    let write = gate.tool("notes.write", Operation::Create);
    World { gate, scope, sink, clock, write }
}

impl World {
    fn outcomes(&self) -> Vec<Option<Outcome>> {
        self.sink
            .records()
            .iter()
            .map(|record| record.outcome.map(|(outcome, _)| outcome))
            .collect()
    }

    fn permit(&self) -> Permit<'_> {
        self.gate.authorize(&self.write.on("notes/today"), &self.scope).unwrap()
    }
}

/// Polls a future that waits for nothing.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

#[test]
fn every_way_an_effect_can_end_is_recorded() {
    let world = world(|builder| builder);
    drop(world.permit());
    world.permit().begin(&world.write).unwrap().done();
    world.permit().begin(&world.write).unwrap().failed();
    drop(world.permit().begin(&world.write).unwrap());
    let other = world.gate.tool("notes.burn", Operation::Create);
    assert_eq!(world.permit().begin(&other).unwrap_err().reason(), Reason::WrongTool);
    let expected = [
        Outcome::Unused,
        Outcome::Done,
        Outcome::Failed,
        Outcome::Abandoned,
        Outcome::Refused(Reason::WrongTool),
    ];
    assert_eq!(world.outcomes(), expected.map(Some));
}

#[test]
fn run_reports_what_the_effect_says_and_what_it_does() {
    let world = world(|builder| builder);
    let action = world.write.on("notes/today");
    assert_eq!(world.gate.run(&action, &world.scope, |_| Ok::<_, &str>(7)), Ok(7));
    let failed = world.gate.run(&action, &world.scope, |_| Err::<(), _>("full"));
    assert_eq!(failed, Err(RunError::Failed("full")));
    let panics = || world.gate.run(&action, &world.scope, |_| -> Result<(), &str> { panic!() });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    let delete = Action::delete("notes.delete", "notes/today");
    let held = world.gate.run(&delete, &world.scope, |_| Ok::<_, &str>(()));
    assert!(matches!(held, Err(RunError::Refused(Refusal::Held(_)))));
    let expected = [Some(Outcome::Done), Some(Outcome::Failed), Some(Outcome::Abandoned), None];
    assert_eq!(world.outcomes(), expected);
}

#[test]
fn the_async_twin_reports_the_same() {
    let world = world(|builder| builder);
    let action = world.write.on("notes/today");
    let name = |started: EffectHandle<'_>| {
        let resource = started.action().resource().to_owned();
        async move { Ok::<_, &str>(resource) }
    };
    let done = ready(world.gate.run_async(&action, &world.scope, name));
    assert_eq!(done, Ok("notes/today".to_owned()));
    let failed =
        ready(world.gate.run_async(&action, &world.scope, |_| async { Err::<(), _>("full") }));
    assert_eq!(failed, Err(RunError::Failed("full")));
    // Never polled: nothing is asked. Dropped midway: abandoned.
    drop(world.gate.run_async(&action, &world.scope, |_| async { Ok::<_, &str>(()) }));
    {
        let effect = |_: EffectHandle<'_>| std::future::pending::<Result<(), &str>>();
        let mut waiting = Box::pin(world.gate.run_async(&action, &world.scope, effect));
        let polled = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    let expected = [Outcome::Done, Outcome::Failed, Outcome::Abandoned];
    assert_eq!(world.outcomes(), expected.map(Some));
}

#[test]
fn a_permit_that_waited_too_long_is_refused() {
    let world = world(|builder| builder.permit_lifetime(Duration::from_secs(5)));
    let (in_time, late) = (world.permit(), world.permit());
    world.clock.set(START.saturating_add(Duration::from_millis(4_999)));
    in_time.begin(&world.write).unwrap().done();
    world.clock.set(START.saturating_add(Duration::from_secs(5)));
    assert_eq!(late.begin(&world.write).unwrap_err().reason(), Reason::PermitExpired);
    let refused = Outcome::Refused(Reason::PermitExpired);
    assert_eq!(world.outcomes(), [Some(Outcome::Done), Some(refused)]);
}

#[test]
fn a_detached_permit_acts_on_a_frozen_copy() {
    let world = world(|builder| builder);
    let names = vec!["dana".to_owned()];
    let arguments = [("body", Value::from("as decided"))];
    let action = world.write.on("notes/today").with(&arguments);
    let action = action.visible_to(Audience::recipients(&names)).reversible();
    let owned = world.gate.authorize(&action, &world.scope).unwrap().detach().unwrap();
    drop(names);
    let write = world.write.clone();
    std::thread::spawn(move || {
        let running = owned.begin(&write).unwrap();
        let action = running.action();
        assert_eq!(action.arguments().get("body").and_then(Value::as_text), Some("as decided"));
        assert_eq!(action.audience(), Audience::recipients(&["dana"]));
        assert_eq!(action.reversibility(), Reversibility::Reversible);
        assert_eq!(running.scope().invoker(), "dana");
        assert!(!running.halted());
        running.done();
    })
    .join()
    .unwrap();

    /// Shows one field twice, so it has no single meaning.
    struct Twice;
    impl Arguments for Twice {
        fn get(&self, _name: &str) -> Option<Value<'_>> {
            None
        }
        fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
            visitor("x", Value::from(1));
            visitor("x", Value::from(2));
        }
    }
    let action = world.write.on("notes/today").with(&Twice);
    let permit = world.gate.authorize(&action, &world.scope).unwrap();
    assert_eq!(permit.detach().unwrap_err().reason(), Reason::ArgumentsNotFrozen);
    let refused = Outcome::Refused(Reason::ArgumentsNotFrozen);
    assert_eq!(world.outcomes(), [Some(Outcome::Done), Some(refused)]);
}

/// Each of the three ways that a detached effect can end, and what stops it while it runs.
#[test]
fn a_detached_effect_hears_of_a_stop_and_says_how_it_ended() {
    let world = world(|builder| builder);
    let begin = || world.permit().detach().unwrap().begin(&world.write).unwrap();
    let (failed, abandoned, done) = (begin(), begin(), begin());
    assert!(!failed.halted() && !done.halted());
    world.gate.halt(Halt::Agent("scribe"));
    assert!(failed.halted() && done.halted(), "halted");
    world.gate.resume(Halt::Agent("scribe"));
    assert!(done.halted(), "what was met by a halt stays so");
    failed.failed();
    drop(abandoned);
    done.done();
    let begun = begin();
    world.scope.capability().revoke();
    assert!(begun.halted(), "revoked");
    begun.failed();
    let expected = [Outcome::Failed, Outcome::Abandoned, Outcome::Done, Outcome::Failed];
    assert_eq!(world.outcomes(), expected.map(Some));
    assert_eq!(world.gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
}

#[test]
fn a_batch_is_all_or_the_first_refusal() {
    let world = world(|builder| builder);
    let write = world.write.on("notes/today");
    let permits = world.gate.authorize_all(&[write, write], &world.scope).unwrap();
    assert_eq!(permits.len(), 2);
    drop(permits);
    let read = Action::read("notes.read", "notes/today");
    let refused = world.gate.authorize_all(&[write, read, write], &world.scope).unwrap_err();
    assert_eq!((refused.index, refused.refusal.reason()), (1, Reason::NotPermitted));
    let unused = Some(Outcome::Unused);
    assert_eq!(world.outcomes(), [unused, unused, unused, None]);
    let many = vec![write; permitgate::limits::MAX_BATCH + 1];
    let refused = world.gate.authorize_all(&many, &world.scope).unwrap_err();
    assert_eq!(refused.refusal.reason(), Reason::BatchTooLarge);
}

#[test]
fn a_shadow_is_recorded_beside_the_decision_and_changes_nothing() {
    let forbid = Statement::forbid("no-notes").operations(Operations::WRITES);
    let candidate = Restrictions::new([forbid]).unwrap();
    let world = world(|builder| builder.shadow_guardrails(candidate.clone()));
    drop(world.permit());
    world.gate.reconfigure(|c| c.without_shadow().guardrails(candidate)).unwrap();
    let refused = world.gate.authorize(&world.write.on("notes/today"), &world.scope);
    assert_eq!(refused.unwrap_err().reason(), Reason::GuardrailForbids);
    let permissive = Restrictions::new([]).unwrap();
    world.gate.reconfigure(|c| c.shadow_guardrails(permissive)).unwrap();
    let delete = Action::delete("notes.delete", "notes/today");
    assert!(world.gate.authorize(&delete, &world.scope).is_err());
    // A halt has no shadow.
    world.gate.halt(Halt::Everything);
    assert!(world.gate.authorize(&delete, &world.scope).is_err());
    let records = world.sink.records();
    let seen: Vec<_> = records.iter().map(|r| (r.ruling, r.shadow)).collect();
    let expected = [
        (Ruling::Allow, Some((Ruling::Deny, Reason::GuardrailForbids))),
        (Ruling::Deny, None),
        (Ruling::Deny, Some((Ruling::Hold, Reason::ApprovalRequired))),
        (Ruling::Deny, None),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_bounded_sink_says_what_it_forgot_and_cut() {
    let sink = Arc::new(MemorySink::last(2));
    let kept = sink.clone();
    let world = world(|builder| builder.sink(kept));
    for name in ["a", "b", "c"] {
        let resource = format!("notes/{name}");
        drop(world.gate.authorize(&world.write.on(&resource), &world.scope).unwrap());
    }
    let long = format!("notes/{}", "é".repeat(400));
    drop(world.gate.authorize(&world.write.on(&long), &world.scope).unwrap());
    let records = sink.records();
    let numbers: Vec<u64> = records.iter().map(|record| record.number.sequence).collect();
    assert_eq!((numbers, sink.forgotten()), (vec![3, 4], 2));
    assert_eq!(records[0].resource, "notes/c");
    assert!(!records[0].truncated && records[1].truncated);
    assert!(long.starts_with(&records[1].resource) && records[1].resource.len() > 400);
}

#[test]
fn a_full_sink_denies_until_it_is_drained() {
    let sink = Arc::new(MemorySink::full_at(2));
    let kept = sink.clone();
    let world = world(|builder| builder.sink(kept));
    let write = world.write.on("notes/today");
    for _ in 0..2 {
        drop(world.gate.authorize(&write, &world.scope).unwrap());
    }
    let refused = world.gate.authorize(&write, &world.scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::RecordRefused);
    assert_eq!(sink.drain().len(), 2);
    drop(world.gate.authorize(&write, &world.scope).unwrap());
    // The refused write left no gap.
    assert_eq!(sink.records()[0].number, RecordNumber { stream: 0, sequence: 3 });
}

#[test]
fn a_clock_or_sink_that_panics_does_not_keep_an_effect_running() {
    struct Breaks(std::sync::atomic::AtomicBool);
    impl Clock for Breaks {
        fn now(&self) -> Timestamp {
            assert!(!self.0.load(std::sync::atomic::Ordering::SeqCst), "no time");
            START
        }
    }
    let clock = Arc::new(Breaks(false.into()));
    let broken = clock.clone();
    let world = world(|builder| builder.clock(broken));
    let running = world.permit().begin(&world.write).unwrap();
    clock.0.store(true, std::sync::atomic::Ordering::SeqCst);
    running.done();
    let waited = world.gate.halt_and_wait(Halt::Everything, Duration::from_millis(10));
    assert_eq!(waited, Ok(()));
}

#[test]
fn a_halt_that_waits_counts_what_still_runs() {
    let world = world(|builder| builder);
    let running = world.permit().begin(&world.write).unwrap();
    let waited = world.gate.halt_and_wait(Halt::Agent("scribe"), Duration::from_millis(1));
    assert_eq!(waited, Err(StillRunning { effects: 1 }));
    assert!(running.halted());
    let other = world.gate.halt_and_wait(Halt::Agent("another"), Duration::from_millis(1));
    assert_eq!(other, Ok(()));
    running.failed();
    assert_eq!(world.gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
}

#[test]
fn a_change_may_ask_the_gate_whose_rules_ask_it_again() {
    use std::sync::{OnceLock, mpsc};

    static GATE: OnceLock<Gate> = OnceLock::new();
    let world = world(|builder| {
        builder.rule("asks-again", |cx: &RuleContext<'_>| {
            let read = Action::read("notes.read", "notes/today");
            match (cx.action().operation(), GATE.get()) {
                (Operation::Create, Some(gate)) if gate.decide(&read, cx.scope()).is_allow() => {
                    Verdict::deny("reading was never granted")
                }
                _ => Verdict::Pass,
            }
        })
    });
    let gate = GATE.get_or_init(|| world.gate.clone());
    let (answer, answered) = mpsc::channel();
    let scope = world.scope.clone();
    std::thread::spawn(move || {
        let write = Action::create("notes.write", "notes/today");
        let mut allowed = false;
        let changed = gate.reconfigure(|configuration| {
            allowed = gate.decide(&write, &scope).is_allow();
            configuration
        });
        answer.send((allowed, changed)).unwrap();
    });
    // A wait for itself would never answer.
    assert_eq!(answered.recv_timeout(Duration::from_secs(20)), Ok((true, Ok(()))));
}

/// Whoever writes a path as files have it is told what to write; the record has the reason.
#[test]
fn a_resource_that_is_no_path_is_told_with_what_to_write() {
    let World { gate, scope, sink, .. } = world(|builder| builder);
    let slash = "byte 0: a path does not begin with `/`; write `etc/hosts` for `/etc/hosts`";
    let empty =
        "the segment is empty; a path neither begins nor ends with `/`, nor has two in a row";
    for (resource, told) in [
        ("/notes/today", slash.to_owned()),
        ("/", slash.to_owned()),
        ("notes//today", format!("byte 6: {empty}")),
        ("notes/", format!("byte 6: {empty}")),
        ("notes/../x", "byte 6: segment `..` is not canonical".to_owned()),
        ("notes/*", "byte 6: `*` must be escaped as `%2A`".to_owned()),
        ("", "byte 0: the path is empty".to_owned()),
    ] {
        let action = Action::create("notes.write", resource);
        let refusal = gate.authorize(&action, &scope).map(drop).unwrap_err();
        let said = format!("denied: the resource is not a canonical path ({told})");
        assert_eq!((refusal.reason(), refusal.to_string()), (Reason::MalformedResource, said));
        let error = permitgate::model::Resource::parse(resource).unwrap_err();
        assert_eq!(refusal.grounds().source(), Some(Source::Resource(&error)));
        assert_eq!(gate.decide(&action, &scope).grounds(), refusal.grounds());
        assert_eq!(gate.explain(&action, &scope).decision.grounds(), refusal.grounds());
        assert_eq!(sink.records().last().unwrap().reason, Reason::MalformedResource);
    }
}
