//! Shows what was measured: a table for people, a JSON list for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::measure::Row;

/// The lock file this program was built with. It names the versions that were measured.
const LOCK: &str = include_str!("../Cargo.lock");

/// Where results go, seen from this package: the target folder of the repository.
const FOLDER: &str = "../../target/bench";

/// Draws the table, and below it what engines cannot express.
pub(crate) fn table(rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{:<14} {:>9} {:>11} {:>14} {:>12}",
        "engine", "version", "statements", "p50 ns", "allocations"
    )?;
    for row in rows {
        writeln!(
            text,
            "{:<14} {:>9} {:>11} {:>14.1} {:>12.1}",
            row.engine,
            version(row.engine)?,
            row.statements,
            row.p50_ns,
            row.allocations,
        )?;
    }
    for row in rows {
        for sentence in &row.cannot_express {
            let (engine, statements) = (row.engine, row.statements);
            writeln!(text, "{engine}, {statements} statements: {sentence}")?;
        }
    }
    Ok(text)
}

/// Writes the rows as JSON and returns the path of the file.
pub(crate) fn write_json(rows: &[Row], file_name: &str) -> Result<PathBuf> {
    let rows: Result<Vec<Value>> = rows.iter().map(json_row).collect();
    let text = serde_json::to_string_pretty(&rows?)? + "\n";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.canonicalize()?.join(file_name);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn json_row(row: &Row) -> Result<Value> {
    Ok(json!({
        "engine": row.engine,
        "version": version(row.engine)?,
        "statements": row.statements,
        "p50_ns": row.p50_ns,
        "allocations": row.allocations,
        "cannot_express": row.cannot_express,
    }))
}

/// The version of the crate in the lock file.
fn version(crate_name: &str) -> Result<&'static str> {
    let name = format!("name = \"{crate_name}\"");
    LOCK.split("[[package]]")
        .filter(|package| package.lines().any(|line| line == name))
        .find_map(|package| {
            let mut lines = package.lines();
            lines.find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        })
        .with_context(|| format!("{crate_name} is not in Cargo.lock"))
}
