//! The recorded suites, as `export.py` writes them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// One suite: tools, tasks of users, goals of attackers, and which of them meet.
#[derive(Debug, Deserialize)]
pub struct Suite {
    /// Its name, such as `banking`.
    #[serde(rename = "suite")]
    pub name: String,
    /// What the tools are called and return.
    pub tools: Vec<ToolInfo>,
    /// What users ask for, with one path of calls that does it.
    pub user_tasks: Vec<UserTask>,
    /// What attackers want, with one path of calls that does it.
    pub injection_tasks: Vec<InjectionTask>,
    /// Which task meets which goal.
    pub pairs: Vec<Pair>,
    /// What stands in the attacker-controlled fields when nobody attacks.
    #[serde(default)]
    pub injection_vector_defaults: BTreeMap<String, String>,
    /// The world before anything runs. Only the worst case for results that were not recorded reads it.
    #[serde(default)]
    pub environment_default: Value,
}

/// What a suite says about one tool.
#[derive(Debug, Deserialize)]
pub struct ToolInfo {
    /// Its exact name.
    pub name: String,
    /// The type of what it returns, as Python prints it.
    #[serde(default)]
    pub return_type: Option<String>,
}

/// What a user asks for.
#[derive(Debug, Deserialize)]
pub struct UserTask {
    /// Its name within the suite.
    pub id: String,
    /// The user's own words.
    pub prompt: String,
    /// The calls that do it, in order.
    #[serde(rename = "ground_truth_calls")]
    pub calls: Vec<RecordedCall>,
    /// For each attacker-controlled field, the places of the calls that show it.
    #[serde(rename = "injection_vectors_seen_at_call", default)]
    pub shown: BTreeMap<String, Vec<usize>>,
}

impl UserTask {
    /// The attacker-controlled fields that the call at this place shows.
    pub fn shown_at(&self, place: usize) -> impl Iterator<Item = &str> {
        let shows = move |(name, places): (_, &Vec<usize>)| places.contains(&place).then_some(name);
        self.shown.iter().filter_map(shows).map(String::as_str)
    }
}

/// What an attacker wants.
#[derive(Debug, Deserialize)]
pub struct InjectionTask {
    /// Its name within the suite.
    pub id: String,
    /// The attacker's words.
    pub goal: String,
    /// The calls that do it, in order. A goal without calls cannot be judged.
    #[serde(rename = "ground_truth_calls")]
    pub calls: Vec<RecordedCall>,
}

/// One call as it was made, with what came back.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedCall {
    /// The exact name of the tool.
    pub tool: String,
    /// The arguments as they were given.
    pub args: Map<String, Value>,
    /// What came back, as the agent saw it.
    #[serde(default)]
    pub result_text: Option<String>,
    /// Whether the world was another one afterwards.
    #[serde(default)]
    pub mutates_env: bool,
}

/// A user's task and the goal that is injected into it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The task.
    pub user_task: String,
    /// The goal.
    pub injection_task: String,
}

/// What is known about a pair beforehand.
#[derive(Clone, Debug, Deserialize)]
pub struct PairNote {
    suite: String,
    #[serde(flatten)]
    pair: Pair,
    /// How the calls of both relate.
    pub class: String,
    /// Whether a list of the task's own tools would let the goal through.
    pub tool_allowlist_passes: bool,
    /// Whether pinning control arguments that stand in the prompt, and no others, would.
    pub prompt_pinned_passes: bool,
}

#[derive(Deserialize)]
struct ToolEffects {
    suite: String,
    tools: Vec<ToolEffect>,
}

#[derive(Deserialize)]
struct ToolEffect {
    tool: String,
    effect: String,
}

#[derive(Deserialize)]
struct DerivedGoal {
    calls: Vec<RecordedCall>,
}

/// A suite with everything that scoring needs to know about it.
#[derive(Debug)]
pub struct Case {
    /// The suite.
    pub suite: Suite,
    /// Tools whose calls are scored; the others only look.
    writes: HashMap<String, bool>,
    notes: HashMap<Pair, PairNote>,
}

impl Case {
    /// Reads a suite.
    ///
    /// Beside it, `agentdojo_<suite>.json` and `agentdojo_pairs.jsonl` are read where they are.
    ///
    /// # Errors
    /// When a file cannot be read or has another form.
    pub fn load(path: &Path) -> Result<Self> {
        let suite: Suite = read_json(path)?;
        for task in &suite.user_tasks {
            let beyond = task.shown.values().flatten().find(|place| **place >= task.calls.len());
            ensure!(
                beyond.is_none(),
                "{}: {} shows a field at a call that it does not have",
                path.display(),
                task.id
            );
        }
        let mut case = Self { suite, writes: HashMap::new(), notes: HashMap::new() };
        let beside = path.parent().unwrap_or(Path::new("."));
        let effects = beside.join(format!("agentdojo_{}.json", case.suite.name));
        if effects.is_file() {
            case.read_effects(&effects)?;
        }
        let pairs = beside.join("agentdojo_pairs.jsonl");
        if pairs.is_file() {
            case.read_notes(&pairs)?;
        }
        Ok(case)
    }

