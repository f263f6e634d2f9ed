//! What those who answer have: the list, votes, withdrawal.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::approval::ApprovalRequest;
use super::core::Core;
use super::credential::ApproverCredential;
use super::desk::Voters;
use super::standing::{Fault as StandingFault, StandingApproval, StandingError, StandingStatus};
use crate::base::codes::fault_table;
use crate::base::time::Timestamp;
use crate::decision::{Reason, RecordError};
use crate::gate::refusal::Refusal;
use crate::record::{ApprovalEvent, ApprovalStep};
use crate::state::approval::{
    Answer, ApprovalCase, ApprovalId, ApprovalSource, ApprovalState, QueueFault, Step, StepFault,
};

/// The approvals of a gate, for those who answer; [`Gate::approvals`](crate::Gate::approvals) gives it. Cloning shares it.
///
/// ```
/// use permitgate::authority::{Approver, Requirement};
/// use permitgate::gate::{Answer, ApproverCredential, ApprovalState};
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([
/// #     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
/// #     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// let gate = Gate::builder().approvers(Requirement::by([Approver::principal("lee")])).build()?;
/// # let wish = Action::delete("files.delete", "files/old");
/// # let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
/// # let asked = gate.request_approval(&hold, &wish, &scope)?;
/// let approvals = gate.approvals();
/// let lee = ApproverCredential::new("lee", ambient_authority())?;
/// for request in approvals.pending() {
///     println!("{}", request.page());
///     assert_eq!(approvals.vote(request.id(), Answer::Decline, &lee)?, ApprovalState::Declined);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Approvals {
    pub(super) core: Arc<Core>,
}

impl Approvals {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// What is pending: what cannot be undone first, of that what reaches farthest, and among those alike what has waited longest.
    /// So a flood of small requests does not hide the one that matters.
    pub fn pending(&self) -> Vec<ApprovalRequest> {
        let pending = self.core.desk.queue.pending(self.core.now_or_latest());
        pending.iter().filter_map(|case| self.find(case.id)).collect()
    }

    /// One request, as long as it is known.
    pub fn find(&self, id: ApprovalId) -> Option<ApprovalRequest> {
        ApprovalRequest::find(&self.core, id)
    }

    /// Votes. A vote that comes again says nothing new; one that says something else is refused. All approvals that are required make
    /// the request approved, one decline ends it at once.
    ///
    /// How the request stands with it.
    ///
    /// # Errors
    /// [`VoteError`] when nothing is asked under this id, the voter is the one who asks or no approver, said something else before,
    /// or it is decided, withdrawn or expired; and when the vote cannot be recorded.
    pub fn vote(
        &self,
        id: ApprovalId,
        answer: Answer,
        by: &ApproverCredential,
    ) -> Result<ApprovalState, VoteError> {
        self.core.vote(id, answer, by.name())
    }

    /// Takes a [signed vote](crate::token::SignedVote), as bytes that anybody may have handed on.
    ///
    /// # Errors
    /// [`VoteError`] when they are no vote, the key is no approver's, the signature is wrong or it is for something else than what is asked
    /// under that id; and as [`vote`](Self::vote).
    #[cfg(feature = "token")]
    pub fn vote_signed(&self, vote: &[u8]) -> Result<ApprovalState, VoteError> {
        let claimed = crate::token::ClaimedVote::read(vote).ok_or(Fault::Malformed)?;
        let by = self.core.configuration.read(|configuration| {
            let mut keys = configuration.approver_keys.iter();
            let (name, key) =
                keys.find(|(_, key)| key.id() == claimed.key).ok_or(Fault::UnknownKey)?;
            if claimed.is_by(key) { Ok(Arc::clone(name)) } else { Err(Fault::WrongSignature) }
        })?;
        let request = self.core.desk.queue.find(claimed.request).ok_or(Fault::Unknown)?;
        if request.digest != claimed.digest {
            return Err(Fault::OtherDigest.into());
        }
        self.core.vote(claimed.request, claimed.answer, &by)
    }

    /// Takes a request back, or an approval that was not used; see [`ApprovalRequest::withdraw`].
    ///
    /// # Errors
    /// As [`ApprovalRequest::withdraw`].
    pub fn withdraw(&self, id: ApprovalId) -> Result<(), Refusal> {
        self.core.withdraw(id)
    }

    /// Gives a standing approval, in the name of these people. Its number.
    ///
    /// It lifts only what they could approve by a vote, each time that it is used: where two must approve, two must give it.
    ///
    /// # Errors
    /// [`StandingError`] when nobody gives it, its time is over, there are too many, or it cannot be recorded.
    pub fn give(
        &self,
        standing: StandingApproval,
        by: &[&ApproverCredential],
    ) -> Result<u64, StandingError> {
        self.core.give(standing, by)
    }

    /// Revokes a standing approval: nothing is permitted on it any more, and no permit that was given on it begins.
    ///
    /// # Errors
    /// [`StandingError`] when there is none of this number, or that cannot be recorded.
    pub fn revoke(&self, number: u64) -> Result<(), StandingError> {
        self.core.revoke(number)
    }

    /// The standing approvals that count now, the oldest first.
    pub fn standing(&self) -> Vec<StandingStatus> {
        let rows = self.core.desk.standing.list(self.core.now_or_latest());
        let status = |row: crate::state::approval::standing::StandingApproval<_>| StandingStatus {
            number: row.number,
            terms: row.matter,
            left: row.left,
            expires: row.expires,
        };
        rows.into_iter().map(status).collect()
    }

    /// How often something has changed: somebody asked, voted or withdrew, or an approval was used.
    pub fn changes(&self) -> u64 {
        self.core.desk.watch.changes()
    }

    /// Waits until something has changed since it had changed `seen` times, at most about as long as `limit`. How often it has by
    /// then: for a program that shows the list.
    pub fn wait_for_change(&self, seen: u64, limit: Duration) -> u64 {
        self.core.desk.watch.wait(seen, limit)
    }
}

impl Core {
    pub(super) fn now_or_latest(&self) -> Timestamp {
        self.now().unwrap_or_else(|latest| latest)
    }

    pub(super) fn vote(
        &self,
        id: ApprovalId,
        answer: Answer,
        by: &str,
    ) -> Result<ApprovalState, VoteError> {
        let turn = self.desk.turn();
        let now = self.now().map_err(|_| Fault::Clock)?;
        let case = self.desk.queue.find(id).ok_or(Fault::Unknown)?;
        let voted = self.configuration.read(|configuration| {
            let voters = Voters(&configuration.directory);
            let step = Step::Vote { by, answer };
            let name = configuration.directory.one_name(by);
            // What it would come to is on record before it does.
            let next = match case.step(step, now, &voters) {
                Ok(next) => next,
                Err(fault) => {
                    let fault = Fault::from(fault);
                    let why = fault.kind().code();
                    let refused = ApprovalStep::Refused { by: name, answer, why };
                    // Refused all the same.
                    let _told = self.tell_of(&case, refused, now);
                    return Err(fault);
                }
            };
            let state = next.state(now);
            if next != case {
                let voted = ApprovalStep::Voted { by: name, answer, state };
                self.tell_of(&case, voted, now).map_err(|_| Fault::NotRecorded)?;
            }
            self.desk.queue.step(id, step, now, &voters).map_err(|fault| match fault {
                QueueFault::Unknown => Fault::Unknown,
                QueueFault::Step(fault) => fault.into(),
            })?;
            Ok(state)
        });
        drop(turn);
        self.desk.watch.notify();
        Ok(voted?)
    }

    pub(super) fn withdraw(&self, id: ApprovalId) -> Result<(), Refusal> {
        let turn = self.desk.turn();
        let now = self.now_or_latest();
        let gone = || Refusal::denied(Reason::ApprovalGone);
        let case = self.desk.queue.find(id).ok_or_else(gone)?;
        match case.state(now) {
            ApprovalState::Pending | ApprovalState::Approved => {}
            ApprovalState::Withdrawn => return Ok(()),
            ApprovalState::Declined => return Err(Refusal::denied(Reason::ApprovalDeclined)),
            ApprovalState::Expired => return Err(Refusal::denied(Reason::ApprovalExpired)),
            ApprovalState::Used => return Err(gone()),
        }
        // In force before anything else: what cannot be recorded does not keep it.
        let withdrawn = self.configuration.read(|configuration| {
            let voters = Voters(&configuration.directory);
            self.desk.queue.step(id, Step::Withdraw, now, &voters)
        });
        // It may have been used between.
        let told = withdrawn.map_err(|_| gone()).and_then(|_| {
            let told = self.tell_of(&case, ApprovalStep::Withdrawn, now);
            told.map_err(|cause| Refusal::not_recorded(Some(cause)))
        });
        drop(turn);
        self.desk.watch.notify();
        told
    }

    fn give(
        &self,
        StandingApproval { mut terms, times, expires }: StandingApproval,
        by: &[&ApproverCredential],
    ) -> Result<u64, StandingError> {
        let turn = self.desk.turn();
        let now = self.now_or_latest();
        if expires <= now {
            return Err(StandingFault::NoUse.into());
        }
        terms.by = self.configuration.read(|configuration| {
            let names = by.iter().map(|by| configuration.directory.one_name(by.name()));
            let names: BTreeSet<&str> = names.collect();
            names.into_iter().map(Arc::from).collect()
        });
        if terms.by.is_empty() {
            return Err(StandingFault::Nobody.into());
        }
        let terms = Arc::new(terms);
        let given = self.desk.standing.draw_up(Arc::clone(&terms), times, expires, now);
        let number = given.ok_or(StandingFault::Full)?;
        for by in &terms.by {
            let step = ApprovalStep::Given { number, by };
            let event =
                ApprovalEvent { at: now, request: None, step, agent: "", invoker: &terms.invoker };
            if self.tell(&event).is_err() {
                self.desk.standing.revoke(number, now);
                return Err(StandingFault::NotRecorded.into());
            }
        }
        // Nothing counts before it is on record.
        self.desk.standing.put_in_force(number, now);
        drop(turn);
        self.desk.watch.notify();
        Ok(number)
    }

    fn revoke(&self, number: u64) -> Result<(), StandingError> {
        let turn = self.desk.turn();
        let now = self.now_or_latest();
        // In force before anything else: what cannot be recorded does not keep it.
        if !self.desk.standing.revoke(number, now) {
            return Err(StandingFault::Unknown.into());
        }
        let step = ApprovalStep::Revoked { number };
        let told =
            self.tell(&ApprovalEvent { at: now, request: None, step, agent: "", invoker: "" });
        drop(turn);
        self.desk.watch.notify();
        told.map_err(|_| StandingFault::NotRecorded.into())
    }

    fn tell_of(
        &self,
        case: &ApprovalCase,
        step: ApprovalStep<'_>,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        let (agent, invoker) = (&*case.agent, &*case.invoker);
        self.tell(&ApprovalEvent { at, request: Some(case.id), step, agent, invoker })
    }

    /// An effect began, and used an approval. That cannot be refused any more.
    pub(super) fn tell_used(&self, source: ApprovalSource, at: Timestamp) {
        let request = match source {
            ApprovalSource::Request(id) => Some(id),
            ApprovalSource::Standing(_) => None,
        };
        let case = request.and_then(|id| self.desk.queue.find(id));
        let (agent, invoker) =
            case.as_ref().map_or(("", ""), |case| (&*case.agent, &*case.invoker));
        let step = ApprovalStep::Used(source);
        let _told = self.tell(&ApprovalEvent { at, request, step, agent, invoker });
        self.desk.watch.notify();
    }
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").field("gate", &self.core.id).finish_non_exhaustive()
    }
}

