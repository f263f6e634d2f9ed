//! Values that are endorsed together or not at all.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use super::key::OwnedKey;
use super::{
    Endorsed, Key, MAX_PROBES, Origin, Origins, ROOM, SEGMENT_SLOTS, said, with_text, words,
};
use crate::base::limits::MAX_ENDORSED_BYTES;
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;

/// Values with their origins, which a session endorses together or not at all.
///
/// For a program that takes requests as a whole: where one of its values finds no room, the request is refused and nothing
/// of it counts.
///
/// ```
/// use permitgate::Session;
/// use permitgate::flow::{Endorsements, Origin};
/// use permitgate::model::Value;
///
/// let mut given = Endorsements::new();
/// given.words(Origin::User, "refund order 66");
/// given.value(Origin::Program, Value::from("acct-7"));
/// let session = Session::new();
/// assert!(session.endorse_all(&given));
/// assert!(session.is_endorsed("order 66") && session.is_endorsed("acct-7"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Endorsements {
    values: BTreeMap<OwnedKey, Origins>,
    /// Something was no value, or there were more than any session takes.
    incomplete: bool,
}

impl Endorsements {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a text says, as [`Session::endorse_words`](crate::Session::endorse_words) does.
    pub fn words(&mut self, origin: Origin, text: &str) {
        words::values_of(text, |key| self.add(origin, key));
    }

    /// Adds one text or number. Of anything else, and of an empty or too long text, nothing is endorsed, and nothing of the
    /// whole.
    pub fn value(&mut self, origin: Origin, value: Value<'_>) {
        self.value_as(origin, ValueKind::PLAIN, value);
        if let Value::Text(text) = value {
            said::forms(text, &mut |key| _ = self.add(origin, key));
        }
    }

    /// Adds one text or number as a value of a kind, likewise. The text is the kind's one form.
    pub fn value_as(&mut self, origin: Origin, kind: ValueKind<'_>, value: Value<'_>) {
        if with_text(value, |text| self.add(origin, Key::of(kind, text))) != Some(true) {
            self.incomplete = true;
        }
    }

    /// Adds all that others hold.
    pub fn join(&mut self, others: &Self) {
        self.incomplete |= others.incomplete;
        for (key, origins) in &others.values {
            self.insert(key.key(), *origins);
        }
    }

    /// Whether there is nothing to endorse.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.incomplete
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.incomplete
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key<'_>, Origins)> {
        self.values.iter().map(|(key, origins)| (key.key(), *origins))
    }

    /// Adds a value with what its form shows it to be; one that no session takes endorses nothing, and the others count.
    pub(crate) fn offer(&mut self, origin: Origin, key: Key<'_>) {
        self.add(origin, key);
        said::folded_address(key, &mut |key| _ = self.add(origin, key));
        if key.kind == ValueKind::PLAIN {
            said::forms(key.text, &mut |form| _ = self.add(origin, Key { tool: key.tool, ..form }));
        }
    }

    pub(crate) fn add(&mut self, origin: Origin, key: Key<'_>) -> bool {
        if key.text.is_empty() || key.text.len() > MAX_ENDORSED_BYTES {
            return false;
        }
        self.insert(key, origin.into())
    }

    fn insert(&mut self, key: Key<'_>, origins: Origins) -> bool {
        let key = key.to_owned();
        if let Some(known) = self.values.get_mut(&key) {
            *known = *known | origins;
        } else if self.values.len() < ROOM {
            self.values.insert(key, origins);
        } else {
            self.incomplete = true;
        }
        !self.incomplete
    }
}

impl Endorsed {
    /// Adds all of these values, or none of them where there is no room for all: room that others take while this runs
    /// aside. Whether they are endorsed now.
    pub(crate) fn add_all(&self, values: &Endorsements) -> bool {
        self.has_room_for(values)
            && values.iter().all(|(key, origins)| {
                Origin::ALL
                    .into_iter()
                    .filter(|origin| origins.contains(*origin))
                    .all(|origin| self.add_key(origin, key))
            })
    }

    /// Whether all of these values find room now: each of them takes a slot here as it will when it is added.
    pub(crate) fn has_room_for(&self, values: &Endorsements) -> bool {
        let (mut taken, mut hashes) = (HashSet::new(), HashSet::new());
        let mut more = [0; SEGMENT_SLOTS.len()];
        values.is_complete()
            && values.iter().all(|(key, _)| {
                let hash = key.hash();
                match self.entries(hash).next() {
                    Some(entry) => entry.key.key() == key,
                    // Of two values with one hash, the second is not endorsed.
                    None => hashes.insert(hash) && self.takes(hash, &mut more, &mut taken),
                }
            })
    }

    /// Takes a slot for a value of this hash, beside those that are taken.
    fn takes(
        &self,
        hash: u64,
        more: &mut [usize; SEGMENT_SLOTS.len()],
        taken: &mut HashSet<(usize, usize)>,
    ) -> bool {
        let sized = self.segments.iter().zip(SEGMENT_SLOTS).zip(more).enumerate();
        sized.into_iter().any(|(number, ((segment, size), more))| {
            if segment.used.load(Ordering::Acquire) + *more >= size / 2 {
                return false;
            }
            let slots = segment.slots.get();
            let is_free = |at: usize| {
                slots.is_none_or(|slots| slots.get(at).is_some_and(|slot| slot.get().is_none()))
            };
            let places = (0..MAX_PROBES.min(size)).map(|step| (hash as usize + step) & (size - 1));
            let found = places.into_iter().find(|at| is_free(*at) && taken.insert((number, *at)));
            *more += usize::from(found.is_some());
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Endorsements {
        let mut values = Endorsements::new();
        for number in 0..count {
            values.value(Origin::User, Value::from(&*format!("value {number}")));
        }
        values
    }

    #[test]
    fn all_or_nothing() {
        for count in [1, 100, 1_000, ROOM, ROOM + 1, 20_000] {
            let (set, values) = (Endorsed::default(), numbered(count));
            let fits = set.add_all(&values);
            let held = values
                .iter()
                .filter(|(key, _)| set.holds(Origins::ANY, Value::from(key.text)) == Some(true));
            assert_eq!(held.count(), if fits { count } else { 0 }, "{count}");
            assert!(fits || count > ROOM / 2, "{count}");
        }
    }

    #[test]
    fn what_is_there_already_takes_no_room() {
        let (set, values) = (Endorsed::default(), numbered(4_000));
        assert!(set.add_all(&values) && set.add_all(&values));
        let mut more = numbered(4_000);
        more.words(Origin::Program, "acct-7");
        assert!(set.add_all(&more));
        assert_eq!(set.holds(Origin::Program.into(), Value::from("acct-7")), Some(true));
        let mut flawed = Endorsements::new();
        flawed.value(Origin::User, Value::from("acct-8"));
        flawed.value(Origin::User, Value::from(true));
        assert!(!set.add_all(&flawed));
        assert_eq!(set.holds(Origins::ANY, Value::from("acct-8")), Some(false));
    }
}
