//! Detaching takes the permit as well: what was detached cannot also begin here.

use permitgate::gate::ToolHandle;
use permitgate::{Permit, Refusal};
use permitgate::gate::OwnedPermit;

fn both(permit: Permit<'_>, tool: &ToolHandle) -> Result<OwnedPermit, Refusal> {
    let owned = permit.detach()?;
    permit.begin(tool)?.done();
    Ok(owned)
}

fn main() {}
