//! Whose things are, as the user's own program knows it: asked before a decision, and frozen for it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::{Clock, SystemClock};
use crate::base::limits::MAX_BOUND_VALUES;
use crate::base::name::check_name;
use crate::decision::{OwnershipError, OwnershipFault};
use crate::policy::{BoundValue, LayerValues};

/// Which things belong to an invoker, as the program's own database says.
///
/// Give one to [`ScopeBuilder::resolve`](crate::authority::ScopeBuilder::resolve) where what belongs to somebody changes while a scope
/// is used. Where it does not, read it once and bind it with [`bind_set`](crate::authority::ScopeBuilder::bind_set), which
/// costs no query. A closure is one.
///
/// It is asked once for each decision, before anything is evaluated, and its answer is frozen for that decision: all actions of a
/// call, all layers of the capability. It is asked again when the effect begins, and the effect begins only if what it says
/// then allows it too. It is asked on the thread that asks the gate, and must keep to
/// [`OwnershipQuestion::within`]: nothing can interrupt it, but a late answer counts as none.
///
/// Where it fails, panics, is late, or gives a malformed value or more than
/// [`MAX_BOUND_VALUES`](crate::base::limits::MAX_BOUND_VALUES), every decision that would depend on the answer is
/// [`OwnershipUnknown`](crate::Reason::OwnershipUnknown), a denial. What does not depend on it is decided as ever.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::{Ownership, OwnershipError, OwnershipQuestion};
/// use std::collections::HashMap;
///
/// /// The orders of each customer; an order may have two.
/// struct Orders(HashMap<&'static str, Vec<&'static str>>);
///
/// impl Ownership for Orders {
///     fn owned(&self, question: &OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError> {
///         let orders = self.0.get(question.invoker()).into_iter().flatten();
///         Ok(orders.map(ToString::to_string).collect())
///     }
/// }
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["orders/{mine}"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let gate = Gate::builder().build()?;
/// let orders = Orders(HashMap::from([("dana", vec!["17", "23"]), ("lee", vec!["23"])]));
/// let scope = Scope::builder(&capability).invoker("lee").agent("support").resolve("mine", orders).build()?;
/// assert!(gate.decide(&Action::read("orders.read", "orders/23"), &scope).is_allow());
/// let refused = gate.decide(&Action::read("orders.read", "orders/17"), &scope);
/// assert_eq!(refused.reason(), permitgate::Reason::NotOwned);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Ownership: Send + Sync {
    /// The values that the name in the question stands for: none where nothing belongs to the invoker.
    ///
    /// # Errors
    /// [`OwnershipError`] where it cannot be learned. An error is no empty list: a restriction on such values then counts.
    fn owned(&self, question: &OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError>;
}

impl<F> Ownership for F
where
    F: Fn(&OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError> + Send + Sync,
{
    fn owned(&self, question: &OwnershipQuestion<'_>) -> Result<Vec<String>, OwnershipError> {
        self(question)
    }
}

/// What an [`Ownership`] is asked.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::OwnershipQuestion;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["orders/{mine}"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let gate = Gate::builder().build()?;
/// let orders = |question: &OwnershipQuestion<'_>| match (question.name(), question.invoker()) {
///     ("mine", "dana") => Ok(vec!["17".to_owned()]),
///     _ => Ok(Vec::new()),
/// };
/// let scope = Scope::builder(&capability).invoker("dana").agent("support").resolve("mine", orders).build()?;
/// assert!(gate.decide(&Action::read("orders.read", "orders/17"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OwnershipQuestion<'q> {
    name: &'q str,
    invoker: &'q str,
    agent: &'q str,
    within: Duration,
}

impl<'q> OwnershipQuestion<'q> {
    /// The name in patterns, without its braces.
    pub const fn name(&self) -> &'q str {
        self.name
    }

    /// On whose behalf the agent acts.
    pub const fn invoker(&self) -> &'q str {
        self.invoker
    }

    /// The agent that acts.
    pub const fn agent(&self) -> &'q str {
        self.agent
    }

    /// How long the answer may take. Hand it to the database as the time limit of the query.
    pub const fn within(&self) -> Duration {
        self.within
    }
}

/// A name that is asked for anew.
#[derive(Clone)]
pub(crate) struct ResolvedName {
    pub(crate) name: Arc<str>,
    pub(crate) ownership: Arc<dyn Ownership>,
}

impl fmt::Debug for ResolvedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResolvedName").field(&self.name).finish()
    }
}

/// One set of values as a record takes it.
#[derive(Clone, Debug)]
pub(crate) struct KnownSet {
    pub(crate) name: Arc<str>,
    /// Sorted, without repetitions.
    pub(crate) values: Result<Vec<String>, OwnershipError>,
}

impl KnownSet {
    pub(crate) fn new(name: Arc<str>, mut values: Vec<String>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self { name, values: Ok(values) }
    }

    /// The value that patterns compare with; `None` where it could not be learned.
    pub(crate) fn value(&self) -> Option<BoundValue> {
        let values = self.values.as_ref().ok()?;
        Some(BoundValue::set(values.iter().map(String::as_str)))
    }
}

/// Every answer for one decision, and the values of the layers with them.
#[derive(Debug)]
pub(crate) struct Ownerships {
    pub(crate) sets: Vec<KnownSet>,
    pub(crate) layers: Vec<LayerValues>,
}

impl Ownerships {
    /// The values of the layer at a place of the lineage.
    #[inline]
    pub(crate) fn layer(&self, place: usize) -> Option<&LayerValues> {
        self.layers.get(place)
    }

    pub(crate) fn sets(&self) -> &[KnownSet] {
        &self.sets
    }
}

impl ResolvedName {
    /// Asks for the values.
    pub(crate) fn ask(&self, invoker: &str, agent: &str, within: Duration) -> KnownSet {
        let question = OwnershipQuestion { name: &self.name, invoker, agent, within };
        let started = SystemClock.monotonic();
        let asked = catch_unwind(AssertUnwindSafe(|| self.ownership.owned(&question)));
        let late = SystemClock.monotonic().saturating_sub(started) > within;
        let answer = match asked {
            Err(said) => Err(OwnershipError::panicked(&*said)),
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) if late => Err(OwnershipError::of(OwnershipFault::Late)),
            Ok(Ok(values)) => checked(values),
        };
        match answer {
            Ok(values) => KnownSet::new(self.name.clone(), values),
            Err(error) => KnownSet { name: self.name.clone(), values: Err(error) },
        }
    }
}

fn checked(values: Vec<String>) -> Result<Vec<String>, OwnershipError> {
    if values.len() > MAX_BOUND_VALUES {
        return Err(OwnershipError::of(OwnershipFault::TooMany));
    }
    if values.iter().any(|value| check_name(value).is_err()) {
        return Err(OwnershipError::of(OwnershipFault::Malformed));
    }
    Ok(values)
}
