//! Everything that a decision is made by: the action, who asks, the configuration, and the moment.

use std::cell::{Cell, OnceCell};

use super::configuration::Configuration;
use super::desk::{Desk, OpenApproval};
use super::siblings::Siblings;
use crate::authority::ownership::Ownerships;
use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::flow::session::LabelMark;
use crate::model::action::Action;
use crate::state::approval::{ApprovalSource, RequestDigest};
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
    /// The whole call, which is approved as one.
    pub(super) call: &'x WholeCall<'x>,
    /// What was asked of people, and what they said.
    pub(super) desk: &'x Desk,
}

/// All actions of a call, as they are approved: as one.
pub(super) struct WholeCall<'x> {
    pub(super) actions: &'x [Action<'x>],
    /// What the manifest says of the tool, where the call is mapped.
    pub(super) tool: Option<[u8; 32]>,
    pub(super) role: Role<'x>,
    /// Once they were worked out. Only what is held, where somebody was asked, needs them.
    pub(super) digests: OnceCell<Option<Box<CallDigests>>>,
    /// The approval of the whole call, once it was set aside.
    pub(super) taken: Cell<Option<ApprovalSource>>,
    /// Where that is kept, once it is.
    pub(super) kept: Cell<Option<usize>>,
    /// Which of them is decided, where that matters.
    pub(super) place: Cell<usize>,
}

/// The digests of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallDigests {
    pub(super) call: RequestDigest,
    /// What a decline of it is about.
    pub(super) matter: RequestDigest,
}

/// Which approvals guard 8 takes.
#[derive(Clone, Copy)]
pub(super) enum Role<'x> {
    /// None: what is asked is who must approve.
    Asked,
    /// One that is free.
    Decided,
    /// Those that were set aside for the effect that begins, by the place of their action; none where no action has one.
    Begun(&'x [Option<OpenApproval>]),
}

impl<'x> WholeCall<'x> {
    #[inline]
    pub(super) const fn new(actions: &'x [Action<'x>], tool: Option<[u8; 32]>) -> Self {
        Self::of(actions, tool, Role::Decided)
    }

    #[inline]
    pub(super) const fn of(
        actions: &'x [Action<'x>],
        tool: Option<[u8; 32]>,
        role: Role<'x>,
    ) -> Self {
        Self {
            actions,
            tool,
            role,
            digests: OnceCell::new(),
            taken: Cell::new(None),
            kept: Cell::new(None),
            place: Cell::new(0),
        }
    }
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
