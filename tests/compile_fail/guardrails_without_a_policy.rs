//! A list of statements is neither kind of policy before it was said which, and validated.

use permitgate::{Gate, Policy, Statement};

fn unchecked(statement: Statement) {
    let _ = Gate::builder().guardrails(vec![statement]);
}

fn compiled() -> Policy {
    Policy(std::sync::Arc::new(()))
}

fn main() {}
