//! Guard 7: whether budgets have room for an action, alone or with the others of its call.

use std::sync::Arc;
use std::time::Duration;

use crate::authority::budget::{Budget, Measure};
use crate::authority::scope::Scope;
use crate::decision::{BudgetUse, Decision, Grounds, Reason, Ruling};
use crate::directory::ResolvedAudience;
use crate::gate::configuration::Configuration;
use crate::gate::context::DecisionContext;
use crate::model::action::Action;
use crate::state::budget::{
    Charge, CountedAction, Drafts, Finding, Fingerprint, Shortage, Trial, check, drafts,
};

/// Why there is no room: the reason, and which budget.
pub(super) type NoRoom = (Reason, Option<BudgetUse>);

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
        let at_gate = at_gate.then(|| charges_at(configuration, scope));
        Some(Self { own: scope.charges(), at_gate })
    }

    /// All, whatever they are about.
    pub(super) fn all(configuration: &Configuration, scope: &'x Scope) -> Self {
        let at_gate = Some(charges_at(configuration, scope));
        Self { own: scope.charges(), at_gate }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Charge> {
        self.own.iter().chain(self.at_gate.iter().flat_map(|charges| &**charges))
    }

    /// Guard 7.
    pub(super) fn check(&self, counted: &CountedAction<'_>, now: u64) -> Result<(), NoRoom> {
        check(self.iter(), counted, now).map_err(|finding| told(&finding, now))
    }

    /// What an action draws on them.
    pub(super) fn drafts(&self, counted: &CountedAction<'_>, now: u64) -> Result<Drafts, NoRoom> {
        drafts(self.iter(), counted).map_err(|finding| told(&finding, now))
    }

    /// Sets aside up to what there is at most: a person approved what lies beyond the mark from which one is asked.
    #[cold]
    pub(super) fn lift(&self, drafts: &mut Drafts) {
        for draft in drafts {
            if let Some(charge) = self.iter().nth(draft.charge) {
                draft.limit = charge.most();
            }
        }
    }

    /// The draft at a place, for which the budget had no room.
    #[cold]
    pub(super) fn short(
        &self,
        drafts: &Drafts,
        (place, shortage): (usize, Shortage),
        now: u64,
    ) -> NoRoom {
        self.tell_of(drafts, place, Reason::BudgetSpent, |charge, units| {
            told(&charge.short(units, shortage), now)
        })
    }

    /// There are more permits than can be kept apart, so nothing can be set aside.
    #[cold]
    pub(super) fn unkept(&self, drafts: &Drafts, now: u64) -> NoRoom {
        self.tell_of(drafts, 0, Reason::BudgetUncounted, |charge, units| {
            told(&charge.uncounted(Some(units)), now)
        })
    }

    fn tell_of(
        &self,
        drafts: &Drafts,
        place: usize,
        reason: Reason,
        tell: impl FnOnce(&Charge, u64) -> NoRoom,
    ) -> NoRoom {
        let draft = drafts.get(place);
        let charge = draft.and_then(|draft| Some((self.iter().nth(draft.charge)?, draft.units)));
        charge.map_or((reason, None), |(charge, units)| tell(charge, units))
    }
}

/// By the one name of the invoker: an alias is nobody else.
fn charges_at(configuration: &Configuration, scope: &Scope) -> Arc<[Charge]> {
    scope.charges_at(&configuration.budgets, configuration.directory.one_name(scope.invoker()))
}

/// Tells the tables of a scope and of the gate the time, by which windows pass: they drop by it what no longer counts. A scope
/// whose counter found no room when it was built gets it by this.
pub(super) fn tell(configuration: &Configuration, scope: &Scope, now: u64) {
    configuration.budgets.tell(now);
    scope.capability().tell_budgets(now);
}

/// With the budget as it stands.
#[cold]
fn told(finding: &Finding<'_>, now: u64) -> NoRoom {
    let Finding { reason, charge, needs, used, others } = *finding;
    let limit = if reason == Reason::BudgetSpent { charge.most() } else { charge.free() };
    let room = needs.filter(|_| used.is_some());
    let room = room.and_then(|needs| charge.room_at(needs.saturating_add(others), limit, now));
    let room_in = room.map(|at| Duration::from_nanos(at.saturating_sub(now)));
    let budget = charge.budget();
    let name = Arc::clone(&budget.name);
    let told = BudgetUse::new(name, decimals(budget), (used, limit.most, needs), room_in);
    (reason, Some(told))
}

const fn decimals(budget: &Budget) -> u8 {
    match budget.measure() {
        Measure::Sum { decimals, .. } => *decimals,
        _ => 0,
    }
}

/// What the actions of one call would draw, one after the other as they are set aside. Sets nothing aside, and makes no counter.
pub(super) struct CallTrial<'x> {
    charges: &'x [Option<Charges<'x>>],
    trial: Trial<'x>,
}

impl<'x> CallTrial<'x> {
    /// Of actions that draw on these.
    pub(super) fn new(charges: &'x [Option<Charges<'x>>]) -> Self {
        Self { charges, trial: Trial::default() }
    }

    /// What the action at a place comes to behind those before it, which comes to `alone` by itself.
    #[cold]
    pub(super) fn draw(
        &mut self,
        place: usize,
        context: &DecisionContext<'_, '_>,
        alone: Decision,
    ) -> Decision {
        // What is not allowed sets nothing aside.
        let found = match alone.ruling() {
            Ruling::Deny => None,
            ruling => self.finding(place, context, ruling == Ruling::Allow),
        };
        found.filter(|found| found.ruling() > alone.ruling()).unwrap_or(alone)
    }

    fn finding(
        &mut self,
        place: usize,
        context: &DecisionContext<'_, '_>,
        draws: bool,
    ) -> Option<Decision> {
        let charges = self.charges.get(place)?.as_ref()?;
        let DecisionContext { configuration, action, scope, moment, .. } = *context;
        let mut audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
        if audience.resolve(action.audience()).is_err() {
            return Some(Decision::Deny(Grounds::new(Reason::MalformedAudience)));
        }
        let print = &Fingerprint::default();
        let counted = CountedAction { action, audience: &audience, print };
        let finding = self.trial.draw(charges.iter(), &counted, moment.ticks, draws).err()?;
        Some(match told(&finding, moment.ticks) {
            (Reason::BudgetApproval, Some(budget)) => {
                Decision::Hold(Grounds::of_budget(Reason::BudgetApproval, budget))
            }
            (reason, Some(budget)) => Decision::Deny(Grounds::of_budget(reason, budget)),
            (reason, None) => Decision::Deny(Grounds::new(reason)),
        })
    }
}
