//! What people read of a request: one sentence, one page, one JSON object.

use std::fmt::{self, Write};

use super::dossier::{Dossier, ShownArgument, ShownCall};
use crate::base::limits::{MAX_NAME_BYTES, MAX_RESOURCE_BYTES};
use crate::base::visible::visible;
use crate::directory::{AudienceRoll, RollPart};
use crate::model::action::{Action, OwnedAction, Reversibility};
use crate::model::arguments::Value;
use crate::model::resource::Reach;

/// Bytes of one argument that the page shows; the JSON object has all of it.
const MOST_ARGUMENT_BYTES: usize = 2_000;

/// What stands in place of a secret.
const MASK: &str = "\"(secret)\"";

/// A value as JSON, with secrets masked.
pub(super) fn masked(
    out: &mut String,
    value: Value<'_>,
    path: &mut Vec<String>,
    is_secret: &dyn Fn(&[String]) -> bool,
) {
    if is_secret(path) {
        out.push_str(MASK);
        return;
    }
    let mut below = |out: &mut String, name: &str, value: Value<'_>| {
        path.push(name.to_owned());
        masked(out, value, path, is_secret);
        path.pop();
    };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Integer(value) => _ = write!(out, "{value}"),
        Value::Float(value) if value.is_finite() => _ = write!(out, "{value:?}"),
        // No number of JSON.
        Value::Float(value) => _ = write!(out, "\"(number) {value}\""),
        Value::Text(text) => quoted(out, text),
        Value::List(list) => {
            out.push('[');
            for place in 0..list.len() {
                out.push_str(if place > 0 { "," } else { "" });
                let value = list.at(place).unwrap_or(Value::Null);
                below(out, &place.to_string(), value);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            let mut first = true;
            fields.visit(&mut |name, value| {
                out.push_str(if first { "" } else { "," });
                first = false;
                quoted(out, name);
                out.push(':');
                below(out, name, value);
            });
            out.push('}');
        }
    }
}

/// A text as JSON: its value, in which everything that a reader would not see is escaped.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for piece in text.split_inclusive(is_escaped) {
        let escaped = piece.chars().next_back().filter(|letter| is_escaped(*letter));
        let plain = piece.strip_suffix(is_escaped).unwrap_or(piece);
        // As a whole, since letters are judged beside those of their word.
        let _ = write!(out, "{}", visible(plain).as_json());
        match escaped {
            Some(letter @ ('"' | '\\')) => out.extend(['\\', letter]),
            Some(letter) => _ = write!(out, "\\u{:04x}", u32::from(letter)),
            None => {}
        }
    }
    out.push('"');
}

/// Whether a character never stands in a text of JSON.
fn is_escaped(letter: char) -> bool {
    matches!(letter, '"' | '\\') || letter.is_ascii_control()
}

impl Dossier {
    /// One sentence.
    pub(super) fn sentence(&self) -> String {
        let mut out = String::new();
        let _ = self.write_sentence(&mut out);
        out
    }

    fn write_sentence(&self, out: &mut String) -> fmt::Result {
        write!(
            out,
            "agent `{}`, for `{}`, asks to ",
            visible(&self.agent),
            visible(&self.invoker)
        )?;
        let mut actions: Vec<(&OwnedAction, &AudienceRoll)> = self.actions().collect();
        // What matters most first, so that nothing small stands before it.
        actions.sort_by_key(|(action, reached)| std::cmp::Reverse(weight(&action.view(), reached)));
        match &*actions {
            [(action, reached)] => write_wish(out, &action.view(), reached)?,
            [(action, reached), rest @ ..] => {
                write_wish(out, &action.view(), reached)?;
                write!(out, ", and {} more", rest.len())?;
            }
            [] => out.push_str("do nothing"),
        }
        if self.stakes.irreversible {
            out.push_str("; it cannot be undone");
        }
        Ok(())
    }

    fn actions(&self) -> impl Iterator<Item = (&OwnedAction, &AudienceRoll)> {
        self.calls.iter().flat_map(|call| call.actions.iter().zip(&call.reached))
    }

    /// One page, as lines of text.
    pub(super) fn page(&self) -> String {
        let mut out = String::new();
        let _ = self.write_page(&mut out);
        out
    }

