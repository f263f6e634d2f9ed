//! What is written in another language of patterns is refused, and what looks like it can be written as a literal:
//! the same cases by builder and as data, and for guardrails and tokens alike. The files run them as well.

use permitgate::model::Value;
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::token::{SigningKey, Token, TokenBlock};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    r#in: String,
    text: String,
    hint: Option<String>,
}

fn refused() -> Vec<Refused> {
    serde_json::from_str(include_str!("../testdata/tables/foreign.json")).unwrap()
}

/// A statement as data, with `text` in its place.
fn data(row: &Refused, effect: &str) -> Json {
    let mut statement = json!({"id": "s", "effect": effect, "operations": "update"});
    if effect == "permit" {
        statement["resources"] = json!(["**"]);
    }
    match row.r#in.as_str() {
        "matches" => statement["when"] = json!([{"argument": "a", "matches": row.text}]),
        "readers" if effect == "forbid" => statement["beyond"] = json!([row.text]),
        place => statement[place] = json!([row.text]),
    }
    statement
}

#[test]
fn other_languages_of_patterns_are_refused_wherever_a_statement_comes_from() {
    for row in refused() {
        let Refused { r#in: place, text, hint } = &row;
        let set = |effect| json!({"statements": [data(&row, effect)]});
        assert!(serde_json::from_value::<Policy>(set("permit")).is_err(), "{place} {text}");
        assert!(serde_json::from_value::<Policy>(set("forbid")).is_err(), "{place} {text}");
        assert!(serde_json::from_value::<Restrictions>(set("forbid")).is_err(), "{place} {text}");
        // Readers are refused as soon as they are read.
        let Ok(statement) = serde_json::from_value::<Statement>(data(&row, "forbid")) else {
            assert_eq!(place, "readers", "{text}");
            continue;
        };
        let error = Restrictions::new([statement.clone()]).unwrap_err();
        let field = if place == "matches" { "when[0].matches" } else { &format!("{place}[0]") };
        assert_eq!(error.field(), field, "{text}");
        let told = error.hint().unwrap_or_default();
        assert!(hint.as_deref().is_some_and(|hint| told.contains(hint)), "{text}: {told:?}");
        let statement = serde_json::from_value::<Statement>(data(&row, "permit")).unwrap();
        let block = TokenBlock::grant([statement]);
        let key = SigningKey::generate().unwrap();
        assert!(Token::mint(&key, block).is_err(), "{place} {text}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Literal {
    pattern: String,
    matches: Vec<String>,
    differs: Vec<String>,
}

#[test]
fn whatever_a_name_holds_can_be_written() {
    let rows: Vec<Literal> =
        serde_json::from_str(include_str!("../testdata/tables/literals.json")).unwrap();
    let gate = Gate::builder().sink(MemorySink::last(1)).build().unwrap();
    for Literal { pattern, matches, differs } in rows {
        let read = Statement::permit("p").operations(Operation::Read).resources([&*pattern]);
        let capability = Capability::root(Policy::new([read]).unwrap(), ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
        let allows = |path: &str| gate.decide(&Action::read("t", path), &scope).is_allow();
        assert!(matches.iter().all(|path| allows(path)), "{pattern}");
        assert!(!differs.iter().any(|path| allows(path)), "{pattern}");
    }
}

#[test]
fn an_escape_in_a_text_is_the_character_itself() {
    for (pattern, holds, differs) in [
        ("*%3Fq=*", "https://a/?q=1", "https://a/q=1"),
        ("100%25", "100%", "100"),
        ("%2A", "*", "x"),
        ("*@evil%2E*", "x@evil.com", "x@evilcom"),
        ("%5E/etc/*", "^/etc/a", "/etc/a"),
        ("%0Arm *", "\nrm a", "rm a"),
    ] {
        let forbid = Statement::forbid("f")
            .operations(Operation::Read)
            .when(Condition::matches("a", pattern));
        let all = Statement::permit("p").operations(Operation::Read).resources(["**"]);
        let policy = Policy::new([forbid, all]).unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
        let gate = Gate::builder().sink(MemorySink::last(1)).build().unwrap();
        let allows = |text: &str| {
            let arguments = [("a", Value::from(text))];
            gate.decide(&Action::read("t", "x").with(&arguments), &scope).is_allow()
        };
        assert!(!allows(holds), "{pattern} on {holds}");
        assert!(allows(differs), "{pattern} on {differs}");
    }
}

#[test]
fn an_empty_list_never_means_everything() {
    let base = json!({"id": "s", "effect": "forbid", "operations": "delete"});
    for key in ["operations", "tools", "resources", "beyond", "when"] {
        let mut statement = base.clone();
        statement[key] = json!([]);
        let set = json!({"statements": [statement]});
        assert!(serde_json::from_value::<Restrictions>(set.clone()).is_err(), "{key}");
        assert!(serde_json::from_value::<Policy>(set).is_err(), "{key}");
    }
    let empty: [&str; 0] = [];
    let forbid = || Statement::forbid("s").operations(Operation::Delete);
    assert_eq!(Restrictions::new([forbid().tools(empty)]).unwrap_err().field(), "tools");
    assert_eq!(Restrictions::new([forbid().resources(empty)]).unwrap_err().field(), "resources");
    let permit = Statement::permit("s").operations(Operation::Delete).resources(["**"]);
    assert_eq!(Policy::new([permit.clone().tools(empty)]).unwrap_err().field(), "tools");
    let one_of = Condition::one_of("a", empty);
    assert_eq!(Policy::new([permit.clone().when(one_of)]).unwrap_err().field(), "when[0].one_of");
    let key = SigningKey::generate().unwrap();
    assert!(Token::mint(&key, TokenBlock::grant([permit.tools(empty)])).is_err());
}
