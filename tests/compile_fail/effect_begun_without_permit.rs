//! Neither the running effect, nor its reading half, nor a detached permit can be made by hand.

use permitgate::{Action, OwnedPermit, Running, Scope, Started};

fn run<'p>(action: Action<'p>, scope: &'p Scope) -> Running<'p> {
    Running { started: Started { action, scope } }
}

fn start<'p>(action: Action<'p>, scope: &'p Scope) -> Started<'p> {
    Started { action, scope }
}

fn detached(scope: Scope) -> OwnedPermit {
    OwnedPermit { scope }
}

fn main() {}
