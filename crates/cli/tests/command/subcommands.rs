//! Every other subcommand, with every exit code that it has.

use permitgate::time::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{Folder, POLICY, command, run, run_with, send};

/// A list of tools as a server gives it.
const TOOLS: &str = r#"{"tools": [
    {"name": "read_email", "description": "Reads a mail.", "inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}, "annotations": {"readOnlyHint": false}},
    {"name": "delete_email", "description": "Deletes a mail.", "inputSchema": {"type": "object"}}
]}"#;

#[test]
fn help_and_version_are_answers() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["decide", "--help"],
        &["explain", "--help"],
        &["test", "--help"],
        &["diff", "--help"],
        &["fmt", "--help"],
        &["plan", "--help"],
        &["schema", "--help"],
        &["manifest", "--help"],
        &["manifest", "draft", "--help"],
        &["manifest", "check", "--help"],
        &["manifest", "approve", "--help"],
        &["token", "--help"],
        &["token", "keygen", "--help"],
        &["token", "public", "--help"],
        &["token", "mint", "--help"],
        &["token", "attenuate", "--help"],
        &["token", "seal", "--help"],
        &["token", "inspect", "--help"],
        &["token", "verify", "--help"],
        &["token", "revoke", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(!ran.out.contains('\u{1b}'), "{args:?}");
        let example =
            args.len() < 2 || args == ["manifest", "--help"] || ran.out.contains("Example");
        assert!(example, "{args:?} shows no example");
    }
    for args in [&[][..], &["manifest"], &["token"]] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains("Usage: "), "{}", ran.err);
    }
    for args in
        [&["decode"][..], &["check"], &["fmt"], &["diff", "a.toml"], &["completions", "dos"]]
    {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.starts_with("permitgate: error: "), "{args:?}: {}", ran.err);
    }
}

