//! TOML into a tree with places.

use toml_edit::{Document, Item, Table, Value};

use super::{Content, Key, Node};
use crate::fault::{Code, Fault};
use crate::source::Span;

/// Parses a file of TOML.
pub(crate) fn parse(file: u32, text: &str) -> Result<Node, Fault> {
    // A repeated key is reported as one, with the place of the second.
    let document = Document::parse(text).map_err(|error| {
        let range = error.span().unwrap_or(text.len()..text.len());
        let (code, hint) = match error.message() {
            "duplicate key" => (Code::DuplicateKey, Some("keep one of the two")),
            "recursion limit" => (Code::TooDeep, None),
            _ => (Code::Syntax, None),
        };
        let message = match code {
            Code::TooDeep => "tables or lists lie too deep within one another".to_owned(),
            _ => format!("not TOML: {}", error.message()),
        };
        let fault = Fault::new(code, Span::new(file, range), message);
        match hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    })?;
    let mut whole = table(file, document.as_table());
    whole.span = Span::new(file, 0..0);
    Ok(whole)
}

fn table(file: u32, table: &Table) -> Node {
    let entries = table.iter().filter_map(|(name, item)| {
        let key = key(file, name, table.key(name));
        let node = self::item(file, item, key.span)?;
        Some((key, node))
    });
    let value = Content::Table(entries.collect());
    Node { span: Span::new(file, table.span().unwrap_or(0..0)), value }
}

fn key(file: u32, name: &str, key: Option<&toml_edit::Key>) -> Key {
    let span = key.and_then(toml_edit::Key::span).unwrap_or(0..0);
    Key { span: Span::new(file, span), name: name.to_owned() }
}

/// A table that only stands for its dotted keys has no place of its own; then it has its key's.
fn item(file: u32, item: &Item, fallback: Span) -> Option<Node> {
    let mut node = match item {
        Item::None => return None,
        Item::Value(value) => self::value(file, value),
        Item::Table(table) => self::table(file, table),
        Item::ArrayOfTables(tables) => Node {
            span: Span::new(file, tables.span().unwrap_or(0..0)),
            value: Content::List(tables.iter().map(|table| self::table(file, table)).collect()),
        },
    };
    if node.span.end == 0 {
        node.span = fallback;
    }
    Some(node)
}

fn value(file: u32, value: &Value) -> Node {
    let span = Span::new(file, value.span().unwrap_or(0..0));
    let value = match value {
        Value::String(text) => Content::Text(text.value().clone()),
        Value::Integer(number) => Content::Integer(*number.value()),
        Value::Float(number) => Content::Float(*number.value()),
        Value::Boolean(truth) => Content::Bool(*truth.value()),
        Value::Datetime(_) => Content::Moment,
        Value::Array(values) => {
            Content::List(values.iter().map(|value| self::value(file, value)).collect())
        }
        Value::InlineTable(table) => {
            let entries = table.iter().map(|(name, value)| {
                let key = key(file, name, table.key(name));
                let mut node = self::value(file, value);
                if node.span.end == 0 {
                    node.span = key.span;
                }
                (key, node)
            });
            Content::Table(entries.collect())
        }
    };
    Node { span, value }
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
