//! Nor can authority, or its identity, be written down by the names of its fields.

use permitgate::authority::{AmbientAuthority, CapabilityId};

fn authority() -> AmbientAuthority {
    AmbientAuthority { 0: () }
}

fn id() -> CapabilityId {
    CapabilityId { 0: 7 }
}

fn main() {}
