//! Steps: what a decision costs, in a unit of its own.
//!
//! A step is one comparison of a name, a segment, a value or a reader, or one entry of a table that is looked at. A text
//! takes one more for every 64 bytes of it that are compared or hashed, and for every 4 bytes that are searched. What
//! `worst_case_steps` states is counted in these.
//!
//! The counter exists in the crate's own tests and under a fuzzer. In every other build [`take`] is an empty function, and
//! what it would be given is not worked out.

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

/// Counts steps that are taken.
#[cfg(not(any(test, fuzzing)))]
#[inline(always)]
pub(crate) fn take(_steps: impl FnOnce() -> u64) {}

#[cfg(any(test, fuzzing))]
thread_local! {
    static TAKEN: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
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
