//! What permits are given under, which is compared when their effects begin.

use crate::base::time::Timestamp;
use crate::flow::session::LabelMark;
use crate::state::halt::HaltMark;
use crate::state::posting::Posting;

/// What a permit was given under, which is compared when its effect begins.
#[derive(Clone, Copy)]
pub(crate) struct PermitTerms {
    pub(crate) posting: Posting,
    pub(crate) halts: HaltMark,
    pub(crate) expires: Timestamp,
    /// Whether the answer may change with the time alone.
    pub(crate) reads_clock: bool,
}

/// What an action was decided under, and is decided again for when it has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecisionBasis {
    pub(crate) label: LabelMark,
    /// The number of the configuration, unless it is not known any more.
    pub(crate) configuration: Option<u64>,
}
