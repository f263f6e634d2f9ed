//! What is printed and needs no policy: schema, completions, manual pages.

use clap::CommandFactory;

use crate::EXIT_FINE;
use crate::args::{Cli, Completions, Man, Schema};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;

pub(super) fn schema(_args: &Schema, io: &mut Io) -> Result<u8, Fault> {
    let text = serde_json::to_string_pretty(&input::schema());
    io.line(text.map_err(|error| Fault::said(error.to_string()))?)?;
    Ok(EXIT_FINE)
}

pub(super) fn completions(args: &Completions, io: &mut Io) -> Result<u8, Fault> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(args.shell, &mut command, "permitgate", &mut script);
    io.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(EXIT_FINE)
}

pub(super) fn man(args: &Man, io: &mut Io) -> Result<u8, Fault> {
    let mut command = Cli::command();
    command.build();
    let mut page = &command;
    for name in &args.subcommand {
        page = page
            .find_subcommand(name)
            .ok_or_else(|| Fault::said(format!("man: there is no subcommand `{name}`")))?;
    }
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page.clone()).render(&mut text);
    rendered.map_err(|error| Fault::said(format!("man: {error}")))?;
    io.line(String::from_utf8_lossy(&text).trim_end())?;
    Ok(EXIT_FINE)
}
