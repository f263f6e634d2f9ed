//! Values that an agent may act on because of where they came from.
//!
//! A text that an agent was shown can make it act for a stranger; the stranger then chooses the recipient,
//! the account or the file. So a scope remembers the values that came from its user's own words, from the
//! directory, or from result fields that outsiders cannot write, and a condition asks whether an argument is
//! one of them. Nothing is guessed: a value is endorsed when it is equal, byte for byte (numbers by their
//! value), to one that was put in.
//!
//! The set only grows, and is bounded: a value that finds no room is not endorsed, so overflow narrows.
//! Looking up takes no lock and allocates nothing: slots are written once, and segments of slots are laid
//! out when the one before is half full.

mod form;
mod invoker;
mod key;
mod known;
mod said;
mod together;
mod word;
mod words;

pub(crate) use key::{Key, Known};
pub(crate) use known::with_text;
pub use together::Endorsements;
pub(crate) use words::{folded, names_in};

use std::fmt;
use std::ops::BitOr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use self::invoker::Invoker;
use self::key::OwnedKey;
use self::known::DECIMAL_BYTES;
use crate::base::forms::read_as_word;
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_SESSION_DEPTH};
use crate::base::steps;
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;

/// Where a value came from, if it may be acted on.
///
/// ```
/// use permitgate::Session;
/// use permitgate::flow::Origin;
///
/// let session = Session::new();
/// session.endorse(Origin::Directory, "lee@example.com");
/// assert!(session.is_endorsed("lee@example.com") && !session.is_endorsed("fay@other.example"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The user's own words.
    User,
    /// The trusted directory: contacts, accounts, people, and things that the user named.
    Directory,
    /// A field of a result that the manifest calls trustworthy.
    Result,
    /// The program that runs the agent: what it knows apart from the user's words, such as who is signed in.
    Program,
}

read_as_word! {
    Origin, "an origin as a word":
    "user" => User, "directory" => Directory, "result" => Result, "program" => Program,
}

impl Origin {
    const ALL: [Self; 4] = [Self::User, Self::Directory, Self::Result, Self::Program];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of [`Origin`]s, for [`Condition::endorsed`](crate::policy::Condition::endorsed).
///
/// ```
/// use permitgate::flow::{Origin, Origins};
///
/// let origins = Origin::User | Origin::Directory;
/// assert!(origins.contains(Origin::User) && !origins.contains(Origin::Result));
/// assert!(Origins::ANY.contains(Origin::Result));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "form::OriginsText")]
pub struct Origins(u8);

impl Origins {
    /// Any of them.
    pub const ANY: Self = Self(0b1111);

    /// Whether the set holds `origin`.
    pub const fn contains(self, origin: Origin) -> bool {
        self.0 & origin.bit() != 0
    }

    /// The set as a number: user, directory, result, program, from the lowest bit.
    #[cfg(feature = "token")]
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The set of a number, unless it has a bit that is no origin.
    #[cfg(feature = "token")]
    pub(crate) const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::ANY.0 == 0 { Some(Self(bits)) } else { None }
    }
}

impl From<Origin> for Origins {
    fn from(origin: Origin) -> Self {
        Self(origin.bit())
    }
}

impl<T: Into<Origins>> BitOr<T> for Origins {
    type Output = Self;
    fn bitor(self, other: T) -> Self {
        Self(self.0 | other.into().0)
    }
}

impl<T: Into<Origins>> BitOr<T> for Origin {
    type Output = Origins;
    fn bitor(self, other: T) -> Origins {
        Origins::from(self) | other
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Origin::ALL.into_iter().filter(|origin| self.contains(*origin));
        f.debug_set().entries(held).finish()
    }
}

/// The values that one session may act on.
#[derive(Debug, Default)]
pub(crate) struct Endorsed {
    /// What the session above has; it is asked as well.
    parent: Option<Arc<Self>>,
    invoker: OnceLock<Invoker>,
    segments: [Segment; SEGMENT_SLOTS.len()],
}

/// Slots from its first one on in which a value may stand. One that finds these taken by others is not endorsed, so
/// nobody makes looking up slow by values that fall into one place.
const MAX_PROBES: usize = 64;

/// The most values that a set takes.
const ROOM: usize = {
    let [small, middle, large] = SEGMENT_SLOTS;
    (small + middle + large) / 2
};

/// Slots of each segment; a segment takes values until half of its slots are used.
const SEGMENT_SLOTS: [usize; 3] = [256, 2_048, 16_384];

#[derive(Debug, Default)]
struct Segment {
    slots: OnceLock<Box<[OnceLock<Entry>]>>,
    used: AtomicUsize,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    key: OwnedKey,
    origins: AtomicU8,
}

impl Endorsed {
    /// The most steps that looking one value up can take, in a chain of sessions: its text and the hash of that, and in
    /// each segment the slots that it may stand in and one comparison.
    pub(crate) const WORST_CASE_STEPS: u64 = {
        let text = steps::of_bytes(MAX_ENDORSED_BYTES);
        let segments = (SEGMENT_SLOTS.len() * MAX_SESSION_DEPTH) as u64;
        // As what it is, as what its form shows, and for one tool.
        let once = text + 3 * segments * (MAX_PROBES as u64 + text);
        // A path is looked up as it is spelled from where it begins, and from the root of all.
        steps::of_bytes(DECIMAL_BYTES) + 2 * once
    };

