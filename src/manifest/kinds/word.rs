//! Words: one of a list, and the id of a thing of a named sort.
//!
//! ```text
//! choice = one of the listed texts, exactly
//! id     = 1 to 256 bytes of letters of any script, 0-9, - _ . : @ + = ~ and single blanks within, but not dots alone, or a
//!          whole number
//! ```
//!
//! An id that is given as a number is the same as its digits. Other digits than 0-9 are refused, since programs read them as
//! those. Whether a thing of that id exists cannot be seen, nor whether its server takes `007` for `7`.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::rule::{OptionFault, Rule, TextFault};
use crate::base::limits::{MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_NAME_BYTES};
use crate::base::name::check_name;
use crate::base::visible::visible;
use crate::model::arguments::Value;
use crate::model::arguments::kinds::whole;
use crate::model::parts::{OpenPart, Parts};

/// The options of the kind `choice`: the texts, one of which it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceSpec {
    pub(crate) values: Vec<String>,
}

/// One of a list of texts, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice(Box<[Box<str>]>);

static UNLISTED: Rule = Rule {
    code: "unlisted",
    found: "it is none of the listed texts",
    remedy: "write one of them, exactly",
};

impl Choice {
    pub(crate) fn new(spec: &ChoiceSpec) -> Result<Self, OptionFault> {
        let fail = |says: &str| Err(OptionFault::new("values", says));
        let mut values: Vec<Box<str>> =
            spec.values.iter().map(|value| value.as_str().into()).collect();
        values.sort_unstable();
        if values.is_empty() || values.len() > MAX_ITEMS_PER_TOOL {
            return fail("write 1 to 256 texts");
        }
        if values.iter().any(|value| value.len() > MAX_CONDITION_BYTES) {
            return fail("a text is longer than 4 KiB");
        }
        if !values.is_sorted_by(|one, other| one < other) {
            return fail("a text stands twice");
        }
        Ok(Self(values.into()))
    }

    /// The texts, in order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|text| &**text)
    }

    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        if self.0.binary_search_by(|value| (**value).cmp(text)).is_err() {
            return Err(TextFault::new(&UNLISTED, 0));
        }
        let canonical = parts.written(text);
        parts.canonical(begun, canonical);
        Ok(())
    }
}

/// The options of the kind `id`: what it is the id of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdSpec {
    pub(crate) sort: String,
}

/// The id of a thing of a named sort.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Id(IdSpec);

static EMPTY: Rule =
    Rule { code: "empty", found: "there is no id", remedy: "write one, or leave the argument out" };
static LONG: Rule =
    Rule { code: "long", found: "the id goes on", remedy: "write at most 256 bytes" };
static ODD: Rule = Rule {
    code: "odd",
    found: "this character does not stand in an id",
    remedy: "write letters, 0-9, - _ . : @ + = ~ and single blanks within",
};
static HIDDEN: Rule = Rule {
    code: "hidden",
    found: "the id looks like another",
    remedy: "write it in letters of one script",
};

impl Id {
    pub(crate) fn new(spec: &IdSpec) -> Result<Self, OptionFault> {
        match check_name(&spec.sort) {
            Ok(()) => Ok(Self(spec.clone())),
            Err(fault) => Err(OptionFault::new("sort", fault.to_string())),
        }
    }

    /// What it is the id of.
    pub(crate) fn sort(&self) -> &str {
        &self.0.sort
    }

    pub(crate) fn read(
        &self,
        value: Value<'_>,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let mark = parts.mark();
        match value {
            Value::Integer(number) => _ = write!(parts, "{number}"),
            Value::Float(number) => match whole(number) {
                Some(number) => _ = write!(parts, "{number}"),
                None => return Err(TextFault::new(&ODD, 0)),
            },
            Value::Text(text) => {
                check(text)?;
                parts.push(text);
            }
            _ => return Err(TextFault::new(&ODD, 0)),
        }
        let canonical = parts.since(mark);
        parts.canonical(begun, canonical);
        Ok(())
    }
}

fn check(text: &str) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::new(&EMPTY, 0));
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(TextFault::new(&LONG, MAX_NAME_BYTES));
    }
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let is_last = at + character.len_utf8() == text.len();
        let fits = match character {
            ' ' => before != ' ' && !is_last,
            '0'..='9' => true,
            _ => character.is_alphabetic() || "-_.:@+=~".contains(character),
        };
        if !fits {
            return Err(TextFault::new(&ODD, at));
        }
        before = character;
    }
    // `.` and `..` are no names of things.
    if text.bytes().all(|byte| byte == b'.') {
        return Err(TextFault::new(&ODD, 0));
    }
    if !visible(text).is_plain() {
        return Err(TextFault::new(&HIDDEN, 0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
