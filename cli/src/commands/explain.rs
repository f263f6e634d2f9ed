//! `explain`: one call, and why it is decided as it is.

use portcullis_files::json::{Json, Limits};

use crate::EXIT_FINE;
use crate::answer;
use crate::args::Explain;
use crate::call::{Attempt, CallLine, LineError};
use crate::cases::described;
use crate::decider::{Decider, Who, attempt};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::sessions::Sessions;

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
    let mut decider = Decider::new(&authority, &defaults);
    let scope = decider.scope(&Who::of(&call), Some(&mut Sessions::new(1)));
    let scope = scope.map_err(|error| Fault::said(format!("call: {error}")))?;
    let answer = attempt(&authority, &call.attempt, &scope, false);
    if json {
        let mut out = Vec::new();
        answer::Writer::default().answer(&mut out, 1, call.id.as_ref(), &answer);
        io.line(String::from_utf8_lossy(&out).trim_end())?;
    } else {
        let ruling = answer.decision.ruling();
        io.line(io.paint().ruling(ruling, described(&answer)).to_string())?;
    }
    Ok(EXIT_FINE)
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