    fn write_page(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "Approval {}", self.id)?;
        writeln!(out)?;
        writeln!(
            out,
            "Who asks:  agent `{}`, for `{}`",
            visible(&self.agent),
            visible(&self.invoker)
        )?;
        for holder in &self.through {
            writeln!(out, "           through `{}`", visible(holder))?;
        }
        let several = self.calls.len() > 1;
        for (place, call) in self.calls.iter().enumerate() {
            writeln!(out)?;
            if several {
                writeln!(out, "{}. of {}", place + 1, self.calls.len())?;
            }
            write_call(out, call)?;
        }
        writeln!(out)?;
        for asking in &self.asking {
            let name = visible(&asking.name);
            match asking.layer {
                Some(layer) => write!(out, "Asked by:  statement `{name}` of {layer}")?,
                None if asking.reason == crate::decision::Reason::RuleApproval => {
                    write!(out, "Asked by:  rule `{name}`")?;
                }
                None => write!(out, "Asked by:  budget `{name}`")?,
            }
            match &*asking.said {
                "" => writeln!(out)?,
                said => writeln!(out, ": {}", visible(said).prose())?,
            }
        }
        for requirement in self.requirements.iter() {
            writeln!(out, "Needs:     {requirement}")?;
        }
        writeln!(out, "Until:     {} (asked at {})", self.decide_by, self.asked)?;
        writeln!(out, "Digest:    {}", self.digest)
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        let mut out = String::from("{\"id\":");
        quoted(&mut out, &self.id.to_string());
        let mut text = |name: &str, value: &str| {
            let _ = write!(out, ",\"{name}\":");
            quoted(&mut out, value);
        };
        text("digest", &self.digest.to_string());
        text("agent", &self.agent);
        text("invoker", &self.invoker);
        out.push_str(",\"through\":");
        list(&mut out, self.through.iter(), |out, name| quoted(out, name));
        let _ = write!(out, ",\"irreversible\":{}", self.stakes.irreversible);
        out.push_str(",\"calls\":");
        list(&mut out, self.calls.iter(), write_json_call);
        out.push_str(",\"asked_by\":");
        list(&mut out, self.asking.iter(), |out, asking| {
            out.push_str("{\"name\":");
            quoted(out, &asking.name);
            let _ = write!(out, ",\"reason\":\"{}\"", asking.reason);
            if let Some(layer) = asking.layer {
                out.push_str(",\"layer\":");
                quoted(out, &layer.to_string());
            }
            if !asking.said.is_empty() {
                out.push_str(",\"said\":");
                quoted(out, &asking.said);
            }
            out.push('}');
        });
        out.push_str(",\"needs\":");
        list(&mut out, self.requirements.iter(), |out, requirement| {
            out.push_str("{\"by\":");
            list(out, requirement.approvers().iter(), |out, one| quoted(out, &one.to_string()));
            let _ = write!(out, ",\"approvals\":{}}}", requirement.count());
        });
        let (asked, until) = (self.asked.as_unix_millis(), self.decide_by.as_unix_millis());
        let _ = write!(out, ",\"asked_at\":{asked},\"decide_by\":{until}}}");
        out
    }
}

fn write_wish(out: &mut String, action: &Action<'_>, reached: &AudienceRoll) -> fmt::Result {
    let below = if action.reach() == Reach::Below { " and everything below it" } else { "" };
    write!(
        out,
        "{} `{}`{below} with `{}`, visible to ",
        action.operation(),
        visible(action.resource()).short(MAX_RESOURCE_BYTES),
        visible(action.tool()).short(MAX_NAME_BYTES),
    )?;
    let mut parts: Vec<&RollPart> = reached.parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(farness(part)));
    let Some((first, rest)) = parts.split_first() else { return out.write_str("nobody") };
    write_part(out, first)?;
    let outside = rest.iter().filter(|part| !part.inside).count();
    match (rest.len(), outside) {
        (0, _) => Ok(()),
        (more, 0) => write!(out, " and {more} more"),
        (more, outside) => write!(out, " and {more} more, {outside} of them outside"),
    }
}

/// What stands first in a sentence: what cannot be undone, and then what reaches farthest.
fn weight(action: &Action<'_>, reached: &AudienceRoll) -> (bool, u8) {
    let is_final = action.reversibility() == Reversibility::Irreversible && !action.reads();
    (is_final, reached.parts.iter().map(farness).max().unwrap_or(0))
}

fn farness(part: &RollPart) -> u8 {
    match part.kind {
        "public" => 4,
        "unknown" => 3,
        "internal" => 1,
        _ if !part.inside => 2,
        _ => 0,
    }
}

