//! A policy for one task, from the manifest and the words of the request alone.

use super::Manifest;
use super::compile::{CompiledAudience, CompiledEffect, CompiledTool};
use super::level::AudienceLevel;
use super::path::ArgumentPath;
use super::request::Request;
use crate::action::{Operation, Operations};
use crate::audience::Readers;
use crate::endorsed::{Origin, Origins};
use crate::limits::MAX_ITEMS_PER_STATEMENT;
use crate::policy::{Condition, Statement};

impl Manifest {
    /// The statements of a policy for one task, from the words of the user's request alone.
    ///
    /// - Reads for the invoker are permitted.
    /// - A tool is *asked for* when one of its `asked_by` words stands in the request where it can be a verb or the
    ///   object of one: not in quotation marks, not after a preposition, and neither before nor after "me" or "us". Its
    ///   writes, and its reads that send something out, are permitted while each of its controls is endorsed
    ///   (see [`Session::endorse`](crate::Session::endorse)), and need approval otherwise. A control that a call
    ///   leaves out asks for nothing.
    /// - What an asked tool creates or updates so that only the invoker sees it, and that can be undone, is permitted
    ///   whatever its controls are.
    /// - A request *delegates* when it hands over what to do ("follow the instructions in …", "do the actions that … asks
    ///   for"). Then every tool may create and update, but who is reached stays the user's choice: controls that name an
    ///   audience must come from the user or the directory, the others from anywhere endorsed.
    /// - Every other write, and every other read that sends something out, needs approval.
    ///
    /// Audiences are not limited here; guardrails and labels are what limits them. The words are English; tools that
    /// the manifest does not know are refused before any policy is asked.
    ///
    /// ```
    /// use portcullis::*;
    ///
    /// let manifest = Manifest::new([
    ///     ToolData::new("send_email").argument("to", ArgumentData::text()).controls(["to"]).asked_by(["mail*", "write"]).effect(
    ///         EffectData::create("mail/{invoker}/outbox").audience(AudienceData::recipients(["to"])),
    ///     ),
    /// ])?;
    /// let request = "Mail lee@example.com that I am late";
    /// let policy = Policy::new(manifest.task_policy(request))?;
    /// let scope = Scope::builder(&Capability::root(policy, ambient_authority()))
    ///     .invoker("dana@example.com")
    ///     .agent("assistant")
    ///     .build()?;
    /// scope.session().endorse_words(Origin::User, request);
    /// let gate = Gate::builder().build()?;
    /// let decide = |to: &str| {
    ///     let arguments = [("to", Value::from(to))];
    ///     let call = manifest.map("send_email", &arguments, &scope);
    ///     call.actions().map(|action| gate.decide(&action, &scope).ruling()).max()
    /// };
    /// assert_eq!(decide("lee@example.com"), Some(Ruling::Allow));
    /// assert_eq!(decide("mallory@evil.example"), Some(Ruling::Hold));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn task_policy(&self, request: &str) -> Vec<Statement> {
        let request = Request::new(request);
        let mut tools: Vec<&CompiledTool> = self.0.all().iter().map(|tool| &**tool).collect();
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        tools.retain(|tool| tool.acts());
        let mut statements =
            vec![Statement::permit("task-reads").operations(Operation::Read).resources(["**"])];
        let mut others = Vec::new();
        for tool in tools {
            let number = statements.len();
            if request.asks(&tool.asked_by) {
                tool.add_asked(number, &mut statements);
            } else if request.delegates() && tool.may_be_delegated() {
                tool.add_delegated(number, &mut statements);
            } else {
                others.push(tool);
            }
        }
        for (number, tools) in others.chunks(MAX_ITEMS_PER_STATEMENT).enumerate() {
            let names = || tools.iter().map(|tool| &*tool.name);
            statements.extend(ask_for(&format!("task-others-{}", number + 1), names));
        }
        statements
    }

    /// Whether a request hands the choice of what to do over to something that is yet to be read; see
    /// [`task_policy`](Self::task_policy). Then say so to the session with
    /// [`Session::delegate`](crate::Session::delegate).
    ///
    /// ```
    /// use portcullis::Manifest;
    ///
    /// assert!(Manifest::delegates("Follow the instructions in 'notes.txt'"));
    /// assert!(!Manifest::delegates("Perform the following tasks: 1. Read my mail."));
    /// ```
    pub fn delegates(request: &str) -> bool {
        Request::new(request).delegates()
    }
}

