//! What can be wrong with a file, where, and how it is shown.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::limits::MAX_FAULTS;
use crate::source::{Excerpt, Position, Source, Span, is_invisible};

/// How much a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something that may well be meant: it is said and never stops a bundle.
    Advice,
    /// The bundle loads, but something in it does nothing or too much. With
    /// [`Options::deny_warnings`](crate::Options::deny_warnings) it does not load.
    Warning,
    /// The bundle does not load.
    Error,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident, $code:literal, $severity:ident;)+) => {
        /// What kind of fault or warning it is: stable, for programs that read the findings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it is written in machine-readable output.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// How much it counts.
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// A file cannot be read.
    Unreadable, "unreadable", Error;
    /// A file, or all files together, are too large.
    TooLarge, "too-large", Error;
    /// A file is not UTF-8.
    NotUtf8, "not-utf8", Error;
    /// A file's name ends neither in `.toml` nor in `.json`.
    UnknownFormat, "unknown-format", Error;
    /// A file is not TOML or not JSON.
    Syntax, "syntax", Error;
    /// Tables and lists lie too deep within one another.
    TooDeep, "too-deep", Error;
    /// A key stands twice in one table.
    DuplicateKey, "duplicate-key", Error;
    /// A key that the format does not have.
    UnknownKey, "unknown-key", Error;
    /// A table that has its place in another kind of file.
    Misplaced, "misplaced", Error;
    /// A key that must be there is not.
    MissingKey, "missing-key", Error;
    /// A value of another type than the key takes.
    WrongType, "wrong-type", Error;
    /// A word that is none of those which the key takes.
    UnknownValue, "unknown-value", Error;
    /// A value that the key does not take for another reason.
    BadValue, "bad-value", Error;
    /// The file is a draft that nobody has reviewed.
    Draft, "draft", Error;
    /// Files include one another in a circle.
    IncludeCircle, "include-circle", Error;
    /// An included file lies outside the folder of the root file.
    IncludeOutside, "include-outside", Error;
    /// Files include one another too deep.
    IncludeDepth, "include-depth", Error;
    /// More files than a bundle may have.
    TooManyFiles, "too-many-files", Error;
    /// A name, id or setting stands twice, in one file or in two.
    Duplicate, "duplicate", Error;
    /// The core refuses a statement or a guardrail.
    Policy, "policy", Error;
    /// The core refuses a budget.
    Budget, "budget", Error;
    /// Who may approve is more than a requirement can say, or nothing that anybody can meet.
    Approvers, "approvers", Error;
    /// The core refuses a directory.
    Directory, "directory", Error;
    /// The core refuses a label rule.
    Label, "label", Error;
    /// The core refuses the mapping of a tool.
    Manifest, "manifest", Error;
    /// Readers that never hold for a host, where all that a statement reaches goes to hosts.
    HostReader, "host-reader", Error;
    /// A forbid or a required approval asks about an argument that no tool that it can reach describes.
    UnknownArgument, "unknown-argument", Error;
    /// A condition compares with a text that is not in the one form of the argument's kind, so that it would never be equal.
    NotCanonical, "not-canonical", Error;
    /// An effect puts a path of several names into one segment of its resource, so that no pattern goes into its folders.
    PathInSegment, "path-in-segment", Error;
    /// A test that says too much, too little, or what cannot be.
    BadTest, "bad-test", Error;
    /// More tests than a bundle may have.
    TooManyTests, "too-many-tests", Error;
    /// A test came out otherwise than it says.
    TestFailed, "test-failed", Error;
    /// There are more faults than are shown.
    MoreFaults, "more-faults", Error;
    /// Nothing can ever be allowed.
    NothingAllowed, "nothing-allowed", Warning;
    /// A statement that no tool of the manifest can reach.
    UnreachableStatement, "unreachable-statement", Warning;
    /// A budget that no call of the manifest can draw on.
    UnreachableBudget, "unreachable-budget", Warning;
    /// A budget adds an argument up that a tool which it is about does not have, so that tool is always denied.
    UncountedTool, "uncounted-tool", Warning;
    /// An exception of a statement that leaves nothing out.
    IdleException, "idle-exception", Warning;
    /// A listed command runs what its operands say, and may have any.
    AnyOperands, "any-operands", Warning;
    /// A condition compares two arguments whose kinds have nothing in common.
    UnlikeArguments, "unlike-arguments", Warning;
    /// Readers name an alias of the directory, and calls are compared by the name that it stands for.
    AliasCompared, "alias-compared", Warning;
    /// Names of the directory find no room in a session, so that they are not endorsed.
    NamesWithoutRoom, "names-without-room", Warning;
    /// A statement names a tool that the manifest does not have.
    UnknownTool, "unknown-tool", Warning;
    /// The same of a permit, or where a statement may be about tools that are not in the manifest.
    DoubtfulArgument, "doubtful-argument", Warning;
    /// A tool was approved that the manifest does not know.
    UnknownPin, "unknown-pin", Warning;
    /// A group that nothing refers to.
    UnusedGroup, "unused-group", Warning;
    /// A channel that nothing refers to.
    UnusedChannel, "unused-channel", Warning;
    /// Readers name a group or channel that the directory does not have.
    UnknownReader, "unknown-reader", Warning;
    /// Who may approve names a person or a group that the directory does not have.
    UnknownApprover, "unknown-approver", Warning;
    /// More approvals are asked for than there are people who may give them.
    TooFewApprovers, "too-few-approvers", Warning;
    /// A label rule that no tool's resource can match.
    UnusedLabel, "unused-label", Warning;
    /// A tool that no statement permits.
    UnpermittedTool, "unpermitted-tool", Warning;
    /// A permit lets everybody see everything.
    PublicEverything, "public-everything", Warning;
    /// Nothing depends on an argument, and the owner does not say that it has no effect.
    UnusedArgument, "unused-argument", Warning;
    /// Arguments or fields that are not described are let through.
    OtherArguments, "other-arguments", Warning;
    /// The name of a thing is a word that asks for a tool.
    AskingName, "asking-name", Warning;
    /// There are too many statements and tools to say which of them reach each other.
    NotCompared, "not-compared", Advice;
    /// Nobody is named who may approve, in files that name approvers elsewhere.
    NobodyApproves, "nobody-approves", Advice;
    /// Too few people may approve where one of them is the invoker.
    ScarceApprovers, "scarce-approvers", Advice;
    /// A control argument whose origin no statement asks about.
    UnendorsedControl, "unendorsed-control", Advice;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fault while it is found: its place is still a span.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Another place that belongs to it, with what stands there.
    pub(crate) other: Option<(Span, &'static str)>,
}

impl Fault {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), hint: None, other: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn other(mut self, span: Span, what: &'static str) -> Self {
        self.other = Some((span, what));
        self
    }
}

