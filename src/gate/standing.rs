//! What need not be asked for again: actions that fit a statement, so many times, until a moment, and until somebody revokes it.

use std::sync::Arc;

use crate::authority::scope::Scope;
use crate::base::codes::fault_table;
use crate::base::limits::MAX_STANDING;
use crate::base::time::Timestamp;
use crate::policy::{CompiledPolicy, Effect, Policy, PolicyError, Statement};

/// A standing approval before it is given: what it covers, for whom, how often and until when.
///
/// It answers "stop asking me this" without a hole. It lifts holds, and only those that the people who give it could lift by a vote;
/// it permits nothing, so what no policy grants stays denied and every other guard is asked. It covers what fits a permit of a
/// statement (operations, resources, readers, tools and conditions), for the invoker and under the capability of a scope and all
/// that was attenuated from that, whichever agent acts. Every use counts, and is on record.
///
/// ```
/// use permitgate::authority::{Approver, Requirement};
/// use permitgate::gate::{ApproverCredential, StandingApproval};
/// use permitgate::prelude::*;
/// use permitgate::time::{ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::from_unix_seconds(1_000));
/// let approvers = Requirement::by([Approver::Invoker]);
/// let gate = Gate::builder().approvers(approvers).clock(clock).build()?;
/// let policy = Policy::new([
///     Statement::permit("mail").operations(Operation::Delete).resources(["mail/{invoker}/**"]),
///     Statement::require_approval("ask").operations(Operation::Delete).resources(["mail/{invoker}/**"]),
/// ])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
///
/// let trash = Statement::permit("empty-trash").operations(Operation::Delete).resources(["mail/{invoker}/trash/*"]);
/// let standing = StandingApproval::new(&scope, trash, 20, Timestamp::from_unix_seconds(4_600))?;
/// let dana = ApproverCredential::new("dana", ambient_authority())?;
/// let number = gate.approvals().give(standing, &[&dana])?;
///
/// assert!(gate.decide(&Action::delete("mail.delete", "mail/dana/trash/7"), &scope).is_allow());
/// assert!(!gate.decide(&Action::delete("mail.delete", "mail/dana/inbox/7"), &scope).is_allow());
/// gate.approvals().revoke(number)?;
/// assert!(!gate.decide(&Action::delete("mail.delete", "mail/dana/trash/7"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it lifts nothing before it is given"]
pub struct StandingApproval {
    pub(super) terms: StandingTerms,
    pub(super) times: u64,
    pub(super) expires: Timestamp,
}

impl StandingApproval {
    /// Covers what fits a permit, for the invoker and under the capability of a scope, so many times, until a moment.
    ///
    /// # Errors
    /// [`StandingError`] when the statement is no permit, cannot be compiled or binds another name than `{invoker}` and `{agent}`, or
    /// it covers nothing.
    pub fn new(
        scope: &Scope,
        fits: Statement,
        times: u64,
        expires: Timestamp,
    ) -> Result<Self, StandingError> {
        if fits.effect() != Effect::Permit {
            return Err(Fault::NoPermit.into());
        }
        if times == 0 {
            return Err(Fault::NoUse.into());
        }
        let policy = Policy::new([fits.clone()]).map_err(Fault::Statement)?;
        if policy.bound_names().len() > 0 {
            return Err(Fault::BoundName.into());
        }
        let terms = StandingTerms {
            statement: fits,
            fits: policy.0,
            lineage: scope.capability().lineage_digest(),
            invoker: scope.invoker().into(),
            by: Vec::new(),
        };
        Ok(Self { terms, times, expires })
    }
}

/// What a standing approval is about.
#[derive(Clone, Debug)]
pub(crate) struct StandingTerms {
    /// The statement as it was given, which says what fits.
    pub(super) statement: Statement,
    pub(super) fits: Arc<CompiledPolicy>,
    /// The authority under which it counts, and all that was attenuated from it.
    pub(super) lineage: [u8; 32],
    pub(super) invoker: Arc<str>,
    /// Who gave it, each by the one name.
    pub(super) by: Vec<Arc<str>>,
}

/// A standing approval as it stands; see [`Approvals::standing`](crate::gate::Approvals::standing).
///
/// ```
/// use permitgate::Gate;
///
/// let gate = Gate::builder().build()?;
/// for standing in gate.approvals().standing() {
///     println!("{}: {} of `{}` left", standing.number(), standing.left(), standing.statement().id());
/// }
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StandingStatus {
    pub(super) number: u64,
    pub(super) terms: Arc<StandingTerms>,
    pub(super) left: u64,
    pub(super) expires: Timestamp,
}

impl StandingStatus {
    /// Its number, by which it is revoked.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// What fits it.
    pub fn statement(&self) -> &Statement {
        &self.terms.statement
    }

    /// For whom it counts.
    pub fn invoker(&self) -> &str {
        &self.terms.invoker
    }

    /// Who gave it.
    pub fn by(&self) -> impl ExactSizeIterator<Item = &str> {
        self.terms.by.iter().map(|by| &**by)
    }

    /// How often it may still be used.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// The moment from which on it counts no more.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// Why a standing approval cannot be given or revoked.
///
/// ```
/// use permitgate::gate::StandingApproval;
/// use permitgate::kinds::StandingErrorKind;
/// use permitgate::prelude::*;
/// use permitgate::time::Timestamp;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let forbid = Statement::forbid("never").operations(Operation::Delete);
/// let error = StandingApproval::new(&scope, forbid, 1, Timestamp::MAX).unwrap_err();
/// assert_eq!(error.kind(), StandingErrorKind::NoPermit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[error("standing approval: {0}")]
pub struct StandingError(#[from] pub(super) Fault);

impl StandingError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> StandingErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why a standing approval cannot be given or revoked ([`StandingError::kind`](crate::gate::StandingError::kind)).
    pub enum StandingErrorKind;

    #[derive(Debug, thiserror::Error)]
    pub(super) enum Fault {
        #[error("what it covers is said by a permit")]
        NoPermit => NoPermit, "standing-no-permit",
        #[error("what it covers: {0}")]
        Statement(PolicyError) => MalformedStatement, "standing-malformed-statement",
        #[error("what it covers binds a name; only `{{invoker}}` and `{{agent}}` are bound everywhere")]
        BoundName => StandingBoundName, "standing-bound-name",
        #[error("it covers nothing: it counts no use, or its time is over")]
        NoUse => NoUse, "standing-no-use",
        #[error("nobody gives it")]
        Nobody => Nobody, "standing-nobody",
        #[error("there are {MAX_STANDING} already")]
        Full => TooManyStanding, "too-many-standing",
        #[error("there is none of this number")]
        Unknown => UnknownStanding, "unknown-standing",
        #[error("it could not be recorded, so it does not count")]
        NotRecorded => StandingNotRecorded, "standing-not-recorded",
    }
}
