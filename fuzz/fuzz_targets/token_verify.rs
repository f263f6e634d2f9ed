//! Authentic tokens that are damaged, cut, or spliced with one another: a verifier takes none of them, unless what
//! came out is one of those that were issued.
#![no_main]

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{
    IssuerKey, SharedSecret, SigningKey, Token, TokenBlock, TokenReason, TrustedIssuer, Verifier,
};

fuzz_target!(|data: &[u8]| {
    let _ = damage(&mut Unstructured::new(data));
});

struct World {
    verifier: Verifier,
    /// Every token that may be accepted, or asks for a proof.
    issued: Vec<Vec<u8>>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (key, secret) = (SigningKey::from_bytes(&[1; 32]), SharedSecret::from_bytes(&[2; 32]));
        let holder = SigningKey::from_bytes(&[3; 32]).public_key();
        let root = || {
            TokenBlock::grant([Statement::permit("mail")
                .operations(Operation::Read | Operation::Delete)
                .resources(["mail/{invoker}/**"])
                .when(Condition::at_most("n", 5))])
        };
        let further =
            || TokenBlock::restrict([Statement::forbid("d").operations(Operation::Delete)]);
        let mut tokens = Vec::new();
        for issuer in [IssuerKey::from(&key), IssuerKey::from(&secret)] {
            let first = Token::mint(issuer, root()).unwrap();
            let second = first.attenuate(further().held_by("reader")).unwrap();
            let third = second.attenuate(further().delegable(3)).unwrap();
            let bound = second.attenuate(TokenBlock::new().bound_to(holder)).unwrap();
            let other = Token::mint(issuer, root().hand_on("x", [])).unwrap();
            let sealed = [first.seal().unwrap(), third.seal().unwrap()];
            tokens.extend([first, second, third, bound, other]);
            tokens.extend(sealed);
        }
        let verifier = Verifier::builder("here")
            .trust(TrustedIssuer::public(key.public_key()))
            .trust(TrustedIssuer::shared(secret))
            .cache(4)
            .build()
            .unwrap();
        World {
            verifier,
            issued: tokens.iter().map(|token| token.to_bytes().unwrap().to_vec()).collect(),
        }
    })
}

fn damage(input: &mut Unstructured<'_>) -> Result<()> {
    let World { verifier, issued } = world();
    let mut token = input.choose(issued)?.clone();
    for _ in 0..input.int_in_range(0..=4)? {
        let place = input.int_in_range(0..=token.len())?;
        let end = place + input.int_in_range(0..=token.len() - place)?;
        match input.int_in_range(0..=5)? {
            0 => drop(token.drain(place..end)),
            1 => {
                let length = usize::from(input.arbitrary::<u8>()?).min(input.len());
                let bytes = input.bytes(length)?;
                drop(token.splice(place..end, bytes.iter().copied()));
            }
            2 => {
                let other = input.choose(issued)?;
                let from = input.int_in_range(0..=other.len())?;
                let to = from + input.int_in_range(0..=other.len() - from)?;
                drop(token.splice(place..end, other[from..to].iter().copied()));
            }
            3 => {
                let again = token[place..end].to_vec();
                drop(token.splice(end..end, again));
            }
            4 => token.truncate(place),
            _ if place < token.len() => token[place] ^= 1 << input.int_in_range(0..=7)?,
            _ => {}
        }
    }
    let authentic = match verifier.verify(&token, Timestamp::from_unix_seconds(100)) {
        Ok(capability) => {
            let read = Token::decode(&token).expect("it was accepted");
            assert_eq!(capability.id().to_bytes()[..], read.link()[..16]);
            true
        }
        Err(error) => error.reason() == TokenReason::ProofNeeded,
    };
    assert_eq!(authentic, issued.contains(&token), "{token:02x?}");
    Ok(())
}
