//! `token`: every subcommand, where secrets come from and go to, and every reason a run can end with.

mod lineage;
mod narrowing;
mod secrets;
mod verdicts;

use permitgate::token::Token;

use super::{Folder, Ran, command, run, run_with};

/// What a root grants.
const GRANT: &str = r#"[[statement]]
id = "mail"
effect = "permit"
operations = ["read", "delete"]
resources = ["mail/{invoker}/**"]
readers = ["internal"]
"#;

const NO_DELETES: &str = r#"[[guardrail]]
id = "no-deletes"
effect = "forbid"
operations = ["delete"]
"#;

/// A folder with an issuer's keys, a policy and a root.
struct Desk {
    folder: Folder,
    issuer: String,
    public: String,
    policy: String,
    root: String,
}

impl Desk {
    fn new() -> Self {
        let folder = Folder::new();
        let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
        let (issuer, public, root) = (path("issuer.key"), path("issuer.pub"), path("root.token"));
        let policy = folder.file("policy.toml", GRANT);
        let ran = fine(&["token", "keygen", "--out", &issuer]);
        let text = ran.out.lines().find_map(|line| line.strip_prefix("public key: ")).unwrap();
        folder.file("issuer.pub", text);
        let expires = ["--expires", "8h"];
        let args = ["token", "mint", "--key", &issuer, "--policy", &policy, "--out", &root];
        fine(&[&args[..], &expires].concat());
        Self { folder, issuer, public, policy, root }
    }

