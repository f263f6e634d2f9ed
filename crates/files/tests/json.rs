//! Strict JSON against `serde_json`'s own tree: what we read, it reads the same; what only it reads has a
//! fault that we name.

use permitgate_files::json::{Json, Limits};
use proptest::prelude::*;
use serde_json::Value;

/// Faults of texts that `serde_json` takes.
const STRICTER: &[&str] = &[
    "stands twice in one object",
    "too large to be kept exactly",
    "more digits than can be kept exactly",
    "is longer than",
    "nested too deeply",
];

fn same(ours: &Json<'_>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(one), Value::Bool(other)) => one == other,
        (Json::Integer(one), Value::Number(other)) if other.is_f64() => {
            other.as_f64().map(|other| other as i128) == Some(*one)
        }
        (Json::Integer(one), Value::Number(other)) => other.to_string() == one.to_string(),
        (Json::Float(one), Value::Number(other)) => {
            other.is_f64() && other.as_f64().map(f64::to_bits) == Some(one.to_bits())
        }
        (Json::Text(one), Value::String(other)) => one == other,
        (Json::List(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Value::Object(other)) => {
            let found = |(key, value): (&String, &Value)| {
                one.get(key).is_some_and(|ours| same(ours, value))
            };
            one.len() == other.len() && other.iter().all(found)
        }
        _ => false,
    }
}

/// Texts that are JSON, nearly JSON, or hold keys twice.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i128>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| format!("{value:e}")),
        "\\PC{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\u0061\n\ud83d\ude00""#.to_owned()),
    ];
    let nested = leaf.prop_recursive(5, 64, 24, |inner| {
        let key = prop_oneof!["\"[a-e]\"", Just("\"\\u0061\"".to_owned()), "\"[a-z]{2}\""];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((key, inner), 0..24).prop_map(|all| {
                let all: Vec<_> =
                    all.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", all.join(" ,"))
            }),
        ]
    });
    // One character more, or one less, somewhere.
    (nested, any::<prop::sample::Index>(), prop::option::of("[\\[\\]{},:\"0-9e.\\\\-]"), 0..4)
        .prop_map(|(text, place, extra, change)| {
            let mut characters: Vec<char> = text.chars().collect();
            let place = place.index(characters.len() + 1);
            match (change, extra) {
                (1, Some(extra)) => characters.splice(place..place, extra.chars()).for_each(drop),
                (2, _) if place < characters.len() => _ = characters.remove(place),
                _ => {}
            }
            characters.into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_read_means_the_same_to_both(text in texts()) {
        match (Json::parse(&text), serde_json::from_str::<Value>(&text)) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert!(same(&ours, &theirs), "{text}");
                let written = serde_json::to_string(&ours).unwrap();
                prop_assert_eq!(Json::parse(&written).unwrap(), ours);
            }
            (Ok(_), Err(error)) => prop_assert!(false, "only ours reads {text}: {error}"),
            (Err(error), Ok(_)) => {
                prop_assert!(STRICTER.iter().any(|fault| error.what().contains(fault)), "{text}: {error}");
            }
            (Err(error), Err(theirs)) => {
                prop_assert!(error.column() >= 1 && error.line() == theirs.line().max(1));
            }
        }
    }

    #[test]
    fn any_bytes_give_a_value_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Json::parse_bytes(&bytes, Limits::default()) {
            prop_assert!(error.column() <= bytes.len() + 1, "{error}");
        }
    }
}
