//! What the action's own resource is labelled counts for all that can show it.

use std::sync::Arc;

use permitgate::decision::Source;
use permitgate::directory::JoinPolicy;
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::manifest::{AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Reader, Readers};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::{Directory, Reason, Session};

use crate::{everything, scope};

const SHOWING: [Operation; 5] = [
    Operation::Create,
    Operation::Update,
    Operation::Execute,
    Operation::Share,
    Operation::Administer,
];

fn directory() -> Directory {
    Directory::builder()
        .organisation_domain("example.com")
        .principal("dana")
        .principal("lee")
        .principal("kim")
        .group("hr", ["dana", "lee"])
        .group("all", ["dana", "lee", "kim"])
        .channel("hr-room", JoinPolicy::ByInvitation, ["dana", "lee"])
        .channel("lobby", JoinPolicy::Anyone, ["dana"])
        .build()
        .unwrap()
}

fn labels() -> Labels {
    let rules = [
        LabelRule::on(["hr/**"]).readers(Readers::group("hr")),
        LabelRule::on(["hr/own/{invoker}"]).readers(Readers::invoker()),
        LabelRule::on(["web/**"]).untrusted(),
    ];
    Labels::new(rules).unwrap().otherwise(Readers::public(), Integrity::Trusted).unwrap()
}

fn gate() -> Gate {
    Gate::builder().directory(directory()).labels(labels()).build().unwrap()
}

/// What every way of asking says of one action: all alike.
fn reason(gate: &Gate, action: &Action<'_>, scope: &Scope) -> Reason {
    let decided = gate.decide(action, scope).reason();
    assert_eq!(gate.explain(action, scope).decision.reason(), decided, "{action:?}: explain");
    let authorized = gate.authorize(action, scope).map_or_else(
        |no| no.reason(),
        |permit| {
            drop(permit);
            Reason::Permitted
        },
    );
    assert_eq!(authorized, decided, "{action:?}: authorize");
    decided
}

#[test]
fn what_shows_a_resource_reaches_only_its_readers() {
    let gate = gate();
    for operation in SHOWING {
        let action = Action::new(operation, "any", "hr/salaries");
        let (hr, outsider) = (["dana", "lee"], ["lee", "kim"]);
        let (stranger, own) = (["who@elsewhere.example"], action);
        let wide = [
            Audience::Public,
            Audience::Internal,
            Audience::Group("all"),
            Audience::Group("nobody-knows-it"),
            Audience::Channel("lobby"),
            Audience::recipients(&outsider),
            Audience::recipients(&stranger),
        ];
        for audience in wide {
            let action = own.visible_to(audience);
            assert_eq!(reason(&gate, &action, &scope()), Reason::BeyondReaders, "{action:?}");
            let flow = gate.explain(&action, &scope()).flow.expect("it stands against it");
            assert_eq!(flow.reason(), Reason::BeyondReaders);
        }
        let within = [
            Audience::Private,
            Audience::Group("hr"),
            Audience::Channel("hr-room"),
            Audience::recipients(&hr),
        ];
        for audience in within {
            let action = own.visible_to(audience);
            assert_eq!(reason(&gate, &action, &scope()), Reason::Permitted, "{action:?}");
        }
        let elsewhere = Action::new(operation, "any", "forum/1").visible_to(Audience::Public);
        assert_eq!(reason(&gate, &elsewhere, &scope()), Reason::Permitted, "{operation}");
    }
}

