//! What was allowed cannot be exchanged for something else, keeping the proof.

use permitgate::{Action, Permit};

fn widen<'p>(permit: Permit<'p>, wider: Action<'p>) -> Permit<'p> {
    Permit { action: wider, ..permit }
}

fn main() {}
