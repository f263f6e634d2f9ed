//! Stop: for the whole gate, for one agent, for one lineage. In force at the very next decision.
//!
//! The gate's word counts: odd is halted, even is running. A permit remembers the word under which it
//! was decided, so a halt between is seen at `begin` even when the gate was resumed since.
//!
//! Halts of one agent or lineage stand in a table behind a lock, with the number of the last such halt
//! (drawn from one counter of the process) beside it. A scope remembers the number under which it was
//! last found clear, so that decisions look into the table once per halt, not once each.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authority::capability::CapabilityId;
use crate::authority::scope::Scope;
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::decision::Reason;

/// What to stop.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::gate::Halt;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::read("docs.read", "docs/intro");
/// gate.halt(Halt::Agent("triage"));
/// assert_eq!(gate.decide(&action, &scope).reason(), Reason::AgentHalted);
/// gate.resume(Halt::Agent("triage"));
/// assert!(gate.decide(&action, &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt<'a> {
    /// Everything that passes this gate.
    Everything,
    /// One agent, by its name, whatever it acts under.
    Agent(&'a str),
    /// One capability and everything that was attenuated from it.
    Lineage(CapabilityId),
}

impl Halt<'_> {
    /// Whether it stops what is performed under `scope`.
    pub(super) fn covers(self, scope: &Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Agent(name) => scope.agent() == name,
            Self::Lineage(id) => scope.capability().lineage().any(|ancestor| ancestor == id),
        }
    }
}

/// What was in force when an action was decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HaltMark {
    gate: u64,
    targets: u64,
}

impl HaltMark {
    /// The mark of what was decided under both. A halt that either met meets it.
    pub(crate) fn and(self, other: Self) -> Self {
        // Where the gate was halted in between, a word that no gate ever comes to.
        let gate = if self.gate == other.gate { self.gate } else { u64::MAX };
        Self { gate, targets: self.targets.min(other.targets) }
    }
}

/// The halts of one gate.
#[derive(Debug)]
pub(crate) struct Halts {
    gate: AtomicU64,
    /// The number of the last halt of an agent or lineage; 0 where there was none.
    targets: AtomicU64,
    table: Mutex<HashMap<Target, TargetState>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    Agent(Arc<str>),
    Lineage(CapabilityId),
}

#[derive(Clone, Copy, Debug)]
struct TargetState {
    halted: bool,
    /// The number of its last halt.
    last: u64,
}

/// Entries that may pile up from targets that were resumed.
const MAX_RESUMED: usize = 1024;

impl Halts {
    pub(crate) fn new() -> Self {
        Self { gate: AtomicU64::new(0), targets: AtomicU64::new(0), table: Mutex::default() }
    }

    /// Puts a halt in force. Every check that starts after this returns sees it.
    pub(crate) fn halt(&self, halt: Halt<'_>) {
        let Some(target) = Target::of(halt) else {
            self.change_word(|word| word | 1);
            return;
        };
        let mut table = lock(&self.table);
        let number = next_number();
        table.insert(target, TargetState { halted: true, last: number });
        self.targets.store(number, Ordering::SeqCst);
    }

    /// Ends a halt; permits that it met stay refused.
    pub(crate) fn resume(&self, halt: Halt<'_>) {
        let Some(target) = Target::of(halt) else {
            self.change_word(|word| if word & 1 == 1 { word + 1 } else { word });
            return;
        };
        let mut table = lock(&self.table);
        if let Some(state) = table.get_mut(&target) {
            state.halted = false;
        }
        if table.values().filter(|state| !state.halted).count() > MAX_RESUMED {
            // Forgetting who was halted when would let old permits through, so all of them end.
            self.change_word(|word| word + 2);
            table.retain(|_, state| state.halted);
        }
    }

    fn change_word(&self, change: impl Fn(u64) -> u64) {
        let mut word = self.gate.load(Ordering::SeqCst);
        while let Err(seen) =
            self.gate.compare_exchange(word, change(word), Ordering::SeqCst, Ordering::SeqCst)
        {
            word = seen;
        }
    }

    /// What is in force now; it goes into the permit. Two loads.
    #[inline]
    pub(crate) fn mark(&self) -> HaltMark {
        HaltMark {
            gate: self.gate.load(Ordering::SeqCst),
            targets: self.targets.load(Ordering::SeqCst),
        }
    }

    /// Guard 1: whether `scope` may decide under what was in force.
    #[inline]
    pub(crate) fn check(&self, mark: HaltMark, scope: &Scope) -> Result<(), Reason> {
        if mark.gate & 1 == 1 {
            return Err(Reason::GateHalted);
        }
        if mark.targets != 0 && !scope.is_cleared_at(mark.targets) {
            self.look_up(scope, |state| state.halted)?;
            scope.set_cleared_at(mark.targets);
        }
        Ok(())
    }

    /// Whether anything that concerns `scope` was halted since `mark`, also if it was resumed.
    pub(crate) fn recheck(&self, mark: HaltMark, scope: &Scope) -> Result<(), Reason> {
        if self.targets.load(Ordering::SeqCst) != mark.targets {
            self.look_up(scope, |state| state.halted || state.last > mark.targets)?;
        }
        // Last, because `resume` changes the word before it forgets entries of the table.
        if self.gate.load(Ordering::SeqCst) == mark.gate { Ok(()) } else { Err(Reason::GateHalted) }
    }

    #[cold]
    fn look_up(&self, scope: &Scope, stops: impl Fn(&TargetState) -> bool) -> Result<(), Reason> {
        let table = lock(&self.table);
        let agent = Target::Agent(scope.agent_name().clone());
        if table.get(&agent).is_some_and(&stops) {
            return Err(Reason::AgentHalted);
        }
        let mut lineage = scope.capability().lineage();
        if lineage.any(|id| table.get(&Target::Lineage(id)).is_some_and(&stops)) {
            return Err(Reason::LineageHalted);
        }
        Ok(())
    }
}

impl Target {
    fn of(halt: Halt<'_>) -> Option<Self> {
        match halt {
            Halt::Everything => None,
            Halt::Agent(name) => Some(Self::Agent(name.into())),
            Halt::Lineage(id) => Some(Self::Lineage(id)),
        }
    }
}

/// Numbers are unique in the process, so that what a scope remembers of one gate means nothing to
/// another.
fn next_number() -> u64 {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
