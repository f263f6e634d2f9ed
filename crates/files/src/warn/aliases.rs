//! Aliases where only the names that they stand for are compared.

use permitgate::text::visible;

use super::Subjects;
use crate::fault::{Code, Fault};
use crate::tree::Node;

/// Segments of patterns and names of readers that are aliases: a call that gives the alias means the name, so they meet nothing.
pub(super) fn aliases(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Subjects { document, names, .. } = subjects;
    if names.aliases.is_empty() {
        return;
    }
    let everywhere = document.statements.iter().chain(&document.guardrails);
    for node in everywhere.chain(&document.label_rules) {
        let lists = ["resources", "except_resources"].into_iter().filter_map(|key| node.get(key));
        let patterns = lists.flat_map(Node::one_or_many);
        let segments = patterns.flat_map(|(text, span)| text.split('/').map(move |s| (s, span)));
        let readers = ["readers", "beyond"].into_iter().filter_map(|key| node.get(key));
        let readers = readers.flat_map(Node::one_or_many);
        let readers = readers.filter_map(|(word, span)| Some((word.split_once(':')?.1, span)));
        for (word, span) in segments.chain(readers) {
            let Some((name, _)) = names.aliases.get(word) else { continue };
            let message = format!(
                "`{}` is an alias; calls that give it mean `{}`",
                visible(word),
                visible(name)
            );
            let fault = Fault::new(Code::AliasCompared, span, message);
            found.push(fault.hint(format!("write `{}`", visible(name))));
        }
    }
}
