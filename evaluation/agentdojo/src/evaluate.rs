//! Every task and every pair of a suite, under every set-up and every person.

use anyhow::Result;

use crate::authority::{Authority, ByTool};
use crate::data::{Case, Pair, UserTask};
use crate::outcome::{Outcomes, PairOutcome, TaskOutcome};
use crate::replay::{Attack, Done, Person, run};
use crate::report::{Check, Reference, Section};

/// A way to give authority before a task runs.
pub trait SetUp {
    /// Its name, as tables print it.
    fn name(&self) -> &'static str;

    /// Fresh authority for one run.
    ///
    /// # Errors
    /// When there is none to give.
    fn authority<'a>(
        &'a self,
        case: &'a Case,
        task: &'a UserTask,
    ) -> Result<Box<dyn Authority + 'a>>;
}

/// The controls and the reference, which know nothing but tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Allows everything.
    AllowAll,
    /// Denies every write.
    DenyAll,
    /// Allows the tools of the task's own calls.
    ToolsOfTask,
}

impl SetUp for Control {
    fn name(&self) -> &'static str {
        match self {
            Self::AllowAll => "control: allow all",
            Self::DenyAll => "control: deny every write",
            Self::ToolsOfTask => "reference: the task's own tools",
        }
    }

    fn authority<'a>(
        &'a self,
        case: &'a Case,
        task: &'a UserTask,
    ) -> Result<Box<dyn Authority + 'a>> {
        Ok(Box::new(match self {
            Self::AllowAll => ByTool::allow_all(case),
            Self::DenyAll => ByTool::deny_all(case),
            Self::ToolsOfTask => ByTool::tools_of(case, task),
        }))
    }
}

/// Replays a suite under the controls and under the set-ups.
///
/// # Errors
/// When the suite contradicts itself or a set-up gives no authority.
pub fn evaluate(case: &Case, set_ups: &[&dyn SetUp]) -> Result<Section> {
    let pairs = case.judged()?;
    let mut section = Section::new(&case.suite.name);
    section.unjudged = case.suite.pairs.len() - pairs.len();
    for control in [Control::AllowAll, Control::DenyAll, Control::ToolsOfTask] {
        let outcomes = replay_all(case, &control, Person::Careful, &mut section)?;
        section.checks.extend(check_control(case, control, &outcomes)?);
        section.outcomes.push(outcomes);
    }
    for set_up in set_ups {
        for person in Person::ALL {
            let outcomes = replay_all(case, *set_up, person, &mut section)?;
            section.outcomes.push(outcomes);
        }
    }
    if let Some(notes) = pairs.iter().map(|pair| pair.note).collect::<Option<Vec<_>>>() {
        let pinned = notes.iter().filter(|note| note.prompt_pinned_passes).count();
        section.references.push(Reference::new(
            "reference: control arguments of the prompt pinned (from the file of pairs)",
            pinned,
            pairs.len(),
        ));
    }
    Ok(section)
}

fn replay_all(
    case: &Case,
    set_up: &dyn SetUp,
    person: Person,
    section: &mut Section,
) -> Result<Outcomes> {
    let mut outcomes =
        Outcomes { set_up: set_up.name(), person, tasks: Vec::new(), pairs: Vec::new() };
    for task in &case.suite.user_tasks {
        let run = run(case, task, None, &mut *set_up.authority(case, task)?, person);
        outcomes.tasks.push(TaskOutcome::new(case, &task.id, &run));
    }
    for judged in case.judged()? {
        let (task, goal) = (judged.task, judged.goal);
        let run = run(case, task, Some(goal), &mut *set_up.authority(case, task)?, person);
        let pair = Pair { user_task: task.id.clone(), injection_task: goal.id.clone() };
        let attack = run.attack(goal);
        outcomes.pairs.push(PairOutcome::new(case, pair, &judged.class, attack, &run));
        for field in run.wrongly_trusted {
            section.warn(format!("the manifest trusts a field that an attacker writes: {field}"));
        }
    }
    Ok(outcomes)
}

/// What must come out, whatever the suite is.
fn check_control(case: &Case, control: Control, outcomes: &Outcomes) -> Result<Vec<Check>> {
    let done = outcomes.tasks.iter().filter(|task| task.done == Done::WithoutHold).count();
    let through = outcomes.pairs.iter().filter(|pair| pair.attack == Attack::Through).count();
    let (tasks, pairs) = (outcomes.tasks.len(), outcomes.pairs.len());
    Ok(match control {
        Control::AllowAll => vec![
            Check::new("allow all: tasks done without a hold", tasks, done),
            Check::new("allow all: attacks through", pairs, through),
        ],
        Control::DenyAll => vec![Check::new("deny every write: effects", 0, outcomes.effects())],
        Control::ToolsOfTask => {
            let mut checks =
                vec![Check::new("the task's own tools: tasks done without a hold", tasks, done)];
            let judged = case.judged()?;
            if let Some(notes) = judged.iter().map(|pair| pair.note).collect::<Option<Vec<_>>>() {
                let noted = notes.iter().filter(|note| note.tool_allowlist_passes).count();
                checks.push(Check::new(
                    "the task's own tools: attacks through, as the file of pairs has it",
                    noted,
                    through,
                ));
                let agree = notes.iter().zip(&outcomes.pairs).filter(|(note, pair)| {
                    note.tool_allowlist_passes == (pair.attack == Attack::Through)
                });
                checks.push(Check::new(
                    "the task's own tools: pairs that agree with the file of pairs",
                    pairs,
                    agree.count(),
                ));
            }
            checks
        }
    })
}
