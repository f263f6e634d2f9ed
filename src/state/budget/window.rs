//! What began within a window, so that it is known when it leaves.
//!
//! A window of a length holds at most so many units *wherever it is laid*: what began at a moment leaves exactly one length
//! later, and not before. Up to [`ENTRIES`] moments are kept as they are. One more, and two that lie in the same of 63 equal
//! parts of the length are joined at the later moment: a unit then returns up to a 63rd of the length late, and never early.
//! Buckets of a clock would return a whole bucket late, and a leaky bucket (GCRA) lets nearly twice the limit through.

use std::collections::VecDeque;

/// Moments that are kept apart.
const ENTRIES: usize = 64;

/// What began, the oldest first, with no two at one moment.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// What all of them add up to.
    units: u64,
    /// The moment of the last entry that left.
    left: u64,
    /// The latest moment that was told. Threads come here in another order than they read the clock.
    latest: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// In nanoseconds. What began at it, or since the entry before.
    at: u64,
    units: u64,
}

impl Window {
    /// Takes out what has left by `now`, and says how much that is.
    pub(super) fn leave(&mut self, now: u64, length: u64) -> u64 {
        self.latest = self.latest.max(now);
        let mut units = 0_u64;
        while let Some(oldest) = self.entries.front().copied()
            && oldest.at.saturating_add(length) <= self.latest
        {
            self.entries.pop_front();
            self.left = oldest.at;
            units = units.saturating_add(oldest.units);
        }
        self.units = self.units.saturating_sub(units);
        units
    }

    /// How much lies in it.
    pub(super) const fn units(&self) -> u64 {
        self.units
    }

    /// The moment of the oldest entry; [`u64::MAX`] where there is none.
    pub(super) fn oldest(&self) -> u64 {
        self.entries.front().map_or(u64::MAX, |entry| entry.at)
    }

    /// Enters what begins at the latest moment that was told, after what has left by then was taken out. Gives the moment that
    /// stands for it.
    pub(super) fn enter(&mut self, units: u64, length: u64) -> u64 {
        let at = self.latest;
        self.units = self.units.saturating_add(units);
        let is_full = |entries: &VecDeque<Entry>| entries.len() >= ENTRIES;
        if is_full(&self.entries) && self.entries.back().is_some_and(|last| last.at != at) {
            self.join(length);
        }
        let joins = is_full(&self.entries);
        match self.entries.back_mut() {
            // All others lie in parts of their own, so the last and this one share theirs.
            Some(last) if joins || last.at == at => {
                *last = Entry { at, units: last.units.saturating_add(units) };
            }
            _ => self.entries.push_back(Entry { at, units }),
        }
        at
    }

    /// Takes out again what was entered at a moment, as far as it has not left yet; says how much that is.
    pub(super) fn take_back(&mut self, at: u64, units: u64) -> u64 {
        if at <= self.left {
            return 0;
        }
        let place = self.entries.partition_point(|entry| entry.at < at);
        let Some(entry) = self.entries.get_mut(place) else { return 0 };
        let back = entry.units.min(units);
        entry.units -= back;
        self.units = self.units.saturating_sub(back);
        back
    }

    /// When so many units will have left.
    pub(super) fn leaves(&self, units: u64, length: u64) -> Option<u64> {
        let mut sum = 0_u64;
        let enough = self.entries.iter().find(|entry| {
            sum = sum.saturating_add(entry.units);
            sum >= units
        });
        enough.map(|entry| entry.at.saturating_add(length))
    }

    /// Joins neighbours of the same part. All that is here, and what enters next, lies within less than one length, so in at most
    /// [`ENTRIES`] parts.
    fn join(&mut self, length: u64) {
        let part = length.div_ceil(ENTRIES as u64 - 1).max(1);
        let mut kept = 0_usize;
        for place in 0..self.entries.len() {
            let Some(entry) = self.entries.get(place).copied() else { break };
            let before = kept.checked_sub(1).and_then(|place| self.entries.get_mut(place));
            match before {
                Some(before) if before.units == 0 || before.at / part == entry.at / part => {
                    let units = before.units.saturating_add(entry.units);
                    *before = Entry { at: entry.at, units };
                }
                _ => {
                    if let Some(free) = self.entries.get_mut(kept) {
                        *free = entry;
                    }
                    kept += 1;
                }
            }
        }
        self.entries.truncate(kept);
    }
}
