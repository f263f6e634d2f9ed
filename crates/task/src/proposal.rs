//! The statements of a policy for one task, from a manifest and the words of a request.

use std::collections::HashSet;

use permitgate::flow::{Origin, Origins};
use permitgate::limits::MAX_ITEMS_PER_STATEMENT;
use permitgate::manifest::ManifestTool;
use permitgate::model::{Operations, Readers};
use permitgate::policy::Condition;
use permitgate::{Manifest, Operation, Statement};

use crate::forms::{Words, stem};
use crate::lexicon::{is_noun_too, is_verb};
use crate::steps;

/// The words of a whole request.
pub(crate) struct Wishes {
    pub(crate) asked: Words,
    /// Words that would ask, were there no doubt.
    pub(crate) held: Words,
    pub(crate) forbidden: Words,
}

/// What is permitted of tools that nobody asked for.
#[derive(Clone, Copy)]
pub(crate) struct Latitude {
    /// The choice is handed over.
    pub(crate) delegates: bool,
    /// What can be undone and only the invoker sees.
    pub(crate) undoable: bool,
}

/// The words that name any tool of a manifest.
pub(crate) struct Vocabulary {
    whole: HashSet<String>,
    starts: HashSet<String>,
    /// The bytes of the longest of them: no word is looked at further.
    longest: usize,
}

impl Vocabulary {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let mut vocabulary = Self { whole: HashSet::new(), starts: HashSet::new(), longest: 0 };
        for tool in manifest.tools() {
            for word in tool.asked_by() {
                match word.strip_suffix('*') {
                    Some(start) => {
                        vocabulary.longest = vocabulary.longest.max(start.len());
                        vocabulary.starts.insert(start.to_owned());
                    }
                    None => vocabulary.whole.extend([word.to_owned(), stem(word)]),
                }
            }
            vocabulary.whole.extend(name_verb(tool.name()).map(|verb| stem(&verb)));
        }
        vocabulary
    }

    /// Whether a word names some tool, in any form.
    pub(crate) fn names(&self, word: &str) -> bool {
        let stem = stem(word);
        let starts = |word: &str| {
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
            let ends = ends.take_while(|end| *end <= self.longest);
            ends.filter_map(|end| word.get(..end))
                .inspect(|start| steps::take(steps::of_word(start)))
                .any(|start| self.starts.contains(start))
        };
        self.whole.contains(word) || self.whole.contains(&stem) || starts(word) || starts(&stem)
    }
}

