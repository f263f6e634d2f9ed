//! What a grant and an attenuation say in the same words: validity, holder, depth, budgets.

use std::sync::Arc;

use super::fault::AttenuateFault;
use super::id::KeyId;
use crate::authority::budget::{Budget, Share};
use crate::base::limits::MAX_BUDGETS;
use crate::base::name::check_name;
use crate::base::time::Timestamp;

#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) not_before: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) holder: Option<Arc<str>>,
    /// The holder's key.
    pub(super) key: Option<KeyId>,
    /// How many further attenuations may follow, if it is said.
    pub(super) delegable: Option<u8>,
    pub(super) budgets: Vec<Budget>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            not_before: Timestamp::MIN,
            expires: Timestamp::MAX,
            holder: None,
            key: None,
            delegable: None,
            budgets: Vec::new(),
        }
    }
}

impl Terms {
    #[inline]
    pub(super) fn check(&self) -> Result<(), AttenuateFault> {
        if let Some(holder) = &self.holder {
            check_name(holder).map_err(AttenuateFault::Holder)?;
        }
        if self.budgets.len() > MAX_BUDGETS {
            return Err(AttenuateFault::TooManyBudgets);
        }
        self.budgets.iter().try_for_each(|budget| {
            budget.check().map_err(AttenuateFault::Budget)?;
            let by_gate = budget.share() == Some(Share::Gate);
            if by_gate { Err(AttenuateFault::SharedByGate) } else { Ok(()) }
        })
    }
}
