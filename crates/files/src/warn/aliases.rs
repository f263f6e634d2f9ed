//! Aliases where only the names that they stand for are compared.

use permitgate::text::visible;

use super::Subjects;
use super::overlap::placeholders_at;
use super::tools::{ToolEffect, effects_of, reaches};
use crate::fault::{Code, Fault};
use crate::limits::MAX_COMPARISONS;
use crate::source::Span;
use crate::tree::Node;

/// Segments of patterns and names of readers that are aliases: a call that gives the alias means the name, so they meet nothing.
pub(super) fn aliases(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    let Subjects { document, names, .. } = subjects;
    if names.aliases.is_empty() {
        return;
    }
    let effects: Vec<ToolEffect<'_>> =
        document.tools.iter().copied().flat_map(effects_of).collect();
    let mut left = MAX_COMPARISONS;
    let statements = document.statements.iter().chain(&document.guardrails);
    let statements = statements.map(|node| (node, true));
    for (node, is_statement) in statements.chain(document.label_rules.iter().map(|n| (n, false))) {
        let lists = ["resources", "except_resources"].into_iter().filter_map(|key| node.get(key));
        for (pattern, span) in lists.flat_map(Node::one_or_many) {
            for (place, segment) in pattern.split('/').enumerate() {
                let Some((name, _)) = names.aliases.get(segment) else { continue };
                left = left.saturating_sub(effects.len());
                // What is too much to compare is left out, as other warnings of this kind are.
                let is_meant = left > 0
                    && effects.iter().any(|effect| {
                        (!is_statement || reaches(node, effect))
                            && is_read_as(subjects, effect, (pattern, place), (segment, name))
                    });
                if is_meant {
                    found.push(fault(segment, name, span));
                }
            }
        }
        let readers = ["readers", "beyond"].into_iter().filter_map(|key| node.get(key));
        for (reader, span) in readers.flat_map(Node::one_or_many) {
            let word = reader.split_once(':').map(|(_, word)| word);
            let known = word.and_then(|word| Some((word, names.aliases.get(word)?)));
            if let Some((word, (name, _))) = known {
                found.push(fault(word, name, span));
            }
        }
    }
}

/// Whether an argument that gives the alias, at this place of the pattern, is read as the name.
fn is_read_as(
    subjects: &Subjects<'_, '_>,
    effect: &ToolEffect<'_>,
    (pattern, place): (&str, usize),
    (alias, name): (&str, &str),
) -> bool {
    let Some(tool) = subjects.manifest.tool(effect.tool) else { return false };
    let paths = placeholders_at(pattern, place, effect.resource).into_iter();
    let mut paths = paths.filter_map(|placeholder| effect.path(placeholder));
    paths.any(|path| match tool.canonical(&path, alias) {
        // Of a kind that folds case, the name is in small letters.
        Some(Ok(form)) => form.eq_ignore_ascii_case(name),
        _ => false,
    })
}

fn fault(alias: &str, name: &str, span: Span) -> Fault {
    let (alias, name) = (visible(alias), visible(name));
    let message = format!("`{alias}` is an alias; calls that give it mean `{name}`");
    Fault::new(Code::AliasCompared, span, message).hint(format!("write `{name}`"))
}
