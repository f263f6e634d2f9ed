//! Actions that are written in JSON.

use portcullis::{Action, ActionDigest, Arguments, Audience, List, Operation, Value};
use serde_json::{Map, Value as Json};

/// An object of JSON as arguments; independent of the feature `json`.
struct Object(Vec<(String, Node)>);

struct Items(Vec<Node>);

enum Node {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Items),
    Object(Object),
}

/// Calls `use_it` with the action.
pub fn with<T>(json: &Json, use_it: impl FnOnce(&Action<'_>) -> T) -> T {
    let operation: Operation = serde_json::from_value(json["operation"].clone()).unwrap();
    let arguments = object(json["arguments"].as_object().unwrap_or(&Map::new()));
    let recipients: Vec<String> = match json["audience"].get("recipients") {
        Some(names) => serde_json::from_value(names.clone()).unwrap(),
        None => Vec::new(),
    };
    let audience = match &json["audience"] {
        Json::Null => Audience::Private,
        Json::String(word) if word == "internal" => Audience::Internal,
        Json::String(_) => Audience::Public,
        of if of["group"].is_string() => Audience::Group(of["group"].as_str().unwrap()),
        of if of["channel"].is_string() => Audience::Channel(of["channel"].as_str().unwrap()),
        _ => Audience::recipients(&recipients),
    };
    let (tool, resource) = (json["tool"].as_str().unwrap(), json["resource"].as_str().unwrap());
    let mut action = Action::new(operation, tool, resource).visible_to(audience).with(&arguments);
    match json["reversible"].as_bool() {
        Some(true) => action = action.reversible(),
        Some(false) => action = action.irreversible(),
        None => {}
    }
    if json["untrusted"] == true {
        action = action.untrusted();
    }
    use_it(&action)
}

pub fn digest(json: &Json) -> String {
    with(json, |action| ActionDigest::of(action).unwrap().to_string())
}

fn object(fields: &Map<String, Json>) -> Object {
    Object(fields.iter().map(|(name, value)| (name.clone(), node(value))).collect())
}

fn node(value: &Json) -> Node {
    match value {
        Json::Null => Node::Null,
        Json::Bool(value) => Node::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Node::Integer(value.into()),
            (_, Some(value)) => Node::Integer(value.into()),
            _ => Node::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Node::Text(text.clone()),
        Json::Array(items) => Node::List(Items(items.iter().map(node).collect())),
        Json::Object(fields) => Node::Object(object(fields)),
    }
}

impl Node {
    fn view(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::Text(text),
            Self::List(items) => Value::List(items),
            Self::Object(object) => Value::Object(object),
        }
    }
}

impl Arguments for Object {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.view())
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        // Backwards, since the order does not matter.
        self.0.iter().rev().for_each(|(name, value)| visitor(name, value.view()));
    }
}

impl List for Items {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(Node::view)
    }
}
