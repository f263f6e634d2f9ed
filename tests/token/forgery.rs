//! Chains that were taken apart and put together otherwise: each is refused, for its own reason.

use permitgate::token::{IssuerKey, SharedSecret, Token, TokenBlock, TokenReason, TrustedIssuer};

use crate::cbor::{Item, Parts};
use crate::*;

/// One operation on a token and what must come of it: the reason, and the block at fault.
struct Case {
    what: &'static str,
    token: Vec<u8>,
    expected: (TokenReason, Option<usize>),
}

fn case(what: &'static str, parts: &Parts, reason: TokenReason, block: Option<usize>) -> Case {
    Case { what, token: parts.write(), expected: (reason, block) }
}

fn check(cases: &[Case]) {
    let verifier = verifier();
    for Case { what, token, expected } in cases {
        // Twice, since nothing that was refused may be remembered as good.
        for _ in 0..2 {
            let error = refusal(&verifier, token);
            assert_eq!((error.reason(), error.block()), *expected, "{what}: {error}");
        }
    }
}

/// A chain of three blocks under `key(1)`, or `secret(1)`.
fn chain(issuer: IssuerKey<'_>, name: &str) -> Token {
    let root = Token::mint(issuer, mail()).unwrap();
    let second = root.attenuate(no_deletes().held_by(name)).unwrap();
    second.attenuate(TokenBlock::new().expires_at(at(1000)).held_by(format!("{name}-2"))).unwrap()
}

/// What can be done to the blocks of a chain by somebody who has another one as well.
fn rearranged(token: &Parts, other: &Parts) -> Vec<(&'static str, Parts, usize)> {
    let edited = |edit: &dyn Fn(&mut Parts)| {
        let mut parts = token.clone();
        edit(&mut parts);
        parts
    };
    vec![
        ("the middle block removed", edited(&|it| drop(it.blocks.remove(1))), 1),
        ("the root removed", edited(&|it| drop(it.blocks.remove(0))), 0),
        ("two blocks swapped", edited(&|it| it.blocks.swap(1, 2)), 1),
        ("root and block swapped", edited(&|it| it.blocks.swap(0, 1)), 0),
        ("the last block doubled", edited(&|it| it.blocks.push(it.blocks[2].clone())), 3),
        ("the middle block doubled", edited(&|it| it.blocks.insert(1, it.blocks[1].clone())), 2),
        ("the root doubled", edited(&|it| it.blocks.insert(0, it.blocks[0].clone())), 1),
        ("another chain's block", edited(&|it| it.blocks[1] = other.blocks[1].clone()), 1),
        ("another chain's last block", edited(&|it| it.blocks[2] = other.blocks[2].clone()), 2),
        ("another chain's root", edited(&|it| it.blocks[0] = other.blocks[0].clone()), 1),
        ("another chain's body", edited(&|it| it.blocks[1].0 = other.blocks[1].0.clone()), 1),
    ]
}

#[test]
fn blocks_of_a_public_chain_keep_their_places() {
    let issuer = key(1);
    let token = Parts::of(&bytes(&chain((&issuer).into(), "triage")));
    let other = Parts::of(&bytes(&chain((&issuer).into(), "tidy")));
    let wrong = TokenReason::WrongSignature;
    let mut cases: Vec<_> = rearranged(&token, &other)
        .iter()
        .map(|(what, parts, block)| case(what, parts, wrong, Some(*block)))
        .collect();

    let mut shorter = token.clone();
    shorter.blocks.pop();
    cases.push(case("the last block removed", &shorter, TokenReason::WrongEnd, None));
    let mut root = token.clone();
    root.blocks.truncate(1);
    cases.push(case("all attenuations removed", &root, TokenReason::WrongEnd, None));
    let stolen = token.clone().ended(0, &other.end_bytes());
    cases.push(case("another token's secret", &stolen, TokenReason::WrongEnd, None));

    let links = signer::links(&token);
    for (place, link) in links.iter().enumerate() {
        let mut signed = token.clone();
        signed.blocks[place].1 = Some(signer::sign(&[7; 32], link));
        cases.push(case("signed with another key", &signed, wrong, Some(place)));
        let mut sealed = token.clone();
        sealed.blocks[place].1 = Some(signer::seal(&[1; 32], link));
        cases.push(case("a seal for a signature", &sealed, wrong, Some(place)));
    }
    let mut added = token.clone();
    added.blocks.push(added.blocks[2].clone());
    let link = signer::links(&added)[3];
    added.blocks[3].1 = Some(signer::sign(&[7; 32], &link));
    cases.push(case("a block of a stranger", &added.clone().ended(0, &[7; 32]), wrong, Some(3)));
    check(&cases);
}

