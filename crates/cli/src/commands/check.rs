//! `check`: are the files valid, and what in them looks wrong.

use std::path::Path;

use permitgate::ambient_authority;
use permitgate_files::{Bundle, Finding, LayerFile, LoadError, Options, Severity};
use serde::Serialize;

use super::lineage::Layer;
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
    let layers = args.narrowed_by.iter().map(|path| Layer::read(path, io));
    let layers: Vec<Layer> = layers.collect::<Result<_, _>>()?;
    let mut worst = EXIT_FINE;
    for file in &args.files {
        let loaded = load(file, io)?;
        worst = worst.max(outcome(loaded.as_ref().map(Bundle::warnings), args));
        match &loaded {
            Ok(bundle) => {
                told(&Checked::bundle(file, bundle), bundle.warnings(), json, io)?;
                worst = worst.max(narrowed(bundle, &layers, args, json, io)?);
            }
            Err(error) => {
                told(&Checked::invalid(file, error.findings()), error.findings(), json, io)?
            }
        }
    }
    Ok(worst)
}

/// The layers below what a policy file grants, each below the one before it.
fn narrowed(
    bundle: &Bundle,
    layers: &[Layer],
    args: &Check,
    json: bool,
    io: &mut Io,
) -> Result<u8, Fault> {
    let (mut worst, mut capability) = (EXIT_FINE, bundle.capability(ambient_authority()));
    for layer in layers {
        let loaded = layer.load(bundle);
        worst = worst.max(outcome(loaded.as_ref().map(LayerFile::warnings), args));
        match &loaded {
            Ok(file) => {
                capability = layer.narrow(&capability, file)?;
                told(&Checked::layer(layer.path(), file), file.warnings(), json, io)?;
            }
            Err(error) => {
                let findings = error.findings();
                told(&Checked::invalid(layer.path(), findings), findings, json, io)?;
            }
        }
    }
    Ok(worst)
}

fn outcome(loaded: Result<&[Finding], &LoadError>, args: &Check) -> u8 {
    let is_warning = |finding: &Finding| finding.severity() == Severity::Warning;
    match loaded {
        Err(_) => EXIT_FAULT,
        Ok(findings) if args.deny_warnings && findings.iter().any(is_warning) => EXIT_FOUND,
        Ok(_) => EXIT_FINE,
    }
}

/// A file, or what stands on the standard input, which includes nothing.
fn load(file: &Path, io: &mut Io) -> Result<Result<Bundle, LoadError>, Fault> {
    if file.as_os_str() != "-" {
        return Ok(Options::new().load(file));
    }
    let text = io.read(file, input::MAX_POLICY)?;
    Ok(Options::new().parse(input::name_of_text(&text), text))
}

fn told(checked: &Checked<'_>, findings: &[Finding], json: bool, io: &mut Io) -> Result<(), Fault> {
    if json {
        return io.json(checked);
    }
    for finding in findings {
        match finding.severity() {
            Severity::Error => io.complain(&finding.to_string()),
            Severity::Warning | Severity::Advice => io.remark(&finding.to_string()),
        }
    }
    if !checked.valid {
        return Ok(());
    }
    let counts = [
        (checked.statements, "statement"),
        (checked.guardrails, "guardrail"),
        (checked.tests, "test"),
    ];
    let counts = counts.iter().filter_map(|(count, what)| Some(counted((*count)?, what)));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let fine = io.paint().good("ok");
    io.line(format_args!("{}: {fine} ({counts})", named(Path::new(&checked.file))))
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

impl<'c> Checked<'c> {
    fn invalid(file: &Path, findings: &'c [Finding]) -> Self {
        Self {
            file: file.display().to_string(),
            valid: false,
            statements: None,
            guardrails: None,
            tests: None,
            findings: findings.iter().map(found).collect(),
        }
    }

    fn bundle(file: &Path, bundle: &'c Bundle) -> Self {
        Self {
            valid: true,
            statements: Some(bundle.policy().len()),
            guardrails: Some(bundle.guardrails().map_or(0, |all| all.len())),
            tests: Some(bundle.tests()),
            ..Self::invalid(file, bundle.warnings())
        }
    }

    /// Of the one kind of statements that a file has.
    fn layer(file: &Path, layer: &'c LayerFile) -> Self {
        let count = Some(layer.statements().len());
        Self { valid: true, statements: count, ..Self::invalid(file, layer.warnings()) }
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
