//! Mapped calls: all actions of a call are allowed, or none, and what the call reads counts for what it writes.

use smallvec::SmallVec;

use super::Gate;
use super::authorize::decision;
use super::budgets::{CallTrial, Charges};
use super::context::{DecisionContext, WholeCall};
use super::core::Core;
use super::siblings::{CallReads, Siblings};
use crate::authority::scope::Scope;
use crate::decision::{Decision, Grounds, Reason, Ruling};
use crate::gate::permit::{CallPermit, Permit};
use crate::gate::refusal::Refusal;
use crate::manifest::Call;
use crate::model::action::Action;
use crate::state::terms::DecisionBasis;

impl Gate {
    /// The call at one moment, under one configuration.
    pub(super) fn authorize_together<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        let actions: SmallVec<[Action<'p>; 2]> = call.actions().collect();
        let moment = &self.core.moment(scope);
        self.core.configuration.read_numbered(|configuration, number| {
            let mut permit: Option<CallPermit<'p>> = None;
            let mut held = None;
            let reads = CallReads::of(configuration, &actions, scope);
            let (whole, desk) = (&WholeCall::new(&actions, call.tool_digest()), &self.core.desk);
            for (place, action) in actions.iter().enumerate() {
                let siblings = Siblings::of(reads.as_ref(), &actions, place);
                let siblings = siblings.as_ref();
                let context = DecisionContext {
                    configuration,
                    action,
                    scope,
                    moment,
                    siblings,
                    call: whole,
                    desk,
                };
                let admitted = self.core.admit(&context, |posting| match &mut permit {
                    Some(permit) => permit.add(*action, posting),
                    None => {
                        let (terms, label) = (self.core.terms(posting, &context), moment.label);
                        let under = DecisionBasis { label, configuration: Some(number) };
                        permit = Some(CallPermit::new(&self.core, *action, scope, terms, under));
                    }
                });
                match admitted {
                    Ok(()) => {}
                    Err(refusal @ Refusal::Held(_)) => held = held.or(Some(refusal)),
                    Err(refusal) => return Err(refusal),
                }
            }
            match (held, permit) {
                (Some(refusal), _) => Err(refusal),
                (None, Some(permit)) => Ok(permit.in_order()),
                (None, None) => Err(Refusal::denied(Reason::UnmappedCall)),
            }
        })
    }

    pub(super) fn decide_together(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        let actions: SmallVec<[Action<'_>; 2]> = call.actions().collect();
        let moment = &self.core.moment(scope);
        self.core.configuration.read(|configuration| {
            let reads = CallReads::of(configuration, &actions, scope);
            let mut charges: SmallVec<[Option<Charges<'_>>; 2]> = SmallVec::new();
            if actions.len() > 1 && self.core.may_count(scope) {
                charges
                    .extend(actions.iter().map(|action| Charges::of(configuration, action, scope)));
            }
            let mut trial = CallTrial::new(&charges);
            let (whole, desk) = (&WholeCall::new(&actions, call.tool_digest()), &self.core.desk);
            strictest(actions.iter().enumerate().map(|(place, action)| {
                let siblings = Siblings::of(reads.as_ref(), &actions, place);
                let siblings = siblings.as_ref();
                let context = DecisionContext {
                    configuration,
                    action,
                    scope,
                    moment,
                    siblings,
                    call: whole,
                    desk,
                };
                let together = trial.draw(place, &context, decision(&context));
                if together.reason() == Reason::BudgetApproval {
                    return self.core.decide_beyond(&context, together);
                }
                together
            }))
        })
    }
}

impl Core {
    /// Decides together what was decided action by action, by a gate that wraps this one.
    fn decide_joined<'p>(&self, permit: CallPermit<'p>) -> Result<CallPermit<'p>, Refusal> {
        let now = self.now().unwrap_or_else(|latest| latest);
        let (actions, postings) = (permit.all(), permit.postings());
        let beginning = self.beginning(actions, permit.scope(), postings);
        match self.decide_again(&beginning, 0..actions.len(), now, None) {
            Ok(under) => Ok(permit.decided_under(under)),
            Err(refusal) => Err(permit.refuse(refusal)),
        }
    }
}

/// A call of a gate that is asked for actions only.
pub(super) fn authorize_each<'p>(
    call: &'p Call<'_>,
    authorize: impl Fn(Action<'p>) -> Result<Permit<'p>, Refusal>,
) -> Result<CallPermit<'p>, Refusal> {
    let mut joined: Option<CallPermit<'p>> = None;
    let mut held = None;
    for action in call.actions() {
        let permit = match authorize(action) {
            Ok(permit) => permit,
            Err(refusal @ Refusal::Denied(_)) => return Err(refusal),
            Err(refusal) => {
                held = held.or(Some(refusal));
                continue;
            }
        };
        if permit.action().tool() != call.tool() {
            return Err(Refusal::denied(Reason::WrongTool));
        }
        if permit.action().operation() != action.operation() {
            return Err(Refusal::denied(Reason::WrongOperation));
        }
        joined = Some(match joined {
            Some(before) => before.join(permit)?,
            None => permit.into(),
        });
    }
    match (held, joined) {
        (Some(refusal), _) => Err(refusal),
        (None, None) => Err(Refusal::denied(Reason::UnmappedCall)),
        (None, Some(permit)) if permit.all().len() == 1 => Ok(permit),
        (None, Some(permit)) => permit.gate().clone().decide_joined(permit.in_order()),
    }
}

/// Likewise, without permits.
pub(super) fn decide_each(call: &Call<'_>, decide: impl Fn(Action<'_>) -> Decision) -> Decision {
    strictest(call.actions().map(decide))
}

/// The strictest of several decisions, the first of these; no more are asked for after a denial.
fn strictest(decisions: impl Iterator<Item = Decision>) -> Decision {
    let mut strictest: Option<Decision> = None;
    for decision in decisions {
        if decision.ruling() == Ruling::Deny {
            return decision;
        }
        match &strictest {
            Some(before) if before.ruling() >= decision.ruling() => {}
            _ => strictest = Some(decision),
        }
    }
    strictest.unwrap_or_else(|| Decision::Deny(Grounds::new(Reason::UnmappedCall)))
}
