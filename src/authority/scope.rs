//! What an action is performed under: a capability, the invoker, the agent, bound values, and the session.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::authority::capability::{AttenuateError, Capability, Standing};
use crate::base::codes::fault_table;
use crate::base::limits::MAX_TOKEN_MEMBER_STEPS;
use crate::base::name::{Name, NameFault, check_name};
use crate::base::steps::Allowance;
use crate::base::sync::{AtomicU64, Ordering};
use crate::base::time::Timestamp;
use crate::base::visible::visible;
use crate::decision::{Layer, Reason};
use crate::flow::session::Session;
#[cfg(feature = "token")]
use crate::model::action::Action;
use crate::model::action::Operations;
use crate::policy::{BoundValue, CompiledPolicy};

/// What an action is performed under.
///
/// Build one per session or task, from the program and never from what a model wrote, and use it for every
/// call. Cloning is cheap and shares it.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([
/// #     Statement::permit("read").operations(Operation::Read).resources(["crm/{invoker}/{project}/*"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability)
///     .invoker("dana@example.com")
///     .agent("triage")
///     .bind("project", "apollo")
///     .build()?;
/// # let gate = Gate::builder().build()?;
/// assert!(gate.decide(&Action::read("crm.read", "crm/dana@example.com/apollo/7"), &scope).is_allow());
/// assert!(!gate.decide(&Action::read("crm.read", "crm/dana@example.com/gemini/7"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Scope(Arc<Inner>);

struct Inner {
    capability: Capability,
    invoker: Name,
    agent: Arc<str>,
    layers: Box<[ScopeLayer]>,
    /// The values of the names that are always bound, for layers that bind no others.
    always: Box<[BoundValue]>,
    session: Session,
    /// The number of the last targeted halt under which this scope was found clear.
    cleared: AtomicU64,
    /// Whether its lineage is revoked, as far as was looked.
    standing: Standing,
    /// The operations that a budget is about.
    budgeted: Operations,
    /// The capabilities above its own, as records take them.
    trail: Box<[u8]>,
    /// Steps that its lineage may take over members of groups, for one decision.
    member_steps: u64,
    /// Whether its capability was presented for one action.
    #[cfg(feature = "token")]
    is_pinned: bool,
}

/// One layer of the lineage, with the values of its names.
pub(crate) struct ScopeLayer {
    pub(crate) layer: Layer,
    pub(crate) policy: Arc<CompiledPolicy>,
    pub(crate) values: Box<[BoundValue]>,
}

impl Scope {
    /// Starts a scope under a capability.
    pub fn builder(capability: &Capability) -> ScopeBuilder {
        ScopeBuilder {
            capability: capability.clone(),
            invoker: String::new(),
            agent: String::new(),
            bound: HashMap::new(),
            session: None,
        }
    }

    /// The person on whose behalf the agent acts.
    pub fn invoker(&self) -> &str {
        &self.0.invoker.text
    }

    /// The agent that acts.
    pub fn agent(&self) -> &str {
        &self.0.agent
    }

    /// The capability it acts under.
    pub fn capability(&self) -> &Capability {
        &self.0.capability
    }

    /// What was read under it, and which values may be acted on.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// Whether it is the very same scope.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn agent_name(&self) -> &Arc<str> {
        &self.0.agent
    }

    pub(crate) fn invoker_name(&self) -> &Name {
        &self.0.invoker
    }

    pub(crate) fn layers(&self) -> &[ScopeLayer] {
        &self.0.layers
    }

    pub(crate) fn always_bound(&self) -> &[BoundValue] {
        &self.0.always
    }

    /// The steps over members of groups that the layers of its lineage share in one decision.
    #[inline]
    pub(crate) fn allowance(&self) -> Allowance {
        Allowance::of(self.0.member_steps)
    }

    /// Whether its capability was revoked, and whether that is known well enough.
    #[inline]
    pub(crate) fn check_revocations(&self, now: Timestamp) -> Result<(), Reason> {
        self.0.standing.check(now, || self.0.capability.is_revoked())
    }

    pub(crate) fn trail(&self) -> &[u8] {
        &self.0.trail
    }

    /// Where its capability was presented for one action, whether it is this one and has not begun.
    #[cfg(feature = "token")]
    #[inline]
    pub(crate) fn check_pin(&self, action: &Action<'_>) -> Result<(), Reason> {
        if self.0.is_pinned { self.0.capability.check_pin(action) } else { Ok(()) }
    }

    /// Where its capability was presented for one action: it begins.
    #[cfg(feature = "token")]
    #[inline]
    pub(crate) fn use_up(&self) -> Result<(), Reason> {
        if self.0.is_pinned { self.0.capability.use_up() } else { Ok(()) }
    }

    /// The operations that a budget of its capability is about.
    #[inline]
    pub(crate) fn budgeted(&self) -> Operations {
        self.0.budgeted
    }

    #[inline]
    pub(crate) fn is_cleared_at(&self, number: u64) -> bool {
        self.0.cleared.load(Ordering::Relaxed) == number
    }

    pub(crate) fn set_cleared_at(&self, number: u64) {
        self.0.cleared.store(number, Ordering::Relaxed);
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("invoker", &self.invoker())
            .field("agent", &self.agent())
            .field("capability", &self.0.capability)
            .finish_non_exhaustive()
    }
}

/// Collects what a scope needs; [`build`](Self::build) checks that nothing is missing.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// assert_eq!((scope.invoker(), scope.agent()), ("dana", "triage"));
/// assert!(Scope::builder(&capability).invoker("dana").build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a scope exists only after `build`"]
pub struct ScopeBuilder {
    capability: Capability,
    invoker: String,
    agent: String,
    bound: HashMap<String, String>,
    session: Option<Session>,
}

