//! JSON in its canonical form: two spaces for each depth, keys in order, short lists on one line.

use permitgate::text::visible;

use super::order::rank;
use crate::limits::LINE_WIDTH;
use crate::tree::{Content, Node};

pub(super) fn write(tree: &Node) -> String {
    let mut out = String::new();
    value(tree, &mut Vec::new(), 0, 0, &mut out);
    out.push('\n');
    out
}

fn value<'t>(
    node: &'t Node,
    path: &mut Vec<&'t str>,
    depth: usize,
    column: usize,
    out: &mut String,
) {
    let line = one_line(node, path);
    if column + line.chars().count() < LINE_WIDTH && depth > 1 {
        out.push_str(&line);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match &node.value {
        Content::List(items) if !items.is_empty() => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "\n" } else { ",\n" });
                out.push_str(&indent);
                value(item, path, depth + 1, indent.len(), out);
            }
            out.push_str(&format!("\n{end}]"));
        }
        Content::Table(entries) if !entries.is_empty() => {
            out.push('{');
            for (place, (name, node)) in sorted(entries, path).into_iter().enumerate() {
                let key = format!("{indent}{}: ", text(name));
                out.push_str(if place == 0 { "\n" } else { ",\n" });
                out.push_str(&key);
                path.push(name);
                value(node, path, depth + 1, key.chars().count(), out);
                path.pop();
            }
            out.push_str(&format!("\n{end}}}"));
        }
        _ => out.push_str(&line),
    }
}

fn sorted<'t>(entries: &'t [(crate::tree::Key, Node)], path: &[&str]) -> Vec<(&'t str, &'t Node)> {
    let mut sorted: Vec<_> = entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
    sorted.sort_by_key(|(name, _)| rank(path, name));
    sorted
}

fn one_line<'t>(node: &'t Node, path: &mut Vec<&'t str>) -> String {
    match &node.value {
        Content::List(items) => {
            let items: Vec<String> = items.iter().map(|item| one_line(item, path)).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Table(entries) => {
            let mut parts = Vec::with_capacity(entries.len());
            for (name, node) in sorted(entries, path) {
                path.push(name);
                parts.push(format!("{}: {}", text(name), one_line(node, path)));
                path.pop();
            }
            format!("{{{}}}", parts.join(", "))
        }
        Content::Text(value) => text(value),
        Content::Bool(value) => value.to_string(),
        Content::Integer(value) => value.to_string(),
        Content::Unsigned(value) => value.to_string(),
        // JSON has no other floats than finite ones, and none that cannot be written.
        Content::Float(value) => serde_json::to_string(value).unwrap_or_default(),
        // Of TOML alone.
        Content::Null | Content::Moment | Content::Inexact(_) => "null".to_owned(),
    }
}

/// What cannot be seen is written as an escape, as its author had to: a reviewer reads what the file says.
fn text(value: &str) -> String {
    visible(&serde_json::Value::from(value).to_string()).as_json().to_string()
}
