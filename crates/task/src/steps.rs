//! Steps: what it costs to read a request, in a unit of its own.
//!
//! A step is one look at a character, a token or a word of a list. A word takes one more for every 16 bytes of it that
//! are hashed or compared.
//!
//! The counter exists in the crate's own tests. In every other build [`take`] is an empty function.

/// Counts steps that are taken.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn take(_steps: usize) {}

#[cfg(test)]
thread_local! {
    static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts steps that are taken.
#[cfg(test)]
pub(crate) fn take(steps: usize) {
    TAKEN.set(TAKEN.get().saturating_add(steps));
}

/// What `work` gives, and how many steps it took on this thread.
#[cfg(test)]
pub(crate) fn steps_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    TAKEN.set(0);
    (work(), TAKEN.get())
}

/// Steps to hash or compare a word.
#[inline]
pub(crate) const fn of_word(word: &str) -> usize {
    1 + word.len() / 16
}
