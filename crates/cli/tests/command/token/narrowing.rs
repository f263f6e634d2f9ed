//! `mint`, `attenuate` and `inspect`: what goes in and what is shown of it.

use serde_json::json;

use super::*;

#[test]
fn inspect_shows_statements_as_files_write_them() {
    let desk = Desk::new();
    let no_deletes = desk.folder.file("no-deletes.toml", NO_DELETES);
    let more =
        ["--holder", "triage", "--expires", "30m", "--delegable", "2", "--restrict", &no_deletes];
    let token = desk.narrowed("triage.token", &more);
    let shown = fine(&["token", "inspect", &token]).out;
    let indented =
        |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    assert!(shown.contains(&format!("  grants:\n{}", indented(GRANT))), "{shown}");
    assert!(shown.contains(&format!("  restricts:\n{}", indented(NO_DELETES))), "{shown}");
    assert!(shown.contains("\n    - held by triage (before: anybody)\n"), "{shown}");
    assert!(shown.contains("\n    - forbids delete (statement `no-deletes`)\n"), "{shown}");

    assert!(
        shown.contains("\nopen: whoever has it can present it and narrow it further\n"),
        "{shown}"
    );
    let last = desk.narrowed("last.token", &["--delegable", "0"]);
    let ended = fine(&["token", "inspect", &last]).out;
    assert!(
        ended.contains("\nopen: whoever has it can present it; no further block may follow\n"),
        "{ended}"
    );

    let ran = fine(&["--json", "token", "inspect", &token]);
    let row = &ran.lines()[0];
    assert_eq!((&row["verified"], &row["chain"]), (&json!(false), &json!("public-key")));
    let block = &row["blocks"][1];
    assert_eq!(
        (&block["layer"], &block["policy"]),
        (&json!("restrict"), &json!(NO_DELETES.trim()))
    );
    assert_eq!(row["blocks"][0]["policy"], GRANT.trim());
    let kinds: Vec<_> =
        block["narrows"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["expires", "holder", "delegable", "forbids", "operations"]);
    assert_eq!(block["id"].as_str().unwrap().len(), 32);

    // What is shown loads again.
    let policy = row["blocks"][0]["policy"].as_str().unwrap();
    let again = desk.folder.file("again.toml", &format!("{policy}\n"));
    assert_eq!(run(&["fmt", "--check", &again]).code, 0);
    fine(&["check", &again]);
}

#[test]
fn what_a_token_says_cannot_speak_to_the_terminal() {
    let desk = Desk::new();
    let key = permitgate::token::SigningKey::generate().unwrap();
    let grant = permitgate::Statement::permit("x")
        .operations(permitgate::Operation::Read)
        .resources(["a/**"])
        .when(permitgate::policy::Condition::equals("to", "\u{1b}[2J\u{202e}\u{9b}31m"));
    let token = Token::mint(&key, permitgate::token::TokenBlock::grant([grant])).unwrap();
    let file = desk.folder.file("odd.token", &token.to_text().unwrap());
    let shown = fine(&["token", "inspect", &file]).out;
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{shown}");
    assert!(shown.contains(r"\u001B[2J\u202E\u009B31m"), "{shown}");
}

