//! The tree as JSON again.

use serde::{Serialize, Serializer};

use super::Json;

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i128(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Object(object) => {
                serializer.collect_map(object.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_again() {
        for text in [
            "null",
            r#"[true,-7,18446744073709551615,0.25,"a\"\n\u0001é"]"#,
            r#"{"b":{"x":[]},"a":{}}"#,
        ] {
            let json = Json::parse(text).unwrap();
            assert_eq!(serde_json::to_string(&json).unwrap(), text);
        }
    }
}
