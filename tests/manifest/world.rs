//! What the tests of manifests share: arguments of their own, a scope, and actions as text.

use permitgate::manifest::{Call, ToolSpec};
use permitgate::model::{List, Operations, Readers, Reversibility, Value};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use permitgate::{Arguments, Reason};
use serde_json::Value as Json;

/// Owned arguments, without the crate's own view of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Any {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Any>),
    Object(Vec<(String, Any)>),
}

impl Any {
    pub(crate) fn view(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::from(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::from(text),
            Self::List(_) => Value::List(self),
            Self::Object(_) => Value::Object(self),
        }
    }
}

impl Arguments for Any {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.view())
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        let Self::Object(fields) = self else { return };
        fields.iter().for_each(|(field, value)| visitor(field, value.view()));
    }
}

impl List for Any {
    fn len(&self) -> usize {
        let Self::List(values) = self else { return 0 };
        values.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        let Self::List(values) = self else { return None };
        values.get(index).map(Self::view)
    }
}

impl From<&Json> for Any {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Integer(number),
                None => Self::Float(number.as_f64().unwrap()),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Json::Object(fields) => Self::Object(
                fields.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
            ),
        }
    }
}

pub(crate) fn scope_of(invoker: &str, agent: &str, policy: Policy) -> Scope {
    let capability = Capability::root(policy, ambient_authority());
    Scope::builder(&capability).invoker(invoker).agent(agent).build().unwrap()
}

pub(crate) fn any_scope(invoker: &str, agent: &str) -> Scope {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    scope_of(invoker, agent, Policy::new([all.readers(Readers::public())]).unwrap())
}

pub(crate) fn gate() -> Gate {
    Gate::builder().clock(ManualClock::default()).sink(MemorySink::last(1)).build().unwrap()
}

pub(crate) fn tool(json: &Json) -> ToolSpec {
    serde_json::from_value(json.clone()).unwrap()
}

pub(crate) fn text_of(action: &Action<'_>) -> String {
    let reversibility = match action.reversibility() {
        Reversibility::Reversible => "reversible",
        Reversibility::Irreversible => "irreversible",
    };
    let untrusted = if action.is_untrusted() { ", untrusted" } else { "" };
    let (operation, resource, audience) =
        (action.operation(), action.resource(), action.audience());
    format!("{operation} {resource}, {audience}, {reversibility}{untrusted}")
}

/// What a gate that permits everything says of each action.
pub(crate) fn reasons(call: &Call<'_>, scope: &Scope) -> Vec<Reason> {
    let gate = gate();
    call.actions().map(|action| gate.decide(&action, scope).reason()).collect()
}
