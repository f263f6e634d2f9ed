//! What somebody else says about a token or an action.

use serde_json::{Value, json};

use super::cbor::{Cbor, wide};
use super::chain::{Block, Chain, mail, signed};
use super::crypto::{Key, hex, nonce};
use super::digests::{digest, read};
use super::{Case, NOW, accepted, refused};

pub fn add(to: &mut Vec<Value>) {
    attestations(to);
    attestations_decoded(to);
}

pub fn demand(claim: &str, by: &Key, binding: i128) -> Cbor {
    Cbor::List(vec![Cbor::text(claim), Cbor::bytes(by.public()), Cbor::Int(binding)])
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
        signed(b"permitgate/attestation/1\0", Cbor::Map(self.fields.clone()).encode(), &self.by)
    }
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
