//! Decides calls: gate, capability and manifest of one policy, and the scopes that lines ask for.

use ahash::AHashMap;
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use portcullis::{
    Action, ActionGate, ActionGateExt, Audience, Call, Capability, Decision, Directory, Gate,
    Manifest, Origin, Reason, Refusal, RunError, Scope, Session,
};
use portcullis_files::json::Object;
use smallvec::SmallVec;

use crate::answer::Answer;
use crate::call::{ActionLine, Attempt, AudienceLine, CallLine, LineError};
use crate::sessions::Sessions;

/// Scopes that one worker keeps at once.
const SCOPES: usize = 4096;

/// Bytes of a kept scope's key; a longer one is built each time.
const KEY_BYTES: usize = 4096;

/// Stands between the parts of a key, and in no text.
const BETWEEN: u8 = 0xFF;

/// Everything of one policy that decides.
pub(crate) struct Authority {
    pub(crate) gate: Gate,
    pub(crate) capability: Capability,
    pub(crate) manifest: Manifest,
    pub(crate) directory: Arc<Directory>,
}

/// What holds for a line that does not say it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) invoker: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) bind: Vec<(String, String)>,
}

/// Decides one line after the other.
pub(crate) struct Decider<'p> {
    authority: &'p Authority,
    defaults: &'p Defaults,
    scopes: AHashMap<Box<[u8]>, Scope>,
    key: Vec<u8>,
}

impl<'p> Decider<'p> {
    pub(crate) fn new(authority: &'p Authority, defaults: &'p Defaults) -> Self {
        Self { authority, defaults, scopes: AHashMap::new(), key: Vec::new() }
    }

    /// The answer to a line. Where the line names a session, `sessions` has it.
    pub(crate) fn decide(
        &mut self,
        call: &CallLine<'_>,
        sessions: Option<&mut Sessions>,
    ) -> Result<Answer, LineError> {
        if call.session.is_none() && call.begin {
            return Err(LineError::new("`begin` needs a `session` that remembers what was read"));
        }
        let scope = self.scope(&Who::of(call), sessions)?;
        Ok(attempt(self.authority, &call.attempt, &scope, call.begin))
    }

    /// The scope that a line asks for.
    pub(crate) fn scope(
        &mut self,
        who: &Who<'_>,
        sessions: Option<&mut Sessions>,
    ) -> Result<Scope, LineError> {
        let invoker = named("invoker", who.invoker, self.defaults.invoker.as_deref())?;
        let agent = named("agent", who.agent, self.defaults.agent.as_deref())?;
        self.write_key(invoker, agent, who.bind)?;
        let build = |session: Option<&Session>| self.build(invoker, agent, who.bind, session);
        let keep = self.key.len() <= KEY_BYTES;
        match (who.session, sessions, who.user_says) {
            (Some(name), Some(sessions), said) => {
                let live = sessions.of(name)?;
                self.endorse(&live.session, said)?;
                if let Some(scope) = live.scopes.get(self.key.as_slice()) {
                    return Ok(scope.clone());
                }
                let scope = build(Some(&live.session))?;
                if keep {
                    live.keep(&self.key, &scope);
                }
                Ok(scope)
            }
            (Some(_), None, _) => Err(LineError::new("sessions are not kept here")),
            // Words endorse for this line alone.
            (None, _, Some(said)) => {
                let session = Session::new();
                self.endorse(&session, Some(said))?;
                build(Some(&session))
            }
            (None, _, None) => {
                if let Some(scope) = self.scopes.get(self.key.as_slice()) {
                    return Ok(scope.clone());
                }
                let scope = build(None)?;
                if self.scopes.len() >= SCOPES {
                    self.scopes.clear();
                }
                if keep {
                    self.scopes.insert(self.key.as_slice().into(), scope.clone());
                }
                Ok(scope)
            }
        }
    }

    /// Invoker, agent and bound values as one key; no two sets of them have the same.
    fn write_key(
        &mut self,
        invoker: &str,
        agent: &str,
        bind: Option<&Object<'_>>,
    ) -> Result<(), LineError> {
        self.key.clear();
        let mut part = |text: &str| {
            self.key.extend_from_slice(text.as_bytes());
            self.key.push(BETWEEN);
        };
        part(invoker);
        part(agent);
        for (name, value) in bind.iter().flat_map(|bind| bind.iter()) {
            part(name);
            part(value.as_text().ok_or_else(|| {
                LineError::new(format!("`bind` holds texts, not {}", value.kind()))
            })?);
        }
        Ok(())
    }

    /// What the user says endorses its own values, and those of the things that it names.
    fn endorse(&self, session: &Session, said: Option<&str>) -> Result<(), LineError> {
        let fits = said.is_none_or(|said| {
            session.endorse_words(Origin::User, said)
                && session.endorse_named(&self.authority.directory, said)
        });
        let full = || LineError::new("the session cannot hold all that `user_says` endorses");
        fits.then_some(()).ok_or_else(full)
    }

