//! What is presented beside a token: challenges, proofs, attestations, revocation lists, digests of actions.

use serde_json::{Map, Value, json};

use super::cbor::{Cbor, wide};
use super::chain::{Block, Chain, mail};
use super::crypto::{Key, hash, hex, nonce};
use super::{Case, NOW, VERIFIER, accepted, refused};

const MINUTE: u64 = 60_000;

pub fn add(to: &mut Vec<Value>) {
    proofs_of_actions(to);
    proofs_of_challenges(to);
    proofs_decoded(to);
    attestations(to);
    attestations_decoded(to);
    revocation_lists(to);
    digests(to);
}

pub fn demand(claim: &str, by: &Key, binding: i128) -> Cbor {
    Cbor::List(vec![Cbor::text(claim), Cbor::bytes(by.public()), Cbor::Int(binding)])
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
        &b"portcullis/proof/1/action\0"[..],
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
        &b"portcullis/proof/1/challenge\0"[..],
        &text(verifier),
        &nonce,
        &ends.to_be_bytes(),
        link,
    ];
    let signature = holder.sign(&message);
    Cbor::List(vec![Cbor::Int(0), Cbor::bytes(challenge(verifier, ends)), Cbor::bytes(signature)])
        .encode()
}

type Fields = Vec<(u64, Cbor)>;

/// An attestation in the making.
pub struct Said {
    fields: Fields,
    by: Key,
}

impl Said {
    pub fn of_token(by: &Key, claim: &str, link: &[u8; 32], expires: u64) -> Self {
        Self::new(by, claim, link, None, expires)
    }

    pub fn of_action(by: &Key, claim: &str, link: &[u8; 32], action: &Value, expires: u64) -> Self {
        Self::new(by, claim, link, Some(digest(action)), expires)
    }

    fn new(by: &Key, claim: &str, link: &[u8; 32], action: Option<[u8; 32]>, expires: u64) -> Self {
        let mut fields = vec![
            (0, Cbor::text(claim)),
            (1, Cbor::bytes(by.public())),
            (2, Cbor::Int(action.is_some().into())),
            (3, Cbor::bytes(link)),
        ];
        fields.extend(action.map(|digest| (4, Cbor::bytes(digest))));
        fields.push((5, Cbor::bytes(nonce(claim))));
        fields.push((6, Cbor::Int(expires.into())));
        Self { fields, by: by.clone() }
    }

    /// Signed by somebody else.
    fn signed_by(mut self, key: &Key) -> Self {
        self.by = key.clone();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        signed(b"portcullis/attestation/1\0", Cbor::Map(self.fields.clone()).encode(), &self.by)
    }
}

fn signed(domain: &[u8], body: Vec<u8>, by: &Key) -> Vec<u8> {
    let signature = by.sign(&[domain, &body]);
    Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(signature)]).encode()
}

/// A revocation list in the making.
#[derive(Clone)]
pub struct List {
    fields: [u64; 3],
    entries: [Vec<Cbor>; 3],
}

impl List {
    pub fn new(sequence: u64, after: u64, issued: u64) -> Self {
        Self { fields: [sequence, after, issued], entries: Default::default() }
    }

    pub fn subtree(mut self, id: &[u8]) -> Self {
        self.entries[0].push(Cbor::bytes(id));
        self
    }

    pub fn key(mut self, id: &[u8]) -> Self {
        self.entries[1].push(Cbor::bytes(id));
        self
    }

    pub fn holder(mut self, name: &str) -> Self {
        self.entries[2].push(Cbor::text(name));
        self
    }

    fn fields(&self) -> Vec<(u64, Cbor)> {
        let numbers = (0..).zip(self.fields.map(|number| Cbor::Int(number.into())));
        let lists = (3..).zip(self.entries.clone()).filter(|(_, list)| !list.is_empty());
        numbers.chain(lists.map(|(key, list)| (key, Cbor::List(list)))).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        list_of(Cbor::Map(self.fields()).encode(), &Key::of("operator"))
    }
}

