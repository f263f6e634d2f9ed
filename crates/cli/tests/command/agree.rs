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
fn lines_of_decide_answer_the_same_in_one_run() {
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
    let alone: Vec<(Map<String, Json>, Json)> =
        cases().into_iter().map(|case| (case.clone(), explained(&policy, &case))).collect();
    for threads in ["1", "2", "4"] {
        let mut args = vec!["decide", "-p", &policy, "--threads", threads];
        args.extend(WHO);
        let ran = run_with(&args, lines.join("\n"));
        assert_eq!(ran.code, 0, "{}", ran.out);
        let answers = ran.lines();
        for (case, told) in &alone {
            let answer = answers.iter().find(|answer| answer["id"] == case["name"]).unwrap();
            assert_eq!(answer["decision"], case["expect"], "{answer}");
            assert_same(answer, told, &case["name"].to_string());
        }
    }
}

/// Two tools of two effects each, several statements that permit alike, and names that can be taken for each other.
const ALIKE: &str = r#"
[directory]
principals = ["lee@example.com", "lee@example.com.au", "sam@p.example"]
[directory.groups]
good = ["lee@example.com"]
mixed = ["lee@example.com", "sam@p.example"]
other = ["sam@p.example"]
[[tool]]
name = "two_mails"
args.first = "text"
args.second = "text"
[[tool.effect]]
operation = "create"
resource = "mail/one"
audience = { recipients = ["first"] }
[[tool.effect]]
operation = "create"
resource = "mail/two"
audience = { recipients = ["second"] }
[[tool]]
name = "two_groups"
args.first = "text"
args.second = "text"
[[tool.effect]]
operation = "create"
resource = "group/one"
audience = { group = "first" }
[[tool.effect]]
operation = "create"
resource = "group/two"
audience = { group = "second" }
[[tool]]
name = "look"
args.at = "text"
effect = [{ operation = "read", resource = "docs/{args.at}" }]
[[tool]]
name = "store"
args.at = "text"
effect = [{ operation = "create", resource = "docs/{args.at}" }]
[[statement]]
id = "mail-one"
effect = "permit"
operations = "create"
resources = ["mail/one"]
readers = ["principal:lee@example.com.au"]
[[statement]]
id = "mail-two"
effect = "permit"
operations = "create"
resources = ["mail/two"]
readers = ["principal:dana@example.com"]
[[statement]]
id = "groups"
effect = "permit"
operations = "create"
resources = ["group/*"]
readers = ["group:good"]
[[statement]]
id = "look-a"
effect = "permit"
operations = "read"
resources = ["docs/a"]
[[statement]]
id = "look-b"
effect = "permit"
operations = "read"
resources = ["docs/b"]
[[statement]]
id = "no-c"
effect = "forbid"
operations = ["read", "create"]
resources = ["docs/c"]
[[statement]]
id = "no-d"
effect = "forbid"
operations = ["read", "create"]
resources = ["docs/d"]
[[statement]]
id = "ask-a"
effect = "require_approval"
operations = "create"
resources = ["docs/a"]
[[statement]]
id = "ask-b"
effect = "require_approval"
operations = "create"
resources = ["docs/b"]
"#;

/// A call of two arguments, and who of it was too much: the name, or the member and the group.
const WHO_OF_TWO: [(&str, &str, &str, [Option<&str>; 2]); 9] = [
    ("two_mails", "lee@example.com", "lee@example.com", [Some("lee@example.com"), None]),
    // One name begins like the other.
    ("two_mails", "lee@example.com.au", "lee@example.com", [Some("lee@example.com"), None]),
    ("two_mails", "lee@example.com.au", "lee@example.co", [Some("lee@example.co"), None]),
    ("two_mails", "sam@p.example", "lee@example.com", [Some("sam@p.example"), None]),
    ("two_groups", "good", "mixed", [Some("sam@p.example"), Some("mixed")]),
    ("two_groups", "mixed", "good", [Some("sam@p.example"), Some("mixed")]),
    ("two_groups", "mixed", "other", [Some("sam@p.example"), Some("mixed")]),
    ("two_groups", "other", "mixed", [Some("sam@p.example"), Some("other")]),
    ("two_groups", "good", "nobody", [Some("nobody"), None]),
];

