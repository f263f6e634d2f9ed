//! Authority as a value: a policy, its validity, its holder, and the lineage of its attenuations.

mod counting;
mod fault;
mod grant;
mod id;
mod lineage;
mod link;
#[cfg(feature = "token")]
mod presented;
mod revocation;
mod terms;

pub use fault::{AttenuateError, AttenuateErrorKind};
pub use grant::{AmbientAuthority, Attenuation, Grant, ambient_authority};
pub use id::{CapabilityId, IdError, IdErrorKind, KeyId};
pub use link::Link;
pub use revocation::{RevocationTarget, Revocations};

pub(crate) use link::links_of;
pub(crate) use revocation::Standing;

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::authority::budget::Budget;
use crate::base::limits::{MAX_HAND_ON, MAX_LINEAGE};
use crate::base::sync::{AtomicBool, Ordering};
use crate::base::time::Timestamp;
use crate::decision::Layer;
use crate::policy::CompiledPolicy;
use crate::state::budget::{Ledger, Table};
use fault::AttenuateFault;
use grant::Right;
use terms::Terms;

/// Authority as a value, which cannot be forged and can only be narrowed.
///
/// A root is minted from a policy and an explicit [`ambient_authority`]; every other capability comes from
/// [`attenuate`](Self::attenuate), which adds a layer that every action must pass as well. Cloning shares the
/// same authority: revoking one revokes all clones.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::model::Operations;
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
    above: Above,
    depth: u8,
    /// How many attenuations may follow one another.
    further: u8,
    /// What every action must pass here: the policy of a root, the layer of an attenuation.
    layer: Option<Arc<CompiledPolicy>>,
    /// What stands in place of the root's policy from here on.
    using: Option<Arc<CompiledPolicy>>,
    hand_on: Box<[Right]>,
    not_before: Timestamp,
    expires: Timestamp,
    holder: Option<Arc<str>>,
    key: Option<KeyId>,
    budgets: Box<[Budget]>,
    /// As long as somebody can draw on what it has a counter of, where it cannot be made again under the same name.
    life: Option<Arc<u64>>,
    revoked: AtomicBool,
    /// Whether it can be made again with the same identity, so that this value is not all there is to revoke.
    lasting: bool,
    /// The one action that it is good for, if it was presented for one.
    #[cfg(feature = "token")]
    only: Option<presented::Pin>,
}

/// What a capability was made of.
enum Above {
    Root(Box<Root>),
    Parent(Capability),
}

/// What only a root has.
struct Root {
    /// Where everything below is revoked.
    revocations: Revocations,
    issuer: Option<Issuer>,
    /// Why nothing can be done with it.
    fault: Option<AttenuateFault>,
    name: Option<Arc<str>>,
    ledger: Option<Ledger>,
    /// Where the budgets of all below it count, once there was room.
    table: OnceLock<Arc<Table>>,
}

/// Who issued a root that came as a token, and what that issuer may grant at most.
pub(crate) struct Issuer {
    pub(crate) key: KeyId,
    pub(crate) ceiling: Vec<Arc<CompiledPolicy>>,
}

impl Capability {
    /// Mints a root: authority out of nothing, so it takes the explicit permission to do so.
    ///
    /// A grant that exceeds a bound or names something malformed gives a root under which no scope can be built, and
    /// from which nothing can be attenuated; both say why.
    pub fn root(grant: impl Into<Grant>, _authority: AmbientAuthority) -> Self {
        let grant = grant.into();
        let revocations = grant.revocations.clone().unwrap_or_default();
        let (name, ledger) = (grant.name.clone(), grant.ledger.clone());
        let (issuer, fault, table) = (None, grant.check().err(), OnceLock::new());
        let root = Root { revocations, issuer, fault, name, ledger, table };
        Self::rooted(grant, CapabilityId::next(), root, false)
    }

    /// A root that came as a token: what its grant permits, of what its issuer may grant.
    #[cfg(any(test, feature = "token"))]
    pub(crate) fn issued(
        grant: Grant,
        id: CapabilityId,
        issuer: Issuer,
        revocations: &Revocations,
        ledger: &Ledger,
    ) -> Result<Self, AttenuateError> {
        grant.check()?;
        let (revocations, issuer) = (revocations.clone(), Some(issuer));
        let (name, ledger, table) = (None, Some(ledger.clone()), OnceLock::new());
        let root = Root { revocations, issuer, fault: None, name, ledger, table };
        Ok(Self::rooted(grant, id, root, true))
    }

