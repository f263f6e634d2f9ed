//! Permits and effects that borrow nothing, for spawned tasks.

use std::fmt;

use super::{Completion, Issued, ToolHandle};
use crate::authority::scope::Scope;
use crate::gate::consumption::Consumption;
use crate::gate::refusal::Refusal;
use crate::model::action::{Action, OwnedAction};
use crate::state::halt::HaltMark;

/// A permit that borrows nothing; see [`Permit::detach`](crate::gate::Permit::detach).
///
/// It is as good for one effect as the permit it was made from.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("w").operations(Operation::Create).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let write = gate.tool("notes.write", Operation::Create);
/// let permit = gate.authorize(&write.on("notes/today"), &scope)?.detach()?;
/// let tool = write.clone();
/// let task = std::thread::spawn(move || {
///     let running = permit.begin(&tool)?;
///     let written = running.action().resource().to_owned();
///     running.done();
///     Ok::<_, Refusal>(written)
/// });
/// assert_eq!(task.join().expect("the task ends")?, "notes/today");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before the permit is handed to its tool"]
pub struct OwnedPermit {
    pub(super) action: OwnedAction,
    pub(super) scope: Scope,
    pub(super) issued: Issued<'static>,
}

impl OwnedPermit {
    /// Begins the effect, as [`Permit::begin`](crate::gate::Permit::begin) does.
    ///
    /// # Errors
    /// As [`Permit::begin`](crate::gate::Permit::begin).
    pub fn begin(self, tool: &ToolHandle) -> Result<OwnedRunning, Refusal> {
        let fits = tool.check(&self.issued.gate, &self.action.view());
        let (completion, mark) = self.issued.begin(&self.action.view(), &self.scope, fits)?;
        Ok(OwnedRunning { action: self.action, scope: self.scope, mark, completion })
    }

    /// The action that was allowed.
    pub fn action(&self) -> Action<'_> {
        self.action.view()
    }
}

impl fmt::Debug for OwnedPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit")
            .field("action", &self.action())
            .field("record", &self.issued.terms.posting.record())
            .finish_non_exhaustive()
    }
}

/// An effect that is under way and borrows nothing; see [`Running`](crate::gate::Running).
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("w").operations(Operation::Create).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let write = gate.tool("notes.write", Operation::Create);
/// let running = gate.authorize(&write.on("notes/today"), &scope)?.detach()?.begin(&write)?;
/// let task = std::thread::spawn(move || running.done());
/// # task.join().expect("the task ends");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "say how the effect ended"]
pub struct OwnedRunning {
    pub(super) action: OwnedAction,
    pub(super) scope: Scope,
    pub(super) mark: HaltMark,
    pub(super) completion: Completion<'static>,
}

impl OwnedRunning {
    /// The action to perform. Take resource, audience and arguments from here.
    pub fn action(&self) -> Action<'_> {
        self.action.view()
    }

    /// What it is performed under.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.completion.gate.is_halted(&self.scope, self.mark)
    }

    /// The effect happened.
    pub fn done(self) {
        self.completion.done();
    }

    /// The effect happened, and used this of its budgets; see [`Running::done_with`](crate::gate::Running::done_with).
    pub fn done_with(self, used: &Consumption<'_>) {
        self.completion.done_with(used);
    }

    /// The effect failed.
    pub fn failed(self) {
        self.completion.failed();
    }
}

impl fmt::Debug for OwnedRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRunning").field("action", &self.action()).finish_non_exhaustive()
    }
}
