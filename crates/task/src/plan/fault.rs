//! What can be wrong with a plan, and in which step.

use permitgate::policy::PolicyError;
use permitgate::text::visible;

use super::MAX_PLAN_STEPS;

/// Why a plan cannot be followed: which step, which argument, and what to write.
///
/// ```
/// use permitgate::Manifest;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate_task::{Plan, PlanErrorKind, PlanStep};
///
/// let manifest = Manifest::new([ToolSpec::new("send_email").effect(EffectSpec::create("mail/out"))])?;
/// let error = Plan::new([PlanStep::new("sendEmail")]).policy(&manifest).err().ok_or("refused")?;
/// assert_eq!((error.kind(), error.step()), (PlanErrorKind::UnknownTool, Some(1)));
/// assert_eq!(error.to_string(), "step 1: the manifest describes no tool `sendEmail`; did you mean `send_email`?");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{}{fault}", place(*step))]
pub struct PlanError {
    step: Option<usize>,
    fault: Fault,
}

/// What is wrong with a plan ([`PlanError::kind`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanErrorKind {
    /// It has more steps than [`MAX_PLAN_STEPS`].
    TooManySteps,
    /// The manifest describes no such tool.
    UnknownTool,
    /// The tool has no such argument.
    UnknownArgument,
    /// The argument's kind does not accept a value.
    Value,
    /// A step allows no value at all of an argument.
    NoValue,
    /// A step names too many arguments that may be one value or a list.
    TooManyForms,
    /// The policy of the plan exceeds a bound.
    Policy,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("a plan has at most {MAX_PLAN_STEPS} steps, and this one {0}; plan a part of the task")]
    TooManySteps(usize),
    #[error("the manifest describes no tool `{}`{}", visible(.name), hint(.nearest.as_deref()))]
    UnknownTool { name: String, nearest: Option<String> },
    #[error("`{}` has no argument `{}`; it has {}", visible(.tool), visible(.path), all(.known))]
    UnknownArgument { tool: String, path: String, known: Vec<String> },
    #[error("argument `{}` of `{}`: {}", visible(.path), visible(.tool), .told)]
    Value { tool: String, path: String, told: String },
    #[error("argument `{}` of `{}`: name a value, or write null where it must be left out", visible(.path), visible(.tool))]
    NoValue { tool: String, path: String },
    #[error(
        "more than 4 arguments of `{}` may be one value or a list; name fewer, or split the step into several",
        visible(.0)
    )]
    TooManyForms(String),
    #[error(transparent)]
    Policy(PolicyError),
}

impl PlanError {
    pub(super) fn new(step: usize, fault: Fault) -> Self {
        Self { step: Some(step), fault }
    }

    pub(super) fn whole(fault: Fault) -> Self {
        Self { step: None, fault }
    }

    pub(super) fn policy(error: PolicyError) -> Self {
        Self::whole(Fault::Policy(error))
    }

    /// What is wrong, as a code.
    pub fn kind(&self) -> PlanErrorKind {
        match &self.fault {
            Fault::TooManySteps(_) => PlanErrorKind::TooManySteps,
            Fault::UnknownTool { .. } => PlanErrorKind::UnknownTool,
            Fault::UnknownArgument { .. } => PlanErrorKind::UnknownArgument,
            Fault::Value { .. } => PlanErrorKind::Value,
            Fault::NoValue { .. } => PlanErrorKind::NoValue,
            Fault::TooManyForms(_) => PlanErrorKind::TooManyForms,
            Fault::Policy(_) => PlanErrorKind::Policy,
        }
    }

    /// The step at fault, the first is 1; none where the whole plan is.
    pub fn step(&self) -> Option<usize> {
        self.step
    }
}

fn place(step: Option<usize>) -> String {
    step.map_or_else(|| "plan: ".to_owned(), |step| format!("step {step}: "))
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{}`?", visible(name)))
}

fn all(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| visible(name).to_string()).collect();
            format!("`{}`", names.join("`, `"))
        }
    }
}
