//! The same for a mapped call: one proof for all of its actions, and one effect.

mod owned;

pub use owned::{OwnedCallPermit, OwnedCallRunning};

use std::fmt;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::reference::GateRef;
use super::{Permit, frozen};
use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::gate::consumption::Consumption;
use crate::gate::core::Core;
use crate::gate::refusal::Refusal;
use crate::manifest::Call;
use crate::model::action::{Action, Operations, OwnedAction};
use crate::record::Outcome;
use crate::state::halt::HaltMark;
use crate::state::posting::Posting;
use crate::state::running::Entered;
use crate::state::terms::{DecisionBasis, PermitTerms};

/// What a tool whose calls are mapped is to its gate: its exact name, and which gate guards it.
///
/// Make it once with [`Gate::call_handle`](crate::Gate::call_handle), keep it in the tool and hand it to [`CallPermit::begin`], which refuses permits that
/// are not for this gate and tool.
///
/// ```
/// use permitgate::Gate;
///
/// let gate = Gate::builder().build()?;
/// assert_eq!(gate.call_handle("send_email").name(), "send_email");
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallHandle {
    gate: u64,
    name: Arc<str>,
}

impl CallHandle {
    pub(crate) const fn new(gate: u64, name: Arc<str>) -> Self {
        Self { gate, name }
    }

    /// The exact name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn check<'a>(
        &self,
        gate: &Core,
        mut actions: impl Iterator<Item = Action<'a>>,
    ) -> Result<(), Reason> {
        if self.gate != gate.id {
            Err(Reason::WrongGate)
        } else if actions.any(|action| *self.name != *action.tool()) {
            Err(Reason::WrongTool)
        } else {
            Ok(())
        }
    }
}

/// Proof that every action of a call was allowed, good for one effect.
///
/// Like a [`Permit`], it cannot be copied, and dropped unused it gives everything back.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate::model::{NoArguments, Operations};
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// let gate = Gate::builder().build()?;
/// let other = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("tidy").effect(EffectSpec::delete("notes/old"))])?;
/// let call = manifest.map("tidy", &NoArguments, &scope);
/// let permit = gate.authorize_call(&call, &scope)?;
/// assert_eq!(permit.begin(&other.call_handle("tidy")).unwrap_err().reason(), Reason::WrongGate);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before the permit is handed to its tool"]
pub struct CallPermit<'p> {
    actions: SmallVec<[Action<'p>; 2]>,
    scope: &'p Scope,
    issued: Issued<'p>,
}

impl<'p> CallPermit<'p> {
    pub(crate) fn new(
        gate: &'p Arc<Core>,
        action: Action<'p>,
        scope: &'p Scope,
        terms: PermitTerms,
        under: DecisionBasis,
    ) -> Self {
        let (gate, postings) = (GateRef::Borrowed(gate), smallvec![terms.posting]);
        let issued = Issued { gate, terms, under, postings, settled: false };
        Self { actions: smallvec![action], scope, issued }
    }

    /// One more action of the same call, decided along with the others.
    pub(crate) fn add(&mut self, action: Action<'p>, posting: Posting) {
        self.actions.push(action);
        self.issued.postings.push(posting);
    }

    /// One more action of the same call, decided apart. The permit is as good as the less good of both.
    pub(crate) fn join(mut self, other: Permit<'p>) -> Result<Self, Refusal> {
        let same_gate = self.issued.gate.id == other.issued.gate.id;
        if !same_gate || !self.scope.is(other.scope) {
            return Err(Refusal::denied(Reason::WrongGate));
        }
        let (action, _, _, terms, _) = other.take();
        self.add(action, terms.posting);
        let ours = &mut self.issued.terms;
        ours.halts = ours.halts.and(terms.halts);
        ours.expiry = ours.expiry.earliest(terms.expiry);
        Ok(self)
    }

    /// The permit, decided anew under this.
    pub(crate) fn decided_under(mut self, under: DecisionBasis) -> Self {
        self.issued.under = under;
        self
    }

    /// Takes the permit back, and records of every action why.
    pub(crate) fn refuse(self, refusal: Refusal) -> Refusal {
        self.issued.refuse(refusal)
    }

