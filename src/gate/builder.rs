//! What a gate is built from.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as ProcessCounter, Ordering as ProcessOrdering};
use std::time::Duration;

use super::Gate;
use super::configuration::{Configuration, ConfigurationError, Guardrails};
use super::core::Core;
use super::desk::Desk;
use crate::authority::budget::Budget;
use crate::authority::requirement::Requirement;
use crate::base::clock::{Clock, SystemClock};
use crate::base::limits::{DEFAULT_DECLINE_SECS, DEFAULT_PERMIT_LIFETIME_SECS};
use crate::base::sync::{AtomicBool, AtomicU64};
use crate::directory::Directory;
use crate::flow::label::Labels;
use crate::gate::rule::Rule;
use crate::record::{LossLog, MemorySink, RecordSink};
use crate::state::budget::OpenReservations;
use crate::state::halt::Halts;
use crate::state::published::Published;
use crate::state::running::RunningEffects;

/// Records that the sink of a gate keeps per stream when no sink is named.
const DEFAULT_RECORDS: usize = 256;

/// Collects what a gate needs. Everything has a default: no guardrails, no rules, an empty directory, the
/// system's clock, a sink that keeps the last records in memory, permits that live a minute.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::time::{ManualClock, Timestamp};
/// use std::time::Duration;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let gate = Gate::builder()
///     .clock(ManualClock::new(Timestamp::from_unix_seconds(100)))
///     .permit_lifetime(Duration::from_secs(5))
///     .build()?;
/// let permit = gate.authorize(&Action::read("docs.read", "docs/intro"), &scope)?;
/// assert_eq!(permit.expires(), Timestamp::from_unix_seconds(105));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use = "a gate exists only after `build`"]
pub struct GateBuilder {
    configuration: Configuration,
    clock: Option<Arc<dyn Clock>>,
    sink: Option<Arc<dyn RecordSink>>,
    permit_lifetime: Option<Duration>,
    declines_last: Option<Duration>,
}

impl GateBuilder {
    /// Resolves audiences by this directory.
    pub fn directory(mut self, directory: impl Into<Arc<Directory>>) -> Self {
        self.configuration = self.configuration.directory(directory);
        self
    }

    /// Every action must pass these as well as its capability.
    pub fn guardrails(mut self, guardrails: impl Into<Guardrails>) -> Self {
        self.configuration = self.configuration.guardrails(guardrails);
        self
    }

    /// Decides every action a second time under these guardrails, and records that beside the decision.
    pub fn shadow_guardrails(mut self, candidate: impl Into<Guardrails>) -> Self {
        self.configuration = self.configuration.shadow_guardrails(candidate);
        self
    }

    /// Labels resources, so that what a session reads limits whom it may write to.
    pub fn labels(mut self, labels: Labels) -> Self {
        self.configuration = self.configuration.labels(labels);
        self
    }

    /// Adds a rule under a name of its own.
    pub fn rule(mut self, name: impl Into<Arc<str>>, rule: impl Rule + 'static) -> Self {
        self.configuration = self.configuration.rule(name, rule);
        self
    }

    /// Reads the time here.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Records decisions and outcomes here.
    pub fn sink(mut self, sink: impl RecordSink + 'static) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// How long a permit may wait for its effect to begin; a minute unless said otherwise.
    pub fn permit_lifetime(mut self, lifetime: Duration) -> Self {
        self.permit_lifetime = Some(lifetime);
        self
    }

    /// Who approves where a statement or a rule requires an approval and does not say by whom, how many or how long. Without this,
    /// nobody can approve what does not say who.
    ///
    /// ```
    /// use permitgate::Gate;
    /// use permitgate::authority::{Approver, Requirement};
    ///
    /// let gate = Gate::builder().approvers(Requirement::by([Approver::group("leads")])).build()?;
    /// # Ok::<(), permitgate::gate::ConfigurationError>(())
    /// ```
    pub fn approvers(mut self, requirement: Requirement) -> Self {
        self.configuration = self.configuration.approvers(requirement);
        self
    }

    /// Adds the key with which somebody signs votes; see [`SignedVote`](crate::token::SignedVote).
    #[cfg(feature = "token")]
    pub fn approver_key(mut self, name: impl Into<Arc<str>>, key: crate::token::PublicKey) -> Self {
        self.configuration = self.configuration.approver_key(name, key);
        self
    }

    /// How long a decline is final: meanwhile the same thing is denied, and nobody is asked for it again. A day unless said
    /// otherwise.
    pub fn declines_last(mut self, span: Duration) -> Self {
        self.declines_last = Some(span);
        self
    }

    /// Adds a budget on which everybody draws who passes the gate, or each invoker, agent or session on one of its own.
    ///
    /// ```
    /// use permitgate::authority::{Budget, Share};
    /// use permitgate::prelude::*;
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// let gate = Gate::builder()
    ///     .budget(Budget::concurrency("at-once", 16))
    ///     .budget(Budget::repeats("loop", 3).per(minute).shared_by(Share::Agent))
    ///     .build()?;
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let read = Action::read("docs.read", "docs/intro");
    /// for _ in 0..3 {
    ///     gate.run(&read, &scope, |_| Ok::<_, Refusal>(()))?;
    /// }
    /// assert_eq!(gate.decide(&read, &scope).reason(), permitgate::Reason::BudgetApproval);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn budget(mut self, budget: Budget) -> Self {
        self.configuration = self.configuration.budget(budget);
        self
    }

    /// Checks everything and makes the gate.
    ///
    /// # Errors
    /// [`ConfigurationError`] when a rule's name is malformed or stands twice, there are too many
    /// rules, or guardrails bind names beside `{invoker}` and `{agent}`.
    pub fn build(self) -> Result<Gate, ConfigurationError> {
        static GATES: ProcessCounter = ProcessCounter::new(1);
        let (lifetime, configuration) = (self.permit_lifetime, self.configuration.checked()?);
        let counts = configuration.budgets.iter().len() > 0;
        Ok(Gate {
            core: Arc::new(Core {
                id: GATES.fetch_add(1, ProcessOrdering::Relaxed),
                configuration: Published::new(configuration),
                halts: Halts::new(),
                running: RunningEffects::default(),
                lost: LossLog::default(),
                counts: AtomicBool::new(counts),
                open: OpenReservations::default(),
                desk: Desk::new(
                    self.declines_last.unwrap_or(Duration::from_secs(DEFAULT_DECLINE_SECS)),
                ),
                ticks: AtomicU64::new(0),
                latest: AtomicU64::new(0),
                permit_lifetime: lifetime
                    .unwrap_or(Duration::from_secs(DEFAULT_PERMIT_LIFETIME_SECS)),
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
                sink: self.sink.unwrap_or_else(|| Arc::new(MemorySink::last(DEFAULT_RECORDS))),
            }),
        })
    }
}

impl fmt::Debug for GateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateBuilder")
            .field("configuration", &self.configuration)
            .field("permit_lifetime", &self.permit_lifetime)
            .finish_non_exhaustive()
    }
}
