//! Turns: who works on a chunk may write, and may touch sessions, only after all chunks before it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is handed from chunk to chunk in the order of the stream.
pub(crate) struct Turns<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    next: u64,
    stopped: bool,
    shared: T,
}

/// It is this chunk's turn as long as this lives; then the next one's.
pub(crate) struct Turn<'t, T> {
    turns: &'t Turns<T>,
    state: MutexGuard<'t, State<T>>,
}

impl<T> Turns<T> {
    pub(crate) fn new(shared: T) -> Self {
        let state = State { next: 0, stopped: false, shared };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for the turn of chunk `number`. `None` when the run was stopped.
    pub(crate) fn wait(&self, number: u64) -> Option<Turn<'_, T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.next != number && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped { None } else { Some(Turn { turns: self, state }) }
    }

    /// Nobody gets a turn any more.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.changed.notify_all();
    }

    /// Notes what went wrong outside of a turn; chunks that are under way still get theirs.
    pub(crate) fn note(&self, note: impl FnOnce(&mut T)) {
        note(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).shared);
    }

    /// What was handed on, in the end.
    pub(crate) fn into_shared(self) -> T {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).shared
    }
}

impl<T> Turn<'_, T> {
    pub(crate) fn shared(&mut self) -> &mut T {
        &mut self.state.shared
    }

    /// Ends the turn and all others.
    pub(crate) fn stop(&mut self) {
        self.state.stopped = true;
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.state.stopped = true;
        }
        self.state.next += 1;
        self.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_order_and_stop_for_all() {
        let turns = Turns::new(Vec::new());
        std::thread::scope(|threads| {
            for number in (0..8).rev() {
                let turns = &turns;
                threads.spawn(move || {
                    if let Some(mut turn) = turns.wait(number) {
                        turn.shared().push(number);
                        if number == 5 {
                            turn.stop();
                        }
                    }
                });
            }
        });
        assert_eq!(turns.into_shared(), [0, 1, 2, 3, 4, 5]);
    }
}
