//! One permission to mint mints one root.

use permitgate::{Capability, Policy};
use permitgate::authority::AmbientAuthority;

fn mint_two(policy: Policy, authority: AmbientAuthority) -> [Capability; 2] {
    [Capability::root(policy.clone(), authority), Capability::root(policy, authority)]
}

fn main() {}
