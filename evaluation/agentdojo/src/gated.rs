//! The gate as the authority: static policy, or a policy minted for the task.

use anyhow::{Context, Result};
use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::model::{Operations, Readers};
use permitgate::{
    Arguments, Capability, Gate, Policy, Refusal, Scope, Session, Statement, ambient_authority,
};
use serde_json::{Map, Value};

use crate::authority::{Answer, Authority};
use crate::data::{Case, RecordedCall, UserTask};
use crate::evaluate::SetUp;
use crate::mint::mint;
use crate::operator::Operator;

/// The agent that acts.
const AGENT: &str = "agent";

/// One static policy for every task of a suite. The session begins as those of the file's own tests do: it may act on what the user's
/// words say and on the things that they name, on the names of the directory, and on what is the user's own.
#[derive(Debug)]
pub struct Static<'o>(pub &'o Operator);

/// A capability minted for each task, under the operator's guardrails.
#[derive(Debug)]
pub struct Minted<'o>(pub &'o Operator);

impl SetUp for Static<'_> {
    fn name(&self) -> &'static str {
        "static policy"
    }

    fn authority<'a>(&'a self, _: &'a Case, task: &'a UserTask) -> Result<Box<dyn Authority + 'a>> {
        let session = self.0.ground.session_of(&self.0.invoker);
        session.endorse_words(Origin::User, &task.prompt);
        session.endorse_named(&self.0.known.things, &task.prompt);
        Ok(Box::new(Gated::new(self.0, &self.0.policy, session)?))
    }
}

impl SetUp for Minted<'_> {
    fn name(&self) -> &'static str {
        "minted per task"
    }

    fn authority<'a>(&'a self, _: &'a Case, task: &'a UserTask) -> Result<Box<dyn Authority + 'a>> {
        let (policy, session) = mint(&task.prompt, &self.0.manifest, &self.0.known)?;
        let capability = Capability::root(policy, ambient_authority());
        Ok(Box::new(Gated::new(self.0, &capability, session)?))
    }
}

/// The gate with one session.
struct Gated<'a> {
    operator: &'a Operator,
    scope: Scope,
    /// A person who says yes: the same session under a policy that permits everything.
    yes: Scope,
    session: Session,
    /// Whether the session had read a stranger's words when the last call was made.
    heard: bool,
}

impl<'a> Gated<'a> {
    fn new(operator: &'a Operator, capability: &Capability, session: Session) -> Result<Self> {
        let scope = |capability: &Capability| {
            let scope = Scope::builder(capability).invoker(&operator.invoker).agent(AGENT);
            scope.session(&session).build()
        };
        let everything = Policy::new([Statement::permit("a-person-said-yes")
            .operations(Operations::ALL)
            .resources(["**"])
            .readers(Readers::public())])?;
        let yes = scope(&Capability::root(everything, ambient_authority()));
        let scope = scope(capability).context("the policy does not fit the replay")?;
        Ok(Self { operator, scope, yes: yes?, session, heard: false })
    }

    /// Asks for a call; when the answer is yes, it begins and is done.
    fn carry_out(&self, gate: &Gate, scope: &Scope, call: &RecordedCall) -> Answer {
        let mapped = self.operator.manifest.map(&call.tool, &call.args, scope);
        let decision = gate.decide_call(&mapped, scope);
        let tool = gate.call_handle(call.tool.as_str());
        let begun = gate.authorize_call(&mapped, scope).and_then(|permit| permit.begin(&tool));
        let (ruling, because) = match &begun {
            Ok(_) => (Ruling::Allow, decision.grounds()),
            Err(Refusal::Held(ticket)) => (Ruling::Hold, ticket.grounds()),
            Err(Refusal::Denied(denial)) => (Ruling::Deny, denial.grounds()),
        };
        let answer = Answer {
            ruling,
            reason: because.reason().code().to_owned(),
            statement: because.statement().or(because.rule()).map(str::to_owned),
            note: mapped.fault().map_or_else(|| because.explain().to_string(), ToString::to_string),
        };
        if let Ok(running) = begun {
            running.done();
        }
        answer
    }
}

impl Authority for Gated<'_> {
    fn attempt(&mut self, call: &RecordedCall) -> Answer {
        self.heard = self.session.is_untrusted();
        self.carry_out(&self.operator.gate, &self.scope, call)
    }

    fn approved(&mut self, call: &RecordedCall) {
        self.carry_out(&self.operator.approver, &self.yes, call);
    }

    fn observe(&mut self, call: &RecordedCall, results: &[Value]) {
        let mapped = self.operator.manifest.map(&call.tool, &call.args, &self.scope);
        let mapped = mapped.made_while_untrusted(self.heard);
        for result in results {
            // As a field of an object, any JSON is a value of the gate.
            let held = Map::from_iter([(String::new(), result.clone())]);
            if let Some(result) = Arguments::get(&held, "") {
                mapped.endorse_result(result, &self.session);
            }
        }
    }

    fn trusts(&self, tool: &str, field: &[&str]) -> bool {
        self.operator.trusts(tool, field)
    }
}
