//! Proof of an allow, and the effect that it leads to.

mod call;
mod owned;
mod reference;

pub(in crate::gate) use call::owned;
pub use call::{
    CallEffect, CallHandle, CallPermit, CallRunning, OwnedCallPermit, OwnedCallRunning,
};

pub use owned::{OwnedPermit, OwnedRunning};

use reference::{GateRef, PackedNumber};

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::flow::session::LabelMark;
use crate::gate::consumption::Consumption;
use crate::gate::core::Core;
use crate::gate::refusal::Refusal;
use crate::model::action::{Action, Operation, OwnedAction};
use crate::model::arguments::FrozenArguments;
use crate::record::{Outcome, RecordNumber};
use crate::state::halt::HaltMark;
use crate::state::posting::Posting;
use crate::state::running::Entered;
use crate::state::terms::{DecisionBasis, PermitTerms};

/// What a tool is to its gate: its exact name, what it does, and which gate guards it.
///
/// Make it once with [`Gate::tool`](crate::Gate::tool), keep it in the tool, build its actions with [`on`](Self::on) and hand it to
/// [`Permit::begin`]. An action borrows the name from here; cloning is cheap where that is in the way.
///
/// ```
/// use permitgate::{Gate, Operation};
///
/// let gate = Gate::builder().build()?;
/// let delete = gate.tool("mail.delete", Operation::Delete);
/// assert_eq!(delete.on("mail/dana/812").tool(), "mail.delete");
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToolHandle {
    gate: u64,
    name: Arc<str>,
    operation: Operation,
}

impl ToolHandle {
    pub(crate) const fn new(gate: u64, name: Arc<str>, operation: Operation) -> Self {
        Self { gate, name, operation }
    }

    /// An action of this tool on a resource.
    pub fn on<'a>(&'a self, resource: &'a str) -> Action<'a> {
        Action::new(self.operation, &self.name, resource)
    }

    /// The exact name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does to its resource.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    fn check(&self, gate: &Core, action: &Action<'_>) -> Result<(), Reason> {
        if self.gate != gate.id {
            return Err(Reason::WrongGate);
        }
        fits(action, &self.name, self.operation)
    }
}

/// Whether an action is of this tool and operation.
fn fits(action: &Action<'_>, tool: &str, operation: Operation) -> Result<(), Reason> {
    if action.tool() != tool {
        Err(Reason::WrongTool)
    } else if action.operation() != operation {
        Err(Reason::WrongOperation)
    } else {
        Ok(())
    }
}

/// Proof that an action was allowed, good for one effect.
///
/// Only a [`Gate`](crate::Gate) makes one. It cannot be copied, and using it takes it, so a tool that
/// takes a permit by value cannot be reached without the gate. Dropped unused, it gives everything back.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::ToolHandle;
///
/// struct Mailbox { delete: ToolHandle }
///
/// impl Mailbox {
///     /// Takes the permit by value and acts on what it says, not on what a model wrote.
///     fn delete(&mut self, permit: Permit<'_>) -> Result<String, Refusal> {
///         let running = permit.begin(&self.delete)?;
///         let deleted = running.action().resource().to_owned();
///         running.done();
///         Ok(deleted)
///     }
/// }
/// # let policy = Policy::new([Statement::permit("d").operations(Operation::Delete).resources(["mail/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// # let gate = Gate::builder().build()?;
/// let mut mailbox = Mailbox { delete: gate.tool("mail.delete", Operation::Delete) };
/// let permit = gate.authorize(&Action::delete("mail.delete", "mail/dana/812"), &scope)?;
/// assert_eq!(mailbox.delete(permit)?, "mail/dana/812");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before the permit is handed to its tool"]
pub struct Permit<'p> {
    action: Action<'p>,
    scope: &'p Scope,
    issued: Issued<'p>,
}

impl<'p> Permit<'p> {
    #[inline]
    pub(crate) fn new(
        gate: &'p Arc<Core>,
        action: Action<'p>,
        scope: &'p Scope,
        terms: PermitTerms,
        label: LabelMark,
        configuration: u64,
    ) -> Self {
        let (gate, packed) = (GateRef::Borrowed(gate), PackedNumber::new(configuration));
        Self { action, scope, issued: Issued { gate, terms, label, packed } }
    }

