//! Values in one piece of memory: their texts one behind the other, and for each of them where its text stands.

use super::key::Key;
use crate::base::limits::MAX_ENDORSED_BYTES;
use crate::base::steps;
use crate::model::kind::ValueKind;

/// A set of values with their origins, which only grows.
#[derive(Debug, Default)]
pub(super) struct Table {
    texts: String,
    entries: Vec<Entry>,
    /// One more than the number of the entry of each slot, and nought where there is none.
    slots: Vec<u32>,
    stated: usize,
}

/// A value. Its text is followed by the sort of an id, and by the tool that it counts for.
#[derive(Debug)]
struct Entry {
    hash: u64,
    from: u32,
    text: u16,
    sort: u16,
    tool: u16,
    form: u8,
    origins: u8,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insertion {
    Held,
    /// There is no room for it here.
    Full,
    /// No table takes it: another value has its hash, or its slots.
    Refused,
}

/// Slots from its first one on in which a value may stand, so that nobody makes looking up slow by values that fall into one
/// place. One slot in four is taken at most, so values fill so many in a row only where somebody chose them to.
const MAX_PROBES: usize = 32;

const FEWEST_SLOTS: usize = 32;

impl Table {
    /// The most steps that looking up a value can take.
    pub(super) const WORST_CASE_STEPS: u64 =
        MAX_PROBES as u64 + steps::of_bytes(MAX_ENDORSED_BYTES);

    /// Bytes of memory that a value takes at most: its text and its entry with what grows ahead of them, and its slots.
    pub(super) fn bytes_of(key: Key<'_>) -> usize {
        let text = key.text.len() + key.kind.sort().len() + key.tool.len();
        text + text / 4 + size_of::<Entry>() * 5 / 4 + 2 * 4 * size_of::<u32>() + 2
    }

    /// Bytes of memory that all its values take at most.
    pub(super) fn bytes(&self) -> usize {
        self.stated
    }

    /// From where a value came, as bits; nought where it is not held.
    pub(super) fn origins(&self, hash: u64, key: Key<'_>) -> u8 {
        let entry = self.find(hash).filter(|entry| self.is(entry, key));
        entry.map_or(0, |entry| entry.origins)
    }

    /// Holds a value, unless the table takes more bytes then than it may.
    pub(super) fn insert(
        &mut self,
        (hash, key): (u64, Key<'_>),
        origins: u8,
        most_bytes: usize,
    ) -> Insertion {
        if let Some(number) = self.number_of(hash) {
            let is_it = self.entries.get(number).is_some_and(|entry| self.is(entry, key));
            if let Some(entry) = self.entries.get_mut(number).filter(|_| is_it) {
                entry.origins |= origins;
                return Insertion::Held;
            }
            return Insertion::Refused;
        }
        let bytes = Self::bytes_of(key);
        if self.stated + bytes > most_bytes {
            return Insertion::Full;
        }
        let (Some(entry), Ok(number)) =
            (self.entry(hash, key, origins), u32::try_from(self.entries.len() + 1))
        else {
            return Insertion::Refused;
        };
        if 4 * (self.entries.len() + 1) > self.slots.len() {
            self.lay_out();
        }
        let Some(slot) = free(&mut self.slots, hash) else { return Insertion::Refused };
        *slot = number;
        for part in [key.text, key.kind.sort(), key.tool] {
            grow_string(&mut self.texts, part.len());
            self.texts.push_str(part);
        }
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(self.entries.len() / 4 + 1);
        }
        self.entries.push(entry);
        self.stated += bytes;
        Insertion::Held
    }

    fn entry(&self, hash: u64, key: Key<'_>, origins: u8) -> Option<Entry> {
        let from = u32::try_from(self.texts.len()).ok()?;
        let length = |text: &str| u16::try_from(text.len()).ok();
        let (text, sort, tool) = (length(key.text)?, length(key.kind.sort())?, length(key.tool)?);
        Some(Entry { hash, from, text, sort, tool, form: key.kind.code(), origins })
    }

    /// Twice the slots, or the first ones.
    fn lay_out(&mut self) {
        let length = (2 * self.slots.len()).max(FEWEST_SLOTS);
        self.slots = vec![0; length];
        for (entry, number) in self.entries.iter().zip(1..) {
            // One that finds none of more slots is not found again, as one that never found any.
            if let Some(slot) = free(&mut self.slots, entry.hash) {
                *slot = number;
            }
        }
    }

    fn find(&self, hash: u64) -> Option<&Entry> {
        self.entries.get(self.number_of(hash)?)
    }

    fn number_of(&self, hash: u64) -> Option<usize> {
        let taken = probe(self.slots.len(), hash).map_while(|at| {
            steps::take(|| 1);
            self.slots.get(at).copied().filter(|number| *number != 0)
        });
        let mut numbers = taken.map(|number| number as usize - 1);
        numbers.find(|number| self.entries.get(*number).is_some_and(|entry| entry.hash == hash))
    }

    fn is(&self, entry: &Entry, key: Key<'_>) -> bool {
        steps::take(|| steps::of_bytes(key.text.len()));
        let from = entry.from as usize;
        let part = |from: usize, length: u16| self.texts.get(from..from + usize::from(length));
        let sort = from + usize::from(entry.text);
        entry.form == key.kind.code()
            && part(from, entry.text) == Some(key.text)
            && part(sort, entry.sort) == Some(key.kind.sort())
            && part(sort + usize::from(entry.sort), entry.tool) == Some(key.tool)
    }

    /// Every kind and tool for which a text is held, for an explanation.
    pub(super) fn told_of<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (ValueKind<'t>, &'t str, u8)> {
        let is_it = move |entry: &&Entry| self.part(entry.from as usize, entry.text) == text;
        self.entries.iter().filter(is_it).filter_map(|entry| {
            let sort = entry.from as usize + usize::from(entry.text);
            let kind = ValueKind::of_code(entry.form, self.part(sort, entry.sort))?;
            Some((kind, self.part(sort + usize::from(entry.sort), entry.tool), entry.origins))
        })
    }

    fn part(&self, from: usize, length: u16) -> &str {
        self.texts.get(from..from + usize::from(length)).unwrap_or_default()
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        self.texts.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.slots.capacity() * size_of::<u32>()
    }
}

fn grow_string(text: &mut String, more: usize) {
    if text.len() + more > text.capacity() {
        text.reserve_exact(more.max(text.len() / 4));
    }
}

fn free(slots: &mut [u32], hash: u64) -> Option<&mut u32> {
    let at = probe(slots.len(), hash).find(|at| slots.get(*at) == Some(&0))?;
    slots.get_mut(at)
}

/// The slots from the one of `hash` on in which it may stand.
fn probe(slots: usize, hash: u64) -> impl Iterator<Item = usize> {
    let mask = slots.saturating_sub(1);
    (0..MAX_PROBES.min(slots)).map(move |step| (hash as usize).wrapping_add(step) & mask)
}