/// One fault or warning: file, line, column, what is wrong, and what to do.
///
/// It is displayed as `file:line:column: message`, the source line with a mark under the place, and the
/// hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    code: Code,
    file: PathBuf,
    position: Position,
    message: String,
    hint: Option<String>,
    excerpt: Excerpt,
}

impl Finding {
    pub(crate) fn new(fault: Fault, sources: &[Source]) -> Self {
        let Fault { code, span, message, hint, other } = fault;
        let source = sources.get(span.file as usize);
        let other = other.and_then(|(span, what)| {
            let source = sources.get(span.file as usize)?;
            let Position { line, column } = source.position(span.start);
            Some(format!("{what} stands at {}:{line}:{column}", shown_path(source.path())))
        });
        let hint = match (hint, other) {
            (Some(hint), Some(other)) => Some(format!("{other}; {hint}")),
            (hint, other) => hint.or(other),
        };
        Self {
            code,
            file: source.map(|source| source.path().to_owned()).unwrap_or_default(),
            position: source
                .map_or(Position { line: 1, column: 1 }, |source| source.position(span.start)),
            message: clean(&message),
            hint: hint.map(|hint| clean(&hint)),
            excerpt: source.map_or_else(
                || Excerpt { text: String::new(), at: 0, length: 1 },
                |source| source.excerpt(span),
            ),
        }
    }

    /// What kind of finding it is.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// How much it counts.
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The file, as it was named: the root file as the caller did, others beside it.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Line and column.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The source line, without control characters and cut where it is very long.
    pub fn source_line(&self) -> &str {
        &self.excerpt.text
    }
}

