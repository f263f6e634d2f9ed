//! Other guardrails on trial: what they would decide, beside the decision.

use super::configuration::NamedRule;
use super::evaluation::{Evaluation, SideNotes};
use crate::decision::Ruling;
use crate::policy::CompiledPolicy;
use crate::record::PackedDecision;

/// The guards behind the guardrails.
pub(super) type AfterGuardrails<'s> = fn(
    &Evaluation<'_, 's>,
    PackedDecision<'s>,
    &'s [NamedRule],
    SideNotes<'_, 's>,
) -> PackedDecision<'s>;

/// The decision, word for word what it is without a shadow, and what it would be with other guardrails. Rules are
/// asked as often as without one.
#[cold]
pub(super) fn beside<'s>(
    evaluation: &Evaluation<'_, 's>,
    guardrails: PackedDecision<'s>,
    candidate: &'s CompiledPolicy,
    aside: SideNotes<'_, 's>,
    after_guardrails: AfterGuardrails<'s>,
) -> PackedDecision<'s> {
    let candidate = evaluation.guardrails(Some(candidate));
    let SideNotes { said, budget, shadow } = aside;
    if guardrails.ruling() == Ruling::Deny {
        // Nothing more is asked for the answer, and rules not for the shadow either.
        let unsaid = SideNotes { said: &mut "".into(), budget: &mut None, shadow: &mut None };
        *shadow = Some(after_guardrails(evaluation, candidate, &[], unsaid));
        return guardrails;
    }
    let mut words = "".into();
    let mut short = None;
    let heard = SideNotes { said: &mut words, budget: &mut short, shadow: &mut None };
    let rules = evaluation.configured_rules();
    let rest = after_guardrails(evaluation, PackedDecision::PASSED, rules, heard);
    if rest.ruling() > guardrails.ruling() {
        *said = words;
        *budget = short;
    }
    *shadow = Some(candidate.or_stricter(rest));
    guardrails.or_stricter(rest)
}
