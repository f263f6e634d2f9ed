//! Warnings about arguments: what no effect depends on without a word of the owner, and what nothing checks.

use permitgate::manifest::{CommandSpec, ToolDescription};

use super::Subjects;
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn arguments(subjects: &Subjects<'_, '_>, found: &mut Vec<Fault>) {
    for node in &subjects.document.tools {
        let name = node.get("name").and_then(Node::text);
        if let Some(tool) = name.and_then(|name| subjects.manifest.tool(name)) {
            unused(node, tool, found);
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
