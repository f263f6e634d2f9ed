//! `explain`: one call, and why it is decided as it is.

mod show;

use permitgate_files::json::{Json, JsonError, Limits};

use super::lineage::Lineage;
use crate::EXIT_FINE;
use crate::args::Explain;
use crate::authority::Authority;
use crate::call::{Attempt, CallLine, LineError, empty_fact, unknown};
use crate::cases;
use crate::decider::{Decider, attempt, unmapped};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::sessions::Sessions;

use show::{Explained, Part};

/// Sessions that one call and those before it may name; far more than anybody writes.
const SESSIONS: usize = 1024;

/// Bytes that a call from the standard input may have.
const MAX_CALL: u64 = 4 * 1024 * 1024;

pub(super) fn run(args: Explain, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let Explain { policy, under, lineage, tool, arguments, user_says, facts } = args;
    let lineage = Lineage::read(&lineage, io)?.now();
    // What is asked is why; a test that fails may be the question.
    let bundle = input::load_untested(&policy.file)?;
    let outcomes = bundle.run_tests();
    let failed = outcomes.iter().filter(|test| !test.passed).count();
    if failed > 0 {
        io.remark(&format!(
            "{}: {failed} of {} tests fail; `permitgate test` tells which",
            policy.file.display(),
            outcomes.len()
        ));
    }
    let mut authority = lineage.authority(&bundle, &policy.file, io)?;
    input::narrow_tools(&mut authority, &policy, io)?;
    let text = match &tool {
        Some(_) => arguments.unwrap_or_else(|| "{}".to_owned()),
        None => io.read("-".as_ref(), MAX_CALL)?,
    };
    let call = match &tool {
        Some(tool) => {
            flags(tool, &text, user_says.as_deref(), &facts).map(|call| (call, Vec::new()))
        }
        None => from_text(text.trim_start_matches('\u{feff}')),
    };
    let (call, reads) = call.map_err(|error| Fault::said(format!("call: {error}")))?;
    let defaults = under.try_into()?;
    let explained = explain(&authority, &call, &reads, &mut Decider::new(&authority, &defaults));
    let explained = explained.map_err(|error| Fault::said(format!("call: {error}")))?;
    if json {
        io.json(&explained.rows(&call))?
    } else {
        explained.tell(io)?
    }
    Ok(EXIT_FINE)
}

/// A call as a line has it, with the calls that began before.
fn from_text(text: &str) -> Result<(CallLine<'_>, Vec<CallLine<'_>>), LineError> {
    if text.trim().is_empty() {
        return Err(LineError::new(
            "there is none; name its tool with --tool, or write it as one JSON object to the standard input",
        ));
    }
    let mut call = CallLine::parse_with_more(text.as_bytes(), Limits::default())?;
    let mut reads = Vec::new();
    for (key, value) in std::mem::take(&mut call.more) {
        match &*key {
            "reads" => reads = cases::calls(value)?,
            _ => {
                return Err(unknown(
                    &key,
                    "tool, arguments, action, invoker, agent, bind, session, user_says, facts, begin, result, reads, id",
                ));
            }
        }
    }
    Ok((call, reads))
}

/// Everything about one call, in a session that has read what the earlier calls read and nothing else.
fn explain(
    authority: &Authority,
    call: &CallLine<'_>,
    reads: &[CallLine<'_>],
    decider: &mut Decider<'_>,
) -> Result<Explained, String> {
    let mut sessions = Sessions::fixed(SESSIONS);
    let steps = cases::steps(call, reads, "own");
    cases::check(&steps, decider, &sessions)?;
    let Some((last, before)) = steps.split_last() else { return Err("no call".to_owned()) };
    cases::begin(before, decider, &mut sessions)?;
    let has_read = !before.is_empty();
    let scope = decider.scope(&last.who, Some(&mut sessions)).map_err(|error| error.to_string())?;
    let gate = &authority.gate;
    match &call.attempt {
        Attempt::Action(line) => {
            let action = line.view();
            let part = Part::new(&action, gate.explain(&action, &scope));
            let decision = attempt(authority, &call.attempt, &scope, false, None).decision;
            Ok(Explained { decision, fault: None, parts: vec![part], has_read })
        }
        Attempt::Call { tool, arguments } => {
            let call = authority.manifest.map(tool, arguments, &scope);
            let decision = gate.decide_call(&call, &scope);
            let explained = gate.explain_call(&call, &scope);
            let parts = call.actions().zip(explained).map(|(a, e)| Part::new(&a, e)).collect();
            let fault = unmapped(&authority.manifest, &call, &decision);
            Ok(Explained { fault, decision, parts, has_read })
        }
    }
}

fn in_arguments(error: JsonError) -> LineError {
    LineError::new(format!("--arguments: {}", LineError::from(error)))
}

fn flags<'a>(
    tool: &'a str,
    arguments: &'a str,
    user_says: Option<&'a str>,
    facts: &'a [String],
) -> Result<CallLine<'a>, LineError> {
    let arguments = match Json::parse(arguments).map_err(in_arguments)? {
        Json::Object(arguments) => arguments,
        other => {
            return Err(LineError::new(format!("--arguments is an object, not {}", other.kind())));
        }
    };
    if facts.iter().any(String::is_empty) {
        return Err(empty_fact());
    }
    Ok(CallLine {
        attempt: Attempt::Call { tool: tool.into(), arguments },
        user_says: user_says.map(Into::into),
        facts: facts.iter().map(|fact| Json::Text(fact.as_str().into())).collect(),
        ..CallLine::default()
    })
}
