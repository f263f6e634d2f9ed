//! Minting a root takes the explicit permission to do so.

use permitgate::{Capability, Policy};

fn mint(policy: Policy) -> Capability {
    Capability::root(policy)
}

fn mint_with_nothing(policy: Policy) -> Capability {
    Capability::root(policy, ())
}

fn main() {}
