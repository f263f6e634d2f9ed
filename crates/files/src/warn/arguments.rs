//! Warnings about arguments: what no effect depends on without a word of the owner, and what nothing checks.

use permitgate::manifest::{CommandSpec, ToolDescription};
use permitgate::policy::Condition;

use super::Subjects;
use super::tools::path_of;
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn arguments(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    for node in &subjects.document.tools {
        let name = node.get("name").and_then(Node::text);
        if let Some(tool) = name.and_then(|name| subjects.manifest.tool(name)) {
            unused(node, tool, found);
            segments(node, tool, found);
            wildcards(node, tool, found);
            node.get("args").into_iter().for_each(|args| runners(args, found));
        }
    }
}

fn unused(node: &Node, tool: ToolDescription<'_>, found: &mut Vec<Fault>) {
    for path in tool.unused() {
        let message = format!(
            "no effect or control of the tool `{1}` depends on its argument `{0}`",
            permitgate::text::visible(&path),
            permitgate::text::visible(tool.name())
        );
        let fault = Fault::new(Code::UnusedArgument, place(node, &path), message);
        found.push(fault.hint(
            "where it changes nothing of what a call reaches, write `no_effect = true`; else name it in an \
             effect (`resource`, `audience`, `when` or `amounts`) or in `controls`; a statement that asks about it does not count",
        ));
    }
}

/// Paths of several names that an effect puts into one segment: a pattern that goes into their folders matches none of them.
fn segments(node: &Node, tool: ToolDescription<'_>, found: &mut Vec<Fault>) {
    let effects = node.get("effect").map(Node::items).unwrap_or_default();
    for effect in effects {
        let Some(resource) = effect.get("resource") else { continue };
        let each = effect.get("for_each").and_then(Node::text);
        for segment in resource.text().unwrap_or_default().split('/') {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some(name) = name else { continue };
            let Some(path) = path_of(name, each).filter(|path| has_names(tool, path)) else {
                continue;
            };
            let message = format!(
                "`{}` of the tool `{}` is a path, and this puts all of it into one segment: `keys/a.txt` becomes `keys%2Fa.txt`, which `keys/**` does not match",
                permitgate::text::visible(&path),
                permitgate::text::visible(tool.name())
            );
            let hint = format!("write `{{{}/**}}`, at the end", permitgate::text::visible(name));
            let fault = Fault::new(Code::PathInSegment, resource.span, message);
            found.push(fault.hint(hint));
        }
    }
}

/// Whether what stands at the end of a path, or is an element of it, is names joined by `/`.
fn has_names(tool: ToolDescription<'_>, path: &str) -> bool {
    let has = |part: String| tool.can_hold(&Condition::equals(part, 0)).is_some();
    let of = |path: &str| match path.rsplit_once('.') {
        // Of a path and of a URL alike.
        Some((whole, "parent")) => has(format!("{whole}.depth")),
        Some((whole, "path")) => has(format!("{whole}.port")) || has(format!("{path}.depth")),
        _ => has(format!("{path}.depth")),
    };
    of(path) || of(&format!("{path}.*"))
}

fn wildcards(node: &Node, tool: ToolDescription<'_>, found: &mut Vec<Fault>) {
    let name = permitgate::text::visible(tool.name());
    if tool.takes_other_arguments() {
        let message = format!("whatever else a call of the tool `{name}` gives is not checked");
        let span = node.place("other_arguments");
        let fault = Fault::new(Code::OtherArguments, span, message);
        found.push(fault.hint("describe each argument in `args`"));
    }
    for path in tool.wildcards() {
        let message = format!(
            "whatever else stands in `{}` of the tool `{name}` is not checked",
            permitgate::text::visible(&path)
        );
        let fault = Fault::new(Code::OtherArguments, place(node, &path), message);
        found.push(fault.hint("describe each field in `fields`"));
    }
}

/// Listed commands that run whatever their operands say, and may have any.
fn runners(node: &Node, found: &mut Vec<Fault>) {
    for (key, value) in node.entries() {
        if key.name == "commands" {
            let any = value.entries().iter().filter_map(|(command, table)| {
                let operands = table.get("operands").filter(|node| node.text() == Some("any"))?;
                CommandSpec::runs_operands(&command.name).then_some((command, operands))
            });
            for (command, operands) in any {
                let name = permitgate::text::visible(&command.name);
                let message = format!(
                    "`{name}` runs what its operands or its input say, so this allows every command"
                );
                let fault = Fault::new(Code::AnyOperands, operands.span, message);
                found.push(fault.hint("list the operands that it may have"));
            }
        } else {
            runners(value, found);
        }
    }
}

/// Where an argument is described, by the path that leads to it in a call.
fn place(node: &Node, path: &str) -> Span {
    let mut steps = path.split('.');
    let first = steps.next().unwrap_or_default();
    let below = steps.map(|step| match step {
        "*" => ".items".to_owned(),
        field => format!(".fields.{field}"),
    });
    node.place(&format!("args.{first}{}", below.collect::<String>()))
}
