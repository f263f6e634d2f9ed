//! Texts of tokens and keys: each has one form, and comes back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use permitgate::token::{PublicKey, SharedSecret, SigningKey, Token};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
    }
    // Tokens are rare among texts, so the bytes are taken as one too.
    if let Ok(token) = Token::decode(data) {
        let text = token.to_text().expect("what was read can be written");
        read(&text);
        assert_eq!(**Token::from_text(&text).expect("its own text").to_bytes().unwrap(), *data);
    }
    if let Ok(seed) = <&[u8; 32]>::try_from(data) {
        let (key, secret) = (SigningKey::from_bytes(seed), SharedSecret::from_bytes(seed));
        assert_eq!(SigningKey::from_text(&key.to_text()).as_ref(), Ok(&key));
        assert_eq!(SharedSecret::from_text(&secret.to_text()).as_ref(), Ok(&secret));
        assert_eq!(key.public_key().to_string().parse(), Ok(key.public_key()));
        assert!(SigningKey::from_text(&secret.to_text()).is_err());
        read(&secret.to_text());
    }
});

/// Whatever can be read is written as what was read, but for space around it; and is of one kind only.
fn read(text: &str) {
    let texts = [
        Token::from_text(text).ok().map(|token| token.to_text().unwrap().to_string()),
        SigningKey::from_text(text).ok().map(|key| key.to_text().to_string()),
        SharedSecret::from_text(text).ok().map(|secret| secret.to_text().to_string()),
        text.parse::<PublicKey>().ok().map(|key| key.to_string()),
    ];
    let mut found = texts.into_iter().flatten();
    if let Some(written) = found.next() {
        assert_eq!(written, text.trim(), "another form");
        assert_eq!(found.next(), None, "of two kinds");
    }
}
