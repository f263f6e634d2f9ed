//! Why an action has no digest, and why it cannot be copied.

use crate::base::codes::fault_table;
use crate::base::limits::{
    MAX_FROZEN_BYTES, MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES, MAX_NAME_BYTES, MAX_OBJECT_FIELDS,
    MAX_RECIPIENTS,
};
use crate::model::arguments::FreezeError;

/// Why an action cannot be copied.
///
/// ```
/// use permitgate::Action;
/// use permitgate::kinds::OwnedActionErrorKind;
/// use permitgate::limits::MAX_FROZEN_BYTES;
/// use permitgate::model::{FreezeError, OwnedAction, Value};
///
/// let text = "x".repeat(MAX_FROZEN_BYTES);
/// let arguments = [("text", Value::from(&text))];
/// let note = Action::create("notes.write", "notes/today").with(&arguments);
/// let error = OwnedAction::try_from(&note).unwrap_err();
/// assert_eq!(error.kind(), OwnedActionErrorKind::Arguments);
/// assert_eq!(error.arguments(), Some(FreezeError::TooLarge));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("owned action: {0}")]
pub struct OwnedActionError(#[from] CopyFault);

impl OwnedActionError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> OwnedActionErrorKind {
        self.0.kind()
    }

    /// Why the arguments cannot be copied, where that is it.
    pub const fn arguments(&self) -> Option<FreezeError> {
        match self.0 {
            CopyFault::Arguments(error) => Some(error),
            CopyFault::NoMeaning | CopyFault::Lowering => None,
        }
    }
}

fault_table! {
    /// Why an action cannot be copied ([`OwnedActionError::kind`](crate::model::OwnedActionError::kind)).
    pub enum OwnedActionErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum CopyFault {
        #[error("it stands for a call that has no meaning")]
        NoMeaning => NoMeaning, "no-meaning",
        #[error("it asks to lower a session's label, which only its gate can ask")]
        Lowering => Lowering, "lowering",
        #[error("{0}")]
        Arguments(FreezeError) => Arguments, "arguments",
    }
}

/// Why an action has no digest.
///
/// ```
/// use permitgate::kinds::DigestErrorKind;
/// use permitgate::limits::MAX_RECIPIENTS;
/// use permitgate::model::ActionDigest;
/// use permitgate::{Action, Audience};
///
/// let names = ["lee@example.com"; MAX_RECIPIENTS + 1];
/// let mail = Action::create("mail.send", "mail/out").visible_to(Audience::recipients(&names));
/// let error = ActionDigest::of(&mail).unwrap_err();
/// assert_eq!(error.kind(), DigestErrorKind::TooManyRecipients);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action digest: {0}")]
pub struct DigestError(#[from] Fault);

impl DigestError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> DigestErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why an action has no digest ([`DigestError::kind`](crate::model::DigestError::kind)).
    pub enum DigestErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum Fault {
        #[error("more than {MAX_RECIPIENTS} recipients")]
        Recipients => TooManyRecipients, "too-many-recipients",
        #[error("arguments are nested more than {MAX_FROZEN_DEPTH} deep")]
        Depth => TooDeep, "too-deep",
        #[error(
            "arguments hold more than {MAX_FROZEN_VALUES} values or {MAX_FROZEN_BYTES} bytes of text"
        )]
        Size => TooLarge, "too-large",
        #[error(
            "an object has more than {MAX_OBJECT_FIELDS} fields, or one with a name of more than {MAX_NAME_BYTES} bytes"
        )]
        Fields => TooManyFields, "too-many-fields",
        #[error("an object shows one of its fields twice")]
        Twice => RepeatedField, "repeated-field",
        #[error("a list has no value at a place within its length")]
        BrokenList => BrokenList, "broken-list",
        #[error("what stands in place of the arguments is no object")]
        NotAnObject => NotAnObject, "not-an-object",
    }
}
