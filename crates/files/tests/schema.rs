//! The schema accepts what loads, and refuses what an editor should mark.

use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, Schemas};
use permitgate_files::{Bundle, Code, schema};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn check(files: &[(PathBuf, Value)]) -> Vec<(PathBuf, Option<String>)> {
    let mut compiler = Compiler::new();
    let mut schemas = Schemas::new();
    compiler.add_resource("permitgate.json", schema()).unwrap();
    let index = compiler.compile("permitgate.json", &mut schemas).unwrap();
    let fault =
        |value: &Value| schemas.validate(value, index).err().map(|error| format!("{error:#}"));
    files.iter().map(|(path, value)| (path.clone(), fault(value))).collect()
}

/// TOML as JSON, where it has no dates and no numbers that JSON lacks.
fn json_of(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => text.value().as_str().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Float(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(truth) => (*truth.value()).into(),
        toml_edit::Value::Datetime(moment) => moment.to_string().into(),
        toml_edit::Value::Array(values) => values.iter().map(json_of).collect(),
        toml_edit::Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), json_of(value))).collect()
        }
    }
}

fn read(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    if path.extension().is_some_and(|ending| ending == "json") {
        return serde_json::from_str(&text).ok();
    }
    let document = text.parse::<toml_edit::DocumentMut>().ok()?;
    let table = document.as_table().clone().into_inline_table();
    Some(json_of(&toml_edit::Value::InlineTable(table)))
}

fn files(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "toml" || ending == "json")
            && let Some(value) = read(&path)
        {
            found.push((path, value));
        }
    }
    found
}

#[test]
fn files_that_load_are_valid() {
    let mut valid = files(&folder("bundle"));
    assert_eq!(valid.len(), 3);
    valid.extend(
        files(&folder("../../../evaluation/agentdojo/suites"))
            .into_iter()
            .filter(|(path, _)| Bundle::load(path).is_ok()),
    );
    let golden = files(&folder("golden"));
    valid.extend(golden.into_iter().filter(|(path, _)| Bundle::load(path).is_ok()));
    assert!(valid.len() > 10);
    for (path, fault) in check(&valid) {
        assert_eq!(fault, None, "{}", path.display());
    }
}

/// An editor marks the faults that need no knowledge of other tables.
#[test]
fn unknown_and_missing_keys_and_wrong_types_are_marked() {
    let marked = [Code::UnknownKey, Code::MissingKey, Code::WrongType, Code::UnknownValue];
    let golden = files(&folder("golden")).into_iter().filter(|(path, _)| {
        let error = Bundle::load(path).err();
        error.is_some_and(|error| marked.contains(&error.findings()[0].code()))
    });
    let golden: Vec<_> = golden.collect();
    assert!(golden.len() > 25, "only {}", golden.len());
    for (path, fault) in check(&golden) {
        assert!(fault.is_some(), "{} is not marked", path.display());
    }
}

/// What the manual shows is part of the contract as well.
#[test]
fn the_examples_of_the_manual_are_valid() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/manual/policy-files.md");
    let text = fs::read_to_string(&manual).unwrap();
    let blocks: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 5);
    let shown: Vec<(PathBuf, Value)> = blocks
        .iter()
        .map(|block| {
            let document = block.parse::<toml_edit::DocumentMut>();
            let table = document.unwrap_or_else(|error| panic!("{error}")).as_table().clone();
            let value = toml_edit::Value::InlineTable(table.into_inline_table());
            (PathBuf::from(*block), json_of(&value))
        })
        .collect();
    for (block, fault) in check(&shown) {
        assert_eq!(fault, None, "{}", block.display());
    }
    for block in blocks {
        let text = block.replace("include = [\"people.toml\"]\n", "");
        let Err(error) = Bundle::parse("manual.toml", text) else { continue };
        // Parts of a policy name what stands elsewhere; nothing in them is malformed.
        let elsewhere = |finding: &permitgate_files::Finding| finding.code() == Code::BadTest;
        assert!(error.findings().iter().all(elsewhere), "{error}");
    }
    let whole = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let whole = whole.replace("include = [\"people.toml\"]\n", "");
    Bundle::parse("manual.toml", whole).unwrap_or_else(|error| panic!("{error}"));
}