    /// Reads which tools write; without it, a tool writes when any recorded call of it changed the world.
    ///
    /// # Errors
    /// When the file cannot be read or has another form.
    pub fn read_effects(&mut self, path: &Path) -> Result<bool> {
        let effects: ToolEffects = read_json(path)?;
        if effects.suite != self.suite.name {
            return Ok(false);
        }
        for tool in effects.tools {
            let writes = match tool.effect.as_str() {
                "write" => true,
                "read" => false,
                other => bail!(
                    "{}: `{}` has the effect `{other}`; read and write are known",
                    path.display(),
                    tool.tool
                ),
            };
            self.writes.insert(tool.tool, writes);
        }
        Ok(true)
    }

    /// Reads classes and references of pairs; pairs of other suites are left out.
    ///
    /// # Errors
    /// When the file cannot be read or has another form.
    pub fn read_notes(&mut self, path: &Path) -> Result<()> {
        for (number, line) in read_text(path)?.lines().enumerate() {
            let note: PairNote = serde_json::from_str(line)
                .with_context(|| format!("{}: line {}", path.display(), number + 1))?;
            if note.suite == self.suite.name {
                self.notes.insert(note.pair.clone(), note);
            }
        }
        Ok(())
    }

    /// Gives calls to goals that have none, and says to how many.
    ///
    /// # Errors
    /// When the file cannot be read or has another form.
    pub fn fill_goals(&mut self, path: &Path) -> Result<usize> {
        let mut derived: HashMap<String, DerivedGoal> = read_json(path)?;
        let mut filled = 0;
        for goal in &mut self.suite.injection_tasks {
            if goal.calls.is_empty()
                && let Some(found) = derived.remove(&goal.id)
            {
                goal.calls = found.calls;
                filled += 1;
            }
        }
        Ok(filled)
    }

    /// Whether calls of this tool are scored as effects.
    pub fn is_write(&self, tool: &str) -> bool {
        self.writes
            .get(tool)
            .copied()
            .unwrap_or_else(|| self.recorded().any(|call| call.tool == tool && call.mutates_env))
    }

    /// Every recorded call, of users and of attackers.
    pub fn recorded(&self) -> impl Iterator<Item = &RecordedCall> {
        let users = self.suite.user_tasks.iter().flat_map(|task| &task.calls);
        users.chain(self.suite.injection_tasks.iter().flat_map(|goal| &goal.calls))
    }

    /// The type of what a tool returns, where the suite says it.
    pub fn return_type(&self, tool: &str) -> Option<&str> {
        let info = self.suite.tools.iter().find(|info| info.name == tool)?;
        info.return_type.as_deref()
    }

    /// The pairs that can be judged, in the order of the suite.
    ///
    /// # Errors
    /// When a pair names a task or a goal that the suite does not have.
    pub fn judged(&self) -> Result<Vec<Judged<'_>>> {
        let mut judged = Vec::new();
        for pair in &self.suite.pairs {
            let task = self.suite.user_tasks.iter().find(|task| task.id == pair.user_task);
            let goal =
                self.suite.injection_tasks.iter().find(|goal| goal.id == pair.injection_task);
            let (Some(task), Some(goal)) = (task, goal) else {
                bail!(
                    "{}: the pair {} / {} names what the suite does not have",
                    self.suite.name,
                    pair.user_task,
                    pair.injection_task
                );
            };
            if !goal.calls.is_empty() {
                let note = self.notes.get(pair);
                judged.push(Judged { task, goal, note, class: self.class(task, goal, note) });
            }
        }
        Ok(judged)
    }

    /// How the effects of both relate: by the note, else by the names of their tools.
    fn class(&self, task: &UserTask, goal: &InjectionTask, note: Option<&PairNote>) -> String {
        if let Some(note) = note {
            return note.class.clone();
        }
        let has = |call: &&RecordedCall| task.calls.iter().any(|own| own.tool == call.tool);
        let effects: Vec<_> = goal.calls.iter().filter(|call| self.is_write(&call.tool)).collect();
        let shared = effects.iter().filter(|call| has(call)).count();
        let class = match shared {
            0 => "disjoint_tools",
            _ if shared == effects.len() => "same_tools_other_args",
            _ => "partial_tool_overlap",
        };
        class.to_owned()
    }
}

/// A pair whose goal has calls.
#[derive(Debug)]
pub struct Judged<'a> {
    /// What the user asks for.
    pub task: &'a UserTask,
    /// What the attacker wants.
    pub goal: &'a InjectionTask,
    /// What is known beforehand, where there is a file of pairs.
    pub note: Option<&'a PairNote>,
    /// How the calls of both relate.
    pub class: String,
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?)
        .with_context(|| format!("{} has another form", path.display()))
}
