//! Who answers for a call: the gate, a control, or a reference.

use std::collections::HashSet;

use permitgate::decision::Ruling;
use serde::Serialize;
use serde_json::Value;

use crate::data::{Case, RecordedCall, UserTask};

/// What the answer to a call was.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Answer {
    /// Allow, hold or deny.
    #[serde(serialize_with = "ruling_name")]
    pub ruling: Ruling,
    /// The reason's code.
    pub reason: String,
    /// The statement that determined it, where one did.
    pub statement: Option<String>,
    /// What the refusal says.
    pub note: String,
}

impl Answer {
    /// An answer with a reason and nothing else.
    pub fn new(ruling: Ruling, reason: &str) -> Self {
        Self { ruling, reason: reason.to_owned(), statement: None, note: String::new() }
    }
}

/// What stands between the agent and its tools in one run.
pub trait Authority {
    /// Decides a call; when the answer is yes, the call begins and is done.
    fn attempt(&mut self, call: &RecordedCall) -> Answer;

    /// A person said yes to a held call; it begins and is done.
    fn approved(&mut self, call: &RecordedCall);

    /// What a call that was done gave back. An attacker has several things to write into a field; there is one
    /// tree for each.
    fn observe(&mut self, call: &RecordedCall, results: &[Value]);

    /// Whether a field of a tool's result is said to be out of the reach of outsiders.
    fn trusts(&self, tool: &str, field: &[&str]) -> bool;
}

/// An authority that knows no more than the tools it may use. Reads are always allowed.
#[derive(Debug)]
pub struct ByTool<'a> {
    case: &'a Case,
    allowed: Allowed<'a>,
}

#[derive(Debug)]
enum Allowed<'a> {
    All,
    None,
    These(HashSet<&'a str>),
}

impl<'a> ByTool<'a> {
    /// The control that allows everything: every task must be done, every attack must be through.
    pub fn allow_all(case: &'a Case) -> Self {
        Self { case, allowed: Allowed::All }
    }

    /// The control that denies every write: nothing may change.
    pub fn deny_all(case: &'a Case) -> Self {
        Self { case, allowed: Allowed::None }
    }

    /// The reference that allows exactly the tools of the task's own calls. It has looked at the answers;
    /// nobody could give this authority beforehand.
    pub fn tools_of(case: &'a Case, task: &'a UserTask) -> Self {
        let tools = task.calls.iter().map(|call| call.tool.as_str()).collect();
        Self { case, allowed: Allowed::These(tools) }
    }
}

impl Authority for ByTool<'_> {
    fn attempt(&mut self, call: &RecordedCall) -> Answer {
        let allowed = match &self.allowed {
            Allowed::All => true,
            Allowed::None => false,
            Allowed::These(tools) => tools.contains(call.tool.as_str()),
        };
        if allowed || !self.case.is_write(&call.tool) {
            Answer::new(Ruling::Allow, "control")
        } else {
            Answer::new(Ruling::Deny, "control")
        }
    }

    fn approved(&mut self, _: &RecordedCall) {}

    fn observe(&mut self, _: &RecordedCall, _: &[Value]) {}

    fn trusts(&self, _: &str, _: &[&str]) -> bool {
        false
    }
}

fn ruling_name<S: serde::Serializer>(ruling: &Ruling, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match ruling {
        Ruling::Allow => "allow",
        Ruling::Hold => "hold",
        Ruling::Deny => "deny",
    })
}
