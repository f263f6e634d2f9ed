//! TOML in its canonical form.

use std::fmt::Write;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, RawString, Table, Value};

use super::comments::{Above, comment};
use super::order::rank;
use crate::limits::LINE_WIDTH;

pub(super) fn write(document: &DocumentMut) -> String {
    let mut tables = Vec::new();
    let root = Found { table: document.as_table(), path: Vec::new(), in_list: false, place: 0 };
    collect(root, &mut tables);
    tables.sort_by_key(|found| (!found.path.is_empty(), found.place));
    let mut out = Out { text: String::new() };
    for found in &tables {
        out.table(found);
    }
    out.comments(&Above::read(raw(Some(document.trailing())), true), "", true);
    let text = out.text.trim_end_matches('\n').trim_start_matches('\n');
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

/// A table that has a header of its own, or the root.
struct Found<'d> {
    table: &'d Table,
    path: Vec<&'d Key>,
    in_list: bool,
    /// Where it stands in the file.
    place: isize,
}

fn collect<'d>(found: Found<'d>, tables: &mut Vec<Found<'d>>) {
    let Found { table, ref path, .. } = found;
    let (path, mut place) = (path.clone(), found.place);
    if !table.is_dotted() {
        place = table.position().unwrap_or(place);
        tables.push(Found { place, ..found });
    }
    for (name, item) in table {
        let Some(key) = table.key(name) else { continue };
        let below: Vec<&Key> = path.iter().copied().chain([key]).collect();
        match item {
            Item::Table(table) => {
                collect(Found { table, path: below, in_list: false, place }, tables);
            }
            Item::ArrayOfTables(list) => {
                for table in list {
                    let path = below.clone();
                    collect(Found { table, path, in_list: true, place }, tables);
                }
            }
            Item::None | Item::Value(_) => {}
        }
    }
}

fn raw(text: Option<&RawString>) -> &str {
    text.and_then(RawString::as_str).unwrap_or_default()
}

/// A bare key where that can be.
fn key_text(key: &Key) -> String {
    let name = key.get();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    match quoted(name) {
        Some(text) => text,
        None => key.display_repr().into_owned(),
    }
}

/// In plain quotation marks, where nothing in the text would need an escape.
fn quoted(text: &str) -> Option<String> {
    let plain = !text.chars().any(|c| matches!(c, '"' | '\\') || c.is_control());
    plain.then(|| format!("\"{text}\""))
}

fn dotted(keys: &[&Key]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| key_text(key)).collect();
    keys.join(".")
}

/// One entry of a table: its dotted key and its value.
type Entry<'d> = (Vec<&'d Key>, &'d Value);

/// In the order of their keys; those that are not known stay as they are.
fn sorted<'d>(mut entries: Vec<Entry<'d>>, path: &[&str]) -> Vec<Entry<'d>> {
    let first = |(keys, _): &Entry<'d>| keys.first().map_or("", |key| key.get());
    entries.sort_by_key(|entry| rank(path, first(entry)));
    entries
}

fn before(keys: &[&Key], begins_line: bool) -> Above {
    let decor = keys.last().map(|key| key.leaf_decor());
    Above::read(raw(decor.and_then(|decor| decor.prefix())), begins_line)
}

/// The line of the entry before: what stands beside it, and whether it has ended.
#[derive(Default)]
struct Line {
    comment: Option<String>,
    ended: bool,
}

struct Out {
    text: String,
}

impl Out {
    fn table(&mut self, found: &Found<'_>) {
        let Found { table, path, in_list, .. } = found;
        let entries = table.get_values();
        let names: Vec<&str> = path.iter().map(|key| key.get()).collect();
        if path.is_empty() {
            self.head(&entries);
        } else if *in_list || !table.is_implicit() || !entries.is_empty() {
            self.gap();
            let decor = table.decor();
            self.comments(&Above::read(raw(decor.prefix()), true), "", false);
            let (open, close) = if *in_list { ("[[", "]]") } else { ("[", "]") };
            let _ = write!(self.text, "{open}{}{close}", dotted(path));
            self.beside(comment(raw(decor.suffix())));
        }
        let first = entries.first().map(|(keys, _)| keys.clone());
        for (place, (keys, value)) in sorted(entries, &names).into_iter().enumerate() {
            let mut above = before(&keys, true);
            if path.is_empty() && first.as_ref().is_some_and(|first| same(first, &keys)) {
                // The head of the file has been written.
                (_, above) = split(above);
            }
            above.gap &= place > 0;
            self.comments(&above, "", false);
            self.entry(&keys, value, &names, 0);
            self.beside(comment(raw(value.decor().suffix())));
        }
    }

