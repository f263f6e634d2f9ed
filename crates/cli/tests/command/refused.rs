//! A line that is refused changes no session: not what may be acted on, not what was read, not whose it is.

use serde_json::{Value as Json, json};

use super::{Folder, run, run_with};

const POLICY: &str = include_str!("../data/origins.toml");
const DANA: &str = "dana@example.com";

/// A line of session `s`.
fn line(invoker: &str, tool: &str, to: &str, more: &Json) -> String {
    let mut line = json!({
        "tool": tool, "arguments": {"to": to}, "invoker": invoker, "agent": "a", "session": "s"
    });
    let line_of = line.as_object_mut().unwrap();
    for (key, value) in more.as_object().unwrap() {
        if value.is_null() {
            line_of.remove(key)
        } else {
            line_of.insert(key.clone(), value.clone())
        };
    }
    line.to_string()
}

fn decide(policy: &str, lines: &[String], more: &[&str]) -> Vec<Json> {
    let folder = Folder::new();
    let policy = folder.file("p.toml", policy);
    let mut args = vec!["decide", "-p", &policy];
    args.extend(more);
    run_with(&args, lines.join("\n")).lines()
}

/// More values than any session takes.
fn flood() -> String {
    (0..20_000).map(|number| format!("w{number} ")).collect()
}

#[test]
fn nothing_that_a_refused_line_says_is_endorsed() {
    let begins = line(DANA, "find_contact", "x", &json!({"begin": true}));
    let says = json!({"user_says": "pay acct-7", "facts": ["acct-7"]});
    let with = |more: Json| {
        let mut both = says.clone();
        both.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        both
    };
    let flooded = format!("pay acct-7 {}", flood());
    let many: Vec<u32> = (0..20_000).collect();
    for (why, refused) in [
        ("another invoker", line("mallory@evil.example", "pay_user", "x", &says)),
        ("no invoker", line(DANA, "pay_user", "x", &with(json!({"invoker": null})))),
        ("no agent", line(DANA, "pay_user", "x", &with(json!({"agent": null})))),
        ("an empty agent", line(DANA, "pay_user", "x", &with(json!({"agent": ""})))),
        (
            "a bound value that is none",
            line(DANA, "pay_user", "x", &with(json!({"bind": {"a": 7}}))),
        ),
        ("an empty bound value", line(DANA, "pay_user", "x", &with(json!({"bind": {"a": ""}})))),
        (
            "a name that is always bound",
            line(DANA, "pay_user", "x", &with(json!({"bind": {"agent": "b"}}))),
        ),
        ("a key that is not known", line(DANA, "pay_user", "x", &with(json!({"user_say": "x"})))),
        (
            "a fact that is none",
            line(DANA, "pay_user", "x", &with(json!({"facts": ["acct-7", true]}))),
        ),
        ("an empty fact", line(DANA, "pay_user", "x", &with(json!({"facts": ["acct-7", ""]})))),
        (
            "a result without a beginning",
            line(DANA, "find_contact", "x", &with(json!({"result": []}))),
        ),
        (
            "no room for the words",
            line(DANA, "pay_user", "x", &with(json!({"user_says": flooded}))),
        ),
        ("no room for the facts", line(DANA, "pay_user", "x", &with(json!({"facts": many})))),
        (
            "no room for the result",
            line(
                DANA,
                "find_contact",
                "x",
                &with(json!({
                    "begin": true,
                    "result": (0..25_000).map(|n| json!({"id": format!("r{n}")})).collect::<Vec<_>>()
                })),
            ),
        ),
    ] {
        let by_user = line(DANA, "pay_user", "acct-7", &json!({}));
        let by_program = line(DANA, "pay_program", "acct-7", &json!({}));
        let by_result = line(DANA, "pay_result", "r0", &json!({}));
        let lines = [begins.clone(), refused, by_user, by_program, by_result];
        let answers = decide(POLICY, &lines, &[]);
        assert!(answers[1]["error"].is_string(), "{why}: {}", answers[1]);
        for answer in &answers[2..] {
            assert_eq!(answer["decision"], "deny", "{why}: {answer}");
        }
        // The session still takes what is in order.
        let said = line(DANA, "pay_user", "acct-7", &json!({"user_says": "pay acct-7"}));
        let answers = decide(POLICY, &[begins.clone(), lines[1].clone(), said], &[]);
        assert_eq!(answers[2]["decision"], "allow", "{why}: {}", answers[2]);
    }
}

