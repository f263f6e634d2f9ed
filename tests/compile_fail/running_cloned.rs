//! A running effect has one end, so there is one value that can tell it.

use permitgate::gate::{OwnedRunning, Running};

fn end_twice(running: Running<'_>) {
    running.clone().done();
    running.failed();
}

fn end_owned_twice(running: OwnedRunning) {
    running.clone().done();
    running.failed();
}

fn main() {}
