//! Budgets at a gate: what is counted, for whom, when it comes back, and that nothing is over by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use permitgate::authority::{Attenuation, Budget, Grant, Ledger, Share};
use permitgate::decision::Ruling;
use permitgate::gate::{Consumption, Halt, Running};
use permitgate::limits::{MAX_BUDGET_COUNTERS, MAX_CALL_ACTIONS};
use permitgate::manifest::{ArgumentSpec, DecimalSpec, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Value};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{Clock, ManualClock, Timestamp};
use permitgate::{Arguments, Directory, Reason, Session};

const MINUTE: Duration = Duration::from_secs(60);

fn everything() -> Policy {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    Policy::new([all.readers(permitgate::model::Readers::public())]).unwrap()
}

fn root(budgets: impl IntoIterator<Item = Budget>) -> Capability {
    let grant = budgets.into_iter().fold(Grant::new(everything()), Grant::budget);
    Capability::root(grant, ambient_authority())
}

fn scope(capability: &Capability) -> Scope {
    Scope::builder(capability).invoker("dana").agent("tidy").build().unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// A gate whose clock stands still until it is set.
fn gate() -> (Gate, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(at(1_000)));
    (Gate::builder().clock(Arc::clone(&clock)).build().unwrap(), clock)
}

fn delete(gate: &Gate, scope: &Scope) -> Result<(), Reason> {
    perform(gate, scope, &Action::delete("mail.delete", "mail/1"))
}

fn perform(gate: &Gate, scope: &Scope, action: &Action<'_>) -> Result<(), Reason> {
    let done = gate.run(action, scope, |_| Ok::<_, std::io::Error>(()));
    done.map_err(|error| match error {
        permitgate::gate::RunError::Refused(refusal) => refusal.reason(),
        permitgate::gate::RunError::Failed(error) => panic!("{error}"),
    })
}

fn used(gate: &Gate, scope: &Scope) -> u64 {
    gate.budgets(scope)[0].used().unwrap()
}

#[test]
fn so_many_and_no_more_until_the_window_has_passed() {
    let (gate, clock) = gate();
    let scope = scope(&root([Budget::actions("deletions", 3).per(MINUTE).on(Operation::Delete)]));
    for second in [0, 10, 20] {
        clock.set(at(1_000 + second));
        assert_eq!(delete(&gate, &scope), Ok(()));
    }
    clock.set(at(1_030));
    let action = Action::delete("mail.delete", "mail/1");
    let refusal = gate.authorize(&action, &scope).unwrap_err();
    assert_eq!(refusal.reason(), Reason::BudgetSpent);
    let budget = refusal.grounds().budget().unwrap();
    assert_eq!(
        (budget.name(), budget.used(), budget.limit(), budget.needs()),
        ("deletions", 3, 3, 1)
    );
    assert_eq!(budget.room_in(), Some(Duration::from_secs(30)));
    assert_eq!(
        refusal.to_string(),
        "denied: a budget has no room for it: of `deletions` 3 of 3 is used, and this needs 1; there is room again in 30 s"
    );
    assert_eq!(gate.decide(&action, &scope).reason(), Reason::BudgetSpent);
    assert_eq!(gate.explain(&action, &scope).decision.reason(), Reason::BudgetSpent);
    // What it is not about passes.
    assert_eq!(perform(&gate, &scope, &Action::read("mail.read", "mail/1")), Ok(()));
    clock.set(Timestamp::from_unix_millis(1_059_999));
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent));
    clock.set(at(1_060));
    assert_eq!(delete(&gate, &scope), Ok(()));
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent), "one has left, not all");
}

/// The wall clock is set forward by an hour. Time that passed has not.
#[test]
fn a_step_of_the_wall_clock_renews_nothing() {
    struct Stepped(AtomicU64, AtomicU64);
    impl Clock for Stepped {
        fn now(&self) -> Timestamp {
            at(self.0.load(Ordering::SeqCst))
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.1.load(Ordering::SeqCst))
        }
    }
    let clock = Arc::new(Stepped(AtomicU64::new(1_000), AtomicU64::new(7)));
    let gate = Gate::builder().clock(Arc::clone(&clock)).build().unwrap();
    let scope = scope(&root([Budget::actions("deletions", 1).per(MINUTE)]));
    assert_eq!(delete(&gate, &scope), Ok(()));
    for wall in [4_600, 4_599, 90_000] {
        clock.0.store(wall, Ordering::SeqCst);
        assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent), "{wall}");
        assert_eq!(used(&gate, &scope), 1);
    }
    // A monotonic clock that goes back does not lie about what has passed either.
    clock.1.store(0, Ordering::SeqCst);
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent));
    clock.1.store(67, Ordering::SeqCst);
    assert_eq!(delete(&gate, &scope), Ok(()));
}

