//! Secrets: in no text but their own, wiped when they are dropped, compared in constant time.

use std::mem::{MaybeUninit, size_of};
use std::ptr;
use std::sync::Arc;

use permitgate::authority::Revocations;
use permitgate::prelude::*;
use permitgate::token::{
    IssuerKey, Presentation, Proof, PublicKey, RevocationList, RevocationReader, SharedSecret,
    SigningKey, Token, TokenBlock, TokenError, TrustedIssuer, Verifier,
};
use zeroize::ZeroizeOnDrop;

use crate::cbor::Parts;
use crate::memory::left_behind;
use crate::*;

/// Bytes that are recognised wherever they turn up.
const SEED: [u8; 32] = *b"correct horse battery staple 123";

/// How secret bytes would look in a text: as they are, in digits, in Base64, in a list.
fn looks(secret: &[u8]) -> Vec<String> {
    use base64ct::Encoding;
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<_> = secret.iter().map(u8::to_string).collect();
    let base64 = base64ct::Base64UrlUnpadded::encode_string(secret);
    let mut looks = vec![
        hex[..16].to_owned(),
        hex[..16].to_uppercase(),
        list[..6].join(", "),
        base64[..12].to_owned(),
    ];
    looks.extend(std::str::from_utf8(secret).ok().map(|text| text[..8].to_owned()));
    looks
}

fn shows(text: &str, secret: &[u8]) -> bool {
    let debugged = text.replace(",\n", ", ").replace('\n', " ");
    let squeezed = debugged.split_whitespace().collect::<Vec<_>>().join(" ");
    looks(secret).iter().any(|look| text.contains(look) || squeezed.contains(look))
}

/// An open token with the secret at its end.
fn open(kind: usize) -> (Token, Vec<u8>) {
    let issuer = SharedSecret::from_bytes(&SEED);
    let key = SigningKey::from_bytes(&SEED);
    let token =
        if kind == 0 { Token::mint(&issuer, mail()) } else { Token::mint(&key, mail()) }.unwrap();
    let end = Parts::of(&bytes(&token)).end_bytes();
    (token, end)
}

#[test]
fn the_test_recognises_a_secret() {
    let wrapped = format!("{:?} {:#?}", SEED, SEED);
    assert!(shows(&wrapped, &SEED) && shows(&format!("{:#?}", SEED), &SEED));
    assert!(shows("staple: correct horse battery", &SEED));
    assert!(shows(&SharedSecret::from_bytes(&SEED).to_text(), &SEED));
    assert!(!shows("something else", &SEED));
}

#[test]
fn nothing_that_is_shown_shows_a_secret() {
    let (key, shared) = (SigningKey::from_bytes(&SEED), Arc::new(SharedSecret::from_bytes(&SEED)));
    let issuer = TrustedIssuer::shared(shared.clone());
    let verifier = || {
        Verifier::builder(HERE).trust(issuer.clone()).trust(TrustedIssuer::public(key.public_key()))
    };
    let mut shown = vec![
        format!("{key:?} {key:#?}"),
        format!("{shared:?} {shared:#?}"),
        format!("{:?} {:?}", IssuerKey::from(&key), IssuerKey::from(&*shared)),
        format!("{issuer:?} {issuer:#?} {:?} {:?}", verifier(), verifier().build().unwrap()),
    ];
    let mut secrets = vec![SEED.to_vec()];
    let proof = Proof::of_action(&key, &open(0).0, &read_mail(), HERE, at(100)).unwrap();
    for kind in [0, 1] {
        let (token, end) = open(kind);
        let sent = bytes(&token);
        let capability = verifier().build().unwrap().verify(&sent, at(100)).unwrap();
        let presentation = Presentation::of(&sent).proof(&proof);
        shown.push(format!(
            "{token:?} {token:#?} {:?} {:#?}",
            token.seal().unwrap(),
            token.attenuate(no_deletes()).unwrap()
        ));
        shown.push(format!(
            "{presentation:?} {presentation:#?} {capability:?} {capability:#?} {:?}",
            scope(&capability)
        ));
        secrets.extend([end, sent]);
        let reader = RevocationReader::new(key.public_key(), &Revocations::default());
        shown.push(format!("{proof:?} {reader:?} {:?}", RevocationList::new(1, 0, at(1))));
    }
    for text in &shown {
        assert!(!secrets.iter().any(|secret| shows(text, secret)), "{text}");
    }
}

