//! The JSON Schema of the format, for editors.

use permitgate::Reason;
use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a policy file, with a description of every key.
///
/// Editors complete and check files by it as they are written. It says what a file may look like; what it
/// means is checked when it loads.
///
/// ```
/// let schema = permitgate_files::schema();
/// assert_eq!(schema["$defs"]["statement"]["required"], serde_json::json!(["id", "effect", "operations"]));
/// ```
pub fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(include_str!("schema.json")).unwrap_or_default();
    // The core's list, so that no reason can be missing here.
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    if let Some(reason) = schema.pointer_mut("/$defs/test/properties/reason/enum") {
        *reason = json!(reasons);
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use permitgate::Statement;
    use permitgate::authority::{Budget, Requirement};
    use permitgate::flow::LabelRule;
    use permitgate::manifest::ToolSpec;

    use super::*;
    use crate::format::order;
    use crate::load::labels::LabelsData;
    use crate::load::tests::TestData;
    use crate::load::{approval, directory, document};
    use crate::tree::read::ReadError;
    use crate::tree::{Node, json};

    fn properties(table: &str) -> BTreeSet<String> {
        let schema = schema();
        let table = match table {
            "" => &schema,
            table => &schema["$defs"][table],
        };
        assert!(table["additionalProperties"] == false, "other keys are refused");
        table["properties"].as_object().unwrap().keys().cloned().collect()
    }

    /// The keys that a type takes at the place of the key `no such key`.
    fn taken<'de, T: serde::Deserialize<'de>>(tree: &'de Node) -> &'static [&'static str] {
        let error: ReadError = T::deserialize(tree).map(|_| ()).unwrap_err();
        error.known_keys().unwrap_or_else(|| panic!("{error}"))
    }

    #[track_caller]
    fn assert_takes<T: for<'de> serde::Deserialize<'de>>(table: &str, text: &str, order: &[&str]) {
        let tree = json::parse(0, text).unwrap();
        let taken: BTreeSet<String> =
            taken::<T>(&tree).iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(properties(table), taken, "{table}");
        let order: BTreeSet<String> = order.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(order, taken, "the canonical order of {table}");
    }

    #[test]
    fn the_schema_names_the_keys_that_are_taken() {
        assert_takes::<Statement>("statement", r#"{"no such key": 1}"#, order::STATEMENT);
        assert_takes::<Statement>("guardrail", r#"{"no such key": 1}"#, order::STATEMENT);
        assert_takes::<Requirement>("approvers", r#"{"no such key": 1}"#, approval::KEYS);
        let condition = r#"{"when": [{"no such key": 1}]}"#;
        assert_takes::<Statement>("condition", condition, order::CONDITION);
        assert_takes::<Budget>("budget", r#"{"no such key": 1}"#, order::BUDGET);
        assert_takes::<LabelsData>("labels", r#"{"no such key": 1}"#, order::LABELS);
        let unlabelled = r#"{"unlabelled": {"no such key": 1}}"#;
        assert_takes::<LabelsData>("unlabelled", unlabelled, order::UNLABELLED);
        assert_takes::<LabelRule>("label", r#"{"no such key": 1}"#, order::LABEL);
        assert_takes::<ToolSpec>("tool", r#"{"no such key": 1}"#, order::TOOL);
        let argument = r#"{"args": {"a": {"no such key": 1}}}"#;
        assert_takes::<ToolSpec>("argument_table", argument, order::ARGUMENT);
        assert_takes::<ToolSpec>("effect", r#"{"effect": [{"no such key": 1}]}"#, order::EFFECT);
        let audience = r#"{"effect": [{"audience": {"no such key": 1}}]}"#;
        assert_takes::<ToolSpec>("audience_table", audience, order::AUDIENCE);
        assert_takes::<ToolSpec>("result", r#"{"result": {"no such key": 1}}"#, order::RESULT);
        assert_takes::<TestData>("test", r#"{"no such key": 1}"#, order::TEST);
        assert_takes::<TestData>("call", r#"{"call": {"no such key": 1}}"#, order::CALL);
        assert_takes::<TestData>("action", r#"{"action": {"no such key": 1}}"#, order::ACTION);
        let same = |table: &str, keys: &[&str]| {
            let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(properties(table), keys, "{table}");
        };
        same("", document::TOP);
        same("directory", directory::KEYS);
        same("principal", directory::PRINCIPAL_KEYS);
        same("channel", directory::CHANNEL_KEYS);
        same("own", directory::OWN_KEYS);
    }

    #[test]
    fn everything_in_the_schema_is_described() {
        fn look(value: &Value, path: &str, wrong: &mut Vec<String>) {
            let Some(object) = value.as_object() else { return };
            for (key, value) in object {
                let path = format!("{path}/{key}");
                if key == "properties" {
                    for (name, property) in value.as_object().unwrap() {
                        let described = property.get("description").is_some_and(|text| text != "");
                        if !described && property.get("$ref").is_none() {
                            wrong.push(format!("{path}/{name}"));
                        }
                    }
                }
                look(value, &path, wrong);
            }
        }
        let mut wrong = Vec::new();
        look(&schema(), "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(
            schema()["$defs"]["test"]["properties"]["reason"]["enum"].as_array().unwrap().len(),
            Reason::ALL.len()
        );
    }
}
