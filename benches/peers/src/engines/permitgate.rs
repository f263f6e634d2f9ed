//! permitgate: one `Statement` for each statement, in one policy under one capability.
//!
//! The mapping is one to one: operations, resource pattern, readers and a range of one argument. The
//! three levels of audience are `Private`, `Internal` and `Public`; the invoker is known to be inside.
//! What is timed is `decide`: guards 0 to 7 with the reason, without a record. `authorize` adds the
//! record and the permit; `cargo bench --bench decision` of the core measures it.

use anyhow::Result;
use permitgate::model::{Operations, Readers, Value};
use permitgate::policy::Condition;
use permitgate::time::ManualClock;
use permitgate::{
    Action, Arguments, Audience, Capability, Directory, Gate, Operation, Policy, Scope,
    ambient_authority,
};

use super::Engine;
use crate::workload;

/// The gate, and the scope whose capability holds the statements.
pub(crate) struct Permitgate {
    gate: Gate,
    scope: Scope,
}

impl Engine for Permitgate {
    const CRATE: &'static str = "permitgate";

    fn compile(statements: &[workload::Statement]) -> Result<Self> {
        let policy = Policy::new(statements.iter().map(statement))?;
        let capability = Capability::root(policy, ambient_authority());
        let scope =
            Scope::builder(&capability).invoker("dana@example.com").agent("peer").build()?;
        let directory = Directory::builder()
            .organisation_domain("example.com")
            .principal("dana@example.com")
            .build()?;
        let gate = Gate::builder().directory(directory).clock(ManualClock::default()).build()?;
        Ok(Self { gate, scope })
    }

    fn decide(&self, request: &workload::Request) -> Result<bool> {
        let audience = match request.audience {
            workload::Audience::Private => Audience::Private,
            workload::Audience::Internal => Audience::Internal,
            workload::Audience::Public => Audience::Public,
        };
        let action = Action::new(operation(request.operation), request.tool, &request.resource)
            .visible_to(audience)
            .with(&request.arguments);
        Ok(self.gate.decide(&action, &self.scope).is_allow())
    }
}

fn statement(from: &workload::Statement) -> permitgate::Statement {
    let readers = match from.audience {
        workload::Audience::Private => Readers::invoker(),
        workload::Audience::Internal => Readers::internal(),
        workload::Audience::Public => Readers::public(),
    };
    permitgate::Statement::permit(from.id.clone())
        .operations(from.operations.iter().map(operation).collect::<Operations>())
        .resources([from.pattern.as_str()])
        .readers(readers)
        .when(Condition::at_most("amount", from.max_amount))
}

const fn operation(from: workload::Operation) -> Operation {
    match from {
        workload::Operation::Read => Operation::Read,
        workload::Operation::Create => Operation::Create,
        workload::Operation::Update => Operation::Update,
        workload::Operation::Delete => Operation::Delete,
        workload::Operation::Share => Operation::Share,
    }
}

impl Arguments for workload::Arguments {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "amount").then(|| Value::from(self.amount))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("amount", Value::from(self.amount));
    }
}
