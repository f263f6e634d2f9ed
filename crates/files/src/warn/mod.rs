//! Warnings: what loads, and does nothing or too much.

mod aliases;
mod approval;
mod arguments;
mod budgets;
mod conditions;
mod overlap;
mod patterns;
mod tools;

pub(crate) use patterns::bound_places;

use std::collections::HashSet;

use permitgate::text::visible;
use permitgate::{Directory, Manifest, Operation};

use crate::fault::{Code, Fault};
use crate::limits::MAX_FAULTS;
use crate::load::directory::{Kind, Names};
use crate::load::document::Document;
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::{Content, Node};

/// What warnings look at: the tables as they are written, which all have been found valid.
pub(crate) struct Subjects<'s, 't> {
    pub(crate) document: &'s Document<'t>,
    pub(crate) names: &'s Names<'t>,
    pub(crate) directory: &'s Directory,
    pub(crate) manifest: &'s Manifest,
}

/// Everything that is to be said, in any order.
pub(crate) fn warnings(subjects: &Subjects<'_, '_>) -> Vec<Fault> {
    let mut found = Vec::new();
    nothing_allowed(subjects, &mut found);
    never_restricting(subjects, &mut found);
    idle_exceptions(subjects, &mut found);
    readers_and_groups(subjects, &mut found);
    public_everything(subjects, &mut found);
    aliases::aliases(subjects, &mut found);
    tools::tools(subjects, &mut found);
    arguments::arguments(subjects, &mut found);
    approval::approvers(subjects, &mut found);
    budgets::budgets(subjects, &mut found);
    found
}

/// What is to be said of statements and guardrails alone, each at its own place.
pub(crate) fn of_statements(subjects: &Subjects<'_, '_>) -> Vec<Fault> {
    let mut found = Vec::new();
    // Whatever narrows may permit nothing; that a file of guardrails alone does is no fault.
    if !subjects.document.statements.is_empty() {
        nothing_allowed(subjects, &mut found);
    }
    never_restricting(subjects, &mut found);
    idle_exceptions(subjects, &mut found);
    unknown_readers(subjects, &mut found);
    aliases::aliases(subjects, &mut found);
    tools::of_statements(subjects, tools::Author::Task, &mut found);
    approval::of_statements(subjects, &mut found);
    found
}

fn effect(node: &Node) -> &str {
    node.get("effect").and_then(Node::text).unwrap_or_default()
}

fn operations(node: &Node) -> Vec<&str> {
    match node.get("operations") {
        Some(operations) => operations.one_or_many().map(|(word, _)| word).collect(),
        None => Vec::new(),
    }
}

fn texts<'n>(node: &'n Node, key: &str) -> Vec<&'n str> {
    let items = node.get(key).map(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).collect()
}

/// Scenario: a policy of denials alone denied everything, without a word.
fn nothing_allowed(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Document { statements, guardrails, .. } = subjects.document;
    let grants: Vec<&&Node> = statements.iter().filter(|node| effect(node) != "forbid").collect();
    let first = statements.iter().chain(guardrails).map(|node| node.span).min();
    let Some(first) = first else { return };
    if grants.is_empty() {
        let fault = Fault::new(Code::NothingAllowed, first, "nothing can ever be allowed");
        found.push(fault.hint("what no `[[statement]]` permits is denied; add one"));
        return;
    }
    let everything = |node: &&&Node| {
        let resources = texts(node, "resources");
        let is_empty = |key: &str| {
            node.get(key).is_none_or(|value| value.items().is_empty() && value.text().is_none())
        };
        effect(node) == "forbid"
            && (resources.is_empty() || resources.contains(&"**"))
            && ["tools", "except_resources", "when", "beyond", "after_untrusted"].into_iter().all(
                |key| {
                    is_empty(key)
                        && !node.get(key).is_some_and(|n| matches!(n.value, Content::Bool(true)))
                },
            )
    };
    let forbids: Vec<&&Node> = statements.iter().chain(guardrails).filter(everything).collect();
    let forbidden: HashSet<&str> = forbids.iter().flat_map(|node| operations(node)).collect();
    let granted = |node: &&&Node| operations(node).iter().any(|word| !forbidden.contains(word));
    if !grants.iter().any(granted)
        && let Some(forbid) = forbids.first()
    {
        let message = "nothing can ever be allowed: this forbids all that is granted";
        let fault = Fault::new(Code::NothingAllowed, forbid.place("operations"), message);
        found.push(fault.hint("name the resources, tools or conditions that it is about"));
    }
}

/// Statements that no action can meet: beyond the public is nobody, and one argument does not equal two values.
fn never_restricting(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Document { statements, guardrails, .. } = subjects.document;
    for node in statements.iter().chain(guardrails) {
        let public = node.get("beyond").and_then(|beyond| {
            beyond.one_or_many().find(|(word, _)| *word == "public").map(|(_, span)| span)
        });
        if let Some(span) = public {
            let message = "nobody is beyond the public, so this never restricts anything";
            let fault = Fault::new(Code::UnreachableStatement, span, message);
            found.push(fault.hint("name the readers whom it leaves alone, such as `internal`"));
        }
        if let Some((argument, span)) = two_values(node) {
            let message =
                format!("`{}` cannot equal both values, so this never applies", visible(argument));
            let fault = Fault::new(Code::UnreachableStatement, span, message);
            found.push(fault.hint("write `one_of` for either of them"));
        }
    }
}

