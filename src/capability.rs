//! Authority as a value: a policy, its validity, its holder, and the lineage of its attenuations.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use crate::limits::MAX_LINEAGE;
use crate::name::{NameFault, check_name};
use crate::policy::{CompiledPolicy, Policy, Restrictions};
use crate::sync::{AtomicBool, Ordering};
use crate::time::Timestamp;

/// Authority as a value, which cannot be forged and can only be narrowed.
///
/// A root is minted from a policy and an explicit [`ambient_authority`]; every other capability comes from
/// [`attenuate`](Self::attenuate), which adds a layer that every action must pass as well. Cloning shares the
/// same authority: revoking one revokes all clones.
///
/// ```
/// use portcullis::*;
///
/// let policy = Policy::new([Statement::permit("mail")
///     .operations(Operation::Read | Operation::Delete)
///     .resources(["mail/{invoker}/**"])])?;
/// let owner = Capability::root(policy, ambient_authority());
///
/// let read_only = owner.attenuate(Restrictions::new([
///     Statement::forbid("no-writes").operations(Operations::WRITES),
/// ])?)?;
/// assert_eq!(read_only.depth(), 1);
/// assert!(read_only.descends_from(&owner));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Capability(Arc<Node>);

struct Node {
    id: CapabilityId,
    parent: Option<Capability>,
    depth: u8,
    layer: Option<Arc<CompiledPolicy>>,
    not_before: Timestamp,
    expires: Timestamp,
    holder: Option<Arc<str>>,
    revoked: AtomicBool,
}

/// Permission to mint a root capability out of nothing.
///
/// Only [`ambient_authority`] makes one, so that every place which creates authority can be found by
/// searching for that name.
#[derive(Debug)]
pub struct AmbientAuthority(());

/// Says that the caller may create authority. Call it where the program's trust begins, nowhere else.
///
/// The pattern is that of `cap-std`.
pub const fn ambient_authority() -> AmbientAuthority {
    AmbientAuthority(())
}

/// The identity of a capability, unique across processes; it stands in every record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CapabilityId(u128);

/// What a root capability grants: a policy, and optionally when and to whom.
///
/// ```
/// use portcullis::*;
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
    policy: Policy,
    terms: Terms,
}

/// What an attenuation adds: restrictions or a narrower policy, a shorter validity, a holder.
///
/// Every part only narrows. Restrictions pass what they do not mention; a [`Policy`] here permits at
/// most what it states, of what the parent permits.
///
/// ```
/// use portcullis::*;
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
    layer: Option<Arc<CompiledPolicy>>,
    terms: Terms,
}

#[derive(Clone, Debug)]
struct Terms {
    not_before: Timestamp,
    expires: Timestamp,
    holder: Option<Arc<str>>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { not_before: Timestamp::MIN, expires: Timestamp::MAX, holder: None }
    }
}

