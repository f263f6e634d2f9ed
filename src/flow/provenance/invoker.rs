//! The person for whom a session works, whom it knows without being told.

use crate::manifest::kinds::canonical;
use crate::model::kind::ValueKind;

/// Whose a session is: by name, and in the forms that arguments name a person in.
#[derive(Debug)]
pub(super) struct Invoker {
    name: Box<str>,
    /// As arguments have it, and as those that fold the local part of an address do.
    forms: Option<[Box<str>; 2]>,
}

impl Invoker {
    pub(super) fn new(name: &str) -> Self {
        let forms = canonical(ValueKind::PERSON, name).map(|form| {
            let folded = if form.contains('@') { form.to_ascii_lowercase() } else { form.clone() };
            [form.into(), folded.into()]
        });
        Self { name: name.into(), forms }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        *self.name == *name
    }

    /// Whether an argument that names a person names this one.
    pub(super) fn is_named(&self, form: &str) -> bool {
        self.forms.iter().flatten().any(|own| **own == *form)
    }
}
