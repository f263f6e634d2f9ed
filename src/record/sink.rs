//! Where records go. A sink that cannot write makes the gate deny.

use super::approval::ApprovalEvent;
use super::entry::{DecisionRecord, Outcome, RecordNumber};
use crate::base::time::Timestamp;
use crate::decision::RecordError;

/// Takes every decision before its permit exists, and the outcome of each permit after.
///
/// Implement it to write records where they are needed; [`MemorySink`](crate::record::MemorySink) keeps them in memory. It is called on
/// the path of every decision, by many threads at once. To deny nothing needlessly it should be fast;
/// to keep decisions free of allocation it must not allocate.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::ConfigurationError;
/// use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
/// use permitgate::time::Timestamp;
/// use std::io::Write;
/// use std::sync::Mutex;
///
/// struct Lines<W>(Mutex<(W, u64)>);
///
/// impl<W: Write + Send> RecordSink for Lines<W> {
///     fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
///         let mut lines = self.0.lock().map_err(|_| RecordError::new("the writer panicked"))?;
///         let sequence = lines.1 + 1;
///         writeln!(lines.0, "{sequence} {} {} {}", record.at(), record.ruling(), record.reason())
///             .map_err(|error| RecordError::new("the file cannot be written").from(error))?;
///         lines.1 = sequence;
///         Ok(RecordNumber { stream: 0, sequence })
///     }
///     fn outcome(&self, number: RecordNumber, outcome: Outcome, _at: Timestamp) -> Result<(), RecordError> {
///         let mut lines = self.0.lock().map_err(|_| RecordError::new("the writer panicked"))?;
///         writeln!(lines.0, "{number} {outcome}")
///             .map_err(|error| RecordError::new("the file cannot be written").from(error))
///     }
/// }
/// # let gate = Gate::builder().sink(Lines(Mutex::new((Vec::new(), 0)))).build()?;
/// # Ok::<(), ConfigurationError>(())
/// ```
pub trait RecordSink: Send + Sync {
    /// Writes a decision, gives it the next number of its stream, and reserves room for its outcome.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be written; then the gate denies, and the number is not used up.
    fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError>;

    /// Writes what came of a permit, into the room that was reserved for it.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be written. What happened has happened; the next record tells that its outcome is
    /// missing ([`DecisionRecord::gap`]).
    fn outcome(
        &self,
        number: RecordNumber,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), RecordError>;

    /// Writes what is asked of a person, or what somebody said, before it counts. Unless a sink says otherwise, that is not kept.
    ///
    /// Whoever asks, votes, withdraws, gives or revokes waits until it returns, so it must do none of these at the same gate: it would
    /// wait for itself. Hand the event to another thread instead, and do not wait for that.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be written; then it does not count. That an approval was used is told behind the fact, and
    /// withdrawals and revocations are in force whether or not they can be written.
    fn approval(&self, event: &ApprovalEvent<'_>) -> Result<(), RecordError> {
        let _ = event;
        Ok(())
    }
}

impl<S: RecordSink + ?Sized> RecordSink for std::sync::Arc<S> {
    fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        (**self).record(record)
    }
    fn outcome(
        &self,
        number: RecordNumber,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        (**self).outcome(number, outcome, at)
    }
    fn approval(&self, event: &ApprovalEvent<'_>) -> Result<(), RecordError> {
        (**self).approval(event)
    }
}
