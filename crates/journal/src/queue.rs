//! Records on their way to the disk. Whoever waits while nobody writes becomes the leader, and writes for all who wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use permitgate::record::RecordError;

use crate::encoding::{CLOSING_BYTES, OUTCOME_BYTES, dropped};
use crate::fault::{JournalError, JournalErrorKind};
use crate::frame::{Draft, number};
use crate::tape::{Retention, Standing, Tape};

/// The bytes of frames that the journal itself adds: that segments go.
const OWN_BYTES: u64 = 256;

/// What a frame is to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A decision, and whether it gives a permit, which will have an outcome.
    Decision {
        allows: bool,
    },
    Outcome,
    /// Of the journal itself.
    Own,
}

/// The queue of one journal.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Something was written, or failed.
    done: Condvar,
    /// Something was brought to the disk, or failed.
    settled: Condvar,
    /// There is something to write, for the thread that writes what is queued.
    work: Condvar,
    tape: Mutex<Tape>,
    most: usize,
    keep: Retention,
    /// Whether the queue may be full, and a thread empties it.
    is_queued: bool,
}

/// What waits, and how far all is.
struct State {
    pending: Vec<u8>,
    /// The buffer that was written last.
    spare: Vec<u8>,
    /// Bytes that a leader has taken and not yet written.
    in_flight: usize,
    position: u64,
    decisions: u64,
    /// Bytes that the file has for what is neither written nor pending.
    room: u64,
    /// Permits without an outcome.
    open: u64,
    written: u64,
    synced: u64,
    /// Somebody writes what is pending.
    is_led: bool,
    /// Somebody syncs what is written; meanwhile others go on writing.
    is_syncing: bool,
    is_closed: bool,
    fault: Option<JournalError>,
    refusal: Option<RecordError>,
}

/// A frame that was taken.
pub(crate) struct Ticket<'q> {
    state: MutexGuard<'q, State>,
    numbered: Numbered,
}

/// Where a frame went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered {
    pub(crate) position: u64,
    pub(crate) sequence: u64,
}

impl Queue {
    pub(crate) fn new(tape: Tape, most: usize, keep: Retention, is_queued: bool) -> Self {
        let Standing { decisions, .. } = tape.standing;
        let position = tape.standing.position();
        let state = State {
            pending: Vec::with_capacity(most),
            spare: Vec::with_capacity(most),
            in_flight: 0,
            position,
            decisions,
            room: tape.room(),
            open: 0,
            written: position,
            synced: position,
            is_led: false,
            is_syncing: false,
            is_closed: false,
            fault: None,
            refusal: None,
        };
        Self {
            state: Mutex::new(state),
            done: Condvar::new(),
            settled: Condvar::new(),
            work: Condvar::new(),
            tape: Mutex::new(tape),
            most,
            keep,
            is_queued,
        }
    }

