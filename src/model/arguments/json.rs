//! JSON values as argument views, without serializing and without allocating.

use serde_json::{Map, Number, Value as Json};

use super::{Arguments, List, Value};

/// A JSON object is a view of its members; null is a view without fields, and any other JSON value is none of an
/// object: no test can tell what it holds.
impl Arguments for Json {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.as_object().and_then(|members| Arguments::get(members, name))
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        if let Some(members) = self.as_object() {
            Arguments::visit(members, visitor);
        }
    }
    fn is_object(&self) -> bool {
        // Null is an object that nobody filled in.
        matches!(self, Json::Object(_) | Json::Null)
    }
}

impl Arguments for Map<String, Json> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Map::get(self, name).map(view)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        for (name, value) in self {
            visitor(name, view(value));
        }
    }
}

impl List for Vec<Json> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.as_slice().get(index).map(view)
    }
}

/// Any JSON value as it stands within arguments, such as a tool's result.
impl<'j> From<&'j Json> for Value<'j> {
    fn from(value: &'j Json) -> Self {
        view(value)
    }
}

fn view(value: &Json) -> Value<'_> {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number_of(number),
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(values),
        Json::Object(members) => Value::Object(members),
    }
}

fn number_of(number: &Number) -> Value<'static> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(value), _, _) => Value::from(value),
        (_, Some(value), _) => Value::from(value),
        // A number that fits nothing is not finite here, and so cannot be compared.
        (_, _, value) => Value::Float(value.unwrap_or(f64::NAN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_fields_are_read_in_place() {
        let json = json!({"mail": {"to": ["a", "b"], "size": 12, "big": u64::MAX, "part": 0.5}});
        let Some(Value::Object(mail)) = Arguments::get(&json, "mail") else { panic!("an object") };
        assert!(matches!(mail.get("size"), Some(Value::Integer(12))));
        assert!(matches!(mail.get("big"), Some(Value::Integer(n)) if n == i128::from(u64::MAX)));
        assert!(matches!(mail.get("part"), Some(Value::Float(n)) if n == 0.5));
        let Some(Value::List(to)) = mail.get("to") else { panic!("a list") };
        assert!(matches!(to.at(1), Some(Value::Text("b"))));
        assert!(to.at(2).is_none());
        assert!(Arguments::get(&json!([1]), "0").is_none());
    }
}
