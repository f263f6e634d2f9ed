//! `[[tool]]`: what a call of a tool means.

use std::collections::HashMap;

use permitgate::kinds::ManifestErrorKind;
use permitgate::manifest::{ManifestError, ToolSpec};
use permitgate::{Directory, Manifest};

use super::document::duplicate;
use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::tree::Node;
use crate::tree::read::read;

/// Reads and compiles each tool alone first, so that every one with a fault is told.
pub(crate) fn manifest(
    nodes: &[&Node],
    directory: &Directory,
    faults: &mut Vec<Fault>,
) -> Option<(Manifest, Vec<ToolSpec>)> {
    let before = faults.len();
    let mut tools = Vec::with_capacity(nodes.len());
    let mut names: HashMap<&str, Span> = HashMap::new();
    for node in nodes {
        if let Some(name) = node.get("name")
            && let Some(text) = name.text()
        {
            match names.get(text) {
                Some(first) => {
                    let fault = duplicate(name.span, &format!("the tool `{text}`"), *first);
                    faults.push(fault.hint("one tool holds all its effects"));
                }
                None => _ = names.insert(text, name.span),
            }
        }
        match tool(node, directory) {
            Ok(tool) => tools.push(tool),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.len() > before {
        return None;
    }
    match Manifest::in_directory(tools.clone(), directory) {
        Ok(manifest) => Some((manifest, tools)),
        Err(error) => {
            let of = |node: &&&Node| node.get("name").and_then(Node::text) == error.tool();
            let node = nodes.iter().find(of).or(nodes.last());
            let span = node.map(|node| place(node, &error)).unwrap_or_default();
            faults.push(Fault::new(Code::Manifest, span, error.to_string()));
            None
        }
    }
}

fn tool(node: &Node, directory: &Directory) -> Result<ToolSpec, Fault> {
    if let Some((key, _)) = node.entry("digest") {
        let fault = Fault::new(Code::UnknownKey, key.span, "a tool has no key `digest`");
        return Err(fault.hint(
            "pins stand in `permitgate.lock` beside the policy file: delete this line, and run \
             `permitgate manifest approve`",
        ));
    }
    let tool: ToolSpec = read(node, "a tool")?;
    match Manifest::in_directory([tool.clone()], directory) {
        Ok(_) => Ok(tool),
        // Of which other tools there are, the manifest as a whole says.
        Err(error) if error.kind() == ManifestErrorKind::CountsForUnknown => Ok(tool),
        Err(error) => Err(Fault::new(Code::Manifest, place(node, &error), error.to_string())),
    }
}

fn place(node: &Node, error: &ManifestError) -> Span {
    match error.effect() {
        Some(number) => {
            node.place(&format!("effect[{}].{}", number.saturating_sub(1), error.field()))
        }
        None => node.place(error.field()),
    }
}
