//! One count, drawn on by many threads at once: what is used, and what of it returns when.
//!
//! What is set aside counts from that moment on, so any number of threads can ask at once and none is over. Setting aside and
//! giving back touch one atomic. What begins is entered in the [`Window`] behind a lock, and ages from there: were it to age from
//! when it was set aside, a permit that waits would bring more than the limit into one window.

use std::time::Duration;

use super::window::Window;
use crate::authority::budget::Budget;
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};

/// What is used of one budget by those who share it. The marks are not its own: they may change while it counts on.
#[derive(Debug)]
pub(crate) struct Counter {
    /// In units: set aside, or begun and not out of the window again.
    used: AtomicU64,
    /// The moment of the oldest that began; [`u64::MAX`] where there is none. Never later than the truth by more than what is
    /// being taken out: it is moved on only after what has left no longer counts as used.
    oldest: AtomicU64,
    window: Mutex<Window>,
}

/// How far a count may go, and within which length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// In units.
    pub(crate) most: u64,
    /// In nanoseconds; `None` for ever.
    pub(crate) length: Option<u64>,
}

/// The limits of a budget: up to which it may be drawn on without asking anybody, and at most.
pub(crate) fn marks(budget: &Budget) -> (Limit, Limit) {
    let whole = |span: Duration| span.as_nanos().div_ceil(1_000_000).saturating_mul(1_000_000);
    let length = budget.period().map(|span| u64::try_from(whole(span)).unwrap_or(u64::MAX));
    let most = budget.at_most();
    let free = budget.asks_from().map_or(most, |mark| most.min(mark.saturating_sub(1)));
    (Limit { most: free, length }, Limit { most, length })
}

/// There is not enough room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// What is used, as it was seen.
    pub(crate) used: u64,
}

/// What is known of an effect once it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// The moment that stands for it, for [`settle`](Counter::settle).
    pub(crate) at: u64,
    /// How much began within the window, this with it; 0 where there is none.
    pub(crate) begun: u64,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            used: AtomicU64::new(0),
            oldest: AtomicU64::new(u64::MAX),
            window: Mutex::new(Window::default()),
        }
    }
}

impl Counter {
    /// Sets units aside, if the limit has room for them.
    #[inline]
    pub(crate) fn reserve(&self, now: u64, units: u64, limit: Limit) -> Result<(), Shortage> {
        let mut used = self.used.load(Ordering::SeqCst);
        loop {
            let next = used.checked_add(units).filter(|next| *next <= limit.most);
            let Some(next) = next else {
                used = self.look_again(now, units, limit)?;
                continue;
            };
            match self.used.compare_exchange(used, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Ok(()),
                Err(seen) => used = seen,
            }
        }
    }

    /// Whether the limit has room. Changes nothing that anybody could see.
    #[inline]
    pub(crate) fn check(&self, now: u64, units: u64, limit: Limit) -> Result<(), Shortage> {
        let used = self.used.load(Ordering::SeqCst);
        if used.checked_add(units).is_some_and(|next| next <= limit.most) {
            return Ok(());
        }
        self.look_again(now, units, limit).map(|_| ())
    }

    /// There was no room: takes out what has left the window meanwhile, and looks again.
    #[cold]
    fn look_again(&self, now: u64, units: u64, limit: Limit) -> Result<u64, Shortage> {
        self.leave(now, limit);
        // Whoever took something out lowered `used` before it moved `oldest` on.
        let used = self.used.load(Ordering::SeqCst);
        let has_room = used.checked_add(units).is_some_and(|next| next <= limit.most);
        if has_room { Ok(used) } else { Err(Shortage { used }) }
    }

    /// The effect begins: from now on it ages.
    pub(crate) fn begin(&self, now: u64, units: u64, limit: Limit) -> Beginning {
        let Some(length) = limit.length else { return Beginning { at: 0, begun: 0 } };
        let mut window = lock(&self.window);
        let gone = window.leave(now, length);
        self.lower(gone);
        let at = window.enter(units, length);
        self.oldest.store(window.oldest(), Ordering::SeqCst);
        Beginning { at, begun: window.units() }
    }

    /// What was set aside is free again; it never began.
    #[inline]
    pub(crate) fn release(&self, units: u64) {
        self.lower(units);
    }

    /// What began at a moment has used so much, of what was set aside. What is left over is free again, unless it has left the
    /// window already; what was used beyond counts as well, also over the limit: it has happened.
    pub(crate) fn settle(&self, began: u64, reserved: u64, actual: u64, now: u64, limit: Limit) {
        let (over, under) = (actual.saturating_sub(reserved), reserved.saturating_sub(actual));
        let added = self.add(over);
        if added > 0 {
            self.begin(now, added, limit);
        }
        if under > 0 {
            let back = match limit.length {
                Some(_) => lock(&self.window).take_back(began, under),
                None => under,
            };
            self.lower(back);
        }
    }

    /// What is used now.
    pub(crate) fn used(&self, now: u64, limit: Limit) -> u64 {
        self.leave(now, limit);
        self.used.load(Ordering::SeqCst)
    }

    /// When there is room for so many units, if nobody draws on it meanwhile and nothing is given back. `None` where time alone
    /// makes none.
    pub(crate) fn room_at(&self, now: u64, units: u64, limit: Limit) -> Option<u64> {
        let used = self.used(now, limit);
        let missing = used.saturating_add(units).saturating_sub(limit.most);
        if units > limit.most {
            return None;
        }
        if missing == 0 {
            return Some(now);
        }
        lock(&self.window).leaves(missing, limit.length?)
    }

    /// Whether it says no more than a new one would.
    pub(crate) fn is_at_rest(&self, now: u64, limit: Limit) -> bool {
        self.used(now, limit) == 0
    }

    fn leave(&self, now: u64, limit: Limit) {
        let Some(length) = limit.length else { return };
        if now < self.oldest.load(Ordering::SeqCst).saturating_add(length) {
            return;
        }
        let mut window = lock(&self.window);
        let gone = window.leave(now, length);
        // First, so that nobody finds the mark moved on and the room not there yet.
        self.lower(gone);
        self.oldest.store(window.oldest(), Ordering::SeqCst);
    }

    /// Counts so much, also over any limit, as far as numbers go. Gives what was counted: no more than that may leave again.
    fn add(&self, units: u64) -> u64 {
        if units == 0 {
            return 0;
        }
        let sum = |used: u64| Some(used.saturating_add(units));
        let before = self.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, sum);
        before.map_or(0, |before| units.min(u64::MAX - before))
    }

    /// Nothing gives back more than it took. If something did, the count would wrap to where nothing passes.
    fn lower(&self, units: u64) {
        if units > 0 {
            self.used.fetch_sub(units, Ordering::SeqCst);
        }
    }
}
