//! Restrictions grant nothing, so they cannot stand where a grant is asked for.

use permitgate::{Capability, Grant, Restrictions, ambient_authority};

fn mint(restrictions: Restrictions) -> Capability {
    Capability::root(restrictions, ambient_authority())
}

fn grant(restrictions: Restrictions) -> Grant {
    Grant::new(restrictions)
}

fn main() {}