    /// An empty set beside the one of the session above.
    pub(crate) fn below(parent: Arc<Self>) -> Self {
        Self { parent: Some(parent), ..Self::default() }
    }

    /// Makes it that of this invoker, who is known as a person; `false` where it is somebody else's.
    pub(crate) fn is_of(&self, invoker: &str) -> bool {
        self.invoker.get_or_init(|| Invoker::new(invoker)).is(invoker)
    }

    /// Adds a text of no kind, and what its form shows it to be; whether it is endorsed now.
    pub(crate) fn add(&self, origin: Origin, text: &str) -> bool {
        let mut all = self.add_key(origin, Key::plain(text));
        said::forms(text, &mut |key| all &= self.add_key(origin, key));
        all
    }

    /// Adds a value of a kind, in the kind's one form and in lower case where some arguments fold it.
    pub(crate) fn add_as(&self, origin: Origin, key: Key<'_>) -> bool {
        let mut all = self.add_key(origin, key);
        said::folded_address(key, &mut |key| all &= self.add_key(origin, key));
        if key.kind == ValueKind::PLAIN {
            let tool = key.tool;
            said::forms(key.text, &mut |key| all &= self.add_key(origin, Key { tool, ..key }));
        }
        all
    }

    /// Adds a value; whether it is endorsed now.
    pub(crate) fn add_key(&self, origin: Origin, key: Key<'_>) -> bool {
        if key.text.is_empty() || key.text.len() > MAX_ENDORSED_BYTES {
            return false;
        }
        let hash = key.hash();
        if let Some(entry) = self.entries(hash).next() {
            // Of two values with one hash, the second is not endorsed.
            let is_it = entry.key.key() == key;
            if is_it {
                entry.origins.fetch_or(origin.bit(), Ordering::AcqRel);
            }
            return is_it;
        }
        let entry = Entry { hash, key: key.to_owned(), origins: AtomicU8::new(origin.bit()) };
        let sized = self.segments.iter().zip(SEGMENT_SLOTS);
        sized
            .filter(|(segment, size)| segment.used.load(Ordering::Acquire) < size / 2)
            .try_fold(entry, |entry, (segment, size)| match segment.add(entry, size) {
                Ok(()) => Err(()),
                Err(entry) => Ok(entry),
            })
            .is_err()
    }

    /// Adds all that `text` says; see [`Session::endorse_words`](crate::Session::endorse_words).
    pub(crate) fn add_words(&self, origin: Origin, text: &str) -> bool {
        words::values_of(text, |key| self.add_key(origin, key))
    }

    /// Adds a text or a number, exactly.
    pub(crate) fn add_value(&self, origin: Origin, value: Value<'_>) -> bool {
        with_text(value, |text| self.add(origin, text)).unwrap_or(false)
    }

    /// Whether `value`, or everything in the list that it is, came from one of `origins`; `None` where
    /// that cannot be told: it is neither text nor number, or a list of too many or of other things.
    #[inline]
    pub(crate) fn holds(&self, origins: Origins, value: Value<'_>) -> Option<bool> {
        Known { endorsed: self, tool: "" }.holds(origins, ValueKind::PLAIN, value)
    }

    fn holds_key(&self, origins: Origins, hash: u64, key: Key<'_>) -> bool {
        let came_from = |entry: &Entry| {
            steps::take(|| steps::of_bytes(key.text.len()));
            entry.key.key() == key && entry.origins.load(Ordering::Acquire) & origins.0 != 0
        };
        let parent = || self.parent.as_ref();
        self.entries(hash).any(came_from)
            || parent().is_some_and(|parent| parent.holds_key(origins, hash, key))
    }

    /// The entry of each segment that has this hash.
    fn entries(&self, hash: u64) -> impl Iterator<Item = &Entry> {
        self.segments
            .iter()
            .filter_map(|segment| segment.slots.get())
            .filter_map(move |slots| find(slots, hash))
    }
}

impl Segment {
    /// Writes the entry into its first free slot; gives it back where there is none.
    fn add(&self, mut entry: Entry, size: usize) -> Result<(), Entry> {
        let slots = self.slots.get_or_init(|| (0..size).map(|_| OnceLock::new()).collect());
        for slot in probe(slots, entry.hash) {
            match slot.set(entry) {
                Ok(()) => {
                    self.used.fetch_add(1, Ordering::AcqRel);
                    return Ok(());
                }
                Err(back) => entry = back,
            }
            // Another thread may just have written the same value.
            if let Some(there) = slot.get()
                && there.hash == entry.hash
                && there.key == entry.key
            {
                there.origins.fetch_or(entry.origins.load(Ordering::Acquire), Ordering::AcqRel);
                return Ok(());
            }
        }
        Err(entry)
    }
}

