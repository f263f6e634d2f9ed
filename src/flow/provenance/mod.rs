//! Values that an agent may act on because of where they came from.
//!
//! A text that an agent was shown can make it act for a stranger; the stranger then chooses the recipient,
//! the account or the file. So a scope remembers the values that came from its user's own words, from the
//! directory, or from result fields that outsiders cannot write, and a condition asks whether an argument is
//! one of them. Nothing is guessed: a value is endorsed when it is equal, byte for byte (numbers by their
//! value), to one that was put in.
//!
//! Memory is bounded in bytes, apart for the user's words, for results, and for what the program says. Later words drop
//! the earliest ones, later results earlier results, and what the program says stays: what is dropped or finds no room is not
//! endorsed, so overflow narrows. Looking up allocates nothing and takes one lock to read, which only endorsing takes to write.

mod form;
mod invoker;
mod key;
mod known;
mod line;
mod said;
mod table;
mod together;
mod values;
mod word;
mod words;

pub(crate) use key::{Key, Known};
pub(crate) use known::with_text;
pub use together::Endorsements;
pub(crate) use words::{called_in, folded, names_in};

use std::collections::BTreeMap;
use std::fmt;
use std::ops::BitOr;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use self::invoker::Invoker;
use self::known::DECIMAL_BYTES;
use self::table::Table;
use self::values::Values;
use crate::base::forms::read_as_word;
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_SESSION_DEPTH};
use crate::base::steps;
use crate::base::sync::{RwLock, read, write};
use crate::base::visible::visible;
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

/// As people read it: `user or directory`.
impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Origin::ALL.into_iter().filter(|origin| self.contains(*origin));
        for (number, origin) in held.enumerate() {
            let word = match origin {
                Origin::User => "user",
                Origin::Directory => "directory",
                Origin::Result => "result",
                Origin::Program => "program",
            };
            write!(f, "{}`{word}`", if number == 0 { "" } else { " or " })?;
        }
        Ok(())
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
    values: RwLock<Values>,
}

impl Endorsed {
    /// The most steps that looking one value up can take, in a chain of sessions: its text and the hash of that, and in
    /// each table the slots that it may stand in and one comparison.
    pub(crate) const WORST_CASE_STEPS: u64 = {
        let text = steps::of_bytes(MAX_ENDORSED_BYTES);
        let tables = Values::TABLES * MAX_SESSION_DEPTH as u64;
        // As what it is, as what its form shows, and for one tool; names and things stand among the facts alone.
        let once = text + 3 * tables * Table::WORST_CASE_STEPS;
        // A path is looked up as it is spelled from where it begins, and from the root of all, which is written first. A person is looked
        // up once, and with two forms more where its tag does not count.
        steps::of_bytes(DECIMAL_BYTES) + text + 2 * once
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
        self.add_as(origin, Key::plain(text))
    }

    /// Adds a value of a kind, in the kind's one form, and all else that it is; see [`said::forms`].
    pub(crate) fn add_as(&self, origin: Origin, key: Key<'_>) -> bool {
        let mut all = true;
        said::forms(origin, key, &mut |key| all &= self.add_key(origin, key));
        all
    }

    /// Adds a value; whether it is endorsed now.
    pub(crate) fn add_key(&self, origin: Origin, key: Key<'_>) -> bool {
        if key.text.is_empty() || key.text.len() > MAX_ENDORSED_BYTES {
            return false;
        }
        write(&self.values).insert((key.hash(), key), origin)
    }