    fn path(&self, name: &str) -> String {
        self.folder.0.join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A new key of this name; its public half.
    fn key(&self, name: &str) -> String {
        let ran = fine(&["--json", "token", "keygen", "--out", &self.path(name)]);
        ran.lines()[0]["public_key"].as_str().unwrap().to_owned()
    }

    /// The root, narrowed.
    fn narrowed(&self, name: &str, more: &[&str]) -> String {
        let out = self.path(name);
        fine(&[&["token", "attenuate", &self.root, "--out", &out], more].concat());
        out
    }

    fn verify(&self, token: &str, more: &[&str]) -> Ran {
        run(&[&["--json", "token", "verify", token, "--trust", &self.public], more].concat())
    }
}

#[track_caller]
fn fine(args: &[&str]) -> Ran {
    let ran = run(args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}: {}", ran.out);
    ran
}

/// The command could not run; what it says.
#[track_caller]
fn fault(args: &[&str]) -> String {
    let ran = run(args);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    assert!(ran.err.contains("permitgate: error: "), "{args:?}: {}", ran.err);
    ran.err
}

#[test]
fn a_token_goes_from_key_to_revocation() {
    let desk = Desk::new();
    let no_deletes = desk.folder.file("no-deletes.toml", NO_DELETES);
    let token = desk.narrowed("triage.token", &["--holder", "triage", "--restrict", &no_deletes]);

    let inspected = fine(&["token", "inspect", &token]);
    assert!(inspected.out.starts_with("nothing was verified: "), "{}", inspected.out);

    let ran = desk.verify(&token, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let valid = &ran.lines()[0];
    assert_eq!((&valid["valid"], &valid["holder"]), (&true.into(), &"triage".into()));
    assert_eq!(valid["lineage"].as_array().unwrap().len(), 2);
    assert_eq!(valid["lineage"][1], valid["id"]);
    let ran = fine(&["token", "verify", &token, "--trust", &desk.public]);
    assert!(
        ran.out.starts_with("valid at ") && ran.out.contains("  holder: triage\n"),
        "{}",
        ran.out
    );

    let (operator, list) = (desk.key("operator.key"), desk.path("revoked.list"));
    let id = valid["id"].as_str().unwrap();
    let key = desk.path("operator.key");
    let ran = fine(&["token", "revoke", "--key", &key, "--list", &list, "--subtree", id]);
    assert!(ran.out.contains("list 1, 1 entry, 1 new"), "{}", ran.out);
    assert!(ran.out.contains(&format!("  revoked: block and all below {id}\n")), "{}", ran.out);

    let with_list = ["--revocations", &list, "--revocation-key", &operator];
    let ran = desk.verify(&token, &with_list);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(ran.lines()[0]["reason"], "revoked");
    // What stands above the block stays good.
    assert_eq!(desk.verify(&desk.root, &with_list).code, 0);
    let mut args = vec!["token", "verify", &token, "--trust", &desk.public];
    args.extend(with_list);
    let ran = run(&args);
    assert_eq!((ran.code, ran.out.as_str()), (1, "refused (revoked): token: it was revoked\n"));
}

#[test]
fn tokens_come_from_files_streams_and_the_environment() {
    let desk = Desk::new();
    let text = desk.read("root.token");
    let verify = ["token", "verify", "--trust", &desk.public];
    assert_eq!(run_with(&verify, text.clone()).code, 0);
    assert_eq!(run_with(&[&verify[..], &["-"]].concat(), text.clone()).code, 0);
    let mut child = command(&[&verify[..], &["--token-env", "THE_TOKEN"]].concat());
    let output = child.env("THE_TOKEN", text.trim()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = fault(&[&verify[..], &["--token-env", "NO_SUCH_TOKEN"]].concat());
    assert!(said.contains("the environment variable `NO_SUCH_TOKEN` is not set"), "{said}");
    for odd in ["", "a=b"] {
        assert!(fault(&[&verify[..], &["--token-env", odd]].concat()).contains("no name"), "{odd}");
    }

    // Without a file the token stands alone on the standard output.
    let key = desk.read("issuer.key");
    let mint = ["token", "mint", "--key-env", "THE_KEY", "-p", &desk.policy];
    let output = command(&mint).env("THE_KEY", key.trim()).output().unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty() && Token::from_text(&token).is_ok());
    assert_eq!(token.lines().count(), 1);
    let sealed = run_with(&["token", "seal"], token.clone());
    assert!(Token::from_text(&sealed.out).unwrap().is_sealed());
    let ran = run_with(&["--json", "token", "seal", "--out", "-"], token);
    let row = &ran.lines()[0];
    assert_eq!(
        (&row["done"], &row["sealed"], &row["blocks"]),
        (&"sealed".into(), &true.into(), &1.into())
    );
    assert!(Token::from_text(row["token"].as_str().unwrap()).unwrap().is_sealed());
    let sealed = desk.folder.file("sealed.token", &sealed.out);
    let said = fault(&["token", "attenuate", &sealed, "--holder", "x"]);
    assert!(said.contains("it is sealed, so nothing can be added (sealed)"), "{said}");
    assert!(fault(&["token", "seal", &sealed]).contains("(sealed)"));
}

#[test]
fn a_shared_secret_mints_and_verifies() {
    let desk = Desk::new();
    let (secret, token) = (desk.path("shared.secret"), desk.path("shared.token"));
    let ran = fine(&["--json", "token", "keygen", "--shared", "--out", &secret]);
    let row = &ran.lines()[0];
    assert_eq!((&row["kind"], &row["public_key"]), (&"shared".into(), &serde_json::Value::Null));
    fine(&["token", "mint", "--key", &secret, "-p", &desk.policy, "--out", &token]);
    let ran = fine(&["token", "verify", &token, "--secret", &secret]);
    assert!(ran.out.contains(row["key_id"].as_str().unwrap()), "{}", ran.out);
    let text = desk.read("shared.secret");
    let verify = ["token", "verify", &token, "--secret-env", "THE_SECRET"];
    assert!(command(&verify).env("THE_SECRET", text).output().unwrap().status.success());
    assert!(fine(&["token", "inspect", &token]).out.contains("shared-secret chain of 1 block"));
    let ran = desk.verify(&token, &[]);
    assert_eq!((ran.code, &ran.lines()[0]["reason"]), (1, &"unknown-key".into()));
    let said = fault(&["token", "public", "--key", &secret]);
    assert!(said.contains("a shared secret has no public half"), "{said}");
    for (args, what) in [
        (["verify", &token, "--secret", &desk.issuer], "name its public half with `--trust`"),
        (["verify", &token, "--trust", &secret], "a shared secret, where a public key is expected"),
    ] {
        let said = fault(&[&["token"], &args[..]].concat());
        assert!(said.contains(what), "{said}");
    }
    let list = desk.path("revoked.list");
    let said = fault(&["token", "revoke", "--key", &secret, "--list", &list, "--holder", "x"]);
    assert!(said.contains("an Ed25519 key is needed"), "{said}");
}
