//! Warnings about budgets: those that no call can draw on, and those that no call can be counted by.

use permitgate::text::visible;

use super::{Subjects, operations, texts};
use crate::fault::{Code, Fault};
use crate::limits::MAX_FAULTS;
use crate::source::Span;
use crate::suggest::nearest;
use crate::tree::{Content, Node};

pub(super) fn budgets(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    for budget in &subjects.document.budgets {
        if !granted(subjects, budget, found) {
            continue;
        }
        if !subjects.document.tools.is_empty() {
            unknown_tools(subjects, budget, found);
            by_tools(subjects, budget, found);
        }
    }
}

fn name(node: &Node) -> &str {
    node.get("name").and_then(Node::text).unwrap_or_default()
}

/// Whether it is about an operation, as it is written.
fn is_about(budget: &Node, operation: &str) -> bool {
    budget.get("operations").is_none() || operations(budget).contains(&operation)
}

/// The effects of a tool that it is about.
fn effects<'n>(budget: &Node, tool: &'n Node) -> impl Iterator<Item = &'n Node> {
    let effects = tool.get("effect").map(Node::items).unwrap_or_default();
    effects.iter().filter(move |effect| {
        let operation = effect.get("operation").and_then(Node::text).unwrap_or_default();
        is_about(budget, operation)
    })
}

fn unreachable(budget: &Node, span: Span, why: &str) -> Fault {
    let message = format!("nothing can draw on the budget `{}`: {why}", visible(name(budget)));
    Fault::new(Code::UnreachableBudget, span, message)
}

/// Whether a statement grants an operation of its, in a file that grants anything.
fn granted(subjects: &Subjects<'_, '_>, budget: &Node, found: &mut Vec<Fault>) -> bool {
    let statements = &subjects.document.statements;
    let mut grants = statements.iter().filter(|node| super::effect(node) != "forbid").peekable();
    if grants.peek().is_none() {
        return true;
    }
    let mut words = grants.flat_map(|node| operations(node));
    let granted = words.any(|operation| is_about(budget, operation));
    if !granted {
        let span = budget.place("operations");
        let fault = unreachable(budget, span, "no statement grants its operations");
        found.push(fault.hint("name the operations that it shall limit"));
    }
    granted
}

fn unknown_tools(subjects: &Subjects<'_, '_>, budget: &Node, found: &mut Vec<Fault>) {
    let known: Vec<&str> = subjects.document.tools.iter().map(|tool| name(tool)).collect();
    for tool in budget.get("tools").map(Node::items).unwrap_or_default() {
        let Some(text) = tool.text().filter(|text| !known.contains(text)) else { continue };
        let message = format!("the manifest has no tool `{}`", visible(text));
        let fault = Fault::new(Code::UnknownTool, tool.span, message);
        let suggest = found.len() < MAX_FAULTS;
        found.push(match nearest(text, known.iter().copied().filter(|_| suggest)) {
            Some(near) => fault.hint(format!("did you mean `{}`?", visible(near))),
            None => fault.hint("no call of it is counted, since the manifest denies them all"),
        });
    }
}

/// What the tools that it is about make of it.
fn by_tools(subjects: &Subjects<'_, '_>, budget: &Node, found: &mut Vec<Fault>) {
    let named = texts(budget, "tools");
    let all_known =
        named.iter().all(|text| subjects.document.tools.iter().any(|tool| name(tool) == *text));
    let is_named = |tool: &&&Node| named.is_empty() || named.contains(&name(tool));
    let tools = subjects.document.tools.iter().filter(is_named);
    let tools: Vec<&&Node> = tools.filter(|tool| effects(budget, tool).next().is_some()).collect();
    if tools.is_empty() {
        if all_known {
            let span = budget.place(if named.is_empty() { "operations" } else { "tools" });
            let why = "no tool that it is about has an effect of its operations";
            found.push(unreachable(budget, span, why).hint("name the tools that it shall limit"));
        }
        return;
    }
    match budget.get("counts").and_then(Node::text) {
        Some("sum") => tools.iter().for_each(|tool| lacks(budget, tool, found)),
        Some("recipients") => {
            let mut audiences = tools.iter().flat_map(|tool| effects(budget, tool));
            if !audiences
                .any(|effect| effect.get("audience").is_some_and(|a| a.text() != Some("private")))
            {
                let why = "no tool that it is about reaches anybody";
                found.push(
                    unreachable(budget, budget.place("counts"), why)
                        .hint("say whom with `audience` of an effect, or count `actions`"),
                );
            }
        }
        _ => {}
    }
}

/// A tool without the argument that is added up: it cannot be counted, so every call of it is denied.
fn lacks(budget: &Node, tool: &Node, found: &mut Vec<Fault>) {
    let argument = budget.get("argument").and_then(Node::text).unwrap_or_default();
    let first = argument.split('.').next().unwrap_or_default();
    let has = tool.get("args").is_some_and(|args| args.get(first).is_some());
    let is_open =
        tool.get("other_arguments").is_some_and(|node| !matches!(node.value, Content::Bool(false)));
    if !has && !is_open {
        let message = format!(
            "the tool `{}` has no argument `{}`, so the budget `{}` cannot count it, and every call of it is denied",
            visible(name(tool)),
            visible(argument),
            visible(name(budget)),
        );
        let fault = Fault::new(Code::UncountedTool, budget.place("argument"), message);
        found.push(fault.hint(
            "name the tools that have it with `tools`, or operations that others do not have",
        ));
    }
}