/// Five siblings each see 9.90 of 10.00 left.
#[test]
fn siblings_that_fan_out_share_what_their_parent_has() {
    let gate = Gate::builder().build().unwrap();
    let parent = root([Budget::sum("spend", "dollars", 1_000).decimals(2)]);
    let pay = |scope: &Scope, dollars: f64| {
        let arguments = [("dollars", Value::from(dollars))];
        perform(&gate, scope, &Action::create("pay", "payments/1").with(&arguments))
    };
    assert_eq!(pay(&scope(&parent), 0.10), Ok(()));
    let paid: Vec<Result<(), Reason>> = std::thread::scope(|threads| {
        let siblings = (0..5).map(|_| {
            let child = parent.attenuate(Attenuation::new()).unwrap();
            let (pay, scope) = (&pay, scope(&child));
            threads.spawn(move || pay(&scope, 9.90))
        });
        let siblings: Vec<_> = siblings.collect();
        siblings.into_iter().map(|sibling| sibling.join().unwrap()).collect()
    });
    assert_eq!(paid.iter().filter(|paid| paid.is_ok()).count(), 1, "{paid:?}");
    assert!(paid.iter().flat_map(|paid| paid.err()).all(|reason| reason == Reason::BudgetSpent));
    assert_eq!(used(&gate, &scope(&parent)), 1_000);
}

#[test]
fn a_child_that_has_spent_its_own_takes_nothing_from_its_siblings() {
    let gate = Gate::builder().build().unwrap();
    let parent = root([Budget::actions("all", 3)]);
    let child = |most| {
        let own = Attenuation::new().budget(Budget::actions("own", most));
        scope(&parent.attenuate(own).unwrap())
    };
    let (one, other) = (child(1), child(5));
    assert_eq!(delete(&gate, &one), Ok(()));
    for _ in 0..10 {
        assert_eq!(delete(&gate, &one), Err(Reason::BudgetSpent));
    }
    assert_eq!((delete(&gate, &other), delete(&gate, &other)), (Ok(()), Ok(())));
    let refusal = gate.decide(&Action::delete("mail.delete", "mail/1"), &other);
    assert_eq!(
        refusal.grounds().budget().map(|budget| budget.name().to_owned()),
        Some("all".into())
    );
    assert_eq!(
        gate.budgets(&other).iter().map(|b| b.left()).collect::<Vec<_>>(),
        [Some(3), Some(0)]
    );
    // A grandchild counts against all above it.
    let gate = Gate::builder().build().unwrap();
    let parent = root([Budget::actions("all", 2)]);
    let grandchild =
        parent.attenuate(Attenuation::new()).unwrap().attenuate(Attenuation::new()).unwrap();
    assert_eq!(
        (delete(&gate, &scope(&grandchild)), delete(&gate, &scope(&parent))),
        (Ok(()), Ok(()))
    );
    assert_eq!(delete(&gate, &scope(&grandchild)), Err(Reason::BudgetSpent));
}

