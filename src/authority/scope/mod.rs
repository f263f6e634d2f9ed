//! What an action is performed under: a capability, the invoker, the agent, bound values, and the session.

pub(crate) mod error;
mod names;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::error::{Fault, ScopeError};
use self::names::{Bound, Names, check_bound};
use crate::authority::capability::{Capability, Standing};
use crate::authority::ownership::{KnownSet, Ownership, Ownerships, ResolvedName};
use crate::base::limits::{
    DEFAULT_OWNERSHIP_MS, MAX_BOUND_VALUES, MAX_RESOLVED_NAMES, MAX_TOKEN_MEMBER_STEPS,
};
use crate::base::name::{Name, check_name};
use crate::base::steps::Allowance;
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::base::time::Timestamp;
use crate::decision::{Layer, Reason};
use crate::flow::session::Session;
#[cfg(feature = "token")]
use crate::model::action::Action;
use crate::model::action::Operations;
use crate::policy::{BoundValue, CompiledPolicy, LayerValues};
use crate::state::budget::{Charge, GateBudgets, Sharers};

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

/// What the budgets of a gate have for a scope.
#[derive(Debug)]
struct AtGate {
    /// The number of the budgets.
    budgets: u64,
    /// The name of the invoker in the directory of the gate.
    invoker: Box<str>,
    charges: Arc<[Charge]>,
}

struct Inner {
    capability: Capability,
    invoker: Name,
    agent: Arc<str>,
    layers: Box<[ScopeLayer]>,
    /// The values of the names that are always bound, for layers that bind no others.
    always: Box<[BoundValue]>,
    /// The sets that stay as they are.
    sets: Box<[KnownSet]>,
    /// What is asked for anew at every decision, if anything is.
    resolved: Option<Box<Resolved>>,
    /// Whether a layer asks for the time.
    reads_clock: bool,
    session: Session,
    /// The number of the last targeted halt under which this scope was found clear.
    cleared: AtomicU64,
    /// Whether its lineage is revoked, as far as was looked.
    standing: Standing,
    /// The operations that a budget is about.
    budgeted: Operations,
    /// What its capability's budgets have for it, what is nearest first.
    charges: Box<[Charge]>,
    /// The same of the gate that it was last used at, with the number of that gate's budgets.
    at_gate: Mutex<Option<AtGate>>,
    /// The capabilities above its own, as records take them.
    trail: Box<[u8]>,
    /// Steps that its lineage may take over members of groups, for one decision.
    member_steps: u64,
    /// Whether its capability was presented for one action.
    #[cfg(feature = "token")]
    is_pinned: bool,
}

/// Names of the lineage whose values are asked for at every decision.
struct Resolved {
    names: Vec<ResolvedName>,
    within: Duration,
    /// The other names.
    fixed: HashMap<String, BoundValue>,
}

/// One layer of the lineage, with the values of its names.
pub(crate) struct ScopeLayer {
    pub(crate) layer: Layer,
    pub(crate) policy: Arc<CompiledPolicy>,
    pub(crate) values: LayerValues,
}

