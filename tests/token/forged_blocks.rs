//! Blocks that are signed as they should be, and say what no block may say, or say it in another form.

use permitgate::prelude::*;
use permitgate::token::{Token, TokenBlock, TokenError, TokenReason};

use crate::cbor::{Item, Parts};
use crate::signer::{body, public, public_chain, read_all, shared_chain, statement};
use crate::*;

const SEEDS: [[u8; 32]; 4] = [[1; 32], [50; 32], [51; 32], [52; 32]];

fn nonce() -> (u64, Item) {
    (0, Item::Bytes(vec![9; 16]))
}

fn granting() -> (u64, Item) {
    (1, Item::List(vec![read_all()]))
}

fn next(seed: usize) -> (u64, Item) {
    (13, Item::Bytes(public(&SEEDS[seed])))
}

/// What becomes of a public-key chain of these blocks, each signed with the right key.
fn verdict(blocks: &[&[(u64, Item)]]) -> Result<Capability, TokenError> {
    let bodies: Vec<_> = blocks.iter().map(|entries| body(entries)).collect();
    let id = key(1).id();
    let chain = public_chain(id.as_bytes(), &bodies, &SEEDS[..=bodies.len()]);
    verifier().verify(&chain.write(), at(100))
}

fn wrong(blocks: &[&[(u64, Item)]]) -> (TokenReason, Option<usize>) {
    let error = verdict(blocks).expect_err("it is refused");
    (error.reason(), error.block())
}

#[test]
fn the_chains_made_by_hand_are_those_of_the_format() {
    let root = [nonce(), granting(), next(1)];
    let capability = verdict(&[&root, &[(7, Item::Uint(3)), next(2)]]).unwrap();
    assert_eq!((capability.depth(), capability.delegable()), (1, 3));
    let bodies = [body(&[nonce(), granting()]), body(&[(7, Item::Uint(3))])];
    let chain = shared_chain(secret(1).id().as_bytes(), &[1; 32], &bodies);
    assert_eq!(verifier().verify(&chain.write(), at(100)).unwrap().depth(), 1);
    let last = signer::links(&chain)[1];
    let seal = signer::seal_tag(&chain.end_bytes().try_into().unwrap(), &last);
    assert!(verifier().verify(&chain.ended(1, &seal).write(), at(100)).is_ok());
}

/// What blocks say, and why they are refused.
type Case<'c> = (&'c str, &'c [&'c [(u64, Item)]], (TokenReason, Option<usize>));

#[test]
fn a_block_says_what_its_place_allows() {
    let root = [nonce(), granting(), next(1)];
    let restricting = (2, Item::List(vec![statement(2)]));
    let named = Item::List(vec![Item::Text("x".to_owned()), Item::List(vec![read_all()])]);
    let hand_on = (9, Item::List(vec![named]));
    let right = || Item::Text("x".to_owned());
    let (invalid, first, second) = (TokenReason::InvalidBlock, Some(0), Some(1));
    let cases: [Case<'_>; 15] = [
        ("no nonce", &[&[granting(), next(1)]], (invalid, first)),
        ("no grant", &[&[nonce(), next(1)]], (invalid, first)),
        ("restrictions as a root", &[&[nonce(), restricting, next(1)]], (invalid, first)),
        (
            "a root that keeps",
            &[&[nonce(), granting(), (10, Item::List(vec![right()])), next(1)]],
            (invalid, first),
        ),
        ("a root that uses", &[&[nonce(), granting(), (11, right()), next(1)]], (invalid, first)),
        ("no next key", &[&[nonce(), granting()]], (invalid, first)),
        (
            "next key and holder's key",
            &[&[nonce(), granting(), (6, Item::Bytes(public(&[50; 32]))), next(1)]],
            (invalid, first),
        ),
        ("a second nonce", &[&root, &[nonce(), next(2)]], (invalid, second)),
        ("hand-on below the root", &[&root, &[hand_on, next(2)]], (invalid, second)),
        ("a right that is not there", &[&root, &[(11, right()), next(2)]], (invalid, second)),
        (
            "keeping what is not there",
            &[&root, &[(10, Item::List(vec![right()])), next(2)]],
            (invalid, second),
        ),
        (
            "no name of a holder",
            &[&root, &[(5, Item::Text(String::new())), next(2)]],
            (invalid, second),
        ),
        (
            "too deep",
            &[&[nonce(), granting(), (7, Item::Uint(0)), next(1)], &[next(2)]],
            (TokenReason::TooDeep, second),
        ),
        (
            "two deep",
            &[&[nonce(), granting(), (7, Item::Uint(1)), next(1)], &[next(2)], &[next(3)]],
            (TokenReason::TooDeep, Some(2)),
        ),
        (
            "a permit that restricts",
            &[&root, &[(2, Item::List(vec![read_all()])), next(2)]],
            (TokenReason::InvalidStatement, second),
        ),
    ];
    for (what, blocks, expected) in cases {
        assert_eq!(wrong(blocks), expected, "{what}");
    }
}

