//! The gate as the authority: static policy, or a policy minted for the task.

use anyhow::{Context, Result};
use portcullis::{
    Action, ActionGate, Arguments, Capability, Decision, Gate, Manifest, Operations, Origin,
    Policy, Ruling, Scope, Session, Statement, ambient_authority,
};
use serde_json::{Map, Value};

use crate::authority::{Answer, Authority};
use crate::data::{Case, RecordedCall, UserTask};
use crate::evaluate::SetUp;
use crate::mint::mint;
use crate::operator::Operator;

/// The agent that acts.
const AGENT: &str = "agent";

/// One static policy for every task of a suite. The session may act on what the user's words say, and on
/// every entry of the directory.
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
        let session = Session::new();
        session.endorse_words(Origin::User, &task.prompt);
        for known in &self.0.known {
            session.endorse(Origin::Directory, known);
        }
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
            .readers(portcullis::Readers::public())])?;
        let yes = scope(&Capability::root(everything, ambient_authority()));
        let scope = scope(capability).context("the policy does not fit the replay")?;
        Ok(Self { operator, scope, yes: yes?, session })
    }

    /// Asks for every action of a call; when all are allowed, all begin and are done.
    fn carry_out(&self, gate: &Gate, scope: &Scope, call: &RecordedCall) -> Answer {
        let mapped = self.operator.manifest.map(&call.tool, &call.args, scope);
        let decided = mapped.actions().map(|action| (gate.decide(&action, scope), action));
        let strictest = decided.max_by_key(|(decision, _)| decision.ruling());
        let Some((decision, _)) = strictest else {
            return Answer::new(Ruling::Deny, "no-action");
        };
        if decision.is_allow() {
            for action in mapped.actions() {
                if let Err(refusal) = begin(gate, &action, scope) {
                    return refusal;
                }
            }
        }
        let mut answer = told(&decision);
        if let Some(fault) = mapped.fault() {
            answer.note = fault.to_string();
        }
        answer
    }
}

/// Does one action: permit, begin, done.
fn begin(gate: &Gate, action: &Action<'_>, scope: &Scope) -> Result<(), Answer> {
    let tool = gate.tool(action.tool(), action.operation());
    let permit = gate.authorize(action, scope);
    match permit.and_then(|permit| permit.begin(&tool)) {
        Ok(running) => {
            running.done();
            Ok(())
        }
        Err(refusal) => Err(Answer {
            ruling: if matches!(refusal, portcullis::Refusal::Held(_)) {
                Ruling::Hold
            } else {
                Ruling::Deny
            },
            reason: refusal.reason().code().to_owned(),
            statement: refusal.because().statement().map(str::to_owned),
            note: refusal.to_string(),
        }),
    }
}

fn told(decision: &Decision) -> Answer {
    let because = decision.because();
    Answer {
        ruling: decision.ruling(),
        reason: because.reason().code().to_owned(),
        statement: because.statement().or(because.rule()).map(str::to_owned),
        note: because.explain().to_string(),
    }
}

impl Authority for Gated<'_> {
    fn attempt(&mut self, call: &RecordedCall) -> Answer {
        self.carry_out(&self.operator.gate, &self.scope, call)
    }

    fn approved(&mut self, call: &RecordedCall) {
        self.carry_out(&self.operator.approver, &self.yes, call);
    }

    fn observe(&mut self, call: &RecordedCall, results: &[Value]) {
        for result in results {
            endorse(&self.operator.manifest, &call.tool, result, &self.session);
        }
    }

    fn trusts(&self, tool: &str, field: &[&str]) -> bool {
        self.operator.trusts(tool, field)
    }
}

fn endorse(manifest: &Manifest, tool: &str, result: &Value, session: &Session) {
    let held = Map::from_iter([(String::new(), result.clone())]);
    let Some(shown) = Arguments::get(&held, "") else { return };
    manifest.for_each_trusted(tool, shown, |value| {
        session.endorse_value(Origin::Result, value);
    });
}
