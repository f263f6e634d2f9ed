//! Cedar: one `permit` for each statement, the wildcards as `like`.
//!
//! The request is Cedar's own: the agent is the principal, the operation is the action, and the
//! path, its number of segments, the audience level and the amount are in the context. A statement
//! becomes
//!
//! ```cedar
//! permit (principal, action, resource) when {
//!     context.path like "crm/team17/list4/*" && context.audience <= 1 && context.amount <= 500
//!     && [Action::"read", Action::"share"].contains(action)
//! };
//! ```
//!
//! Alone, `like` lets a `*` cross `/` and match nothing. A path with as many segments as the
//! pattern leaves the stars no slash to take, so patterns with a star ask for `context.depth`
//! first; and one `forbid` refuses every path with an empty segment. Together they decide as the
//! reference does.
//!
//! An expert's first version would put the operations into the scope, `action in [..]`, which is
//! what the Cedar guides advise and what schema validation reads best. It costs 1.4 times as much
//! for 10 statements and twice as much for 1,000: the scope is evaluated before the `when` clause,
//! so a set of actions is built for each policy before its path has been looked at. Putting folders
//! into the entity hierarchy (`resource in Folder::"crm/team17/list4"`, with the ancestors sent
//! along with each request) saves a sixth at 1,000 statements and costs a third more at 10, where
//! building the entities dominates. Segments as separate attributes, a set of ancestors in the
//! context, `==` chains in place of `contains` and policies made from JSON were tried too; none gains
//! more than the noise at all three sizes.

use std::str::FromStr;

use anyhow::{Result, bail};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request,
    RestrictedExpression,
};

use super::Engine;
use crate::workload::{self, Operation, Statement};

/// Refuses what is not a canonical path, so that no `like` has to.
const NO_EMPTY_SEGMENT: &str = r#"
    forbid (principal, action, resource) when {
        context.path like "*//*" || context.path like "*/" || context.path like "/*"
    };"#;

/// Cedar with its policies parsed, and the parts that every request shares built.
pub(crate) struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    /// No policy looks at an entity, so the slice a request needs is empty.
    entities: Entities,
    agent: EntityUid,
    /// Named by every request and read by no policy: the path is in the context.
    resource: EntityUid,
    /// In the order of [`Operation::ALL`].
    actions: [EntityUid; 5],
}

impl Engine for Cedar {
    const CRATE: &'static str = "cedar-policy";

    fn compile(statements: &[Statement]) -> Result<Self> {
        let mut policies = PolicySet::new();
        for statement in statements {
            let id = PolicyId::new(&statement.id);
            policies.add(Policy::parse(Some(id), permit(statement))?)?;
        }
        let id = PolicyId::new("no-empty-segment");
        policies.add(Policy::parse(Some(id), NO_EMPTY_SEGMENT)?)?;
        let [read, create, update, delete, share] = Operation::ALL.map(action);
        Ok(Self {
            authorizer: Authorizer::new(),
            policies,
            entities: Entities::empty(),
            agent: EntityUid::from_str(r#"Agent::"assistant""#)?,
            resource: EntityUid::from_str(r#"Record::"any""#)?,
            actions: [read?, create?, update?, delete?, share?],
        })
    }

    fn decide(&self, request: &workload::Request) -> Result<bool> {
        let depth = request.resource.split('/').count() as i64;
        let long = RestrictedExpression::new_long;
        let path = RestrictedExpression::new_string(request.resource.clone());
        let context = Context::from_pairs([
            ("path".to_owned(), path),
            ("depth".to_owned(), long(depth)),
            ("audience".to_owned(), long(request.audience.level())),
            ("amount".to_owned(), long(request.arguments.amount)),
        ])?;
        let request = Request::new(
            self.agent.clone(),
            self.actions[request.operation as usize].clone(),
            self.resource.clone(),
            context,
            None,
        )?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        // Cedar skips a policy that fails to evaluate; here none may.
        if let Some(error) = response.diagnostics().errors().next() {
            bail!("{error}");
        }
        Ok(response.decision() == Decision::Allow)
    }
}

fn action(operation: Operation) -> Result<EntityUid> {
    Ok(EntityUid::from_str(&format!(r#"Action::"{}""#, operation.name()))?)
}

/// The most telling condition first: `&&` stops at the first that is false.
fn permit(statement: &Statement) -> String {
    let resource = match statement.pattern.subtree() {
        Some(root) => format!(r#"context.path like "{root}/*""#),
        None => format!(
            r#"context.depth == {} && context.path like "{}""#,
            statement.pattern.segments().count(),
            statement.pattern.as_str(),
        ),
    };
    let actions: Vec<String> = statement
        .operations
        .iter()
        .map(|operation| format!(r#"Action::"{}""#, operation.name()))
        .collect();
    format!(
        "permit (principal, action, resource) when {{ {resource} \
         && context.audience <= {} && context.amount <= {} && [{}].contains(action) }};",
        statement.audience.level(),
        statement.max_amount,
        actions.join(", "),
    )
}
