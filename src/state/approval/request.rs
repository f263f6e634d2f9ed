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

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::digest::RequestDigest;
use crate::authority::capability::{CapabilityId, IdError};
use crate::authority::requirement::{Approver, Requirement};
use crate::base::case::may_be_one_name;
use crate::base::time::Timestamp;

/// Who is who: what votes need to know of a directory.
pub(crate) trait Electorate {
    /// The one name of a person, whatever alias is given.
    fn canonical<'n>(&'n self, name: &'n str) -> &'n str;

    /// Whether a person, by that name, is in a group.
    fn is_member(&self, person: &str, group: &str) -> bool;
}

/// Names one request for approval. Asked for again after it is over, the same thing has another.
///
/// ```
/// use permitgate::gate::ApprovalId;
///
/// let id: ApprovalId = "07070707070707070707070707070707".parse()?;
/// assert_eq!(id, ApprovalId::from_bytes([7; 16]));
/// # Ok::<(), permitgate::authority::IdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApprovalId(CapabilityId);

impl ApprovalId {
    /// The one that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(CapabilityId::from_bytes(bytes))
    }

    /// The bytes, in the order in which they are displayed.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// One that nothing else has.
    pub(crate) fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(1));
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let bytes = (u128::from(*PROCESS) << 64 | u128::from(number)).to_be_bytes();
        Self(CapabilityId::from_bytes(bytes))
    }
}

impl FromStr for ApprovalId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApprovalId({self})")
    }
}

/// What somebody is asked to approve, and what has come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApprovalCase {
    pub(crate) id: ApprovalId,
    pub(crate) digest: RequestDigest,
    /// One, or those of a bundle.
    pub(crate) calls: Vec<RequestedCall>,
    pub(crate) invoker: Arc<str>,
    pub(crate) agent: Arc<str>,
    /// Each of them must be met.
    pub(crate) requirements: Arc<[Requirement]>,
    pub(crate) asked: Timestamp,
    pub(crate) votes: Vec<Vote>,
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
///
/// ```
/// use permitgate::gate::{Answer, ApproverCredential};
/// # use permitgate::authority::{Approver, Requirement};
/// # use permitgate::prelude::*;
/// # let policy = Policy::new([
/// #     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
/// #     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// # let gate = Gate::builder().approvers(Requirement::by([Approver::principal("lee")])).build()?;
/// # let wish = Action::delete("files.delete", "files/old");
/// # let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
/// let request = gate.request_approval(&hold, &wish, &scope)?;
/// let lee = ApproverCredential::new("lee", ambient_authority())?;
/// gate.approvals().vote(request.id(), Answer::Approve, &lee)?;
/// let vote = &request.votes()[0];
/// assert_eq!((vote.by(), vote.answer()), ("lee", Answer::Approve));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub(crate) by: Arc<str>,
    pub(crate) answer: Answer,
    pub(crate) at: Timestamp,
}

impl Vote {
    /// Who voted, by the name that the directory knows.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// What they said.
    pub const fn answer(&self) -> Answer {
        self.answer
    }

    /// When.
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

/// What an approver says.
///
/// ```
/// use permitgate::gate::Answer;
///
/// assert_eq!((Answer::Approve.as_str(), Answer::Decline.as_str()), ("approve", "decline"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
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

impl Answer {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
        }
    }
}

/// How a request stands at a moment.
///
/// ```
/// use permitgate::gate::ApprovalState;
///
/// assert_eq!(ApprovalState::Pending.as_str(), "pending");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApprovalState {
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

