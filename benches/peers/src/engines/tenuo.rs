//! Tenuo: a signed warrant for each statement, tried one after the other.
//!
//! A warrant names tools and, for each, constraints on its arguments. The constraints are joined
//! with `and`, so one warrant holds one statement: its operations become the tools, and each gets
//! the same constraints on path, depth, audience and amount. The host keeps the warrants and asks
//! each in turn. For a subtree, `Pattern("crm/team17/list4/*")` is right as it stands. In a pattern
//! with stars, a `*` of Tenuo crosses `/` and matches nothing, so each becomes `?*`, which needs a
//! character, and `depth` must be that of the pattern, which leaves the stars no slash to take.
//!
//! What is timed is `Warrant::check_constraints`, the part that Tenuo's own benchmarks name for
//! comparison with policy engines. `Authorizer::authorize_one`, which is what a deployment calls,
//! also verifies two Ed25519 signatures for every call.
//!
//! An expert might write `Regex` (`^crm/[^/]+/list7/[^/]+$`) or `Subpath` in place of the patterns.
//! They decide the same and are three to four times as slow, because each check clones the regex,
//! and a clone starts with an empty cache. CEL can put all statements of a tool into one
//! expression, and so into one warrant. That costs four times as much for 10 statements and a
//! little more for 100; for 1,000 it costs about the same, but the warrant takes 277 kB, and one of
//! more than 64 kB is refused when it is decoded.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use tenuo::{
    ConstraintSet, ConstraintValue, Error, Exact, Pattern, Range, SigningKey, Warrant, Wildcard,
};

use super::Engine;
use crate::workload::{Request, Statement};

/// Longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The warrants that an agent holds.
pub(crate) struct Tenuo {
    warrants: Vec<Warrant>,
}

impl Engine for Tenuo {
    const CRATE: &'static str = "tenuo";

    fn compile(statements: &[Statement]) -> Result<Self> {
        let issuer = SigningKey::generate();
        let warrants: Result<_> = statements.iter().map(|s| mint(s, &issuer)).collect();
        Ok(Self { warrants: warrants? })
    }

    fn decide(&self, request: &Request) -> Result<bool> {
        let depth = request.resource.split('/').count() as i64;
        let arguments = HashMap::from([
            ("path".to_owned(), ConstraintValue::from(request.resource.as_str())),
            ("depth".to_owned(), ConstraintValue::from(depth)),
            ("audience".to_owned(), ConstraintValue::from(request.audience.level())),
            ("amount".to_owned(), ConstraintValue::from(request.arguments.amount)),
        ]);
        for warrant in &self.warrants {
            match warrant.check_constraints(request.tool, &arguments) {
                Ok(()) => return Ok(true),
                Err(Error::ToolNotAuthorized { .. } | Error::ConstraintNotSatisfied { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    fn limits(&self) -> Vec<String> {
        vec![format!(
            "statements as alternatives within one warrant (short of one CEL expression for all): \
             {} warrants are tried one after the other",
            self.warrants.len(),
        )]
    }
}

fn mint(statement: &Statement, issuer: &SigningKey) -> Result<Warrant> {
    let mut constraints = ConstraintSet::new();
    match statement.pattern.subtree() {
        Some(root) => {
            constraints.insert("path", Pattern::new(&format!("{root}/*"))?);
            // An argument that is not named would be refused.
            constraints.insert("depth", Wildcard::new());
        }
        None => {
            let pattern = statement.pattern.as_str().replace('*', "?*");
            constraints.insert("path", Pattern::new(&pattern)?);
            let depth = statement.pattern.segments().count() as i64;
            constraints.insert("depth", Exact::new(depth));
        }
    }
    let level = statement.audience.level();
    constraints.insert("audience", Range::max(level as f64)?);
    constraints.insert("amount", Range::max(statement.max_amount as f64)?);
    let mut warrant = Warrant::builder();
    for operation in statement.operations.iter() {
        warrant = warrant.capability(operation.tool(), constraints.clone());
    }
    Ok(warrant.holder(issuer.public_key()).ttl(LIFETIME).build(issuer)?)
}
