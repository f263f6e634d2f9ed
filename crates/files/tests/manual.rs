//! The samples of the pages about the format and about budgets load as they stand there, and their tests pass.

use std::fs;
use std::path::Path;

use permitgate_files::{Bundle, Options};

const PAGE: &str = include_str!("../../../src/manual/policy-files.md");
const BUDGETS: &str = include_str!("../../../src/manual/budgets.md");

/// Every sample of TOML, with the line of the page on which it begins.
fn samples(page: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line {
            "```toml" => found.push((number + 1, String::new())),
            "```" => {}
            line if inside => {
                let (_, text) = found.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
        inside = line == "```toml" || inside && line != "```";
    }
    found
}

#[test]
fn every_sample_of_the_page_loads_on_its_own() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manual");
    fs::create_dir_all(&folder).unwrap();
    let people = "[directory]\nprincipals = [\"dana@example.com\", \"lee@example.com\"]\n";
    fs::write(folder.join("people.toml"), people).unwrap();
    let samples = samples(PAGE);
    assert!(samples.len() >= 7, "{}", samples.len());
    let mut tests = 0;
    for (line, text) in &samples {
        let path = folder.join("policy.toml");
        fs::write(&path, text).unwrap();
        let bundle = Bundle::load(&path).unwrap_or_else(|error| panic!("line {line}: {error}"));
        tests += bundle.run_tests().iter().filter(|outcome| outcome.passed).count();
    }
    assert_eq!(tests, PAGE.matches("\n[[test]]\n").count());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_sample_of_a_task_narrows_the_policy_above_it() {
    let samples = samples(PAGE);
    let task = samples.iter().find(|(_, text)| text.starts_with("# task.toml")).unwrap();
    let (_, policy) = samples.iter().find(|(_, text)| text.contains("forum.reply")).unwrap();
    let bundle = Bundle::parse("policy.toml", policy.as_str()).unwrap();
    let layer = Options::new().parse_layer(&bundle, "task.toml", task.1.as_str()).unwrap();
    assert!(layer.warnings().is_empty(), "{:?}", layer.warnings());
}

#[test]
fn the_sample_of_budgets_passes_its_tests() {
    let samples = samples(BUDGETS);
    let [(_, text)] = samples.as_slice() else { panic!("{samples:?}") };
    let bundle = Bundle::parse("policy.toml", text.as_str()).unwrap();
    assert!(bundle.warnings().is_empty(), "{:?}", bundle.warnings());
    let outcomes = bundle.run_tests();
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes.iter().all(|outcome| outcome.passed));
    let last = &outcomes.last().unwrap().explanation;
    assert!(BUDGETS.contains(&format!("\"{last}\"")), "the page says what is told: {last}");
}
