//! Challenges, and proofs of possession.

use serde_json::{Value, json};

use super::cbor::{Cbor, wide};
use super::chain::{Block, Chain, mail};
use super::crypto::{Key, hex, nonce};
use super::digests::{digest, read, text};
use super::{Case, NOW, VERIFIER, accepted, refused};

const MINUTE: u64 = 60_000;

pub fn add(to: &mut Vec<Value>) {
    proofs_of_actions(to);
    proofs_of_challenges(to);
    proofs_decoded(to);
}

/// A proof for one action, to the verifier of this page.
pub fn proof_of_action(
    holder: &Key,
    link: &[u8; 32],
    action: &Value,
    made: u64,
    label: &str,
) -> Vec<u8> {
    proof_to(VERIFIER, holder, link, action, made, label)
}

fn proof_to(
    verifier: &str,
    holder: &Key,
    link: &[u8; 32],
    action: &Value,
    made: u64,
    label: &str,
) -> Vec<u8> {
    let nonce = nonce(label);
    let message = [
        &b"permitgate/proof/1/action\0"[..],
        &text(verifier),
        &nonce,
        &made.to_be_bytes(),
        link,
        &digest(action),
    ];
    let signature = holder.sign(&message);
    Cbor::List(vec![
        Cbor::Int(1),
        Cbor::bytes(nonce),
        Cbor::Int(made.into()),
        Cbor::bytes(signature),
    ])
    .encode()
}

fn challenge(verifier: &str, ends: u64) -> Vec<u8> {
    Cbor::List(vec![Cbor::text(verifier), Cbor::bytes(nonce("challenge")), Cbor::Int(ends.into())])
        .encode()
}

fn proof_of_challenge(verifier: &str, holder: &Key, link: &[u8; 32], ends: u64) -> Vec<u8> {
    let nonce = nonce("challenge");
    let message = [
        &b"permitgate/proof/1/challenge\0"[..],
        &text(verifier),
        &nonce,
        &ends.to_be_bytes(),
        link,
    ];
    let signature = holder.sign(&message);
    Cbor::List(vec![Cbor::Int(0), Cbor::bytes(challenge(verifier, ends)), Cbor::bytes(signature)])
        .encode()
}

fn proofs_of_actions(to: &mut Vec<Value>) {
    let holder = Key::of("holder");
    let chain = Chain::public().add(Block::root(mail()).bound_to(&holder));
    let (token, link) = (chain.token(), chain.link());
    let ok = accepted(&chain, json!({"holder_key": hex(&holder.public())}));
    let with = |proof: &[u8], now: u64| json!({"proof": hex(proof), "action": read(), "now": now});
    let one = |made: u64| proof_of_action(&holder, link, &read(), made, "one");

    Case::new("proof-needed", "bound, and no proof")
        .step(&token, json!({}), refused("proof-needed", None))
        .add(to);
    Case::new("proof-replayed", "the same proof twice, and another one")
        .step(&token, with(&one(NOW), NOW), ok.clone())
        .step(&token, with(&one(NOW), NOW + 1), refused("proof-replayed", None))
        .step(
            &token,
            with(&proof_of_action(&holder, link, &read(), NOW, "two"), NOW + 1),
            ok.clone(),
        )
        .step(&token, with(&one(NOW), NOW + MINUTE), refused("proof-expired", None))
        .add(to);
    Case::new("proof-lifetime", "a minute, and five seconds for a clock that is ahead")
        .step(&token, with(&one(NOW + 5001), NOW), refused("proof-expired", None))
        .step(&token, with(&one(NOW + 5000), NOW), ok.clone())
        .step(&token, with(&one(NOW), NOW + MINUTE - 1), ok.clone())
        .step(&token, with(&one(NOW - 1), NOW + MINUTE - 1), refused("proof-expired", None))
        .add(to);
    Case::new("proof-time-goes-on", "for proofs the time does not go back")
        .step(&token, with(&one(NOW), NOW), ok.clone())
        .step(&token, with(&one(NOW), NOW + MINUTE), refused("proof-expired", None))
        .step(&token, with(&one(NOW), NOW), refused("proof-expired", None))
        .add(to);
    Case::new("proof-without-action", "a proof for an action, and none is asked for")
        .step(&token, json!({"proof": hex(&one(NOW))}), refused("action-needed", None))
        .add(to);

    let mut other = read();
    other["arguments"]["id"] = json!(2);
    let below = chain.clone().add(Block::new().bound_to(&holder));
    let mut flipped = one(NOW);
    *flipped.last_mut().unwrap() ^= 1;
    let wrong = [
        (
            "proof-of-other-action",
            "another argument",
            proof_of_action(&holder, link, &other, NOW, "one"),
        ),
        (
            "proof-of-other-token",
            "of what was narrowed from it",
            proof_of_action(&holder, below.link(), &read(), NOW, "one"),
        ),
        ("proof-of-other-key", "", proof_of_action(&Key::of("thief"), link, &read(), NOW, "one")),
        ("proof-to-other-verifier", "", proof_to("gateway2", &holder, link, &read(), NOW, "one")),
        ("proof-bit", "one bit is wrong", flipped),
    ];
    for (name, comment, proof) in wrong {
        Case::new(name, comment)
            .step(&token, with(&proof, NOW), refused("wrong-proof", None))
            .add(to);
    }
    let old = proof_of_action(&Key::of("thief"), link, &read(), 0, "one");
    Case::new("proof-wrong-and-old", "the signature is looked at first")
        .step(&token, with(&old, NOW), refused("wrong-proof", None))
        .add(to);

    let unbound = Chain::public().add(Block::root(mail()));
    Case::new("proof-not-needed", "what is not asked for is not looked at")
        .step(&unbound.token(), with(&one(0), NOW), accepted(&unbound, json!({})))
        .add(to);
    let mut deep = json!(1);
    for _ in 0..64 {
        deep = json!([deep]);
    }
    let action =
        json!({"tool": "t", "operation": "read", "resource": "a", "arguments": {"a": deep}});
    Case::new("action-not-frozen", "arguments nested 65 deep have no digest")
        .step(&unbound.token(), json!({"action": action}), refused("action-not-frozen", None))
        .step(
            &token,
            json!({"action": action, "proof": hex(&one(NOW))}),
            refused("action-not-frozen", None),
        )
        .add(to);
}

