//! Things that users know by name: found in a user's own words, by fixed rules.

use super::Directory;
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS, MAX_THING_VALUES, MAX_THINGS};
use crate::base::name::{NameFault, check_name};
use crate::flow::provenance::{Endorsements, Origin, called_in, folded, names_in};
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;

/// The things of a directory, sorted by their names.
#[derive(Debug, Default)]
pub(super) struct Things(Box<[Thing]>);

#[derive(Debug)]
struct Thing {
    /// As words are compared with it.
    name: Box<str>,
    values: Box<[Box<str>]>,
}

impl Things {
    /// Checks the things; a fault comes with the name of its thing.
    pub(super) fn new(drafts: &[(String, Vec<String>)]) -> Result<Self, (&str, ThingFault)> {
        let mut things = Vec::with_capacity(drafts.len().min(MAX_THINGS));
        for (name, values) in drafts {
            if things.len() == MAX_THINGS {
                return Err((name, ThingFault::TooMany));
            }
            let folded = check(name, values).map_err(|fault| (name.as_str(), fault))?;
            let values = values.iter().map(|value| value.as_str().into()).collect();
            things.push((Thing { name: folded.into(), values }, name));
        }
        things.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        for ((one, _), (other, name)) in things.iter().zip(things.iter().skip(1)) {
            if one.name == other.name {
                return Err((name, ThingFault::Repeated));
            }
        }
        Ok(Self(things.into_iter().map(|(thing, _)| thing).collect()))
    }
}

/// The name as words are compared with it.
fn check(name: &str, values: &[String]) -> Result<String, ThingFault> {
    check_name(name)?;
    let folded = folded(name);
    let mut can_be_said = false;
    names_in(&folded, |run| can_be_said |= *run == *folded);
    if folded.is_empty() {
        Err(ThingFault::NoWord)
    } else if folded.split(' ').count() > MAX_RUN_WORDS {
        Err(ThingFault::TooManyWords)
    } else if !can_be_said {
        Err(ThingFault::Quoted)
    } else if values.is_empty() {
        Err(ThingFault::NoValue)
    } else if values.len() > MAX_THING_VALUES {
        Err(ThingFault::TooManyValues)
    } else if values.iter().any(String::is_empty) {
        Err(ThingFault::EmptyValue)
    } else if values.iter().any(|value| value.len() > MAX_ENDORSED_BYTES) {
        Err(ThingFault::LongValue)
    } else {
        Ok(folded)
    }
}

impl Directory {
    /// The things that the directory knows by name, in the order of their names, with their values. Names stand
    /// as they are compared: in lower case, with one space between words.
    ///
    /// ```
    /// use permitgate::Directory;
    ///
    /// let directory = Directory::builder().thing("Team  calendar", ["cal-881"]).build()?;
    /// for (name, mut values) in directory.things() {
    ///     assert_eq!((name, values.next()), ("team calendar", Some("cal-881")));
    /// }
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn things(
        &self,
    ) -> impl ExactSizeIterator<Item = (&str, impl ExactSizeIterator<Item = &str>)> {
        self.things.0.iter().map(|thing| (&*thing.name, thing.values.iter().map(|value| &**value)))
    }

