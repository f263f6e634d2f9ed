//! Cases: calls with the decision that is expected of them.

use std::borrow::Cow;

use permitgate::decision::Ruling;
use permitgate::text::visible;
use permitgate::time::Timestamp;
use permitgate_files::json::{Json, Limits};

use crate::answer::Answer;
use crate::call::{CallLine, LineError, text, unknown};
use crate::decider::{Decider, Rooms, Step, Who};
use crate::sessions::Sessions;

/// A line of a case file.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    /// What the case shows.
    pub(crate) why: Option<Cow<'a, str>>,
    /// When it is decided.
    pub(crate) at: Option<Timestamp>,
    call: CallLine<'a>,
    reads: Vec<CallLine<'a>>,
    expect: Ruling,
    reason: Option<Cow<'a, str>>,
    statement: Option<Cow<'a, str>>,
}

/// What came of a case: nothing to say, or what was found instead.
pub(crate) type Verdict = Result<(), String>;

impl<'a> Case<'a> {
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        let mut call = CallLine::parse_with_more(line, Limits::default())?;
        let (mut name, mut why, mut expect) = (None, None, None);
        let (mut reason, mut statement) = (None, None);
        let (mut reads, mut at) = (Vec::new(), None);
        for (key, value) in std::mem::take(&mut call.more) {
            match &*key {
                "name" => name = Some(text("name", value)?),
                "why" => why = Some(text("why", value)?),
                "expect" => expect = Some(ruling(&text("expect", value)?)?),
                "reason" => reason = Some(text("reason", value)?),
                "statement" => statement = Some(text("statement", value)?),
                "reads" => reads = calls(value)?,
                "at" => at = Some(moment(&text("at", value)?)?),
                _ => {
                    return Err(unknown(
                        &key,
                        "those of a call, and name, why, at, expect, reason, statement, reads",
                    ));
                }
            }
        }
        if call.result.is_some() && !call.begin {
            return Err(LineError::new(
                "`result` is of a call that begins; an earlier one stands in `reads`",
            ));
        }
        let expect = expect.ok_or_else(|| LineError::new("a case has an `expect`"))?;
        Ok(Self { name, why, at, call, reads, expect, reason, statement })
    }

    /// Whether it shares a session with other cases of its file.
    pub(crate) fn names_session(&self) -> bool {
        self.call.session.is_some()
    }

    /// Decides the case, in the session `own` unless it names one. All of it is checked before any of it counts.
    pub(crate) fn run(
        &self,
        decider: &mut Decider<'_>,
        sessions: &mut Sessions,
        own: &str,
    ) -> Verdict {
        match self.answer(decider, sessions, own)? {
            Some(answer) => self.compare(&answer),
            None => Ok(()),
        }
    }

    fn answer(
        &self,
        decider: &mut Decider<'_>,
        sessions: &mut Sessions,
        own: &str,
    ) -> Result<Option<Answer>, String> {
        let steps = steps(&self.call, &self.reads, own);
        check(&steps, decider, sessions)?;
        let [reads @ .., call] = steps.as_slice() else { return Ok(None) };
        begin(reads, decider, sessions)?;
        decider.perform(call, Some(sessions)).map(Some).map_err(|error| error.to_string())
    }

    fn compare(&self, answer: &Answer) -> Verdict {
        let grounds = answer.decision.grounds();
        let found = described(answer);
        if answer.decision.ruling() != self.expect {
            return Err(format!("expected {}, found {found}", self.expect));
        }
        match &self.reason {
            Some(reason) if reason != grounds.reason().code() => {
                return Err(format!("expected the reason {reason}, found {found}"));
            }
            _ => {}
        }
        match &self.statement {
            Some(statement) if grounds.statement() != Some(statement) => {
                Err(format!("expected the statement `{statement}`, found {found}"))
            }
            _ => Ok(()),
        }
    }
}

/// A decision in a few words.
pub(crate) fn described(answer: &Answer) -> String {
    let grounds = answer.decision.grounds();
    let fault = answer.fault.as_ref().map_or_else(String::new, |fault| format!(": {fault}"));
    format!("{} ({}): {}{fault}", answer.decision.ruling(), grounds.reason(), grounds.explain())
}

fn moment(text: &str) -> Result<Timestamp, LineError> {
    text.parse().map_err(|error| LineError::new(format!("`at`: `{}` is {error}", visible(text))))
}

fn ruling(name: &str) -> Result<Ruling, LineError> {
    match name {
        "allow" => Ok(Ruling::Allow),
        "hold" => Ok(Ruling::Hold),
        "deny" => Ok(Ruling::Deny),
        _ => Err(LineError::new("`expect` is allow, hold or deny")),
    }
}

/// The earlier calls and the call itself, in one session.
pub(crate) fn steps<'s>(
    call: &'s CallLine<'s>,
    reads: &'s [CallLine<'s>],
    own: &'s str,
) -> Vec<Step<'s>> {
    let mut who = Who::of(call);
    who.session = who.session.or(Some(own));
    let read = |read| Step { who: Who::of(read).or(who), call: read, begin: true };
    let call = Step { who, call, begin: call.begin };
    reads.iter().map(read).chain([call]).collect()
}

/// Whether all steps can be taken; changes nothing.
pub(crate) fn check(steps: &[Step<'_>], decider: &mut Decider<'_>, sessions: &Sessions) -> Verdict {
    let mut rooms = Rooms::default();
    for (place, step) in steps.iter().enumerate() {
        decider.check(step, Some(sessions), &mut rooms).map_err(|error| {
            if place + 1 == steps.len() {
                error.to_string()
            } else {
                format!("reads[{place}]: {error}")
            }
        })?;
    }
    decider.check_rooms(&rooms, Some(sessions)).map_err(|error| error.to_string())
}

/// Begins earlier calls, each of which must be allowed.
pub(crate) fn begin(
    reads: &[Step<'_>],
    decider: &mut Decider<'_>,
    sessions: &mut Sessions,
) -> Verdict {
    for (place, read) in reads.iter().enumerate() {
        let answer = decider.perform(read, Some(sessions));
        let answer = answer.map_err(|error| format!("reads[{place}]: {error}"))?;
        if !answer.decision.is_allow() {
            return Err(format!("reads[{place}] cannot begin: {}", described(&answer)));
        }
    }
    Ok(())
}

pub(crate) fn calls(value: Json<'_>) -> Result<Vec<CallLine<'_>>, LineError> {
    let Json::List(items) = value else {
        return Err(LineError::new(format!("`reads` is a list, not {}", value.kind())));
    };
    let read = |(place, item): (usize, _)| {
        let call = CallLine::of(item).and_then(|call| match call.more.first() {
            Some((key, _)) => {
                Err(unknown(key, "tool, arguments, action, result, and those that say who"))
            }
            None => Ok(call),
        });
        call.map_err(|error| LineError::new(format!("reads[{place}]: {error}")))
    };
    items.into_iter().enumerate().map(read).collect()
}
