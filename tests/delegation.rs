//! Delegation, against an independent oracle: whatever is delegated, a child allows nothing that its parent does not,
//! but what the root laid out to be handed on.
//!
//! Every run draws policies and trees of capabilities anew from a fixed seed. `PERMITGATE_TRIPLES` says how many
//! triples of parent, child and action; a hundred million take about four minutes in release mode on two cores.

#[path = "testkit/draw.rs"]
mod draw;
#[path = "delegation/tree.rs"]
mod tree;
#[path = "delegation/world.rs"]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use permitgate::Reason;
use permitgate::authority::{Attenuation, Budget, Grant};
use permitgate::decision::Ruling;
use permitgate::model::{Operations, Value};
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};
use tree::{Tree, WINDOW};
use world::{AUDIENCES, Attempt, Draw, Layer, PATHS, directory};

const TRIPLES: u64 = 200_000;
/// Actions that each tree is asked for.
const ACTIONS: u64 = 64;
/// Trees that are made of the same policies.
const PER_WORLD: u64 = 50;

#[test]
fn a_child_allows_nothing_that_its_parent_does_not() {
    let told = std::env::var("PERMITGATE_TRIPLES").ok();
    let triples = told.map_or(TRIPLES, |count| count.parse().expect("a number of triples"));
    let seen = Seen::default();
    std::thread::scope(|threads| {
        for thread in 0..2 {
            let seen = &seen;
            threads.spawn(move || run(thread, triples, seen));
        }
    });
    println!("{seen}");
    // The triples are worth something only if each of these happened often.
    for (what, count) in WHAT.iter().zip(&seen.0) {
        let count = count.load(Ordering::Relaxed);
        assert!(count * 2_000 > triples, "{what}: only {count} in {triples} triples");
    }
}

const WHAT: [&str; 14] = [
    "triples",
    "allowed by both",
    "ended by the operation alone",
    "by the resource alone",
    "by the condition alone",
    "by the readers alone",
    "by a forbid",
    "by another layer",
    "held for approval",
    "by a budget",
    "before or after its validity",
    "under a right that was handed on",
    "allowed by such a right, not by the parent",
    "attenuations refused for depth or for a right that is not there",
];

#[derive(Default)]
struct Seen([AtomicU64; WHAT.len()]);

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = WHAT.iter().zip(&self.0);
        let each = each.map(|(what, count)| format!("{} {what}", count.load(Ordering::Relaxed)));
        f.write_str(&each.collect::<Vec<_>>().join(", "))
    }
}

/// Counts of one thread, added up at its end.
#[derive(Default)]
struct Counts([u64; WHAT.len()]);

fn run(thread: u64, triples: u64, seen: &Seen) {
    let clock = Arc::new(ManualClock::new(Timestamp::MIN));
    let gate = Gate::builder().directory(directory()).clock(clock.clone()).build().unwrap();
    let mut draw = Draw(thread + 1);
    let mut counts = Counts::default();
    let mut policies = Vec::new();
    for number in 0.. {
        if counts.0[0] * 2 >= triples {
            break;
        }
        if number % PER_WORLD == 0 {
            policies = (0..24).map(|number| Layer::draw(&mut draw, number % 3 != 0)).collect();
        }
        let start = number * WINDOW;
        let tree = Tree::draw(&mut draw, &policies, start);
        counts.0[13] += tree.refused;
        for step in 0..ACTIONS {
            let at = start + step * WINDOW / ACTIONS;
            clock.set(Timestamp::from_unix_millis(at));
            ask(&gate, &tree, &Attempt::draw(&mut draw, at), &mut counts);
        }
    }
    for (all, count) in seen.0.iter().zip(counts.0) {
        all.fetch_add(count, Ordering::Relaxed);
    }
}

