//! Policies: statements as data, compiled once into an index, evaluated without allocating.
//!
//! The pipeline, in the order in which a statement passes it:
//!
//! 1. `statement` and `condition` hold what an author writes, with the builder and the serde data model.
//! 2. `pattern` and `text` take patterns and texts apart; `check` holds conditions ready to be asked.
//! 3. `compile` validates everything in one place, sorts by id and fills the tables.
//! 4. `index` finds the few statements that can match a request, by hashed shapes of their patterns.
//! 5. `evaluate` asks those few and combines them: the strictest applicable statement wins.
//!
//! `subtree` finds the statements that can match something below a place, for actions that are about all of it.

mod applicability;
mod asking;
mod blind;
mod bound;
mod check;
mod compile;
mod condition;
mod cost;
pub(crate) mod error;
mod evaluate;
mod explain;
mod expression;
mod form;
mod index;
mod literal;
mod number;
mod pattern;
mod possibility;
mod predicate;
mod questions;
mod reach;
mod regions;
mod sanity;
mod set;
mod statement;
mod subtree;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod window;
mod wording;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use applicability::{Applicability, UnmetCondition, UnmetConditions};
pub use condition::{Condition, Scalar};
pub use error::PolicyError;
pub use explain::{ExplainedLayer, ExplainedStatement};
pub use statement::{Effect, Statement};

pub(crate) use asking::asking;
pub(crate) use bound::{BoundValue, LayerValues, Variables};
pub(crate) use check::place_of;
pub(crate) use compile::CompiledPolicy;
#[cfg(feature = "token")]
pub(crate) use condition::{Quantifier, ScalarKind, Texts};
pub(crate) use error::Fault as ConditionFault;
pub(crate) use evaluate::{Disowned, LayerResult, LayerVerdict, Request, disowned, evaluate};
pub(crate) use explain::{Values, explain};
pub(crate) use form::{CompiledCondition, Facts};
pub(crate) use sanity::LayerKind;
pub(crate) use set::PatternSet;
pub(crate) use terms::Shared;

use crate::directory::Directory;

/// A set of statements that can grant: what it does not permit, it denies.
///
/// It is what a root capability holds; guardrails and attenuations may hold one too. Statements are
/// validated and compiled once, here; order and duplicates never matter. Cloning is cheap.
///
/// ```
/// use permitgate::{Operation, Policy, Statement};
///
/// let policy = Policy::new([
///     Statement::permit("read-own-mail")
///         .operations(Operation::Read)
///         .resources(["mail/{invoker}/**"]),
///     Statement::require_approval("delete-own-mail")
///         .operations(Operation::Delete)
///         .resources(["mail/{invoker}/*/*"]),
/// ])?;
/// assert_eq!(policy.len(), 2);
/// # Ok::<(), permitgate::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "PolicySpec")]
pub struct Policy(pub(crate) Arc<CompiledPolicy>);

/// A set of statements that can only restrict: it holds no permit, and what it does not mention passes.
///
/// Most attenuations and guardrails hold one. That it is another type than [`Policy`] keeps a list of
/// forbids from being mistaken for a policy that can allow something, and the other way round.
///
/// ```
/// use permitgate::{Operation, Restrictions, Statement};
/// use permitgate::model::Readers;
///
/// let restrictions = Restrictions::new([Statement::forbid("nothing-outside")
///     .operations(Operation::Create | Operation::Update | Operation::Share)
///     .beyond(Readers::internal())])?;
/// assert_eq!(restrictions.len(), 1);
///
/// let error = Restrictions::new([Statement::permit("x").operations(Operation::Read)]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "statement `x`, effect: a permit cannot stand among restrictions; put it into a `Policy`"
/// );
/// # Ok::<(), permitgate::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "PolicySpec")]
pub struct Restrictions(pub(crate) Arc<CompiledPolicy>);

/// The serde form of a [`Policy`] or of [`Restrictions`]: a list of statements, unknown keys refused.
///
/// ```
/// use permitgate::Policy;
/// use permitgate::policy::PolicySpec;
///
/// let text = r#"{"statements": [
///     {"id": "pay", "effect": "permit", "operations": "create", "resources": ["payments/{invoker}/*"],
///      "when": [{"argument": "cents", "at_most": 10000}]}
/// ]}"#;
/// let data: PolicySpec = serde_json::from_str(text)?;
/// let policy = Policy::try_from(data)?;
/// # assert_eq!(policy.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec {
    /// The statements, in any order.
    pub statements: Vec<Statement>,
}

macro_rules! compiled_set {
    ($set:ident, $kind:expr) => {
        impl $set {
            /// Validates and compiles the statements.
            ///
            /// # Errors
            /// [`PolicyError`] names the statement and the field at fault.
            pub fn new(
                statements: impl IntoIterator<Item = Statement>,
            ) -> Result<Self, PolicyError> {
                let statements = statements.into_iter().collect();
                Ok(Self(Arc::new(CompiledPolicy::new(statements, $kind)?)))
            }

            /// How many statements it holds.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether it holds no statement.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The names beside `invoker` and `agent` that its patterns bind; a gate takes no guardrails with any.
            pub fn bound_names(&self) -> impl ExactSizeIterator<Item = &str> {
                self.0.bound_names().iter().map(|name| &**name)
            }

            /// The most steps that one evaluation can take, whatever the action, its arguments and what its
            /// session holds, with the groups of `directory`.
            ///
            /// A step is one comparison of a name, a segment, a value or a reader, or one entry of a table that
            /// is looked at; a text takes one more per 64 bytes that are compared, and per 4 bytes that are
            /// searched. Every member of a group that an audience names counts. What a view of arguments does to find a
            /// field is its own. A policy that could take more than
            /// [`MAX_POLICY_STEPS`](crate::base::limits::MAX_POLICY_STEPS) before groups are known is not built.
            pub fn worst_case_steps(&self, directory: &Directory) -> u64 {
                self.0.worst_case_steps(directory)
            }

            /// Bytes that the compiled form holds on the heap, about; linear in the text of the policy.
            pub fn memory_bytes(&self) -> usize {
                self.0.memory_bytes()
            }
        }

        impl TryFrom<PolicySpec> for $set {
            type Error = PolicyError;
            fn try_from(data: PolicySpec) -> Result<Self, PolicyError> {
                Self::new(data.statements)
            }
        }
    };
}

compiled_set!(Policy, LayerKind::Granting);
compiled_set!(Restrictions, LayerKind::Restricting);
