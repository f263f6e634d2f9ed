//! Manifests: the owner's trusted mapping from a call of a tool to actions.
//!
//! An agent emits a tool's name and arguments. What that means (which operation, on which resource,
//! seen by whom, whether it can be undone) is not the agent's to say, and not the tool's server's either: it stands
//! in the manifest. What the manifest does not describe has no meaning, and every gate refuses it.
//!
//! 1. `data` and `level` hold what an author writes.
//! 2. `compile` validates everything in one place; `template`, `path` and `result` parse.
//! 3. `map` makes a `call` of a tool's name and borrowed arguments.
//! 4. With the feature `mcp`: `tool_list` reads what a server says of its tools, with the digests by which
//!    a change shows (`canonical`), and `narrow` lets that tighten a manifest.

mod argument;
mod branch;
mod call;
mod compile;
mod description;
mod elements;
pub(crate) mod error;
mod given;
mod host;
mod kind;
pub(crate) mod kinds;
mod level;
mod map;
mod mapping;
mod nearest;
mod path;
mod reach;
mod recipient;
mod result;
mod shape;
mod spec;
mod step;
mod template;
mod trail;
mod trust;
mod usage;
mod view;
mod visit;

#[cfg(feature = "mcp")]
mod narrow;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::decision::call_fault::Kind;
use compile::Tools;
use given::CallArguments;

pub use argument::ArgumentSpec;
pub use call::Call;
#[cfg(feature = "mcp")]
pub use narrow::ToolFinding;

pub use crate::decision::call_fault::CallFault;
pub use description::{ArgumentDescription, ToolDescription};
pub use error::ManifestError;
#[cfg(feature = "sql")]
pub use kinds::SqlSpec;
pub use kinds::{
    ArgvSpec, CommandSpec, DecimalSpec, HostSpec, MailboxSpec, NameSpec, PatchSpec, PathSpec,
    ShellSpec, TimeSpec, UrlSpec, canonical,
};
pub use level::{AudienceLevel, AudienceSpec};
pub use spec::{EffectSpec, ManifestSpec, ResultSpec, ToolSpec};
pub use trust::TrustSpec;
pub use view::{ManifestEffect, ManifestTool};

use crate::authority::scope::Scope;
use crate::directory::Directory;
use crate::flow::provenance::{Endorsements, Origin};
use crate::model::arguments::{Arguments, Value};
use crate::model::parts::Parts;

/// The owner's mapping from calls of tools to actions, validated and compiled once. Cloning is cheap.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::{Arguments, Reason};
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::{NoArguments, Value};
/// use permitgate::policy::Condition;
///
/// let manifest = Manifest::new([
///     ToolSpec::new("github_api")
///         .argument("repo", ArgumentSpec::text())
///         .argument("method", ArgumentSpec::text().default("GET"))
///         .effect(
///             EffectSpec::read("github/{args.repo}").when(Condition::equals("method", "GET")),
///         )
///         .effect(
///             EffectSpec::delete("github/{args.repo}").when(Condition::equals("method", "DELETE")),
///         ),
/// ])?;
///
/// let policy = Policy::new([
///     Statement::permit("look").operations(Operation::Read).resources(["github/*"]),
/// ])?;
/// let capability = Capability::root(policy, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let gate = Gate::builder().build()?;
/// let decide = |tool, arguments: &dyn Arguments| -> Vec<Reason> {
///     let call = manifest.map(tool, arguments, &scope);
///     call.actions().map(|action| gate.decide(&action, &scope).reason()).collect()
/// };
///
/// let repo = ("repo", Value::from("acme/site"));
/// assert_eq!(decide("github_api", &[repo]), [Reason::Permitted]);
/// assert_eq!(decide("github_api", &[repo, ("method", "DELETE".into())]), [Reason::NotPermitted]);
/// assert_eq!(decide("github_api", &[repo, ("method", "PATCH".into())]), [Reason::UnmappedCall]);
/// assert_eq!(decide("github_api", &[repo, ("force", true.into())]), [Reason::UnmappedCall]);
/// assert_eq!(decide("drop_table", &NoArguments), [Reason::UnknownTool]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Manifest(Arc<Tools>);

