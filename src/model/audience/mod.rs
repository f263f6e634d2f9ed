//! Who can see the result of an action, and who may at most.

mod name_list;
mod owned;

pub(crate) use name_list::{NameExtent, NameList};
pub use owned::OwnedAudience;

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::base::codes::fault_table;
use crate::base::forms::one_or_many;
use crate::base::limits::{MAX_NAME_BYTES, MAX_RECIPIENTS};
use crate::base::name::{NameFault, check_name};
use crate::base::visible::visible;

/// Who can see the result of an action.
///
/// What an agent writes is [`Private`](Self::Private) unless the action says otherwise. Names are
/// looked up in the gate's [`Directory`](crate::Directory); a name that it does not know counts as the public.
///
/// ```
/// use permitgate::Audience;
///
/// let team = Audience::Group("platform");
/// let mail = Audience::recipients(&["dana@example.com", "lee@example.com"]);
/// # let _ = (team, mail);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Audience<'a> {
    /// The invoker alone: the person on whose behalf the agent acts.
    #[default]
    Private,
    /// Everyone named here: principals, or groups and channels by their name. An empty list is
    /// malformed. [`Audience::recipients`] makes one.
    Recipients(Recipients<'a>),
    /// The members of a group.
    Group(&'a str),
    /// Everyone who reads a channel, or may join it.
    Channel(&'a str),
    /// Everybody inside the organisation.
    Internal,
    /// Anybody.
    Public,
}

impl<'a> Audience<'a> {
    /// Everyone named in a list of `&str` or of `String`.
    pub fn recipients(names: impl Into<Recipients<'a>>) -> Self {
        Self::Recipients(names.into())
    }
}

/// A borrowed list of recipients, over `&str` or `String`.
///
/// ```
/// use permitgate::model::Recipients;
///
/// let names = vec!["dana@example.com".to_owned()];
/// assert_eq!(Recipients::from(&names), Recipients::from(&["dana@example.com"]));
/// ```
#[derive(Clone, Copy)]
pub struct Recipients<'a>(Names<'a>);

#[derive(Clone, Copy)]
enum Names<'a> {
    Borrowed(&'a [&'a str]),
    Owned(&'a [String]),
    /// So many names of a list from one on.
    Mapped {
        list: &'a NameList,
        from: u32,
        count: u32,
    },
}

impl<'a> Recipients<'a> {
    /// So many names of a list from one on.
    pub(crate) const fn mapped(list: &'a NameList, from: u32, count: u32) -> Self {
        Self(Names::Mapped { list, from, count })
    }

    /// How many names the list holds.
    pub const fn len(&self) -> usize {
        match self.0 {
            Names::Borrowed(names) => names.len(),
            Names::Owned(names) => names.len(),
            Names::Mapped { count, .. } => count as usize,
        }
    }

    /// Whether the list is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (borrowed, owned): (&[&str], &[String]) = match self.0 {
            Names::Borrowed(names) => (names, &[]),
            Names::Owned(names) => (&[], names),
            Names::Mapped { .. } => (&[], &[]),
        };
        let mapped = match self.0 {
            Names::Mapped { list, from, count } => Some(list.range(from, count)),
            Names::Borrowed(_) | Names::Owned(_) => None,
        };
        let written = borrowed.iter().copied().chain(owned.iter().map(String::as_str));
        written.chain(mapped.into_iter().flatten())
    }
}

impl<'a> From<&'a [&'a str]> for Recipients<'a> {
    fn from(names: &'a [&'a str]) -> Self {
        Self(Names::Borrowed(names))
    }
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for Recipients<'a> {
    fn from(names: &'a [&'a str; N]) -> Self {
        Self(Names::Borrowed(names))
    }
}

impl<'a> From<&'a [String]> for Recipients<'a> {
    fn from(names: &'a [String]) -> Self {
        Self(Names::Owned(names))
    }
}

impl<'a> From<&'a Vec<String>> for Recipients<'a> {
    fn from(names: &'a Vec<String>) -> Self {
        Self(Names::Owned(names))
    }
}

impl PartialEq for Recipients<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Recipients<'_> {}

