//! Everything that a decision is made by: the action, who asks, the configuration, and the moment.

use super::configuration::Configuration;
use super::siblings::Siblings;
use crate::authority::ownership::Ownerships;
use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::flow::session::LabelMark;
use crate::model::action::Action;
use crate::state::halt::HaltMark;

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
    /// The time by which windows of budgets pass, in nanoseconds, where there may be one.
    pub(super) ticks: u64,
    /// Whether what the action draws on budgets was set aside before, so that guard 7 is not asked.
    pub(super) is_set_aside: bool,
    /// What the program answered about whose things are, where the scope asks for it anew.
    pub(super) owned: Option<Box<Ownerships>>,
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
