//! What is asked of people and what they say, as evidence.

use super::entry::DecisionRecord;
use crate::base::time::Timestamp;
use crate::state::approval::{Answer, ApprovalId, ApprovalSource, ApprovalState};

/// One step of an approval, as a [`RecordSink`](crate::record::RecordSink) gets it, before it counts.
///
/// The record of the [decision](crate::record::DecisionRecord::approval) that an approval lifted names the same request, so that the
/// record leads from what was held through who approved it to what came of it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::{Approver, Requirement};
/// use permitgate::record::{MemoryStep, MemorySink};
/// use std::sync::Arc;
///
/// # let policy = Policy::new([
/// #     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
/// #     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// let sink = Arc::new(MemorySink::last(10));
/// let approvers = Requirement::by([Approver::principal("lee")]);
/// let gate = Gate::builder().approvers(approvers).sink(sink.clone()).build()?;
/// let wish = Action::delete("files.delete", "files/old");
/// # let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
/// let request = gate.request_approval(&hold, &wish, &scope)?;
/// let event = &sink.approvals()[0];
/// assert_eq!((event.request, &event.step), (Some(request.id()), &MemoryStep::Asked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ApprovalEvent<'r> {
    /// When.
    pub at: Timestamp,
    /// The request, where it is about one.
    pub request: Option<ApprovalId>,
    /// What happened.
    pub step: ApprovalStep<'r>,
    /// The agent that asks; empty where it is about no agent.
    pub agent: &'r str,
    /// On whose behalf.
    pub invoker: &'r str,
}

/// What happened to an approval.
///
/// ```
/// use permitgate::record::ApprovalStep;
///
/// assert_eq!(ApprovalStep::Withdrawn.as_str(), "withdrawn");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalStep<'r> {
    /// Somebody is asked.
    Asked,
    /// An approver voted, and the request stands so then.
    Voted {
        /// Who, by the name that the directory knows.
        by: &'r str,
        /// What they said.
        answer: Answer,
        /// How the request stands with it.
        state: ApprovalState,
    },
    /// Somebody voted whose vote does not count.
    Refused {
        /// Who, as far as that is known.
        by: &'r str,
        /// What they said.
        answer: Answer,
        /// Why it does not count, as a code.
        why: &'static str,
    },
    /// It was taken back.
    Withdrawn,
    /// An effect began, and used it.
    Used(ApprovalSource),
    /// A standing approval was given.
    Given {
        /// Its number.
        number: u64,
        /// One of those who gave it.
        by: &'r str,
    },
    /// A standing approval was revoked.
    Revoked {
        /// Its number.
        number: u64,
    },
}

impl ApprovalStep<'_> {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Voted { .. } => "voted",
            Self::Refused { .. } => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Used(_) => "used",
            Self::Given { .. } => "given",
            Self::Revoked { .. } => "revoked",
        }
    }
}

impl DecisionRecord<'_> {
    /// What lifted the hold, where an approval did ([`Reason::Approved`](crate::Reason::Approved)).
    pub fn approval(&self) -> Option<ApprovalSource> {
        self.approval
    }
}
