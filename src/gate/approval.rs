//! A held action that waits for a person: how it stands, what it shows, and the answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::core::Core;
use super::dossier::Dossier;
use crate::authority::requirement::Requirement;
use crate::base::time::Timestamp;
use crate::decision::{Grounds, Reason};
use crate::gate::refusal::{Hold, Refusal};
use crate::model::action::OwnedAction;
use crate::state::approval::{ApprovalCase, ApprovalId, ApprovalState, RequestDigest, Vote};

/// A request for approval: one exact call, or a bundle of them.
///
/// [`Gate::request_approval`](crate::Gate::request_approval) makes one. Wait for the answer with [`wait`](Self::wait) in a thread, or
/// `.await` it on any runtime; then authorize the same action again. What is approved is used by that, once, within
/// the time that the requirement leaves.
///
/// It is a handle: cloning one shares the request, and dropping one changes nothing. The request stays open until it is decided, its
/// time is over, or somebody [withdraws](Self::withdraw) it. The future has no timer of its own. It wakes when somebody votes or
/// withdraws; give it the limit of your runtime, as in `tokio::time::timeout(limit, &mut request)`.
///
/// ```
/// use permitgate::authority::{Approver, Requirement};
/// use permitgate::gate::{Answer, ApproverCredential};
/// use permitgate::prelude::*;
/// use std::time::Duration;
///
/// let gate = Gate::builder().approvers(Requirement::by([Approver::principal("lee")])).build()?;
/// let policy = Policy::new([
///     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
///     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// ])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
///
/// let delete = gate.tool("files.delete", Operation::Delete);
/// let wish = delete.on("files/old");
/// let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
/// let request = gate.request_approval(&hold, &wish, &scope)?;
/// assert_eq!(
///     request.sentence(),
///     "agent `tidy`, for `dana`, asks to delete `files/old` with `files.delete`, visible to `dana` alone; it cannot be undone"
/// );
///
/// // Elsewhere: Lee has signed in, and answers.
/// let lee = ApproverCredential::new("lee", ambient_authority())?;
/// gate.approvals().vote(request.id(), Answer::Approve, &lee)?;
///
/// request.wait(Duration::from_secs(45))?;
/// gate.authorize(&wish, &scope)?.begin(&delete)?.done();
/// assert!(gate.authorize(&wish, &scope).is_err(), "approved once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "futures do nothing unless polled; wait for the answer, or withdraw the request"]
pub struct ApprovalRequest {
    core: Arc<Core>,
    dossier: Arc<Dossier>,
    /// The number under which the future is woken, once it was polled.
    waits: Option<u64>,
}

impl ApprovalRequest {
    pub(super) fn find(core: &Arc<Core>, id: ApprovalId) -> Option<Self> {
        let dossier = core.desk.dossier(id)?;
        Some(Self { core: Arc::clone(core), dossier, waits: None })
    }

    /// Which one it is.
    pub fn id(&self) -> ApprovalId {
        self.dossier.id
    }

    /// The digest of all that is asked for. Whoever asks for the same has the same.
    pub fn digest(&self) -> RequestDigest {
        self.dossier.digest
    }

    /// How it stands now. One that was over so long ago that it is forgotten is expired.
    pub fn state(&self) -> ApprovalState {
        let now = self.now();
        self.case().map_or(ApprovalState::Expired, |case| case.state(now))
    }

    /// Who voted, and what they said.
    pub fn votes(&self) -> Vec<Vote> {
        self.case().map_or_else(Vec::new, |case| case.votes)
    }

    /// What must be met, each of them.
    pub fn requirements(&self) -> &[Requirement] {
        &self.dossier.requirements
    }

    /// The agent that asks.
    pub fn agent(&self) -> &str {
        &self.dossier.agent
    }

    /// On whose behalf.
    pub fn invoker(&self) -> &str {
        &self.dossier.invoker
    }

    /// Every action that is asked for, frozen as it was. They hold the arguments, secret ones too.
    pub fn actions(&self) -> impl Iterator<Item = &OwnedAction> {
        self.dossier.calls.iter().flat_map(|call| &call.actions)
    }

    /// The moment from which on nobody can decide it any more.
    pub fn decide_by(&self) -> Timestamp {
        self.dossier.decide_by
    }

