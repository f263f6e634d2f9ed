//! Approvals: what exactly is asked for, who decides, and that what was approved is used once.

mod digest;
#[cfg(all(test, not(loom)))]
mod digest_tests;
#[cfg(all(test, loom))]
mod interleavings;
mod queue;
mod request;
mod standing;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(test)]
use digest::RequestDigest;
#[cfg(test)]
use queue::Queue;
#[cfg(test)]
use request::{Asked, Request};
