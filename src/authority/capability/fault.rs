//! What can be wrong with a grant or an attenuation.

use std::sync::Arc;

use crate::authority::budget::BudgetError;
use crate::base::codes::fault_table;
use crate::base::limits::{MAX_BUDGETS, MAX_HAND_ON, MAX_LINEAGE, MAX_NAME_BYTES};
use crate::base::name::NameFault;
use crate::base::visible::visible;

/// Why a capability cannot be attenuated, or a grant cannot be used.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::Attenuation;
/// use permitgate::kinds::AttenuateErrorKind;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let error = capability.attenuate(Attenuation::new().using("send")).unwrap_err();
/// assert_eq!((error.kind(), error.field()), (AttenuateErrorKind::NoSuchRight, "using"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attenuation: {0}")]
pub struct AttenuateError(#[from] Box<AttenuateFault>);

impl AttenuateError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> AttenuateErrorKind {
        self.0.kind()
    }

    /// The part at fault, by the method that adds it: `held_by`, `hand_on`, `using` or `budget`; empty where it is the whole.
    pub fn field(&self) -> &'static str {
        match *self.0 {
            AttenuateFault::TooDeep | AttenuateFault::NotDelegable | AttenuateFault::TwoLayers => {
                ""
            }
            AttenuateFault::Holder(_) => "held_by",
            AttenuateFault::NothingToHandOn(_) => "using",
            AttenuateFault::TooManyHandOn
            | AttenuateFault::HandOn(_)
            | AttenuateFault::HandOnTwice(_) => "hand_on",
            AttenuateFault::TooManyBudgets
            | AttenuateFault::SharedByGate
            | AttenuateFault::RepeatedBudget(_)
            | AttenuateFault::Budget(_) => "budget",
            AttenuateFault::Name(_) => "named",
        }
    }

    /// What is wrong with a budget, where it is one.
    pub fn budget_error(&self) -> Option<&BudgetError> {
        match &*self.0 {
            AttenuateFault::Budget(error) => Some(error),
            _ => None,
        }
    }

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

fault_table! {
    /// Why there is no such attenuation ([`AttenuateError::kind`](crate::authority::AttenuateError::kind)).
    pub enum AttenuateErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    pub(super) enum AttenuateFault {
        #[error("the lineage already has {MAX_LINEAGE} capabilities")]
        TooDeep => TooDeep, "too-deep",
        #[error("the capability must not be attenuated further")]
        NotDelegable => NotDelegable, "not-delegable",
        #[error("an attenuation has one layer, and this one has two; attenuate twice")]
        TwoLayers => TwoLayers, "two-layers",
        #[error("the holder is not a name: {0}")]
        Holder(NameFault) => MalformedHolder, "malformed-holder",
        #[error("the capability has no right `{}` to hand on", visible(.0).short(MAX_NAME_BYTES))]
        NothingToHandOn(Arc<str>) => NoSuchRight, "no-such-right",
        #[error("more than {MAX_HAND_ON} rights to hand on")]
        TooManyHandOn => TooManyRights, "too-many-rights",
        #[error("a right to hand on is not named: {0}")]
        HandOn(NameFault) => MalformedRight, "malformed-right",
        #[error("two rights to hand on have the name `{}`", visible(.0))]
        HandOnTwice(Arc<str>) => RepeatedRight, "repeated-right",
        #[error("more than {MAX_BUDGETS} budgets")]
        TooManyBudgets => TooManyBudgets, "too-many-budgets",
        #[error("the root is not named: {0}")]
        Name(NameFault) => MalformedRootName, "malformed-root-name",
        #[error("a budget that everybody at the gate shares is declared at the gate")]
        SharedByGate => BudgetSharedByGate, "budget-shared-by-gate",
        #[error("two budgets have the name `{}`", visible(.0))]
        RepeatedBudget(Arc<str>) => RepeatedBudget, "repeated-budget",
        #[error("{0}")]
        Budget(BudgetError) => UnusableBudget, "unusable-budget",
    }
}
