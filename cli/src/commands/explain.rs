//! `explain`: one call, and why it is decided as it is.

mod show;

use portcullis::ActionGate;
use portcullis_files::json::{Json, Limits};

use crate::EXIT_FINE;
use crate::args::Explain;
use crate::call::{Attempt, CallLine, LineError};
use crate::decider::{Authority, Decider, Who, attempt, unmapped, with_action};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::sessions::Sessions;

use show::{Explained, Part};

/// Bytes that a call from the standard input may have.
const MAX_CALL: u64 = 4 * 1024 * 1024;

pub(super) fn run(args: Explain, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let Explain { policy, under, tool, arguments, user_says } = args;
    let authority = input::load_with_tools(&policy, io)?;
    let text = match &tool {
        Some(_) => arguments.unwrap_or_else(|| "{}".to_owned()),
        None => io.read("-".as_ref(), MAX_CALL)?,
    };
    let call = match &tool {
        Some(tool) => flags(tool, &text, user_says.as_deref()),
        None => CallLine::parse(text.trim_start_matches('\u{feff}').as_bytes(), Limits::default()),
    };
    let call = call.map_err(|error| Fault::said(format!("call: {error}")))?;
    let defaults = under.into();
    let explained = explain(&authority, &call, &mut Decider::new(&authority, &defaults));
    let explained = explained.map_err(|error| Fault::said(format!("call: {error}")))?;
    if json {
        io.json(&explained.rows(&call))?
    } else {
        explained.tell(io)?
    }
    Ok(EXIT_FINE)
}

/// Everything about one call. What it says of a session is the session's beginning: nothing was read yet.
fn explain(
    authority: &Authority,
    call: &CallLine<'_>,
    decider: &mut Decider<'_>,
) -> Result<Explained, LineError> {
    let scope = decider.scope(&Who::of(call), Some(&mut Sessions::new(1)))?;
    let gate = &authority.gate;
    match &call.attempt {
        Attempt::Action(line) => Ok(with_action(line, |action| {
            let part = Part::new(&action, gate.explain(&action, &scope));
            let decision = attempt(authority, &call.attempt, &scope, false).decision;
            Explained { decision, fault: None, parts: vec![part] }
        })),
        Attempt::Call { tool, arguments } => {
            let call = authority.manifest.map(tool, arguments, &scope);
            let decision = gate.decide_call(&call, &scope);
            let parts = call.actions().map(|a| Part::new(&a, gate.explain(&a, &scope))).collect();
            Ok(Explained { fault: unmapped(&call, &decision), decision, parts })
        }
    }
}

fn flags<'a>(
    tool: &'a str,
    arguments: &'a str,
    user_says: Option<&'a str>,
) -> Result<CallLine<'a>, LineError> {
    let arguments = match Json::parse(arguments)? {
        Json::Object(arguments) => arguments,
        other => {
            return Err(LineError::new(format!("--arguments is an object, not {}", other.kind())));
        }
    };
    Ok(CallLine {
        attempt: Attempt::Call { tool: tool.into(), arguments },
        user_says: user_says.map(Into::into),
        ..CallLine::default()
    })
}
