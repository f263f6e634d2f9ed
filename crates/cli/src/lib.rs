//! The `permitgate` command as a library, so that its paths can be measured and tested in process.
//!
//! [`run`] is the whole command: arguments and streams in, exit code out.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that meets the unexpected should stop"
    )
)]

mod answer;
mod args;
mod authority;
mod call;
mod cases;
mod commands;
mod decider;
mod fault;
mod input;
mod io;
mod paint;
mod replace;
mod secret;
mod sessions;
mod stream;

pub use args::Cli;
pub use io::{Io, Streams};

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use fault::Fault;

/// All went well, or every line was decided, or every test passed, or nothing changed.
pub const EXIT_FINE: u8 = 0;
/// The command ran, and found something: lines that could not be decided, failed tests, changes, a token
/// that is refused.
pub const EXIT_FOUND: u8 = 1;
/// The command could not run: usage, files, policy.
pub const EXIT_FAULT: u8 = 2;
/// Whoever read the output stopped reading, as shells report it.
pub const EXIT_PIPE: u8 = 141;

/// Runs the command that `args` ask for (the first one is the program's name) and gives its exit code.
pub fn run<A: Into<OsString> + Clone>(args: impl IntoIterator<Item = A>, mut io: Io) -> u8 {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    // Before anything else looks at them: what is wrong with an argument is said with the argument.
    if let Some(message) = secret::in_arguments(&args) {
        io.complain(&message);
        return EXIT_FAULT;
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &mut io),
    };
    io.settle_colours(cli.color);
    let done = commands::dispatch(cli, &mut io);
    let done = done.and_then(|code| io.flush().map(|()| code).map_err(Fault::output));
    match done {
        Ok(code) => code,
        Err(Fault::Pipe) => EXIT_PIPE,
        Err(Fault::Said(messages)) => {
            messages.iter().for_each(|message| io.complain(message));
            EXIT_FAULT
        }
    }
}

/// Help and version are answers, everything else is a fault.
fn usage(error: &clap::Error, io: &mut Io) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        let said = text.to_string();
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            io.show_help(&said);
            return EXIT_FAULT;
        }
        io.complain(said.strip_prefix("error: ").unwrap_or(&said).trim_end());
        return EXIT_FAULT;
    }
    let shown = if io.output_colours() { text.ansi().to_string() } else { text.to_string() };
    match io.print(&shown).and_then(|()| io.flush()) {
        Ok(()) => EXIT_FINE,
        Err(_) => EXIT_PIPE,
    }
}
