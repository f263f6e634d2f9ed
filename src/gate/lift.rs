//! Guard 8: an approval that lifts a hold. It is looked for where something is held and somebody said something, and never else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::budgets::NoRoom;
use super::context::{DecisionContext, Role, WholeCall};
use super::core::Core;
use super::desk::{OpenApproval, Voters};
use super::evaluation::{Evaluation, PreparedAction};
use super::standing::StandingTerms;
use crate::authority::requirement::Requirement;
use crate::authority::scope::Scope;
use crate::base::steps::Allowance;
use crate::decision::{Decision, Grounds, Reason, Ruling};
use crate::policy::{LayerVerdict, evaluate};
use crate::record::PackedDecision;
use crate::state::approval::{ApprovalSource, Electorate, Requester};
use crate::state::posting::Reservation;

impl<'s> Evaluation<'_, 's> {
    /// Guard 8: whether somebody approved, or declined, exactly what is held; and of an effect that begins, whether it is what was
    /// approved, also where nothing holds it by itself any more.
    #[inline(always)]
    pub(super) fn approvals(&self, before: PackedDecision<'s>) -> PackedDecision<'s> {
        let call = self.context.call;
        match before.ruling() {
            Ruling::Hold if self.context.desk.has_answers() => self.answered(before),
            Ruling::Allow if matches!(call.role, Role::Begun(open) if !open.is_empty()) => {
                self.unchanged(before)
            }
            _ => before,
        }
    }

    #[cold]
    #[inline(never)]
    fn answered(&self, held: PackedDecision<'s>) -> PackedDecision<'s> {
        let DecisionContext { call, desk, moment, .. } = *self.context;
        if matches!(call.role, Role::Asked) {
            return held;
        }
        let Some(digests) = self.context.digests() else { return held };
        if desk.queue.is_declined(digests.matter, moment.now) {
            return PackedDecision::deny(Reason::ApprovalDeclined);
        }
        let required = self.required();
        let lifts = match call.role {
            Role::Asked => false,
            Role::Decided => self.free(&required).is_some(),
            Role::Begun(open) => self.is_set_aside(open, &required),
        };
        if lifts { held.approved() } else { held }
    }

    #[cold]
    #[inline(never)]
    fn unchanged(&self, allowed: PackedDecision<'s>) -> PackedDecision<'s> {
        let DecisionContext { scope, call, desk, moment, .. } = *self.context;
        let Role::Begun(open) = call.role else { return allowed };
        let is_it = match open.get(call.place.get()).copied().flatten() {
            None => true,
            Some(approval) => match approval.source {
                ApprovalSource::Request(_) => self.is_of(&approval),
                ApprovalSource::Standing(number) => {
                    let terms = desk.standing.standing(number, moment.now);
                    terms.is_some_and(|terms| terms.covers(self, scope))
                }
            },
        };
        if is_it { allowed } else { PackedDecision::deny(Reason::ApprovalGone) }
    }

    /// The approval that lifts it and that nobody has set aside.
    fn free(&self, required: &[Requirement]) -> Option<ApprovalSource> {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        let electorate = Voters(&configuration.directory);
        let digests = self.context.digests()?;
        if let Some(taken) = call.taken.get() {
            // What this action needs may be more than the others.
            return desk.queue.is_met(digests.call, required, &electorate).then_some(taken);
        }
        let request = desk.queue.check(digests.call, required, moment.now, &electorate);
        request.map(ApprovalSource::Request).or_else(|| {
            let mut standing = desk.standing.usable(moment.now).into_iter();
            let lifts = standing.find(|(_, terms)| terms.lifts(self, scope, required, &electorate));
            lifts.map(|(number, _)| ApprovalSource::Standing(number))
        })
    }

    /// Sets that approval aside. A call is approved as one, so its approval is set aside once.
    fn set_aside(&self) -> Option<Option<OpenApproval>> {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        if call.taken.get().is_some() {
            return Some(None);
        }
        let (required, electorate) = (self.required(), Voters(&configuration.directory));
        let digests = self.context.digests()?;
        let request = desk.queue.reserve(digests.call, &required, moment.now, &electorate);
        let source = match request {
            Some(id) => {
                call.taken.set(Some(ApprovalSource::Request(id)));
                ApprovalSource::Request(id)
            }
            None => {
                let mut standing = desk.standing.usable(moment.now).into_iter();
                let (number, _) = standing.find(|(number, terms)| {
                    terms.lifts(self, scope, &required, &electorate)
                        && desk.standing.take(*number, moment.now)
                })?;
                ApprovalSource::Standing(number)
            }
        };
        let (call, tool, budgets) = (digests.call, call.tool, Reservation::NONE);
        Some(Some(OpenApproval { source, call, tool, budgets, is_used: false }))
    }

    /// Whether one that is set aside for the effect that begins lifts it still.
    fn is_set_aside(&self, open: &[Option<OpenApproval>], required: &[Requirement]) -> bool {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        let electorate = Voters(&configuration.directory);
        open.iter().enumerate().any(|(at, approval)| match approval {
            None => false,
            Some(approval) => match approval.source {
                ApprovalSource::Request(_) => {
                    desk.queue.is_met(approval.call, required, &electorate)
                        && (self.is_of_call(approval)
                            || at == call.place.get() && self.is_of(approval))
                }
                ApprovalSource::Standing(number) => {
                    let terms = desk.standing.standing(number, moment.now);
                    let lifts =
                        |terms: Arc<StandingTerms>| terms.lifts(self, scope, required, &electorate);
                    at == call.place.get() && terms.is_some_and(lifts)
                }
            },
        })
    }

    /// Whether an approval is of the call as it is now, or of the action alone where a gate that wraps this one asked for it alone.
    fn is_of(&self, approval: &OpenApproval) -> bool {
        let of_action = || {
            let alone = std::slice::from_ref(self.context.action);
            let digests = self.context.digests_of(alone, approval.tool);
            digests.is_some_and(|digests| digests.call == approval.call)
        };
        self.is_of_call(approval) || of_action()
    }

    fn is_of_call(&self, approval: &OpenApproval) -> bool {
        self.context.digests().is_some_and(|digests| digests.call == approval.call)
    }
}

impl StandingTerms {
    /// Whether it lifts what these requirements hold.
    fn lifts(
        &self,
        evaluation: &Evaluation<'_, '_>,
        scope: &Scope,
        required: &[Requirement],
        electorate: &dyn Electorate,
    ) -> bool {
        let requester = Requester { invoker: scope.invoker(), agent: scope.agent() };
        let by: Vec<&str> = self.by.iter().map(|by| &**by).collect();
        *self.invoker == *scope.invoker()
            && requester.is_met(required, &by, electorate)
            && self.covers(evaluation, scope)
            && scope.capability().lineage_digests().contains(&self.lineage)
    }

    /// Arguments are the user's, and may panic.
    fn covers(&self, evaluation: &Evaluation<'_, '_>, scope: &Scope) -> bool {
        let (own, values) = (Allowance::unlimited(), scope.always_bound());
        let asked = || evaluate(&self.fits, &evaluation.request, values, &own);
        let result = catch_unwind(AssertUnwindSafe(asked));
        result.is_ok_and(|result| result.answer == LayerVerdict::Permitted)
    }
}

impl Core {
    /// Guard 9 for what an approval lifted: sets the approval aside, and all that the action draws on budgets, or nothing. Where it
    /// is gone meanwhile, the action is held again.
    #[cold]
    #[inline(never)]
    pub(super) fn redeem<'s>(
        &self,
        context: &DecisionContext<'_, 's>,
        prepared: &mut PreparedAction<'s>,
        finding: PackedDecision<'s>,
    ) -> (PackedDecision<'s>, Reservation) {
        let (evaluation, _) = prepared.evaluation(context);
        let Some(open) = evaluation.set_aside() else {
            return (self.held_again(context, prepared), Reservation::NONE);
        };
        prepared.approval = open.map(|open| open.source).or_else(|| context.call.taken.get());
        let budgets = match self.reserve_lifted(context, prepared) {
            Ok(budgets) => budgets,
            Err((reason, budget)) => {
                // Kept and ended at once, it is free again.
                let open = open.and_then(|open| self.desk.keep(open));
                self.end(open.unwrap_or(Reservation::NONE), None);
                context.call.taken.set(None);
                prepared.approval = None;
                prepared.budget = budget;
                return (PackedDecision::of_budget(reason), Reservation::NONE);
            }
        };
        let Some(open) = open else { return (finding, budgets) };
        match self.desk.keep(OpenApproval { budgets, ..open }) {
            Some(reservation) => (finding, reservation),
            None => {
                self.end(budgets, None);
                (self.held_again(context, prepared), Reservation::NONE)
            }
        }
    }

    /// A budget has no room, beside what else is set aside for the same call. Where a person can make some, the approval of the call
    /// may be there.
    #[cold]
    #[inline(never)]
    pub(super) fn without_room<'s>(
        &self,
        context: &DecisionContext<'_, 's>,
        prepared: &mut PreparedAction<'s>,
        (reason, budget): NoRoom,
    ) -> (PackedDecision<'s>, Reservation) {
        let held = PackedDecision::of_budget(reason);
        if reason == Reason::BudgetApproval && self.desk.has_answers() {
            let (evaluation, _) = prepared.evaluation(context);
            let lifted = evaluation.approvals(held);
            if lifted.is_approved() {
                let (finding, reservation) = self.redeem(context, prepared, lifted);
                if finding.ruling() != Ruling::Hold {
                    return (finding, reservation);
                }
            }
        }
        prepared.budget = budget;
        (held, Reservation::NONE)
    }

    /// The same without a trace: the actions of a call draw more together than nobody is asked for.
    #[cold]
    pub(super) fn decide_beyond(
        &self,
        context: &DecisionContext<'_, '_>,
        together: Decision,
    ) -> Decision {
        let mut prepared = PreparedAction::new(context.configuration, context.scope);
        if !self.desk.has_answers() || prepared.prepare(context.action).is_err() {
            return together;
        }
        let (evaluation, _) = prepared.evaluation(context);
        let mut required = evaluation.required();
        let gate = &context.configuration.approvers;
        if !required.contains(gate) {
            required.push(gate.clone());
        }
        match evaluation.free(&required) {
            Some(_) => Decision::Allow(Grounds::new(Reason::Approved)),
            None => together,
        }
    }

    /// What guards 0 to 7 come to, whatever was approved.
    fn held_again<'s>(
        &self,
        context: &DecisionContext<'_, 's>,
        prepared: &mut PreparedAction<'s>,
    ) -> PackedDecision<'s> {
        let call = &WholeCall::of(context.call.actions, context.call.tool, Role::Asked);
        *prepared = PreparedAction::new(context.configuration, context.scope);
        super::authorize::examine(&DecisionContext { call, ..*context }, prepared)
    }
}
