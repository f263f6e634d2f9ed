//! Guard 9: setting aside what an action draws on budgets.

use super::budgets::{Charges, NoRoom, tell};
use super::context::DecisionContext;
use super::core::Core;
use super::evaluation::PreparedAction;
use crate::state::budget::reserve;
use crate::state::posting::Reservation;

impl Core {
    /// Sets aside all that the action draws on budgets, or nothing.
    #[inline(always)]
    pub(super) fn reserve(
        &self,
        context: &DecisionContext<'_, '_>,
        prepared: &PreparedAction<'_>,
    ) -> Result<Reservation, NoRoom> {
        match Charges::of(context.configuration, context.action, context.scope) {
            None => Ok(Reservation::NONE),
            Some(charges) => self.reserve_on(&charges, context, prepared, false),
        }
    }

    /// The same for what a person approved: up to what there is at most, where that is what they approved.
    #[cold]
    pub(super) fn reserve_approved(
        &self,
        context: &DecisionContext<'_, '_>,
        prepared: &PreparedAction<'_>,
        is_lifted: bool,
    ) -> Result<Reservation, NoRoom> {
        match Charges::of(context.configuration, context.action, context.scope) {
            None => Ok(Reservation::NONE),
            Some(charges) => self.reserve_on(&charges, context, prepared, is_lifted),
        }
    }

    #[inline(never)]
    fn reserve_on(
        &self,
        charges: &Charges<'_>,
        context: &DecisionContext<'_, '_>,
        prepared: &PreparedAction<'_>,
        is_lifted: bool,
    ) -> Result<Reservation, NoRoom> {
        let now = context.moment.ticks;
        tell(context.configuration, context.scope, now);
        let mut drafts = charges.drafts(&prepared.counted(context.action), now)?;
        if drafts.is_empty() {
            return Ok(Reservation::NONE);
        }
        if is_lifted {
            charges.lift(&mut drafts);
        }
        if let Err(shortage) = reserve(&drafts, now) {
            return Err(charges.short(&drafts, shortage, now));
        }
        match self.open.keep(&mut drafts) {
            Some(number) => match Reservation::of_budgets(number) {
                Some(reservation) => Ok(reservation),
                None => {
                    self.open.end(number, now, |_| None);
                    Err(charges.unkept(&drafts, now))
                }
            },
            None => Err(charges.unkept(&drafts, now)),
        }
    }
}
