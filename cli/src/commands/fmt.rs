//! `fmt`: the canonical form of policy files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::{Fmt, StdinFormat};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
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
            io.line(format_args!("{shown}: {what}"))?;
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

/// Puts the text in the place of the file in one step, so that a policy is never half written.
fn replace(file: &Path, text: &str) -> Result<(), Fault> {
    // A link stays a link; what it points to is replaced.
    let target = fs::canonicalize(file).map_err(|error| Fault::file(file, &error))?;
    let fault = |error| Fault::file(file, &error);
    let permissions = fs::metadata(&target).map_err(fault)?.permissions();
    let beside = beside(&target);
    let mut new =
        fs::OpenOptions::new().write(true).create_new(true).open(&beside).map_err(fault)?;
    let written = new
        .write_all(text.as_bytes())
        .and_then(|()| new.set_permissions(permissions))
        .and_then(|()| new.sync_all())
        .and_then(|()| fs::rename(&beside, &target));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Fault::file(file, &error)
    })
}

/// A name for the new text, in the same folder.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    target.with_file_name(name)
}
