//! A capability as it was presented: perhaps for a shorter time, or for one action alone.

use std::sync::Arc;

use super::{Above, Capability, Node};
use crate::action::ActionDigest;
use crate::sync::{AtomicBool, Ordering};
use crate::time::Timestamp;

/// The one action that a capability was presented for, and whether it has begun.
pub(super) struct Pin {
    digest: ActionDigest,
    used: AtomicBool,
}

impl Capability {
    /// The same authority, until a moment or for one action. It is no delegation: it has the same identity, so that
    /// revoking one revokes the other, and no depth is used up.
    pub(crate) fn presented(&self, until: Option<Timestamp>, only: Option<ActionDigest>) -> Self {
        if until.is_none() && only.is_none() {
            return self.clone();
        }
        let node = &*self.0;
        Self(Arc::new(Node {
            id: node.id,
            above: Above::Parent(self.clone()),
            depth: node.depth,
            further: node.further,
            layer: None,
            using: None,
            hand_on: node.hand_on.clone(),
            not_before: node.not_before,
            expires: until.map_or(node.expires, |until| until.min(node.expires)),
            holder: node.holder.clone(),
            key: None,
            budgets: Box::default(),
            revoked: AtomicBool::new(false),
            lasting: true,
            only: only.map(|digest| Pin { digest, used: AtomicBool::new(false) }),
        }))
    }

    /// The actions that it is good for alone: with more than one, it is good for none.
    pub(crate) fn only(&self) -> impl Iterator<Item = ActionDigest> {
        self.pins().map(|pin| pin.digest)
    }

    /// Whether the one action that it is good for has begun.
    pub(crate) fn is_used(&self) -> bool {
        self.pins().any(|pin| pin.used.load(Ordering::SeqCst))
    }

    /// The one action begins. `false` where it has begun before, also when two begin at once.
    pub(crate) fn use_up(&self) -> bool {
        // Every pin is used up, whatever another says: what is refused may be refused for all.
        self.pins().filter(|pin| pin.used.swap(true, Ordering::SeqCst)).count() == 0
    }

    fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.ancestry().filter_map(|capability| capability.0.only.as_ref())
    }
}
