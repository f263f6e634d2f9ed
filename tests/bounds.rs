//! The stated worst case of a policy, held against work that can be counted from outside.

use std::sync::atomic::{AtomicU64, Ordering};

use permitgate::model::{Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::{Arguments, Directory};

/// Counts how often a condition asks for an argument, which is one of the steps.
#[derive(Default)]
struct Counted(AtomicU64);

impl Arguments for Counted {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(Value::from(1))
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
}

fn statement(number: usize, resource: &str) -> Statement {
    Statement::permit(format!("s{number:04}"))
        .operations(Operation::Read)
        .resources([resource])
        .when(Condition::at_least("n", 0))
}

fn asked(policy: &Policy, resource: &str) -> u64 {
    let capability = Capability::root(policy.clone(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    let counted = Counted::default();
    let _ = gate.decide(&Action::read("t", resource).with(&counted), &scope);
    counted.0.load(Ordering::Relaxed)
}

#[test]
fn no_request_takes_more_steps_than_stated() {
    let nobody = Directory::empty();
    for count in [1, 10, 100, 1000] {
        // All on one path; each on its own; and in more shapes than the index keeps apart.
        let crowded = Policy::new((0..count).map(|n| statement(n, "a/b/**"))).unwrap();
        let apart = Policy::new((0..count).map(|n| statement(n, &format!("a/b{n}/**")))).unwrap();
        let odd = |n: usize| {
            let stars =
                (0..1 + n % 20).map(|place| if n >> (place % 10) & 1 == 1 { "*" } else { "a" });
            stars.collect::<Vec<_>>().join("/")
        };
        let shapes = Policy::new((0..count).map(|n| statement(n, &odd(n)))).unwrap();
        for (policy, resource) in
            [(&crowded, "a/b/c"), (&apart, "a/b0/c"), (&shapes, "a/a/a/a"), (&shapes, "a")]
        {
            let (taken, stated) = (asked(policy, resource), policy.worst_case_steps(&nobody));
            assert!(taken <= stated, "{taken} steps of {stated} for {count} on {resource}");
        }
        assert_eq!(asked(&crowded, "a/b/c"), count as u64);
        assert_eq!(asked(&apart, "a/b0/c"), 1);
        // What is stated is no blanket number: patterns apart cost far less than a crowd.
        let (crowd, single) = (crowded.worst_case_steps(&nobody), apart.worst_case_steps(&nobody));
        assert!(count < 100 || single * 10 < crowd, "{single} and {crowd} for {count}");
    }
}

#[test]
fn larger_groups_are_part_of_what_is_stated() {
    let readers = Statement::permit("r").operations(Operation::Read).resources(["a"]);
    let policy = Policy::new([readers.readers(Readers::group("g"))]).unwrap();
    let directory = |size: usize| {
        let names: Vec<String> = (0..size).map(|n| format!("p{n}")).collect();
        let builder = names.iter().fold(Directory::builder(), |b, name| b.principal(name.as_str()));
        builder.group("g", names.iter().map(String::as_str)).build().unwrap()
    };
    let (small, large) = (directory(2), directory(200));
    assert!(policy.worst_case_steps(&small) < policy.worst_case_steps(&large));
}
