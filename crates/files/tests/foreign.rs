//! The cases of `testdata/tables/foreign.json` through files: refused with place, and with what to write instead.

use permitgate_files::{Bundle, Code, Severity};
use serde_json::{Value as Json, json};

fn rows() -> Vec<Json> {
    serde_json::from_str(include_str!("../../../testdata/tables/foreign.json")).unwrap()
}

/// A policy of one statement or guardrail with `text` in its place.
fn policy(table: &str, place: &str, text: &str) -> Json {
    let effect = if table == "guardrail" { "forbid" } else { "permit" };
    let mut statement = json!({"id": "s", "effect": effect, "operations": "update"});
    if table == "statement" {
        statement["resources"] = json!(["**"]);
    }
    match place {
        "matches" => statement["when"] = json!([{"argument": "a", "matches": text}]),
        "readers" if table == "guardrail" => statement["beyond"] = json!([text]),
        place => statement[place] = json!([text]),
    }
    json!({table: [statement]})
}

#[test]
fn what_other_languages_mean_never_loads() {
    for row in rows() {
        let (place, text) = (row["in"].as_str().unwrap(), row["text"].as_str().unwrap());
        for table in ["statement", "guardrail"] {
            let json = serde_json::to_string_pretty(&policy(table, place, text)).unwrap();
            let error = Bundle::parse("policy.json", json.as_str()).unwrap_err();
            let finding = &error.findings()[0];
            assert_eq!(finding.severity(), Severity::Error, "{table} {place} {text}");
            assert!([Code::Policy, Code::BadValue].contains(&finding.code()), "{text}: {finding}");
            let line = json.lines().nth(finding.position().line - 1).unwrap();
            let written = serde_json::to_string(text).unwrap();
            assert!(line.contains(&written), "{text}: told at {line}");
            if let Some(hint) = row["hint"].as_str() {
                assert!(
                    finding.hint().is_some_and(|told| told.contains(hint)),
                    "{text}: {finding}"
                );
            }
        }
        // A label is a statement about resources as well.
        if place == "resources" {
            let label = json!({"label": [{"resources": [text], "integrity": "untrusted"}]});
            assert!(Bundle::parse("policy.json", label.to_string()).is_err(), "{text}");
        }
    }
}
