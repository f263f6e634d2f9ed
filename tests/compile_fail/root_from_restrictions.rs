//! Restrictions grant nothing, so they cannot stand where a grant is asked for.

use permitgate::{Capability, Restrictions, ambient_authority};
use permitgate::authority::Grant;

fn mint(restrictions: Restrictions) -> Capability {
    Capability::root(restrictions, ambient_authority())
}

fn grant(restrictions: Restrictions) -> Grant {
    Grant::new(restrictions)
}

fn main() {}
