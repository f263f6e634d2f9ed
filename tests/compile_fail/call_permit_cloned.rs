//! One permit of a call is one effect: there is no second copy, and a name is no handle.

use permitgate::gate::{CallHandle, CallPermit, OwnedCallPermit};

fn twice(permit: CallPermit<'_>) -> (CallPermit<'_>, CallPermit<'_>) {
    (permit.clone(), permit)
}

fn owned_twice(permit: OwnedCallPermit) -> (OwnedCallPermit, OwnedCallPermit) {
    (permit.clone(), permit)
}

fn named(tool: &CallHandle) -> &str {
    tool.name()
}

fn by_name(permit: CallPermit<'_>) {
    let _ = permit.begin("mail");
}

fn main() {}
