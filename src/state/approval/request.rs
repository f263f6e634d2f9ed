//! One request as a row, and the steps that it can take: pure, so that any store can compare and set it.
//!
//! ```text
//! pending ──votes──▶ approved ──begin──▶ used
//!    │ │               │  │
//!    │ └──vote──▶ declined (final)
//!    └──────▶ withdrawn │
//! time alone: pending or approved ──▶ expired
//! ```
//!
//! Expiry is no step: it is asked of the time whenever the row is looked at, so no step can win against it.

use std::sync::Arc;
use std::time::Duration;

use super::digest::RequestDigest;
use crate::authority::requirement::{Approver, Requirement};
use crate::base::time::Timestamp;

/// Who is who: what votes need to know of a directory.
pub(crate) trait Electorate {
    /// The one name of a person, whatever alias is given.
    fn canonical<'n>(&'n self, name: &'n str) -> &'n str;

    /// Whether a person, by that name, is in a group.
    fn is_member(&self, person: &str, group: &str) -> bool;
}

/// What somebody is asked to approve, and what has come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApprovalCase {
    pub(crate) digest: RequestDigest,
    /// One, or those of a bundle.
    pub(crate) calls: Vec<RequestedCall>,
    pub(crate) invoker: Arc<str>,
    pub(crate) agent: Arc<str>,
    /// Each of them must be met.
    pub(crate) requirements: Arc<[Requirement]>,
    pub(crate) asked: Timestamp,
    pub(crate) votes: Vec<Cast>,
    stage: Stage,
}

/// One call that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestedCall {
    pub(crate) call: RequestDigest,
    /// What a decline of it is about.
    pub(crate) matter: RequestDigest,
    pub(crate) used: bool,
}

/// A vote that was counted, under the one name of who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) by: Arc<str>,
    pub(crate) answer: Answer,
    pub(crate) at: Timestamp,
}

/// What an approver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// It may happen, exactly as it was asked for.
    Approve,
    /// It must not happen. That is final.
    Decline,
}

/// What was written down last. Whether it still holds is a question of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Pending,
    Approved(Timestamp),
    Declined,
    Withdrawn,
}

/// How it stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestState {
    /// Somebody must still decide.
    Pending,
    /// It may be used.
    Approved,
    /// An approver said no.
    Declined,
    /// Nobody decided in time, or it was not used in time.
    Expired,
    /// It was taken back.
    Withdrawn,
    /// All of it was used.
    Used,
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Vote {
        by: &'a str,
        answer: Answer,
    },
    Withdraw,
    /// The effect of this call begins.
    Use(RequestDigest),
}

/// Why a step is not taken. The row stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepFault {
    /// The agent that asks, or the invoker where the requirements do not name the invoker.
    Requester,
    /// None of the requirements lets this person approve.
    NotAnApprover,
    /// This person said something else before.
    SaidOtherwise,
    /// It is not for this step any more, or not yet.
    Is(RequestState),
    /// Those who approved are not enough, as the directory is now.
    NoLongerEnough,
    /// It is not about this call.
    OtherCall,
}

impl ApprovalCase {
    pub(crate) fn new(
        calls: Vec<RequestedCall>,
        (invoker, agent): (&str, &str),
        requirements: Arc<[Requirement]>,
        asked: Timestamp,
    ) -> Self {
        let digest = match &*calls {
            [one] => one.call,
            several => {
                RequestDigest::of_bundle(&several.iter().map(|one| one.call).collect::<Vec<_>>())
            }
        };
        Self {
            digest,
            calls,
            invoker: invoker.into(),
            agent: agent.into(),
            requirements,
            asked,
            votes: Vec::new(),
            stage: Stage::Pending,
        }
    }

    /// How it stands.
    pub(crate) fn state(&self, now: Timestamp) -> RequestState {
        match self.stage {
            Stage::Withdrawn => RequestState::Withdrawn,
            Stage::Declined => RequestState::Declined,
            Stage::Approved(_) if self.calls.iter().all(|asked| asked.used) => RequestState::Used,
            Stage::Pending if now >= self.decide_by() => RequestState::Expired,
            Stage::Pending => RequestState::Pending,
            Stage::Approved(at) if now >= at.saturating_add(self.use_within()) => {
                RequestState::Expired
            }
            Stage::Approved(_) => RequestState::Approved,
        }
    }

    /// Whether nobody has decided, whatever the time.
    pub(crate) const fn is_undecided(&self) -> bool {
        matches!(self.stage, Stage::Pending)
    }

