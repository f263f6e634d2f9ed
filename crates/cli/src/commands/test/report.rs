//! Test results, for people and for programs.

use serde::Serialize;

use crate::args::TestFormat;
use crate::fault::Fault;
use crate::io::Io;
use crate::paint::{plain, uncovered};

/// What came of one test.
#[derive(Serialize)]
pub(super) struct Outcome {
    /// The policy under which a case was decided; a test in a policy file has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) name: String,
    /// What it shows, where its author says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// What is wrong, where it did not pass.
    pub(super) failure: Option<String>,
}

/// Writes results as they come; JUnit needs its totals first, so it keeps them.
pub(super) struct Report {
    format: TestFormat,
    passed: u64,
    failed: u64,
    kept: Vec<Outcome>,
}

impl Report {
    pub(super) fn start(format: TestFormat, io: &mut Io) -> Result<Self, Fault> {
        if format == TestFormat::Tap {
            io.line("TAP version 14")?;
        }
        Ok(Self { format, passed: 0, failed: 0, kept: Vec::new() })
    }

    pub(super) fn add(&mut self, outcome: Outcome, io: &mut Io) -> Result<(), Fault> {
        match outcome.failure {
            None => self.passed += 1,
            Some(_) => self.failed += 1,
        }
        match self.format {
            TestFormat::Human => human(&outcome, io),
            TestFormat::Json => json(&outcome, io),
            TestFormat::Tap => tap(self.passed + self.failed, &outcome, io),
            TestFormat::Junit => {
                self.kept.push(outcome);
                Ok(())
            }
        }
    }

    /// Writes what comes last, and gives the number of failures.
    pub(super) fn finish(self, io: &mut Io) -> Result<u64, Fault> {
        let (passed, failed) = (self.passed, self.failed);
        match self.format {
            TestFormat::Human => {
                let paint = io.paint();
                let failures = match failed {
                    0 => paint.good("0 failed".to_owned()).to_string(),
                    count => paint.bad(format!("{count} failed")).to_string(),
                };
                io.line(format_args!("{passed} passed, {failures}"))?;
            }
            TestFormat::Json => io.json(&serde_json::json!({
                "summary": {"passed": passed, "failed": failed}
            }))?,
            TestFormat::Tap => io.line(format_args!("1..{}", passed + failed))?,
            TestFormat::Junit => junit(&self.kept, failed, io)?,
        }
        Ok(failed)
    }
}

fn human(outcome: &Outcome, io: &mut Io) -> Result<(), Fault> {
    let Outcome { policy, file, line, name, why, failure } = outcome;
    let Some(failure) = failure else { return Ok(()) };
    let paint = io.paint();
    let under =
        policy.as_ref().map_or_else(String::new, |policy| format!(" under {}", plain(policy)));
    let (bad, name, file) = (paint.bad("failed"), paint.strong(plain(name)), plain(file));
    let why = why.as_ref().map_or_else(String::new, |why| format!(" (it shows: {})", plain(why)));
    io.line(format_args!("{file}:{line}: {bad}{under}: {name}: {}{why}", plain(failure)))
}

fn json(outcome: &Outcome, io: &mut Io) -> Result<(), Fault> {
    #[derive(Serialize)]
    struct Row<'o> {
        passed: bool,
        #[serde(flatten)]
        outcome: &'o Outcome,
    }
    io.json(&Row { passed: outcome.failure.is_none(), outcome })
}

fn tap(number: u64, outcome: &Outcome, io: &mut Io) -> Result<(), Fault> {
    let Outcome { file, line, name, failure, .. } = outcome;
    let state = if failure.is_none() { "ok" } else { "not ok" };
    // A `#` would begin a directive.
    let escaped = |text: &str| plain(text).replace('\\', "\\\\").replace('#', "\\#");
    let (name, file) = (escaped(name), escaped(file));
    io.line(format_args!("{state} {number} - {name} ({file}:{line})"))?;
    match failure {
        Some(failure) => {
            let message = uncovered(&serde_json::Value::from(failure.as_str()).to_string());
            io.line(format_args!("  ---\n  message: {message}\n  ..."))
        }
        None => Ok(()),
    }
}

fn junit(outcomes: &[Outcome], failed: u64, io: &mut Io) -> Result<(), Fault> {
    let count = outcomes.len();
    io.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    io.line(format_args!(
        "<testsuites name=\"permitgate\" tests=\"{count}\" failures=\"{failed}\">"
    ))?;
    io.line(format_args!(
        "  <testsuite name=\"permitgate\" tests=\"{count}\" failures=\"{failed}\">"
    ))?;
    for Outcome { policy, file, line, name, failure, .. } in outcomes {
        let (name, shown) = (xml(name), xml(file));
        let class = policy.as_ref().map_or_else(|| shown.clone(), |policy| xml(policy));
        let head = format!(
            "    <testcase name=\"{name}\" classname=\"{class}\" file=\"{shown}\" line=\"{line}\""
        );
        match failure {
            None => io.line(format_args!("{head}/>"))?,
            Some(failure) => {
                let failure = xml(failure);
                io.line(format_args!("{head}><failure message=\"{failure}\"/></testcase>"))?;
            }
        }
    }
    io.line("  </testsuite>\n</testsuites>")
}

/// Text within an XML attribute; a control character becomes a space, and what is hidden is escaped.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}
