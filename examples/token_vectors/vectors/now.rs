//! Tokens that are authentic, and do not count now.

use serde_json::{Value, json};

use super::cbor::Cbor;
use super::chain::{Block, Chain, mail, no};
use super::crypto::{Key, hex};
use super::lists::List;
use super::proofs::proof_of_action;
use super::{Case, NOW, accepted, refused};

pub fn add(to: &mut Vec<Value>) {
    validity(to);
    key_validity(to);
    revoked(to);
    stale(to);
}

fn at(moment: u64) -> Value {
    json!({"now": moment})
}

fn validity(to: &mut Vec<Value>) {
    let chain = Chain::public()
        .add(Block::root(mail()).set(3, Cbor::Int(NOW as i128)))
        .add(Block::new().set(4, Cbor::Int(NOW as i128 + 1000)));
    let (token, but) = (chain.token(), json!({"not_before": NOW, "expires": NOW + 1000}));
    Case::new("validity", "the first moment counts, the last does not")
        .step(&token, at(NOW - 1), refused("not-yet-valid", None))
        .step(&token, at(NOW), accepted(&chain, but.clone()))
        .step(&token, at(NOW + 999), accepted(&chain, but))
        .step(&token, at(NOW + 1000), refused("expired", None))
        .step(&token, at(u64::MAX), refused("expired", None))
        .add(to);

    let never = Chain::public()
        .add(Block::root(mail()).set(3, Cbor::Int(NOW as i128 + 2)))
        .add(Block::new().set(4, Cbor::Int(NOW as i128 + 1)));
    Case::new("validity-empty", "it ends before it begins")
        .step(&never.token(), at(NOW), refused("not-yet-valid", None))
        .step(&never.token(), at(NOW + 2), refused("expired", None))
        .add(to);

    let always = Chain::public().add(Block::root(mail()));
    Case::new("validity-for-ever", "without an end, the last moment counts too")
        .step(&always.token(), at(0), accepted(&always, json!({})))
        .step(&always.token(), at(u64::MAX), accepted(&always, json!({})))
        .add(to);
}

fn key_validity(to: &mut Vec<Value>) {
    let chain = Chain::public().add(Block::root(mail()).set(4, Cbor::Int(NOW as i128 + 500)));
    let key = hex(&Key::of("issuer").public());
    let token = chain.token();
    Case::new("key-validity", "the key's bounds come first, and limit the token")
        .trust(json!([{"public": key, "from": NOW, "until": NOW + 400}]))
        .step(&token, at(NOW - 1), refused("key-not-valid", None))
        .step(&token, at(NOW), accepted(&chain, json!({"not_before": NOW, "expires": NOW + 400})))
        .step(&token, at(NOW + 400), refused("key-not-valid", None))
        .step(&token, at(NOW + 500), refused("key-not-valid", None))
        .add(to);
    Case::new("key-not-valid-yet", "also for a token that is expired")
        .trust(json!([{"public": key, "from": NOW + 600}]))
        .step(&token, at(NOW + 599), refused("key-not-valid", None))
        .step(&token, at(NOW + 600), refused("expired", None))
        .add(to);
}

fn lists(within: Option<u64>, lists: &[(Vec<u8>, u64)]) -> Value {
    let lists: Vec<Value> =
        lists.iter().map(|(bytes, now)| json!({"list": hex(bytes), "now": now})).collect();
    json!({"signer": hex(&Key::of("operator").public()), "within": within, "lists": lists})
}

fn revoked(to: &mut Vec<Value>) {
    let holder = Key::of("holder");
    let chain = Chain::public()
        .add(Block::root(mail()).set(5, Cbor::text("orchestrator")))
        .add(Block::new())
        .add(Block::restrict(no("delete")).set(5, Cbor::text("reader")).bound_to(&holder));
    let token = chain.token();
    let revoking = |list: List| lists(None, &[(list.bytes(), NOW)]);
    let plain = || List::new(1, 0, NOW);
    let id = |place: usize| chain.links[place][..16].to_vec();
    let cases = [
        ("revoked-root", plain().subtree(&id(0))),
        ("revoked-block", plain().subtree(&id(1))),
        ("revoked-last-block", plain().subtree(&[9; 16]).subtree(&id(2))),
        ("revoked-issuer", plain().key(&Key::of("issuer").id())),
        ("revoked-holder-key", plain().key(&holder.id())),
        ("revoked-holder", plain().holder("reader")),
        ("revoked-earlier-holder", plain().holder("orchestrator")),
    ];
    for (name, list) in cases {
        Case::new(name, "before a proof is asked for")
            .revocations(revoking(list))
            .step(&token, json!({}), refused("revoked", None))
            .add(to);
    }

    let action = json!({"tool": "t", "operation": "read", "resource": "mail/dana/1"});
    let proof = proof_of_action(&holder, chain.link(), &action, NOW, "revoked");
    let other =
        plain().subtree(&chain.links[0][16..]).key(&Key::of("stranger").id()).holder("Reader");
    let but = json!({"holder": "reader", "holder_key": hex(&holder.public())});
    Case::new("not-revoked", "others are")
        .revocations(revoking(other))
        .step(&token, json!({"proof": hex(&proof), "action": action}), accepted(&chain, but))
        .add(to);

    let (root, below) = (
        Chain::public().add(Block::root(mail())),
        Chain::public().add(Block::root(mail())).add(Block::new()),
    );
    Case::new("revoked-below", "what it was narrowed from goes on")
        .revocations(revoking(plain().subtree(&below.link()[..16])))
        .step(&below.token(), json!({}), refused("revoked", None))
        .step(&root.token(), json!({}), accepted(&root, json!({})))
        .add(to);
}

fn stale(to: &mut Vec<Value>) {
    let chain = Chain::public().add(Block::root(mail()));
    let token = chain.token();
    Case::new("nothing-heard", "a feed is demanded")
        .revocations(lists(Some(1000), &[]))
        .step(&token, json!({}), refused("revocations-stale", None))
        .add(to);
    let list = List::new(1, 0, NOW - 400).bytes();
    Case::new("heard", "a list counts from when it was issued")
        .revocations(lists(Some(1000), &[(list, NOW)]))
        .step(&token, at(NOW + 599), accepted(&chain, json!({})))
        .step(&token, at(NOW + 600), refused("revocations-stale", None))
        .add(to);
    let list = List::new(1, 0, NOW + 5000).bytes();
    Case::new("heard-from-the-future", "a list that is dated ahead counts from when it came")
        .revocations(lists(Some(1000), &[(list, NOW)]))
        .step(&token, at(NOW + 999), accepted(&chain, json!({})))
        .step(&token, at(NOW + 1000), refused("revocations-stale", None))
        .add(to);
}
