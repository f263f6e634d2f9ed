//! Which arguments a server takes, and which its manifest describes.

use std::collections::BTreeSet;

use permitgate::manifest::ToolSpec;
use permitgate::mcp::ListedTool;
use permitgate::text::visible;
use permitgate_task::Described;
use serde_json::{Map, Value as Json, json};

/// Where the two differ, in words.
pub(super) fn differences(tool: &ToolSpec, listed: &ListedTool) -> Vec<String> {
    // A server that gives no schema says nothing that could differ.
    if listed.input_schema().is_none_or(Json::is_null) {
        return Vec::new();
    }
    let Ok(tool) = serde_json::to_value(tool) else { return Vec::new() };
    let nothing = Map::new();
    let described = tool.get("args").and_then(Json::as_object).unwrap_or(&nothing);
    let takes_all = tool.get("other_arguments").is_some();
    let server = Described::of(listed);
    let mut found = Vec::new();
    for (name, kind) in &server.arguments {
        match (described.get(name), kind) {
            (None, _) if takes_all => {
                found.push(format!("its server takes `{}`, which a gate does not see: `other_arguments` lets it pass", visible(name)));
            }
            (None, _) => found.push(format!(
                "its server takes `{}`, which the manifest does not describe; calls that give it are refused",
                visible(name)
            )),
            (Some(ours), Ok(theirs)) => compare(name, ours, theirs, &mut found),
            // What cannot be told cannot differ.
            (Some(_), Err(_)) => {}
        }
    }
    for name in described.keys().filter(|name| !server.arguments.contains_key(*name)) {
        found.push(format!(
            "the manifest describes `{}`, which its server does not list",
            visible(name)
        ));
    }
    for (name, choices) in &server.choices {
        values(&tool, name, choices, &mut found);
    }
    found
}

/// Two descriptions of what stands at a path.
fn compare(path: &str, ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    let shown = visible(path);
    let (mine, yours) = (kinds(ours), kinds(theirs));
    let list = |kinds: &mut dyn Iterator<Item = &str>| {
        kinds.map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ")
    };
    // A number may be whole.
    let covers = |kinds: &BTreeSet<&str>, kind: &str| {
        kinds.contains(kind) || kind == "integer" && kinds.contains("number")
    };
    // Of what the other side knows as a whole number, a fraction alone is left.
    let left = |of: &BTreeSet<&str>, other: &BTreeSet<&str>| {
        let rest = of.iter().copied().filter(|kind| !covers(other, kind));
        let (fraction, rest): (Vec<_>, Vec<_>) =
            rest.partition(|kind| *kind == "number" && other.contains("integer"));
        let rest = list(&mut rest.into_iter());
        match (fraction.is_empty(), rest.is_empty()) {
            (true, _) => rest,
            (false, true) => "a fraction".to_owned(),
            (false, false) => format!("a fraction or {rest}"),
        }
    };
    let (refused, more) = (left(&yours, &mine), left(&mine, &yours));
    let both = format!(
        "`{shown}`: the manifest describes {}, and its server takes {}",
        list(&mut mine.iter().copied()),
        list(&mut yours.iter().copied())
    );
    if !refused.is_empty() {
        found.push(format!("{both}; calls that give it as {refused} are refused"));
    }
    if !more.is_empty() {
        found.push(format!("{both}; the gate lets {more} pass, which its server does not name"));
    }
    compare_left_out(&shown.to_string(), ours, theirs, found);
    if let (Some(ours), Some(theirs)) = (ours.get("items"), theirs.get("items")) {
        compare(&format!("{path}.*"), ours, theirs, found);
    }
    if let (Some(mine), Some(yours)) = (fields(ours), fields(theirs)) {
        let open = ours.get("other_fields").is_some();
        for (name, theirs) in yours {
            let path = format!("{path}.{name}");
            match mine.get(name) {
                Some(ours) => compare(&path, ours, theirs, found),
                None if open => {}
                None => found.push(format!(
                    "its server takes `{}`, which the manifest does not describe; calls that give it are refused",
                    visible(&path)
                )),
            }
        }
        for name in mine.keys().filter(|name| !yours.contains_key(*name)) {
            found.push(format!(
                "the manifest describes `{}`, which its server does not list",
                visible(&format!("{path}.{name}"))
            ));
        }
    }
}

