//! Every bound of a journal.

/// The format that this crate writes, and the newest that it reads.
pub const FORMAT: u16 = 1;

/// The longest frame, in bytes. What a record holds of a call is cut before it gets longer.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// The most that a record holds of the arguments of a call, in bytes. Arguments that take more are not held.
pub const MAX_ARGUMENT_BYTES: usize = 64 * 1024;

/// The most bytes of one secret argument that its digest covers. One that is longer is not held at all.
pub const MAX_SECRET_BYTES: usize = 1024 * 1024;

/// The most bytes of a text that a record holds where the core knows no bound of its own: a tool's name, what a rule said, a value of a
/// bound set.
pub const MAX_TEXT_BYTES: usize = 1024;

/// How deep values within arguments may lie. Deeper ones are not held.
pub const MAX_VALUE_DEPTH: usize = 64;

/// The most values of bound sets that a record holds.
pub const MAX_BOUND_VALUES: usize = 256;

/// The smallest and the largest size of a segment that can be asked for, in bytes.
pub const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 4096..=1 << 30;

/// The most records that one erasure names.
pub const MAX_ERASED: usize = 4096;

/// The highest position of an entry, and the highest number of a decision.
pub const MAX_ENTRIES: u64 = 1 << 62;
