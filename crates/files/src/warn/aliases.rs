//! Aliases of the directory where only the name that one stands for is compared.

use permitgate::text::visible;

use super::Subjects;
use crate::fault::{Code, Fault};
use crate::tree::Node;

/// Readers that are aliases: a call that gives the alias means the name, so they meet nobody.
pub(super) fn aliases(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Subjects { document, names, .. } = subjects;
    if names.aliases.is_empty() {
        return;
    }
    let everywhere = document.statements.iter().chain(&document.guardrails);
    for node in everywhere.chain(&document.label_rules) {
        let readers = ["readers", "beyond"].into_iter().filter_map(|key| node.get(key));
        for (reader, span) in readers.flat_map(Node::one_or_many) {
            let Some((_, word)) = reader.split_once(':') else { continue };
            let Some((name, _)) = names.aliases.get(word) else { continue };
            let (alias, name) = (visible(word), visible(name));
            let message = format!("`{alias}` is an alias; calls that give it mean `{name}`");
            let fault = Fault::new(Code::AliasCompared, span, message);
            found.push(fault.hint(format!("write `{name}`")));
        }
    }
}
