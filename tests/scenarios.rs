//! Public failures of other systems, as executable cases.
//!
//! Each case keeps the id of its row in the list of scenarios. It shows the failing step refused or
//! held, and the legitimate step beside it passing: a gate that refuses everything would fail here
//! too.

#[path = "scenarios/approvals.rs"]
mod approvals;
#[path = "scenarios/budgets.rs"]
mod budgets;
#[path = "scenarios/delegating.rs"]
mod delegating;
#[path = "scenarios/enforcing.rs"]
mod enforcing;
#[path = "scenarios/flow.rs"]
mod flow;
#[path = "scenarios/granting.rs"]
mod granting;
#[path = "scenarios/mapping.rs"]
mod mapping;
#[cfg(feature = "token")]
#[path = "scenarios/token.rs"]
mod token;

use permitgate::directory::JoinPolicy;
use permitgate::gate::GateBuilder;
use permitgate::model::Operations;
use permitgate::prelude::*;
use permitgate::{Directory, Reason};

const DANA: &str = "dana@example.com";

fn capability(statements: impl IntoIterator<Item = Statement>) -> Capability {
    Capability::root(Policy::new(statements).unwrap(), ambient_authority())
}

fn scope_of(capability: &Capability, invoker: &str, agent: &str) -> Scope {
    Scope::builder(capability).invoker(invoker).agent(agent).build().unwrap()
}

/// Dana's agent `triage`, under these statements.
fn scope(statements: impl IntoIterator<Item = Statement>) -> Scope {
    scope_of(&capability(statements), DANA, "triage")
}

/// A permit for the invoker alone.
fn permit(id: &str, operations: impl Into<Operations>, resource: &str) -> Statement {
    Statement::permit(id).operations(operations).resources([resource])
}

fn gate() -> Gate {
    gate_with(Gate::builder())
}

/// A gate that knows a small organisation.
fn gate_with(builder: GateBuilder) -> Gate {
    let directory = Directory::builder()
        .organisation_domain("example.com")
        .principal(DANA)
        .principal("lee@example.com")
        .principal("sam@partner.example")
        .group("platform", [DANA, "lee@example.com"])
        .channel("general", JoinPolicy::Internal, ["platform"])
        .channel("lobby", JoinPolicy::Anyone, ["platform"])
        .build()
        .unwrap();
    builder.directory(directory).build().unwrap()
}

/// Why `authorize` refused.
fn refused(gate: &Gate, action: &Action<'_>, scope: &Scope) -> Option<Reason> {
    gate.authorize(action, scope).err().map(|refusal| refusal.reason())
}

fn passes(gate: &Gate, action: &Action<'_>, scope: &Scope) -> bool {
    refused(gate, action, scope).is_none()
}
