//! `manifest draft` and `manifest check`.

use crate::args::Manifest;
use crate::fault::Fault;
use crate::io::Io;

pub(super) fn run(_args: Manifest, _json: bool, _io: &mut Io) -> Result<u8, Fault> {
    Err(Fault::said("not there yet"))
}