#[test]
fn a_delegated_depth_cannot_be_raised_again() {
    let root = [nonce(), granting(), (7, Item::Uint(2)), next(1)];
    let capability = verdict(&[&root, &[(7, Item::Uint(200)), next(2)]]).unwrap();
    assert_eq!(capability.delegable(), 1);
}

#[test]
fn a_shared_chain_has_one_holders_key() {
    let bound = |seed: u8| TokenBlock::new().bound_to(key(seed).public_key());
    let token = Token::mint(&secret(1), mail()).unwrap().attenuate(bound(40)).unwrap();
    assert_eq!(token.holder_key(), Some(key(40).public_key()));
    let unbound = token.attenuate(no_deletes()).unwrap();
    assert_eq!(unbound.holder_key(), Some(key(40).public_key()), "it cannot be unbound");
    assert_eq!(refusal(&verifier(), &bytes(&unbound)).reason(), TokenReason::ProofNeeded);
    let again = Parts::of(&bytes(&token));
    let bodies: Vec<_> = again.blocks.iter().map(|(body, _)| body.clone()).collect();
    let rebound = [bodies, vec![body(&[(6, Item::Bytes(public(&[41; 32])))])]].concat();
    let chain = shared_chain(&again.key, &[1; 32], &rebound);
    let error = refusal(&verifier(), &chain.write());
    assert_eq!((error.reason(), error.block()), (TokenReason::HolderRebound, Some(2)));
}

/// Bytes of a whole number in the longest form.
fn long(number: u64) -> Item {
    Item::Other([&[0x1B], &number.to_be_bytes()[..]].concat())
}

#[test]
fn every_block_has_one_form() {
    let float = |bytes: &[u8]| Item::Other(bytes.to_vec());
    let map = |entries: &[(u64, Item)]| {
        Item::Map(entries.iter().map(|(key, value)| (Item::Uint(*key), value.clone())).collect())
    };
    let text = |text: &str| Item::Text(text.to_owned());
    let with = |extra: (u64, Item)| {
        let entries = [
            (0, text("s")),
            (1, Item::Uint(0)),
            (2, Item::Uint(1)),
            (4, Item::List(vec![text("**")])),
        ];
        let mut entries = entries.to_vec();
        entries.push(extra);
        entries.sort_by_key(|(key, _)| *key);
        (1, Item::List(vec![map(&entries)]))
    };
    let test = |extra: (u64, Item)| with((7, Item::List(vec![map(&[(0, text("n")), extra])])));
    let root = |parts: (u64, Item)| wrong(&[&[nonce(), parts, next(1)]]);
    let (malformed, other) =
        ((TokenReason::Malformed, Some(0)), (TokenReason::NotCanonical, Some(0)));
    assert!(verdict(&[&[nonce(), test((6, Item::Uint(5))), next(1)]]).is_ok());
    assert!(
        verdict(&[&[nonce(), test((6, float(&[0xFB, 0x40, 0, 0, 0, 0, 0, 0, 0]))), next(1)]])
            .is_ok()
    );
    let cases = [
        ("a long number", test((6, long(5))), other),
        ("a long effect", with((1, long(0))), malformed),
        ("a short fraction", test((6, float(&[0xF9, 0x40, 0]))), malformed),
        ("nothing", test((6, float(&[0xF6]))), malformed),
        ("a false flag", with((8, float(&[0xF4]))), other),
        ("an empty list of tools", with((3, Item::List(vec![]))), other),
        ("a key that is not known", with((10, float(&[0xF5]))), malformed),
        ("an operation that is not known", with((2, Item::Uint(0x81))), malformed),
        ("an effect that is not known", with((1, Item::Uint(3))), malformed),
        ("a condition on nothing", with((7, Item::List(vec![Item::Map(vec![])]))), malformed),
    ];
    for (what, parts, expected) in cases {
        assert_eq!(root(parts), expected, "{what}");
    }
}

#[test]
fn a_block_is_a_map_whose_keys_ascend() {
    let entry = |(key, value): (u64, Item)| (Item::Uint(key), value);
    let raw = |entries: Vec<(Item, Item)>| {
        let bodies = [Item::Map(entries).write()];
        let chain = public_chain(key(1).id().as_bytes(), &bodies, &SEEDS[..2]);
        refusal(&verifier(), &chain.write()).reason()
    };
    let parts = || [entry(nonce()), entry(granting()), entry(next(1))];
    let [a, b, c] = parts();
    assert_eq!(raw(vec![b, a, c]), TokenReason::Malformed, "swapped");
    let [a, b, c] = parts();
    assert_eq!(raw(vec![a.clone(), a, b, c]), TokenReason::Malformed, "twice");
    let [a, b, c] = parts();
    let both = entry((2, Item::List(vec![statement(2)])));
    assert_eq!(raw(vec![a, b, both, c]), TokenReason::Malformed, "granting and restricting");
    let [a, b, c] = parts();
    let unknown = entry((14, Item::Uint(0)));
    assert_eq!(raw(vec![a, b, c, unknown]), TokenReason::Malformed, "a key that is not known");
    let [a, b, c] = parts();
    assert_eq!(raw(vec![a, (long(1), b.1), c]), TokenReason::NotCanonical, "a long key");
    let [a, b, c] = parts();
    let forever = entry((3, Item::Uint(0)));
    assert_eq!(
        raw(vec![a, b, forever, c]),
        TokenReason::NotCanonical,
        "what is not stated is absent"
    );
}