    /// Takes a frame and gives it its numbers. Nobody else comes in before the ticket is [finished](Self::finish).
    pub(crate) fn take(&self, frame: &[u8], class: Class) -> Result<Ticket<'_>, RecordError> {
        let mut state = self.admit(frame, class)?;
        let numbered = state.append(frame, matches!(class, Class::Decision { .. }));
        match class {
            Class::Decision { allows } => state.open += u64::from(allows),
            Class::Outcome => state.open = state.open.saturating_sub(1),
            Class::Own => {}
        }
        Ok(Ticket { state, numbered })
    }

    /// Returns when a frame is as safe as was asked for.
    pub(crate) fn finish(&self, ticket: Ticket<'_>, wait: Wait) -> Result<Numbered, RecordError> {
        let Ticket { state, numbered } = ticket;
        match wait {
            Wait::No => self.work.notify_one(),
            Wait::Written => drop(self.settle(state, numbered.position, false)?),
            Wait::Synced => drop(self.settle(state, numbered.position, true)?),
        }
        Ok(numbered)
    }

    /// Waits until there is room for a frame.
    fn admit(&self, frame: &[u8], class: Class) -> Result<MutexGuard<'_, State>, RecordError> {
        let mut state = lock(&self.state);
        loop {
            state.check()?;
            let is_full = state.pending.len() + frame.len() > self.most;
            if is_full && class != Class::Outcome {
                if self.is_queued {
                    return Err(RecordError::full(
                        "the journal's queue is full; the disk does not keep up",
                    ));
                }
                state = self.lead_or_wait(state);
                continue;
            }
            let bytes = frame.len() as u64;
            let reserved = match class {
                // Its room was reserved when the permit was given.
                Class::Outcome if state.open > 0 => 0,
                Class::Decision { allows: true } => state.reserve() + OUTCOME_BYTES,
                _ => state.reserve(),
            };
            if state.room >= bytes + reserved {
                return Ok(state);
            }
            self.extend(&mut state, bytes, reserved)?;
        }
    }

    /// Makes room in the file, while nobody else comes in.
    #[cold]
    fn extend(&self, state: &mut State, frame: u64, reserve: u64) -> Result<(), RecordError> {
        let mut tape = lock(&self.tape);
        let waiting = (state.pending.len() + state.in_flight) as u64;
        let extended = guarded(|| tape.extend(waiting + frame, reserve + OWN_BYTES, self.keep));
        // Of those in flight some may be written by now; then there is more room than this.
        state.room = tape.room().saturating_sub(waiting);
        match extended {
            Ok(None) => Ok(()),
            Ok(Some(doomed)) => {
                let mut draft = Draft::default();
                let at = tape.standing.at;
                dropped(&mut draft, at, doomed.segment, doomed.position, &doomed.chain);
                if let Some(frame) = draft.finish() {
                    let said = state.append(frame, false);
                    tape.doom(said.position, doomed.segment);
                }
                Ok(())
            }
            Err(error) if error.kind() == JournalErrorKind::Full => {
                Err(RecordError::full("the journal's disk is full; make room, and it goes on")
                    .from(error))
            }
            Err(error) => {
                self.poison(state, error);
                state.check()
            }
        }
    }

    /// Waits until a position is written, and on the disk where that is asked for.
    fn settle<'q>(
        &'q self,
        mut state: MutexGuard<'q, State>,
        position: u64,
        sync: bool,
    ) -> Result<MutexGuard<'q, State>, RecordError> {
        while state.written < position {
            state.check()?;
            state = self.lead_or_wait(state);
        }
        while sync && state.synced < position {
            state.check()?;
            state = match state.is_syncing {
                true => self.settled.wait(state).unwrap_or_else(PoisonError::into_inner),
                false => self.lead_sync(state),
            };
        }
        Ok(state)
    }

    fn lead_or_wait<'q>(&'q self, state: MutexGuard<'q, State>) -> MutexGuard<'q, State> {
        if state.is_led {
            self.done.wait(state).unwrap_or_else(PoisonError::into_inner)
        } else {
            self.lead(state)
        }
    }

    /// Writes all that is pending.
    fn lead<'q>(&'q self, mut state: MutexGuard<'q, State>) -> MutexGuard<'q, State> {
        state.is_led = true;
        let spare = std::mem::take(&mut state.spare);
        let mut batch = std::mem::replace(&mut state.pending, spare);
        let last = state.position;
        state.in_flight = batch.len();
        drop(state);
        let written = guarded(|| lock(&self.tape).commit(&mut batch));
        batch.clear();
        let mut state = lock(&self.state);
        state.spare = batch;
        state.in_flight = 0;
        state.is_led = false;
        match written {
            Ok(()) => state.written = last,
            Err(error) => self.poison(&mut state, error),
        }
        self.done.notify_all();
        state
    }

    /// Brings all that is written to the disk.
    fn lead_sync<'q>(&'q self, mut state: MutexGuard<'q, State>) -> MutexGuard<'q, State> {
        state.is_syncing = true;
        drop(state);
        let synced = guarded(|| {
            let (medium, syncs, position) = lock(&self.tape).unsettled();
            let synced = syncs.sync(&*medium);
            lock(&self.tape).settle(synced, position).map(|()| position)
        });
        let mut state = lock(&self.state);
        state.is_syncing = false;
        match synced {
            Ok(position) => state.synced = state.synced.max(position),
            Err(error) => self.poison(&mut state, error),
        }
        self.settled.notify_all();
        state
    }

    /// From here on everything is refused, and whoever waits is told.
    #[cold]
    fn poison(&self, state: &mut State, error: JournalError) {
        state.poison(error);
        self.done.notify_all();
        self.settled.notify_all();
    }

    /// Writes what is queued until the journal is closed.
    pub(crate) fn run(&self) {
        let mut state = lock(&self.state);
        loop {
            let is_idle =
                state.written == state.position || state.refusal.is_some() || state.is_led;
            if state.is_closed {
                return;
            }
            state = if is_idle {
                self.work.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.lead(state)
            };
        }
    }

    /// Returns when all that was recorded so far is on the disk.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        let state = lock(&self.state);
        if let Some(fault) = &state.fault {
            return Err(fault.clone());
        }
        let position = state.position;
        let settled = self.settle(state, position, true).map(|_| ());
        settled.map_err(|_| self.fault().unwrap_or_else(closed))
    }

    /// What made the journal refuse, if something did.
    pub(crate) fn fault(&self) -> Option<JournalError> {
        lock(&self.state).fault.clone()
    }

    /// Does something with the tape when all that was recorded is on it, while nobody comes in.
    pub(crate) fn still<T>(
        &self,
        act: impl FnOnce(&mut Tape) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let state = lock(&self.state);
        if let Some(fault) = &state.fault {
            return Err(fault.clone());
        }
        let position = state.position;
        let settled = self.settle(state, position, false);
        // Others may have come in while it waited; what they wrote is on the tape or behind it.
        let state = settled.map_err(|_| self.fault().unwrap_or_else(closed))?;
        let acted = guarded(|| act(&mut lock(&self.tape)));
        drop(state);
        acted
    }

    /// Ends the journal: writes what is pending, then a last frame.
    pub(crate) fn close(
        &self,
        last: impl FnOnce(&mut Draft, &Standing),
    ) -> Result<(), JournalError> {
        let mut state = lock(&self.state);
        if state.is_closed {
            return state
                .fault
                .clone()
                .filter(|fault| fault.kind() != JournalErrorKind::Closed)
                .map_or(Ok(()), Err);
        }
        while state.refusal.is_none() && (state.written < state.position || state.is_led) {
            state = self.lead_or_wait(state);
        }
        state.is_closed = true;
        self.work.notify_all();
        if let Some(fault) = &state.fault {
            return Err(fault.clone());
        }
        let ended = guarded(|| {
            let mut tape = lock(&self.tape);
            tape.sync()?;
            let mut draft = Draft::default();
            last(&mut draft, &tape.standing);
            let mut frame = draft.finish().unwrap_or_default().to_vec();
            number(&mut frame, state.position + 1, None);
            tape.commit(&mut frame)?;
            tape.finish()
        });
        self.poison(&mut state, ended.clone().err().unwrap_or_else(closed));
        ended
    }

    /// What the last frame is made ready with.
    pub(crate) fn position(&self) -> u64 {
        lock(&self.state).position
    }
}

