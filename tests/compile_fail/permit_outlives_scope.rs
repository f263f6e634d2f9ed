//! A permit cannot outlive the scope that it was given under.

use permitgate::{Action, Capability, Gate, Permit, Refusal, Scope};

fn authorize<'p>(
    gate: &'p Gate,
    capability: &Capability,
    action: &Action<'p>,
) -> Result<Permit<'p>, Refusal> {
    let scope = Scope::builder(capability).invoker("dana").agent("a").build().unwrap();
    gate.authorize(action, &scope)
}

fn main() {}
