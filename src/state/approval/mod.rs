//! Approvals: what exactly is asked for, who decides, and that what was approved is used once.

mod digest;
#[cfg(not(loom))]
mod digest_tests;
#[cfg(loom)]
mod interleavings;
mod queue;
mod request;
mod standing;
#[cfg(not(loom))]
mod tests;

use digest::RequestDigest;
use queue::Queue;
use request::{ApprovalCase, RequestedCall};
