//! `[[statement]]` and `[[guardrail]]`: each is read and compiled alone first, so that every one with a
//! fault is told, and then all together.

use std::collections::HashMap;

use permitgate::gate::Guardrails;
use permitgate::kinds::PolicyErrorKind;
use permitgate::model::Reader;
use permitgate::policy::{Effect, PolicyError};
use permitgate::{Operation, Policy, Restrictions, Statement};

use super::approval;
use super::document::duplicate;
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::read::{read, unknown_value};
use crate::tree::{Content, Node};

/// What `[[statement]]`s grant.
pub(crate) fn policy(nodes: &[&Node], faults: &mut Vec<Fault>) -> Option<(Policy, Vec<Statement>)> {
    let alone =
        |statement: &Statement| Policy::new([statement.clone()]).map(drop).map_err(Alone::Policy);
    let statements = each(nodes, "a statement", alone, faults)?;
    match Policy::new(statements.clone()) {
        Ok(policy) => Some((policy, statements)),
        Err(error) => {
            faults.push(together(nodes, &error));
            None
        }
    }
}

/// What `[[guardrail]]`s restrict; nothing where there are none.
pub(crate) fn guardrails(
    nodes: &[&Node],
    faults: &mut Vec<Fault>,
) -> Option<(Option<Restrictions>, Vec<Statement>)> {
    let statements = each(nodes, "a guardrail", guardrail, faults)?;
    if statements.is_empty() {
        return Some((None, statements));
    }
    match Restrictions::new(statements.clone()) {
        Ok(restrictions) => Some((Some(restrictions), statements)),
        Err(error) => {
            faults.push(together(nodes, &error));
            None
        }
    }
}

/// Why the core refuses one statement.
enum Alone {
    Policy(PolicyError),
    /// It binds a name that a guardrail does not.
    Binds(String),
}

fn guardrail(statement: &Statement) -> Result<(), Alone> {
    let restrictions = Restrictions::new([statement.clone()]).map_err(Alone::Policy)?;
    let checked = Guardrails::from(restrictions).check();
    checked.map_err(|error| Alone::Binds(error.bound_name().unwrap_or_default().to_owned()))
}

fn each(
    nodes: &[&Node],
    what: &str,
    alone: impl Fn(&Statement) -> Result<(), Alone>,
    faults: &mut Vec<Fault>,
) -> Option<Vec<Statement>> {
    let before = faults.len();
    let mut statements = Vec::with_capacity(nodes.len());
    let mut ids: HashMap<&str, Span> = HashMap::new();
    for node in nodes {
        if let Some(id) = node.get("id")
            && let Some(text) = id.text()
        {
            match ids.get(text) {
                Some(first) => faults.push(duplicate(id.span, &format!("the id `{text}`"), *first)),
                None => _ = ids.insert(text, id.span),
            }
        }
        match statement(node, what, &alone) {
            Ok(statement) => statements.push(statement),
            Err(fault) => faults.push(fault),
        }
    }
    (faults.len() == before).then_some(statements)
}

fn statement(
    node: &Node,
    what: &str,
    alone: &impl Fn(&Statement) -> Result<(), Alone>,
) -> Result<Statement, Fault> {
    check_words(node)?;
    approval::check(node)?;
    let statement: Statement = read(node, what)?;
    match alone(&statement) {
        Ok(()) => Ok(statement),
        Err(Alone::Policy(error)) => {
            let span = node.place(error.field());
            let fault = Fault::new(Code::Policy, span, error.to_string());
            // The core speaks of its types, a file of its tables.
            let granting = error.field() == "effect" && statement.effect() == Effect::Permit;
            let hint = match error.kind() {
                _ if granting => Some("write it as a `[[statement]]`"),
                PolicyErrorKind::ApproversWithoutApproval => Some(
                    "it belongs to a statement or guardrail with that effect, or into `[approvers]` for all of them",
                ),
                _ => error.hint(),
            };
            Err(hint.map_or(fault.clone(), |hint| fault.hint(hint)))
        }
        Err(Alone::Binds(name)) => {
            let message = format!(
                "a guardrail binds `{{{name}}}`; only `{{invoker}}` and `{{agent}}` are bound in every scope"
            );
            Err(Fault::new(Code::Policy, node.place("resources"), message))
        }
    }
}

fn together(nodes: &[&Node], error: &PolicyError) -> Fault {
    let of = |node: &&&Node| node.get("id").and_then(Node::text) == error.statement();
    let node = nodes.iter().find(of).or(nodes.first());
    let span = node.map(|node| node.place(error.field())).unwrap_or_default();
    Fault::new(Code::Policy, span, error.to_string())
}

/// Operations and readers, word by word: what takes one word or several would otherwise be refused as a
/// whole, without saying which word is wrong.
pub(crate) fn check_words(node: &Node) -> Result<(), Fault> {
    let names = Operation::ALL.map(Operation::as_str);
    for key in ["operations", "operation"] {
        let Some(value) = node.get(key) else { continue };
        for (word, span) in value.one_or_many() {
            if !names.contains(&word) {
                return Err(unknown_value(span, &format!("`{key}`: "), word, &names));
            }
        }
    }
    for key in ["readers", "beyond"] {
        let Some(value) = node.get(key) else { continue };
        check_readers(key, value)?;
    }
    Ok(())
}

/// Every reader that is not one, with the kind that is meant.
pub(crate) fn check_readers(key: &str, value: &Node) -> Result<(), Fault> {
    if let Some(odd) = value.items().iter().find(|item| !matches!(item.value, Content::Text(_))) {
        let message = format!("`{key}`: {} stands where a reader is expected", odd.kind());
        return Err(Fault::new(Code::WrongType, odd.span, message));
    }
    for (word, span) in value.one_or_many() {
        let Err(error) = word.parse::<Reader>() else { continue };
        let fault = Fault::new(Code::BadValue, span, format!("`{key}`: {error}"));
        let (kind, name) =
            word.split_once(':').map_or((word, None), |(kind, name)| (kind, Some(name)));
        let kinds = match name {
            None => &["invoker", "internal", "public"][..],
            Some(_) => &["principal", "group", "channel", "domain"],
        };
        return Err(match (nearest(kind, kinds.iter().copied()), name) {
            (Some(near), None) if near != kind => fault.hint(format!("did you mean `{near}`?")),
            (Some(near), Some(name)) if near != kind => {
                fault.hint(format!("did you mean `{near}:{name}`?"))
            }
            (None, None) if kind.contains('@') => {
                fault.hint(format!("one person is `principal:{kind}`"))
            }
            _ => fault,
        });
    }
    Ok(())
}
