//! The enforcement point: `authorize` is a straight wall of guards, and the only way to a permit.

mod batch;
mod because;
mod beside;
mod call;
mod configuration;
mod explain;
mod flow;
mod run;
mod wall;

pub use batch::BatchRefusal;
pub use configuration::{Configuration, ConfigurationError, GateBuilder, Guardrails};
pub use explain::Explanation;
pub use run::{ActionGateExt, Alternative, RunError};

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::action::{Action, Operation};
use crate::audit::{DecisionRecord, Lost, Outcome, RecordNumber, RecordSink};
use crate::clock::Clock;
use crate::decision::{Decision, Reason, Ruling, SinkRefusal};
use crate::limits::MAX_CLOCK_STEP_BACK_MS;
use crate::manifest::Call;
use crate::permit::{CallPermit, CallTool, Given, Permit, Tool};
use crate::refusal::{Denial, Refusal, Ticket};
use crate::scope::Scope;
use crate::state::halt::{Halt, HaltMark, Halts};
use crate::state::published::Published;
use crate::state::running::{Entered, Running};
use crate::sync::{AtomicU64, Ordering};
use crate::time::Timestamp;
use wall::{At, Examined};

/// What stands between an agent's wish and its effect.
///
/// Small and object-safe, so that frameworks can take any gate as `Arc<dyn ActionGate>`, and gates
/// can wrap gates. Another implementation can refuse, narrow or forward; only [`Gate`] can make a permit.
///
/// Two methods suffice: mapped calls then ask them for each action, so no call gets past a gate that wraps another. A wrapper that
/// forwards [`authorize_call`](Self::authorize_call) and [`decide_call`](Self::decide_call) as well, after its own
/// question, spares work and lets the inner gate decide the call as one.
///
/// ```
/// use permitgate::*;
///
/// /// A gate that is closed outside office hours.
/// struct OfficeHours<G> { inner: G, open: bool }
///
/// impl<G: ActionGate> ActionGate for OfficeHours<G> {
///     fn authorize<'p>(&'p self, action: &Action<'p>, scope: &'p Scope) -> Result<Permit<'p>, Refusal> {
///         if self.open {
///             self.inner.authorize(action, scope)
///         } else {
///             Err(Denial::by("office-hours", "the office is closed").into())
///         }
///     }
///     fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
///         if self.open {
///             self.inner.decide(action, scope)
///         } else {
///             Decision::Deny(Denial::by("office-hours", "the office is closed").because().clone())
///         }
///     }
/// }
/// ```
pub trait ActionGate: Send + Sync {
    /// Decides, records the decision, and gives a permit where the answer is yes.
    ///
    /// # Errors
    /// [`Refusal`] with the reason: a person must approve it first, or it is denied.
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal>;

    /// The answer that [`authorize`](Self::authorize) would give now, without a permit, a record or a change of state.
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision;

    /// Decides every action of a mapped call, records each decision, and gives one permit for the whole where the answer
    /// to all of them is yes. Each action is decided as if what the others read had been read already.
    ///
    /// Unless a gate has a way of its own, it is asked for each action with [`authorize`](Self::authorize), and the gate that
    /// made the permits for all of them together.
    ///
    /// # Errors
    /// [`Refusal`] of the action that is refused most strictly, the first of these; the permits of the others are
    /// taken back and recorded as unused.
    ///
    /// ```
    /// use permitgate::*;
    ///
    /// let manifest = Manifest::new([ToolData::new("copy")
    ///     .effect(EffectData::read("files/a.txt"))
    ///     .effect(EffectData::create("files/b.txt"))])?;
    /// # let policy = Policy::new([Statement::permit("files").operations(Operations::ALL).resources(["files/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let gate = Gate::builder().build()?;
    /// let copy = gate.call_tool("copy");
    /// let call = manifest.map(copy.name(), &NoArguments, &scope);
    /// let running = gate.authorize_call(&call, &scope)?.begin(&copy)?;
    /// assert_eq!(running.actions().count(), 2);
    /// running.done();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        call::authorize_each(call, |action| self.authorize(&action, scope))
    }

    /// The answer that [`authorize_call`](Self::authorize_call) would give now: of all its actions the strictest, the
    /// first of these.
    ///
    /// Unless a gate has a way of its own, it is asked for each action with [`decide`](Self::decide), which does not
    /// know what the other actions of the call read.
    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        call::decide_each(call, |action| self.decide(&action, scope))
    }
}

