//! The subcommands, each in its own file.

mod check;
mod decide;
mod diff;
mod explain;
mod fmt;
mod lineage;
mod manifest;
mod plan;
mod print;
mod test;
mod token;

use std::collections::HashSet;

use permitgate::text::visible;

use crate::args::{Cli, Command, Under};
use crate::decider::Defaults;
use crate::fault::Fault;
use crate::io::Io;

/// Runs a subcommand and gives the exit code.
pub(crate) fn dispatch(cli: Cli, io: &mut Io) -> Result<u8, Fault> {
    let json = cli.json;
    match cli.command {
        Command::Check(args) => check::run(&args, json, io),
        Command::Decide(args) => decide::run(args, io),
        Command::Explain(args) => explain::run(args, json, io),
        Command::Test(args) => test::run(args, json, io),
        Command::Diff(args) => diff::run(args, json, io),
        Command::Fmt(args) => fmt::run(&args, json, io),
        Command::Plan(args) => plan::run(&args, io),
        Command::Schema(args) => print::schema(&args, io),
        Command::Manifest(args) => manifest::run(args, json, io),
        Command::Token(args) => token::run(args, json, io),
        Command::Completions(args) => print::completions(&args, io),
        Command::Man(args) => print::man(&args, io),
    }
}

impl TryFrom<Under> for Defaults {
    type Error = Fault;

    fn try_from(under: Under) -> Result<Self, Fault> {
        let Under { invoker, agent, bind } = under;
        let mut names = HashSet::new();
        match bind.iter().find(|(name, _)| !names.insert(name.as_str())) {
            Some((name, _)) => {
                Err(Fault::said(format!("--bind: `{}` is given twice", visible(name))))
            }
            None => Ok(Self { invoker, agent, bind }),
        }
    }
}
