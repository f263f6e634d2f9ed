//! The cases of a kind as its table has them, for the tests of kinds.

use std::fmt::Debug;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::rule::TextFault;
use crate::model::arguments::Value;
use crate::model::parts::{OpenPart, Part, Parts};

#[derive(Deserialize)]
struct Table<S> {
    case: Vec<KindCase<S>>,
}

/// What is read, and what must come of it: a canonical form with parts, or the rule that it breaks, and where.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindCase<S> {
    pub(super) text: CaseValue,
    #[serde(rename = "why")]
    _why: Option<String>,
    pub(super) options: Option<S>,
    pub(super) canonical: Option<String>,
    pub(super) parts: Option<toml::Table>,
    refused: Option<String>,
    at: Option<u32>,
}

/// A value as a call gives it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum CaseValue {
    Text(String),
    Integer(i64),
    Float(f64),
}

impl CaseValue {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Integer(whole) => Value::Integer((*whole).into()),
            Self::Float(number) => Value::Float(*number),
        }
    }
}

impl<S: Clone + Default> KindCase<S> {
    pub(super) fn options(&self) -> S {
        self.options.clone().unwrap_or_default()
    }
}

/// Reads every case of a table, and compares: what is refused here, what is accepted in `check`.
pub(super) fn hold<S: DeserializeOwned, R: Debug>(
    table: &str,
    read: impl Fn(&KindCase<S>) -> Result<R, TextFault>,
    check: impl Fn(&KindCase<S>, R),
) {
    let table: Table<S> = toml::from_str(table).unwrap();
    assert!(!table.case.is_empty());
    for case in table.case {
        match (read(&case), &case.refused) {
            (Ok(found), None) => check(&case, found),
            (Err(fault), Some(code)) => {
                let says = (fault.rule.code, Some(fault.at));
                assert_eq!(says, (code.as_str(), case.at), "{:?}", case.text);
            }
            (read, _) => panic!("{:?}: {read:?}", case.text),
        }
    }
}

/// What a kind writes for one argument.
pub(super) fn written<R>(
    write: impl FnOnce(&mut Parts, &OpenPart) -> Result<(), TextFault>,
    show: impl FnOnce(Part<'_>) -> R,
) -> Result<R, TextFault> {
    let mut parts = Parts::default();
    let part = parts.argument("it");
    write(&mut parts, &part)?;
    parts.end(part);
    Ok(show(parts.get("it").unwrap()))
}

/// The canonical form, and the parts of one that has no parts within parts.
pub(super) fn flat(part: Part<'_>) -> (String, toml::Table) {
    let value = |part: Part<'_>| match part.value() {
        Some(Value::Text(text)) => toml::Value::from(text),
        Some(Value::Integer(value)) => toml::Value::from(value as i64),
        other => panic!("{other:?}"),
    };
    let table = part.iter().map(|part| (part.name().to_owned(), value(part))).collect();
    (part.as_text().unwrap().to_owned(), table)
}
