//! Argument kinds: each parses a value into what it reaches, or the call has no meaning.
//!
//! A kind is a closed grammar. It writes the one form of what it understands and the parts that templates and conditions name, and
//! refuses the rest with the place and what to write.

mod argv;
pub(crate) mod bounds;
#[cfg(test)]
mod cases;
mod command;
mod constant;
mod decimal;
mod host;
mod mailbox;
mod name;
mod patch;
mod path;
pub(crate) mod plain;
pub(crate) mod rule;
mod shell;
#[cfg(feature = "sql")]
mod sql;
mod time;
mod url;
pub(crate) mod word;

use serde::Serialize;
use serde::de::Error;

use crate::model::arguments::kinds::Kinds;
use crate::model::arguments::{List, Value};
use crate::model::kind::ValueKind;
use crate::model::parts::{OpenPart, Parts};
use argv::Argv;
use command::WordFault;
use decimal::DecimalKind;
use host::Host;
use mailbox::Mailboxes;
use name::NameKind;
use patch::Patch;
use path::Path;
use plain::Options;
use rule::{OptionFault, PartForm, TextFault};
use shell::Shell;
use time::TimeKind;
use url::Url;
use word::{Choice, ChoiceSpec, Id, IdSpec};

pub(crate) use crate::base::alias::Aliases;
pub use argv::ArgvSpec;
pub use command::CommandSpec;
pub use decimal::DecimalSpec;
pub use host::HostSpec;
pub use mailbox::MailboxSpec;
pub(crate) use mailbox::untagged;
pub use name::NameSpec;
pub(crate) use name::is_canonical_name;
pub use patch::PatchSpec;
pub use path::PathSpec;
pub use shell::ShellSpec;
#[cfg(feature = "sql")]
pub use sql::SqlSpec;
pub use time::TimeSpec;
pub use url::UrlSpec;

/// A kind as an author writes it: its word, and its options.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum KindSpec {
    Choice(ChoiceSpec),
    Id(IdSpec),
    Decimal(DecimalSpec),
    Time(TimeSpec),
    Mailbox(MailboxSpec),
    Mailboxes(MailboxSpec),
    Person(NameSpec),
    Group(NameSpec),
    Channel(NameSpec),
    Path(PathSpec),
    Url(UrlSpec),
    Host(HostSpec),
    Shell(ShellSpec),
    Argv(ArgvSpec),
    Patch(PatchSpec),
    #[cfg(feature = "sql")]
    Sql(SqlSpec),
}

/// The words of all kinds that parse what they accept.
pub(crate) const WORDS: &[&str] = &[
    "choice",
    "id",
    "decimal",
    "time",
    "mailbox",
    "mailboxes",
    "person",
    "group",
    "channel",
    "path",
    "url",
    "host",
    "shell",
    "argv",
    "patch",
    "sql",
];

impl KindSpec {
    /// The kind of a word, with its options; nothing where the word is that of no such kind.
    pub(crate) fn read<E: Error>(word: &str, options: Options) -> Result<Option<Self>, E> {
        Ok(Some(match word {
            "choice" => Self::Choice(plain::read(options)?),
            "id" => Self::Id(plain::read(options)?),
            "decimal" => Self::Decimal(plain::read(options)?),
            "time" => Self::Time(plain::read(options)?),
            "mailbox" => Self::Mailbox(plain::read(options)?),
            "mailboxes" => Self::Mailboxes(plain::read(options)?),
            "person" => Self::Person(plain::read(options)?),
            "group" => Self::Group(plain::read(options)?),
            "channel" => Self::Channel(plain::read(options)?),
            "path" => Self::Path(plain::read(options)?),
            "url" => Self::Url(plain::read(options)?),
            "host" => Self::Host(plain::read(options)?),
            "shell" => Self::Shell(plain::read(options)?),
            "argv" => Self::Argv(plain::read(options)?),
            "patch" => Self::Patch(plain::read(options)?),
            #[cfg(feature = "sql")]
            "sql" => Self::Sql(plain::read(options)?),
            #[cfg(not(feature = "sql"))]
            "sql" => {
                return Err(E::custom(
                    "the kind `sql` needs the feature `sql` of the crate `permitgate`",
                ));
            }
            _ => return Ok(None),
        }))
    }

