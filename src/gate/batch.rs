//! The batch form: all permits, or the first refusal.

use crate::gate::refusal::Refusal;

/// The first refusal of a batch. The permits given before it are taken back and recorded as unused.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
///
/// # let policy = Policy::new([Statement::permit("w").operations(Operation::Create).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let actions = [Action::create("notes.write", "notes/a"), Action::delete("notes.delete", "notes/b")];
/// let refused = gate.authorize_all(&actions, &scope).unwrap_err();
/// assert_eq!((refused.index, refused.refusal.reason()), (1, Reason::NotPermitted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action {index} of the batch: {refusal}")]
pub struct BatchRefusal {
    /// The place of the refused action in the batch, from 0.
    pub index: usize,
    /// Why it was refused.
    pub refusal: Refusal,
}
