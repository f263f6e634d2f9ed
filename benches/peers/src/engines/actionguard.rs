//! actionguard: one `Policy` for each statement, all of it code of the host.
//!
//! The crate joins votes: a policy says `Allow` or abstains, and what nobody allows is denied. What
//! it ships (`AllowList`, `ArgMatchesRegex`) looks at one tool name or one argument, and
//! `ArgMatchesRegex` denies what does not match, which would outvote every other statement. So an
//! expert implements `Policy`, as here, with the parts prepared when it is built. The tool comes
//! first: comparing it with the few a statement names is cheaper than finding an argument in the
//! JSON object. `PolicySet::check` asks every policy, also after the first `Allow`, because one may
//! still deny.

use actionguard::{Decision, Policy, PolicySet, ToolCall, Vote};
use anyhow::Result;
use serde_json::{Map, Value};

use super::{Engine, host};
use crate::workload::{Request, Statement};

/// The policies of all statements.
pub(crate) struct ActionGuard {
    policies: PolicySet,
}

impl Engine for ActionGuard {
    const CRATE: &'static str = "actionguard";

    fn compile(statements: &[Statement]) -> Result<Self> {
        let policies = statements.iter().map(Permit::new).fold(PolicySet::new(), PolicySet::with);
        Ok(Self { policies })
    }

    fn decide(&self, request: &Request) -> Result<bool> {
        let mut arguments = Map::new();
        let resource = Value::from(request.resource.as_str());
        arguments.insert("resource".to_owned(), resource);
        let audience = Value::from(request.audience.level());
        arguments.insert("audience".to_owned(), audience);
        let amount = Value::from(request.arguments.amount);
        arguments.insert("amount".to_owned(), amount);
        let call = ToolCall::new(request.tool, Value::Object(arguments));
        Ok(self.policies.check(&call) == Decision::Allow)
    }
}

/// One statement as a policy.
struct Permit {
    id: String,
    tools: Vec<&'static str>,
    resources: Resources,
    audience: i64,
    max_amount: i64,
}

enum Resources {
    Below(String),
    Segments(String),
}

impl Permit {
    fn new(statement: &Statement) -> Self {
        Self {
            id: statement.id.clone(),
            tools: statement.operations.iter().map(|o| o.tool()).collect(),
            resources: match statement.pattern.subtree() {
                Some(root) => Resources::Below(root.to_owned()),
                None => Resources::Segments(statement.pattern.as_str().to_owned()),
            },
            audience: statement.audience.level(),
            max_amount: statement.max_amount,
        }
    }

    fn covers(&self, call: &ToolCall) -> bool {
        let at_most = |name, limit| {
            let value = call.argument(name).and_then(Value::as_i64);
            value.is_some_and(|value| value <= limit)
        };
        self.tools.contains(&call.name.as_str())
            && call.argument_str("resource").is_some_and(|path| match &self.resources {
                Resources::Below(root) => host::below(root, path),
                Resources::Segments(pattern) => host::same_segments(pattern, path),
            })
            && at_most("audience", self.audience)
            && at_most("amount", self.max_amount)
    }
}

impl Policy for Permit {
    fn name(&self) -> &str {
        &self.id
    }

    fn vote(&self, call: &ToolCall) -> Vote {
        if self.covers(call) { Vote::Allow } else { Vote::Abstain }
    }
}