impl<G: ActionGate + ?Sized> ActionGate for Arc<G> {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        (**self).authorize(action, scope)
    }
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        (**self).decide(action, scope)
    }
    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        (**self).authorize_call(call, scope)
    }
    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        (**self).decide_call(call, scope)
    }
}

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
        let time = self.now();
        let now = time.unwrap_or_else(|latest| latest);
        let state = self.check_state(scope, time);
        let label = scope.session().mark();
        self.core.configuration.read_numbered(|configuration, number| {
            let at = At { now, label, beside: None };
            let mut examined = Examined::new(configuration, scope);
            let before = state.map(|_| ());
            let finding = wall::weigh(configuration, action, scope, at, before, &mut examined);
            let mut sink = None;
            let gap = self.core.lost.take();
            let record = DecisionRecord {
                at: now,
                finding,
                shadow: examined.shadow,
                said: &examined.said,
                action,
                scope,
                visibility: examined.visibility(),
                gap: gap.as_ref(),
            };
            let recorded = self.record(&record, &mut sink);
            match (finding.ruling(), recorded, state) {
                (Ruling::Allow, Some(record), Ok(mark)) => {
                    let expires = now.saturating_add(self.core.permit_lifetime);
                    let given = Given { record, halts: mark, expires };
                    Ok(Permit::new(self, *action, scope, given, label, number))
                }
                (Ruling::Hold, Some(_), _) => {
                    let held = |because| Err(Refusal::Held(Ticket(because)));
                    examined.because(finding, configuration, action, scope, held)
                }
                (Ruling::Deny, ..) => {
                    let denied = |because| Err(Refusal::Denied(Denial(because)));
                    examined.because(finding, configuration, action, scope, denied)
                }
                (_, None, _) => Err(Refusal::not_recorded(sink)),
                // Not reached: the wall denies what the state denies.
                (_, _, Err(reason)) => Err(Refusal::denied(reason)),
            }
        })
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        let time = self.now();
        let now = time.unwrap_or_else(|latest| latest);
        let state = self.check_state(scope, time).map(|_| ());
        let label = scope.session().mark();
        self.core.configuration.read(|configuration| {
            let at = At { now, label, beside: None };
            let mut examined = Examined::new(configuration, scope);
            let finding = wall::weigh(configuration, action, scope, at, state, &mut examined);
            examined.decision(finding, configuration, action, scope)
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

    /// The time, never below what was seen; `Err` with the latest when the clock stepped back too far or panicked.
    #[inline]
    fn now(&self) -> Result<Timestamp, Timestamp> {
        let read = catch_unwind(AssertUnwindSafe(|| self.core.clock.now().as_unix_millis()));
        let latest = self.core.latest.load(Ordering::Acquire);
        let Ok(now) = read else { return Err(Timestamp::from_unix_millis(latest)) };
        if now > latest {
            // At most once per millisecond and thread, so the line stays shared.
            self.core.latest.fetch_max(now, Ordering::AcqRel);
            Ok(Timestamp::from_unix_millis(now))
        } else if latest - now > MAX_CLOCK_STEP_BACK_MS {
            Err(Timestamp::from_unix_millis(latest))
        } else {
            Ok(Timestamp::from_unix_millis(latest))
        }
    }

    /// Guards 1 and 2: halted, valid, revoked.
    #[inline]
    fn check_state(
        &self,
        scope: &Scope,
        time: Result<Timestamp, Timestamp>,
    ) -> Result<HaltMark, Reason> {
        let mark = self.core.halts.check(scope)?;
        check_validity(scope, time)?;
        Ok(mark)
    }

    /// Guard 10. `None` where it is not recorded, as by a sink that panics; then `refusal` says why.
    #[inline(always)]
    fn record(
        &self,
        record: &DecisionRecord<'_>,
        refusal: &mut Option<SinkRefusal>,
    ) -> Option<RecordNumber> {
        // Taken apart where it was returned: moved on whole, it is read in other pieces than it was written
        // in, and that waits.
        let recorded = catch_unwind(AssertUnwindSafe(|| match self.core.sink.record(record) {
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
            self.core.lost.decision(record.gap(), cause);
        }
        #[cfg(feature = "tracing")]
        crate::audit::trace::decision(record, number.ok_or(refusal.as_ref()));
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

/// Guard 2.
#[inline]
fn check_validity(scope: &Scope, time: Result<Timestamp, Timestamp>) -> Result<(), Reason> {
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
