//! What can be wrong with a grant or an attenuation.

use std::sync::Arc;

use crate::limits::{MAX_BUDGETS, MAX_HAND_ON, MAX_LINEAGE, MAX_NAME_BYTES};
use crate::name::NameFault;
use crate::visible::visible;

/// Why a capability cannot be attenuated, or a grant cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attenuation: {0}")]
pub struct AttenuateError(#[from] Box<AttenuateFault>);

impl AttenuateError {
    /// Whether there were too many attenuations, of all or of this capability.
    #[cfg(feature = "token")]
    pub(crate) fn is_too_deep(&self) -> bool {
        matches!(*self.0, AttenuateFault::TooDeep | AttenuateFault::NotDelegable)
    }
}

impl From<AttenuateFault> for AttenuateError {
    fn from(fault: AttenuateFault) -> Self {
        Self(Box::new(fault))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AttenuateFault {
    #[error("the lineage already has {MAX_LINEAGE} capabilities")]
    TooDeep,
    #[error("the capability must not be attenuated further")]
    NotDelegable,
    #[error("an attenuation has one layer, and this one has two; attenuate twice")]
    TwoLayers,
    #[error("the holder is not a name: {0}")]
    Holder(NameFault),
    #[error("the capability has no right `{}` to hand on", visible(.0).short(MAX_NAME_BYTES))]
    NothingToHandOn(Arc<str>),
    #[error("more than {MAX_HAND_ON} rights to hand on")]
    TooManyHandOn,
    #[error("a right to hand on is not named: {0}")]
    HandOn(NameFault),
    #[error("two rights to hand on have the name `{}`", visible(.0))]
    HandOnTwice(Arc<str>),
    #[error("more than {MAX_BUDGETS} budgets")]
    TooManyBudgets,
    #[error("a budget's name or argument: {0}")]
    Budget(NameFault),
    #[error("a budget's span must be at least a millisecond")]
    NoSpan,
    #[error("a budget must be about an operation")]
    NoOperation,
}
