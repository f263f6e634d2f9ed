//! A borrowed permit cannot move into a thread that may outlive it; that is what detaching is for.

use permitgate::{Permit, Tool};

fn spawn(permit: Permit<'_>, tool: Tool) {
    std::thread::spawn(move || permit.begin(&tool).unwrap().done());
}

fn main() {}
