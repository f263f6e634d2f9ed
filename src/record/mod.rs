//! Evidence: what was decided is recorded before the permit exists, and what came of it after.

mod approval;
mod entry;
mod field;
mod gap;
mod memory;
mod sink;
#[cfg(feature = "tracing")]
pub(crate) mod trace;

pub use approval::{ApprovalEvent, ApprovalStep};
pub(crate) use entry::PackedDecision;
pub use entry::{DecisionRecord, Outcome, RecordNumber};
pub use field::{Cut, RecordField};
pub use gap::Gap;
pub(crate) use gap::LossLog;
pub use memory::{MemoryApproval, MemoryRecord, MemorySink, MemoryStep};
pub use sink::RecordSink;

pub use crate::state::approval::ApprovalSource;

pub use crate::decision::cause::{RecordError, RecordFault};
