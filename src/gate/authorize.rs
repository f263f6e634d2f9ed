//! The pipeline: every guard, in the order of the reasons. [`examine`] runs 0 to 8 and changes nothing; [`Core::admit`] adds
//! 9 to 11. `authorize`, `decide`, `explain` and what `begin` decides again run the same.

use super::configuration::NamedRule;
use super::context::{DecisionContext, WholeCall};
use super::core::Core;
use super::evaluation::{Evaluation, PreparedAction, SideNotes};
use super::shadow::beside;
use crate::authority::scope::Scope;
use crate::decision::{Decision, Ruling};
use crate::gate::refusal::{Denial, Hold, Refusal};
use crate::model::action::Action;
use crate::record::PackedDecision;
use crate::state::posting::{Posting, Reservation};

/// Guards 0 to 8.
#[inline]
pub(super) fn examine<'s>(
    context: &DecisionContext<'_, 's>,
    prepared: &mut PreparedAction<'s>,
) -> PackedDecision<'s> {
    // 0 well-formed · 1 halted · 2 valid. These have no shadow.
    if let Err(reason) = prepared.prepare(context.action).and(context.moment.state) {
        return PackedDecision::deny(reason);
    }
    let configuration = context.configuration;
    let (evaluation, aside) = prepared.evaluation(context);
    // 3 guardrails
    let guardrails = evaluation.guardrails(configuration.guardrails.as_deref());
    let finding = match &configuration.shadow {
        None => after_guardrails(&evaluation, guardrails, &configuration.rules, aside),
        Some(candidate) => beside(&evaluation, guardrails, candidate, aside, after_guardrails),
    };
    evaluation.approvals(finding) // 8 an approval that lifts a hold
}

/// Guards 4 to 7. The strictest finding counts, the first where several are alike; behind a denial nothing is asked.
#[inline(always)]
fn after_guardrails<'s>(
    evaluation: &Evaluation<'_, 's>,
    before: PackedDecision<'s>,
    rules: &'s [NamedRule],
    aside: SideNotes<'_, 's>,
) -> PackedDecision<'s> {
    let finding = evaluation.lineage(before); // 4 every layer of the lineage
    let finding = evaluation.rules(finding, rules, aside.said); // 5 rules
    let finding = finding.or_denied_by(|| evaluation.flow()); // 6 information flow
    evaluation.budgets(finding, aside.budget) // 7 budgets
}

/// The decision that guards 0 to 8 come to.
#[inline(always)]
pub(super) fn decision(context: &DecisionContext<'_, '_>) -> Decision {
    let mut prepared = PreparedAction::new(context.configuration, context.scope);
    let finding = examine(context, &mut prepared);
    prepared.decision(finding, context)
}

impl Core {
    /// The decision on an action now, without a trace.
    pub(super) fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        let moment = &self.moment(scope);
        self.configuration.read(|configuration| {
            let (siblings, desk) = (None, &self.desk);
            let call = &WholeCall::new(std::slice::from_ref(action), None);
            decision(&DecisionContext {
                configuration,
                action,
                scope,
                moment,
                siblings,
                call,
                desk,
            })
        })
    }

    /// Guards 0 to 11 for one action. `permit` makes what is given for what the gate keeps of it.
    #[inline(always)]
    pub(super) fn admit<'s, T>(
        &self,
        context: &DecisionContext<'_, 's>,
        permit: impl FnOnce(Posting) -> T,
    ) -> Result<T, Refusal> {
        let mut prepared = PreparedAction::new(context.configuration, context.scope);
        let mut finding = examine(context, &mut prepared); // 0 to 8
        let mut reservation = Reservation::NONE;
        if finding.is_approved() {
            (finding, reservation) = self.redeem(context, &mut prepared, finding); // 9
        } else if finding.ruling() == Ruling::Allow {
            match self.reserve(context, &prepared) {
                Ok(reserved) => reservation = reserved, // 9
                Err(no_room) => {
                    (finding, reservation) = self.without_room(context, &mut prepared, no_room);
                }
            }
        }
        if finding.is_about_audience() {
            prepared.who(finding, context);
        }
        let mut refusal = None;
        let recorded = self.record(context, &prepared, finding, &mut refusal); // 10
        match (finding.ruling(), recorded) {
            (Ruling::Allow, Some(record)) => {
                Ok(permit(Posting::new(record, reservation))) // 11
            }
            (Ruling::Hold, Some(_)) => {
                let held = |grounds| Err(Refusal::Held(Hold(grounds)));
                prepared.grounds(finding, context, held)
            }
            (Ruling::Deny, _) => {
                let denied = |grounds| Err(Refusal::Denied(Denial(grounds)));
                prepared.grounds(finding, context, denied)
            }
            (_, None) => {
                self.end(reservation, None);
                Err(Refusal::not_recorded(refusal))
            }
        }
    }
}
