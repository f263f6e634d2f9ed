//! Approvals under attack: races, withdrawals and declines between permit and effect, names in other letters, sinks that fail.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use permitgate::authority::{Approver, Budget, Requirement};
use permitgate::gate::{
    Answer, ApprovalRequest, ApprovalRule, ApprovalState, ApproverCredential, RuleContext,
    StandingApproval, VersionedRule,
};
use permitgate::kinds::{StandingErrorKind, VoteErrorKind};
use permitgate::model::Operations;
use permitgate::prelude::*;
use permitgate::record::{
    ApprovalEvent, ApprovalSource, ApprovalStep, DecisionRecord, MemorySink, MemoryStep, Outcome,
    RecordError, RecordNumber, RecordSink,
};
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Directory, Verdict};

const START: Timestamp = Timestamp::from_unix_seconds(1_000);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn credential(name: &str) -> ApproverCredential {
    ApproverCredential::new(name, ambient_authority()).unwrap()
}

fn policy() -> Policy {
    Policy::new([
        Statement::permit("files").operations(Operations::ALL).resources(["files/**"]),
        Statement::require_approval("ask").operations(Operation::Delete).resources(["files/**"]),
    ])
    .unwrap()
}

fn leads_are(leads: &[&str]) -> Directory {
    let builder = Directory::builder().internal_principal("lee").internal_principal("kim");
    builder
        .group("leads", leads.iter().copied())
        .alias("D1", "dana")
        .internal_principal("dana")
        .build()
        .unwrap()
}

fn scope_for(invoker: &str, agent: &str) -> Scope {
    let capability = Capability::root(policy(), ambient_authority());
    Scope::builder(&capability).invoker(invoker).agent(agent).build().unwrap()
}

fn scope() -> Scope {
    scope_for("dana", "tidy")
}

fn person(name: &str) -> Requirement {
    Requirement::by([Approver::principal(name)])
}

/// A gate where the leads approve, with a clock that is moved by hand.
fn builder() -> (permitgate::gate::GateBuilder, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let leads = Requirement::by([Approver::group("leads")]);
    (
        Gate::builder().directory(leads_are(&["lee", "kim"])).approvers(leads).clock(clock.clone()),
        clock,
    )
}

fn ask(gate: &Gate, wish: &Action<'_>, scope: &Scope) -> Result<ApprovalRequest, Refusal> {
    match gate.authorize(wish, scope) {
        Err(Refusal::Held(hold)) => gate.request_approval(&hold, wish, scope),
        Err(refusal) => Err(refusal),
        Ok(_) => panic!("{wish:?} is allowed"),
    }
}

fn vote(gate: &Gate, request: &ApprovalRequest, by: &str, answer: Answer) -> ApprovalState {
    gate.approvals().vote(request.id(), answer, &credential(by)).unwrap()
}

/// Asked for as a bundle, so that another request about the same call stands beside it, and approved.
fn approved(gate: &Gate, wishes: &[Action<'_>], scope: &Scope) -> ApprovalRequest {
    let request = gate.request_bundle(wishes, scope).unwrap();
    assert_eq!(vote(gate, &request, "lee", Answer::Approve), ApprovalState::Approved);
    request
}

fn run(gate: &Gate, wish: &Action<'_>, scope: &Scope) -> bool {
    gate.run(wish, scope, |_| Ok::<_, String>(())).is_ok()
}

/// Whether the effect of a permit begins, or why not.
fn begins(gate: &Gate, permit: permitgate::gate::Permit<'_>) -> Result<(), Reason> {
    let tool = gate.tool("t", permit.action().operation());
    permit.begin(&tool).map(|running| running.done()).map_err(|refusal| refusal.reason())
}

/// Two approvals of one call: each permit uses its own, and only that.
#[test]
fn a_permit_uses_the_approval_that_was_set_aside_for_it() {
    let incident = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&incident);
    let rule = VersionedRule::new(1, move |_: &RuleContext<'_>| {
        if seen.load(Ordering::SeqCst) {
            Verdict::require_approval("incident")
        } else {
            Verdict::Pass
        }
    });
    let sink = Arc::new(MemorySink::last(100));
    let gate = builder()
        .0
        .approvers(person("lee"))
        .rule("incident", ApprovalRule::new(person("kim"), rule));
    let gate = gate.sink(sink.clone()).build().unwrap();
    let scope = scope();
    let (a, b) = (Action::delete("t", "files/a"), Action::delete("t", "files/b"));
    drop(approved(&gate, &[a, b], &scope));
    let before = gate.authorize(&a, &scope).unwrap();
    incident.store(true, Ordering::SeqCst);
    // What Lee approved is not enough any more, so somebody is asked anew.
    let second = ask(&gate, &a, &scope).unwrap();
    vote(&gate, &second, "lee", Answer::Approve);
    assert_eq!(vote(&gate, &second, "kim", Answer::Approve), ApprovalState::Approved);
    let permit = gate.authorize(&a, &scope).unwrap();
    assert_eq!(begins(&gate, permit), Ok(()));
    assert_eq!(second.state(), ApprovalState::Used);
    let used: Vec<_> = sink
        .approvals()
        .into_iter()
        .filter_map(|event| match event.step {
            MemoryStep::Used(source) => Some(source),
            _ => None,
        })
        .collect();
    assert_eq!(used, [ApprovalSource::Request(second.id())]);
    drop(before);
    assert_eq!(gate.decide(&a, &scope).reason(), Reason::ApprovalRequired, "Kim approved once");
}

