//! No secret is said, none stands in an argument, and files keep them to their owner.

use super::*;

/// Whether something of a secret is said, its prefix aside.
#[track_caller]
fn keeps_quiet(ran: &Ran, secret: &str) {
    let digits = secret.trim().split_once('_').unwrap().1;
    for part in [&digits[..12], &digits[digits.len() - 12..]] {
        assert!(!ran.out.contains(part) && !ran.err.contains(part), "{ran:?}");
    }
}

#[test]
fn nothing_that_is_said_holds_a_secret() {
    let desk = Desk::new();
    desk.key("holder.key");
    let bound = desk.path("bound.token");
    let (issuer, holder) = (desk.read("issuer.key"), desk.read("holder.key"));
    let public = fine(&["token", "public", "--key", &desk.path("holder.key")]).out;
    let mint = ["token", "mint", "--key", &desk.issuer, "-p", &desk.policy];
    fine(&[&mint[..], &["--bind-to", public.trim(), "--out", &bound]].concat());
    let (root, bound_text) = (desk.read("root.token"), desk.read("bound.token"));
    let damaged = desk.folder.file("damaged.key", &issuer.trim()[..40]);
    let twice = desk.folder.file("twice.token", &format!("{}{root}", root.trim()));
    let list = desk.path("revoked.list");
    for args in [
        &["public", "--key", &desk.issuer][..],
        &["public", "--key", &damaged],
        &["public", "--key", &desk.root],
        &["keygen", "--out", &desk.issuer],
        &["keygen", "--out", &desk.issuer, "--force"],
        &["mint", "--key", &desk.root, "-p", &desk.policy],
        &["mint", "--key", &desk.path("holder.key"), "-p", &desk.issuer],
        &["mint", "--key", &desk.path("holder.key"), "-p", &desk.policy, "--out", &desk.root],
        &["attenuate", &desk.root, "--holder", "x", "--out", &desk.path("x.token")],
        &["attenuate", &desk.issuer, "--holder", "x"],
        &["attenuate", &desk.root, "--restrict", &desk.issuer],
        &["attenuate", &bound, "--holder", "x"],
        &[
            "attenuate",
            &bound,
            "--holder",
            "x",
            "--holder-key",
            &desk.path("holder.key"),
            "--out",
            &desk.path("y.token"),
        ],
        &["inspect", &desk.root],
        &["inspect", &bound],
        &["inspect", &twice],
        &["inspect", &damaged],
        &["verify", &desk.root, "--trust", &desk.public],
        &["verify", &desk.root, "--trust", &desk.issuer],
        &["verify", &desk.issuer, "--trust", &desk.public],
        &["verify", &twice, "--trust", &desk.public],
        &["verify", &desk.root, "--secret", &desk.issuer],
        &["revoke", "--key", &desk.path("holder.key"), "--list", &list, "--holder", "x"],
        &["revoke", "--key", &desk.path("holder.key"), "--list", &desk.issuer, "--holder", "x"],
    ] {
        for json in [&[][..], &["--json"]] {
            let ran = run(&[json, &["token"], args].concat());
            for secret in [&issuer, &holder, &root, &bound_text] {
                keeps_quiet(&ran, secret);
            }
        }
    }
}

#[test]
fn a_secret_in_an_argument_is_refused_and_not_repeated() {
    let desk = Desk::new();
    let shared = desk.path("shared.secret");
    fine(&["token", "keygen", "--shared", "--out", &shared]);
    for file in ["issuer.key", "shared.secret", "root.token"] {
        let secret = desk.read(file);
        let secret = secret.trim();
        let joined = format!("--key={secret}");
        let pair = format!("clean={secret}");
        for args in [
            &["mint", "--key", secret, "-p", &desk.policy][..],
            &["mint", &joined, "-p", &desk.policy],
            &["mint", "--key-env", secret, "-p", &desk.policy],
            &["mint", "--hand-on", &pair],
            &["attenuate", secret, "--holder", "x"],
            &["attenuate", "--token-env", secret],
            &["attenuate", &desk.root, "--holder-key", secret],
            &["seal", secret],
            &["inspect", secret],
            &["verify", secret, "--trust", &desk.public],
            &["verify", &desk.root, "--trust", secret],
            &["verify", &desk.root, "--secret", secret],
            &["revoke", "--key", secret],
            &["public", "--key", secret],
            &["keygen", "--out", secret],
            &["nothing", secret],
            &[secret],
        ] {
            let ran = run(&[&["token"], args].concat());
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            assert!(ran.err.contains("a secret stands in the arguments"), "{}", ran.err);
            assert!(
                ran.err.contains("Write it to a file") && ran.err.contains("replace it"),
                "{}",
                ran.err
            );
            keeps_quiet(&ran, secret);
        }
        let flag = run(&["token", "verify", &desk.root, "--secret", secret]).err;
        assert!(flag.starts_with("permitgate: error: `--secret`: "), "{flag}");
        // Where `token` was forgotten, the complaint does not show it either.
        for args in
            [&["inspect", secret][..], &[secret], &["check", secret], &["check", "--key", secret]]
        {
            let ran = run(args);
            assert_eq!(ran.code, 2, "{ran:?}");
            keeps_quiet(&ran, secret);
        }
    }
}

