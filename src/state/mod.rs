//! What changes while a gate runs: the published configuration, halts, and running effects.

pub(crate) mod approval;
pub(crate) mod budget;
pub(crate) mod halt;
pub(crate) mod posting;
pub(crate) mod published;
pub(crate) mod running;
pub(crate) mod terms;
