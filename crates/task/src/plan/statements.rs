//! The statements of a plan: a permit for each step, and for each form that its arguments may have.

use permitgate::flow::Origins;
use permitgate::manifest::{ArgumentDescription, ManifestTool, ToolDescription};
use permitgate::model::{Operations, Readers, Value};
use permitgate::policy::{Condition, Scalar};
use permitgate::{Manifest, Statement};

use super::fault::Fault;
use super::{Allowed, MAX_PLAN_STEPS, PlanArgument, PlanError, PlanStep};

/// The most arguments of one step that may be one value or a list: each doubles the statements.
const MAX_EITHER: u32 = 4;

pub(super) fn of_plan(
    steps: &[PlanStep],
    manifest: &Manifest,
) -> Result<Vec<Statement>, PlanError> {
    if steps.len() > MAX_PLAN_STEPS {
        return Err(PlanError::whole(Fault::TooManySteps(steps.len())));
    }
    if steps.is_empty() {
        // Said, since a file must say something: without a permit nothing is allowed anyway.
        let nothing = Statement::forbid("plan-without-a-step").operations(Operations::ALL);
        return Ok(vec![nothing.resources(["**"])]);
    }
    let mut statements = Vec::new();
    for (number, step) in (1..).zip(steps) {
        let tool = Tool::find(step, manifest).map_err(|fault| PlanError::new(number, fault))?;
        let alternatives =
            tool.alternatives(step).map_err(|fault| PlanError::new(number, fault))?;
        for (form, conditions) in alternatives.into_iter().enumerate() {
            let permit = Statement::permit(statement_id(number, form, &step.tool))
                .operations(Operations::ALL)
                .tools([step.tool.as_str()])
                .resources(["**"])
                .readers(Readers::public());
            statements.push(conditions.into_iter().fold(permit, Statement::when));
        }
    }
    Ok(statements)
}

/// The numbers make the id unique, the name is for people.
fn statement_id(number: usize, form: usize, tool: &str) -> String {
    let name: String = tool.chars().take(20).collect();
    match form {
        0 => format!("plan-{number}-{name}"),
        form => format!("plan-{number}-{name}-{}", form + 1),
    }
}

/// Whether an argument is one value, a list, or may be both.
#[derive(Clone, Copy)]
struct Shape {
    one: bool,
    each: bool,
    is_path: bool,
}

struct Tool<'m> {
    described: ToolDescription<'m>,
    controls: Vec<&'m str>,
}

impl<'m> Tool<'m> {
    fn find(step: &PlanStep, manifest: &'m Manifest) -> Result<Self, Fault> {
        let unknown = || Fault::UnknownTool {
            name: step.tool.clone(),
            nearest: manifest.nearest_tool(&step.tool).map(str::to_owned),
        };
        let described = manifest.tool(&step.tool).ok_or_else(unknown)?;
        let view = manifest.tools().find(|tool| tool.name() == step.tool).ok_or_else(unknown)?;
        Ok(Self { described, controls: ManifestTool::controls(&view).collect() })
    }

    /// The conditions of a step, once for each form that its arguments may have.
    fn alternatives(&self, step: &PlanStep) -> Result<Vec<Vec<Condition>>, Fault> {
        let unsaid = self
            .controls
            .iter()
            .filter(|control| !step.arguments.keys().any(|path| is_whole(path, control)));
        let endorsed = unsaid.map(|control| Condition::endorsed(*control, Origins::ANY).optional());
        let mut alternatives = vec![endorsed.collect::<Vec<_>>()];
        let mut either = 0;
        for (path, PlanArgument(allowed)) in &step.arguments {
            let forms = self.conditions(path, allowed)?;
            either += u32::from(forms.len() > 1);
            if either > MAX_EITHER {
                return Err(Fault::TooManyForms(step.tool.clone()));
            }
            let with = |condition: &Condition| {
                alternatives
                    .iter()
                    .cloned()
                    .map(move |mut all| {
                        all.push(condition.clone());
                        all
                    })
                    .collect::<Vec<_>>()
            };
            if !forms.is_empty() {
                alternatives = forms.iter().flat_map(with).collect();
            }
        }
        Ok(alternatives)
    }

