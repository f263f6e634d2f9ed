//! Why labels cannot be compiled.

use crate::base::codes::fault_table;
use crate::base::limits::{MAX_ITEMS_PER_STATEMENT, MAX_LABEL_RULES};

/// Why labels cannot be compiled: which rule, which field, and what to do.
///
/// ```
/// use permitgate::flow::{LabelRule, Labels};
/// use permitgate::kinds::LabelErrorKind;
///
/// let error = Labels::new([LabelRule::on(["web/**"])]).unwrap_err();
/// assert_eq!((error.kind(), error.rule()), (LabelErrorKind::SaysNothing, Some(0)));
/// ```
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

    /// What is wrong, as a code.
    pub fn kind(&self) -> LabelErrorKind {
        self.0.fault.kind()
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

fault_table! {
    /// What is wrong with labels ([`LabelError::kind`](crate::flow::LabelError::kind)).
    pub enum LabelErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum Fault {
        #[error("more than {MAX_LABEL_RULES} rules")]
        TooManyRules => TooManyRules, "too-many-rules",
        #[error("name the resources that it labels; `**` stands for all")]
        NoResource => NoResource, "no-resource",
        #[error("say who may read them (`readers`), or that they are `untrusted`")]
        SaysNothing => SaysNothing, "says-nothing",
        #[error("more than {MAX_ITEMS_PER_STATEMENT} entries")]
        TooManyItems => TooManyItems, "too-many-items",
        #[error("{0}")]
        Pattern(String) => MalformedPattern, "malformed-pattern",
        #[error("name at least one reader")]
        NoReader => NoReader, "no-reader",
        #[error("{0}")]
        Name(String) => MalformedReader, "malformed-reader",
    }
}
