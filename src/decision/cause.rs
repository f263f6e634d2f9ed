//! What stands behind some reasons: the error of a sink, why whose something is could not be learned, and who of an audience was too much.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::base::visible::visible;
use crate::model::audience::Audience;

/// Why a sink could not write a decision or an outcome.
///
/// The gate hands it on: it stands in the refusal of what was not recorded, in the next record that succeeds
/// ([`Gap`](crate::record::Gap)), and in the event. Cloning allocates nothing.
///
/// ```
/// use permitgate::record::{RecordError, RecordFault};
/// use std::error::Error;
///
/// let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
/// let refusal = RecordError::new("the file cannot be written").from(full);
/// assert_eq!(refusal.fault(), RecordFault::Failed);
/// assert_eq!(refusal.to_string(), "record sink: the file cannot be written");
/// assert_eq!(refusal.source().map(ToString::to_string).as_deref(), Some("no storage space"));
/// ```
#[derive(Clone, Debug)]
pub struct RecordError(Refused);

/// In two words, since every sink returns it.
#[derive(Clone, Debug)]
enum Refused {
    Failed(&'static str),
    Told(Arc<Told>),
}

#[derive(Debug)]
struct Told {
    fault: RecordFault,
    cause: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What is the matter with a sink.
///
/// ```
/// use permitgate::record::{RecordError, RecordFault};
///
/// assert_eq!(RecordError::full("the disk is full").fault(), RecordFault::Full);
/// assert_eq!(RecordError::new("the file is gone").fault().as_str(), "failed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordFault {
    /// It could not write.
    Failed,
    /// It has no room left, and will have again when somebody makes some.
    Full,
    /// It panicked.
    Panicked,
}

impl RecordFault {
    /// The name as it is written in explanations and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Full => "full",
            Self::Panicked => "panicked",
        }
    }

    /// What the sink does, as a clause.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Full => "is full",
            Self::Panicked => "panicked",
        }
    }
}

impl RecordError {
    /// A sink that could not write, with its cause. Allocates nothing.
    pub const fn new(cause: &'static str) -> Self {
        Self(Refused::Failed(cause))
    }

    /// A sink without room. Allocates; a sink that is often full keeps one and clones it.
    pub fn full(cause: &'static str) -> Self {
        Self::told(RecordFault::Full, cause, None)
    }

    /// Adds the error that led to it, in place of one that was added before. Allocates.
    #[must_use]
    pub fn from(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self::told(self.fault(), self.cause(), Some(Box::new(source)))
    }

    /// A sink that panicked, with what it said.
    #[cold]
    pub(crate) fn panicked(said: &(dyn std::any::Any + Send)) -> Self {
        let text = said.downcast_ref::<&str>().copied();
        let text = text.or_else(|| said.downcast_ref::<String>().map(String::as_str));
        Self::told(RecordFault::Panicked, "it panicked", text.map(Into::into))
    }

    fn told(
        fault: RecordFault,
        cause: &'static str,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self(Refused::Told(Arc::new(Told { fault, cause, source })))
    }

    /// What is the matter.
    pub fn fault(&self) -> RecordFault {
        match &self.0 {
            Refused::Failed(_) => RecordFault::Failed,
            Refused::Told(told) => told.fault,
        }
    }

    /// The cause, as the sink gave it.
    pub fn cause(&self) -> &'static str {
        match &self.0 {
            Refused::Failed(cause) => cause,
            Refused::Told(told) => told.cause,
        }
    }

    /// The cause with all errors that led to it, as one line.
    pub fn chain(&self) -> impl fmt::Display {
        Chain(self)
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record sink: {}", self.cause())
    }
}

impl Error for RecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Refused::Failed(_) => None,
            Refused::Told(told) => told.source.as_deref().map(|source| source as _),
        }
    }
}

/// Sources are alike where they say the same.
impl PartialEq for RecordError {
    fn eq(&self, other: &Self) -> bool {
        let said = |refusal: &Self| refusal.source().map(ToString::to_string);
        self.fault() == other.fault() && self.cause() == other.cause() && said(self) == said(other)
    }
}

impl Eq for RecordError {}

/// Errors of a chain that are shown.
const MOST_ERRORS: usize = 8;

/// Bytes of one error that are shown.
const MOST_ERROR_BYTES: usize = 256;

