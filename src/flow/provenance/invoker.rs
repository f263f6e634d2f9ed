//! The person for whom a session works, whom it knows without being told.

use super::Origin;
use super::key::{Key, OwnedKey};
use super::said;
use crate::manifest::kinds::canonical;
use crate::model::kind::ValueKind;

/// Whose a session is: by name, and in the forms that arguments name a person in.
#[derive(Debug)]
pub(super) struct Invoker {
    name: Box<str>,
    forms: Box<[OwnedKey]>,
}

impl Invoker {
    pub(super) fn new(name: &str) -> Self {
        let mut forms = Vec::new();
        if let Some(form) = canonical(ValueKind::PERSON, name) {
            let person = Key::of(ValueKind::PERSON, &form);
            said::forms(Origin::Program, person, &mut |key| forms.push(key.to_owned()));
        }
        Self { name: name.into(), forms: forms.into() }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        *self.name == *name
    }

    /// Whether an argument that names a person names this one, as arguments of its kind do or exactly.
    pub(super) fn is_named(&self, key: Key<'_>) -> bool {
        let exact = Key::of(key.kind.exact(), key.text);
        self.forms.iter().any(|own| own.key() == key || own.key() == exact)
    }
}