/// Three times 9,000 is more than 10,000, whoever writes it and however.
#[test]
fn sums_are_of_what_the_manifest_reads() {
    let (gate, _) = gate();
    let scope =
        scope(&root([Budget::sum("spend", "amount", 1_000_000).decimals(2).on(Operation::Create)]));
    let pay = ToolSpec::new("pay")
        .argument("amount", ArgumentSpec::decimal(DecimalSpec::new(2)))
        .effect(EffectSpec::create("payments/new").amounts(["amount"]));
    let manifest = Manifest::new([pay]).unwrap();
    let pay = |amount: Value<'_>| {
        let arguments = [("amount", amount)];
        let call = manifest.map("pay", &arguments, &scope);
        gate.run_call(&call, &scope, |_| Ok::<_, std::io::Error>(()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(pay(Value::from("9000.00")), Ok(()));
    for again in
        [Value::from("9000"), Value::from(9_000), Value::from(9_000.0), Value::from("1000.01")]
    {
        let error = pay(again).unwrap_err();
        assert!(
            error.contains("of `spend` 9000.00 of 10000.00 is used, and this needs"),
            "{error}"
        );
    }
    assert_eq!(pay(Value::from("1000.00")), Ok(()));
}

#[test]
fn what_cannot_be_counted_is_denied() {
    let (gate, _) = gate();
    let scope = scope(&root([
        Budget::sum("spend", "o.cents", 100).on(Operation::Create),
        Budget::recipients("people", 10).on(Operation::Share),
    ]));
    let pay = |arguments: &dyn Arguments| {
        gate.decide(&Action::create("pay", "payments/1").with(arguments), &scope).reason()
    };
    let cents = |value| pay(&[("o", Value::Object(&[("cents", value)]))]);
    assert_eq!(cents(Value::from(100)), Reason::Permitted);
    assert_eq!(cents(Value::from(101)), Reason::BudgetSpent);
    for odd in
        [Value::from(-1), Value::from(1.5), Value::from("1"), Value::Null, Value::from(f64::NAN)]
    {
        assert_eq!(cents(odd), Reason::BudgetUncounted, "{odd:?}");
    }
    assert_eq!(pay(&NoArguments), Reason::BudgetUncounted);
    let share =
        |audience| gate.decide(&Action::share("share", "docs/1").visible_to(audience), &scope);
    assert_eq!(share(Audience::Private).reason(), Reason::Permitted);
    let public = share(Audience::Public);
    assert_eq!(public.reason(), Reason::BudgetUncounted);
    assert_eq!(
        public.to_string(),
        "deny: a budget applies, and what it would draw on that cannot be counted: of `people` nobody can say how much it needs"
    );
}

#[test]
fn people_are_counted_by_the_directory() {
    let directory = Directory::builder()
        .principal("lee")
        .principal("kim")
        .principal("sam")
        .group("team", ["lee", "kim", "sam"])
        .build()
        .unwrap();
    let gate = Gate::builder().directory(directory).build().unwrap();
    let scope = scope(&root([Budget::recipients("people", 4)]));
    let send = |audience| {
        perform(&gate, &scope, &Action::create("mail.send", "mail/out").visible_to(audience))
    };
    assert_eq!(send(Audience::Group("team")), Ok(()));
    assert_eq!(send(Audience::recipients(&["lee", "kim"])), Err(Reason::BudgetSpent));
    assert_eq!(send(Audience::recipients(&["lee"])), Ok(()));
    assert_eq!(send(Audience::Private), Ok(()), "nobody else is reached");
    assert_eq!(send(Audience::recipients(&["lee"])), Err(Reason::BudgetSpent));
}

#[test]
fn from_a_mark_on_a_person_must_approve() {
    let (gate, clock) = gate();
    let scope = scope(&root([Budget::actions("deletions", 3).per(MINUTE).ask_from(2)]));
    assert_eq!(delete(&gate, &scope), Ok(()));
    let action = Action::delete("mail.delete", "mail/1");
    let Err(Refusal::Held(hold)) = gate.authorize(&action, &scope) else { panic!("held") };
    assert_eq!(hold.reason(), Reason::BudgetApproval);
    let budget = hold.grounds().budget().unwrap();
    assert_eq!((budget.used(), budget.limit(), budget.room_in()), (1, 1, Some(MINUTE)));
    assert_eq!(gate.decide(&action, &scope).ruling(), Ruling::Hold);
    let status = &gate.budgets(&scope)[0];
    assert_eq!((status.left(), status.left_unasked()), (Some(2), Some(0)));
    clock.set(at(1_060));
    assert_eq!(delete(&gate, &scope), Ok(()), "there is room again, unasked");
}

#[test]
fn what_was_used_less_comes_back_and_what_was_used_more_counts() {
    let (gate, _) = gate();
    let scope = scope(&root([Budget::sum("tokens", "max", 1_000)]));
    let ask = gate.tool("ask", Operation::Execute);
    let begin = |arguments| {
        gate.authorize(&ask.on("models/1").with(arguments), &scope).unwrap().begin(&ask)
    };
    let (eight_hundred, hundred) = ([("max", Value::from(800))], [("max", Value::from(100))]);
    let running = begin(&eight_hundred).unwrap();
    assert_eq!(used(&gate, &scope), 800);
    running.done_with(&Consumption::new().sum("max", 300).sum("other", 1));
    assert_eq!(used(&gate, &scope), 300);
    begin(&hundred).unwrap().done_with(&Consumption::nothing());
    assert_eq!(used(&gate, &scope), 300);
    begin(&hundred).unwrap().done_with(&Consumption::new().sum("max", -1));
    assert_eq!(used(&gate, &scope), 400, "an amount that cannot be counted is no report");
    begin(&hundred).unwrap().done_with(&Consumption::new().sum("max", 5_000));
    assert_eq!(used(&gate, &scope), 5_400);
    let arguments = [("max", Value::from(1))];
    let next = gate.authorize(&ask.on("models/1").with(&arguments), &scope);
    assert_eq!(next.unwrap_err().reason(), Reason::BudgetSpent);
}

#[test]
fn places_are_free_again_however_an_effect_ends() {
    let gate = Gate::builder().budget(Budget::concurrency("at-once", 1)).build().unwrap();
    let scope = scope(&root([]));
    let tool = gate.tool("mail.delete", Operation::Delete);
    let begin =
        || gate.authorize(&tool.on("mail/1"), &scope).and_then(|permit| permit.begin(&tool));
    let ends: [fn(Running<'_>); 4] = [
        |running| running.done(),
        |running| running.failed(),
        |running| drop(running),
        |running| running.done_with(&Consumption::new()),
    ];
    for end in ends {
        let running = begin().unwrap();
        assert_eq!(begin().unwrap_err().reason(), Reason::BudgetSpent);
        end(running);
    }
    let panics = || {
        let _running = begin().unwrap();
        panic!("in the effect");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let permit = gate.authorize(&tool.on("mail/1"), &scope).unwrap();
    assert!(begin().is_err(), "a permit keeps a place");
    drop(permit);
    begin().unwrap().done();
}

#[test]
fn the_same_call_too_often_is_held_or_halts_its_agent() {
    let loop_of =
        |budget: Budget| Gate::builder().budget(budget.per(MINUTE).shared_by(Share::Agent));
    let gate = loop_of(Budget::repeats("loop", 2)).build().unwrap();
    let scope = scope(&root([]));
    let say = |text: &str, gate: &Gate| {
        let arguments = [("text", Value::from(text)), ("n", Value::from(1))];
        perform(gate, &scope, &Action::create("post", "forum/1").with(&arguments))
    };
    assert_eq!((say("a", &gate), say("a", &gate)), (Ok(()), Ok(())));
    assert_eq!(say("a", &gate), Err(Reason::BudgetApproval));
    assert_eq!(say("b", &gate), Ok(()), "another call");
    let turned = [("n", Value::from(1)), ("text", Value::from("a"))];
    let turned = Action::create("post", "forum/1").with(&turned);
    assert_eq!(
        gate.decide(&turned, &scope).reason(),
        Reason::BudgetApproval,
        "the same in another order"
    );
    let (gate, clock) = {
        let clock = Arc::new(ManualClock::new(at(1_000)));
        let gate = loop_of(Budget::repeats("loop", 2).halts_agent()).clock(Arc::clone(&clock));
        (gate.build().unwrap(), clock)
    };
    assert_eq!((say("a", &gate), say("b", &gate), say("a", &gate)), (Ok(()), Ok(()), Ok(())));
    clock.set(at(1_061));
    assert_eq!((say("a", &gate), say("a", &gate)), (Ok(()), Ok(())), "the window has passed");
    assert_eq!(say("a", &gate), Err(Reason::AgentHalted));
    assert_eq!(say("b", &gate), Err(Reason::AgentHalted), "whatever it wants to do");
    gate.halt_and_wait(Halt::Everything, Duration::ZERO).unwrap();
}

#[test]
fn who_shares_it() {
    let gate = Gate::builder().build().unwrap();
    let build = |capability: &Capability, invoker: &str, agent: &str, session: &Session| {
        let scope = Scope::builder(capability).invoker(invoker).agent(agent);
        scope.session(session).build().unwrap()
    };
    let cases: [(Share, [bool; 4]); 4] = [
        // Whether it is spent for another: invoker, agent, session; and in a sub-task.
        (Share::Lineage, [true, true, true, true]),
        (Share::Invoker, [false, true, true, true]),
        (Share::Agent, [true, false, true, true]),
        (Share::Session, [false, false, false, true]),
    ];
    for (share, expected) in cases {
        let capability = root([Budget::actions("one", 1).shared_by(share)]);
        let session = Session::new();
        let own = build(&capability, "dana", "tidy", &session);
        assert_eq!(delete(&gate, &own), Ok(()), "{share:?}");
        // Made again, nothing is renewed.
        let again = build(&capability, "dana", "tidy", &session);
        assert_eq!(delete(&gate, &again), Err(Reason::BudgetSpent), "{share:?}");
        let others = [
            build(&capability, "lee", "tidy", &Session::new()),
            build(&capability, "dana", "other", &Session::new()),
            build(&capability, "dana", "tidy", &Session::new()),
            build(&capability, "dana", "tidy", &session.subtask().unwrap()),
        ];
        let spent = others.map(|other| delete(&gate, &other).is_err());
        assert_eq!(spent, expected, "{share:?}");
    }
    // Attenuated from it, by whatever other name, it is the same budget.
    let capability = root([Budget::actions("one", 1).shared_by(Share::Invoker)]);
    assert_eq!(delete(&gate, &scope(&capability)), Ok(()));
    let child = capability.delegate("helper", Attenuation::new()).unwrap();
    let child = build(&child, "dana", "helper", &Session::new());
    assert_eq!(delete(&gate, &child), Err(Reason::BudgetSpent));
    let error = Capability::root(
        Grant::new(everything()).budget(Budget::actions("one", 1).shared_by(Share::Gate)),
        ambient_authority(),
    );
    assert!(Scope::builder(&error).invoker("dana").agent("tidy").build().is_err());
}

#[test]
fn budgets_of_the_gate_go_on_counting_after_a_reload() {
    let gate = Gate::builder().budget(Budget::actions("all", 3)).build().unwrap();
    let (one, other) = (scope(&root([])), scope(&root([])));
    assert_eq!((delete(&gate, &one), delete(&gate, &other)), (Ok(()), Ok(())));
    let set = |most| {
        gate.reconfigure(|configuration| {
            configuration.without_budget("all").budget(Budget::actions("all", most))
        })
        .unwrap();
    };
    set(2);
    assert_eq!(delete(&gate, &one), Err(Reason::BudgetSpent));
    set(4);
    assert_eq!((delete(&gate, &one), delete(&gate, &other)), (Ok(()), Ok(())));
    assert_eq!(delete(&gate, &other), Err(Reason::BudgetSpent));
    gate.reconfigure(|configuration| configuration.without_budget("all")).unwrap();
    assert_eq!(delete(&gate, &one), Ok(()));
    let twice = gate.reconfigure(|configuration| {
        configuration.budget(Budget::actions("a", 1)).budget(Budget::actions("a", 2))
    });
    assert_eq!(twice.unwrap_err().budget(), Some("a"));
    // A gate that had none counts from its first on.
    let gate = Gate::builder().build().unwrap();
    assert_eq!(delete(&gate, &one), Ok(()));
    gate.reconfigure(|configuration| configuration.budget(Budget::actions("all", 1))).unwrap();
    assert_eq!((delete(&gate, &one), delete(&gate, &one)), (Ok(()), Err(Reason::BudgetSpent)));
}

/// Everything is decided again where the configuration changed since the permit was given. What is set aside for it is not
/// counted a second time.
#[test]
fn the_last_unit_begins_after_a_reload() {
    let (gate, _) = gate();
    let scope = scope(&root([Budget::actions("one", 1)]));
    let tool = gate.tool("mail.delete", Operation::Delete);
    let permit = gate.authorize(&tool.on("mail/1"), &scope).unwrap();
    gate.reconfigure(|configuration| {
        let forbid = Statement::forbid("no-shares").operations(Operation::Share);
        configuration.guardrails(Restrictions::new([forbid]).unwrap())
    })
    .unwrap();
    permit.begin(&tool).unwrap().done();
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent));
}

#[test]
fn a_named_root_counts_on_when_it_is_minted_again() {
    let gate = Gate::builder().build().unwrap();
    let (ledger, other) = (Ledger::in_memory(), Ledger::in_memory());
    let mint = |name: &str, ledger: &Ledger, most| {
        let grant = Grant::new(everything()).budget(Budget::actions("all", most));
        scope(&Capability::root(grant.named(name).counted_by(ledger), ambient_authority()))
    };
    assert_eq!(delete(&gate, &mint("dana", &ledger, 2)), Ok(()));
    assert_eq!(delete(&gate, &mint("dana", &ledger, 2)), Ok(()));
    assert_eq!(delete(&gate, &mint("dana", &ledger, 2)), Err(Reason::BudgetSpent));
    assert_eq!(delete(&gate, &mint("lee", &ledger, 2)), Ok(()));
    assert_eq!(delete(&gate, &mint("dana", &other, 2)), Ok(()));
    assert_eq!(delete(&gate, &mint("dana", &ledger, 3)), Ok(()), "its mark was raised");
}

#[test]
fn calls_sum_over_their_actions() {
    let (gate, _) = gate();
    let scope = scope(&root([
        Budget::actions("all", 5).ask_from(4),
        Budget::actions("writes", 1).on(Operations::WRITES),
    ]));
    let manifest = Manifest::new([
        ToolSpec::new("two").effect(EffectSpec::read("a")).effect(EffectSpec::create("b")),
        ToolSpec::new("four")
            .effect(EffectSpec::read("a"))
            .effect(EffectSpec::read("b"))
            .effect(EffectSpec::read("c"))
            .effect(EffectSpec::read("d")),
        ToolSpec::new("writes").effect(EffectSpec::create("a")).effect(EffectSpec::create("b")),
    ])
    .unwrap();
    let decide = |tool: &str| {
        let call = manifest.map(tool, &NoArguments, &scope);
        let decided = gate.decide_call(&call, &scope);
        let authorized = gate.authorize_call(&call, &scope).map(|_| ()).map_err(|r| r.reason());
        let expected = if decided.is_allow() { Ok(()) } else { Err(decided.reason()) };
        assert_eq!(authorized, expected, "{tool}");
        decided.reason()
    };
    assert_eq!(decide("two"), Reason::Permitted);
    assert_eq!(decide("four"), Reason::BudgetApproval);
    assert_eq!(decide("writes"), Reason::BudgetSpent);
    assert_eq!(used(&gate, &scope), 0, "nothing was left set aside");
}

/// What an action draws on its root and on the gate is set aside together, or not at all.
#[test]
fn a_budget_of_the_gate_that_is_spent_takes_nothing_of_the_roots() {
    let at_gate = Budget::actions("gate", 1).on(Operation::Delete);
    let gate = Gate::builder().budget(at_gate).build().unwrap();
    let of_root = root([Budget::actions("root", 5)]);
    let own = Attenuation::new().budget(Budget::actions("own", 5));
    let scope = scope(&of_root.attenuate(own).unwrap());
    let used = || gate.budgets(&scope).iter().map(|of| of.used().unwrap()).collect::<Vec<_>>();
    let tool = gate.tool("mail.delete", Operation::Delete);
    let permit = gate.authorize(&tool.on("mail/1"), &scope).unwrap();
    assert_eq!(used(), [1, 1, 1]);
    for _ in 0..3 {
        let refusal = gate.authorize(&tool.on("mail/1"), &scope).unwrap_err();
        assert_eq!(refusal.grounds().budget().map(|budget| budget.name()), Some("gate"));
        assert_eq!(used(), [1, 1, 1]);
    }
    drop(permit);
    assert_eq!(used(), [0, 0, 0]);
    // The other way round: the root has none left, and the gate keeps its own.
    let spent = self::scope(&root([Budget::actions("root", 0)]));
    assert_eq!(delete(&gate, &spent), Err(Reason::BudgetSpent));
    assert_eq!((delete(&gate, &scope), used()), (Ok(()), vec![1, 1, 1]));
}

#[test]
fn an_effect_that_fails_or_is_abandoned_stays_spent_until_its_window_has_passed() {
    let clock = Arc::new(ManualClock::new(at(1_000)));
    let budget = Budget::actions("deletions", 2).per(MINUTE);
    let gate = Gate::builder().clock(Arc::clone(&clock)).budget(budget).build().unwrap();
    let scope = scope(&root([]));
    let tool = gate.tool("mail.delete", Operation::Delete);
    let begin = || gate.authorize(&tool.on("mail/1"), &scope).unwrap().begin(&tool).unwrap();
    begin().failed();
    assert_eq!(used(&gate, &scope), 1);
    clock.set(at(1_030));
    drop(begin());
    assert_eq!(used(&gate, &scope), 2);
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent));
    clock.set(at(1_060));
    assert_eq!(used(&gate, &scope), 1, "what failed has left, what was abandoned has not");
    clock.set(at(1_090));
    assert_eq!(used(&gate, &scope), 0);
}

