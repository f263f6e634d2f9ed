//! `token`: keys and tokens, each subcommand in its own file.

mod bearer;
mod inspect;
mod issuers;
mod keep;
mod keys;
mod mint;
pub(super) mod moment;
mod narrow;
mod pattern;
mod present;
mod revoke;
mod statements;
mod terms;
mod verify;

pub(super) use bearer::Bearer;

use std::fmt::Display;

use permitgate::text::visible;
use permitgate::token::TokenError;

use crate::args::token::TokenCommand;
use crate::fault::Fault;
use crate::io::Io;

pub(super) fn run(args: TokenCommand, json: bool, io: &mut Io) -> Result<u8, Fault> {
    match args {
        TokenCommand::Keygen(args) => keys::keygen(&args, json, io),
        TokenCommand::Public(args) => keys::public(&args, json, io),
        TokenCommand::Mint(args) => mint::mint(&args, json, io),
        TokenCommand::Attenuate(args) => mint::attenuate(&args, json, io),
        TokenCommand::Seal(args) => mint::seal(&args, json, io),
        TokenCommand::Inspect(args) => inspect::run(&args, json, io),
        TokenCommand::Verify(args) => verify::run(&args, json, io),
        TokenCommand::Revoke(args) => revoke::run(&args, json, io),
    }
}

/// What the core refuses, with the place it came from and its code.
fn refused(place: impl Display, error: &TokenError) -> Fault {
    Fault::said(format!("{place}: {error} ({})", error.reason()))
}

/// A name from outside, which cannot forge a line or speak to the terminal.
fn shown(name: &str) -> impl Display {
    visible(name)
}