#[test]
fn files_with_secrets_are_not_overwritten() {
    let desk = Desk::new();
    let before = desk.read("issuer.key");
    let said = fault(&["token", "keygen", "--out", &desk.issuer]);
    assert!(said.contains("issuer.key: there is such a file already; `--force`"), "{said}");
    let seal = ["token", "seal", &desk.root, "--out", &desk.root];
    assert!(fault(&seal).contains("there is such a file already"));
    assert_eq!(desk.read("issuer.key"), before);
    fine(&[&seal[..], &["--force"]].concat());
    assert!(Token::from_text(&desk.read("root.token")).unwrap().is_sealed());
    fine(&["token", "keygen", "--force", "--out", &desk.issuer]);
    assert_ne!(desk.read("issuer.key"), before);
    assert!(fault(&["token", "keygen", "--out", "-"]).contains("goes into a file"));
    let nowhere = desk.path("no/such/folder/x.key");
    assert!(fault(&["token", "keygen", "--out", &nowhere]).contains("x.key: "));
    let names = std::fs::read_dir(&desk.folder.0).unwrap();
    let left: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().ends_with(".new")), "{left:?}");
}

#[test]
#[cfg(unix)]
fn files_with_secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::new();
    let narrowed = desk.narrowed("narrowed.token", &["--holder", "x"]);
    let forced = desk.folder.file("forced.token", "");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&forced, open).unwrap();
    fine(&["token", "seal", &narrowed, "--out", &forced, "--force"]);
    for path in [&desk.issuer, &desk.root, &narrowed, &forced] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    // A link is replaced, and what it points to is left alone.
    let (link, aim) = (desk.path("link.token"), desk.folder.file("aim.txt", "mine"));
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    assert!(fault(&["token", "seal", &narrowed, "--out", &link]).contains("already"));
    fine(&["token", "seal", &narrowed, "--out", &link, "--force"]);
    assert_eq!(desk.read("aim.txt"), "mine");

    for mode in [0o644, 0o640, 0o602, 0o400] {
        std::fs::set_permissions(&desk.issuer, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = run(&["token", "public", "--key", &desk.issuer]);
        assert_eq!(ran.code, 0);
        let warning = format!("issuer.key: warning: others can read this secret (mode {mode:o})");
        assert_eq!(ran.err.contains(&warning), mode != 0o400, "{mode:o}: {}", ran.err);
    }
}

#[test]
fn a_wrong_file_is_named_with_what_it_holds() {
    let desk = Desk::new();
    let policy: &str = &desk.policy;
    for (args, what) in [
        (
            &["public", "--key", &desk.public][..],
            "issuer.pub: a public key, where its secret half is needed",
        ),
        (&["public", "--key", &desk.root], "root.token: longer than 256 bytes, so it is no key"),
        (&["public", "--key", policy], "policy.toml: no secret key"),
        (&["verify", &desk.root, "--trust", &desk.issuer], "`permitgate token public` prints it"),
        (&["verify", &desk.root, "--trust", policy], "policy.toml: no public key"),
        (&["verify", &desk.root, "--trust", "pgpk1_AAAA"], "public key `pgpk1_AAAA`: "),
        (
            &["inspect", policy],
            "policy.toml: token: prefix, alphabet or checksum of the text is wrong",
        ),
        (&["inspect", "missing.token"], "missing.token: "),
        (&["public", "--key", "missing.key"], "missing.key: "),
    ] {
        let said = fault(&[&["token"], args].concat());
        assert!(said.contains(what), "{said}");
    }
    let short = desk.folder.file("short.token", "pgt1_AAAA");
    let said = fault(&["token", "public", "--key", &short]);
    assert!(said.contains("short.token: a token, where a secret key is needed"), "{said}");
    let long = desk.folder.file("long.token", &"x".repeat(200_000));
    assert!(fault(&["token", "inspect", &long]).contains("so it is no token"));
    let binary = desk.path("binary.key");
    std::fs::write(&binary, b"pgsk1_\xff").unwrap();
    assert!(fault(&["token", "public", "--key", &binary]).contains("not UTF-8"));
}