    /// Begins the effect: everything that can have changed since is checked again. Where the session has read something since,
    /// or guardrails, rules, directory or labels of the gate were replaced, the action is decided again.
    ///
    /// # Errors
    /// [`Refusal::Denied`] when the gate, agent or lineage was halted since (also if it was resumed), the
    /// capability was revoked or has expired, the permit has expired, it is for another gate, tool or
    /// operation than `tool`, or what it was decided under has changed and the answer is no now;
    /// [`Refusal::Held`] when a person must approve it now.
    pub fn begin(self, tool: &ToolHandle) -> Result<Running<'p>, Refusal> {
        let fits = tool.check(&self.issued.gate, &self.action);
        self.start(fits)
    }

    /// Begins the effect where `asked` was asked for, so that the gate cannot differ. One that wraps it can have asked for another
    /// action.
    pub(crate) fn begin_asked(self, asked: &Action<'_>) -> Result<Running<'p>, Refusal> {
        let fits = fits(&self.action, asked.tool(), asked.operation());
        self.start(fits)
    }

    fn start(self, fits: Result<(), Reason>) -> Result<Running<'p>, Refusal> {
        let Self { action, scope, issued } = self;
        let (completion, mark) = issued.begin(&action, scope, fits)?;
        let gate = completion.gate.clone();
        Ok(Running { started: EffectHandle { action, scope, gate, mark }, completion })
    }

    /// A permit that borrows nothing, for a spawned task. Copies the action and freezes its arguments.
    ///
    /// # Errors
    /// [`Refusal::Denied`] with [`Reason::ArgumentsNotFrozen`] when the arguments are too large or too
    /// deep to be copied, or contradict themselves, with [`Reason::ArgumentsPanicked`] when their view panics.
    pub fn detach(self) -> Result<OwnedPermit, Refusal> {
        let Self { action, scope, issued } = self;
        match frozen(&action) {
            Ok(arguments) => Ok(OwnedPermit {
                action: OwnedAction::new(&action, arguments),
                scope: scope.clone(),
                issued: issued.into_owned(),
            }),
            Err(reason) => Err(issued.refuse(Refusal::denied(reason))),
        }
    }

    /// What it is made of. Whoever takes it apart must settle its decision.
    fn take(self) -> (Action<'p>, &'p Scope, GateRef<'p>, PermitTerms, DecisionBasis) {
        let Self { action, scope, mut issued } = self;
        issued.packed.settle();
        (action, scope, issued.gate.clone(), issued.terms, issued.under())
    }

    /// The action that was allowed.
    pub const fn action(&self) -> &Action<'p> {
        &self.action
    }

    /// What it was allowed under.
    pub const fn scope(&self) -> &'p Scope {
        self.scope
    }

    /// The moment from which on the effect cannot begin any more.
    pub const fn expires(&self) -> Timestamp {
        self.issued.terms.expiry.at()
    }

    /// The number of the record of its decision.
    pub const fn record(&self) -> RecordNumber {
        self.issued.terms.posting.record()
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("action", &self.action)
            .field("record", &self.issued.terms.posting.record())
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

/// An effect that is under way. Say how it ended with [`done`](Self::done) or [`failed`](Self::failed); dropped without, it is
/// recorded as abandoned.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let read = gate.tool("docs.read", Operation::Read);
/// let running = gate.authorize(&read.on("docs/intro"), &scope)?.begin(&read)?;
/// assert_eq!(running.action().resource(), "docs/intro");
/// assert!(!running.halted());
/// running.done();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "say how the effect ended"]
pub struct Running<'p> {
    started: EffectHandle<'p>,
    completion: Completion<'p>,
}

impl<'p> Running<'p> {
    /// The action to perform. Take resource, audience and arguments from here.
    pub const fn action(&self) -> &Action<'p> {
        &self.started.action
    }

    /// What it is performed under.
    pub const fn scope(&self) -> &'p Scope {
        self.started.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.started.halted()
    }

    /// The effect happened.
    pub fn done(self) {
        self.completion.done();
    }

    /// The effect happened, and used this of its budgets. What was set aside beyond it is free again.
    pub fn done_with(self, used: &Consumption<'_>) {
        self.completion.done_with(used);
    }

    /// The effect failed.
    pub fn failed(self) {
        self.completion.failed();
    }

    pub(crate) fn split(self) -> (EffectHandle<'p>, Completion<'p>) {
        (self.started, self.completion)
    }
}

impl fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("action", &self.started.action).finish_non_exhaustive()
    }
}

