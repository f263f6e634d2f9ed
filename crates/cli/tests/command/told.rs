//! What answers tell beside the decision: which tool may be meant, and what was read.

use super::{Folder, POLICY, run, run_with, send};

/// A tool that nobody knows is told with the one that may be meant, by every way to ask; nothing is called in its place.
#[test]
fn an_unknown_tool_is_told_with_the_nearest_one() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let of = |tool: &str| send("lee@example.com").replace("send_email", tool);
    for (tool, near) in [
        ("sendEmail", Some("send_email")),
        ("send_emial", Some("send_email")),
        ("mcp__office__send_email", Some("send_email")),
        ("Read_Email", Some("read_email")),
        ("transfer", None),
        ("", None),
    ] {
        let near = near.map(|near| format!("there is no tool `{tool}`; did you mean `{near}`?"));
        let ran = run_with(&["decide", "-p", &policy], of(tool));
        let row = &ran.lines()[0];
        assert_eq!((&row["decision"], &row["reason"]), (&"deny".into(), &"unknown-tool".into()));
        assert_eq!(row["fault"].as_str(), near.as_deref(), "{row}");
        let ran = run_with(&["explain", "-p", &policy], of(tool));
        assert!(ran.out.starts_with("deny (unknown-tool)"), "{}", ran.out);
        assert_eq!(ran.out.contains("did you mean"), near.is_some(), "{}", ran.out);
        let case = of(tool).replacen('{', r#"{"expect": "allow", "#, 1);
        let cases = folder.file("cases.jsonl", &case);
        let ran = run(&["test", &policy, "--cases", &cases]);
        assert_eq!(
            (ran.code, ran.out.contains("did you mean")),
            (1, near.is_some()),
            "{}",
            ran.out
        );
    }
    // What a caller writes as a name shows nothing that is not seen.
    let ran = run_with(&["decide", "-p", &policy], of("send\\u200b_email"));
    assert!(ran.out.is_ascii() && ran.out.contains("did you mean `send_email`?"), "{}", ran.out);
}

#[test]
fn a_session_that_began_nothing_has_read_nothing() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let ran = run_with(&["explain", "-p", &policy], send("lee@example.com"));
    assert!(ran.out.ends_with("  the session has read nothing\n"), "{}", ran.out);
    let reads = r#"{"reads": [{"tool": "read_email", "arguments": {"id": "7"}}], "#;
    let ran =
        run_with(&["explain", "-p", &policy], send("lee@example.com").replacen('{', reads, 1));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last = ran.out.lines().last().unwrap();
    assert!(last.starts_with("  the session has read ") && !last.contains("nothing"), "{last}");
}

/// Nothing was read: it is the label of what the action itself is about.
#[test]
fn what_stands_against_an_action_is_not_told_as_what_was_read() {
    let folder = Folder::new();
    let labelled = "\n[[label]]\nresources = [\"elsewhere/**\"]\nreaders = \"internal\"\n";
    let (without_tests, _) = POLICY.split_once("[[test]]").unwrap();
    let policy = folder.file("policy.toml", &format!("{without_tests}{labelled}"));
    let ran = run_with(&["explain", "-p", &policy], send("lee@example.com"));
    assert!(ran.out.starts_with("deny (beyond-readers)"), "{}{}", ran.out, ran.err);
    let told: Vec<&str> = ran.out.lines().rev().take(2).collect();
    assert_eq!(told[1], "  the session has read nothing");
    assert!(told[0].starts_with("  * it would reach somebody who may not see"), "{}", told[0]);
    assert!(told[0].contains("label the resource"), "{}", told[0]);
    let named = ": `lee@example.com` (recipient 1)";
    assert!(
        told[0].contains(named) && ran.out.lines().next().unwrap().contains(named),
        "{}",
        ran.out
    );
    let ran = run_with(&["explain", "-p", &policy, "--json"], send("lee@example.com"));
    let row = &ran.lines()[0];
    let who = &row["actions"][0]["flow_who"];
    assert_eq!((&who["name"], &who["recipient"]), (&"lee@example.com".into(), &1.into()));
    assert_eq!((&row["who"], &row["actions"][0]["who"]), (who, who));
}

