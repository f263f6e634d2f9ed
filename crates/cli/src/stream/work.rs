//! The workers: each takes a chunk, decides its lines, waits for its turn and writes.

use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use permitgate_files::json::Limits;

use super::chunks::{Chunk, Chunks, Line};
use super::turns::{Turn, Turns};
use crate::answer::{self, Writer};
use crate::authority::Authority;
use crate::call::{CallLine, LineError};
use crate::decider::{Decider, Defaults};
use crate::sessions::Sessions;

/// How often progress is shown.
const PROGRESS: Duration = Duration::from_millis(200);

/// What a run goes by.
pub(crate) struct Plan<'p> {
    pub(crate) authority: &'p Authority,
    pub(crate) defaults: &'p Defaults,
    pub(crate) threads: usize,
    pub(crate) max_line: usize,
    pub(crate) sessions: usize,
    pub(crate) progress: bool,
}

/// How many lines came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) decided: u64,
    pub(crate) errors: u64,
}

/// What is handed from chunk to chunk.
struct Shared<'o> {
    output: &'o mut (dyn Write + Send),
    errors: &'o mut (dyn Write + Send),
    sessions: Sessions,
    count: Count,
    fault: Option<StreamFault>,
    started: Instant,
    shown: Instant,
    /// Characters that the progress takes on its line.
    shown_width: usize,
}

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum StreamFault {
    Read(io::Error),
    Write(io::Error),
    Panic,
}

/// Decides every line of `input`, in order.
pub(crate) fn run(
    plan: &Plan<'_>,
    input: &mut (dyn Read + Send),
    output: &mut (dyn Write + Send),
    errors: &mut (dyn Write + Send),
) -> Result<Count, StreamFault> {
    let started = Instant::now();
    let sessions = Sessions::new(plan.sessions);
    let shared = Shared {
        output,
        errors,
        sessions,
        count: Count::default(),
        fault: None,
        started,
        shown: started,
        shown_width: 0,
    };
    let turns = Turns::new(shared);
    let chunks = Mutex::new(Chunks::new(input, plan.max_line));
    let finished = std::thread::scope(|threads| {
        let more: Vec<_> =
            (1..plan.threads).map(|_| threads.spawn(|| work(plan, &chunks, &turns))).collect();
        work(plan, &chunks, &turns);
        more.into_iter().all(|thread| thread.join().is_ok())
    });
    let mut shared = turns.into_shared();
    if plan.progress {
        let _ = write!(shared.errors, "\r{:width$}\r", "", width = shared.shown_width);
    }
    match shared.fault.take() {
        Some(fault) => Err(fault),
        None if !finished => Err(StreamFault::Panic),
        None => Ok(shared.count),
    }
}

/// Stops the others when a worker panics before its turn.
struct Stopper<'t, 'o>(&'t Turns<Shared<'o>>);

impl Drop for Stopper<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

fn work<R: Read>(plan: &Plan<'_>, chunks: &Mutex<Chunks<R>>, turns: &Turns<Shared<'_>>) {
    let stopper = Stopper(turns);
    let mut worker = Worker {
        plan,
        decider: Decider::new(plan.authority, plan.defaults),
        writer: Writer::default(),
        out: Vec::new(),
        count: Count::default(),
    };
    let mut chunk = Chunk::default();
    loop {
        let filled = chunks.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut chunk);
        match filled {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                // The chunks before are still written.
                turns.note(|shared| _ = shared.fault.get_or_insert(StreamFault::Read(error)));
                break;
            }
        }
        if !worker.chunk(&chunk, turns) {
            break;
        }
    }
    drop(stopper);
}

struct Worker<'p> {
    plan: &'p Plan<'p>,
    decider: Decider<'p>,
    writer: Writer,
    out: Vec<u8>,
    count: Count,
}

impl Worker<'_> {
    /// Works on one chunk; `false` when the run is over.
    fn chunk(&mut self, chunk: &Chunk, turns: &Turns<Shared<'_>>) -> bool {
        self.out.clear();
        self.count = Count::default();
        let mut turn = None;
        for (number, line) in chunk.numbered(self.plan.max_line) {
            if !self.line(number, line, chunk.number, turns, &mut turn) {
                return false;
            }
        }
        let Some(mut turn) = turn.or_else(|| turns.wait(chunk.number)) else {
            return false;
        };
        let shared = turn.shared();
        shared.count.decided += self.count.decided;
        shared.count.errors += self.count.errors;
        let written = shared.output.write_all(&self.out).and_then(|()| shared.output.flush());
        if let Err(error) = written {
            shared.fault = Some(StreamFault::Write(error));
            turn.stop();
            return false;
        }
        if self.plan.progress {
            show_progress(shared);
        }
        true
    }

    fn line<'t, 'o>(
        &mut self,
        number: u64,
        line: Line<'_>,
        chunk: u64,
        turns: &'t Turns<Shared<'o>>,
        turn: &mut Option<Turn<'t, Shared<'o>>>,
    ) -> bool {
        let parsed = match line {
            Line::Text(bytes) => CallLine::parse(bytes, Limits::default()),
            Line::TooLong => {
                Err(LineError::new(format!("the line is longer than {} bytes", self.plan.max_line)))
            }
        };
        let call = match parsed {
            Ok(call) => call,
            Err(error) => {
                self.count.errors += 1;
                answer::error(&mut self.out, number, None, &error);
                return true;
            }
        };
        // Lines of one session are decided in their order, so all chunks before must be done.
        if call.session.is_some() && turn.is_none() {
            *turn = turns.wait(chunk);
            if turn.is_none() {
                return false;
            }
        }
        let sessions = turn.as_mut().map(|turn| &mut turn.shared().sessions);
        match self.decider.decide(&call, sessions) {
            Ok(answer) => {
                self.count.decided += 1;
                self.writer.answer(&mut self.out, number, call.id.as_ref(), &answer);
            }
            Err(error) => {
                self.count.errors += 1;
                answer::error(&mut self.out, number, call.id.as_ref(), &error);
            }
        }
        true
    }
}

fn show_progress(shared: &mut Shared<'_>) {
    let now = Instant::now();
    if now.duration_since(shared.shown) < PROGRESS {
        return;
    }
    shared.shown = now;
    let Count { decided, errors } = shared.count;
    let seconds = now.duration_since(shared.started).as_secs_f64();
    let rate = (decided + errors) as f64 / seconds.max(0.001);
    let text = format!("{decided} decided, {errors} errors, {rate:.0} lines/s");
    let _ = write!(shared.errors, "\r{text:width$}", width = shared.shown_width);
    shared.shown_width = text.len();
    let _ = shared.errors.flush();
}
