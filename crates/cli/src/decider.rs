//! Decides calls: gate, capability and manifest of one policy, and the scopes that lines ask for.

use ahash::AHashMap;
use std::convert::Infallible;

use permitgate::flow::Endorsements;
use permitgate::gate::RunError;
use permitgate::manifest::Call;
use permitgate::{Action, Decision, Gate, Manifest, Reason, Refusal, Scope, Session};
use permitgate_files::json::{Json, Object};

use crate::answer::{Answer, TooMuch};
use crate::authority::Authority;
use crate::call::{Attempt, CallLine, LineError, shown};
use crate::sessions::Sessions;

/// Scopes that one worker keeps at once.
const SCOPES: usize = 4096;

/// Bytes of a kept scope's key; a longer one is built each time.
const KEY_BYTES: usize = 4096;

/// Stands between the parts of a key, and in no text.
const BETWEEN: u8 = 0xFF;

/// Around the values of a set in a key; the same.
const SET: u8 = 0xFE;

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
    ///
    /// The whole line is checked before any of it counts, so that a line that is refused changes no session.
    pub(crate) fn decide(
        &mut self,
        call: &CallLine<'_>,
        sessions: Option<&mut Sessions>,
    ) -> Result<Answer, LineError> {
        self.check_line(call, sessions.as_deref())?;
        self.perform(&Step { who: Who::of(call), call, begin: call.begin }, sessions)
    }

    /// Whether a line can be decided; changes nothing that a later line could see.
    pub(crate) fn check_line(
        &mut self,
        call: &CallLine<'_>,
        sessions: Option<&Sessions>,
    ) -> Result<(), LineError> {
        if call.session.is_none() && call.begin {
            return Err(LineError::new("`begin` needs a `session` that remembers what was read"));
        }
        if call.result.is_some() && !call.begin {
            return Err(LineError::new("`result` is of a call that begins; say `begin` as well"));
        }
        let step = Step { who: Who::of(call), call, begin: call.begin };
        let mut rooms = Rooms::default();
        self.check(&step, sessions, &mut rooms)?;
        self.check_rooms(&rooms, sessions)
    }

    /// Whether a step can be taken, as far as others do not take its room; notes what it endorses. Changes nothing that a
    /// later line could see.
    pub(crate) fn check<'s>(
        &mut self,
        step: &Step<'s>,
        sessions: Option<&Sessions>,
        rooms: &mut Rooms<'s>,
    ) -> Result<(), LineError> {
        let Step { who, call, .. } = step;
        let invoker = said("invoker", who.invoker, self.defaults.invoker.as_deref())?;
        let agent = said("agent", who.agent, self.defaults.agent.as_deref())?;
        self.write_key(invoker, agent, who.bind)?;
        self.plain(invoker, agent, who.bind)?;
        if let Some(name) = who.session {
            let sessions = sessions.ok_or_else(not_kept)?;
            if let Some(live) = sessions.peek(name)?.filter(|live| *live.invoker != *invoker) {
                // Refused, in the words of the core.
                self.build(invoker, agent, who.bind, Some(&live.session))?;
            }
        }
        let mut given = self.given(who);
        if let (Some(result), Attempt::Call { tool, .. }) = (&call.result, &call.attempt) {
            let Authority { ground, manifest, .. } = self.authority;
            given.join(&ground.result(manifest, tool, result.view()));
        }
        rooms.add(who.session, invoker, given)
    }

    /// Whether the sessions have room for all that the steps endorse.
    pub(crate) fn check_rooms(
        &self,
        rooms: &Rooms<'_>,
        sessions: Option<&Sessions>,
    ) -> Result<(), LineError> {
        for Room { session, given, .. } in rooms.0.iter().filter(|room| !room.given.is_empty()) {
            let live = match (session, sessions) {
                (Some(name), Some(sessions)) => sessions.peek(name)?,
                _ => None,
            };
            let fits = match live {
                Some(live) => live.session.has_room_for(given),
                None => self.authority.ground.session().has_room_for(given),
            };
            if !fits {
                return Err(full());
            }
        }
        Ok(())
    }

    /// Takes a step that was checked.
    pub(crate) fn perform(
        &mut self,
        step: &Step<'_>,
        sessions: Option<&mut Sessions>,
    ) -> Result<Answer, LineError> {
        let scope = self.scope(&step.who, sessions)?;
        let result = step.call.result.as_ref();
        Ok(attempt(self.authority, &step.call.attempt, &scope, step.begin, result))
    }

    /// The scope that a step asks for, with what it gives endorsed.
    pub(crate) fn scope(
        &mut self,
        who: &Who<'_>,
        sessions: Option<&mut Sessions>,
    ) -> Result<Scope, LineError> {
        let invoker = said("invoker", who.invoker, self.defaults.invoker.as_deref())?;
        let agent = said("agent", who.agent, self.defaults.agent.as_deref())?;
        self.write_key(invoker, agent, who.bind)?;
        let given = self.given(who);
        let ground = &self.authority.ground;
        let Some(name) = who.session else {
            if given.is_empty() {
                return self.plain(invoker, agent, who.bind);
            }
            // What is given counts for this line alone.
            let session = ground.session_of(invoker);
            endorse(&session, &given)?;
            return self.build(invoker, agent, who.bind, Some(&session));
        };
        let sessions = sessions.ok_or_else(not_kept)?;
        let live = sessions.of(name, invoker, || ground.session_of(invoker))?;
        endorse(&live.session, &given)?;
        if let Some(scope) = live.scopes.get(self.key.as_slice()) {
            return Ok(scope.clone());
        }
        let scope = self.build(invoker, agent, who.bind, Some(&live.session))?;
        if self.key.len() <= KEY_BYTES {
            live.keep(&self.key, &scope);
        }
        Ok(scope)
    }

    /// A scope of its own session, in which nothing begins; kept under the key that was written last.
    fn plain(
        &mut self,
        invoker: &str,
        agent: &str,
        bind: Option<&Object<'_>>,
    ) -> Result<Scope, LineError> {
        if let Some(scope) = self.scopes.get(self.key.as_slice()) {
            return Ok(scope.clone());
        }
        let session = self.authority.ground.session_of(invoker);
        let scope = self.build(invoker, agent, bind, Some(&session))?;
        if self.scopes.len() >= SCOPES {
            self.scopes.clear();
        }
        if self.key.len() <= KEY_BYTES {
            self.scopes.insert(self.key.as_slice().into(), scope.clone());
        }
        Ok(scope)
    }

    /// What a step gives its session before anything is read.
    fn given(&self, who: &Who<'_>) -> Endorsements {
        self.authority.ground.request(who.user_says, who.facts.iter().map(Json::view))
    }

    /// Invoker, agent and bound values as one key; no two sets of them have the same.
    fn write_key(
        &mut self,
        invoker: &str,
        agent: &str,
        bind: Option<&Object<'_>>,
    ) -> Result<(), LineError> {
        self.key.clear();
        let mut part = |text: &[u8]| {
            self.key.extend_from_slice(text);
            self.key.push(BETWEEN);
        };
        part(invoker.as_bytes());
        part(agent.as_bytes());
        for (name, value) in bind.iter().flat_map(|bind| bind.iter()) {
            part(name.as_bytes());
            match &bound(value)? {
                Bound::One(value) => part(value.as_bytes()),
                // A mark that no text holds keeps a set apart from what follows it, on both sides.
                Bound::Set(values) => {
                    part(&[SET]);
                    values.iter().for_each(|value| part(value.as_bytes()));
                    part(&[SET]);
                }
            }
        }
        Ok(())
    }

    fn build(
        &self,
        invoker: &str,
        agent: &str,
        bind: Option<&Object<'_>>,
        session: Option<&Session>,
    ) -> Result<Scope, LineError> {
        let check = |name: &str, value: &str| {
            let checked = self.authority.ground.check_bound(name, value);
            checked.map_err(|error| LineError::new(error.to_string()))
        };
        check("invoker", invoker)?;
        check("agent", agent)?;
        let mut builder = Scope::builder(&self.authority.capability).invoker(invoker).agent(agent);
        for (name, value) in &self.defaults.bind {
            check(name, value)?;
            builder = builder.bind(name, value);
        }
        for (name, value) in bind.iter().flat_map(|bind| bind.iter()) {
            builder = match bound(value)? {
                Bound::One(value) => {
                    check(name, value)?;
                    builder.bind(&**name, value)
                }
                Bound::Set(values) => {
                    values.iter().try_for_each(|value| check(name, value))?;
                    builder.bind_set(&**name, values)
                }
            };
        }
        if let Some(session) = session {
            builder = builder.session(session);
        }
        // The core speaks of its method, a line of its key.
        let told =
            |error: String| error.replace("call `bind`", "say `bind` in the line, or --bind");
        builder.build().map_err(|error| LineError::new(told(error.to_string())))
    }
}