macro_rules! terms {
    ($of:ident) => {
        impl $of {
            /// It is not valid before this moment; never earlier than its parent.
            pub fn valid_from(mut self, moment: Timestamp) -> Self {
                self.terms.not_before = moment;
                self
            }

            /// It is not valid from this moment on; never later than its parent.
            pub fn expires_at(mut self, moment: Timestamp) -> Self {
                self.terms.expires = moment;
                self
            }

            /// Only this agent can build a scope with it, or with what is attenuated from it until
            /// that names another holder.
            pub fn held_by(mut self, agent: impl Into<Arc<str>>) -> Self {
                self.terms.holder = Some(agent.into());
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
        Self { policy, terms: Terms::default() }
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

    /// Adds restrictions. An attenuation has one layer; the last call counts.
    pub fn restrict(mut self, restrictions: Restrictions) -> Self {
        self.layer = Some(restrictions.0);
        self
    }

    /// Permits at most what `policy` states. An attenuation has one layer; the last call counts.
    pub fn at_most(mut self, policy: Policy) -> Self {
        self.layer = Some(policy.0);
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

impl Capability {
    /// Mints a root: authority out of nothing, so it takes the explicit permission to do so.
    pub fn root(grant: impl Into<Grant>, _authority: AmbientAuthority) -> Self {
        let Grant { policy, terms } = grant.into();
        Self::node(None, 0, Some(policy.0), terms)
    }

    /// A capability that permits what this one does and the attenuation lets pass.
    ///
    /// # Errors
    /// [`AttenuateError`] when the lineage would be deeper than [`MAX_LINEAGE`], or the
    /// holder's name is malformed.
    pub fn attenuate(&self, attenuation: impl Into<Attenuation>) -> Result<Self, AttenuateError> {
        let Attenuation { layer, mut terms } = attenuation.into();
        if let Some(holder) = &terms.holder {
            check_name(holder).map_err(AttenuateFault::Holder)?;
        }
        let depth = self.0.depth + 1;
        if usize::from(depth) >= MAX_LINEAGE {
            return Err(AttenuateFault::TooDeep.into());
        }
        terms.not_before = terms.not_before.max(self.0.not_before);
        terms.expires = terms.expires.min(self.0.expires);
        terms.holder = terms.holder.or_else(|| self.0.holder.clone());
        Ok(Self::node(Some(self.clone()), depth, layer, terms))
    }

    fn node(
        parent: Option<Self>,
        depth: u8,
        layer: Option<Arc<CompiledPolicy>>,
        terms: Terms,
    ) -> Self {
        let Terms { not_before, expires, holder } = terms;
        let (id, revoked) = (CapabilityId::next(), AtomicBool::new(false));
        Self(Arc::new(Node { id, parent, depth, layer, not_before, expires, holder, revoked }))
    }

    /// Revokes this capability and everything attenuated from it, for good, on every gate of the
    /// process, from the very next decision on. Takes the same time for any number of descendants.
    pub fn revoke(&self) {
        self.0.revoked.store(true, Ordering::SeqCst);
    }

    /// Whether this capability, or one that it was attenuated from, was revoked.
    #[inline]
    pub fn is_revoked(&self) -> bool {
        self.ancestry().any(|node| node.0.revoked.load(Ordering::SeqCst))
    }

    /// The identity of this capability.
    pub fn id(&self) -> CapabilityId {
        self.0.id
    }

    /// How often it was attenuated: 0 for a root.
    pub fn depth(&self) -> usize {
        self.0.depth.into()
    }

    /// The first moment of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The moment from which on it is not valid.
    pub fn expires(&self) -> Timestamp {
        self.0.expires
    }

    /// The agent that may act under it, if one is named.
    pub fn holder(&self) -> Option<&str> {
        self.0.holder.as_deref()
    }

    /// The identities of this capability and of those it was attenuated from, up to the root.
    pub fn lineage(&self) -> impl Iterator<Item = CapabilityId> {
        self.ancestry().map(|capability| capability.0.id)
    }

    /// Whether this is `other`, or was attenuated from it at any distance.
    pub fn descends_from(&self, other: &Self) -> bool {
        self.lineage().any(|id| id == other.0.id)
    }

    fn ancestry(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |capability| capability.0.parent.as_ref())
    }

    /// The layers of the lineage with their depths, the root first.
    pub(crate) fn layers(&self) -> Vec<(u8, Arc<CompiledPolicy>)> {
        let mut layers: Vec<_> =
            self.ancestry().filter_map(|c| Some((c.0.depth, c.0.layer.clone()?))).collect();
        layers.reverse();
        layers
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capability")
            .field("id", &self.0.id)
            .field("depth", &self.0.depth)
            .field("holder", &self.0.holder)
            .field("expires", &self.0.expires)
            .field("revoked", &self.is_revoked())
            .finish_non_exhaustive()
    }
}

impl CapabilityId {
    /// Upper half: drawn once per process. Lower half: a counter.
    fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(u128::from(*PROCESS) << 64 | u128::from(number))
    }
}

impl fmt::Display for CapabilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CapabilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CapabilityId({self})")
    }
}

/// Why a capability cannot be attenuated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attenuation: {0}")]
pub struct AttenuateError(#[from] AttenuateFault);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum AttenuateFault {
    #[error("the lineage already has {MAX_LINEAGE} capabilities")]
    TooDeep,
    #[error("the holder is not a name: {0}")]
    Holder(NameFault),
}
