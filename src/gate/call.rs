//! Mapped calls: all actions of a call are allowed, or none, and what the call reads counts for what it writes.

use smallvec::SmallVec;

use super::Gate;
use super::beside::{Beside, CallReads};
use super::wall::{self, At, Examined};
use crate::action::Action;
use crate::audit::DecisionRecord;
use crate::decision::{Because, Decision, Reason, Ruling};
use crate::manifest::Call;
use crate::permit::{CallPermit, Given, Permit, Under};
use crate::refusal::{Denial, Refusal, Ticket};
use crate::scope::Scope;

impl Gate {
    /// The call at one moment, under one configuration.
    pub(super) fn authorize_together<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        let actions: SmallVec<[Action<'p>; 2]> = call.actions().collect();
        let time = self.now();
        let now = time.unwrap_or_else(|latest| latest);
        let state = self.check_state(scope, time);
        let label = scope.session().mark();
        self.core.configuration.read_numbered(|configuration, number| {
            let mut permit: Option<CallPermit<'p>> = None;
            let mut held = None;
            let reads = CallReads::of(configuration, &actions, scope);
            for (place, action) in actions.iter().enumerate() {
                let beside = reads.as_ref().map(|reads| Beside { reads, actions: &actions, place });
                let beside = beside.as_ref();
                let at = At { now, label, beside };
                let mut examined = Examined::new(configuration, scope);
                let before = state.map(|_| ());
                let finding = wall::weigh(configuration, action, scope, at, before, &mut examined);
                let mut sink = None;
                let gap = self.core.lost.take();
                let record = DecisionRecord {
                    at: now,
                    finding,
                    shadow: examined.shadow,
                    said: &examined.said,
                    action,
                    scope,
                    visibility: examined.visibility(),
                    gap: gap.as_ref(),
                };
                let recorded = self.record(&record, &mut sink);
                match (finding.ruling(), recorded, state) {
                    (Ruling::Allow, Some(record), Ok(mark)) => match &mut permit {
                        Some(permit) => permit.add(*action, record),
                        None => {
                            let expires = now.saturating_add(self.core.permit_lifetime);
                            let given = Given { record, halts: mark, expires };
                            let under = Under { label, configuration: Some(number) };
                            permit = Some(CallPermit::new(self, *action, scope, given, under));
                        }
                    },
                    (Ruling::Hold, Some(_), _) => {
                        let refusal = |because| Refusal::Held(Ticket(because));
                        let refusal =
                            examined.because(finding, configuration, action, scope, refusal);
                        held = held.or(Some(refusal));
                    }
                    (Ruling::Deny, ..) => {
                        let refusal = |because| Err(Refusal::Denied(Denial(because)));
                        return examined.because(finding, configuration, action, scope, refusal);
                    }
                    (_, None, _) => return Err(Refusal::not_recorded(sink)),
                    // Not reached: the wall denies what the state denies.
                    (_, _, Err(reason)) => return Err(Refusal::denied(reason)),
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
        let time = self.now();
        let now = time.unwrap_or_else(|latest| latest);
        let state = self.check_state(scope, time).map(|_| ());
        let label = scope.session().mark();
        self.core.configuration.read(|configuration| {
            let reads = CallReads::of(configuration, &actions, scope);
            strictest(actions.iter().enumerate().map(|(place, action)| {
                let beside = reads.as_ref().map(|reads| Beside { reads, actions: &actions, place });
                let beside = beside.as_ref();
                let at = At { now, label, beside };
                let mut examined = Examined::new(configuration, scope);
                let finding = wall::weigh(configuration, action, scope, at, state, &mut examined);
                examined.decision(finding, configuration, action, scope)
            }))
        })
    }

    /// Decides together what was decided action by action, by a gate that wraps this one.
    pub(crate) fn decide_joined<'p>(
        &self,
        permit: CallPermit<'p>,
    ) -> Result<CallPermit<'p>, Refusal> {
        let now = self.now().unwrap_or_else(|latest| latest);
        match self.decide_again(permit.all(), permit.scope(), now, None) {
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
    strictest.unwrap_or_else(|| Decision::Deny(Because::new(Reason::UnmappedCall)))
}