    /// The permit with what reads before what does not; the order of either stays.
    pub(crate) fn in_order(mut self) -> Self {
        if !self.actions.is_sorted_by_key(|action| !action.reads()) {
            let postings = &mut self.issued.postings;
            let mut both: SmallVec<[(Action<'p>, Posting); 4]> =
                self.actions.drain(..).zip(postings.drain(..)).collect();
            both.sort_by_key(|(action, _)| !action.reads());
            (self.actions, self.issued.postings) = both.into_iter().unzip();
        }
        self
    }

    pub(crate) fn all(&self) -> &[Action<'p>] {
        &self.actions
    }

    pub(crate) fn postings(&self) -> &[Posting] {
        &self.issued.postings
    }

    pub(crate) fn gate(&self) -> &Arc<Core> {
        &self.issued.gate
    }

    /// Begins the effect: everything that can have changed since is checked again, for every action, as
    /// [`Permit::begin`] does. All of them begin, or none.
    ///
    /// # Errors
    /// As for [`Permit::begin`]: [`Reason::WrongGate`] and [`Reason::WrongTool`] where the permit is not for `tool`.
    pub fn begin(self, tool: &CallHandle) -> Result<CallRunning<'p>, Refusal> {
        let fits = tool.check(&self.issued.gate, self.actions.iter().copied());
        self.start(fits)
    }

    /// Begins the effect where `call` was asked for, so that the gate cannot differ. One that wraps it can have asked for another
    /// call.
    pub(crate) fn begin_asked(self, call: &Call<'_>) -> Result<CallRunning<'p>, Refusal> {
        let operations = Operations::from_iter(self.actions.iter().map(Action::operation));
        let asked = Operations::from_iter(call.actions().map(|action| action.operation()));
        let fits = if self.actions.iter().any(|action| action.tool() != call.tool()) {
            Err(Reason::WrongTool)
        } else if operations != asked || self.actions.len() != call.actions().len() {
            Err(Reason::WrongOperation)
        } else {
            Ok(())
        };
        self.start(fits)
    }

    fn start(self, fits: Result<(), Reason>) -> Result<CallRunning<'p>, Refusal> {
        let Self { actions, scope, issued } = self;
        let (completion, mark) = issued.begin(&actions, scope, fits)?;
        let gate = completion.gate.clone();
        Ok(CallRunning { started: CallEffect { actions, scope, gate, mark }, completion })
    }

    /// A permit that borrows nothing, for a spawned task. Copies the actions and freezes their arguments.
    ///
    /// # Errors
    /// As for [`Permit::detach`].
    pub fn detach(self) -> Result<OwnedCallPermit, Refusal> {
        let Self { actions, scope, issued } = self;
        match owned(&actions) {
            Ok(actions) => {
                Ok(OwnedCallPermit { actions, scope: scope.clone(), issued: issued.into_owned() })
            }
            Err(reason) => Err(issued.refuse(Refusal::denied(reason))),
        }
    }

    /// The actions that were allowed, reads first.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'p>> {
        self.actions.iter()
    }

    /// What they were allowed under.
    pub const fn scope(&self) -> &'p Scope {
        self.scope
    }

    /// The moment from which on the effect cannot begin any more.
    pub const fn expires(&self) -> Timestamp {
        self.issued.terms.expiry.at()
    }
}

/// The permit of a call that has one action.
impl<'p> From<Permit<'p>> for CallPermit<'p> {
    fn from(permit: Permit<'p>) -> Self {
        let (action, scope, gate, terms, under) = permit.take();
        let issued =
            Issued { gate, terms, under, postings: smallvec![terms.posting], settled: false };
        Self { actions: smallvec![action], scope, issued }
    }
}

impl fmt::Debug for CallPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallPermit").field("actions", &self.actions).finish_non_exhaustive()
    }
}

/// The effect of a call that is under way. Say how it ended; dropped without, it is recorded as abandoned.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate::model::NoArguments;
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operation::Delete).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("tidy").effect(EffectSpec::delete("notes/old"))])?;
/// let call = manifest.map("tidy", &NoArguments, &scope);
/// let tidy = gate.call_handle("tidy");
/// let running = gate.authorize_call(&call, &scope)?.begin(&tidy)?;
/// assert_eq!(running.actions().map(|action| action.resource()).collect::<Vec<_>>(), ["notes/old"]);
/// running.done();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "say how the effect ended"]
pub struct CallRunning<'p> {
    started: CallEffect<'p>,
    completion: Completion<'p>,
}

impl<'p> CallRunning<'p> {
    /// The actions to perform, reads first. Take resources, audiences and arguments from here.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'p>> {
        self.started.actions()
    }

    /// What they are performed under.
    pub const fn scope(&self) -> &'p Scope {
        self.started.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.started.halted()
    }

    /// The effect happened.
    pub fn done(self) {
        self.completion.end(Outcome::Done);
    }

    /// The effect happened, and used this of its budgets, for each of its actions; see
    /// [`Running::done_with`](crate::gate::Running::done_with).
    pub fn done_with(self, used: &Consumption<'_>) {
        self.completion.done_with(used);
    }

    /// The effect failed.
    pub fn failed(self) {
        self.completion.end(Outcome::Failed);
    }

    pub(crate) fn split(self) -> (CallEffect<'p>, Completion<'p>) {
        (self.started, self.completion)
    }
}

