//! Tokens that are accepted.

use serde_json::{Value, json};

use super::attestations::Said;
use super::cbor::Cbor;
use super::chain::{Block, Chain, mail, no};
use super::crypto::{Key, hex};
use super::proofs::proof_of_action;
use super::{Case, NOW, accepted, policy};

pub fn add(to: &mut Vec<Value>) {
    public_chains(to);
    bound_chains(to);
    shared_chains(to);
    rights(to);
    demands(to);
    statements(to);
    edges(to);
}

fn accept(to: &mut Vec<Value>, name: &str, comment: &str, chain: &Chain, but: Value) {
    Case::new(name, comment).step(&chain.token(), json!({}), accepted(chain, but)).add(to);
}

fn budgets(list: &Value) -> Cbor {
    Cbor::List(list.as_array().unwrap().iter().map(policy::budget).collect())
}

fn public_chains(to: &mut Vec<Value>) {
    let one = Chain::public().add(Block::root(mail()));
    accept(to, "public-1-block", "a root, open", &one, json!({}));

    let two = one.clone().add(Block::restrict(no("delete")).set(5, Cbor::text("reader")));
    accept(to, "public-2-blocks", "narrowed and held", &two, json!({"holder": "reader"}));

    let spend = json!([{"name": "spend", "argument": "cents", "at_most": 10_000, "per": 3_600_000, "operations": ["create"]}]);
    let count = json!([{"name": "mails", "argument": null, "at_most": u64::MAX, "per": null, "operations": ["read", "delete"]}]);
    let four = Chain::public()
        .add(Block::root(mail()).set(3, Cbor::Int(5)).set(8, budgets(&spend)))
        .add(Block::grant(mail()).set(4, Cbor::Int(NOW as i128 + 10)).set(7, Cbor::Int(9)))
        .add(
            Block::new()
                .set(3, Cbor::Int(NOW as i128))
                .set(4, Cbor::Int(NOW as i128 + 1))
                .set(8, budgets(&count)),
        )
        .add(
            Block::restrict(no("share"))
                .set(3, Cbor::Int(1))
                .set(4, Cbor::Int(NOW as i128 + 9))
                .set(5, Cbor::text("last")),
        );
    let both = json!([spend[0], count[0]]);
    let but = json!({"not_before": NOW, "expires": NOW + 1, "holder": "last", "delegable": 7, "budgets": both});
    accept(to, "public-4-blocks", "the latest start, the earliest end, all budgets", &four, but);

    Case::new("public-sealed", "nothing can be added")
        .step(
            &two.sealed().bytes(),
            json!({}),
            accepted(&two, json!({"holder": "reader", "sealed": true})),
        )
        .add(to);

    let held = Chain::public()
        .add(Block::root(mail()).set(5, Cbor::text("reader")))
        .add(Block::restrict(no("delete")));
    accept(to, "holder-stays", "until another is named", &held, json!({"holder": "reader"}));

    let deep = Chain::public()
        .add(Block::root(mail()).set(7, Cbor::Int(2)))
        .add(Block::new().set(7, Cbor::Int(255)));
    accept(
        to,
        "delegable-does-not-rise",
        "a later block cannot raise it",
        &deep,
        json!({"delegable": 1}),
    );

    let partner = Chain::of_issuer(&Key::of("partner")).add(Block::root(mail()));
    Case::new("two-issuers", "each token counts under its own issuer")
        .trust(json!([{"public": hex(&Key::of("issuer").public())}, {"public": hex(&Key::of("partner").public())}]))
        .step(&partner.token(), json!({}), accepted(&partner, json!({})))
        .step(&one.token(), json!({}), accepted(&one, json!({})))
        .add(to);
}