impl fmt::Debug for Recipients<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Display for Audience<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("the invoker alone"),
            Self::Recipients(names) => {
                f.write_str("recipients")?;
                for (position, name) in names.iter().enumerate() {
                    let name = visible(name).short(MAX_NAME_BYTES);
                    match position {
                        0 => write!(f, " {name}")?,
                        MAX_RECIPIENTS.. => {
                            return write!(f, " and {} more", names.len() - MAX_RECIPIENTS);
                        }
                        _ => write!(f, ", {name}")?,
                    }
                }
                Ok(())
            }
            Self::Group(name) => write!(f, "group {}", visible(name).short(MAX_NAME_BYTES)),
            Self::Channel(name) => write!(f, "channel {}", visible(name).short(MAX_NAME_BYTES)),
            Self::Internal => f.write_str("everybody inside"),
            Self::Public => f.write_str("the public"),
        }
    }
}

/// A summary of an audience for people; containment of sets decides, never this level.
///
/// One outside partner is `Restricted` and still not internal.
///
/// ```
/// use permitgate::model::Visibility;
///
/// assert!(Visibility::Restricted < Visibility::Internal);
/// assert_eq!(Visibility::Restricted.as_str(), "restricted");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// The invoker alone.
    Private,
    /// Named people, or those of a group or channel that one must be let into.
    Restricted,
    /// Everybody inside the organisation.
    Internal,
    /// Anybody, or somebody whom the directory does not know.
    Public,
}

impl Visibility {
    /// The name as it is written in explanations and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Restricted => "restricted",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One part of [`Readers`].
///
/// As text: `invoker`, `internal`, `public`, `principal:NAME`, `group:NAME`, `channel:NAME` or `domain:NAME`.
///
/// ```
/// use permitgate::model::Reader;
///
/// assert_eq!("group:legal".parse(), Ok(Reader::group("legal")));
/// assert!("grp:legal".parse::<Reader>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reader {
    /// The person on whose behalf the agent acts.
    Invoker,
    /// Everybody inside the organisation.
    Internal,
    /// Anybody.
    Public,
    /// One person, known to the directory or not.
    Principal(String),
    /// The members of a group; nobody where the directory has no such group.
    Group(String),
    /// Everyone who reads a channel or may join it; nobody where the directory has no such channel.
    Channel(String),
    /// Everyone whose name is an address in this domain, with exactly one `@`, known to the directory or not.
    Domain(String),
}

impl Reader {
    /// One person.
    pub fn principal(name: impl Into<String>) -> Self {
        Self::Principal(name.into())
    }

    /// The members of a group.
    pub fn group(name: impl Into<String>) -> Self {
        Self::Group(name.into())
    }

    /// The readers of a channel.
    pub fn channel(name: impl Into<String>) -> Self {
        Self::Channel(name.into())
    }

    /// Everyone with an address in a domain.
    pub fn domain(name: impl Into<String>) -> Self {
        Self::Domain(name.into())
    }

    /// Whether it can hold for anybody, as far as its own form tells.
    pub(crate) fn check(&self) -> Result<(), ReaderFault> {
        self.name().map_or(Ok(()), check_name).map_err(ReaderFault::Name)?;
        match self {
            Self::Domain(name) => check_domain(name),
            Self::Principal(name) => check_principal(name),
            _ => Ok(()),
        }
    }

    /// The name that the reader carries, if it carries one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Invoker | Self::Internal | Self::Public => None,
            Self::Principal(name)
            | Self::Group(name)
            | Self::Channel(name)
            | Self::Domain(name) => Some(name),
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoker => f.write_str("invoker"),
            Self::Internal => f.write_str("internal"),
            Self::Public => f.write_str("public"),
            Self::Principal(name) => write!(f, "principal:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Channel(name) => write!(f, "channel:{name}"),
            Self::Domain(name) => write!(f, "domain:{name}"),
        }
    }
}

/// Why a text is not a [`Reader`].
///
/// ```
/// use permitgate::kinds::ReaderErrorKind;
/// use permitgate::model::Reader;
///
/// let error = "grp:legal".parse::<Reader>().unwrap_err();
/// assert_eq!((error.kind(), error.text()), (ReaderErrorKind::UnknownKind, "grp:legal"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "reader `{}`: {fault} (known: invoker, internal, public, principal:NAME, group:NAME, \
     channel:NAME, domain:NAME)",
    visible(.text)
)]
pub struct ReaderError {
    text: String,
    fault: ReaderFault,
}