    fn build(
        &self,
        invoker: &str,
        agent: &str,
        bind: Option<&Object<'_>>,
        session: Option<&Session>,
    ) -> Result<Scope, LineError> {
        let mut builder = Scope::builder(&self.authority.capability).invoker(invoker).agent(agent);
        for (name, value) in &self.defaults.bind {
            builder = builder.bind(name, value);
        }
        for (name, value) in bind.iter().flat_map(|bind| bind.iter()) {
            builder = builder.bind(&**name, value.as_text().unwrap_or_default());
        }
        if let Some(session) = session {
            builder = builder.session(session);
        }
        builder.build().map_err(|error| LineError::new(error.to_string()))
    }
}

/// Under whose name and in which session a call is decided.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Who<'w> {
    pub(crate) invoker: Option<&'w str>,
    pub(crate) agent: Option<&'w str>,
    pub(crate) bind: Option<&'w Object<'w>>,
    pub(crate) session: Option<&'w str>,
    pub(crate) user_says: Option<&'w str>,
}

impl<'w> Who<'w> {
    pub(crate) fn of(call: &'w CallLine<'w>) -> Self {
        Self {
            invoker: call.invoker.as_deref(),
            agent: call.agent.as_deref(),
            bind: call.bind.as_ref(),
            session: call.session.as_deref(),
            user_says: call.user_says.as_deref(),
        }
    }

    /// What `self` does not say is as in `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            invoker: self.invoker.or(other.invoker),
            agent: self.agent.or(other.agent),
            bind: self.bind.or(other.bind),
            session: self.session.or(other.session),
            user_says: self.user_says.or(other.user_says),
        }
    }
}

fn named<'s>(
    what: &str,
    said: Option<&'s str>,
    default: Option<&'s str>,
) -> Result<&'s str, LineError> {
    said.or(default).ok_or_else(|| {
        LineError::new(format!("the line names no `{what}`, and --{what} gives no default"))
    })
}

/// Decides what is attempted, and begins it where that is asked for and allowed.
pub(crate) fn attempt(
    authority: &Authority,
    attempt: &Attempt<'_>,
    scope: &Scope,
    begin: bool,
) -> Answer {
    match attempt {
        Attempt::Action(line) => with_action(line, |action| {
            let decision = authority.gate.decide(&action, scope);
            let decision = if begin && decision.is_allow() {
                begun(&authority.gate, &action, scope).map_or_else(refused, |()| decision)
            } else {
                decision
            };
            Answer { decision, actions: 1, fault: None }
        }),
        Attempt::Call { tool, arguments } => {
            let call = authority.manifest.map(tool, arguments, scope);
            let decision = authority.gate.decide_call(&call, scope);
            let decision = if begin && decision.is_allow() {
                begun_call(&authority.gate, &call, scope).map_or_else(refused, |()| decision)
            } else {
                decision
            };
            Answer { fault: unmapped(&call, &decision), decision, actions: call.actions().len() }
        }
    }
}

/// Why the manifest gives a call no meaning. That a tool is not known, or has changed, is said by the
/// reason already.
pub(crate) fn unmapped(call: &Call<'_>, decision: &Decision) -> Option<String> {
    let fault = call.fault().filter(|_| decision.reason() == Reason::UnmappedCall);
    fault.map(ToString::to_string)
}

/// Begins what is allowed; the effect is nothing, but what it reads counts for the session.
fn begun(gate: &Gate, action: &Action<'_>, scope: &Scope) -> Result<(), Refusal> {
    match gate.run(action, scope, |_| Ok::<_, Infallible>(())) {
        Ok(()) => Ok(()),
        Err(RunError::Refused(refusal)) => Err(refusal),
        Err(RunError::Failed(never)) => match never {},
    }
}

/// The same for every action of a call.
fn begun_call(gate: &Gate, call: &Call<'_>, scope: &Scope) -> Result<(), Refusal> {
    gate.authorize_call(call, scope)?.begin(&gate.call_tool(call.tool()))?.done();
    Ok(())
}

fn refused(refusal: Refusal) -> Decision {
    let because = refusal.because().clone();
    match refusal {
        Refusal::Held(_) => Decision::Hold(because),
        Refusal::Denied(_) => Decision::Deny(because),
    }
}

/// The action that a line describes.
pub(crate) fn with_action<T>(line: &ActionLine<'_>, then: impl FnOnce(Action<'_>) -> T) -> T {
    let names: SmallVec<[&str; 8]> = match &line.audience {
        AudienceLine::Recipients(names) => names.iter().map(Cow::as_ref).collect(),
        _ => SmallVec::new(),
    };
    let audience = match &line.audience {
        AudienceLine::Private => Audience::Private,
        AudienceLine::Internal => Audience::Internal,
        AudienceLine::Public => Audience::Public,
        AudienceLine::Recipients(_) => Audience::recipients(names.as_slice()),
        AudienceLine::Group(name) => Audience::Group(name),
        AudienceLine::Channel(name) => Audience::Channel(name),
    };
    let action = Action::new(line.operation, &line.tool, &line.resource)
        .visible_to(audience)
        .with(&line.arguments);
    let action = match line.reversible {
        Some(true) => action.reversible(),
        Some(false) => action.irreversible(),
        None => action,
    };
    then(if line.untrusted { action.untrusted() } else { action })
}
