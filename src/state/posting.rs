//! What a gate keeps of an allowed action: where it is on record, and what is set aside for it.
//!
//! The steps of a permit are **reserve** (guard 9), **record** (guard 10), **permit** (guard 11), and then **begin**, when the
//! effect begins, and **end**; or **end** at once, on every other way out: a record that was refused, a permit that expired, was
//! dropped or unwound by a panic, an effect that did not begin.

use std::num::NonZeroU32;

use crate::record::RecordNumber;

/// What was set aside for one action, by a number that nothing else has while it is open; `NONE` where the action needs nothing.
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

    /// What was set aside, for whoever ends it: nobody gets it again.
    #[inline]
    pub(crate) const fn take_reservation(&mut self) -> Reservation {
        std::mem::replace(&mut self.reservation, Reservation::NONE)
    }
}
