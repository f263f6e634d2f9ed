//! Beginning takes the permit, so it begins one effect.

use permitgate::gate::ToolHandle;
use permitgate::{Permit, Refusal};

fn delete_both(permit: Permit<'_>, delete: &ToolHandle) -> Result<(), Refusal> {
    permit.begin(delete)?.done();
    permit.begin(delete)?.done();
    Ok(())
}

fn main() {}