    /// Adds all that `text` says; see [`Session::endorse_words`](crate::Session::endorse_words).
    pub(crate) fn add_words(&self, origin: Origin, text: &str) -> bool {
        let turns = || read(&self.values).turns(origin);
        let before = turns();
        // The latest half stays: with one turn all of it does.
        words::values_of(text, |key| self.add_key(origin, key)) && turns() < before + 2
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

    /// As what a text may be acted on where it is sought as one kind, for a person.
    #[cold]
    pub(crate) fn known_as(&self, text: &str, sought: ValueKind<'_>) -> BTreeMap<String, Origins> {
        let is_other_form = |kind: ValueKind<'_>| kind != sought && kind.exact() == sought.exact();

        let mut told = BTreeMap::new();
        for level in std::iter::successors(Some(self), |level| level.parent.as_deref()) {
            for (kind, tool, origins) in read(&level.values).told_of(text) {
                if is_other_form(kind) {
                    continue;
                }
                let what = match tool {
                    "" => kind.to_string(),
                    tool => format!("{kind} for `{}` alone", visible(tool)),
                };
                let from: &mut Origins = told.entry(what).or_insert(Origins(0));
                *from = *from | Origins(origins);
            }
        }
        told
    }

    /// Whether one of these values came from where it should.
    fn holds_any(&self, asked: &[(Origins, u64, Key<'_>)]) -> bool {
        let levels = std::iter::successors(Some(self), |level| level.parent.as_deref());
        levels.into_iter().any(|level| {
            let values = read(&level.values);
            let asked = asked.iter().filter(|(origins, ..)| origins.0 != 0);
            asked.into_iter().any(|(origins, hash, key)| values.is_of(*origins, *hash, *key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::{MAX_FACT_BYTES, MAX_RECIPIENTS, MAX_TRUSTED_BYTES, MAX_WORDS_BYTES};
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

    /// A flood of results drops earlier results, and nothing of what the user said or the program knows.
    #[test]
    fn results_drop_results_and_never_words_or_facts() {
        let set = Endorsed::default();
        assert!(set.add_words(Origin::User, "pay lee@example.com"));
        assert!(set.add(Origin::Directory, "dana@example.com"));
        for n in 0..100_000 {
            assert!(set.add(Origin::Result, &format!("value {n}")));
        }
        let held = |text: &str| set.holds(Origins::ANY, Value::from(text)) == Some(true);
        assert!(held("lee@example.com") && held("dana@example.com"));
        assert!(held("value 99999") && held("value 95000") && !held("value 0"));
    }

    #[test]
    fn the_newest_words_count_however_many_were_said() {
        let set = Endorsed::default();
        for n in 0..5_000 {
            assert!(set.add_words(Origin::User, &format!("and now pay account A{n} please")));
        }
        let held = |text: &str| set.holds(Origin::User.into(), Value::from(text)) == Some(true);
        for n in 4_900..5_000 {
            assert!(held(&format!("A{n}")) && held(&format!("account A{n} please")), "{n}");
        }
        assert!(!held("A0") && !held("A5000"));
        // Of one text that is longer than all that is kept, it shows.
        let text: String = (0..10_000).map(|n| format!("w{n} ")).collect();
        assert!(!set.add_words(Origin::User, &text));
        assert!(held("w9999") && !held("w0"));
    }

    #[test]
    fn facts_stay_and_what_finds_no_room_is_not_endorsed() {
        let set = Endorsed::default();
        let added: Vec<bool> =
            (0..20_000).map(|n| set.add(Origin::Directory, &format!("value {n}"))).collect();
        let room = added.iter().filter(|added| **added).count();
        assert!(room > 10_000 && room < 20_000, "{room}");
        for (n, added) in added.iter().enumerate() {
            let text = format!("value {n}");
            assert_eq!(set.holds(Origins::ANY, Value::from(&text)), Some(*added), "{text}");
        }
    }

    /// Whatever is endorsed, short or long, of any kind: memory stays within what is stated.
    #[test]
    fn memory_is_bounded_in_bytes() {
        let most = MAX_WORDS_BYTES + MAX_TRUSTED_BYTES + MAX_FACT_BYTES;
        for length in [1, 20, 300, MAX_ENDORSED_BYTES] {
            let set = Endorsed::default();
            let (mut seen, mut number) = (0, 0);
            for _ in 0..30_000 {
                number += 1;
                let text = format!("{number:0length$}");
                let text = text.get(..text.len().min(MAX_ENDORSED_BYTES)).unwrap();
                let sort = format!("sort{}", number % 7);
                let kinds = [ValueKind::PLAIN, ValueKind::PERSON, ValueKind::id(&sort)];
                let origin = Origin::ALL[number % 4];
                let key =
                    Key { tool: ["", "send"][number % 2], ..Key::of(kinds[number % 3], text) };
                set.add_as(origin, key);
                let values = read(&set.values);
                seen = seen.max(values.memory_bytes());
                assert!(
                    values.memory_bytes() <= most + 2048,
                    "{length}: {}",
                    values.memory_bytes()
                );
            }
            assert!(length == 1 || seen > most / 4, "{length}: {seen} of {most}");
        }
    }

    /// Only the tables of the origins that are asked for are looked at.
    #[test]
    fn an_origin_that_is_not_asked_for_costs_nothing() {
        let set = Endorsed::default();
        for n in 0..2_000 {
            set.add(Origin::ALL[n % 4], &format!("value {n}"));
        }
        let cost = |origins: Origins| {
            let ask = || set.holds(origins, Value::from("another"));
            let (held, steps) = crate::base::steps::steps_of(ask);
            assert_eq!(held, Some(false));
            steps
        };
        assert!(cost(Origin::User | Origin::Result) > cost(Origin::User.into()));
        assert!(cost(Origins::ANY) > cost(Origin::User | Origin::Result));
    }

    /// Looking up costs no more with 100,000 values than with a few.
    #[test]
    fn a_flood_keeps_looking_up_flat() {
        let cost = |flood: usize| {
            let set = Endorsed::default();
            for n in 0..flood {
                set.add(Origin::ALL[n % 4], &format!("value {n}"));
            }
            let ask = |n: usize| {
                let text = format!("other {n}");
                let (held, steps) =
                    crate::base::steps::steps_of(|| set.holds(Origins::ANY, Value::from(&text)));
                assert_eq!(held, Some(false));
                steps
            };
            (0..2_000).map(ask).sum::<u64>()
        };
        let (few, many) = (cost(100), cost(100_000));
        assert!(many < 2 * few, "{few} and {many}");
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
