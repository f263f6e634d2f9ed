//! Proposals from English: what a request asks for, and what a listed tool seems to do.
//!
//! Nothing here is part of what the core promises. The rules read English, they are fixed, and they are wrong
//! sometimes; what they propose is data that a gate decides by like any other policy.

#![forbid(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod draft;

pub use draft::draft;