    /// What stands above the first entry of the file and is set off from it belongs to the file, also
    /// when another entry comes first.
    fn head(&mut self, entries: &[Entry<'_>]) {
        let Some((keys, _)) = entries.first() else { return };
        let (head, _) = split(before(keys, true));
        for line in head {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn comments(&mut self, above: &Above, indent: &str, gap: bool) {
        if above.gap || (gap && !above.lines.is_empty()) {
            self.gap();
        }
        for line in &above.lines {
            let indent = if line.is_empty() { "" } else { indent };
            let _ = writeln!(self.text, "{indent}{line}");
        }
    }

    /// The end of a line, with what stands beside it.
    fn beside(&mut self, comment: Option<String>) {
        if let Some(comment) = comment {
            let _ = write!(self.text, " {comment}");
        }
        self.text.push('\n');
    }

    fn column(&self) -> usize {
        self.text.rsplit('\n').next().unwrap_or_default().chars().count()
    }

    fn entry(&mut self, keys: &[&Key], value: &Value, path: &[&str], depth: usize) {
        let _ = write!(self.text, "{} = ", dotted(keys));
        let below: Vec<&str> =
            path.iter().copied().chain(keys.iter().map(|key| key.get())).collect();
        self.value(value, &below, depth, 0);
    }

    /// Writes a value; `behind` columns must be left for what follows it on the line.
    fn value(&mut self, value: &Value, path: &[&str], depth: usize, behind: usize) {
        let line = one_line(value, path);
        match (line, value) {
            (Some(line), Value::Array(_) | Value::InlineTable(_))
                if self.column() + line.chars().count() + behind <= LINE_WIDTH =>
            {
                self.text.push_str(&line);
            }
            (_, Value::Array(list))
                if !list.is_empty() || !raw(Some(list.trailing())).trim().is_empty() =>
            {
                self.list(list, path, depth);
            }
            (None, Value::InlineTable(table)) if has_comments(table) => {
                self.inline(table, path, depth);
            }
            (_, Value::InlineTable(table)) => self.wide(table, path, depth),
            (line, _) => self.text.push_str(&line.unwrap_or_else(|| scalar(value))),
        }
    }

    fn list(&mut self, list: &Array, path: &[&str], depth: usize) {
        let indent = "    ".repeat(depth + 1);
        self.text.push('[');
        let mut line = Line::default();
        for (place, value) in list.iter().enumerate() {
            let mut above = Above::read(raw(value.decor().prefix()), false);
            if place == 0 {
                // Behind the bracket nothing stands in the canonical form.
                above.lines.splice(0..0, above.beside.take());
            }
            self.line_end(line, &mut above);
            self.lines_in(&above, &indent);
            self.text.push_str(&indent);
            self.value(value, path, depth + 1, 1);
            self.text.push(',');
            line = self.behind(value, &indent);
        }
        let mut above = Above::read(raw(Some(list.trailing())), false);
        self.line_end(line, &mut above);
        self.lines_in(&above, &indent);
        let _ = write!(self.text, "{}]", "    ".repeat(depth));
    }

    /// A table within braces that holds comments, and so has several lines already.
    fn inline(&mut self, table: &InlineTable, path: &[&str], depth: usize) {
        let indent = "    ".repeat(depth + 1);
        self.text.push('{');
        let mut line = Line::default();
        let entries = table.get_values();
        for (place, (keys, value)) in entries.iter().enumerate() {
            let mut above = before(keys, false);
            if place == 0 {
                above.lines.splice(0..0, above.beside.take());
            }
            self.line_end(line, &mut above);
            self.lines_in(&above, &indent);
            self.text.push_str(&indent);
            self.entry(keys, value, path, depth + 1);
            self.text.push(',');
            line = self.behind(value, &indent);
        }
        let mut above = Above::read(raw(Some(table.trailing())), false);
        self.line_end(line, &mut above);
        self.lines_in(&above, &indent);
        let _ = write!(self.text, "{}}}", "    ".repeat(depth));
    }

    /// A table within braces that is too wide, or holds a text of several lines: it stays on its line, and the lists in it are broken.
    fn wide(&mut self, table: &InlineTable, path: &[&str], depth: usize) {
        for (place, (keys, value)) in sorted(table.get_values(), path).iter().enumerate() {
            self.text.push_str(if place == 0 { "{ " } else { ", " });
            self.entry(keys, value, path, depth);
        }
        self.text.push_str(" }");
    }

    /// The comment behind an entry, before its comma; further lines of it follow the entry.
    fn behind(&mut self, value: &Value, indent: &str) -> Line {
        let mut above = Above::read(raw(value.decor().suffix()), false);
        let comment = above.beside.take();
        if above.lines.is_empty() {
            return Line { comment, ended: false };
        }
        self.beside(comment);
        self.lines_in(&above, indent);
        Line { comment: None, ended: true }
    }

    /// Ends the line of the entry before. A second comment for the same line gets one of its own.
    fn line_end(&mut self, line: Line, above: &mut Above) {
        if !line.ended {
            let comment = line.comment.or_else(|| above.beside.take());
            self.beside(comment);
        }
        above.lines.splice(0..0, above.beside.take());
    }

    fn lines_in(&mut self, above: &Above, indent: &str) {
        for line in above.lines.iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(self.text, "{indent}{line}");
        }
    }
}

/// Whether something stands between the entries of a table within braces, which only a table of several lines may have.
fn has_comments(table: &InlineTable) -> bool {
    let plain = |text: &RawString| Above::read(raw(Some(text)), false).is_empty();
    let is_bare = |(keys, value): &Entry<'_>| {
        let decor = value.decor();
        before(keys, false).is_empty()
            && decor.prefix().is_none_or(plain)
            && decor.suffix().is_none_or(plain)
    };
    !table.get_values().iter().all(is_bare) || !plain(table.trailing())
}

fn same(one: &[&Key], other: &[&Key]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| std::ptr::eq(*one, *other))
}