#[test]
fn blocks_of_a_shared_chain_keep_their_places() {
    let issuer = secret(1);
    let token = Parts::of(&bytes(&chain((&issuer).into(), "triage")));
    let other = Parts::of(&bytes(&chain((&issuer).into(), "tidy")));
    let wrong = TokenReason::WrongSignature;
    let mut cases: Vec<_> = rearranged(&token, &other)
        .iter()
        .map(|(what, parts, _)| case(what, parts, wrong, None))
        .collect();
    let mut shorter = token.clone();
    shorter.blocks.pop();
    cases.push(case("the last block removed", &shorter, wrong, None));
    cases.push(case(
        "another token's tag",
        &token.clone().ended(0, &other.end_bytes()),
        wrong,
        None,
    ));
    cases.push(case(
        "no holder to be bound to",
        &token.clone().ended_as_bound(),
        TokenReason::WrongEnd,
        None,
    ));
    // Somebody who knows the name of the secret and not the secret.
    let bodies: Vec<_> = token.blocks.iter().map(|(body, _)| body.clone()).collect();
    let guessed = signer::shared_chain(&token.key, &[7; 32], &bodies);
    cases.push(case("tagged with another secret", &guessed, wrong, None));
    check(&cases);
}

#[test]
fn nothing_is_added_to_what_is_sealed() {
    let (public, shared) = (key(1), secret(1));
    let (end, signature) = (TokenReason::WrongEnd, TokenReason::WrongSignature);
    let (mut cases, keys): (_, [IssuerKey<'_>; 2]) =
        (Vec::new(), [(&public).into(), (&shared).into()]);
    for (kind, key) in keys.into_iter().enumerate() {
        let open = chain(key, "triage");
        let sealed = open.seal().unwrap();
        assert!(sealed.is_sealed() && !open.is_sealed());
        assert_eq!(reason(sealed.attenuate(TokenBlock::new())), TokenReason::Sealed);
        assert_eq!(reason(sealed.seal()), TokenReason::Sealed);
        assert!(verifier().verify(&bytes(&sealed), at(100)).is_ok());

        let token = Parts::of(&bytes(&sealed));
        let other = Parts::of(&bytes(&chain(key, "tidy").seal().unwrap()));
        let longer = Parts::of(&bytes(&open.attenuate(TokenBlock::new()).unwrap()));
        let wrong = if kind == 0 { end } else { signature };
        let mut extended = token.clone();
        extended.blocks.push(longer.blocks[3].clone());
        let mut shorter = token.clone();
        shorter.blocks.pop();
        let seal = token.end_bytes();
        cases.extend([
            case("another token's seal", &token.clone().ended(1, &other.end_bytes()), wrong, None),
            case("a seal cut short", &token.clone().ended(1, &seal[..seal.len() - 1]), wrong, None),
            case("a seal of nothing", &token.clone().ended(1, &[]), wrong, None),
            case(
                "a longer seal",
                &token.clone().ended(1, &[&seal[..], &[0]].concat()),
                wrong,
                None,
            ),
            case("the seal as the secret", &token.clone().ended(0, &seal[..32]), wrong, None),
            case("a block behind the seal", &extended, wrong, None),
            case("a block taken away before the seal", &shorter, wrong, None),
            case("the end taken for bound", &token.clone().ended_as_bound(), end, None),
        ]);
    }
    let token = Parts::of(&bytes(&chain((&public).into(), "triage").seal().unwrap()));
    let signed = token.blocks[2].1.clone().unwrap();
    cases.push(case("a signature for a seal", &token.ended(1, &signed), end, None));
    let open = Parts::of(&bytes(&chain((&shared).into(), "triage")));
    let tag = open.end_bytes();
    cases.push(case("the tag for a seal", &open.ended(1, &tag), signature, None));
    check(&cases);
}

#[test]
fn a_bound_token_ends_with_its_holders_key() {
    let (issuer, holder) = (key(1), key(40));
    let bound = Token::mint(&issuer, mail().bound_to(holder.public_key())).unwrap();
    let token = Parts::of(&bytes(&bound));
    assert_eq!(refusal(&verifier(), &token.write()).reason(), TokenReason::ProofNeeded);
    let (link, end) = (signer::links(&token)[0], TokenReason::WrongEnd);
    let mut stolen = token.clone();
    stolen.blocks.push((signer::body(&[(13, Item::Bytes(signer::public(&[7; 32])))]), None));
    let second = signer::links(&stolen)[1];
    stolen.blocks[1].1 = Some(signer::sign(&[7; 32], &second));
    check(&[
        case("opened with another key", &token.clone().ended(0, &[7; 32]), end, None),
        // Even the holder's own key cannot turn it into one that needs no proof.
        case("opened with the holder's key", &token.clone().ended(0, &[40; 32]), end, None),
        case(
            "sealed by another",
            &token.clone().ended(1, &signer::seal(&[7; 32], &link)),
            end,
            None,
        ),
        case(
            "sealed by the holder",
            &token.clone().ended(1, &signer::seal(&[40; 32], &link)),
            end,
            None,
        ),
        case(
            "handed on by a thief",
            &stolen.ended(0, &[7; 32]),
            TokenReason::WrongSignature,
            Some(1),
        ),
    ]);
    assert_eq!(reason(bound.attenuate(TokenBlock::new())), TokenReason::HolderKeyNeeded);
    assert_eq!(
        reason(bound.attenuate_as(&key(41), TokenBlock::new())),
        TokenReason::HolderKeyNeeded
    );
    assert_eq!(reason(bound.seal()), TokenReason::HolderKeyNeeded);
    let handed_on = bound.attenuate_as(&holder, no_deletes()).unwrap();
    assert!(verifier().verify(&bytes(&handed_on), at(100)).is_ok());
}

#[test]
fn the_kind_of_a_chain_is_that_of_its_key() {
    let (public, shared) = (key(1), secret(1));
    let signed = Parts::of(&bytes(&chain((&public).into(), "triage")));
    let tagged = Parts::of(&bytes(&chain((&shared).into(), "triage")));
    let keyed = |parts: &Parts, key: &[u8]| Parts { key: key.to_vec(), ..parts.clone() };
    let stripped = |parts: &Parts| {
        let blocks = parts.blocks.iter().map(|(body, _)| (body.clone(), None)).collect();
        Parts { blocks, ..parts.clone() }
    };
    let mut mixed = signed.clone();
    mixed.blocks[1].1 = None;
    let mut unknown = signed.key.clone();
    unknown[0] = 7;
    let mut nobody = signed.key.clone();
    nobody[15] ^= 1;
    let mut dressed = keyed(&tagged, &signed.key);
    for (place, link) in signer::links(&dressed).iter().enumerate() {
        dressed.blocks[place].1 = Some(signer::sign(&[7; 32], link));
    }
    let kind = TokenReason::WrongKind;
    check(&[
        case("signed blocks under a secret", &keyed(&signed, &tagged.key), kind, None),
        case("tagged blocks under a key", &keyed(&tagged, &signed.key), kind, None),
        case("signatures taken away", &stripped(&signed), kind, None),
        case("one signature taken away", &mixed, kind, None),
        // The public key of an issuer is known to all: it must not do as a secret.
        case(
            "a block that names a key under a secret",
            &stripped(&keyed(&signed, &tagged.key)),
            TokenReason::InvalidBlock,
            Some(0),
        ),
        case("tagged blocks with signatures", &dressed, TokenReason::WrongSignature, Some(0)),
        case(
            "an algorithm that is not known",
            &keyed(&signed, &unknown),
            TokenReason::UnknownKey,
            None,
        ),
        case(
            "an issuer that is not known",
            &keyed(&signed, &nobody),
            TokenReason::UnknownKey,
            None,
        ),
    ]);
    let with_public_bytes = signer::shared_chain(
        SharedSecret::from_bytes(public.public_key().as_bytes()).id().as_bytes(),
        public.public_key().as_bytes(),
        &[tagged.blocks[0].0.clone()],
    );
    assert_eq!(refusal(&verifier(), &with_public_bytes.write()).reason(), TokenReason::UnknownKey);
}

#[test]
fn a_chain_counts_under_the_key_that_it_names_alone() {
    let both = builder()
        .trust(TrustedIssuer::public(key(2).public_key()))
        .trust(TrustedIssuer::shared(secret(2)))
        .build()
        .unwrap();
    let token = Parts::of(&bytes(&chain((&key(1)).into(), "triage")));
    let swapped = Parts { key: key(2).id().as_bytes().to_vec(), ..token };
    let error = refusal(&both, &swapped.write());
    assert_eq!((error.reason(), error.block()), (TokenReason::WrongSignature, Some(0)));
    let token = Parts::of(&bytes(&chain((&secret(1)).into(), "triage")));
    let swapped = Parts { key: secret(2).id().as_bytes().to_vec(), ..token };
    assert_eq!(refusal(&both, &swapped.write()).reason(), TokenReason::WrongSignature);
}