/// Exceptions that leave nothing out, since the statement names nothing like them.
fn idle_exceptions(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Document { statements, guardrails, .. } = subjects.document;
    for node in statements.iter().chain(guardrails) {
        let resources = texts(node, "resources");
        let exceptions = node.get("except_resources").map(Node::items).unwrap_or_default();
        for exception in exceptions {
            let Some(text) = exception.text().filter(|_| !resources.is_empty()) else { continue };
            if !resources.iter().any(|resource| overlap::meet(resource, text)) {
                let message = format!("no resource of the statement is one of `{}`", visible(text));
                let fault = Fault::new(Code::IdleException, exception.span, message);
                found
                    .push(fault.hint("it leaves nothing out; name what `resources` names as well"));
            }
        }
    }
}

/// An argument that the conditions of a statement ask to equal two values, with the place of the second.
fn two_values(node: &Node) -> Option<(&str, Span)> {
    let conditions = node.get("when").map(Node::items).unwrap_or_default();
    let is_true = |node: &Node| matches!(node.value, Content::Bool(true));
    let mut asked: Vec<(&str, &Node)> = Vec::new();
    for condition in conditions {
        // One that is negated or optional holds for other values, too.
        if ["not", "optional"].iter().any(|key| condition.get(key).is_some_and(is_true)) {
            continue;
        }
        let argument = condition.get("argument").and_then(Node::text);
        let Some((argument, value)) = argument.zip(condition.get("equals")) else { continue };
        if asked.iter().any(|(known, before)| *known == argument && !before.means(value)) {
            return Some((argument, value.span));
        }
        asked.push((argument, value));
    }
    None
}

/// Readers that name what is not there, and what is there and named by nobody.
fn readers_and_groups(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Subjects { document, names, .. } = subjects;
    let mut used: HashSet<&str> = names.members.iter().map(|(name, _)| *name).collect();
    used.extend(unknown_readers(subjects, found));
    used.extend(approval::groups(document));
    let told = told_by_arguments(document);
    let tests = document.tests.iter().filter_map(|node| node.get("action")?.get("audience"));
    for audience in tests {
        let named =
            ["group", "channel", "recipients"].into_iter().filter_map(|key| audience.get(key));
        used.extend(named.flat_map(|value| value.one_or_many().map(|(name, _)| name)));
    }
    for (name, (kind, span)) in &names.all {
        let (code, what) = match kind {
            Kind::Group => (Code::UnusedGroup, "group"),
            Kind::Channel => (Code::UnusedChannel, "channel"),
            Kind::Principal => continue,
        };
        if !used.contains(name) && !told.contains(kind) {
            let message = format!("nothing refers to the {what} `{}`", visible(name));
            found.push(Fault::new(code, *span, message));
        }
    }
}

/// Readers that name what is not there. Gives all groups and channels that readers name.
fn unknown_readers<'t>(subjects: &Subjects<'_, 't>, found: &mut Vec<Fault>) -> HashSet<&'t str> {
    let Subjects { document, names, .. } = subjects;
    let mut used = HashSet::new();
    let everywhere = document.statements.iter().chain(&document.guardrails);
    let readers = everywhere.flat_map(|node| [node.get("readers"), node.get("beyond")]);
    let labels = document.label_rules.iter().map(|node| node.get("readers"));
    let unlabelled = document
        .labels
        .and_then(|(_, node)| node.get("unlabelled"))
        .map(|node| node.get("readers"));
    for value in readers.chain(labels).chain(unlabelled).flatten() {
        for (word, span) in value.one_or_many() {
            let Some((kind, name)) = word.split_once(':') else { continue };
            let wanted = match kind {
                "group" => Kind::Group,
                "channel" => Kind::Channel,
                _ => continue,
            };
            used.insert(name);
            if names.all.get(name).is_some_and(|(kind, _)| *kind == wanted) {
                continue;
            }
            let shown = visible(name);
            let message = format!("the directory has no {kind} `{shown}`, so this means nobody");
            let fault = Fault::new(Code::UnknownReader, span, message);
            if found.len() >= MAX_FAULTS {
                found.push(fault);
                continue;
            }
            let mut known: Vec<&str> = names
                .all
                .iter()
                .filter(|(_, (kind, _))| *kind == wanted)
                .map(|(name, _)| *name)
                .collect();
            known.sort_unstable();
            found.push(match nearest(name, known) {
                Some(near) => fault.hint(format!("did you mean `{kind}:{}`?", visible(near))),
                None => fault,
            });
        }
    }
    used
}

/// The kinds of names that a call may give by its arguments.
fn told_by_arguments(document: &Document<'_>) -> Vec<Kind> {
    let effects = document.tools.iter().flat_map(|tool| {
        let effects = tool.get("effect").map(Node::items).unwrap_or_default();
        effects.iter().filter_map(|effect| effect.get("audience"))
    });
    let told = effects.flat_map(|audience| match audience.entries() {
        [(key, _)] if key.name == "group" => vec![Kind::Group],
        [(key, _)] if key.name == "channel" => vec![Kind::Channel],
        // A recipient may be any name of the directory.
        [(key, _)] if key.name == "recipients" => vec![Kind::Group, Kind::Channel],
        _ => Vec::new(),
    });
    told.collect()
}

fn public_everything(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    for node in &subjects.document.statements {
        let writes = operations(node).iter().any(|word| *word != Operation::Read.as_str());
        let Some(readers) = node.get("readers") else { continue };
        let public = readers.one_or_many().find(|(word, _)| *word == "public");
        if let Some((_, span)) = public
            && effect(node) == "permit"
            && writes
            && texts(node, "resources").contains(&"**")
        {
            let message = "this lets an agent show everything to everybody";
            let fault = Fault::new(Code::PublicEverything, span, message);
            found.push(fault.hint("name the resources that may become public"));
        }
    }
}
