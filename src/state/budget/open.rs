//! What is set aside for permits and running effects: all that one action needs, or nothing.
//!
//! A permit carries a number; what stands behind it is kept here, in lanes, a thread's in its own. It is taken out by whoever ends
//! it, so nothing is used up or given back twice.

use std::num::NonZeroU32;
use std::sync::Arc;

use smallvec::SmallVec;

use super::counter::{Beginning, Counter, Limit, Shortage};
use crate::authority::budget::Measure;
use crate::base::sync::{CachePadded, LANES, Mutex, lane, lock};

/// What one action draws on one counter.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) counter: Arc<Counter>,
    pub(crate) limit: Limit,
    pub(crate) units: u64,
    pub(crate) measure: Measure,
    /// The place of the charge among those that the action draws on.
    pub(crate) charge: usize,
    /// The name of the budget, where one that is over halts the agent.
    pub(crate) halts: Option<Arc<str>>,
}

impl Draft {
    /// It begins. Which budget halts the agent, where this came too often. Only what began counts for that: a permit that waits is
    /// set aside without a limit, and may never begin.
    fn begin(&self, now: u64) -> (u64, Option<Repetition>) {
        let Beginning { at, begun } = self.counter.begin(now, self.units, self.limit);
        let (Measure::Repeats { halts: Some(times) }, Some(budget)) = (&self.measure, &self.halts)
        else {
            return (at, None);
        };
        let repetition = || Repetition { budget: Arc::clone(budget), begun, times: *times };
        (at, (begun > *times).then(repetition))
    }
}

/// A call that began too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repetition {
    /// The name of the budget that counts it.
    pub(crate) budget: Arc<str>,
    /// How often it began within the window, this time with it.
    pub(crate) begun: u64,
    /// How often it may.
    pub(crate) times: u64,
}

/// All that one action draws, those nearest to it first.
pub(crate) type Drafts = SmallVec<[Draft; 4]>;

/// What is set aside, and when it began.
#[derive(Debug)]
struct OpenReservation {
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
    places: Vec<Option<OpenReservation>>,
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

/// The number of a place in a lane.
fn number_of(place: usize, lanes: usize, lane: usize) -> Option<NonZeroU32> {
    let number = place.checked_mul(lanes)?.checked_add(lane)?.checked_add(1)?;
    u32::try_from(number).ok().and_then(NonZeroU32::new)
}

fn release(drafts: &[Draft]) {
    drafts.iter().for_each(|draft| draft.counter.release(draft.units));
}

impl OpenReservations {
    /// Keeps what was [reserved](reserve), under a number that nothing else has while it is kept. `None` where there are more than
    /// numbers: then it is free again.
    #[inline]
    pub(crate) fn keep(&self, drafts: &mut Drafts) -> Option<NonZeroU32> {
        let number = self.place_in_lane(drafts);
        if number.is_none() {
            release(drafts);
        }
        number
    }

    #[inline]
    fn place_in_lane(&self, drafts: &mut Drafts) -> Option<NonZeroU32> {
        let number = lane() % self.lanes.len().max(1);
        let mut lane = lock(&self.lanes.get(number)?.0);
        let place = lane.free.last().map_or(lane.places.len(), |place| *place as usize);
        let number = number_of(place, self.lanes.len(), number)?;
        let held = Some(OpenReservation { drafts: std::mem::take(drafts), began: None });
        match lane.places.get_mut(place) {
            Some(free) => {
                *free = held;
                lane.free.pop();
            }
            None => lane.places.push(held),
        }
        Some(number)
    }

    /// The effect begins: what was set aside ages from now on. Which budget halts its agent, where it came too often.
    pub(crate) fn begin(&self, number: NonZeroU32, now: u64) -> Option<Repetition> {
        let begun = self.with(number, |lane, place| {
            let held = lane.places.get_mut(place)?.as_mut()?;
            if held.began.is_some() {
                return None;
            }
            let mut repetition = None;
            let begin = |draft: &Draft| {
                let (at, often) = draft.begin(now);
                repetition = repetition.take().or(often);
                at
            };
            held.began = Some(held.drafts.iter().map(begin).collect());
            repetition
        });
        begun.flatten()
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
        let Some(OpenReservation { drafts, began }) = held.flatten() else { return };
        let Some(began) = began else { return release(&drafts) };
        for (draft, began) in drafts.iter().zip(began) {
            let used = match draft.measure {
                Measure::Concurrency => 0,
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
