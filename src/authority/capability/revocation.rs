//! Where capabilities are revoked, and how fresh what is known about that is.
//!
//! An epoch counts the revocations. Whoever decides remembers the epoch under which a lineage was found
//! clear, so that decisions look into lineage and table once per revocation, not once each. What is
//! revoked is written before the epoch changes: who sees the epoch finds the revocation.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::id::{CapabilityId, KeyId};
use super::link::Link;
use crate::base::limits::MAX_REVOCATIONS;
use crate::base::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::base::time::Timestamp;
use crate::decision::Reason;

/// Where the capabilities of one or several trees are revoked. Cloning shares it.
///
/// Every tree of capabilities has one: [`Capability::revocations`](crate::Capability::revocations). Revoking takes the
/// same time for any number of capabilities, and holds from the very next decision on, for good. It knows up to
/// [`MAX_REVOCATIONS`] entries; one more revokes everything under it, so that none is forgotten.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::{Attenuation, Grant, Revocations, RevocationTarget};
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// let revocations = Revocations::default();
/// let root = Capability::root(Grant::new(policy).revoked_by(&revocations), ambient_authority());
/// let (triage, tidy) = (root.delegate("triage", Attenuation::new())?, root.delegate("tidy", Attenuation::new())?);
/// revocations.revoke(RevocationTarget::Holder("tidy"));
/// assert!(tidy.is_revoked() && !triage.is_revoked());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Revocations(Arc<State>);

/// What to revoke.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::{Attenuation, RevocationTarget};
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let below = capability.delegate("tidy", Attenuation::new())?;
/// capability.revocations().revoke(RevocationTarget::Subtree(below.id()));
/// assert!(below.is_revoked() && !capability.is_revoked());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationTarget<'a> {
    /// One capability and everything that was or will be attenuated from it.
    Subtree(CapabilityId),
    /// What this agent holds, and everything below.
    Holder(&'a str),
    /// What this key issued or holds, and everything below.
    Key(KeyId),
}

struct State {
    /// Counts the revocations.
    epoch: AtomicU64,
    /// In milliseconds; `u64::MAX` where no feed is demanded.
    fresh_until: AtomicU64,
    /// Whether the table ever held anything.
    listed: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    ids: HashSet<CapabilityId>,
    keys: HashSet<KeyId>,
    holders: HashSet<Arc<str>>,
    /// There were too many to be kept apart.
    everything: bool,
    /// How long what a feed says is fresh, if one is demanded.
    within: Option<Duration>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self(Arc::new(State {
            epoch: AtomicU64::new(0),
            fresh_until: AtomicU64::new(u64::MAX),
            listed: AtomicBool::new(false),
            table: Mutex::default(),
        }))
    }
}

impl Revocations {
    /// Revokes for good: every decision and every `begin` that starts after this returns sees it.
    pub fn revoke(&self, what: RevocationTarget<'_>) {
        let mut table = lock(&self.0.table);
        table.insert(what);
        self.0.listed.store(true, Ordering::SeqCst);
        self.advance();
    }

    /// Demands that revocations are heard of: from now on, nothing is allowed before [`heard`](Self::heard) is called,
    /// nor from `within` after the moment that was last heard of.
    pub fn demand_feed(&self, within: Duration) {
        let mut table = lock(&self.0.table);
        table.within = Some(within);
        self.0.fresh_until.store(0, Ordering::SeqCst);
    }

    /// Says that every revocation up to `now` has been entered. An earlier moment than was heard before changes
    /// nothing; where no feed is demanded, none does.
    pub fn heard(&self, now: Timestamp) {
        let table = lock(&self.0.table);
        let Some(within) = table.within else { return };
        // The last moment would mean that no feed is demanded.
        let until = now.saturating_add(within).as_unix_millis().min(u64::MAX - 1);
        self.0.fresh_until.fetch_max(until, Ordering::SeqCst);
    }

    /// The moment from which on what is known is stale; `None` where no feed is demanded.
    pub fn fresh_until(&self) -> Option<Timestamp> {
        let until = self.0.fresh_until.load(Ordering::SeqCst);
        (until != u64::MAX).then_some(Timestamp::from_unix_millis(until))
    }

    #[inline]
    fn is_stale(&self, now: Timestamp) -> bool {
        let until = self.0.fresh_until.load(Ordering::SeqCst);
        now.as_unix_millis() >= until && until != u64::MAX
    }

    #[inline]
    fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::SeqCst)
    }

    /// Says that something was revoked. It must be written before.
    pub(super) fn advance(&self) {
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the table revokes one of these, or the issuer.
    pub(super) fn hold<'c>(
        &self,
        issuer: Option<KeyId>,
        mut lineage: impl Iterator<Item = Link<'c>>,
    ) -> bool {
        if !self.0.listed.load(Ordering::SeqCst) {
            return false;
        }
        let table = lock(&self.0.table);
        table.everything
            || issuer.is_some_and(|key| table.keys.contains(&key))
            || lineage.any(|link| table.holds(link))
    }
}

impl Table {
    fn insert(&mut self, what: RevocationTarget<'_>) {
        if self.everything {
            return;
        }
        match what {
            RevocationTarget::Subtree(id) => _ = self.ids.insert(id),
            RevocationTarget::Holder(name) => _ = self.holders.insert(name.into()),
            RevocationTarget::Key(key) => _ = self.keys.insert(key),
        }
        if self.len() > MAX_REVOCATIONS {
            let within = self.within;
            *self = Self { everything: true, within, ..Self::default() };
        }
    }

    fn len(&self) -> usize {
        self.ids.len() + self.keys.len() + self.holders.len()
    }

    fn holds(&self, link: Link<'_>) -> bool {
        self.ids.contains(&link.id())
            || link.holder().is_some_and(|holder| self.holders.contains(holder))
            || link.key().is_some_and(|key| self.keys.contains(&key))
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("epoch", &self.epoch())
            .field("fresh_until", &self.fresh_until())
            .finish_non_exhaustive()
    }
}

/// What was found of one lineage: under which epoch it was last clear, or that it is revoked, which is for good.
pub(crate) struct Standing {
    revocations: Revocations,
    /// It starts at the first epoch, when nothing is revoked.
    clear_at: AtomicU64,
}

/// No epoch gets there.
const REVOKED: u64 = u64::MAX;

impl Standing {
    pub(crate) fn new(revocations: &Revocations) -> Self {
        Self { revocations: revocations.clone(), clear_at: AtomicU64::new(0) }
    }

    /// Guard 2: whether it was revoked, which `look` finds out, and whether that is known well enough. Two loads while
    /// nothing is revoked.
    #[inline]
    pub(crate) fn check(&self, now: Timestamp, look: impl Fn() -> bool) -> Result<(), Reason> {
        let epoch = self.revocations.epoch();
        if self.clear_at.load(Ordering::Relaxed) != epoch {
            self.look_again(epoch, look)?;
        }
        if self.revocations.is_stale(now) { Err(Reason::RevocationsStale) } else { Ok(()) }
    }

    /// A thread that is late may put an older epoch in place of a newer one, or of the end: what it found is as true,
    /// and the next decision looks again.
    #[cold]
    fn look_again(&self, epoch: u64, look: impl Fn() -> bool) -> Result<(), Reason> {
        if self.clear_at.load(Ordering::Relaxed) == REVOKED || look() {
            self.clear_at.store(REVOKED, Ordering::Relaxed);
            return Err(Reason::Revoked);
        }
        self.clear_at.store(epoch, Ordering::Relaxed);
        Ok(())
    }
}
