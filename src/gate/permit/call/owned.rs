//! Permits and effects of calls that borrow nothing, for spawned tasks.

use std::fmt;

use smallvec::SmallVec;

use super::{CallHandle, Completion, Issued};
use crate::authority::scope::Scope;
use crate::gate::consumption::Consumption;
use crate::gate::refusal::Refusal;
use crate::model::action::{Action, OwnedAction};
use crate::record::Outcome;
use crate::state::halt::HaltMark;

/// The permit of a call that borrows nothing; see [`CallPermit::detach`](crate::gate::CallPermit::detach).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::OwnedCallRunning;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate::model::{NoArguments, Operations};
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let tool = gate.call_handle("tidy");
/// let manifest = Manifest::new([ToolSpec::new("tidy").effect(EffectSpec::delete("notes/old"))])?;
/// let call = manifest.map("tidy", &NoArguments, &scope);
/// let permit = gate.authorize_call(&call, &scope)?.detach()?;
/// let task = std::thread::spawn(move || permit.begin(&tool).map(OwnedCallRunning::done));
/// task.join().expect("the task ends")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before the permit is handed to its tool"]
pub struct OwnedCallPermit {
    pub(super) actions: Box<[OwnedAction]>,
    pub(super) scope: Scope,
    pub(super) issued: Issued<'static>,
}

impl OwnedCallPermit {
    /// Begins the effect, as [`CallPermit::begin`](crate::gate::CallPermit::begin) does.
    ///
    /// # Errors
    /// As [`CallPermit::begin`](crate::gate::CallPermit::begin).
    pub fn begin(self, tool: &CallHandle) -> Result<OwnedCallRunning, Refusal> {
        let Self { actions, scope, issued } = self;
        let fits = tool.check(&issued.gate, actions.iter().map(OwnedAction::view));
        let views: SmallVec<[Action<'_>; 2]> = actions.iter().map(OwnedAction::view).collect();
        let (completion, mark) = issued.begin(&views, &scope, fits)?;
        drop(views);
        Ok(OwnedCallRunning { actions, scope, mark, completion })
    }

    /// The actions that were allowed, reads first.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = Action<'_>> {
        self.actions.iter().map(OwnedAction::view)
    }
}

impl fmt::Debug for OwnedCallPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedCallPermit")
            .field("actions", &self.actions.len())
            .finish_non_exhaustive()
    }
}

/// The effect of a call that is under way and borrows nothing; see [`CallRunning`](crate::gate::CallRunning).
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
/// let running = gate.authorize_call(&call, &scope)?.detach()?.begin(&tidy)?;
/// let task = std::thread::spawn(move || running.done());
/// # task.join().expect("the task ends");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "say how the effect ended"]
pub struct OwnedCallRunning {
    pub(super) actions: Box<[OwnedAction]>,
    pub(super) scope: Scope,
    pub(super) mark: HaltMark,
    pub(super) completion: Completion<'static>,
}

impl OwnedCallRunning {
    /// The actions to perform, reads first. Take resources, audiences and arguments from here.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = Action<'_>> {
        self.actions.iter().map(OwnedAction::view)
    }

    /// What they are performed under.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.completion.gate.is_halted(&self.scope, self.mark)
    }

    /// The effect happened.
    pub fn done(self) {
        self.completion.end(Outcome::Done);
    }

    /// The effect happened, and used this of its budgets; see [`CallRunning::done_with`](crate::gate::CallRunning::done_with).
    pub fn done_with(self, used: &Consumption<'_>) {
        self.completion.done_with(used);
    }

    /// The effect failed.
    pub fn failed(self) {
        self.completion.end(Outcome::Failed);
    }
}

impl fmt::Debug for OwnedCallRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedCallRunning")
            .field("actions", &self.actions.len())
            .finish_non_exhaustive()
    }
}