    /// The values of all things that a text names, in the order of the names of the things.
    ///
    /// A text names a thing when the name stands in it as a run of whole words. Case does not count, white space between
    /// the words is one space, and the punctuation around the run and a possessive `'s` behind it are taken off; all
    /// else must be equal, and nothing is guessed. What stands in quotation marks is content and names nothing, from the first mark of a kind to the last:
    /// what was pasted between them may hold such marks itself. A name
    /// within a longer name is named as well.
    ///
    /// Ask it of the user's own words, never of a text that an agent wrote or a tool gave back.
    ///
    /// ```
    /// use permitgate::Directory;
    ///
    /// let directory = Directory::builder()
    ///     .thing("rent", ["7"])
    ///     .thing("team calendar", ["cal-881", "cal-882"])
    ///     .build()?;
    /// let named = |text: &str| directory.values_named(text).collect::<Vec<_>>();
    /// assert_eq!(named("Raise the Rent, please"), ["7"]);
    /// assert_eq!(named("What is on the team calendar's first page?"), ["cal-881", "cal-882"]);
    /// assert_eq!(named("Pay my current rental with 'the rent' as its subject"), [""; 0]);
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn values_named(&self, text: &str) -> impl Iterator<Item = &str> {
        let things = &self.things.0;
        let mut named = Vec::new();
        if !things.is_empty() {
            names_in(text, |run| {
                named.extend(things.binary_search_by(|thing| (*thing.name).cmp(run)));
            });
        }
        named.sort_unstable();
        named.dedup();
        let named = named.into_iter().filter_map(|place| things.get(place));
        named.flat_map(|thing| thing.values.iter().map(|value| &**value))
    }
}

impl Directory {
    /// Calls `take` with every name that a text calls by an alias, as what the alias is in arguments: a person, a group or a channel.
    pub(crate) fn for_each_aliased(
        &self,
        text: &str,
        mut take: impl FnMut(ValueKind<'static>, &str),
    ) {
        let aliases = self.aliases();
        if *aliases == Default::default() {
            return;
        }
        called_in(text, |kind, called| {
            let table = match kind {
                ValueKind::CHANNEL => &aliases.channels,
                _ => &aliases.people,
            };
            if let Some(name) = table.name_of(called, false) {
                take(kind, name);
            }
        });
    }
}

impl Endorsements {
    /// Adds, as the directory's, the values of every thing that a text of the user names, as
    /// [`Session::endorse_named`](crate::Session::endorse_named) endorses them; and as the user's, every name that it calls by an alias.
    ///
    /// ```
    /// use permitgate::flow::Endorsements;
    /// use permitgate::{Directory, Session};
    ///
    /// let directory = Directory::builder().thing("rent", ["7"]).thing("gym", ["8"]).build()?;
    /// let mut given = Endorsements::new();
    /// given.named(&directory, "Raise my rent payment to 1,200");
    /// let session = Session::new();
    /// assert!(session.endorse_all(&given));
    /// assert!(session.is_endorsed(7) && !session.is_endorsed(8));
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn named(&mut self, directory: &Directory, text: &str) {
        directory.values_named(text).for_each(|value| self.value_of_thing(value));
        directory.for_each_aliased(text, |kind, name| {
            self.value_as(Origin::User, kind, Value::from(name));
        });
    }
}

/// Why something cannot be a thing of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ThingFault {
    #[error(transparent)]
    Name(#[from] NameFault),
    #[error("the name of a thing must hold a word")]
    NoWord,
    #[error("the name of a thing must not hold more than {MAX_RUN_WORDS} words")]
    TooManyWords,
    #[error("the name of a thing must not hold quotation marks, since a quotation names nothing")]
    Quoted,
    #[error("two things have this name")]
    Repeated,
    #[error("a thing needs a value")]
    NoValue,
    #[error("a value of a thing must not be empty")]
    EmptyValue,
    #[error("a value of a thing must not be longer than {MAX_ENDORSED_BYTES} bytes")]
    LongValue,
    #[error("a thing must not have more than {MAX_THING_VALUES} values")]
    TooManyValues,
    #[error("more than {MAX_THINGS} things")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(things: &[&str], text: &str) -> Vec<String> {
        let builder = things.iter().fold(Directory::builder(), |builder, name| {
            builder.thing(*name, [name.to_uppercase()])
        });
        let directory = builder.build().unwrap();
        directory.values_named(text).map(str::to_owned).collect()
    }

