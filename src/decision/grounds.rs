//! The reason of a decision with what determined it, and its words.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::budget::BudgetUse;
use super::call_fault::CallFault;
use super::cause::{Excess, OwnershipError, RecordError};
use super::{Layer, Reason};
use crate::base::identifier::Identifier;
use crate::base::visible::visible;
use crate::model::resource::ResourceError;

/// What determined a decision, as [`Grounds::source`] shows it: a statement, a rule, or what is wrong with a call or a sink.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::Source;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let decision = gate.decide(&Action::read("docs.read", "docs/intro"), &scope);
/// assert_eq!(decision.grounds().source(), Some(Source::Statement("read")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source<'b> {
    /// A statement, by its id.
    Statement(&'b str),
    /// A statement, by its id, and the first of the audience on whose account it stands against it: whom its readers do
    /// not hold, or, of one that restricts, who is beyond those whom it leaves alone.
    Readers(&'b str, &'b Excess),
    /// The first of the audience who may not see what was read, or what the action's own resource holds.
    Audience(&'b Excess),
    /// Why the resource is no canonical path.
    Resource(&'b ResourceError),
    /// A bound name whose set of values does not hold what the resource names, with the id of the statement that would permit
    /// it otherwise.
    Owner(Option<&'b str>, &'b str),
    /// A bound name whose set of values could not be learned, and why.
    Ownership(&'b str, &'b OwnershipError),
    /// A rule, by its name, with what it said.
    Rule(&'b str, &'b str),
    /// Why the manifest gives the call no meaning.
    Call(&'b CallFault),
    /// A budget that has no room for it, or that it cannot be counted on.
    Budget(&'b BudgetUse),
    /// Why the sink did not take the record.
    Sink(&'b RecordError),
}

/// The reason of a decision, with the layer and the statement or rule that determined it.
///
/// [`explain`](Self::explain) renders one sentence for the model; where several statements require approval, the one
/// with the least id in the outermost layer is named. Cloning allocates nothing, unless a rule composed its reason at
/// run time.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::decision::Layer;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let decision = gate.decide(&Action::read("docs.read", "docs/intro"), &scope);
/// let grounds = decision.grounds();
/// assert_eq!((grounds.reason(), grounds.statement()), (Reason::Permitted, Some("read")));
/// assert_eq!(grounds.layer(), Some(Layer::Capability(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grounds {
    reason: Reason,
    layer: Option<Layer>,
    /// The id of a statement where there is a layer, else the name of a rule.
    by: Option<Identifier>,
    detail: Detail,
}

/// What is to say beside it. Most decisions have none, so to drop one must cost no more than to see that.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Detail {
    None,
    Audience(Excess),
    Resource(ResourceError),
    Owned(Owned),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    Said(Cow<'static, str>),
    Call(CallFault),
    Sink(RecordError),
    Budget(BudgetUse),
    /// A bound name, and why its set could not be learned where that is it.
    Name(Arc<str>, Option<OwnershipError>),
}

impl Grounds {
    #[inline(always)]
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason, layer: None, by: None, detail: Detail::None }
    }

    /// What is not recorded does not happen.
    #[cold]
    pub(crate) const fn of_sink(refusal: RecordError) -> Self {
        let detail = Detail::Owned(Owned::Sink(refusal));
        Self { reason: Reason::RecordRefused, layer: None, by: None, detail }
    }

    #[cold]
    pub(crate) fn of_call(reason: Reason, fault: &CallFault) -> Self {
        let detail = Detail::Owned(Owned::Call(fault.clone()));
        Self { reason, layer: None, by: None, detail }
    }

    /// With the budget that has no room.
    #[cold]
    pub(crate) const fn of_budget(reason: Reason, budget: BudgetUse) -> Self {
        let detail = Detail::Owned(Owned::Budget(budget));
        Self { reason, layer: None, by: None, detail }
    }

    #[inline(always)]
    pub(crate) fn of_layer(reason: Reason, layer: Layer, statement: Option<Identifier>) -> Self {
        Self { reason, layer: Some(layer), by: statement, detail: Detail::None }
    }

    #[inline]
    pub(crate) const fn of_audience(
        reason: Reason,
        layer: Option<Layer>,
        statement: Option<Identifier>,
        who: Excess,
    ) -> Self {
        Self { reason, layer, by: statement, detail: Detail::Audience(who) }
    }

    /// About the set of values that a name is bound to.
    #[cold]
    pub(crate) fn about_name(self, name: Arc<str>, error: Option<OwnershipError>) -> Self {
        Self { detail: Detail::Owned(Owned::Name(name, error)), ..self }
    }

    /// With what is wrong with a resource.
    #[cold]
    pub(crate) const fn of_resource(reason: Reason, error: ResourceError) -> Self {
        Self { reason, layer: None, by: None, detail: Detail::Resource(error) }
    }

    pub(crate) const fn of_rule(reason: Reason, name: Identifier, why: Cow<'static, str>) -> Self {
        let detail = Detail::Owned(Owned::Said(why));
        Self { reason, layer: None, by: Some(name), detail }
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The layer of authority that determined the decision, if one did.
    pub const fn layer(&self) -> Option<Layer> {
        self.layer
    }

    /// What determined the decision, if something did.
    pub fn source(&self) -> Option<Source<'_>> {
        match (&self.detail, self.by.as_ref().map(Identifier::as_str)) {
            (Detail::None, by) => by.map(Source::Statement),
            (Detail::Audience(who), Some(id)) => Some(Source::Readers(id, who)),
            (Detail::Audience(who), None) => Some(Source::Audience(who)),
            (Detail::Resource(error), _) => Some(Source::Resource(error)),
            (Detail::Owned(Owned::Said(why)), by) => by.map(|name| Source::Rule(name, why)),
            (Detail::Owned(Owned::Call(fault)), _) => Some(Source::Call(fault)),
            (Detail::Owned(Owned::Sink(refusal)), _) => Some(Source::Sink(refusal)),
            (Detail::Owned(Owned::Budget(budget)), _) => Some(Source::Budget(budget)),
            (Detail::Owned(Owned::Name(name, None)), by) => Some(Source::Owner(by, name)),
            (Detail::Owned(Owned::Name(name, Some(error))), _) => {
                Some(Source::Ownership(name, error))
            }
        }
    }

    /// The id of the determining statement, if it was a statement.
    pub fn statement(&self) -> Option<&str> {
        match self.source()? {
            Source::Statement(id) | Source::Readers(id, _) => Some(id),
            Source::Owner(id, _) => id,
            _ => None,
        }
    }

    /// The name of the determining rule, if it was a rule.
    pub fn rule(&self) -> Option<&str> {
        match self.source()? {
            Source::Rule(name, _) => Some(name),
            _ => None,
        }
    }

    /// Why the manifest gives the call no meaning, if that is the reason.
    pub fn call_fault(&self) -> Option<&CallFault> {
        match self.source()? {
            Source::Call(fault) => Some(fault),
            _ => None,
        }
    }

    /// Why the sink did not take the record, if that is the reason.
    pub fn record_error(&self) -> Option<&RecordError> {
        match self.source()? {
            Source::Sink(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The budget that had no room for it, if that is the reason.
    pub fn budget(&self) -> Option<&BudgetUse> {
        match self.source()? {
            Source::Budget(budget) => Some(budget),
            _ => None,
        }
    }

    /// Who of the audience was too much, where it is too wide: the first whom the readers of the
    /// [`statement`](Self::statement) do not hold, or who is beyond those whom it leaves alone, or who may not see what was
    /// read or what the action's own resource holds ([`Reason::BeyondReaders`]).
    pub fn who(&self) -> Option<&Excess> {
        match &self.detail {
            Detail::Audience(who) => Some(who),
            _ => None,
        }
    }

    /// The bound name whose set of values does not hold what the resource names, or could not be learned.
    pub fn bound_name(&self) -> Option<&str> {
        match self.source()? {
            Source::Owner(_, name) | Source::Ownership(name, _) => Some(name),
            _ => None,
        }
    }

    /// Why the set of values of the [`bound_name`](Self::bound_name) could not be learned, if that is the reason.
    pub fn ownership_error(&self) -> Option<&OwnershipError> {
        match self.source()? {
            Source::Ownership(_, error) => Some(error),
            _ => None,
        }
    }

    /// The reason as a clause, with the names of layer, statement and rule, who was too much, and what was wrong.
    pub fn explain(&self) -> impl fmt::Display {
        Clause(self)
    }
}

/// Bytes of what a rule said that are shown.
const MOST_SAID_BYTES: usize = 1024;

struct Clause<'b>(&'b Grounds);

impl fmt::Display for Clause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clause = self.0.reason.clause();
        match (self.0.layer, self.0.source()) {
            (Some(layer), Some(Source::Statement(id))) => {
                write!(f, "{clause} (statement `{}` of {layer})", visible(id))
            }
            (Some(layer), Some(Source::Readers(id, who))) => {
                let is_granted = self.0.reason.is_too_wide();
                let is = if is_granted { "not for" } else { "since it would reach" };
                write!(f, "{clause} (statement `{}` of {layer}), {is} {who}", visible(id))
            }
            (Some(layer), Some(Source::Owner(Some(id), name))) => {
                let (id, name) = (visible(id), visible(name));
                write!(f, "{clause}: `{{{name}}}` does not hold it (statement `{id}` of {layer})")
            }
            (Some(layer), Some(Source::Owner(None, name))) => {
                write!(f, "{clause}: `{{{}}}` does not hold it (in {layer})", visible(name))
            }
            (Some(layer), Some(Source::Ownership(name, error))) => {
                let (name, why) = (visible(name), error.fault().clause());
                write!(f, "{clause} (in {layer}): `{{{name}}}` was asked for, and {why}")
            }
            (Some(layer), _) => write!(f, "{clause} (in {layer})"),
            (None, Some(Source::Audience(who))) => write!(f, "{clause}: {who}"),
            (None, Some(Source::Resource(error))) => write!(f, "{clause} ({})", error.said()),
            (None, Some(Source::Rule(name, ""))) => {
                write!(f, "{clause} (rule `{}`)", visible(name))
            }
            (None, Some(Source::Rule(name, why))) => {
                let why = visible(why).prose().short(MOST_SAID_BYTES);
                write!(f, "{clause} (rule `{}`: {why})", visible(name))
            }
            (None, Some(Source::Call(fault))) if fault.tells_reason() => write!(f, "{fault}"),
            (None, Some(Source::Call(fault))) => write!(f, "{clause} ({fault})"),
            (None, Some(Source::Budget(budget))) => write!(f, "{clause}: {budget}"),
            (None, Some(Source::Sink(refusal))) => {
                write!(f, "{clause} (the sink {}: {})", refusal.fault().verb(), refusal.chain())
            }
            (None, _) => f.write_str(clause),
        }
    }
}