#[test]
fn a_permit_does_not_begin_on_another_approval_than_its_own() {
    let gate = builder().0.build().unwrap();
    let scope = scope();
    let (a, b) = (Action::delete("t", "files/a"), Action::delete("t", "files/b"));
    let first = approved(&gate, &[a, b], &scope);
    let on_first = gate.authorize(&a, &scope).unwrap();
    let second = approved(&gate, &[a], &scope);
    let on_second = gate.authorize(&a, &scope).unwrap();
    second.withdraw().unwrap();
    assert_eq!(begins(&gate, on_second), Err(Reason::ApprovalWithdrawn));
    assert_eq!(begins(&gate, on_first), Ok(()));
    assert_eq!(first.state(), ApprovalState::Approved, "`files/b` is left");
    // Given back: again the one that it was taken from.
    let third = approved(&gate, &[a], &scope);
    drop(gate.authorize(&a, &scope).unwrap());
    assert!(run(&gate, &a, &scope) && !run(&gate, &a, &scope));
    assert_eq!(third.state(), ApprovalState::Used);
}

/// Lee approved the deletion; beyond the mark of the budget Kim is asked, whoever comes first.
#[test]
fn no_race_goes_past_the_mark_from_which_somebody_is_asked() {
    for _ in 0..300 {
        let gate = builder()
            .0
            .approvers(person("kim"))
            .budget(Budget::actions("n", 10).ask_from(2))
            .build()
            .unwrap();
        let policy = Policy::new([
            Statement::permit("files").operations(Operations::ALL).resources(["files/**"]),
            Statement::require_approval("ask")
                .operations(Operation::Delete)
                .resources(["files/**"])
                .by([Approver::principal("lee")]),
        ])
        .unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
        let wishes = ["files/0", "files/1"].map(|file| Action::delete("t", file));
        for wish in &wishes {
            let request = ask(&gate, wish, &scope).unwrap();
            vote(&gate, &request, "lee", Answer::Approve);
        }
        let (ready, ran) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|threads| {
            for wish in &wishes {
                threads.spawn(|| {
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < 2 {
                        std::hint::spin_loop();
                    }
                    ran.fetch_add(u32::from(run(&gate, wish, &scope)), Ordering::SeqCst);
                });
            }
        });
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        assert_eq!(gate.budgets(&scope)[0].used(), Some(1));
    }
}

/// What only a budget holds is looked at again when it begins, as what a statement holds.
#[test]
fn who_approved_beyond_a_budget_must_still_be_enough_when_it_begins() {
    for standing in [true, false] {
        for budget in [true, false] {
            let mut gate = builder().0;
            if budget {
                gate = gate.budget(Budget::actions("n", 10).ask_from(1));
            }
            let gate = gate.build().unwrap();
            let scope = scope();
            let wish = if budget {
                Action::create("t", "files/1")
            } else {
                Action::delete("t", "files/1")
            };
            if standing {
                let all =
                    Statement::permit("all").operations(Operations::ALL).resources(["files/**"]);
                let all =
                    StandingApproval::new(&scope, all, 5, Timestamp::from_unix_seconds(5_000))
                        .unwrap();
                gate.approvals().give(all, &[&credential("lee")]).unwrap();
            } else {
                drop(approved(&gate, &[wish], &scope));
            }
            let permit = gate.authorize(&wish, &scope).unwrap();
            gate.reconfigure(|configuration| configuration.directory(leads_are(&["kim"]))).unwrap();
            assert!(begins(&gate, permit).is_err(), "standing {standing}, budget {budget}");
        }
    }
}

