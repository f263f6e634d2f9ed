//! What authority that travels costs: verify a chain, attenuate it, decide under it.
//!
//! ```text
//! cargo bench --manifest-path benches/peers/Cargo.toml --bench tokens
//! ```
//!
//! One task for all: a root grants reading and deleting below `mail/dana`, and every further block narrows to
//! reading and to an hour. Times of one group are of one run; each engine's answer is asserted before it is timed.
//!
//! - `verify/bare/N`: N strict Ed25519 checks over messages of 56 bytes, keys at hand: a floor. `bare-bytes`: the
//!   same with keys as the bytes that a token holds, which is the floor of any chain whose keys are not known before.
//! - `verify/permitgate/N`: from bytes to a capability, nothing remembered; `again`: the second time.
//! - `verify/permitgate-shared/N`: the shared-secret chain; `bare-hmac`: the digests and tags alone.
//! - `verify/permitgate-new/N` and `permitgate-shared-new`: 64 tokens in turn, none of which is remembered, but
//!   their statements are, as where one issuer mints many tokens of one kind.
//! - `verify/biscuit-auth/N`, `verify/tenuo/N`: from bytes to what can be asked. Tenuo checks signatures in a batch.
//! - `verify/jwt`: one signature and the claims; there is no chain, the issuer issues again.
//! - `attenuate/*`: one more block; for the JWT, a new one by the issuer.
//! - `decide/*`: one read, after verification, under a chain of 4. For the JWT, Cedar decides over its claims.

#![expect(clippy::expect_used, reason = "a bench that meets the unexpected should stop")]

mod peers;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ed25519_dalek::Signer;
use hmac::Mac;
use permitgate::model::Operations;
use permitgate::time::Timestamp;
use permitgate::token::{SharedSecret, SigningKey, Token, TokenBlock, TrustedIssuer, Verifier};
use permitgate::{Action, Decision, Gate, Operation, Scope, Statement};
use sha2::Digest;

const CHAINS: [usize; 4] = [1, 4, 8, 64];
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

fn root() -> TokenBlock {
    let mail = Statement::permit("mail")
        .operations(Operation::Read | Operation::Delete)
        .resources(["mail/{invoker}/**"]);
    TokenBlock::grant([mail]).expires_at(Timestamp::from_unix_seconds(1_900_000_000))
}

fn narrower() -> TokenBlock {
    let reading = Statement::forbid("only-reading").operations(Operations::WRITES);
    TokenBlock::restrict([reading]).expires_at(Timestamp::from_unix_seconds(1_800_003_600))
}

fn chain(root: Token, blocks: usize) -> Token {
    (1..blocks).fold(root, |token, _| token.attenuate(narrower()).expect("it can be narrowed"))
}

fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    let issuer = SigningKey::generate().expect("random bytes");
    let secret = std::sync::Arc::new(SharedSecret::generate().expect("random bytes"));
    let verifier = |cache: usize| {
        Verifier::builder("bench")
            .trust(TrustedIssuer::public(issuer.public_key()))
            .trust(TrustedIssuer::shared(secret.clone()))
            .cache(cache)
            .build()
            .expect("a verifier")
    };
    let (cold, warm) = (verifier(0), verifier(16));
    for blocks in CHAINS {
        let token = chain(Token::mint(&issuer, root()).expect("a token"), blocks);
        let bytes = token.to_bytes().expect("bytes");
        let mint = || chain(Token::mint(&*secret, root()).expect("a token"), blocks);
        let public = || chain(Token::mint(&issuer, root()).expect("a token"), blocks);
        let shared = mint().to_bytes().expect("bytes");
        let many: Vec<_> = (0..64).map(|_| mint().to_bytes().expect("bytes")).collect();
        let mut turns = many.iter().cycle();
        let public: Vec<_> = (0..64).map(|_| public().to_bytes().expect("bytes")).collect();
        let mut public = public.iter().cycle();
        for bytes in [&bytes, &shared] {
            assert_eq!(warm.verify(bytes, NOW).expect("valid").depth(), blocks - 1);
        }
        bare_signatures(&mut group, blocks);
        bare_tags(&mut group, blocks, shared.len() / blocks);
        group.bench_function(BenchmarkId::new("permitgate", blocks), |b| {
            b.iter(|| cold.verify(black_box(&bytes), NOW))
        });
        group.bench_function(BenchmarkId::new("permitgate-shared", blocks), |b| {
            b.iter(|| cold.verify(black_box(&shared), NOW))
        });
        let known = verifier(16);
        group.bench_function(BenchmarkId::new("permitgate-new", blocks), |b| {
            b.iter(|| public.next().map(|bytes| known.verify(black_box(bytes), NOW)))
        });
        group.bench_function(BenchmarkId::new("permitgate-shared-new", blocks), |b| {
            b.iter(|| turns.next().map(|bytes| known.verify(black_box(bytes), NOW)))
        });
        group.bench_function(BenchmarkId::new("permitgate-again", blocks), |b| {
            b.iter(|| warm.verify(black_box(&bytes), NOW))
        });
        let biscuit = peers::Biscuit::chain(blocks);
        group.bench_function(BenchmarkId::new("biscuit-auth", blocks), |b| {
            b.iter(|| black_box(&biscuit).verify())
        });
        let tenuo = peers::Tenuo::chain(blocks);
        group.bench_function(BenchmarkId::new("tenuo", blocks), |b| {
            b.iter(|| black_box(&tenuo).verify())
        });
    }
    let jwt = peers::JwtAndCedar::new();
    group.bench_function("jwt", |b| b.iter(|| black_box(&jwt).verify()));
    group.finish();
}

