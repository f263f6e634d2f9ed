//! Lines, cases, tests and explanations under a token, and under files that narrow: all four answer alike.

use serde_json::{Value, json};

use super::*;

/// A gate's file: the tools, and the statements that are the ceiling of issuers.
const GATE: &str = r#"
[directory]
organisation_domains = ["example.com"]
principals = ["dana@example.com"]

[[statement]]
id = "ceiling"
effect = "permit"
operations = ["read", "update", "delete"]
resources = ["mail/{invoker}/**"]
readers = "internal"

[[tool]]
name = "mail.read"
args.id = "text"
effect = [{ operation = "read", resource = "mail/{invoker}/{args.id}" }]

[[tool]]
name = "mail.mark"
args.id = "text"
effect = [{ operation = "update", resource = "mail/{invoker}/{args.id}" }]

[[tool]]
name = "mail.delete"
args.id = "text"
effect = [{ operation = "delete", resource = "mail/{invoker}/{args.id}" }]
"#;

const ONLY_READ: &str = r#"[[statement]]
id = "asked-for"
effect = "permit"
operations = "read"
resources = ["mail/{invoker}/**"]
"#;

const TOOLS: [&str; 3] = ["mail.read", "mail.mark", "mail.delete"];
const WHO: [&str; 4] = ["--invoker", "dana@example.com", "--agent", "triage"];

fn call(tool: &str) -> Value {
    json!({"tool": tool, "arguments": {"id": "7"}})
}

/// The gate's file with a test for each tool.
fn gate_with_tests(desk: &Desk, expected: &[(&str, &str, Value); 3]) -> String {
    desk.folder.file("gate.toml", GATE);
    let test = |(tool, (ruling, reason, statement)): (&&str, &(&str, &str, Value))| {
        let mut test = json!({"name": tool, "invoker": "dana@example.com", "agent": "triage",
            "call": call(tool), "expect": ruling, "reason": reason});
        // A test names statements of its own files alone.
        if statement == "ceiling" {
            test["statement"] = statement.clone();
        }
        test
    };
    let tests: Vec<Value> = TOOLS.iter().zip(expected).map(test).collect();
    let whole = json!({"include": ["gate.toml"], "test": tests});
    desk.folder.file("tests.json", &whole.to_string())
}

