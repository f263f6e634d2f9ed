//! What delegating, revoking and deciding under a lineage cost.
//!
//! `cargo bench --bench delegation`. The clock stands still, and nothing is recorded but by the gate's own sink.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use permitgate::authority::{Attenuation, RevocationTarget};
use permitgate::model::Operations;
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};

const SUBTREE: usize = 1_000_000;

fn policy() -> Policy {
    let read =
        Statement::permit("read").operations(Operation::Read).resources(["docs/{invoker}/**"]);
    let write =
        Statement::permit("write").operations(Operation::Create).resources(["notes/{invoker}/*"]);
    Policy::new([read, write]).expect("the policy is valid")
}

fn restrictions() -> Restrictions {
    let forbid =
        Statement::forbid("no-drafts").operations(Operations::ALL).resources(["docs/*/drafts/**"]);
    Restrictions::new([forbid]).expect("the restrictions are valid")
}

fn root() -> Capability {
    Capability::root(policy(), ambient_authority())
}

fn deeper(capability: &Capability, attenuation: impl Into<Attenuation>) -> Capability {
    capability.delegate("bench", attenuation).expect("the lineage is short")
}

fn scope(capability: &Capability) -> Scope {
    Scope::builder(capability).invoker("dana").agent("bench").build().expect("the scope is valid")
}

fn gate() -> Gate {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_790_000_000));
    Gate::builder().clock(clock).build().expect("the gate is valid")
}

fn delegating(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("delegate");
    let (root, restrictions, to) = (root(), restrictions(), Arc::<str>::from("triage"));
    let timed = |times: u64, name: &dyn Fn() -> Arc<str>| {
        let (mut time, mut left) = (Duration::ZERO, times);
        // What was made is dropped outside of the timing.
        while left > 0 {
            let some = left.min(1024);
            let mut made = Vec::with_capacity(some as usize);
            let start = Instant::now();
            for _ in 0..some {
                made.push(root.delegate(name(), black_box(&restrictions).clone()));
            }
            time += start.elapsed();
            left -= some;
        }
        time
    };
    group.bench_function("with a compiled restriction", |bencher| {
        bencher.iter_custom(|times| timed(times, &|| to.clone()));
    });
    group.bench_function("with a compiled restriction, and a new name", |bencher| {
        bencher.iter_custom(|times| timed(times, &|| "triage".into()));
    });
    group.bench_function("made and dropped", |bencher| {
        bencher.iter(|| root.delegate(to.clone(), black_box(&restrictions).clone()));
    });
}

fn revoking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("revoke the root of a subtree");
    for count in [0, SUBTREE] {
        let root = root();
        let mut below = Vec::with_capacity(count);
        for place in 0..count {
            // Each has one child, then two, and so on: fourteen levels.
            let parent = if place < 64 { &root } else { &below[place / 3] };
            let child = deeper(parent, Attenuation::new());
            below.push(child);
        }
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| root.revoke());
        });
        group.bench_function(BenchmarkId::new("in the table", count), |bencher| {
            bencher.iter(|| root.revocations().revoke(RevocationTarget::Subtree(root.id())));
        });
        root.revoke();
        assert!(below.iter().all(Capability::is_revoked));
    }
}

fn deciding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    let (gate, restrictions) = (gate(), restrictions());
    let action = Action::read("docs.read", "docs/dana/plan/1");
    let layers = |count| (1..count).fold(root(), |above, _| deeper(&above, restrictions.clone()));
    let plain = |count| (1..count).fold(root(), |above, _| deeper(&above, Attenuation::new()));
    for count in [1, 8] {
        let scope = scope(&layers(count));
        assert!(gate.decide(&action, &scope).is_allow());
        group.bench_function(BenchmarkId::new("layers", count), |bencher| {
            bencher.iter(|| gate.decide(black_box(&action), &scope).is_allow());
        });
    }
    for count in [8, 64] {
        let scope = scope(&plain(count));
        group.bench_function(BenchmarkId::new("delegations without a layer", count), |bencher| {
            bencher.iter(|| gate.decide(black_box(&action), &scope).is_allow());
        });
    }
    let deep = plain(64);
    let (scope, other) = (scope(&deep), deep.attenuate(Attenuation::new()).err());
    assert!(other.is_some(), "it is as deep as can be");
    let sibling = plain(1);
    let elsewhere = deep.revocations().clone();
    group.bench_function("64 delegations, after a revocation elsewhere", |bencher| {
        bencher.iter(|| {
            elsewhere.revoke(RevocationTarget::Subtree(sibling.id()));
            gate.decide(black_box(&action), &scope).is_allow()
        });
    });
    deep.revoke();
    group.bench_function("revoked", |bencher| {
        bencher.iter(|| gate.decide(black_box(&action), &scope).is_allow());
    });
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000))
        .configure_from_args();
    delegating(&mut criterion);
    revoking(&mut criterion);
    deciding(&mut criterion);
    criterion.final_summary();
}