impl ScopeBuilder {
    /// The person on whose behalf the agent acts. Required; bound as `{invoker}`.
    pub fn invoker(mut self, name: impl Into<String>) -> Self {
        self.invoker = name.into();
        self
    }

    /// The agent that acts. Required; bound as `{agent}`.
    pub fn agent(mut self, name: impl Into<String>) -> Self {
        self.agent = name.into();
        self
    }

    /// Binds a value to a name that patterns use as `{name}`. The value is one literal segment,
    /// whatever characters it holds.
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.bound.insert(name.into(), value.into());
        self
    }

    /// Continues a session, so that what was read under its other scopes counts here as well. Without this, the scope
    /// has a session of its own.
    pub fn session(mut self, session: &Session) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// Checks everything and makes the scope.
    ///
    /// # Errors
    /// [`ScopeError`] when a name is missing or malformed, a policy of the lineage uses a name that is
    /// not bound, the capability is held by another agent or its grant is malformed, or the session is another
    /// invoker's.
    pub fn build(self) -> Result<Scope, ScopeError> {
        let Self { capability, invoker, agent, bound, session } = self;
        capability.check_grant().map_err(Fault::Grant)?;
        check_name(&invoker).map_err(|fault| Fault::Name("invoker".into(), fault))?;
        check_name(&agent).map_err(|fault| Fault::Name("agent".into(), fault))?;
        for (name, value) in &bound {
            if matches!(name.as_str(), "invoker" | "agent") {
                return Err(Fault::AlwaysBound(name.clone()).into());
            }
            check_name(value).map_err(|fault| Fault::Name(name.clone(), fault))?;
        }
        if let Some(holder) = capability.holder()
            && holder != agent
        {
            return Err(Fault::HeldByAnother(holder.into(), agent).into());
        }
        let always = [BoundValue::new(&invoker), BoundValue::new(&agent)];
        let layers = capability
            .layers()
            .into_iter()
            .map(|(layer, policy)| {
                let mut values = always.to_vec();
                for name in policy.bound_names() {
                    let value =
                        bound.get(&**name).ok_or_else(|| Fault::Unbound(name.to_string()))?;
                    values.push(BoundValue::new(value));
                }
                Ok(ScopeLayer { layer, policy, values: values.into() })
            })
            .collect::<Result<_, Fault>>()?;
        // Last, since a session becomes that of the first scope, and one that is refused is none.
        let session = session.unwrap_or_default();
        if !session.belongs_to(&invoker) {
            return Err(Fault::SessionOfAnother(invoker).into());
        }
        Ok(Scope(Arc::new(Inner {
            budgeted: capability.budgeted(),
            // What came as a token may say what anybody wrote.
            member_steps: capability.issuer().map_or(u64::MAX, |_| MAX_TOKEN_MEMBER_STEPS),
            trail: capability.trail(),
            standing: Standing::new(capability.revocations()),
            #[cfg(feature = "token")]
            is_pinned: capability.is_pinned(),
            capability,
            invoker: Name::new(&invoker),
            agent: agent.into(),
            layers,
            always: always.into(),
            session,
            cleared: AtomicU64::new(0),
        })))
    }
}

/// Why a scope cannot be built.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::kinds::ScopeErrorKind;
///
/// let policy = Policy::new([Statement::permit("read")
///     .operations(Operation::Read)
///     .resources(["crm/{project}/*"])])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let error = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap_err();
/// assert_eq!((error.kind(), error.name()), (ScopeErrorKind::UnboundName, Some("project")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope: {0}")]
pub struct ScopeError(#[from] Box<Fault>);

impl ScopeError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> ScopeErrorKind {
        self.0.kind()
    }

    /// The bound name or the invoker or agent at fault, where it is one.
    pub fn name(&self) -> Option<&str> {
        match &*self.0 {
            Fault::Grant(_) => None,
            Fault::Name(name, _)
            | Fault::AlwaysBound(name)
            | Fault::Unbound(name)
            | Fault::HeldByAnother(_, name)
            | Fault::SessionOfAnother(name) => Some(name),
        }
    }
}

impl From<Fault> for ScopeError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

/// A name that was never set is empty as well.
fn malformed(name: &str, fault: &NameFault) -> String {
    let fix = if *fault == NameFault::Empty { "; set it to a name" } else { "" };
    format!("`{}`: {fault}{fix}", visible(name))
}

fault_table! {
    /// Why there is no such scope ([`ScopeError::kind`](crate::authority::ScopeError::kind)).
    pub enum ScopeErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("the capability cannot be used: {0}")]
        Grant(AttenuateError) => UnusableGrant, "unusable-grant",
        #[error("{}", malformed(.0, .1))]
        Name(String, NameFault) => MalformedName, "malformed-name",
        #[error("`{}` is always bound and cannot be bound again", visible(.0))]
        AlwaysBound(String) => AlwaysBound, "always-bound",
        #[error("a policy of the capability uses `{{{}}}`, which is not bound; call `bind`", visible(.0))]
        Unbound(String) => UnboundName, "unbound-name",
        #[error(
            "the capability is held by agent `{}`, not by `{}`; attenuate it for that agent",
            visible(.0),
            visible(.1)
        )]
        HeldByAnother(Box<str>, String) => HeldByAnother, "held-by-another",
        #[error("the session is not one of `{}`; what it has read is another invoker's", visible(.0))]
        SessionOfAnother(String) => SessionOfAnother, "session-of-another",
    }
}
