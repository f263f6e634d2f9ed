//! What is set aside for permits and running effects: all that one action needs, or nothing.
//!
//! A permit carries a number; what stands behind it is kept here, in lanes, a thread's in its own. It is taken out by whoever ends
//! it, so nothing is used up or given back twice.

use std::num::NonZeroU32;
use std::sync::Arc;

use smallvec::SmallVec;

use super::counter::{Counter, Limit, Shortage};
use crate::authority::budget::Measure;
use crate::base::sync::{CachePadded, LANES, Mutex, lane, lock};

/// What one action draws on one counter.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) counter: Arc<Counter>,
    pub(crate) limit: Limit,
    pub(crate) units: u64,
    pub(crate) measure: Measure,
}

impl Draft {
    /// Whether a call that came again went over a mark that halts. It is set aside without a limit.
    fn is_too_often(&self, now: u64) -> bool {
        match self.measure {
            Measure::Repeats { halts: Some(times) } => self.counter.used(now, self.limit) > times,
            _ => false,
        }
    }
}

/// All that one action draws, those nearest to it first.
pub(crate) type Drafts = SmallVec<[Draft; 4]>;

/// What is set aside, and when it began.
#[derive(Debug)]
struct Held {
    drafts: Drafts,
    /// The moment that stands for the beginning of each, once it began.
    began: Option<SmallVec<[u64; 4]>>,
}

/// Everything that is set aside through one gate.
#[derive(Debug)]
pub(crate) struct OpenReservations {
    lanes: Box<[CachePadded<Mutex<Lane>>]>,
}

#[derive(Debug)]
struct Lane {
    places: Vec<Option<Held>>,
    free: Vec<u32>,
}

impl Default for OpenReservations {
    fn default() -> Self {
        Self { lanes: (0..LANES).map(|_| CachePadded(Mutex::new(Lane::roomy()))).collect() }
    }
}

/// Permits of one lane that are open at once before it grows.
const USUAL: usize = 4;

impl Lane {
    fn roomy() -> Self {
        Self { places: Vec::with_capacity(USUAL), free: Vec::with_capacity(USUAL) }
    }
}

/// Sets aside what every draft asks for, or nothing; then the place of the one that has no room. Nearest first, so that who has
/// spent its own never touches what it shares.
pub(crate) fn reserve(drafts: &[Draft], now: u64) -> Result<(), (usize, Shortage)> {
    for (place, draft) in drafts.iter().enumerate() {
        if let Err(shortage) = draft.counter.reserve(now, draft.units, draft.limit) {
            release(drafts.get(..place).unwrap_or_default());
            return Err((place, shortage));
        }
    }
    Ok(())
}

/// Whether all of these have room one after the other, as they would be set aside; else the place of the first that has not.
pub(crate) fn together(drafts: &[Draft], now: u64) -> Result<(), (usize, Shortage)> {
    for (place, draft) in drafts.iter().enumerate() {
        let before = drafts.iter().take(place);
        let same = before.filter(|other| Arc::ptr_eq(&other.counter, &draft.counter));
        let before = same.fold(0_u64, |sum, other| sum.saturating_add(other.units));
        let units = before.saturating_add(draft.units);
        let short = |Shortage { used }| (place, Shortage { used: used.saturating_add(before) });
        draft.counter.check(now, units, draft.limit).map_err(short)?;
    }
    Ok(())
}

fn release(drafts: &[Draft]) {
    drafts.iter().for_each(|draft| draft.counter.release(draft.units));
}

impl OpenReservations {
    /// Keeps what was [reserved](reserve), under a number that nothing else has while it is kept. `None` where there are more than
    /// numbers: then it is free again.
    #[inline]
    pub(crate) fn keep(&self, drafts: Drafts) -> Option<NonZeroU32> {
        let number = lane() % self.lanes.len().max(1);
        let mut lane = lock(&self.lanes.get(number)?.0);
        let held = Some(Held { drafts, began: None });
        let place = match lane.free.pop() {
            Some(place) => {
                if let Some(free) = lane.places.get_mut(place as usize) {
                    *free = held;
                }
                place as usize
            }
            None => {
                lane.places.push(held);
                lane.places.len() - 1
            }
        };
        let number = place.checked_mul(self.lanes.len())?.checked_add(number)?.checked_add(1)?;
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
        if number.is_none()
            && let Some(held) = lane.places.pop().flatten()
        {
            release(&held.drafts);
        }
        number
    }

    /// The effect begins: what was set aside ages from now on. Whether one that repeats too often is to halt its agent.
    pub(crate) fn begin(&self, number: NonZeroU32, now: u64) -> bool {
        let begun = self.with(number, |lane, place| {
            let Some(Some(held)) = lane.places.get_mut(place) else { return false };
            if held.began.is_some() {
                return false;
            }
            let begin = |draft: &Draft| draft.counter.begin(now, draft.units, draft.limit);
            held.began = Some(held.drafts.iter().map(begin).collect());
            held.drafts.iter().any(|draft| draft.is_too_often(now))
        });
        begun == Some(true)
    }

    /// It ends. What never began is free again; of what began, what returns is, and the rest of what was used less.
    pub(crate) fn end(
        &self,
        number: NonZeroU32,
        now: u64,
        actual: impl Fn(&Measure) -> Option<u64>,
    ) {
        let held = self.with(number, |lane, place| {
            let held = lane.places.get_mut(place).and_then(Option::take);
            if held.is_some() {
                lane.free.push(place as u32);
            }
            held
        });
        let Some(Held { drafts, began }) = held.flatten() else { return };
        let Some(began) = began else { return release(&drafts) };
        for (draft, began) in drafts.iter().zip(began) {
            let used = match draft.measure {
                Measure::Running => 0,
                _ => actual(&draft.measure).unwrap_or(draft.units),
            };
            draft.counter.settle(began, draft.units, used, now, draft.limit);
        }
    }

    /// How many are open.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let open = |lane: &CachePadded<Mutex<Lane>>| lock(&lane.0).places.iter().flatten().count();
        self.lanes.iter().map(open).sum()
    }

    fn with<T>(&self, number: NonZeroU32, run: impl FnOnce(&mut Lane, usize) -> T) -> Option<T> {
        let (number, lanes) = (number.get() as usize - 1, self.lanes.len().max(1));
        let mut lane = lock(&self.lanes.get(number % lanes)?.0);
        Some(run(&mut lane, number / lanes))
    }
}
