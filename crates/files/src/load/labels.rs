//! `[labels]` and `[[label]]`: who may see what is read, and whether outsiders can write it.

use permitgate::flow::{Integrity, LabelError, LabelRule, Labels};
use permitgate::model::Readers;
use serde::Deserialize;

use super::document::Document;
use super::statements::check_readers;
use crate::fault::{Code, Fault};
use crate::tree::Node;
use crate::tree::read::read;

/// `[labels]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelsData {
    #[serde(default)]
    unlabelled: Option<Unlabelled>,
}

/// The label of what no rule matches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unlabelled {
    readers: Readers,
    integrity: Integrity,
}

/// The labels, where the files speak of any.
pub(crate) fn labels(document: &Document<'_>, faults: &mut Vec<Fault>) -> Option<Labels> {
    if document.labels.is_none() && document.label_rules.is_empty() {
        return None;
    }
    let before = faults.len();
    let mut rules = Vec::with_capacity(document.label_rules.len());
    for node in &document.label_rules {
        match rule(node) {
            Ok(rule) => rules.push(rule),
            Err(fault) => faults.push(fault),
        }
    }
    let unlabelled = unlabelled(document);
    let unlabelled = unlabelled.map_err(|fault| faults.push(*fault)).ok().flatten();
    if faults.len() > before {
        return None;
    }
    let labels = Labels::new(rules).map_err(|error| {
        let node = error.rule().and_then(|number| document.label_rules.get(number));
        let span = node.or(document.label_rules.first()).map(|node| node.place(error.field()));
        faults.push(Fault::new(Code::Label, span.unwrap_or_default(), error.to_string()));
    });
    let labels = labels.ok()?;
    let Some(Unlabelled { readers, integrity }) = unlabelled else { return Some(labels) };
    match labels.otherwise(readers, integrity) {
        Ok(labels) => Some(labels),
        Err(error) => {
            let node = document.labels.map(|(_, node)| node.place("unlabelled.readers"));
            let message = error.to_string().replace("labels, otherwise", "`unlabelled`");
            faults.push(Fault::new(Code::Label, node.unwrap_or_default(), message));
            None
        }
    }
}

fn rule(node: &Node) -> Result<LabelRule, Fault> {
    if let Some(readers) = node.get("readers") {
        check_readers("readers", readers)?;
    }
    let rule: LabelRule = read(node, "a label")?;
    match Labels::new([rule.clone()]) {
        Ok(_) => Ok(rule),
        Err(error) => Err(Fault::new(Code::Label, node.place(error.field()), message(&error))),
    }
}

/// Alone it is always the first rule, which says nothing.
fn message(error: &LabelError) -> String {
    error.to_string().replacen("label rule 1", "label rule", 1)
}

fn unlabelled(document: &Document<'_>) -> Result<Option<Unlabelled>, Box<Fault>> {
    let Some((_, node)) = document.labels else { return Ok(None) };
    if let Some(readers) = node.get("unlabelled").and_then(|node| node.get("readers")) {
        check_readers("readers", readers)?;
    }
    let data: LabelsData = read(node, "`labels`")?;
    Ok(data.unlabelled)
}