fn proofs_of_challenges(to: &mut Vec<Value>) {
    let holder = Key::of("holder");
    let chain = Chain::public().add(Block::root(mail()).bound_to(&holder));
    let step = |verifier: &str, key: &Key, ends: u64| json!({"proof": hex(&proof_of_challenge(verifier, key, chain.link(), ends))});
    let token = chain.token();
    Case::new("challenge-not-open", "the signature is good, and the verifier did not ask")
        .step(&token, step(VERIFIER, &holder, NOW + 1), refused("unknown-challenge", None))
        .add(to);
    Case::new("challenge-ended", "")
        .step(&token, step(VERIFIER, &holder, NOW), refused("unknown-challenge", None))
        .add(to);
    Case::new("challenge-of-other-verifier", "passed on by somebody in between")
        .step(&token, step("gateway2", &holder, NOW + 1), refused("wrong-proof", None))
        .add(to);
    Case::new("challenge-answered-by-thief", "")
        .step(&token, step(VERIFIER, &Key::of("thief"), NOW + 1), refused("wrong-proof", None))
        .add(to);

    let mut decoded = |name: &str, comment: &str, bytes: &[u8], expect: Value| {
        to.push(json!({"name": name, "comment": comment, "kind": "challenge", "bytes": hex(bytes), "expect": expect}));
    };
    let wrong = || refused("unknown-challenge", None);
    let good = challenge(VERIFIER, NOW);
    decoded("challenge", "", &good, json!({"ok": {"verifier": VERIFIER, "expires": NOW}}));
    decoded("challenge-cut-short", "", &good[..good.len() - 1], wrong());
    decoded("challenge-one-byte-more", "", &[&good[..], &[0]].concat(), wrong());
    decoded("challenge-of-no-name", "", &challenge("", NOW), wrong());
    decoded("challenge-of-long-name", "", &challenge(&"v".repeat(257), NOW), wrong());
    let long = [&good[..good.len() - 9], &wide(0, 1, 8)].concat();
    decoded("challenge-number-long", "", &long, wrong());
}

fn proofs_decoded(to: &mut Vec<Value>) {
    let (holder, link) = (Key::of("holder"), [7; 32]);
    let mut decoded = |name: &str, comment: &str, bytes: &[u8], expect: Value| {
        to.push(json!({"name": name, "comment": comment, "kind": "proof", "bytes": hex(bytes), "expect": expect}));
    };
    let wrong = || refused("wrong-proof", None);
    let of_action = proof_of_action(&holder, &link, &read(), NOW, "one");
    let of_challenge = proof_of_challenge(VERIFIER, &holder, &link, NOW);
    decoded("proof-of-action", "its form is good", &of_action, json!({"ok": {}}));
    decoded("proof-of-challenge", "its form is good", &of_challenge, json!({"ok": {}}));
    decoded("proof-empty", "", b"", wrong());
    decoded("proof-cut-short", "", &of_action[..of_action.len() - 1], wrong());
    decoded("proof-one-byte-more", "", &[&of_action[..], &[0]].concat(), wrong());
    decoded("proof-head-long", "", &[&wide(4, 4, 1)[..], &of_action[1..]].concat(), wrong());
    let parts = |parts: Vec<Cbor>| Cbor::List(parts).encode();
    let signature = Cbor::bytes([1; 64]);
    decoded("proof-of-kind-2", "", &parts(vec![Cbor::Int(2), signature.clone()]), wrong());
    let long = [&challenge(VERIFIER, NOW)[..], &[0]].concat();
    decoded(
        "proof-of-bad-challenge",
        "a byte behind the challenge",
        &parts(vec![Cbor::Int(0), Cbor::bytes(long), signature.clone()]),
        wrong(),
    );
    let nameless = parts(vec![Cbor::Int(0), Cbor::bytes(challenge("", NOW)), signature]);
    decoded("proof-of-nameless-challenge", "", &nameless, wrong());
}
