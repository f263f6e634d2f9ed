//! A permit and a running effect show their action, and no more than that.

use permitgate::{Action, Permit};
use permitgate::gate::Running;

fn widen<'p>(permit: &mut Permit<'p>, running: &mut Running<'p>, wider: Action<'p>) {
    permit.action = wider;
    running.started.action = wider;
}

fn main() {}
