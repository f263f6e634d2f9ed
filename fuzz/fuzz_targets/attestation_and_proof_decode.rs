//! What is presented beside tokens, from bytes: attestations, proofs, challenges and revocation lists. What can be read is
//! written again as the same bytes, and counts for nothing that nobody signed.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{
    Attestation, Challenge, Demand, Presentation, Proof, RevocationList, SharedSecret, SigningKey,
    Token, TokenBlock, TokenReason, TrustedIssuer, Verifier,
};

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(100)
}

struct World {
    verifier: Verifier,
    bound: Vec<u8>,
    demanding: Vec<u8>,
    operator: SigningKey,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let key = |number| SigningKey::from_bytes(&[number; 32]);
        let secret = SharedSecret::from_bytes(&[2; 32]);
        let root = || {
            TokenBlock::grant([Statement::permit("r")
                .operations(Operation::Read)
                .resources(["**"])])
        };
        let bound = Token::mint(&secret, root().bound_to(key(3).public_key())).unwrap();
        let demand = Demand::for_token("claim", key(4).public_key());
        let demanding = Token::mint(&secret, root().demand(demand)).unwrap();
        World {
            verifier: Verifier::builder("here")
                .trust(TrustedIssuer::shared(secret))
                .build()
                .unwrap(),
            bound: bound.to_bytes().unwrap().to_vec(),
            demanding: demanding.to_bytes().unwrap().to_vec(),
            operator: key(5),
        }
    })
}

fuzz_target!(|data: &[u8]| {
    let World { verifier, bound, demanding, operator } = world();
    let action = Action::read("docs.read", "docs/1");
    if let Ok(proof) = Proof::decode(data) {
        assert_eq!(proof.to_bytes(), data);
        let presentation = Presentation::of(bound).proof(&proof).for_action(&action);
        assert!(!format!("{presentation:?}").is_empty());
        let error = verifier.present(&presentation, now()).expect_err("nobody signed it");
        assert_eq!(error.reason(), TokenReason::WrongProof);
    }
    if let Ok(challenge) = Challenge::decode(data) {
        assert_eq!(challenge.to_bytes(), data);
        let token = Token::decode(bound).expect("it is authentic");
        let key = SigningKey::from_bytes(&[3; 32]);
        let proof = Proof::of_challenge(&key, &token, &challenge, challenge.verifier());
        let proof = proof.expect("it is the verifier that asks");
        let error = verifier.present(&Presentation::of(bound).proof(&proof), now());
        let reasons = [TokenReason::WrongProof, TokenReason::UnknownChallenge];
        assert!(reasons.contains(&error.expect_err("nobody asked").reason()));
    }
    if let Ok(said) = Attestation::decode(data) {
        assert_eq!(said.to_bytes(), data);
        let _ = (said.claim().len(), said.attester(), said.expires());
        let presentation = Presentation::of(demanding).attestation(&said).for_action(&action);
        let error = verifier.present(&presentation, now()).expect_err("nobody signed it");
        let reasons = [TokenReason::AttestationMissing, TokenReason::WrongAttestation];
        assert!(reasons.contains(&error.reason()), "{error}");
    }
    // The seeds hold a list that its operator signed.
    match RevocationList::decode(data, &operator.public_key()) {
        Ok(list) => assert_eq!(list.sign(operator), data),
        Err(error) => assert_eq!(error.reason(), TokenReason::WrongList),
    }
});
