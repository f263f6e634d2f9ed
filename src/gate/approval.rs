//! What a person is asked to approve.

use std::convert::Infallible;

/// A held action that waits for a person.
///
/// [`ActionGate::request_approval`](crate::ActionGate::request_approval) makes one, at a gate that has approvers. This version has no such
/// gate: every one refuses, and no value of this type exists.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
///
/// # let gate = Gate::builder().build()?;
/// let policy = Policy::new([
///     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
///     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// let wish = Action::delete("files.delete", "files/old");
/// let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
/// let refusal = gate.request_approval(&hold, &wish, &scope).unwrap_err();
/// assert_eq!(refusal.reason(), Reason::NoApprovers);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "wait for the answer, or withdraw it"]
pub struct ApprovalRequest {
    _none: Infallible,
}
