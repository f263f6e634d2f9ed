//! A capability as it was presented: perhaps for a shorter time, or for one action alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Above, Capability, Node};
use crate::base::sync::{AtomicBool, Ordering};
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::model::action::{Action, ActionDigest};

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
            life: None,
            revoked: AtomicBool::new(false),
            lasting: true,
            only: only.map(|digest| Pin { digest, used: AtomicBool::new(false) }),
        }))
    }

    /// Whether it is good for one action alone.
    pub(crate) fn is_pinned(&self) -> bool {
        self.pins().next().is_some()
    }

    /// Whether it is good for this action, and the action has not begun. With two pins that differ it is good for none.
    /// Digests the action, whose view is the user's.
    #[cold]
    pub(crate) fn check_pin(&self, action: &Action<'_>) -> Result<(), Reason> {
        match catch_unwind(AssertUnwindSafe(|| ActionDigest::of(action))) {
            Err(_) => Err(Reason::ArgumentsPanicked),
            Ok(Ok(digest)) if self.pins().all(|pin| pin.digest == digest) => {
                let used = self.pins().any(|pin| pin.used.load(Ordering::SeqCst));
                if used { Err(Reason::AlreadyUsed) } else { Ok(()) }
            }
            Ok(_) => Err(Reason::NotThisAction),
        }
    }

    /// The one action begins, unless it has before, also when two begin at once.
    pub(crate) fn use_up(&self) -> Result<(), Reason> {
        // Every pin is used up, whatever another says: what is refused may be refused for all.
        let used = self.pins().filter(|pin| pin.used.swap(true, Ordering::SeqCst)).count();
        if used == 0 { Ok(()) } else { Err(Reason::AlreadyUsed) }
    }

    fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.ancestry().filter_map(|capability| capability.0.only.as_ref())
    }
}
