//! Authority cannot be written down as a tuple, and there is no default of it.

use permitgate::Capability;
use permitgate::authority::CapabilityId;

fn tuple() -> Capability {
    Capability(std::sync::Arc::new(()))
}

fn default() -> Capability {
    Capability::default()
}

fn id() -> CapabilityId {
    CapabilityId(7)
}

fn main() {}
