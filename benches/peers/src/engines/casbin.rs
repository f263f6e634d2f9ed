//! Casbin: one policy line for each statement, and a matcher that calls three functions of the
//! host.
//!
//! A line holds the operations, the pattern, the audience level and the amount, all of them
//! strings: Casbin has no other type there. The matcher asks for the path first, which is false for
//! nearly every line, then for the operation, the audience (levels are single digits, so comparing
//! strings is right) and the amount. `some(where (p.eft == allow))` ends at the first line that
//! applies.
//!
//! What Casbin ships for paths (`keyMatch2`, `keyMatch4`, `regexMatch`) could say the same, but
//! compiles a regex for every line of every request, so an expert registers native functions, as
//! here. They borrow what the matcher gives them and allocate nothing. Asking for the operation
//! first costs a quarter more, a native function for the audience a tenth. A line for each single
//! operation needs no `hasWord`, and gives two to four times as many lines to walk.

use anyhow::Result;
use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

use super::{Engine, host};
use crate::workload::{Audience, Request, Statement};

const MODEL: &str = "
[request_definition]
r = op, path, audience, amount

[policy_definition]
p = ops, path, audience, amount

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = inside(r.path, p.path) && hasWord(p.ops, r.op) && r.audience <= p.audience && atMost(r.amount, p.amount)
";

/// Casbin with its matcher compiled and its lines in memory.
pub(crate) struct Casbin {
    enforcer: Enforcer,
}

impl Engine for Casbin {
    const CRATE: &'static str = "casbin";

    fn compile(statements: &[Statement]) -> Result<Self> {
        let lines = statements.iter().map(line).collect();
        // Nothing here waits: the model is a string and the adapter is memory.
        let enforcer = pollster::block_on(async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.add_function("inside", OperatorFunction::Arg2(inside));
            enforcer.add_function("hasWord", OperatorFunction::Arg2(has_word));
            enforcer.add_function("atMost", OperatorFunction::Arg2(at_most));
            enforcer.add_policies(lines).await?;
            casbin::Result::Ok(enforcer)
        })?;
        Ok(Self { enforcer })
    }

    fn decide(&self, request: &Request) -> Result<bool> {
        Ok(self.enforcer.enforce((
            request.operation.name(),
            request.resource.as_str(),
            level(request.audience),
            // Casbin's interpreter is built with 32-bit integers.
            i32::try_from(request.arguments.amount)?,
        ))?)
    }
}

fn line(statement: &Statement) -> Vec<String> {
    let operations: Vec<&str> = statement.operations.iter().map(|o| o.name()).collect();
    vec![
        operations.join("|"),
        statement.pattern.as_str().to_owned(),
        level(statement.audience).to_owned(),
        statement.max_amount.to_string(),
    ]
}

const fn level(audience: Audience) -> &'static str {
    match audience {
        Audience::Private => "0",
        Audience::Internal => "1",
        Audience::Public => "2",
    }
}

fn inside(path: Dynamic, pattern: Dynamic) -> Dynamic {
    let found = match (path.as_immutable_string_ref(), pattern.as_immutable_string_ref()) {
        (Ok(path), Ok(pattern)) => match pattern.strip_suffix("/**") {
            Some(root) => host::below(root, &path),
            None => host::same_segments(&pattern, &path),
        },
        _ => false,
    };
    found.into()
}

fn has_word(words: Dynamic, word: Dynamic) -> Dynamic {
    let found = match (words.as_immutable_string_ref(), word.as_immutable_string_ref()) {
        (Ok(words), Ok(word)) => words.split('|').any(|candidate| candidate == word.as_str()),
        _ => false,
    };
    found.into()
}

fn at_most(amount: Dynamic, limit: Dynamic) -> Dynamic {
    let within = match (amount.as_int(), limit.as_immutable_string_ref()) {
        (Ok(amount), Ok(limit)) => limit.parse().is_ok_and(|limit: i32| amount <= limit),
        _ => false,
    };
    within.into()
}