#[test]
fn no_error_shows_a_secret() {
    let (key, shared) = (SigningKey::from_bytes(&SEED), SharedSecret::from_bytes(&SEED));
    let mut errors = Vec::new();
    let mut note = |error: TokenError| errors.push(format!("{error} {error:?} {error:#?}"));
    // Texts of keys that are damaged, cut, or taken for another kind.
    for text in [key.to_text(), shared.to_text()] {
        for length in 0..text.len() {
            note(SigningKey::from_text(&text[..length]).unwrap_err());
            note(SharedSecret::from_text(&text[..length]).unwrap_err());
            note(text[..length].parse::<PublicKey>().unwrap_err());
            note(Token::from_text(&text[..length]).unwrap_err());
        }
    }
    let mut secrets = vec![SEED.to_vec()];
    for kind in [0, 1] {
        let (token, end) = open(kind);
        let sent = bytes(&token);
        secrets.push(end);
        let text = token.to_text().unwrap();
        let verifier =
            Verifier::builder(HERE).trust(TrustedIssuer::public(key.public_key())).build().unwrap();
        for length in 0..text.len() {
            note(Token::from_text(&text[..length]).unwrap_err());
        }
        for place in 0..sent.len() {
            let mut damaged = sent.clone();
            damaged[place] ^= 0x20;
            let error =
                verifier
                    .verify(&damaged, at(100))
                    .map(drop)
                    .err()
                    .or(Token::decode(&damaged).map(drop).err());
            error.into_iter().for_each(&mut note);
            note(verifier.verify(&sent[..place], at(100)).unwrap_err());
        }
        for block in [
            no_deletes().held_by(""),
            TokenBlock::new().using("x"),
            TokenBlock::grant([Statement::permit("")]),
        ] {
            note(token.attenuate(block).unwrap_err());
        }
        note(token.seal().unwrap().attenuate(TokenBlock::new()).unwrap_err());
    }
    assert!(errors.len() > 1000);
    for error in errors {
        assert!(!secrets.iter().any(|secret| shows(&error, secret)), "{error}");
    }
}

/// The bytes of a value's place after it was dropped.
#[expect(unsafe_code, reason = "memory after a drop cannot be looked at in another way")]
fn after_drop<T: ZeroizeOnDrop>(value: T) -> Vec<u8> {
    let mut place = Box::new(MaybeUninit::new(value));
    let bytes = place.as_mut_ptr().cast::<u8>();
    // SAFETY: the value is initialised and dropped once; its place outlives it. The types have no padding.
    unsafe {
        ptr::drop_in_place(place.as_mut_ptr());
        (0..size_of::<T>()).map(|offset| ptr::read_volatile(bytes.add(offset))).collect()
    }
}

fn holds(memory: &[u8], secret: &[u8]) -> bool {
    memory.windows(8).any(|window| secret.windows(8).any(|part| part == window))
}

#[test]
fn keys_are_wiped_when_they_are_dropped() {
    let dropped =
        [after_drop(SigningKey::from_bytes(&SEED)), after_drop(SharedSecret::from_bytes(&SEED))];
    for memory in dropped {
        assert!(!holds(&memory, &SEED), "{memory:?}");
    }
    assert!(holds(&SEED.map(|byte| byte), &SEED));
}

/// Heap memory is looked at before it is given back; see `memory`.
#[test]
fn memory_that_held_a_key_is_wiped() {
    let texts =
        [SigningKey::from_bytes(&SEED).to_text(), SharedSecret::from_bytes(&SEED).to_text()];
    // After the prefix, the Base64 of the seed.
    let digits = texts[0].as_bytes()[6..46].to_vec();
    let marks: [&[u8]; 2] = [&SEED[..16], &digits[..20]];
    let left = left_behind(&marks, || {
        for _ in 0..3 {
            let boxed = Box::new(SigningKey::from_bytes(&SEED));
            drop(boxed);
            let shared = Arc::new(SharedSecret::from_bytes(&SEED));
            let issuer = TrustedIssuer::shared(shared.clone());
            let verifier = Verifier::builder(HERE).trust(issuer).build().unwrap();
            let token = Token::mint(&*shared, mail()).unwrap();
            verifier.verify(&token.to_bytes().unwrap(), at(100)).unwrap();
            drop(shared.to_text());
            drop(SigningKey::from_bytes(&SEED).to_text());
            drop((SigningKey::from_text(&texts[0]), SharedSecret::from_text(&texts[1])));
            // Taken for another kind, damaged, or too short.
            drop((SigningKey::from_text(&texts[1]), SharedSecret::from_text(&texts[0])));
            drop(SigningKey::from_text(&texts[0][..texts[0].len() - 1]).unwrap_err());
            verifier.rotate([]);
        }
    });
    assert_eq!(left, 0);
    let damaged = format!("{}*", &texts[0][..texts[0].len() - 1]);
    let left = left_behind(&[&SEED[..16]], || drop(SigningKey::from_text(&damaged).unwrap_err()));
    assert_eq!(left, 0, "a damaged text");
}