    fn rooted(grant: Grant, id: CapabilityId, root: Root, lasting: bool) -> Self {
        let Grant { policy, terms, hand_on, .. } = grant;
        let most = (MAX_LINEAGE - 1) as u8;
        // One that comes again by its name counts on, so what it counted outlives this value.
        let comes_again = lasting || root.name.is_some();
        Self(Arc::new(Node {
            id,
            above: Above::Root(Box::new(root)),
            depth: 0,
            further: terms.delegable.map_or(most, |times| times.min(most)),
            layer: Some(policy.0),
            using: None,
            hand_on: hand_on.into(),
            not_before: terms.not_before,
            expires: terms.expires,
            holder: terms.holder,
            key: terms.key,
            // A budget of a gate may have a counter for it as well.
            life: (!comes_again).then(Arc::default),
            budgets: terms.budgets.into(),
            revoked: AtomicBool::new(false),
            lasting,
            #[cfg(feature = "token")]
            only: None,
        }))
    }

    /// A capability that permits what this one does and the attenuation lets pass.
    ///
    /// # Errors
    /// [`AttenuateError`] when the lineage would be deeper than [`MAX_LINEAGE`] or than this capability may be
    /// attenuated, a right to hand on is not there, or a name or budget is malformed.
    pub fn attenuate(&self, attenuation: impl Into<Attenuation>) -> Result<Self, AttenuateError> {
        Ok(self.below(attenuation.into(), CapabilityId::next(), false)?)
    }

    /// Attenuates it for another agent: [`attenuate`](Self::attenuate) and [`held_by`](Attenuation::held_by) in one.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::model::Operations;
    ///
    /// # let policy = Policy::new([Statement::permit("mail").operations(Operations::ALL).resources(["mail/**"])])?;
    /// # let owner = Capability::root(policy, ambient_authority());
    /// let no_writes = Restrictions::new([Statement::forbid("no-writes").operations(Operations::WRITES)])?;
    /// let reader = owner.delegate("reader", no_writes)?;
    /// assert_eq!(reader.holder(), Some("reader"));
    /// assert!(Scope::builder(&reader).invoker("dana").agent("writer").build().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`attenuate`](Self::attenuate).
    pub fn delegate(
        &self,
        to: impl Into<Arc<str>>,
        attenuation: impl Into<Attenuation>,
    ) -> Result<Self, AttenuateError> {
        self.attenuate(attenuation.into().held_by(to))
    }

    /// An attenuation that came as a part of a token.
    #[cfg(any(test, feature = "token"))]
    pub(crate) fn attenuated_as(
        &self,
        attenuation: Attenuation,
        id: CapabilityId,
    ) -> Result<Self, AttenuateError> {
        Ok(self.below(attenuation, id, true)?)
    }

    fn below(
        &self,
        attenuation: Attenuation,
        id: CapabilityId,
        lasting: bool,
    ) -> Result<Self, AttenuateFault> {
        let Attenuation { layer, has_two_layers, terms, keeping, using } = attenuation;
        let parent = &*self.0;
        if let Above::Root(root) = &parent.above
            && let Some(fault) = &root.fault
        {
            return Err(fault.clone());
        }
        terms.check()?;
        if has_two_layers {
            return Err(AttenuateFault::TwoLayers);
        }
        let depth = parent.depth + 1;
        if usize::from(depth) >= MAX_LINEAGE {
            return Err(AttenuateFault::TooDeep);
        }
        let left = parent.further.checked_sub(1).ok_or(AttenuateFault::NotDelegable)?;
        let using = using.map(|name| parent.right(&name).map(|(_, policy)| policy.clone()));
        let Terms { not_before, expires, holder, key, delegable, budgets } = terms;
        Ok(Self(Arc::new(Node {
            id,
            above: Above::Parent(self.clone()),
            depth,
            further: delegable.map_or(left, |times| times.min(left)),
            layer,
            using: using.transpose()?,
            hand_on: parent.kept(&keeping)?,
            not_before: not_before.max(parent.not_before),
            expires: expires.min(parent.expires),
            holder: holder.or_else(|| parent.holder.clone()),
            key,
            life: (!budgets.is_empty() && !lasting).then(Arc::default),
            budgets: budgets.into(),
            revoked: AtomicBool::new(false),
            lasting,
            #[cfg(feature = "token")]
            only: None,
        })))
    }

    /// Revokes this capability and everything attenuated from it, for good, on every gate of the
    /// process, from the very next decision on. Takes the same time for any number of descendants.
    pub fn revoke(&self) {
        self.0.revoked.store(true, Ordering::SeqCst);
        if self.0.lasting {
            self.revocations().revoke(RevocationTarget::Subtree(self.0.id));
        } else {
            self.revocations().advance();
        }
    }

    /// Whether this capability, or one that it was attenuated from, was revoked.
    pub fn is_revoked(&self) -> bool {
        self.ancestry().any(|node| node.0.revoked.load(Ordering::SeqCst))
            || self.revocations().hold(self.issuer(), self.chain())
    }

