//! The enforcement point, and the only way to a permit. `authorize` has the guards, in one place and in their order.

mod action_gate;
mod approval;
pub(crate) mod approvals;
mod asking;
mod authorize;
mod batch;
mod begin;
mod budget_status;
#[cfg(test)]
mod budget_tests;
mod budgets;
mod builder;
mod call;
pub(crate) mod configuration;
mod consumption;
mod context;
mod core;
mod credential;
mod desk;
mod dossier;
mod evaluation;
mod explain;
mod grounds;
mod lift;
mod lowering;
mod page;
pub(crate) mod permit;
pub(crate) mod refusal;
mod request;
mod reservation;
pub(crate) mod rule;
pub mod rules;
mod run;
mod shadow;
mod siblings;
pub(crate) mod standing;
mod subject;
#[cfg(test)]
mod tests;
mod tool_gate;
mod watch;

pub use action_gate::ActionGate;
pub use approval::ApprovalRequest;
pub use approvals::{Approvals, VoteError};
pub use batch::BatchRefusal;
pub use budget_status::BudgetStatus;
pub use builder::GateBuilder;
pub use configuration::{Configuration, ConfigurationError, Guardrails};
pub use consumption::Consumption;
pub use credential::ApproverCredential;
pub use explain::Explanation;
pub use permit::{
    CallEffect, CallHandle, CallPermit, CallRunning, EffectHandle, OwnedCallPermit,
    OwnedCallRunning, OwnedPermit, OwnedRunning, Permit, Running, ToolHandle,
};
pub use refusal::{Denial, Hold, Refusal};
pub use rule::{ApprovalRule, Rule, RuleContext, Verdict, VersionedRule};
pub use run::{ActionGateExt, Alternative, RunError};
pub use standing::{StandingApproval, StandingError, StandingStatus};
pub use tool_gate::{CallRefusal, ToolCall, ToolGate};

pub use crate::state::approval::{Answer, ApprovalId, ApprovalState, RequestDigest, Vote};
pub use crate::state::halt::Halt;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::core::Core;
use crate::authority::scope::Scope;
use crate::decision::Decision;
use crate::manifest::Call;
use crate::model::action::{Action, Operation};
use context::{DecisionContext, WholeCall};

/// The gate: guardrails, rules, directory, records, a clock, and the stop button.
///
/// Build one per process and wrap every tool call in [`authorize`](Self::authorize), or join it with a manifest as a [`ToolGate`]. Cloning is cheap and shares it.
/// `authorize` allocates nothing, whatever the answer, and threads do not wait for each other.
///
/// ```
/// use permitgate::prelude::*;
///
/// let gate = Gate::builder()
///     .guardrails(Restrictions::new([Statement::forbid("no-administration")
///         .operations(Operation::Administer)])?)
///     .build()?;
///
/// let policy = Policy::new([Statement::permit("notes")
///     .operations(Operation::Read | Operation::Create)
///     .resources(["notes/{invoker}/**"])])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
///
/// let write = gate.tool("notes.write", Operation::Create);
/// let permit = gate.authorize(&write.on("notes/dana/today"), &scope)?;
/// let running = permit.begin(&write)?;
/// assert_eq!(running.action().resource(), "notes/dana/today");
/// running.done();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Gate {
    core: Arc<Core>,
}

impl Gate {
    /// Starts a gate.
    pub fn builder() -> GateBuilder {
        GateBuilder::default()
    }