#[test]
fn who_was_too_much_is_of_the_action_that_decides() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", ALIKE);
    // What fits into no decision is completed by the call.
    let long = format!("lee@{}.example", "a".repeat(60));
    let longer = format!("{long}.au");
    let mut cases = WHO_OF_TWO.to_vec();
    cases.push(("two_mails", "lee@example.com.au", &long, [Some(&long), None]));
    cases.push(("two_mails", &longer, &long, [Some(&longer), None]));
    let lines = cases.iter().map(|(tool, first, second, _)| {
        json!({"tool": tool, "arguments": {"first": first, "second": second}}).to_string()
    });
    let lines: Vec<String> = lines.collect();
    let ran = run_with(&[vec!["decide", "-p", &policy], WHO.to_vec()].concat(), lines.join("\n"));
    let answers = ran.lines();
    assert_eq!(answers.len(), cases.len());
    for ((tool, first, second, [name, member_of]), answer) in cases.iter().zip(&answers) {
        let found = (answer["who"]["name"].as_str(), answer["who"]["member_of"].as_str());
        assert_eq!(found, (*name, *member_of), "{tool} {first} {second}: {answer}");
    }
}

#[test]
fn explain_quotes_the_names_of_an_audience() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", ALIKE);
    let explain = |tool: &str, first: &str| {
        let arguments = json!({"first": first, "second": first}).to_string();
        let call = ["--tool", tool, "--arguments", &arguments];
        run(&[&["explain", "-p", &policy][..], &WHO[..], &call].concat()).out
    };
    let told = explain("two_mails", "the-public");
    assert!(told.contains("seen by recipients \"the-public\""), "{told}");
    let told = explain("two_groups", "mixed");
    assert!(told.contains("seen by group \"mixed\""), "{told}");
}

/// What a line of `decide` says must be what `explain` says of the same call alone, whatever stands on the lines before it.
#[test]
fn every_line_of_one_run_says_the_same_as_explain() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", ALIKE);
    let call = |tool: &str, arguments: Json| json!({"tool": tool, "arguments": arguments});
    let two = WHO_OF_TWO.iter();
    let two =
        two.map(|(tool, first, second, _)| call(tool, json!({"first": first, "second": second})));
    let mut calls: Vec<Json> = two.collect();
    for tool in ["look", "store"] {
        calls.extend(["a", "b", "c", "d", "e"].map(|at| call(tool, json!({"at": at}))));
    }
    calls.extend([
        call("look", json!({})),
        call("look", json!({"at": 1})),
        call("look", json!({"at": "a", "of": 1})),
        call("lok", json!({})),
        call("fly", json!({})),
        call("stores", json!({})),
    ]);
    let explain = [vec!["explain", "-p", &policy, "--json"], WHO.to_vec()].concat();
    let alone: Vec<Json> = calls
        .iter()
        .map(|call| run_with(&explain, call.to_string()).lines().swap_remove(0))
        .collect();
    for (call, told) in calls.iter().zip(&alone) {
        assert!(told["decision"].is_string() && told["explain"].is_string(), "{call}: {told}");
    }
    // Once forwards and once backwards, so that each stands behind each, and enough for several threads.
    let order: Vec<usize> =
        (0..calls.len()).chain((0..calls.len()).rev()).cycle().take(2000).collect();
    let lines: Vec<String> =
        order.iter().filter_map(|at| Some(calls.get(*at)?.to_string())).collect();
    for threads in ["1", "2", "4"] {
        let args = [vec!["decide", "-p", &policy, "--threads", threads], WHO.to_vec()].concat();
        let ran = run_with(&args, lines.join("\n"));
        let answers = ran.lines();
        assert_eq!(answers.len(), order.len(), "{}", ran.err);
        for (at, answer) in order.iter().zip(&answers) {
            assert_same(answer, &alone[*at], &format!("{} of {threads} threads", calls[*at]));
        }
    }
}

/// Everything that a decision says.
const SAID: [&str; 7] = ["decision", "reason", "statement", "layer", "explain", "fault", "who"];

fn assert_same(answer: &Json, told: &Json, of: &str) {
    for key in SAID {
        assert_eq!(answer[key], told[key], "{key} of {of}: {answer} {told}");
    }
}

#[test]
fn explain_tells_the_same() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    for case in cases() {
        let told = explained(&policy, &case);
        assert_eq!(told["decision"], case["expect"], "{}: {told}", case["name"]);
    }
}

/// What `explain` says of a case, with nothing before it but what it has read.
fn explained(policy: &str, case: &Map<String, Json>) -> Json {
    let mut args = vec!["explain", "-p", policy, "--json"];
    args.extend(WHO);
    let line = taken(case, &["user_says", "facts", "reads", "tool", "arguments"]);
    let ran = run_with(&args, Json::Object(line).to_string());
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.lines().swap_remove(0)
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
