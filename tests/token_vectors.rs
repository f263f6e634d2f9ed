//! Holds the crate, and the second implementation in Python, to the test vectors of the token format.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use permitgate::authority::{Budget, KeyId, Revocations};
use permitgate::prelude::*;
use permitgate::time::Timestamp;
use permitgate::token::{
    Attestation, Challenge, Presentation, Proof, PublicKey, RevocationReader, SharedSecret,
    SigningKey, Token, TokenError, TokenReason, TrustedIssuer, Verifier,
};
use serde_json::{Value as Json, json};

#[path = "../examples/token_vectors/vectors/mod.rs"]
mod vectors;

#[path = "token/action.rs"]
mod action;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn file() -> Json {
    serde_json::from_str(&std::fs::read_to_string(path("testdata/tokens/vectors.json")).unwrap())
        .unwrap()
}

#[test]
fn the_files_are_what_the_generator_writes() {
    for (name, text) in vectors::files() {
        let written = std::fs::read_to_string(path(&format!("testdata/tokens/{name}"))).unwrap();
        assert!(
            written == text,
            "{name}: run `cargo run --example token_vectors --features token` and look at the difference"
        );
    }
}

#[test]
fn every_vector_comes_out() {
    let file = file();
    let (mut names, mut wrong) = (BTreeSet::new(), Vec::new());
    for vector in list(&file["vectors"]) {
        assert!(names.insert(text(&vector["name"])), "{} stands twice", vector["name"]);
        for (place, (expected, found)) in outcomes(vector).into_iter().enumerate() {
            if expected != found {
                wrong.push(format!(
                    "{}, step {place}:\n  expected {expected}\n  found    {found}",
                    text(&vector["name"])
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    println!("{} vectors", names.len());
}

/// Those that no bytes can cause: what is added to a token, the memory of a verifier, the system.
const NOT_BY_BYTES: [TokenReason; 4] = [
    TokenReason::Sealed,
    TokenReason::HolderKeyNeeded,
    TokenReason::TooManyPending,
    TokenReason::NoEntropy,
];

#[test]
fn every_reason_that_bytes_can_cause_has_a_vector() {
    let mut found = BTreeSet::new();
    reasons(&file(), &mut found);
    for reason in TokenReason::ALL {
        let expected = !NOT_BY_BYTES.contains(reason);
        assert_eq!(found.contains(reason.code()), expected, "{reason}");
    }
    assert_eq!(found.len(), TokenReason::ALL.len() - NOT_BY_BYTES.len(), "a code that is none");
}

fn reasons(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(fields) => {
            found.extend(fields.get("reason").map(text));
            fields.values().for_each(|field| reasons(field, found));
        }
        Json::Array(items) => items.iter().for_each(|item| reasons(item, found)),
        _ => {}
    }
}

#[test]
fn a_second_implementation_agrees() {
    let command = Command::new("python3")
        .arg(path("tests/token/decode.py"))
        .arg(path("testdata/tokens/vectors.json"))
        .output();
    match command {
        Err(_) => println!("SKIPPED: no python3"),
        Ok(ended) => {
            let (out, err) =
                (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
            assert!(ended.status.success(), "{out}{err}");
            println!("{out}");
        }
    }
}

/// What every step of a vector should come to, and what it comes to.
fn outcomes(vector: &Json) -> Vec<(Json, Json)> {
    let bytes = || bytes(&vector["bytes"]);
    let one = |found: Result<Json, TokenError>| vec![(vector["expect"].clone(), outcome(found))];
    match text(&vector["kind"]).as_str() {
        "present" => [0, 16].into_iter().flat_map(|cache| present(vector, cache)).collect(),
        "text" => one(read_text(&text(&vector["of"]), &text(&vector["text"]))),
        "challenge" => one(Challenge::decode(&bytes()).map(|challenge| {
            assert_eq!(challenge.to_bytes(), bytes());
            json!({"verifier": challenge.verifier(), "expires": challenge.expires().as_unix_millis()})
        })),
        "proof" => one(Proof::decode(&bytes()).map(|proof| {
            assert_eq!(proof.to_bytes(), bytes());
            json!({})
        })),
        "attestation" => one(Attestation::decode(&bytes()).map(|said| {
            assert_eq!(said.to_bytes(), bytes());
            json!({
                "claim": said.claim(),
                "attester": hex(said.attester().as_bytes()),
                "expires": said.expires().as_unix_millis(),
            })
        })),
        "lists" => lists(vector),
        "digest" => vec![(vector["expect"].clone(), json!(action::digest(&vector["action"])))],
        kind => panic!("no kind of vector: {kind}"),
    }
}

fn outcome(found: Result<Json, TokenError>) -> Json {
    match found {
        Ok(found) => json!({"ok": found}),
        Err(error) => json!({"reason": error.reason().code(), "block": error.block()}),
    }
}

fn read_text(of: &str, text: &str) -> Result<Json, TokenError> {
    let described = |bytes: &[u8], id: KeyId| json!({"bytes": hex(bytes), "id": id.to_string()});
    Ok(match of {
        "token" => {
            let token = Token::from_text(text)?;
            assert_eq!(*token.to_text()?, text.trim_ascii());
            json!({"bytes": hex(&token.to_bytes()?)})
        }
        "public-key" => {
            let key: PublicKey = text.parse()?;
            assert_eq!(key.to_string(), text.trim_ascii());
            described(key.as_bytes(), key.id())
        }
        "signing-key" => {
            let key = SigningKey::from_text(text)?;
            assert_eq!(*key.to_text(), text.trim_ascii());
            described(&content_of(text), key.id())
        }
        "shared-secret" => {
            let secret = SharedSecret::from_text(text)?;
            assert_eq!(*secret.to_text(), text.trim_ascii());
            described(&content_of(text), secret.id())
        }
        other => panic!("no text of {other}"),
    })
}

/// The secret bytes in a text, which the crate does not give away.
fn content_of(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(&text.trim_ascii()[6..]).unwrap()[..32].to_vec()
}

fn lists(vector: &Json) -> Vec<(Json, Json)> {
    let reader = RevocationReader::new(public_key(&vector["signer"]), &Revocations::default());
    let apply = |list: &Json| {
        let found = reader.apply(&bytes(&list["list"]), moment(&list["now"]));
        (list["expect"].clone(), outcome(found.map(|()| json!({}))))
    };
    list(&vector["lists"]).iter().map(apply).collect()
}

/// Runs the steps with one verifier, which remembers about so many tokens.
fn present(vector: &Json, cache: usize) -> Vec<(Json, Json)> {
    let revocations = Revocations::default();
    if let Some(within) = vector["revocations"]["within"].as_u64() {
        revocations.demand_feed(Duration::from_millis(within));
    }
    if let Some(signer) = vector["revocations"].get("signer") {
        let reader = RevocationReader::new(public_key(signer), &revocations);
        for list in list(&vector["revocations"]["lists"]) {
            reader.apply(&bytes(&list["list"]), moment(&list["now"])).unwrap();
        }
    }
    let mut builder = Verifier::builder(vectors::VERIFIER).cache(cache).revocations(&revocations);
    for issuer in list(&vector["trust"]) {
        let mut trusted = match issuer.get("public") {
            Some(key) => TrustedIssuer::public(public_key(key)),
            None => TrustedIssuer::shared(SharedSecret::from_bytes(&fixed(&issuer["shared"]))),
        };
        if let Some(from) = issuer.get("from") {
            trusted = trusted.valid_from(moment(from));
        }
        if let Some(until) = issuer.get("until") {
            trusted = trusted.valid_until(moment(until));
        }
        builder = builder.trust(trusted);
    }
    let verifier = builder.build().unwrap();
    let run = |step: &Json| (step["expect"].clone(), outcome(present_step(&verifier, step)));
    list(&vector["steps"]).iter().map(run).collect()
}

fn present_step(verifier: &Verifier, step: &Json) -> Result<Json, TokenError> {
    let proof = step.get("proof").map(|proof| Proof::decode(&bytes(proof))).transpose()?;
    let said = step.get("attestations").map_or(&[][..], list);
    let said: Vec<_> =
        said.iter().map(|said| Attestation::decode(&bytes(said))).collect::<Result<_, _>>()?;
    let token = bytes(&step["token"]);
    let (now, plain) = (moment(&step["now"]), Presentation::of(&token));
    let capability = match step.get("action") {
        None => verifier.present(&beside(plain, proof.as_ref(), &said), now)?,
        Some(action) => action::with(action, |action| {
            verifier.present(&beside(plain.for_action(action), proof.as_ref(), &said), now)
        })?,
    };
    Ok(summary(&Token::decode(&token)?, &capability))
}

fn beside<'p>(
    presentation: Presentation<'p>,
    proof: Option<&'p Proof>,
    said: &'p [Attestation],
) -> Presentation<'p> {
    let all = said.iter().fold(presentation, Presentation::attestation);
    match proof {
        Some(proof) => all.proof(proof),
        None => all,
    }
}

fn summary(token: &Token, capability: &Capability) -> Json {
    let blocks: Vec<Json> = token
        .blocks()
        .map(|(id, block)| {
            let granting = block.statements().map(|_| block.is_granting());
            json!({"id": id.to_string(), "granting": granting, "statements": block.statements()})
        })
        .collect();
    let never = |moment: Timestamp| (moment != Timestamp::MAX).then(|| moment.as_unix_millis());
    let budgets: Vec<Json> = capability.budgets().map(budget).collect();
    json!({
        "issuer": capability.issuer().map(|key| key.to_string()),
        "blocks": blocks,
        "link": hex(&token.link()),
        "holder": capability.holder(),
        "holder_key": token.holder_key().map(|key| hex(key.as_bytes())),
        "sealed": token.is_sealed(),
        "not_before": capability.not_before().as_unix_millis(),
        "expires": never(capability.expires()),
        "delegable": capability.delegable(),
        "hand_on": capability.hand_on().collect::<Vec<_>>(),
        "budgets": budgets,
    })
}

fn budget(budget: &Budget) -> Json {
    json!({
        "name": budget.name(),
        "argument": budget.argument(),
        "at_most": budget.at_most(),
        "per": budget.period().map(|span| span.as_millis() as u64),
        "operations": budget.operations(),
    })
}

fn list(value: &Json) -> &[Json] {
    value.as_array().unwrap()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

fn moment(value: &Json) -> Timestamp {
    Timestamp::from_unix_millis(value.as_u64().unwrap())
}

fn public_key(value: &Json) -> PublicKey {
    PublicKey::from_bytes(&fixed(value)).unwrap()
}

fn fixed(value: &Json) -> [u8; 32] {
    bytes(value).try_into().unwrap()
}

/// Bytes as hexadecimal, or as hexadecimal and so many zero bytes.
fn bytes(value: &Json) -> Vec<u8> {
    let zeros = value["zeros"].as_u64().unwrap_or(0) as usize;
    let digits = value.as_str().unwrap_or_else(|| value["hex"].as_str().unwrap());
    let mut bytes = vectors::crypto::unhex(digits);
    bytes.resize(bytes.len() + zeros, 0);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    vectors::crypto::hex(bytes)
}