    /// Takes each alias of a directory for the name that it stands for.
    pub(crate) fn know(&mut self, aliases: &Aliases) {
        match self {
            Self::Person(spec) | Self::Group(spec) => spec.know(&aliases.people),
            Self::Channel(spec) => spec.know(&aliases.channels),
            _ => {}
        }
    }

    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Id(_) => "id",
            Self::Decimal(_) => "decimal",
            Self::Time(_) => "time",
            Self::Mailbox(_) => "mailbox",
            Self::Mailboxes(_) => "mailboxes",
            Self::Person(_) => "person",
            Self::Group(_) => "group",
            Self::Channel(_) => "channel",
            Self::Path(_) => "path",
            Self::Url(_) => "url",
            Self::Host(_) => "host",
            Self::Shell(_) => "shell",
            Self::Argv(_) => "argv",
            Self::Patch(_) => "patch",
            #[cfg(feature = "sql")]
            Self::Sql(_) => "sql",
        }
    }
}

/// A kind with its options checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Choice(Choice),
    Id(Id),
    Decimal(DecimalKind),
    Time(TimeKind),
    Mailboxes(Mailboxes),
    Name(NameKind),
    Path(Path),
    Url(Url),
    Host(Host),
    Shell(Shell),
    Argv(Argv),
    Patch(Patch),
    #[cfg(feature = "sql")]
    Sql(sql::Sql),
}

impl Kind {
    pub(crate) fn new(spec: &KindSpec) -> Result<Self, OptionFault> {
        Ok(match spec {
            KindSpec::Choice(spec) => Self::Choice(Choice::new(spec)?),
            KindSpec::Id(spec) => Self::Id(Id::new(spec)?),
            KindSpec::Decimal(spec) => Self::Decimal(DecimalKind::new(spec)?),
            KindSpec::Time(spec) => Self::Time(TimeKind::new(*spec)),
            KindSpec::Mailbox(spec) => Self::Mailboxes(Mailboxes::new(spec, false)?),
            KindSpec::Mailboxes(spec) => Self::Mailboxes(Mailboxes::new(spec, true)?),
            KindSpec::Person(spec) => Self::Name(NameKind::new(spec, '@', ValueKind::PERSON)?),
            KindSpec::Group(spec) => Self::Name(NameKind::new(spec, '@', ValueKind::GROUP)?),
            KindSpec::Channel(spec) => Self::Name(NameKind::new(spec, '#', ValueKind::CHANNEL)?),
            KindSpec::Path(spec) => Self::Path(Path::new(spec)?),
            KindSpec::Url(spec) => Self::Url(Url::new(spec)?),
            KindSpec::Host(spec) => Self::Host(Host::new(spec)?),
            KindSpec::Shell(spec) => Self::Shell(Shell::new(spec)?),
            KindSpec::Argv(spec) => Self::Argv(Argv::new(spec)?),
            KindSpec::Patch(spec) => Self::Patch(Patch::new(spec)?),
            #[cfg(feature = "sql")]
            KindSpec::Sql(spec) => Self::Sql(sql::Sql::new(spec)?),
        })
    }

    /// The plain kinds of values that it parses.
    pub(crate) const fn forms(&self) -> Kinds {
        match self {
            Self::Id(_) => Kinds::TEXT.or(Kinds::INTEGER),
            Self::Decimal(kind) => kind.forms(),
            Self::Argv(_) => Kinds::LIST,
            Self::Choice(_) | Self::Time(_) | Self::Mailboxes(_) | Self::Name(_) => Kinds::TEXT,
            Self::Path(_) | Self::Url(_) | Self::Host(_) => Kinds::TEXT,
            Self::Shell(_) | Self::Patch(_) => Kinds::TEXT,
            #[cfg(feature = "sql")]
            Self::Sql(_) => Kinds::TEXT,
        }
    }

    /// What its canonical form is.
    pub(crate) const fn canonical(&self) -> Kinds {
        match self {
            Self::Decimal(_) => Kinds::NUMBER.or(Kinds::INTEGER),
            _ => Kinds::TEXT,
        }
    }

    /// Whether it finds a list, each element with the parts.
    pub(crate) const fn is_list(&self) -> bool {
        match self {
            Self::Mailboxes(kind) => kind.is_list(),
            _ => false,
        }
    }

