//! One attempted tool call, borrowed from the caller.

mod digest;
mod error;
mod owned;

pub use digest::ActionDigest;
pub use error::{DigestError, DigestErrorKind};
pub use error::{OwnedActionError, OwnedActionErrorKind};
pub use owned::OwnedAction;

use std::borrow::Cow;
use std::fmt;
use std::ops::BitOr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::base::forms::{one_or_many, read_as_word};
use crate::decision::CallFault;
use crate::model::arguments::{Arguments, NoArguments};
use crate::model::audience::Audience;
use crate::model::parts::Parts;
use crate::model::resource::{Path, Reach, ResourceError, with_name};

/// What an action does to its resource.
///
/// Deleting, giving access and changing configuration are rights apart from writing. All but
/// [`Read`](Self::Read) are writes.
///
/// ```
/// use permitgate::Operation;
///
/// assert!(Operation::Share.is_write() && !Operation::Read.is_write());
/// assert_eq!(Operation::Delete.to_string(), "delete");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Look at the resource.
    Read,
    /// Make something new in or at the resource.
    Create,
    /// Change the resource.
    Update,
    /// Remove the resource.
    Delete,
    /// Run it.
    Execute,
    /// Give others access to it.
    Share,
    /// Change configuration or rules.
    Administer,
}

read_as_word! {
    Operation, "an operation as a word":
    "read" => Read, "create" => Create, "update" => Update, "delete" => Delete, "execute" => Execute, "share" => Share,
    "administer" => Administer,
}

impl Operation {
    /// Every operation, in the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Execute,
        Self::Share,
        Self::Administer,
    ];

    /// Whether the operation changes anything.
    pub const fn is_write(self) -> bool {
        !matches!(self, Self::Read)
    }

    /// The name as policies write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Share => "share",
            Self::Administer => "administer",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of operations, small and `Copy`.
///
/// ```
/// use permitgate::Operation;
/// use permitgate::model::Operations;
///
/// let editing = Operation::Create | Operation::Update;
/// assert!(editing.contains(Operation::Update) && !editing.contains(Operation::Delete));
/// assert!(Operations::WRITES.contains(Operation::Share));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(into = "Vec<Operation>")]
pub struct Operations(u8);

impl Operations {
    /// No operation.
    pub const NONE: Self = Self(0);
    /// Every operation.
    pub const ALL: Self = Self(0b111_1111);
    /// Every operation but [`Operation::Read`].
    pub const WRITES: Self = Self(0b111_1110);

    /// Whether the set holds `operation`.
    #[inline]
    pub const fn contains(self, operation: Operation) -> bool {
        self.0 & operation.bit() != 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as a number: from the lowest bit, in the order of [`Operation::ALL`].
    #[cfg(feature = "token")]
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The set of a number, unless it has a bit that is no operation.
    #[cfg(feature = "token")]
    pub(crate) const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }

    /// The operations in the set, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(move |operation| self.contains(*operation))
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl From<Operation> for Operations {
    fn from(operation: Operation) -> Self {
        Self(operation.bit())
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        operations.into_iter().fold(Self::NONE, |set, operation| set | operation)
    }
}

impl<T: Into<Operations>> BitOr<T> for Operations {
    type Output = Self;
    fn bitor(self, other: T) -> Self {
        Self(self.0 | other.into().0)
    }
}

impl<T: Into<Operations>> BitOr<T> for Operation {
    type Output = Operations;
    fn bitor(self, other: T) -> Operations {
        Operations::from(self) | other
    }
}

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let operations: Vec<Operation> =
            one_or_many(deserializer, "an operation or a list of operations")?;
        Ok(operations.into_iter().collect())
    }
}

impl From<Operations> for Vec<Operation> {
    fn from(operations: Operations) -> Self {
        operations.iter().collect()
    }
}

/// Whether an effect can be undone.
///
/// A write counts as irreversible until its author says otherwise.
///
/// ```
/// use permitgate::Action;
/// use permitgate::model::Reversibility;
///
/// let update = Action::update("wiki.edit", "wiki/start");
/// assert_eq!(update.reversibility(), Reversibility::Irreversible);
/// assert_eq!(update.reversible().reversibility(), Reversibility::Reversible);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reversibility {
    /// The effect can be taken back completely.
    Reversible,
    /// The effect cannot be taken back, or nobody said that it can.
    Irreversible,
}