/// The statements; by which rules, `TaskRequest::statements` says.
pub(crate) fn statements(
    manifest: &Manifest,
    wishes: &Wishes,
    latitude: Latitude,
) -> Vec<Statement> {
    let mut tools: Vec<ManifestTool<'_>> = manifest.tools().collect();
    tools.sort_by_key(|tool| tool.name());
    let mut statements =
        vec![Statement::permit("task-reads").operations(Operation::Read).resources(["**"])];
    let (mut others, mut forbidden, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for tool in tools {
        let tool = Proposed(tool);
        let is_asked = tool.is_named(|word| wishes.asked.hold(word));
        let is_held = tool.is_named(|word| wishes.held.hold(word));
        let is_forbidden = tool.is_forbidden(&wishes.forbidden);
        let number = statements.len();
        if !tool.acts() {
            if is_forbidden && !is_asked {
                unread.push(tool.0.name());
            }
        } else if is_forbidden && !is_asked {
            forbidden.push(tool.0.name());
        } else if is_held || is_forbidden {
            others.push(tool.0.name());
        } else if is_asked {
            tool.add_asked(number, &mut statements);
        } else if latitude.delegates && tool.may_be_delegated() {
            tool.add_delegated(number, &mut statements);
        } else if latitude.undoable && !tool.undoable().is_empty() {
            tool.add_undoable(number, &mut statements);
        } else {
            others.push(tool.0.name());
        }
    }
    statements.extend(in_parts(&others, "task-others", |id, tools| {
        let writes = ask(format!("{id}-writes"), Operations::WRITES, tools);
        vec![writes, ask(format!("{id}-sent"), Operation::Read, tools).beyond(Readers::invoker())]
    }));
    statements.extend(in_parts(&forbidden, "task-forbidden", |id, tools| {
        let writes = forbid(format!("{id}-writes"), Operations::WRITES, tools);
        vec![
            writes,
            forbid(format!("{id}-sent"), Operation::Read, tools).beyond(Readers::invoker()),
        ]
    }));
    statements.extend(in_parts(&unread, "task-forbidden-reads", |id, tools| {
        vec![forbid(id, Operations::ALL, tools)]
    }));
    statements
}

/// Statements for many tools, as many for each as it can hold.
fn in_parts<'n>(
    tools: &[&'n str],
    id: &str,
    make: impl Fn(String, &[&'n str]) -> Vec<Statement>,
) -> Vec<Statement> {
    let parts = tools.chunks(MAX_ITEMS_PER_STATEMENT).enumerate();
    parts.flat_map(|(number, tools)| make(format!("{id}-{}", number + 1), tools)).collect()
}

fn ask(id: String, operations: impl Into<Operations>, tools: &[&str]) -> Statement {
    everywhere(Statement::require_approval(id), operations, tools)
}

fn forbid(id: String, operations: impl Into<Operations>, tools: &[&str]) -> Statement {
    Statement::forbid(id).operations(operations).tools(tools.iter().copied()).resources(["**"])
}

fn everywhere(
    statement: Statement,
    operations: impl Into<Operations>,
    tools: &[&str],
) -> Statement {
    let statement = statement.operations(operations).tools(tools.iter().copied());
    statement.resources(["**"]).readers(Readers::public())
}

/// The verb in the name of a tool: the first that is no noun as often, or else the first.
fn name_verb(name: &str) -> Option<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() && was_lower {
            words.push(String::new());
        }
        was_lower = character.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    let verbs = || words.iter().filter(|word| is_verb(word));
    verbs().find(|verb| !is_noun_too(verb)).or_else(|| verbs().next()).cloned()
}

/// The number makes the id unique, the name is for people.
pub(crate) fn statement_id(kind: &str, number: usize, tool: &str) -> String {
    let name: String = tool.chars().take(20).collect();
    format!("{kind}-{number}-{name}")
}

/// Every operation that changes something, but for these.
fn writes_except(undoable: Operations) -> Operations {
    let writes = Operation::ALL.into_iter().filter(|operation| operation.is_write());
    writes.filter(|operation| !undoable.contains(*operation)).collect()
}

/// Whether two paths lead to one argument, or one of them into what the other leads to. Every place in a list is the same.
fn is_same_argument(one: &str, other: &str) -> bool {
    let any_place = |step: &str| step == "*" || step.bytes().all(|byte| byte.is_ascii_digit());
    one.split('.').zip(other.split('.')).all(|(one, other)| {
        one == other || one == "*" || other == "*" || any_place(one) && any_place(other)
    })
}

/// A tool for which statements are proposed.
struct Proposed<'m>(ManifestTool<'m>);

impl Proposed<'_> {
    /// Whether it does more than to read for the invoker.
    fn acts(&self) -> bool {
        self.0.effects().any(|effect| {
            effect.operation().is_write() || effect.also_updates() || !effect.is_private()
        })
    }

    fn is_named(&self, named: impl Fn(&str) -> bool) -> bool {
        self.0.asked_by().any(named)
    }

    /// Whether denied words name it: by the owner's words in any form, or what acts by the verb of its name.
    fn is_forbidden(&self, denied: &Words) -> bool {
        self.is_named(|word| denied.hold_a_form_of(word))
            || self.acts()
                && name_verb(self.0.name()).is_some_and(|verb| denied.hold_a_form_of(&verb))
    }

    /// Whether all that it does is to read, create or update.
    fn may_be_delegated(&self) -> bool {
        self.0.effects().all(|effect| {
            matches!(effect.operation(), Operation::Read | Operation::Create | Operation::Update)
        })
    }

    /// What it creates and updates so that it can be undone, in every effect of that operation.
    fn undoable(&self) -> Operations {
        let of = |operation| self.0.effects().filter(move |effect| effect.operation() == operation);
        [Operation::Create, Operation::Update]
            .into_iter()
            .filter(|operation| {
                let all =
                    of(*operation).all(|effect| effect.is_reversible() && !effect.also_updates());
                all && of(*operation).next().is_some()
            })
            .collect()
    }

    fn add_asked(&self, number: usize, statements: &mut Vec<Statement>) {
        let id = self.statement_id("asked", number);
        statements.push(self.permit(&id, |_| Origins::ANY));
        let undoable = self.undoable();
        if !undoable.is_empty() {
            let harmless = Statement::permit(format!("{id}-undoable")).operations(undoable);
            statements.push(harmless.tools([self.0.name()]).resources(["**"]));
        }
        self.add_questions(&id, undoable, |_| Origins::ANY, statements);
    }

    fn add_delegated(&self, number: usize, statements: &mut Vec<Statement>) {
        let id = self.statement_id("delegated", number);
        // What is reached stays the user's choice.
        let origins = |control: &str| {
            if self.names_audience(control) {
                Origin::User | Origin::Directory
            } else {
                Origins::ANY
            }
        };
        statements.push(self.permit(&id, origins));
        self.add_questions(&id, Operations::NONE, origins, statements);
    }

    /// Permits what can be undone and only the invoker sees, and asks about the rest.
    fn add_undoable(&self, number: usize, statements: &mut Vec<Statement>) {
        let id = self.statement_id("unasked", number);
        let (undoable, tool) = (self.undoable(), [self.0.name()]);
        let permit = Statement::permit(id.clone()).operations(undoable).tools(tool);
        statements.push(permit.resources(["**"]));
        statements.push(ask(format!("{id}-writes"), writes_except(undoable), &tool));
        let seen = ask(format!("{id}-sent"), undoable | Operation::Read, &tool);
        statements.push(seen.beyond(Readers::invoker()));
    }

    fn permit(&self, id: &str, origins: impl Fn(&str) -> Origins) -> Statement {
        let permit = everywhere(Statement::permit(id), Operations::ALL, &[self.0.name()]);
        self.0.controls().fold(permit, |permit, control| {
            permit.when(Condition::endorsed(control, origins(control)).optional())
        })
    }

    /// Asks a person where a control is not endorsed; of what can be undone only where others would see it.
    fn add_questions(
        &self,
        id: &str,
        undoable: Operations,
        origins: impl Fn(&str) -> Origins,
        statements: &mut Vec<Statement>,
    ) {
        let (seen, others) = (undoable | Operation::Read, writes_except(undoable));
        for (place, control) in self.0.controls().enumerate() {
            let id = format!("{id}-control-{}", place + 1);
            let endorsed = Condition::endorsed(control, origins(control)).optional();
            let tool = [self.0.name()];
            let writes = ask(format!("{id}-writes"), others, &tool);
            statements.push(writes.when(!endorsed.clone()));
            let shown = ask(format!("{id}-sent"), seen, &tool).beyond(Readers::invoker());
            statements.push(shown.when(!endorsed));
        }
    }

    fn statement_id(&self, kind: &str, number: usize) -> String {
        statement_id(&format!("task-{kind}"), number, self.0.name())
    }

    /// Whether a control is among the arguments that name an audience.
    fn names_audience(&self, control: &str) -> bool {
        let mut effects = self.0.effects();
        effects
            .any(|effect| effect.audience_arguments().any(|path| is_same_argument(path, control)))
    }
}
