//! A detached permit is as good for one effect as the permit it came from.

use permitgate::{OwnedPermit, Refusal, Tool};

fn delete_both(permit: OwnedPermit, delete: &Tool) -> Result<(), Refusal> {
    permit.begin(delete)?.done();
    permit.begin(delete)?.done();
    Ok(())
}

fn main() {}