/// One attempted tool call: what the model wants to happen, borrowed and built on the stack.
///
/// The audience is the invoker alone until [`visible_to`](Self::visible_to) says otherwise, and a write
/// is irreversible until [`reversible`](Self::reversible) says otherwise. Nothing is checked here; the gate refuses
/// an action that is not well-formed.
///
/// ```
/// use permitgate::{Action, Audience};
/// use permitgate::model::Value;
///
/// let arguments = [("body", Value::from("I would restart it first."))];
/// let action = Action::create("forum.reply", "forum/threads/8812/replies")
///     .visible_to(Audience::Public)
///     .with(&arguments);
/// assert_eq!(action.tool(), "forum.reply");
/// ```
#[derive(Clone, Copy)]
pub struct Action<'a> {
    tool: &'a str,
    resource: Target<'a>,
    arguments: &'a dyn Arguments,
    /// What the texts among them reach, where a manifest says of which kinds they are.
    parts: Option<&'a Parts>,
    audience: Audience<'a>,
    operation: Operation,
    reversibility: Reversibility,
    reach: Reach,
    /// Whether outsiders can write some of what it returns.
    untrusted: bool,
    /// Whether it asks for the right to lower the session's label, which therefore does not limit it.
    lowers: bool,
}

/// What an action is about.
#[derive(Clone, Copy)]
enum Target<'a> {
    Resource(&'a str),
    /// Why a manifest could not make an action of a call; the gate refuses it at guard 0. In the place of the
    /// resource, which it has none of.
    Fault(&'a CallFault),
}

impl<'a> Action<'a> {
    /// An action of any operation: `tool` is the exact name of the tool, `resource` a canonical path (see
    /// [`ResourceBuf`](crate::model::ResourceBuf) for paths with text from outside).
    pub fn new(operation: Operation, tool: &'a str, resource: &'a str) -> Self {
        let reversibility = if operation.is_write() {
            Reversibility::Irreversible
        } else {
            Reversibility::Reversible
        };
        Self {
            tool,
            resource: Target::Resource(resource),
            arguments: &NoArguments,
            parts: None,
            audience: Audience::Private,
            operation,
            reversibility,
            reach: Reach::Place,
            untrusted: false,
            lowers: false,
        }
    }

    /// What stands for a call that has no meaning: every gate refuses and records it.
    pub(crate) fn refused(tool: &'a str, fault: &'a CallFault) -> Self {
        Self { resource: Target::Fault(fault), ..Self::new(Operation::Execute, tool, "") }
    }

    /// The request to lower a session's label.
    pub(crate) fn lowering(operation: Operation, tool: &'a str, resource: &'a str) -> Self {
        Self { lowers: true, ..Self::new(operation, tool, resource) }
    }

    /// An action that looks at `resource`.
    pub fn read(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Read, tool, resource)
    }

    /// An action that makes something new at `resource`.
    pub fn create(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Create, tool, resource)
    }

    /// An action that changes `resource`.
    pub fn update(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Update, tool, resource)
    }

    /// An action that removes `resource`.
    pub fn delete(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Delete, tool, resource)
    }

    /// An action that runs `resource`.
    pub fn execute(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Execute, tool, resource)
    }

    /// An action that gives others access to `resource`.
    pub fn share(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Share, tool, resource)
    }

    /// An action that changes the configuration or the rules at `resource`.
    pub fn administer(tool: &'a str, resource: &'a str) -> Self {
        Self::new(Operation::Administer, tool, resource)
    }

    /// Says who can see the result; without it, the invoker alone.
    #[must_use]
    pub fn visible_to(mut self, audience: Audience<'a>) -> Self {
        self.audience = audience;
        self
    }

    /// Attaches the arguments of the call.
    #[must_use]
    pub fn with(mut self, arguments: &'a dyn Arguments) -> Self {
        self.arguments = arguments;
        self
    }

    /// Attaches what the texts among its arguments reach.
    pub(crate) fn reaching(mut self, parts: Option<&'a Parts>) -> Self {
        self.parts = parts;
        self
    }

    /// Says that the effect can be undone completely.
    #[must_use]
    pub fn reversible(mut self) -> Self {
        self.reversibility = Reversibility::Reversible;
        self
    }

    /// Says that the effect cannot be undone; for a read that uses something up.
    #[must_use]
    pub fn irreversible(mut self) -> Self {
        self.reversibility = Reversibility::Irreversible;
        self
    }

    /// Says that outsiders can write some of what it returns. From the moment it begins, the session
    /// has seen untrusted input, whatever the label of the resource says.
    #[must_use]
    pub fn untrusted(mut self) -> Self {
        self.untrusted = true;
        self
    }

    /// Says that it is about everything under the resource as well, for tools that list, search or remove whole trees.
    ///
    /// One pattern of a statement must then cover all of it to permit it, and a statement that may match any of it restricts it;
    /// the session learns what the labels of all of it say. So it is never allowed where one of these places by itself is not.
    #[must_use]
    pub fn below(self) -> Self {
        self.with_reach(Reach::Below)
    }

    /// Says how far it reaches.
    pub(crate) fn with_reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    /// The exact name of the tool.
    pub const fn tool(&self) -> &'a str {
        self.tool
    }

    /// What it does to the resource.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The path of the resource, as the caller gave it.
    pub const fn resource(&self) -> &'a str {
        match self.resource {
            Target::Resource(resource) => resource,
            Target::Fault(_) => "",
        }
    }

    /// The segments of the resource as the names that they stand for, without their escapes: a tool opens and sends what these say.
    ///
    /// ```
    /// use permitgate::Action;
    /// use permitgate::model::ResourceBuf;
    ///
    /// let path = ResourceBuf::new("files")?.push("50 % / year")?;
    /// let action = Action::read("files.read", path.as_str());
    /// assert_eq!(action.segments().collect::<Vec<_>>(), ["files", "50 % / year"]);
    /// # Ok::<(), permitgate::model::ResourceError>(())
    /// ```
    pub fn segments(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.resource().split('/').map(|segment| match segment.contains('%') {
            true => with_name(segment, |name| Cow::Owned(name.to_owned())),
            false => Cow::Borrowed(segment),
        })
    }

    /// Who can see the result.
    pub const fn audience(&self) -> Audience<'a> {
        self.audience
    }

    /// The arguments of the call.
    pub const fn arguments(&self) -> &'a dyn Arguments {
        self.arguments
    }

    /// What the texts among the arguments reach, where a manifest says of which kinds they are: conditions read it, and rules can.
    pub const fn parts(&self) -> Option<&'a Parts> {
        self.parts
    }

    /// Whether the effect can be undone.
    pub const fn reversibility(&self) -> Reversibility {
        self.reversibility
    }

    /// Whether it is about the resource alone, or about everything under it as well. Whoever looks at the resource looks at this too.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Takes its resource apart, with how far it reaches.
    #[inline]
    pub(crate) fn read_into(&self, path: &mut Path<'a>) -> Result<(), ResourceError> {
        path.read(self.resource())?;
        path.reach(self.reach);
        Ok(())
    }

    /// Whether outsiders can write some of what it returns, as far as the action itself says.
    pub const fn is_untrusted(&self) -> bool {
        self.untrusted
    }

    /// Whether its result tells the agent what the resource holds: reading does, and so does running.
    pub(crate) const fn reads(&self) -> bool {
        matches!(self.operation, Operation::Read | Operation::Execute)
    }

    pub(crate) const fn lowers(&self) -> bool {
        self.lowers
    }

    /// Why it stands for a call that has no meaning, where it does.
    pub const fn fault(&self) -> Option<&'a CallFault> {
        match self.resource {
            Target::Resource(_) => None,
            Target::Fault(fault) => Some(fault),
        }
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments may hold secrets and are left out.
        f.debug_struct("Action")
            .field("tool", &self.tool)
            .field("operation", &self.operation)
            .field("resource", &self.resource())
            .field("reach", &self.reach)
            .field("audience", &self.audience)
            .field("reversibility", &self.reversibility)
            .finish_non_exhaustive()
    }
}