    /// The moment from which on nobody can decide any more.
    pub(crate) fn decide_by(&self) -> Timestamp {
        self.asked.saturating_add(self.shortest(|requirement| requirement.decide_within))
    }

    /// The moment from which on it cannot be used any more, once it is approved.
    pub(crate) fn use_by(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Approved(at) => Some(at.saturating_add(self.use_within())),
            _ => None,
        }
    }

    fn use_within(&self) -> Duration {
        self.shortest(|requirement| requirement.use_within)
    }

    /// Without requirements there is no time at all.
    fn shortest(&self, of: impl Fn(&Requirement) -> Duration) -> Duration {
        self.requirements.iter().map(of).min().unwrap_or(Duration::ZERO)
    }

    /// The row after a step; the same row where the step was taken before.
    pub(crate) fn step(
        &self,
        step: Step<'_>,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<Self, StepFault> {
        match step {
            Step::Vote { by, answer } => self.voted(by, answer, now, electorate),
            Step::Withdraw => match self.state(now) {
                RequestState::Pending | RequestState::Approved => {
                    Ok(Self { stage: Stage::Withdrawn, ..self.clone() })
                }
                RequestState::Withdrawn => Ok(self.clone()),
                state => Err(StepFault::Is(state)),
            },
            Step::Use(call) => {
                self.redeemable(call, now, electorate)?;
                let mut next = self.clone();
                let used = next.calls.iter_mut().filter(|asked| asked.call == call);
                used.for_each(|asked| asked.used = true);
                Ok(next)
            }
        }
    }

    fn voted(
        &self,
        by: &str,
        answer: Answer,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<Self, StepFault> {
        let by = electorate.canonical(by);
        // A vote that comes again says nothing new, whatever has become of the request.
        match self.votes.iter().find(|cast| *cast.by == *by) {
            Some(cast) if cast.answer == answer => return Ok(self.clone()),
            Some(_) => return Err(StepFault::SaidOtherwise),
            None => {}
        }
        match self.state(now) {
            RequestState::Pending => {}
            state => return Err(StepFault::Is(state)),
        }
        if by == electorate.canonical(&self.agent) {
            return Err(StepFault::Requester);
        }
        if !self.requirements.iter().any(|one| self.counts(one, by, electorate)) {
            let is_invoker = by == electorate.canonical(&self.invoker);
            return Err(if is_invoker { StepFault::Requester } else { StepFault::NotAnApprover });
        }
        let mut next = self.clone();
        next.votes.push(Cast { by: by.into(), answer, at: now });
        if answer == Answer::Decline {
            next.stage = Stage::Declined;
        } else if next.is_met(electorate) {
            next.stage = Stage::Approved(now);
        }
        Ok(next)
    }

    /// Whether a call may be used now: it was approved, in time, not used, and those who approved it still are enough.
    pub(crate) fn redeemable(
        &self,
        call: RequestDigest,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<(), StepFault> {
        let Some(RequestedCall { used, .. }) = self.calls.iter().find(|asked| asked.call == call)
        else {
            return Err(StepFault::OtherCall);
        };
        match self.state(now) {
            RequestState::Approved if *used => Err(StepFault::Is(RequestState::Used)),
            RequestState::Approved if self.is_met(electorate) => Ok(()),
            RequestState::Approved => Err(StepFault::NoLongerEnough),
            state => Err(StepFault::Is(state)),
        }
    }

    /// Whether every requirement has its votes. One vote counts once in each.
    fn is_met(&self, electorate: &dyn Electorate) -> bool {
        !self.requirements.is_empty()
            && self.requirements.iter().all(|requirement| {
                let approves = self.votes.iter().filter(|cast| cast.answer == Answer::Approve);
                let counted =
                    approves.filter(|cast| self.counts(requirement, &cast.by, electorate));
                counted.count() >= usize::from(requirement.approvals.max(1))
            })
    }

    /// Whether a vote of this person counts. The invoker counts only where the invoker is named as such.
    fn counts(&self, requirement: &Requirement, by: &str, electorate: &dyn Electorate) -> bool {
        if by == electorate.canonical(&self.agent) {
            return false;
        }
        let is_invoker = by == electorate.canonical(&self.invoker);
        requirement.by.iter().any(|approver| match approver {
            Approver::Invoker => is_invoker,
            Approver::Person(name) => !is_invoker && electorate.canonical(name) == by,
            Approver::Group(group) => !is_invoker && electorate.is_member(by, group),
        })
    }
}