/// What a record waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    No,
    Written,
    Synced,
}

impl State {
    fn check(&self) -> Result<(), RecordError> {
        self.refusal.clone().map_or(Ok(()), Err)
    }

    /// What must stay free: for the outcomes of all permits, and for the end.
    fn reserve(&self) -> u64 {
        self.open * OUTCOME_BYTES + CLOSING_BYTES
    }

    fn append(&mut self, frame: &[u8], is_decision: bool) -> Numbered {
        self.position += 1;
        self.decisions += u64::from(is_decision);
        let start = self.pending.len();
        self.pending.extend_from_slice(frame);
        let numbered = Numbered { position: self.position, sequence: self.decisions };
        let placed = self.pending.get_mut(start..).unwrap_or_default();
        number(placed, numbered.position, is_decision.then_some(numbered.sequence));
        self.room = self.room.saturating_sub(frame.len() as u64);
        numbered
    }

    /// From here on everything is refused, with the cause.
    #[cold]
    fn poison(&mut self, error: JournalError) {
        if self.fault.is_none() {
            let refusal = match error.kind() {
                JournalErrorKind::Closed => RecordError::new("the journal is closed"),
                _ => RecordError::new(
                    "the journal could not be written, and writes no more until it is opened again",
                ),
            };
            self.refusal = Some(refusal.from(error.clone()));
            self.fault = Some(error);
        }
    }
}

fn closed() -> JournalError {
    JournalError::new(JournalErrorKind::Closed, "it is closed")
}

/// A storage that panics has failed.
fn guarded<T>(act: impl FnOnce() -> Result<T, JournalError>) -> Result<T, JournalError> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        Err(JournalError::new(JournalErrorKind::Failed, "the storage panicked"))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
