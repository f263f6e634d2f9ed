//! A plan: what a task is going to call, as data.

mod fault;
mod form;
mod statements;

use std::collections::BTreeMap;

use permitgate::flow::Origins;
use permitgate::policy::Scalar;
use permitgate::{Manifest, Policy, Statement};
use serde::{Deserialize, Serialize};

pub use fault::{PlanError, PlanErrorKind};
use form::Format;

/// The most steps of one plan.
pub const MAX_PLAN_STEPS: usize = 256;

/// What a task is going to call: which tools, and with which values.
///
/// Use it where a planner, a model or a program, settles the steps before the task reads what others wrote. The plan is data; as an
/// attenuation of the owner's authority it can only narrow. A planner that was deceived takes away too little, and gives nothing.
///
/// A tool that no step names is denied, also one that reads. A step allows its call any number of times and in any order. Of each
/// argument it says what is allowed ([`PlanArgument`]); an argument that it leaves out stays as the owner's policy has it, but for a control of the
/// tool, which then must be endorsed.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::{Operations, Value};
/// use permitgate_task::Plan;
///
/// let manifest = Manifest::new([
///     ToolSpec::new("read_file").argument("id", ArgumentSpec::text()).effect(EffectSpec::read("files/{args.id}")),
///     ToolSpec::new("delete_file").argument("id", ArgumentSpec::text()).effect(EffectSpec::delete("files/{args.id}")),
/// ])?;
/// let policy = Policy::new([Statement::permit("files").operations(Operations::ALL).resources(["files/*"])])?;
/// let owner = Capability::root(policy, ambient_authority());
///
/// let plan: Plan = serde_json::from_str(
///     r#"{ "format": 1, "steps": [
///         { "tool": "read_file" },
///         { "tool": "delete_file", "arguments": { "id": ["16", "17"] } }
///     ] }"#,
/// )?;
/// let task = owner.attenuate(plan.policy(&manifest)?)?;
///
/// let scope = Scope::builder(&task).invoker("dana@example.com").agent("assistant").build()?;
/// let gate = Gate::builder().build()?;
/// let allows = |tool, id| gate.decide_call(&manifest.map(tool, &[("id", Value::from(id))], &scope), &scope).is_allow();
/// assert!(allows("read_file", "3") && allows("delete_file", "16"));
/// assert!(!allows("delete_file", "3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The format
///
/// | key | what |
/// |---|---|
/// | `format` | `1` |
/// | `steps[].tool` | the exact name of a tool of the manifest |
/// | `steps[].arguments` | by path (`to`, `payment.cents`): what is allowed |
///
/// | an argument is | allowed is |
/// |---|---|
/// | a text, a number, a truth value | that value; of a list, each element must be it |
/// | a list of them | one of them |
/// | a list with `null`, or `null` | the same, or that the argument is left out |
/// | `{ "at_least": 1, "at_most": 10 }` | a number within; one of the two may be left out |
/// | `{ "from": ["user", "directory"] }` | a value that the session endorsed from there |
/// | `{ "any": true }` | what the owner's policy allows |
///
/// Texts are brought into the one form of the argument's kind, so that `Lee@Example.com` is `Lee@example.com` for a mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    format: Format,
    steps: Vec<PlanStep>,
}

/// One call of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    tool: String,
    #[serde(
        default,
        deserialize_with = "form::arguments",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    arguments: BTreeMap<String, PlanArgument>,
}

/// What a [`PlanStep`] allows of one argument.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanArgument(Domain);

#[derive(Clone, Debug, PartialEq)]
enum Domain {
    Values { values: Vec<Scalar>, optional: bool },
    Within { least: Option<Scalar>, most: Option<Scalar> },
    From(Origins),
    Any,
}

impl Plan {
    /// A plan of these steps.
    ///
    /// ```
    /// use permitgate::flow::Origin;
    /// use permitgate_task::{Plan, PlanArgument, PlanStep};
    ///
    /// let plan = Plan::new([
    ///     PlanStep::new("read_file"),
    ///     PlanStep::new("pay")
    ///         .argument("to", PlanArgument::from_origins(Origin::User))
    ///         .argument("cents", PlanArgument::between(1, 5_000)),
    /// ]);
    /// let text = serde_json::to_string(&plan)?;
    /// assert_eq!(serde_json::from_str::<Plan>(&text)?, plan);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn new(steps: impl IntoIterator<Item = PlanStep>) -> Self {
        Self { format: Format, steps: steps.into_iter().collect() }
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no step, and so allows nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The policy of a task that follows this plan, for [`Capability::attenuate`](permitgate::Capability::attenuate).
    ///
    /// # Errors
    /// The same as [`statements`](Self::statements), and a policy whose bounds the plan exceeds.
    pub fn policy(&self, manifest: &Manifest) -> Result<Policy, PlanError> {
        Policy::new(self.statements(manifest)?).map_err(PlanError::policy)
    }

    /// The statements of that policy, to show to a person or to write to a file.
    ///
    /// # Errors
    /// A tool or an argument that the manifest does not describe, a value that the argument's kind does not accept, and a plan that is
    /// too large. The error names the step.
    pub fn statements(&self, manifest: &Manifest) -> Result<Vec<Statement>, PlanError> {
        statements::of_plan(&self.steps, manifest)
    }
}

impl PlanStep {
    /// A call of a tool, by its exact name.
    pub fn new(tool: impl Into<String>) -> Self {
        Self { tool: tool.into(), arguments: BTreeMap::new() }
    }

    /// Says what is allowed of one argument, by its path. Said twice, the last counts.
    #[must_use]
    pub fn argument(mut self, path: impl Into<String>, allowed: PlanArgument) -> Self {
        self.arguments.insert(path.into(), allowed);
        self
    }
}

impl PlanArgument {
    /// One of these values; of a list, each element must be one of them.
    pub fn one_of<T: Into<Scalar>>(values: impl IntoIterator<Item = T>) -> Self {
        Self(Domain::Values {
            values: values.into_iter().map(Into::into).collect(),
            optional: false,
        })
    }

    /// Nothing: the argument must be left out.
    pub fn nothing() -> Self {
        Self(Domain::Values { values: Vec::new(), optional: true })
    }

    /// A number from `least` to `most`, both included.
    pub fn between(least: impl Into<Scalar>, most: impl Into<Scalar>) -> Self {
        Self(Domain::Within { least: Some(least.into()), most: Some(most.into()) })
    }

    /// A value that the session endorsed from one of these origins.
    pub fn from_origins(origins: impl Into<Origins>) -> Self {
        Self(Domain::From(origins.into()))
    }

    /// What the owner's policy allows.
    pub fn any() -> Self {
        Self(Domain::Any)
    }
}
