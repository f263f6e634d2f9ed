//! What changed in a tool, word by word.

use std::collections::BTreeSet;

use permitgate::text::visible;
use serde::Serialize;
use serde_json::Value as Json;

use crate::paint::Paint;

/// Pairs of words that are compared; longer texts are shown one after the other.
const MOST_PAIRS: usize = 4_000_000;

/// Words that stand around a change.
const AROUND: usize = 4;

/// One place of a tool at which two versions differ.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) now: Option<Json>,
}

/// Where two tool objects differ, as deep as both go, in order.
pub(super) fn changes(before: &Json, now: &Json) -> Vec<Change> {
    let mut found = Vec::new();
    compare(Some(before), Some(now), String::new(), &mut found);
    found
}

/// The places of a tool at which two versions differ, in a few words; arguments each by its name.
pub(super) fn places(before: &Json, now: &Json) -> Vec<String> {
    const MOST: usize = 6;
    let named = |name: &str| format!("the argument `{}`", visible(name));
    let mut found = Vec::new();
    for key in differing(before, now) {
        if key != "inputSchema" {
            found.push(format!("`{}`", visible(key)));
            continue;
        }
        let (before, now) = (within(before, key), within(now, key));
        for key in differing(before, now) {
            if key == "properties" {
                let (before, now) = (within(before, key), within(now, key));
                found.extend(differing(before, now).into_iter().map(named));
            } else {
                found.push(format!("`inputSchema.{}`", visible(key)));
            }
        }
        if found.is_empty() {
            found.push("`inputSchema`".to_owned());
        }
    }
    let more = found.len().saturating_sub(MOST);
    if more > 0 {
        found.truncate(MOST);
        found.push(format!("and {more} more"));
    }
    found
}

fn within<'j>(of: &'j Json, key: &str) -> &'j Json {
    of.get(key).unwrap_or(&Json::Null)
}

/// The keys at which two objects differ, in order.
fn differing<'j>(before: &'j Json, now: &'j Json) -> Vec<&'j str> {
    let keys = |of: &'j Json| of.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let all: BTreeSet<&str> = keys(before).chain(keys(now)).collect();
    all.into_iter().filter(|key| before.get(*key) != now.get(*key)).collect()
}

/// Every place of a tool that nobody has seen before.
pub(super) fn all_of(now: &Json) -> Vec<Change> {
    changes(&Json::Object(serde_json::Map::new()), now)
}

fn compare(before: Option<&Json>, now: Option<&Json>, path: String, found: &mut Vec<Change>) {
    let below = |step: String| if path.is_empty() { step } else { format!("{path}.{step}") };
    match (before, now) {
        (Some(before), Some(now)) if before == now => {}
        (Some(Json::Object(before)), Some(Json::Object(now))) => {
            let mut keys: Vec<&String> = before.keys().chain(now.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                compare(before.get(key), now.get(key), below(key.clone()), found);
            }
        }
        (Some(Json::Array(before)), Some(Json::Array(now))) => {
            for place in 0..before.len().max(now.len()) {
                compare(before.get(place), now.get(place), below(place.to_string()), found);
            }
        }
        // What comes or goes whole is told part by part, where it has parts.
        (None, Some(Json::Object(now))) if !now.is_empty() => {
            for (key, now) in now {
                compare(None, Some(now), below(key.clone()), found);
            }
        }
        (before, now) => {
            found.push(Change { path, before: before.cloned(), now: now.cloned() });
        }
    }
}

/// The changes as lines for people, all of them, with everything in them made visible.
pub(super) fn lines(changes: &[Change], paint: Paint) -> Vec<String> {
    changes.iter().map(|change| line(change, paint)).collect()
}

fn line(change: &Change, paint: Paint) -> String {
    let path = visible(&change.path);
    match (&change.before, &change.now) {
        (Some(Json::String(before)), Some(Json::String(now))) => {
            format!("  ~ {path}: {}", words(before, now, paint))
        }
        (Some(before), Some(now)) => {
            format!("  ~ {path}: {} {}", gone(&text(before), paint), come(&text(now), paint))
        }
        (Some(before), None) => format!("  - {path}: {}", gone(&text(before), paint)),
        (None, Some(now)) => format!("  + {path}: {}", come(&text(now), paint)),
        (None, None) => format!("  {path}"),
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => format!("\"{}\"", visible(text)),
        other => visible(&other.to_string()).as_json().to_string(),
    }
}

