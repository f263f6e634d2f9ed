//! Policy files for Portcullis, and strict JSON for untrusted calls.

#![forbid(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    expect(clippy::unwrap_used, reason = "a test that meets the unexpected should stop")
)]

pub mod json;
