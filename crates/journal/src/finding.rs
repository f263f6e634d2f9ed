//! What a verification finds, and where.

use std::fmt;
use std::ops::RangeInclusive;

use crate::digest::Digest;

/// What somebody did to a journal, or what happened to it, at one place.
///
/// ```
/// use permitgate_journal::{JournalOptions, Simulation, verify_storage};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let mut bytes = disk.read("segment-0000000001.pgj").ok_or("there")?;
/// bytes[170] ^= 1;
/// disk.write("segment-0000000001.pgj", &bytes);
/// let report = verify_storage(&disk, &[])?;
/// let finding = report.findings.first().ok_or("found")?;
/// assert_eq!((finding.kind.code(), finding.segment, finding.position), ("damaged", 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The segment.
    pub segment: u64,
    /// Where in it, in bytes.
    pub offset: u64,
    /// The entry: the one that is wrong, or the first that is not there.
    pub position: u64,
}

/// What a finding is.
///
/// ```
/// use permitgate_journal::FindingKind;
///
/// assert_eq!(FindingKind::Dropped { until: 9 }.code(), "dropped");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// Bytes that are no entry, before others that are: a broken disk, or a change by somebody who did not care.
    Damaged,
    /// Power failed while this was written, or somebody changed it: whole entries lie behind bytes that are none, and none of them
    /// says that what lies there had reached the disk.
    Torn,
    /// An entry does not follow from those before it: it was changed, or put there from elsewhere.
    Edited,
    /// Entries are missing.
    Dropped {
        /// The last of them.
        until: u64,
    },
    /// An entry stands there once more.
    Repeated,
    /// An entry stands behind those that it came before.
    Reordered,
    /// A segment does not go on from the one before it, or is of another journal.
    Foreign,
    /// The journal does not begin at its first entry, and nothing in it says that what came before was removed.
    Beginning,
    /// An entry does not say what its kind says.
    Malformed,
    /// The number of a decision or of an outcome is not the one that must come.
    Miscounted,
    /// Of whom and of what a decision was is not what the entry commits to.
    Altered,
    /// It is gone, and no entry says that it was erased.
    Vanished,
    /// An entry says that it was erased, and it is still there: erase it again.
    Unerased,
    /// A checkpoint knows more entries.
    Truncated {
        /// How many.
        size: u64,
    },
    /// A checkpoint knows other entries: between the one that matched before and this one, all may have been written anew.
    Forked {
        /// How many entries it knows.
        size: u64,
    },
}

impl FindingKind {
    /// The word for it, which stays the same.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Torn => "torn",
            Self::Edited => "edited",
            Self::Dropped { .. } => "dropped",
            Self::Repeated => "repeated",
            Self::Reordered => "reordered",
            Self::Foreign => "foreign",
            Self::Beginning => "beginning",
            Self::Malformed => "malformed",
            Self::Miscounted => "miscounted",
            Self::Altered => "altered",
            Self::Vanished => "vanished",
            Self::Unerased => "unerased",
            Self::Truncated { .. } => "truncated",
            Self::Forked { .. } => "forked",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, segment, offset, position } = self;
        write!(f, "{} segment={segment} offset={offset} position={position}", kind.code())
    }
}

/// What is known of a journal after it was verified.
///
/// ```
/// use permitgate_journal::{JournalOptions, Simulation, verify_storage};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let report = verify_storage(&disk, &[])?;
/// assert!(report.is_sound() && report.is_closed);
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Which journal.
    pub journal: [u8; 16],
    /// Its stream.
    pub stream: u32,
    /// The segments that are there.
    pub segments: Option<RangeInclusive<u64>>,
    /// The first entry that is there.
    pub first: u64,
    /// How many entries there were ever.
    pub size: u64,
    /// How many decisions there were ever.
    pub last_decision: u64,
    /// The decisions that are there.
    pub decisions: u64,
    /// The outcomes that are there.
    pub outcomes: u64,
    /// Permits of which nobody said what came of them: their effects may have happened.
    pub unsettled: u64,
    /// Decisions of which is erased of whom and of what they were.
    pub erased: u64,
    /// The root of the tree over all entries.
    pub root: Digest,
    /// The chain value of the last entry.
    pub chain: Digest,
    /// Whether the last process ended in order.
    pub is_closed: bool,
    /// Where the last entry ends, in the last segment.
    pub end: u64,
    /// Bytes behind that, which a crash left. Opening the journal heals it.
    pub torn: u64,
    /// The sizes of the checkpoints that matched.
    pub matched: Vec<u64>,
    /// The sizes of the checkpoints that could not be compared, because what they are about is removed, or comes after a finding.
    pub unmatched: Vec<u64>,
    /// What was found, in the order of the journal, at most [`MOST_FINDINGS`](Self::MOST_FINDINGS).
    pub findings: Vec<Finding>,
}

impl Report {
    /// The findings that are listed.
    pub const MOST_FINDINGS: usize = 100;

    /// Whether nothing was found. Then nothing up to the last checkpoint that matched was changed, dropped, repeated, reordered or
    /// cut off; behind that, nothing but by somebody who could write the journal anew from there on.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}
