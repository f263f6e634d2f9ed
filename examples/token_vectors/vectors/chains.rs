//! Chains that were put together wrongly, or by somebody else.

use serde_json::{Value, json};

use super::cbor::Cbor;
use super::chain::{Block, Chain, Parts, SEAL, SIGN, TAG, mail, no};
use super::crypto::{Key, hex, mac, raised, secret};
use super::{Case, refuse, refused};

pub fn add(to: &mut Vec<Value>) {
    moved(to);
    signatures(to);
    ends(to);
    next_keys(to);
    shared(to);
}

fn four(chain: Chain) -> Chain {
    chain
        .add(Block::root(mail()))
        .add(Block::restrict(no("delete")))
        .add(Block::restrict(no("share")).set(5, Cbor::text("reader")))
        .add(Block::restrict(no("create")))
}

/// The chain with other blocks, by their places.
fn places(chain: &Chain, places: &[usize]) -> Parts {
    let parts = chain.parts();
    Parts { blocks: places.iter().map(|place| parts.blocks[*place].clone()).collect(), ..parts }
}

fn moved(to: &mut Vec<Value>) {
    let chain = four(Chain::public());
    let wrong = "wrong-signature";
    let cases = [
        ("root-removed", "", &[1, 2, 3][..], wrong, Some(0)),
        ("block-removed", "the restriction in the middle", &[0, 2, 3][..], wrong, Some(1)),
        (
            "last-block-removed",
            "the end is that of a block that is not there",
            &[0, 1, 2][..],
            "wrong-end",
            None,
        ),
        ("all-but-root-removed", "", &[0][..], "wrong-end", None),
        ("blocks-reordered", "", &[0, 2, 1, 3][..], wrong, Some(1)),
        ("block-duplicated", "", &[0, 1, 1, 2, 3][..], wrong, Some(2)),
        ("last-block-duplicated", "", &[0, 1, 2, 3, 3][..], wrong, Some(4)),
        ("root-duplicated", "", &[0, 0, 1, 2, 3][..], wrong, Some(1)),
    ];
    for (name, comment, order, reason, block) in cases {
        refuse(to, name, comment, &places(&chain, order).bytes(), reason, block);
    }

    let other = four(Chain::public().labelled("other "));
    let mut parts = chain.parts();
    parts.blocks[2] = other.parts().blocks[2].clone();
    refuse(
        to,
        "block-spliced",
        "from another token of the same issuer",
        &parts.bytes(),
        wrong,
        Some(2),
    );
    let mut parts = chain.parts();
    parts.blocks[0] = other.parts().blocks[0].clone();
    refuse(
        to,
        "root-spliced",
        "the root is good, what follows is another chain's",
        &parts.bytes(),
        wrong,
        Some(1),
    );
    let wider = chain.parts();
    let parts = Parts { end: other.parts().end, ..wider };
    refuse(to, "end-spliced", "the end of another token", &parts.bytes(), "wrong-end", None);

    let stranger = Chain::of_issuer(&Key::of("stranger")).add(Block::root(mail()));
    refuse(to, "stranger", "an issuer that nobody trusts", &stranger.token(), "unknown-key", None);
    let forged = Parts { issuer: Cbor::bytes(chain.issuer), ..stranger.parts() }.bytes();
    refuse(
        to,
        "stranger-as-issuer",
        "a stranger's signature under the issuer's name",
        &forged,
        wrong,
        Some(0),
    );
    Case::new("other-issuer", "signed by one trusted issuer in the name of another")
        .trust(json!([{"public": hex(&Key::of("issuer").public())}, {"public": hex(&Key::of("stranger").public())}]))
        .step(&forged, json!({}), refused(wrong, Some(0)))
        .add(to);
    Case::new("nobody-trusted", "")
        .trust(json!([]))
        .step(&chain.token(), json!({}), refused("unknown-key", None))
        .add(to);
}

/// The chain with another signature at one place.
fn signed(chain: &Chain, place: usize, signature: &[u8]) -> Vec<u8> {
    let mut parts = chain.parts();
    parts.blocks[place] =
        Cbor::List(vec![Cbor::bytes(&chain.bodies[place]), Cbor::bytes(signature)]);
    parts.bytes()
}

