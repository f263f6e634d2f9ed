//! Bytes that are not of the one form: sizes, the envelope, and its parts.

use serde_json::{Value, json};

use super::cbor::{Cbor, wide};
use super::chain::{Block, Chain, Parts, mail, no};
use super::{Case, MALFORMED, NOT_CANONICAL, refuse, refused};

pub fn add(to: &mut Vec<Value>) {
    sizes(to);
    envelope(to);
    parts(to);
}

fn sizes(to: &mut Vec<Value>) {
    let over = json!({"hex": "84", "zeros": 65_536});
    Case::new("too-long", "65,537 bytes, whatever they hold")
        .step(b"", json!({"token": over}), refused("too-long", None))
        .add(to);
    let most = json!({"hex": "84", "zeros": 65_535});
    Case::new("longest", "65,536 bytes are looked at")
        .step(b"", json!({"token": most}), refused("unknown-version", None))
        .add(to);
    refuse(to, "empty", "no bytes", b"", MALFORMED, None);
    refuse(to, "text-as-bytes", "the text form is another form", b"pgt1_AAAA", MALFORMED, None);

    let blocks =
        (1..65).fold(Chain::shared().add(Block::root(mail())), |chain, _| chain.add(Block::new()));
    refuse(to, "65-blocks", "one too many", &blocks.token(), "too-many-blocks", None);
    let mut claimed = vec![0x84, 0x01];
    claimed.extend(Cbor::bytes(blocks.issuer).encode());
    claimed.extend(wide(4, u64::MAX, 8));
    refuse(
        to,
        "claims-many-blocks",
        "a length without what it says",
        &claimed,
        "too-many-blocks",
        None,
    );
}

fn envelope(to: &mut Vec<Value>) {
    let chain = Chain::public().add(Block::root(mail())).add(Block::restrict(no("delete")));
    let (token, parts) = (chain.token(), chain.parts());
    let list = parts.clone().list();

    refuse(to, "three-parts", "no end", &Cbor::List(list[..3].to_vec()).encode(), MALFORMED, None);
    let five = [&list[..], &[Cbor::Int(0)]].concat();
    refuse(to, "five-parts", "one part more", &Cbor::List(five).encode(), MALFORMED, None);
    let open = [&[0x9F][..], &token[1..], &[0xFF]].concat();
    refuse(to, "envelope-of-no-length", "an array of indefinite length", &open, MALFORMED, None);
    let tagged = [&[0xD9, 0xD9, 0xF7][..], &token].concat();
    refuse(to, "envelope-tagged", "a tag before it", &tagged, MALFORMED, None);
    let long = [&wide(4, 4, 1)[..], &token[1..]].concat();
    refuse(to, "envelope-head-long", "its length in two bytes", &long, NOT_CANONICAL, None);
    refuse(to, "cut-short", "the last byte is missing", &token[..token.len() - 1], MALFORMED, None);
    refuse(
        to,
        "one-byte-more",
        "something stands behind it",
        &[&token[..], &[0]].concat(),
        NOT_CANONICAL,
        None,
    );

    let version = |version| Parts { version, ..parts.clone() }.bytes();
    refuse(to, "version-0", "", &version(Cbor::Int(0)), "unknown-version", None);
    refuse(to, "version-2", "", &version(Cbor::Int(2)), "unknown-version", None);
    refuse(
        to,
        "version-long",
        "1 in two bytes",
        &version(Cbor::Raw(wide(0, 1, 1))),
        NOT_CANONICAL,
        None,
    );
    refuse(to, "version-text", "", &version(Cbor::text("1")), MALFORMED, None);

    let issuer = |issuer| Parts { issuer, ..parts.clone() }.bytes();
    refuse(to, "issuer-15-bytes", "", &issuer(Cbor::bytes(&chain.issuer[..15])), MALFORMED, None);
    let long = [&wide(2, 16, 1)[..], &chain.issuer].concat();
    refuse(to, "issuer-head-long", "", &issuer(Cbor::Raw(long)), NOT_CANONICAL, None);
    let mut other = chain.issuer;
    other[0] = 3;
    refuse(
        to,
        "issuer-algorithm-3",
        "no algorithm that is known",
        &issuer(Cbor::bytes(other)),
        "unknown-key",
        None,
    );
}

