//! Where time comes from. This is the one file that reads the machine's clock.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::base::time::Timestamp;

/// Tells a gate what time it is.
///
/// The default is [`SystemClock`]. Implement it where the host already keeps a time of its own (a
/// runtime that ticks once per loop, a replay, a test); a cheaper clock makes cheaper decisions.
/// The gate never lets time fall below what it has seen, and denies after a large step back.
///
/// ```
/// use permitgate::time::{Clock, Timestamp};
///
/// struct Replay(Timestamp);
///
/// impl Clock for Replay {
///     fn now(&self) -> Timestamp {
///         self.0
///     }
/// }
/// assert_eq!(Replay(Timestamp::MIN).now(), Timestamp::MIN);
/// ```
pub trait Clock: Send + Sync {
    /// The time now. Must be cheap: it is asked once per decision.
    fn now(&self) -> Timestamp;

    /// How long this clock has run, for what is measured in time that passed: it never goes back and does not jump where the
    /// wall clock is set. Only differences mean anything.
    ///
    /// Unless a clock says otherwise it is what [`now`](Self::now) reads; one whose `now` can be set should say it.
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now().as_unix_millis())
    }
}

/// The machine's wall clock.
///
/// A clock set before 1970 reads as [`Timestamp::MIN`], under which everything that has a start of
/// validity is denied. One reading costs about 20 ns on Linux.
///
/// ```
/// use permitgate::time::{Clock, SystemClock, Timestamp};
///
/// assert!(SystemClock.now() > Timestamp::from_unix_seconds(1_700_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// A clock that stands still until it is set.
///
/// Use it in tests and replays, or in a host that reads the time once per loop and wants decisions
/// that do not read it again. Its monotonic time is how far it was set forward in all: set back, it stands still.
///
/// ```
/// use permitgate::time::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::from_unix_seconds(10));
/// clock.set(Timestamp::from_unix_seconds(11));
/// assert_eq!(clock.now(), Timestamp::from_unix_seconds(11));
/// clock.set(Timestamp::from_unix_seconds(5));
/// assert_eq!(clock.monotonic(), std::time::Duration::from_secs(1));
/// clock.advance(std::time::Duration::from_secs(60));
/// assert_eq!(clock.now(), Timestamp::from_unix_seconds(65));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicU64,
    /// In milliseconds.
    passed: AtomicU64,
}

impl ManualClock {
    /// A clock that reads `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: AtomicU64::new(now.as_unix_millis()), passed: AtomicU64::new(0) }
    }

    /// Sets the time, for every thread at once.
    pub fn set(&self, now: Timestamp) {
        let before = self.now.swap(now.as_unix_millis(), Ordering::AcqRel);
        add(&self.passed, now.as_unix_millis().saturating_sub(before));
    }

    /// Lets so much time pass, in whole milliseconds, for every thread at once.
    pub fn advance(&self, span: Duration) {
        let more = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        add(&self.now, more);
        add(&self.passed, more);
    }
}

fn add(time: &AtomicU64, more: u64) {
    let sum = |time: u64| Some(time.saturating_add(more));
    let _ = time.fetch_update(Ordering::AcqRel, Ordering::Acquire, sum);
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.now.load(Ordering::Acquire))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::Acquire))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_that_is_set_lets_monotonic_time_go_back() {
        let clock = ManualClock::new(Timestamp::MIN);
        let mut before = clock.monotonic();
        for now in [Timestamp::MAX, Timestamp::MIN, Timestamp::from_unix_seconds(5), Timestamp::MAX]
        {
            clock.set(now);
            assert!(clock.monotonic() >= before, "{now:?}");
            before = clock.monotonic();
        }
    }
}
