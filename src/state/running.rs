//! Effects that have begun and not ended, so that a halt can wait for them.
//!
//! They stand in lanes, a thread's in its own, so that threads do not wait for each other where they begin and end
//! effects. Whoever waits for a halt looks at one lane after the other. That is exact: the halt is in force before the first
//! is looked at, so an effect either stands in its lane by then, or finds the halt when it takes the lane's lock. And whoever waits
//! has said so before, under the same locks, so an effect that ends after that knows that it must wake somebody.

use std::time::Duration;

use super::halt::Halt;
use crate::authority::scope::Scope;
use crate::base::sync::{AtomicU64, CachePadded, Condvar, Mutex, Ordering, lock, wait_while};
#[cfg(not(loom))]
use crate::base::sync::{LANES, lane};

/// The model checker's threads take turns with the lanes, so that it also tries effects of different lanes.
#[cfg(loom)]
const LANES: usize = 2;

/// The end of the list of free places.
const NONE: u32 = u32::MAX;

/// The running effects of one gate.
#[derive(Debug)]
pub(crate) struct RunningEffects {
    first: CachePadded<Lane>,
    others: Box<[CachePadded<Lane>]>,
    /// How many wait for effects to end. Waking nobody would cost a call of the system.
    waiting: AtomicU64,
    /// Held between looking and waiting, so that nothing ends unheard in between.
    looking: Mutex<()>,
    ended: Condvar,
    #[cfg(loom)]
    turn: std::sync::atomic::AtomicUsize,
}

type Lane = Mutex<Effects>;

/// The effects of one lane, each at a place that it keeps until it ends.
#[derive(Debug)]
struct Effects {
    places: Vec<Place>,
    /// The first free place.
    free: u32,
}

#[derive(Debug)]
enum Place {
    Taken(Scope),
    /// With the next free place.
    Free(u32),
}

/// Names one running effect until it ends.
#[derive(Debug)]
pub(crate) struct Entered {
    lane: u32,
    place: u32,
}

impl Default for RunningEffects {
    fn default() -> Self {
        Self {
            first: CachePadded(Lane::default()),
            others: (1..LANES).map(|_| CachePadded::default()).collect(),
            waiting: AtomicU64::new(0),
            looking: Mutex::new(()),
            ended: Condvar::new(),
            #[cfg(loom)]
            turn: std::sync::atomic::AtomicUsize::new(0),
        }
    }
}

impl RunningEffects {
    /// Enters an effect if `check` still passes, as one step: a halt that was put in force before is
    /// seen here, and one after finds the effect entered.
    #[inline]
    pub(crate) fn begin<E>(
        &self,
        scope: &Scope,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Entered, E> {
        let number = self.own();
        let mut effects = lock(self.lane(number));
        check()?;
        Ok(Entered { lane: number as u32, place: effects.enter(scope.clone()) })
    }

    pub(crate) fn end(&self, entered: &Entered) {
        // A session may end with its last scope, so that is dropped outside of the lock.
        let ended = lock(self.lane(entered.lane as usize)).leave(entered.place);
        drop(ended);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(lock(&self.looking));
            self.ended.notify_all();
        }
    }

    /// Waits until no effect that `halt` covers is running; says how many are left after `patience`.
    pub(crate) fn wait(&self, halt: Halt<'_>, patience: Duration) -> usize {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let looking = lock(&self.looking);
        drop(wait_while(&self.ended, looking, patience, |()| self.left(halt) > 0));
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.left(halt)
    }

    fn left(&self, halt: Halt<'_>) -> usize {
        self.lanes().map(|lane| lock(lane).covered(halt)).sum()
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.first).chain(&self.others).map(|lane| &lane.0)
    }

    fn lane(&self, number: usize) -> &Lane {
        &self.others.get(number).unwrap_or(&self.first).0
    }

    #[cfg(not(loom))]
    fn own(&self) -> usize {
        lane()
    }

    #[cfg(loom)]
    fn own(&self) -> usize {
        self.turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % LANES
    }
}

impl Default for Effects {
    fn default() -> Self {
        Self { places: Vec::new(), free: NONE }
    }
}

impl Effects {
    fn enter(&mut self, scope: Scope) -> u32 {
        let place = self.free;
        match self.places.get_mut(place as usize) {
            Some(free) => {
                if let Place::Free(next) = *free {
                    self.free = next;
                }
                *free = Place::Taken(scope);
                place
            }
            None => {
                self.places.push(Place::Taken(scope));
                // As many effects as numbers do not fit into memory.
                (self.places.len() - 1) as u32
            }
        }
    }

    fn leave(&mut self, number: u32) -> Option<Scope> {
        let place = self.places.get_mut(number as usize)?;
        match std::mem::replace(place, Place::Free(self.free)) {
            Place::Taken(scope) => {
                self.free = number;
                Some(scope)
            }
            free @ Place::Free(_) => {
                *place = free;
                None
            }
        }
    }

    fn covered(&self, halt: Halt<'_>) -> usize {
        let covered = |place: &&Place| matches!(place, Place::Taken(scope) if halt.covers(scope));
        self.places.iter().filter(covered).count()
    }
}
