//! A bundle: all that files say, compiled.

use std::path::Path;
use std::sync::Arc;

use permitgate::authority::{AmbientAuthority, Budget, Requirement};
use permitgate::flow::{Endorsements, Labels};
use permitgate::gate::{Configuration, GateBuilder};
use permitgate::manifest::ToolSpec;
use permitgate::model::ValueKind;
use permitgate::text::visible;
use permitgate::{Capability, Directory, Gate, Manifest, Policy, Restrictions, Session, Statement};

use crate::fault::{Code, Fault, Finding, LoadError, Severity, findings};
use crate::ground::{BoundForms, Ground, OwnSet};
use crate::load::directory::{Kind, Names};
use crate::load::document::Document;
use crate::load::files::{Files, Seen};
use crate::load::names::Own;
use crate::load::tests::TestCase;
use crate::load::{approval, budgets, directory, labels, manifest, statements, tests};
use crate::lock::Lock;
use crate::source::{Source, Span};
use crate::testing::failures;
use crate::warn::{Subjects, bound_places, warnings};

/// How files are loaded.
///
/// ```no_run
/// use permitgate_files::Options;
///
/// let bundle = Options::new().deny_warnings(true).load("policies/main.toml")?;
/// # Ok::<(), permitgate_files::LoadError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing before `load`"]
pub struct Options {
    allow_outside: bool,
    deny_warnings: bool,
    without_tests: bool,
}

impl Options {
    /// The usual: includes stay within the folder of the root file, tests are run, warnings are told.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether files outside the folder of the root file may be included.
    pub fn allow_outside(mut self, yes: bool) -> Self {
        self.allow_outside = yes;
        self
    }

    /// Whether a warning keeps the bundle from loading; advice never does.
    pub fn deny_warnings(mut self, yes: bool) -> Self {
        self.deny_warnings = yes;
        self
    }

    /// Whether the tests are left for [`Bundle::run_tests`]; for a command that shows their outcomes.
    pub fn without_tests(mut self, yes: bool) -> Self {
        self.without_tests = yes;
        self
    }

    /// Loads a file and all that it includes.
    ///
    /// # Errors
    /// [`LoadError`] with every fault that was found.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Bundle, LoadError> {
        self.load_watched(path.as_ref()).0
    }

    /// The same, with what was read, also where it failed.
    pub(crate) fn load_watched(&self, path: &Path) -> (Result<Bundle, LoadError>, Vec<Seen>) {
        let files = Files::load(path, self.allow_outside);
        let read = files.read.clone();
        (self.compile(files), read)
    }

    /// Reads one text; `name` is what findings call it, and its ending tells the format. A text includes
    /// nothing.
    ///
    /// # Errors
    /// [`LoadError`] with every fault that was found.
    pub fn parse(&self, name: &str, text: impl Into<String>) -> Result<Bundle, LoadError> {
        self.compile(Files::from_text(name, text.into()))
    }

    pub(crate) const fn is_outside_allowed(&self) -> bool {
        self.allow_outside
    }

    /// The least that keeps a file from loading.
    pub(crate) const fn least_severity(&self) -> Severity {
        if self.deny_warnings { Severity::Warning } else { Severity::Error }
    }

    fn compile(&self, files: Files) -> Result<Bundle, LoadError> {
        let Files { sources, trees, mut faults, read: _, lock: (lock, pins) } = files;
        let mut document = Document::new(&trees);
        faults.append(&mut document.faults);
        let (directory, names) = directory::read(&document.directories, &mut faults);
        let policy = statements::policy(&document.statements, &mut faults);
        let guardrails = statements::guardrails(&document.guardrails, &mut faults);
        let approvers = approval::approvers(&document, &mut faults);
        let budgets = budgets::budgets(&document.budgets, &mut faults);
        let labels = labels::labels(&document, &mut faults);
        let manifest = manifest::manifest(&document.tools, &directory, &mut faults);
        let cases = tests::tests(&document, budgets.as_deref(), &mut faults);
        approval::check_votes(&document, &names, &mut faults);
        let (Some((policy, statements)), Some((guardrails, restrictions)), Some((manifest, tools))) =
            (policy, guardrails, manifest)
        else {
            return Err(LoadError::new(faults, &sources));
        };
        let Some(budgets) = budgets.filter(|_| faults.is_empty()) else {
            return Err(LoadError::new(faults, &sources));
        };
        let tools: Vec<ToolSpec> = tools.into_iter().map(|tool| lock.pin(tool)).collect();
        let manifest = match lock.is_empty() {
            true => manifest,
            false => {
                pinned(&tools, &directory).map_err(|fault| LoadError::new(vec![fault], &sources))?
            }
        };
        let directory = Arc::new(directory);
        let subjects = Subjects {
            document: &document,
            names: &names,
            directory: &directory,
            manifest: &manifest,
        };
        let mut warned = warnings(&subjects);
        warned.extend(unknown_pins(&manifest, &pins));
        let known = names.in_order();
        let kinds = known.iter().map(|(name, kind)| (name.as_str(), value_kind(*kind)));
        let bound = BoundForms { manifest: manifest.clone(), places: bound_places(&subjects) };
        let (ground, overflow) =
            Ground::new(Arc::clone(&directory), kinds, &own_sets(&names), bound);
        let crowded = overflow.sets.iter().filter_map(|number| names.own.get(*number));
        let crowded: Vec<Fault> = crowded.map(Own::without_room).collect();
        if !crowded.is_empty() {
            return Err(LoadError::new(crowded, &sources));
        }
        warned.extend(names.without_room(overflow.names));
        let mut bundle = Bundle {
            policy,
            statements,
            guardrails,
            restrictions,
            approvers,
            budgets,
            directory,
            known,
            ground,
            labels,
            manifest,
            tools,
            lock,
            cases,
            warnings: Vec::new(),
            sources: sources.into(),
        };
        self.verify(&mut bundle, warned)?;
        Ok(bundle)
    }

    /// Runs the tests, and judges the warnings.
    fn verify(&self, bundle: &mut Bundle, warned: Vec<Fault>) -> Result<(), LoadError> {
        let mut faults = if self.without_tests { Vec::new() } else { failures(bundle) };
        let least = self.least_severity();
        // A warning may say why a test fails.
        let fails = !faults.is_empty();
        let counts = |fault: &&Fault| fails || fault.code.severity() >= least;
        faults.extend(warned.iter().filter(counts).cloned());
        if !faults.is_empty() {
            return Err(LoadError::new(faults, &bundle.sources));
        }
        bundle.warnings = findings(warned, &bundle.sources);
        Ok(())
    }
}

