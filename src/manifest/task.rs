//! A policy for one task, from the manifest and the words of the request alone.

use super::Manifest;
use super::compile::{CompiledAudience, CompiledTool};
use super::level::AudienceLevel;
use crate::action::{Operation, Operations};
use crate::audience::Readers;
use crate::endorsed::Origins;
use crate::limits::MAX_ITEMS_PER_STATEMENT;
use crate::policy::{Condition, Statement};

impl Manifest {
    /// The statements of a policy for one task, from the words of the user's request alone.
    ///
    /// - Reads for the invoker are permitted.
    /// - A tool is *asked for* when one of its `asked_by` words stands in the request. Its writes, and its reads that send
    ///   something out, are permitted while each of its controls is endorsed (see
    ///   [`Session::endorse`](crate::Session::endorse)), and need approval otherwise. A control that a call leaves
    ///   out asks for nothing.
    /// - Every other write, and every other read that sends something out, needs approval.
    ///
    /// Audiences are not limited here; guardrails and labels are what limits them. A request is cut into words at whatever is no
    /// letter or digit, and compared in lower case. Tools that the manifest does not know are refused
    /// before any policy is asked.
    ///
    /// ```
    /// use portcullis::*;
    ///
    /// let manifest = Manifest::new([
    ///     ToolData::new("send_email").controls(["to"]).asked_by(["mail*", "write"]).effect(
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
        let words: Vec<String> = request
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let mut tools: Vec<&CompiledTool> = self.0.all().iter().map(|tool| &**tool).collect();
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        tools.retain(|tool| tool.acts());
        let (asked, others): (Vec<_>, Vec<_>) =
            tools.into_iter().partition(|tool| tool.is_asked_by(&words));
        let mut statements =
            vec![Statement::permit("task-reads").operations(Operation::Read).resources(["**"])];
        for (number, tool) in asked.into_iter().enumerate() {
            tool.add_asked(number + 1, &mut statements);
        }
        for (number, tools) in others.chunks(MAX_ITEMS_PER_STATEMENT).enumerate() {
            let names = || tools.iter().map(|tool| &*tool.name);
            statements.extend(ask_for(&format!("task-others-{}", number + 1), names));
        }
        statements
    }
}

/// Asks for approval of every write of these tools, and of every read that reaches beyond the invoker.
fn ask_for<'n, N: Iterator<Item = &'n str>>(id: &str, tools: impl Fn() -> N) -> [Statement; 2] {
    let ask = |id: String, operations: Operations| {
        Statement::require_approval(id)
            .operations(operations)
            .tools(tools())
            .resources(["**"])
            .readers(Readers::public())
    };
    let reads = ask(format!("{id}-sent"), Operation::Read.into()).beyond(Readers::invoker());
    [ask(format!("{id}-writes"), Operations::WRITES), reads]
}

impl CompiledTool {
    /// Whether it does more than to read for the invoker.
    fn acts(&self) -> bool {
        self.effects.iter().any(|effect| {
            let private =
                matches!(effect.audience, CompiledAudience::Level(AudienceLevel::Private));
            effect.operation.is_write() || effect.also_updates || !private
        })
    }

    fn is_asked_by(&self, words: &[String]) -> bool {
        self.asked_by.iter().any(|asked| match asked.strip_suffix('*') {
            Some(start) => words.iter().any(|word| word.starts_with(start)),
            None => words.iter().any(|word| **word == **asked),
        })
    }

    fn add_asked(&self, number: usize, statements: &mut Vec<Statement>) {
        // The number makes the id unique, the name is for people.
        let name: String = self.name.chars().take(20).collect();
        let id = format!("task-asked-{number}-{name}");
        let endorsed = |control: &str| Condition::endorsed(control, Origins::ANY).optional();
        let permit = Statement::permit(id.as_str())
            .operations(Operations::ALL)
            .tools([&*self.name])
            .resources(["**"])
            .readers(Readers::public());
        statements.push(
            self.controls.iter().fold(permit, |permit, control| permit.when(endorsed(control))),
        );
        for (place, control) in self.controls.iter().enumerate() {
            let id = format!("{id}-control-{}", place + 1);
            let asked = ask_for(&id, || std::iter::once(&*self.name));
            statements.extend(asked.map(|ask| ask.when(!endorsed(control))));
        }
    }
}
