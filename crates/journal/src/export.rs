//! Entries as JSON lines. All that is not plain ASCII is escaped, so that nothing in them is invisible.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use permitgate::decision::Layer;

use crate::entry::{Content, DecisionEntry, Entry};
use crate::fault::JournalError;
use crate::reader::Reader;
use crate::subject::Subject;
use crate::value::{EntryObject, EntryValue};

/// Writes all entries that a reader has still to read, each as one line of JSON. How many.
///
/// ```
/// use permitgate_journal::{JournalOptions, Reader, Simulation, export};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let mut lines = Vec::new();
/// export(&mut Reader::over(disk)?, &mut lines)?;
/// assert!(lines.starts_with(br#"{"position":1,"#));
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
///
/// # Errors
/// When the journal cannot be read, or the lines not be written.
pub fn export(reader: &mut Reader, to: &mut dyn Write) -> Result<u64, JournalError> {
    let mut line = String::new();
    let mut count = 0;
    while let Some(entry) = reader.next()? {
        line.clear();
        // To a string it cannot fail.
        let _ = write!(line, "{}", JsonLine(&entry));
        line.push('\n');
        let written = to.write_all(line.as_bytes());
        written
            .map_err(|error: io::Error| JournalError::io("the lines cannot be written", error))?;
        count += 1;
    }
    Ok(count)
}

/// An entry as one line of JSON, without the line's end.
///
/// ```
/// use permitgate_journal::{JournalOptions, JsonLine, Reader, Simulation};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let mut reader = Reader::over(disk)?;
/// let entry = reader.next()?.ok_or("the first")?;
/// assert!(JsonLine(&entry).to_string().contains(r#""kind":"opened""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct JsonLine<'e, 'b>(pub &'e Entry<'b>);

impl fmt::Display for JsonLine<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { position, at, segment, offset, content } = self.0;
        let mut object = Object::open(f)?;
        object.plain("position", position)?;
        object.plain("at_ms", at.as_unix_millis())?;
        object.plain("segment", segment)?;
        object.plain("offset", offset)?;
        match content {
            Content::Decision(decision) => {
                object.text("kind", "decision")?;
                write_decision(&mut object, decision)?;
            }
            Content::Outcome { sequence, outcome: _, reason } => {
                object.text("kind", "outcome")?;
                object.plain("decision", sequence)?;
                object.text("outcome", outcome_word(content))?;
                object.some_text("reason", reason)?;
            }
            Content::Opened { healed, lost, version } => {
                object.text("kind", "opened")?;
                object.plain("healed_bytes", healed)?;
                object.plain("lost_entries", lost)?;
                object.text("version", version)?;
            }
            Content::Closed { decisions } => {
                object.text("kind", "closed")?;
                object.plain("decisions", decisions)?;
            }
            Content::Erased { reason, sequences } => {
                object.text("kind", "erased")?;
                object.text("reason", reason)?;
                object.list("decisions", *sequences, |f, sequence| write!(f, "{sequence}"))?;
            }
            Content::Dropped { segment, position, chain } => {
                object.text("kind", "dropped")?;
                object.plain("last_segment", segment)?;
                object.plain("last_position", position)?;
                object.text("chain", &chain.to_string())?;
            }
        }
        object.close()
    }
}