#[test]
fn the_envelope_has_one_form() {
    let issuer = key(1);
    let token = Token::mint(&issuer, mail()).unwrap().attenuate(no_deletes()).unwrap();
    let (good, parts) = (bytes(&token), Parts::of(&bytes(&token)));
    assert_eq!(parts.write(), good);
    let with = |edit: &dyn Fn(&mut Parts)| {
        let mut edited = parts.clone();
        edit(&mut edited);
        edited.write()
    };
    let many = |count: usize| with(&|it| it.blocks = vec![it.blocks[1].clone(); count]);
    // The list of blocks with its length in two bytes, and without a stated length.
    let list = 2 + 1 + 16;
    assert_eq!(good[list], 0x82);
    let wider = [&good[..list], &[0x98, 2], &good[list + 1..]].concat();
    let endless = [
        &good[..list],
        &[0x9F],
        &good[list + 1..good.len() - 36],
        &[0xFF],
        &good[good.len() - 36..],
    ]
    .concat();
    let tagged = [&[0xC1], &good[..]].concat();
    let cases = [
        ("nothing", Vec::new(), TokenReason::Malformed),
        ("a byte behind", [&good[..], &[0]].concat(), TokenReason::NotCanonical),
        ("the next version", with(&|it| it.version = Item::Uint(2)), TokenReason::UnknownVersion),
        ("a long version", with(&|it| it.version = long(1)), TokenReason::NotCanonical),
        ("no block", many(0), TokenReason::Malformed),
        ("as many blocks as may be", many(64), TokenReason::WrongSignature),
        ("too many blocks", many(65), TokenReason::TooManyBlocks),
        ("a longer list", wider, TokenReason::NotCanonical),
        ("a list of no length", endless, TokenReason::Malformed),
        ("a tag", tagged, TokenReason::Malformed),
        ("a short key", with(&|it| it.key.truncate(15)), TokenReason::Malformed),
        ("no end", with(&|it| it.end.clear()), TokenReason::Malformed),
        (
            "an end that is not known",
            with(&|it| it.end = vec![Item::Uint(3)]),
            TokenReason::Malformed,
        ),
        ("a short secret", parts.clone().ended(0, &[1; 31]).write(), TokenReason::Malformed),
        (
            "a short signature",
            with(&|it| it.blocks[1].1 = Some(vec![0; 63])),
            TokenReason::Malformed,
        ),
        ("as long as may be", vec![0; permitgate::limits::MAX_TOKEN_BYTES], TokenReason::Malformed),
        ("too long", vec![0; permitgate::limits::MAX_TOKEN_BYTES + 1], TokenReason::TooLong),
    ];
    for (what, token, expected) in cases {
        assert_eq!(refusal(&verifier(), &token).reason(), expected, "{what}");
    }
}

#[test]
fn what_is_minted_can_be_verified_or_is_refused_at_once() {
    let issuer = key(1);
    let long = TokenBlock::grant((0..2000).map(|number| {
        Statement::permit(format!("statement-number-{number}"))
            .operations(Operation::Read)
            .resources(["docs/**"])
    }));
    assert_eq!(reason(Token::mint(&issuer, long)), TokenReason::TooLong);
    assert_eq!(reason(Token::mint(&issuer, no_deletes())), TokenReason::InvalidBlock);
    assert_eq!(reason(Token::mint(&issuer, mail().keeping(["x"]))), TokenReason::InvalidBlock);
    assert_eq!(reason(Token::mint(&issuer, mail().held_by(""))), TokenReason::InvalidBlock);
    let doubled = TokenBlock::grant([Statement::permit("a"), Statement::permit("a")]);
    assert_eq!(reason(Token::mint(&issuer, doubled)), TokenReason::InvalidStatement);
    let token = Token::mint(&issuer, mail().delegable(1)).unwrap();
    assert_eq!(reason(token.attenuate(TokenBlock::new().using("x"))), TokenReason::InvalidBlock);
    let last = token.attenuate(TokenBlock::new()).unwrap();
    assert_eq!(reason(last.attenuate(TokenBlock::new())), TokenReason::TooDeep);
    let mut deepest = Token::mint(&secret(1), mail()).unwrap();
    for _ in 1..permitgate::limits::MAX_TOKEN_BLOCKS {
        deepest = deepest.attenuate(TokenBlock::new()).unwrap();
    }
    assert!(verifier().verify(&bytes(&deepest), at(100)).is_ok());
    let deeper = reason(deepest.attenuate(TokenBlock::new()));
    assert!(matches!(deeper, TokenReason::TooDeep | TokenReason::TooManyBlocks), "{deeper}");
}
