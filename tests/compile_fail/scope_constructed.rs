//! A scope comes from its builder, which checks it, and cannot be changed afterwards.

use permitgate::{Capability, Scope};

fn forge() -> Scope {
    Scope(std::sync::Arc::new(()))
}

fn change(scope: &mut Scope, capability: Capability) {
    scope.0.capability = capability;
}

fn main() {}