/// The slots from the one of `hash` on in which it may stand.
fn probe<T>(slots: &[T], hash: u64) -> impl Iterator<Item = &T> {
    let start = hash as usize & slots.len().saturating_sub(1);
    let (before, from) = slots.split_at_checked(start).unwrap_or((slots, &[]));
    from.iter().chain(before).take(MAX_PROBES)
}

fn find(slots: &[OnceLock<Entry>], hash: u64) -> Option<&Entry> {
    probe(slots, hash)
        .inspect(|_| steps::take(|| 1))
        .map_while(OnceLock::get)
        .find(|entry| entry.hash == hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::MAX_RECIPIENTS;
    use crate::model::arguments::List;

    #[test]
    fn a_value_is_held_from_where_it_came_and_from_nowhere_else() {
        let set = Endorsed::default();
        assert!(set.add(Origin::User, "lee@example.com"));
        let lee = Value::from("lee@example.com");
        assert_eq!(set.holds(Origins::ANY, lee), Some(true));
        assert_eq!(set.holds(Origin::User.into(), lee), Some(true));
        assert_eq!(set.holds(Origin::Directory | Origin::Result, lee), Some(false));
        set.add(Origin::Result, "lee@example.com");
        assert_eq!(set.holds(Origin::Result.into(), lee), Some(true));
        assert_eq!(set.holds(Origins::ANY, Value::from("lee@example.co")), Some(false));
        assert_eq!(set.holds(Origins::ANY, Value::Bool(true)), None);
        assert!(!set.add(Origin::User, "") && !set.add(Origin::User, &"x".repeat(5000)));
    }

    #[test]
    fn a_list_is_held_when_all_of_it_is() {
        let set = Endorsed::default();
        set.add(Origin::User, "a");
        set.add(Origin::User, "b");
        let held = |list: &dyn List| set.holds(Origins::ANY, Value::List(list));
        assert_eq!(held(&["a", "b"].map(Value::from)), Some(true));
        assert_eq!(held(&["a", "c"].map(Value::from)), Some(false));
        assert_eq!(held(&[]), Some(true));
        assert_eq!(held(&[Value::from("c"), Value::Null]), None);
        assert_eq!(held(&[Value::from("a"); MAX_RECIPIENTS]), Some(true));
        assert_eq!(held(&[Value::from("a"); MAX_RECIPIENTS + 1]), None);
    }

    #[test]
    fn numbers_count_by_their_value() {
        let set = Endorsed::default();
        set.add_value(Origin::Result, Value::from(12));
        set.add_value(Origin::Result, Value::from(98.7));
        for (value, held) in [
            (Value::from(12_u8), Some(true)),
            (Value::from(12.0), Some(true)),
            (Value::from("12"), Some(true)),
            (Value::from(12.5), Some(false)),
            (Value::from(98.7), Some(true)),
            (Value::from(f64::MAX), Some(false)),
            (Value::from(i128::MIN), Some(false)),
            (Value::from(f64::NAN), None),
        ] {
            assert_eq!(set.holds(Origins::ANY, value), held, "{value:?}");
        }
    }

    #[test]
    fn what_finds_no_room_is_not_endorsed() {
        let set = Endorsed::default();
        let added: Vec<bool> =
            (0..20_000).map(|n| set.add(Origin::Result, &format!("value {n}"))).collect();
        let room = SEGMENT_SLOTS.iter().sum::<usize>() / 2;
        assert_eq!(added.iter().filter(|added| **added).count(), room);
        for (n, added) in added.iter().enumerate() {
            let text = format!("value {n}");
            assert_eq!(set.holds(Origins::ANY, Value::from(&text)), Some(*added), "{text}");
        }
    }

    #[test]
    fn a_set_below_sees_the_one_above_and_not_the_other_way_round() {
        let above = Arc::new(Endorsed::default());
        let below = Endorsed::below(above.clone());
        above.add(Origin::User, "a");
        below.add(Origin::Result, "b");
        assert_eq!(below.holds(Origins::ANY, Value::from("a")), Some(true));
        assert_eq!(above.holds(Origins::ANY, Value::from("b")), Some(false));
    }

    #[test]
    fn threads_that_add_the_same_values_agree() {
        let set = Endorsed::default();
        std::thread::scope(|threads| {
            for origin in Origin::ALL {
                let set = &set;
                threads.spawn(move || {
                    for n in 0..1000 {
                        assert!(set.add(origin, &n.to_string()));
                    }
                });
            }
        });
        for n in 0..1000_i32 {
            for origin in Origin::ALL {
                assert_eq!(set.holds(origin.into(), Value::from(n)), Some(true), "{n} {origin:?}");
            }
        }
    }

    #[test]
    fn sources_have_one_form_each() {
        for (text, origins) in [
            (r#""any""#, Origins::ANY),
            (r#""user""#, Origin::User.into()),
            (r#"["user","result"]"#, Origin::User | Origin::Result),
        ] {
            assert_eq!(serde_json::from_str::<Origins>(text).unwrap(), origins);
            assert_eq!(serde_json::to_string(&origins).unwrap(), text);
        }
        for text in [r#""all""#, "[]", "true", "null"] {
            assert!(serde_json::from_str::<Origins>(text).is_err(), "{text}");
        }
    }
}
