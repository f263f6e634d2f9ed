//! The enforcement point, and the only way to a permit. `authorize` has the guards, in one place and in their order.

mod action_gate;
mod authorize;
mod batch;
mod call;
mod configuration;
mod context;
mod evaluation;
mod explain;
mod flow;
mod grounds;
mod run;
mod siblings;

pub use action_gate::ActionGate;
pub use batch::BatchRefusal;
pub use configuration::{
    Configuration, ConfigurationError, ConfigurationErrorKind, GateBuilder, Guardrails,
};
pub use explain::Explanation;
pub use run::{ActionGateExt, Alternative, RunError};

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::action::{Action, Operation};
use crate::audit::{DecisionRecord, Finding, Lost, Outcome, RecordNumber, RecordSink};
use crate::clock::Clock;
use crate::decision::{Decision, SinkRefusal};
use crate::manifest::Call;
use crate::permit::{CallPermit, CallTool, Given, Permit, Tool};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::state::halt::{Halt, HaltMark, Halts};
use crate::state::published::Published;
use crate::state::running::{Entered, Running};
use crate::sync::{AtomicU64, Ordering};
use crate::time::Timestamp;
use authorize::decision;
use context::{DecisionContext, Moment};
use evaluation::PreparedAction;

/// The gate: guardrails, rules, directory, records, a clock, and the stop button.
///
/// Build one per process and wrap every tool call in [`authorize`](ActionGate::authorize). Cloning is cheap and shares it.
/// `authorize` allocates nothing, whatever the answer, and threads do not wait for each other.
///
/// ```
/// use permitgate::*;
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

struct Core {
    id: u64,
    configuration: Published<Configuration>,
    halts: Halts,
    running: Running,
    /// The latest time seen, in milliseconds; time never falls below it.
    latest: AtomicU64,
    permit_lifetime: Duration,
    clock: Arc<dyn Clock>,
    sink: Arc<dyn RecordSink>,
    lost: Lost,
}

impl ActionGate for Gate {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        let moment = &self.moment(scope);
        self.core.configuration.read_numbered(|configuration, number| {
            let context = DecisionContext { configuration, action, scope, moment, siblings: None };
            self.admit(&context, |record| {
                let given = self.given(record, moment);
                Permit::new(self, *action, scope, given, moment.label, number)
            })
        })
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        let moment = &self.moment(scope);
        self.core.configuration.read(|configuration| {
            let context = DecisionContext { configuration, action, scope, moment, siblings: None };
            decision(&context)
        })
    }

    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        self.authorize_together(call, scope)
    }

    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        self.decide_together(call, scope)
    }
}

impl Gate {
    /// Starts a gate.
    pub fn builder() -> GateBuilder {
        GateBuilder::default()
    }

    /// Names a tool that this gate guards. A tool keeps the value and hands it to
    /// [`Permit::begin`], which refuses permits that are not for this gate, tool and operation.
    pub fn tool(&self, name: impl Into<Arc<str>>, operation: Operation) -> Tool {
        Tool::new(self.core.id, name.into(), operation)
    }

    /// Names a tool that this gate guards and that does what a [`Manifest`](crate::Manifest) says of its calls, for
    /// [`CallPermit::begin`].
    pub fn call_tool(&self, name: impl Into<Arc<str>>) -> CallTool {
        CallTool::new(self.core.id, name.into())
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
            Ok(change(present.clone()).checked()?.following(present, number))
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

    /// What a permit is given under.
    #[inline]
    fn given(&self, record: RecordNumber, moment: &Moment) -> Given {
        let expires = moment.now.saturating_add(self.core.permit_lifetime);
        Given { record, halts: moment.halts, expires }
    }

    /// Guard 10. `None` where it is not recorded, as by a sink that panics; then `refusal` says why.
    #[inline(always)]
    fn record(
        &self,
        context: &DecisionContext<'_, '_>,
        prepared: &PreparedAction<'_>,
        finding: Finding<'_>,
        refusal: &mut Option<SinkRefusal>,
    ) -> Option<RecordNumber> {
        let gap = self.core.lost.take();
        let record = DecisionRecord {
            at: context.moment.now,
            finding,
            shadow: prepared.shadow,
            said: &prepared.said,
            action: context.action,
            scope: context.scope,
            visibility: prepared.visibility(),
            gap: gap.as_ref(),
        };
        // Taken apart where it was returned: moved on whole, it is read in other pieces than it was written
        // in, and that waits.
        let recorded = catch_unwind(AssertUnwindSafe(|| match self.core.sink.record(&record) {
            Ok(RecordNumber { stream, sequence }) => Some((u64::from(stream), sequence)),
            Err(cause) => {
                *refusal = Some(cause);
                None
            }
        }));
        let number = match recorded {
            Ok(Some((stream, sequence))) => Some(RecordNumber { stream: stream as u32, sequence }),
            Ok(None) => None,
            Err(said) => {
                *refusal = Some(SinkRefusal::panicked(&*said));
                None
            }
        };
        if let Some(cause) = refusal {
            self.core.lost.decision(gap.as_ref(), cause);
        }
        #[cfg(feature = "tracing")]
        crate::audit::trace::decision(&record, number.ok_or(refusal.as_ref()));
        number
    }

    pub(crate) fn id(&self) -> u64 {
        self.core.id
    }

    /// Whether an effect that began under `mark` should stop.
    pub(crate) fn is_halted(&self, scope: &Scope, mark: HaltMark) -> bool {
        if self.core.halts.recheck(mark, scope).is_err() {
            return true;
        }
        let now = self.now().unwrap_or_else(|latest| latest);
        scope.check_revocations(now).is_err()
    }

    pub(crate) fn leave(&self, entered: &Entered) {
        self.core.running.end(entered);
    }

    /// Reports what came of a permit. Clock and sink are the user's; one that fails or panics here has had its
    /// decision recorded, and must not keep the effect from ending. The next record tells what is missing.
    pub(crate) fn report(&self, number: RecordNumber, outcome: Outcome) {
        let reported = catch_unwind(AssertUnwindSafe(|| {
            let at = match outcome {
                Outcome::Unused => {
                    Timestamp::from_unix_millis(self.core.latest.load(Ordering::Acquire))
                }
                _ => self.now().unwrap_or_else(|latest| latest),
            };
            self.core.sink.outcome(number, outcome, at)
        }));
        let reported = reported.unwrap_or_else(|said| Err(SinkRefusal::panicked(&*said)));
        if let Err(cause) = &reported {
            self.core.lost.outcome(cause);
        }
        #[cfg(feature = "tracing")]
        crate::audit::trace::outcome(number, outcome, reported.err());
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("id", &self.core.id).finish_non_exhaustive()
    }
}

/// A halt is in force, but effects that began before it are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("halted, but {effects} effects that began before are still running")]
pub struct StillRunning {
    /// How many.
    pub effects: usize,
}
