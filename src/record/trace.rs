//! One `tracing` event per decision and per outcome.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::approval::{ApprovalEvent, ApprovalStep};
use super::entry::{DecisionRecord, Outcome, RecordNumber};
use crate::authority::capability::Capability;
use crate::base::limits::{MAX_NAME_BYTES, MAX_RESOURCE_BYTES};
use crate::base::visible::visible;
use crate::decision::{Reason, RecordError, Ruling};

/// A decision: at level `INFO` where it allows, `WARN` where it does not, and `ERROR` where it was not recorded and is
/// therefore denied, whatever it was.
pub(crate) fn decision(
    record: &DecisionRecord<'_>,
    number: Result<RecordNumber, Option<&RecordError>>,
) {
    // What is not recorded is denied; what it would have been stands beside that.
    let unrecorded = (number.is_err() && record.ruling() != Ruling::Deny).then(|| record.ruling());
    let (ruling, reason) = match unrecorded {
        Some(_) => (Ruling::Deny, Reason::RecordRefused),
        None => (record.ruling(), record.reason()),
    };
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "permitgate",
                tracing::Level::$level,
                number = number.ok().map(display),
                ruling = %ruling,
                reason = reason.code(),
                unrecorded = unrecorded.map(display),
                layer = record.layer().map(display),
                statement = record.statement().map(|id| debug(visible(id))),
                rule = record.rule().map(|(name, _)| debug(visible(name))),
                shadow = record.shadow().map(|(ruling, _)| display(ruling)),
                tool = ?visible(record.action().tool()).short(MAX_NAME_BYTES),
                operation = record.action().operation().as_str(),
                resource = ?visible(record.action().resource()).short(MAX_RESOURCE_BYTES),
                reach = record.action().reach().as_str(),
                visibility = record.visibility().map(|visibility| visibility.as_str()),
                who = record.who().map(display),
                approval = record.approval().map(display),
                agent = ?visible(record.scope().agent()),
                invoker = ?visible(record.scope().invoker()),
                capability = %record.scope().capability().id(),
                lineage = Above::of(record.scope().capability()).map(display),
                argument = record.call_fault().and_then(|fault| fault.argument()).map(|argument| debug(visible(argument))),
                fault = record.call_fault().map(display),
                gap = record.gap().map(display),
                sink = number.err().flatten().map(|refusal| refusal.fault().as_str()),
                error = number.err().flatten().map(|refusal| refusal as &(dyn Error + 'static)),
                "decision"
            )
        };
    }
    tell(|| match ruling {
        _ if number.is_err() => event!(ERROR),
        Ruling::Allow => event!(INFO),
        Ruling::Hold | Ruling::Deny => event!(WARN),
    });
}

/// A subscriber that panics is not heard, and stops neither a decision nor the end of an effect.
fn tell(event: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(event));
}

/// What a capability was attenuated from, the nearest first.
struct Above<'c>(&'c Capability);

impl<'c> Above<'c> {
    fn of(capability: &'c Capability) -> Option<Self> {
        (capability.depth() > 0).then_some(Self(capability))
    }
}

impl fmt::Display for Above<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, link) in self.0.chain().skip(1).enumerate() {
            let before = if place > 0 { ", " } else { "" };
            write!(f, "{before}{link}")?;
        }
        Ok(())
    }
}

/// What is asked of a person, or what somebody said: at level `INFO`, and `ERROR` where that was not recorded.
pub(crate) fn approval(event: &ApprovalEvent<'_>, refusal: Option<&RecordError>) {
    let (by, answer) = match event.step {
        ApprovalStep::Voted { by, answer, .. } | ApprovalStep::Refused { by, answer, .. } => {
            (Some(by), Some(answer.as_str()))
        }
        ApprovalStep::Given { by, .. } => (Some(by), None),
        _ => (None, None),
    };
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "permitgate",
                tracing::Level::$level,
                request = event.request.map(display),
                step = event.step.as_str(),
                by = by.map(|by| debug(visible(by))),
                answer = answer,
                agent = ?visible(event.agent),
                invoker = ?visible(event.invoker),
                sink = refusal.map(|refusal| refusal.fault().as_str()),
                error = refusal.map(|refusal| refusal as &(dyn Error + 'static)),
                "approval"
            )
        };
    }
    tell(|| match refusal {
        Some(_) => event!(ERROR),
        None => event!(INFO),
    });
}

/// What came of a permit: at level `INFO`, and `ERROR` where that was not recorded.
pub(crate) fn outcome(number: RecordNumber, outcome: Outcome, refusal: Option<RecordError>) {
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "permitgate",
                tracing::Level::$level,
                number = %number,
                outcome = %outcome,
                sink = refusal.as_ref().map(|refusal| refusal.fault().as_str()),
                error = refusal.as_ref().map(|refusal| refusal as &(dyn Error + 'static)),
                "outcome"
            )
        };
    }
    tell(|| match refusal {
        Some(_) => event!(ERROR),
        None => event!(INFO),
    });
}
