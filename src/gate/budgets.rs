//! Guard 7: whether budgets have room for an action, alone or with the others of its call.

use std::sync::Arc;
use std::time::Duration;

use super::context::DecisionContext;
use crate::authority::budget::{Budget, Measure};
use crate::authority::scope::Scope;
use crate::decision::{BudgetUse, Decision, Grounds, Reason};
use crate::directory::ResolvedAudience;
use crate::gate::configuration::Configuration;
use crate::model::action::Action;
use crate::state::budget::{
    Charge, Draft, Drafts, Finding, Shortage, check, drafts, short, together,
};

/// Why there is no room: the reason, and which budget.
pub(super) type NoRoom = (Reason, BudgetUse);

/// What those draw on who act under one scope, what is nearest to them first.
pub(super) struct Charges<'x> {
    own: &'x [Charge],
    at_gate: Option<Arc<[Charge]>>,
}

impl<'x> Charges<'x> {
    /// `None` where nothing is about the operation.
    #[inline]
    pub(super) fn of(
        configuration: &Configuration,
        action: &Action<'_>,
        scope: &'x Scope,
    ) -> Option<Self> {
        let operation = action.operation();
        let at_gate = configuration.budgets.operations().contains(operation);
        if !at_gate && !scope.budgeted().contains(operation) {
            return None;
        }
        let at_gate = at_gate.then(|| scope.charges_at(&configuration.budgets));
        Some(Self { own: scope.charges(), at_gate })
    }

    /// All, whatever they are about.
    pub(super) fn all(configuration: &Configuration, scope: &'x Scope) -> Self {
        let at_gate = Some(scope.charges_at(&configuration.budgets));
        Self { own: scope.charges(), at_gate }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Charge> {
        self.own.iter().chain(self.at_gate.iter().flat_map(|charges| &**charges))
    }

    /// Guard 7.
    pub(super) fn check(
        &self,
        action: &Action<'_>,
        audience: &ResolvedAudience<'_>,
        now: u64,
    ) -> Option<NoRoom> {
        check(self.iter(), action, audience, now).map(|finding| told(&finding, now))
    }

    /// What an action draws on them.
    pub(super) fn drafts(
        &self,
        action: &Action<'_>,
        audience: &ResolvedAudience<'_>,
        now: u64,
    ) -> Result<Drafts, NoRoom> {
        drafts(self.iter(), action, audience, false).map_err(|finding| told(&finding, now))
    }
}

impl Charges<'_> {
    /// Which of them had no room for a draft, at its place among those of the action.
    #[cold]
    pub(super) fn short(
        &self,
        (place, draft): (usize, &Draft),
        shortage: Shortage,
        about: (&Action<'_>, &ResolvedAudience<'_>),
        now: u64,
    ) -> NoRoom {
        let found = short(self.iter(), place, draft, shortage, about);
        let unnamed = || BudgetUse::new("".into(), 0, (shortage.used, 0, draft.units), None);
        found.map_or_else(|| (Reason::BudgetSpent, unnamed()), |finding| told(&finding, now))
    }
}

/// With the budget as it stands.
#[cold]
fn told(finding: &Finding<'_>, now: u64) -> NoRoom {
    let Finding { reason, charge, needs, used } = *finding;
    let limit = if reason == Reason::BudgetSpent { charge.most() } else { charge.free() };
    let room = charge.room_at(needs, limit, now).filter(|_| needs > 0);
    let room_in = room.map(|at| Duration::from_nanos(at.saturating_sub(now)));
    let budget = charge.budget();
    let name = Arc::clone(&budget.name);
    (reason, BudgetUse::new(name, decimals(budget), (used, limit.most, needs), room_in))
}

const fn decimals(budget: &Budget) -> u8 {
    match budget.measure() {
        Measure::Sum { decimals, .. } => *decimals,
        _ => 0,
    }
}

/// Whether budgets have room for all actions of a call together, each of which they have room for.
#[cold]
pub(super) fn room_for_all<'x>(
    contexts: impl Iterator<Item = DecisionContext<'x, 'x>>,
) -> Option<Decision> {
    let mut all = Drafts::new();
    for context in contexts {
        let DecisionContext { configuration, action, scope, moment, .. } = context;
        let Some(charges) = Charges::of(configuration, action, scope) else { continue };
        let mut audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
        // It was resolved before, when the action was decided by itself.
        audience.resolve(action.audience()).ok()?;
        let (from, now) = (all.len(), moment.ticks);
        let no_room = match charges.drafts(action, &audience, now) {
            Err(no_room) => Some(no_room),
            Ok(drafts) => {
                all.extend(drafts);
                together(&all, now).err().and_then(|(place, shortage)| {
                    let draft = (place.saturating_sub(from), all.get(place)?);
                    Some(charges.short(draft, shortage, (action, &audience), now))
                })
            }
        };
        if let Some((reason, budget)) = no_room {
            let grounds = Grounds::of_budget(reason, budget);
            let is_asked = reason == Reason::BudgetApproval;
            return Some(if is_asked { Decision::Hold(grounds) } else { Decision::Deny(grounds) });
        }
    }
    None
}