/// What was read limits a session; a line that is refused has read nothing.
#[test]
fn nothing_of_a_refused_line_begins() {
    let trusted =
        POLICY.replace("id = \"by-user\"\n", "id = \"by-user\"\nonly_while_trusted = true\n");
    let refused = line(
        DANA,
        "read_mail",
        "x",
        &json!({
            "begin": true, "user_says": "pay acct-7", "facts": [""]
        }),
    );
    let said = line(DANA, "pay_user", "acct-7", &json!({"user_says": "pay acct-7"}));
    let answers = decide(&trusted, &[refused.clone(), said.clone()], &[]);
    assert!(answers[0]["error"].is_string());
    assert_eq!(answers[1]["decision"], "allow", "{}", answers[1]);
    let read = line(DANA, "read_mail", "x", &json!({"begin": true}));
    assert_eq!(decide(&trusted, &[read, said], &[])[1]["decision"], "deny");
}

#[test]
fn a_refused_line_neither_takes_a_session_nor_drops_one() {
    let bound = POLICY.replace(
        "resources = [\"mail/**\", \"contacts/**\"]",
        "resources = [\"mail/**\", \"contacts/**\", \"crm/{project}\"]",
    );
    let whole = |session: &str, bind: &Json| json!({"session": session, "bind": bind});
    let good = json!({"project": "apollo"});
    // Mallory's line lacks what the policy binds; the session is not hers.
    let lines = [
        line("mallory@evil.example", "read_mail", "x", &whole("new", &json!({}))),
        line(DANA, "read_mail", "x", &whole("new", &good)),
    ];
    let answers = decide(&bound, &lines, &[]);
    assert!(answers[0]["error"].is_string() && answers[1]["error"].is_null(), "{answers:?}");
    // With room for one session, a refused line of another does not drop it.
    let lines = [
        line(DANA, "read_mail", "x", &whole("one", &good)),
        line(DANA, "read_mail", "x", &whole("two", &json!({"project": ""}))),
        line(DANA, "read_mail", "x", &whole("one", &good)),
    ];
    let answers = decide(&bound, &lines, &["--sessions", "1"]);
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_null(), "{answers:?}");
}

#[test]
fn a_refused_case_changes_no_session() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let case = |reads: Json, more: Json| {
        let mut case = json!({
            "session": "s", "invoker": DANA, "agent": "a", "expect": "deny",
            "tool": "pay_user", "arguments": {"to": "acct-7"}, "reads": reads
        });
        case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        case.to_string()
    };
    let mail = json!({"tool": "find_contact", "user_says": "pay acct-7"});
    let foreign = json!({"tool": "find_contact", "invoker": "mallory@evil.example"});
    let result = json!({"tool": "find_contact", "result": (0..25_000).map(|n| json!({"id": n.to_string()})).collect::<Vec<_>>()});
    let cases = [
        case(json!([]), json!({})),
        case(json!([mail, foreign]), json!({})),
        case(json!([mail, result]), json!({})),
        case(json!([mail]), json!({"bind": {"a": ""}})),
        case(json!([mail]), json!({"facts": [""]})),
        case(json!([]), json!({"name": "still nothing"})),
    ];
    let cases = folder.file("c.jsonl", &cases.join("\n"));
    let ran = run(&["test", &policy, "--cases", &cases, "--json"]);
    let failed: Vec<bool> = ran
        .lines()
        .iter()
        .filter(|row| row["name"].is_string())
        .map(|row| row["passed"] == true)
        .collect();
    assert_eq!(failed, [true, false, false, false, false, true], "{}", ran.out);
}

/// Of two policies one refuses the line: the sessions of both stay as they were.
#[test]
fn a_line_that_one_policy_refuses_changes_neither() {
    let folder = Folder::new();
    let old = folder.file("old.toml", POLICY);
    let bound = POLICY.replace(
        "\"contacts/**\"]\n\n[[statement]]",
        "\"contacts/**\", \"crm/{project}\"]\n\n[[statement]]",
    );
    let new = folder.file("new.toml", &bound);
    let lines = [
        line(DANA, "pay_user", "acct-7", &json!({"user_says": "pay acct-7"})),
        line(DANA, "pay_user", "acct-7", &json!({"bind": {"project": "apollo"}})),
    ];
    let ran = run_with(&["diff", &old, &new, "--json"], lines.join("\n"));
    let rows = ran.lines();
    assert!(rows[0]["error"].is_string(), "{}", ran.out);
    assert_eq!(rows[1]["summary"]["changed"], 0, "{}", ran.out);
}