struct Chain<'r>(&'r RecordError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.cause())?;
        let mut next = self.0.source();
        for _ in 0..MOST_ERRORS {
            let Some(error) = next else { break };
            write!(f, ": {}", visible(&error.to_string()).prose().short(MOST_ERROR_BYTES))?;
            next = error.source();
        }
        Ok(())
    }
}

/// Why whose something is could not be learned; what an [`Ownership`](crate::authority::Ownership) fails with.
///
/// [`Display`](fmt::Display) is for the operator. What a model is told names the [fault](Self::fault) alone, since an error of a
/// database may hold more than it should see. Cloning allocates nothing.
///
/// ```
/// use permitgate::authority::{OwnershipError, OwnershipFault};
///
/// let error = OwnershipError::new("orders: the connection is closed");
/// assert_eq!(error.fault(), OwnershipFault::Failed);
/// assert_eq!(error.to_string(), "ownership: it failed: orders: the connection is closed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipError {
    fault: OwnershipFault,
    cause: Arc<str>,
}

/// What is the matter with an answer about whose something is.
///
/// ```
/// use permitgate::authority::OwnershipError;
///
/// assert_eq!(OwnershipError::new("no connection").fault().clause(), "it failed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OwnershipFault {
    /// It said that it could not be learned.
    Failed,
    /// It panicked.
    Panicked,
    /// It answered later than it was asked to.
    Late,
    /// It gave more values than may be bound.
    TooMany,
    /// It gave a value that cannot be bound.
    Malformed,
}

impl OwnershipFault {
    /// What is the matter, as a clause.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Failed => "it failed",
            Self::Panicked => "it panicked",
            Self::Late => "it answered too late",
            Self::TooMany => "it gave too many values",
            Self::Malformed => "it gave a malformed value",
        }
    }
}

impl OwnershipError {
    /// It cannot be learned; with the cause, such as the error of a database.
    pub fn new(cause: impl fmt::Display) -> Self {
        Self { fault: OwnershipFault::Failed, cause: cause.to_string().into() }
    }

    pub(crate) fn of(fault: OwnershipFault) -> Self {
        Self { fault, cause: "".into() }
    }

    #[cold]
    pub(crate) fn panicked(said: &(dyn std::any::Any + Send)) -> Self {
        let text = said.downcast_ref::<&str>().copied();
        let text = text.or_else(|| said.downcast_ref::<String>().map(String::as_str));
        Self { fault: OwnershipFault::Panicked, cause: text.unwrap_or_default().into() }
    }

    /// What is the matter.
    pub const fn fault(&self) -> OwnershipFault {
        self.fault
    }

    /// The cause as it was given; empty where there is none beside the fault.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for OwnershipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ownership: {}", self.fault.clause())?;
        match self.cause() {
            "" => Ok(()),
            cause => write!(f, ": {}", visible(cause).prose().short(MOST_ERROR_BYTES)),
        }
    }
}

impl Error for OwnershipError {}

/// Who of an audience was too much: the first whom the readers of a statement, or of what was read, do not hold.
///
/// It takes part in a decision, so it is small: of a name it keeps what fits, and the place of a recipient tells which
/// one is meant ([`name_in`](Self::name_in)).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::ExcessKind;
/// use permitgate::model::Reader;
///
/// let policy = Policy::new([Statement::permit("mail")
///     .operations(Operation::Create)
///     .resources(["mail/{invoker}/outbox"])
///     .readers(Reader::domain("example.com"))])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let names = ["lee@example.com", "fay@other.example"];
/// let mail = Action::create("mail.send", "mail/dana/outbox").visible_to(Audience::recipients(&names));
/// let decision = Gate::builder().build()?.decide(&mail, &scope);
/// let who = decision.grounds().who().ok_or("somebody")?;
/// assert_eq!((who.kind(), who.place()), (ExcessKind::Unknown, Some(1)));
/// assert_eq!(who.name_in(mail.audience()), Some("fay@other.example"));
/// assert_eq!(who.to_string(), "`fay@other.example` (recipient 2), whom the directory does not know");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    kind: ExcessKind,
    /// `NO_PLACE` where the audience is no list.
    place: u8,
    is_cut: bool,
    length: u8,
    text: [u8; BEYOND_BYTES],
}

