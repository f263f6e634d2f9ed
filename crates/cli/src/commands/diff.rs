//! `diff`: which decisions change from one policy to another.

use std::collections::BTreeMap;
use std::path::Path;

use permitgate::Decision;
use permitgate::decision::Ruling;
use permitgate_files::json::{Json, Limits};
use serde::Serialize;

use super::lineage::Lineage;
use crate::answer::{Answer, layer_code};
use crate::args::Diff;
use crate::authority::Authority;
use crate::call::{CallLine, LineError};
use crate::decider::{Decider, Defaults};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::paint::plain;
use crate::sessions::Sessions;
use crate::stream::{Chunk, Chunks, Line};
use crate::{EXIT_FINE, EXIT_FOUND};

/// One side of a change, as it is written.
#[derive(Serialize)]
struct Side<'d> {
    decision: String,
    reason: &'static str,
    statement: Option<&'d str>,
    layer: Option<String>,
}

#[derive(Serialize)]
struct Row<'r> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r Json<'r>>,
    old: Side<'r>,
    new: Side<'r>,
}

#[derive(Serialize)]
struct ErrorRow<'r> {
    line: u64,
    error: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

/// What came of all lines.
#[derive(Default)]
struct Summary {
    calls: u64,
    errors: u64,
    changed: u64,
    /// From ruling to ruling, how often.
    moves: BTreeMap<(Ruling, Ruling), u64>,
}

/// One policy with the sessions that ran under it.
struct Half<'p> {
    decider: Decider<'p>,
    sessions: Sessions,
}

impl<'p> Half<'p> {
    fn new(authority: &'p Authority, defaults: &'p Defaults, sessions: usize) -> Self {
        Self { decider: Decider::new(authority, defaults), sessions: Sessions::new(sessions) }
    }

    fn check(&mut self, call: &CallLine<'_>) -> Result<(), LineError> {
        self.decider.check_line(call, Some(&self.sessions))
    }

    fn decide(&mut self, call: &CallLine<'_>) -> Result<Answer, LineError> {
        self.decider.decide(call, Some(&mut self.sessions))
    }
}

pub(super) fn run(args: Diff, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let Diff { old, new, calls, under, lineage, limits, reasons } = args;
    let lineage = Lineage::read(&lineage, io)?.now();
    let mut load = |path: &Path| lineage.authority(&input::load_bundle(path)?, path, io);
    let (before, after) = (load(&old)?, load(&new)?);
    let defaults = under.try_into()?;
    let mut before = Half::new(&before, &defaults, limits.sessions);
    let mut after = Half::new(&after, &defaults, limits.sessions);
    let mut chunks = Chunks::new(io.open(&calls)?, limits.max_line);
    let (mut chunk, mut summary) = (Chunk::default(), Summary::default());
    while chunks.fill(&mut chunk).map_err(|error| Fault::file(&calls, &error))? {
        for (number, line) in chunk.numbered(limits.max_line) {
            let pair = parse(&line, limits.max_line).and_then(|call| {
                // A line that one of the two refuses changes no session of the other either.
                before.check(&call)?;
                after.check(&call)?;
                let (old, new) = (before.decide(&call)?, after.decide(&call)?);
                Ok((call, old, new))
            });
            match pair {
                Ok((call, old, new)) => {
                    summary.calls += 1;
                    let (old, new) = (&old.decision, &new.decision);
                    if old.ruling() == new.ruling() && (!reasons || old == new) {
                        continue;
                    }
                    summary.changed += 1;
                    *summary.moves.entry((old.ruling(), new.ruling())).or_default() += 1;
                    row(number, call.id.as_ref(), old, new, json, io)?;
                }
                Err(error) => {
                    summary.errors += 1;
                    failed(number, &error, json, io)?;
                }
            }
        }
        io.flush().map_err(Fault::output)?;
    }
    summary.write(json, io)?;
    Ok(if summary.changed + summary.errors == 0 { EXIT_FINE } else { EXIT_FOUND })
}

fn parse<'l>(line: &Line<'l>, max_line: usize) -> Result<CallLine<'l>, LineError> {
    match line {
        Line::Text(bytes) => CallLine::parse(bytes, Limits::default()),
        Line::TooLong => Err(LineError::new(format!("the line is longer than {max_line} bytes"))),
    }
}

fn side(decision: &Decision) -> Side<'_> {
    let grounds = decision.grounds();
    Side {
        decision: decision.ruling().to_string(),
        reason: grounds.reason().code(),
        statement: grounds.statement(),
        layer: grounds.layer().map(layer_code),
    }
}

fn row(
    line: u64,
    id: Option<&Json<'_>>,
    old: &Decision,
    new: &Decision,
    json: bool,
    io: &mut Io,
) -> Result<(), Fault> {
    if json {
        return io.json(&Row { line, id, old: side(old), new: side(new) });
    }
    let paint = io.paint();
    let named = id.and_then(|id| serde_json::to_string(id).ok());
    let named = named.map_or_else(String::new, |id| format!(" {}", plain(&id)));
    let half = |decision: &Decision| {
        let grounds = decision.grounds();
        let by = grounds.statement().map_or_else(String::new, |id| format!(" by `{id}`"));
        let said = format!("({}{by})", grounds.reason());
        format!("{} {}", paint.ruling(decision.ruling(), decision.ruling()), paint.faint(said))
    };
    io.line(format_args!("line {line}{named}: {} -> {}", half(old), half(new)))
}

fn failed(line: u64, error: &LineError, json: bool, io: &mut Io) -> Result<(), Fault> {
    if json {
        return io.json(&ErrorRow { line, error: &error.what, column: error.column });
    }
    let paint = io.paint();
    io.line(format_args!("line {line}: {}: {error}", paint.bad("error")))
}

impl Summary {
    fn write(&self, json: bool, io: &mut Io) -> Result<(), Fault> {
        let Self { calls, errors, changed, moves } = self;
        if json {
            let moves: BTreeMap<String, u64> =
                moves.iter().map(|((old, new), count)| (format!("{old}->{new}"), *count)).collect();
            return io.json(&serde_json::json!({
                "summary": {"calls": calls, "errors": errors, "changed": changed, "moves": moves}
            }));
        }
        let errors = match errors {
            0 => String::new(),
            1 => ", 1 line with an error".to_owned(),
            count => format!(", {count} lines with errors"),
        };
        io.line(format_args!("{changed} of {calls} decisions change{errors}"))?;
        for ((old, new), count) in moves {
            io.line(format_args!("  {old} -> {new}: {count}"))?;
        }
        Ok(())
    }
}
