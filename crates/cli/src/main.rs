//! The `permitgate` command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(permitgate_cli::run(std::env::args_os(), permitgate_cli::Io::of_process()))
}
