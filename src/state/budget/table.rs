//! Counters by who shares them, as many as memory is promised for.
//!
//! Names of invokers and agents are chosen by callers, so the table is hashed with a key of the process, and it is bounded. A
//! counter that nobody holds is dropped where it says no more than a new one would, or where nobody can draw on it any more. Where
//! all others still count something, a further one is refused: what it counted would otherwise be forgotten.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use smallvec::SmallVec;

use super::counter::{Counter, Limit};
use crate::base::limits::MAX_BUDGET_COUNTERS;
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};

const SHARDS: usize = 4;

/// The counters of one ledger.
#[derive(Debug)]
pub(crate) struct Table {
    shards: [Mutex<Shard>; SHARDS],
    count: AtomicU64,
    most: u64,
    /// The latest moment that was told, in nanoseconds: whoever builds a scope has no clock. The tables of a ledger share it.
    latest: Arc<Latest>,
}

/// The latest moment that was told, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Latest(AtomicU64);

impl Latest {
    /// Tells the time, by which windows pass.
    #[inline]
    pub(crate) fn tell(&self, now: u64) {
        if now > self.0.load(Ordering::Relaxed).saturating_add(PAUSE) {
            self.0.fetch_max(now, Ordering::SeqCst);
        }
    }

    pub(crate) fn moment(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Default)]
struct Shard {
    /// By the hash of their keys.
    slots: HashMap<u64, SmallVec<[Slot; 1]>, ahash::RandomState>,
    /// Nothing is looked through again before this moment, in nanoseconds.
    rests_until: u64,
}

#[derive(Debug)]
struct Slot {
    key: Box<[u8]>,
    counter: Arc<Counter>,
    limit: Limit,
    /// Of what can draw on it, where that is one thing that ends.
    life: Option<Weak<u64>>,
}

/// The key of hashes in this process. Names and arguments are chosen by callers, and nobody can choose any that collide.
pub(super) fn process_state() -> &'static ahash::RandomState {
    static STATE: OnceLock<ahash::RandomState> = OnceLock::new();
    STATE.get_or_init(ahash::RandomState::new)
}

/// What is full is looked through for something to drop at most so often, in nanoseconds.
pub(super) const PAUSE: u64 = 100_000_000;

impl Default for Table {
    fn default() -> Self {
        Self::of(MAX_BUDGET_COUNTERS, Arc::default())
    }
}

impl Table {
    /// One of at most so many counters, which is told the time where `latest` is.
    pub(crate) fn of(most: usize, latest: Arc<Latest>) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            count: AtomicU64::new(0),
            most: most as u64,
            latest,
        }
    }

    /// Tells it the time, by which windows pass.
    #[inline]
    pub(crate) fn tell(&self, now: u64) {
        self.latest.tell(now);
    }

    /// The counter of a key, made where there is none yet; `None` where the table is full. Allocates only where it makes one.
    pub(crate) fn counter(
        &self,
        key: &Key,
        limit: Limit,
        life: impl FnOnce() -> Option<Weak<u64>>,
    ) -> Option<Arc<Counter>> {
        let hash = process_state().hash_one(key.bytes());
        let shard = self.shard(hash)?;
        let mut life = Some(life);
        for is_last in [false, true] {
            let mut shard = lock(shard);
            if let Some(slot) = shard.slot(hash, key) {
                slot.limit = limit;
                return Some(Arc::clone(&slot.counter));
            }
            if self.take_place() {
                let counter = Arc::new(Counter::default());
                let (key, life) = (key.bytes().into(), life.take().and_then(|life| life()));
                let slot = Slot { key, counter: Arc::clone(&counter), limit, life };
                shard.slots.entry(hash).or_default().push(slot);
                return Some(counter);
            }
            drop(shard);
            if !is_last {
                self.make_room();
            }
        }
        None
    }

    /// The counter of a key, where there is one.
    pub(crate) fn find(&self, key: &Key) -> Option<Arc<Counter>> {
        let hash = process_state().hash_one(key.bytes());
        let mut shard = lock(self.shard(hash)?);
        shard.slot(hash, key).map(|slot| Arc::clone(&slot.counter))
    }

    /// Whether [`counter`](Self::counter) would make one for a key that has none, beside so many others. It drops what that would
    /// drop, which nobody can see, and makes nothing.
    pub(crate) fn has_room(&self, others: usize) -> bool {
        let has_room =
            || self.count.load(Ordering::SeqCst).saturating_add(others as u64) < self.most;
        has_room() || {
            self.make_room();
            has_room()
        }
    }

    /// Whether no counter is held, and none says more than a new one would.
    pub(super) fn is_at_rest(&self, now: u64) -> bool {
        self.shards.iter().all(|shard| {
            let shard = lock(shard);
            shard.slots.values().flatten().all(|slot| slot.can_go(now))
        })
    }

    fn make_room(&self) {
        let now = self.latest.moment();
        for shard in &self.shards {
            let dropped = lock(shard).sweep(now);
            self.count.fetch_sub(dropped, Ordering::SeqCst);
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    fn take_place(&self) -> bool {
        let next = |count: u64| (count < self.most).then_some(count + 1);
        self.count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).is_ok()
    }

    fn shard(&self, hash: u64) -> Option<&Mutex<Shard>> {
        // The upper bits: the map goes by the others.
        self.shards.get((hash >> 62) as usize % SHARDS)
    }
}

impl Shard {
    fn slot(&mut self, hash: u64, key: &Key) -> Option<&mut Slot> {
        self.slots.get_mut(&hash)?.iter_mut().find(|slot| *slot.key == *key.bytes())
    }

    fn sweep(&mut self, now: u64) -> u64 {
        if now < self.rests_until {
            return 0;
        }
        self.rests_until = now.saturating_add(PAUSE);
        let mut dropped = 0;
        self.slots.retain(|_, slots| {
            let before = slots.len();
            slots.retain(|slot| !slot.can_go(now));
            dropped += (before - slots.len()) as u64;
            !slots.is_empty()
        });
        dropped
    }
}

impl Slot {
    /// Nobody holds it, and nobody gets it while its shard is locked.
    fn can_go(&self, now: u64) -> bool {
        let ended = || self.life.as_ref().is_some_and(|life| life.strong_count() == 0);
        Arc::strong_count(&self.counter) == 1
            && (ended() || self.counter.is_at_rest(now, self.limit))
    }
}

/// Which counter: what declares the budget, its name and what it counts, and who shares it. As bytes that no two of them have in
/// common, on the stack up to what names usually take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key(SmallVec<[u8; 256]>);

impl Key {
    /// One more part. Each begins with its length, so that two parts never look like two others.
    pub(crate) fn part(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    #[cfg(test)]
    pub(super) fn bytes_of(&self) -> &[u8] {
        self.bytes()
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}