#[test]
fn check_tells_faults_with_their_places() {
    let folder = Folder::new();
    let good = folder.file("good.toml", POLICY);
    let ran = run(&["check", &good]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, format!("{good}: ok (3 statements, 0 guardrails, 1 test)\n"));

    let bad = folder.file("bad.toml", "[[statement]]\nid = \"x\"\nefect = \"permit\"\n");
    let ran = run(&["check", &good, &bad]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(&format!("permitgate: error: {bad}:3:1: ")), "{}", ran.err);
    assert!(ran.err.contains("hint: did you mean `effect`?"), "{}", ran.err);
    let ran = run(&["check", "--json", &good, &bad]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    let rows = ran.lines();
    assert_eq!((&rows[0]["valid"], &rows[0]["statements"]), (&json!(true), &json!(3)));
    assert_eq!(rows[1]["valid"], false);
    let finding = &rows[1]["findings"][0];
    assert_eq!((&finding["line"], &finding["column"]), (&json!(3), &json!(1)));
    assert_eq!(finding["code"], "unknown-key");

    let failing =
        folder.file("failing.toml", &POLICY.replace("expect = \"allow\"", "expect = \"deny\""));
    let ran = run(&["check", &failing]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("mail goes to colleagues"), "{}", ran.err);
}

#[test]
fn check_can_deny_warnings() {
    let folder = Folder::new();
    let doubtful = folder.file(
        "doubtful.toml",
        &POLICY.replace(
            "operations = \"delete\"",
            "operations = \"delete\"\ntools = [\"no_such_tool\"]",
        ),
    );
    let ran = run(&["check", &doubtful]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains(": warning: "), "{}", ran.err);
    let ran = run(&["check", "--deny-warnings", "--json", &doubtful]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.lines()[0]["valid"], true);
    let good = folder.file("good.toml", POLICY);
    assert_eq!(run(&["check", "--deny-warnings", &good]).code, 0);
}

#[test]
fn explain_shows_every_statement() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let flags = ["explain", "-p", &policy, "--invoker", "dana@example.com", "--agent", "triage"];
    let with = |more: &[&'static str]| [&flags[..], more].concat();
    let ran = run(&with(&["--tool", "send_email", "--arguments", r#"{"to":["eve@x.example"]}"#]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("deny (audience-too-wide): "), "{}", ran.out);
    for id in ["send-inside", "delete-own", "read-own"] {
        assert!(ran.out.contains(&format!("`{id}`: ")), "{}", ran.out);
    }
    let ran = run_with(&with(&["--json"]), send("lee@example.com"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let row = &ran.lines()[0];
    assert_eq!((&row["decision"], &row["reason"]), (&json!("allow"), &json!("permitted")));
    let statements = row["actions"][0]["layers"][0]["statements"].as_array().unwrap();
    let why: Vec<_> =
        statements.iter().map(|one| (&one["id"], &one["applies"], &one["why"])).collect();
    assert_eq!(why.len(), 3);
    assert!(why.contains(&(&json!("send-inside"), &json!(true), &json!("fits"))), "{why:?}");
    assert!(why.contains(&(&json!("delete-own"), &json!(false), &json!("operation"))), "{why:?}");
    let ran = run(&with(&["--tool", "read_email"]));
    assert!(ran.out.starts_with("deny (unmapped-call): "), "{}", ran.out);
    for (more, input) in [
        (&["--tool", "x", "--arguments", "[1]"][..], ""),
        (&["--tool", "x", "--arguments", "{"], ""),
        (&["--arguments", "{}"], ""),
        (&[], "oops"),
        (&[], ""),
    ] {
        let ran = run_with(&with(more), input);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{more:?}");
        assert!(ran.err.starts_with("permitgate: error: "), "{}", ran.err);
    }
    let ran = run(&with(&[]));
    assert!(ran.err.contains("name its tool with --tool"), "{}", ran.err);
    let ran = run(&with(&["--tool", "x", "--arguments", "{x: 1}"]));
    assert!(ran.err.contains("--arguments: column 2: "), "{}", ran.err);
    // Keys that are not known are answered with those that are.
    let ran = run_with(&with(&[]), r#"{"tool": "x", "argments": {}}"#);
    assert!(ran.err.contains("`argments` (known: tool, arguments, "), "{}", ran.err);
}

/// A call that reads salaries and writes to a forum: neither is denied alone, and the explanation is that of the call.
#[test]
fn explain_explains_a_call_as_one() {
    let folder = Folder::new();
    let policy = folder.file(
        "policy.toml",
        r#"
[labels]
unlabelled = { readers = "public", integrity = "trusted" }

[[label]]
resources = ["hr/**"]
readers = "invoker"

[[statement]]
id = "all"
effect = "permit"
operations = ["read", "create"]
resources = ["**"]
readers = "public"

[[tool]]
name = "copy"
result = { trusted = ["text"] }

[[tool.effect]]
operation = "read"
resource = "hr/salaries"

[[tool.effect]]
operation = "create"
resource = "forum/1"
audience = "public"
"#,
    );
    let flags = ["explain", "-p", &policy, "--invoker", "dana@example.com", "--agent", "triage"];
    let ran = run(&[&flags[..], &["--tool", "copy", "--json"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let row = &ran.lines()[0];
    assert_eq!(row["reason"], "beyond-readers");
    let [read, write] = row["actions"].as_array().unwrap().as_slice() else { panic!("{row}") };
    assert_eq!((&read["decision"], &read["flow"]), (&json!("allow"), &Value::Null));
    assert_eq!(read.get("beside"), None);
    assert_eq!((&write["decision"], &write["flow"]), (&json!("deny"), &json!("beyond-readers")));
    assert_eq!(write["beside"], "what not everybody may see");
    let ran = run(&[&flags[..], &["--tool", "copy"]].concat());
    let line = "\ndeny: create forum/1 by copy, seen by ";
    assert!(ran.out.contains(line) && ran.out.contains("\nallow: read hr/salaries"), "{}", ran.out);
    assert!(ran.out.contains("  the call reads beside it what not everybody"), "{}", ran.out);
}

#[test]
fn explain_answers_where_tests_fail_and_names_what_is_nearest() {
    let folder = Folder::new();
    let clock = r#"when = [{ clock = "UTC", days = "mon-fri", from = "08:00", until = "18:00" }]"#;
    let policy = folder.file(
        "policy.toml",
        &format!(
            "[[statement]]\nid = \"docs\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"docs/**\"]\n{clock}\n\
             [[test]]\nname = \"now\"\naction = {{ operation = \"read\", tool = \"r\", resource = \"docs/a\" }}\n\
             invoker = \"d\"\nagent = \"a\"\nexpect = \"allow\"\n"
        ),
    );
    let line = r#"{"action":{"operation":"read","tool":"r","resource":"docs/a"},"invoker":"d","agent":"a"}"#;
    let at = |at| run_with(&["explain", "-p", &policy, "--at", at], line);
    let saturday = at("2026-11-28T12:00:00Z");
    assert_eq!(saturday.code, 0, "{}", saturday.err);
    assert!(
        saturday.err.ends_with("1 of 1 tests fail; `permitgate test` tells which\n"),
        "{}",
        saturday.err
    );
    let nearest = "nearest is permit `docs`: when[0] does not hold for the time: is mon, tue, wed, thu, fri from 08:00 until 18:00 in UTC";
    assert_eq!(saturday.out.lines().nth(1), Some(nearest), "{}", saturday.out);
    let friday = at("2026-11-27T12:00:00Z");
    assert!(!friday.out.contains("nearest"), "{}", friday.out);
    let json =
        run_with(&["explain", "--json", "-p", &policy, "--at", "2026-11-28T12:00:00Z"], line);
    assert_eq!(json.lines()[0]["nearest"]["id"], "docs");
    let test = run(&["test", &policy]);
    let told =
        format!("{}; it is 1970-01-01T00:00:00Z\n", nearest.trim_start_matches("nearest is "));
    assert!(test.out.contains(&told), "{}", test.out);
}

#[test]
fn a_case_is_decided_at_its_own_moment() {
    let folder = Folder::new();
    let policy = folder.file(
        "policy.toml",
        "[[statement]]\nid = \"docs\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"docs/**\"]\nwhen = [{ clock = \"UTC\", days = \"mon-fri\" }]\n",
    );
    let case = |more: &str| {
        format!(
            r#"{{{more}"action":{{"operation":"read","tool":"r","resource":"docs/a"}},"invoker":"d","agent":"a"}}"#
        )
    };
    let lines = [
        case(r#""at":"2026-11-28T12:00:00Z","expect":"deny","#),
        case(r#""at":"2026-11-27T23:30:00-01:00","expect":"deny","#),
        case(r#""at":"2026-11-27T12:00:00Z","expect":"allow","#),
        // The beginning of 1970, a Thursday; or what the flag says.
        case(r#""expect":"allow","#),
        case(r#""at":"noon","expect":"allow","#),
    ];
    let cases = folder.file("cases.jsonl", &lines.join("\n"));
    let ran = run(&["test", &policy, "--cases", &cases]);
    assert!(ran.out.ends_with("4 passed, 1 failed\n"), "{}", ran.out);
    assert!(ran.out.contains("`at`: `noon` is not an instant since 1970"), "{}", ran.out);
    let ran = run(&["test", &policy, "--cases", &cases, "--at", "2026-11-29T12:00:00Z"]);
    assert!(ran.out.ends_with("3 passed, 2 failed\n"), "{}", ran.out);
}

#[test]
fn test_runs_tables_and_cases() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let ran = run(&["test", &policy]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "1 passed, 0 failed\n", ""));

    let case = |call: String, more: &str| call.replacen('{', &format!("{{{more},"), 1);
    let lines = [
        case(
            send("lee@example.com"),
            r#""name":"inside","expect":"allow","statement":"send-inside""#,
        ),
        case(send("eve@x.example"), r#""name":"out & <away>","expect":"allow""#),
        case(send("eve@x.example"), r#""expect":"deny","reason":"not-permitted""#),
        case(
            send("lee@example.com"),
            r#""expect":"allow","reads":[{"tool":"read_email","arguments":{"id":1}}]"#,
        ),
        case(send("lee@example.com"), r#""expect":"allow","reads":[{"tool":"read_email"}]"#),
        r#"{"tool":"x","expect":"maybe"}"#.to_owned(),
        "oops".to_owned(),
    ];
    let cases = folder.file("cases.jsonl", &lines.join("\n"));
    let ran = run(&["test", &policy, "--cases", &cases]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.ends_with("3 passed, 5 failed\n"), "{}", ran.out);
    assert!(ran.out.contains(&format!("{cases}:2: failed under {policy}: out & <away>: expected allow, found deny (audience-too-wide)")), "{}", ran.out);

    let ran = run(&["test", "--json", &policy, "--cases", &cases]);
    assert_eq!(ran.code, 1);
    let rows = ran.lines();
    assert_eq!(rows.len(), 9);
    assert_eq!(rows[8], json!({"summary": {"passed": 3, "failed": 5}}));
    assert_eq!((&rows[1]["name"], &rows[1]["passed"]), (&json!("inside"), &json!(true)));
    assert_eq!((&rows[3]["name"], &rows[3]["line"]), (&json!("line 3"), &json!(3)));
    let failure = |row: &Value| row["failure"].as_str().unwrap().to_owned();
    assert!(
        failure(&rows[5]).starts_with("reads[0] cannot begin: deny (unmapped-call)"),
        "{}",
        rows[5]
    );
    assert_eq!(failure(&rows[6]), "`expect` is allow, hold or deny");
    assert_eq!(failure(&rows[7]), "column 1: expected value");

    let ran = run_with(&["test", &policy, "--cases", "-", "--format", "tap"], lines.join("\n"));
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("TAP version 14\nok 1 - "), "{}", ran.out);
    assert!(ran.out.contains("\nnot ok 3 - out & <away> (-:2)\n"), "{}", ran.out);
    assert!(ran.out.ends_with("1..8\n"), "{}", ran.out);

    let ran = run(&["test", &policy, "--cases", &cases, "--format", "junit"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("tests=\"8\" failures=\"5\""), "{}", ran.out);
    assert!(ran.out.contains("name=\"out &amp; &lt;away&gt;\""), "{}", ran.out);
    assert!(ran.out.ends_with("</testsuites>\n"), "{}", ran.out);

    let failing =
        folder.file("failing.toml", &POLICY.replace("expect = \"allow\"", "expect = \"deny\""));
    let ran = run(&["test", &failing]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("mail goes to colleagues"), "{}", ran.out);
    assert_eq!(run(&["test", "missing.toml"]).code, 2);
    assert_eq!(run(&["test", &policy, "--cases", "missing.jsonl"]).code, 2);
}

#[test]
fn diff_tells_what_changes() {
    let folder = Folder::new();
    let old = folder.file("old.toml", POLICY);
    let new = folder
        .file("new.toml", &POLICY.replace("effect = \"require_approval\"", "effect = \"forbid\""));
    let delete = r#"{"id":"d","tool":"delete_email","arguments":{"id":7},"invoker":"dana@example.com","agent":"triage"}"#;
    let lines = [send("lee@example.com").as_str(), delete, ""].join("\n");
    let calls = folder.file("calls.jsonl", &lines);
    let ran = run(&["diff", &old, &old, &calls]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "0 of 2 decisions change\n"));
    let ran = run(&["diff", &old, &new, &calls]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(
        ran.out,
        "line 2 \"d\": hold (approval-required by `delete-own`) -> deny (forbidden by `delete-own`)\n\
         1 of 2 decisions change\n  hold -> deny: 1\n"
    );
    let ran = run_with(&["diff", &old, &new, "--json"], lines.clone() + "oops\n");
    assert_eq!(ran.code, 1);
    let rows = ran.lines();
    assert_eq!((&rows[0]["line"], &rows[0]["new"]["decision"]), (&json!(2), &json!("deny")));
    assert_eq!(rows[1], json!({"line": 3, "error": "expected value", "column": 1}));
    assert_eq!(
        rows[2],
        json!({"summary": {"calls": 2, "errors": 1, "changed": 1, "moves": {"hold->deny": 1}}})
    );
    assert_eq!(run_with(&["diff", &old, &old], "oops").code, 1);
    assert_eq!(run(&["diff", &old, "missing.toml", &calls]).code, 2);

    let renamed = folder.file("renamed.toml", &POLICY.replace("send-inside", "send-to-colleagues"));
    assert_eq!(run(&["diff", &old, &renamed, &calls]).code, 0);
    assert_eq!(run(&["diff", "--reasons", &old, &renamed, &calls]).code, 1);
}

#[test]
fn diff_decides_both_sides_now_unless_it_is_told_when() {
    let folder = Folder::new();
    let file = |name: &str, days: &str| {
        let statement = "[[statement]]\nid = \"read\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"docs/**\"]";
        let hours = "from = \"00:01\", until = \"24:00\"";
        let window = format!("when = [{{ clock = \"UTC\", days = {days}, {hours} }}]");
        folder.file(name, &format!("{statement}\n{window}\n"))
    };
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let every = file("every.toml", "\"mon-sun\"");
    let read = r#"{"action":{"operation":"read","tool":"read","resource":"docs/a"},"invoker":"dana@example.com","agent":"triage"}"#;
    // In the first minute of 1970, a Thursday, neither of the two sides would ever allow it.
    loop {
        let began = SystemClock.now().as_unix_millis();
        let today = days[((began / 86_400_000 + 3) % 7) as usize];
        let others: Vec<&str> = days.into_iter().filter(|day| *day != today).collect();
        let less = run_with(&["diff", &every, &file("less.toml", &format!("{others:?}"))], read);
        let ended = SystemClock.now().as_unix_millis();
        let is_first_minute = began % 86_400_000 < 60_000;
        if !is_first_minute && began / 86_400_000 == ended / 86_400_000 {
            assert_eq!(less.code, 1, "{}", less.out);
            let summary = "1 of 1 decisions change\n  allow -> deny: 1\n";
            assert!(less.out.ends_with(summary), "{}", less.out);
            break;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    let weekdays = file("weekdays.toml", "\"mon-fri\"");
    let at = |at| run_with(&["diff", &every, &weekdays, "--at", at], read).code;
    assert_eq!((at("2026-11-27T12:00:00Z"), at("2026-11-28T12:00:00Z")), (0, 1));
}

#[test]
fn plan_gives_the_file_that_holds_a_task_to_it() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let plan = r#"{"format": 1, "steps": [
        {"tool": "read_email"},
        {"tool": "send_email", "arguments": {"to": "lee@example.com"}}
    ]}"#;
    let ran = run_with(&["plan", "-p", &policy], plan);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(run(&["plan", "-p", &policy, &folder.file("plan.json", plan)]).out, ran.out);
    let task = folder.file("task.json", &ran.out);
    assert_eq!(run(&["fmt", "--check", &task]).code, 0);
    let line = |tool: &str, arguments: Value| {
        let line = json!({"tool": tool, "arguments": arguments, "invoker": "dana@example.com", "agent": "triage"});
        let args = ["decide", "-p", &policy, "--narrowed-by", &task];
        run_with(&args, line.to_string()).lines()[0]["decision"].clone()
    };
    assert_eq!(line("send_email", json!({"to": ["lee@example.com"]})), "allow");
    assert_eq!(line("send_email", json!({"to": ["lee@example.com", "dana@example.com"]})), "deny");
    assert_eq!(line("read_email", json!({"id": 7})), "allow");
    assert_eq!(line("delete_email", json!({"id": 7})), "deny");

    for (plan, told) in [
        ("{", "-: EOF while parsing an object at line 1 column 1"),
        (
            r#"{"format": 1, "steps": [{"tool": "send"}]}"#,
            "-: step 1: the manifest describes no tool `send`",
        ),
    ] {
        let ran = run_with(&["plan", "-p", &policy], plan);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    assert_eq!(run(&["plan", "-p", "missing.toml", "plan.json"]).code, 2);
}

#[test]
fn fmt_writes_the_canonical_form_once() {
    let folder = Folder::new();
    let text = "[[statement]]\neffect='permit'\nid = \"docs\" # all\noperations=\"read\"\nresources = [ \"docs/**\" ]\n";
    let file = folder.file("policy.toml", text);
    let ran = run(&["fmt", "--check", &file]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (1, format!("{file}: not in canonical form\n").as_str())
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let piped = run_with(&["fmt", "--stdin"], text);
    assert_eq!(piped.code, 0);
    assert_eq!(run_with(&["fmt", "--stdin", "--check"], text).code, 1);
    let ran = run(&["fmt", &file]);
    assert_eq!((ran.code, ran.out.as_str()), (0, format!("{file}: formatted\n").as_str()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), piped.out);
    let ran = run(&["fmt", "--check", &file]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let ran = run(&["fmt", "--json", &file]);
    assert_eq!(ran.lines()[0], json!({"file": file, "canonical": true, "written": false}));
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    let broken = folder.file("broken.toml", "id = \n");
    let other = folder.file("other.toml", text);
    let ran = run(&["fmt", &other, &broken]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("broken.toml:1:"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), text);
    assert_eq!(run(&["fmt", "missing.toml"]).code, 2);
    let json = run_with(&["fmt", "--stdin", "--stdin-format", "json"], "{\"statement\":[]}");
    assert_eq!(json.code, 0, "{}", json.err);
    assert!(serde_json::from_str::<Value>(&json.out).is_ok());
}

#[test]
fn schema_completions_and_manual_pages_are_printed() {
    let ran = run(&["schema"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(schema["properties"]["statement"].is_object());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        assert!(ran.out.contains("decide") && ran.out.contains("attenuate"), "{shell}");
    }
    let ran = run(&["man"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains(".TH permitgate 1"), "{}", ran.out);
    let ran = run(&["man", "manifest", "draft"]);
    assert!(ran.out.contains("SYNOPSIS") && ran.out.contains("tools/list"), "{}", ran.out);
    let ran = run(&["man", "token", "verify"]);
    assert!(ran.out.contains("revocation\\-key") && ran.out.contains("Exit codes"), "{}", ran.out);
    assert_eq!(run(&["man", "nothing"]).code, 2);
}

#[test]
fn a_draft_must_be_reviewed_before_it_loads() {
    let folder = Folder::new();
    let tools = folder.file("tools.json", TOOLS);
    let ran = run(&["manifest", "draft", &tools]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("name = \"read_email\""), "{}", ran.out);
    let draft = folder.file("draft.toml", &ran.out);
    assert_eq!(run(&["fmt", "--check", &draft]).code, 0);
    let checked = run(&["check", &draft]);
    assert_eq!(checked.code, 2);
    assert!(checked.err.contains("review the manifest, then delete this line"), "{}", checked.err);
    let ran = run_with(&["manifest", "draft", "--json", "-"], TOOLS);
    assert_eq!(ran.lines()[0]["tools"], 2);
    for (name, text) in [("not-json.json", "oops"), ("no-tools.json", "7")] {
        let ran = run(&["manifest", "draft", &folder.file(name, text)]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}");
        assert!(ran.err.contains(name), "{}", ran.err);
    }
    assert_eq!(run(&["manifest", "draft", "missing.json"]).code, 2);
}

#[test]
fn a_manifest_is_checked_against_what_is_listed() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let approved = permitgate::mcp::ToolList::parse(r#"[{"name": "delete_email"}]"#).unwrap();
    let mut lock = permitgate_files::Lock::default();
    lock.approve(&approved.tools()[0]);
    folder.file("permitgate.lock", &lock.to_text());
    let tools = folder.file("tools.json", TOOLS);
    let ran = run(&["manifest", "check", "-p", &policy, &tools]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("changed: tool `delete_email`"), "{}", ran.out);
    assert!(ran.out.contains("tightened: tool `read_email`"), "{}", ran.out);
    let ran = run(&["manifest", "check", "--json", "-p", &policy, &tools]);
    assert_eq!(ran.code, 1);
    let rows = ran.lines();
    assert_eq!((&rows[0]["tool"], &rows[0]["kind"]), (&json!("delete_email"), &json!("changed")));
    assert!(rows[0]["digest"].as_str().unwrap().starts_with("tool-v2:sha256:"));

    // What changed is refused, and what a hint tightens is asked for.
    let call = |tool: &str| {
        format!(
            r#"{{"tool":"{tool}","arguments":{{"id":1}},"invoker":"dana@example.com","agent":"a"}}"#
        )
    };
    let lines = [call("delete_email"), call("read_email")].join("\n");
    let ran = run_with(&["decide", "-p", &policy, "--tools", &tools], lines.clone());
    let rows = ran.lines();
    assert_eq!(rows[0]["reason"], "tool-changed");
    assert_eq!((&rows[1]["decision"], &rows[1]["actions"]), (&json!("deny"), &json!(2)));
    let rows = run_with(&["decide", "-p", &policy], lines).lines();
    assert_eq!((&rows[0]["decision"], &rows[1]["decision"]), (&json!("hold"), &json!("allow")));

    let listed = r#"[{"name": "send_email"}, {"name": "read_email"}, {"name": "delete_email"}]"#;
    let unpinned = Folder::new();
    let plain = unpinned.file("plain.toml", POLICY);
    let ran = run_with(&["manifest", "check", "-p", &plain, "-"], listed);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(run(&["manifest", "check", "-p", &plain, "missing.json"]).code, 2);
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let plain = run(&["check", &policy]);
    assert!(!plain.out.contains('\u{1b}'));
    let painted = run(&["--color", "always", "check", &policy]);
    assert!(painted.out.contains("\u{1b}[32mok\u{1b}[0m"), "{:?}", painted.out);
    let output =
        command(&["--color", "auto", "check", &policy]).env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains('\u{1b}'));
    for (choice, variables, painted) in [
        ("auto", &[("CLICOLOR_FORCE", "1")][..], true),
        ("auto", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ("auto", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
        ("auto", &[("CLICOLOR", "1")], false),
        ("never", &[("CLICOLOR_FORCE", "1")], false),
        ("always", &[("NO_COLOR", "1")], true),
    ] {
        let mut command = command(&["--color", choice, "check", &policy]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let has_colours = String::from_utf8_lossy(&output.stdout).contains('\u{1b}');
        assert_eq!(has_colours, painted, "{choice} {variables:?}");
    }
    // JSON is never painted.
    let json = run(&["--color", "always", "--json", "check", &policy]);
    assert!(!json.out.contains('\u{1b}'));
}

#[test]
fn other_commands_end_quietly_as_well() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let mut child = command(&["test", "--json", &policy]).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    // The command may have been quicker than the pipe was closed.
    assert!(matches!(output.status.code(), Some(0 | 141)), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn check_reads_the_standard_input() {
    let ran = run_with(&["check", "-"], POLICY);
    assert_eq!((ran.code, ran.out.as_str()), (0, "-: ok (3 statements, 0 guardrails, 1 test)\n"));
    let json = r#"{"statement": [{"id": "s", "effect": "permit", "operations": "read", "resources": ["a"]}]}"#;
    let ran = run_with(&["check", "-"], json);
    assert_eq!((ran.code, ran.out.as_str()), (0, "-: ok (1 statement, 0 guardrails, 0 tests)\n"));
    let ran = run_with(&["check", "-", "--json"], POLICY.replace("permit", "permitt"));
    assert_eq!((ran.code, ran.lines()[0]["valid"].as_bool()), (2, Some(false)));
    assert_eq!(run_with(&["check", "-", "-"], POLICY).code, 2, "it can be read once only");
}

/// A hint names no option that the command does not have.
#[test]
fn hints_name_options_of_the_command_only() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let case = |number: usize| {
        format!(
            "{{\"session\": \"s{number}\", \"tool\": \"read_email\", \"arguments\": {{\"id\": \"1\"}}, \"expect\": \"allow\"}}\n"
        )
    };
    let cases: String = (0..4097).chain([0]).map(case).collect();
    let cases = folder.file("c.jsonl", &cases);
    let ran =
        run(&["test", &policy, "--cases", &cases, "--invoker", "dana@example.com", "--agent", "a"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("was dropped") && !ran.out.contains("--sessions"), "{}", ran.out);
}
