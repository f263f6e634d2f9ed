//! `[[budget]]`: how much may be done in all.

use std::collections::HashMap;

use permitgate::authority::{Budget, Share};
use permitgate::limits::MAX_BUDGETS;

use super::document::duplicate;
use super::statements::check_words;
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::tree::Node;
use crate::tree::read::read;

/// The budgets, each checked alone first.
pub(crate) fn budgets(nodes: &[&Node], faults: &mut Vec<Fault>) -> Option<Vec<Budget>> {
    let before = faults.len();
    let mut names: HashMap<&str, Span> = HashMap::new();
    let mut budgets = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Some(name) = node.get("name")
            && let Some(text) = name.text()
        {
            match names.get(text) {
                Some(first) => {
                    faults.push(duplicate(name.span, &format!("the budget `{text}`"), *first));
                }
                None => _ = names.insert(text, name.span),
            }
        }
        match budget(node) {
            Ok(budget) => budgets.push(budget),
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(node) = nodes.get(MAX_BUDGETS) {
        let message = format!("more than {MAX_BUDGETS} budgets");
        faults.push(Fault::new(Code::Budget, node.span, message));
    }
    (faults.len() == before).then_some(budgets)
}

fn budget(node: &Node) -> Result<Budget, Fault> {
    check_words(node)?;
    let budget: Budget = read(node, "a budget").map_err(|fault| at_its_key(node, fault))?;
    match budget.check() {
        Ok(()) => Ok(budget),
        Err(error) => Err(Fault::new(Code::Budget, node.place(error.field()), error.to_string())),
    }
}

/// A fault of several keys together is told with the table, and begins with the key that is wrong.
fn at_its_key(node: &Node, mut fault: Fault) -> Fault {
    if fault.code == Code::BadValue
        && fault.span == node.span
        && let Some((key, _)) =
            fault.message.strip_prefix('`').and_then(|rest| rest.split_once('`'))
    {
        fault.span = node.place(key);
    }
    fault
}

/// What narrows is no gate.
pub(crate) fn of_a_layer(nodes: &[&Node], budgets: &[Budget]) -> Option<Fault> {
    let mut both = nodes.iter().zip(budgets);
    let (node, _) = both.find(|(_, budget)| budget.share() == Some(Share::Gate))?;
    let message =
        "`shared_by`: only the budgets of a policy file are shared by everybody at the gate";
    let fault = Fault::new(Code::Budget, node.place("shared_by"), message);
    Some(fault.hint("leave it out: everybody under what is narrowed shares it"))
}
