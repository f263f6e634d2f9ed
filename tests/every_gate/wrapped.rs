//! A gate that wraps a gate is asked for mapped calls too, also where it knows of actions only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use permitgate::decision::Ruling;
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{CallRunning, Denial, Halt, RuleContext, RunError};
use permitgate::manifest::{AudienceSpec, Call, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Readers};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use permitgate::{Reason, Verdict};

use crate::{explained, outcomes, scope};

/// Asks its question of each action and forwards; of calls it knows nothing.
struct Asks<G, F> {
    inner: G,
    refuses: F,
    asked: AtomicUsize,
}

impl<G, F: Fn(&Action<'_>) -> Option<Refusal>> Asks<G, F> {
    fn new(inner: G, refuses: F) -> Self {
        Self { inner, refuses, asked: AtomicUsize::new(0) }
    }

    fn ask(&self, action: &Action<'_>) -> Result<(), Refusal> {
        self.asked.fetch_add(1, SeqCst);
        (self.refuses)(action).map_or(Ok(()), Err)
    }
}

impl<G: ActionGate, F: Fn(&Action<'_>) -> Option<Refusal> + Send + Sync> ActionGate for Asks<G, F> {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        self.ask(action)?;
        self.inner.authorize(action, scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        match self.ask(action) {
            Err(refusal) => Decision::Deny(refusal.grounds().clone()),
            Ok(()) => self.inner.decide(action, scope),
        }
    }
}

fn no(_: &Action<'_>) -> Option<Refusal> {
    None
}

fn closed() -> Option<Refusal> {
    Some(Denial::by("office-hours", "the office is closed").into())
}

fn manifest() -> Manifest {
    Manifest::new([
        ToolSpec::new("post").effect(EffectSpec::create("forum/1")),
        ToolSpec::new("copy")
            .effect(EffectSpec::read("hr/salaries"))
            .effect(EffectSpec::create("forum/1").audience(AudienceSpec::public())),
    ])
    .unwrap()
}

/// What a call comes to by this gate: its dry run, and how far it gets.
fn asked(gate: &dyn ActionGate, minting: &Gate, tool: &str) -> (Ruling, Result<(), Reason>) {
    let (manifest, scope) = (manifest(), scope());
    let call = manifest.map(tool, &NoArguments, &scope);
    let decided = gate.decide_call(&call, &scope).ruling();
    let begun = gate.authorize_call(&call, &scope);
    let begun = begun.and_then(|permit| permit.begin(&minting.call_handle(tool)));
    (decided, begun.map(CallRunning::done).map_err(|refusal| refusal.reason()))
}

#[test]
fn a_wrapper_that_knows_actions_only_is_not_bypassed() {
    let sink = Arc::new(MemorySink::last(16));
    let inner = Gate::builder().sink(sink.clone()).build().unwrap();
    let denied = (Ruling::Deny, Err(Reason::RuleDenied));
    let allowed = (Ruling::Allow, Ok(()));
    let all = Asks::new(inner.clone(), |_| closed());
    assert_eq!(asked(&all, &inner, "post"), denied);
    assert_eq!(asked(&all, &inner, "copy"), denied);
    assert!(sink.records().is_empty(), "the inner gate was never asked");
    // Only the second action of the call is refused.
    let writes =
        Asks::new(inner.clone(), |action| action.operation().is_write().then(closed).flatten());
    assert_eq!(asked(&writes, &inner, "copy"), denied);
    assert_eq!(writes.asked.load(SeqCst), 4, "each action, in the dry run and in earnest");
    assert_eq!(outcomes(&sink), [Some(Outcome::Unused)], "what was permitted is taken back");
    // Through the trait object, through an `Arc`, and through another wrapper.
    let shared: Arc<dyn ActionGate> = Arc::new(Asks::new(inner.clone(), |_| closed()));
    assert_eq!(asked(&shared, &inner, "post"), denied);
    assert_eq!(asked(&Arc::new(shared.clone()), &inner, "copy"), denied);
    let outer = Asks::new(Asks::new(shared, no), no);
    assert_eq!(asked(&outer, &inner, "copy"), denied);
    let open = Asks::new(Asks::new(inner.clone(), no), no);
    assert_eq!(asked(&open, &inner, "copy"), allowed);
    assert_eq!(asked(&open, &inner, "post"), allowed);
    assert_eq!(asked(&open, &inner, "unknown"), (Ruling::Deny, Err(Reason::UnknownTool)));
    let plain: Arc<dyn ActionGate> = Arc::new(inner.clone());
    assert_eq!(asked(&plain, &inner, "copy"), allowed);
    let (manifest, scope) = (manifest(), scope());
    let call = manifest.map("post", &NoArguments, &scope);
    let ran = all.run_call(&call, &scope, |_| -> Result<(), &str> { panic!("ran") });
    assert!(matches!(ran, Err(RunError::Refused(_))));
}

