//! One capability of a lineage, as evidence.

use std::fmt;

use super::id::{CapabilityId, KeyId};

/// One capability of a lineage: which, who holds it, and with which key. See
/// [`Capability::chain`](crate::Capability::chain).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'c> {
    pub(super) id: CapabilityId,
    pub(super) holder: Option<&'c str>,
    pub(super) key: Option<KeyId>,
}

impl<'c> Link<'c> {
    /// The identity of the capability.
    pub const fn id(&self) -> CapabilityId {
        self.id
    }

    /// The agent that may act under it, if one is named.
    pub const fn holder(&self) -> Option<&'c str> {
        self.holder
    }

    /// The key with which the holder proves that it is the holder, if there is one.
    pub const fn key(&self) -> Option<KeyId> {
        self.key
    }
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holder {
            Some(holder) => write!(f, "{} held by `{}`", self.id, holder.escape_debug()),
            None => self.id.fmt(f),
        }
    }
}
