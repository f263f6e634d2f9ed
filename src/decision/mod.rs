//! What was decided, why, and which statement or rule determined it.

mod budget;
pub(crate) mod call_fault;
pub(crate) mod cause;
mod grounds;
mod reason;

pub use budget::BudgetUse;
pub(crate) use call_fault::CallFault;
pub use cause::{Excess, ExcessKind};
pub(crate) use cause::{OwnershipError, OwnershipFault, RecordError};
pub use grounds::{Grounds, Source};
pub use reason::Reason;

use std::fmt;

/// Which layer of authority determined a decision.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::Layer;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let decision = gate.decide(&Action::read("docs.read", "docs/intro"), &scope);
/// assert_eq!(decision.grounds().layer(), Some(Layer::Capability(0)));
/// assert_eq!(Layer::Capability(2).to_string(), "attenuation 2 of the capability");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The guardrail policy of the gate.
    Guardrails,
    /// What the issuer may grant, of a capability that came as a token.
    Issuer,
    /// A layer of the capability's lineage: 0 is the root, 1 its first attenuation, and so on.
    Capability(u8),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guardrails => f.write_str("the guardrails"),
            Self::Issuer => f.write_str("what the issuer may grant"),
            Self::Capability(0) => f.write_str("the capability"),
            Self::Capability(depth) => write!(f, "attenuation {depth} of the capability"),
        }
    }
}

/// The answer to one action.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])]).unwrap();
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
/// # let gate = Gate::builder().build().unwrap();
/// let decision = gate.decide(&Action::read("docs.read", "docs/intro"), &scope);
/// assert!(decision.is_allow());
/// assert_eq!(
///     decision.to_string(),
///     "allow: nothing stands against it (statement `read` of the capability)"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision that nobody looks at stops nothing"]
pub enum Decision {
    /// The action may happen.
    Allow(Grounds),
    /// A person must approve it first.
    Hold(Grounds),
    /// The action must not happen.
    Deny(Grounds),
}

/// The ruling, and why, in one line: for logs and for people who write policies.
impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.ruling(), self.grounds().explain())
    }
}

impl Decision {
    /// Why.
    pub const fn grounds(&self) -> &Grounds {
        match self {
            Self::Allow(grounds) | Self::Hold(grounds) | Self::Deny(grounds) => grounds,
        }
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.grounds().reason()
    }

    /// Allow, hold or deny, without the reason.
    pub const fn ruling(&self) -> Ruling {
        match self {
            Self::Allow(_) => Ruling::Allow,
            Self::Hold(_) => Ruling::Hold,
            Self::Deny(_) => Ruling::Deny,
        }
    }

    /// Whether the action may happen now.
    pub const fn is_allow(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// A decision without its reason; later variants are stricter.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::Ruling;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let read = gate.decide(&Action::read("docs.read", "docs/intro"), &scope).ruling();
/// let delete = gate.decide(&Action::delete("docs.delete", "docs/intro"), &scope).ruling();
/// assert_eq!((read, delete), (Ruling::Allow, Ruling::Deny));
/// assert_eq!(read.max(delete), Ruling::Deny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// The action may happen.
    Allow,
    /// A person must approve it first.
    Hold,
    /// The action must not happen.
    Deny,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Deny => "deny",
        })
    }
}
