//! `check`: are the files valid, and what in them looks wrong.

use std::path::Path;

use permitgate_files::{Bundle, Finding, LoadError, Options, Severity};
use serde::Serialize;

use crate::args::Check;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::paint::named;
use crate::{EXIT_FAULT, EXIT_FINE, EXIT_FOUND};

/// One file, as it is written in JSON.
#[derive(Serialize)]
struct Checked<'c> {
    file: String,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrails: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<usize>,
    findings: Vec<Found<'c>>,
}

#[derive(Serialize)]
struct Found<'f> {
    severity: &'static str,
    code: &'static str,
    file: String,
    line: usize,
    column: usize,
    message: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'f str>,
}

pub(super) fn run(args: &Check, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let mut worst = EXIT_FINE;
    for file in &args.files {
        let loaded = load(file, io)?;
        let findings = match &loaded {
            Ok(bundle) => bundle.warnings(),
            Err(error) => error.findings(),
        };
        let warned = findings.iter().any(|finding| finding.severity() == Severity::Warning);
        worst = worst.max(match &loaded {
            Err(_) => EXIT_FAULT,
            Ok(_) if args.deny_warnings && warned => EXIT_FOUND,
            Ok(_) => EXIT_FINE,
        });
        let bundle = loaded.as_ref().ok();
        if json {
            io.json(&checked(file, bundle, findings))?;
        } else {
            tell(file, bundle, findings, io)?;
        }
    }
    Ok(worst)
}

/// A file, or what stands on the standard input, which includes nothing.
fn load(file: &Path, io: &mut Io) -> Result<Result<Bundle, LoadError>, Fault> {
    if file.as_os_str() != "-" {
        return Ok(Options::new().load(file));
    }
    let text = io.read(file, input::MAX_POLICY)?;
    Ok(Options::new().parse(input::name_of_text(&text), text))
}

fn tell(
    file: &Path,
    bundle: Option<&Bundle>,
    findings: &[Finding],
    io: &mut Io,
) -> Result<(), Fault> {
    for finding in findings {
        match finding.severity() {
            Severity::Error => io.complain(&finding.to_string()),
            Severity::Warning | Severity::Advice => io.remark(&finding.to_string()),
        }
    }
    let Some(bundle) = bundle else { return Ok(()) };
    let guardrails = bundle.guardrails().map_or(0, |guardrails| guardrails.len());
    let counts =
        [(bundle.policy().len(), "statement"), (guardrails, "guardrail"), (bundle.tests(), "test")];
    let counts = counts.map(|(count, what)| counted(count, what)).join(", ");
    let fine = io.paint().good("ok");
    io.line(format_args!("{}: {fine} ({counts})", named(file)))
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn checked<'c>(file: &Path, bundle: Option<&Bundle>, findings: &'c [Finding]) -> Checked<'c> {
    Checked {
        file: file.display().to_string(),
        valid: bundle.is_some(),
        statements: bundle.map(|bundle| bundle.policy().len()),
        guardrails: bundle.map(|bundle| bundle.guardrails().map_or(0, |all| all.len())),
        tests: bundle.map(Bundle::tests),
        findings: findings.iter().map(found).collect(),
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let position = finding.position();
    Found {
        severity: match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        },
        code: finding.code().as_str(),
        file: finding.file().display().to_string(),
        line: position.line,
        column: position.column,
        message: finding.message(),
        hint: finding.hint(),
    }
}
