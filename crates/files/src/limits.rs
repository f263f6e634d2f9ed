//! Every bound of the file formats, in one place.
//!
//! What exceeds one is an error that names the place. The bounds on what a policy holds (statements,
//! names, patterns and so on) are the core's and stand in [`permitgate::limits`].

/// Bytes in one file.
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// Files that belong to one bundle: the root file and all that it includes.
pub const MAX_FILES: usize = 64;

/// Bytes in all files of one bundle.
pub const MAX_TOTAL_BYTES: usize = 32 * 1024 * 1024;

/// Files that include one another in a row, the root file counted.
pub const MAX_INCLUDE_DEPTH: usize = 8;

/// Tables and lists within one another in one file.
pub const MAX_DEPTH: usize = 64;

/// `[[test]]` tables in one bundle.
pub const MAX_TESTS: usize = 10_000;

/// Earlier calls in one test.
pub const MAX_TEST_READS: usize = 64;

/// Faults that are reported together, and as many warnings; one more says how many were left out.
pub const MAX_FAULTS: usize = 50;

/// Pairs of a statement or label and an effect that are compared for warnings about reach.
pub const MAX_COMPARISONS: usize = 2_000_000;

/// Characters of a source line that are shown under a fault.
pub const MAX_EXCERPT_CHARS: usize = 120;

/// Columns up to which the canonical form keeps a list or an inline table on one line.
pub const LINE_WIDTH: usize = 100;
