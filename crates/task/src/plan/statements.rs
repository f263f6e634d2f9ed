//! The statements of a plan: a permit for each step, and for each form that its arguments may have.

use permitgate::flow::Origins;
use permitgate::manifest::{ArgumentDescription, ManifestTool, ToolDescription};
use permitgate::model::{Operations, Readers};
use permitgate::policy::{Condition, Scalar};
use permitgate::{Manifest, Statement};

use super::fault::Fault;
use super::{Domain, MAX_PLAN_STEPS, PlanArgument, PlanError, PlanStep};
use crate::proposal::statement_id;

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
            let permit = Statement::permit(permit_id(number, form, &step.tool))
                .operations(Operations::ALL)
                .tools([step.tool.as_str()])
                .resources(["**"])
                .readers(Readers::public());
            statements.push(conditions.into_iter().fold(permit, Statement::when));
        }
    }
    Ok(statements)
}

fn permit_id(number: usize, form: usize, tool: &str) -> String {
    let id = statement_id("plan", number, tool);
    if form == 0 { id } else { format!("{id}-{}", form + 1) }
}

/// Whether an argument is one value, a list, or may be both.
#[derive(Clone, Copy)]
struct Shape {
    one: bool,
    each: bool,
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
            let Some(forms) = self.conditions(path, allowed)? else { continue };
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
            alternatives = forms.iter().flat_map(with).collect();
        }
        Ok(alternatives)
    }

    /// A condition for each form that an argument may have, at least one; nothing where the owner's policy alone counts.
    fn conditions(&self, path: &str, allowed: &Domain) -> Result<Option<Vec<Condition>>, Fault> {
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
            paths.map(|(_, path)| of(path).map(of_each)).collect::<Result<Vec<_>, _>>()
        };
        let conditions = match allowed {
            Domain::Any => return Ok(None),
            // Of a list, every value must be endorsed; there is no need for a second form.
            Domain::From(origins) => vec![Condition::endorsed(path, *origins)],
            Domain::Within { least, most } => of_both(&|path| self.within(path, least, most))?,
            Domain::Values { values, optional } => match (values.as_slice(), optional) {
                ([], false) => return Err(self.no_value(path)),
                ([], true) => vec![Condition::absent(path)],
                (values, optional) => of_both(&|path| self.one_of(path, values, *optional))?,
            },
        };
        // Without a condition, what was meant to narrow would allow everything.
        if conditions.is_empty() { Err(self.no_form(path)) } else { Ok(Some(conditions)) }
    }

    fn one_of(&self, path: &str, values: &[Scalar], optional: bool) -> Result<Condition, Fault> {
        let values: Result<Vec<Scalar>, Fault> =
            values.iter().map(|value| self.canonical(path, value)).collect();
        let condition = Condition::one_of(path, values?);
        Ok(if optional { condition.optional() } else { condition })
    }

    fn within(
        &self,
        path: &str,
        least: &Option<Scalar>,
        most: &Option<Scalar>,
    ) -> Result<Condition, Fault> {
        match (least.clone(), most.clone()) {
            (Some(least), Some(most)) => Ok(Condition::between(path, least, most)),
            (Some(least), None) => Ok(Condition::at_least(path, least)),
            (None, Some(most)) => Ok(Condition::at_most(path, most)),
            (None, None) => Err(self.no_value(path)),
        }
    }

    /// A value in the one form of the argument's kind, read as that of a call is.
    fn canonical(&self, path: &str, value: &Scalar) -> Result<Scalar, Fault> {
        match self.described.canonical_given(path, value.value()) {
            None => Ok(value.clone()),
            Some(Ok(form)) => Ok(form.into()),
            Some(Err(told)) => Err(Fault::Value { tool: self.name(), path: path.to_owned(), told }),
        }
    }

    fn no_value(&self, path: &str) -> Fault {
        Fault::NoValue { tool: self.name(), path: path.to_owned() }
    }

    fn no_form(&self, path: &str) -> Fault {
        let told = "it cannot be compared with a value; name its fields or elements".to_owned();
        Fault::Value { tool: self.name(), path: path.to_owned(), told }
    }

    /// What stands at the end of a path.
    fn shape(&self, path: &str) -> Option<Shape> {
        let steps: Vec<&str> = path.split('.').collect();
        let (first, mut rest) = steps.split_first()?;
        let mut here = self.described.argument(first)?;
        loop {
            if !rest.is_empty() && here.finds(rest) {
                let each = here.finds(&[rest, &["*"]].concat());
                return Some(Shape { one: !each, each });
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

fn shape_of(argument: ArgumentDescription<'_>) -> Shape {
    let finds_list = argument.finds(&["*"]);
    let items = argument.items();
    Shape {
        // A list without elements of its own is read as a whole, such as the words of a command.
        one: !finds_list && (items.is_none() || argument.kinds().any(|kind| kind != "list")),
        each: finds_list || items.is_some(),
    }
}
