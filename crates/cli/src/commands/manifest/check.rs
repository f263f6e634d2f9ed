//! `manifest check`: the manifest and the lock beside what a server lists.

use permitgate::manifest::ToolFinding;
use permitgate::mcp::{ListedTool, ToolHint, ToolList};
use permitgate::text::visible;
use permitgate_files::Bundle;
use serde::Serialize;

use super::Likenesses;
use super::arguments::differences;
use super::change::{Change, changes, lines, places};
use crate::args::ManifestCheck;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::{EXIT_FINE, EXIT_FOUND};

/// A finding, as it is written in JSON.
#[derive(Serialize)]
struct Row {
    tool: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
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
    approved: usize,
    findings: usize,
}

pub(super) fn run(args: &ManifestCheck, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let bundle = input::load_untested(&args.policy)?;
    let list = input::tool_list(&args.tools, io)?;
    let rows = rows(&bundle, &list);
    for row in &rows {
        if json {
            io.json(row)?;
            continue;
        }
        let paint = io.paint();
        let kind = match row.kind {
            "changed" => paint.bad(row.kind).to_string(),
            "unmatched" => paint.faint(row.kind).to_string(),
            other => paint.doubt(other).to_string(),
        };
        io.line(format_args!("{kind}: {}", row.message))?;
        for line in lines(&row.changes, paint) {
            io.line(line)?;
        }
    }
    let summary = Summary {
        listed: list.len(),
        known: bundle.manifest().len(),
        approved: bundle.lock().len(),
        findings: rows.len(),
    };
    if json {
        io.json(&Last { summary })?;
    } else {
        let Summary { listed, known, approved, findings } = summary;
        let (tools, found) = (counted(listed, "tool"), counted(findings, "finding"));
        io.line(format_args!("{tools} listed, {known} in the manifest, {found}"))?;
        if approved == 0 {
            io.line("no tool is approved, so a change of one is not seen; see `manifest approve`")?;
        }
    }
    Ok(if rows.is_empty() { EXIT_FINE } else { EXIT_FOUND })
}

pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Everything that is found, in order of the tools' names.
fn rows(bundle: &Bundle, list: &ToolList) -> Vec<Row> {
    let (_, findings) = bundle.manifest().narrowed_by(list);
    let alike = Likenesses::of(list);
    let mut rows: Vec<Row> =
        findings.iter().map(|finding| of_core(finding, bundle, list, &alike)).collect();
    for tool in bundle.tools() {
        let Some(listed) = list.find(tool.name()) else { continue };
        let mut found = |kind, said: &str| rows.push(row(listed, kind, said));
        for said in differences(tool, listed) {
            found("argument", &said);
        }
        if let Some(said) = contradiction(listed, tool) {
            found("hint", said);
        }
        if let Some(said) = hidden(listed) {
            found("hidden", &said);
        }
        if !bundle.lock().is_empty() && bundle.lock().find(tool.name()).is_none() {
            found(
                "unapproved",
                "it is not approved, so a change of it is not seen; see `manifest approve`",
            );
        }
    }
    for listed in list.tools() {
        let near: Vec<String> =
            alike.of_others(listed.name()).map(|near| format!("`{}`", visible(near))).collect();
        if !near.is_empty() {
            let said = format!("it can be taken for {}, which is listed as well", near.join(", "));
            rows.push(row(listed, "hidden", &said));
        }
    }
    rows.sort_by(|one, other| one.tool.cmp(&other.tool));
    rows
}

fn row(listed: &ListedTool, kind: &'static str, said: &str) -> Row {
    let tool = listed.name().to_owned();
    let message = format!("tool `{}`: {said}", visible(&tool));
    Row { tool, kind, digest: None, message, changes: Vec::new() }
}

fn of_core(finding: &ToolFinding, bundle: &Bundle, list: &ToolList, alike: &Likenesses) -> Row {
    let tool = finding.tool();
    let listed = list.find(tool);
    let approved = bundle.lock().find(tool);
    let changes = match (finding.is_change(), approved, listed) {
        (true, Some(approved), Some(listed)) => changes(approved.object(), listed.object()),
        _ => Vec::new(),
    };
    let mut message = match (changes.is_empty(), approved, listed) {
        (false, Some(approved), Some(listed)) => format!(
            "tool `{}`: it changed after it was approved, in {}; calls are refused until it is approved again",
            visible(tool),
            places(approved.object(), listed.object()).join(", ")
        ),
        _ => finding.to_string(),
    };
    if listed.is_none() {
        for near in alike.of_others(tool) {
            message.push_str(&format!("; `{}` is listed, and is another tool", visible(near)));
        }
    }
    let kind = if finding.is_change() {
        "changed"
    } else if finding.is_tightening() {
        "tightened"
    } else {
        "unmatched"
    };
    let digest = listed.map(|listed| listed.digest().to_string());
    Row { tool: tool.to_owned(), kind, digest, message, changes }
}

/// Where hints speak against each other, or against the manifest. None of them loosens it.
fn contradiction(
    listed: &ListedTool,
    tool: &permitgate::manifest::ToolSpec,
) -> Option<&'static str> {
    if listed.read_only() == ToolHint::Yes && listed.destructive() == ToolHint::Yes {
        return Some("its server says that it only reads, and that it destroys");
    }
    let tool = serde_json::to_value(tool).ok()?;
    let effects = tool.get("effect")?.as_array()?;
    let reads = effects.iter().any(|effect| effect.get("operation").is_some_and(|of| of == "read"));
    (listed.read_only() == ToolHint::Yes && !reads).then_some(
        "its server says that it only reads, and the manifest that it writes; the manifest counts",
    )
}

/// What of a tool people or models are shown, and a person does not see.
fn hidden(listed: &ListedTool) -> Option<String> {
    if listed.name().trim() != listed.name() {
        return Some("its name begins or ends with a blank".to_owned());
    }
    let place = permitgate_task::hidden_in(listed.object())?;
    Some(format!("something at `{}` is not seen as it stands", visible(&place)))
}