impl fmt::Debug for CallRunning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRunning")
            .field("actions", &self.started.actions)
            .finish_non_exhaustive()
    }
}

/// The reading half of the effect of a call, for [`ActionGateExt::run_call`](crate::gate::ActionGateExt::run_call) and its
/// async twin.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate::model::NoArguments;
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operation::Delete).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("tidy").effect(EffectSpec::delete("notes/old"))])?;
/// let call = manifest.map("tidy", &NoArguments, &scope);
/// let tidied = gate.run_call(&call, &scope, |effect| {
///     assert!(!effect.halted());
///     Ok::<_, Refusal>(effect.actions().len())
/// })?;
/// assert_eq!(tidied, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CallEffect<'p> {
    actions: SmallVec<[Action<'p>; 2]>,
    scope: &'p Scope,
    gate: GateRef<'p>,
    mark: HaltMark,
}

impl<'p> CallEffect<'p> {
    /// The actions to perform, reads first. Take resources, audiences and arguments from here.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'p>> {
        self.actions.iter()
    }

    /// What they are performed under.
    pub const fn scope(&self) -> &'p Scope {
        self.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.gate.is_halted(self.scope, self.mark)
    }
}

impl fmt::Debug for CallEffect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallEffect").field("actions", &self.actions).finish_non_exhaustive()
    }
}

/// Copies of the actions of one call, whose arguments are frozen once where they are the same view.
pub(in crate::gate) fn owned(actions: &[Action<'_>]) -> Result<Box<[OwnedAction]>, Reason> {
    let mut copies = Vec::with_capacity(actions.len());
    let mut last = None;
    for action in actions {
        let view = action.arguments();
        let arguments = match last {
            Some((seen, copy)) if std::ptr::eq(seen, view) => copy,
            _ => frozen(action)?,
        };
        copies.push(OwnedAction::new(action, Arc::clone(&arguments)));
        last = Some((view, arguments));
    }
    Ok(copies.into())
}

/// What the gate gave out for a call and must hear of again. Dropped unsettled, it reports every decision as unused.
struct Issued<'p> {
    gate: GateRef<'p>,
    terms: PermitTerms,
    under: DecisionBasis,
    postings: SmallVec<[Posting; 2]>,
    settled: bool,
}

impl<'p> Issued<'p> {
    fn begin(
        mut self,
        actions: &[Action<'_>],
        scope: &Scope,
        fits: Result<(), Reason>,
    ) -> Result<(Completion<'p>, HaltMark), Refusal> {
        let enter = |()| self.gate.enter(actions, scope, self.terms, &self.postings, self.under);
        match fits.map_err(Refusal::denied).and_then(enter) {
            Ok(entered) => {
                self.settled = true;
                let (gate, postings) = (self.gate.clone(), std::mem::take(&mut self.postings));
                let completion =
                    Completion { gate, postings, entered, outcome: Outcome::Abandoned };
                Ok((completion, self.terms.halts))
            }
            Err(refusal) => Err(self.refuse(refusal)),
        }
    }

    fn refuse(mut self, refusal: Refusal) -> Refusal {
        self.settle(Outcome::Refused(refusal.reason()));
        refusal
    }

    fn settle(&mut self, outcome: Outcome) {
        self.settled = true;
        self.postings.iter().for_each(|posting| self.gate.give_back(*posting, outcome));
    }

    fn into_owned(mut self) -> Issued<'static> {
        self.settled = true;
        let gate = GateRef::Owned(Arc::clone(&self.gate));
        let postings = std::mem::take(&mut self.postings);
        Issued { gate, terms: self.terms, under: self.under, postings, settled: false }
    }
}

impl Drop for Issued<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(Outcome::Unused);
        }
    }
}

/// The completing half of the effect of a call. Dropped as it is, it reports every action as abandoned.
pub(crate) struct Completion<'p> {
    gate: GateRef<'p>,
    postings: SmallVec<[Posting; 2]>,
    entered: Entered,
    outcome: Outcome,
}

impl Completion<'_> {
    fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    fn done_with(mut self, used: &Consumption<'_>) {
        self.give_back(Some(used));
        self.outcome = Outcome::Done;
    }

    fn give_back(&mut self, used: Option<&Consumption<'_>>) {
        let reservations = self.postings.iter_mut().map(Posting::take_reservation);
        reservations.for_each(|reservation| self.gate.end(reservation, used));
    }

    /// Reports what the effect itself says, and hands it on.
    pub(crate) fn settle<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        self.end(if result.is_ok() { Outcome::Done } else { Outcome::Failed });
        result
    }
}

impl Drop for Completion<'_> {
    fn drop(&mut self) {
        self.give_back(None);
        let each = self.postings.iter().map(|posting| posting.record());
        each.for_each(|record| self.gate.report(record, self.outcome));
        self.gate.leave(&self.entered);
    }
}
