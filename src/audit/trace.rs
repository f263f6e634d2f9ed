//! One `tracing` event per decision and per outcome.

use std::fmt;

use super::record::{DecisionRecord, Outcome, RecordNumber};
use crate::capability::Capability;
use crate::decision::Ruling;

/// A decision: at level `INFO` where it allows, `WARN` where it does not.
pub(crate) fn decision(record: &DecisionRecord<'_>, number: Option<RecordNumber>) {
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "portcullis",
                tracing::Level::$level,
                number = number.map(tracing::field::display),
                ruling = %record.ruling(),
                reason = record.reason().code(),
                layer = record.layer().map(tracing::field::display),
                statement = record.statement(),
                rule = record.rule().map(|(name, _)| name),
                shadow = record.shadow().map(|(ruling, _)| tracing::field::display(ruling)),
                tool = ?record.action().tool(),
                operation = record.action().operation().as_str(),
                resource = ?record.action().resource(),
                visibility = record.visibility().map(|visibility| visibility.as_str()),
                agent = ?record.scope().agent(),
                invoker = ?record.scope().invoker(),
                capability = %record.scope().capability().id(),
                lineage = Above::of(record.scope().capability()).map(tracing::field::display),
                "decision"
            )
        };
    }
    match record.ruling() {
        Ruling::Allow => event!(INFO),
        Ruling::Hold | Ruling::Deny => event!(WARN),
    }
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

/// What came of a permit.
pub(crate) fn outcome(number: RecordNumber, outcome: Outcome) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::INFO,
        number = %number,
        outcome = %outcome,
        "outcome"
    );
}
