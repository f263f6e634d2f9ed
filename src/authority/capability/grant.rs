//! What authority is made of: a grant at the root, an attenuation below.

use std::sync::Arc;

use super::fault::AttenuateFault;
use super::revocation::Revocations;
use super::terms::Terms;
use crate::authority::budget::Budget;
use crate::base::limits::MAX_HAND_ON;
use crate::base::name::check_name;
use crate::base::time::Timestamp;
use crate::policy::{CompiledPolicy, Policy, Restrictions};
use crate::state::budget::Ledger;

/// Permission to mint a root capability out of nothing.
///
/// Only [`ambient_authority`] makes one, so that every place which creates authority can be found by
/// searching for that name.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::AmbientAuthority;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// fn root(policy: Policy, authority: AmbientAuthority) -> Capability {
///     Capability::root(policy, authority)
/// }
/// assert_eq!(root(policy, ambient_authority()).holder(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AmbientAuthority(());

/// Says that the caller may create authority. Call it where the program's trust begins, nowhere else.
///
/// The pattern is that of `cap-std`.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// assert_eq!(scope.capability().id(), capability.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const fn ambient_authority() -> AmbientAuthority {
    AmbientAuthority(())
}

/// A policy that may be handed on, by its name.
pub(super) type Right = (Arc<str>, Arc<CompiledPolicy>);

/// What a root capability grants: a policy, and optionally when and to whom.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::Grant;
/// use permitgate::policy::PolicyError;
/// use permitgate::time::{Clock, SystemClock};
/// use std::time::Duration;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// let now = SystemClock.now();
/// let for_an_hour = Grant::new(policy)
///     .expires_at(now.saturating_add(Duration::from_secs(3600)))
///     .held_by("triage");
/// let capability = Capability::root(for_an_hour, ambient_authority());
/// # Ok::<(), PolicyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a grant does nothing before a root is minted from it"]
pub struct Grant {
    pub(super) policy: Policy,
    pub(super) terms: Terms,
    pub(super) hand_on: Vec<Right>,
    pub(super) revocations: Option<Revocations>,
    pub(super) name: Option<Arc<str>>,
    pub(super) ledger: Option<Ledger>,
}

