//! Neither the running effect, nor its reading half, nor a detached permit can be made by hand.

use permitgate::{Action, Scope};
use permitgate::gate::{EffectHandle, OwnedPermit, Running};

fn run<'p>(action: Action<'p>, scope: &'p Scope) -> Running<'p> {
    Running { started: EffectHandle { action, scope } }
}

fn start<'p>(action: Action<'p>, scope: &'p Scope) -> EffectHandle<'p> {
    EffectHandle { action, scope }
}

fn detached(scope: Scope) -> OwnedPermit {
    OwnedPermit { scope }
}

fn main() {}