/// The name of a file with `/` between folders, the same on every system.
fn shown_path(path: &Path) -> String {
    clean(&path.display().to_string().replace('\\', "/"))
}

/// Text from a file cannot forge a line of a terminal or of a log.
fn clean(text: &str) -> String {
    let escape = |c: char| match c.is_control() || is_invisible(c) {
        true => c.escape_default().collect(),
        false => String::from(c),
    };
    text.chars().map(escape).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, file, position: Position { line, column }, message, hint, excerpt } = self;
        let kind = match code.severity() {
            Severity::Error => "",
            Severity::Warning => "warning: ",
            Severity::Advice => "advice: ",
        };
        write!(f, "{}:{line}:{column}: {kind}{message}", shown_path(file))?;
        let Excerpt { text, at, length } = excerpt;
        if !text.trim().is_empty() {
            let number = line.to_string();
            let (space, mark) = (" ".repeat(*at), "^".repeat(*length));
            write!(f, "\n{number} | {}", text.trim_end())?;
            write!(f, "\n{} | {space}{mark}", " ".repeat(number.len()))?;
        }
        match hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Why a bundle does not load: every fault that was found, in the order of the files and their lines.
///
/// ```
/// use permitgate_files::{Bundle, Code};
///
/// let text = "[[statement]]\nid = \"read\"\nefect = \"permit\"\n";
/// let error = Bundle::parse("policy.toml", text).unwrap_err();
/// let finding = &error.findings()[0];
/// assert_eq!((finding.code(), finding.position().line), (Code::UnknownKey, 3));
/// assert_eq!(
///     finding.to_string(),
///     "policy.toml:3:1: a statement has no key `efect`\n\
///      3 | efect = \"permit\"\n  \
///        | ^^^^^\n\
///      hint: did you mean `effect`?"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct LoadError {
    findings: Vec<Finding>,
}

impl LoadError {
    /// Sorts, cuts off after [`MAX_FAULTS`] and resolves the places.
    pub(crate) fn new(faults: Vec<Fault>, sources: &[Source]) -> Self {
        Self { findings: findings(faults, sources) }
    }

    /// What was found; at least one error.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Faults in the order of their places, at most [`MAX_FAULTS`] of them.
pub(crate) fn findings(mut faults: Vec<Fault>, sources: &[Source]) -> Vec<Finding> {
    faults.sort_by_key(|fault| (fault.span, fault.code));
    faults.dedup_by(|one, other| one.span == other.span && one.message == other.message);
    let more = faults.len().saturating_sub(MAX_FAULTS);
    let last = faults.get(MAX_FAULTS).map(|fault| fault.span);
    faults.truncate(MAX_FAULTS);
    if let Some(span) = last {
        let is_error = faults.iter().any(|fault| fault.code.severity() == Severity::Error);
        if is_error {
            let message = format!("and {more} more, the next one here");
            faults.push(Fault::new(Code::MoreFaults, span, message));
        }
    }
    faults.into_iter().map(|fault| Finding::new(fault, sources)).collect()
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, finding) in self.findings.iter().enumerate() {
            write!(f, "{}{finding}", if place == 0 { "" } else { "\n\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let source = Source::new("a\u{1b}[2J.toml", "x\u{7}y\n".to_owned());
        let fault = Fault::new(Code::Syntax, Span::new(0, 0..1), "bad \u{1b}[31m").hint("a\nb");
        let shown = Finding::new(fault, &[source]).to_string();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert_eq!(shown.lines().count(), 4);
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
    }

    #[test]
    fn only_so_many_faults_are_shown() {
        let source = Source::new("x.toml", "\n".repeat(500));
        let faults = (0..200).rev().map(|at| Fault::new(Code::Syntax, Span::new(0, at..at), "bad"));
        let error = LoadError::new(faults.collect(), &[source]);
        assert_eq!(error.findings().len(), MAX_FAULTS + 1);
        let last = error.findings().last().unwrap();
        assert_eq!((last.code(), last.position().line), (Code::MoreFaults, MAX_FAULTS + 1));
        assert_eq!(last.message(), "and 150 more, the next one here");
    }
}
