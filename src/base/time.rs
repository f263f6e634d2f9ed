//! Time as data: the evaluator never reads a clock, it is told.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::base::calendar::{Gap, TimeOfDay, UtcTime};

/// A moment: milliseconds since 1970-01-01T00:00:00 UTC.
///
/// Use it for validity and expiry. It is plain data, so that the same inputs give the same decision;
/// only a [`Clock`](crate::time::Clock) makes one from the machine's time.
///
/// ```
/// use permitgate::time::Timestamp;
/// use std::time::Duration;
///
/// let start = Timestamp::from_unix_seconds(1_790_000_000);
/// assert_eq!(start.saturating_add(Duration::from_millis(5)).as_unix_millis(), 1_790_000_000_005);
/// assert_eq!(start.to_string(), "1790000000.000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The first moment: the Unix epoch.
    pub const MIN: Self = Self(0);
    /// The last moment; as an expiry it means "never".
    pub const MAX: Self = Self(u64::MAX);

    /// A moment from milliseconds since the Unix epoch.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A moment from seconds since the Unix epoch; saturates at [`Timestamp::MAX`].
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_unix_millis(self) -> u64 {
        self.0
    }

    /// The instant as RFC 3339 writes it, in UTC; `None` behind the year 9999.
    ///
    /// ```
    /// use permitgate::time::Timestamp;
    ///
    /// let told = |millis| Timestamp::from_unix_millis(millis).to_rfc3339();
    /// assert_eq!(told(1_795_798_800_250).as_deref(), Some("2026-11-27T17:00:00.25Z"));
    /// assert_eq!(told(0).as_deref(), Some("1970-01-01T00:00:00Z"));
    /// assert_eq!(told(u64::MAX), None);
    /// ```
    pub fn to_rfc3339(self) -> Option<String> {
        let seconds = i64::try_from(self.0 / 1000).ok()?;
        let nanos = (self.0 % 1000) as u32 * 1_000_000;
        let local = UtcTime { seconds, nanos }.local().ok()?;
        Some(format!("{}T{}Z", local.date, TimeOfDay(local)))
    }

    /// The moment `span` later, at most [`Timestamp::MAX`]. Less than a millisecond is dropped.
    pub fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment `span` earlier, at least [`Timestamp::MIN`]. Less than a millisecond is dropped.
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Reads an instant as RFC 3339 writes it, such as `2026-11-27T10:00:00Z`, with its offset if it is not in UTC. Of a fraction,
/// what is less than a millisecond is dropped.
///
/// ```
/// use permitgate::time::Timestamp;
///
/// let noon: Timestamp = "2026-11-27T12:00:00+01:00".parse()?;
/// assert_eq!(noon, "2026-11-27T11:00:00Z".parse()?);
/// assert_eq!("1970-01-01T00:00:00.0019Z".parse::<Timestamp>()?.as_unix_millis(), 1);
/// assert!("2026-11-27 12:00".parse::<Timestamp>().is_err());
/// # Ok::<(), permitgate::time::TimestampError>(())
/// ```
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let UtcTime { seconds, nanos } =
            UtcTime::read(text, Gap::Letter).map_err(|_| TimestampError)?;
        let millis = seconds.checked_mul(1000).and_then(|millis| u64::try_from(millis).ok());
        let millis = millis.ok_or(TimestampError)?;
        Ok(Self(millis + u64::from(nanos / 1_000_000)))
    }
}

/// A text is no instant since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an instant since 1970; write it as `2026-11-27T10:00:00Z`")]
pub struct TimestampError;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.saturating_add(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.saturating_sub(Duration::from_secs(1)), Timestamp::MIN);
        assert_eq!(Timestamp::from_unix_seconds(u64::MAX), Timestamp::MAX);
    }
}
