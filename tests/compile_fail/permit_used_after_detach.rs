//! Detaching takes the permit as well: what was detached cannot also begin here.

use permitgate::{OwnedPermit, Permit, Refusal, Tool};

fn both(permit: Permit<'_>, tool: &Tool) -> Result<OwnedPermit, Refusal> {
    let owned = permit.detach()?;
    permit.begin(tool)?.done();
    Ok(owned)
}

fn main() {}