type Group<'c> = criterion::BenchmarkGroup<'c, criterion::measurement::WallTime>;

fn bare_signatures(group: &mut Group<'_>, count: usize) {
    let signed: Vec<_> = (0..count)
        .map(|n| {
            let key = ed25519_dalek::SigningKey::from_bytes(&[n as u8 + 1; 32]);
            let message = [n as u8; 56];
            (key.verifying_key(), message, key.sign(&message))
        })
        .collect();
    group.bench_function(BenchmarkId::new("bare-bytes", count), |b| {
        b.iter(|| {
            signed.iter().all(|(key, message, signature)| {
                ed25519_dalek::VerifyingKey::from_bytes(black_box(key.as_bytes()))
                    .is_ok_and(|key| key.verify_strict(black_box(message), signature).is_ok())
            })
        })
    });
    group.bench_function(BenchmarkId::new("bare", count), |b| {
        b.iter(|| {
            signed.iter().all(|(key, message, signature)| {
                key.verify_strict(black_box(message), signature).is_ok()
            })
        })
    });
}

/// A digest of each block and a tag for each, chained.
fn bare_tags(group: &mut Group<'_>, count: usize, bytes: usize) {
    let block = vec![7; bytes];
    group.bench_function(BenchmarkId::new("bare-hmac", count), |b| {
        b.iter(|| {
            let mut key = [0; 32];
            for _ in 0..count {
                let link = sha2::Sha256::digest(black_box(&block));
                let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).expect("a key");
                mac.update(&link);
                key = mac.finalize().into_bytes().into();
            }
            key
        })
    });
}

fn attenuate(c: &mut Criterion) {
    let mut group = c.benchmark_group("attenuate");
    let issuer = SigningKey::generate().expect("random bytes");
    let secret = SharedSecret::generate().expect("random bytes");
    let token = Token::mint(&issuer, root()).expect("a token");
    let shared = Token::mint(&secret, root()).expect("a token");
    group.bench_function("permitgate", |b| b.iter(|| black_box(&token).attenuate(narrower())));
    group.bench_function("permitgate-shared", |b| {
        b.iter(|| black_box(&shared).attenuate(narrower()))
    });
    let biscuit = peers::Biscuit::chain(1);
    group.bench_function("biscuit-auth", |b| b.iter(|| black_box(&biscuit).attenuate()));
    let tenuo = peers::Tenuo::chain(1);
    group.bench_function("tenuo", |b| b.iter(|| black_box(&tenuo).attenuate()));
    let jwt = peers::JwtAndCedar::new();
    group.bench_function("jwt, by the issuer", |b| b.iter(|| black_box(&jwt).issue()));
    group.finish();
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    let issuer = SigningKey::generate().expect("random bytes");
    let verifier = Verifier::builder("bench")
        .trust(TrustedIssuer::public(issuer.public_key()))
        .build()
        .expect("a verifier");
    let token = chain(Token::mint(&issuer, root()).expect("a token"), 4);
    let capability = verifier.verify(&token.to_bytes().expect("bytes"), NOW).expect("valid");
    let gate =
        Gate::builder().clock(permitgate::time::ManualClock::new(NOW)).build().expect("a gate");
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().expect("a scope");
    let (read, delete) =
        (Action::read("mail.read", "mail/dana/7"), Action::delete("mail.delete", "mail/dana/7"));
    assert!(matches!(gate.decide(&read, &scope), Decision::Allow(_)));
    assert!(matches!(gate.decide(&delete, &scope), Decision::Deny(_)));
    group.bench_function("permitgate", |b| b.iter(|| gate.decide(black_box(&read), &scope)));
    let biscuit = peers::Biscuit::chain(4).verified();
    assert!(biscuit.decide("read") && !biscuit.decide("delete"));
    group.bench_function("biscuit-auth", |b| b.iter(|| black_box(&biscuit).decide("read")));
    let tenuo = peers::Tenuo::chain(4);
    assert!(tenuo.decide("mail.read") && !tenuo.decide("mail.delete"));
    group.bench_function("tenuo", |b| b.iter(|| black_box(&tenuo).decide("mail.read")));
    let jwt = peers::JwtAndCedar::new();
    assert!(jwt.decide("read") && !jwt.decide("delete"));
    group.bench_function("jwt and cedar", |b| b.iter(|| black_box(&jwt).decide("read")));
    group.finish();
}

criterion_group!(benches, verify, attenuate, decide);
criterion_main!(benches);
