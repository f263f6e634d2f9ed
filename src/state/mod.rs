//! What changes while a gate runs: the published configuration, halts, and running effects.

// Guard 8 does not ask it yet.
#[cfg(feature = "digest")]
#[cfg_attr(not(test), expect(dead_code, reason = "no gate has approvers yet"))]
pub(crate) mod approval;
pub(crate) mod budget;
pub(crate) mod halt;
pub(crate) mod posting;
pub(crate) mod published;
pub(crate) mod running;
pub(crate) mod terms;