fn gone(shown: &str, paint: Paint) -> String {
    paint.bad(format_args!("[-{shown}-]")).to_string()
}

fn come(shown: &str, paint: Paint) -> String {
    paint.good(format_args!("{{+{shown}+}}")).to_string()
}

#[derive(Clone, Copy, PartialEq)]
enum Part<'t> {
    Same(&'t str),
    Gone(&'t str),
    Come(&'t str),
}

/// Both texts as one: what went and what came marked, with a few words around.
fn words(before: &str, now: &str, paint: Paint) -> String {
    let parts = parts(&tokens(before), &tokens(now));
    let is_near = |at: usize| {
        let from = at.saturating_sub(AROUND * 2);
        let around = parts.get(from..parts.len().min(at + AROUND * 2 + 1)).unwrap_or_default();
        around.iter().any(|part| !matches!(part, Part::Same(_)))
    };
    let mut out = String::new();
    let (mut went, mut came, mut left_out) = (String::new(), String::new(), false);
    let flush = |out: &mut String, went: &mut String, came: &mut String| {
        if !went.is_empty() {
            out.push_str(&gone(&visible(went).to_string(), paint));
        }
        if !came.is_empty() {
            out.push_str(&come(&visible(came).to_string(), paint));
        }
        went.clear();
        came.clear();
    };
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Gone(token) => went.push_str(token),
            Part::Come(token) => came.push_str(token),
            Part::Same(token) => {
                flush(&mut out, &mut went, &mut came);
                let near = is_near(at);
                match near {
                    true => out.push_str(&visible(token).to_string()),
                    false if !left_out => out.push('…'),
                    false => {}
                }
                left_out = !near;
            }
        }
    }
    flush(&mut out, &mut went, &mut came);
    out
}

/// Words and what stands between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let blank = first.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(end);
        found.push(token);
        rest = behind;
    }
    found
}

/// The longest common run of tokens stays, the rest went or came.
fn parts<'t>(before: &[&'t str], now: &[&'t str]) -> Vec<Part<'t>> {
    let same = before.iter().zip(now).take_while(|(one, other)| one == other).count();
    let (head, before) = before.split_at(same);
    let now = now.get(same..).unwrap_or_default();
    let tail =
        before.iter().rev().zip(now.iter().rev()).take_while(|(one, other)| one == other).count();
    let (before, behind) = before.split_at(before.len() - tail);
    let now = now.get(..now.len() - tail).unwrap_or_default();
    let mut parts: Vec<Part> = head.iter().map(|token| Part::Same(token)).collect();
    if before.len().saturating_mul(now.len()) > MOST_PAIRS {
        parts.extend(before.iter().map(|token| Part::Gone(token)));
        parts.extend(now.iter().map(|token| Part::Come(token)));
    } else {
        parts.extend(longest_common(before, now));
    }
    parts.extend(behind.iter().map(|token| Part::Same(token)));
    parts
}

fn longest_common<'t>(before: &[&'t str], now: &[&'t str]) -> Vec<Part<'t>> {
    let width = now.len() + 1;
    // How much is common from each pair of places on, the last row first.
    let mut common = vec![0_u32; (before.len() + 1) * width];
    let at = |common: &[u32], row: usize, column: usize| {
        common.get(row * width + column).copied().unwrap_or(0)
    };
    for (row, one) in before.iter().enumerate().rev() {
        for (column, other) in now.iter().enumerate().rev() {
            let length = match one == other {
                true => at(&common, row + 1, column + 1) + 1,
                false => at(&common, row + 1, column).max(at(&common, row, column + 1)),
            };
            if let Some(cell) = common.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column, mut parts) = (0, 0, Vec::new());
    loop {
        match (before.get(row), now.get(column)) {
            (Some(one), Some(other)) if one == other => {
                parts.push(Part::Same(one));
                (row, column) = (row + 1, column + 1);
            }
            (Some(one), other)
                if other.is_none()
                    || at(&common, row + 1, column) >= at(&common, row, column + 1) =>
            {
                parts.push(Part::Gone(one));
                row += 1;
            }
            (_, Some(other)) => {
                parts.push(Part::Come(other));
                column += 1;
            }
            _ => return parts,
        }
    }
}
