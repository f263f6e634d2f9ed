//! A capability as it was presented: perhaps for a shorter time, or for one action alone.

use std::sync::Arc;

use super::{Above, Capability, Node};
use crate::action::ActionDigest;
use crate::sync::AtomicBool;
use crate::time::Timestamp;

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
            only,
        }))
    }

    /// The actions that it is good for alone: with more than one, it is good for none.
    pub(crate) fn only(&self) -> impl Iterator<Item = ActionDigest> {
        self.ancestry().filter_map(|capability| capability.0.only)
    }
}