#[test]
fn what_was_declined_does_not_begin_and_stays_denied_where_nothing_holds_it() {
    let (gate, clock) = builder();
    let budget = Budget::actions("n", 10).per(secs(60)).ask_from(2);
    let gate = gate.budget(budget).build().unwrap();
    let scope = scope();
    let [a, other, third] = ["files/a", "files/b", "files/c"].map(|file| Action::create("t", file));
    assert!(run(&gate, &other, &scope));
    let bundle = gate.request_bundle(&[a, third], &scope).unwrap();
    let alone = ask(&gate, &a, &scope).unwrap();
    vote(&gate, &bundle, "lee", Answer::Approve);
    let permit = gate.authorize(&a, &scope).unwrap();
    vote(&gate, &alone, "kim", Answer::Decline);
    assert_eq!(begins(&gate, permit), Err(Reason::ApprovalDeclined));
    // The window passes, and nothing holds it by itself: no is no.
    clock.advance(secs(120));
    assert_eq!(gate.decide(&a, &scope).reason(), Reason::ApprovalDeclined);
    assert!(!run(&gate, &a, &scope));
    assert!(run(&gate, &third, &scope), "another one");
    clock.advance(secs(86_400));
    assert!(run(&gate, &a, &scope), "a day later");
}

/// A permit that needed no approval, given before somebody said no to the same.
#[test]
fn a_decline_stops_a_permit_that_nobody_approved() {
    let (gate, clock) = builder();
    let gate = gate.budget(Budget::actions("n", 10).per(secs(5)).ask_from(2)).build().unwrap();
    let scope = scope();
    let wish = Action::create("t", "files/a");
    assert!(run(&gate, &Action::create("t", "files/b"), &scope));
    let request = ask(&gate, &wish, &scope).unwrap();
    clock.advance(secs(6));
    let permit = gate.authorize(&wish, &scope).unwrap();
    vote(&gate, &request, "kim", Answer::Decline);
    assert_eq!(begins(&gate, permit), Err(Reason::ApprovalDeclined));
}

type Hook = Box<dyn Fn(&ApprovalEvent<'_>) -> Result<(), RecordError> + Send + Sync>;

struct HookedSink(RwLock<Option<Hook>>);

impl RecordSink for HookedSink {
    fn record(&self, _: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        Ok(RecordNumber { stream: 0, sequence: 0 })
    }

    fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
        Ok(())
    }

    fn approval(&self, event: &ApprovalEvent<'_>) -> Result<(), RecordError> {
        self.0.read().unwrap().as_ref().map_or(Ok(()), |hook| hook(event))
    }
}

#[test]
fn a_standing_approval_counts_from_when_it_is_on_record() {
    let sink = Arc::new(HookedSink(RwLock::new(None)));
    let gate = builder().0.sink(sink.clone()).build().unwrap();
    let scope = Arc::new(scope());
    let wish = Action::delete("t", "files/1");
    let (seen, inside) = (gate.clone(), Arc::clone(&scope));
    let ran_early = Arc::new(AtomicBool::new(false));
    let early = Arc::clone(&ran_early);
    *sink.0.write().unwrap() = Some(Box::new(move |event| {
        if matches!(event.step, ApprovalStep::Given { .. }) {
            let (gate, scope) = (seen.clone(), Arc::clone(&inside));
            let other = move || run(&gate, &Action::delete("t", "files/1"), &scope);
            early.store(std::thread::spawn(other).join().unwrap(), Ordering::SeqCst);
            return Err(RecordError::new("disk full"));
        }
        Ok(())
    }));
    let all = Statement::permit("all").operations(Operations::ALL).resources(["files/**"]);
    let give = || {
        let standing =
            StandingApproval::new(&scope, all.clone(), 1, Timestamp::from_unix_seconds(5_000));
        gate.approvals().give(standing.unwrap(), &[&credential("lee")])
    };
    assert_eq!(give().unwrap_err().kind(), StandingErrorKind::StandingNotRecorded);
    assert!(!ran_early.load(Ordering::SeqCst), "it is not on record yet");
    assert!(gate.approvals().standing().is_empty() && !run(&gate, &wish, &scope));
    *sink.0.write().unwrap() = None;
    give().unwrap();
    assert!(run(&gate, &wish, &scope) && !run(&gate, &wish, &scope));
}