fn signatures(to: &mut Vec<Value>) {
    let chain = four(Chain::public());
    let wrong = "wrong-signature";
    let (issuer, link) = (Key::of("issuer"), chain.links[0]);
    for (place, (byte, bit)) in [(0, 0), (31, 7), (32, 0), (63, 5)].into_iter().enumerate() {
        let mut signature = chain.signatures[place];
        signature[byte] ^= 1 << bit;
        let name = format!("signature-bit-{place}");
        refuse(
            to,
            &name,
            "one bit is wrong",
            &signed(&chain, place, &signature),
            wrong,
            Some(place),
        );
    }
    let mut body = chain.bodies[0].clone();
    body[4] ^= 1;
    let mut parts = chain.parts();
    parts.blocks[0] = Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(chain.signatures[0])]);
    refuse(to, "nonce-changed", "one bit of the root", &parts.bytes(), wrong, Some(0));

    let raised = raised(chain.signatures[0]);
    refuse(
        to,
        "signature-raised",
        "S plus the order of the group",
        &signed(&chain, 0, &raised),
        wrong,
        Some(0),
    );
    let message = [SIGN, &link].concat();
    let small = issuer.sign_with_small_point(&message);
    refuse(
        to,
        "signature-small-point",
        "the equation holds, R is of small order",
        &signed(&chain, 0, &small),
        wrong,
        Some(0),
    );
    refuse(to, "signature-zero", "", &signed(&chain, 0, &[0; 64]), wrong, Some(0));
    let seal = issuer.sign(&[SEAL, &link]);
    refuse(
        to,
        "signature-is-a-seal",
        "in the domain of seals",
        &signed(&chain, 0, &seal),
        wrong,
        Some(0),
    );
    let bare = issuer.sign(&[&link]);
    refuse(to, "signature-without-domain", "", &signed(&chain, 0, &bare), wrong, Some(0));
    let of_body = issuer.sign(&[SIGN, &chain.bodies[0]]);
    refuse(
        to,
        "signature-of-body",
        "not of the link",
        &signed(&chain, 0, &of_body),
        wrong,
        Some(0),
    );
    let issuers = issuer.sign(&[SIGN, &chain.links[1]]);
    refuse(
        to,
        "issuer-signs-later",
        "only the key that the root names does",
        &signed(&chain, 1, &issuers),
        wrong,
        Some(1),
    );
}

fn ends(to: &mut Vec<Value>) {
    let end = "wrong-end";
    let chain = four(Chain::public());
    let (next, other) = (chain.signer.clone().unwrap(), Key::of("other"));
    let seal = chain.seal();
    let ended = |kind, holds: Option<&[u8]>| chain.parts().end(kind, holds).bytes();
    refuse(to, "end-other-secret", "", &ended(0, Some(&other.seed())), end, None);
    refuse(to, "end-bound-without-holder", "", &ended(2, None), end, None);
    let of_other = other.sign(&[SEAL, chain.link()]);
    refuse(to, "seal-of-other-key", "", &ended(1, Some(&of_other)), end, None);
    let not_seal = next.sign(&[SIGN, chain.link()]);
    refuse(
        to,
        "seal-is-a-signature",
        "in the domain of blocks",
        &ended(1, Some(&not_seal)),
        end,
        None,
    );
    let early = next.sign(&[SEAL, &chain.links[2]]);
    refuse(to, "seal-of-other-link", "", &ended(1, Some(&early)), end, None);
    refuse(to, "seal-63-bytes", "", &ended(1, Some(&seal[..63])), end, None);
    refuse(to, "seal-empty", "", &ended(1, Some(b"")), end, None);
    refuse(
        to,
        "seal-opened",
        "the seal in place of a secret",
        &ended(0, Some(&seal[..32])),
        end,
        None,
    );

    // What somebody adds who has only the seal: the block is signed with another key.
    let extended = chain.clone().signed_by(other).add(Block::restrict(no("update")));
    refuse(to, "sealed-and-extended", "", &extended.token(), "wrong-signature", Some(4));
    let kept = extended.parts().end(1, Some(&seal)).bytes();
    refuse(to, "sealed-and-extended-under-seal", "", &kept, "wrong-signature", Some(4));

    let holder = Key::of("holder");
    let bound = Chain::public().add(Block::root(mail()).bound_to(&holder));
    let opened = bound.parts().end(0, Some(&holder.seed())).bytes();
    refuse(to, "bound-opened", "the holder's secret in the token", &opened, end, None);
    let sealed = bound.parts().end(1, Some(&bound.seal())).bytes();
    refuse(to, "bound-sealed", "a bound token has no seal", &sealed, end, None);
    let stolen = bound.signed_by(Key::of("thief")).add(Block::new());
    refuse(to, "bound-extended-by-thief", "", &stolen.token(), "wrong-signature", Some(1));
}

