//! The command as a process.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop"
)]

use std::process::{Command, Output};

use serde_json::Value;

fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_permitgate-agentdojo"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn one_object_says_what_the_tables_say() {
    let paths = ["--suite", "library.json", "--policy", "library.toml"];
    let output = replay(&[&paths[..], &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let suite = &report["suites"][0];
    assert_eq!((&suite["judged_pairs"], &suite["tasks"]), (&3.into(), &2.into()));
    let rows = suite["rows"].as_array().unwrap();
    // Three controls and references, two set-ups under three persons.
    assert_eq!(rows.len(), 9);
    let careful = rows.iter().find(|row| row["set_up"] == "static policy").unwrap();
    assert_eq!(careful["person"], "careful");
    let text = String::from_utf8(replay(&[&paths[..], &["--explain"]].concat()).stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("static policy")).unwrap();
    let count = careful["without_hold"]["count"].to_string();
    assert!(line.split_whitespace().any(|cell| cell == count), "{line}");
    assert!(text.contains("ask-before-writing"), "{text}");
}

#[test]
fn two_suites_are_told_apart_and_together() {
    let suite = ["--suite", "library.json", "--suite", "library.json"];
    let output = replay(&[&suite[..], &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["suites"].as_array().unwrap().len(), 2);
    assert_eq!(report["all"]["judged_pairs"], 6);
}

#[test]
fn what_does_not_fit_is_said() {
    for (arguments, says) in [
        (&["--suite", "nowhere.json"][..], "cannot read nowhere.json"),
        (&["--suite", "library.toml"], "library.toml has another form"),
        (&["--suite", "library.json", "--policy", "library.json"], "library.json does not load"),
        (
            &["--suite", "library.json", "--suite", "library.json", "--policy", "library.toml"],
            "give one --policy for each --suite",
        ),
        (&["--suite", "library.json", "--injections", "library.json"], "has another form"),
    ] {
        let output = replay(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(says), "{said}");
    }
}
