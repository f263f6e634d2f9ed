//! Statements, as policy data in JSON and as CBOR.

use serde_json::{Value, json};

use super::cbor::Cbor;

const OPERATIONS: [&str; 7] =
    ["read", "create", "update", "delete", "execute", "share", "administer"];

pub fn statements(list: &Value) -> Cbor {
    Cbor::List(items(list).iter().map(statement).collect())
}

pub fn statement(of: &Value) -> Cbor {
    let mut fields = vec![
        (0, text(&of["id"])),
        (1, Cbor::Int(place(&["permit", "require_approval", "forbid"], &of["effect"]))),
        (2, operations(&of["operations"])),
    ];
    for (key, name) in [(3, "tools"), (4, "resources"), (5, "readers"), (6, "beyond")] {
        fields.extend(of.get(name).map(|list| (key, texts(list))));
    }
    let when = of.get("when");
    fields.extend(when.map(|list| (7, Cbor::List(items(list).iter().map(condition).collect()))));
    for (key, name) in [(8, "only_while_trusted"), (9, "after_untrusted")] {
        fields.extend(of.get(name).map(|_| (key, Cbor::Bool(true))));
    }
    fields.extend(of.get("except_resources").map(|list| (10, texts(list))));
    fields.extend(of.get("otherwise").map(|_| (11, Cbor::Bool(true))));
    Cbor::Map(fields)
}

pub fn condition(of: &Value) -> Cbor {
    let mut fields: Vec<(u64, Cbor)> = Vec::new();
    fields.extend(of.get("argument").map(|argument| (0, text(argument))));
    let known =
        ["not", "optional", "present", "equals", "one_of", "at_least", "at_most", "matches"];
    for (key, name) in (1..).zip(known) {
        fields.extend(of.get(name).map(|value| (key, scalar(value))));
    }
    fields.extend(of.get("endorsed").map(|origins| (10, Cbor::Int(bits_of_origins(origins)))));
    let quantifiers = [json!("all"), json!("some"), json!("none")];
    let number = |word: &Value| quantifiers.iter().position(|known| known == word).unwrap();
    fields.extend(of.get("holds_for").map(|word| (11, Cbor::Int(number(word) as i128))));
    for (key, name) in [(12, "under"), (13, "below"), (14, "in_network")] {
        let several = |texts: &Value| match texts {
            Value::String(_) => Cbor::List(vec![scalar(texts)]),
            texts => scalar(texts),
        };
        fields.extend(of.get(name).map(|texts| (key, several(texts))));
    }
    let of_time = |fields: &mut Vec<(u64, Cbor)>| {
        fields.extend(of.get("clock").map(|zone| (20, text(zone))));
        fields.extend(of.get("days").map(|days| match days {
            Value::String(_) => (21, Cbor::List(vec![scalar(days)])),
            days => (21, scalar(days)),
        }));
        for (key, name) in [(22, "from"), (23, "until")] {
            fields.extend(of.get(name).map(|time| (key, text(time))));
        }
    };
    let known = ["at_most_elements", "case_blind", "regex", "equals_argument", "equals_bound"];
    for (key, name) in (15..).zip(known) {
        fields.extend(of.get(name).map(|value| (key, scalar(value))));
    }
    of_time(&mut fields);
    Cbor::Map(fields)
}

/// A value, or a list of values.
fn scalar(value: &Value) -> Cbor {
    match value {
        Value::Bool(value) => Cbor::Bool(*value),
        Value::String(text) => Cbor::text(text),
        Value::Array(list) => Cbor::List(list.iter().map(scalar).collect()),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Cbor::Int(value.into()),
            (_, Some(value)) => Cbor::Int(value.into()),
            _ => Cbor::Float(number.as_f64().unwrap()),
        },
        _ => unreachable!("no scalar"),
    }
}

pub fn operations(list: &Value) -> Cbor {
    Cbor::Int(items(list).iter().map(|name| 1 << place(&OPERATIONS, name)).sum())
}

fn bits_of_origins(origins: &Value) -> i128 {
    match origins {
        Value::String(any) if any == "any" => 15,
        Value::String(_) => 1 << place(&["user", "directory", "result", "program"], origins),
        list => items(list).iter().map(bits_of_origins).sum(),
    }
}

pub fn budget(of: &Value) -> Cbor {
    let number = |value: &Value| Cbor::Int(value.as_u64().unwrap().into());
    let mut fields = vec![(0, text(&of["name"]))];
    fields.extend((!of["argument"].is_null()).then(|| (1, text(&of["argument"]))));
    fields.push((2, number(&of["at_most"])));
    fields.extend((!of["per"].is_null()).then(|| (3, number(&of["per"]))));
    fields.push((4, operations(&of["operations"])));
    Cbor::Map(fields)
}

fn place(names: &[&str], name: &Value) -> i128 {
    names.iter().position(|known| name == known).unwrap() as i128
}

fn text(value: &Value) -> Cbor {
    Cbor::text(value.as_str().unwrap())
}

fn texts(list: &Value) -> Cbor {
    Cbor::List(items(list).iter().map(text).collect())
}

fn items(list: &Value) -> &[Value] {
    list.as_array().unwrap()
}
