//! What a stranger's bytes cost.

use std::sync::Arc;

use super::block::Body;
use super::chain::Chain;
use super::key::{IssuerKey, POINTS};
use super::{
    Demand, SharedSecret, SigningKey, Token, TokenBlock, TokenReason, TrustedIssuer, Verifier,
};
use crate::base::time::Timestamp;
use crate::model::action::Operation;
use crate::policy::Statement;

/// Points that are worked out while bytes are verified, and why they were refused.
fn points(verifier: &Verifier, token: &[u8]) -> (usize, Option<TokenReason>) {
    POINTS.set(0);
    let refused =
        verifier.verify(token, Timestamp::from_unix_seconds(100)).err().map(|error| error.reason());
    (POINTS.get(), refused)
}

#[test]
fn no_point_is_worked_out_for_a_stranger() {
    let (issuer, stranger) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let (secret, other) = (SharedSecret::from_bytes(&[3; 32]), SharedSecret::from_bytes(&[4; 32]));
    let verifier = Verifier::builder("here")
        .trust(TrustedIssuer::public(issuer.public_key()))
        .trust(TrustedIssuer::shared(Arc::new(SharedSecret::from_bytes(&[3; 32]))))
        .build()
        .unwrap();
    let block = || {
        let demands = (10..20).map(|n| SigningKey::from_bytes(&[n; 32]).public_key());
        let read = Statement::permit("r").operations(Operation::Read).resources(["docs/**"]);
        demands.fold(TokenBlock::grant([read]), |block, key| {
            block.demand(Demand::for_token("said", key))
        })
    };
    let narrowed = |token: Token| {
        let holder = SigningKey::from_bytes(&[9; 32]).public_key();
        let token = token.attenuate(TokenBlock::new().bound_to(holder)).unwrap();
        token.to_bytes().unwrap().to_vec()
    };
    let (trusted, strange) = (
        narrowed(Token::mint(&issuer, block()).unwrap()),
        narrowed(Token::mint(&stranger, block()).unwrap()),
    );
    let open = Token::mint(&issuer, block()).unwrap().to_bytes().unwrap().to_vec();
    let shared =
        |secret: &SharedSecret| Token::mint(secret, block()).unwrap().to_bytes().unwrap().to_vec();
    let (tagged, untagged) = (shared(&secret), shared(&other));
    assert_eq!(points(&verifier, &strange), (0, Some(TokenReason::UnknownKey)));
    assert_eq!(points(&verifier, &untagged), (0, Some(TokenReason::UnknownKey)));
    // Blocks of a stranger under the name of the issuer, and every byte of a good token that is damaged.
    let named = |token: &[u8], like: &[u8]| [&like[..19], &token[19..]].concat();
    let wrong = (0, Some(TokenReason::WrongSignature));
    let refused = points(&verifier, &named(&strange, &trusted));
    assert_eq!(refused, (0, Some(TokenReason::WrongSignature)));
    assert_eq!(points(&verifier, &named(&untagged, &tagged)), wrong);
    for token in [&trusted, &open, &tagged] {
        for place in (19..200).step_by(3) {
            let mut damaged = token.clone();
            damaged[place] ^= 0x10;
            let (points, refused) = points(&verifier, &damaged);
            assert!(points == 0 && refused.is_some(), "{place}: {points}, {refused:?}");
        }
    }
    for token in [&trusted, &open, &tagged] {
        assert!(points(&verifier, token).0 >= 10, "what is good is read");
    }
}

/// Whoever may narrow a token can write a block with more demands than a verifier takes; it takes none of their keys apart.
#[test]
fn no_point_is_worked_out_for_demands_that_are_too_many() {
    let secret = Arc::new(SharedSecret::from_bytes(&[3; 32]));
    let verifier =
        Verifier::builder("here").trust(TrustedIssuer::shared(secret.clone())).build().unwrap();
    let demanding = |count: usize| {
        let read = Statement::permit("r").operations(Operation::Read).resources(["docs/**"]);
        (0..count).fold(TokenBlock::grant([read]), |block, n| {
            let key = SigningKey::from_bytes(&[10 + n as u8; 32]).public_key();
            block.demand(Demand::for_token("said", key))
        })
    };
    let bytes = |count| unchecked(&secret, demanding(count));
    assert_eq!(points(&verifier, &bytes(17)), (0, Some(TokenReason::InvalidBlock)));
    let (read, refused) = points(&verifier, &bytes(16));
    assert!(read >= 16 && refused == Some(TokenReason::AttestationMissing), "{read}, {refused:?}");
}

/// A token of one block as its issuer could write it, without asking whether anybody would take it.
fn unchecked(secret: &SharedSecret, block: TokenBlock) -> Vec<u8> {
    let body = Body { nonce: Some([7; 16]), block, known: None, next: None };
    Chain::root(IssuerKey::Shared(secret), body, None).unwrap().encode().unwrap().to_vec()
}
