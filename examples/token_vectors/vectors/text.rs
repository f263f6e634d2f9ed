//! Text forms of tokens and keys.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use super::chain::{Block, Chain, mail};
use super::crypto::{Key, hex, key_id_of_secret, secret};
use super::{refused, shared_id};

pub fn add(to: &mut Vec<Value>) {
    let mut add = |name: &str, comment: &str, of: &str, text: &str, expect: Value| {
        to.push(json!({"name": format!("text-{name}"), "comment": comment, "kind": "text", "of": of, "text": text, "expect": expect}));
    };
    let wrong = || refused("wrong-text", None);
    let token = Chain::public().add(Block::root(mail())).token();
    let good = encode("pgt1_", &token);
    assert!(good.contains('-'), "a character of this alphabet alone");
    let ok = |bytes: &[u8]| json!({"ok": {"bytes": hex(bytes)}});
    add("token", "", "token", &good, ok(&token));
    let shared = Chain::shared().add(Block::root(mail()));
    assert_eq!(shared.issuer, shared_id());
    add("token-shared", "", "token", &encode("pgt1_", &shared.token()), ok(&shared.token()));
    add(
        "token-in-space",
        "white space around it",
        "token",
        &format!(" \t{good}\r\n\u{c}"),
        ok(&token),
    );
    add(
        "token-no-break-space",
        "which is no white space of ASCII",
        "token",
        &format!("\u{a0}{good}"),
        wrong(),
    );
    add("token-space-inside", "", "token", &good.replacen('_', "_ ", 1), wrong());
    add("token-padded", "", "token", &format!("{good}="), wrong());
    add("token-upper-prefix", "", "token", &good.replacen("pgt1_", "PGT1_", 1), wrong());
    add("token-no-prefix", "", "token", &good[5..], wrong());
    add(
        "token-other-prefix",
        "the checksum is over the prefix too",
        "token",
        &good.replacen("pgt1_", "pgpk1_", 1),
        wrong(),
    );
    add("token-cut-short", "", "token", &good[..good.len() - 1], wrong());
    add(
        "token-standard-base64",
        "a character of the other alphabet",
        "token",
        &good.replacen('-', "+", 1),
        wrong(),
    );
    add("token-empty", "", "token", "", wrong());
    add("token-prefix-alone", "", "token", "pgt1_", wrong());
    add(
        "token-of-nothing",
        "a checksum of no bytes: the text is one, the token none",
        "token",
        &encode("pgt1_", b""),
        refused("malformed", None),
    );
    add("token-of-text", "", "token", &encode("pgt1_", b"token"), refused("malformed", None));
    let flipped = if good.as_bytes()[9] == b'A' { "B" } else { "A" };
    add(
        "token-one-digit",
        "",
        "token",
        &format!("{}{flipped}{}", &good[..9], &good[10..]),
        wrong(),
    );
    let loose = encode("pgt1_", &[1, 2, 3]);
    let last = loose.chars().next_back().unwrap();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = digits.find(last).unwrap();
    let raised = format!("{}{}", &loose[..loose.len() - 1], &digits[place + 1..place + 2]);
    add("token-loose-bits", "bits that are left over are not zero", "token", &raised, wrong());
    add("token-tight-bits", "the same with zero", "token", &loose, refused("malformed", None));

    let (key, shared) = (Key::of("issuer"), secret("shared"));
    let id = |bytes: &[u8], id: [u8; 16]| json!({"ok": {"bytes": hex(bytes), "id": hex(&id)}});
    let public = encode("pgpk1_", &key.public());
    add("public-key", "", "public-key", &public, id(&key.public(), key.id()));
    add(
        "signing-key",
        "",
        "signing-key",
        &encode("pgsk1_", &key.seed()),
        id(&key.seed(), key.id()),
    );
    add(
        "shared-secret",
        "",
        "shared-secret",
        &encode("pgss1_", &shared),
        id(&shared, key_id_of_secret(&shared)),
    );
    add(
        "public-key-in-space",
        "",
        "public-key",
        &format!("{public}\n"),
        id(&key.public(), key.id()),
    );
    add("public-key-as-signing-key", "", "signing-key", &public, wrong());
    add(
        "signing-key-renamed",
        "",
        "shared-secret",
        &encode("pgsk1_", &key.seed()).replacen("pgsk1_", "pgss1_", 1),
        wrong(),
    );
    add("public-key-31-bytes", "", "public-key", &encode("pgpk1_", &key.public()[..31]), wrong());
    add(
        "public-key-33-bytes",
        "",
        "public-key",
        &encode("pgpk1_", &[key.public().as_slice(), &[0]].concat()),
        wrong(),
    );
    add("public-key-small-order", "", "public-key", &encode("pgpk1_", &[0; 32]), wrong());
    let mut reduced = [0xFF; 32];
    (reduced[0], reduced[31]) = (0xF0, 0x7F);
    add("public-key-not-reduced", "3 + p", "public-key", &encode("pgpk1_", &reduced), wrong());
    let mut no_point = [0; 32];
    no_point[0] = 2;
    add("public-key-no-point", "", "public-key", &encode("pgpk1_", &no_point), wrong());
}

fn encode(prefix: &str, bytes: &[u8]) -> String {
    let mut crc = crc32fast::Hasher::new();
    crc.update(prefix.as_bytes());
    crc.update(bytes);
    let checked = [bytes, &crc.finalize().to_be_bytes()].concat();
    format!("{prefix}{}", Base64UrlUnpadded::encode_string(&checked))
}
