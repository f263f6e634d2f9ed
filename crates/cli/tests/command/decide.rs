//! `decide`: what comes out for what goes in.

use serde_json::{Value, json};

use super::{Folder, POLICY, Ran, run, run_with, send};

fn decide(lines: impl Into<Vec<u8>>, more: &[&str]) -> Ran {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let mut args = vec!["decide", "-p", &policy];
    args.extend(more);
    run_with(&args, lines)
}

#[test]
fn each_line_gets_its_decision_with_the_reason() {
    let inside = send("lee@example.com").replacen('{', r#"{"id":{"run":7},"#, 1);
    let outside = send("eve@elsewhere.example");
    let delete = r#"{"tool":"delete_email","arguments":{"id":7},"invoker":"dana@example.com","agent":"triage"}"#;
    let unknown = r#"{"tool":"drop_table","invoker":"dana@example.com","agent":"triage"}"#;
    let action = r#"{"action":{"operation":"read","tool":"fetch","resource":"web/news"},"invoker":"d","agent":"a"}"#;
    let unmapped = r#"{"tool":"read_email","invoker":"dana@example.com","agent":"triage"}"#;
    let ran = decide([&inside, &outside, delete, unknown, action, unmapped].join("\n"), &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let lines = ran.lines();
    assert_eq!(
        ran.out.lines().next().unwrap(),
        r#"{"line":1,"id":{"run":7},"decision":"allow","reason":"permitted","statement":"send-inside","layer":"capability:0","explain":"nothing stands against it (statement `send-inside` of the capability)","actions":1}"#
    );
    let short: Vec<_> = lines
        .iter()
        .map(|line| json!([line["line"], line["decision"], line["reason"], line["statement"]]))
        .collect();
    assert_eq!(
        short,
        [
            json!([1, "allow", "permitted", "send-inside"]),
            json!([2, "deny", "audience-too-wide", lines[1]["statement"]]),
            json!([3, "hold", "approval-required", "delete-own"]),
            json!([4, "deny", "unknown-tool", null]),
            json!([5, "allow", "permitted", "read-own"]),
            json!([6, "deny", "unmapped-call", null]),
        ]
    );
    assert_eq!(lines[2]["layer"], "capability:0");
    assert!(lines[3]["fault"].is_null());
    assert!(lines[5]["fault"].is_string(), "{}", lines[5]);
}

/// Beside the recipient who is checked, others must not be named where nobody looks.
#[test]
fn an_argument_that_nobody_described_denies_the_call() {
    let lee = r#""to":["lee@example.com"]"#;
    let mallory = r#"["mallory@elsewhere.example"]"#;
    let cases = [
        (format!("{lee},\"bcc\":{mallory}"), "argument `bcc`: the manifest does not describe it"),
        (
            format!("{lee},\"To\":{mallory}"),
            "argument `To`: the manifest does not describe it; did you mean `to`?",
        ),
        (
            format!("\"To\":{mallory}"),
            "argument `To`: the manifest does not describe it; did you mean `to`?",
        ),
        (
            format!("\"recipients\":{mallory}"),
            "argument `recipients`: the manifest does not describe it",
        ),
        (
            "\"to\":\"lee@example.com\"".to_owned(),
            "argument `to`: it must be a list, and is a text",
        ),
        (
            "\"to\":[\"lee@example.com\",{\"email\":\"x\"}]".to_owned(),
            "argument `to.1`: it must be a text, and is an object",
        ),
        ("\"to\":null".to_owned(), "argument `to`: it must be a list, and is null"),
        (String::new(), "argument `to`: it is missing, and a call needs it"),
    ];
    let lines = cases.iter().map(|(arguments, _)| {
        format!("{{\"tool\":\"send_email\",\"arguments\":{{{arguments}}},\"invoker\":\"dana@example.com\",\"agent\":\"triage\"}}")
    });
    let ran = decide(lines.collect::<Vec<_>>().join("\n"), &[]);
    for (line, (arguments, fault)) in ran.lines().iter().zip(&cases) {
        let found = (&line["decision"], &line["reason"], &line["fault"]);
        assert_eq!(found, (&json!("deny"), &json!("unmapped-call"), &json!(fault)), "{arguments}");
    }
    assert_eq!(ran.lines().len(), cases.len());
}

/// Two decisions with one reason and one statement, of which each names somebody else; and names that hide
/// something, whose value stays.
#[test]
fn a_line_says_who_was_too_much_and_shows_what_hides() {
    let policy = r#"
        [directory]
        organisation_domains = ["example.com"]
        principals = ["dana@example.com", "lee@example.com"]
        [[tool]]
        name = "send_email"
        args.to = { kind = "list", items = "text" }
        [[tool.effect]]
        operation = "create"
        resource = "mail/{invoker}/outbox"
        audience = { recipients = ["to"] }
        [[statement]]
        id = "mail-inside"
        effect = "permit"
        operations = "create"
        resources = ["mail/{invoker}/outbox"]
        readers = "internal"
    "#;
    let folder = Folder::new();
    let file = folder.file("policy.toml", policy);
    let under = ["-p", &file, "--invoker", "dana@example.com", "--agent", "a"];
    let long = "somebody.with.a.very.long.name@elsewhere.example";
    let send = |names: &[&str]| {
        json!({"tool": "send_email", "arguments": {"to": names}, "id": "\u{202e}"}).to_string()
    };
    let lines = [
        send(&["lee@example.com", "Lee@Example.com"]),
        send(&["eve@elsewhere.example"]),
        send(&["lee@example.com", "lee@example.com", long]),
        send(&["m\u{430}x@elsewhere.example"]),
        r#"{"tool":"send_email","arguments":{"to":[],"\u202ebcc":[]}}"#.to_owned(),
    ];
    let ran = run_with(&[&["decide"], &under[..]].concat(), lines.join("\n"));
    let found = ran.lines();
    let who =
        |line: usize| (found[line]["who"]["name"].clone(), found[line]["who"]["recipient"].clone());
    assert_eq!(who(0), (json!("Lee@Example.com"), json!(2)));
    assert_eq!(who(1), (json!("eve@elsewhere.example"), json!(1)));
    assert_eq!(who(2), (json!(long), json!(3)));
    assert_eq!(who(3), (json!("m\u{430}x@elsewhere.example"), json!(1)));
    assert_eq!(found[0]["id"], "\u{202e}");
    assert!(found[4]["who"].is_null() && found[4]["fault"].is_string());
    assert!(!ran.out.contains(['\u{202e}', '\u{430}']), "{}", ran.out);
    for (line, name) in [(0, "`Lee@Example.com` (recipient 2)"), (1, "`eve@elsewhere.example`")] {
        assert!(found[line]["explain"].as_str().unwrap().contains(name), "{}", found[line]);
    }
    let arguments = json!({"to": ["lee@example.com", long]}).to_string();
    let call = ["--tool", "send_email", "--arguments", &arguments];
    let explained = run(&[&["explain"], &under[..], &call].concat());
    assert!(explained.out.contains("(recipient 2)"), "{}", explained.out);
}

#[test]
fn flags_fill_in_what_lines_leave_out() {
    let line = r#"{"tool":"read_email","arguments":{"id":"7"}}"#;
    let ran = decide(line, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.out,
        "{\"line\":1,\"error\":\"no invoker is named; give --invoker NAME, or write `invoker` in the call\"}\n"
    );
    let ran = decide(line, &["--invoker", "dana@example.com", "--agent", "triage"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.lines()[0]["decision"], "allow");
}

#[test]
fn what_is_bound_is_written_as_calls_are_compared() {
    let folder = Folder::new();
    let policy = folder.file(
        "policy.toml",
        r##"
[directory]
principals = ["dana@example.com"]
channels.leads = { joinable = "by-invitation", members = ["dana@example.com"] }
aliases = { U0042 = "dana@example.com", C0666 = "leads" }

[[tool]]
name = "post"
args.channel = "channel"
effect = [{ operation = "create", resource = "chat/{args.channel}" }]

[[statement]]
id = "all"
effect = "permit"
operations = "create"
resources = ["chat/*"]

[[statement]]
id = "closed"
effect = "forbid"
operations = "create"
resources = ["chat/{closed}"]
"##,
    );
    let line = |invoker: &str, closed: Value| {
        let arguments = json!({"channel": "C0666"});
        let bind = json!({"closed": closed});
        json!({"invoker": invoker, "agent": "a", "tool": "post", "arguments": arguments, "bind": bind})
    };
    let lines = [
        line("dana@example.com", json!("leads")),
        line("dana@example.com", json!("C0666")),
        line("dana@example.com", json!(["general", "#leads"])),
        line("U0042", json!("leads")),
        line("dana@EXAMPLE.com", json!("leads")),
        line("sam", json!(["general", "c0666"])),
        line("sam", json!(["general"])),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let ran = run_with(&["decide", "-p", &policy], lines);
    let found = ran.lines();
    assert_eq!(found[0]["statement"], "closed");
    let dana = "dana@example.com";
    for (place, form) in [(1, "leads"), (2, "leads"), (3, dana), (4, dana), (5, "leads")] {
        let error = found[place]["error"].as_str().unwrap();
        assert!(error.ends_with(&format!("are compared as `{form}`; say that")), "{error}");
    }
    assert_eq!(found[6]["decision"], "allow");
    let flag = run_with(
        &["decide", "-p", &policy, "--bind", "closed=C0666"],
        line("dana@example.com", json!("x")).to_string(),
    );
    assert!(flag.out.contains("are compared as `leads`"), "{}", flag.out);
}

#[test]
fn what_a_policy_binds_comes_from_the_line_or_a_flag() {
    let folder = Folder::new();
    let policy = folder.file(
        "policy.toml",
        "[[statement]]\nid = \"crm\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"crm/{project}/**\"]\n",
    );
    let action = r#""action":{"operation":"read","tool":"crm","resource":"crm/apollo/7"},"invoker":"d","agent":"a""#;
    let lines = format!(
        "{{{action}}}\n{{{action},\"bind\":{{\"project\":\"gemini\"}}}}\n{{{action},\"bind\":{{\"project\":7}}}}\n"
    );
    let ran = run_with(&["decide", "-p", &policy, "--bind", "project=apollo"], lines.clone());
    assert_eq!(ran.code, 1);
    let found = ran.lines();
    assert_eq!(found[0]["decision"], "allow");
    assert_eq!(found[1]["decision"], "deny");
    assert_eq!(found[2]["error"], "`bind` holds texts and lists of texts, not a whole number");
    // A list is a set. One after the other, so that a kept scope answers for its own set alone.
    let sets = [
        (json!(["apollo", "gemini"]), "allow", "permitted"),
        (json!(["gemini"]), "deny", "not-owned"),
        (json!([]), "deny", "not-owned"),
        (json!("gemini"), "deny", "not-permitted"),
        (json!(["gemini", "apollo"]), "allow", "permitted"),
    ];
    let of_sets =
        sets.iter().map(|(set, ..)| format!("{{{action},\"bind\":{{\"project\":{set}}}}}\n"));
    let of_sets = run_with(&["decide", "-p", &policy], of_sets.collect::<String>());
    for ((set, decision, reason), found) in sets.iter().zip(of_sets.lines()) {
        assert_eq!(
            (&found["decision"], &found["reason"]),
            (&json!(decision), &json!(reason)),
            "{set}"
        );
    }
    let wrong = format!("{{{action},\"bind\":{{\"project\":[\"a\",7]}}}}\n");
    let wrong = run_with(&["decide", "-p", &policy], wrong);
    assert_eq!(
        wrong.lines()[0]["error"],
        "`bind` holds texts and lists of texts, not a whole number"
    );
    let ran = run_with(&["decide", "-p", &policy], lines);
    assert_eq!(
        ran.lines()[0]["error"],
        "scope: a policy of the capability uses `{project}`, which is not bound; say `bind` in the line, or --bind"
    );
}

#[test]
fn threads_do_not_change_the_output() {
    let mut lines = String::new();
    for number in 0..20_000 {
        let line = match number % 5 {
            0 => send("lee@example.com"),
            1 => send("eve@elsewhere.example"),
            2 => "oops".to_owned(),
            3 => format!(
                r#"{{"id":{number},"tool":"read_email","arguments":{{"id":{number}}},"invoker":"dana@example.com","agent":"a","session":"s{}","begin":true}}"#,
                number % 3000
            ),
            _ => String::new(),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    let one = decide(lines.clone(), &["--threads", "1", "--sessions", "100"]);
    let many = decide(lines, &["--threads", "5", "--sessions", "100"]);
    assert_eq!((one.code, many.code), (1, 1));
    assert!(one.out == many.out, "the output differs");
    assert!(one.out.contains("was dropped"));
}

#[test]
fn a_session_remembers_and_is_not_silently_new() {
    let read = |session: &str| {
        format!(
            r#"{{"tool":"read_email","arguments":{{"id":"7"}},"invoker":"dana@example.com","agent":"a","session":"{session}","begin":true}}"#
        )
    };
    let lines = [read("a"), read("b"), read("a"), read("c"), read("b")].join("\n");
    let ran = decide(lines, &["--sessions", "2"]);
    assert_eq!(ran.code, 1);
    let found = ran.lines();
    assert!(found[..4].iter().all(|line| line["decision"] == "allow"), "{}", ran.out);
    assert_eq!(
        found[4]["error"],
        "session `b` was dropped, since more than 2 sessions are live at once; raise --sessions"
    );
    let other = read("a").replace("dana@", "lee@");
    let ran = decide([read("a"), other].join("\n"), &[]);
    assert!(
        ran.lines()[1]["error"].as_str().unwrap().starts_with("scope: the session is not one of")
    );
    let ran = decide(send("x@y.example").replacen('{', "{\"begin\":true,", 1), &[]);
    assert_eq!(ran.lines()[0]["error"], "`begin` needs a `session` that remembers what was read");
}

#[test]
fn what_cannot_run_exits_with_two() {
    let folder = Folder::new();
    let broken = folder.file("broken.toml", "[[statement]]\nid = \"x\"\nefect = \"permit\"\n");
    let ran = run(&["decide", "-p", &broken]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.starts_with("permitgate: error: "), "{}", ran.err);
    assert!(ran.err.contains("broken.toml:3:1: "), "{}", ran.err);
    let policy = folder.file("policy.toml", POLICY);
    for args in [
        &["decide", "-p", "no/such/file.toml"][..],
        &["decide", "-p", &policy, "no/such/calls.jsonl"],
        &["decide", "-p", &policy, folder.0.to_str().unwrap()],
        &["decide"],
        &["decide", "-p", &policy, "--threads", "many"],
        &["decide", "-p", &policy, "--bind", "novalue"],
        &["decide", "-p", &policy, "--threads", "257"],
        // There is one standard input.
        &["decide", "-p", &policy, "--tools", "-"],
    ] {
        let ran = run_with(args, "[]");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.starts_with("permitgate: error: "), "{}", ran.err);
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    }
}

/// A thing of the directory may be acted on once the user has named it.
#[test]
fn words_of_the_user_name_things() {
    let folder = Folder::new();
    let things = POLICY.to_owned()
        + r#"
[directory.things]
rent = ["7"]

[[statement]]
id = "change"
effect = "permit"
operations = "update"
resources = ["orders/1"]
when = [{ argument = "id", endorsed = "directory" }]
"#;
    let policy = folder.file("policy.toml", &things);
    let under = ["decide", "-p", &policy, "--invoker", "dana@example.com", "--agent", "a"];
    let change = |more: &str| {
        format!(
            r#"{{"action":{{"operation":"update","tool":"change","resource":"orders/1","arguments":{{"id":7}}}}{more}}}"#
        )
    };
    let lines = [
        change(""),
        change(r#","user_says":"raise the Rent, please""#),
        change(r#","user_says":"raise the rental""#),
        change(r#","user_says":"write 'rent' on it""#),
        change(r#","session":"s","user_says":"raise the rent""#),
        change(r#","session":"s""#),
    ];
    let ran = run_with(&under, lines.join("\n"));
    let decisions: Vec<_> = ran.lines().iter().map(|line| line["decision"].clone()).collect();
    assert_eq!(decisions, ["deny", "allow", "deny", "deny", "allow", "allow"]);
}

/// What was read limits what is written, and words of the user endorse.
#[test]
fn a_session_carries_what_it_read() {
    let folder = Folder::new();
    let labelled = POLICY.to_owned()
        + r#"
[[label]]
resources = ["mail/**"]
readers = "internal"

[[label]]
resources = ["web/**"]
integrity = "untrusted"

# What is posted goes to where everybody reads already.
[[label]]
resources = ["forum/**"]
integrity = "trusted"

[[statement]]
id = "post"
effect = "permit"
operations = "create"
resources = ["forum/**"]
readers = "public"

[[statement]]
id = "pay"
effect = "permit"
operations = "create"
resources = ["payments/**"]
when = [{ argument = "to", endorsed = "user" }]
"#;
    let policy = folder.file("policy.toml", &labelled);
    let under = ["decide", "-p", &policy, "--invoker", "dana@example.com", "--agent", "a"];
    let post = |more: &str| {
        format!(
            r#"{{"action":{{"operation":"create","tool":"post","resource":"forum/7","audience":"public"}}{more}}}"#
        )
    };
    let read = r#"{"tool":"read_email","arguments":{"id":7},"session":"s""#;
    let lines = [
        post(r#","session":"s""#),
        format!("{read}}}"),
        post(r#","session":"s""#),
        format!("{read},\"begin\":true}}"),
        post(r#","session":"s""#),
        post(r#","session":"other""#),
        post(""),
    ];
    let ran = run_with(&under, lines.join("\n"));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let reasons: Vec<_> = ran.lines().iter().map(|line| line["reason"].clone()).collect();
    // Only what began counts.
    let free = "permitted";
    assert_eq!(reasons, [free, free, free, free, "beyond-readers", free, free]);

    let pay = |more: &str| {
        format!(
            r#"{{"action":{{"operation":"create","tool":"pay","resource":"payments/1","arguments":{{"to":"CH42"}}}}{more}}}"#
        )
    };
    let lines = [
        pay(""),
        pay(r#","user_says":"pay 7 to CH42, please""#),
        pay(""),
        pay(r#","session":"p","user_says":"pay CH42""#),
        pay(r#","session":"p""#),
    ];
    let ran = run_with(&under, lines.join("\n"));
    let decisions: Vec<_> = ran.lines().iter().map(|line| line["decision"].clone()).collect();
    assert_eq!(decisions, ["deny", "allow", "deny", "allow", "allow"]);
}