#[test]
fn memory_that_held_the_end_of_a_token_is_wiped() {
    for kind in [0, 1] {
        let (token, end) = open(kind);
        let (sent, text) = (token.to_bytes().unwrap(), token.to_text().unwrap());
        let digits = text.as_bytes()[text.len() - 30..text.len() - 6].to_vec();
        let verifier = Verifier::builder(HERE)
            .trust(TrustedIssuer::public(SigningKey::from_bytes(&SEED).public_key()))
            .trust(TrustedIssuer::shared(SharedSecret::from_bytes(&SEED)))
            .build()
            .unwrap();
        let behind = [&sent[..], &[0]].concat();
        let bound = || mail().bound_to(key(40).public_key());
        let steps: [(&str, &dyn Fn()); 10] = [
            ("cloned", &|| drop(Box::new(token.clone()))),
            ("as bytes", &|| drop(token.to_bytes().unwrap())),
            ("as text", &|| drop(token.to_text().unwrap())),
            ("attenuated", &|| drop(Box::new(token.attenuate(no_deletes()).unwrap()))),
            ("bound", &|| drop(Box::new(token.attenuate(bound()).unwrap()))),
            ("sealed", &|| drop(Box::new(token.seal().unwrap()))),
            ("from bytes", &|| drop(Box::new(Token::decode(&sent).unwrap()))),
            ("from text", &|| drop(Box::new(Token::from_text(&text).unwrap()))),
            ("verified", &|| drop(verifier.verify_text(&text, at(100)).unwrap())),
            ("refused", &|| {
                drop(Token::from_text(&text[..text.len() - 1]).unwrap_err());
                drop(Token::decode(&behind).unwrap_err());
            }),
        ];
        for (what, step) in steps {
            let left = left_behind(&[&end[..16], &digits], || (0..3).for_each(|_| step()));
            assert_eq!(left, 0, "kind {kind}, {what}");
        }
    }
}

/// A signing key is a seed at the end of an open chain: it too is wiped as it is used.
#[test]
fn what_gives_out_secrets_gives_them_in_wiped_memory() {
    fn wiped<T: ZeroizeOnDrop>(_: &T) {}
    let (token, _) = open(0);
    wiped(&token.to_bytes().unwrap());
    wiped(&token.to_text().unwrap());
    wiped(&SigningKey::from_bytes(&SEED).to_text());
    wiped(&SharedSecret::from_bytes(&SEED).to_text());
    fn is<T: ZeroizeOnDrop>() {}
    is::<SigningKey>();
    is::<SharedSecret>();
}

/// What compares secrets does it by `subtle` or by the comparison of a MAC; by `==` only what is public is compared.
#[test]
fn secrets_are_compared_in_constant_time_by_construction() {
    let source = |name: &str| {
        let path = format!("{}/src/token/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let keys = source("key");
    for name in ["SigningKey", "SharedSecret"] {
        let equal = keys.split(&format!("impl PartialEq for {name} ")).nth(1).unwrap();
        let body = equal.split("\n}").next().unwrap();
        assert!(body.contains("ct_eq"), "{name}: {body}");
        let derived = keys.split(&format!("pub struct {name}(")).next().unwrap();
        let attribute = derived.rsplit("#[derive(").next().unwrap();
        assert!(attribute.starts_with("ZeroizeOnDrop)"), "{name}: {attribute}");
    }
    let chain = source("chain");
    assert_eq!(chain.matches("ct_eq(").count(), 1, "the open end of a shared-secret chain");
    assert_eq!(chain.matches(".verify_slice(seal)").count(), 1, "its seal");
    // Every other comparison stands in this list; a new one is looked at before it is added.
    let known = [
        "self.last_holder() != Some(holder.public_key())",
        "*public == Some(signer)",
        "input.array().map_err(malformed)? != Some(4)",
        "input.u64().map_err(malformed)? != VERSION",
        "signature.is_none() != shared",
        "input.position() == bytes.len() && envelope.canonical_len() == bytes.len()",
        "key.as_bytes().first() == Some(&SHARED)",
        "input.datatype()? == minicbor::data::Type::Bytes",
    ];
    let compares = |line: &&str| {
        (line.contains(" == ") || line.contains(" != ")) && !line.trim_start().starts_with("//")
    };
    for line in chain.lines().filter(compares) {
        assert!(known.iter().any(|known| line.contains(known)), "{line}");
    }
    // Of a public key, whether its coordinate is reduced.
    let public = "last | 0x80 != 0xFF || middle";
    let secret: Vec<_> =
        keys.lines().filter(compares).filter(|line| !line.contains(public)).collect();
    assert!(secret.is_empty(), "{secret:?}");
    let derives =
        chain.split("pub(super) enum End").next().unwrap().rsplit("#[derive(").next().unwrap();
    assert!(derives.starts_with("Clone)"), "an end cannot be compared: {derives}");
}