/// Asks for approval of every write of these tools, and of every read that reaches beyond the invoker.
fn ask_for<'n, N: Iterator<Item = &'n str>>(id: &str, tools: impl Fn() -> N) -> [Statement; 2] {
    let reads = ask(format!("{id}-sent"), Operation::Read, tools()).beyond(Readers::invoker());
    [ask(format!("{id}-writes"), Operations::WRITES, tools()), reads]
}

fn ask<'n>(
    id: String,
    operations: impl Into<Operations>,
    tools: impl Iterator<Item = &'n str>,
) -> Statement {
    Statement::require_approval(id)
        .operations(operations)
        .tools(tools)
        .resources(["**"])
        .readers(Readers::public())
}

impl CompiledTool {
    /// Whether it does more than to read for the invoker.
    fn acts(&self) -> bool {
        self.effects.iter().any(|effect| {
            effect.operation.is_write() || effect.also_updates || !effect.is_always_private()
        })
    }

    /// Whether all that it does is to read, create or update.
    fn may_be_delegated(&self) -> bool {
        self.effects.iter().all(|effect| {
            matches!(effect.operation, Operation::Read | Operation::Create | Operation::Update)
        })
    }

    /// What it creates and updates so that it can be undone, in every effect of that operation.
    fn undoable(&self) -> Operations {
        [Operation::Create, Operation::Update]
            .into_iter()
            .filter(|operation| {
                let mut effects = self.effects.iter().filter(|e| e.operation == *operation);
                effects.all(|effect| effect.reversible && !effect.also_updates)
                    && self.effects.iter().any(|effect| effect.operation == *operation)
            })
            .collect()
    }

    fn add_asked(&self, number: usize, statements: &mut Vec<Statement>) {
        let id = self.statement_id("asked", number);
        statements.push(self.permit(&id, Operations::ALL, |_| Origins::ANY));
        let undoable = self.undoable();
        if !undoable.is_empty() {
            let harmless = Statement::permit(format!("{id}-undoable")).operations(undoable);
            statements.push(harmless.tools([&*self.name]).resources(["**"]));
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
        statements.push(self.permit(&id, Operations::ALL, origins));
        self.add_questions(&id, Operations::NONE, origins, statements);
    }

    fn permit(
        &self,
        id: &str,
        operations: Operations,
        origins: impl Fn(&str) -> Origins,
    ) -> Statement {
        let permit = Statement::permit(id)
            .operations(operations)
            .tools([&*self.name])
            .resources(["**"])
            .readers(Readers::public());
        self.controls.iter().fold(permit, |permit, control| {
            permit.when(Condition::endorsed(&**control, origins(control)).optional())
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
        let seen = undoable | Operation::Read;
        let others: Operations =
            Operation::ALL.into_iter().filter(|operation| !seen.contains(*operation)).collect();
        for (place, control) in self.controls.iter().enumerate() {
            let id = format!("{id}-control-{}", place + 1);
            let endorsed = Condition::endorsed(&**control, origins(control)).optional();
            let tool = || std::iter::once(&*self.name);
            statements.push(ask(format!("{id}-writes"), others, tool()).when(!endorsed.clone()));
            let shown = ask(format!("{id}-sent"), seen, tool()).beyond(Readers::invoker());
            statements.push(shown.when(!endorsed));
        }
    }

    /// The number makes the id unique, the name is for people.
    fn statement_id(&self, kind: &str, number: usize) -> String {
        let name: String = self.name.chars().take(20).collect();
        format!("task-{kind}-{number}-{name}")
    }

    /// Whether a control is among the arguments that name an audience.
    fn names_audience(&self, control: &str) -> bool {
        let is_it = |path: &ArgumentPath| **path.text() == *control;
        self.effects.iter().any(|effect| match &effect.audience {
            CompiledAudience::Level(_) => false,
            CompiledAudience::Recipients(branches) => branches.paths.iter().any(is_it),
            CompiledAudience::Channel(path)
            | CompiledAudience::Group(path)
            | CompiledAudience::Host(path)
            | CompiledAudience::Flag(path, _) => is_it(path),
        })
    }
}

impl CompiledEffect {
    fn is_always_private(&self) -> bool {
        matches!(self.audience, CompiledAudience::Level(AudienceLevel::Private))
    }
}
