//! Evidence: what was decided is recorded before the permit exists, and what came of it after.

mod memory;
mod record;
mod sink;
#[cfg(feature = "tracing")]
pub(crate) mod trace;

pub use memory::{MemoryRecord, MemorySink};
pub(crate) use record::Finding;
pub use record::{DecisionRecord, Outcome, RecordNumber};
pub use sink::{RecordSink, SinkRefusal};