    /// Where it is revoked, with all that descend from the same root.
    pub fn revocations(&self) -> &Revocations {
        &self.of_root().revocations
    }

    /// The identity of this capability.
    pub fn id(&self) -> CapabilityId {
        self.0.id
    }

    /// How often it was attenuated: 0 for a root.
    pub fn depth(&self) -> usize {
        self.0.depth.into()
    }

    /// How many further attenuations may follow one another.
    pub fn delegable(&self) -> u8 {
        self.0.further
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

    /// The key that issued its root, if that came as a token.
    pub fn issuer(&self) -> Option<KeyId> {
        self.of_root().issuer.as_ref().map(|issuer| issuer.key)
    }

    /// The names of the rights that it may hand on.
    pub fn hand_on(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.hand_on.iter().map(|(name, _)| &**name)
    }

    /// The budgets of the lineage, those of the root first. All of them apply.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        let mut nodes: Vec<_> = self.ancestry().collect();
        nodes.reverse();
        nodes.into_iter().flat_map(|node| &node.0.budgets)
    }

    /// The identities of this capability and of those it was attenuated from, up to the root.
    pub fn lineage(&self) -> impl Iterator<Item = CapabilityId> {
        self.ancestry().map(|capability| capability.0.id)
    }

    /// The links of its lineage with their holders and keys, from this capability up to the root.
    pub fn chain(&self) -> impl Iterator<Item = Link<'_>> {
        self.ancestry().map(|Self(node)| Link {
            id: node.id,
            holder: node.holder.as_deref(),
            key: node.key,
        })
    }

    /// How many bytes those above it would take in a record.
    pub(crate) fn trail_bytes(&self) -> usize {
        link::trail_bytes(self.chain().skip(1))
    }

    /// The capabilities above it, as records take them.
    pub(crate) fn trail(&self) -> Box<[u8]> {
        link::trail(self.chain().skip(1))
    }

    /// Whether this is `other`, or was attenuated from it at any distance.
    pub fn descends_from(&self, other: &Self) -> bool {
        self.lineage().any(|id| id == other.0.id)
    }

    fn ancestry(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |capability| match &capability.0.above {
            Above::Root(_) => None,
            Above::Parent(parent) => Some(parent),
        })
    }

    fn of_root(&self) -> &Root {
        let mut node = &self.0;
        loop {
            match &node.above {
                Above::Root(root) => return root,
                Above::Parent(parent) => node = &parent.0,
            }
        }
    }

    /// The policies that its root laid out to be handed on, whether they are used or not.
    #[cfg(feature = "token")]
    pub(crate) fn laid_out(&self) -> impl Iterator<Item = &CompiledPolicy> {
        let root = self.ancestry().last();
        root.into_iter().flat_map(|root| &root.0.hand_on).map(|(_, policy)| &**policy)
    }

    /// Whether its root can be used at all.
    pub(crate) fn check_grant(&self) -> Result<(), AttenuateError> {
        self.of_root().fault.clone().map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// The layers of the lineage, the outermost first: what the issuer may grant, what the root grants or, in its
    /// place, the right that was handed on, then the attenuations.
    pub(crate) fn layers(&self) -> Vec<(Layer, Arc<CompiledPolicy>)> {
        let mut layers = Vec::new();
        let mut handed_on = None;
        for node in self.ancestry().map(|capability| &*capability.0) {
            handed_on = handed_on.or(node.using.as_ref());
            let policy = match node.above {
                Above::Root(_) => handed_on.or(node.layer.as_ref()),
                Above::Parent(_) => node.layer.as_ref(),
            };
            layers.extend(policy.map(|policy| (Layer::Capability(node.depth), policy.clone())));
        }
        let ceiling = self.of_root().issuer.iter().flat_map(|issuer| &issuer.ceiling);
        layers.extend(ceiling.map(|ceiling| (Layer::Issuer, ceiling.clone())));
        layers.reverse();
        layers
    }
}

impl Node {
    fn right(&self, name: &Arc<str>) -> Result<&Right, AttenuateFault> {
        let found = self.hand_on.iter().find(|(of, _)| of == name);
        found.ok_or_else(|| AttenuateFault::NothingToHandOn(name.clone()))
    }

    /// Those of the rights to hand on that are named, each once.
    fn kept(&self, names: &[Arc<str>]) -> Result<Box<[Right]>, AttenuateFault> {
        if names.is_empty() {
            return Ok(Box::default());
        }
        if names.len() > MAX_HAND_ON {
            return Err(AttenuateFault::TooManyHandOn);
        }
        names.iter().try_for_each(|name| self.right(name).map(|_| ()))?;
        Ok(self.hand_on.iter().filter(|(name, _)| names.contains(name)).cloned().collect())
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

#[cfg(test)]
mod tests;
