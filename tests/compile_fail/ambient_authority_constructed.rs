//! The permission to mint has one source, which can be searched for.

use permitgate::authority::AmbientAuthority;

fn tuple() -> AmbientAuthority {
    AmbientAuthority(())
}

fn default() -> AmbientAuthority {
    AmbientAuthority::default()
}

fn main() {}