fn next_keys(to: &mut Vec<Value>) {
    let next = Key::of("next");
    let none = Chain::public().add_body(Cbor::Map(Block::root(mail()).fields()).encode(), &next);
    refuse(
        to,
        "no-next-key",
        "neither field 6 nor field 13",
        &none.token(),
        "invalid-block",
        Some(0),
    );
    let both = Block::root(mail()).bound_to(&next).set(13, Cbor::bytes(next.public()));
    let both = Chain::public().add_body(Cbor::Map(both.fields()).encode(), &next);
    refuse(to, "two-next-keys", "fields 6 and 13", &both.token(), "invalid-block", Some(0));
    let later = Chain::public().add(Block::root(mail())).add_body(vec![0xA0], &next);
    refuse(to, "later-no-next-key", "", &later.token(), "invalid-block", Some(1));
}

fn shared(to: &mut Vec<Value>) {
    let wrong = "wrong-signature";
    let chain = four(Chain::shared());
    let cases: [(&str, &[usize]); 5] = [
        ("root-removed", &[1, 2, 3]),
        ("block-removed", &[0, 2, 3]),
        ("last-block-removed", &[0, 1, 2]),
        ("blocks-reordered", &[0, 2, 1, 3]),
        ("block-duplicated", &[0, 1, 1, 2, 3]),
    ];
    for (name, order) in cases {
        let token = places(&chain, order).bytes();
        refuse(to, &format!("shared-{name}"), "", &token, wrong, None);
    }
    let end = |kind, holds: Option<&[u8]>| chain.parts().end(kind, holds).bytes();
    refuse(
        to,
        "shared-earlier-tag",
        "the tag of the block before",
        &end(0, Some(&chain.tags[2])),
        wrong,
        None,
    );
    refuse(
        to,
        "shared-seal-opened",
        "the seal in place of the tag",
        &end(0, Some(&chain.seal())),
        wrong,
        None,
    );
    refuse(to, "shared-seal-is-the-tag", "", &end(1, Some(&chain.tags[3])), wrong, None);
    let not_seal = mac(&chain.tags[3], &[TAG, chain.link()]);
    refuse(
        to,
        "shared-seal-is-a-tag",
        "in the domain of blocks",
        &end(1, Some(&not_seal)),
        wrong,
        None,
    );
    refuse(to, "shared-seal-31-bytes", "", &end(1, Some(&chain.seal()[..31])), wrong, None);
    refuse(
        to,
        "shared-end-bound",
        "there is no such end in a shared-secret chain",
        &end(2, None),
        "wrong-end",
        None,
    );

    let mut sealed = chain.clone();
    sealed.tags.push(chain.seal().try_into().unwrap());
    let mut extended = sealed.add(Block::new());
    extended.tags.remove(4);
    refuse(
        to,
        "shared-sealed-and-extended",
        "with the seal as key of the next tag",
        &extended.token(),
        wrong,
        None,
    );

    Case::new("shared-other-secret", "the id of one secret, the tags of another")
        .trust(json!([{"shared": hex(&secret("another"))}]))
        .step(&chain.token(), json!({}), refused("unknown-key", None))
        .add(to);
    let next = Block::root(mail()).set(13, Cbor::bytes(Key::of("next").public()));
    let named = Chain::shared().add(next);
    refuse(to, "shared-next-key", "", &named.token(), "invalid-block", Some(0));
    let (holder, second) = (Key::of("holder"), Key::of("second holder"));
    let bound = Chain::shared().add(Block::root(mail()).bound_to(&holder));
    let rebound = bound.clone().add(Block::new()).add(Block::new().bound_to(&second));
    refuse(to, "shared-rebound", "to another key", &rebound.token(), "holder-rebound", Some(2));
    let again = bound.add(Block::new().bound_to(&holder));
    refuse(to, "shared-bound-again", "to the same key", &again.token(), "holder-rebound", Some(1));
}
