//! The crate beside the reference: a setup built as the crate takes it, and where the two answer differently.
//! The laws, the fuzz targets and the differential run compare here and nowhere else.

use std::sync::{Arc, LazyLock};

use permitgate::authority::Attenuation;
use permitgate::decision::Ruling;
use permitgate::gate::GateBuilder;
use permitgate::model::Resource;
use permitgate::policy::Effect;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Directory, Reason};

use super::generate::blank;
use super::people::{People, small_organisation};
use super::{
    AGENT, Attempt, Draft, LayerDraft, Setup, decide, pattern_covers, pattern_matches,
    pattern_meets,
};

static ORGANISATION: LazyLock<(People, Arc<Directory>)> = LazyLock::new(|| {
    let people = small_organisation();
    let directory = people.directory();
    (people, directory.into())
});

pub fn policy(statements: &[Draft]) -> Policy {
    Policy::new(statements.iter().map(Draft::statement)).unwrap()
}

pub fn restrictions(statements: &[Draft]) -> Restrictions {
    Restrictions::new(statements.iter().map(Draft::statement)).unwrap()
}

pub fn attenuation(layer: &LayerDraft) -> Attenuation {
    if layer.grants {
        policy(&layer.statements).into()
    } else {
        restrictions(&layer.statements).into()
    }
}

pub fn builder(setup: &Setup) -> GateBuilder {
    let builder = Gate::builder()
        .directory(ORGANISATION.1.clone())
        .clock(ManualClock::new(Timestamp::from_unix_seconds(setup.now)))
        .sink(MemorySink::last(1));
    match &setup.guardrails {
        None => builder,
        Some(layer) if layer.grants => builder.guardrails(policy(&layer.statements)),
        Some(layer) => builder.guardrails(restrictions(&layer.statements)),
    }
}

pub fn gate(setup: &Setup) -> Gate {
    builder(setup).build().unwrap()
}

pub fn scope(setup: &Setup) -> Scope {
    let (root, above) = setup.layers.split_first().unwrap();
    let root = Capability::root(policy(&root.statements), ambient_authority());
    let capability =
        above.iter().fold(root, |held, layer| held.attenuate(attenuation(layer)).unwrap());
    Scope::builder(&capability)
        .invoker(&setup.invoker)
        .agent(AGENT)
        .bind("project", &setup.project)
        .session(&setup.heard.session())
        .build()
        .unwrap()
}

/// Where a decision is not what the reference expects.
pub fn difference(setup: &Setup, attempt: &Attempt, decision: &Decision) -> Option<String> {
    let expected = decide(&ORGANISATION.0, setup, attempt);
    let told = || Some(format!("{decision:?}\n{expected:?}\n{setup:#?}\n{attempt:#?}"));
    if (decision.ruling(), decision.reason()) != (expected.ruling, expected.reason) {
        return told();
    }
    // Of several statements that permit, any may be named; a refusal names the one with the least id.
    let least = expected.statements.first().map(String::as_str);
    if expected.ruling != Ruling::Allow && decision.grounds().statement() != least {
        return told();
    }
    None
}

/// A setup in which one permit stands for each pattern, in the order of their ids.
pub fn permits(patterns: &[String], invoker: &str, project: &str) -> Setup {
    let permit = |(number, pattern): (usize, &String)| Draft {
        id: format!("{number:04}"),
        operations: vec![Operation::Read],
        resources: vec![pattern.clone()],
        ..blank(Effect::Permit)
    };
    let statements = patterns.iter().enumerate().map(permit).collect();
    Setup {
        layers: vec![LayerDraft { grants: true, statements }],
        invoker: invoker.to_owned(),
        project: project.to_owned(),
        ..Setup::default()
    }
}

/// Whether any of the patterns of [`permits`] matches a resource; the error tells where they do otherwise than one by one.
/// Of all that match, the first is named.
pub fn pattern_difference(
    setup: &Setup,
    gate: &Gate,
    scope: &Scope,
    resource: &str,
) -> Result<bool, String> {
    let decision = gate.decide(&Action::read("t", resource), scope);
    let statements = &setup.layers[0].statements;
    let told = |what: &str| Err(format!("{what}: {decision:?}\n{setup:#?}\non {resource:?}"));
    let Ok(parsed) = Resource::parse(resource) else {
        let refused = decision.reason() == Reason::MalformedResource;
        return if refused { Ok(false) } else { told("malformed") };
    };
    if parsed.segments().count() != resource.split('/').count() {
        return told("another number of segments");
    }
    let matches = |draft: &&Draft| pattern_matches(setup, &draft.resources[0], resource);
    let expected = statements.iter().find(matches).map(|draft| draft.id.as_str());
    if decision.is_allow() != expected.is_some() || decision.grounds().statement() != expected {
        return told("another pattern");
    }
    Ok(expected.is_some())
}

/// The same of everything below a resource, in the worlds of [`below`]; whether a permit covers it and whether a forbid may match
/// any of it.
pub fn pattern_difference_below(
    setup: &Setup,
    worlds: &[(Gate, Scope); 2],
    resource: &str,
) -> Result<(bool, bool), String> {
    let statements = &setup.layers[0].statements;
    let first = |fits: &dyn Fn(&str) -> bool| {
        let found = statements.iter().find(|draft| fits(&draft.resources[0]));
        found.map(|draft| draft.id.as_str())
    };
    let asked =
        |(gate, scope): &(Gate, Scope)| gate.decide(&Action::read("t", resource).below(), scope);
    let [permitted, forbidden] = worlds.each_ref().map(asked);
    let told = |what: &str, found: &Decision| {
        Err(format!("{what}: {found:?}\n{setup:#?}\nbelow {resource:?}"))
    };
    let covers = first(&|pattern| pattern_covers(setup, pattern, resource));
    if permitted.is_allow() != covers.is_some() || permitted.grounds().statement() != covers {
        return told("another pattern covers it", &permitted);
    }
    let meets = first(&|pattern| pattern_meets(setup, pattern, resource));
    let named = forbidden.grounds().statement().filter(|_| !forbidden.is_allow());
    if forbidden.is_allow() == meets.is_some() || named != meets {
        return told("another pattern meets it", &forbidden);
    }
    Ok((covers.is_some(), meets.is_some()))
}

/// The patterns of [`permits`], and a forbid for each of them beside a permit of everything.
pub fn below(setup: &Setup) -> [(Gate, Scope); 2] {
    let mut forbidding = setup.clone();
    let statements = &mut forbidding.layers[0].statements;
    statements.iter_mut().for_each(|draft| draft.effect = Effect::Forbid);
    let all = permits(&["**".to_owned()], "", "").layers.remove(0).statements.remove(0);
    statements.push(Draft { id: "all".to_owned(), ..all });
    [setup, &forbidding].map(|setup| (gate(setup), scope(setup)))
}