impl ReaderError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> ReaderErrorKind {
        self.fault.kind()
    }

    /// The text that is none.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fault_table! {
    /// Why a text is no reader ([`ReaderError::kind`](crate::model::ReaderError::kind)).
    pub enum ReaderErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    pub(crate) enum ReaderFault {
        #[error("not a kind of reader")]
        Kind => UnknownKind, "unknown-kind",
        #[error(transparent)]
        Name(NameFault) => MalformedName, "malformed-name",
        #[error(
            "a domain is what stands behind the `@` of an address, such as `example.com`; without `@` and `*`"
        )]
        Domain => MalformedDomain, "malformed-domain",
        #[error("a person is named whole; `*` and other patterns stand for nobody")]
        Principal => PatternForPrincipal, "pattern-for-principal",
    }
}

impl FromStr for Reader {
    type Err = ReaderError;

    fn from_str(text: &str) -> Result<Self, ReaderError> {
        let fail = |fault| ReaderError { text: text.to_owned(), fault };
        let reader = match text.split_once(':') {
            None if text == "invoker" => Self::Invoker,
            None if text == "internal" => Self::Internal,
            None if text == "public" => Self::Public,
            Some(("principal", name)) => Self::principal(name),
            Some(("group", name)) => Self::group(name),
            Some(("channel", name)) => Self::channel(name),
            Some(("domain", name)) => Self::domain(name),
            _ => return Err(fail(ReaderFault::Kind)),
        };
        match reader.check() {
            Ok(()) => Ok(reader),
            Err(fault) => Err(fail(fault)),
        }
    }
}

/// A domain is labels of letters, digits and `-` between single dots: nothing else stands behind an `@` that this reader
/// could hold for.
fn check_domain(name: &str) -> Result<(), ReaderFault> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '-';
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_letter);
    if name.split('.').all(is_label) { Ok(()) } else { Err(ReaderFault::Domain) }
}

/// A person is named whole: letters and digits of every script and what stands in names and addresses.
fn check_principal(name: &str) -> Result<(), ReaderFault> {
    let stands = |letter: char| letter.is_alphanumeric() || " -_.@:'&=#+/,;!$%~()".contains(letter);
    if name.chars().all(stands) { Ok(()) } else { Err(ReaderFault::Principal) }
}

impl TryFrom<String> for Reader {
    type Error = ReaderError;
    fn try_from(text: String) -> Result<Self, ReaderError> {
        text.parse()
    }
}

impl From<Reader> for String {
    fn from(reader: Reader) -> Self {
        reader.to_string()
    }
}

/// The largest audience that a statement allows: a union of [`Reader`]s.
///
/// An action's audience must be contained in it. In a statement that restricts, the same type says
/// *beyond* whom the statement applies.
///
/// ```
/// use permitgate::model::{Reader, Readers};
///
/// let readers = Readers::invoker() | Reader::group("legal") | Reader::domain("partner.example");
/// assert_eq!(readers.to_string(), "invoker, group:legal, domain:partner.example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "Vec<Reader>")]
pub struct Readers(Vec<Reader>);

impl Readers {
    /// The invoker alone.
    pub fn invoker() -> Self {
        Reader::Invoker.into()
    }

    /// Everybody inside the organisation.
    pub fn internal() -> Self {
        Reader::Internal.into()
    }

    /// Anybody.
    pub fn public() -> Self {
        Reader::Public.into()
    }

    /// The members of one group.
    pub fn group(name: impl Into<String>) -> Self {
        Reader::group(name).into()
    }

    /// The parts of the union.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Reader> {
        self.0.iter()
    }
}

impl From<Reader> for Readers {
    fn from(reader: Reader) -> Self {
        Self(vec![reader])
    }
}

impl FromIterator<Reader> for Readers {
    fn from_iter<I: IntoIterator<Item = Reader>>(readers: I) -> Self {
        Self(readers.into_iter().collect())
    }
}

impl BitOr<Reader> for Readers {
    type Output = Self;
    fn bitor(mut self, reader: Reader) -> Self {
        self.0.push(reader);
        self
    }
}

impl fmt::Display for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, reader) in self.0.iter().enumerate() {
            write!(f, "{}{reader}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Readers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a reader such as `internal` or `group:legal`, or a list of readers";
        one_or_many(deserializer, expected).map(Self)
    }
}

impl From<Readers> for Vec<Reader> {
    fn from(readers: Readers) -> Self {
        readers.0
    }
}
