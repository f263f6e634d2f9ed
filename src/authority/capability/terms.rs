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
        for (place, budget) in self.budgets.iter().enumerate() {
            budget.check().map_err(AttenuateFault::Budget)?;
            if budget.share() == Some(Share::Gate) {
                return Err(AttenuateFault::SharedByGate);
            }
            // They would draw on one counter, and the shorter span would empty the longer.
            if self.budgets.iter().take(place).any(|before| before.name == budget.name) {
                return Err(AttenuateFault::RepeatedBudget(budget.name.clone()));
            }
        }
        Ok(())
    }
}
