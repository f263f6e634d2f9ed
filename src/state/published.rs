//! One value, read by every decision and replaced now and then, without readers ever waiting.
//!
//! Why not the usual means: `ArcSwap::load` allocates on a thread's first call; a reference count that
//! all threads touch costs them half their speed; and a lock held across a user's rule can
//! deadlock when the rule asks the gate again. Here each lane keeps a reference of its own behind
//! a lock that is only ever *tried*. Whoever finds it taken (the rule that asks again, a thread that
//! shares the lane) clones the master instead, which is locked only for the length of a clone.

use std::sync::Arc;

use crate::base::sync::{AtomicU64, CachePadded, LANES, Mutex, Ordering, lane, lock};

/// The reference of one lane, tried and never waited for.
type Lane<T> = CachePadded<Mutex<Arc<Versioned<T>>>>;

/// A value that can be replaced while it is read.
#[derive(Debug)]
pub(crate) struct Published<T> {
    version: AtomicU64,
    master: Mutex<Arc<Versioned<T>>>,
    /// Held by a writer while it makes the next value, so that readers never wait for that.
    writers: Mutex<()>,
    lanes: Box<[Lane<T>]>,
}

#[derive(Debug)]
struct Versioned<T> {
    version: u64,
    value: T,
}

impl<T> Published<T> {
    pub(crate) fn new(value: T) -> Self {
        let first = Arc::new(Versioned { version: 0, value });
        Self {
            version: AtomicU64::new(0),
            lanes: (0..LANES).map(|_| CachePadded(Mutex::new(first.clone()))).collect(),
            master: Mutex::new(first),
            writers: Mutex::new(()),
        }
    }

    /// Runs `read` on the value that is current when it begins. Never waits for another reader, and
    /// for a writer only while it exchanges one pointer. Two uncontended atomic operations.
    #[inline]
    pub(crate) fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.read_numbered(|value, _| read(value))
    }

    /// The same, with the number of the value.
    #[inline]
    pub(crate) fn read_numbered<R>(&self, read: impl FnOnce(&T, u64) -> R) -> R {
        if let Some(Ok(mut own)) = self.lanes.get(lane()).map(|lane| lane.0.try_lock()) {
            if own.version != self.version.load(Ordering::SeqCst) {
                *own = self.current();
            }
            return read(&own.value, own.version);
        }
        self.read_shared(read)
    }

    #[cold]
    fn read_shared<R>(&self, read: impl FnOnce(&T, u64) -> R) -> R {
        let current = self.current();
        read(&current.value, current.version)
    }

    /// The number of the value that a read which starts now would see; it grows with every change.
    #[inline]
    pub(crate) fn number(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Replaces the value by what `change` makes of it, which is told the number of the next. When this returns, every
    /// read that starts sees the new value. Writers wait for each other; an
    /// error changes nothing. `change` may read, but not replace.
    pub(crate) fn replace<E>(&self, change: impl FnOnce(&T, u64) -> Result<T, E>) -> Result<(), E> {
        let _alone = lock(&self.writers);
        let old = self.current();
        let version = old.version + 1;
        let next = Arc::new(Versioned { version, value: change(&old.value, version)? });
        {
            // Under one lock, so that nobody decides under a number that is not in force yet.
            let mut master = lock(&self.master);
            *master = next.clone();
            self.version.store(version, Ordering::SeqCst);
        }
        // Lanes that are idle let go of the old value now; the others do at their next read.
        for lane in &self.lanes {
            if let Ok(mut own) = lane.0.try_lock()
                && own.version < version
            {
                *own = next.clone();
            }
        }
        Ok(())
    }

    fn current(&self) -> Arc<Versioned<T>> {
        lock(&self.master).clone()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A permit's number is compared with this one: were it ahead, the permit would never begin.
    #[test]
    fn nobody_reads_a_value_whose_number_is_not_yet_in_force() {
        let published = Published::new(0_u64);
        let ahead = |published: &Published<u64>| {
            let read =
                published.read_numbered(|value, number| (*value == number).then_some(number));
            read.is_none_or(|number| number > published.number())
        };
        std::thread::scope(|threads| {
            let readers = [(); 2].map(|()| {
                threads.spawn(|| {
                    let mut times = 0;
                    while published.number() < 60_000 {
                        times += u64::from(ahead(&published));
                    }
                    times
                })
            });
            for _ in 0..60_000 {
                assert_eq!(published.replace(|value, _| Ok::<_, ()>(value + 1)), Ok(()));
            }
            for reader in readers {
                assert!(reader.join().is_ok_and(|times| times == 0));
            }
        });
    }
}