    /// The moment from which on it cannot be used any more, once it is approved.
    pub fn use_by(&self) -> Option<Timestamp> {
        self.case()?.use_by()
    }

    /// What is asked for, in one sentence.
    pub fn sentence(&self) -> String {
        self.dossier.sentence()
    }

    /// Everything that an approver needs to know, as lines of text: what exactly, whom it reaches, the arguments by kind without
    /// secrets, what cannot be undone, who asks on whose behalf and why a person must approve, and what needs no approval.
    pub fn page(&self) -> String {
        self.dossier.page()
    }

    /// The same as one JSON object.
    pub fn json(&self) -> String {
        self.dossier.json()
    }

    /// Waits for the answer, at most about as long as `limit`.
    ///
    /// # Errors
    /// [`Refusal::Held`] with [`Reason::ApprovalPending`] where nobody has decided by then; it stays open. [`Refusal::Denied`] with
    /// [`Reason::ApprovalDeclined`], [`Reason::ApprovalExpired`], [`Reason::ApprovalWithdrawn`], or [`Reason::ApprovalGone`] where it
    /// was used already.
    pub fn wait(&self, limit: Duration) -> Result<(), Refusal> {
        let watch = &self.core.desk.watch;
        let began = self.core.monotonic();
        let mut left = limit;
        loop {
            let seen = watch.changes();
            if let Some(answer) = self.answer() {
                return answer;
            }
            if left.is_zero() {
                return Err(pending());
            }
            // Nobody tells when its time is over.
            let until = self.decide_by().as_unix_millis();
            let until = until.saturating_sub(self.now().as_unix_millis()).saturating_add(1);
            let patience = left.min(Duration::from_millis(until));
            if watch.wait(seen, patience) == seen {
                left -= patience;
            }
            // Others' votes wake it as well, and do not make it wait longer. A clock that stands still counts none of that.
            let waited = Duration::from_nanos(self.core.monotonic().saturating_sub(began));
            left = left.min(limit.saturating_sub(waited));
        }
    }

    /// Takes it back: nobody can approve it any more, and an approval that was not used cannot be.
    ///
    /// # Errors
    /// [`Refusal::Denied`] with the reason why it is too late: it was used, declined or has expired; or with
    /// [`Reason::RecordRefused`] where it is withdrawn, and that cannot be recorded.
    pub fn withdraw(&self) -> Result<(), Refusal> {
        self.core.withdraw(self.id())
    }

    /// The answer, once there is one.
    fn answer(&self) -> Option<Result<(), Refusal>> {
        let reason = match self.state() {
            ApprovalState::Pending => return None,
            ApprovalState::Approved => return Some(Ok(())),
            ApprovalState::Declined => Reason::ApprovalDeclined,
            ApprovalState::Expired => Reason::ApprovalExpired,
            ApprovalState::Withdrawn => Reason::ApprovalWithdrawn,
            ApprovalState::Used => Reason::ApprovalGone,
        };
        Some(Err(Refusal::denied(reason)))
    }

    fn case(&self) -> Option<ApprovalCase> {
        self.core.desk.queue.find(self.id())
    }

    fn now(&self) -> Timestamp {
        self.core.now().unwrap_or_else(|latest| latest)
    }
}

/// Nobody has decided yet.
const fn pending() -> Refusal {
    Refusal::Held(Hold(Grounds::new(Reason::ApprovalPending)))
}

/// The answer, as [`wait`](ApprovalRequest::wait) gives it. That its time is over is seen when it is polled.
impl Future for ApprovalRequest {
    type Output = Result<(), Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Woken from now on, so that no vote comes between.
        let waits = self.core.desk.watch.wake(self.waits, context.waker());
        self.waits = Some(waits);
        match self.answer() {
            Some(answer) => {
                self.core.desk.watch.forget(waits);
                self.waits = None;
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for ApprovalRequest {
    fn drop(&mut self) {
        if let Some(waits) = self.waits {
            self.core.desk.watch.forget(waits);
        }
    }
}

impl Clone for ApprovalRequest {
    fn clone(&self) -> Self {
        let (core, dossier) = (Arc::clone(&self.core), Arc::clone(&self.dossier));
        Self { core, dossier, waits: None }
    }
}

impl fmt::Debug for ApprovalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApprovalRequest")
            .field("id", &self.id())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