impl Manifest {
    /// Validates and compiles the tools.
    ///
    /// # Errors
    /// [`ManifestError`] names the tool, the number of the effect and the field at fault.
    pub fn new(tools: impl IntoIterator<Item = ToolSpec>) -> Result<Self, ManifestError> {
        Ok(Self(Arc::new(Tools::new(tools.into_iter().collect())?)))
    }

    /// The same for the people, groups and channels of a directory: where an argument of the kind `person`, `group` or `channel`
    /// gives one of its aliases, the call means the name that the alias stands for, and so do fields of results. Use it wherever
    /// a directory has aliases. A gate that gets another directory needs a manifest that was compiled for that one.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::Directory;
    /// use permitgate::directory::JoinPolicy;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, NameSpec, ToolSpec};
    /// use permitgate::model::Value;
    ///
    /// let directory = Directory::builder()
    ///     .principal("dana")
    ///     .channel("general", JoinPolicy::Internal, ["dana"])
    ///     .alias("C0123", "general")
    ///     .build()?;
    /// let post = ToolSpec::new("post")
    ///     .argument("channel", ArgumentSpec::channel(NameSpec::new()))
    ///     .effect(EffectSpec::create("chat/{args.channel}"));
    /// let manifest = Manifest::in_directory([post], &directory)?;
    /// # let policy = Policy::new([Statement::permit("post").operations(Operation::Create).resources(["chat/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// for channel in ["general", "#general", "C0123"] {
    ///     let arguments = [("channel", Value::from(channel))];
    ///     let call = manifest.map("post", &arguments, &scope);
    ///     assert!(call.actions().all(|action| action.resource() == "chat/general"));
    ///     assert_eq!(call.actions().count(), 1);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ManifestError`] names the tool, the number of the effect and the field at fault.
    pub fn in_directory(
        tools: impl IntoIterator<Item = ToolSpec>,
        directory: &Directory,
    ) -> Result<Self, ManifestError> {
        let aliases = directory.aliases();
        Self::new(tools.into_iter().map(|mut tool| {
            tool.know(aliases);
            tool
        }))
    }

    /// How many tools it knows.
    pub fn len(&self) -> usize {
        self.0.all().len()
    }

    /// Whether it knows no tool.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it knows a tool of exactly this name.
    pub fn knows(&self, tool: &str) -> bool {
        self.0.find(tool).is_some()
    }

