//! Why a call has no meaning, as a code with the argument it is about.

use std::sync::Arc;

use crate::decision::Reason;
use crate::limits::{MAX_CALL_ACTIONS, MAX_RECIPIENTS, MAX_RESOURCE_BYTES, MAX_SEGMENTS};

/// Why the manifest gives a call no meaning: which argument, and what about it.
///
/// ```
/// use portcullis::*;
///
/// # let policy = Policy::new([Statement::permit("x").operations(Operation::Read).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let manifest = Manifest::new([
///     ToolData::new("read_file").effect(EffectData::read("files/{args.path/**}")),
/// ])?;
/// let arguments = [("path", Value::from("notes/../../etc/passwd"))];
/// let call = manifest.map("read_file", &arguments, &scope);
/// let fault = call.fault().ok_or("a fault")?;
/// assert_eq!((fault.reason(), fault.argument()), (Reason::UnmappedCall, Some("path")));
/// assert_eq!(
///     fault.to_string(),
///     "argument `path`: a part of the path is empty, `.` or `..`, or holds a backslash"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{}{kind}", self.place())]
pub struct CallFault {
    kind: Kind,
    argument: Option<Arc<str>>,
}

impl CallFault {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, argument: None }
    }

    pub(super) fn of(argument: &Arc<str>, kind: Kind) -> Self {
        Self { kind, argument: Some(argument.clone()) }
    }

    /// The reason that a gate refuses the call for.
    pub const fn reason(&self) -> Reason {
        match self.kind {
            Kind::UnknownTool => Reason::UnknownTool,
            Kind::ToolChanged => Reason::ToolChanged,
            Kind::Panicked => Reason::ArgumentsPanicked,
            _ => Reason::UnmappedCall,
        }
    }

    /// The path of the argument at fault, as the manifest writes it, where it is one argument's.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    fn place(&self) -> String {
        match &self.argument {
            Some(argument) => format!("argument `{}`: ", argument.escape_debug()),
            None => String::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum Kind {
    #[error("the manifest does not know this tool")]
    UnknownTool,
    #[error(
        "the tool changed after it was approved, or is no longer listed; review it and approve it again"
    )]
    ToolChanged,
    #[error("the arguments could not be read")]
    Panicked,
    #[error("no effect of the tool is described for a call with these arguments")]
    NoEffect,
    #[error("it is missing, or of another type than the manifest compares with")]
    Unevaluable,
    #[error("it is missing, and the resource is named by it")]
    Missing,
    #[error("it is null, and the resource is named by it")]
    Null,
    #[error("it is empty, and the resource is named by it")]
    Empty,
    #[error("a resource is named by a text, a whole number or a truth value")]
    NotAName,
    #[error("a path is a text")]
    NotAPath,
    #[error("a part of the path is empty, `.` or `..`, or holds a backslash")]
    PathPart,
    #[error("it must be a list")]
    NotAList,
    #[error("the list has more than {MAX_CALL_ACTIONS} places")]
    ListTooLong,
    #[error("the list is empty, and the resources are named by it")]
    EmptyList,
    #[error("the list has no value at a place within its length")]
    BrokenList,
    #[error("a resource is named by two lists, and only one may be a list")]
    TwoLists,
    #[error("the call would act on more than {MAX_CALL_ACTIONS} resources at once")]
    TooManyActions,
    #[error(
        "with it, the resource has more than {MAX_RESOURCE_BYTES} bytes or {MAX_SEGMENTS} segments"
    )]
    ResourceTooLong,
    #[error("a recipient is a name in a text, and several are a list of texts")]
    NotARecipient,
    #[error("a recipient's name is empty, too long, or could be read as several")]
    RecipientName,
    #[error("more than {MAX_RECIPIENTS} recipients")]
    TooManyRecipients,
    #[error("the audience is told by it, and it is not a name in a text")]
    NotAnAudience,
    #[error("it is not a plain `http` or `https` URL with a host in lower case")]
    NotAUrl,
    #[error("the audience is told by it, and its value is not among those listed")]
    UnlistedValue,
    #[error("an amount is a finite number of at least zero")]
    NotAnAmount,
}
