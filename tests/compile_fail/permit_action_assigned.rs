//! What a permit shows of its action is for reading.

use permitgate::{Action, Permit};
use permitgate::gate::Running;

fn widen<'p>(permit: &mut Permit<'p>, running: &mut Running<'p>, wider: Action<'p>) {
    *permit.action() = wider;
    *running.action() = wider;
}

fn main() {}
