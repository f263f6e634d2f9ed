//! A capability has no part that can be changed, and no method that adds to it.

use permitgate::{Capability, Policy};
use permitgate::time::Timestamp;

fn change(capability: &mut Capability, policy: Policy) {
    capability.0.expires = Timestamp::MAX;
    capability.extend(policy);
    capability.expires_at(Timestamp::MAX);
    capability.unrevoke();
}

fn main() {}
