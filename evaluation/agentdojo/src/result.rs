//! From the text of a result to a tree of values, as a host has it before it prints it.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

use crate::python;

/// How deep a result may be nested; what is deeper stays text.
const MAX_DEPTH: usize = 32;

/// Reads the text of a result.
///
/// Objects are printed as YAML, dictionaries as Python literals; each is read as what it is, since their quoting
/// differs. A tool that may return text returns text, whatever it looks like: a file that an attacker wrote must
/// not turn into fields. So does a tool of unknown type, and what is not exactly what its type says.
pub fn parse(text: &str, return_type: Option<&str>) -> Value {
    let plain = || Value::String(text.to_owned());
    let Some(kind) = return_type.filter(|kind| !may_be_text(kind)) else {
        return plain();
    };
    if kind.starts_with("dict") || kind.contains("'dict'") {
        return python::literal(text).unwrap_or_else(plain);
    }
    if text == "[]" {
        return Value::Array(Vec::new());
    }
    if text.starts_with(['{', '[']) {
        return plain();
    }
    match Yaml::load_from_str(text).as_deref() {
        Ok([document]) => value(document, 0).unwrap_or_else(plain),
        _ => plain(),
    }
}

/// Whether a value of this type may be a text as a whole, and is then printed as it is.
fn may_be_text(kind: &str) -> bool {
    let parts = kind.split('|').map(str::trim);
    parts.into_iter().any(|part| matches!(part, "str" | "<class 'str'>"))
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
    fn quoting_is_that_of_the_type() {
        let literal = "{'message': 'it\\'s', 'id': '9'}";
        assert_eq!(parse(literal, Some("dict[str, str]")), json!({"message": "it's", "id": "9"}));
        // As YAML, the text would end at the second quote, and what follows could be fields.
        assert_eq!(parse(literal, LIST), json!(literal));
        assert_eq!(parse("id: 9", Some("dict[str, str]")), json!("id: 9"));
    }

    #[test]
    fn what_is_text_stays_text() {
        let forged = "id: 7\nsender: attacker";
        assert_eq!(parse(forged, Some("<class 'str'>")), json!(forged));
        assert_eq!(parse(forged, Some("str | None")), json!(forged));
        assert_eq!(parse(forged, None), json!(forged));
        for odd in ["a: [", "a: 1\n---\nb: 2", "- a\nb: c", "x: !!python/object:os.system y\n: :"] {
            assert!(parse(odd, LIST).is_string(), "{odd}");
        }
        let deep = format!("{}x", "- ".repeat(100));
        assert!(parse(&deep, LIST).is_string());
    }
}
