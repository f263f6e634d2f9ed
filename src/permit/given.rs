//! What permits are given under, which is compared when their effects begin.

use crate::audit::RecordNumber;
use crate::gate::Gate;
use crate::session::LabelMark;
use crate::state::halt::HaltMark;
use crate::time::Timestamp;

/// The gate of a permit.
#[derive(Clone)]
pub(super) enum GateRef<'p> {
    Borrowed(&'p Gate),
    Owned(Gate),
}

impl std::ops::Deref for GateRef<'_> {
    type Target = Gate;
    fn deref(&self) -> &Gate {
        match self {
            Self::Borrowed(gate) => gate,
            Self::Owned(gate) => gate,
        }
    }
}

/// What a permit was given under, which is compared when its effect begins.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    pub(crate) record: RecordNumber,
    pub(crate) halts: HaltMark,
    pub(crate) expires: Timestamp,
}

/// What an action was decided under, and is decided again for when it has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Under {
    pub(crate) label: LabelMark,
    /// The number of the configuration, unless it is not known any more.
    pub(crate) configuration: Option<u64>,
}

/// The number of a configuration and whether a permit is settled, in half a word: permits are moved often.
#[derive(Clone, Copy)]
pub(super) struct Half(u32);

impl Half {
    const SETTLED: u32 = 1;
    /// Stands for every number from here on, which are as good as not known.
    const LAST: u32 = u32::MAX >> 1;

    #[inline]
    pub(super) fn new(configuration: u64) -> Self {
        Self((configuration.min(u64::from(Self::LAST)) as u32) << 1)
    }

    pub(super) fn configuration(self) -> Option<u64> {
        let number = self.0 >> 1;
        (number != Self::LAST).then_some(u64::from(number))
    }

    #[inline]
    pub(super) const fn is_settled(self) -> bool {
        self.0 & Self::SETTLED != 0
    }

    #[inline]
    pub(super) const fn settle(&mut self) {
        self.0 |= Self::SETTLED;
    }
}

#[cfg(test)]
mod tests {
    use super::Half;

    #[test]
    fn half_a_word_holds_a_number_or_knows_that_it_does_not() {
        let last = u64::from(Half::LAST);
        for (number, known) in
            [(0, true), (7, true), (last - 1, true), (last, false), (u64::MAX, false)]
        {
            let mut half = Half::new(number);
            assert_eq!(half.configuration(), known.then_some(number));
            assert!(!half.is_settled());
            half.settle();
            assert!(half.is_settled());
            assert_eq!(half.configuration(), known.then_some(number));
        }
    }
}
