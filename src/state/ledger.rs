//! What is set aside for an action between its decision and its effect, as a seam: budgets and approvals count behind it.
//!
//! The steps of a permit are **reserve** (guard 9), **record** (guard 10), **permit** (guard 11), and then **commit**, when the
//! effect begins, or **release**, on every other way out: a record that was refused, a permit that expired, was dropped or
//! unwound by a panic, an effect that did not begin. A ledger answers from memory and never waits for a store.

use std::num::NonZeroU32;

use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::model::action::Action;
use crate::record::RecordNumber;

/// Sets aside what an action needs, and hears what came of it.
pub(crate) trait Ledger: Send + Sync {
    /// Guard 9: sets aside all that the action needs, or nothing.
    fn reserve(
        &self,
        action: &Action<'_>,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Reservation, Reason>;

    /// The effect begins: what was set aside for its actions is used up, for all of them or for none.
    fn commit(&self, postings: &[Posting]) -> Result<(), Reason>;

    /// There is no effect: what was set aside is free again.
    fn release(&self, reservation: Reservation);
}

/// What a ledger set aside for one action, by a number that nothing else has while it is open; `NONE` where the action needs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reservation(pub(crate) Option<NonZeroU32>);

impl Reservation {
    pub(crate) const NONE: Self = Self(None);
}

/// What a gate keeps of an allowed action: where it is on record, and what is set aside for it. In two words: permits are moved
/// often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting {
    stream: u32,
    reservation: Reservation,
    sequence: u64,
}

impl Posting {
    #[inline]
    pub(crate) const fn new(record: RecordNumber, reservation: Reservation) -> Self {
        let RecordNumber { stream, sequence } = record;
        Self { stream, reservation, sequence }
    }

    /// The number of its record.
    #[inline]
    pub(crate) const fn record(self) -> RecordNumber {
        RecordNumber { stream: self.stream, sequence: self.sequence }
    }

    pub(crate) const fn reservation(self) -> Reservation {
        self.reservation
    }
}
