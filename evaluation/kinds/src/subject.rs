//! An argument kind as a user of the crate meets it: a manifest of one tool, and what a call of it reaches.

use permitgate::ambient_authority;
use permitgate::manifest::{ArgumentSpec, CallFault, EffectSpec, ToolSpec};
use permitgate::model::{Part, Value};
use permitgate::prelude::*;

/// A tool with one argument of the kind.
pub(crate) struct Subject {
    manifest: Manifest,
    scope: Scope,
}

const TOOL: &str = "tool";
const ARGUMENT: &str = "it";

impl Subject {
    pub(crate) fn new(argument: ArgumentSpec) -> Self {
        // No effect names the argument, so that nothing but its kind refuses a value.
        let tool = ToolSpec::new(TOOL)
            .argument(ARGUMENT, argument.no_effect())
            .effect(EffectSpec::read("it"));
        let manifest = Manifest::new([tool]).expect("a manifest");
        let statement = Statement::permit("all").operations(Operation::Read).resources(["**"]);
        let policy = Policy::new([statement]).expect("a policy");
        let capability = Capability::root(policy, ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("triage").build();
        Self { manifest, scope: scope.expect("a scope") }
    }

    /// What a value reaches.
    pub(crate) fn read(&self, value: Value<'_>) -> Result<Reading, CallFault> {
        let arguments = [(ARGUMENT, value)];
        let call = self.manifest.map(TOOL, &arguments, &self.scope);
        match call.fault() {
            Some(fault) => Err(fault.clone()),
            None => Ok(Reading::of(call.parts().get(ARGUMENT).expect("a part for the argument"))),
        }
    }

    /// Likewise, of a text.
    pub(crate) fn text(&self, text: &str) -> Result<Reading, CallFault> {
        self.read(Value::Text(text))
    }

    /// Whether a text is accepted, without taking what it reaches.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        let arguments = [(ARGUMENT, Value::Text(text))];
        self.manifest.map(TOOL, &arguments, &self.scope).fault().is_none()
    }
}

/// A part of what a value reaches, with its own parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) name: String,
    /// What it is as a whole; a decimal number as its units and their exponent (`1250e-2`).
    pub(crate) value: Option<String>,
    pub(crate) parts: Vec<Reading>,
}

impl Reading {
    fn of(part: Part<'_>) -> Self {
        let parts: Vec<_> = part.iter().map(Self::of).collect();
        let value = match part.value() {
            Some(Value::Text(text)) => Some(text.to_owned()),
            Some(Value::Integer(value)) => Some(value.to_string()),
            Some(Value::Bool(value)) => Some(value.to_string()),
            Some(other) => panic!("{other:?} is no value of a part"),
            None if part.is_list() || !parts.is_empty() => None,
            None => decimal(&format!("{part:?}")),
        };
        Self { name: part.name().to_owned(), value, parts }
    }

    /// Its one form.
    pub(crate) fn canonical(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// What the part of this name is.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|part| part.name == name)?.value.as_deref()
    }

    /// The elements of the list of this name.
    pub(crate) fn list(&self, name: &str) -> &[Self] {
        self.parts.iter().find(|part| part.name == name).map_or(&[], |list| &list.parts)
    }

    /// Likewise, where they are texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().map(|element| element.canonical().to_owned()).collect()
    }
}

/// A number with a fraction is no plain value, so it is read as it prints itself.
fn decimal(debug: &str) -> Option<String> {
    let (units, scale) = debug.strip_prefix("Decimal { units: ")?.split_once(", scale: ")?;
    Some(format!("{units}e-{}", scale.strip_suffix(" }")?))
}