/// Who is too much, as every way of asking says it: refusal, decision, explanation, record.
#[track_caller]
fn too_much(action: &Action<'_>, scope: &Scope) -> String {
    let sink = Arc::new(MemorySink::last(4));
    let gate = Gate::builder().directory(directory()).labels(labels()).sink(sink.clone());
    let gate = gate.build().unwrap();
    let refusal = gate.authorize(action, scope).map(drop).unwrap_err();
    let grounds = refusal.grounds();
    assert_eq!(
        (grounds.reason(), grounds.source()),
        (Reason::BeyondReaders, grounds.who().map(Source::Audience))
    );
    assert_eq!(gate.decide(action, scope).grounds(), grounds);
    let explanation = gate.explain(action, scope);
    assert_eq!(
        (explanation.decision.grounds(), explanation.flow.as_ref()),
        (grounds, Some(grounds))
    );
    let [record] = &*sink.records() else { panic!("one record") };
    assert_eq!(record.who.as_ref(), grounds.who());
    let who = grounds.who().expect("somebody is too much").to_string();
    let said = format!("denied: {}: {who}", Reason::BeyondReaders.clause());
    assert_eq!((refusal.to_string(), explanation.to_string().contains(&said[8..])), (said, true));
    who
}

#[test]
fn a_refusal_names_who_may_not_see_it() {
    let salaries = Action::update("any", "hr/salaries");
    let (kim, stranger) = (["lee", "kim"], ["dana", "lee", "who@elsewhere.example"]);
    // The first whom any of the two rules leaves out, whichever rule is asked first.
    let own = Action::update("any", "hr/own/dana");
    let not_hr = ["dana", "lee", "kim"];
    let told = [
        (salaries.visible_to(Audience::Public), "the public"),
        (salaries.visible_to(Audience::Internal), "everybody inside"),
        (salaries.visible_to(Audience::Group("all")), "`kim`, a member of it"),
        (salaries.visible_to(Audience::Channel("lobby")), "whoever may join `lobby`"),
        (
            salaries.visible_to(Audience::Group("nobody-knows-it")),
            "`nobody-knows-it`, whom the directory does not know",
        ),
        (salaries.visible_to(Audience::recipients(&kim)), "`kim` (recipient 2)"),
        (
            salaries.visible_to(Audience::recipients(&stranger)),
            "`who@elsewhere.example` (recipient 3), whom the directory does not know",
        ),
        (own.visible_to(Audience::recipients(&not_hr)), "`lee` (recipient 2)"),
    ];
    for (action, who) in told {
        assert_eq!(too_much(&action, &scope()), who, "{action:?}");
    }
    // A person who is no reader shows it to a wrong person already where that is himself.
    let capability = everything();
    let kim = Scope::builder(&capability).invoker("kim").agent("a").build().unwrap();
    assert_eq!(too_much(&salaries, &kim), "the invoker");
}

/// What was read before names as what is acted on does; a label without room says nobody, as nobody is left.
#[test]
fn what_was_read_names_who_may_not_see_it() {
    let scope = scope();
    gate().run(&Action::read("any", "hr/salaries"), &scope, |_| Ok::<_, Refusal>(())).unwrap();
    let names = ["lee", "kim"];
    let post = Action::create("post", "forum/1").visible_to(Audience::recipients(&names));
    assert_eq!(too_much(&post, &scope), "`kim` (recipient 2)");
}

/// A statement that denies stands before it; the explanation names who is too much beside it.
#[test]
fn an_explanation_names_who_may_not_see_it_behind_another_denial() {
    let forbid = Statement::forbid("never").operations(Operations::ALL).resources(["**"]);
    let guardrails = Restrictions::new([forbid]).unwrap();
    let gate = Gate::builder().directory(directory()).labels(labels()).guardrails(guardrails);
    let gate = gate.build().unwrap();
    let action = Action::update("any", "hr/salaries").visible_to(Audience::Group("all"));
    let explanation = gate.explain(&action, &scope());
    assert_eq!(explanation.decision.reason(), Reason::GuardrailForbids);
    assert_eq!(explanation.decision.grounds().who(), None);
    let flow = explanation.flow.expect("it stands against it");
    assert_eq!(flow.who().map(ToString::to_string).as_deref(), Some("`kim`, a member of it"));
}