#[test]
fn what_a_call_used_counts_for_each_of_its_actions() {
    let (gate, _) = gate();
    let scope = scope(&root([Budget::sum("tokens", "max", 1_000)]));
    let manifest = Manifest::new([ToolSpec::new("both")
        .argument("max", ArgumentSpec::integer())
        .effect(EffectSpec::read("models/1"))
        .effect(EffectSpec::create("models/2"))])
    .unwrap();
    let arguments = [("max", Value::from(300))];
    let call = manifest.map("both", &arguments, &scope);
    let both = gate.call_handle("both");
    let begin = || gate.authorize_call(&call, &scope).unwrap().begin(&both).unwrap();
    let running = begin();
    assert_eq!(used(&gate, &scope), 600);
    running.done_with(&Consumption::new().sum("max", 120));
    assert_eq!(used(&gate, &scope), 240, "as much for each of the two");
    begin().done_with(&Consumption::nothing());
    assert_eq!(used(&gate, &scope), 240);
    begin().failed();
    assert_eq!(used(&gate, &scope), 840);
    assert!(gate.authorize_call(&call, &scope).is_err());
}

/// One invoker after the other, as many as a root has counters for, and one more.
#[test]
fn a_full_table_denies_until_windows_have_passed() {
    let (gate, clock) = gate();
    let capability = root([Budget::actions("each", 1).per(MINUTE).shared_by(Share::Invoker)]);
    let of = |number: usize| {
        let scope = Scope::builder(&capability).invoker(format!("i{number}")).agent("tidy");
        scope.build().unwrap()
    };
    for number in 0..MAX_BUDGET_COUNTERS {
        assert_eq!(delete(&gate, &of(number)), Ok(()), "{number}");
    }
    let late = of(MAX_BUDGET_COUNTERS);
    assert_eq!(delete(&gate, &late), Err(Reason::BudgetUncounted));
    assert_eq!(delete(&gate, &of(0)), Err(Reason::BudgetSpent), "those who are there are counted");
    clock.set(at(1_061));
    assert_eq!(delete(&gate, &late), Ok(()));
    assert_eq!(delete(&gate, &of(MAX_BUDGET_COUNTERS + 1)), Ok(()));
    assert_eq!(delete(&gate, &late), Err(Reason::BudgetSpent));
}