/// Who it is, in a few words.
fn write_part(out: &mut String, part: &RollPart) -> fmt::Result {
    let name = visible(&part.name);
    match part.kind {
        "invoker" => write!(out, "`{name}` alone"),
        "internal" => out.write_str("everybody inside"),
        "public" => out.write_str("the public"),
        "unknown" => write!(out, "`{name}`, whom the directory does not know"),
        "principal" if part.inside => write!(out, "`{name}`"),
        "principal" => write!(out, "`{name}` outside"),
        kind => {
            let outside = if part.inside { "" } else { ", not all inside" };
            write!(out, "the {kind} `{name}` ({} people{outside})", part.count)
        }
    }
}

fn write_call(out: &mut String, call: &ShownCall) -> fmt::Result {
    for (action, reached) in call.actions.iter().zip(&call.reached) {
        let action = action.view();
        let below = if action.reach() == Reach::Below { " and everything below it" } else { "" };
        let resource = visible(action.resource()).short(MAX_RESOURCE_BYTES);
        writeln!(out, "What:      {} `{resource}`{below}", action.operation())?;
        writeln!(out, "Tool:      `{}`", visible(action.tool()).short(MAX_NAME_BYTES))?;
        for (place, part) in reached.parts.iter().enumerate() {
            out.write_str(if place == 0 { "Reaches:   " } else { "           " })?;
            write_part(out, part)?;
            writeln!(out)?;
            write_members(out, part)?;
        }
        let is_final = action.reversibility() == Reversibility::Irreversible && !action.reads();
        writeln!(
            out,
            "Undo:      {}",
            if is_final { "it cannot be undone" } else { "it can be undone" }
        )?;
    }
    for ShownArgument { name, kind, json } in &call.arguments {
        let kind = kind.as_deref().map(|kind| format!(" ({kind})")).unwrap_or_default();
        // Everything in it is visible already.
        let shown = json.get(..json.floor_char_boundary(MOST_ARGUMENT_BYTES)).unwrap_or_default();
        write!(out, "Argument:  `{}`{kind} = {shown}", visible(name))?;
        match shown.len() < json.len() {
            true => writeln!(out, "\\… ({} bytes)", json.len())?,
            false => writeln!(out)?,
        }
    }
    match &call.alternative {
        Some(alternative) => writeln!(out, "Instead:   {alternative}, which needs no approval"),
        None => Ok(()),
    }
}

fn write_members(out: &mut String, part: &RollPart) -> fmt::Result {
    if part.members.is_empty() {
        return Ok(());
    }
    out.write_str("             ")?;
    for (place, member) in part.members.iter().enumerate() {
        write!(out, "{}`{}`", if place > 0 { ", " } else { "" }, visible(member))?;
    }
    match part.count - part.members.len() {
        0 => writeln!(out),
        more => writeln!(out, ", and {more} more"),
    }
}

fn list<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (place, item) in items.enumerate() {
        out.push_str(if place > 0 { "," } else { "" });
        write(out, item);
    }
    out.push(']');
}

fn write_json_call(out: &mut String, call: &ShownCall) {
    out.push_str("{\"actions\":");
    list(out, call.actions.iter().zip(&call.reached), |out, (action, reached)| {
        let action = action.view();
        let is_final = action.reversibility() == Reversibility::Irreversible && !action.reads();
        let _ = write!(out, "{{\"operation\":\"{}\",\"tool\":", action.operation());
        quoted(out, action.tool());
        out.push_str(",\"resource\":");
        quoted(out, action.resource());
        let below = action.reach() == Reach::Below;
        let _ = write!(out, ",\"below\":{below},\"irreversible\":{is_final},\"reaches\":");
        list(out, reached.parts.iter(), |out, part| {
            let _ = write!(out, "{{\"kind\":\"{}\",\"inside\":{}", part.kind, part.inside);
            if !part.name.is_empty() {
                out.push_str(",\"name\":");
                quoted(out, &part.name);
            }
            if matches!(part.kind, "group" | "channel") {
                let _ = write!(out, ",\"people\":{},\"members\":", part.count);
                list(out, part.members.iter(), |out, name| quoted(out, name));
            }
            out.push('}');
        });
        out.push('}');
    });
    out.push_str(",\"arguments\":[");
    for (place, ShownArgument { name, kind, json }) in call.arguments.iter().enumerate() {
        out.push_str(if place > 0 { ",{\"name\":" } else { "{\"name\":" });
        quoted(out, name);
        if let Some(kind) = kind {
            out.push_str(",\"kind\":");
            quoted(out, kind);
        }
        let _ = write!(out, ",\"value\":{json}}}");
    }
    out.push(']');
    if let Some(alternative) = &call.alternative {
        out.push_str(",\"instead\":");
        quoted(out, alternative);
    }
    out.push('}');
}
