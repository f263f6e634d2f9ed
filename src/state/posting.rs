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
    /// Numbers from here on are of approvals, with which goes what is set aside of budgets for the same action.
    const APPROVALS: u32 = 1 << 31;

    /// What is set aside of budgets. `None` for numbers that are kept for approvals.
    #[inline]
    pub(crate) fn of_budgets(number: NonZeroU32) -> Option<Self> {
        (number.get() < Self::APPROVALS).then_some(Self(Some(number)))
    }

    /// The number of an approval that is set aside, by its place.
    pub(crate) fn of_approval(place: usize) -> Option<Self> {
        let number = u32::try_from(place).ok().filter(|place| *place < Self::APPROVALS)?;
        NonZeroU32::new(number | Self::APPROVALS).map(|number| Self(Some(number)))
    }

    /// The place of the approval that is set aside, where there is one.
    #[inline]
    pub(crate) const fn approval(self) -> Option<usize> {
        match self.0 {
            Some(number) if number.get() >= Self::APPROVALS => {
                Some((number.get() - Self::APPROVALS) as usize)
            }
            _ => None,
        }
    }
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