#[test]
fn a_name_that_is_bound_twice_is_refused() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let twice = ["--bind", "project=one", "--bind", "project=two"];
    for command in [
        &["decide", "-p", &policy][..],
        &["explain", "-p", &policy, "--tool", "read_email"],
        &["test", &policy],
    ] {
        let ran = run_with(&[command, &twice].concat(), "");
        assert_eq!(ran.code, 2, "{command:?}: {}", ran.out);
        assert!(ran.err.contains("--bind: `project` is given twice"), "{command:?}: {}", ran.err);
    }
}

#[test]
fn a_policy_from_the_standard_input_is_for_check_alone() {
    for command in
        [&["decide", "-p", "-"][..], &["explain", "-p", "-", "--tool", "x"], &["test", "-"]]
    {
        let ran = run_with(command, POLICY);
        assert_eq!(ran.code, 2, "{command:?}: {}", ran.out);
        assert!(ran.err.contains("only `check` takes a policy"), "{command:?}: {}", ran.err);
    }
}

#[test]
fn a_draft_that_is_to_narrow_is_told_where_it_belongs() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let draft = folder.file(
        "d.toml",
        "draft = true\n[[statement]]\nid = \"a\"\neffect = \"permit\"\noperations = \"read\"\n",
    );
    let ran = run(&["decide", "-p", &policy, "--narrowed-by", &draft]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("belongs, reviewed, into the policy file"), "{}", ran.err);
    assert!(!ran.err.contains("review the manifest"), "{}", ran.err);
}

/// Neither the default of the manifest nor that of the server, where the argument is secret.
#[test]
fn a_secret_default_is_not_shown() {
    let folder = Folder::new();
    let policy = |default: &str| {
        let tool = format!(
            "[[tool]]\nname = \"log_in\"\nargs.pin = {{ kind = \"text\", secret = true{default} }}\neffect = [{{ operation = \"read\", resource = \"mail/x\" }}]\n"
        );
        folder.file("secret.toml", &format!("{POLICY}\n{tool}"))
    };
    let list = |default: &str| {
        let pin = format!("{{\"type\": \"string\"{default}}}");
        folder.file("list.json", &format!("[{{\"name\": \"log_in\", \"inputSchema\": {{\"type\": \"object\", \"properties\": {{\"pin\": {pin}}}}}}}]"))
    };
    let (ours, theirs) = (", default = \"hunter-ours\"", ", \"default\": \"hunter-theirs\"");
    for (ours, theirs) in [(ours, theirs), (ours, ""), ("", theirs)] {
        let (policy, list) = (policy(ours), list(theirs));
        let ran = run(&["manifest", "check", "-p", &policy, &list]);
        assert!(ran.out.contains("`pin`: left out, it "), "{}{}", ran.out, ran.err);
        assert!(!ran.out.contains("hunter") && !ran.err.contains("hunter"), "{}", ran.out);
    }
}

/// Each line has its own words, also where their reasons are alike.
#[test]
fn a_resource_with_a_slash_at_its_start_is_told_what_to_write() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let line = |resource: &str| {
        let action = format!(r#"{{"operation": "read", "tool": "t", "resource": "{resource}"}}"#);
        format!("{{\"invoker\": \"dana@example.com\", \"agent\": \"a\", \"action\": {action}}}\n")
    };
    let ran = run_with(&["decide", "-p", &policy], line("/etc/hosts") + &line("etc//hosts"));
    let explain = |row: usize| ran.lines()[row]["explain"].as_str().unwrap().to_owned();
    assert!(explain(0).contains("write `etc/hosts` for `/etc/hosts`"), "{}", ran.out);
    assert!(explain(1).contains("byte 4: the segment is empty"), "{}", ran.out);
}

