//! Why labels cannot be compiled.

use crate::limits::{MAX_ITEMS_PER_STATEMENT, MAX_LABEL_RULES};

/// Why labels cannot be compiled: which rule, which field, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{}: {}", place(.0), if .0.field.is_empty() { "" } else { ", " }, .0.field, .0.fault)]
pub struct LabelError(Box<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    rule: usize,
    field: String,
    fault: Fault,
}

fn place(place: &Place) -> String {
    match place.rule {
        usize::MAX => "labels, otherwise".to_owned(),
        number => format!("label rule {}", number + 1),
    }
}

impl LabelError {
    pub(super) fn new(rule: usize, field: impl Into<String>, fault: Fault) -> Self {
        Self(Box::new(Place { rule, field: field.into(), fault }))
    }

    /// The place of the rule at fault, from 0; `None` where it is the label of all other resources.
    pub fn rule(&self) -> Option<usize> {
        (self.0.rule != usize::MAX).then_some(self.0.rule)
    }

    /// The field at fault, such as `resources[1]`; empty where it is the whole rule.
    pub fn field(&self) -> &str {
        &self.0.field
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("more than {MAX_LABEL_RULES} rules")]
    TooManyRules,
    #[error("name the resources that it labels; `**` stands for all")]
    NoResource,
    #[error("say who may read them (`readers`), or that they are `untrusted`")]
    SaysNothing,
    #[error("more than {MAX_ITEMS_PER_STATEMENT} entries")]
    TooManyItems,
    #[error("{0}")]
    Pattern(String),
    #[error("name at least one reader")]
    NoReader,
    #[error("{0}")]
    Name(String),
}