#[test]
fn a_refusal_is_on_record_and_takes_nothing() {
    let sink = Arc::new(MemorySink::last(8));
    let gate = Gate::builder().sink(Arc::clone(&sink)).build().unwrap();
    let scope = scope(&root([Budget::actions("none", 0)]));
    assert_eq!(delete(&gate, &scope), Err(Reason::BudgetSpent));
    let record = sink.records().pop().unwrap();
    assert_eq!((record.ruling, record.reason), (Ruling::Deny, Reason::BudgetSpent));
    assert_eq!(used(&gate, &scope), 0);
}

/// Many threads, all measures at once, one child each: nobody is over, nothing is lost.
#[test]
fn threads_at_a_gate() {
    const THREADS: usize = 8;
    const TIMES: u64 = 500;
    let gate = Gate::builder().budget(Budget::concurrency("at-once", 5)).build().unwrap();
    let parent = root([
        Budget::actions("all", 1_000),
        Budget::sum("cents", "cents", 5_000),
        Budget::irreversible("for-good", 700),
    ]);
    let running = AtomicU64::new(0);
    let begun: u64 = std::thread::scope(|threads| {
        let each = (0..THREADS).map(|number| {
            let child =
                parent.attenuate(Attenuation::new().budget(Budget::actions("own", 400))).unwrap();
            let (gate, running, scope) = (&gate, &running, scope(&child));
            threads.spawn(move || {
                let tool = gate.tool("pay", Operation::Create);
                let mut begun = 0;
                for round in 0..TIMES {
                    let arguments = [("cents", Value::from(round % 9))];
                    let action = tool.on("payments/1").with(&arguments);
                    let Ok(permit) = gate.authorize(&action, &scope) else { continue };
                    if (round + number as u64).is_multiple_of(4) {
                        continue;
                    }
                    let effect = permit.begin(&tool).unwrap();
                    assert!(running.fetch_add(1, Ordering::SeqCst) < 5, "more than five at once");
                    begun += 1;
                    running.fetch_sub(1, Ordering::SeqCst);
                    effect.done();
                }
                begun
            })
        });
        let each: Vec<_> = each.collect();
        each.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let status = gate.budgets(&scope(&parent));
    let used: Vec<u64> = status.iter().map(|status| status.used().unwrap()).collect();
    assert_eq!((used[0], used[2], used[3]), (begun, begun, 0));
    assert!(used[1] <= 5_000 && begun <= 700 && begun > 0, "{used:?}");
}

/// A call of several actions, each of which draws on budgets of its root and of the gate, or waits for a person anyway.
mod calls {
    use proptest::prelude::*;

    use super::*;

    fn budget(name: &'static str) -> impl Strategy<Value = Budget> {
        let marks = (0_u64..6, proptest::option::of(0_u64..6));
        (0_u8..4, marks).prop_map(move |(measure, (most, ask))| {
            let budget = match measure {
                0 => Budget::actions(name, most),
                1 => Budget::irreversible(name, most),
                2 => Budget::repeats(name, most).per(MINUTE),
                _ => Budget::sum(name, "max", most),
            };
            match ask.filter(|ask| measure != 2 && *ask <= most) {
                Some(ask) => budget.ask_from(ask),
                None => budget,
            }
        })
    }

    fn effect(of: u8) -> EffectSpec {
        match of {
            0 => EffectSpec::create("mail/1"),
            1 => EffectSpec::create("mail/2"),
            2 => EffectSpec::delete("mail/1"),
            _ => EffectSpec::update("asked/1"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// `decide_call` says what `authorize_call` says, whatever the actions draw together.
        #[test]
        fn are_decided_as_they_are_authorized(
            of_root in budget("root"),
            of_gate in [budget("one"), budget("other")],
            effects in proptest::collection::vec(0_u8..4, 1..5),
            max in 0_i64..4,
        ) {
            let gate = of_gate.into_iter().fold(Gate::builder(), |gate, budget| gate.budget(budget));
            let gate = gate.build().unwrap();
            let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
            let asked = Statement::require_approval("asked").operations(Operations::ALL).resources(["asked/**"]);
            let policy = Policy::new([all, asked]).unwrap();
            let root = Capability::root(Grant::new(policy).budget(of_root), ambient_authority());
            let scope = scope(&root);
            let tool = ToolSpec::new("tool").argument("max", ArgumentSpec::integer());
            let tool = effects.iter().fold(tool, |tool, of| tool.effect(effect(*of)));
            let manifest = Manifest::new([tool]).unwrap();
            let arguments = [("max", Value::from(max))];
            let call = manifest.map("tool", &arguments, &scope);
            for _ in 0..4 {
                let decision = gate.decide_call(&call, &scope);
                match gate.authorize_call(&call, &scope) {
                    Ok(permit) => {
                        prop_assert!(decision.is_allow(), "{decision}");
                        permit.begin(&gate.call_handle("tool")).unwrap().done();
                    }
                    Err(refusal) => {
                        prop_assert_eq!(decision.reason(), refusal.reason());
                        prop_assert_eq!(decision.grounds().budget(), refusal.grounds().budget());
                    }
                }
            }
        }
    }

    /// As many actions as a call may have, on as many budgets as there may be above them.
    #[test]
    fn cost_in_proportion_to_their_actions() {
        let (gate, _) = gate();
        let names: Vec<String> = (0..16).map(|number| format!("b{number}")).collect();
        let own = || names.iter().map(|name| Budget::actions(name.as_str(), u64::MAX));
        let mut capability = root(own());
        for _ in 0..6 {
            let below = own().fold(Attenuation::new(), Attenuation::budget);
            capability = capability.attenuate(below).unwrap();
        }
        let scope = scope(&capability);
        let each = EffectSpec::create("mail/{it}").for_each("ids");
        let tool = ToolSpec::new("tool").argument("ids", ArgumentSpec::list(ArgumentSpec::text()));
        let manifest = Manifest::new([tool.effect(each)]).unwrap();
        let ids: [String; MAX_CALL_ACTIONS] = std::array::from_fn(|number| number.to_string());
        let ids = ids.each_ref().map(|id| Value::Text(id));
        let ids = [("ids", Value::List(&ids))];
        let call = manifest.map("tool", &ids, &scope);
        let time = || {
            let start = std::time::Instant::now();
            assert!(gate.decide_call(&call, &scope).is_allow());
            start.elapsed()
        };
        let time = (0..3).map(|_| time()).min().unwrap();
        // Some hundredths of a second. Where each were compared with all before it, more than five.
        assert!(time < Duration::from_millis(1_500), "{time:?}");
    }
}
