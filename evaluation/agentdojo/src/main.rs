//! The command: suites and policies in, tables or one object out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use permitgate_agentdojo::data::Case;
use permitgate_agentdojo::evaluate::evaluate;
use permitgate_agentdojo::gated::{Minted, Static};
use permitgate_agentdojo::operator::Operator;
use permitgate_agentdojo::report::Section;
use serde_json::json;

/// Replays recorded suites of agents' tool calls, benign and attacked, against Permitgate.
#[derive(Parser)]
struct Cli {
    /// A suite file; give one for each suite.
    #[arg(long = "suite", required = true)]
    suites: Vec<PathBuf>,
    /// The manifest, directory and static policy of each suite, in the order of the suites.
    #[arg(long = "policy")]
    policies: Vec<PathBuf>,
    /// The person for whom the agent of each suite acts, in the order of the suites; without it, the first principal
    /// of the directory.
    #[arg(long = "invoker")]
    invokers: Vec<String>,
    /// Calls for goals that a suite has no calls for.
    #[arg(long)]
    injections: Vec<PathBuf>,
    /// Which tools write (`agentdojo_<suite>.json`); found beside the suite by itself.
    #[arg(long)]
    tools: Vec<PathBuf>,
    /// Classes and references of pairs (`agentdojo_pairs.jsonl`); found beside the suite by itself.
    #[arg(long)]
    pairs: Vec<PathBuf>,
    /// Prints one JSON object in place of tables.
    #[arg(long)]
    json: bool,
    /// Lists every task with a hold and every attack that came out, with call, reason and statement.
    #[arg(long)]
    explain: bool,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let mut cases = cli.suites.iter().map(|path| Case::load(path)).collect::<Result<Vec<_>>>()?;
    for path in &cli.tools {
        let mut known = false;
        for case in &mut cases {
            known |= case.read_effects(path)?;
        }
        ensure!(known, "{} is about none of the suites", path.display());
    }
    for path in &cli.pairs {
        cases.iter_mut().try_for_each(|case| case.read_notes(path))?;
    }
    for path in &cli.injections {
        fill_goals(&mut cases, path)?;
    }
    ensure!(
        cli.policies.is_empty() || cli.policies.len() == cases.len(),
        "give one --policy for each --suite, in the same order, or none for the controls alone"
    );
    let mut sections = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        sections.push(match cli.policies.get(number) {
            None => evaluate(case, &[])?,
            Some(path) => {
                let invoker = cli.invokers.get(number).map(String::as_str);
                let operator = Operator::load(path, invoker)?;
                let mut section = evaluate(case, &[&Static(&operator), &Minted(&operator)])?;
                for test in &operator.failed {
                    section.warn(format!("a test of {} does not come out: {test}", path.display()));
                }
                section
            }
        });
    }
    print(&cli, &sections);
    let checks_hold =
        sections.iter().flat_map(|section| &section.checks).all(|check| check.holds());
    Ok(if checks_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Gives derived calls to the suite that the file is named after, else to the only suite that lacks some.
fn fill_goals(cases: &mut [Case], path: &std::path::Path) -> Result<()> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_named = |case: &Case| file.starts_with(&format!("{}_", case.suite.name));
    let any_named = cases.iter().any(is_named);
    let mut filled = 0;
    for case in cases.iter_mut().filter(|case| !any_named || is_named(case)) {
        let here = case.fill_goals(path)?;
        ensure!(
            filled == 0 || here == 0,
            "{} fits several suites; name it after its suite",
            path.display()
        );
        filled += here;
    }
    ensure!(filled > 0, "{} has no calls for any goal that lacks them", path.display());
    Ok(())
}

fn print(cli: &Cli, sections: &[Section]) {
    let all = if sections.len() > 1 { Section::all(sections) } else { None };
    if cli.json {
        let object = json!({
            "suites": sections.iter().map(Section::summary).collect::<Vec<_>>(),
            "all": all.as_ref().map(Section::summary),
        });
        println!("{object:#}");
        return;
    }
    for section in sections.iter().chain(&all) {
        println!("{}", section.table());
    }
    if cli.explain {
        sections.iter().for_each(|section| {
            println!("{}: {}", section.suites.join(" + "), section.explanation())
        });
    }
}
