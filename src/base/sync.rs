//! Atomics and locks, from the standard library or, under `--cfg loom`, from the model checker; and
//! the lane of a thread.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// The standard one under the model checker as well: nothing that is held by it waits for another thread.
pub(crate) use std::sync::RwLock;
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

/// How many lanes there are; threads beyond that share them.
#[cfg(not(loom))]
pub(crate) const LANES: usize = 64;
#[cfg(loom)]
pub(crate) const LANES: usize = 1;

/// Locks, also after a panic: everything behind these locks is whole between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks to read, likewise.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks to write, likewise.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condition` no longer holds, at most about as long as `patience`.
#[cfg(not(loom))]
pub(crate) fn wait_while<'m, T>(
    condvar: &Condvar,
    guard: MutexGuard<'m, T>,
    patience: std::time::Duration,
    condition: impl Fn(&T) -> bool,
) -> MutexGuard<'m, T> {
    let waited = condvar.wait_timeout_while(guard, patience, |value| condition(value));
    waited.unwrap_or_else(PoisonError::into_inner).0
}

/// The model checker has no time, so this waits until the condition is met.
#[cfg(loom)]
pub(crate) fn wait_while<'m, T>(
    condvar: &Condvar,
    mut guard: MutexGuard<'m, T>,
    _patience: std::time::Duration,
    condition: impl Fn(&T) -> bool,
) -> MutexGuard<'m, T> {
    while condition(&guard) {
        guard = condvar.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
    guard
}

/// A number below [`LANES`] that threads rarely share, so that their hot paths touch different cache
/// lines. It costs a read of a thread-local that needs neither allocation nor destructor.
#[cfg(not(loom))]
#[inline]
pub(crate) fn lane() -> usize {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static LANE: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    let lane = LANE.get();
    if lane != usize::MAX {
        return lane;
    }
    let lane = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % LANES;
    LANE.set(lane);
    lane
}

#[cfg(loom)]
pub(crate) fn lane() -> usize {
    0
}

/// Keeps its value on cache lines of its own; 128 bytes because processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct CachePadded<T>(pub(crate) T);
