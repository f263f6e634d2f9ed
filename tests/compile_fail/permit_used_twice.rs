//! Beginning takes the permit, so it begins one effect.

use permitgate::{Permit, Refusal, Tool};

fn delete_both(permit: Permit<'_>, delete: &Tool) -> Result<(), Refusal> {
    permit.begin(delete)?.done();
    permit.begin(delete)?.done();
    Ok(())
}

fn main() {}
