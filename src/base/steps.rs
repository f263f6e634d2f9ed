//! Steps: what a decision costs, in a unit of its own.
//!
//! A step is one comparison of a name, a segment, a value or a reader, or one entry of a table that is looked at. A text
//! takes one more for every 64 bytes of it that are compared or hashed, and for every 4 bytes that are searched. What
//! `worst_case_steps` states is counted in these.
//!
//! An [`Allowance`] bounds steps that no policy can state by itself, those over the members of groups.
//!
//! The counter exists in the crate's own tests and under a fuzzer. In every other build [`take`] is an empty function, and
//! what it would be given is not worked out.

use std::cell::Cell;

/// Steps to compare or hash so many bytes.
#[inline]
pub(crate) const fn of_bytes(bytes: usize) -> u64 {
    1 + bytes as u64 / 64
}

/// Steps to search so many bytes for a piece of text.
#[inline]
pub(crate) const fn of_search(bytes: usize) -> u64 {
    1 + bytes as u64 / 4
}

/// Steps of a search by halves among so many.
#[inline]
pub(crate) const fn of_halving(among: usize) -> u64 {
    match among.checked_ilog2() {
        Some(halvings) => 1 + halvings as u64,
        None => 1,
    }
}

/// Steps that may still be taken over the members of groups. When they are used up nothing more is found, and whoever was
/// given it denies.
#[derive(Debug)]
pub(crate) struct Allowance(Cell<u64>);

impl Allowance {
    /// So many steps.
    #[inline]
    pub(crate) const fn of(steps: u64) -> Self {
        // One more than may be taken, so that nothing left means that there were too few.
        Self(Cell::new(steps.saturating_add(1)))
    }

    /// More steps than anything takes.
    #[inline]
    pub(crate) const fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    /// Whether so many more may be taken; they are taken, and counted, with that.
    #[inline]
    pub(crate) fn take(&self, steps: u64) -> bool {
        let granted = self.spend(steps);
        if granted {
            take(|| steps);
        }
        granted
    }

    /// The same for steps that are counted elsewhere.
    #[inline]
    pub(crate) fn spend(&self, steps: u64) -> bool {
        let left = self.0.get().saturating_sub(steps);
        self.0.set(left);
        left > 0
    }

    /// Whether more were asked for than it had.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Counts steps that are taken.
#[cfg(not(any(test, fuzzing)))]
#[inline(always)]
pub(crate) fn take(_steps: impl FnOnce() -> u64) {}

#[cfg(any(test, fuzzing))]
thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// Counts steps that are taken.
#[cfg(any(test, fuzzing))]
pub(crate) fn take(steps: impl FnOnce() -> u64) {
    TAKEN.set(TAKEN.get().saturating_add(steps()));
}

/// What `work` gives, and how many steps it took on this thread.
#[cfg(any(test, fuzzing))]
#[cfg_attr(
    test,
    expect(unreachable_pub, reason = "a fuzz target, of another crate, counts as well")
)]
pub fn steps_of<T>(work: impl FnOnce() -> T) -> (T, u64) {
    TAKEN.set(0);
    (work(), TAKEN.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_grants_what_it_has_and_then_nothing() {
        let allowance = Allowance::of(10);
        assert!(allowance.take(4) && allowance.take(6) && !allowance.is_spent());
        assert!(allowance.take(0), "nothing more was asked for");
        assert!(!allowance.take(1) && allowance.is_spent() && !allowance.take(0));
        let once = Allowance::of(10);
        assert!(!once.take(11) && once.is_spent() && !once.take(1), "what is too much ends it");
        let unlimited = Allowance::unlimited();
        assert!(unlimited.take(u64::MAX - 1) && !unlimited.is_spent());
    }
}
