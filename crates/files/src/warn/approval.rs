//! Warnings about who may approve: those who are not there, and requirements that nobody can meet.

use std::collections::BTreeSet;

use permitgate::authority::Approver;
use permitgate::text::visible;

use super::{Subjects, effect};
use crate::fault::{Code, Fault};
use crate::limits::MAX_FAULTS;
use crate::load::approval::{all_of, tables};
use crate::load::directory::Kind;
use crate::load::document::Document;
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::{Content, Node};

/// What is to be said of the approvers of the gate, of statements and of guardrails.
pub(super) fn approvers(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    if let Some((_, gate)) = subjects.document.approvers {
        of_table(subjects, gate, found);
    }
    of_statements(subjects, found);
}

/// The same of statements and guardrails alone.
pub(super) fn of_statements(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Document { statements, guardrails, .. } = subjects.document;
    statements.iter().chain(guardrails).for_each(|node| of_table(subjects, node, found));
    nobody(subjects, found);
}

/// The groups that may approve anything.
pub(super) fn groups<'t>(document: &Document<'t>) -> Vec<&'t str> {
    all_of(document).filter_map(|word| word.strip_prefix("group:")).collect()
}

/// Whoever is named in one place, as people.
struct Electorate<'s> {
    people: BTreeSet<&'s str>,
    /// Whether the invoker may be one of them.
    invoker: bool,
    /// Whether all of them are known.
    is_complete: bool,
}

fn of_table(subjects: &Subjects<'_, '_>, node: &Node, found: &mut Vec<Fault>) {
    if let Some(by) = node.get("by") {
        by.one_or_many().for_each(|(word, span)| unknown(subjects, word, span, found));
    } else if node.get("approvals").is_none() {
        return;
    }
    let gate = subjects.document.approvers.map(|(_, gate)| gate);
    let counted = |node: &Node| match node.get("approvals").map(|count| &count.value) {
        Some(Content::Integer(count)) => usize::try_from(*count).ok(),
        _ => None,
    };
    let of_gate = gate.filter(|_| node.get("by").is_none());
    let Some(by) = node.get("by").or_else(|| of_gate?.get("by")) else { return };
    let count = counted(node).or_else(|| counted(of_gate?)).unwrap_or(1);
    let Electorate { people, invoker, is_complete } = electorate(subjects, by);
    let place = if node.get("approvals").is_some() { "approvals" } else { "by" };
    let most = people.len() + usize::from(invoker);
    if !is_complete {
        // Told already.
    } else if most < count {
        let message = format!("it asks for {count} approvals, and only {} may give one", of(most));
        let fault = Fault::new(Code::TooFewApprovers, node.place(place), message);
        found.push(fault.hint("name more people, or ask for fewer approvals"));
    } else if !invoker && most == count {
        let message = "where the invoker is one of those who may approve, too few others are left";
        let fault = Fault::new(Code::ScarceApprovers, node.place(place), message);
        found.push(fault.hint(
            "name one more, or `invoker` too where people may approve what is done on their own behalf",
        ));
    }
}

fn of(people: usize) -> String {
    match people {
        1 => "one person".to_owned(),
        more => format!("{more} people"),
    }
}

fn electorate<'s>(subjects: &'s Subjects<'_, '_>, by: &'s Node) -> Electorate<'s> {
    let mut all = Electorate { people: BTreeSet::new(), invoker: false, is_complete: true };
    for (word, _) in by.one_or_many() {
        let meant = |name: &'s str| subjects.names.aliases.get(name).map_or(name, |(of, _)| *of);
        if let Some(group) = word.strip_prefix("group:") {
            let known = subjects.names.all.get(meant(group));
            all.is_complete &= known.is_some_and(|(kind, _)| *kind == Kind::Group);
            all.people.extend(subjects.directory.people_of(group));
        } else if let Some(person) = word.strip_prefix("principal:") {
            all.people.insert(meant(person));
        } else {
            all.invoker |= word.parse() == Ok(Approver::Invoker);
        }
    }
    all
}

/// An approver who is not there.
fn unknown(subjects: &Subjects<'_, '_>, word: &str, span: Span, found: &mut Vec<Fault>) {
    let names = subjects.names;
    let Some((kind, name)) = word.split_once(':') else { return };
    let wanted = if kind == "group" { Kind::Group } else { Kind::Principal };
    let meant = names.aliases.get(name).map_or(name, |(meant, _)| *meant);
    let known = names.all.get(meant).map(|(kind, _)| *kind);
    if known == Some(wanted) {
        return;
    }
    let shown = visible(name);
    let other = match known {
        Some(Kind::Principal) => Some(format!("did you mean `principal:{shown}`?")),
        Some(Kind::Group) => Some(format!("did you mean `group:{shown}`?")),
        Some(Kind::Channel) => {
            Some("who may join a channel is in no group; name a group".to_owned())
        }
        None if found.len() >= MAX_FAULTS => None,
        None => {
            let of_kind = names.all.iter().filter(|(_, (kind, _))| *kind == wanted);
            let mut known: Vec<&str> = of_kind.map(|(name, _)| *name).collect();
            known.sort_unstable();
            nearest(name, known).map(|near| format!("did you mean `{kind}:{}`?", visible(near)))
        }
    };
    // A directory need not list everybody by name.
    if wanted == Kind::Principal && other.is_none() {
        return;
    }
    let message = match wanted {
        Kind::Group => format!("the directory has no group `{shown}`, so nobody of it approves"),
        _ => format!("the directory has no principal `{shown}`"),
    };
    let fault = Fault::new(Code::UnknownApprover, span, message);
    found.push(match other {
        Some(hint) => fault.hint(hint),
        None => fault.hint("name its members in the directory"),
    });
}

/// A required approval that names nobody, in files that name approvers elsewhere, and none for all.
fn nobody(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Document { statements, guardrails, approvers, .. } = subjects.document;
    if approvers.is_some() || !tables(subjects.document).any(|node| node.get("by").is_some()) {
        return;
    }
    for node in statements.iter().chain(guardrails) {
        if effect(node) == "require_approval" && node.get("by").is_none() {
            let message = "it does not say who approves, and no `[approvers]` says it for all";
            let fault = Fault::new(Code::NobodyApproves, node.place("effect"), message);
            found.push(fault.hint(
                "say it with `by`, or in `[approvers]`; else the program that makes the gate has to",
            ));
        }
    }
}