/// What an attenuation adds: restrictions or a narrower policy, a shorter validity, a holder, budgets.
///
/// Every part only narrows. Restrictions pass what they do not mention; a [`Policy`] here permits at
/// most what it states, of what the parent permits. The one part that gives something else is
/// [`using`](Self::using), and it takes from what the root laid out for it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::Attenuation;
/// use permitgate::model::Operations;
/// use permitgate::time::Timestamp;
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let narrower = capability.attenuate(
///     Attenuation::new()
///         .restrict(Restrictions::new([
///             Statement::require_approval("ask-first").operations(Operation::Delete),
///         ])?)
///         .expires_at(Timestamp::from_unix_seconds(1_900_000_000))
///         .held_by("cleanup"),
/// )?;
/// assert_eq!(narrower.holder(), Some("cleanup"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "an attenuation does nothing before it is applied"]
pub struct Attenuation {
    pub(super) layer: Option<Arc<CompiledPolicy>>,
    pub(super) has_two_layers: bool,
    pub(super) terms: Terms,
    pub(super) keeping: Vec<Arc<str>>,
    pub(super) using: Option<Arc<str>>,
}

macro_rules! terms {
    ($of:ident) => {
        impl $of {
            /// It is not valid before this moment; never earlier than its parent. The latest that is said counts.
            pub fn valid_from(mut self, moment: Timestamp) -> Self {
                self.terms.not_before = self.terms.not_before.max(moment);
                self
            }

            /// It is not valid from this moment on; never later than its parent. The earliest that is said counts.
            pub fn expires_at(mut self, moment: Timestamp) -> Self {
                self.terms.expires = self.terms.expires.min(moment);
                self
            }

            /// Only this agent can build a scope with it, or with what is attenuated from it until
            /// that names another holder.
            pub fn held_by(mut self, agent: impl Into<Arc<str>>) -> Self {
                self.terms.holder = Some(agent.into());
                self
            }

            /// At most so many further attenuations may follow one another; never more than its parent leaves. The least
            /// that is said counts.
            pub fn delegable(mut self, times: u8) -> Self {
                let said = self.terms.delegable;
                self.terms.delegable = Some(said.map_or(times, |said| said.min(times)));
                self
            }

            /// Adds a budget, which applies to everything below as well, all together. Each has a name of its own here.
            pub fn budget(mut self, budget: Budget) -> Self {
                self.terms.budgets.push(budget);
                self
            }

            /// Says with which key the holder proves that it is the holder.
            #[cfg(any(test, feature = "token"))]
            pub(crate) fn bound_to(mut self, key: super::id::KeyId) -> Self {
                self.terms.key = Some(key);
                self
            }
        }
    };
}

terms!(Grant);
terms!(Attenuation);

impl Grant {
    /// Grants a policy, to anybody and for ever unless said otherwise.
    pub fn new(policy: Policy) -> Self {
        let (terms, hand_on) = (Terms::default(), Vec::new());
        Self { policy, terms, hand_on, revocations: None, name: None, ledger: None }
    }

    /// Adds a right that the capability has not itself and may hand on: what is attenuated from it
    /// [`using`](Attenuation::using) this name has `policy` in place of the grant's own, also of what that forbids.
    pub fn hand_on(mut self, name: impl Into<Arc<str>>, policy: Policy) -> Self {
        self.hand_on.push((name.into(), policy.0));
        self
    }

    /// Revoked where others are revoked as well; without this, the root has [`Revocations`] of its own.
    pub fn revoked_by(mut self, revocations: &Revocations) -> Self {
        self.revocations = Some(revocations.clone());
        self
    }

    /// A name for the root, by which what its budgets count is found again where it is minted anew with the same
    /// [ledger](Self::counted_by).
    ///
    /// A budget is found again by its name and by what it counts and who shares it. Its marks and its span are those of the grant
    /// that is asked. So grants of one name that live at the same time must say the same span: one that says a minute drops what is
    /// older than a minute, also for one that says a day.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Counts its budgets, and those of what is attenuated from it, in this ledger; without this, in one of its own.
    pub fn counted_by(mut self, ledger: &Ledger) -> Self {
        self.ledger = Some(ledger.clone());
        self
    }

    pub(super) fn check(&self) -> Result<(), AttenuateFault> {
        self.terms.check()?;
        if let Some(name) = &self.name {
            check_name(name).map_err(AttenuateFault::Name)?;
        }
        if self.hand_on.len() > MAX_HAND_ON {
            return Err(AttenuateFault::TooManyHandOn);
        }
        for (place, (name, _)) in self.hand_on.iter().enumerate() {
            check_name(name).map_err(AttenuateFault::HandOn)?;
            if self.hand_on.iter().take(place).any(|(before, _)| before == name) {
                return Err(AttenuateFault::HandOnTwice(name.clone()));
            }
        }
        Ok(())
    }
}

impl From<Policy> for Grant {
    fn from(policy: Policy) -> Self {
        Self::new(policy)
    }
}

impl Attenuation {
    /// An attenuation that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds restrictions. An attenuation has one layer: with two, [`attenuate`](crate::Capability::attenuate) refuses it.
    pub fn restrict(self, restrictions: Restrictions) -> Self {
        self.with_layer(restrictions.0)
    }

    /// Permits at most what `policy` states. An attenuation has one layer: with two,
    /// [`attenuate`](crate::Capability::attenuate) refuses it.
    pub fn at_most(self, policy: Policy) -> Self {
        self.with_layer(policy.0)
    }

    fn with_layer(mut self, layer: Arc<CompiledPolicy>) -> Self {
        self.has_two_layers |= self.layer.replace(layer).is_some();
        self
    }

    /// Keeps these of the rights that the parent may hand on, to hand them on in turn. All others end here.
    pub fn keeping<N: Into<Arc<str>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.keeping.extend(names.into_iter().map(Into::into));
        self
    }

    /// Takes the right of this name, which the parent may hand on, in place of the policy of the root. What was
    /// added to the lineage since applies to it as well.
    pub fn using(mut self, name: impl Into<Arc<str>>) -> Self {
        self.using = Some(name.into());
        self
    }
}

impl From<Restrictions> for Attenuation {
    fn from(restrictions: Restrictions) -> Self {
        Self::new().restrict(restrictions)
    }
}

impl From<Policy> for Attenuation {
    fn from(policy: Policy) -> Self {
        Self::new().at_most(policy)
    }
}
