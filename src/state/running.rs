//! Effects that have begun and not ended, so that a halt can wait for them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::halt::Halt;
use crate::scope::Scope;
use crate::sync::{Condvar, Mutex, lock, wait_while};

/// The running effects of one gate.
#[derive(Debug, Default)]
pub(crate) struct Running {
    effects: Mutex<Effects>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Effects {
    next: u64,
    scopes: BTreeMap<u64, Scope>,
}

/// Names one running effect until it ends.
#[derive(Debug)]
pub(crate) struct Entered(u64);

impl Running {
    /// Enters an effect if `check` still passes, as one step: a halt that was put in force before is
    /// seen here, and one after finds the effect entered.
    pub(crate) fn begin<E>(
        &self,
        scope: &Scope,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Entered, E> {
        let mut effects = lock(&self.effects);
        check()?;
        let number = effects.next;
        effects.next += 1;
        effects.scopes.insert(number, scope.clone());
        Ok(Entered(number))
    }

    pub(crate) fn end(&self, entered: &Entered) {
        lock(&self.effects).scopes.remove(&entered.0);
        self.ended.notify_all();
    }

    /// Waits until no effect that `halt` covers is running; says how many are left after `patience`.
    pub(crate) fn wait(&self, halt: Halt<'_>, patience: Duration) -> usize {
        let left =
            |effects: &Effects| effects.scopes.values().filter(|scope| halt.covers(scope)).count();
        let effects = lock(&self.effects);
        left(&wait_while(&self.ended, effects, patience, |effects| left(effects) > 0))
    }
}
