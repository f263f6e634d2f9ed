//! A mapped call is explained as it is decided: as one.

use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{Halt, RuleContext};
use permitgate::manifest::{AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{NoArguments, Readers};
use permitgate::prelude::*;
use permitgate::{Reason, Verdict};

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
