//! A call's permit is good at its own gate and tool, for the whole call, once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{Halt, RuleContext, RunError, StillRunning};
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Readers, Value};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use permitgate::{Reason, Verdict};

use crate::{everything, outcomes, scope};

/// Three tools of much the same name, each of which writes and reads.
fn manifest() -> Manifest {
    let copy = |name: &str| {
        ToolSpec::new(name)
            .effect(EffectSpec::create("files/b.txt"))
            .effect(EffectSpec::read("files/a.txt"))
    };
    Manifest::new([copy("copy"), copy("copy2"), copy("Copy")]).unwrap()
}

fn gate() -> (Gate, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::last(100));
    (Gate::builder().sink(sink.clone()).build().unwrap(), sink)
}

#[test]
fn a_permit_is_good_at_its_own_gate_and_tool() {
    let ((gate, sink), (other, _)) = (gate(), gate());
    let (manifest, scope) = (manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let wrong = [
        (other.call_handle("copy"), Reason::WrongGate),
        (other.call_handle("copy2"), Reason::WrongGate),
        (gate.call_handle("copy2"), Reason::WrongTool),
        (gate.call_handle("Copy"), Reason::WrongTool),
        (gate.call_handle("copy "), Reason::WrongTool),
        (gate.call_handle(""), Reason::WrongTool),
    ];
    for (tool, reason) in wrong {
        let permit = gate.authorize_call(&call, &scope).unwrap();
        assert_eq!(permit.begin(&tool).unwrap_err().reason(), reason, "{tool:?}");
        let refused = Some(Outcome::Refused(reason));
        assert_eq!(outcomes(&sink), [refused, refused], "both are told");
        let owned = gate.authorize_call(&call, &scope).unwrap().detach().unwrap();
        assert_eq!(owned.begin(&tool).unwrap_err().reason(), reason, "{tool:?}, detached");
        sink.drain();
    }
    assert!(!scope.session().is_untrusted() && !scope.session().is_confined());
    // A clone is the same gate, whatever the tool was named by.
    let tool = gate.clone().call_handle(String::from("copy"));
    gate.authorize_call(&call, &scope).unwrap().begin(&tool).unwrap().done();
    assert_eq!(outcomes(&sink), [Some(Outcome::Done); 2]);
}

/// The gate of the tool is halted and forbids everything; a gate beside it permits. Its permit does nothing here.
#[test]
fn a_gate_beside_opens_nothing() {
    let ((shadow, _), scope) = (gate(), scope());
    let real = Gate::builder().guardrails(crate::forbid(Operations::ALL)).build().unwrap();
    real.halt(Halt::Everything);
    let manifest = manifest();
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = shadow.authorize_call(&call, &scope).unwrap();
    assert_eq!(permit.begin(&real.call_handle("copy")).unwrap_err().reason(), Reason::WrongGate);
    assert_eq!(real.authorize_call(&call, &scope).unwrap_err().reason(), Reason::GateHalted);
}

#[test]
fn every_way_a_call_can_end_is_recorded_for_each_action() {
    let ((gate, sink), manifest, scope) = (gate(), manifest(), scope());
    let tool = gate.call_handle("copy");
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = || gate.authorize_call(&call, &scope).unwrap();
    drop(permit());
    permit().begin(&tool).unwrap().done();
    permit().begin(&tool).unwrap().failed();
    drop(permit().begin(&tool).unwrap());
    permit().detach().unwrap().begin(&tool).unwrap().done();
    permit().detach().unwrap().begin(&tool).unwrap().failed();
    drop(permit().detach().unwrap().begin(&tool).unwrap());
    drop(permit().detach().unwrap());
    use Outcome::{Abandoned, Done, Failed, Unused};
    let each = [Unused, Done, Failed, Abandoned, Done, Failed, Abandoned, Unused];
    let expected: Vec<_> = each.iter().flat_map(|outcome| [Some(*outcome); 2]).collect();
    assert_eq!(outcomes(&sink), expected);
    assert_eq!(gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()), "nothing runs");
}

