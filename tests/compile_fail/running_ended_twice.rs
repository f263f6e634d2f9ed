//! Telling the end takes the effect, so one effect has one outcome.

use permitgate::gate::Running;

fn end_twice(running: Running<'_>) {
    running.done();
    running.failed();
}

fn main() {}
