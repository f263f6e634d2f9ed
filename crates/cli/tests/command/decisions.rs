//! The cases of `testdata/decisions` by `test` and by lines of `decide`: both answer as the files say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::{Folder, Ran, run, run_with};

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files
}

/// Every file, and the flags for what narrows it.
fn files() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/decisions");
    let with_flags = |path: PathBuf| {
        let narrower = path.with_extension("");
        let layers = if narrower.is_dir() { listed(&narrower) } else { Vec::new() };
        let flags = layers
            .iter()
            .flat_map(|layer| ["--narrowed-by".to_owned(), layer.to_str().unwrap().to_owned()]);
        (path.to_str().unwrap().to_owned(), flags.collect())
    };
    listed(&folder).into_iter().map(with_flags).collect()
}

fn ran(command: &[&str], flags: &[String], input: Option<String>) -> Ran {
    let args: Vec<&str> = command.iter().copied().chain(flags.iter().map(String::as_str)).collect();
    match input {
        Some(input) => run_with(&args, input),
        None => run(&args),
    }
}

#[test]
fn test_passes() {
    let mut count = 0;
    for (file, flags) in files() {
        let ran = ran(&["test", &file, "--json"], &flags, None);
        assert_eq!(ran.code, 0, "{file}: {}{}", ran.out, ran.err);
        let summary = ran.lines().pop().unwrap();
        count += summary["summary"]["passed"].as_u64().unwrap();
    }
    println!("{count} cases");
    assert!(count >= 280, "{count}");
}

/// The lines that a case becomes: what is read before, and the call itself.
fn lines(number: usize, case: &Map<String, Json>) -> Vec<String> {
    let mut who = Map::from_iter([("session".to_owned(), json!(number.to_string()))]);
    for key in ["invoker", "agent", "bind", "user_says", "facts"] {
        who.extend(case.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let mut lines = Vec::new();
    for read in case.get("reads").and_then(Json::as_array).into_iter().flatten() {
        let mut line = who.clone();
        line.extend(read.as_object().unwrap().clone());
        line.insert("begin".to_owned(), json!(true));
        lines.push(Json::Object(line).to_string());
        // What the request gives is given once.
        who.retain(|key, _| key != "user_says" && key != "facts");
    }
    let mut line = who;
    line.insert("id".to_owned(), json!(number));
    match case.get("action") {
        Some(action) => _ = line.insert("action".to_owned(), action.clone()),
        None => line.extend(case["call"].as_object().unwrap().clone()),
    }
    lines.push(Json::Object(line).to_string());
    lines
}

#[test]
fn lines_of_decide_answer_as_the_cases_say() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (file, flags) in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut table: Map<String, Json> = toml::from_str(&text).unwrap();
        // The tests of a file that is narrowed do not hold without what narrows it.
        let tests = table.remove("test").unwrap();
        let cases: Vec<&Map<String, Json>> =
            tests.as_array().unwrap().iter().map(|case| case.as_object().unwrap()).collect();
        // Those that say when they are decided, each by a run of its own.
        let mut runs: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
        for (number, case) in cases.iter().enumerate() {
            let at = case.get("at").map(|at| at.as_str().unwrap());
            runs.entry(at).or_default().extend(lines(number, case));
        }
        let folder = Folder::new();
        let policy = folder.file("policy.json", &Json::Object(table).to_string());
        let mut answers = Vec::new();
        for (at, input) in runs {
            let at: Vec<&str> = at.into_iter().flat_map(|at| ["--at", at]).collect();
            let asked = [&["decide", "-p", &policy], &at[..]].concat();
            let ran = ran(&asked, &flags, Some(input.join("\n")));
            assert_eq!(ran.code, 0, "{file}: {}", ran.err);
            answers.extend(ran.lines());
        }
        for (number, case) in cases.iter().enumerate() {
            count += 1;
            let answer = answers.iter().find(|answer| answer["id"] == json!(number)).unwrap();
            let named = case.get("statement").is_none_or(|id| answer["statement"] == *id);
            if answer["decision"] != case["expect"] || answer["reason"] != case["reason"] || !named
            {
                wrong.push(format!("{file}: {}: {answer}", case["name"]));
            }
        }
    }
    println!("{count} cases");
    assert!(count >= 280, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