    #[test]
    fn whole_words_outside_of_quotations_name_a_thing() {
        for (name, text, expected) in [
            ("rent", "Raise the rent", true),
            ("rent", "RENT", true),
            ("Rent", "is (rent) due?", true),
            ("rent", "the rent's day", true),
            ("rent", "the rent’s day", true),
            ("rent", "the rent, which", true),
            ("rent", "the current rental", false),
            ("rent", "rents", false),
            ("rent", "rent-free", false),
            ("rent", "rent@example.com", false),
            ("rent", "write 'rent' on it", false),
            ("rent", "write \"pay the rent now\" on it", false),
            ("rent", "write “rent” and `rent` on it", false),
            ("rent", "write 'a' on the rent of 'b'", false),
            ("rent", "write 'a' and \"b\" on the rent", true),
            ("rent", "on the rent write 'a' and 'b'", true),
            ("rent", "it isn't the rent that's due", true),
            ("rent", "", false),
            ("team calendar", "the Team\n Calendar.", true),
            ("team calendar", "the team. Calendar", false),
            ("team calendar", "the team, calendar", false),
            ("team calendar", "the team 'x' calendar", false),
            ("team calendar", "the team's calendar", false),
            ("team calendar", "the calendar team", false),
            ("team calendar", "the team", false),
            (" (The  lease!) ", "end the lease", true),
            ("dana's lease", "end dana's lease", true),
            ("a b c d e f g h", "x a b c d e f g h y", true),
            ("straße", "die STRASSE", false),
            ("übung", "die ÜBUNG", true),
        ] {
            assert_eq!(!named(&[name], text).is_empty(), expected, "{name}: {text}");
        }
    }

    #[test]
    fn every_thing_that_is_named_counts_once() {
        let things = ["rent", "rent deposit", "gas"];
        assert_eq!(named(&things, "rent rent"), ["RENT"]);
        assert_eq!(named(&things, "The rent deposit"), ["RENT", "RENT DEPOSIT"]);
        assert_eq!(named(&things, "Rent and gas"), ["GAS", "RENT"]);
        assert_eq!(named(&[], "rent"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_named_or_endorsed_is_refused() {
        let fault = |name: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
            check(name, &values).unwrap_err()
        };
        assert_eq!(fault("", &["7"]), ThingFault::Name(NameFault::Empty));
        assert_eq!(fault("a\nb", &["7"]), ThingFault::Name(NameFault::Control));
        assert_eq!(fault(&"x".repeat(300), &["7"]), ThingFault::Name(NameFault::TooLong));
        assert_eq!(fault(" ?! ", &["7"]), ThingFault::NoWord);
        assert_eq!(fault("a b c d e f g h i", &["7"]), ThingFault::TooManyWords);
        assert_eq!(fault("the 'big' one", &["7"]), ThingFault::Quoted);
        assert_eq!(fault("rent", &[]), ThingFault::NoValue);
        assert_eq!(fault("rent", &["7", ""]), ThingFault::EmptyValue);
        assert_eq!(fault("rent", &[&"7".repeat(1025)]), ThingFault::LongValue);
        assert_eq!(fault("rent", &["7"; 65]), ThingFault::TooManyValues);
    }

    #[test]
    fn names_that_are_compared_alike_are_one_name() {
        let build = |one: &str, other: &str| {
            Directory::builder().thing(one, ["7"]).thing(other, ["8"]).build().map(|_| ())
        };
        let error = build("rent", "  Rent. ").unwrap_err();
        assert_eq!(error.entry(), "  Rent. ");
        assert!(error.to_string().contains("two things have this name"), "{error}");
        assert!(build("rent", "rents").is_ok());
    }

    #[test]
    fn there_are_only_so_many() {
        let build = |count: usize| {
            let things = (0..count).map(|at| format!("thing {at}"));
            things.fold(Directory::builder(), |builder, name| builder.thing(name, ["7"])).build()
        };
        assert_eq!(build(MAX_THINGS).unwrap().things().len(), MAX_THINGS);
        assert_eq!(build(MAX_THINGS + 1).unwrap_err().entry(), "thing 10000");
    }
}
