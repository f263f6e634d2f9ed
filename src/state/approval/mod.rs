//! Approvals: what exactly is asked for, who decides, and that what was approved is used once.

pub(crate) mod digest;
#[cfg(all(test, not(loom)))]
mod digest_tests;
#[cfg(all(test, loom))]
mod interleavings;
pub(crate) mod queue;
pub(crate) mod request;
mod source;
pub(crate) mod standing;
#[cfg(all(test, not(loom)))]
mod standing_tests;
#[cfg(all(test, not(loom)))]
mod tests;

pub use digest::RequestDigest;
pub(crate) use digest::Subject;
pub use request::{Answer, ApprovalId, ApprovalState, Vote};
pub use source::ApprovalSource;

pub(crate) use queue::{AskFault, Queue, QueueFault, Stakes};
pub(crate) use request::{ApprovalCase, Electorate, RequestedCall, Requester, Step, StepFault};
pub(crate) use standing::StandingTable;
