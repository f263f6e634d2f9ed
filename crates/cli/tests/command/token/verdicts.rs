//! `verify` and `revoke`: reasons, exit codes, and lists that lose no entry.

use permitgate::Action;
use permitgate::model::ActionDigest;
use permitgate::time::{Clock, SystemClock, Timestamp};
use permitgate::token::{Attestation, Proof, RevocationList, SigningKey, Verifier};
use serde_json::{Value, json};

use super::*;

#[track_caller]
fn refused(ran: &Ran, reason: &str) -> Value {
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let row = ran.lines().remove(0);
    assert_eq!((&row["valid"], &row["reason"]), (&json!(false), &json!(reason)), "{row}");
    row
}

#[test]
fn every_refusal_has_its_reason() {
    let desk = Desk::new();
    let stranger = desk.key("stranger.key");
    let ran = run(&["--json", "token", "verify", &desk.root, "--trust", &stranger]);
    refused(&ran, "unknown-key");
    refused(&desk.verify(&desk.root, &["--at", "9h"]), "expired");
    let later = desk.narrowed("later.token", &["--not-before", "1h"]);
    refused(&desk.verify(&later, &[]), "not-yet-valid");
    assert_eq!(desk.verify(&later, &["--at", "2h"]).code, 0);

    // Several keys may be trusted, each as a text or a file.
    let ran = desk.verify(&desk.root, &["--trust", &stranger]);
    assert_eq!(ran.code, 0, "{}", ran.out);

    let text = desk.read("root.token");
    let damaged = desk.folder.file("damaged.token", &text.replacen('A', "B", 1));
    refused(&desk.verify(&damaged, &[]), "wrong-text");
    refused(&desk.verify(&desk.policy, &[]), "wrong-text");
    let cut = desk.folder.file("cut.token", &text[..text.len() / 2]);
    refused(&desk.verify(&cut, &[]), "wrong-text");
}

#[test]
fn a_tampered_token_is_refused_at_its_block() {
    let desk = Desk::new();
    let token = desk.narrowed("triage.token", &["--holder", "triage"]);
    let changed = |from: &[u8], to: &[u8]| {
        let token = Token::from_text(&desk.read("triage.token")).unwrap();
        let mut bytes = token.to_bytes().unwrap().to_vec();
        let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[place..place + to.len()].copy_from_slice(to);
        desk.folder.file("changed.token", &Token::decode(&bytes).unwrap().to_text().unwrap())
    };
    assert_eq!(desk.verify(&token, &[]).code, 0);
    for (from, to, block) in [(&b"mail/"[..], &b"main/"[..], 0), (b"triage", b"admins", 1)] {
        let row = refused(&desk.verify(&changed(from, to), &[]), "wrong-signature");
        assert_eq!(row["block"], block);
    }
    // A name that nobody checked cannot speak to the terminal.
    let odd = changed(b"triage", b"tri\x1bge");
    let shown = fine(&["token", "inspect", &odd]).out;
    assert!(shown.contains(r"held by tri\u{1b}ge") && !shown.contains('\u{1b}'), "{shown}");
    let changed = changed(b"triage", b"admins");
    let ran = run(&["token", "verify", &changed, "--trust", &desk.public]);
    let said = "refused (wrong-signature): token, block 1: a signature of it does not verify\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, said));
    // It can be looked at: nothing was verified.
    assert!(fine(&["token", "inspect", &changed]).out.contains("holder: admins"));
}

#[test]
fn what_needs_more_than_the_token_says_so() {
    let desk = Desk::new();
    let holder = desk.key("holder.key");
    let bound = desk.narrowed("bound.token", &["--bind-to", &holder]);
    refused(&desk.verify(&bound, &[]), "proof-needed");
    let ran = run(&["token", "verify", &bound, "--trust", &desk.public]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("it needs a proof of possession"), "{}", ran.out);
    assert!(
        ran.out.contains("its issuer, signatures, validity and revocations are in order"),
        "{}",
        ran.out
    );
    // What is wrong besides comes first.
    refused(&desk.verify(&bound, &["--at", "9h"]), "expired");

    let demand = format!("on-duty={holder}");
    let demanding = desk.narrowed("demanding.token", &["--demand", &demand]);
    let row = refused(&desk.verify(&demanding, &[]), "attestation-missing");
    assert_eq!(row["block"], 1);
    assert!(row["explain"].as_str().unwrap().contains("on-duty"), "{row}");
    let shown = fine(&["token", "inspect", &demanding]).out;
    assert!(shown.contains("    - demands `on-duty`, said by the key "), "{shown}");
}