/// The inner gate decides all actions together, though it was asked for one after the other.
#[test]
fn what_a_call_reads_limits_what_it_writes_behind_a_wrapper_too() {
    let labels = Labels::new([LabelRule::on(["hr/**"]).readers(Readers::invoker())]).unwrap();
    let labels = labels.otherwise(Readers::public(), Integrity::Trusted).unwrap();
    let sink = Arc::new(MemorySink::last(16));
    let inner = Gate::builder().sink(sink.clone()).labels(labels).build().unwrap();
    let wrapper = Asks::new(inner.clone(), no);
    assert_eq!(asked(&inner, &inner, "copy"), (Ruling::Deny, Err(Reason::BeyondReaders)));
    sink.drain();
    assert_eq!(asked(&wrapper, &inner, "copy").1, Err(Reason::BeyondReaders));
    let refused = Some(Outcome::Refused(Reason::BeyondReaders));
    assert_eq!(
        outcomes(&sink),
        [refused; 2],
        "each was allowed, and the records say why nothing came of it"
    );
}

/// However a call reads one thing and writes another, a wrapper of two methods refuses what its gate refuses, and for the
/// same reason: by labels, by a rule and by a statement about what outsiders wrote.
#[test]
fn a_wrapper_of_two_methods_lets_no_more_through_than_its_gate() {
    let manifest = explained::manifest();
    let mut refused = 0;
    for (number, inner) in explained::gates().into_iter().enumerate() {
        let once = Asks::new(inner.clone(), no);
        let twice = Asks::new(Asks::new(inner.clone(), no), no);
        let shared: Arc<dyn ActionGate> = Arc::new(Asks::new(inner.clone(), no));
        let wrappers: [&dyn ActionGate; 3] = [&once, &twice, &shared];
        for tool in ["post", "copy", "publish", "quote", "both", "reads", "unsure", "unknown"] {
            let begins = |gate: &dyn ActionGate, detached: bool| {
                let scope = scope();
                let call = manifest.map(tool, &NoArguments, &scope);
                let permit = gate.authorize_call(&call, &scope).map_err(|refusal| refusal.reason());
                let named = inner.call_handle(tool);
                let begun = permit.map(|permit| match detached {
                    true => permit.detach().and_then(|permit| permit.begin(&named)).map(drop),
                    false => permit.begin(&named).map(drop),
                });
                // Refused before it begins, and not for want of a second question at `begin`.
                begun.map(|begun| begun.expect("a call that was authorized begins"))
            };
            let expected = begins(&inner, false);
            refused += usize::from(expected.is_err());
            for (depth, wrapper) in wrappers.iter().enumerate() {
                for detached in [false, true] {
                    let found = begins(*wrapper, detached);
                    assert_eq!(found, expected, "gate {number}, {tool}, wrapper {depth}");
                }
                let scope = scope();
                let call = manifest.map(tool, &NoArguments, &scope);
                let ran = wrapper.run_call(&call, &scope, |_| Ok::<_, ()>(()));
                assert_eq!(ran.is_ok(), expected.is_ok(), "gate {number}, {tool}, run");
            }
        }
    }
    assert!(refused >= 12, "so many are refused: {refused}");
}