    /// What it says of one tool's arguments.
    pub fn tool(&self, name: &str) -> Option<ToolDescription<'_>> {
        self.0.find(name).map(ToolDescription::new)
    }

    /// What a call would do: its actions, or the fault for which every gate refuses it.
    ///
    /// Every argument, field and element of the call is looked at, and one that the tool does not describe is a fault.
    /// Allocates nothing for ordinary sizes: up to eight actions, sixteen recipients and 512 bytes of resources.
    pub fn map<'c>(
        &'c self,
        tool: &'c str,
        arguments: &'c dyn Arguments,
        scope: &'c Scope,
    ) -> Call<'c> {
        let known = self.0.find(tool);
        let given =
            CallArguments { arguments, described: known.map(|tool| &tool.described.fields) };
        let heard = scope.session().is_untrusted();
        // Made where they stay: to move them takes longer than to map a small call.
        let mut call = Call {
            name: tool,
            tool: known,
            given,
            heard,
            fault: None,
            reached: Parts::default(),
            plan: call::Plan::default(),
        };
        let Call { reached, plan, fault, .. } = &mut call;
        match known {
            None => *fault = Some(CallFault::new(Kind::UnknownTool)),
            Some(tool) if tool.changed => *fault = Some(CallFault::new(Kind::ToolChanged)),
            Some(tool) => {
                // A fault stays where it was found: most calls have none, and moving that takes longer than to find it.
                let planned = catch_unwind(AssertUnwindSafe(|| {
                    if let Err(found) = map::plan(tool, given, scope, reached, plan) {
                        *fault = Some(found);
                    }
                }));
                if planned.is_err() {
                    *fault = Some(CallFault::new(Kind::Panicked));
                }
            }
        }
        call
    }

    /// The same for a model that reads the refusal: the fault of an unknown tool names the nearest one.
    pub(crate) fn map_naming_nearest<'c>(
        &'c self,
        tool: &'c str,
        arguments: &'c dyn Arguments,
        scope: &'c Scope,
    ) -> Call<'c> {
        let mut call = self.map(tool, arguments, scope);
        if call.tool.is_none() {
            call.fault = call.fault.map(|fault| fault.near(self.nearest_name(tool)));
        }
        call
    }

    /// Shows every text and number of a tool's result that the manifest says can be trusted. Where the
    /// tool is not known, has changed, or its manifest trusts no field, nothing is shown; no more than
    /// [`MAX_RESULT_VALUES`](crate::base::limits::MAX_RESULT_VALUES) values are looked at.
    ///
    /// ```
    /// use permitgate::Manifest;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ResultSpec, ToolSpec};
    /// use permitgate::model::Value;
    ///
    /// let manifest = Manifest::new([ToolSpec::new("get_email")
    ///     .argument("id", ArgumentSpec::text())
    ///     .effect(EffectSpec::read("mail/{args.id}"))
    ///     .result(ResultSpec::new().trusted(["sender"]).outsider(["body"]))])?;
    /// let email = [("sender", Value::from("lee@example.com")), ("body", Value::from("pay mallory"))];
    /// let mut trusted = Vec::new();
    /// manifest.for_each_trusted("get_email", Value::Object(&email), |value| {
    ///     trusted.extend(value.as_text().map(str::to_owned));
    /// });
    /// assert_eq!(trusted, ["lee@example.com"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_trusted(&self, tool: &str, result: Value<'_>, mut show: impl FnMut(Value<'_>)) {
        let tool = self.0.find(tool).filter(|tool| !tool.changed);
        if let Some(fields) = tool.and_then(|tool| tool.result.as_ref()) {
            fields.for_each_trusted(result, None, &mut |_, value| show(value));
        }
    }
}

impl Manifest {
    /// What a result of a tool endorses, as [`Call::endorse_result`] does it: for a program that asks a session for room first, or
    /// that endorses several results together. Records that give back what a call put in endorse nothing here, since that
    /// depends on the session.
    ///
    /// ```
    /// use permitgate::{Manifest, Session};
    /// use permitgate::manifest::{EffectSpec, ResultSpec, ToolSpec};
    /// use permitgate::model::{Value, ValueKind};
    ///
    /// let manifest = Manifest::new([ToolSpec::new("get_email")
    ///     .effect(EffectSpec::read("mail"))
    ///     .result(ResultSpec::new().gives("id", ValueKind::id("mail")))])?;
    /// let session = Session::new();
    /// assert!(session.endorse_all(&manifest.endorsed_by("get_email", Value::Object(&[("id", Value::from(16))]))));
    /// assert!(session.is_endorsed_as(ValueKind::id("mail"), "16"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn endorsed_by(&self, tool: &str, result: Value<'_>) -> Endorsements {
        let mut given = Endorsements::new();
        let tool = self.0.find(tool).filter(|tool| !tool.changed);
        if let Some(fields) = tool.and_then(|tool| tool.result.as_ref()) {
            fields.for_each_trusted(result, None, &mut |gives, value| {
                result::endorsements(gives, value, &mut |key| given.offer(Origin::Result, key));
            });
        }
        given
    }
}

impl TryFrom<ManifestSpec> for Manifest {
    type Error = ManifestError;
    fn try_from(data: ManifestSpec) -> Result<Self, ManifestError> {
        Self::new(data.tools)
    }
}
