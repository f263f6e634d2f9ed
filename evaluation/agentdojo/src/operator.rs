//! What an operator gives for a suite, before any task is known: manifest, directory and static policy.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use portcullis::{Capability, Gate, Manifest, ManifestData, MemorySink, ambient_authority};
use portcullis_files::{Bundle, Options};
use serde::Deserialize;

/// Who acts, where the directory names nobody.
const NOBODY: &str = "user";

/// How deep files may include files.
const MAX_INCLUDES: usize = 16;

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
    /// The people and accounts of the directory, as they are written, and the first of them is the user.
    pub known: Vec<String>,
    /// The person on whose behalf the agent acts.
    pub invoker: String,
    /// For each tool, the result fields that are out of the reach of outsiders, read apart from the
    /// manifest, so that a fault there does not hide itself.
    trusted: HashMap<String, Vec<Vec<String>>>,
}

impl Operator {
    /// Reads a file and all that it includes.
    ///
    /// # Errors
    /// When a file cannot be read, or says something that it must not.
    pub fn load(path: &Path, invoker: Option<&str>) -> Result<Self> {
        let bundle = Options::new().without_tests(true).load(path);
        let bundle = bundle.with_context(|| format!("{} does not load", path.display()))?;
        let mut written = Written::default();
        written.read(path, 0)?;
        let manifest = Manifest::new(written.tools.tools)?;
        Self::new(&bundle, manifest, written.known, written.trusted, invoker)
    }

    fn new(
        bundle: &Bundle,
        manifest: Manifest,
        known: Vec<String>,
        trusted: HashMap<String, Vec<Vec<String>>>,
        invoker: Option<&str>,
    ) -> Result<Self> {
        let first = known.first().map_or(NOBODY, String::as_str);
        let invoker = invoker.unwrap_or(first).to_owned();
        Ok(Self {
            gate: bundle.gate().sink(MemorySink::last(1)).build()?,
            approver: Gate::builder()
                .directory(bundle.directory().clone())
                .sink(MemorySink::last(1))
                .build()?,
            policy: bundle.capability(ambient_authority()),
            manifest,
            known,
            invoker,
            trusted,
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

/// The parts of a file that are read as they are written.
#[derive(Debug, Default)]
struct Written {
    known: Vec<String>,
    tools: ManifestData,
    trusted: HashMap<String, Vec<Vec<String>>>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    directory: Directory,
    #[serde(default)]
    tool: Vec<toml::Value>,
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

#[derive(Deserialize)]
struct Tool {
    name: String,
    #[serde(default)]
    result: Fields,
}

#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default)]
    trusted: Vec<String>,
}

impl Written {
    fn read(&mut self, path: &Path, depth: usize) -> Result<()> {
        ensure!(depth < MAX_INCLUDES, "{}: files include each other too deep", path.display());
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let of = || format!("{} has another form", path.display());
        let file: File = if path.extension().is_some_and(|ending| ending == "json") {
            serde_json::from_str(&text).with_context(of)?
        } else {
            toml::from_str(&text).with_context(of)?
        };
        for principal in file.directory.principals {
            let (Principal::Name(name) | Principal::Entry { name }) = principal;
            self.known.push(name);
        }
        for tool in file.tool {
            let fields: Tool = tool.clone().try_into().with_context(of)?;
            let split = |pattern: &String| match pattern.as_str() {
                "." => Vec::new(),
                steps => steps.split('.').map(str::to_owned).collect(),
            };
            let trusted = fields.result.trusted.iter().map(split).collect();
            self.trusted.insert(fields.name, trusted);
            self.tools.tools.push(tool.try_into().with_context(of)?);
        }
        let beside = path.parent().unwrap_or(Path::new("."));
        file.include.iter().try_for_each(|name| self.read(&beside.join(name), depth + 1))
    }
}