/// One action under every capability of the tree.
fn ask(gate: &Gate, tree: &Tree<'_>, attempt: &Attempt, counts: &mut Counts) {
    let arguments = [("n", Value::from(attempt.value as i64))];
    let action = Action::new(attempt.operation, "tool", PATHS[attempt.path])
        .visible_to(AUDIENCES[attempt.audience].0())
        .with(&arguments);
    let mut rulings = [Ruling::Deny; tree::NODES];
    for (place, node) in tree.nodes.iter().enumerate() {
        let decision = gate.decide(&action, &node.scope);
        rulings[place] = decision.ruling();
        let expected = tree.expected(node, attempt);
        assert_eq!(
            rulings[place], expected,
            "{decision:?} for {action:?} under {place} of {tree:?}"
        );
        let Some(parent) = node.parent else { continue };
        counts.0[0] += 1;
        if node.using.is_some() {
            counts.0[11] += 1;
            counts.0[12] += u64::from(rulings[place] < rulings[parent]);
            continue;
        }
        assert!(rulings[place] >= rulings[parent], "{action:?}: {place} widens in {tree:?}");
        if rulings[parent] == Ruling::Allow {
            let what = match decision.reason() {
                Reason::Permitted => 1,
                Reason::ApprovalRequired => 8,
                Reason::BudgetUncounted | Reason::BudgetSpent => 9,
                Reason::NotYetValid | Reason::Expired => 10,
                _ => node.layer.say(attempt).axis.map_or(7, |axis| axis + 2),
            };
            counts.0[what] += 1;
        }
    }
}

/// What can be read of a child is within what can be read of its parent.
fn check_terms(parent: &Capability, child: &Capability) {
    assert!(child.not_before() >= parent.not_before() && child.expires() <= parent.expires());
    assert!(child.delegable() < parent.delegable());
    assert!(child.hand_on().all(|name| parent.hand_on().any(|of| of == name)));
    assert!(parent.budgets().zip(child.budgets()).all(|(ours, theirs)| ours == theirs));
    assert!(child.budgets().count() >= parent.budgets().count());
    assert!(child.descends_from(parent) && !parent.descends_from(child));
}

#[test]
fn an_attenuation_says_why_it_fails() {
    let policy = || {
        let read = Statement::permit("read").operations(Operation::Read).resources(["a/**"]);
        Policy::new([read]).unwrap()
    };
    let grant = || Grant::new(policy()).hand_on("clean", policy()).delegable(2);
    let root = Capability::root(grant(), ambient_authority());
    let error = |attenuation: Attenuation| root.attenuate(attenuation).unwrap_err().to_string();
    let new = Attenuation::new;
    let cases = [
        (new().using("purge"), "the capability has no right `purge` to hand on"),
        (new().keeping(["clean", "purge"]), "the capability has no right `purge` to hand on"),
        (new().held_by(""), "the holder is not a name: a name must not be empty"),
        (
            new().budget(Budget::actions("b", 1).per(std::time::Duration::from_micros(999))),
            "budget: its window must be at least a millisecond",
        ),
        (
            new().budget(Budget::actions("b", 1).on(Operations::NONE)),
            "budget: it must be about an operation",
        ),
        (new().budget(Budget::sum("b", "", 1)), "budget: its argument: a name must not be empty"),
        ((0..17).fold(new(), |all, _| all.budget(Budget::actions("b", 1))), "more than 16 budgets"),
    ];
    for (attenuation, why) in cases {
        assert_eq!(error(attenuation), format!("attenuation: {why}"));
    }
    let leaf = root.attenuate(new().delegable(9)).unwrap().attenuate(new()).unwrap();
    let deeper = leaf.attenuate(new()).unwrap_err().to_string();
    assert_eq!(deeper, "attenuation: the capability must not be attenuated further");
    assert_eq!(leaf.hand_on().len(), 0, "what is not kept ends");

    // A root cannot fail, so what is made of it does.
    let twice = Capability::root(grant().hand_on("clean", policy()), ambient_authority());
    let why = "attenuation: two rights to hand on have the name `clean`";
    assert_eq!(twice.attenuate(new()).unwrap_err().to_string(), why);
    let scope = Scope::builder(&twice).invoker("dana").agent("triage").build();
    assert_eq!(
        scope.unwrap_err().to_string(),
        format!("scope: the capability cannot be used: {why}")
    );
}

#[test]
fn a_lineage_is_as_long_as_its_bound() {
    let permit = Statement::permit("read").operations(Operation::Read).resources(["a/**"]);
    let mut capability = Capability::root(Policy::new([permit]).unwrap(), ambient_authority());
    for depth in 1..permitgate::limits::MAX_LINEAGE {
        capability = capability.attenuate(Attenuation::new()).unwrap();
        assert_eq!((capability.depth(), capability.lineage().count()), (depth, depth + 1));
    }
    let error = capability.attenuate(Attenuation::new()).unwrap_err();
    assert_eq!(error.to_string(), "attenuation: the lineage already has 64 capabilities");
}
