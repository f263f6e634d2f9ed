//! Guard 8: an approval that lifts a hold. It is looked for where something is held and somebody said something, and never else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::budgets::NoRoom;
use super::context::{CallDigests, DecisionContext, Role, WholeCall};
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
        let DecisionContext { call, desk, moment, .. } = self.context;
        match before.ruling() {
            Ruling::Hold if desk.has_answers(moment.now) => self.answered(before),
            Ruling::Allow if matches!(call.role, Role::Begun(open) if !open.is_empty()) => {
                self.unchanged(before)
            }
            // A no is final, also where nothing holds it any more.
            Ruling::Allow if desk.queue.has_declined(moment.now) => self.not_declined(before),
            _ => before,
        }
    }

    #[cold]
    #[inline(never)]
    fn answered(&self, held: PackedDecision<'s>) -> PackedDecision<'s> {
        let call = self.context.call;
        if matches!(call.role, Role::Asked) {
            return held;
        }
        if self.context.digests().is_none() {
            return held;
        }
        if self.is_declined() {
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
    fn not_declined(&self, allowed: PackedDecision<'s>) -> PackedDecision<'s> {
        if self.is_declined() { PackedDecision::deny(Reason::ApprovalDeclined) } else { allowed }
    }

    /// Whether somebody said no to it: to the call as it is now, or as it was when an approval of it was set aside.
    fn is_declined(&self) -> bool {
        let DecisionContext { call, desk, moment, .. } = *self.context;
        if !desk.queue.has_declined(moment.now) {
            return false;
        }
        let own = match call.role {
            Role::Begun(open) => open.get(call.place.get()).and_then(Option::as_ref),
            Role::Asked | Role::Decided => None,
        };
        let now = self.context.digests().map(|digests| digests.matter);
        let matters = now.into_iter().chain(own.map(|approval| approval.matter));
        matters.into_iter().any(|matter| desk.queue.is_declined(matter, moment.now))
    }

    /// An effect begins that nothing holds now, or only a budget that has its part: what was set aside must still be of it, and
    /// those who approved must still be enough for what they lifted.
    #[cold]
    #[inline(never)]
    fn unchanged(&self, allowed: PackedDecision<'s>) -> PackedDecision<'s> {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        let Role::Begun(open) = call.role else { return allowed };
        if self.is_declined() {
            return PackedDecision::deny(Reason::ApprovalDeclined);
        }
        let electorate = Voters(&configuration.directory);
        let stands = match open.get(call.place.get()).and_then(Option::as_ref) {
            None => true,
            Some(approval) => match approval.source {
                ApprovalSource::Request(id) => {
                    let aside = (id, approval.call);
                    self.is_of(approval)
                        && desk.queue.is_met(aside, &approval.required, &electorate)
                }
                ApprovalSource::Standing(number) => {
                    let terms = desk.standing.standing(number, moment.now);
                    terms.is_some_and(|terms| {
                        terms.lifts(self, scope, &approval.required, &electorate)
                    })
                }
            },
        };
        if stands { allowed } else { PackedDecision::deny(Reason::ApprovalGone) }
    }

    /// The approval that lifts it and that nobody has set aside.
    fn free(&self, required: &[Requirement]) -> Option<ApprovalSource> {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        let electorate = Voters(&configuration.directory);
        let digests = self.context.digests()?;
        if let Some(taken) = call.taken.get() {
            // What this action needs may be more than the others.
            let ApprovalSource::Request(id) = taken else { return None };
            let is_met = desk.queue.is_met((id, digests.call), required, &electorate);
            return is_met.then_some(taken);
        }
        let request = desk.queue.check(digests.call, required, moment.now, &electorate);
        request.map(ApprovalSource::Request).or_else(|| {
            let mut standing = desk.standing.usable(moment.now).into_iter();
            let lifts = standing.find(|(_, terms)| terms.lifts(self, scope, required, &electorate));
            lifts.map(|(number, _)| ApprovalSource::Standing(number))
        })
    }

    /// Sets that approval aside. A call is approved as one, so its approval is set aside once.
    fn set_aside(&self, required: &[Requirement]) -> Option<Option<OpenApproval>> {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        if call.taken.get().is_some() {
            // What is required may have become more since that was asked.
            self.free(required)?;
            call.kept.get().into_iter().for_each(|place| desk.require(place, required));
            return Some(None);
        }
        let electorate = Voters(&configuration.directory);
        let digests = self.context.digests()?;
        let request = desk.queue.reserve(digests.call, required, moment.now, &electorate);
        let source = match request {
            Some(id) => {
                call.taken.set(Some(ApprovalSource::Request(id)));
                ApprovalSource::Request(id)
            }
            None => {
                let mut standing = desk.standing.usable(moment.now).into_iter();
                let (number, _) = standing.find(|(number, terms)| {
                    terms.lifts(self, scope, required, &electorate)
                        && desk.standing.take(*number, moment.now)
                })?;
                ApprovalSource::Standing(number)
            }
        };
        let CallDigests { call: digest, matter } = *digests;
        let (tool, required, budgets) = (call.tool, required.to_vec(), Reservation::NONE);
        let call = digest;
        Some(Some(OpenApproval { source, call, matter, required, tool, budgets, is_used: false }))
    }

    /// Whether one that is set aside for the effect that begins lifts it still.
    fn is_set_aside(&self, open: &[Option<OpenApproval>], required: &[Requirement]) -> bool {
        let DecisionContext { configuration, scope, call, desk, moment, .. } = *self.context;
        let electorate = Voters(&configuration.directory);
        open.iter().enumerate().any(|(at, approval)| match approval {
            None => false,
            Some(approval) => match approval.source {
                ApprovalSource::Request(id) => {
                    let aside = (id, approval.call);
                    desk.queue.is_met(aside, required, &electorate)
                        && desk.queue.is_met(aside, &approval.required, &electorate)
                        && (self.is_of_call(approval)
                            || at == call.place.get() && self.is_of(approval))
                }
                ApprovalSource::Standing(number) => {
                    let terms = desk.standing.standing(number, moment.now);
                    let lifts = |terms: Arc<StandingTerms>| {
                        terms.lifts(self, scope, required, &electorate)
                            && terms.lifts(self, scope, &approval.required, &electorate)
                    };
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
        let required = evaluation.required();
        let Some(open) = evaluation.set_aside(&required) else {
            return self.held_again(context, prepared);
        };
        let is_own = open.is_some();
        prepared.approval =
            open.as_ref().map(|open| open.source).or_else(|| context.call.taken.get());
        // Beyond the mark from which a person is asked goes only what those approved who are asked there.
        let is_lifted = required.contains(&context.configuration.approvers);
        let budgets = match self.reserve_approved(context, prepared, is_lifted) {
            Ok(budgets) => budgets,
            Err((reason, budget)) => {
                // Kept and ended at once, it is free again.
                let open = open.and_then(|open| self.desk.keep(open));
                self.end(open.unwrap_or(Reservation::NONE), None);
                if is_own {
                    context.call.taken.set(None);
                }
                prepared.approval = None;
                prepared.budget = budget;
                return (PackedDecision::of_budget(reason), Reservation::NONE);
            }
        };
        let Some(open) = open else { return (finding, budgets) };
        match self.desk.keep(OpenApproval { budgets, ..open }) {
            Some(reservation) => {
                context.call.kept.set(reservation.approval());
                (finding, reservation)
            }
            None => {
                self.end(budgets, None);
                if is_own {
                    context.call.taken.set(None);
                }
                self.held_again(context, prepared)
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
        if reason == Reason::BudgetApproval && self.desk.has_answers(context.moment.now) {
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
        if !self.desk.has_answers(context.moment.now) || prepared.prepare(context.action).is_err() {
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

    /// What guards 0 to 7 come to, whatever was approved, with what that sets aside: nothing may hold it by now.
    fn held_again<'s>(
        &self,
        context: &DecisionContext<'_, 's>,
        prepared: &mut PreparedAction<'s>,
    ) -> (PackedDecision<'s>, Reservation) {
        let call = &WholeCall::of(context.call.actions, context.call.tool, Role::Asked);
        *prepared = PreparedAction::new(context.configuration, context.scope);
        let context = &DecisionContext { call, ..*context };
        let finding = super::authorize::examine(context, prepared);
        if finding.ruling() != Ruling::Allow {
            return (finding, Reservation::NONE);
        }
        match self.reserve(context, prepared) {
            Ok(reservation) => (finding, reservation),
            Err((reason, budget)) => {
                prepared.budget = budget;
                (PackedDecision::of_budget(reason), Reservation::NONE)
            }
        }
    }
}
