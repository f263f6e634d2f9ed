//! Actions that are written in JSON.

use permitgate::model::ActionDigest;
use permitgate::{Action, Audience, Operation};
use serde_json::Value as Json;

/// Calls `use_it` with the action.
pub fn with<T>(json: &Json, use_it: impl FnOnce(&Action<'_>) -> T) -> T {
    let operation: Operation = serde_json::from_value(json["operation"].clone()).unwrap();
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
    let mut action =
        Action::new(operation, tool, resource).visible_to(audience).with(&json["arguments"]);
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
