//! One permit is one effect: there is no second copy, of a borrowed permit or of an owned one.

use permitgate::Permit;
use permitgate::gate::OwnedPermit;

fn twice(permit: Permit<'_>) -> (Permit<'_>, Permit<'_>) {
    (permit.clone(), permit)
}

fn owned_twice(permit: OwnedPermit) -> (OwnedPermit, OwnedPermit) {
    (permit.clone(), permit)
}

fn main() {}
