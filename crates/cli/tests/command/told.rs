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
