//! Holds what each argument kind accepts to what the programs make of it that read it.
//!
//! `kinds-evaluation KIND|all [SECONDS] [SEED]` draws texts for so many seconds, asks the crate, and compares what it
//! accepts with other readers. It prints one line for each kind, the shortest texts that differ below it, and ends with 1
//! where one does.
#![forbid(unsafe_code)]

mod corpus;
mod draw;
mod report;
mod subject;
mod oracles {
    pub(crate) mod argv;
    pub(crate) mod decimal;
    pub(crate) mod mailbox;
    pub(crate) mod patch;
    pub(crate) mod path;
    pub(crate) mod shell;
    pub(crate) mod sql;
    pub(crate) mod url;
}

use std::process::{Command, ExitCode};

/// Compares for so many seconds, from a seed; whether there was no difference.
type Oracle = fn(u64, u64) -> bool;

const ORACLES: &[(&str, Oracle)] = &[
    ("url", oracles::url::run),
    ("path", oracles::path::run),
    ("mailbox", oracles::mailbox::run),
    ("decimal", oracles::decimal::run),
    ("shell", oracles::shell::run),
    ("argv", oracles::argv::run),
    ("patch", oracles::patch::run),
    ("sql", oracles::sql::run),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(kind) = arguments.next() else { return usage() };
    let (Ok(seconds), Ok(seed)) = (number(arguments.next(), 10), number(arguments.next(), 1))
    else {
        return usage();
    };
    let oracle = ORACLES.iter().find(|(name, _)| *name == kind);
    let agrees = match oracle {
        Some((_, run)) => run(seconds, seed),
        None if kind == "all" => all(seconds, seed),
        None => return usage(),
    };
    if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(text: Option<String>, default: u64) -> Result<u64, std::num::ParseIntError> {
    text.map_or(Ok(default), |text| text.parse())
}

fn usage() -> ExitCode {
    let names: Vec<_> = ORACLES.iter().map(|(name, _)| *name).collect();
    eprintln!("kinds-evaluation {}|all [SECONDS] [SEED]", names.join("|"));
    ExitCode::from(2)
}

/// One after the other, each in a process of its own: one that panics differs, and the others still run.
fn all(seconds: u64, seed: u64) -> bool {
    let program = std::env::current_exe().expect("this program");
    let mut failed = Vec::new();
    for (name, _) in ORACLES {
        let status =
            Command::new(&program).args([name, &*seconds.to_string(), &*seed.to_string()]).status();
        if !status.expect("this program again").success() {
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        println!("differences: {}", failed.join(", "));
    }
    failed.is_empty()
}
