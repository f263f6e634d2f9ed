//! A detached permit is as good for one effect as the permit it came from.

use permitgate::gate::ToolHandle;
use permitgate::{Refusal};
use permitgate::gate::OwnedPermit;

fn delete_both(permit: OwnedPermit, delete: &ToolHandle) -> Result<(), Refusal> {
    permit.begin(delete)?.done();
    permit.begin(delete)?.done();
    Ok(())
}

fn main() {}
