//! A file of statements and budgets alone: what a program attenuates a policy by, for whoever tests it by files.

use std::path::Path;

use permitgate::Statement;
use permitgate::authority::Attenuation;

use crate::bundle::{Bundle, Options};
use crate::fault::{Code, Fault, Finding, LoadError, findings};
use crate::load::document::{Document, TOP};
use crate::load::files::{Files, parsed};
use crate::load::{budgets, directory, statements};
use crate::source::{Source, Span};
use crate::tree::Node;
use crate::tree::read::unknown_key;
use crate::warn::{Subjects, of_statements};

/// The keys at the top of such a file.
const LAYER: &[&str] = &["include", "statement", "guardrail", "budget"];

/// One further layer below what a policy file grants: a task's policy, or restrictions.
///
/// Use it to test by files what a program mints for a task, as `permitgate test --narrowed-by` does. `[[statement]]` tables say
/// what is permitted at most, and what they do not permit is denied; `[[guardrail]]` tables only restrict. A file
/// holds one of the two, and may hold `[[budget]]` tables, on which everybody draws who acts under it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate_files::{Bundle, Options};
///
/// let bundle = Bundle::parse("policy.toml", r#"
/// [[statement]]
/// id = "docs"
/// effect = "permit"
/// operations = ["read", "delete"]
/// resources = ["docs/**"]
/// "#)?;
/// let task = Options::new().parse_layer(&bundle, "task.toml", r#"
/// [[statement]]
/// id = "asked-for"
/// effect = "permit"
/// operations = "read"
/// resources = ["docs/**"]
/// "#)?;
/// let minted = bundle.capability(ambient_authority()).attenuate(task.attenuation())?;
/// let scope = Scope::builder(&minted).invoker("dana@example.com").agent("triage").build()?;
/// let gate = bundle.gate().build()?;
/// assert!(gate.decide(&Action::read("docs.read", "docs/intro"), &scope).is_allow());
/// assert!(!gate.decide(&Action::delete("docs.delete", "docs/intro"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LayerFile {
    attenuation: Attenuation,
    statements: Vec<Statement>,
    warnings: Vec<Finding>,
}

impl LayerFile {
    /// What [`Capability::attenuate`](permitgate::Capability::attenuate) takes.
    pub fn attenuation(&self) -> Attenuation {
        self.attenuation.clone()
    }

    /// The statements as they are written.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What in it does nothing or too much, beside the manifest and the directory of the bundle.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

impl Options {
    /// Loads a file of statements and budgets alone, and all that it includes, as a layer below what `bundle` grants.
    ///
    /// # Errors
    /// [`LoadError`] with every fault that was found; anything but statements and budgets is one, and so is a file without any.
    pub fn load_layer(
        &self,
        bundle: &Bundle,
        path: impl AsRef<Path>,
    ) -> Result<LayerFile, LoadError> {
        self.layer(bundle, Files::load_unlocked(path.as_ref(), self.is_outside_allowed()))
    }

    /// Reads one text in the same way; `name` is what findings call it, and its ending tells the format.
    ///
    /// # Errors
    /// As [`load_layer`](Self::load_layer).
    pub fn parse_layer(
        &self,
        bundle: &Bundle,
        name: &str,
        text: impl Into<String>,
    ) -> Result<LayerFile, LoadError> {
        self.layer(bundle, Files::from_text(name, text.into()))
    }

