//! What a decision costs, beside a hand-written floor, in one run.
//!
//! `cargo bench --bench decision` runs criterion's groups, then prints one table and writes it to
//! `target/bench/decision.json`. Every policy is checked first: the floor and the gate must give the
//! answers of a naive scan for all requests that are timed.
//!
//! `evaluate` is [`ActionGate::decide`] on a gate without guardrails, rules and shadow: guards 0 to 7 for
//! one layer. `authorize` adds group audiences, one rule and an in-memory record; the clock stands
//! still, except where `system clock` is named. Permits are dropped outside of the timing.

#[path = "../../tests/testkit/allocations.rs"]
mod allocations;
#[path = "../../tests/testkit/draw.rs"]
mod draw;
mod floor;
mod table;
mod workload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use permitgate::Verdict;
use permitgate::authority::{Attenuation, Budget, Grant};
use permitgate::decision::Ruling;
use permitgate::gate::RuleContext;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{Clock, ManualClock, SystemClock, Timestamp};

use floor::Floor;
use workload::{Call, INVOKER, REQUESTS, Workload};

pub const COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];

/// A workload of one size, compiled and checked.
pub struct Setup {
    pub calls: Vec<Call>,
    pub statements: Vec<Statement>,
    pub policy: Policy,
    pub floor: Floor,
    pub scope: Scope,
}

impl Setup {
    pub fn new(workload: Workload, count: usize) -> Self {
        let lines = workload::lines(workload, count);
        let calls = workload::calls(&lines);
        let statements = workload::statements(&lines);
        let policy = Policy::new(statements.clone()).expect("the policy is valid");
        let setup =
            Self { scope: scope(&policy, 1), floor: Floor::new(&lines), calls, statements, policy };
        let gate = bare_gate();
        for call in &setup.calls {
            let expected = workload::scan(&lines, call);
            assert_eq!(setup.floor.decide(call), expected, "floor: {call:?}");
            let decided = gate.decide(&workload::action(call), &setup.scope).ruling();
            assert_eq!(decided, expected, "gate: {call:?}");
        }
        setup
    }

    pub fn actions(&self) -> Vec<Action<'_>> {
        self.calls.iter().map(workload::action).collect()
    }
}

/// A scope whose capability has `layers` layers: the policy, then the same policy again.
pub fn scope(policy: &Policy, layers: usize) -> Scope {
    let root = Capability::root(policy.clone(), ambient_authority());
    let capability = (1..layers).fold(root, |capability, _| {
        capability.attenuate(policy.clone()).expect("the lineage is short")
    });
    Scope::builder(&capability).invoker(INVOKER).agent("bench").build().expect("the scope is valid")
}

/// Budgets with room, at a root and at what is attenuated from it. The attenuations add no policy, as in `1 layer`.
fn budgeted() -> [(&'static str, usize, [Option<Budget>; 2]); 3] {
    let hour = Duration::from_secs(3600);
    let window = || Budget::actions("actions", u64::MAX / 2).per(hour);
    [
        ("1 layer, a budget", 1, [Some(window()), None]),
        (
            "1 layer, two budgets",
            1,
            [Some(window()), Some(Budget::irreversible("for-good", u64::MAX / 2))],
        ),
        ("1 layer, budgets at three levels", 3, [Some(window()), None]),
    ]
}

fn budget_scope(policy: &Policy, levels: usize, budgets: [Option<Budget>; 2]) -> Scope {
    let budgets = || budgets.iter().flatten().cloned();
    let grant = budgets().fold(Grant::new(policy.clone()), Grant::budget);
    let root = Capability::root(grant, ambient_authority());
    let capability = (1..levels).fold(root, |capability, _| {
        let below = budgets().fold(Attenuation::new(), Attenuation::budget);
        capability.attenuate(below).expect("the lineage is short")
    });
    Scope::builder(&capability).invoker(INVOKER).agent("bench").build().expect("the scope is valid")
}

fn still_clock() -> ManualClock {
    ManualClock::new(Timestamp::from_unix_seconds(1_790_000_000))
}

/// Nothing beside the capability.
pub fn bare_gate() -> Gate {
    Gate::builder()
        .directory(workload::directory())
        .clock(still_clock())
        .build()
        .expect("the gate is valid")
}

/// One rule that passes, and a record in memory.
pub fn full_gate(clock: impl Clock + 'static) -> Gate {
    Gate::builder()
        .directory(workload::directory())
        .clock(clock)
        .sink(MemorySink::last(1024))
        .rule("no-administration", |cx: &RuleContext<'_>| match cx.action().operation() {
            Operation::Administer => Verdict::deny("nobody administers here"),
            _ => Verdict::Pass,
        })
        .build()
        .expect("the gate is valid")
}