fn parts(to: &mut Vec<Value>) {
    let chain = Chain::public().add(Block::root(mail())).add(Block::restrict(no("delete")));
    let shared = Chain::shared().add(Block::root(mail())).add(Block::restrict(no("delete")));
    let blocks = |blocks: Vec<Cbor>| Parts { blocks, ..chain.parts() }.bytes();
    let pair =
        |body: &[u8], signature: &[u8]| Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(signature)]);
    let (body, signature) = (&chain.bodies[0], &chain.signatures[0]);

    refuse(to, "no-block", "", &blocks(Vec::new()), MALFORMED, None);
    let three = Cbor::List(vec![Cbor::bytes(body), Cbor::bytes(signature), Cbor::Int(0)]);
    refuse(to, "block-of-three", "", &blocks(vec![three]), MALFORMED, None);
    refuse(
        to,
        "signature-63-bytes",
        "",
        &blocks(vec![pair(body, &signature[..63])]),
        MALFORMED,
        None,
    );
    refuse(to, "block-a-number", "", &blocks(vec![Cbor::Int(1)]), MALFORMED, None);
    let long =
        [&[0x82][..], &wide(2, body.len() as u64, 2), body, &Cbor::bytes(signature).encode()]
            .concat();
    refuse(to, "body-head-long", "", &blocks(vec![Cbor::Raw(long)]), NOT_CANONICAL, None);
    let chunks =
        [&[0x82, 0x5F][..], &Cbor::bytes(body).encode(), &[0xFF], &Cbor::bytes(signature).encode()]
            .concat();
    refuse(
        to,
        "body-in-chunks",
        "a byte string of indefinite length",
        &blocks(vec![Cbor::Raw(chunks)]),
        MALFORMED,
        None,
    );

    let bare = |chain: &Chain| chain.bodies.iter().map(Cbor::bytes).collect::<Vec<_>>();
    refuse(
        to,
        "public-without-signatures",
        "bodies as in a shared-secret chain",
        &blocks(bare(&chain)),
        "wrong-kind",
        None,
    );
    let mixed = vec![chain.parts().blocks[0].clone(), Cbor::bytes(&chain.bodies[1])];
    refuse(
        to,
        "one-without-signature",
        "both kinds in one chain",
        &blocks(mixed),
        "wrong-kind",
        None,
    );
    let pairs = Parts { blocks: chain.parts().blocks, ..shared.parts() };
    refuse(
        to,
        "shared-with-signatures",
        "the issuer's id says that the secret is shared",
        &pairs.bytes(),
        "wrong-kind",
        None,
    );

    let end = |end: Cbor| Parts { end, ..chain.parts() }.bytes();
    let seed = Cbor::bytes(chain.signer.as_ref().unwrap().seed());
    refuse(to, "end-of-kind-3", "", &end(Cbor::List(vec![Cbor::Int(3)])), MALFORMED, None);
    refuse(
        to,
        "end-bound-with-secret",
        "",
        &end(Cbor::List(vec![Cbor::Int(2), seed.clone()])),
        MALFORMED,
        None,
    );
    refuse(
        to,
        "end-open-without-secret",
        "",
        &end(Cbor::List(vec![Cbor::Int(0)])),
        MALFORMED,
        None,
    );
    refuse(
        to,
        "end-secret-31-bytes",
        "",
        &chain.parts().end(0, Some(&[7; 31])).bytes(),
        MALFORMED,
        None,
    );
    let long = Cbor::List(vec![Cbor::Raw(wide(0, 0, 1)), seed]);
    refuse(to, "end-kind-long", "0 in two bytes", &end(long), NOT_CANONICAL, None);
}