/// Its dry run asks for each action apart, and so can allow what is refused in earnest. One that forwards it answers as the
/// gate does.
#[test]
fn the_dry_run_of_a_wrapper_knows_no_more_than_it_forwards() {
    struct Forwards(Gate);
    impl ActionGate for Forwards {
        fn authorize<'p>(
            &'p self,
            action: &Action<'p>,
            scope: &'p Scope,
        ) -> Result<Permit<'p>, Refusal> {
            self.0.authorize(action, scope)
        }
        fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
            self.0.decide(action, scope)
        }
        fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
            self.0.decide_call(call, scope)
        }
    }
    let (manifest, [inner, ..], scope) = (explained::manifest(), explained::gates(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let apart = Asks::new(inner.clone(), no);
    assert_eq!(apart.decide_call(&call, &scope).ruling(), Ruling::Allow);
    let forwards = Forwards(inner.clone());
    for gate in [&apart as &dyn ActionGate, &forwards] {
        let refusal = gate.authorize_call(&call, &scope).unwrap_err();
        assert_eq!(refusal.reason(), Reason::BeyondReaders);
    }
    assert_eq!(forwards.decide_call(&call, &scope), inner.decide_call(&call, &scope));
}

/// Approval is asked for where nothing denies, whatever the order.
#[test]
fn the_strictest_answer_of_a_wrapped_call_counts() {
    let hold = |_: &RuleContext<'_>| Verdict::require_approval("ask first");
    let inner = Gate::builder().rule("hold", hold).build().unwrap();
    let open = Asks::new(inner.clone(), no);
    assert_eq!(asked(&open, &inner, "copy"), (Ruling::Hold, Err(Reason::RuleApproval)));
    let writes =
        Asks::new(inner.clone(), |action| action.operation().is_write().then(closed).flatten());
    assert_eq!(asked(&writes, &inner, "copy"), (Ruling::Deny, Err(Reason::RuleDenied)));
}

/// Gives a permit for something else than it was asked.
struct Swaps<'g> {
    inner: &'g Gate,
    other: Option<&'g Gate>,
    operation: Option<Operation>,
    tool: Option<&'static str>,
}

impl ActionGate for Swaps<'_> {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        let operation = self.operation.unwrap_or(action.operation());
        let tool = self.tool.unwrap_or(action.tool());
        let gate = if action.operation().is_write() { self.other } else { None };
        let other = Action::new(operation, tool, action.resource()).visible_to(action.audience());
        gate.unwrap_or(self.inner).authorize(&other, scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.inner.decide(action, scope)
    }
}

#[test]
fn permits_for_something_else_make_no_call() {
    let (inner, other) = (Gate::builder().build().unwrap(), Gate::builder().build().unwrap());
    let swaps = |other, operation, tool| Swaps { inner: &inner, other, operation, tool };
    let refused = |gate: Swaps<'_>, tool: &str| asked(&gate, &inner, tool).1;
    assert_eq!(refused(swaps(None, None, None), "copy"), Ok(()));
    assert_eq!(refused(swaps(Some(&other), None, None), "copy"), Err(Reason::WrongGate));
    assert_eq!(refused(swaps(Some(&other), None, None), "post"), Err(Reason::WrongGate));
    let reads = swaps(None, Some(Operation::Read), None);
    assert_eq!(refused(reads, "copy"), Err(Reason::WrongOperation));
    assert_eq!(refused(swaps(None, None, Some("other")), "post"), Err(Reason::WrongTool));
}

/// A wrapper may narrow: the effect is shown what was permitted, not what was asked.
struct Private(Gate);

impl ActionGate for Private {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        self.0.authorize(&action.visible_to(Audience::Private), scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.0.decide(&action.visible_to(Audience::Private), scope)
    }
}

#[test]
fn a_call_shows_what_a_wrapper_narrowed_it_to() {
    let gate = Private(Gate::builder().build().unwrap());
    let (manifest, scope) = (manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = gate.authorize_call(&call, &scope).unwrap();
    assert!(permit.actions().all(|action| action.audience() == Audience::Private));
    let running = permit.begin(&gate.0.call_handle("copy")).unwrap();
    assert!(running.actions().all(|action| action.audience() == Audience::Private));
    running.done();
}

/// A halt between the permits of one call meets the call, also when it is over again.
#[test]
fn a_halt_between_the_permits_of_a_wrapped_call_meets_it() {
    let inner = Gate::builder().build().unwrap();
    for halt in [Halt::Everything, Halt::Agent("triage")] {
        let halted = inner.clone();
        let wrapper = Asks::new(inner.clone(), move |action| {
            if action.operation().is_write() {
                halted.halt(halt);
                halted.resume(halt);
            }
            None
        });
        let begun = asked(&wrapper, &inner, "copy").1;
        assert_eq!(begun.unwrap_err().guard(), 1, "{halt:?}");
    }
}

#[test]
fn nobody_can_be_asked_where_no_gate_has_approvers() {
    let statements = [
        Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
        Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
    ];
    let policy = Policy::new(statements).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    let shared: Arc<dyn ActionGate> = Arc::new(gate.clone());
    let wrapped = Asks::new(gate.clone(), |_: &Action<'_>| None);
    let wish = Action::delete("files.delete", "files/old");
    let gates: [&dyn ActionGate; 3] = [&gate, &shared, &wrapped];
    for gate in gates {
        let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
        let refusal = gate.request_approval(&hold, &wish, &scope).unwrap_err();
        assert_eq!(refusal.reason(), Reason::NoApprovers);
    }
}
