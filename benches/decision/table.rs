//! The one table: medians over passes of the whole workload, printed and written as JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use permitgate::Session;
use permitgate::decision::Ruling;
use permitgate::flow::{Integrity, Origin};
use permitgate::gate::{CallRunning, Running, ToolHandle};
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{Operations, Reader, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::time::SystemClock;
use serde_json::{Value as Json, json};

use super::allocations::counted;
use super::workload::{self, REQUESTS, Workload};
use super::{COUNTS, Setup, bare_gate, decide_all, floor_all, full_gate, scope, still_clock};

/// How much to measure.
#[derive(Clone, Copy)]
struct Effort {
    passes: usize,
    counts: &'static [usize],
    two_threads: Duration,
}

pub fn print_and_write(smoke: bool) -> Result<(), Box<dyn Error>> {
    let effort = if smoke {
        Effort { passes: 3, counts: &COUNTS[..2], two_threads: Duration::from_millis(20) }
    } else {
        Effort { passes: 301, counts: &COUNTS, two_threads: Duration::from_millis(1500) }
    };
    let mut table = BTreeMap::new();
    evaluation(effort, &mut table);
    authorization(effort, smoke, &mut table);
    sessions_and_calls(effort, smoke, &mut table);
    compiling(effort, &mut table);
    table.insert("two_threads_ratio", json!(round(two_threads_ratio(effort, false))));
    table.insert("two_threads_begin_ratio", json!(round(two_threads_ratio(effort, true))));
    for (name, value) in &table {
        println!("{name:34} {value}");
    }
    let name = if smoke { "decision-smoke.json" } else { "decision.json" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), serde_json::to_string_pretty(&table)?)?;
    Ok(())
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The median time of one request, over passes of all requests.
fn median_ns(passes: usize, mut pass: impl FnMut() -> Duration) -> f64 {
    pass();
    let mut times: Vec<f64> =
        (0..passes).map(|_| pass().as_nanos() as f64 / REQUESTS as f64).collect();
    times.sort_by(f64::total_cmp);
    round(times[times.len() / 2])
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn evaluation(effort: Effort, table: &mut BTreeMap<&'static str, Json>) {
    let mut evaluate = serde_json::Map::new();
    let mut floor = serde_json::Map::new();
    for workload in Workload::ALL {
        let (mut ours, mut theirs) = (serde_json::Map::new(), serde_json::Map::new());
        for count in effort.counts {
            let setup = Setup::new(workload, *count);
            let (gate, actions) = (bare_gate(), setup.actions());
            let decided =
                median_ns(effort.passes, || timed(|| decide_all(&gate, &actions, &setup.scope)));
            let floored =
                median_ns(effort.passes, || timed(|| floor_all(&setup.floor, &setup.calls)));
            ours.insert(count.to_string(), json!(decided));
            theirs.insert(count.to_string(), json!(floored));
        }
        if workload == Workload::Mixed {
            evaluate.append(&mut ours);
            floor.append(&mut theirs);
        } else {
            evaluate.insert(workload.name().to_owned(), Json::Object(ours));
            floor.insert(workload.name().to_owned(), Json::Object(theirs));
        }
    }
    table.insert("evaluate_p50_ns", Json::Object(evaluate));
    table.insert("floor_p50_ns", Json::Object(floor));
}

fn authorization(effort: Effort, smoke: bool, table: &mut BTreeMap<&'static str, Json>) {
    let count = if smoke { 100 } else { 1_000 };
    let setup = Setup::new(Workload::Mixed, count);
    let actions = setup.actions();
    let one = authorize_ns(effort, &full_gate(still_clock()), &actions, &scope(&setup.policy, 1));
    table.insert("authorize_p50_ns", json!(one));
    for (name, layers) in [("authorize_3_layers_p50_ns", 3), ("authorize_8_layers_p50_ns", 8)] {
        let scope = scope(&setup.policy, layers);
        let time = authorize_ns(effort, &full_gate(still_clock()), &actions, &scope);
        table.insert(name, json!(time));
    }
    let scope_of_one = scope(&setup.policy, 1);
    let clocked = authorize_ns(effort, &full_gate(SystemClock), &actions, &scope_of_one);
    table.insert("authorize_system_clock_p50_ns", json!(clocked));
    for workload in [Workload::Literal, Workload::Wildcard] {
        let setup = Setup::new(workload, count);
        let time = authorize_ns(
            effort,
            &full_gate(still_clock()),
            &setup.actions(),
            &scope(&setup.policy, 1),
        );
        let name = match workload {
            Workload::Literal => "authorize_literal_p50_ns",
            _ => "authorize_wildcard_p50_ns",
        };
        table.insert(name, json!(time));
    }
    let gate = full_gate(still_clock());
    let (by_ruling, p99) = single_calls(effort, &gate, &actions, &scope_of_one);
    table.insert("authorize_p99_ns", json!(p99));
    table.insert("authorize_single_call_p50_ns", by_ruling);
    table.insert("allocations_per_decision", json!(allocations(&gate, &actions, &scope_of_one)));
    table.insert("worst_case_steps", json!(setup.policy.worst_case_steps(&workload::directory())));
    table.insert("matching_statements", crowded(effort));
}

/// The same under a label of three parts, from a session that may act on a hundred values; and what mapping a call to
/// its action costs before that.
fn sessions_and_calls(effort: Effort, smoke: bool, table: &mut BTreeMap<&'static str, Json>) {
    let setup = Setup::new(Workload::Mixed, if smoke { 100 } else { 1_000 });
    let actions = setup.actions();
    let session = Session::labelled(Readers::internal(), Integrity::Untrusted);
    for group in 0..2 {
        let readers = Readers::internal() | Reader::group(format!("group{group}"));
        session.take_over(&Session::labelled(readers, Integrity::Trusted));
    }
    for value in 0..100 {
        session.endorse(Origin::Result, &format!("item{value}"));
    }
    let capability = Capability::root(setup.policy.clone(), ambient_authority());
    let scope = Scope::builder(&capability).invoker(workload::INVOKER).agent("bench");
    let scope = scope.session(&session).build().expect("the scope is valid");
    let gate = full_gate(still_clock());
    table.insert("labelled_p50_ns", json!(authorize_ns(effort, &gate, &actions, &scope)));
    table.insert("labelled_allocations", json!(allocations(&gate, &actions, &scope)));

    let tools = (0..20).map(|number| {
        ToolSpec::new(format!("tool{number}"))
            .argument("method", ArgumentSpec::text())
            .argument("item", ArgumentSpec::text())
            .argument("to", ArgumentSpec::text())
            .argument("copy_to", ArgumentSpec::text().default("dana@example.com"))
            .argument("cents", ArgumentSpec::integer())
            .effect(
                EffectSpec::create("crm/{invoker}/list7/{args.item}")
                    .when(Condition::equals("method", "PUT"))
                    .audience(AudienceSpec::recipients(["to", "copy_to"]))
                    .amounts(["cents"]),
            )
    });
    let copy = ToolSpec::new("copy")
        .argument("method", ArgumentSpec::text().no_effect())
        .argument("item", ArgumentSpec::text())
        .argument("to", ArgumentSpec::text().no_effect())
        .argument("cents", ArgumentSpec::integer().no_effect())
        .effect(EffectSpec::read("crm/{invoker}/list7/{args.item}"))
        .effect(EffectSpec::create("crm/{invoker}/list7/copies"));
    let manifest = Manifest::new(tools.chain([copy])).expect("the manifest is valid");
    let arguments = [
        ("method", Value::from("PUT")),
        ("item", Value::from("a/b c")),
        ("to", Value::from("lee@example.com")),
        ("cents", Value::from(100)),
    ];
    let map = || {
        let calls = (0..REQUESTS).map(|_| manifest.map("tool7", black_box(&arguments), &scope));
        calls.filter(|call| call.fault().is_none()).count()
    };
    assert_eq!(map(), REQUESTS, "the call has a meaning");
    table.insert("map_p50_ns", json!(median_ns(effort.passes, || timed(map))));
    let (_, count) = counted(|| black_box(map()));
    let count = count as f64 / REQUESTS as f64;
    table.insert("map_allocations", json!(count));
    whole_calls(effort, smoke, &manifest, &arguments, table);
}

/// A mapped call from authorize to done, and with map before that: one of one action, and one of a tool that reads and writes.
fn whole_calls(
    effort: Effort,
    smoke: bool,
    manifest: &Manifest,
    arguments: &[(&str, Value<'_>); 4],
    table: &mut BTreeMap<&'static str, Json>,
) {
    let mut statements = Setup::new(Workload::Mixed, if smoke { 100 } else { 1_000 }).statements;
    statements.push(
        Statement::permit("whole-calls")
            .operations(Operations::ALL)
            .resources(["crm/{invoker}/list7/**"])
            .readers(Readers::public()),
    );
    let policy = Policy::new(statements).expect("the policy is valid");
    let (gate, scope) = (full_gate(still_clock()), scope(&policy, 1));
    let names = [
        ("tool7", "call_p50_ns", "call_with_map_p50_ns"),
        ("copy", "call_two_actions_p50_ns", "call_two_actions_with_map_p50_ns"),
    ];
    for (tool, without_map, with_map) in names {
        let handle = gate.call_handle(tool);
        let map = || manifest.map(tool, black_box(arguments), &scope);
        let done = |call: &permitgate::manifest::Call<'_>| {
            let running = gate.authorize_call(call, &scope).and_then(|p| p.begin(&handle));
            running.map(CallRunning::done).is_ok()
        };
        let mapped = map();
        let known = || (0..REQUESTS).filter(|_| done(black_box(&mapped))).count();
        let whole = || (0..REQUESTS).filter(|_| done(&map())).count();
        assert_eq!((known(), whole()), (REQUESTS, REQUESTS), "the call is allowed");
        table.insert(without_map, json!(median_ns(effort.passes, || timed(known))));
        table.insert(with_map, json!(median_ns(effort.passes, || timed(whole))));
    }
}

fn authorize_ns(effort: Effort, gate: &Gate, actions: &[Action<'_>], scope: &Scope) -> f64 {
    median_ns(effort.passes, || super::authorize_all(gate, actions, scope))
}

/// Every call timed alone, less what reading the timer costs: medians by ruling, and the 99th
/// percentile of all.
fn single_calls(effort: Effort, gate: &Gate, actions: &[Action<'_>], scope: &Scope) -> (Json, f64) {
    let mut empty: Vec<u64> = (0..10_000).map(|_| timed(|| ()).as_nanos() as u64).collect();
    empty.sort_unstable();
    let timer = empty[empty.len() / 2];
    let mut times: BTreeMap<Ruling, Vec<u64>> = BTreeMap::new();
    for _ in 0..effort.passes.min(50) {
        for action in actions {
            let start = Instant::now();
            let answer = gate.authorize(black_box(action), scope);
            let time = start.elapsed().as_nanos() as u64;
            let ruling = match &answer {
                Ok(_) => Ruling::Allow,
                Err(Refusal::Held(_)) => Ruling::Hold,
                Err(Refusal::Denied(_)) => Ruling::Deny,
            };
            times.entry(ruling).or_default().push(time.saturating_sub(timer));
        }
    }
    let mut all: Vec<u64> = times.values().flatten().copied().collect();
    all.sort_unstable();
    let medians = times
        .into_iter()
        .map(|(ruling, mut times)| {
            times.sort_unstable();
            (ruling.to_string(), json!(times[times.len() / 2]))
        })
        .collect();
    (Json::Object(medians), all[all.len() * 99 / 100] as f64)
}

fn allocations(gate: &Gate, actions: &[Action<'_>], scope: &Scope) -> f64 {
    let mut answers = Vec::with_capacity(REQUESTS);
    let authorize = || answers.extend(actions.iter().map(|action| gate.authorize(action, scope)));
    let ((), count) = counted(authorize);
    count as f64 / REQUESTS as f64
}

/// What happens as more statements match one request: time by how many do.
fn crowded(effort: Effort) -> Json {
    let by_number = [1_usize, 4, 16, 64, 256].map(|number| {
        let statements = (0..number).map(|n| {
            Statement::permit(format!("statement-{n:03}"))
                .operations(Operation::Read)
                .resources(["crm/team/**"])
                .readers(Readers::internal())
                .when(Condition::at_most("cents", 100 + n as i64))
        });
        let policy = Policy::new(statements).expect("the policy is valid");
        let (gate, scope) = (bare_gate(), scope(&policy, 1));
        let payment = workload::Payment { cents: 50, currency: "EUR" };
        let action = Action::read("crm.get", "crm/team/list/item").with(&payment);
        let actions = vec![action; REQUESTS];
        let time =
            median_ns(effort.passes.min(25), || timed(|| decide_all(&gate, &actions, &scope)));
        (number.to_string(), json!(time))
    });
    Json::Object(by_number.into_iter().collect())
}

fn compiling(effort: Effort, table: &mut BTreeMap<&'static str, Json>) {
    let (mut times, mut bytes) = (serde_json::Map::new(), serde_json::Map::new());
    for count in effort.counts {
        let setup = Setup::new(Workload::Mixed, *count);
        let mut micros: Vec<f64> = (0..effort.passes.min(21))
            .map(|_| {
                let statements = setup.statements.clone();
                timed(|| Policy::new(statements)).as_nanos() as f64 / 1000.0
            })
            .collect();
        micros.sort_by(f64::total_cmp);
        times.insert(count.to_string(), json!(round(micros[micros.len() / 2])));
        bytes.insert(count.to_string(), json!(setup.policy.memory_bytes()));
    }
    table.insert("compile_us", Json::Object(times));
    table.insert("memory_bytes", Json::Object(bytes));
}

/// Decisions of two threads with their own scopes over those of one, as a share of what pure spinning
/// gains from the second thread in the same run. With `begins`, what is allowed also begins and is done.
fn two_threads_ratio(effort: Effort, begins: bool) -> f64 {
    let setup = Setup::new(Workload::Mixed, if effort.counts.len() > 2 { 1_000 } else { 100 });
    let gate = full_gate(still_clock());
    let names = ["crm.get", "crm.put", "crm.list", "notes.edit"];
    let each = names.iter().flat_map(|name| Operation::ALL.map(|operation| (*name, operation)));
    let tools: Vec<ToolHandle> = each.map(|(name, operation)| gate.tool(name, operation)).collect();
    let decide = |_: usize| {
        let (scope, actions) = (scope(&setup.policy, 1), setup.actions());
        let (gate, tools) = (&gate, &tools);
        move || {
            let allowed = actions.iter().filter(|action| match gate.authorize(action, &scope) {
                Ok(permit) if begins => {
                    let tool = tools.iter().find(|tool| {
                        tool.name() == action.tool() && tool.operation() == action.operation()
                    });
                    tool.is_some_and(|tool| permit.begin(tool).map(Running::done).is_ok())
                }
                answer => answer.is_ok(),
            });
            black_box(allowed.count());
        }
    };
    let spin = |_: usize| {
        || {
            let mut state = 1_u64;
            for _ in 0..100_000 {
                state = black_box(state.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(7));
            }
        }
    };
    let rounds = if effort.passes > 100 { 7 } else { 1 };
    let mut ratios: Vec<f64> = (0..rounds)
        .map(|_| {
            let gain = |one: f64, two: f64| two / one;
            let decided = gain(
                passes_in(effort.two_threads / 7, 1, decide),
                passes_in(effort.two_threads / 7, 2, decide),
            );
            let spun = gain(
                passes_in(effort.two_threads / 7, 1, spin),
                passes_in(effort.two_threads / 7, 2, spin),
            );
            println!("two threads gain {decided:.2}, spinning {spun:.2}");
            2.0 * decided / spun
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Passes per second that `threads` threads do together, each with work of its own.
fn passes_in<W: FnMut()>(time: Duration, threads: usize, work: impl Fn(usize) -> W + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    let mut pass = work(number);
                    pass();
                    barrier.wait();
                    let start = Instant::now();
                    let mut passes = 0.0;
                    while start.elapsed() < time {
                        pass();
                        passes += 1.0;
                    }
                    passes / start.elapsed().as_secs_f64()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("the worker is done")).sum()
    })
}
