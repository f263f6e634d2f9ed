//! Evidence: what was decided is recorded before the permit exists, and what came of it after.

mod field;
mod gap;
mod memory;
mod record;
mod sink;
#[cfg(feature = "tracing")]
pub(crate) mod trace;

pub use field::{Cut, RecordField};
pub use gap::Gap;
pub(crate) use gap::Lost;
pub use memory::{MemoryRecord, MemorySink};
pub(crate) use record::Finding;
pub use record::{DecisionRecord, Outcome, RecordNumber};
pub use sink::RecordSink;