/// Read, mark and delete under these flags: by `decide`, `explain`, `[[test]]`, a case, and `diff`.
#[track_caller]
fn all_answer(desk: &Desk, flags: &[&str], expected: [(&str, &str, Value); 3]) {
    let gate = desk.folder.file("gate.toml", GATE);
    let lines: String = TOOLS.iter().map(|tool| format!("{}\n", call(tool))).collect();
    let args = [&["decide", "-p", &gate], &WHO[..], flags].concat();
    let ran = run_with(&args, lines.clone());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let decided = ran.lines();
    let said =
        |row: &Value| (row["decision"].clone(), row["reason"].clone(), row["statement"].clone());
    for (row, (ruling, reason, statement)) in decided.iter().zip(&expected) {
        assert_eq!(said(row), (json!(ruling), json!(reason), statement.clone()), "{row}");
    }
    for (tool, row) in TOOLS.iter().zip(&decided) {
        let args = [&["--json", "explain", "-p", &gate, "--tool", tool], &WHO[..], flags];
        let ran = run(&[&args.concat()[..], &["--arguments", r#"{"id": "7"}"#]].concat());
        assert_eq!((ran.code, said(&ran.lines()[0])), (0, said(row)), "{}", ran.err);
        assert_eq!(ran.lines()[0]["layer"], row["layer"]);
    }
    let cases = TOOLS.iter().zip(&expected).map(|(tool, (ruling, reason, _))| {
        let mut case = call(tool);
        case["expect"] = json!(ruling);
        case["reason"] = json!(reason);
        format!("{case}\n")
    });
    let cases = desk.folder.file("cases.jsonl", &cases.collect::<String>());
    let tests = gate_with_tests(desk, &expected);
    let args = [&["test", &tests, "--cases", &cases], &WHO[..], flags].concat();
    let ran = run(&args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains('6'), "{}", ran.out);
    let ran = run_with(&[&["diff", &gate, &gate], &WHO[..], flags].concat(), lines);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

fn allow(statement: &str) -> (&'static str, &'static str, Value) {
    ("allow", "permitted", json!(statement))
}

const fn denied() -> (&'static str, &'static str, Value) {
    ("deny", "not-permitted", Value::Null)
}

#[test]
fn the_policy_alone_allows_all_three() {
    let all = [allow("ceiling"), allow("ceiling"), allow("ceiling")];
    all_answer(&Desk::new(), &[], all);
}

#[test]
fn a_token_grants_what_it_says_below_the_ceiling() {
    let desk = Desk::new();
    let flags = ["--token", &desk.root, "--trust", &desk.public];
    // The token has no update, which the policy file would permit.
    all_answer(&desk, &flags, [allow("ceiling"), denied(), allow("ceiling")]);
    let file = desk.folder.file("no-deletes.toml", NO_DELETES);
    let token = desk.narrowed("t.token", &["--holder", "triage", "--restrict", &file]);
    let flags = ["--token", &token, "--trust", &desk.public];
    let forbidden = ("deny", "forbidden", json!("no-deletes"));
    all_answer(&desk, &flags, [allow("ceiling"), denied(), forbidden]);
}

#[test]
fn the_statements_of_the_policy_file_are_the_ceiling_of_a_token() {
    let desk = Desk::new();
    let narrow = desk.folder.file("narrow.toml", ONLY_READ);
    let line = json!({"action": {"operation": "delete", "tool": "t", "resource": "mail/dana/7"},
        "invoker": "dana", "agent": "triage"});
    let action = desk.folder.file("action.json", &line["action"].to_string());
    let decide = |policy: &str| {
        let args = ["decide", "-p", policy, "--token", &desk.root, "--trust", &desk.public];
        let row = run_with(&args, line.to_string()).lines().remove(0);
        (row["decision"].clone(), row["layer"].clone())
    };
    assert_eq!(decide(&narrow), (json!("deny"), json!("issuer")));
    // As `token verify` has it.
    let more =
        ["--at-most", &narrow, "--action", &action, "--invoker", "dana", "--agent", "triage"];
    let ran = desk.verify(&desk.root, &more);
    assert_eq!(ran.lines()[0]["decided"]["decision"], "deny");
    // A file without statements leaves what the token grants.
    let none = desk
        .folder
        .file("none.toml", "[directory]\nprincipals = [{ name = \"dana\", inside = true }]\n");
    assert_eq!(decide(&none), (json!("allow"), json!("capability:0")));
}

#[test]
fn files_narrow_in_their_order_a_policy_or_a_token() {
    let desk = Desk::new();
    let task = desk.folder.file("task.toml", ONLY_READ);
    let no_deletes = desk.folder.file("no-deletes.toml", NO_DELETES);
    all_answer(&desk, &["--narrowed-by", &task], [allow("ceiling"), denied(), denied()]);
    let forbidden = || ("deny", "forbidden", json!("no-deletes"));
    let both = ["--narrowed-by", &no_deletes, "--narrowed-by", &task];
    all_answer(&desk, &both, [allow("ceiling"), denied(), forbidden()]);
    let mut of_token = vec!["--token", &desk.root, "--trust", &desk.public];
    of_token.extend(["--narrowed-by", &no_deletes]);
    all_answer(&desk, &of_token, [allow("ceiling"), denied(), forbidden()]);
    // The same statements as JSON, and from the standard input.
    let json = json!({"statement": [{"id": "asked-for", "effect": "permit", "operations": "read",
        "resources": ["mail/{invoker}/**"]}]});
    let file = desk.folder.file("task.json", &json.to_string());
    all_answer(&desk, &["--narrowed-by", &file], [allow("ceiling"), denied(), denied()]);
    let (gate, cases) = (desk.path("gate.toml"), desk.path("cases.jsonl"));
    for text in [json.to_string(), ONLY_READ.to_owned()] {
        let args = ["test", &gate, "--cases", &cases, "--only-cases", "--narrowed-by", "-"];
        let ran = run_with(&[&args[..], &WHO].concat(), text);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    }
}

#[test]
fn layers_stand_in_the_order_of_the_files() {
    let desk = Desk::new();
    let (gate, task) = (desk.folder.file("g.toml", GATE), desk.folder.file("t.toml", ONLY_READ));
    let no_deletes = desk.folder.file("no-deletes.toml", NO_DELETES);
    let layers = |files: [&str; 2]| {
        let files = ["--narrowed-by", files[0], "--narrowed-by", files[1]];
        let args = [&["--json", "explain", "-p", &gate, "--tool", "mail.delete"], &WHO[..], &files];
        let args = [&args.concat()[..], &["--arguments", r#"{"id": "7"}"#]].concat();
        let row = fine(&args).lines().remove(0);
        let layers = row["actions"][0]["layers"].as_array().unwrap().clone();
        let of = |layer: &Value| {
            assert!(layer["layer"].as_str().unwrap().starts_with("capability:"));
            layer["statements"][0]["id"].as_str().unwrap().to_owned()
        };
        layers.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(layers([&task, &no_deletes]), ["ceiling", "asked-for", "no-deletes"]);
    assert_eq!(layers([&no_deletes, &task]), ["ceiling", "no-deletes", "asked-for"]);
}

#[test]
fn a_test_table_that_is_narrowed_fails_and_can_be_left_out() {
    let desk = Desk::new();
    let task = desk.folder.file("task.toml", ONLY_READ);
    let tests = gate_with_tests(&desk, &[allow("ceiling"), allow("ceiling"), allow("ceiling")]);
    assert_eq!(fine(&["test", &tests]).code, 0);
    let ran = run(&["test", &tests, "--narrowed-by", &task]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("expected allow, but the call is denied"), "{}", ran.out);
    let case = desk.folder.file("c.jsonl", r#"{"tool": "mail.delete", "arguments": {"id": "7"}, "expect": "deny", "invoker": "dana@example.com", "agent": "a"}"#);
    let args = ["test", &tests, "--narrowed-by", &task, "--cases", &case];
    assert_eq!(run(&args).code, 1);
    assert_eq!(fine(&[&args[..], &["--only-cases"]].concat()).code, 0);
    assert!(fault(&["test", &tests, "--only-cases"]).contains("--cases"));
}

#[test]
fn a_token_that_is_refused_decides_nothing() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    let stranger = desk.key("stranger.key");
    let refused = |flags: &[&str], what: &str| {
        for command in [&["decide", "-p", &gate][..], &["explain", "-p", &gate], &["test", &gate]] {
            let ran = run_with(&[command, flags].concat(), call("mail.read").to_string());
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command:?}: {}", ran.err);
            assert!(ran.err.contains(what), "{command:?}: {}", ran.err);
        }
    };
    refused(&["--token", &desk.root, "--trust", &stranger], "refused (unknown-key)");
    let trusted = |token: &str, more: &[&str], what: &str| {
        refused(&[&["--token", token, "--trust", &desk.public], more].concat(), what);
    };
    trusted(&desk.root, &["--at", "9h"], "refused (expired): token: it has expired; `--at`");
    let later = desk.narrowed("later.token", &["--not-before", "1h"]);
    trusted(&later, &[], "refused (not-yet-valid)");
    let demand = format!("on-duty={stranger}");
    let demanding = desk.narrowed("demanding.token", &["--demand", &demand]);
    trusted(&demanding, &[], "name what the attester said with `--attestation`");
    let text = desk.read("root.token");
    let damaged = desk.folder.file("damaged.token", &text.replacen('A', "B", 1));
    trusted(&damaged, &[], "wrong-text");
    trusted(&desk.folder.file("empty.token", ""), &[], "wrong-text");
    trusted(&desk.path("none.token"), &[], "none.token");
    let id =
        fine(&["--json", "token", "inspect", &desk.root]).lines()[0]["blocks"][0]["id"].clone();
    let (operator, list) = (desk.key("operator.key"), desk.path("revoked.list"));
    let key = desk.path("operator.key");
    fine(&["token", "revoke", "--key", &key, "--list", &list, "--subtree", id.as_str().unwrap()]);
    trusted(&desk.root, &["--revocations", &list, "--revocation-key", &operator], "(revoked)");
    // A secret in an argument is refused and not repeated.
    let ran = run(&["decide", "-p", &gate, "--token", text.trim(), "--trust", &desk.public]);
    assert!(ran.code == 2 && !ran.err.contains(text.trim()), "{}", ran.err);
}

#[test]
fn a_bound_token_needs_the_key_of_its_holder() {
    let desk = Desk::new();
    let holder = desk.key("holder.key");
    let (key, other) = (desk.path("holder.key"), desk.path("other.key"));
    desk.key("other.key");
    let bound = desk.narrowed("bound.token", &["--bind-to", &holder]);
    let with = ["--token", &bound, "--trust", &desk.public];
    all_answer(
        &desk,
        &[&with[..], &["--holder-key", &key]].concat(),
        [allow("ceiling"), denied(), allow("ceiling")],
    );
    let gate = desk.path("gate.toml");
    let decide = [&["decide", "-p", &gate], &with[..]].concat();
    assert!(fault(&decide).contains("(proof-needed)"));
    assert!(fault(&[&decide[..], &["--holder-key", &other]].concat()).contains("(wrong-proof)"));
    let args = ["decide", "-p", &gate, "--token", &desk.root, "--trust", &desk.public];
    let said = fault(&[&args[..], &["--holder-key", &key]].concat());
    assert!(said.contains("`--holder-key`: the token is bound to no key"), "{said}");
}

#[test]
fn who_does_not_hold_the_token_gets_an_error_for_the_line() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    let token = desk.narrowed("t.token", &["--holder", "another"]);
    let args = ["decide", "-p", &gate, "--token", &token, "--trust", &desk.public];
    let ran = run_with(&[&args[..], &WHO].concat(), call("mail.read").to_string());
    assert_eq!(ran.code, 1);
    assert!(ran.lines()[0]["error"].as_str().unwrap().contains("another"), "{}", ran.out);
}

#[test]
fn flags_that_would_do_nothing_are_refused() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    let task = desk.folder.file("task.toml", ONLY_READ);
    let fault = |flags: &[&str]| fault(&[&["decide", "-p", &gate], flags].concat());
    assert!(fault(&["--token", &desk.root]).contains("--trust"));
    for flags in [
        &["--trust", &desk.public][..],
        &["--secret", &desk.issuer],
        &["--holder-key", &desk.issuer],
        &["--attestation", &task],
        &["--revocations", &task, "--revocation-key", &desk.public],
    ] {
        assert!(fault(flags).contains("--token <TOKEN>"), "{flags:?}");
    }
    assert!(
        fault(&["--token", &task, "--token-env", "T", "--trust", "x"]).contains("cannot be used")
    );
    let twice = ["--token", "-", "--trust", &desk.public, "--narrowed-by", "-"];
    let ran = run_with(&[&["decide", "-p", &gate], &twice[..]].concat(), desk.read("root.token"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("the standard input can be read only once"), "{}", ran.err);
    // The calls are there, too, unless a file is named.
    let ran = run_with(&["decide", "-p", &gate, "--narrowed-by", "-"], ONLY_READ);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("the standard input can be read only once"), "{}", ran.err);
}

#[test]
fn a_file_that_narrows_holds_statements_alone() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    let both = format!("{ONLY_READ}{NO_DELETES}");
    let tables = [
        ("", "no `[[statement]]`, `[[guardrail]]` or `[[budget]]`, so nothing is narrowed"),
        ("# nothing\n", "no `[[statement]]`, `[[guardrail]]` or `[[budget]]`"),
        (&both, "put the guardrails into a file of their own"),
        ("[[tool]]\nname = \"t\"\n", "`tool` has no place in a file that narrows"),
        ("[[test]]\nname = \"t\"\n", "name them with `--cases`"),
        ("[directory]\n", "leave it in the policy file, which this file narrows"),
        ("[labels]\n", "leave it in the policy file"),
        ("[[label]]\n", "leave it in the policy file"),
        ("statment = []\n", "did you mean `statement`?"),
        ("draft = true\n", "this file is a draft"),
        ("[[statement]]\nid = \"x\"\nefect = \"permit\"\n", "did you mean `effect`?"),
        (
            "[[guardrail]]\nid = \"x\"\neffect = \"permit\"\noperations = \"read\"\n",
            "[[statement]]",
        ),
        (
            "[[statement]]\nid = \"x\"\neffect = \"forbid\"\noperations = \"delete\"\nresources = [\"**\"]\n\
          when = [{ argument = \"idd\", present = true }]\n",
            "`idd`, which no tool that it can reach describes",
        ),
        ("not toml", "task.toml:1"),
    ];
    for (text, what) in tables {
        let file = desk.folder.file("task.toml", text);
        let said = fault(&["decide", "-p", &gate, "--narrowed-by", &file]);
        assert!(said.contains(what), "{text}: {said}");
    }
    let odd = desk.folder.file("task.txt", ONLY_READ);
    let said = fault(&["decide", "-p", &gate, "--narrowed-by", &odd]);
    assert!(said.contains("let the name end in `.toml` or `.json`"), "{said}");
    assert!(fault(&["decide", "-p", &gate, "--narrowed-by", "no.toml"]).contains("no.toml"));
}

#[test]
fn what_narrows_to_nothing_or_asks_about_nothing_is_said() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    // Statements that permit nothing are what a task has that asked for nothing: all is denied, never all but these.
    let file = desk.folder.file("forbids.toml", &NO_DELETES.replace("guardrail", "statement"));
    let args = [&["decide", "-p", &gate, "--narrowed-by", &file], &WHO[..]].concat();
    let ran = run_with(&args, call("mail.read").to_string());
    assert_eq!(ran.lines()[0]["decision"], "deny");
    assert!(ran.err.contains("nothing can ever be allowed"), "{}", ran.err);
    assert!(ran.err.contains("write what only takes away as `[[guardrail]]`"), "{}", ran.err);
    let text = ONLY_READ.replace("id =", "tools = [\"mail.reed\"]\nreaders = [\"group:hr\"]\nid =");
    let file = desk.folder.file("names.toml", &text);
    let args = [&["decide", "-p", &gate, "--narrowed-by", &file], &WHO[..]].concat();
    let ran = run_with(&args, call("mail.read").to_string());
    assert!(ran.err.contains("did you mean `mail.read`?"), "{}", ran.err);
    assert!(ran.err.contains("the directory has no group `hr`"), "{}", ran.err);
}

#[test]
fn a_shared_secret_and_a_list_of_revocations_are_taken_as_verify_takes_them() {
    let desk = Desk::new();
    let (secret, token) = (desk.path("shared.secret"), desk.path("shared.token"));
    fine(&["token", "keygen", "--shared", "--out", &secret]);
    fine(&["token", "mint", "--key", &secret, "-p", &desk.policy, "--out", &token]);
    let expected = || [allow("ceiling"), denied(), allow("ceiling")];
    all_answer(&desk, &["--token", &token, "--secret", &secret], expected());
    let gate = desk.path("gate.toml");
    let args = ["decide", "-p", &gate, "--token-env", "T", "--secret-env", "S"];
    let calls = desk.folder.file("calls.jsonl", &call("mail.mark").to_string());
    let mut child = command(&[&args[..], &WHO, &[&calls]].concat());
    let child = child
        .env("T", desk.read("shared.token").trim())
        .env("S", desk.read("shared.secret").trim());
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    assert!(output.contains(r#""reason":"not-permitted""#), "{output}");

    let (operator, list) = (desk.key("operator.key"), desk.path("revoked.list"));
    let key = desk.path("operator.key");
    fine(&["token", "revoke", "--key", &key, "--list", &list, "--holder", "rogue"]);
    let of_root = ["--token", &desk.root, "--trust", &desk.public];
    let fresh = ["--revocations", &list, "--revocation-key", &operator, "--fresh-within", "1h"];
    all_answer(&desk, &[&of_root[..], &fresh].concat(), expected());
    let decide = [&["decide", "-p", &gate], &of_root[..], &fresh].concat();
    assert!(fault(&[&decide[..], &["--at", "2h"]].concat()).contains("(revocations-stale)"));
}

#[test]
fn a_lineage_is_as_deep_as_a_capability_may_be() {
    let desk = Desk::new();
    let gate = desk.folder.file("gate.toml", GATE);
    let file = desk.folder.file("no-deletes.toml", NO_DELETES);
    let layers = |count: usize| ["--narrowed-by", &file].repeat(count);
    let most = permitgate::limits::MAX_LINEAGE - 1;
    let args = [&["decide", "-p", &gate], &WHO[..]].concat();
    let ran = run_with(&[&args[..], &layers(most)].concat(), call("mail.delete").to_string());
    assert_eq!(ran.lines()[0]["reason"], "forbidden", "{}", ran.err);
    let said = fault(&[&args[..], &layers(most + 1)].concat());
    assert!(said.contains("no-deletes.toml: "), "{said}");
    // Nobody narrows what its issuer lets nobody narrow.
    let last = desk.narrowed("last.token", &["--delegable", "0"]);
    let of_last = ["--token", &last, "--trust", &desk.public];
    assert_eq!(run_with(&[&args[..], &of_last].concat(), "").code, 0);
    let said = fault(&[&args[..], &of_last, &layers(1)].concat());
    assert!(said.contains("no-deletes.toml: "), "{said}");
}

/// What the program mints for a request is what the command decides by, from a file that it wrote.
#[test]
fn what_is_proposed_for_a_request_narrows_by_a_file() {
    let desk = Desk::new();
    let tools =
        GATE.replace("name = \"mail.delete\"", "name = \"mail.delete\"\nasked_by = [\"delet*\"]");
    let gate = desk.folder.file("gate.toml", &tools);
    let bundle = permitgate_files::Bundle::load(&gate).unwrap();
    for (text, expected) in [
        ("Delete the mail 7", ["allow", "hold", "allow"]),
        ("Read it. Do not delete anything", ["allow", "hold", "deny"]),
        ("", ["allow", "hold", "hold"]),
    ] {
        let statements = permitgate_task::TaskRequest::new(text).statements(bundle.manifest());
        let task = desk.folder.file("task.json", &json!({ "statement": statements }).to_string());
        let line = |tool: &&str| {
            let mut line = call(tool);
            line["user_says"] = json!(text);
            format!("{line}\n")
        };
        let args = [&["decide", "-p", &gate, "--narrowed-by", &task], &WHO[..]].concat();
        let ran = run_with(&args, TOOLS.iter().map(line).collect::<String>());
        let found: Vec<Value> = ran.lines().iter().map(|row| row["decision"].clone()).collect();
        assert_eq!(found, expected, "{text}: {}{}", ran.out, ran.err);
    }
}
