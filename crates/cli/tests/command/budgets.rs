//! Budgets of a policy file: lines that begin draw on them, cases do not draw on each other, and a layer may have its own.

use serde_json::Value as Json;

use super::{Folder, run, run_with};

const POLICY: &str = r#"
[[statement]]
id = "desk"
effect = "permit"
operations = "create"
resources = ["orders/**"]

[[budget]]
name = "refunds"
counts = "sum"
argument = "amount"
decimals = 2
ask_from = 100
at_most = 120

[[tool]]
name = "refund"
args.order = "text"
args.amount = { kind = "decimal", scale = 2, no_effect = true }
effect = [{ operation = "create", resource = "orders/{args.order}/refunds" }]
"#;
const WHO: [&str; 4] = ["--invoker", "dana@example.com", "--agent", "desk"];

fn refund(amount: &str, more: &str) -> String {
    format!(r#"{{"tool": "refund", "arguments": {{"order": "7", "amount": "{amount}"}}{more}}}"#)
}

fn with_who<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args.iter().copied().chain(WHO).collect()
}

#[test]
fn lines_that_begin_draw_on_a_budget() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let begin = r#", "session": "s", "begin": true"#;
    let lines = [
        refund("60.00", begin),
        refund("39.99", begin),
        refund("0.01", begin),
        refund("20.02", ""),
        refund("0", ""),
    ];
    let ran = run_with(&with_who(&["decide", "-p", &policy, "-"]), lines.join("\n"));
    let answers: Vec<Json> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<&str> = answers.iter().map(|a| a["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        ["permitted", "permitted", "budget-approval", "budget-spent", "permitted"],
        "{}{}",
        ran.out,
        ran.err
    );
    let told = "of `refunds` 99.99 of 99.99 is used, and this needs 0.01";
    assert!(answers[2]["explain"].as_str().unwrap().contains(told), "{}", ran.out);
    let told = "of `refunds` 99.99 of 120.00 is used, and this needs 20.02";
    assert!(answers[3]["explain"].as_str().unwrap().contains(told), "{}", ran.out);
}

#[test]
fn an_explanation_names_the_budget() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let earlier = format!(r#", "reads": [{}]"#, refund("90.00", ""));
    let ran = run_with(&with_who(&["explain", "-p", &policy]), refund("10.00", &earlier));
    let told = "of `refunds` 90.00 of 99.99 is used, and this needs 10.00";
    assert!(ran.out.contains(told), "{}{}", ran.out, ran.err);
}

#[test]
fn cases_draw_on_a_budget_only_within_a_session() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let earlier = format!(r#", "reads": [{}], "expect": "allow""#, refund("60.00", ""));
    let lines = [
        refund("30.00", &earlier),
        refund("30.00", &earlier),
        refund("60.00", r#", "session": "s", "begin": true, "expect": "allow""#),
        refund("60.00", r#", "session": "s", "expect": "hold", "reason": "budget-approval""#),
    ];
    let cases = folder.file("c.jsonl", &lines.join("\n"));
    let ran = run(&with_who(&["test", &policy, "--cases", &cases]));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_failing_test_names_the_budget() {
    let folder = Folder::new();
    let test = "\n[[test]]\nname = \"a day\"\ninvoker = \"dana@example.com\"\nagent = \"desk\"\nspent = { refunds = 110 }\n\
                call = { tool = \"refund\", arguments = { order = \"7\", amount = \"20\" } }\nexpect = \"allow\"\n";
    let policy = folder.file("p.toml", &format!("{POLICY}{test}"));
    let ran = run(&["test", &policy]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let told = "of `refunds` 110.00 of 120.00 is used, and this needs 20.00";
    assert!(format!("{}{}", ran.out, ran.err).contains(told), "{}{}", ran.out, ran.err);
}

#[test]
fn a_layer_may_have_a_budget_of_its_own() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", POLICY);
    let layer = "[[budget]]\nname = \"one\"\ncounts = \"actions\"\nat_most = 1\n";
    let layer = folder.file("task.toml", layer);
    let begin = r#", "session": "s", "begin": true"#;
    let lines = [refund("1", begin), refund("1", "")].join("\n");
    let args = with_who(&["decide", "-p", &policy, "--narrowed-by", &layer, "-"]);
    let ran = run_with(&args, lines);
    assert!(ran.out.lines().last().unwrap().contains("of `one` 1 of 1 is used"), "{}", ran.out);
}
