//! `manifest draft`, `manifest check` and `manifest approve`: what a server says of its tools.

mod approve;
mod arguments;
mod change;
mod check;

use std::collections::BTreeMap;

use permitgate::mcp::ToolList;
use serde::Serialize;

use crate::EXIT_FINE;
use crate::args::{Draft, Manifest};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;

pub(super) fn run(args: Manifest, json: bool, io: &mut Io) -> Result<u8, Fault> {
    match args {
        Manifest::Draft(args) => draft(&args, json, io),
        Manifest::Check(args) => check::run(&args, json, io),
        Manifest::Approve(args) => approve::run(&args, json, io),
    }
}

/// A draft, as it is written in JSON.
#[derive(Serialize)]
struct Drafted {
    tools: usize,
    draft: String,
}

fn draft(args: &Draft, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let list = input::tool_list(&args.tools, io)?;
    let draft = permitgate_task::draft(&list);
    // Canonical, so that `fmt` leaves alone what a reviewer has not touched.
    let draft = input::format("draft.toml", &draft).unwrap_or(draft);
    if json {
        io.json(&Drafted { tools: list.len(), draft })?;
    } else {
        io.line(draft.trim_end())?;
    }
    Ok(EXIT_FINE)
}

/// The names of a list by what people take them for.
struct Likenesses<'l>(BTreeMap<String, Vec<&'l str>>);

impl<'l> Likenesses<'l> {
    fn of(list: &'l ToolList) -> Self {
        let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        list.names()
            .for_each(|name| names.entry(permitgate_task::likeness(name)).or_default().push(name));
        Self(names)
    }

    /// Names of listed tools that can be taken for this one.
    fn of_others(&self, name: &str) -> impl Iterator<Item = &'l str> {
        let alike = self.0.get(&permitgate_task::likeness(name)).map_or(&[][..], Vec::as_slice);
        alike.iter().copied().filter(move |other| *other != name)
    }
}
