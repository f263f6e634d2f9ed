//! Why a call has no meaning, as a code with the argument it is about.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use super::reason::Reason;
use crate::base::codes::fault_table;
use crate::base::limits::{
    MAX_CALL_ACTIONS, MAX_CALL_PARTS, MAX_CALL_VALUES, MAX_RECIPIENTS, MAX_RESOURCE_BYTES,
    MAX_SEGMENTS,
};
use crate::base::rule::Rule;
use crate::base::visible::visible;
use crate::model::arguments::kinds::{Found, Kinds};

/// Why the manifest gives a call no meaning: which argument, and what about it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::Value;
///
/// # let policy = Policy::new([Statement::permit("x").operations(Operation::Read).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let manifest = Manifest::new([
///     ToolSpec::new("read_file")
///         .argument("path", ArgumentSpec::text())
///         .effect(EffectSpec::read("files/{args.path/**}")),
/// ])?;
/// let arguments = [("path", Value::from("notes/../../etc/passwd"))];
/// let call = manifest.map("read_file", &arguments, &scope);
/// let fault = call.fault().ok_or("a fault")?;
/// assert_eq!((fault.reason(), fault.argument()), (Reason::UnmappedCall, Some("path")));
/// assert_eq!(
///     fault.to_string(),
///     "argument `path`: a part of the path is empty, `.` or `..`, or holds a backslash"
/// );
///
/// let arguments = [("Path", Value::from("notes/today.md"))];
/// let call = manifest.map("read_file", &arguments, &scope);
/// let fault = call.fault().ok_or("a fault")?;
/// assert_eq!((fault.argument(), fault.nearest()), (Some("Path"), Some("path")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CallFault {
    kind: Kind,
    argument: Option<Place>,
    nearest: Option<Arc<str>>,
}

/// Where the argument at fault stands.
#[derive(Clone)]
enum Place {
    /// A path of the manifest, or a long one that was found in a call: shared with the refusals that tell it.
    Shared(Arc<str>),
    /// A short one that was found in a call. Always text.
    Inline(SmallVec<[u8; INLINE_BYTES]>),
}

/// Bytes of a place that lie within a fault.
const INLINE_BYTES: usize = 16;

impl Place {
    fn text(&self) -> &str {
        match self {
            Self::Shared(path) => path,
            Self::Inline(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        }
    }
}

/// As text in quotation marks, in which control characters and what nobody would see are escaped.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", visible(self.text()))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Place {}

/// Of a call that means nothing.
pub(crate) static NOTHING: CallFault = CallFault::new(Kind::NoEffect);

impl CallFault {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, argument: None, nearest: None }
    }

    pub(crate) fn of(argument: &Arc<str>, kind: Kind) -> Self {
        Self { argument: Some(Place::Shared(argument.clone())), ..Self::new(kind) }
    }

    /// Of something that stands in a call. Allocates where the place is long, so that a refusal need not.
    pub(crate) fn found(place: &str, kind: Kind) -> Self {
        let place = match place.len() {
            0..=INLINE_BYTES => Place::Inline(SmallVec::from_slice(place.as_bytes())),
            _ => Place::Shared(place.into()),
        };
        Self { argument: Some(place), ..Self::new(kind) }
    }

    pub(crate) fn near(mut self, nearest: Option<&Arc<str>>) -> Self {
        self.nearest = nearest.cloned();
        self
    }

    /// What is wrong, as a code.
    pub const fn kind(&self) -> CallFaultKind {
        self.kind.kind()
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

    /// Whether its text says all that its reason does, so that one of the two is enough.
    pub(crate) const fn tells_reason(&self) -> bool {
        matches!(self.kind, Kind::UnknownTool | Kind::ToolChanged)
    }

    /// The path of the argument at fault, where it is one argument's: as the manifest writes it, or as it stands
    /// in the call, where the manifest describes nothing or something else.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_ref().map(Place::text)
    }

    /// The described name that one which is not described is likely to mean.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl fmt::Display for CallFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(argument) = self.argument() {
            write!(f, "argument `{}`: ", visible(argument))?;
        }
        write!(f, "{}", self.kind)?;
        match self.nearest() {
            Some(nearest) => write!(f, "; did you mean `{}`?", visible(nearest)),
            None => Ok(()),
        }
    }
}

/// By what is wrong, then by where: the least of several does not depend on their order.
impl Ord for CallFault {
    fn cmp(&self, other: &Self) -> Ordering {
        let of = |fault: &Self| (fault.kind, fault.argument().is_some());
        of(self).cmp(&of(other)).then_with(|| self.argument().cmp(&other.argument()))
    }
}

