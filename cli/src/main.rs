//! The `portcullis` command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(portcullis_cli::run(std::env::args_os(), portcullis_cli::Io::of_process()))
}
