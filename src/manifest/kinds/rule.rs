//! What kinds have in common: rules that a text can break, and the parts that a kind finds.

pub(crate) use crate::base::rule::{Rule, TextFault};

/// An option of a kind that makes no sense.
#[derive(Debug)]
pub(crate) struct OptionFault {
    /// The option.
    pub(crate) field: &'static str,
    /// What is wrong with it, and what to write.
    pub(crate) says: String,
}

impl OptionFault {
    pub(crate) fn new(field: &'static str, says: impl Into<String>) -> Self {
        Self { field, says: says.into() }
    }
}

/// What a kind's parts are called and what they are, so that a manifest which names another one is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PartForm {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Integer,
    Flag,
    /// Texts.
    Texts,
    /// Objects with these parts.
    Objects(&'static [PartForm]),
}

impl PartForm {
    pub(crate) const fn new(name: &'static str, form: Form) -> Self {
        Self { name, form }
    }
}

/// For a value in a form that the kind does not parse.
pub(crate) static FORM: Rule =
    Rule { code: "form", found: "it is not a text", remedy: "write it as a text" };
