//! What a sink did not take, kept until a record succeeds that can say so.

use std::fmt;

use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::decision::RecordError;

/// What is missing before a record: how many decisions and outcomes the sink did not take since the last record that it
/// took, and why it did not take the last of them.
///
/// A decision that was not recorded was not allowed. An outcome that was not recorded leaves a permit of
/// which nobody knows how it ended.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::record::{MemorySink, RecordError, RecordFault};
/// use std::sync::Arc;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let sink = Arc::new(MemorySink::full_at(1));
/// let gate = Gate::builder().sink(sink.clone()).build()?;
/// let read = Action::read("docs.read", "docs/intro");
/// drop(gate.authorize(&read, &scope)?);
/// let refusal = gate.authorize(&read, &scope).unwrap_err();
/// assert_eq!(refusal.grounds().record_error().map(RecordError::fault), Some(RecordFault::Full));
/// sink.drain();
/// drop(gate.authorize(&read, &scope)?);
/// let gap = sink.records()[0].gap.clone().ok_or("a gap")?;
/// assert_eq!((gap.decisions(), gap.outcomes()), (1, 0));
/// assert_eq!(gap.last().fault(), RecordFault::Full);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    decisions: u64,
    outcomes: u64,
    last: RecordError,
}

impl Gap {
    /// Decisions that were not recorded.
    pub const fn decisions(&self) -> u64 {
        self.decisions
    }

    /// Outcomes that were not recorded.
    pub const fn outcomes(&self) -> u64 {
        self.outcomes
    }

    /// Why the last of them was not.
    pub const fn last(&self) -> &RecordError {
        &self.last
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decisions, outcomes, last } = self;
        let (fault, chain) = (last.fault().verb(), last.chain());
        write!(f, "{decisions} decisions and {outcomes} outcomes lost, the sink {fault}: {chain}")
    }
}

/// What was lost and is not told yet.
#[derive(Default)]
pub(crate) struct LossLog {
    /// Whether there is anything, so that a decision need not lock.
    any: AtomicU64,
    gap: Mutex<Option<Gap>>,
}

impl LossLog {
    /// A decision was not recorded, nor what it should have told.
    #[cold]
    pub(crate) fn decision(&self, untold: Option<&Gap>, last: &RecordError) {
        let (decisions, outcomes) = untold.map_or((0, 0), |gap| (gap.decisions, gap.outcomes));
        self.add(Gap { decisions: decisions.saturating_add(1), outcomes, last: last.clone() });
    }

    #[cold]
    pub(crate) fn outcome(&self, last: &RecordError) {
        self.add(Gap { decisions: 0, outcomes: 1, last: last.clone() });
    }

    /// What the next record is to tell. Where that is not taken either, it comes back as untold.
    #[inline]
    pub(crate) fn take(&self) -> Option<Gap> {
        if self.any.load(Ordering::Acquire) == 0 { None } else { self.take_some() }
    }

    #[cold]
    fn take_some(&self) -> Option<Gap> {
        let mut gap = lock(&self.gap);
        self.any.store(0, Ordering::Release);
        gap.take()
    }

    fn add(&self, more: Gap) {
        let mut gap = lock(&self.gap);
        *gap = Some(match gap.take() {
            None => more,
            Some(before) => Gap {
                decisions: before.decisions.saturating_add(more.decisions),
                outcomes: before.outcomes.saturating_add(more.outcomes),
                last: more.last,
            },
        });
        self.any.store(1, Ordering::Release);
    }
}
