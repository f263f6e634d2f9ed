//! `fmt`: the canonical form of policy files.

use serde::Serialize;

use crate::args::{Fmt, StdinFormat};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::paint::named;
use crate::replace::replace;
use crate::{EXIT_FINE, EXIT_FOUND};

/// What became of one file, as it is written in JSON.
#[derive(Serialize)]
struct Row {
    file: String,
    canonical: bool,
    written: bool,
}

pub(super) fn run(args: &Fmt, json: bool, io: &mut Io) -> Result<u8, Fault> {
    if args.stdin {
        return stdin(args, json, io);
    }
    let mut code = EXIT_FINE;
    // All are read before the first is written: a fault leaves every file as it was.
    let mut formatted = Vec::new();
    for file in &args.files {
        let text = io.read(file, input::MAX_POLICY)?;
        let canonical = input::format(&file.to_string_lossy(), &text)?;
        formatted.push((file, canonical == text, canonical));
    }
    for (file, same, canonical) in formatted {
        if !same && args.check {
            code = EXIT_FOUND;
        } else if !same {
            replace(file, &canonical)?;
        }
        let shown = file.display();
        if json {
            let written = !same && !args.check;
            io.json(&Row { file: shown.to_string(), canonical: same, written })?;
        } else if !same {
            let what = if args.check { "not in canonical form" } else { "formatted" };
            io.line(format_args!("{}: {what}", named(file)))?;
        }
    }
    Ok(code)
}

fn stdin(args: &Fmt, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let name = match args.stdin_format {
        StdinFormat::Toml => "stdin.toml",
        StdinFormat::Json => "stdin.json",
    };
    let text = io.read("-".as_ref(), input::MAX_POLICY)?;
    let canonical = input::format(name, &text)?;
    let same = canonical == text;
    if json {
        io.json(&Row { file: name.to_owned(), canonical: same, written: false })?;
    } else if !args.check {
        io.print(&canonical).map_err(Fault::output)?;
    } else if !same {
        io.line("stdin: not in canonical form")?;
    }
    Ok(if args.check && !same { EXIT_FOUND } else { EXIT_FINE })
}