/// What a line binds to a name.
enum Bound<'v> {
    One(&'v str),
    Set(Vec<&'v str>),
}

fn bound<'v>(value: &'v Json<'_>) -> Result<Bound<'v>, LineError> {
    let text = |value: &'v Json<'_>| {
        let wrong = || format!("`bind` holds texts and lists of texts, not {}", value.kind());
        value.as_text().ok_or_else(|| LineError::new(wrong()))
    };
    match value {
        Json::List(values) => Ok(Bound::Set(values.iter().map(text).collect::<Result<_, _>>()?)),
        value => text(value).map(Bound::One),
    }
}

/// One call of a line.
pub(crate) struct Step<'s> {
    pub(crate) who: Who<'s>,
    pub(crate) call: &'s CallLine<'s>,
    /// Whether it begins where it is allowed.
    pub(crate) begin: bool,
}

/// What the steps of one line endorse, session by session.
#[derive(Default)]
pub(crate) struct Rooms<'s>(Vec<Room<'s>>);

struct Room<'s> {
    session: Option<&'s str>,
    invoker: Box<str>,
    given: Endorsements,
}

impl<'s> Rooms<'s> {
    fn add(
        &mut self,
        session: Option<&'s str>,
        invoker: &str,
        given: Endorsements,
    ) -> Result<(), LineError> {
        let known = self.0.iter_mut().find(|room| session.is_some() && room.session == session);
        match known {
            Some(room) if *room.invoker != *invoker => Err(LineError::new(format!(
                "the session is not one of {}; an earlier call of the same line makes it another invoker's",
                shown(invoker)
            ))),
            Some(room) => {
                room.given.join(&given);
                Ok(())
            }
            None => {
                self.0.push(Room { session, invoker: invoker.into(), given });
                Ok(())
            }
        }
    }
}