/// The reading half of an effect that is under way, for [`ActionGateExt::run`](crate::gate::ActionGateExt::run) and its async twin.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let read = Action::read("docs.read", "docs/intro");
/// let length = gate.run(&read, &scope, |effect| {
///     assert!(!effect.halted());
///     Ok::<_, Refusal>(effect.action().resource().len())
/// })?;
/// assert_eq!(length, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EffectHandle<'p> {
    action: Action<'p>,
    scope: &'p Scope,
    gate: GateRef<'p>,
    mark: HaltMark,
}

impl<'p> EffectHandle<'p> {
    /// The action to perform. Take resource, audience and arguments from here.
    pub const fn action(&self) -> &Action<'p> {
        &self.action
    }

    /// What it is performed under.
    pub const fn scope(&self) -> &'p Scope {
        self.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.gate.is_halted(self.scope, self.mark)
    }
}

impl fmt::Debug for EffectHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectHandle").field("action", &self.action).finish_non_exhaustive()
    }
}

/// A copy of the arguments of an action; their view is the user's.
fn frozen(action: &Action<'_>) -> Result<Arc<FrozenArguments>, Reason> {
    match catch_unwind(AssertUnwindSafe(|| FrozenArguments::freeze(action.arguments()))) {
        Ok(Ok(arguments)) => Ok(Arc::new(arguments)),
        Ok(Err(_)) => Err(Reason::ArgumentsNotFrozen),
        Err(_) => Err(Reason::ArgumentsPanicked),
    }
}

/// What the gate gave out and must hear of again. Dropped unsettled, it reports the permit as unused.
struct Issued<'p> {
    gate: GateRef<'p>,
    terms: PermitTerms,
    /// The session's label that it was decided under. Not in [`PermitTerms`], so that it fits beside the next.
    label: LabelMark,
    packed: PackedNumber,
}

impl<'p> Issued<'p> {
    fn under(&self) -> DecisionBasis {
        DecisionBasis { label: self.label, configuration: self.packed.configuration() }
    }

    fn begin(
        mut self,
        action: &Action<'_>,
        scope: &Scope,
        fits: Result<(), Reason>,
    ) -> Result<(Completion<'p>, HaltMark), Refusal> {
        let (actions, postings) =
            (std::slice::from_ref(action), std::slice::from_ref(&self.terms.posting));
        let enter = |()| self.gate.enter(actions, scope, self.terms, postings, self.under());
        match fits.map_err(Refusal::denied).and_then(enter) {
            Ok(entered) => {
                self.packed.settle();
                let (gate, PermitTerms { posting, halts, .. }) = (self.gate.clone(), self.terms);
                Ok((Completion { gate, posting, entered, outcome: Outcome::Abandoned }, halts))
            }
            Err(refusal) => Err(self.refuse(refusal)),
        }
    }

    fn refuse(mut self, refusal: Refusal) -> Refusal {
        self.packed.settle();
        self.gate.give_back(self.terms.posting, Outcome::Refused(refusal.reason()));
        refusal
    }

    fn into_owned(mut self) -> Issued<'static> {
        let packed = self.packed;
        self.packed.settle();
        let gate = GateRef::Owned(Arc::clone(&self.gate));
        Issued { gate, terms: self.terms, label: self.label, packed }
    }
}

impl Drop for Issued<'_> {
    fn drop(&mut self) {
        if !self.packed.is_settled() {
            self.gate.give_back(self.terms.posting, Outcome::Unused);
        }
    }
}

/// The completing half of an effect. Dropped as it is, it reports the effect as abandoned.
pub(crate) struct Completion<'p> {
    gate: GateRef<'p>,
    posting: Posting,
    entered: Entered,
    outcome: Outcome,
}

impl Completion<'_> {
    pub(crate) fn done(mut self) {
        self.outcome = Outcome::Done;
    }

    pub(crate) fn done_with(mut self, used: &Consumption<'_>) {
        self.gate.end(self.posting.take_reservation(), Some(used));
        self.outcome = Outcome::Done;
    }

    pub(crate) fn failed(mut self) {
        self.outcome = Outcome::Failed;
    }

    /// Reports what the effect itself says, and hands it on.
    pub(crate) fn settle<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() {
            self.done()
        } else {
            self.failed()
        }
        result
    }
}

impl Drop for Completion<'_> {
    fn drop(&mut self) {
        self.gate.end(self.posting.take_reservation(), None);
        self.gate.report(self.posting.record(), self.outcome);
        self.gate.leave(&self.entered);
    }
}
