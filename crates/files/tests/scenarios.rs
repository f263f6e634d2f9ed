//! Public failures of other systems that begin in a file, each beside the legitimate step.

use std::fs;

use permitgate::prelude::*;
use permitgate_files::{Bundle, Options, Reload, Reloader};

const FILE: &str = r#"
[[statement]]
id = "read"
effect = "permit"
operations = "read"
resources = ["docs/**"]

[[statement]]
id = "not-the-drafts"
effect = "forbid"
operations = "read"
resources = ["docs/drafts/**"]
"#;

fn reads(bundle: &Bundle, gate: &Gate, resource: &str) -> bool {
    let capability = bundle.capability(ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
    gate.decide(&Action::read("docs.read", resource), &scope).is_allow()
}

#[test]
fn s09_a_malformed_file_never_loses_its_denies_silently() {
    let folder = std::env::temp_dir().join(format!("permitgate-s09-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("policy.toml");
    fs::write(&path, FILE).unwrap();
    let mut reloader = Reloader::new(&path, Options::new()).unwrap();
    let gate = reloader.bundle().gate().build().unwrap();
    // Whatever is broken in the forbid, the whole file is refused and the old one stays.
    for (from, to) in [
        ("effect = \"forbid\"", "effect = \"forbidden\""),
        ("docs/drafts/**", "docs/../drafts"),
        ("id = \"not-the-drafts\"", "id = \"read\""),
        ("\"docs/drafts/**\"]", "\"docs/drafts/**\""),
    ] {
        fs::write(&path, FILE.replace(from, to)).unwrap();
        assert!(matches!(reloader.apply(&gate).unwrap(), Reload::Failed(_)), "{to}");
        assert!(reloader.error().is_some(), "it says so");
        let bundle = reloader.bundle();
        assert!(reads(&bundle, &gate, "docs/intro"), "{to}");
        assert!(!reads(&bundle, &gate, "docs/drafts/1"), "{to}");
    }
    fs::write(&path, FILE.replace("docs/drafts/**", "docs/secret/**")).unwrap();
    assert!(matches!(reloader.apply(&gate).unwrap(), Reload::Replaced(_)));
    assert!(!reads(&reloader.bundle(), &gate, "docs/secret/1"), "a good file takes its place");
    fs::remove_dir_all(&folder).unwrap();
    println!("S09 ok: a file that does not parse completely never loads; the old one stays");
}

#[test]
fn s10_a_key_that_nobody_reads_is_an_error_with_its_place() {
    assert!(Bundle::parse("policy.toml", FILE).is_ok());
    for (from, to, place) in [
        ("resources = [\"docs/**\"]", "resource = [\"docs/**\"]", "policy.toml:6:1"),
        ("[[statement]]\nid = \"not", "[[statements]]\nid = \"not", "policy.toml:8:3"),
        (
            "operations = \"read\"\nresources = [\"docs/d",
            "operations = \"read\"\nwhere = 1\nresources = [\"docs/d",
            "policy.toml:12:1",
        ),
    ] {
        let text = FILE.replace(from, to);
        assert_ne!(text, FILE);
        let error = Bundle::parse("policy.toml", text).unwrap_err().to_string();
        assert!(error.contains(place), "{to}: {error}");
    }
    println!("S10 ok: unknown keys are errors that name the place");
}

#[test]
fn s11_what_has_no_effect_is_said_by_name() {
    let people =
        "[directory]\nprincipals = [\"dana\"]\n[directory.groups]\nnobody-asks = [\"dana\"]\n";
    let tool = "[[tool]]\nname = \"docs.read\"\nargs.id = \"text\"\n[[tool.effect]]\noperation = \"read\"\nresource = \"docs/{args.id}\"\n";
    let far = "[[statement]]\nid = \"far\"\neffect = \"permit\"\noperations = \"delete\"\nresources = [\"crm/**\"]\n";
    let bundle = Bundle::parse("policy.toml", format!("{people}{tool}{FILE}{far}")).unwrap();
    let warnings: Vec<String> = bundle.warnings().iter().map(ToString::to_string).collect();
    for named in ["nobody-asks", "far"] {
        assert!(warnings.iter().any(|warning| warning.contains(named)), "{named}: {warnings:?}");
    }
    let strict = Options::new().deny_warnings(true);
    assert!(strict.parse("policy.toml", format!("{people}{tool}{FILE}{far}")).is_err());
    println!("S11 ok: an unused group and an unreachable statement are named, or errors");
}