fn bound_chains(to: &mut Vec<Value>) {
    let holder = Key::of("holder");
    let action = json!({"tool": "mail.read", "operation": "read", "resource": "mail/dana/1"});
    let bound = Chain::public().add(Block::root(mail()).bound_to(&holder));
    let key = hex(&holder.public());
    let proof = proof_of_action(&holder, bound.link(), &action, NOW, "good");
    Case::new("bound", "presented with a proof for one action")
        .step(
            &bound.token(),
            json!({"proof": hex(&proof), "action": action}),
            accepted(&bound, json!({"holder_key": key})),
        )
        .add(to);

    let second = Key::of("second holder");
    let rebound = bound.clone().add(Block::new().bound_to(&second));
    let proof = proof_of_action(&second, rebound.link(), &action, NOW, "good");
    let key = hex(&second.public());
    Case::new("bound-again", "a holder binds what it narrowed to somebody else's key")
        .step(
            &rebound.token(),
            json!({"proof": hex(&proof), "action": action}),
            accepted(&rebound, json!({"holder_key": key})),
        )
        .add(to);

    let unbound = bound.add(Block::restrict(no("delete")));
    accept(
        to,
        "bound-then-open",
        "a holder adds a block that binds to nobody",
        &unbound,
        json!({}),
    );
}

fn shared_chains(to: &mut Vec<Value>) {
    let one = Chain::shared().add(Block::root(mail()));
    accept(to, "shared-1-block", "a root under a shared secret", &one, json!({}));
    let three = one
        .add(Block::restrict(no("delete")).set(5, Cbor::text("reader")))
        .add(Block::grant(mail()).set(5, Cbor::text("narrower")));
    accept(
        to,
        "shared-3-blocks",
        "each tag is the key of the next",
        &three,
        json!({"holder": "narrower"}),
    );
    Case::new("shared-sealed", "the last tag was thrown away")
        .step(
            &three.sealed().bytes(),
            json!({}),
            accepted(&three, json!({"holder": "narrower", "sealed": true})),
        )
        .add(to);

    let holder = Key::of("holder");
    let action = json!({"tool": "mail.read", "operation": "read", "resource": "mail/dana/1"});
    let bound = Chain::shared()
        .add(Block::root(mail()))
        .add(Block::new().bound_to(&holder))
        .add(Block::restrict(no("delete")));
    let proof = proof_of_action(&holder, bound.link(), &action, NOW, "good");
    let key = hex(&holder.public());
    Case::new("shared-bound", "the binding of any block stays")
        .step(
            &bound.token(),
            json!({"proof": hex(&proof), "action": action}),
            accepted(&bound, json!({"holder_key": key})),
        )
        .add(to);

    let longest =
        (1..64).fold(Chain::shared().add(Block::root(mail())), |chain, _| chain.add(Block::new()));
    accept(to, "64-blocks", "the longest chain", &longest, json!({"delegable": 0}));
}

/// A root with rights to hand on, by name.
pub fn with_rights(rights: &[(&str, Value)]) -> Block {
    let rights = rights
        .iter()
        .map(|(name, granting)| Cbor::List(vec![Cbor::text(*name), policy::statements(granting)]));
    Block::root(mail()).set(9, Cbor::List(rights.collect()))
}

fn rights(to: &mut Vec<Value>) {
    let clean = json!([{"id": "clean", "effect": "permit", "operations": ["delete"], "resources": ["mail/{invoker}/spam/*"]}]);
    let root = Chain::public().add(with_rights(&[
        ("archive", mail()),
        ("clean", clean),
        ("é", json!([])),
    ]));
    accept(
        to,
        "hand-on",
        "rights that the holder may hand on",
        &root,
        json!({"hand_on": ["archive", "clean", "é"]}),
    );
    let kept = root.clone().add(Block::new().set(10, Cbor::texts(&["archive", "clean"])));
    accept(
        to,
        "hand-on-keeping",
        "some of them are kept",
        &kept,
        json!({"hand_on": ["archive", "clean"]}),
    );
    let used = kept.add(Block::restrict(no("share")).set(11, Cbor::text("clean")));
    accept(
        to,
        "hand-on-using",
        "one stands in place of the root's grant, none is kept",
        &used,
        json!({}),
    );
    let both =
        root.add(Block::new().set(10, Cbor::texts(&["clean"])).set(11, Cbor::text("archive")));
    accept(to, "hand-on-both", "one is used, another kept", &both, json!({"hand_on": ["clean"]}));
}

