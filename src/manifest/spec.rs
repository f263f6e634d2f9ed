//! What an author writes: tools and their effects, by builder or by serde.

use serde::{Deserialize, Serialize};

use super::argument::{ArgumentSpec, ArgumentTable, Wildcard};
use super::kinds::Aliases;
use super::level::AudienceSpec;
use super::trust::{TrustSpec, TrustTable};
use crate::model::action::Operation;
use crate::model::resource::Reach;
use crate::policy::Condition;

/// The serde form of a [`Manifest`](crate::Manifest): a list of tools under the key `tool`, unknown keys
/// refused.
///
/// ```
/// use permitgate::Manifest;
/// use permitgate::manifest::ManifestSpec;
///
/// let text = r#"{"tool": [{"name": "read_file", "args": {"path": "text"}, "effect": [
///     {"operation": "read", "resource": "files/{args.path/**}"}
/// ]}]}"#;
/// let manifest = Manifest::try_from(serde_json::from_str::<ManifestSpec>(text)?)?;
/// assert_eq!(manifest.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestSpec {
    /// The tools, in any order.
    #[serde(rename = "tool", default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
}

/// One tool: its exact name, all its arguments, and what a call of it can mean.
///
/// A call with an argument, a field or an element that is not described here is refused. Nothing is checked before
/// the manifest is compiled.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ResultSpec, ToolSpec};
///
/// let addresses = || ArgumentSpec::list(ArgumentSpec::text());
/// let send = ToolSpec::new("send_email")
///     .argument("to", addresses())
///     .argument("cc", addresses().default_list([""; 0]))
///     .argument("body", ArgumentSpec::text().no_effect())
///     .controls(["to", "cc"])
///     .asked_by(["send", "email", "mail", "reply*"])
///     .effect(
///         EffectSpec::create("mail/{invoker}/outbox").audience(AudienceSpec::recipients(["to", "cc"])),
///     );
/// let read = ToolSpec::new("get_email")
///     .argument("id", ArgumentSpec::text())
///     .effect(EffectSpec::read("mail/{invoker}/{args.id}"))
///     .result(ResultSpec::new().trusted(["id", "sender"]).outsider(["subject", "body"]));
/// assert_eq!((send.name(), read.name()), ("send_email", "get_email"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a tool does something only within a manifest"]
pub struct ToolSpec {
    pub(super) name: String,
    /// Pins belong to what was approved and not to what the owner says, so that they have no key here.
    #[serde(skip)]
    pub(super) digest: Option<String>,
    #[serde(rename = "args", default, skip_serializing_if = "ArgumentTable::is_empty")]
    pub(super) arguments: ArgumentTable,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) other_arguments: Option<Wildcard>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) controls: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) asked_by: Vec<String>,
    #[serde(rename = "effect", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) effects: Vec<EffectSpec>,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) result: Option<ResultSpec>,
}

impl ToolSpec {
    /// A tool without arguments and effects; it needs at least one effect.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            digest: None,
            controls: Vec::new(),
            asked_by: Vec::new(),
            arguments: ArgumentTable::default(),
            other_arguments: None,
            effects: Vec::new(),
            result: None,
        }
    }

    /// Pins the tool as it was approved, by the digest of a `ToolList` of the feature `mcp`. A pin is no part of
    /// the serde form: policy files keep pins in a lock file beside them.
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// The arguments that say who or which.
    pub fn controls<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.controls.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Words of a request that ask for this tool: lower case; `*` at the end stands for any ending.
    pub fn asked_by<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.asked_by.extend(words.into_iter().map(Into::into));
        self
    }

    /// Describes an argument. What is not described, a call must not give.
    pub fn argument(mut self, name: impl Into<String>, argument: ArgumentSpec) -> Self {
        self.arguments.insert(name.into(), argument);
        self
    }

    /// Lets calls give arguments of any name and kind beside those described. A gate sees nothing of them, so this is
    /// for servers whose arguments reach nobody and nothing.
    pub fn other_arguments(mut self) -> Self {
        self.other_arguments = Some(Wildcard);
        self
    }

    /// Adds an effect. A call has every effect whose conditions hold.
    pub fn effect(mut self, effect: EffectSpec) -> Self {
        self.effects.push(effect);
        self
    }

    /// Says which fields of the result outsiders can write, and which can be trusted.
    pub fn result(mut self, result: ResultSpec) -> Self {
        self.result = Some(result);
        self
    }

    /// Takes each alias of a directory for the name that it stands for, in arguments and results.
    pub(super) fn know(&mut self, aliases: &Aliases) {
        self.arguments.know(aliases);
        for (_, trust) in self.result.iter_mut().flat_map(|result| &mut result.trusted.0) {
            trust.aliases = Some(aliases.clone());
        }
    }

    /// The exact name of the tool.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// One effect that a call of a tool can have.
///
/// ```
/// use permitgate::Operation;
/// use permitgate::manifest::EffectSpec;
/// use permitgate::policy::Condition;
///
/// let delete = EffectSpec::new(Operation::Delete, "issues/{args.repo}/{args.number}")
///     .when(Condition::equals("method", "DELETE"));
/// # let _ = delete;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "an effect does something only within a tool"]
pub struct EffectSpec {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) when: Vec<Condition>,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) for_each: Option<String>,
    pub(super) operation: Operation,
    pub(super) resource: String,
    #[serde(default, skip_serializing_if = "is_place")]
    pub(super) reach: Reach,
    #[serde(default, skip_serializing_if = "is_private")]
    pub(super) audience: AudienceSpec,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) amounts: Vec<String>,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) reversible: Option<bool>,
}

