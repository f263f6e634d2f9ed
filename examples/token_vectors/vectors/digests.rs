//! Digests of actions.

use serde_json::{Map, Value, json};

use super::crypto::{hash, hex};

pub fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_be_bytes()[..], text.as_bytes()].concat()
}

/// The digest of an action that is written in JSON.
pub fn digest(action: &Value) -> [u8; 32] {
    let operations = ["read", "create", "update", "delete", "execute", "share", "administer"];
    let operation = operations.iter().position(|name| action["operation"] == *name).unwrap() as u8;
    let reversible = action["reversible"].as_bool().unwrap_or(operation == 0);
    let nothing = Map::new();
    hash(&[
        b"permitgate/action/1\0",
        &text(action["tool"].as_str().unwrap()),
        &[operation, u8::from(!reversible)],
        &text(action["resource"].as_str().unwrap()),
        &audience(&action["audience"]),
        &[u8::from(action["untrusted"] == true), 0],
        &object(action["arguments"].as_object().unwrap_or(&nothing)),
    ])
}

fn audience(of: &Value) -> Vec<u8> {
    let named = |mark: u8, name: &Value| [&[mark][..], &text(name.as_str().unwrap())].concat();
    match of {
        Value::Null => vec![0],
        Value::String(word) if word == "internal" => vec![4],
        Value::String(_) => vec![5],
        _ if of["group"].is_string() => named(2, &of["group"]),
        _ if of["channel"].is_string() => named(3, &of["channel"]),
        _ => {
            let mut names: Vec<&str> = of["recipients"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            names.sort_unstable();
            names.dedup();
            let count = (names.len() as u64).to_be_bytes();
            names.iter().fold([&[1][..], &count].concat(), |all, name| [all, text(name)].concat())
        }
    }
}

fn object(fields: &Map<String, Value>) -> Vec<u8> {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    let count = (names.len() as u64).to_be_bytes().to_vec();
    names.iter().fold(count, |all, name| [all, text(name), value(&fields[*name])].concat())
}

fn value(of: &Value) -> Vec<u8> {
    match of {
        Value::Null => vec![0],
        Value::Bool(value) => vec![1, u8::from(*value)],
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => [&[2][..], &i128::from(value).to_be_bytes()].concat(),
            (_, Some(value), _) => [&[2][..], &i128::from(value).to_be_bytes()].concat(),
            (_, _, value) => [&[3][..], &value.unwrap().to_bits().to_be_bytes()].concat(),
        },
        Value::String(held) => [vec![4], text(held)].concat(),
        Value::Array(list) => {
            let length = (list.len() as u64).to_be_bytes();
            list.iter().fold([&[5][..], &length].concat(), |all, item| [all, value(item)].concat())
        }
        Value::Object(fields) => [vec![6], object(fields)].concat(),
    }
}

pub fn read() -> Value {
    json!({"tool": "mail.read", "operation": "read", "resource": "mail/dana/1", "arguments": {"id": 1}})
}

pub fn add(to: &mut Vec<Value>) {
    let base = json!({"tool": "t", "operation": "read", "resource": "a/b"});
    let mut add = |name: &str, comment: &str, but: Value| {
        let mut action = base.clone();
        action.as_object_mut().unwrap().extend(but.as_object().unwrap().clone());
        let digest = hex(&digest(&action));
        to.push(json!({"name": format!("digest-{name}"), "comment": comment, "kind": "digest", "action": action, "expect": digest}));
    };
    add("plain", "", json!({}));
    for operation in ["create", "update", "delete", "execute", "share", "administer"] {
        add(
            operation,
            "a write is irreversible unless it says otherwise",
            json!({"operation": operation}),
        );
    }
    add("reversible", "", json!({"operation": "delete", "reversible": true}));
    add("irreversible", "", json!({"reversible": false}));
    add("untrusted", "", json!({"untrusted": true}));
    add("unicode", "", json!({"tool": "tööl", "resource": "日本/1"}));
    add(
        "recipients",
        "sorted, none twice",
        json!({"audience": {"recipients": ["lee", "dana", "lee", "Zoë"]}}),
    );
    add("nobody", "", json!({"audience": {"recipients": []}}));
    add("group", "", json!({"audience": {"group": "legal"}}));
    add("channel", "", json!({"audience": {"channel": "legal"}}));
    add("internal", "", json!({"audience": "internal"}));
    add("public", "", json!({"audience": "public"}));
    let values = json!({"b": 1, "a": 1.0, "c": "1", "d": [1], "aa": null, "": true, "é": false, "e": {"z": [], "y": {}}});
    add(
        "values",
        "every kind of value; fields by the bytes of their names",
        json!({"arguments": values}),
    );
    add("integers", "", json!({"arguments": {"a": [i64::MIN, -1, 0, u64::MAX]}}));
    add(
        "floats",
        "zero and negative zero differ",
        json!({"arguments": {"a": [0.0, -0.0, 0.1, 1e300, 5e-324]}}),
    );
    let mut deep = json!(1);
    for _ in 0..63 {
        deep = json!([deep]);
    }
    add("deep", "64 deep is not too deep", json!({"arguments": {"a": deep}}));
}