fn demands(to: &mut Vec<Value>) {
    let (directory, approver) = (Key::of("directory"), Key::of("approver"));
    let demand = |claim: &str, by: &Key, binding| {
        Cbor::List(vec![Cbor::text(claim), Cbor::bytes(by.public()), Cbor::Int(binding)])
    };
    let action = json!({"tool": "mail.read", "operation": "read", "resource": "mail/dana/1"});
    let root = Chain::public()
        .add(Block::root(mail()).set(12, Cbor::List(vec![demand("on-duty", &directory, 0)])));
    let chain = root.clone().add(
        Block::new()
            .set(4, Cbor::Int(NOW as i128 + 100))
            .set(12, Cbor::List(vec![demand("approved", &approver, 1)])),
    );
    // The first is for the link of the root, where it is demanded; the second for the whole token.
    let on_duty = Said::of_token(&directory, "on-duty", root.link(), NOW + 50).bytes();
    let approved = Said::of_action(&approver, "approved", chain.link(), &action, NOW + 70).bytes();
    let more = json!({"attestations": [hex(&approved), hex(&on_duty)], "action": action});
    let but = json!({"expires": NOW + 50});
    Case::new("demands", "what two blocks demand is presented; it ends with the first attestation")
        .step(&chain.token(), more, accepted(&chain, but))
        .add(to);

    let twice =
        root.add(Block::new().set(12, Cbor::List(vec![demand("on-duty", &directory, 0); 2])));
    let said = Said::of_token(&directory, "on-duty", twice.link(), NOW + 50).bytes();
    Case::new("demanded-twice", "one attestation answers several demands")
        .step(
            &twice.token(),
            json!({"attestations": [hex(&said)]}),
            accepted(&twice, json!({"expires": NOW + 50})),
        )
        .add(to);
}

