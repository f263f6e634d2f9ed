//! TOML into a tree with places.

use toml_edit::{Document, Item, Table, TomlError, Value};

use super::{Content, Key, Node};
use crate::fault::{Code, Fault};
use crate::limits::MAX_DEPTH;
use crate::number::exact;
use crate::source::Span;

/// Parses a file of TOML.
pub(crate) fn parse(file: u32, text: &str) -> Result<Node, Fault> {
    if text.starts_with('\u{feff}') {
        let span = Span::new(file, 0..'\u{feff}'.len_utf8());
        return Err(Fault::new(Code::Syntax, span, "not TOML: a second byte order mark"));
    }
    let document = Document::parse(text).map_err(|error| fault(file, text, &error))?;
    let mut whole = table(At { file, text }, document.as_table(), 0)?;
    whole.span = Span::new(file, 0..0);
    Ok(whole)
}

/// The file and its text.
#[derive(Clone, Copy)]
struct At<'t> {
    file: u32,
    text: &'t str,
}

fn fault(file: u32, text: &str, error: &TomlError) -> Fault {
    let range = error.span().unwrap_or(text.len()..text.len());
    let span = Span::new(file, range.clone());
    match error.message() {
        "duplicate key" => {
            let key = text.get(range).unwrap_or_default();
            let message = format!("the key `{key}` stands twice in one table");
            Fault::new(Code::DuplicateKey, span, message).hint("keep one of the two")
        }
        message if message.contains("recurs") => too_deep(span),
        message => Fault::new(Code::Syntax, span, format!("not TOML: {message}")),
    }
}

fn table(at: At<'_>, table: &Table, depth: usize) -> Result<Node, Fault> {
    let entries = table.iter().filter(|(_, item)| !item.is_none()).map(|(name, item)| {
        let key = key(at.file, name, table.key(name));
        let node = self::item(at, item, key.span, depth)?;
        Ok((key, node))
    });
    let value = Content::Table(entries.collect::<Result<_, Fault>>()?);
    Ok(Node { span: Span::new(at.file, table.span().unwrap_or(0..0)), value })
}

fn key(file: u32, name: &str, key: Option<&toml_edit::Key>) -> Key {
    let span = key.and_then(toml_edit::Key::span).unwrap_or(0..0);
    Key { span: Span::new(file, span), name: name.to_owned() }
}

/// A table that only stands for its dotted keys has no place of its own; then it has its key's.
fn item(at: At<'_>, item: &Item, fallback: Span, depth: usize) -> Result<Node, Fault> {
    let depth = deeper(depth, fallback)?;
    let mut node = match item {
        Item::None => Node { span: fallback, value: Content::Null },
        Item::Value(value) => self::value(at, value, depth)?,
        Item::Table(table) => self::table(at, table, depth)?,
        Item::ArrayOfTables(tables) => {
            let tables = tables.iter().map(|table| self::table(at, table, depth));
            Node { span: fallback, value: Content::List(tables.collect::<Result<_, Fault>>()?) }
        }
    };
    if node.span.end == 0 {
        node.span = fallback;
    }
    Ok(node)
}

fn value(at: At<'_>, value: &Value, depth: usize) -> Result<Node, Fault> {
    let span = Span::new(at.file, value.span().unwrap_or(0..0));
    let value = match value {
        Value::String(text) => Content::Text(text.value().clone()),
        Value::Integer(number) => Content::Integer(*number.value()),
        Value::Float(number) => {
            // The number as it is written, since what is read from it may be rounded.
            let written = number.span().and_then(|span| at.text.get(span)).unwrap_or_default();
            exact(written).map_or_else(Content::Inexact, Content::number)
        }
        Value::Boolean(truth) => Content::Bool(*truth.value()),
        Value::Datetime(_) => Content::Moment,
        Value::Array(values) => {
            let depth = deeper(depth, span)?;
            let values = values.iter().map(|value| self::value(at, value, depth));
            Content::List(values.collect::<Result<_, Fault>>()?)
        }
        Value::InlineTable(table) => {
            let depth = deeper(depth, span)?;
            let entries = table.iter().map(|(name, value)| {
                let key = key(at.file, name, table.key(name));
                let mut node = self::value(at, value, depth)?;
                if node.span.end == 0 {
                    node.span = key.span;
                }
                Ok((key, node))
            });
            Content::Table(entries.collect::<Result<_, Fault>>()?)
        }
    };
    Ok(Node { span, value })
}

fn deeper(depth: usize, span: Span) -> Result<usize, Fault> {
    if depth >= MAX_DEPTH { Err(too_deep(span)) } else { Ok(depth + 1) }
}

fn too_deep(span: Span) -> Fault {
    let message = format!("tables or lists lie more than {MAX_DEPTH} deep");
    Fault::new(Code::TooDeep, span, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let text = "a.b = 1\n[[s]]\nw = [{ x = 'y' }]\n[[s]]\nq.r = [1, 2]\n";
        let tree = parse(0, text).unwrap();
        let at = |path: &str| {
            let span = tree.place(path);
            &text[span.start as usize..span.end as usize]
        };
        assert_eq!(at("a.b"), "1");
        assert_eq!(at("s[0]"), "[[s]]");
        assert_eq!(at("s[0].w[0].x"), "'y'");
        assert_eq!(at("s[0].w[0]"), "{ x = 'y' }");
        assert_eq!(at("s[0].w[0].missing"), "{ x = 'y' }");
        assert_eq!(at("s[1].q.r[1]"), "2");
        assert_eq!(at("s[1].q"), "q");
    }
}