/// The tools compiled with their pins.
fn pinned(tools: &[ToolSpec], directory: &Directory) -> Result<Manifest, Fault> {
    Manifest::in_directory(tools.iter().cloned(), directory)
        .map_err(|error| Fault::new(Code::Manifest, Span::default(), error.to_string()))
}

/// What a name of the directory is the name of.
const fn value_kind(kind: Kind) -> ValueKind<'static> {
    match kind {
        Kind::Principal => ValueKind::PERSON,
        Kind::Group => ValueKind::GROUP,
        Kind::Channel => ValueKind::CHANNEL,
    }
}

/// The values that are always somebody's own, in their one form.
fn own_sets(names: &Names<'_>) -> Vec<OwnSet> {
    let sets = names.own.iter().map(|own| {
        let mut values = Endorsements::new();
        let kind = ValueKind::of_word(own.kind);
        values.own(kind, own.values.iter().map(|(value, _)| names.meant(kind, value)));
        OwnSet { of: own.of.map(|(of, _)| of.to_owned()), values }
    });
    sets.collect()
}

/// Pins of tools that the manifest does not know: a name that was changed is pinned no more.
fn unknown_pins(manifest: &Manifest, pins: &[(String, Span)]) -> Vec<Fault> {
    let unknown = pins.iter().filter(|(name, _)| !manifest.knows(name));
    let fault = |(name, span): &(String, Span)| {
        let message =
            format!("the tool `{}` was approved, and the manifest does not know it", visible(name));
        Fault::new(Code::UnknownPin, *span, message)
            .hint("describe the tool, or delete the line from the lock")
    };
    unknown.map(fault).collect()
}

/// All that the files say, validated and compiled: what a gate and its capabilities are made of.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate_files::Bundle;
///
/// let bundle = Bundle::parse("policy.toml", r#"
/// [directory]
/// organisation_domains = ["example.com"]
/// principals = ["dana@example.com", "lee@example.com"]
///
/// [[statement]]
/// id = "mail"
/// effect = "permit"
/// operations = ["read", "create"]
/// resources = ["mail/{invoker}/**"]
/// readers = "internal"
///
/// [[guardrail]]
/// id = "nothing-outside"
/// effect = "forbid"
/// operations = ["create", "update", "share"]
/// beyond = "internal"
/// "#)?;
/// let gate = bundle.gate().build()?;
/// let capability = bundle.capability(ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana@example.com").agent("triage").build()?;
/// let send = Action::create("mail.send", "mail/dana@example.com/outbox");
/// let to_lee = send.visible_to(Audience::recipients(&["lee@example.com"]));
/// assert!(gate.decide(&to_lee, &scope).is_allow());
/// let to_all = send.visible_to(Audience::Public);
/// assert_eq!(gate.decide(&to_all, &scope).reason(), Reason::GuardrailForbids);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Bundle {
    policy: Policy,
    statements: Vec<Statement>,
    guardrails: Option<Restrictions>,
    restrictions: Vec<Statement>,
    approvers: Option<Requirement>,
    budgets: Vec<Budget>,
    directory: Arc<Directory>,
    known: Vec<(String, Kind)>,
    ground: Ground,
    labels: Option<Labels>,
    manifest: Manifest,
    tools: Vec<ToolSpec>,
    lock: Lock,
    cases: Vec<TestCase>,
    warnings: Vec<Finding>,
    sources: Arc<[Source]>,
}

