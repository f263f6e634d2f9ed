//! A permit that nobody uses is a mistake, and so is an effect whose end nobody tells.
#![deny(unused_must_use)]

use permitgate::gate::ToolHandle;
use permitgate::{Permit, Refusal};

fn forget(permit: fn() -> Permit<'static>, tool: &ToolHandle) -> Result<(), Refusal> {
    permit();
    permit().begin(tool)?;
    Ok(())
}

fn main() {}