#[test]
fn a_withdrawal_counts_also_where_it_cannot_be_recorded() {
    let sink = Arc::new(HookedSink(RwLock::new(None)));
    let gate = builder().0.sink(sink.clone()).build().unwrap();
    let scope = scope();
    let wish = Action::delete("t", "files/1");
    let request = approved(&gate, &[wish], &scope);
    *sink.0.write().unwrap() = Some(Box::new(|_| Err(RecordError::new("disk full"))));
    assert_eq!(request.withdraw().unwrap_err().reason(), Reason::RecordRefused);
    assert_eq!(request.state(), ApprovalState::Withdrawn);
    assert!(!run(&gate, &wish, &scope));
}

#[test]
fn the_invoker_is_kept_out_in_any_letters() {
    let people = || {
        let people = Directory::builder().internal_principal("émile@x").internal_principal("kim");
        people.group("leads", ["émile@x", "kim"]).build().unwrap()
    };
    for name in ["émile@x", "Émile@x", "ÉMILE@X", "e\u{301}mile@x", "E\u{301}MILE@x"] {
        let gate = builder().0.directory(people()).build().unwrap();
        for scope in [scope_for(name, "tidy"), scope_for("dana", name)] {
            let request = ask(&gate, &Action::delete("t", "files/1"), &scope).unwrap();
            let vote = |by| gate.approvals().vote(request.id(), Answer::Approve, &credential(by));
            assert_eq!(vote("émile@x").unwrap_err().kind(), VoteErrorKind::Requester, "{name}");
            assert_eq!(vote("kim").unwrap(), ApprovalState::Approved);
        }
        // Who may be the invoker is not taken for the invoker.
        let own = builder().0.directory(people()).approvers(Requirement::by([Approver::Invoker]));
        let own = own.build().unwrap();
        let request = ask(&own, &Action::delete("t", "files/1"), &scope_for(name, "tidy")).unwrap();
        let voted = own.approvals().vote(request.id(), Answer::Approve, &credential("émile@x"));
        assert_eq!(voted.is_ok(), name == "émile@x", "{name}");
    }
}

/// The loop of the manual: after each answer it tries again, and asks where it is held. It ends or waits, and never spins.
#[test]
fn whoever_asks_again_waits_for_an_answer_that_helps() {
    for case in 0..3 {
        let gate = builder().0.build().unwrap();
        let scope = scope();
        let [a, b] = ["files/a", "files/b"].map(|file| Action::delete("t", file));
        let wishes: &[Action<'_>] = if case == 2 { &[a, b] } else { &[a] };
        let first = approved(&gate, wishes, &scope);
        let mut permit = None;
        match case {
            // Who approved has left.
            0 => gate
                .reconfigure(|configuration| configuration.directory(leads_are(&["kim"])))
                .unwrap(),
            // It is set aside for a permit.
            1 => permit = Some(gate.authorize(&a, &scope).unwrap()),
            // Its part was used.
            _ => assert!(run(&gate, &a, &scope)),
        }
        let mut again = gate.request_bundle(wishes, &scope).unwrap();
        assert_ne!(again.id(), first.id(), "{case}");
        let waits = std::pin::Pin::new(&mut again).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(waits, Poll::Pending), "{case}");
        // Asked once more it is the same, and an answer to it helps.
        assert_eq!(gate.request_bundle(wishes, &scope).unwrap().id(), again.id());
        assert_eq!(vote(&gate, &again, "kim", Answer::Approve), ApprovalState::Approved);
        assert!(run(&gate, &a, &scope), "{case}");
        drop(permit);
    }
}

/// A rule asks more after the approval: whoever asks again asks for that too.
#[test]
fn what_a_rule_asks_since_is_asked_for() {
    let rule = VersionedRule::new(1, |context: &RuleContext<'_>| {
        if context.now() >= Timestamp::from_unix_seconds(1_060) {
            Verdict::require_approval("after hours")
        } else {
            Verdict::Pass
        }
    });
    let (gate, clock) = builder();
    let gate = gate
        .approvers(person("lee"))
        .rule("hours", ApprovalRule::new(person("kim"), rule))
        .build()
        .unwrap();
    let scope = scope();
    let wish = Action::delete("t", "files/1");
    let early = ask(&gate, &wish, &scope).unwrap();
    clock.advance(secs(61));
    let late = ask(&gate, &wish, &scope).unwrap();
    assert_ne!(late.id(), early.id());
    assert!(late.page().contains("kim"));
    vote(&gate, &late, "kim", Answer::Approve);
    assert_eq!(vote(&gate, &late, "lee", Answer::Approve), ApprovalState::Approved);
    assert!(run(&gate, &wish, &scope));
}