/// Takes the lines up to the last empty one apart from those that stand directly above.
fn split(above: Above) -> (Vec<String>, Above) {
    let Above { beside, mut lines, gap } = above;
    match lines.iter().rposition(String::is_empty) {
        Some(last) => {
            let own = lines.split_off(last + 1);
            (lines, Above { beside, lines: own, gap: false })
        }
        None => (Vec::new(), Above { beside, lines, gap }),
    }
}

/// A text, a number and so on, as it is written, with plain quotation marks where that can be.
fn scalar(value: &Value) -> String {
    let written = match value {
        Value::String(text) => {
            let written = text.display_repr().into_owned();
            let simple = written.starts_with('\'') && !written.starts_with("'''");
            return if simple { quoted(text.value()).unwrap_or(written) } else { written };
        }
        Value::Integer(number) => number.display_repr(),
        Value::Float(number) => number.display_repr(),
        Value::Boolean(truth) => truth.display_repr(),
        Value::Datetime(moment) => moment.display_repr(),
        Value::Array(_) | Value::InlineTable(_) => return value.to_string(),
    };
    written.into_owned()
}

/// A value on one line; `None` where it holds comments or a text of several lines.
fn one_line(value: &Value, path: &[&str]) -> Option<String> {
    let plain = |text: &str| Above::read(text, false).is_empty();
    match value {
        Value::Array(list) => {
            let mut parts = Vec::with_capacity(list.len());
            for value in list {
                let decor = value.decor();
                if !plain(raw(decor.prefix())) || !plain(raw(decor.suffix())) {
                    return None;
                }
                parts.push(one_line(value, path)?);
            }
            plain(raw(Some(list.trailing()))).then(|| format!("[{}]", parts.join(", ")))
        }
        Value::InlineTable(table) => {
            let mut parts = Vec::with_capacity(table.len());
            for (keys, value) in sorted(table.get_values(), path) {
                let decor = value.decor();
                let around = [raw(decor.prefix()), raw(decor.suffix())];
                if !before(&keys, false).is_empty() || !around.into_iter().all(plain) {
                    return None;
                }
                let below: Vec<&str> =
                    path.iter().copied().chain(keys.iter().map(|key| key.get())).collect();
                parts.push(format!("{} = {}", dotted(&keys), one_line(value, &below)?));
            }
            let inner = parts.join(", ");
            let text = if inner.is_empty() { "{}".to_owned() } else { format!("{{ {inner} }}") };
            plain(raw(Some(table.trailing()))).then_some(text)
        }
        _ => {
            let text = scalar(value);
            (!text.contains('\n')).then_some(text)
        }
    }
}