    /// A condition for each form that an argument may have; none where it is free.
    fn conditions(&self, path: &str, allowed: &Allowed) -> Result<Vec<Condition>, Fault> {
        let shape = self.shape(path).ok_or_else(|| self.unknown(path))?;
        let each = format!("{path}.*");
        let of_each =
            |condition: Condition| match condition.argument().split('.').any(|step| step == "*") {
                true => condition.for_all(),
                false => condition,
            };
        let of_both = |of: &dyn Fn(&str) -> Result<Condition, Fault>| {
            let paths = [(shape.one, path), (shape.each, each.as_str())];
            let paths = paths.into_iter().filter(|(is_form, _)| *is_form);
            paths.map(|(_, path)| of(path).map(of_each)).collect()
        };
        match allowed {
            Allowed::Any => Ok(Vec::new()),
            // Of a list, every value must be endorsed; there is no need for a second form.
            Allowed::From(origins) => Ok(vec![Condition::endorsed(path, *origins)]),
            Allowed::Within { least, most } => of_both(&|path| Ok(within(path, least, most))),
            Allowed::Values { values, may_miss } => match (values.as_slice(), may_miss) {
                ([], false) => Err(Fault::NoValue { tool: self.name(), path: path.to_owned() }),
                ([], true) => Ok(vec![Condition::absent(path)]),
                (values, may_miss) => {
                    of_both(&|path| self.one_of((path, shape.is_path), values, *may_miss))
                }
            },
        }
    }

    fn one_of(
        &self,
        (path, is_path): (&str, bool),
        values: &[Scalar],
        may_miss: bool,
    ) -> Result<Condition, Fault> {
        let values: Result<Vec<Scalar>, Fault> =
            values.iter().map(|value| self.canonical(path, is_path, value)).collect();
        let condition = Condition::one_of(path, values?);
        Ok(if may_miss { condition.optional() } else { condition })
    }

    /// A value in the one form of the argument's kind.
    fn canonical(&self, path: &str, is_path: bool, value: &Scalar) -> Result<Scalar, Fault> {
        let Value::Text(text) = value.value() else { return Ok(value.clone()) };
        // A constant of a policy may begin at the root; what a call says begins where the tool's relative paths do.
        let from_here = (is_path && is_relative(text)).then(|| format!("./{text}"));
        let text = from_here.as_deref().unwrap_or(text);
        match self.described.canonical(path, text) {
            None => Ok(value.clone()),
            Some(Ok(form)) => Ok(form.into()),
            Some(Err(told)) => Err(Fault::Value { tool: self.name(), path: path.to_owned(), told }),
        }
    }

    /// What stands at the end of a path.
    fn shape(&self, path: &str) -> Option<Shape> {
        let steps: Vec<&str> = path.split('.').collect();
        let (first, mut rest) = steps.split_first()?;
        let mut here = self.described.argument(first)?;
        loop {
            if !rest.is_empty() && here.finds(rest) {
                let each = here.finds(&[rest, &["*"]].concat());
                return Some(Shape { one: !each, each, is_path: false });
            }
            let Some((step, behind)) = rest.split_first() else { return Some(shape_of(here)) };
            here = match here.fields().find(|(name, _)| name == step) {
                Some((_, field)) => field,
                None if *step == "*" || step.bytes().all(|byte| byte.is_ascii_digit()) => {
                    here.items()?
                }
                None => return None,
            };
            rest = behind;
        }
    }

    fn unknown(&self, path: &str) -> Fault {
        let known = self.described.arguments().map(|(name, _)| name.to_owned()).collect();
        Fault::UnknownArgument { tool: self.name(), path: path.to_owned(), known }
    }

    fn name(&self) -> String {
        self.described.name().to_owned()
    }
}

/// Whether a path leads to all of a control: not to a part of it, and not to one place in its list.
fn is_whole(path: &str, control: &str) -> bool {
    let list = |path: &str| path.strip_suffix(".*").unwrap_or(path).to_owned();
    list(path) == list(control)
}

/// Whether a text is a path from where a tool's relative paths begin.
fn is_relative(text: &str) -> bool {
    !text.starts_with(['/', '\\', '~', '.']) && !text.contains(':') || matches!(text, "." | "./")
}

fn shape_of(argument: ArgumentDescription<'_>) -> Shape {
    let finds_list = argument.finds(&["*"]);
    Shape {
        one: !finds_list && argument.kinds().any(|kind| kind != "list"),
        each: finds_list || argument.items().is_some(),
        // Of the kinds, a path alone finds this part.
        is_path: [Some(argument), argument.items()]
            .into_iter()
            .flatten()
            .any(|argument| argument.finds(&["extension"])),
    }
}

fn within(path: &str, least: &Option<Scalar>, most: &Option<Scalar>) -> Condition {
    match (least.clone(), most.clone()) {
        (Some(least), Some(most)) => Condition::between(path, least, most),
        (Some(least), None) => Condition::at_least(path, least),
        (None, Some(most)) => Condition::at_most(path, most),
        (None, None) => Condition::present(path),
    }
}