fn list_of(body: Vec<u8>, by: &Key) -> Vec<u8> {
    signed(b"portcullis/revocations/1\0", body, by)
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_be_bytes()[..], text.as_bytes()].concat()
}

/// The digest of an action that is written in JSON.
pub fn digest(action: &Value) -> [u8; 32] {
    let operations = ["read", "create", "update", "delete", "execute", "share", "administer"];
    let operation = operations.iter().position(|name| action["operation"] == *name).unwrap() as u8;
    let reversible = action["reversible"].as_bool().unwrap_or(operation == 0);
    let nothing = Map::new();
    hash(&[
        b"portcullis/action/1\0",
        &text(action["tool"].as_str().unwrap()),
        &[operation, u8::from(!reversible)],
        &text(action["resource"].as_str().unwrap()),
        &audience(&action["audience"]),
        &[u8::from(action["untrusted"] == true), 0],
        &object(action["arguments"].as_object().unwrap_or(&nothing)),
    ])
}

fn audience(of: &Value) -> Vec<u8> {
    let named = |mark: u8, name: &Value| [&[mark][..], &text(name.as_str().unwrap())].concat();
    match of {
        Value::Null => vec![0],
        Value::String(word) if word == "internal" => vec![4],
        Value::String(_) => vec![5],
        _ if of["group"].is_string() => named(2, &of["group"]),
        _ if of["channel"].is_string() => named(3, &of["channel"]),
        _ => {
            let mut names: Vec<&str> = of["recipients"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            names.sort_unstable();
            names.dedup();
            let count = (names.len() as u64).to_be_bytes();
            names.iter().fold([&[1][..], &count].concat(), |all, name| [all, text(name)].concat())
        }
    }
}

fn object(fields: &Map<String, Value>) -> Vec<u8> {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    let count = (names.len() as u64).to_be_bytes().to_vec();
    names.iter().fold(count, |all, name| [all, text(name), value(&fields[*name])].concat())
}

fn value(of: &Value) -> Vec<u8> {
    match of {
        Value::Null => vec![0],
        Value::Bool(value) => vec![1, u8::from(*value)],
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => [&[2][..], &i128::from(value).to_be_bytes()].concat(),
            (_, Some(value), _) => [&[2][..], &i128::from(value).to_be_bytes()].concat(),
            (_, _, value) => [&[3][..], &value.unwrap().to_bits().to_be_bytes()].concat(),
        },
        Value::String(held) => [vec![4], text(held)].concat(),
        Value::Array(list) => {
            let length = (list.len() as u64).to_be_bytes();
            list.iter().fold([&[5][..], &length].concat(), |all, item| [all, value(item)].concat())
        }
        Value::Object(fields) => [vec![6], object(fields)].concat(),
    }
}