/// A read shows it to the agent, which the session remembers; what is deleted shows nothing.
#[test]
fn reads_and_deletions_are_asked_as_before() {
    let gate = gate();
    for operation in [Operation::Read, Operation::Delete] {
        let scope = scope();
        let action = Action::new(operation, "any", "hr/salaries").visible_to(Audience::Public);
        assert_eq!(reason(&gate, &action, &scope), Reason::Permitted, "{operation}");
        gate.run(&action, &scope, |_| Ok::<_, Refusal>(())).unwrap();
        let post = Action::create("post", "forum/1").visible_to(Audience::Public);
        let expected =
            if operation == Operation::Read { Reason::BeyondReaders } else { Reason::Permitted };
        assert_eq!(reason(&gate, &post, &scope), expected, "after a {operation}");
    }
}

#[test]
fn every_rule_that_matches_counts_and_what_none_matches_is_for_the_invoker() {
    let gate = gate();
    let mine = Action::update("any", "hr/own/dana");
    let hr = mine.visible_to(Audience::Group("hr"));
    assert_eq!(reason(&gate, &mine, &scope()), Reason::Permitted);
    assert_eq!(reason(&gate, &hr, &scope()), Reason::BeyondReaders, "the invoker alone");
    let lees = Action::update("any", "hr/own/lee").visible_to(Audience::Group("hr"));
    assert_eq!(reason(&gate, &lees, &scope()), Reason::Permitted, "bound to another name");
    // `**` also stands for nothing, and an escaped `/` is no separator.
    let top = Action::share("any", "hr").visible_to(Audience::Public);
    assert_eq!(reason(&gate, &top, &scope()), Reason::BeyondReaders);
    let one = Action::share("any", "hr%2Fsalaries").visible_to(Audience::Public);
    assert_eq!(reason(&gate, &one, &scope()), Reason::Permitted);

    // Who is no reader of it shows it to a wrong person also where that is himself.
    let capability = everything();
    let kim = Scope::builder(&capability).invoker("kim").agent("a").build().unwrap();
    let update = Action::update("any", "hr/salaries");
    assert_eq!(reason(&gate, &update, &kim), Reason::BeyondReaders);

    let rules = [LabelRule::on(["crm/**"]).readers(Readers::internal())];
    let strict = Gate::builder().labels(Labels::new(rules).unwrap()).build().unwrap();
    let unlabelled = Action::create("post", "forum/1");
    assert_eq!(reason(&strict, &unlabelled, &scope()), Reason::Permitted);
    let public = unlabelled.visible_to(Audience::Public);
    assert_eq!(reason(&strict, &public, &scope()), Reason::BeyondReaders);
    // Without labels there is no such guard, and a rule of integrity alone limits nobody.
    let plain = Gate::builder().build().unwrap();
    assert_eq!(reason(&plain, &public, &scope()), Reason::Permitted);
    let web = Action::update("any", "web/page").visible_to(Audience::Public);
    assert_eq!(reason(&gate, &web, &scope()), Reason::Permitted);
}

/// Lowering the session's label says nothing of what resources hold.
#[test]
fn a_declassified_session_does_not_show_more_of_resources() {
    let (gate, scope) = (gate(), scope());
    let read = Action::read("read", "hr/salaries");
    gate.run(&read, &scope, |_| Ok::<_, Refusal>(())).unwrap();
    gate.declassify(&scope, &Readers::public()).unwrap();
    let post = Action::create("post", "forum/1").visible_to(Audience::Public);
    assert_eq!(reason(&gate, &post, &scope), Reason::Permitted);
    let share = Action::share("share", "hr/salaries").visible_to(Audience::Public);
    assert_eq!(reason(&gate, &share, &scope), Reason::BeyondReaders);
    let alternative = gate.alternative(&share, &scope).unwrap();
    drop(gate.authorize(&alternative.of(&share), &scope).unwrap());
}

fn effect(operation: Operation, resource: &str) -> EffectSpec {
    match operation {
        Operation::Read => EffectSpec::read(resource),
        Operation::Create => EffectSpec::create(resource),
        Operation::Update => EffectSpec::update(resource),
        Operation::Delete => EffectSpec::delete(resource),
        Operation::Execute => EffectSpec::execute(resource),
        Operation::Share => EffectSpec::share(resource),
        Operation::Administer => EffectSpec::administer(resource),
    }
}

