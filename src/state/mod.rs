//! What changes while a gate runs: the published configuration, halts, and running effects.

// Guard 8 does not ask it yet: no gate has approvers.
#[cfg(all(test, feature = "digest"))]
pub(crate) mod approval;
pub(crate) mod budget;
pub(crate) mod halt;
pub(crate) mod posting;
pub(crate) mod published;
pub(crate) mod running;
pub(crate) mod terms;
