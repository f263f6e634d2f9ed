//! What a caller gets instead of a permit, and how it is told to a model or to a person.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::authority::scope::Scope;
use crate::base::limits::{MAX_NAME_BYTES, MAX_RESOURCE_BYTES};
use crate::base::visible::visible;
use crate::decision::{Grounds, Reason, RecordError, Source};
use crate::model::action::Action;
use crate::model::resource::Reach;

/// Why there is no permit: a person must approve first, or the answer is no.
///
/// As an error it renders the sentence for the model. Nothing is allocated before it is rendered.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
///
/// # let policy = Policy::new([
/// #     Statement::permit("answer").operations(Operation::Create).resources(["forum/**"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::create("forum.reply", "forum/8812/replies").visible_to(Audience::Public);
/// let Err(Refusal::Denied(denial)) = gate.authorize(&action, &scope) else { panic!("denied") };
/// assert_eq!(denial.reason(), Reason::AudienceTooWide);
/// assert_eq!(
///     denial.explain().to_string(),
///     "denied: it is permitted only for a smaller audience (statement `answer` of the capability), \
///      not for the public"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A person must approve exactly this action first.
    Held(Hold),
    /// The action must not happen.
    Denied(Denial),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

/// Its source is the sink's refusal, the call's fault or the resource's, or why whose something is could not be learned, where that is
/// the reason.
impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.grounds().source()? {
            Source::Sink(refusal) => Some(refusal),
            Source::Call(fault) => Some(fault),
            Source::Ownership(_, error) => Some(error),
            Source::Resource(error) => Some(error),
            Source::Statement(_)
            | Source::Readers(..)
            | Source::Audience(_)
            | Source::Owner(..)
            | Source::Budget(_)
            | Source::Rule(..) => None,
        }
    }
}

impl Refusal {
    /// Why.
    pub const fn grounds(&self) -> &Grounds {
        match self {
            Self::Held(hold) => hold.grounds(),
            Self::Denied(denial) => denial.grounds(),
        }
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.grounds().reason()
    }

    /// One sentence for the model.
    pub fn explain(&self) -> impl fmt::Display {
        self.sentence()
    }

    const fn sentence(&self) -> Sentence<'_> {
        match self {
            Self::Held(Hold(grounds)) => Sentence { verb: "held", grounds },
            Self::Denied(Denial(grounds)) => Sentence { verb: "denied", grounds },
        }
    }

    /// One sentence for a person, with who wanted what.
    pub fn describe<'d>(&'d self, action: &'d Action<'d>, scope: &'d Scope) -> impl fmt::Display {
        let (verb, grounds) = match self {
            Self::Held(hold) => ("held", hold.grounds()),
            Self::Denied(denial) => ("denied", denial.grounds()),
        };
        Description { verb, grounds, action: *action, scope }
    }

    /// What was not recorded is denied.
    #[cold]
    pub(crate) fn not_recorded(refusal: Option<RecordError>) -> Self {
        let grounds = Grounds::new(Reason::RecordRefused);
        Self::Denied(Denial(refusal.map_or(grounds, Grounds::of_sink)))
    }

    pub(crate) const fn denied(reason: Reason) -> Self {
        Self::Denied(Denial(Grounds::new(reason)))
    }
}

macro_rules! refusal_part {
    ($part:ident, $verb:literal) => {
        impl $part {
            /// Why.
            pub const fn grounds(&self) -> &Grounds {
                &self.0
            }

            /// The reason as a code.
            pub const fn reason(&self) -> Reason {
                self.0.reason()
            }

            /// One sentence for the model.
            pub fn explain(&self) -> impl fmt::Display {
                Sentence { verb: $verb, grounds: &self.0 }
            }
        }
    };
}

/// A held action: a person must approve it. It is a value; nothing is stored for it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
///
/// # let policy = Policy::new([
/// #     Statement::permit("all").operations(Operation::Delete).resources(["docs/**"]),
/// #     Statement::require_approval("ask-first").operations(Operation::Delete).resources(["docs/**"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::delete("docs.delete", "docs/intro");
/// let Err(Refusal::Held(hold)) = gate.authorize(&action, &scope) else { panic!("held") };
/// assert_eq!(hold.reason(), Reason::ApprovalRequired);
/// assert_eq!(hold.grounds().statement(), Some("ask-first"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold(pub(crate) Grounds);

refusal_part!(Hold, "held");

/// A denied action.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::delete("docs.delete", "docs/intro");
/// let Err(Refusal::Denied(denial)) = gate.authorize(&action, &scope) else { panic!("denied") };
/// assert_eq!(denial.reason(), Reason::NotPermitted);
/// assert_eq!(denial.explain().to_string(), "denied: nothing permits it (in the capability)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial(pub(crate) Grounds);

refusal_part!(Denial, "denied");

impl Denial {
    /// A denial by a gate of your own that stands before another one; the name says whose.
    ///
    /// Saying no is open to everybody; only a [`Gate`](crate::Gate) can say yes.
    ///
    /// ```
    /// use permitgate::Reason;
    /// use permitgate::gate::Denial;
    ///
    /// let denial = Denial::by("office-hours", "the office is closed");
    /// assert_eq!(denial.reason(), Reason::RuleDenied);
    /// ```
    pub fn by(name: impl Into<Arc<str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self(Grounds::of_rule(Reason::RuleDenied, name.into().into(), why.into()))
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

struct Sentence<'b> {
    verb: &'static str,
    grounds: &'b Grounds,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verb, self.grounds.explain())
    }
}

struct Description<'d> {
    verb: &'static str,
    grounds: &'d Grounds,
    action: Action<'d>,
    scope: &'d Scope,
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, grounds, action, scope } = self;
        let below = if action.reach() == Reach::Below { " and everything below it" } else { "" };
        write!(
            f,
            "agent `{}`, for `{}`, wants to {} `{}`{below} with `{}`, visible to {}; {verb}: {}",
            visible(scope.agent()),
            visible(scope.invoker()),
            action.operation(),
            visible(action.resource()).short(MAX_RESOURCE_BYTES),
            visible(action.tool()).short(MAX_NAME_BYTES),
            action.audience(),
            grounds.explain()
        )
    }
}
