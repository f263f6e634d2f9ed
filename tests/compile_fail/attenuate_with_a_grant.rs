//! What makes a root cannot be applied to a capability: an attenuation is another type.

use permitgate::{Capability, Policy};
use permitgate::authority::{Attenuation, Grant};

fn attenuate(capability: &Capability, policy: Policy) {
    let _ = capability.attenuate(Grant::new(policy));
}

fn widen(capability: &Capability, other: Capability) {
    let _ = capability.attenuate(other);
}

fn permit(policy: Policy) -> Attenuation {
    Attenuation::new().restrict(policy)
}

fn main() {}