/// What somebody is whom readers do not hold.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::ExcessKind;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::read("docs.read", "docs/intro").visible_to(Audience::Public);
/// let decision = gate.decide(&action, &scope);
/// let who = decision.grounds().who().ok_or("somebody")?;
/// assert_eq!((who.kind(), who.kind().as_str()), (ExcessKind::Public, "public"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExcessKind {
    /// The invoker.
    Invoker,
    /// A person whom the directory knows.
    Principal,
    /// A name that the directory does not know.
    Unknown,
    /// A person in a group or channel of the audience.
    Member,
    /// A group or channel as a whole.
    Group,
    /// Whoever may join a channel.
    Joiners,
    /// Everybody inside.
    Internal,
    /// Anybody.
    Public,
}

impl ExcessKind {
    /// The name as it is written in explanations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoker => "invoker",
            Self::Principal => "principal",
            Self::Unknown => "unknown",
            Self::Member => "member",
            Self::Group => "group",
            Self::Joiners => "joiners",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

/// Bytes of a name that are kept.
const BEYOND_BYTES: usize = 26;

const NO_PLACE: u8 = u8::MAX;

const _: () = assert!(crate::base::limits::MAX_RECIPIENTS < NO_PLACE as usize);

impl Excess {
    /// Without a name.
    pub(crate) const fn new(kind: ExcessKind) -> Self {
        Self { kind, place: NO_PLACE, is_cut: false, length: 0, text: [0; BEYOND_BYTES] }
    }

    /// With its name, or as much of it as fits.
    pub(crate) fn named(kind: ExcessKind, name: &str) -> Self {
        let mut beyond = Self::new(kind);
        let end = name.floor_char_boundary(BEYOND_BYTES);
        if let (Some(fits), Some(target)) = (name.get(..end), beyond.text.get_mut(..end)) {
            target.copy_from_slice(fits.as_bytes());
        }
        Self { is_cut: end < name.len(), length: end as u8, ..beyond }
    }

    /// As the recipient at a place, or within it.
    pub(crate) fn at(self, place: usize) -> Self {
        Self { place: u8::try_from(place).unwrap_or(NO_PLACE), ..self }
    }

    /// What it is.
    pub const fn kind(&self) -> ExcessKind {
        self.kind
    }

    /// The name, where it has one, or the start of a long one ([`is_cut`](Self::is_cut)).
    pub fn name(&self) -> Option<&str> {
        let bytes = self.text.get(..usize::from(self.length)).filter(|text| !text.is_empty())?;
        std::str::from_utf8(bytes).ok()
    }

    /// Whether the name did not fit as a whole.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Which of the recipients it is, or in which of them it is a member, from 0; `None` where the audience is no
    /// list.
    pub fn place(&self) -> Option<usize> {
        (self.place != NO_PLACE).then_some(self.place.into())
    }

    /// The name of whom the audience names: the recipient, the group or the channel; the whole of it.
    pub fn name_in<'a>(&self, audience: Audience<'a>) -> Option<&'a str> {
        match audience {
            Audience::Group(name) | Audience::Channel(name) => Some(name),
            Audience::Recipients(names) => names.iter().nth(self.place()?),
            Audience::Private | Audience::Internal | Audience::Public => None,
        }
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = if self.is_cut { "…" } else { "" };
        let name = visible(self.name().unwrap_or_default());
        match self.kind {
            ExcessKind::Invoker => f.write_str("the invoker")?,
            ExcessKind::Internal => f.write_str("everybody inside")?,
            ExcessKind::Public => f.write_str("the public")?,
            ExcessKind::Joiners => write!(f, "whoever may join `{name}`{cut}")?,
            ExcessKind::Group => write!(f, "all of `{name}`{cut}")?,
            ExcessKind::Principal | ExcessKind::Unknown => write!(f, "`{name}`{cut}")?,
            ExcessKind::Member => write!(f, "`{name}`{cut}, a member")?,
        }
        match (self.place(), self.kind) {
            (Some(place), ExcessKind::Member) => write!(f, " of recipient {}", place + 1)?,
            (None, ExcessKind::Member) => f.write_str(" of it")?,
            (Some(place), _) => write!(f, " (recipient {})", place + 1)?,
            (None, _) => {}
        }
        match self.kind {
            ExcessKind::Unknown => f.write_str(", whom the directory does not know"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excess({self})")
    }
}
