//! Every gate is asked, every time: what an action shows of its own resource, permits from before a change of the
//! configuration, permits of calls at gates and tools that are not theirs, gates that wrap gates, and code of the user's
//! that fails while it is asked.

#[path = "every_gate/calls.rs"]
mod calls;
#[path = "testkit/draw.rs"]
mod draw;
#[path = "every_gate/explained.rs"]
mod explained;
#[path = "every_gate/exposed.rs"]
mod exposed;
#[path = "every_gate/fails.rs"]
mod fails;
#[path = "every_gate/reconfigured.rs"]
mod reconfigured;
#[path = "every_gate/timed.rs"]
mod timed;
#[path = "every_gate/wrapped.rs"]
mod wrapped;

use permitgate::Verdict;
use permitgate::gate::RuleContext;
use permitgate::model::{Operations, Readers};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};

/// May do everything, before everybody.
fn everything() -> Capability {
    let permit = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let policy = Policy::new([permit.readers(Readers::public())]).unwrap();
    Capability::root(policy, ambient_authority())
}

fn scope() -> Scope {
    Scope::builder(&everything()).invoker("dana").agent("triage").build().unwrap()
}

fn forbid(operations: impl Into<Operations>) -> Restrictions {
    Restrictions::new([Statement::forbid("frozen").operations(operations)]).unwrap()
}

fn deny(_: &RuleContext<'_>) -> Verdict {
    Verdict::deny("never")
}

/// The outcomes of all records, in order.
fn outcomes(sink: &MemorySink) -> Vec<Option<Outcome>> {
    sink.records().iter().map(|record| record.outcome.map(|(outcome, _)| outcome)).collect()
}