impl PartialOrd for CallFault {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fault_table! {
    /// What is wrong with a call ([`CallFault::kind`](crate::manifest::CallFault::kind)).
    pub enum CallFaultKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
    pub(crate) enum Kind {
        #[error("the manifest does not know this tool")]
        UnknownTool => UnknownTool, "unknown-tool",
        #[error(
            "the tool changed after it was approved, or is no longer listed; review it and approve it again"
        )]
        ToolChanged => ToolChanged, "tool-changed",
        #[error("the arguments could not be read")]
        Panicked => PanickedArguments, "panicked-arguments",
        #[error("the arguments hold more than {MAX_CALL_VALUES} values")]
        TooManyValues => TooManyValues, "too-many-values",
        #[error("the arguments name more than {MAX_CALL_PARTS} hosts, words, tables and other parts; send fewer of them in one call")]
        TooManyParts => TooManyParts, "too-many-parts",
        #[error("arguments are an object, with a name for each")]
        NoObject => NoObject, "no-object",
        #[error("the arguments show this name twice")]
        Repeated => RepeatedName, "repeated-name",
        #[error("the arguments show this in two ways that differ")]
        Contradiction => Contradiction, "contradiction",
        #[error("the manifest does not describe it")]
        Undescribed => UndescribedArgument, "undescribed-argument",
        #[error("the manifest gives this a meaning in other elements of the list, by their places, and not in this one")]
        Unreached => UnreachedElement, "unreached-element",
        #[error("it must be {0}, and is {1}")]
        Mismatch(Kinds, Found) => KindMismatch, "kind-mismatch",
        #[error("at byte {at}, {}; {}", rule.found, rule.remedy)]
        Text { at: u32, rule: &'static Rule } => MalformedText, "malformed-text",
        #[error("in word {word}, counted from 0, {}; {}", rule.found, rule.remedy)]
        Word { word: u32, rule: &'static Rule } => MalformedWord, "malformed-word",
        #[error("it is missing, and a call needs it")]
        Required => MissingArgument, "missing-argument",
        #[error("what it holds is not what the manifest describes; it is secret, so no more is told")]
        Secret => SecretMismatch, "secret-mismatch",
        #[error("no effect of the tool is described for a call with these arguments")]
        NoEffect => NoEffect, "no-effect",
        #[error("no effect of the tool is described for this element")]
        NoEffectOfElement => NoEffectOfElement, "no-effect-of-element",
        #[error("it is missing, and what the call does depends on it")]
        ConditionMissing => ConditionMissing, "condition-missing",
        #[error("it is there, but not as a value that the manifest can compare")]
        ConditionShape => ConditionShape, "condition-shape",
        #[error("it is missing, and the resource is named by it")]
        Missing => MissingName, "missing-name",
        #[error("it is null, and the resource is named by it")]
        Null => NullName, "null-name",
        #[error("it is empty, and the resource is named by it")]
        Empty => EmptyName, "empty-name",
        #[error("a resource is named by a text, a whole number or a truth value")]
        NotAName => NotAName, "not-a-name",
        #[error("a path is a text")]
        NotAPath => NotAPath, "not-a-path",
        #[error("a part of the path is empty, `.` or `..`, or holds a backslash")]
        PathPart => PathPart, "path-part",
        #[error("it must be a list")]
        NotAList => NotAList, "not-a-list",
        #[error("the list has more than {MAX_CALL_ACTIONS} places")]
        ListTooLong => ListTooLong, "list-too-long",
        #[error("the list is empty, and the resources are named by it")]
        EmptyList => EmptyList, "empty-list",
        #[error("the list has no value at a place within its length")]
        BrokenList => BrokenList, "broken-list",
        #[error("a resource is named by two lists, and only one may be a list")]
        TwoLists => TwoLists, "two-lists",
        #[error("the call would act on more than {MAX_CALL_ACTIONS} resources at once")]
        TooManyActions => TooManyActions, "too-many-actions",
        #[error(
            "with it, the resource has more than {MAX_RESOURCE_BYTES} bytes or {MAX_SEGMENTS} segments"
        )]
        ResourceTooLong => ResourceTooLong, "resource-too-long",
        #[error("a recipient is a name in a text, and several are a list of texts")]
        NotARecipient => NotARecipient, "not-a-recipient",
        #[error("it is there in a shape from which the manifest takes no recipients")]
        RecipientShape => RecipientShape, "recipient-shape",
        #[error("an element of it names no recipient")]
        NoRecipient => NoRecipient, "no-recipient",
        #[error("a recipient's name is empty, too long, or could be read as several")]
        RecipientName => RecipientName, "recipient-name",
        #[error("more than {MAX_RECIPIENTS} recipients")]
        TooManyRecipients => TooManyRecipients, "too-many-recipients",
        #[error("it is missing, and the audience is told by it")]
        AudienceMissing => AudienceMissing, "audience-missing",
        #[error("the audience is told by it, and it is not a name in a text")]
        NotAnAudience => NotAnAudience, "not-an-audience",
        #[error("it is not a plain `http` or `https` URL with a host in lower case")]
        NotAUrl => NotAUrl, "not-a-url",
        #[error("the audience is told by it, and its value is not among those listed")]
        UnlistedValue => UnlistedValue, "unlisted-value",
        #[error("an amount is a finite number of at least zero")]
        NotAnAmount => NotAnAmount, "not-an-amount",
        #[error("it is there in a shape from which the manifest takes no amounts")]
        AmountShape => AmountShape, "amount-shape",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_place_as_text() {
        for (place, shown) in [("to", "to"), ("a\u{1b}[2J", "a\\u{1b}[2J")] {
            let debug = format!("{:?}", CallFault::found(place, Kind::Undescribed));
            assert!(debug.contains(&format!("argument: Some(\"{shown}\")")), "{debug}");
        }
        let long = "x".repeat(INLINE_BYTES + 1);
        let debug = format!("{:?}", CallFault::found(&long, Kind::Undescribed));
        assert!(debug.contains(&format!("\"{long}\"")), "{debug}");
    }
}
