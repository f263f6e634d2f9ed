//! `decide`: a stream of calls in, a stream of decisions out.

use std::path::Path;

use super::lineage::Lineage;
use crate::args::Decide;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::stream::{self, Plan, StreamFault};
use crate::{EXIT_FINE, EXIT_FOUND};

pub(super) fn run(args: Decide, io: &mut Io) -> Result<u8, Fault> {
    let Decide { policy, calls, under, lineage, limits, threads, quiet } = args;
    let lineage = Lineage::read(&lineage, io)?.now();
    let bundle = input::load_bundle(&policy.file)?;
    let mut authority = lineage.authority(&bundle, &policy.file, io)?;
    input::narrow_tools(&mut authority, &policy, io)?;
    let mut source = io.open(&calls)?;
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count.into(),
    };
    let defaults = under.try_into()?;
    let plan = Plan {
        authority: &authority,
        defaults: &defaults,
        threads,
        max_line: limits.max_line,
        sessions: limits.sessions,
        progress: !quiet && io.shows_progress(),
    };
    io.flush().map_err(Fault::output)?;
    let streams = io.split();
    let done = stream::run(&plan, &mut *source, &mut *streams.output, &mut *streams.errors);
    let count = done.map_err(|fault| of_stream(&calls, fault))?;
    Ok(if count.errors == 0 { EXIT_FINE } else { EXIT_FOUND })
}

fn of_stream(calls: &Path, fault: StreamFault) -> Fault {
    match fault {
        StreamFault::Read(error) => Fault::file(calls, &error),
        StreamFault::Write(error) => Fault::output(error),
        StreamFault::Panic => Fault::said("a worker stopped unexpectedly"),
    }
}