/// What becomes of an argument that a call leaves out.
fn compare_left_out(shown: &str, ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    match (optional(ours), optional(theirs)) {
        (false, true) => found.push(format!(
            "`{shown}`: its server lets calls leave it out, and the manifest does not"
        )),
        (true, false) => found.push(format!(
            "`{shown}`: its server requires it, and the manifest lets calls leave it out"
        )),
        _ => {}
    }
    let is_secret = ours.get("secret") == Some(&json!(true));
    match (ours.get("default"), theirs.get("default")) {
        (Some(ours), Some(theirs)) if same(ours, theirs) => {}
        // Neither what the manifest keeps secret, nor what its server may have for it.
        (Some(_), Some(_)) if is_secret => found.push(format!(
            "`{shown}`: left out, it is another value by the manifest than by its server"
        )),
        (Some(_), None) if is_secret => found.push(format!(
            "`{shown}`: left out, it has a value by the manifest; its server does not say so"
        )),
        (None, Some(_)) if is_secret => found.push(format!(
            "`{shown}`: left out, it has a value by its server; the manifest has no default"
        )),
        (Some(ours), Some(theirs)) => found.push(format!(
            "`{shown}`: left out, it is {} by the manifest and {} by its server",
            value(ours),
            value(theirs)
        )),
        (Some(ours), None) => found.push(format!(
            "`{shown}`: left out, it is {} by the manifest; its server does not say so",
            value(ours)
        )),
        (None, Some(theirs)) => found.push(format!(
            "`{shown}`: left out, it is {} by its server; the manifest has no default",
            value(theirs)
        )),
        (None, None) => {}
    }
}

fn kinds(described: &Json) -> BTreeSet<&str> {
    let kind = described.get("kind").unwrap_or(described);
    let one = kind.as_str().into_iter();
    one.chain(kind.as_array().into_iter().flatten().filter_map(Json::as_str)).collect()
}

fn fields(described: &Json) -> Option<&Map<String, Json>> {
    described.get("fields").and_then(Json::as_object)
}

fn optional(described: &Json) -> bool {
    described.get("optional") == Some(&json!(true)) || described.get("default").is_some()
}

/// Whether two defaults are one, also where one is written `3` and the other `3.0`.
fn same(one: &Json, other: &Json) -> bool {
    one == other
        || matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if one == other)
}

fn value(value: &Json) -> String {
    visible(&value.to_string()).as_json().to_string()
}

/// The values that effects ask for, beside those that the server takes.
fn values(tool: &Json, name: &str, choices: &[String], found: &mut Vec<String>) {
    let (mut asked, mut all_asked) = (BTreeSet::new(), true);
    for effect in tool.get("effect").and_then(Json::as_array).into_iter().flatten() {
        let conditions = effect.get("when").and_then(Json::as_array);
        let on_it: Vec<&Json> = conditions
            .into_iter()
            .flatten()
            .filter(|condition| condition.get("argument").and_then(Json::as_str) == Some(name))
            .collect();
        let is_list = |condition: &&Json| {
            condition.get("not").is_none()
                && (condition.get("equals").is_some() || condition.get("one_of").is_some())
        };
        all_asked &= on_it.iter().any(is_list);
        for condition in on_it {
            let one = condition.get("equals").and_then(Json::as_str);
            let many = condition.get("one_of").and_then(Json::as_array);
            asked
                .extend(one.into_iter().chain(many.into_iter().flatten().filter_map(Json::as_str)));
        }
    }
    let shown = visible(name);
    for value in asked.iter().filter(|value| !choices.iter().any(|choice| choice == *value)) {
        found.push(format!(
            "`{shown}`: an effect asks for \"{}\", which its server does not take",
            visible(value)
        ));
    }
    if asked.is_empty() || !all_asked {
        return;
    }
    for choice in choices.iter().filter(|choice| !asked.contains(choice.as_str())) {
        found.push(format!("`{shown}`: its server takes \"{}\", for which no effect is described; such calls are refused", visible(choice)));
    }
}
