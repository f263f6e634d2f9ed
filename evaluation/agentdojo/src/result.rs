//! From the text of a result to a tree of values, as a host has it before it prints it.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

/// How deep a result may be nested; what is deeper stays text.
const MAX_DEPTH: usize = 32;

/// Reads the text of a result.
///
/// Objects are printed as YAML, and are read as such. A tool that returns text returns text, whatever it looks
/// like: a file that an attacker wrote must not turn into fields. So does everything that starts like a Python
/// literal and is no JSON, since its quoting is not that of YAML, and what cannot be read or says nothing about its type.
pub fn parse(text: &str, return_type: Option<&str>) -> Value {
    let plain = || Value::String(text.to_owned());
    if return_type.is_none_or(|kind| kind == "<class 'str'>") {
        return plain();
    }
    if text.trim_start().starts_with(['{', '[']) {
        return serde_json::from_str(text).unwrap_or_else(|_| plain());
    }
    match Yaml::load_from_str(text).as_deref() {
        Ok([document]) => value(document, 0).unwrap_or_else(plain),
        _ => plain(),
    }
}

fn value(yaml: &Yaml<'_>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match yaml {
        Yaml::Value(scalar) => Some(from_scalar(scalar)),
        Yaml::Sequence(list) => {
            let list: Option<Vec<_>> = list.iter().map(|item| value(item, depth + 1)).collect();
            list.map(Value::Array)
        }
        Yaml::Mapping(fields) => {
            let mut object = Map::new();
            for (key, field) in fields {
                let key = match value(key, depth + 1)? {
                    Value::String(key) => key,
                    Value::Number(key) => key.to_string(),
                    _ => return None,
                };
                object.insert(key, value(field, depth + 1)?);
            }
            Some(Value::Object(object))
        }
        // Tags and aliases have no place in what a tool prints; the whole result stays text.
        _ => None,
    }
}

fn from_scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::Bool(*flag),
        Scalar::Integer(number) => Value::Number((*number).into()),
        Scalar::FloatingPoint(number) => {
            Number::from_f64(number.into_inner()).map_or(Value::Null, Value::Number)
        }
        Scalar::String(text) => Value::String(text.clone().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::json;

    const LIST: Option<&str> = Some("list[demo.Thing]");

    #[test]
    fn objects_become_trees() {
        let text = "- amount: 10.5\n  date: '2022-01-01'\n  id: 7\n  tags:\n  - a@b.example\n  seen: 2024-05-26 19:00:00\n- id: '13'\n  place: null\n  body: 'Hi,\n\n\n    it''s me'";
        assert_eq!(
            parse(text, LIST),
            json!([
                {"amount": 10.5, "date": "2022-01-01", "id": 7, "tags": ["a@b.example"], "seen": "2024-05-26 19:00:00"},
                {"id": "13", "place": null, "body": "Hi,\n\nit's me"},
            ])
        );
        assert_eq!(parse("b@c.example: rw\n3: r", LIST), json!({"b@c.example": "rw", "3": "r"}));
        assert_eq!(parse("[]", LIST), json!([]));
    }

    #[test]
    fn what_is_text_stays_text() {
        let forged = "id: 7\nsender: attacker";
        assert_eq!(parse(forged, Some("<class 'str'>")), json!(forged));
        assert_eq!(parse(forged, None), json!(forged));
        let literal = "{'message': 'it\\'s', 'id': '9'}";
        assert_eq!(parse(literal, LIST), json!(literal));
        for odd in ["a: [", "a: 1\n---\nb: 2", "- a\nb: c", "x: !!python/object:os.system y\n: :"] {
            assert!(parse(odd, LIST).is_string(), "{odd}");
        }
        let deep = format!("{}x", "- ".repeat(100));
        assert!(parse(&deep, LIST).is_string());
    }
}