fn statements(to: &mut Vec<Value>) {
    let tests = json!([
        {"argument": "a", "present": true},
        {"argument": "a", "present": false},
        {"argument": "a.0.b", "equals": "text"},
        {"argument": "a", "equals": true, "not": true},
        {"argument": "a", "equals": false, "optional": true},
        {"argument": "a", "equals": 0},
        {"argument": "a", "equals": i64::MIN},
        {"argument": "a", "equals": u64::MAX},
        {"argument": "a", "equals": 1.0},
        {"argument": "a", "equals": -0.0},
        {"argument": "a", "equals": 1.5e300},
        {"argument": "a", "one_of": ["b", "a", "a", 1, -25, 1.0, false]},
        {"argument": "a", "at_least": 24},
        {"argument": "a", "at_most": 256},
        {"argument": "a", "at_least": -0.5, "at_most": 65_536},
        {"argument": "a", "at_least": 9_007_199_254_740_992.0, "at_most": 9_007_199_254_740_993_u64},
        {"argument": "a", "matches": "*@example.com", "not": true, "optional": true},
        {"argument": "a", "endorsed": "any"},
        {"argument": "a", "endorsed": "user"},
        {"argument": "a", "endorsed": "program"},
        {"argument": "a.*.b", "endorsed": ["directory", "result"], "optional": true},
        {"argument": "a", "under": "example.com"},
        {"argument": "a.*.host", "holds_for": "all", "under": ["example.com", "10.0.0.1", "2001:db8::1"], "optional": true},
        {"argument": "a", "below": ["src", "/srv/data", "."]},
        {"argument": "a", "in_network": ["10.0.0.0/8", "fd00::/8", "192.0.2.7"], "not": true},
        {"argument": "a.*.b.*", "holds_for": "none", "equals": "--force"},
        {"argument": "a.*", "holds_for": "some", "one_of": ["Main", "é"], "case_blind": true},
        {"argument": "a", "matches": "Re: *", "case_blind": true},
        {"argument": "a", "at_most_elements": 0},
        {"argument": "a", "regex": "[A-Z]{2,5}-[0-9]+"},
        {"argument": "a", "equals_argument": "b.0.c"},
        {"argument": "a", "equals_bound": "project"},
    ]);
    let chain = Chain::public().add(Block::root(json!([
        {"id": "p", "effect": "permit", "operations": ["create"], "resources": ["**"], "when": tests},
    ])));
    accept(to, "conditions", "every kind of test, every kind of value", &chain, json!({}));

    let times = json!([
        {"clock": "Europe/Berlin", "days": ["mon-wed", "fri"], "from": "08:00", "until": "18:00"},
        {"clock": "UTC", "days": "sat", "not": true},
        {"clock": "America/Argentina/Buenos_Aires", "from": "22:30", "until": "24:00"},
    ]);
    let chain = Chain::public().add(Block::root(json!([
        {"id": "p", "effect": "permit", "operations": ["create"], "resources": ["**"], "when": times},
    ])));
    accept(to, "windows", "days and hours in zones", &chain, json!({}));

    let list = json!([
        {"id": "all", "effect": "permit", "operations": ["read", "create", "update", "delete", "execute", "share", "administer"],
         "tools": ["z", "a"], "resources": ["a/*/{invoker}/x-*.pdf", "**/b/**", "a%2Fb/%2E%2E/%C2%85/{team}"],
         "readers": ["invoker", "internal", "public", "principal:dana@example.com", "group:legal:eu", "channel:#ops", "domain:example.com"],
         "only_while_trusted": true},
        {"id": "ask", "effect": "require_approval", "operations": ["share"], "resources": ["**"], "readers": ["internal"], "beyond": ["group:legal"]},
        {"id": "ask-later", "effect": "require_approval", "operations": ["create"], "beyond": ["internal"], "after_untrusted": true},
        {"id": "no", "effect": "forbid", "operations": ["delete"], "beyond": ["invoker"], "after_untrusted": true},
        {"id": "some", "effect": "permit", "operations": ["read"], "resources": ["f/**"], "except_resources": ["f/{invoker}/*", "f/{desk}/**", "f/%2A"]},
        {"id": "spare", "effect": "forbid", "operations": ["update"], "except_resources": ["f/drafts/*"]},
        {"id": "z-else", "effect": "require_approval", "operations": ["read", "update"], "resources": ["**"], "readers": ["internal"],
         "otherwise": true},
    ]);
    let chain = Chain::public().add(Block::root(list));
    accept(to, "statements", "every field of a statement", &chain, json!({}));

    let list = json!([
        {"id": "p", "effect": "permit", "operations": ["read"], "tools": ["a-b_c.d@e:f'g&h=i#j k/l", "größe"],
         "resources": ["größe/日本/it's/٣", "a b/c+d/+49 30 *", "%28draft%29/x%3F%2A*", "a:b/2.0/.env/#1=&", "..a/a../%20x%20", "{_team-1}"],
         "readers": ["principal:Zoë, Dr. (a~b) $5 50%!", "domain:größe.example"],
         "when": [{"argument": "a", "matches": "https://*.example.com/../x%3Fid=*"}, {"argument": "a", "matches": ""},
                  {"argument": "a", "matches": "+49 *"}]},
    ]);
    let chain = Chain::public().add(Block::root(list));
    accept(to, "literals", "what stands as it is, and what is escaped", &chain, json!({}));
}

fn edges(to: &mut Vec<Value>) {
    let chain = Chain::public().add(Block::root(json!([]))).add(Block::restrict(json!([])));
    accept(to, "empty-lists", "grants nothing; restricts nothing", &chain, json!({}));

    let long = "n".repeat(256);
    let but = json!({"holder": long});
    let chain = Chain::public().add(Block::root(mail()).set(5, Cbor::text(long.as_str())));
    accept(to, "longest-name", "a name of 256 bytes", &chain, but);

    let odd = "Zoë <zoë@example.com> 日本 \u{1F512}";
    let chain = Chain::public().add(Block::root(mail()).set(5, Cbor::text(odd)));
    accept(to, "unicode-name", "text is not normalised", &chain, json!({"holder": odd}));

    let chain = Chain::public()
        .add(Block::root(mail()).set(3, Cbor::Int(NOW as i128)).set(4, Cbor::Int(NOW as i128 + 1)));
    let but = json!({"not_before": NOW, "expires": NOW + 1});
    accept(to, "one-millisecond", "valid at this moment alone", &chain, but);
}
