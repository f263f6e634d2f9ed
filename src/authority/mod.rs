//! Under whose authority an action is performed: capabilities, which can only be narrowed, and scopes.

pub(crate) mod budget;
pub(crate) mod capability;
pub(crate) mod ownership;
pub(crate) mod requirement;
pub(crate) mod scope;

pub use crate::decision::cause::{OwnershipError, OwnershipFault};
pub use crate::state::budget::Ledger;
pub use budget::{Budget, BudgetError, Measure, Share};
pub use capability::{
    AmbientAuthority, AttenuateError, Attenuation, Capability, CapabilityId, Grant, IdError, KeyId,
    Link, RevocationTarget, Revocations, ambient_authority,
};
pub use ownership::{Ownership, OwnershipQuestion};
pub use requirement::{Approver, Requirement, RequirementError};
pub use scope::error::ScopeError;
pub use scope::{Scope, ScopeBuilder};
