//! Under whose authority an action is performed: capabilities, which can only be narrowed, and scopes.

pub(crate) mod capability;
pub(crate) mod scope;

pub use capability::{
    AmbientAuthority, AttenuateError, Attenuation, Budget, Capability, CapabilityId, Grant,
    IdError, KeyId, Link, RevocationTarget, Revocations, ambient_authority,
};
pub use scope::{Scope, ScopeBuilder, ScopeError};