/// What is not met is told as a whole, so that a call is set right at once.
#[test]
fn every_condition_that_is_not_met_is_told() {
    let folder = Folder::new();
    let policy = folder.file(
        "policy.toml",
        r#"
[[statement]]
id = "pay"
effect = "permit"
operations = "create"
resources = ["bank/**"]
when = [
    { argument = "currency", equals = "CHF" },
    { argument = "to", equals = "lee" },
    { argument = "note", equals = "rent" },
]

[[tool]]
name = "pay"
args.currency = "text"
args.to = "text"
args.note = { kind = "text", optional = true }
effect = [{ operation = "create", resource = "bank/1" }]
controls = ["currency", "to", "note"]
"#,
    );
    let call = r#"{"currency": "EUR", "to": "lee"}"#;
    let flags = ["explain", "-p", &policy, "--invoker", "dana", "--agent", "a", "--tool", "pay"];
    let flags = [&flags[..], &["--arguments", call]].concat();
    let said = "when[0] does not hold for `currency`: equals `CHF`; when[2] cannot be evaluated for `note`: equals `rent`";
    let ran = run(&flags);
    assert!(ran.out.contains(&format!("permit `pay`: {said}\n")), "{}{}", ran.out, ran.err);
    let ran = run(&[&flags[..], &["--json"]].concat());
    let statement = &ran.lines()[0]["actions"][0]["layers"][0]["statements"][0];
    assert_eq!((&statement["why"], &statement["explain"]), (&"condition".into(), &said.into()));
    let expected = serde_json::json!([
        {"number": 0, "argument": "currency", "asked": "equals `CHF`", "holds": false},
        {"number": 2, "argument": "note", "asked": "equals `rent`", "holds": null},
    ]);
    assert_eq!(statement["conditions"], expected);
}

/// A file that narrows is checked as the policy file is, beside what stands in that.
#[test]
fn check_takes_what_narrows() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let permit = "[[statement]]\nid = \"t\"\neffect = \"permit\"\noperations = \"read\"\n";
    let task = folder.file("task.toml", &format!("{permit}resources = [\"mail/**\"]\n"));
    let ran = run(&["check", &policy, "--narrowed-by", &task]);
    let line = format!("{task}: ok (1 statement)\n");
    assert_eq!((ran.code, ran.out.lines().count()), (0, 2), "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with(&line), "{}", ran.out);

    let unknown = format!("{permit}resources = [\"mail/**\"]\ntools = [\"read_emial\"]\n");
    let warned = folder.file("warned.toml", &unknown);
    let ran = run(&["check", &policy, "--narrowed-by", &warned]);
    assert_eq!((ran.code, ran.err.contains("warned.toml:6:")), (0, true), "{}", ran.err);
    let ran = run(&["check", "--deny-warnings", &policy, "--narrowed-by", &warned]);
    assert_eq!(ran.code, 1, "{}", ran.err);

    let broken = folder.file("broken.toml", &format!("{permit}resources = [\"/mail\"]\n"));
    let both = ["--narrowed-by", &task, "--narrowed-by", &broken];
    let ran = run(&[&["check", &policy][..], &both].concat());
    assert_eq!((ran.code, ran.err.contains("broken.toml:5:")), (2, true), "{}", ran.err);
    let ran = run(&[&["check", &policy, "--json"][..], &both].concat());
    let rows: Vec<_> = ran.lines().iter().map(|row| row["valid"].clone()).collect();
    assert_eq!((ran.code, rows), (2, vec![true.into(), true.into(), false.into()]));
    let ran = run_with(
        &["check", &policy, "--narrowed-by", "-"],
        std::fs::read_to_string(&task).unwrap(),
    );
    assert_eq!((ran.code, ran.out.lines().count()), (0, 2), "{}{}", ran.out, ran.err);
}