/// The model's order counts for nothing: what is read stands first, and each record keeps its action.
#[test]
fn reads_come_first_and_records_stay_with_their_actions() {
    let ((gate, sink), manifest, scope) = (gate(), manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = gate.authorize_call(&call, &scope).unwrap();
    let order: Vec<_> = permit.actions().map(Action::operation).collect();
    assert_eq!(order, [Operation::Read, Operation::Create]);
    let recorded: Vec<_> = sink.records().iter().map(|record| record.operation).collect();
    assert_eq!(recorded, [Operation::Create, Operation::Read], "in the manifest's order");
    permit.begin(&gate.call_handle("copy")).unwrap().done();
    assert_eq!(outcomes(&sink), [Some(Outcome::Done); 2]);
}

#[test]
fn a_call_begins_whole_or_not_at_all() {
    let labels = Labels::new([LabelRule::on(["files/a.txt"]).readers(Readers::group("a"))]);
    let labels = labels.unwrap().otherwise(Readers::public(), Integrity::Trusted).unwrap();
    let sink = Arc::new(MemorySink::last(8));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    let (manifest, scope) = (manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let permit = gate.authorize_call(&call, &scope).unwrap();
    // From now on, what is read may not be written for the invoker.
    gate.reconfigure(|present| present.labels(labels)).unwrap();
    let refusal = permit.begin(&gate.call_handle("copy")).unwrap_err();
    assert_eq!(refusal.reason(), Reason::BeyondReaders);
    assert_eq!(outcomes(&sink), [Some(Outcome::Refused(Reason::BeyondReaders)); 2]);
    assert!(!scope.session().is_confined(), "nothing was read");
    assert_eq!(gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
}

/// A rule that looks at the session itself is asked again once the session knows what the call reads.
#[test]
fn a_rule_that_looks_at_the_session_is_not_bypassed_by_a_call() {
    let labels = Labels::new([LabelRule::on(["files/a.txt"]).untrusted()]).unwrap();
    let labels = labels.otherwise(Readers::public(), Integrity::Trusted).unwrap();
    let sink = Arc::new(MemorySink::last(8));
    let rule = |cx: &RuleContext<'_>| {
        let writes = cx.action().operation().is_write();
        if writes && cx.scope().session().is_untrusted() {
            Verdict::deny("strangers may have asked for it")
        } else {
            Verdict::Pass
        }
    };
    let builder = Gate::builder().sink(sink.clone()).labels(labels).rule("no-strangers", rule);
    let (gate, manifest, scope) = (builder.build().unwrap(), manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let begun = gate.authorize_call(&call, &scope).unwrap().begin(&gate.call_handle("copy"));
    assert_eq!(begun.unwrap_err().grounds().rule(), Some("no-strangers"));
    assert_eq!(outcomes(&sink), [Some(Outcome::Refused(Reason::RuleDenied)); 2]);
    assert_eq!(gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()), "nothing runs");
}

#[test]
fn a_detached_call_acts_on_a_frozen_copy_and_hears_of_a_halt() {
    let (gate, sink) = gate();
    let send = ToolSpec::new("send")
        .argument("body", ArgumentSpec::text().no_effect())
        .effect(EffectSpec::read("mail/x"));
    let send = send.effect(EffectSpec::create("mail/outbox"));
    let manifest = Manifest::new([send]).unwrap();
    let scope = scope();
    let owned = {
        let text = String::from("as decided");
        let arguments = [("body", Value::from(text.as_str()))];
        let call = manifest.map("send", &arguments, &scope);
        gate.authorize_call(&call, &scope).unwrap().detach().unwrap()
    };
    assert_eq!(owned.actions().len(), 2);
    let tool = gate.call_handle("send");
    let halting = gate.clone();
    let task = std::thread::spawn(move || {
        let running = owned.begin(&tool).unwrap();
        for action in running.actions() {
            let body = action.arguments().get("body");
            assert_eq!(body.and_then(Value::as_text), Some("as decided"));
        }
        assert_eq!(running.scope().invoker(), "dana");
        assert!(!running.halted());
        halting.halt(Halt::Agent("triage"));
        assert!(running.halted(), "a running call hears of the halt");
        running.failed();
    });
    task.join().unwrap();
    assert_eq!(outcomes(&sink), [Some(Outcome::Failed); 2]);
}

#[test]
fn a_halt_meets_the_permit_of_a_call() {
    let ((gate, _), manifest) = (gate(), manifest());
    let (capability, tool) = (everything(), gate.call_handle("copy"));
    let halts = [Halt::Everything, Halt::Agent("triage"), Halt::Lineage(capability.id())];
    for halt in halts {
        let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
        let call = manifest.map("copy", &NoArguments, &scope);
        let permit = gate.authorize_call(&call, &scope).unwrap();
        let running = gate.authorize_call(&call, &scope).unwrap().begin(&tool).unwrap();
        gate.halt(halt);
        assert!(running.halted());
        let left = gate.halt_and_wait(halt, Duration::from_millis(1));
        assert_eq!(left, Err(StillRunning { effects: 1 }), "a call is one effect");
        gate.resume(halt);
        assert_eq!(permit.begin(&tool).unwrap_err().reason().guard(), 1, "resumed or not");
        running.done();
    }
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

#[test]
fn run_call_reports_what_the_effect_says() {
    let ((gate, sink), manifest, scope) = (gate(), manifest(), scope());
    let call = manifest.map("copy", &NoArguments, &scope);
    let counted = gate.run_call(&call, &scope, |started| Ok::<_, &str>(started.actions().len()));
    assert_eq!(counted, Ok(2));
    let failed = gate.run_call(&call, &scope, |_| Err::<(), _>("full"));
    assert_eq!(failed, Err(RunError::Failed("full")));
    let halted =
        ready(gate.run_call_async(&call, &scope, |started| async move {
            Ok::<_, &str>(started.halted())
        }));
    assert_eq!(halted, Ok(false));
    let unknown = manifest.map("paste", &NoArguments, &scope);
    let refused = gate.run_call(&unknown, &scope, |_| -> Result<(), &str> { panic!("ran") });
    assert!(matches!(refused, Err(RunError::Refused(_))));
    let (done, failed) = (Some(Outcome::Done), Some(Outcome::Failed));
    assert_eq!(outcomes(&sink), [done, done, failed, failed, done, done, None]);
}