    fn layer(&self, bundle: &Bundle, files: Files) -> Result<LayerFile, LoadError> {
        let Files { sources, trees, mut faults, .. } = files;
        let document = document(&trees, &mut faults);
        let policy = statements::policy(&document.statements, &mut faults);
        let guardrails = statements::guardrails(&document.guardrails, &mut faults);
        let budgets = budgets::budgets(&document.budgets, &mut faults);
        if faults.is_empty() {
            faults.extend(of_one_kind(&document));
            faults.extend(budgets::of_a_layer(
                &document.budgets,
                budgets.as_deref().unwrap_or_default(),
            ));
        }
        let (Some((policy, granting)), Some((restrictions, restricting)), Some(budgets), true) =
            (policy, guardrails, budgets, faults.is_empty())
        else {
            return Err(LoadError::new(faults, &sources));
        };
        let (attenuation, statements) = match restrictions {
            Some(restrictions) => (Attenuation::from(restrictions), restricting),
            None if granting.is_empty() => (Attenuation::new(), granting),
            None => (Attenuation::from(policy), granting),
        };
        let attenuation = budgets.into_iter().fold(attenuation, Attenuation::budget);
        let warned = beside(bundle, document);
        let least = self.least_severity();
        let (wrong, warned): (Vec<Fault>, Vec<Fault>) =
            warned.into_iter().partition(|fault| fault.code.severity() >= least);
        if !wrong.is_empty() {
            return Err(LoadError::new(wrong, &sources));
        }
        let sources: std::sync::Arc<[Source]> = sources.into();
        Ok(LayerFile { attenuation, statements, warnings: findings(warned, &sources) })
    }
}

/// The statements of the files. What else a policy file may hold has its place there and not here.
fn document<'t>(trees: &'t [Node], faults: &mut Vec<Fault>) -> Document<'t> {
    let mut document = Document::default();
    for tree in trees {
        for (key, node) in tree.entries() {
            let name = key.name.as_str();
            if name == "draft" {
                let before = document.faults.len();
                document.add(key, node);
                for fault in document.faults.iter_mut().skip(before) {
                    let hint = "what narrows holds statements and budgets alone; a draft of a manifest belongs, reviewed, into the policy file";
                    fault.hint = Some(hint.to_owned());
                }
            } else if LAYER.contains(&name) {
                document.add(key, node);
            } else if TOP.contains(&name) {
                let message = format!("`{name}` has no place in a file that narrows");
                let hint = match name {
                    "test" => {
                        "write cases for what is narrowed as JSON lines, and name them with `--cases`"
                    }
                    _ => "leave it in the policy file, which this file narrows",
                };
                faults.push(Fault::new(Code::Misplaced, key.span, message).hint(hint));
            } else {
                faults.push(unknown_key(key.span, "a file that narrows", name, LAYER));
            }
        }
        document.check_table(tree);
    }
    faults.append(&mut document.faults);
    document
}

/// A layer has statements of one kind, or it would not be clear what it does.
fn of_one_kind(document: &Document<'_>) -> Option<Fault> {
    match (document.statements.first(), document.guardrails.first()) {
        (None, None) if !document.budgets.is_empty() => None,
        (None, None) => {
            let message =
                "no `[[statement]]`, `[[guardrail]]` or `[[budget]]`, so nothing is narrowed";
            let fault = Fault::new(Code::MissingKey, Span::default(), message);
            Some(fault.hint(
                "a `[[statement]]` says what is permitted at most, a `[[guardrail]]` what is forbidden or asked for",
            ))
        }
        (Some(_), Some(guardrail)) => {
            let message = "both `[[statement]]` and `[[guardrail]]`, which are two layers";
            let fault = Fault::new(Code::Misplaced, guardrail.span, message);
            Some(
                fault.hint(
                    "put the guardrails into a file of their own, and name it after this one",
                ),
            )
        }
        _ => None,
    }
}

/// What is to be said of the statements beside the tools and the directory of the bundle.
fn beside(bundle: &Bundle, layer: Document<'_>) -> Vec<Fault> {
    let trees = bundle.sources().iter().enumerate();
    let trees: Vec<Node> =
        trees.filter_map(|(file, source)| parsed(file as u32, source).ok()).collect();
    let policy = Document::new(&trees);
    let (_, names) = directory::read(&policy.directories, &mut Vec::new());
    let document = Document { tools: policy.tools, approvers: policy.approvers, ..layer };
    let subjects = Subjects {
        document: &document,
        names: &names,
        directory: bundle.directory(),
        manifest: bundle.manifest(),
    };
    let mut warned = of_statements(&subjects);
    for fault in &mut warned {
        match fault.code {
            // It speaks of a place in the policy file.
            Code::NotCompared => fault.span = Span::default(),
            Code::NothingAllowed if document.statements.iter().all(|node| forbids(node)) => {
                let hint = "what no `[[statement]]` permits is denied; write what only takes away as `[[guardrail]]`";
                fault.hint = Some(hint.to_owned());
            }
            _ => {}
        }
    }
    warned
}

fn forbids(statement: &Node) -> bool {
    statement.get("effect").and_then(Node::text) == Some("forbid")
}
