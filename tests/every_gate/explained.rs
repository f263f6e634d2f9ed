//! A mapped call is explained as it is decided: as one.

use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{Halt, RuleContext};
use permitgate::manifest::{AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Readers, Value};
use permitgate::policy::{Applicability, Condition};
use permitgate::prelude::*;
use permitgate::{Arguments, Reason, Verdict};

use crate::{everything, scope};

/// Calls that read one thing, or two, and write another.
pub(super) fn manifest() -> Manifest {
    let post = || EffectSpec::create("forum/1").audience(AudienceSpec::public());
    let (hr, web) = (|| EffectSpec::read("hr/salaries"), || EffectSpec::read("web/page"));
    // Without fields that outsiders can write; by default they can write all of it.
    let tool = |name: &str| ToolSpec::new(name).result(ResultSpec::new().trusted(["text"]));
    Manifest::new([
        tool("post").effect(post()),
        tool("copy").effect(hr()).effect(post()),
        tool("publish").effect(post()).effect(hr()),
        tool("quote").effect(web()).effect(post()),
        tool("both").effect(hr()).effect(web()).effect(post()),
        tool("reads").effect(hr()).effect(EffectSpec::read("forum/1")),
        ToolSpec::new("unsure").effect(hr()).effect(post()),
    ])
    .unwrap()
}

fn labels() -> Labels {
    let labels = Labels::new([
        LabelRule::on(["hr/**"]).readers(Readers::invoker()),
        LabelRule::on(["web/**"]).untrusted(),
    ]);
    labels.unwrap().otherwise(Readers::public(), Integrity::Trusted).unwrap()
}

pub(super) fn gates() -> [Gate; 4] {
    let unread = |cx: &RuleContext<'_>| match cx.action().operation().is_write() {
        true if cx.is_untrusted() => Verdict::require_approval("outsiders wrote it"),
        true if cx.is_confined() => Verdict::deny("not everybody may see it"),
        _ => Verdict::Pass,
    };
    let trusting = Statement::require_approval("after-strangers").after_untrusted();
    let trusting = trusting.operations(Operation::Create).resources(["**"]);
    [
        Gate::builder().labels(labels()),
        Gate::builder().rule("unread", unread),
        Gate::builder().labels(labels()).rule("unread", unread),
        Gate::builder().labels(labels()).guardrails(Restrictions::new([trusting]).unwrap()),
    ]
    .map(|builder| builder.build().unwrap())
}

/// The strictest of the explanations is the answer to the call, dry and in earnest, with its reason.
#[test]
fn a_call_is_explained_as_it_is_decided() {
    let manifest = manifest();
    let mut together = 0;
    for (number, gate) in gates().into_iter().enumerate() {
        for tool in ["post", "copy", "publish", "quote", "both", "reads", "unsure", "unknown"] {
            let scope = scope();
            let call = manifest.map(tool, &NoArguments, &scope);
            let explained = gate.explain_call(&call, &scope);
            assert_eq!(explained.len(), call.actions().count(), "{tool}");
            let strictest = explained
                .iter()
                .map(|one| &one.decision)
                .reduce(|before, next| if next.ruling() > before.ruling() { next } else { before });
            let decided = gate.decide_call(&call, &scope);
            assert_eq!(strictest, Some(&decided), "gate {number}, {tool}");
            let authorized = gate.authorize_call(&call, &scope).map(drop);
            let reason = authorized.map_or_else(|refusal| refusal.reason(), |()| Reason::Permitted);
            assert_eq!(decided.reason(), reason, "gate {number}, {tool}");
            let alone = call.actions().map(|action| gate.explain(&action, &scope));
            together += usize::from(alone.zip(&explained).any(|(one, other)| one != *other));
        }
    }
    assert!(together >= 12, "so many are explained otherwise alone: {together}");
}

#[test]
fn an_explanation_says_what_is_read_beside() {
    let (manifest, [gate, ..], scope) = (manifest(), gates(), scope());
    let beside = |tool| -> Vec<Option<&str>> {
        let call = manifest.map(tool, &NoArguments, &scope);
        gate.explain_call(&call, &scope).iter().map(|one| one.beside).collect()
    };
    let (confined, outsiders) =
        (Some("what not everybody may see"), Some("what outsiders can write"));
    let both = Some("what not everybody may see, and what outsiders can write");
    assert_eq!(beside("post"), [None]);
    assert_eq!(beside("copy"), [None, confined]);
    assert_eq!(beside("publish"), [confined, None], "whatever the order");
    assert_eq!(beside("quote"), [None, outsiders]);
    assert_eq!(beside("both"), [outsiders, confined, both], "its own is not beside it");
    assert_eq!(beside("reads"), [None, confined]);
    assert_eq!(beside("unsure")[1], both);
    let call = manifest.map("copy", &NoArguments, &scope);
    let text = gate.explain_call(&call, &scope)[1].to_string();
    let end = "the session has read: public, trusted\n\
               the call reads beside it what not everybody may see\n  \
               * it would reach somebody who may not see what was read, or what it acts on: the public\n";
    assert!(text.starts_with("deny: ") && text.ends_with(end), "{text}");
}