    /// The lists that it finds and that effects must take: what stands in them is reached, whether they name it or not.
    pub(crate) fn to_map(&self) -> &'static [&'static str] {
        match self {
            Self::Shell(_) => &["commands", "writes", "reads"],
            Self::Patch(_) => Patch::LISTS,
            #[cfg(feature = "sql")]
            Self::Sql(kind) if kind.writes() => &["reads", "writes"],
            #[cfg(feature = "sql")]
            Self::Sql(_) => &["reads"],
            _ => &[],
        }
    }

    /// The parts that it finds.
    pub(crate) const fn parts(&self) -> &'static [PartForm] {
        match self {
            Self::Mailboxes(_) => Mailboxes::PARTS,
            Self::Choice(_) | Self::Id(_) | Self::Decimal(_) | Self::Name(_) => &[],
            Self::Time(kind) => kind.parts(),
            Self::Path(_) => Path::PARTS,
            Self::Url(_) => Url::PARTS,
            Self::Host(_) => Host::PARTS,
            Self::Shell(_) => Shell::PARTS,
            Self::Argv(_) => Argv::PARTS,
            Self::Patch(_) => Patch::PARTS,
            #[cfg(feature = "sql")]
            Self::Sql(_) => sql::Sql::PARTS,
        }
    }

    /// Whether one form is written for the same thing by both: ids of one sort, and not an id and a URL.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(one), Self::Time(other)) => one == other,
            (Self::Choice(_), Self::Choice(_)) => true,
            // The listed texts may be what the other kind writes.
            (Self::Choice(choice), kind) | (kind, Self::Choice(choice)) => {
                choice.texts().any(|text| kind.canonical_text(text).is_ok_and(|form| form == text))
            }
            // People and lists of them are known by their addresses.
            (Self::Mailboxes(_), Self::Name(name)) | (Self::Name(name), Self::Mailboxes(_)) => {
                name.value_kind() != ValueKind::CHANNEL
            }
            _ => {
                std::mem::discriminant(self) == std::mem::discriminant(other)
                    && self.value_kind() == other.value_kind()
            }
        }
    }

    /// What the value is the name of. Of mailboxes, each one says so itself.
    fn value_kind(&self) -> Option<ValueKind<'_>> {
        Some(match self {
            Self::Id(kind) => ValueKind::id(kind.sort()),
            Self::Decimal(_) => ValueKind::AMOUNT,
            Self::Name(kind) => kind.value_kind(),
            Self::Path(_) => ValueKind::PATH,
            Self::Url(_) => ValueKind::URL,
            Self::Host(_) => ValueKind::HOST,
            Self::Choice(_) | Self::Time(_) | Self::Mailboxes(_) => return None,
            Self::Shell(_) | Self::Argv(_) | Self::Patch(_) => return None,
            #[cfg(feature = "sql")]
            Self::Sql(_) => return None,
        })
    }

    /// Reads a value of one of its forms: writes its canonical form and its parts below `begun`.
    pub(crate) fn read(
        &self,
        value: Value<'_>,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), ReadFault> {
        let found = match (self, value) {
            (Self::Argv(kind), Value::List(list)) => return read_words(kind, list, parts, begun),
            (Self::Id(kind), value) => kind.read(value, parts, begun),
            (Self::Decimal(kind), value) => kind.read(value, parts, begun),
            (Self::Choice(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Time(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Mailboxes(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Name(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Path(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Url(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Host(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Shell(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Patch(kind), Value::Text(text)) => kind.read(text, parts, begun),
            #[cfg(feature = "sql")]
            (Self::Sql(kind), Value::Text(text)) => kind.read(text, parts, begun),
            // Only values of its forms are given.
            _ => Err(TextFault::new(&rule::FORM, 0)),
        };
        found.map_err(ReadFault::Text)?;
        if let Some(kind) = self.value_kind() {
            parts.of_kind(begun, kind);
        }
        if let Self::Path(kind) = self {
            kind.write_root(parts, begun);
        }
        Ok(())
    }
}

/// The one form of a text as a value of a kind, as arguments of that kind have it without options; nothing where it is no such
/// value. Of paths only what every tool reads alike is brought into one form.
///
/// Use it to compare a text that an owner wrote with what a call gives. That a name is an alias is for a directory to say.
///
/// ```
/// use permitgate::manifest::canonical;
/// use permitgate::model::ValueKind;
///
/// assert_eq!(canonical(ValueKind::CHANNEL, "#general").as_deref(), Some("general"));
/// assert_eq!(canonical(ValueKind::PERSON, "lee@EXAMPLE.com").as_deref(), Some("lee@example.com"));
/// assert_eq!(canonical(ValueKind::PERSON, "lee, sam"), None);
/// ```
pub fn canonical(kind: ValueKind<'_>, text: &str) -> Option<String> {
    let found = match kind {
        ValueKind::PERSON if text.rfind('@').is_some_and(|at| at > 0) => {
            Kind::Mailboxes(Mailboxes::new(&MailboxSpec::new(), false).ok()?)
        }
        ValueKind::PERSON | ValueKind::GROUP => Kind::Name(NameKind::plain(false)),
        ValueKind::CHANNEL => Kind::Name(NameKind::plain(true)),
        ValueKind::URL => Kind::Url(any_url()?),
        ValueKind::HOST if text.contains("://") => return host_of(text),
        ValueKind::HOST => Kind::Host(Host::new(&HostSpec::new()).ok()?),
        ValueKind::AMOUNT => Kind::Decimal(DecimalKind::new(&DecimalSpec::new(MOST_DIGITS)).ok()?),
        ValueKind::PATH => {
            let root = text.starts_with('/').then(|| "/".to_owned());
            Kind::Path(Path::new(&PathSpec { root, ..PathSpec::default() }).ok()?)
        }
        kind if !kind.sort().is_empty() => {
            Kind::Id(Id::new(&IdSpec { sort: kind.sort().to_owned() }).ok()?)
        }
        _ => return Some(text.to_owned()),
    };
    let mut parts = Parts::default();
    let begun = parts.element();
    found.read(Value::Text(text), &mut parts, &begun).ok()?;
    parts.end(begun);
    let whole = parts.iter().next()?;
    Some(match whole.decimal() {
        Some(decimal) => decimal.shortest().to_string(),
        None if kind == ValueKind::PATH && text.starts_with('/') => {
            format!("/{}", whole.as_text()?)
        }
        None => whole.as_text()?.to_owned(),
    })
}

/// The one form of a path where case does not count; nothing where it is none.
pub(crate) fn caseless_path(text: &str) -> Option<String> {
    Path::caseless(text)
}

/// Each one form that a text has as a time: as an instant, a local time or a date.
pub(crate) fn times(text: &str) -> impl Iterator<Item = String> {
    let specs = [TimeSpec::instant(), TimeSpec::local(), TimeSpec::date()];
    specs.into_iter().filter_map(|spec| Kind::Time(TimeKind::new(spec)).canonical_text(text).ok())
}

/// The same of a program that knows the aliases of a directory: of an alias, the name that it stands for.
pub(crate) fn canonical_in(aliases: &Aliases, kind: ValueKind<'_>, text: &str) -> Option<String> {
    let text = canonical(kind, text)?;
    let table = match kind {
        ValueKind::PERSON | ValueKind::GROUP => &aliases.people,
        ValueKind::CHANNEL => &aliases.channels,
        _ => return Some(text),
    };
    Some(table.name_of(&text, false).map_or(text, str::to_owned))
}

/// Digits behind the point of an amount that is of no argument.
const MOST_DIGITS: u8 = 12;

fn any_url() -> Option<Url> {
    Url::new(&UrlSpec::new().schemes(["http", "https", "ws", "wss"])).ok()
}

fn host_of(url: &str) -> Option<String> {
    let mut parts = Parts::default();
    let begun = parts.element();
    any_url()?.read(url, &mut parts, &begun).ok()?;
    parts.end(begun);
    parts.iter().next()?.get("host")?.as_text().map(str::to_owned)
}

/// Where a value is not what its kind accepts: at a byte of a text, or in a word of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadFault {
    Text(TextFault),
    Word(TextFault),
}

fn read_words(
    kind: &Argv,
    list: &dyn List,
    parts: &mut Parts,
    begun: &OpenPart,
) -> Result<(), ReadFault> {
    let word = |place| list.at(place).and_then(Value::as_text);
    if let Some(place) = (0..list.len()).find(|place| word(*place).is_none()) {
        return Err(ReadFault::Word(TextFault::new(&rule::FORM, place)));
    }
    let words = (0..list.len()).map(|place| word(place).unwrap_or_default());
    let fault = |WordFault { word, rule }| ReadFault::Word(TextFault::new(rule, word));
    kind.read_words(words, parts, begun).map_err(fault)
}
