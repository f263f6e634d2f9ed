//! The batch form: all permits, or the first refusal.

use crate::refusal::Refusal;

/// The first refusal of a batch. The permits given before it are taken back and recorded as unused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action {index} of the batch: {refusal}")]
pub struct BatchRefusal {
    /// The place of the refused action in the batch, from 0.
    pub index: usize,
    /// Why it was refused.
    pub refusal: Refusal,
}