impl Bundle {
    /// Loads a file and all that it includes, with the usual [`Options`].
    ///
    /// # Errors
    /// [`LoadError`] with every fault that was found.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Options::new().load(path)
    }

    /// Reads one text, with the usual [`Options`]. A text has no lock beside it, so no tool is pinned.
    ///
    /// # Errors
    /// [`LoadError`] with every fault that was found.
    pub fn parse(name: &str, text: impl Into<String>) -> Result<Self, LoadError> {
        Options::new().parse(name, text)
    }

    /// What the statements grant.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The statements as they are written.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What the guardrails restrict, where there are any.
    pub const fn guardrails(&self) -> Option<&Restrictions> {
        self.guardrails.as_ref()
    }

    /// The guardrails as they are written.
    pub fn restrictions(&self) -> &[Statement] {
        &self.restrictions
    }

    /// The budgets, on which everybody draws who passes the gate.
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }

    /// Who approves what is held and does not say by whom, where the files say it.
    pub const fn approvers(&self) -> Option<&Requirement> {
        self.approvers.as_ref()
    }

    /// Who exists.
    pub const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The names of the directory: principals, groups and channels, as they are written.
    pub fn known_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.known.iter().map(|(name, _)| name.as_str())
    }

    /// Lets a session act on every name of the directory as what it is, a person, a group or a channel, for conditions that ask whether
    /// a value is endorsed by the `directory`; see [`Session::endorse_name`]. `false` when there was no room for all of them; endorse the user's
    /// words first. The values of things are not among them: those are endorsed by the words that name them, with
    /// [`Session::endorse_named`].
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate_files::Bundle;
    ///
    /// let bundle = Bundle::parse("people.toml", "[directory]\nprincipals = [\"lee@example.com\"]\n")?;
    /// let session = Session::new();
    /// assert!(bundle.endorse_directory(&session) && session.is_endorsed("lee@example.com"));
    /// # Ok::<(), permitgate_files::LoadError>(())
    /// ```
    pub fn endorse_directory(&self, session: &Session) -> bool {
        self.known.iter().all(|(name, kind)| session.endorse_name(value_kind(*kind), name))
    }

    /// What sessions may act on from the start, and what requests add: as the tests have it.
    pub fn ground(&self) -> Ground {
        self.ground.clone()
    }

    /// Who may see what is read, and whether outsiders can write it; without labels, nothing follows from
    /// reading.
    pub const fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// What calls of tools mean.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The tools as they are written.
    pub fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }

    /// The tools as they were approved, from the lock file beside the root file. Where a list of tools shows one
    /// otherwise, [`Manifest::narrowed_by`] refuses it.
    pub const fn lock(&self) -> &Lock {
        &self.lock
    }

    /// How many tests the files hold.
    pub fn tests(&self) -> usize {
        self.cases.len()
    }

    /// What does nothing or too much, and advice.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The files, the root file first.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().map(Source::path)
    }

    /// A gate with directory, guardrails, approvers, budgets and labels, to which clock, sink and rules can be added.
    pub fn gate(&self) -> GateBuilder {
        let builder = Gate::builder().directory(self.directory.clone());
        let mut builder = self.budgets.iter().cloned().fold(builder, GateBuilder::budget);
        if let Some(guardrails) = &self.guardrails {
            builder = builder.guardrails(guardrails.clone());
        }
        if let Some(approvers) = &self.approvers {
            builder = builder.approvers(approvers.clone());
        }
        if let Some(labels) = &self.labels {
            builder = builder.labels(labels.clone());
        }
        builder
    }

    /// Puts directory, guardrails, approvers, budgets and labels in the place of those that a running gate has; its rules stay, and so does
    /// what budgets of the same name have counted. For [`Gate::reconfigure`].
    pub fn configure(&self, present: Configuration) -> Configuration {
        let approvers = self.approvers.clone().unwrap_or_default();
        let next = present.directory(self.directory.clone()).approvers(approvers);
        let next = self.budgets.iter().cloned().fold(next.without_budgets(), Configuration::budget);
        let next = match &self.guardrails {
            Some(guardrails) => next.guardrails(guardrails.clone()),
            None => next.without_guardrails(),
        };
        match &self.labels {
            Some(labels) => next.labels(labels.clone()),
            None => next.without_labels(),
        }
    }

    /// A root capability of the statements, for everybody who acts under this bundle. Narrow it for a
    /// task with [`Capability::attenuate`].
    pub fn capability(&self, authority: AmbientAuthority) -> Capability {
        Capability::root(self.policy.clone(), authority)
    }

    pub(crate) fn cases(&self) -> &[TestCase] {
        &self.cases
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// File and line of a place.
    pub(crate) fn place(&self, span: Span) -> (String, usize) {
        let source = self.sources.get(span.file as usize);
        let path = source.map(|source| source.path().to_owned()).unwrap_or_default();
        let line = source.map_or(1, |source| source.position(span.start).line);
        (path.display().to_string(), line)
    }
}
