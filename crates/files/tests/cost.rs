//! What loading costs: a guardrail is checked alone, and no gate is built for it.

use std::fmt::Write;

use permitgate_files::Options;

#[expect(dead_code, reason = "this file asks for bytes alone")]
#[path = "../../../tests/testkit/allocations.rs"]
mod allocations;

const COUNT: usize = 1_000;

/// So many forbids, in tables of this name.
fn policy(table: &str) -> String {
    let mut text = String::new();
    for number in 0..COUNT {
        let _ = write!(
            text,
            "[[{table}]]\nid = \"s{number}\"\neffect = \"forbid\"\noperations = \"delete\"\n\
             resources = [\"docs/{number}/**\"]\n"
        );
    }
    text
}

fn bytes_to_load(text: &str) -> u64 {
    let (loaded, _, bytes) = allocations::measured(|| Options::new().parse("policy.toml", text));
    assert!(loaded.is_ok());
    bytes
}

/// A gate has 64 lanes on cache lines of their own: one for each guardrail would be most of the memory.
#[test]
fn guardrails_load_as_cheaply_as_statements() {
    let statements = bytes_to_load(&policy("statement"));
    let guardrails = bytes_to_load(&policy("guardrail"));
    println!("{COUNT} statements: {statements} bytes, {COUNT} guardrails: {guardrails} bytes");
    assert!(guardrails < statements + statements / 10, "{statements} and {guardrails}");
}
