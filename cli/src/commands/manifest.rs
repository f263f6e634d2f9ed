//! `manifest draft` and `manifest check`: what a server says of its tools.

use portcullis::{ToolFinding, ToolList};
use serde::Serialize;

use crate::args::{Draft, Manifest, ManifestCheck};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::{EXIT_FINE, EXIT_FOUND};

pub(super) fn run(args: Manifest, json: bool, io: &mut Io) -> Result<u8, Fault> {
    match args {
        Manifest::Draft(args) => draft(&args, json, io),
        Manifest::Check(args) => check(&args, json, io),
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
    let draft = portcullis_task::draft(&list);
    // Canonical, so that `fmt` leaves alone what a reviewer has not touched.
    let draft = input::format("draft.toml", &draft).unwrap_or(draft);
    if json {
        io.json(&Drafted { tools: list.len(), draft })?;
    } else {
        io.line(draft.trim_end())?;
    }
    Ok(EXIT_FINE)
}

/// A finding, as it is written in JSON.
#[derive(Serialize)]
struct Row<'f> {
    tool: &'f str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    message: String,
}

/// What is said last, in JSON.
#[derive(Serialize)]
struct Last {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    listed: usize,
    known: usize,
    findings: usize,
}

fn check(args: &ManifestCheck, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let bundle = input::load_untested(&args.policy)?;
    let list = input::tool_list(&args.tools, io)?;
    let (_, findings) = bundle.manifest().narrowed_by(&list);
    for finding in &findings {
        if json {
            io.json(&row(finding, &list))?;
        } else {
            let paint = io.paint();
            let kind = match kind(finding) {
                "changed" => paint.bad("changed").to_string(),
                "tightened" => paint.doubt("tightened").to_string(),
                other => paint.faint(other).to_string(),
            };
            io.line(format_args!("{kind}: {finding}"))?;
        }
    }
    let summary =
        Summary { listed: list.len(), known: bundle.manifest().len(), findings: findings.len() };
    if json {
        io.json(&Last { summary })?;
    } else {
        let Summary { listed, known, findings } = summary;
        io.line(format_args!(
            "{listed} tools listed, {known} in the manifest, {findings} findings"
        ))?;
    }
    Ok(if findings.is_empty() { EXIT_FINE } else { EXIT_FOUND })
}

fn row<'f>(finding: &'f ToolFinding, list: &ToolList) -> Row<'f> {
    Row {
        tool: finding.tool(),
        kind: kind(finding),
        digest: list.digest(finding.tool()).map(|digest| digest.to_string()),
        message: finding.to_string(),
    }
}

fn kind(finding: &ToolFinding) -> &'static str {
    if finding.is_change() {
        "changed"
    } else if finding.is_tightening() {
        "tightened"
    } else {
        "unmatched"
    }
}
