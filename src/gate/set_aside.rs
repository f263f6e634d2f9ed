//! Guard 9: setting aside what an action draws on budgets.

use super::budgets::{Charges, NoRoom};
use super::context::DecisionContext;
use super::core::Core;
use crate::decision::{BudgetUse, Reason};
use crate::directory::ResolvedAudience;
use crate::state::budget::reserve;
use crate::state::posting::Reservation;

impl Core {
    /// Sets aside all that the action draws on budgets, or nothing.
    #[inline(always)]
    pub(super) fn reserve(
        &self,
        context: &DecisionContext<'_, '_>,
        audience: &ResolvedAudience<'_>,
    ) -> Result<Reservation, NoRoom> {
        match Charges::of(context.configuration, context.action, context.scope) {
            None => Ok(Reservation::NONE),
            Some(charges) => self.set_aside(&charges, context, audience),
        }
    }

    #[inline(never)]
    fn set_aside(
        &self,
        charges: &Charges<'_>,
        context: &DecisionContext<'_, '_>,
        audience: &ResolvedAudience<'_>,
    ) -> Result<Reservation, NoRoom> {
        let (action, now) = (context.action, context.moment.ticks);
        context.configuration.budgets.tell(now);
        let drafts = charges.drafts(action, audience, now)?;
        if drafts.is_empty() {
            return Ok(Reservation::NONE);
        }
        if let Err((place, shortage)) = reserve(&drafts, now)
            && let Some(draft) = drafts.get(place)
        {
            return Err(charges.short((place, draft), shortage, (action, audience), now));
        }
        let too_many = || BudgetUse::new("".into(), 0, (0, 0, 0), None);
        match self.open.keep(drafts) {
            Some(number) => Ok(Reservation(Some(number))),
            None => Err((Reason::BudgetUncounted, too_many())),
        }
    }
}
