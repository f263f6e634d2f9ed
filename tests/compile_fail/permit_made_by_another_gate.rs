//! A gate of one's own can refuse and forward, but not mint: the constructors are out of reach.

use permitgate::Permit;
use permitgate::gate::{OwnedPermit, Running};

fn mint() {
    let _ = Permit::new;
    let _ = Permit::begin_asked;
    let _ = OwnedPermit::new;
    let _ = Running::new;
}

fn main() {}