impl ApprovalState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Used => "used",
        }
    }
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
    Is(ApprovalState),
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
            id: ApprovalId::next(),
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
    pub(crate) fn state(&self, now: Timestamp) -> ApprovalState {
        match self.stage {
            Stage::Withdrawn => ApprovalState::Withdrawn,
            Stage::Declined => ApprovalState::Declined,
            Stage::Approved(_) if self.calls.iter().all(|asked| asked.used) => ApprovalState::Used,
            Stage::Pending if now >= self.decide_by() => ApprovalState::Expired,
            Stage::Pending => ApprovalState::Pending,
            Stage::Approved(at) if now >= at.saturating_add(self.use_within()) => {
                ApprovalState::Expired
            }
            Stage::Approved(_) => ApprovalState::Approved,
        }
    }

    /// Whether nobody has decided, whatever the time.
    pub(crate) const fn is_undecided(&self) -> bool {
        matches!(self.stage, Stage::Pending)
    }

    /// The moment from which on nobody can decide any more.
    pub(crate) fn decide_by(&self) -> Timestamp {
        self.asked.saturating_add(self.shortest(Requirement::decision_time))
    }

    /// The moment from which on it cannot be used any more, once it is approved.
    pub(crate) fn use_by(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Approved(at) => Some(at.saturating_add(self.use_within())),
            _ => None,
        }
    }

    fn use_within(&self) -> Duration {
        self.shortest(Requirement::use_time)
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
                ApprovalState::Pending | ApprovalState::Approved => {
                    Ok(Self { stage: Stage::Withdrawn, ..self.clone() })
                }
                ApprovalState::Withdrawn => Ok(self.clone()),
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
            ApprovalState::Pending => {}
            state => return Err(StepFault::Is(state)),
        }
        if may_be_one_name(by, electorate.canonical(&self.agent)) {
            return Err(StepFault::Requester);
        }
        if !self.requirements.iter().any(|one| self.counts(one, by, electorate)) {
            let is_invoker = may_be_one_name(by, electorate.canonical(&self.invoker));
            return Err(if is_invoker { StepFault::Requester } else { StepFault::NotAnApprover });
        }
        let mut next = self.clone();
        next.votes.push(Vote { by: by.into(), answer, at: now });
        if answer == Answer::Decline {
            next.stage = Stage::Declined;
        } else if next.meets(&self.requirements, electorate) {
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
            ApprovalState::Approved if *used => Err(StepFault::Is(ApprovalState::Used)),
            ApprovalState::Approved if self.meets(&self.requirements, electorate) => Ok(()),
            ApprovalState::Approved => Err(StepFault::NoLongerEnough),
            state => Err(StepFault::Is(state)),
        }
    }

    /// Whether every requirement has its votes.
    pub(crate) fn meets(&self, required: &[Requirement], electorate: &dyn Electorate) -> bool {
        let approves = self.votes.iter().filter(|cast| cast.answer == Answer::Approve);
        let by: Vec<&str> = approves.map(|cast| &*cast.by).collect();
        self.requester().is_met(required, &by, electorate)
    }

    fn counts(&self, requirement: &Requirement, by: &str, electorate: &dyn Electorate) -> bool {
        self.requester().counts(requirement, by, electorate)
    }

    fn requester(&self) -> Requester<'_> {
        Requester { invoker: &self.invoker, agent: &self.agent }
    }
}

/// Who asks, and on whose behalf: neither approves, unless the invoker is named as such.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requester<'n> {
    pub(crate) invoker: &'n str,
    pub(crate) agent: &'n str,
}

impl Requester<'_> {
    /// Whether those who approve, each named once, meet every requirement. One vote counts once in each.
    pub(crate) fn is_met(
        self,
        required: &[Requirement],
        approve: &[&str],
        electorate: &dyn Electorate,
    ) -> bool {
        !required.is_empty()
            && required.iter().all(|requirement| {
                let counted = approve.iter().filter(|by| self.counts(requirement, by, electorate));
                counted.count() >= usize::from(requirement.count().max(1))
            })
    }

    /// Whether a vote of this person counts. The invoker counts only where the invoker is named as such.
    fn counts(self, requirement: &Requirement, by: &str, electorate: &dyn Electorate) -> bool {
        // Whoever asks is kept out under any spelling.
        if may_be_one_name(by, electorate.canonical(self.agent)) {
            return false;
        }
        let invoker = electorate.canonical(self.invoker);
        // Who may be the invoker is kept out, and let in as the invoker is only who surely is.
        let may_be_invoker = may_be_one_name(by, invoker);
        requirement.approvers().iter().any(|approver| match approver {
            Approver::Invoker => by.eq_ignore_ascii_case(invoker),
            Approver::Principal(name) => !may_be_invoker && electorate.canonical(name) == by,
            Approver::Group(group) => !may_be_invoker && electorate.is_member(by, group),
        })
    }
}