fn call_reason(gate: &Gate, scope: &Scope, effects: Vec<EffectSpec>) -> Reason {
    let tool = effects.into_iter().fold(ToolSpec::new("t"), ToolSpec::effect);
    let manifest = Manifest::new([tool]).unwrap();
    let call = manifest.map("t", &NoArguments, scope);
    let decided = gate.decide_call(&call, scope).reason();
    let tool = gate.call_handle("t");
    let begun = gate.authorize_call(&call, scope).and_then(|permit| permit.begin(&tool));
    let begun = begun.map_or_else(
        |no| no.reason(),
        |running| {
            running.done();
            Reason::Permitted
        },
    );
    assert_eq!(begun, decided, "{call:?}");
    decided
}

#[test]
fn calls_show_what_their_resources_hold() {
    let gate = gate();
    for operation in SHOWING {
        let public = || effect(operation, "hr/salaries").audience(AudienceSpec::public());
        assert_eq!(call_reason(&gate, &scope(), vec![public()]), Reason::BeyondReaders);
        let beside = vec![effect(Operation::Delete, "forum/1"), public()];
        assert_eq!(call_reason(&gate, &scope(), beside), Reason::BeyondReaders, "{operation}");
        let private = vec![effect(operation, "hr/salaries"), effect(Operation::Read, "web/x")];
        assert_eq!(call_reason(&gate, &scope(), private), Reason::Permitted, "{operation}");
    }
}

#[test]
fn what_a_call_reads_limits_its_other_actions_and_not_itself() {
    let gate = gate();
    let read = |resource| effect(Operation::Read, resource).audience(AudienceSpec::public());
    assert_eq!(call_reason(&gate, &scope(), vec![read("hr/salaries")]), Reason::Permitted);
    let both = vec![read("hr/salaries"), read("forum/1")];
    assert_eq!(call_reason(&gate, &scope(), both), Reason::BeyondReaders, "told of the other");
    let turned = vec![read("forum/1"), read("hr/salaries")];
    assert_eq!(call_reason(&gate, &scope(), turned), Reason::BeyondReaders);
    let itself = vec![read("hr/salaries"), effect(Operation::Delete, "hr/old")];
    assert_eq!(call_reason(&gate, &scope(), itself), Reason::Permitted);
    let run = effect(Operation::Execute, "hr/salaries");
    let post = effect(Operation::Create, "forum/1").audience(AudienceSpec::public());
    assert_eq!(call_reason(&gate, &scope(), vec![post, run]), Reason::BeyondReaders);
}

/// Rules are told of what the same call reads, so that `decide_call` and the beginning agree.
#[test]
fn a_rule_about_what_was_read_sees_the_whole_call() {
    let rule = permitgate::rules::NoWayOut::beyond(Readers::invoker());
    let gate = Gate::builder().directory(directory()).labels(labels()).rule("no-way-out", rule);
    let gate = gate.build().unwrap();
    let post = || effect(Operation::Create, "forum/1").audience(AudienceSpec::internal());
    let to_hr = |session: &Session| {
        let capability = everything();
        let scope = Scope::builder(&capability).invoker("dana").agent("a").session(session);
        scope.build().unwrap()
    };
    let confined =
        Session::labelled(Readers::internal() | Reader::Group("all".into()), Integrity::Trusted);
    let scope = to_hr(&confined);
    assert_eq!(call_reason(&gate, &scope, vec![post()]), Reason::Permitted);
    let call = vec![effect(Operation::Read, "web/x"), post()];
    assert_eq!(call_reason(&gate, &scope, call), Reason::RuleDenied);
    let untrusted = to_hr(&Session::labelled(Readers::public(), Integrity::Untrusted));
    let within = effect(Operation::Create, "forum/1").audience(AudienceSpec::public());
    assert_eq!(call_reason(&gate, &untrusted, vec![within]), Reason::Permitted);
}
