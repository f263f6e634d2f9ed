//! What an operator gives for a suite, before any task is known: manifest, directory and static policy.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use permitgate::manifest::ToolSpec;
use permitgate::record::MemorySink;
use permitgate::{Capability, Directory, Gate, Manifest, ambient_authority};
use permitgate_files::{Ground, Options};
use serde::Deserialize;

/// Who acts, where the directory names nobody.
const NOBODY: &str = "user";

/// Everything that the operator says, compiled.
#[derive(Debug)]
pub struct Operator {
    /// Decides, with the operator's guardrails and directory.
    pub gate: Gate,
    /// Begins what a person has approved; it has the same labels and directory, and no guardrails.
    pub approver: Gate,
    /// What the static policy grants.
    pub policy: Capability,
    /// What calls mean.
    pub manifest: Manifest,
    /// Who and what is known.
    pub known: Known,
    /// What sessions may act on from the start.
    pub ground: Ground,
    /// The person on whose behalf the agent acts.
    pub invoker: String,
    /// For each tool, the result fields that are out of the reach of outsiders, read apart from the
    /// manifest, so that a fault there does not hide itself.
    trusted: HashMap<String, Vec<Vec<String>>>,
    /// The file's own tests that do not come out.
    pub failed: Vec<String>,
}

/// The operator's directory: people and accounts, and things by name.
#[derive(Clone, Debug)]
pub struct Known {
    /// The people and accounts, as they are written; the first of them is the user.
    pub people: Vec<String>,
    /// The things, with the values by which calls know them.
    pub things: Arc<Directory>,
}

impl Operator {
    /// Reads a file and all that it includes.
    ///
    /// # Errors
    /// When a file cannot be read, or says something that it must not.
    pub fn load(path: &Path, invoker: Option<&str>) -> Result<Self> {
        let bundle = Options::new().without_tests(true).load(path);
        let bundle = bundle.with_context(|| format!("{} does not load", path.display()))?;
        let mut people = Vec::new();
        for file in bundle.files() {
            people.extend(principals(file)?);
        }
        let approver = Gate::builder().directory(bundle.directory().clone());
        let approver = match bundle.labels() {
            Some(labels) => approver.labels(labels.clone()),
            None => approver,
        };
        let first = people.first().map_or(NOBODY, String::as_str);
        let failed = bundle.run_tests().into_iter().filter(|test| !test.passed);
        Ok(Self {
            gate: bundle.gate().sink(MemorySink::last(1)).build()?,
            approver: approver.sink(MemorySink::last(1)).build()?,
            policy: bundle.capability(ambient_authority()),
            manifest: bundle.manifest().clone(),
            ground: bundle.ground(),
            invoker: invoker.unwrap_or(first).to_owned(),
            trusted: bundle.tools().iter().map(trusted).collect::<Result<_>>()?,
            failed: failed.map(|test| format!("{}: {}", test.name, test.explanation)).collect(),
            known: Known { people, things: bundle.directory().clone() },
        })
    }

    /// Whether the file calls this field of the tool's result trusted.
    pub fn trusts(&self, tool: &str, field: &[&str]) -> bool {
        let patterns = self.trusted.get(tool).map_or(&[][..], Vec::as_slice);
        patterns.iter().any(|pattern| {
            let steps = pattern.iter().zip(field);
            pattern.len() == field.len()
                && steps.into_iter().all(|(step, name)| step == "*" || step == name)
        })
    }
}

/// The trusted fields of a tool's result, as they are written, step by step.
fn trusted(tool: &ToolSpec) -> Result<(String, Vec<Vec<String>>)> {
    #[derive(Deserialize)]
    struct Written {
        result: Option<Fields>,
    }
    #[derive(Deserialize)]
    struct Fields {
        #[serde(default)]
        trusted: Trusted,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Trusted {
        List(Vec<String>),
        Kinds(BTreeMap<String, serde_json::Value>),
    }
    impl Default for Trusted {
        fn default() -> Self {
            Self::List(Vec::new())
        }
    }
    let written: Written = serde_json::from_value(serde_json::to_value(tool)?)?;
    let fields = match written.result.map(|fields| fields.trusted).unwrap_or_default() {
        Trusted::List(fields) => fields,
        Trusted::Kinds(fields) => fields.into_keys().collect(),
    };
    let split = |pattern: String| match pattern.as_str() {
        "." => Vec::new(),
        steps => steps.split('.').map(str::to_owned).collect(),
    };
    Ok((tool.name().to_owned(), fields.into_iter().map(split).collect()))
}

/// The principals that one file names, in their order. The compiled directory keeps no order.
fn principals(path: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        directory: Directory,
    }
    #[derive(Default, Deserialize)]
    struct Directory {
        #[serde(default)]
        principals: Vec<Principal>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Principal {
        Name(String),
        Entry { name: String },
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let of = || format!("{} has another form", path.display());
    let file: File = if path.extension().is_some_and(|ending| ending == "json") {
        serde_json::from_str(&text).with_context(of)?
    } else {
        toml::from_str(&text).with_context(of)?
    };
    let name = |(Principal::Name(name) | Principal::Entry { name })| name;
    Ok(file.directory.principals.into_iter().map(name).collect())
}