fn outcome_word(content: &Content<'_>) -> &'static str {
    use permitgate::record::Outcome;
    match content {
        Content::Outcome { outcome: Some(Outcome::Done), .. } => "done",
        Content::Outcome { outcome: Some(Outcome::Failed), .. } => "failed",
        Content::Outcome { outcome: Some(Outcome::Abandoned), .. } => "abandoned",
        Content::Outcome { outcome: Some(Outcome::Unused), .. } => "unused",
        _ => "refused",
    }
}

fn write_decision(object: &mut Object<'_, '_>, decision: &DecisionEntry<'_>) -> fmt::Result {
    object.plain("decision", decision.sequence)?;
    object.text("ruling", &decision.ruling.to_string())?;
    object.text("reason", decision.reason)?;
    if let Some(layer) = decision.layer {
        object.text("layer", &layer_word(layer))?;
    }
    object.some_text("statement", decision.statement.unwrap_or_default())?;
    object.some_text("rule", decision.rule.unwrap_or_default())?;
    if let Some((ruling, reason)) = decision.shadow {
        object.text("shadow_ruling", &ruling.to_string())?;
        object.text("shadow_reason", reason)?;
    }
    object.text("agent", decision.agent)?;
    object.text("capability", &decision.capability.to_string())?;
    object.text("operation", decision.operation.as_str())?;
    object.plain("irreversible", decision.is_irreversible)?;
    object.plain("below", decision.is_below)?;
    object.plain("untrusted", decision.is_untrusted)?;
    object.some_text(
        "visibility",
        decision.visibility.map_or("", |visibility| visibility.as_str()),
    )?;
    if let Some(gap) = decision.gap {
        object.plain("lost_decisions", gap.decisions)?;
        object.plain("lost_outcomes", gap.outcomes)?;
        object.text("lost_because", gap.cause)?;
    }
    match &decision.subject {
        None => object.plain("erased", true),
        Some(subject) => write_subject(object, subject),
    }
}

fn write_subject(object: &mut Object<'_, '_>, subject: &Subject<'_>) -> fmt::Result {
    object.text("invoker", subject.invoker)?;
    object.list("lineage", subject.lineage, |f, (id, holder)| {
        let mut link = Object::open(f)?;
        link.text("capability", &id.to_string())?;
        link.some_text("holder", holder)?;
        link.close()
    })?;
    object.text("tool", subject.tool)?;
    object.text("resource", subject.resource)?;
    object.some_text("said", subject.said)?;
    object.some_text("who", subject.who)?;
    object.some_text("fault", subject.fault)?;
    object.text("audience", subject.audience.kind.as_str())?;
    object.list("audience_names", subject.audience.names, write_text)?;
    object.list("bound", subject.bound, |f, (name, values)| {
        let mut set = Object::open(f)?;
        set.text("name", name)?;
        match values {
            Some(values) => set.list("values", values, write_text)?,
            None => set.plain("unknown", true)?,
        }
        set.close()
    })?;
    object.key("arguments")?;
    match subject.arguments {
        Some(arguments) => write_object(object.f, arguments)?,
        None => object.f.write_str("null")?,
    }
    object.list("cut", subject.missing(), write_text)
}

fn layer_word(layer: Layer) -> String {
    match layer {
        Layer::Guardrails => "guardrails".to_owned(),
        Layer::Issuer => "issuer".to_owned(),
        Layer::Capability(depth) => format!("capability-{depth}"),
    }
}

fn write_object(f: &mut fmt::Formatter<'_>, object: EntryObject<'_>) -> fmt::Result {
    let mut fields = Object::open(f)?;
    for (name, value) in object {
        fields.key(name)?;
        write_value(fields.f, value)?;
    }
    fields.close()
}

/// A secret and what is not held are objects of one field that begins with `$`, so that they do not read as values of the call.
fn write_value(f: &mut fmt::Formatter<'_>, value: EntryValue<'_>) -> fmt::Result {
    match value {
        EntryValue::Null => f.write_str("null"),
        EntryValue::Bool(is) => write!(f, "{is}"),
        EntryValue::Integer(number) => write!(f, "{number}"),
        EntryValue::Float(number) if number.is_finite() => write!(f, "{number:?}"),
        EntryValue::Float(number) => write!(f, r#"{{"$float":"{number}"}}"#),
        EntryValue::Text(text) => write_text(f, text),
        EntryValue::List(list) => write_list(f, list, write_value),
        EntryValue::Object(object) => write_object(f, object),
        EntryValue::Digest(digest) => write!(f, r#"{{"$digest":"{digest}"}}"#),
        EntryValue::NotHeld => f.write_str(r#"{"$held":false}"#),
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    one: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (place, item) in items.enumerate() {
        if place > 0 {
            f.write_str(",")?;
        }
        one(f, item)?;
    }
    f.write_str("]")
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            ' '..='~' => f.write_char(c)?,
            c => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .try_for_each(|unit| write!(f, "\\u{unit:04x}"))?,
        }
    }
    f.write_str("\"")
}

/// An object of JSON while it is written.
struct Object<'w, 'f> {
    f: &'w mut fmt::Formatter<'f>,
    is_empty: bool,
}

impl<'w, 'f> Object<'w, 'f> {
    fn open(f: &'w mut fmt::Formatter<'f>) -> Result<Self, fmt::Error> {
        f.write_str("{")?;
        Ok(Self { f, is_empty: true })
    }

    fn key(&mut self, name: &str) -> fmt::Result {
        if !std::mem::take(&mut self.is_empty) {
            self.f.write_str(",")?;
        }
        write_text(self.f, name)?;
        self.f.write_str(":")
    }

    fn plain(&mut self, name: &str, value: impl fmt::Display) -> fmt::Result {
        self.key(name)?;
        write!(self.f, "{value}")
    }

    fn text(&mut self, name: &str, text: &str) -> fmt::Result {
        self.key(name)?;
        write_text(self.f, text)
    }

    fn some_text(&mut self, name: &str, text: &str) -> fmt::Result {
        if text.is_empty() { Ok(()) } else { self.text(name, text) }
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        one: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
    ) -> fmt::Result {
        self.key(name)?;
        write_list(self.f, items, one)
    }

    fn close(self) -> fmt::Result {
        self.f.write_str("}")
    }
}
