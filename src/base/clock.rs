//! Where time comes from. This is the one file that reads the machine's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

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
}

/// A clock that stands still until it is set.
///
/// Use it in tests and replays, or in a host that reads the time once per loop and wants decisions
/// that do not read it again.
///
/// ```
/// use permitgate::time::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::from_unix_seconds(10));
/// clock.set(Timestamp::from_unix_seconds(11));
/// assert_eq!(clock.now(), Timestamp::from_unix_seconds(11));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that reads `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.as_unix_millis()))
    }

    /// Sets the time, for every thread at once.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_unix_millis(), Ordering::Release);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::Acquire))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}
