//! Policy files for [Portcullis](portcullis): TOML and JSON with exact errors, tests in the file itself, and
//! live reload.
//!
//! - [`Bundle::load`] reads a file and all that it includes into values of the core. Every fault has file,
//!   line, column and, where it can, a hint; all that can be found at once are told at once.
//! - [`Bundle::warnings`] says what loads and does nothing, or too much.
//! - `[[test]]` tables in a file are run when it loads: a policy that does not do what it says does not load.
//! - A [`Lock`] beside the root file holds the tools as they were approved; it is read with the bundle.
//! - A [`LayerFile`] holds statements alone: what a program narrows a policy by for a task, to be tested by files.
//! - [`Reloader`] follows files on disk; the old bundle stays while the new one fails.
//!
//! The format is described in the [manual](portcullis::manual::policy_files). What bounds it stands in
//! [`limits`].

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
    expect(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that meets the unexpected should stop"
    )
)]

mod bundle;
mod fault;
mod format;
mod ground;
pub mod json;
mod layer;
pub mod limits;
mod load;
mod lock;
mod number;
mod reload;
mod schema;
mod source;
mod suggest;
mod testing;
mod tree;
mod warn;

pub use bundle::{Bundle, Options};
pub use fault::{Code, Finding, LoadError, Severity};
pub use format::format;
pub use ground::Ground;
pub use layer::LayerFile;
pub use lock::{LOCK_FILE, Lock};
pub use reload::{Reload, Reloader};
pub use schema::schema;
pub use source::Position;
pub use testing::TestOutcome;