/// Why a vote does not count.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::{Answer, ApprovalId, ApproverCredential};
/// use permitgate::kinds::VoteErrorKind;
///
/// let gate = Gate::builder().build()?;
/// let lee = ApproverCredential::new("lee", ambient_authority())?;
/// let error = gate.approvals().vote(ApprovalId::from_bytes([7; 16]), Answer::Approve, &lee).unwrap_err();
/// assert_eq!(error.kind(), VoteErrorKind::UnknownRequest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("vote: {0}")]
pub struct VoteError(#[from] Fault);

impl VoteError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> VoteErrorKind {
        self.0.kind()
    }
}

impl From<StepFault> for Fault {
    fn from(fault: StepFault) -> Self {
        match fault {
            StepFault::Requester => Self::Requester,
            StepFault::NotAnApprover | StepFault::NoLongerEnough => Self::NotAnApprover,
            StepFault::SaidOtherwise => Self::SaidOtherwise,
            StepFault::Is(state) => Self::Over(state.as_str()),
            StepFault::OtherCall => Self::Unknown,
        }
    }
}

fault_table! {
    /// Why a vote does not count ([`VoteError::kind`](crate::gate::VoteError::kind)).
    pub enum VoteErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[cfg_attr(not(feature = "token"), expect(dead_code, reason = "keys sign votes"))]
    enum Fault {
        #[error("nothing is asked under this id")]
        Unknown => UnknownRequest, "unknown-request",
        #[error("whoever asks does not vote; neither does the invoker, unless the requirement names the invoker")]
        Requester => Requester, "requester",
        #[error("none of the requirements lets this person approve")]
        NotAnApprover => NotAnApprover, "not-an-approver",
        #[error("this person said something else before, and that stands")]
        SaidOtherwise => SaidOtherwise, "said-otherwise",
        #[error("it is {0}")]
        Over(&'static str) => Over, "over",
        #[error("these bytes are no signed vote")]
        Malformed => MalformedVote, "malformed-vote",
        #[error("it is signed with a key that is no approver's")]
        UnknownKey => UnknownVoteKey, "unknown-vote-key",
        #[error("its signature is wrong")]
        WrongSignature => WrongVoteSignature, "wrong-vote-signature",
        #[error("it is for something else than what is asked under this id")]
        OtherDigest => OtherRequest, "other-request",
        #[error("it could not be recorded, so it does not count")]
        NotRecorded => NotRecorded, "not-recorded",
        #[error("the clock stepped back too far, or failed")]
        Clock => Clock, "vote-without-clock",
    }
}
