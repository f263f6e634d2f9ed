//! Waiting for what people say: threads by a condition, futures by their wakers, and nobody by a timer of the crate's own.

use std::collections::HashMap;
use std::task::Waker;
use std::time::Duration;

use crate::base::sync::{Condvar, Mutex, lock, wait_while};

/// Everybody who waits for something to change.
#[derive(Default)]
pub(super) struct Watch {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    /// How often something changed.
    changes: u64,
    /// By the number of their future.
    wakers: HashMap<u64, Waker>,
    last: u64,
}

impl Watch {
    /// How often something changed so far.
    pub(super) fn changes(&self) -> u64 {
        lock(&self.seen).changes
    }

    /// Something changed: everybody looks again.
    pub(super) fn notify(&self) {
        let mut seen = lock(&self.seen);
        seen.changes += 1;
        let wakers: Vec<Waker> = seen.wakers.drain().map(|(_, waker)| waker).collect();
        drop(seen);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until something has changed since it was seen to have changed so often, at most about as long as `patience`. How often
    /// it has by then.
    pub(super) fn wait(&self, seen: u64, patience: Duration) -> u64 {
        let guard = lock(&self.seen);
        wait_while(&self.changed, guard, patience, |now| now.changes == seen).changes
    }

    /// Wakes a future when something changes next. Its number, for when it asks again or is dropped.
    pub(super) fn wake(&self, number: Option<u64>, waker: &Waker) -> u64 {
        let mut seen = lock(&self.seen);
        let number = number.unwrap_or_else(|| {
            seen.last += 1;
            seen.last
        });
        seen.wakers.insert(number, waker.clone());
        number
    }

    /// The future of this number waits no more.
    pub(super) fn forget(&self, number: u64) {
        lock(&self.seen).wakers.remove(&number);
    }
}
