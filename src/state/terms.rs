//! What permits are given under, which is compared when their effects begin.

use crate::base::time::Timestamp;
use crate::flow::session::LabelMark;
use crate::state::halt::HaltMark;
use crate::state::posting::Posting;

/// What a permit was given under, which is compared when its effect begins.
#[derive(Clone, Copy)]
pub(crate) struct PermitTerms {
    pub(crate) posting: Posting,
    pub(crate) halts: HaltMark,
    pub(crate) expiry: Expiry,
}

/// When a permit expires, and whether its answer may change with the time alone before. In one word: permits are moved often.
#[derive(Clone, Copy)]
pub(crate) struct Expiry(u64);

impl Expiry {
    const READS_CLOCK: u64 = 1 << 63;
    /// Stands for every moment from here on, some 292 million years away.
    const NEVER: u64 = Self::READS_CLOCK - 1;

    #[inline]
    pub(crate) fn new(at: Timestamp, reads_clock: bool) -> Self {
        let flag = if reads_clock { Self::READS_CLOCK } else { 0 };
        Self(at.as_unix_millis().min(Self::NEVER) | flag)
    }

    #[inline]
    pub(crate) const fn at(self) -> Timestamp {
        match self.0 & Self::NEVER {
            Self::NEVER => Timestamp::MAX,
            millis => Timestamp::from_unix_millis(millis),
        }
    }

    #[inline]
    pub(crate) const fn reads_clock(self) -> bool {
        self.0 & Self::READS_CLOCK != 0
    }

    /// The earlier of both, which may change with the time where one of them may.
    pub(crate) fn earliest(self, other: Self) -> Self {
        Self::new(self.at().min(other.at()), self.reads_clock() || other.reads_clock())
    }
}

/// What an action was decided under, and is decided again for when it has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecisionBasis {
    pub(crate) label: LabelMark,
    /// The number of the configuration, unless it is not known any more.
    pub(crate) configuration: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_and_what_changes_before_are_kept_apart() {
        let of = Timestamp::from_unix_millis;
        for at in [of(0), of(1), of(1_795_000_000_000), of(u64::MAX >> 2), Timestamp::MAX] {
            for reads_clock in [false, true] {
                let expiry = Expiry::new(at, reads_clock);
                assert_eq!((expiry.at(), expiry.reads_clock()), (at, reads_clock));
            }
        }
        let both = Expiry::new(of(5), false).earliest(Expiry::new(of(7), true));
        assert_eq!((both.at(), both.reads_clock()), (of(5), true));
    }
}