#[test]
fn every_term_of_a_root_is_written_and_shown() {
    let desk = Desk::new();
    let (holder, directory) = (desk.key("holder.key"), desk.key("directory.key"));
    let clean = desk.folder.file("clean.toml", &GRANT.replace("mail", "trash"));
    let directory_file = desk.folder.file("directory.pub", &directory);
    let hand_on = format!("clean={clean}");
    let (on_duty, approved) =
        (format!("on-duty={directory_file}"), format!("approved={directory}:action"));
    let out = desk.path("full.token");
    fine(&[
        "token",
        "mint",
        "--key",
        &desk.issuer,
        "-p",
        &desk.policy,
        "--out",
        &out,
        "--holder",
        "ops",
        "--bind-to",
        &holder,
        "--expires",
        "2100-01-01T00:00:00Z",
        "--not-before",
        "4000000000",
        "--delegable",
        "3",
        "--budget",
        "mails=200 per 1h on delete",
        "--hand-on",
        &hand_on,
        "--demand",
        &on_duty,
        "--demand",
        &approved,
    ]);
    let row = fine(&["--json", "token", "inspect", &out]).lines().remove(0);
    assert_eq!(row["bound_to"], json!(holder));
    let block = &row["blocks"][0];
    assert_eq!((&block["holder"], &block["delegable"]), (&json!("ops"), &json!(3)));
    assert_eq!(block["expires"], "2100-01-01T00:00:00Z");
    assert_eq!(block["not_before"], "2096-10-02T07:06:40Z");
    assert_eq!(block["budgets"], json!(["mails=200 per 1h on delete"]));
    assert_eq!(block["hand_on"]["clean"][0]["id"], "trash");
    let demand = |claim: &str, of: &str| json!({"claim": claim, "attester": directory, "of": of});
    assert_eq!(block["demands"], json!([demand("on-duty", "token"), demand("approved", "action")]));
    let shown = fine(&["token", "inspect", &out]).out;
    for line in [
        "  holder: ops\n",
        "  valid: from 2096-10-02T07:06:40Z until 2100-01-01T00:00:00Z\n",
        "  further blocks: at most 3\n",
        "  budget: mails=200 per 1h on delete\n",
        "  may hand on `clean`:\n",
        "bound: only who holds the secret half of pgpk1_",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

#[test]
fn rights_are_kept_and_used() {
    let desk = Desk::new();
    let clean = desk.folder.file("clean.toml", &GRANT.replace("mail", "trash"));
    let (one, other) = (format!("clean={clean}"), format!("other={clean}"));
    let root = desk.path("laid-out.token");
    let mint = ["token", "mint", "--key", &desk.issuer, "-p", &desk.policy];
    fine(&[&mint[..], &["--out", &root, "--hand-on", &one, "--hand-on", &other]].concat());
    let kept = desk.path("kept.token");
    fine(&["token", "attenuate", &root, "--keeping", "clean", "--out", &kept]);
    let shown = fine(&["token", "inspect", &kept]).out;
    assert!(shown.contains("    - no longer hands on `other`\n"), "{shown}");
    let ran = fine(&["token", "verify", &kept, "--trust", &desk.public]);
    assert!(ran.out.contains("  may hand on: clean\n"), "{}", ran.out);
    let using =
        ["token", "attenuate", &kept, "--using", "clean", "--out", &desk.path("using.token")];
    fine(&using);
    let shown = fine(&["token", "inspect", &desk.path("using.token")]).out;
    assert!(
        shown.contains("    - uses the right `clean` in place of the root's grant\n"),
        "{shown}"
    );
    let said = fault(&["token", "attenuate", &kept, "--using", "other"]);
    assert!(
        said.contains("block 2") && said.contains("`other`") && said.contains("(invalid-block)"),
        "{said}"
    );
    let said = fault(&[&mint[..], &["--hand-on", &one, "--hand-on", &one]].concat());
    assert!(said.contains("`--hand-on`: `clean` stands twice"), "{said}");
}

#[test]
fn a_bound_token_is_narrowed_with_its_key() {
    let desk = Desk::new();
    let (holder, _) = (desk.key("holder.key"), desk.key("stranger.key"));
    let bound = desk.narrowed("bound.token", &["--bind-to", &holder]);
    let attenuate = ["token", "attenuate", &bound, "--holder", "x"];
    let said = fault(&attenuate);
    assert!(said.contains("name it with `--holder-key` (holder-key-needed)"), "{said}");
    let stranger = desk.path("stranger.key");
    let wrong = [&attenuate[..], &["--holder-key", &stranger]].concat();
    assert!(fault(&wrong).contains("(holder-key-needed)"));
    let right = ["--holder-key", &desk.path("holder.key"), "--out", &desk.path("x.token")];
    fine(&[&attenuate[..], &right].concat());
    let key = desk.read("holder.key");
    let with_env = [&attenuate[..], &["--holder-key-env", "HOLDER"]].concat();
    assert!(command(&with_env).env("HOLDER", key).output().unwrap().status.success());
}

#[test]
fn files_that_do_not_restrict_or_grant_are_refused() {
    let desk = Desk::new();
    let empty = desk.folder.file("empty.toml", "");
    let both = desk.folder.file("both.toml", &format!("{GRANT}\n{NO_DELETES}"));
    let forbids = desk.folder.file("forbids.toml", &NO_DELETES.replace("guardrail", "statement"));
    let broken = desk.folder.file("broken.toml", "[[statement]]\nid = \"x\"\nefect = \"permit\"\n");
    let mint = ["token", "mint", "--key", &desk.issuer, "-p"];
    let narrow = ["token", "attenuate", &desk.root];
    for (args, what) in [
        ([&mint[..], &[&empty]].concat(), "empty.toml: no `[[statement]]`"),
        ([&mint[..], &[&broken]].concat(), "broken.toml:3:1: "),
        ([&narrow[..], &["--restrict", &empty]].concat(), "empty.toml: neither"),
        ([&narrow[..], &["--restrict", &both]].concat(), "both.toml: both"),
        ([&narrow[..], &["--restrict", &desk.policy]].concat(), "policy.toml: a statement permits"),
        ([&narrow[..], &["--at-most", &empty]].concat(), "empty.toml: no `[[statement]]`"),
        ([&narrow[..], &[]].concat(), "attenuate: nothing is narrowed"),
    ] {
        let said = fault(&args);
        assert!(said.contains(what), "{said}");
    }
    let ran = run(&[&mint[..], &[&both, "--out", &desk.path("both.token")]].concat());
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("warning: its guardrails do not travel in a token"), "{}", ran.err);
    // Statements that permit nothing restrict as well as guardrails.
    let token = desk.narrowed("forbids.token", &["--restrict", &forbids]);
    let row = fine(&["--json", "token", "inspect", &token]).lines().remove(0);
    assert_eq!(row["blocks"][1]["layer"], "restrict");
    let token = desk.narrowed("at-most.token", &["--at-most", &desk.policy]);
    let row = fine(&["--json", "token", "inspect", &token]).lines().remove(0);
    assert_eq!(
        (&row["blocks"][1]["layer"], &row["blocks"][1]["narrows"]),
        (&json!("at-most"), &json!([]))
    );
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let desk = Desk::new();
    let mint = ["token", "mint", "--key", &desk.issuer, "-p", &desk.policy];
    for (more, what) in [
        (&["--expires", "60"][..], "which has passed; for a span write `60s`"),
        (&["--expires", "2020-01-01T00:00:00Z"], "is 2020-01-01T00:00:00Z, which has passed"),
        (&["--expires", "tomorrow"], "`--expires`: `tomorrow`: write a span"),
        (
            &["--expires", "1h", "--not-before", "2h"],
            "`--not-before`: it would begin when it has ended",
        ),
        (&["--budget", "mails"], "`--budget`: `mails`: write `NAME=COUNT"),
        (&["--demand", "on-duty"], "`--demand`: `on-duty`: write `CLAIM=PUBLIC-KEY"),
        (&["--hand-on", "clean"], "`--hand-on`: `clean`: write NAME=FILE"),
        (&["--delegable", "300"], "300"),
        (&["--holder", ""], "(invalid-block)"),
        (&["--force"], "--out"),
        (&["--key-env", "X"], "cannot be used with"),
    ] {
        let said = fault(&[&mint[..], more].concat());
        assert!(said.contains(what), "{more:?}: {said}");
    }
}
