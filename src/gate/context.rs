//! Everything that a decision is made by: the action, who asks, the configuration, and the moment.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Gate;
use super::configuration::Configuration;
use super::siblings::Siblings;
use crate::action::Action;
use crate::clock::Clock;
use crate::decision::Reason;
use crate::limits::MAX_CLOCK_STEP_BACK_MS;
use crate::scope::Scope;
use crate::session::LabelMark;
use crate::state::halt::HaltMark;
use crate::sync::Ordering;
use crate::time::Timestamp;

/// Everything that one action is decided by.
#[derive(Clone, Copy)]
pub(super) struct DecisionContext<'x, 's> {
    pub(super) configuration: &'s Configuration,
    pub(super) action: &'x Action<'s>,
    pub(super) scope: &'s Scope,
    pub(super) moment: &'x Moment,
    /// The other actions of the same call, where what they read limits this one.
    pub(super) siblings: Option<&'x Siblings<'x>>,
}

/// When something is decided, and what guards 1 and 2 say then.
pub(super) struct Moment {
    pub(super) now: Timestamp,
    /// What the session has read by now.
    pub(super) label: LabelMark,
    /// The halts in force, which a permit is compared with when its effect begins.
    pub(super) halts: HaltMark,
    /// Guards 1 and 2: halted, valid, revoked.
    pub(super) state: Result<(), Reason>,
}

impl Gate {
    /// The moment of a decision. Clock and session are the user's, so this is looked at outside of every lock.
    #[inline]
    pub(super) fn moment(&self, scope: &Scope) -> Moment {
        let time = self.now();
        let halts = self.core.halts.mark();
        let halted = self.core.halts.check(halts, scope);
        Moment {
            now: time.unwrap_or_else(|latest| latest),
            label: scope.session().mark(),
            halts,
            state: halted.and_then(|()| check_validity(scope, time)),
        }
    }

    /// The time, never below what was seen; `Err` with the latest when the clock stepped back too far or panicked.
    #[inline]
    pub(super) fn now(&self) -> Result<Timestamp, Timestamp> {
        let read = catch_unwind(AssertUnwindSafe(|| self.core.clock.now().as_unix_millis()));
        let latest = self.core.latest.load(Ordering::Acquire);
        let Ok(now) = read else { return Err(Timestamp::from_unix_millis(latest)) };
        if now > latest {
            // At most once per millisecond and thread, so the line stays shared.
            self.core.latest.fetch_max(now, Ordering::AcqRel);
            Ok(Timestamp::from_unix_millis(now))
        } else if latest - now > MAX_CLOCK_STEP_BACK_MS {
            Err(Timestamp::from_unix_millis(latest))
        } else {
            Ok(Timestamp::from_unix_millis(latest))
        }
    }
}

/// Guard 2.
#[inline]
pub(super) fn check_validity(
    scope: &Scope,
    time: Result<Timestamp, Timestamp>,
) -> Result<(), Reason> {
    let capability = scope.capability();
    let Ok(now) = time else { return Err(Reason::ClockSteppedBack) };
    if now < capability.not_before() {
        Err(Reason::NotYetValid)
    } else if now >= capability.expires() && capability.expires() != Timestamp::MAX {
        Err(Reason::Expired)
    } else {
        scope.check_revocations(now)
    }
}
