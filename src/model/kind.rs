//! What a value is the name of, so that a value that was vouched for as one thing does not pass for another.

use std::fmt;

/// What a value is: the id of a thing of a sort, a person, a URL, or plain text.
///
/// A session endorses values with a kind, and each counts only where an argument of that kind is asked about: mail 16 is not
/// file 16. An argument is of the kind that its manifest says; one that is plainly a text or a number is [`PLAIN`](Self::PLAIN).
///
/// ```
/// use permitgate::Session;
/// use permitgate::flow::Origin;
/// use permitgate::model::ValueKind;
///
/// let session = Session::new();
/// session.endorse_as(Origin::Result, ValueKind::id("mail"), "16");
/// assert!(session.is_endorsed_as(ValueKind::id("mail"), "16"));
/// assert!(!session.is_endorsed_as(ValueKind::id("file"), "16") && !session.is_endorsed("16"));
/// assert_eq!(ValueKind::id("mail").to_string(), "id of a mail");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueKind<'k>(pub(crate) Form<'k>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form<'k> {
    Plain,
    Known(Word),
    Id(&'k str),
}

/// A kind that has a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Word {
    Person = 2,
    Group,
    Channel,
    Path,
    Url,
    Host,
    Amount,
    /// Of a directory, for arguments of no kind alone.
    Name,
    /// Of a thing that a user named, for arguments of no kind and ids alone.
    Thing,
    /// A path in lower case, for arguments that fold it.
    CaselessPath,
    /// An address without what follows `+`, for arguments that strip it.
    Untagged,
}

impl Word {
    const fn text(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
            Self::Channel => "channel",
            Self::Path => "path",
            Self::Url => "url",
            Self::Host => "host",
            Self::Amount => "amount",
            Self::Name => "name",
            Self::Thing => "value of a thing",
            Self::CaselessPath => "path",
            Self::Untagged => "person",
        }
    }
}

/// Letters that a sort begins with which is `an` and not `a` one.
const VOWELS: [char; 8] = ['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O'];

/// The kinds that have a word of their own.
const KNOWN: [ValueKind<'static>; 7] = [
    ValueKind::PERSON,
    ValueKind::GROUP,
    ValueKind::CHANNEL,
    ValueKind::PATH,
    ValueKind::URL,
    ValueKind::HOST,
    ValueKind::AMOUNT,
];

impl<'k> ValueKind<'k> {
    /// A text or a number of which nothing more is said.
    pub const PLAIN: Self = Self(Form::Plain);
    /// A person: an address of mail, or a name.
    pub const PERSON: Self = Self(Form::Known(Word::Person));
    /// A group of people.
    pub const GROUP: Self = Self(Form::Known(Word::Group));
    /// A channel.
    pub const CHANNEL: Self = Self(Form::Known(Word::Channel));
    /// A path of a file or folder.
    pub const PATH: Self = Self(Form::Known(Word::Path));
    /// A whole URL.
    pub const URL: Self = Self(Form::Known(Word::Url));
    /// A host, be it of a URL or by itself.
    pub const HOST: Self = Self(Form::Known(Word::Host));
    /// A decimal number, such as a sum of money.
    pub const AMOUNT: Self = Self(Form::Known(Word::Amount));

    /// A name of a directory, as arguments of no kind may hold it.
    pub(crate) const NAME: Self = Self(Form::Known(Word::Name));

    /// A value of a thing that a user named, as arguments of no kind and ids may hold it.
    pub(crate) const THING: Self = Self(Form::Known(Word::Thing));

    /// A path, as arguments that fold its case have it.
    pub(crate) const CASELESS_PATH: Self = Self(Form::Known(Word::CaselessPath));

    /// A person, as arguments have it that strip the tag of an address.
    pub(crate) const UNTAGGED: Self = Self(Form::Known(Word::Untagged));

    /// What it is apart from the form in which some arguments have it.
    pub(crate) fn exact(self) -> Self {
        match self {
            Self::CASELESS_PATH => Self::PATH,
            Self::UNTAGGED => Self::PERSON,
            kind => kind,
        }
    }

    /// The id of a thing of this sort.
    pub const fn id(sort: &'k str) -> Self {
        Self(Form::Id(sort))
    }

    /// The kind of a word: `person`, `group`, `channel`, `path`, `url`, `host`, `amount` or `plain`, and of any other word the
    /// ids of that sort.
    ///
    /// ```
    /// use permitgate::model::ValueKind;
    ///
    /// assert_eq!(ValueKind::of_word("person"), ValueKind::PERSON);
    /// assert_eq!(ValueKind::of_word("order"), ValueKind::id("order"));
    /// ```
    pub fn of_word(word: &'k str) -> Self {
        if word == "plain" {
            return Self::PLAIN;
        }
        let known = KNOWN.into_iter().find(|kind| kind.word() == word);
        known.unwrap_or(Self::id(word))
    }

    /// The kind of the values of a kind of arguments, where the two are not called alike: a `mailbox` is a person, and a `decimal` an
    /// amount. Nothing for any other word. An argument of the kind `id` says its sort itself.
    ///
    /// ```
    /// use permitgate::model::ValueKind;
    ///
    /// assert_eq!(ValueKind::of_argument("mailbox"), Some(ValueKind::PERSON));
    /// assert_eq!(ValueKind::of_argument("text"), Some(ValueKind::PLAIN));
    /// assert_eq!(ValueKind::of_argument("person"), None);
    /// assert_eq!(ValueKind::of_argument("repository"), None);
    /// ```
    pub fn of_argument(word: &str) -> Option<ValueKind<'static>> {
        match word {
            "mailbox" | "mailboxes" => Some(ValueKind::PERSON),
            "decimal" => Some(ValueKind::AMOUNT),
            "text" | "integer" | "number" | "flag" | "choice" | "time" | "shell" | "argv"
            | "sql" => Some(ValueKind::PLAIN),
            _ => None,
        }
    }

    /// The word that [`of_word`](Self::of_word) reads.
    pub const fn word(self) -> &'k str {
        match self.0 {
            Form::Plain => "plain",
            Form::Known(word) => word.text(),
            Form::Id(sort) => sort,
        }
    }

    /// A number that tells apart all but ids of different sorts.
    pub(crate) const fn code(self) -> u8 {
        match self.0 {
            Form::Plain => 0,
            Form::Id(_) => 1,
            Form::Known(word) => word as u8,
        }
    }

    /// The kind of a number that [`code`](Self::code) gave, and of a sort.
    pub(crate) fn of_code(code: u8, sort: &'k str) -> Option<Self> {
        let unwritten = [
            Self::PLAIN,
            Self::id(sort),
            Self::NAME,
            Self::THING,
            Self::CASELESS_PATH,
            Self::UNTAGGED,
        ];
        unwritten.into_iter().chain(KNOWN).find(|kind| kind.code() == code)
    }

    /// The sort of an id, and nothing of anything else.
    pub(crate) const fn sort(self) -> &'k str {
        match self.0 {
            Form::Id(sort) => sort,
            Form::Plain | Form::Known(_) => "",
        }
    }
}

impl fmt::Display for ValueKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Plain => f.write_str("plain value"),
            Form::Known(word) => f.write_str(word.text()),
            Form::Id(sort) => {
                let article = if sort.starts_with(VOWELS) { "an" } else { "a" };
                write!(f, "id of {article} {sort}")
            }
        }
    }
}