/// Guards before and after are those of the call too: a halt, a statement, the session.
#[test]
fn what_stands_against_every_action_is_explained_of_each() {
    let (manifest, [gate, ..]) = (manifest(), gates());
    let scope = scope();
    let call = manifest.map("reads", &NoArguments, &scope);
    gate.halt(Halt::Agent("triage"));
    for explained in gate.explain_call(&call, &scope) {
        assert_eq!(explained.decision.reason(), Reason::AgentHalted);
    }
    let narrow =
        Policy::new([Statement::permit("hr").operations(Operation::Read).resources(["hr/**"])]);
    let narrow = everything().attenuate(narrow.unwrap()).unwrap();
    let scope = Scope::builder(&narrow).invoker("dana").agent("clerk").build().unwrap();
    let call = manifest.map("reads", &NoArguments, &scope);
    let explained = gate.explain_call(&call, &scope);
    let reasons: Vec<_> = explained.iter().map(|one| one.decision.reason()).collect();
    assert_eq!(reasons, [Reason::Permitted, Reason::NotPermitted]);
    assert_eq!(explained[0].layers.len(), 2);
}

/// Fields that are there, and one that panics.
struct Torn;

impl Arguments for Torn {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "one" => Some(1_u64.into()),
            "broken" => panic!("asked for"),
            _ => None,
        }
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("one", 1_u64.into());
    }
}

/// All that do not hold or cannot be evaluated are told, in their order, and no more than eight; what is decided stays as it is.
#[test]
fn every_condition_that_is_not_met_is_explained() {
    let explained = |names: &[(&str, u64)]| {
        let mut statement = Statement::forbid("s").operations(Operations::ALL).resources(["**"]);
        for (name, value) in names {
            statement = statement.when(Condition::equals(*name, *value));
        }
        let guardrails = Restrictions::new([statement]).unwrap();
        let gate = Gate::builder().guardrails(guardrails).build().unwrap();
        let action = Action::create("t", "x").with(&Torn);
        let explanation = gate.explain(&action, &scope());
        let told = explanation.layers[0].statements[0].clone();
        // What applies by its explanation is what decides.
        let decided = explanation.decision.reason();
        let panicked = told.applicability == Applicability::ArgumentsPanicked;
        let expected = match (told.applies, panicked) {
            (true, true) => Reason::ArgumentsPanicked,
            (true, false) => Reason::GuardrailForbids,
            (false, _) => Reason::Permitted,
        };
        assert_eq!(decided, expected, "{explanation}");
        told.applicability
    };
    let told = |names: &[(&str, u64)]| explained(names).to_string();
    let not_met = "when[0] cannot be evaluated for `none`: equals 1; when[2] does not hold for `one`: equals 2";
    assert_eq!(told(&[("none", 1), ("one", 1), ("one", 2)]), not_met);
    assert_eq!(
        told(&[("none", 1), ("one", 1)]),
        "when[0] cannot be evaluated for `none`: equals 1"
    );
    assert_eq!(told(&[("one", 1)]), "everything fits");
    // Behind one that does not hold nobody asks; before it a panic decides.
    let behind = "when[0] does not hold for `one`: equals 2; when[1] cannot be evaluated for `broken`: equals 1";
    assert_eq!(told(&[("one", 2), ("broken", 1)]), behind);
    assert_eq!(explained(&[("broken", 1), ("one", 2)]), Applicability::ArgumentsPanicked);
    // The one that decides is told, whatever stands before it.
    let mut many = [("none", 1); 12];
    assert!(matches!(explained(&many), Applicability::Unevaluable(unmet) if unmet.more == 4));
    many[10] = ("one", 2);
    let Applicability::Condition(unmet) = explained(&many) else { panic!("one fails") };
    assert_eq!((unmet.conditions.len(), unmet.more), (8, 4));
    assert_eq!((unmet.conditions[7].number, unmet.conditions[7].holds), (10, Some(false)));
    assert!(
        unmet.to_string().ends_with("; when[10] does not hold for `one`: equals 2; and 4 more"),
        "{unmet}"
    );
}
