//! What a JSON Schema accepts, as kinds.

use std::collections::BTreeMap;

use permitgate::limits::{MAX_ITEMS_PER_TOOL, MAX_NAME_BYTES};
use serde_json::Value as Json;

use super::kinds::Kind;
use super::shown::{brief, hides};

/// Levels of a schema that are followed; what lies deeper is left to a person.
const DEEPEST: usize = 8;

/// The schema that a reference means.
pub(super) fn follow<'s>(schema: &'s Json, root: &'s Json, depth: usize) -> Option<&'s Json> {
    match schema.get("$ref") {
        None => Some(schema),
        Some(_) if depth > DEEPEST => None,
        Some(to) => {
            let pointer = to.as_str()?.strip_prefix('#')?;
            follow(root.pointer(pointer)?, root, depth + 1)
        }
    }
}

/// Which kinds a schema accepts, or why that cannot be told.
pub(super) fn kind_of(
    schema: &Json,
    root: &Json,
    depth: usize,
    notes: &mut Vec<String>,
) -> Result<Kind, String> {
    if depth > DEEPEST {
        return Err("its schema is nested too deep; say by hand what it is".to_owned());
    }
    let schema = follow(schema, root, 0)
        .ok_or("its schema refers to what is not there; say of which kind it is")?;
    let Some(object) = schema.as_object() else {
        return Err("its schema says nothing of its kind; say of which it is".to_owned());
    };
    match object.get("type") {
        Some(Json::String(word)) => of_type(word, schema, root, depth, notes),
        Some(Json::Array(words)) if !words.is_empty() => {
            let mut kind: Option<Kind> = None;
            for word in words {
                let word = word.as_str().ok_or("its type is no word; say of which kind it is")?;
                let one = of_type(word, schema, root, depth, notes)?;
                kind = Some(match kind {
                    Some(kind) => kind.or(one),
                    None => one,
                });
            }
            kind.ok_or_else(|| "it has no type; say of which kind it is".to_owned())
        }
        Some(_) => Err("its type is no word; say of which kind it is".to_owned()),
        None => without_type(schema, root, depth, notes),
    }
}

fn without_type(
    schema: &Json,
    root: &Json,
    depth: usize,
    notes: &mut Vec<String>,
) -> Result<Kind, String> {
    let list = |key: &str| schema.get(key).and_then(Json::as_array).filter(|list| !list.is_empty());
    if let Some(branches) = list("anyOf").or_else(|| list("oneOf")) {
        let mut kind: Option<Kind> = None;
        for branch in branches {
            let one = kind_of(branch, root, depth + 1, notes)?;
            kind = Some(match kind {
                Some(kind) => kind.or(one),
                None => one,
            });
        }
        return kind.ok_or_else(|| "it has no type; say of which kind it is".to_owned());
    }
    if let Some([one]) = list("allOf").map(Vec::as_slice) {
        return kind_of(one, root, depth + 1, notes);
    }
    if let Some(values) = list("enum") {
        let mut kind = Kind::default();
        for value in values {
            kind.add(
                word_of(value).ok_or("its values are no plain ones; say of which kind it is")?,
            );
        }
        return Ok(kind);
    }
    if let Some(value) = schema.get("const") {
        let word = word_of(value).ok_or("its value is no plain one; say of which kind it is")?;
        notes.push(format!("always {}", brief(&value.to_string())));
        return Ok(Kind::of(word));
    }
    if schema.get("properties").is_some() {
        return of_type("object", schema, root, depth, notes);
    }
    if schema.get("items").is_some() {
        return of_type("array", schema, root, depth, notes);
    }
    Err("its schema says nothing of its kind; say of which it is".to_owned())
}

fn word_of(value: &Json) -> Option<&'static str> {
    Some(match value {
        Json::Null => "null",
        Json::Bool(_) => "flag",
        Json::String(_) => "text",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::Array(_) | Json::Object(_) => return None,
    })
}

fn of_type(
    word: &str,
    schema: &Json,
    root: &Json,
    depth: usize,
    notes: &mut Vec<String>,
) -> Result<Kind, String> {
    let word = match word {
        "string" => "text",
        "boolean" => "flag",
        "integer" | "number" | "null" => word,
        "array" => {
            let items = schema.get("items").filter(|items| items.is_object());
            let Some(items) = items.filter(|_| schema.get("prefixItems").is_none()) else {
                return Err("a list of what its schema does not say; write `{ kind = \"list\", items = … }`".to_owned());
            };
            let items = kind_of(items, root, depth + 1, notes)
                .map_err(|why| format!("a list of something, and of that {why}"))?;
            return Ok(Kind::list(items));
        }
        "object" => return object(schema, root, depth, notes),
        other => {
            return Err(format!(
                "its type `{}` is not known; say of which kind it is",
                brief(other)
            ));
        }
    };
    Ok(Kind::of(word))
}

fn object(
    schema: &Json,
    root: &Json,
    depth: usize,
    notes: &mut Vec<String>,
) -> Result<Kind, String> {
    let properties = schema.get("properties").and_then(Json::as_object);
    let empty = properties.is_none_or(serde_json::Map::is_empty);
    if empty && takes_more(schema) != Some(false) {
        return Err(
            "it takes fields of any name; describe those that are used, as in `{ kind = \"object\", fields = { … } }`"
                .to_owned(),
        );
    }
    if takes_more(schema) == Some(true) || schema.get("patternProperties").is_some() {
        notes.push(
            "its server takes fields that are not described; calls that give one are refused"
                .to_owned(),
        );
    }
    let required = required(schema);
    let mut fields = BTreeMap::new();
    for (name, property) in properties.into_iter().flatten() {
        let odd = is_odd(name);
        let kind = match odd || fields.len() >= MAX_ITEMS_PER_TOOL {
            true => Err("its name is odd, or one of too many".to_owned()),
            false => kind_of(property, root, depth + 1, notes),
        };
        match kind {
            Ok(kind) => _ = fields.insert(name.clone(), (kind, required.contains(&name.as_str()))),
            Err(why) => notes.push(format!("its field `{}` is left out: {why}", brief(name))),
        }
    }
    Ok(Kind::object(fields))
}

/// The names of all arguments and of all fields in them, at any depth and also where they are only referred to, in order.
pub(super) fn names_in(schema: &Json) -> Vec<&str> {
    let (mut names, mut left) = (Vec::new(), vec![schema]);
    while let Some(schema) = left.pop() {
        match schema {
            Json::Array(items) => left.extend(items.iter().rev()),
            Json::Object(object) => {
                for key in ["properties", "patternProperties", "dependentSchemas"] {
                    let described = object.get(key).and_then(Json::as_object);
                    names.extend(described.into_iter().flatten().map(|(name, _)| name.as_str()));
                }
                names.extend(required(schema));
                left.extend(object.values().rev());
            }
            _ => {}
        }
    }
    names
}

pub(super) fn required(schema: &Json) -> Vec<&str> {
    let names = schema.get("required").and_then(Json::as_array);
    names.into_iter().flatten().filter_map(Json::as_str).collect()
}

/// Whether an object says that it takes fields beside those that it describes.
pub(super) fn takes_more(schema: &Json) -> Option<bool> {
    schema.get("additionalProperties").map(|more| !matches!(more, Json::Bool(false) | Json::Null))
}

/// Whether a name cannot be that of an argument, or a person would not see all of it.
pub(super) fn is_odd(name: &str) -> bool {
    let is_long = name.is_empty() || name.len() > MAX_NAME_BYTES;
    is_long || name == "*" || name.chars().any(char::is_control) || hides(name)
}
