//! A borrowed permit cannot move into a thread that may outlive it; that is what detaching is for.

use permitgate::gate::ToolHandle;
use permitgate::{Permit};

fn spawn(permit: Permit<'_>, tool: ToolHandle) {
    std::thread::spawn(move || permit.begin(&tool).unwrap().done());
}

fn main() {}
