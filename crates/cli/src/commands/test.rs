//! `test`: the tests in policy files, and files of cases.

mod report;

use std::path::Path;

use permitgate::time::Timestamp;
use permitgate_files::Bundle;

use super::lineage::Lineage;
use crate::args::{Test, TestFormat};
use crate::authority::Authority;
use crate::cases::Case;
use crate::decider::{Decider, Defaults};
use crate::fault::Fault;
use crate::input;
use crate::io::Io;
use crate::sessions::{LIVE_SESSIONS, Sessions};
use crate::stream::{Chunk, Chunks, Line, MAX_LINE};
use crate::{EXIT_FINE, EXIT_FOUND};

use report::{Outcome, Report};

/// Bytes of case files in one run.
const MAX_CASES: u64 = 256 * 1024 * 1024;

pub(super) fn run(args: Test, json: bool, io: &mut Io) -> Result<u8, Fault> {
    let Test { files, cases, only_cases, under, lineage, format } = args;
    let format = if json { TestFormat::Json } else { format };
    let defaults: Defaults = under.try_into()?;
    let lineage = Lineage::read(&lineage, io)?;
    let bundles = files.iter().map(|file| Ok((file, input::load_untested(file)?)));
    let bundles = bundles.collect::<Result<Vec<_>, Fault>>()?;
    let texts = cases.iter().map(|path| Ok((path, io.read(path, MAX_CASES)?)));
    let texts = texts.collect::<Result<Vec<_>, Fault>>()?;
    let mut report = Report::start(format, io)?;
    for (file, bundle) in &bundles {
        let authority = lineage.authority(bundle, file, io)?;
        if !only_cases {
            in_file(bundle, &authority, lineage.at(), &mut report, io)?;
        }
        for (path, text) in &texts {
            let under = CasePolicy { authority: &authority, file, at: lineage.at() };
            case_file(under, &defaults, path, text, &mut report, io)?;
        }
    }
    let failed = report.finish(io)?;
    Ok(if failed == 0 { EXIT_FINE } else { EXIT_FOUND })
}

/// The `[[test]]` tables of a bundle, decided under the same as cases are.
fn in_file(
    bundle: &Bundle,
    authority: &Authority,
    at: Timestamp,
    report: &mut Report,
    io: &mut Io,
) -> Result<(), Fault> {
    for test in bundle.run_tests_under(&authority.capability, at) {
        let outcome = Outcome {
            policy: None,
            file: test.file,
            line: test.line as u64,
            name: test.name,
            why: test.why,
            failure: (!test.passed).then_some(test.explanation),
        };
        report.add(outcome, io)?;
    }
    Ok(())
}

/// What the cases of a file are decided under, and when.
#[derive(Clone, Copy)]
struct CasePolicy<'c> {
    authority: &'c Authority,
    file: &'c Path,
    at: Timestamp,
}

/// A file of cases, under one policy. Every case has its own session unless it names one, and budgets of the policy file count what
/// the cases of one session begin.
fn case_file(
    under: CasePolicy<'_>,
    defaults: &Defaults,
    path: &Path,
    text: &str,
    report: &mut Report,
    io: &mut Io,
) -> Result<(), Fault> {
    let authority = under.authority;
    let mut decider = Decider::new(authority, defaults);
    let mut named = Sessions::fixed(LIVE_SESSIONS);
    let mut chunks = Chunks::new(text.as_bytes(), MAX_LINE);
    let mut chunk = Chunk::default();
    while chunks.fill(&mut chunk).map_err(|error| Fault::file(path, &error))? {
        for (line, content) in chunk.numbered(MAX_LINE) {
            let case = match content {
                Line::Text(bytes) => Case::parse(bytes).map_err(|error| error.to_string()),
                Line::TooLong => Err(format!("the line is longer than {MAX_LINE} bytes")),
            };
            let name = case.as_ref().ok().and_then(|case| case.name.as_deref());
            let why = case.as_ref().ok().and_then(|case| case.why.as_deref()).map(str::to_owned);
            let name = name.map_or_else(|| format!("line {line}"), str::to_owned);
            let mut run = |case: &Case<'_>, decider: &mut Decider<'_>| match case.names_session() {
                true => case.run(decider, &mut named, ""),
                false => case.run(decider, &mut Sessions::fixed(1024), "own"),
            };
            let verdict = case.and_then(|case| match case.at {
                None if authority.rest.counts() && !case.names_session() => {
                    run(&case, &mut Decider::new(&authority.at(under.at)?, defaults))
                }
                None => run(&case, &mut decider),
                // No gate takes a clock that steps back.
                Some(at) => run(&case, &mut Decider::new(&authority.at(at)?, defaults)),
            });
            let outcome = Outcome {
                policy: Some(under.file.display().to_string()),
                file: path.display().to_string(),
                line,
                name,
                why,
                failure: verdict.err(),
            };
            report.add(outcome, io)?;
        }
    }
    Ok(())
}
