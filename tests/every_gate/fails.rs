//! Code of the user's that panics while a gate asks it: the answer is no, and the gate goes on. And what watches, such as
//! a shadow or an explanation, changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use permitgate::gate::{Configuration, Halt, RuleContext};
use permitgate::manifest::{EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Value};
use permitgate::policy::{Applicability, Condition};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use permitgate::time::{Clock, Timestamp};
use permitgate::{Arguments, Reason, Verdict};

use crate::{everything, forbid, outcomes, scope};

/// Panics where it is asked for a field, or where it is shown whole.
struct Breaks {
    field: bool,
}

impl Arguments for Breaks {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        assert!(!self.field, "a view that fails");
        Some(Value::Null)
    }
    fn visit(&self, _: &mut dyn FnMut(&str, Value<'_>)) {
        panic!("a view that fails");
    }
}

struct Stops(AtomicBool);

impl Clock for Stops {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(SeqCst), "no time");
        Timestamp::from_unix_seconds(1_000)
    }
}

#[test]
fn a_view_that_panics_denies_and_nothing_else() {
    let asks = Statement::permit("p").operations(Operations::ALL).resources(["**"]);
    let other = Statement::permit("q").operations(Operation::Delete).resources(["**"]);
    let policy = Policy::new([asks.when(Condition::present("x")), other]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let sink = Arc::new(MemorySink::last(8));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    let view = Breaks { field: true };
    let action = Action::create("t", "x").with(&view);
    assert_eq!(gate.decide(&action, &scope).reason(), Reason::ArgumentsPanicked);
    assert_eq!(gate.authorize(&action, &scope).unwrap_err().reason(), Reason::ArgumentsPanicked);
    let explanation = gate.explain(&action, &scope);
    assert_eq!(explanation.decision.reason(), Reason::ArgumentsPanicked);
    let statements = &explanation.layers[0].statements;
    assert_eq!(statements[0].applicability, Applicability::ArgumentsPanicked);
    assert!(
        !statements[0].applies
            && matches!(statements[1].applicability, Applicability::Operation { .. })
    );
    // Its fields are there, but it cannot be copied.
    let view = Breaks { field: false };
    let action = Action::create("t", "x").with(&view);
    let permit = gate.authorize(&action, &scope).unwrap();
    assert_eq!(permit.detach().unwrap_err().reason(), Reason::ArgumentsPanicked);
    let refused = Some(Outcome::Refused(Reason::ArgumentsPanicked));
    assert_eq!(outcomes(&sink), [None, refused]);
}

/// Also where the view fails only when it is decided again.
#[test]
fn a_view_that_panics_when_an_effect_begins_denies() {
    struct Later(AtomicBool);
    impl Arguments for Later {
        fn get(&self, _: &str) -> Option<Value<'_>> {
            assert!(!self.0.load(SeqCst), "a view that fails");
            Some(Value::from(1))
        }
        fn visit(&self, _: &mut dyn FnMut(&str, Value<'_>)) {}
    }
    let permit = Statement::permit("p").operations(Operations::ALL).resources(["**"]);
    let policy = Policy::new([permit.when(Condition::present("x"))]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    let (tool, view) = (gate.tool("t", Operation::Create), Later(false.into()));
    let action = tool.on("x").with(&view);
    let permit = gate.authorize(&action, &scope).unwrap();
    view.0.store(true, SeqCst);
    gate.reconfigure(|c| c.rule("new", |_: &RuleContext<'_>| Verdict::Pass)).unwrap();
    assert_eq!(permit.begin(&tool).unwrap_err().reason(), Reason::ArgumentsPanicked);
    assert_eq!(gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
}

#[test]
fn a_clock_that_panics_denies() {
    let (clock, sink) = (Arc::new(Stops(false.into())), Arc::new(MemorySink::last(16)));
    let builder = Gate::builder().clock(clock.clone()).sink(sink.clone());
    let (gate, scope) = (builder.build().unwrap(), scope());
    let manifest = Manifest::new([ToolSpec::new("t").effect(EffectSpec::create("x"))]).unwrap();
    let (tool, call_handle) = (gate.tool("t", Operation::Create), gate.call_handle("t"));
    let call = manifest.map("t", &NoArguments, &scope);
    let action = tool.on("x");
    let permit = gate.authorize(&action, &scope).unwrap();
    let owned = gate.authorize(&action, &scope).unwrap().detach().unwrap();
    let called = gate.authorize_call(&call, &scope).unwrap();
    let running = gate.authorize(&action, &scope).unwrap().begin(&tool).unwrap();
    clock.0.store(true, SeqCst);
    let stepped = Reason::ClockSteppedBack;
    assert_eq!(gate.decide(&action, &scope).reason(), stepped);
    assert_eq!(gate.explain(&action, &scope).decision.reason(), stepped);
    assert_eq!(gate.authorize(&action, &scope).unwrap_err().reason(), stepped);
    assert_eq!(gate.decide_call(&call, &scope).reason(), stepped);
    assert_eq!(gate.authorize_call(&call, &scope).unwrap_err().reason(), stepped);
    assert_eq!(permit.begin(&tool).unwrap_err().reason(), stepped);
    assert_eq!(owned.begin(&tool).unwrap_err().reason(), stepped);
    assert_eq!(called.begin(&call_handle).unwrap_err().reason(), stepped);
    assert!(!running.halted(), "not halted, as far as is known");
    running.done();
    let refused = Some(Outcome::Refused(stepped));
    assert_eq!(outcomes(&sink)[..4], [refused, refused, refused, Some(Outcome::Done)]);
    assert_eq!(gate.halt_and_wait(Halt::Agent("x"), Duration::ZERO), Ok(()));
    clock.0.store(false, SeqCst);
    assert!(gate.decide(&action, &scope).is_allow(), "and the gate goes on");
}

#[test]
fn a_rule_that_panics_denies_also_when_an_effect_begins() {
    let (gate, scope) = (Gate::builder().build().unwrap(), scope());
    let tool = gate.tool("t", Operation::Create);
    let action = tool.on("x");
    let permit = gate.authorize(&action, &scope).unwrap();
    gate.reconfigure(|c| c.rule("breaks", |_: &RuleContext<'_>| panic!("a rule that fails")))
        .unwrap();
    let explanation = gate.explain(&action, &scope);
    assert_eq!(explanation.decision.reason(), Reason::RulePanicked);
    assert_eq!(explanation.rules, [("breaks".into(), None)]);
    let refusal = permit.begin(&tool).unwrap_err();
    assert_eq!(
        (refusal.reason(), refusal.grounds().rule()),
        (Reason::RulePanicked, Some("breaks"))
    );
}

/// Decision and parts of an explanation come from one configuration: a rule that is asked for the decision replaces
/// it, and what is listed is still what was asked.
#[test]
fn an_explanation_reads_one_configuration() {
    let gate = Gate::builder().build().unwrap();
    let (inner, changed) = (gate.clone(), AtomicBool::new(false));
    let changes = move |_: &RuleContext<'_>| {
        if !changed.swap(true, SeqCst) {
            let change = |c: Configuration| c.without_rule("changes").rule("other", crate::deny);
            inner.reconfigure(change).unwrap();
        }
        Verdict::deny("the old one")
    };
    gate.reconfigure(|c| c.rule("changes", changes)).unwrap();
    let explanation = gate.explain(&Action::create("t", "x"), &scope());
    assert_eq!(explanation.decision.grounds().rule(), Some("changes"));
    let names: Vec<_> = explanation.rules.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["changes"]);
}

type Guard = fn() -> Option<Restrictions>;

/// A shadow changes no answer, no word of it, and not how often a rule is asked.
#[test]
fn a_shadow_changes_nothing() {
    let approval = || {
        let ask = Statement::require_approval("ask").operations(Operations::ALL);
        Some(Restrictions::new([ask]).unwrap())
    };
    let guards: [Guard; 4] = [
        || None,
        || Some(forbid(Operation::Administer)),
        approval,
        || Some(forbid(Operations::ALL)),
    ];
    let verdicts = [
        Verdict::Pass,
        Verdict::require_approval("words of the rule"),
        Verdict::deny("words of the rule"),
    ];
    let (capability, action) = (everything(), Action::create("t", "x"));
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    for (guard, verdict) in guards.iter().flat_map(|guard| verdicts.iter().map(move |v| (guard, v)))
    {
        let ask = |shadow: Option<Restrictions>| {
            let (asked, verdict) = (Arc::new(AtomicUsize::new(0)), verdict.clone());
            let counter = asked.clone();
            let mut builder = Gate::builder().rule("r", move |_: &RuleContext<'_>| {
                counter.fetch_add(1, SeqCst);
                verdict.clone()
            });
            if let Some(guard) = guard() {
                builder = builder.guardrails(guard);
            }
            if let Some(shadow) = shadow {
                builder = builder.shadow_guardrails(shadow);
            }
            let gate = builder.build().unwrap();
            let decision = gate.decide(&action, &scope);
            let words = decision.grounds().explain().to_string();
            (decision, words, asked.load(SeqCst))
        };
        let without = ask(None);
        for shadow in guards.iter().filter_map(|guard| guard()) {
            assert_eq!(ask(Some(shadow)), without, "{verdict:?}");
        }
    }
}