impl Scope {
    /// Starts a scope under a capability.
    pub fn builder(capability: &Capability) -> ScopeBuilder {
        ScopeBuilder {
            capability: capability.clone(),
            invoker: String::new(),
            agent: String::new(),
            bound: HashMap::new(),
            within: Duration::from_millis(DEFAULT_OWNERSHIP_MS),
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

    /// The sets that stay as they are, for a record.
    pub(crate) fn sets(&self) -> &[KnownSet] {
        &self.0.sets
    }

    /// Whether names are asked for anew at every decision.
    #[inline]
    pub(crate) fn resolves(&self) -> bool {
        self.0.resolved.is_some()
    }

    /// Whether what its lineage says may change with the time alone.
    #[inline]
    pub(crate) fn reads_clock(&self) -> bool {
        self.0.reads_clock
    }

    /// Asks for what every decision asks for anew. The program's own code runs here, so nothing is locked meanwhile.
    #[inline]
    pub(crate) fn ask_owners(&self) -> Option<Box<Ownerships>> {
        self.0.resolved.as_ref().map(|resolved| self.ask_each(resolved))
    }

    #[cold]
    fn ask_each(&self, Resolved { names, within, fixed }: &Resolved) -> Box<Ownerships> {
        let ask = |name: &ResolvedName| name.ask(self.invoker(), self.agent(), *within);
        let sets: Vec<KnownSet> = names.iter().map(ask).collect();
        let answers: HashMap<&str, Option<BoundValue>> =
            sets.iter().map(|set| (&*set.name, set.value())).collect();
        let value = |name: &str| match answers.get(name) {
            Some(answer) => answer.clone(),
            None => fixed.get(name).cloned(),
        };
        let layers = self.layers().iter().map(|layer| {
            let named = layer.policy.bound_names().iter().map(|name| value(name));
            LayerValues::new(self.0.always.iter().cloned().map(Some).chain(named).collect())
        });
        Box::new(Ownerships { layers: layers.collect(), sets })
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

    /// What its capability's budgets have for it.
    #[inline]
    pub(crate) fn charges(&self) -> &[Charge] {
        &self.0.charges
    }

    /// What the budgets of a gate have for it, where the invoker has this one name. Made once for a gate, its budgets and that name.
    pub(crate) fn charges_at(&self, budgets: &GateBudgets, invoker: &str) -> Arc<[Charge]> {
        let mut known = lock(&self.0.at_gate);
        match &*known {
            Some(known) if known.budgets == budgets.number() && *known.invoker == *invoker => {
                Arc::clone(&known.charges)
            }
            _ => {
                let root = self.capability().root_key();
                let agent = self.agent();
                let session = self.session().number();
                let sharers = Sharers { invoker, agent, session, root: &root };
                let charges = budgets.charges(sharers, self.capability().root_life());
                let (budgets, invoker) = (budgets.number(), invoker.into());
                *known = Some(AtGate { budgets, invoker, charges: Arc::clone(&charges) });
                charges
            }
        }
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
    bound: HashMap<String, Bound>,
    within: Duration,
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
        self.bound.insert(name.into(), Bound::One(value.into()));
        self
    }

    /// Binds a set of values to a name that patterns use as `{name}`: it stands for any one of them, each a literal segment
    /// whatever characters it holds. An empty set stands for nothing.
    ///
    /// For what belongs to somebody: `orders/{mine}` is one statement for all customers, and what a scope binds to `mine` says which
    /// orders are this one's. An order of two customers is in the sets of both. Where a statement would
    /// permit an action but for the set, the reason is [`NotOwned`](crate::Reason::NotOwned). The set stays as it is for as long as the
    /// scope lives; where it changes meanwhile, use [`resolve`](Self::resolve).
    ///
    /// At most [`MAX_BOUND_VALUES`](crate::base::limits::MAX_BOUND_VALUES) values. A decision takes one
    /// search by halves among them for each kind of pattern that uses the name, and allocates nothing.
    ///
    /// ```
    /// use permitgate::prelude::*;
    ///
    /// let policy = Policy::new([Statement::permit("orders")
    ///     .operations(Operation::Read | Operation::Update)
    ///     .resources(["orders/{mine}", "orders/{mine}/items/*"])])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// # let gate = Gate::builder().build()?;
    /// let scope =
    ///     Scope::builder(&capability).invoker("dana").agent("support").bind_set("mine", ["17", "23"]).build()?;
    /// assert!(gate.decide(&Action::read("orders.read", "orders/23"), &scope).is_allow());
    /// let refused = gate.decide(&Action::read("orders.read", "orders/24"), &scope);
    /// assert_eq!(refused.reason(), permitgate::Reason::NotOwned);
    /// assert_eq!(refused.grounds().bound_name(), Some("mine"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind_set<T: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        // One more than there may be, so that too many are seen and no more are kept.
        let values = values.into_iter().take(MAX_BOUND_VALUES + 1).map(Into::into);
        self.bound.insert(name.into(), Bound::Set(values.collect()));
        self
    }

    /// Binds a set of values to a name like [`bind_set`](Self::bind_set), and asks for it at every decision and again when the effect
    /// begins. See [`Ownership`].
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::authority::{OwnershipError, OwnershipQuestion};
    ///
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["orders/{mine}"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let gate = Gate::builder().build()?;
    /// let down = |_: &OwnershipQuestion<'_>| Err(OwnershipError::new("no connection"));
    /// let scope = Scope::builder(&capability).invoker("dana").agent("support").resolve("mine", down).build()?;
    /// let refused = gate.decide(&Action::read("orders.read", "orders/17"), &scope);
    /// assert_eq!(refused.reason(), permitgate::Reason::OwnershipUnknown);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(mut self, name: impl Into<String>, ownership: impl Ownership + 'static) -> Self {
        self.bound.insert(name.into(), Bound::Resolved(Arc::new(ownership)));
        self
    }

    /// How long each answer of [`resolve`](Self::resolve) may take; a second without this. A later one counts as none.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::authority::OwnershipQuestion;
    /// use std::time::Duration;
    ///
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["orders/{mine}"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let gate = Gate::builder().build()?;
    /// let orders = |question: &OwnershipQuestion<'_>| {
    ///     assert_eq!(question.within(), Duration::from_millis(50));
    ///     Ok(vec!["17".to_owned()])
    /// };
    /// let scope = Scope::builder(&capability).invoker("dana").agent("support");
    /// let scope = scope.resolve("mine", orders).resolve_within(Duration::from_millis(50)).build()?;
    /// assert!(gate.decide(&Action::read("orders.read", "orders/17"), &scope).is_allow());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve_within(mut self, limit: Duration) -> Self {
        self.within = limit;
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
    /// not bound, more than [`MAX_BOUND_VALUES`](crate::base::limits::MAX_BOUND_VALUES) values are bound to one, the capability is held by another agent or its grant is malformed, or the session is another
    /// invoker's.
    pub fn build(self) -> Result<Scope, ScopeError> {
        let Self { capability, invoker, agent, bound, within, session } = self;
        capability.check_grant().map_err(Fault::Grant)?;
        check_name(&invoker).map_err(|fault| Fault::Name("invoker".into(), fault))?;
        check_name(&agent).map_err(|fault| Fault::Name("agent".into(), fault))?;
        bound.iter().try_for_each(|(name, values)| check_bound(name, values))?;
        if let Some(holder) = capability.holder()
            && holder != agent
        {
            return Err(Fault::HeldByAnother(holder.into(), agent).into());
        }
        let always = [BoundValue::new(&invoker), BoundValue::new(&agent)];
        let Names { fixed, resolved, sets } = Names::of(bound);
        let mut asked: Vec<ResolvedName> = Vec::new();
        let layers = capability
            .layers()
            .into_iter()
            .map(|(layer, policy)| {
                let mut values = always.clone().map(Some).to_vec();
                for name in policy.bound_names() {
                    let value = fixed.get(&**name);
                    if value.is_none() && asked.iter().all(|known| known.name != *name) {
                        let known = resolved.iter().find(|known| known.name == *name);
                        let known = known.ok_or_else(|| Fault::Unbound(name.to_string()))?;
                        asked.push(known.clone());
                    }
                    values.push(value.cloned());
                }
                Ok(ScopeLayer { layer, policy, values: LayerValues::new(values) })
            })
            .collect::<Result<_, Fault>>()?;
        if asked.len() > MAX_RESOLVED_NAMES {
            return Err(Fault::TooManyResolved.into());
        }
        let resolved = (!asked.is_empty()).then(|| Resolved { names: asked, within, fixed });
        // Last, since a session becomes that of the first scope, and one that is refused is none.
        let session = session.unwrap_or_default();
        if !session.belongs_to(&invoker) {
            return Err(Fault::SessionOfAnother(invoker).into());
        }
        let layers: Box<[ScopeLayer]> = layers;
        Ok(Scope(Arc::new(Inner {
            reads_clock: layers.iter().any(|layer| layer.policy.reads_clock()),
            budgeted: capability.budgeted(),
            charges: capability.charges(&invoker, &agent, session.number()),
            at_gate: Mutex::new(None),
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
            sets,
            resolved: resolved.map(Box::new),
            session,
            cleared: AtomicU64::new(0),
        })))
    }
}
