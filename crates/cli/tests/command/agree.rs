//! The same cases by `[[test]]`, `decide`, `explain` and `test --cases`: what one answers, all answer.

use serde_json::{Map, Value as Json, json};

use super::{Folder, run, run_with};

const POLICY: &str = include_str!("../data/origins.toml");
const CASES: &str = include_str!("../data/origins.jsonl");
const WHO: [&str; 4] = ["--invoker", "dana@example.com", "--agent", "a"];

fn cases() -> Vec<Map<String, Json>> {
    CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn taken(case: &Map<String, Json>, keys: &[&str]) -> Map<String, Json> {
    let there = |key: &&str| Some(((*key).to_owned(), case.get(*key)?.clone()));
    keys.iter().filter_map(there).collect()
}

#[test]
fn cases_of_a_file_pass() {
    let folder = Folder::new();
    let (policy, cases) = (folder.file("p.toml", POLICY), folder.file("c.jsonl", CASES));
    let mut args = vec!["test", &policy, "--cases", &cases];
    args.extend(WHO);
    let ran = run(&args);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn tests_in_the_policy_pass() {
    let folder = Folder::new();
    folder.file("p.toml", POLICY);
    let test = |case: &Map<String, Json>| {
        let mut test = taken(case, &["name", "user_says", "facts", "expect"]);
        // A file has no call without arguments of its own to say.
        let mut reads = case.get("reads").cloned().unwrap_or_else(|| json!([]));
        for read in reads.as_array_mut().unwrap() {
            read.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        test.insert("reads".into(), reads);
        test.insert("call".into(), Json::Object(taken(case, &["tool", "arguments"])));
        test.insert("invoker".into(), json!("dana@example.com"));
        test.insert("agent".into(), json!("a"));
        Json::Object(test)
    };
    let tests: Vec<Json> = cases().iter().map(test).collect();
    let whole = json!({"include": ["p.toml"], "test": tests});
    let policy = folder.file("tests.json", &whole.to_string());
    let ran = run(&["test", &policy]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(&format!("{} ", tests.len())), "{}", ran.out);
}

#[test]
fn lines_of_decide_answer_the_same() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let mut lines = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let session = json!(number.to_string());
        // What the request gives comes before what is read.
        let mut first = taken(case, &["user_says", "facts"]);
        for read in case.get("reads").and_then(Json::as_array).into_iter().flatten() {
            let mut line = read.as_object().unwrap().clone();
            line.append(&mut std::mem::take(&mut first));
            line.insert("session".into(), session.clone());
            line.insert("begin".into(), json!(true));
            lines.push(Json::Object(line).to_string());
        }
        let mut line = taken(case, &["tool", "arguments"]);
        line.append(&mut first);
        line.insert("id".into(), case["name"].clone());
        line.insert("session".into(), session);
        lines.push(Json::Object(line).to_string());
    }
    let mut args = vec!["decide", "-p", &policy];
    args.extend(WHO);
    let ran = run_with(&args, lines.join("\n"));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let answers = ran.lines();
    for case in cases() {
        let answer = answers.iter().find(|answer| answer["id"] == case["name"]).unwrap();
        assert_eq!(answer["decision"], case["expect"], "{answer}");
    }
}

#[test]
fn explain_tells_the_same() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let mut args = vec!["explain", "-p", &policy, "--json"];
    args.extend(WHO);
    for case in cases() {
        let line = taken(&case, &["user_says", "facts", "reads", "tool", "arguments"]);
        let ran = run_with(&args, Json::Object(line).to_string());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(ran.lines()[0]["decision"], case["expect"], "{}: {}", case["name"], ran.out);
    }
}

/// Literals of an amount, and what they come to where at most 2^53 is paid; without an answer, they are refused.
const NUMBERS: [(&str, Option<&str>); 19] = [
    ("9007199254740992", Some("allow")),
    ("9007199254740992.0", Some("allow")),
    ("9007199254740993", Some("deny")),
    ("9007199254740993.0", None),
    ("9007199254740993e0", None),
    ("900719925474099.3e1", None),
    ("9007199254740994.0", Some("deny")),
    ("9007199254740992.5", None),
    ("1E3", Some("allow")),
    ("1e400", None),
    ("1e20", None),
    ("0.1", Some("allow")),
    ("0.10000000000000001", None),
    ("0.1000000000000000055511151231257827", None),
    ("-0", Some("allow")),
    ("-0.0", Some("allow")),
    ("5e-324", Some("allow")),
    ("1e-400", None),
    ("18446744073709551616.0", None),
];

const PAY: &str = r#"
[[statement]]
id = "pay"
effect = "permit"
operations = "create"
resources = ["bank/{invoker}"]
when = [{ argument = "cents", at_least = 0, at_most = 9_007_199_254_740_992 }]
"#;

fn action(number: &str) -> String {
    format!(
        r#"{{"operation": "create", "tool": "pay", "resource": "bank/dana@example.com", "arguments": {{"cents": {number}}}}}"#
    )
}

#[test]
fn a_number_is_exact_or_an_error_everywhere() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", PAY);
    for (number, answer) in NUMBERS {
        let line = format!("{{\"action\": {}}}", action(number));
        let under = |command: &'static str| [vec![command, "-p", &policy], WHO.to_vec()].concat();
        let ran = run_with(&under("decide"), line.as_str());
        assert_eq!(ran.lines()[0]["decision"].as_str(), answer, "{number}: {}", ran.out);
        let mut args = under("explain");
        args.push("--json");
        let ran = run_with(&args, line.as_str());
        assert_eq!(ran.code, if answer.is_some() { 0 } else { 2 }, "{number}: {}", ran.err);
        let explained = ran.lines().first().map(|line| line["decision"].clone());
        assert_eq!(explained.as_ref().and_then(Json::as_str), answer, "{number}");
        let expect = answer.unwrap_or("allow");
        let case = format!("{{\"expect\": \"{expect}\", \"action\": {}}}", action(number));
        let cases = folder.file("c.jsonl", &case);
        let ran = run(&[vec!["test", &policy, "--cases", &cases], WHO.to_vec()].concat());
        assert_eq!(ran.code, if answer.is_some() { 0 } else { 1 }, "{number}: {}", ran.out);
        let who = "name = \"t\"\ninvoker = \"dana@example.com\"\nagent = \"a\"";
        let toml = format!(
            "{PAY}[[test]]\n{who}\nexpect = \"{expect}\"\naction = {{ operation = \"create\", tool = \"pay\", \
             resource = \"bank/dana@example.com\", arguments = {{ cents = {number} }} }}\n"
        );
        let json = format!(
            r#"{{"include": ["p.toml"], "test": [{{"name": "t", "invoker": "dana@example.com", "agent": "a", "expect": "{expect}", "action": {}}}]}}"#,
            action(number)
        );
        for (name, text) in [("t.toml", toml), ("t.json", json)] {
            let file = folder.file(name, &text);
            let ran = run(&["check", &file]);
            assert_eq!(
                ran.code,
                if answer.is_some() { 0 } else { 2 },
                "{name} {number}: {}",
                ran.err
            );
        }
    }
}
