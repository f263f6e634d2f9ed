//! Who may approve: `by` of statements, `[approvers]` for all that do not say it, and the votes of tests.

use std::collections::HashSet;

use permitgate::authority::{Approver, Requirement};
use permitgate::limits::MAX_APPROVERS;
use permitgate::text::visible;

use super::document::{Document, duplicate};
use super::names::{Kind, Names};
use crate::fault::{Code, Fault};
use crate::limits::MAX_FAULTS;
use crate::suggest::nearest;
use crate::tree::read::read;
use crate::tree::{Content, Node};

/// The keys of `[approvers]`, which statements have as well.
pub(crate) const KEYS: &[&str] = &["by", "approvals", "decide_within", "use_within"];

/// Who approves where a statement does not say it.
pub(crate) fn approvers(document: &Document<'_>, faults: &mut Vec<Fault>) -> Option<Requirement> {
    let (_, node) = document.approvers?;
    requirement(node).map_err(|fault| faults.push(fault)).ok()
}

fn requirement(node: &Node) -> Result<Requirement, Fault> {
    check(node)?;
    let requirement: Requirement = read(node, "`approvers`")?;
    if node.get("by").is_none() {
        let fault = Fault::new(Code::MissingKey, node.span, "`approvers` needs the key `by`");
        return Err(fault.hint("name who approves, such as `group:leads`"));
    }
    match requirement.check() {
        Ok(()) => Ok(requirement),
        Err(error) => {
            Err(Fault::new(Code::Approvers, node.place(error.field()), error.to_string()))
        }
    }
}

/// What a table says of who approves, value by value: with the place and the words that a person expects.
pub(crate) fn check(node: &Node) -> Result<(), Fault> {
    if let Some(by) = node.get("by") {
        check_approvers("by", by)?;
    }
    if let Some(count) = node.get("approvals")
        && let Content::Integer(_) | Content::Unsigned(_) = count.value
        && !matches!(count.value, Content::Integer(count) if u8::try_from(count).is_ok())
        && let Err(error) = Requirement::new().approvals(u8::MAX).check()
    {
        return Err(Fault::new(Code::BadValue, count.span, format!("`approvals`: {error}")));
    }
    for key in ["decide_within", "use_within"] {
        let Some(span) = node.get(key).filter(|node| node.text().is_none()) else { continue };
        let message = format!(
            "`{key}`: {} stands where a length of time, such as `\"30m\"` or `\"1d\"`, is expected",
            span.kind()
        );
        return Err(Fault::new(Code::WrongType, span.span, message));
    }
    Ok(())
}

/// Every approver that is not one, with the kind that is meant.
fn check_approvers(key: &str, value: &Node) -> Result<(), Fault> {
    if let Some(odd) = value.items().iter().find(|item| !matches!(item.value, Content::Text(_))) {
        let message = format!("`{key}`: {} stands where an approver is expected", odd.kind());
        return Err(Fault::new(Code::WrongType, odd.span, message));
    }
    for (word, span) in value.one_or_many() {
        let Err(error) = word.parse::<Approver>() else { continue };
        let fault = Fault::new(Code::BadValue, span, format!("`{key}`: {error}"));
        let meant = match word.split_once(':') {
            Some((kind, name)) => nearest(kind, ["principal", "group"])
                .filter(|near| *near != kind)
                .map(|near| format!("did you mean `{near}:{}`?", visible(name))),
            None if word.contains('@') => {
                Some(format!("one person is `principal:{}`", visible(word)))
            }
            None => Some(match nearest(word, ["invoker"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a group is `group:{}`", visible(word)),
            })
            .filter(|_| !word.is_empty()),
        };
        return Err(match meant {
            Some(hint) => fault.hint(hint),
            None => fault,
        });
    }
    Ok(())
}

/// Whoever votes in a test is somebody: one who is misspelt approves nothing, and a test that expects a hold would pass.
pub(crate) fn check_votes(document: &Document<'_>, names: &Names<'_>, faults: &mut Vec<Fault>) {
    let voting = || document.tests.iter().filter_map(|test| Some((test, test.get("approved_by")?)));
    if voting().next().is_none() {
        return;
    }
    let principals = names.all.iter().filter(|(_, (kind, _))| *kind == Kind::Principal);
    let mut people: HashSet<&str> = principals.map(|(name, _)| *name).collect();
    let aliases = names.aliases.iter().filter(|(_, (meant, _))| people.contains(meant));
    let aliases: Vec<&str> = aliases.map(|(alias, _)| *alias).collect();
    people.extend(aliases);
    let named = all_of(document).filter_map(|word| word.strip_prefix("principal:"));
    people.extend(named);
    for (test, votes) in voting() {
        let fault = |node: &Node, message: String| Fault::new(Code::BadTest, node.span, message);
        let items = votes.items();
        if matches!(votes.value, Content::List(_)) && items.is_empty() {
            let message = "`approved_by` names nobody".to_owned();
            faults.push(fault(votes, message).hint("name who votes for it, or leave it out"));
        }
        if let Some(beyond) = items.get(MAX_APPROVERS) {
            faults.push(fault(beyond, format!("more than {MAX_APPROVERS} votes in one test")));
            continue;
        }
        let own = ["invoker", "agent"].map(|key| test.get(key).and_then(Node::text));
        for (place, item) in items.iter().enumerate() {
            let Some(name) = item.text() else { continue };
            let before = items.iter().take(place).find(|before| before.text() == Some(name));
            if let Some(first) = before {
                let what = format!("the vote of `{}`", visible(name));
                faults.push(duplicate(item.span, &what, first.span));
            } else if names.all.get(name).is_some_and(|(kind, _)| *kind != Kind::Principal) {
                let message = format!("`{}` is nobody who votes", visible(name));
                faults.push(fault(item, message).hint("name the people, each of them"));
            } else if !people.contains(name) && !own.contains(&Some(name)) {
                let message = format!(
                    "nobody is called `{}`: neither a principal of the directory nor one whom `by` names",
                    visible(name)
                );
                let near = Some(()).filter(|()| faults.len() < MAX_FAULTS);
                let near = near.and_then(|()| {
                    let mut people: Vec<&str> = people.iter().copied().collect();
                    people.sort_unstable();
                    nearest(name, people)
                });
                let fault = fault(item, message);
                faults.push(match near {
                    Some(near) => fault.hint(format!("did you mean `{}`?", visible(near))),
                    None => fault,
                });
            }
        }
    }
}

/// Every table that may say who approves.
pub(crate) fn tables<'d, 't>(document: &'d Document<'t>) -> impl Iterator<Item = &'t Node> + 'd {
    let gate = document.approvers.map(|(_, node)| node);
    document.statements.iter().chain(&document.guardrails).copied().chain(gate)
}

/// All approvers that are named anywhere, as they are written.
pub(crate) fn all_of<'d, 't>(document: &'d Document<'t>) -> impl Iterator<Item = &'t str> + 'd {
    let named = tables(document).filter_map(|node| node.get("by"));
    named.flat_map(|by| by.one_or_many().map(|(word, _)| word))
}
