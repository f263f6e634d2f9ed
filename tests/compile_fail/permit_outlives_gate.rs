//! A permit cannot outlive its gate: with the gate would go its halts and its records.

use permitgate::{Action, Gate, Permit, Refusal, Scope};

fn authorize<'p>(action: &Action<'p>, scope: &'p Scope) -> Result<Permit<'p>, Refusal> {
    let gate = Gate::builder().build().unwrap();
    gate.authorize(action, scope)
}

fn main() {}