fn read() -> Value {
    json!({"tool": "mail.read", "operation": "read", "resource": "mail/dana/1", "arguments": {"id": 1}})
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

fn attestations(to: &mut Vec<Value>) {
    let by = Key::of("approver");
    let demanding =
        |binding| Block::new().set(12, Cbor::List(vec![demand("approved", &by, binding)]));
    let chain = Chain::public().add(Block::root(mail())).add(demanding(1)).add(Block::new());
    let (token, link) = (chain.token(), chain.link());
    let said = || Said::of_action(&by, "approved", link, &read(), NOW + 100).bytes();
    let with = |said: &[Vec<u8>], now: u64| {
        let said: Vec<String> = said.iter().map(|said| hex(said)).collect();
        json!({"attestations": said, "action": read(), "now": now})
    };
    let ok = accepted(&chain, json!({"expires": NOW + 100}));

    Case::new("attestation-once", "one for an action is good once")
        .step(&token, with(&[said()], NOW), ok.clone())
        .step(&token, with(&[said()], NOW + 1), refused("attestation-replayed", None))
        .step(&token, with(&[said()], NOW + 100), refused("attestation-expired", Some(1)))
        .step(&token, with(&[said()], NOW), refused("attestation-expired", Some(1)))
        .add(to);
    Case::new("attestation-missing", "none is there, or one of another claim, attester or binding")
        .step(&token, json!({}), refused("attestation-missing", Some(1)))
        .step(
            &token,
            with(&[Said::of_action(&by, "Approved", link, &read(), NOW + 1).bytes()], NOW),
            refused("attestation-missing", Some(1)),
        )
        .step(
            &token,
            with(
                &[Said::of_action(&Key::of("thief"), "approved", link, &read(), NOW + 1).bytes()],
                NOW,
            ),
            refused("attestation-missing", Some(1)),
        )
        .step(
            &token,
            with(&[Said::of_token(&by, "approved", link, NOW + 1).bytes()], NOW),
            refused("attestation-missing", Some(1)),
        )
        .add(to);
    Case::new("attestation-without-action", "")
        .step(&token, json!({"attestations": [hex(&said())]}), refused("action-needed", Some(1)))
        .add(to);
    let mut other = read();
    other["resource"] = json!("mail/dana/2");
    let wrong = || refused("wrong-attestation", Some(1));
    let root = chain.links[0];
    Case::new("attestation-wrong", "another action; the link of a block before the demand; of another chain; another signature")
        .step(&token, with(&[Said::of_action(&by, "approved", link, &other, NOW + 1).bytes()], NOW), wrong())
        .step(&token, with(&[Said::of_action(&by, "approved", &root, &read(), NOW + 1).bytes()], NOW), wrong())
        .step(&token, with(&[Said::of_action(&by, "approved", &[1; 32], &read(), NOW + 1).bytes()], NOW), wrong())
        .step(&token, with(&[Said::of_action(&by, "approved", link, &read(), NOW + 1).signed_by(&Key::of("thief")).bytes()], NOW), wrong())
        .add(to);
    let middle = Said::of_action(&by, "approved", &chain.links[1], &read(), NOW + 100).bytes();
    Case::new("attestation-of-demanding-block", "it holds for what is narrowed from it")
        .step(&token, with(&[middle], NOW), ok.clone())
        .add(to);
    let forged = Said::of_action(&by, "approved", link, &read(), NOW + 1);
    let forged = forged.signed_by(&Key::of("thief")).bytes();
    let early = Said::of_action(&by, "approved", link, &read(), NOW).bytes();
    Case::new(
        "attestation-first-good-counts",
        "the first that is good is taken; where none is, the first says why",
    )
    .step(&token, with(&[early.clone(), said()], NOW), ok.clone())
    .step(&token, with(&[early, forged], NOW), refused("attestation-expired", Some(1)))
    .add(to);
    let many = refused("wrong-attestation", None);
    Case::new("17-attestations", "").step(&token, with(&vec![said(); 17], NOW), many).add(to);

    let lasting = Chain::public()
        .add(Block::root(mail()).set(12, Cbor::List(vec![demand("approved", &by, 0)])));
    let said = Said::of_token(&by, "approved", lasting.link(), NOW + 100).bytes();
    let more = |now: u64| json!({"attestations": [hex(&said)], "now": now});
    let ok = accepted(&lasting, json!({"expires": NOW + 100}));
    Case::new("attestation-of-token", "good until it expires")
        .step(&lasting.token(), more(NOW), ok.clone())
        .step(&lasting.token(), more(NOW + 99), ok)
        .step(&lasting.token(), more(NOW + 100), refused("attestation-expired", Some(0)))
        .add(to);
}

fn attestations_decoded(to: &mut Vec<Value>) {
    let by = Key::of("approver");
    let said = || Said::of_action(&by, "approved", &[7; 32], &read(), NOW);
    let mut decoded = |name: &str, comment: &str, bytes: Value, expect: Value| {
        to.push(json!({"name": name, "comment": comment, "kind": "attestation", "bytes": bytes, "expect": expect}));
    };
    let wrong = || refused("wrong-attestation", None);
    let bytes = said().bytes();
    let ok = json!({"ok": {"claim": "approved", "attester": hex(&by.public()), "expires": NOW}});
    decoded("attestation", "", json!(hex(&bytes)), ok.clone());
    let forged = said().signed_by(&Key::of("thief")).bytes();
    decoded(
        "attestation-forged",
        "its form says nothing about who signed it",
        json!(hex(&forged)),
        ok,
    );
    decoded("attestation-one-byte-more", "", json!(hex(&[&bytes[..], &[0]].concat())), wrong());
    decoded("attestation-cut-short", "", json!(hex(&bytes[..bytes.len() - 1])), wrong());
    let long = |claim: usize| Said::of_token(&by, &"c".repeat(claim), &[7; 32], NOW).bytes();
    let claim = 4096 - (long(1000).len() - 1000);
    let but = json!({"claim": "c".repeat(claim), "attester": hex(&by.public()), "expires": NOW});
    decoded("attestation-longest", "4,096 bytes", json!(hex(&long(claim))), json!({"ok": but}));
    decoded("attestation-too-long", "4,097 bytes", json!(hex(&long(claim + 1))), wrong());
    let changed = |change: &dyn Fn(&mut Fields)| {
        let mut said = said();
        change(&mut said.fields);
        json!(hex(&said.bytes()))
    };
    let without = |key: u64| changed(&|fields| fields.retain(|(other, _)| *other != key));
    decoded("attestation-without-action-digest", "binding 1 needs one", without(4), wrong());
    decoded("attestation-without-binding", "", without(2), wrong());
    decoded("attestation-without-nonce", "", without(5), wrong());
    decoded(
        "attestation-binding-0",
        "with the digest of an action",
        changed(&|fields| fields[2].1 = Cbor::Int(0)),
        wrong(),
    );
    decoded(
        "attestation-unknown-field",
        "",
        changed(&|fields| fields.push((7, Cbor::Int(0)))),
        wrong(),
    );
    decoded("attestation-out-of-order", "", changed(&|fields| fields.swap(0, 1)), wrong());
    decoded(
        "attestation-number-long",
        "",
        changed(&|fields| fields[6].1 = Cbor::Raw(wide(0, 5, 8))),
        wrong(),
    );
    decoded(
        "attestation-weak-attester",
        "",
        changed(&|fields| fields[1].1 = Cbor::bytes([0; 32])),
        wrong(),
    );
}

fn revocation_lists(to: &mut Vec<Value>) {
    let operator = Key::of("operator");
    let mut read = |name: &str, comment: &str, lists: &[(Vec<u8>, &str)]| {
        let lists: Vec<Value> = lists
            .iter()
            .map(|(list, expect)| {
                let expect =
                    if *expect == "ok" { json!({"ok": {}}) } else { refused(expect, None) };
                json!({"list": hex(list), "now": NOW, "expect": expect})
            })
            .collect();
        to.push(json!({"name": name, "comment": comment, "kind": "lists", "signer": hex(&operator.public()), "lists": lists}));
    };
    let full = List::new(3, 0, NOW).subtree(&[1; 16]).key(&[2; 16]).holder("rogue").holder("rogue");
    read(
        "list",
        "all kinds of entries, then one that revokes nothing new",
        &[(full.bytes(), "ok"), (List::new(4, 3, NOW).bytes(), "ok")],
    );
    read(
        "list-old",
        "the same number, a smaller one, an earlier moment",
        &[
            (full.bytes(), "ok"),
            (full.bytes(), "old-list"),
            (List::new(2, 0, NOW + 1).bytes(), "old-list"),
            (List::new(4, 3, NOW - 1).bytes(), "old-list"),
            (List::new(0, 0, NOW).bytes(), "old-list"),
        ],
    );
    read(
        "list-gap",
        "one is missing between; a complete one closes the gap",
        &[
            (List::new(2, 1, NOW).bytes(), "list-gap"),
            (List::new(1, 0, NOW).bytes(), "ok"),
            (List::new(3, 2, NOW).bytes(), "list-gap"),
            (List::new(5, 0, NOW).bytes(), "ok"),
            (List::new(6, 4, NOW).bytes(), "ok"),
        ],
    );
    let body = |fields: Vec<(u64, Cbor)>| list_of(Cbor::Map(fields).encode(), &operator);
    let fields = || full.fields();
    let good = full.bytes();
    let mut wrong =
        |name: &str, comment: &str, list: Vec<u8>| read(name, comment, &[(list, "wrong-list")]);
    wrong("list-of-stranger", "", list_of(Cbor::Map(fields()).encode(), &Key::of("stranger")));
    wrong(
        "list-in-other-domain",
        "signed as an attestation",
        signed(b"portcullis/attestation/1\0", Cbor::Map(fields()).encode(), &operator),
    );
    wrong("list-one-byte-more", "", [&good[..], &[0]].concat());
    wrong("list-cut-short", "", good[..good.len() - 1].to_vec());
    wrong("list-empty", "", Vec::new());
    wrong("list-body-empty", "", list_of(Vec::new(), &operator));
    wrong(
        "list-body-one-byte-more",
        "",
        list_of([Cbor::Map(fields()).encode(), vec![0]].concat(), &operator),
    );
    wrong(
        "list-without-issued",
        "",
        body(fields().into_iter().filter(|(key, _)| *key != 2).collect()),
    );
    wrong(
        "list-unknown-field",
        "",
        body(fields().into_iter().chain([(6, Cbor::Int(0))]).collect()),
    );
    wrong(
        "list-empty-entries",
        "an empty list that is written",
        body(
            List::new(1, 0, NOW)
                .fields()
                .into_iter()
                .chain([(3, Cbor::List(Vec::new()))])
                .collect(),
        ),
    );
    wrong("list-id-15-bytes", "", List::new(1, 0, NOW).subtree(&[1; 15]).bytes());
    let mut long = List::new(1, 0, NOW).fields();
    long[0].1 = Cbor::Raw(wide(0, 1, 4));
    wrong("list-number-long", "", body(long));
}

fn digests(to: &mut Vec<Value>) {
    let base = json!({"tool": "t", "operation": "read", "resource": "a/b"});
    let mut add = |name: &str, comment: &str, but: Value| {
        let mut action = base.clone();
        action.as_object_mut().unwrap().extend(but.as_object().unwrap().clone());
        let digest = hex(&digest(&action));
        to.push(json!({"name": format!("digest-{name}"), "comment": comment, "kind": "digest", "action": action, "expect": digest}));
    };
    add("plain", "", json!({}));
    for operation in ["create", "update", "delete", "execute", "share", "administer"] {
        add(
            operation,
            "a write is irreversible unless it says otherwise",
            json!({"operation": operation}),
        );
    }
    add("reversible", "", json!({"operation": "delete", "reversible": true}));
    add("irreversible", "", json!({"reversible": false}));
    add("untrusted", "", json!({"untrusted": true}));
    add("unicode", "", json!({"tool": "tööl", "resource": "日本/1"}));
    add(
        "recipients",
        "sorted, none twice",
        json!({"audience": {"recipients": ["lee", "dana", "lee", "Zoë"]}}),
    );
    add("nobody", "", json!({"audience": {"recipients": []}}));
    add("group", "", json!({"audience": {"group": "legal"}}));
    add("channel", "", json!({"audience": {"channel": "legal"}}));
    add("internal", "", json!({"audience": "internal"}));
    add("public", "", json!({"audience": "public"}));
    let values = json!({"b": 1, "a": 1.0, "c": "1", "d": [1], "aa": null, "": true, "é": false, "e": {"z": [], "y": {}}});
    add(
        "values",
        "every kind of value; fields by the bytes of their names",
        json!({"arguments": values}),
    );
    add("integers", "", json!({"arguments": {"a": [i64::MIN, -1, 0, u64::MAX]}}));
    add(
        "floats",
        "zero and negative zero differ",
        json!({"arguments": {"a": [0.0, -0.0, 0.1, 1e300, 5e-324]}}),
    );
    let mut deep = json!(1);
    for _ in 0..63 {
        deep = json!([deep]);
    }
    add("deep", "64 deep is not too deep", json!({"arguments": {"a": deep}}));
}
