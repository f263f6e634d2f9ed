//! What a permit refers to: its gate, and the number of a configuration in half a word.

use std::sync::Arc;

use crate::gate::core::Core;

/// The gate of a permit.
#[derive(Clone)]
pub(super) enum GateRef<'p> {
    Borrowed(&'p Arc<Core>),
    Owned(Arc<Core>),
}

impl std::ops::Deref for GateRef<'_> {
    type Target = Arc<Core>;
    fn deref(&self) -> &Arc<Core> {
        match self {
            Self::Borrowed(gate) => gate,
            Self::Owned(gate) => gate,
        }
    }
}

/// The number of a configuration and whether a permit is settled, in half a word: permits are moved often.
#[derive(Clone, Copy)]
pub(super) struct PackedNumber(u32);

impl PackedNumber {
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
    use super::PackedNumber;

    #[test]
    fn half_a_word_holds_a_number_or_knows_that_it_does_not() {
        let last = u64::from(PackedNumber::LAST);
        for (number, known) in
            [(0, true), (7, true), (last - 1, true), (last, false), (u64::MAX, false)]
        {
            let mut packed = PackedNumber::new(number);
            assert_eq!(packed.configuration(), known.then_some(number));
            assert!(!packed.is_settled());
            packed.settle();
            assert!(packed.is_settled());
            assert_eq!(packed.configuration(), known.then_some(number));
        }
    }
}