fn endorse(session: &Session, given: &Endorsements) -> Result<(), LineError> {
    if given.is_empty() || session.endorse_all(given) { Ok(()) } else { Err(full()) }
}

#[cold]
fn full() -> LineError {
    LineError::new("the session cannot hold all that the line endorses")
}

#[cold]
fn not_kept() -> LineError {
    LineError::new("sessions are not kept here")
}

/// Under whose name and in which session a call is decided.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Who<'w> {
    pub(crate) invoker: Option<&'w str>,
    pub(crate) agent: Option<&'w str>,
    pub(crate) bind: Option<&'w Object<'w>>,
    pub(crate) session: Option<&'w str>,
    pub(crate) user_says: Option<&'w str>,
    pub(crate) facts: &'w [Json<'w>],
}

impl<'w> Who<'w> {
    pub(crate) fn of(call: &'w CallLine<'w>) -> Self {
        Self {
            invoker: call.invoker.as_deref(),
            agent: call.agent.as_deref(),
            bind: call.bind.as_ref(),
            session: call.session.as_deref(),
            user_says: call.user_says.as_deref(),
            facts: &call.facts,
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
            facts: if self.facts.is_empty() { other.facts } else { self.facts },
        }
    }
}

fn said<'s>(
    what: &str,
    by_line: Option<&'s str>,
    default: Option<&'s str>,
) -> Result<&'s str, LineError> {
    by_line.or(default).ok_or_else(|| {
        LineError::new(format!(
            "no {what} is named; give --{what} NAME, or write `{what}` in the call"
        ))
    })
}

/// Decides what is attempted, and begins it where that is asked for and allowed.
pub(crate) fn attempt(
    authority: &Authority,
    attempt: &Attempt<'_>,
    scope: &Scope,
    begin: bool,
    result: Option<&Json<'_>>,
) -> Answer {
    match attempt {
        Attempt::Action(line) => {
            let action = line.view();
            let decision = authority.gate.decide(&action, scope);
            let decision = if begin && decision.is_allow() {
                begun(&authority.gate, &action, scope).map_or_else(refused, |()| decision)
            } else {
                decision
            };
            let who = TooMuch::of(decision.grounds(), action.audience());
            Answer { decision, actions: 1, fault: None, who }
        }
        Attempt::Call { tool, arguments } => {
            let call = authority.manifest.map(tool, arguments, scope);
            let decision = authority.gate.decide_call(&call, scope);
            let decision = if begin && decision.is_allow() {
                begun_call(&authority.gate, &call, scope).map_or_else(refused, |()| decision)
            } else {
                decision
            };
            if let Some(result) = result.filter(|_| begin && decision.is_allow()) {
                // Where somebody else chose what was looked up, it is not endorsed, as in any session.
                call.endorse_result(result.view(), scope.session());
            }
            let fault = unmapped(&authority.manifest, &call, &decision);
            let who = TooMuch::of_call(&authority.gate, &call, scope, &decision);
            Answer { fault, decision, actions: call.actions().len(), who }
        }
    }
}

/// Why the manifest gives a call no meaning. That a tool is not known, or has changed, is said by the
/// reason already; of one that is not known, which may be meant.
pub(crate) fn unmapped(
    manifest: &Manifest,
    call: &Call<'_>,
    decision: &Decision,
) -> Option<String> {
    match decision.reason() {
        Reason::UnmappedCall => call.fault().map(ToString::to_string),
        Reason::UnknownTool => {
            let near = manifest.nearest_tool(call.tool())?;
            Some(format!("there is no tool {}; did you mean {}?", shown(call.tool()), shown(near)))
        }
        _ => None,
    }
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
    gate.authorize_call(call, scope)?.begin(&gate.call_handle(call.tool()))?.done();
    Ok(())
}

fn refused(refusal: Refusal) -> Decision {
    let grounds = refusal.grounds().clone();
    match refusal {
        Refusal::Held(_) => Decision::Hold(grounds),
        Refusal::Denied(_) => Decision::Deny(grounds),
    }
}
