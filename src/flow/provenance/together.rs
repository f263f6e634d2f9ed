//! Values that are endorsed together or not at all.

use std::collections::BTreeMap;

use super::key::OwnedKey;
use super::table::Table;
use super::{Endorsed, Key, Origin, Origins, said, with_text, words};
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_FACT_BYTES, MAX_TRUSTED_BYTES, MAX_WORDS_BYTES};
use crate::base::sync::read;
use crate::manifest::kinds::canonical;
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
    bytes: usize,
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
    }

    /// Adds one text or number as a value of a kind, likewise. It is brought into the kind's one form first; of what is no such value,
    /// nothing is endorsed, and nothing of the whole.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::{Endorsements, Origin};
    /// use permitgate::model::{Value, ValueKind};
    ///
    /// let mut given = Endorsements::new();
    /// given.value_as(Origin::Program, ValueKind::PERSON, Value::from("Lee <lee@Example.com>"));
    /// given.value_as(Origin::Program, ValueKind::id("order"), Value::from(7));
    /// let session = Session::new();
    /// assert!(session.endorse_all(&given));
    /// assert!(session.is_endorsed_as(ValueKind::PERSON, "lee@example.com"));
    /// assert!(session.is_endorsed_as(ValueKind::id("order"), "7"));
    /// given.value_as(Origin::Program, ValueKind::HOST, Value::from("not a host"));
    /// assert!(!session.endorse_all(&given));
    /// ```
    pub fn value_as(&mut self, origin: Origin, kind: ValueKind<'_>, value: Value<'_>) {
        let added = with_text(value, |text| {
            let form = canonical(kind, text);
            form.is_some_and(|text| self.add_forms(origin, Key::of(kind, &text)))
        });
        self.incomplete |= added != Some(true);
    }

    /// Adds, as the program's, values of a kind that are always the user's own, such as the repositories of a developer: they
    /// need not be named to be acted on. Each is brought into the kind's one form; where one is no such value, nothing of the
    /// whole is endorsed.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Endorsements;
    /// use permitgate::model::ValueKind;
    ///
    /// let mut own = Endorsements::new();
    /// own.own(ValueKind::id("repository"), ["web-shop", "billing"]);
    /// own.own(ValueKind::HOST, ["Docs.Acme.example"]);
    /// let session = Session::new();
    /// assert!(session.endorse_all(&own));
    /// assert!(session.is_endorsed_as(ValueKind::id("repository"), "web-shop"));
    /// assert!(session.is_endorsed_as(ValueKind::HOST, "docs.acme.example"));
    /// assert!(!session.is_endorsed_as(ValueKind::id("file"), "web-shop") && !session.is_endorsed("web-shop"));
    /// ```
    pub fn own<V: AsRef<str>>(&mut self, kind: ValueKind<'_>, values: impl IntoIterator<Item = V>) {
        for value in values {
            self.value_as(Origin::Program, kind, Value::from(value.as_ref()));
        }
    }

    /// Adds a value of a thing that the user named.
    pub(crate) fn value_of_thing(&mut self, value: &str) {
        let added = self.add_forms(Origin::Directory, Key::of(ValueKind::THING, value));
        self.incomplete |= !added;
    }

    /// Adds all that others hold. Where one of them is incomplete, so is the whole.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::{Endorsements, Origin};
    ///
    /// let (mut words, mut more) = (Endorsements::new(), Endorsements::new());
    /// words.words(Origin::User, "refund order 66");
    /// more.words(Origin::User, "to acct-7");
    /// words.join(&more);
    /// let session = Session::new();
    /// assert!(session.endorse_all(&words));
    /// assert!(session.is_endorsed("order 66") && session.is_endorsed("acct-7"));
    /// ```
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
        self.add_forms(origin, key);
    }

    /// Adds a value and all else that it is; whether all of that is among them now.
    fn add_forms(&mut self, origin: Origin, key: Key<'_>) -> bool {
        let mut all = true;
        said::forms(origin, key, &mut |key| all &= self.add(origin, key));
        all
    }

    pub(crate) fn add(&mut self, origin: Origin, key: Key<'_>) -> bool {
        if key.text.is_empty() || key.text.len() > MAX_ENDORSED_BYTES {
            return false;
        }
        self.insert(key, origin.into())
    }

    fn insert(&mut self, key: Key<'_>, origins: Origins) -> bool {
        let bytes = Table::bytes_of(key);
        let key = key.to_owned();
        if let Some(known) = self.values.get_mut(&key) {
            *known = *known | origins;
        } else if self.bytes + bytes <= MOST_BYTES {
            self.bytes += bytes;
            self.values.insert(key, origins);
        } else {
            self.incomplete = true;
        }
        !self.incomplete
    }
}

/// Bytes of all that a session takes at once.
const MOST_BYTES: usize = MAX_WORDS_BYTES / 2 + MAX_TRUSTED_BYTES / 2 + MAX_FACT_BYTES;

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

    /// Whether all of these values find room now. Words and results make room for themselves, up to what is always held.
    pub(crate) fn has_room_for(&self, values: &Endorsements) -> bool {
        let known = read(&self.values);
        let bytes = |from: Origins| {
            let of_origin = values.iter().filter(|(_, origins)| origins.0 & from.0 != 0);
            let more = of_origin.filter(|(key, _)| from != FACTS || !known.is_fact(*key));
            more.map(|(key, _)| Table::bytes_of(key)).sum::<usize>()
        };
        values.is_complete()
            && bytes(Origin::User.into()) <= MAX_WORDS_BYTES / 2
            && bytes(Origin::Result.into()) <= MAX_TRUSTED_BYTES / 2
            && bytes(FACTS) <= known.room_for_facts()
    }
}

const FACTS: Origins = Origins(Origin::Directory.bit() | Origin::Program.bit());

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
        for count in [1, 100, 1_000, 5_000, 20_000] {
            let (set, values) = (Endorsed::default(), numbered(count));
            let fits = set.add_all(&values);
            let held = values
                .iter()
                .filter(|(key, _)| set.holds(Origins::ANY, Value::from(key.text)) == Some(true));
            assert_eq!(held.count(), if fits { count } else { 0 }, "{count}");
            assert_eq!(fits, count < 20_000, "{count}");
        }
    }

    /// What was said before makes room: a session endorses the newest words for all its life.
    #[test]
    fn a_request_finds_room_after_any_number_of_others() {
        let set = Endorsed::default();
        for number in 0..2_000 {
            let mut values = Endorsements::new();
            values
                .words(Origin::User, &format!("please send the file F{number}x to the others now"));
            assert!(set.add_all(&values), "{number}");
            let file = format!("F{number}x");
            assert_eq!(set.holds(Origin::User.into(), Value::from(&file)), Some(true), "{number}");
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
