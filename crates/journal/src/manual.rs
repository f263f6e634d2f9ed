//! A guide, and the format byte by byte.

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

#[doc = include_str!("../docs/format.md")]
pub mod format {}
