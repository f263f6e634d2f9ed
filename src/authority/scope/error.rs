//! Why a scope cannot be built.

use crate::authority::capability::AttenuateError;
use crate::base::codes::fault_table;
use crate::base::limits::{MAX_BOUND_VALUES, MAX_RESOLVED_NAMES};
use crate::base::name::NameFault;
use crate::base::visible::visible;

/// Why a scope cannot be built.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::kinds::ScopeErrorKind;
///
/// let policy = Policy::new([Statement::permit("read")
///     .operations(Operation::Read)
///     .resources(["crm/{project}/*"])])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let error = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap_err();
/// assert_eq!((error.kind(), error.name()), (ScopeErrorKind::UnboundName, Some("project")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope: {0}")]
pub struct ScopeError(#[from] Box<Fault>);

impl ScopeError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> ScopeErrorKind {
        self.0.kind()
    }

    /// The bound name or the invoker or agent at fault, where it is one.
    pub fn name(&self) -> Option<&str> {
        match &*self.0 {
            Fault::Grant(_) | Fault::TooManyResolved => None,
            Fault::Name(name, _)
            | Fault::AlwaysBound(name)
            | Fault::Unbound(name)
            | Fault::TooManyValues(name)
            | Fault::HeldByAnother(_, name)
            | Fault::SessionOfAnother(name) => Some(name),
        }
    }
}

impl From<Fault> for ScopeError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

/// A name that was never set is empty as well.
fn malformed(name: &str, fault: &NameFault) -> String {
    let fix = if *fault == NameFault::Empty { "; set it to a name" } else { "" };
    format!("`{}`: {fault}{fix}", visible(name))
}

fault_table! {
    /// Why there is no such scope ([`ScopeError::kind`](crate::authority::ScopeError::kind)).
    pub enum ScopeErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum Fault {
        #[error("the capability cannot be used: {0}")]
        Grant(AttenuateError) => UnusableGrant, "unusable-grant",
        #[error("{}", malformed(.0, .1))]
        Name(String, NameFault) => MalformedName, "malformed-name",
        #[error("`{}` is always bound and cannot be bound again", visible(.0))]
        AlwaysBound(String) => AlwaysBound, "always-bound",
        #[error("a policy of the capability uses `{{{}}}`, which is not bound; call `bind`", visible(.0))]
        Unbound(String) => UnboundName, "unbound-name",
        #[error("more than {MAX_BOUND_VALUES} values are bound to `{}`", visible(.0))]
        TooManyValues(String) => TooManyValues, "too-many-values",
        #[error("more than {MAX_RESOLVED_NAMES} names are asked for at every decision")]
        TooManyResolved => TooManyResolvedNames, "too-many-resolved-names",
        #[error(
            "the capability is held by agent `{}`, not by `{}`; attenuate it for that agent",
            visible(.0),
            visible(.1)
        )]
        HeldByAnother(Box<str>, String) => HeldByAnother, "held-by-another",
        #[error("the session is not one of `{}`; what it has read is another invoker's", visible(.0))]
        SessionOfAnother(String) => SessionOfAnother, "session-of-another",
    }
}
