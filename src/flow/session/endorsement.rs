//! Which values a session may act on.

use super::Session;
use crate::directory::Directory;
use crate::flow::provenance::{Endorsements, Key, Known, Origin, Origins};
use crate::manifest::kinds::canonical;
use crate::model::arguments::Value;
use crate::model::kind::ValueKind;

impl Session {
    /// Says that a value may be acted on, and where it came from. `false` when there is no room left or the
    /// value is empty or too long: then it is not endorsed.
    ///
    /// Call it for what the program itself knows to come from there, never for text that an agent wrote.
    pub fn endorse(&self, origin: Origin, value: &str) -> bool {
        self.0.endorsed.add(origin, value)
    }

    /// Likewise, as a value of a kind: it counts only where an argument of that kind is asked about. The text is brought into the
    /// kind's one form first; what is no such value is not endorsed.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Origin;
    /// use permitgate::model::ValueKind;
    ///
    /// let session = Session::new();
    /// session.endorse_as(Origin::Program, ValueKind::PERSON, "Lee <lee@Example.com>");
    /// assert!(session.is_endorsed_as(ValueKind::PERSON, "lee@example.com"));
    /// ```
    pub fn endorse_as(&self, origin: Origin, kind: ValueKind<'_>, value: &str) -> bool {
        canonical(kind, value)
            .is_some_and(|text| self.0.endorsed.add_as(origin, Key::of(kind, &text)))
    }

    /// Endorses a name of the directory as what it is, a person, a group or a channel, and for arguments of no kind. It is no id and
    /// no path, whatever its form is. `false` when there was no room, or no argument of the kind has its form; with any other kind nothing
    /// is endorsed.
    ///
    /// ```
    /// let session = permitgate::Session::new();
    /// session.endorse_name(permitgate::model::ValueKind::CHANNEL, "general");
    /// assert!(session.is_endorsed("general"));
    /// assert!(!session.endorse_name(permitgate::model::ValueKind::PATH, "general"));
    /// ```
    pub fn endorse_name(&self, kind: ValueKind<'_>, name: &str) -> bool {
        if ![ValueKind::PERSON, ValueKind::GROUP, ValueKind::CHANNEL].contains(&kind) {
            return false;
        }
        let name_key = Key::of(ValueKind::NAME, name);
        let is_plain = self.0.endorsed.add_key(Origin::Directory, name_key);
        self.endorse_as(Origin::Directory, kind, name) && is_plain
    }

    /// Whether a value is endorsed as one of a kind, from whatever origin and for every tool.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Origin;
    /// use permitgate::model::ValueKind;
    ///
    /// let session = Session::new();
    /// session.endorse_words(Origin::User, "cancel order 7");
    /// assert!(session.is_endorsed_as(ValueKind::id("order"), "7"));
    /// assert!(!session.is_endorsed_as(ValueKind::id("file"), "7"));
    /// ```
    pub fn is_endorsed_as(&self, kind: ValueKind<'_>, value: &str) -> bool {
        let known = Known { endorsed: &self.0.endorsed, tool: "" };
        canonical(kind, value)
            .is_some_and(|text| known.holds(Origins::ANY, kind, Value::from(&*text)) == Some(true))
    }

    /// Endorses what a text of the user says: the text as a whole, what stands in quotation marks, every run of up
    /// to eight words without the punctuation around it, and numbers by their value (`$2,200.00` is 2200).
    /// `false` when there was no room for some of it.
    ///
    /// The rules are fixed and nothing is guessed, so the same text always endorses the same values.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Origin;
    ///
    /// let session = Session::new();
    /// session.endorse_words(Origin::User, "Refund 'order 66' to DE89370400440532013000, 10.00 please");
    /// assert!(session.is_endorsed("DE89370400440532013000") && session.is_endorsed("order 66"));
    /// assert!(session.is_endorsed(10) && !session.is_endorsed("DE00000000000000000000"));
    /// ```
    pub fn endorse_words(&self, origin: Origin, text: &str) -> bool {
        self.0.endorsed.add_words(origin, text)
    }

    /// Endorses, as the directory's, the values of every thing that a text of the user names; by which rules,
    /// [`Directory::values_named`] says. They count for arguments of no kind and as ids, and as persons, URLs and paths where an `@`, a `://` or a `/` shows that they are. And, as the user's, every name that the text calls by an
    /// alias of the directory: as `#C0123` or `channel C0123`, or as a word with a digit. `false` when there was no room for some of them.
    ///
    /// Call it with the user's own words, as [`endorse_words`](Self::endorse_words). What tools give back names nothing.
    ///
    /// ```
    /// use permitgate::{Directory, Session};
    ///
    /// let directory = Directory::builder().thing("rent", ["7"]).thing("gym", ["8"]).build()?;
    /// let session = Session::new();
    /// session.endorse_named(&directory, "Raise my rent payment to 1,200");
    /// assert!(session.is_endorsed(7) && !session.is_endorsed(8));
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn endorse_named(&self, directory: &Directory, text: &str) -> bool {
        let mut all = true;
        for value in directory.values_named(text) {
            let thing = Key::of(ValueKind::THING, value);
            all &= self.0.endorsed.add_as(Origin::Directory, thing);
        }
        directory.for_each_aliased(text, |kind, name| {
            all &= self.endorse_as(Origin::User, kind, name);
        });
        all
    }

    /// Endorses all of these values, or none of them where there is no room for all. `false` when they are not endorsed.
    ///
    /// What others endorse in the same session at the same moment may take room that was found; then some are endorsed, and
    /// the answer is `false` as well.
    pub fn endorse_all(&self, values: &Endorsements) -> bool {
        self.0.endorsed.add_all(values)
    }

    /// Whether [`endorse_all`](Self::endorse_all) would endorse these values now.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::{Endorsements, Origin};
    /// use permitgate::model::Value;
    ///
    /// let mut given = Endorsements::new();
    /// given.value(Origin::Program, Value::from("acct-7"));
    /// let session = Session::new();
    /// assert!(session.has_room_for(&given) && !session.is_endorsed("acct-7"));
    /// given.value(Origin::Program, Value::from("x".repeat(5_000).as_str()));
    /// assert!(!session.has_room_for(&given), "one of them is too long for any session");
    /// ```
    pub fn has_room_for(&self, values: &Endorsements) -> bool {
        self.0.endorsed.has_room_for(values)
    }

    /// Endorses one text or number exactly as it is; anything else is not endorsed.
    pub fn endorse_value(&self, origin: Origin, value: Value<'_>) -> bool {
        self.0.endorsed.add_value(origin, value)
    }

    /// Whether a text or number was endorsed, from whatever origin.
    pub fn is_endorsed<'v>(&self, value: impl Into<Value<'v>>) -> bool {
        self.0.endorsed.holds(Origins::ANY, value.into()) == Some(true)
    }
}
