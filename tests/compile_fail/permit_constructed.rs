//! A permit cannot be written down, not even by somebody who has every part but its evidence.

use permitgate::{Action, Permit, Scope};

fn forge<'p>(action: Action<'p>, scope: &'p Scope) -> Permit<'p> {
    Permit { action, scope }
}

fn main() {}