/// All requests once; the number of allows, so that nothing is optimized away.
pub fn decide_all(gate: &Gate, actions: &[Action<'_>], scope: &Scope) -> usize {
    actions.iter().filter(|action| gate.decide(black_box(action), scope).is_allow()).count()
}

pub fn floor_all(floor: &Floor, calls: &[Call]) -> usize {
    calls.iter().filter(|call| floor.decide(black_box(call)) == Ruling::Allow).count()
}

/// Permits that are held at a time; a caller holds few, and thousands would time the caches instead.
const HELD: usize = 64;

/// The time of authorizing all requests once, without that of dropping the answers.
pub fn authorize_all(gate: &Gate, actions: &[Action<'_>], scope: &Scope) -> Duration {
    let mut answers = Vec::with_capacity(HELD);
    let mut time = Duration::ZERO;
    for some in actions.chunks(HELD) {
        let start = Instant::now();
        for action in some {
            answers.push(gate.authorize(black_box(action), scope));
        }
        time += start.elapsed();
        answers.clear();
    }
    time
}

fn evaluation(criterion: &mut Criterion) {
    for workload in Workload::ALL {
        let mut group = criterion.benchmark_group(format!("evaluate/{}", workload.name()));
        group.throughput(Throughput::Elements(REQUESTS as u64));
        for count in COUNTS {
            let setup = Setup::new(workload, count);
            let (gate, actions) = (bare_gate(), setup.actions());
            group.bench_function(BenchmarkId::new("permitgate", count), |bencher| {
                bencher.iter(|| decide_all(&gate, &actions, &setup.scope));
            });
            group.bench_function(BenchmarkId::new("floor", count), |bencher| {
                bencher.iter(|| floor_all(&setup.floor, &setup.calls));
            });
        }
    }
}

/// One order of one customer among 10 statements: with one value bound, and with sets; the set holds it, and does not.
fn ownership(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ownership");
    let others = (0..9).map(|n| {
        let pattern = format!("shelf-{n}/{{invoker}}/*");
        Statement::permit(format!("s{n}")).operations(Operation::Read).resources([pattern])
    });
    let orders =
        Statement::permit("orders").operations(Operation::Read).resources(["orders/{mine}"]);
    let policy = Policy::new(others.chain([orders])).expect("the policy is valid");
    let capability = Capability::root(policy, ambient_authority());
    let builder = || Scope::builder(&capability).invoker(INVOKER).agent("bench");
    let gate = bare_gate();
    let numbers = |count: usize| (0..count).map(|n| (100_017 + 6 * n).to_string());
    let sets = [1, 2, 6, 64, 256].map(|count| {
        (format!("set of {count}"), builder().bind_set("mine", numbers(count)).build())
    });
    let one = [("one value".to_owned(), builder().bind("mine", "100017").build())];
    let own = Action::read("orders.read", "orders/100017");
    let anothers = Action::read("orders.read", "orders/100018");
    for (name, scope) in one.into_iter().chain(sets) {
        let scope = scope.expect("the scope is valid");
        for (whose, action, expected) in
            [("own", &own, Ruling::Allow), ("another's", &anothers, Ruling::Deny)]
        {
            assert_eq!(gate.decide(action, &scope).ruling(), expected, "{name}, {whose}");
            group.bench_function(BenchmarkId::new(&name, whose), |bencher| {
                bencher.iter(|| black_box(gate.decide(black_box(action), &scope)));
            });
        }
    }
}

fn authorization(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("authorize/mixed/1000");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    let setup = Setup::new(Workload::Mixed, 1_000);
    let actions = setup.actions();
    for (name, layers) in [("1 layer", 1), ("3 layers", 3), ("8 layers", 8)] {
        let (gate, scope) = (full_gate(still_clock()), scope(&setup.policy, layers));
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                (0..times).map(|_| authorize_all(&gate, &actions, &scope)).sum()
            });
        });
    }
    for (name, layers, budgets) in budgeted() {
        let (gate, scope) =
            (full_gate(still_clock()), budget_scope(&setup.policy, layers, budgets));
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                (0..times).map(|_| authorize_all(&gate, &actions, &scope)).sum()
            });
        });
    }
    let (gate, scope) = (full_gate(SystemClock), scope(&setup.policy, 1));
    group.bench_function("1 layer, system clock", |bencher| {
        bencher
            .iter_custom(|times| (0..times).map(|_| authorize_all(&gate, &actions, &scope)).sum());
    });
}

fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile/mixed");
    for count in COUNTS {
        let lines = workload::lines(Workload::Mixed, count);
        let statements = workload::statements(&lines);
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_batched(
                || statements.clone(),
                |statements| Policy::new(statements).expect("the policy is valid"),
                criterion::BatchSize::LargeInput,
            );
        });
    }
}

fn main() {
    // `cargo bench -- --test` is the smoke run of CI, and `cargo test --benches` passes it too.
    let smoke = std::env::args().any(|argument| argument == "--test");
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .configure_from_args();
    evaluation(&mut criterion);
    ownership(&mut criterion);
    authorization(&mut criterion);
    compiling(&mut criterion);
    criterion.final_summary();
    table::print_and_write(smoke).expect("the table is written to target/bench/decision.json");
}