fn is_private(audience: &AudienceSpec) -> bool {
    *audience == AudienceSpec::private()
}

fn is_place(reach: &Reach) -> bool {
    *reach == Reach::Place
}

impl EffectSpec {
    /// An effect of any operation. The resource is a template: literal segments, `{invoker}`, `{agent}`,
    /// `{args.path.to.value}`, and at the end perhaps `{args.path/**}`.
    pub fn new(operation: Operation, resource: impl Into<String>) -> Self {
        Self {
            when: Vec::new(),
            for_each: None,
            operation,
            resource: resource.into(),
            reach: Reach::Place,
            audience: AudienceSpec::private(),
            amounts: Vec::new(),
            reversible: None,
        }
    }

    /// The call looks at the resource.
    pub fn read(resource: impl Into<String>) -> Self {
        Self::new(Operation::Read, resource)
    }

    /// The call makes something new in or at the resource.
    pub fn create(resource: impl Into<String>) -> Self {
        Self::new(Operation::Create, resource)
    }

    /// The call changes the resource.
    pub fn update(resource: impl Into<String>) -> Self {
        Self::new(Operation::Update, resource)
    }

    /// The call removes the resource.
    pub fn delete(resource: impl Into<String>) -> Self {
        Self::new(Operation::Delete, resource)
    }

    /// The call runs the resource.
    pub fn execute(resource: impl Into<String>) -> Self {
        Self::new(Operation::Execute, resource)
    }

    /// The call gives others access to the resource.
    pub fn share(resource: impl Into<String>) -> Self {
        Self::new(Operation::Share, resource)
    }

    /// The call changes the configuration or the rules at the resource.
    pub fn administer(resource: impl Into<String>) -> Self {
        Self::new(Operation::Administer, resource)
    }

    /// Adds a condition; the effect takes place when all of them hold. One that cannot be evaluated
    /// leaves the call without a meaning.
    pub fn when(mut self, condition: Condition) -> Self {
        self.when.push(condition);
        self
    }

    /// Gives the call one action for each element of a list: an argument that is one, or a list that the kind of an argument finds,
    /// such as the commands of a shell line. In the resource, the audience, amounts and conditions, `it` stands for the element, as in
    /// `{it.name}`. Of an empty list that a kind finds there is no action; where one value may stand for a list, it is a list of one.
    pub fn for_each(mut self, list: impl Into<String>) -> Self {
        self.for_each = Some(list.into());
        self
    }

    /// Says that the effect is about everything under the resource as well: for tools that list, search or remove whole trees.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
    /// use permitgate::model::Reach;
    ///
    /// let tree = ToolSpec::new("directory_tree")
    ///     .argument("path", ArgumentSpec::text())
    ///     .effect(EffectSpec::read("files/{args.path/**}").below());
    /// let manifest = Manifest::new([tree])?;
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["files/**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let arguments = [("path", "reports".into())];
    /// let call = manifest.map("directory_tree", &arguments, &scope);
    /// assert!(call.actions().all(|action| action.reach() == Reach::Below));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn below(mut self) -> Self {
        self.reach = Reach::Below;
        self
    }

    /// Says who can see what the effect makes, or what a read sends out; without it, the invoker alone.
    pub fn audience(mut self, audience: AudienceSpec) -> Self {
        self.audience = audience;
        self
    }

    /// Arguments that are amounts: finite numbers of at least zero wherever they are given.
    pub fn amounts<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.amounts.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Whether the effect can be undone completely; without it, only a read can.
    pub fn reversible(mut self, reversible: bool) -> Self {
        self.reversible = Some(reversible);
        self
    }
}

/// Which fields of a tool's result outsiders can write.
///
/// A pattern is steps joined by dots: the name of a field, `*` for every element of a list, `{*}` for every field of an
/// object, digits for one place in a list, and `.` alone for the result itself. A field that is called by digits is
/// written in braces, as in `{2024}`.
///
/// Only what `trusted` names can endorse values, and only in the shape that it says: where `*` stands, one record in
/// place of a list endorses nothing. What `outsider` names stands for everything below it as well, and in whatever
/// shape the result has; a `{*}` of a trusted pattern never enters a field that an outsiders' pattern names.
/// A tool that reads and says nothing about its result returns untrusted text.
///
/// ```
/// use permitgate::manifest::ResultSpec;
///
/// let result = ResultSpec::new().trusted(["*.id", "*.participants.*"]).outsider(["*.body"]);
/// # let _ = result;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "it does something only within a tool"]
pub struct ResultSpec {
    #[serde(default, skip_serializing_if = "TrustTable::is_empty")]
    pub(super) trusted: TrustTable,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) outsider: Vec<String>,
}

impl ResultSpec {
    /// No field that outsiders can write, and none that endorses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fields whose values can be acted on, without saying of which kind they are.
    pub fn trusted<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        let fields = fields.into_iter().map(Into::into);
        self.trusted.0.extend(fields.map(TrustTable::plain));
        self
    }

    /// Every trusted field with each tool for which alone it counts.
    pub(super) fn counted_for(&self) -> impl Iterator<Item = (&str, &str)> {
        self.trusted.0.iter().flat_map(|(field, trust)| {
            trust.counts_for.iter().flatten().map(move |tool| (field.as_str(), tool.as_str()))
        })
    }

    /// A field whose values can be acted on as values of a kind; see [`TrustSpec`].
    pub fn gives(mut self, field: impl Into<String>, trust: impl Into<TrustSpec>) -> Self {
        self.trusted.0.push((field.into(), trust.into()));
        self
    }

    /// Fields that outsiders can write, with all below them.
    pub fn outsider<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        self.outsider.extend(fields.into_iter().map(Into::into));
        self
    }
}