const ACTION: &str = r#"{"operation": "read", "tool": "mail.read", "resource": "mail/dana/7"}"#;

#[test]
fn what_is_presented_beside_a_token_is_checked() {
    let desk = Desk::new();
    let holder = desk.key("holder.key");
    let key = SigningKey::from_text(&desk.read("holder.key")).unwrap();
    let bound = desk.narrowed("bound.token", &["--bind-to", &holder]);
    let token = Token::from_text(&desk.read("bound.token")).unwrap();
    let (action, now) = (Action::read("mail.read", "mail/dana/7"), SystemClock.now());
    let bytes = |name: &str, bytes: &[u8]| {
        std::fs::write(desk.path(name), bytes).unwrap();
        desk.path(name)
    };
    let proof = Proof::of_action(&key, &token, &action, "gateway", now).unwrap();
    let proof = bytes("a.proof", &proof.to_bytes());
    let line = desk.folder.file("action.json", ACTION);
    let other = desk.folder.file("other.json", &ACTION.replace("/7", "/8"));
    let verify = |proof: &str, verifier: &str, action: &str, more: &[&str]| {
        let args = ["--proof", proof, "--verifier", verifier, "--action", action];
        desk.verify(&bound, &[&args[..], more].concat())
    };
    let ran = verify(&proof, "gateway", &line, &[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    // The ids are those under which it can be revoked.
    let ids: Vec<_> = token.blocks().map(|(id, _)| id.to_string()).collect();
    assert_eq!((&ran.lines()[0]["lineage"], &ran.lines()[0]["id"]), (&json!(ids), &json!(ids[1])));
    refused(&verify(&proof, "bank", &line, &[]), "wrong-proof");
    refused(&verify(&proof, "gateway", &other, &[]), "wrong-proof");
    refused(&verify(&line, "gateway", &line, &[]), "wrong-proof");
    refused(&verify(&proof, "gateway", &line, &["--at", "5m"]), "proof-expired");
    let challenge = Verifier::builder("gateway").build().unwrap().challenge(now).unwrap();
    let answer = Proof::of_challenge(&key, &token, &challenge, challenge.verifier()).unwrap();
    let answer = bytes("b.proof", &answer.to_bytes());
    refused(&verify(&answer, "gateway", &line, &[]), "unknown-challenge");
    let ran = verify(&proof, "gateway", &bound, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("bound.token: "), "{}", ran.err);

    let demands = [format!("on-duty={holder}"), format!("approved={holder}:action")];
    let demanding =
        desk.narrowed("demanding.token", &["--demand", &demands[0], "--demand", &demands[1]]);
    let link = Token::from_text(&desk.read("demanding.token")).unwrap().link();
    let soon = Timestamp::from_unix_millis(now.as_unix_millis() + 600_000);
    let on_duty = Attestation::for_token(&key, "on-duty", link, soon).unwrap();
    let digest = ActionDigest::of(&action).unwrap();
    let approved = Attestation::for_action(&key, "approved", link, digest, soon).unwrap();
    let on_duty = bytes("on-duty.said", &on_duty.to_bytes());
    let approved = bytes("approved.said", &approved.to_bytes());
    let both = ["--attestation", &on_duty, "--attestation", &approved];
    let with_action = ["--action", &line];
    let ran = desk.verify(&demanding, &[&both[..], &with_action].concat());
    assert_eq!(ran.code, 0, "{}", ran.out);
    // It ends when what was said about it does.
    let ends = ran.lines()[0]["expires"].as_str().unwrap().to_owned();
    let root = desk.verify(&desk.root, &[]).lines()[0]["expires"].as_str().unwrap().to_owned();
    assert!(ends < root, "{ends} {root}");
    refused(&desk.verify(&demanding, &[&both[..2], &with_action].concat()), "attestation-missing");
    refused(&desk.verify(&demanding, &both), "action-needed");
    refused(&desk.verify(&demanding, &["--attestation", &proof]), "wrong-attestation");
}

#[test]
fn an_action_is_decided_under_the_token_and_its_ceiling() {
    let desk = Desk::new();
    let read = desk.folder.file("read.json", ACTION);
    let delete = desk.folder.file("delete.json", &ACTION.replace("\"read\"", "\"delete\""));
    // Nobody is inside an organisation without a directory.
    let grant = GRANT.replace("internal", "invoker");
    let (policy, root) = (desk.folder.file("own.toml", &grant), desk.path("own.token"));
    let mint = ["token", "mint", "--key", &desk.issuer, "-p", &policy, "--out", &root];
    fine(&[&mint[..], &["--expires", "8h"]].concat());
    let ceiling = grant.replace("\"read\", \"delete\"", "\"read\"");
    let ceiling = desk.folder.file("ceiling.toml", &ceiling);
    let no_deletes = desk.folder.file("no-deletes.toml", &format!("{grant}\n{NO_DELETES}"));
    let decide = |action: &str, more: &[&str]| {
        let args = ["--action", action, "--invoker", "dana", "--agent", "triage"];
        desk.verify(&root, &[&args[..], more].concat())
    };
    for (action, more, code, decision, reason) in [
        (&read, &[][..], 0, "allow", "permitted"),
        (&delete, &[], 0, "allow", "permitted"),
        (&read, &["--at-most", &ceiling], 0, "allow", "permitted"),
        (&delete, &["--at-most", &ceiling], 1, "deny", "not-permitted"),
        (&delete, &["--at-most", &no_deletes], 1, "deny", "guardrail-forbids"),
    ] {
        let ran = decide(action, more);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{}", ran.out);
        let row = &ran.lines()[0];
        assert_eq!(row["valid"], true);
        let decided = &row["decided"];
        assert_eq!(
            (&decided["decision"], &decided["reason"]),
            (&json!(decision), &json!(reason)),
            "{row}"
        );
    }
    let mut args = vec!["token", "verify", &root, "--trust", &desk.public, "--at-most", &ceiling];
    args.extend(["--action", &delete, "--invoker", "dana", "--agent", "triage"]);
    let ran = run(&args);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\n  the action: deny (not-permitted): "), "{}", ran.out);
    // Only the holder may use what it holds.
    let held = desk.narrowed("held.token", &["--holder", "ops"]);
    args[2] = &held;
    let ran = run(&args);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("scope: "), "{}", ran.err);
    // What was wrong with the token comes first.
    refused(&decide(&read, &["--at", "9h"]), "expired");

    let empty = desk.folder.file("empty.toml", "");
    let ran = desk.verify(&desk.root, &["--at-most", &empty]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("empty.toml: no `[[statement]]`"), "{}", ran.err);
    assert_eq!(desk.verify(&desk.root, &["--at-most", "missing.toml"]).code, 2);
}

#[test]
fn what_verify_needs_is_asked_for() {
    let desk = Desk::new();
    let verify = ["token", "verify", &desk.root];
    for (more, what) in [
        (&[][..], "--trust"),
        (&["--trust", &desk.public, "--revocations", "x"], "--revocation-key"),
        (&["--trust", &desk.public, "--revocation-key", &desk.public], "--revocations"),
        (&["--trust", &desk.public, "--fresh-within", "1h"], "--revocations"),
        (&["--trust", &desk.public, "--at", "soon"], "`--at`: `soon`: write a span"),
        (&["--trust", &desk.public, "--token-env", "X"], "cannot be used with"),
        (&["--trust", "missing.pub"], "missing.pub: "),
        (&["--trust", &desk.public, "--proof", "x"], "--verifier"),
        (&["--trust", &desk.public, "--verifier", "x"], "--proof"),
        (&["--trust", &desk.public, "--invoker", "x", "--agent", "x"], "--action"),
        (&["--trust", &desk.public, "--action", "x", "--invoker", "x"], "--agent"),
    ] {
        let said = fault(&[&verify[..], more].concat());
        assert!(said.contains(what), "{more:?}: {said}");
    }
}

#[test]
fn a_list_is_extended_and_keeps_its_entries() {
    let desk = Desk::new();
    let operator = desk.key("operator.key");
    let (key, list) = (desk.path("operator.key"), desk.path("revoked.list"));
    let revoke = ["--json", "token", "revoke", "--key", &key, "--list", &list];
    let revoke = |more: &[&str]| fine(&[&revoke[..], more].concat()).lines().remove(0);
    let row = revoke(&["--holder", "rogue", "--holder", "rogue"]);
    assert_eq!((&row["sequence"], &row["entries"]), (&json!(1), &json!(1)));
    assert_eq!(row["revoked"], json!([{"kind": "holder", "value": "rogue"}]));
    let issuer = fine(&["--json", "token", "public", "--key", &desk.issuer]).lines().remove(0);
    let id = issuer["key_id"].as_str().unwrap();
    let row = revoke(&["--issuer-key", id, "--holder", "rogue"]);
    assert_eq!((&row["sequence"], &row["entries"]), (&json!(2), &json!(2)));
    assert_eq!(row["revoked"], json!([{"kind": "key", "value": id}]));
    assert_eq!(row["already_revoked"], json!([{"kind": "holder", "value": "rogue"}]));
    let row = revoke(&["--refresh"]);
    assert_eq!(
        (&row["sequence"], &row["entries"], &row["revoked"]),
        (&json!(3), &json!(2), &json!([]))
    );
    let row = revoke(&["--subtree", &"ab".repeat(16)]);
    assert_eq!((&row["sequence"], &row["entries"]), (&json!(4), &json!(3)));

    let with = ["--revocations", &list, "--revocation-key", &operator];
    refused(&desk.verify(&desk.root, &with), "revoked");
    let stale = [&with[..], &["--fresh-within", "1h", "--at", "2h"]].concat();
    let fresh = [&with[..], &["--fresh-within", "1h"]].concat();
    let other = desk.path("other.list");
    fine(&["token", "revoke", "--key", &key, "--list", &other, "--holder", "rogue"]);
    let swap = |args: &[&str]| -> Vec<String> {
        args.iter()
            .map(|arg| if *arg == list { other.clone() } else { (*arg).to_owned() })
            .collect()
    };
    let (stale, fresh) = (swap(&stale), swap(&fresh));
    let verify = |args: &[String]| {
        desk.verify(&desk.root, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(verify(&fresh).code, 0);
    refused(&verify(&stale), "revocations-stale");
}

#[test]
fn a_list_that_is_not_ones_own_is_left_alone() {
    let desk = Desk::new();
    desk.key("operator.key");
    let stranger = desk.key("stranger.key");
    let (key, list) = (desk.path("operator.key"), desk.path("revoked.list"));
    fine(&["token", "revoke", "--key", &key, "--list", &list, "--holder", "rogue"]);
    let before = std::fs::read(&list).unwrap();
    let with = |key: &str, more: &[&str]| {
        fault(&[&["token", "revoke", "--key", key, "--list", &list], more].concat())
    };
    let said = with(&desk.path("stranger.key"), &["--holder", "x"]);
    assert!(said.contains("revoked.list, under key ") && said.contains("(wrong-list)"), "{said}");
    assert!(!std::path::Path::new(&desk.path("revoked.list.next")).exists());
    assert!(with(&key, &[]).contains("--refresh"));
    assert!(
        with(&key, &["--subtree", "7"])
            .contains("`--subtree`: an identity is written as 32 digits")
    );
    assert!(with(&key, &["--issuer-key", "x"]).contains("`--issuer-key`: "));
    assert!(with(&key, &["--holder", ""]).contains("`--holder`: "));
    assert!(
        fault(&["token", "revoke", "--key", &key, "--list", "-", "--refresh"]).contains("`--list`")
    );
    // Somebody else is at it.
    let next = desk.folder.file("revoked.list.next", "");
    assert!(with(&key, &["--holder", "x"]).contains("revoked.list.next: another `revoke`"));
    std::fs::remove_file(next).unwrap();
    assert_eq!(std::fs::read(&list).unwrap(), before);
    // A verifier that cannot read the list does not verify.
    let ran = desk.verify(&desk.root, &["--revocations", &list, "--revocation-key", &stranger]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("(wrong-list)"), "{}", ran.err);
}

#[test]
fn a_list_of_another_hand_is_continued_or_refused() {
    let desk = Desk::new();
    desk.key("operator.key");
    let (key, list) = (desk.path("operator.key"), desk.path("revoked.list"));
    let operator = SigningKey::from_text(&desk.read("operator.key")).unwrap();
    let ahead = Timestamp::from_unix_seconds(4_000_000_000);
    let write = |after: u64| {
        let made = RevocationList::new(7, after, ahead).holder("rogue").sign(&operator);
        std::fs::write(&list, made).unwrap();
    };
    let args = ["token", "revoke", "--key", &key, "--list", &list, "--holder", "x"];
    write(3);
    assert!(fault(&args).contains("revoked.list: it continues another list"));
    write(0);
    assert!(fine(&args).out.contains("list 8, 2 entries, 1 new"));
    let next =
        RevocationList::decode(&std::fs::read(&list).unwrap(), &operator.public_key()).unwrap();
    assert_eq!((next.sequence(), next.after()), (8, 0));
    assert_eq!(next.holders().collect::<Vec<_>>(), ["rogue", "x"]);
    // Readers refuse a list that is older than the one before.
    assert_eq!(next.issued(), ahead);
    let last = RevocationList::new(u64::MAX, 0, ahead).sign(&operator);
    std::fs::write(&list, last).unwrap();
    assert!(fault(&args).contains("its number is the last one"));
}