    /// Decides, records the decision, and gives a permit where the answer is yes. See [`ActionGate::authorize`].
    ///
    /// Allocates nothing, whatever the answer.
    ///
    /// # Errors
    /// [`Refusal`] with the reason: a person must approve it first, or it is denied.
    pub fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        let moment = &self.core.moment(scope);
        self.core.configuration.read_numbered(|configuration, number| {
            let (siblings, desk) = (None, &self.core.desk);
            let call = &WholeCall::new(std::slice::from_ref(action), None);
            let context =
                DecisionContext { configuration, action, scope, moment, siblings, call, desk };
            self.core.admit(&context, |posting| {
                let terms = self.core.terms(posting, &context);
                Permit::new(&self.core, *action, scope, terms, moment.label, number)
            })
        })
    }

    /// The answer that [`authorize`](Self::authorize) would give now, without a permit, a record or a change of state.
    pub fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.core.decide(action, scope)
    }

    /// Decides every action of a mapped call, records each decision, and gives one permit for the whole where the answer to all
    /// of them is yes. See [`ActionGate::authorize_call`].
    ///
    /// # Errors
    /// [`Refusal`] of the action that is refused most strictly, the first of these.
    pub fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        self.authorize_together(call, scope)
    }

    /// The answer that [`authorize_call`](Self::authorize_call) would give now: of all its actions the strictest.
    pub fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        self.decide_together(call, scope)
    }

    /// What people were asked, for those who answer: requests, votes and standing approvals. Keep it from agents.
    pub fn approvals(&self) -> Approvals {
        Approvals::new(Arc::clone(&self.core))
    }

    /// Names a tool that this gate guards. A tool keeps the value and hands it to
    /// [`Permit::begin`], which refuses permits that are not for this gate, tool and operation.
    pub fn tool(&self, name: impl Into<Arc<str>>, operation: Operation) -> ToolHandle {
        ToolHandle::new(self.core.id, name.into(), operation)
    }

    /// Names a tool that this gate guards and that does what a [`Manifest`](crate::Manifest) says of its calls, for
    /// [`CallPermit::begin`].
    pub fn call_handle(&self, name: impl Into<Arc<str>>) -> CallHandle {
        CallHandle::new(self.core.id, name.into())
    }

    /// Replaces guardrails, rules, directory and labels as one, without holding decisions up.
    ///
    /// The closure gets the present configuration and returns the next one. When this returns, every
    /// decision that starts sees the new configuration, and a permit that was given under the old one is decided again when its
    /// effect begins. The closure may ask the gate, which answers by
    /// the present one; it must not reconfigure the gate, since that would wait for itself.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the new configuration is not valid; then the old one stays.
    pub fn reconfigure(
        &self,
        change: impl FnOnce(Configuration) -> Configuration,
    ) -> Result<(), ConfigurationError> {
        self.core.configuration.replace(|present, number| {
            let next = change(present.clone()).checked()?.following(present, number);
            // Before anybody decides by it.
            self.core.note_budgets(&next);
            Ok(next)
        })
    }

    /// Stops what `halt` names: every `authorize` and every `begin` that starts after this returns is
    /// refused, and permits already given are refused at `begin`, also after a later `resume`.
    pub fn halt(&self, halt: Halt<'_>) {
        self.core.halts.halt(halt);
    }

    /// Like [`halt`](Self::halt), then waits until no effect that it covers is running.
    ///
    /// # Errors
    /// [`StillRunning`] when effects are left after `patience`; the halt stays in force. An effect that
    /// calls this for itself waits in vain.
    pub fn halt_and_wait(&self, halt: Halt<'_>, patience: Duration) -> Result<(), StillRunning> {
        self.halt(halt);
        match self.core.running.wait(halt, patience) {
            0 => Ok(()),
            effects => Err(StillRunning { effects }),
        }
    }

    /// Ends a halt. Permits that it met stay refused.
    pub fn resume(&self, halt: Halt<'_>) {
        self.core.halts.resume(halt);
    }
}

impl ActionGate for Gate {
    fn request_approval(
        &self,
        hold: &Hold,
        action: &Action<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        Self::request_approval(self, hold, action, scope)
    }

    fn request_call_approval(
        &self,
        hold: &Hold,
        call: &Call<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        Self::request_call_approval(self, hold, call, scope)
    }

    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        Self::authorize(self, action, scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        Self::decide(self, action, scope)
    }

    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        Self::authorize_call(self, call, scope)
    }

    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        Self::decide_call(self, call, scope)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("id", &self.core.id).finish_non_exhaustive()
    }
}

/// A halt is in force, but effects that began before it are still running.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::{Halt, StillRunning};
/// use std::time::Duration;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let read = gate.tool("docs.read", Operation::Read);
/// let running = gate.authorize(&read.on("docs/intro"), &scope)?.begin(&read)?;
/// let halted = gate.halt_and_wait(Halt::Everything, Duration::ZERO);
/// assert_eq!(halted, Err(StillRunning { effects: 1 }));
/// running.failed();
/// assert_eq!(gate.halt_and_wait(Halt::Everything, Duration::ZERO), Ok(()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("halted, but {effects} effects that began before are still running")]
pub struct StillRunning {
    /// How many.
    pub effects: usize,
}
