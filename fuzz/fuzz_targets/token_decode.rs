//! Tokens from bytes: what can be read is written again as the same bytes, and whatever can be asked of it is
//! answered without panicking.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate::prelude::*;
use permitgate::token::{Token, TokenBlock, TokenReason};

fuzz_target!(|data: &[u8]| {
    let token = match Token::decode(data) {
        Ok(token) => token,
        Err(error) => {
            assert!(TokenReason::ALL.contains(&error.reason()));
            assert!(error.to_string().starts_with("token") && !format!("{error:?}").is_empty());
            return;
        }
    };
    assert_eq!(**token.to_bytes().expect("what was read can be written"), *data, "another form");
    assert!(!format!("{token:?}").is_empty());
    let (mut ids, count) = (Vec::new(), token.blocks().len());
    for (id, block) in token.blocks() {
        let _ = (block.is_granting(), block.statements().map(<[Statement]>::len));
        ids.push(id);
    }
    assert!((1..=permitgate::limits::MAX_TOKEN_BLOCKS).contains(&count));
    assert_eq!(ids.last().map(|id| id.to_bytes().to_vec()), Some(token.link()[..16].to_vec()));
    let _ = (token.issuer(), token.holder_key());

    // What is added or closed keeps what was there.
    let narrower = token.attenuate(TokenBlock::new().held_by("reader"));
    assert!(!token.is_sealed() || narrower.is_err());
    for more in narrower.iter().chain(&token.seal()) {
        assert!(more.blocks().map(|(id, _)| id).zip(&ids).all(|(now, before)| now == *before));
        let bytes = more.to_bytes().expect("it was checked");
        assert_eq!(Token::decode(&bytes).expect("it was written").link(), more.link());
    }
});
