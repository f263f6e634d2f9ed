//! A permit that nobody uses is a mistake, and so is an effect whose end nobody tells.
#![deny(unused_must_use)]

use permitgate::{Permit, Refusal, Tool};

fn forget(permit: fn() -> Permit<'static>, tool: &Tool) -> Result<(), Refusal> {
    permit();
    permit().begin(tool)?;
    Ok(())
}

fn main() {}
