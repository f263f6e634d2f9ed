//! What can be said on the command line.

pub(crate) mod token;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use self::token::Lineage;
use crate::sessions::LIVE_SESSIONS;
use crate::stream::MAX_LINE;

/// Check, decide, explain, test and compare policies for the tool calls of AI agents.
#[derive(Debug, Parser)]
#[command(
    name = "permitgate",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 all is well; 1 something was found (lines that could not be decided, failed\n\
                  tests, changes, a token that is refused); 2 the command could not run (usage, files, policy).\n\n\
                  Examples:\n  \
                    permitgate check policy.toml\n  \
                    permitgate decide -p policy.toml calls.jsonl > decisions.jsonl\n  \
                    permitgate explain -p policy.toml --invoker dana@example.com --agent triage \\\n    \
                      --tool forum.reply --arguments '{\"thread\": \"8812\"}'"
)]
pub struct Cli {
    /// When to use colours. With `auto`, on terminals, unless NO_COLOR is set; CLICOLOR=0 turns them off as well, and
    /// CLICOLOR_FORCE=1 turns them on everywhere.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,

    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Decide(Decide),
    Explain(Explain),
    Test(Test),
    Diff(Diff),
    Fmt(Fmt),
    Plan(PlanFile),
    Schema(Schema),
    #[command(subcommand)]
    Manifest(Manifest),
    #[command(subcommand)]
    Token(token::TokenCommand),
    Completions(Completions),
    Man(Man),
}

/// Validate policy files and run the tests in them.
///
/// Prints every fault and warning with file, line, column and a hint. The `[[test]]` tables of a file
/// are part of it: a file whose tests fail is not valid.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  permitgate check policy.toml\n  permitgate check --deny-warnings policies/*.toml\n  \
                  permitgate check policy.toml --narrowed-by task.toml"
)]
pub(crate) struct Check {
    /// Policy files, in TOML or JSON; `-` is the standard input.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Exit with 1 where there are warnings.
    #[arg(long)]
    pub(crate) deny_warnings: bool,

    /// A file of statements and budgets alone that narrows what each policy file grants, as `decide`, `explain` and `test` take it: it is
    /// checked beside the manifest and the directory of that file. May be given several times, the outermost first.
    #[arg(long, value_name = "LAYER", value_hint = ValueHint::FilePath)]
    pub(crate) narrowed_by: Vec<PathBuf>,
}

/// Under whose name a line is decided that does not say it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Under {
    /// The person on whose behalf the agent acts, where a line names none.
    #[arg(long, value_name = "NAME")]
    pub(crate) invoker: Option<String>,

    /// The agent that acts, where a line names none.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,

    /// A value for a name that the policy binds, where a line gives none.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) bind: Vec<(String, String)>,
}

/// Decide calls: one JSON object per line in, one decision per line out.
///
/// A line is `{"tool": "...", "arguments": {...}}` or `{"action": {"operation": "...", "tool": "...",
/// "resource": "...", "audience": ..., "arguments": {...}, "reversible": false}}`, with the optional keys
/// `id` (given back as it is), `invoker`, `agent`, `bind`, `session` (lines with one name share what was
/// read), `user_says` (words that endorse values), `facts` (values that the program endorses), `begin` (an
/// allowed call begins, so that what it reads counts for the session) and `result` (what came back: what the
/// manifest trusts in it is endorsed). A line that is refused changes nothing. Memory does not grow with the
/// input.
#[derive(Debug, Args)]
#[command(
    after_help = "A line that is no call gives a line with `error`, and the run goes on; the exit code is 1 then.\n\n\
                        Examples:\n  \
                          permitgate decide -p policy.toml calls.jsonl\n  \
                          tail -f calls.jsonl | permitgate decide -p policy.toml --agent triage\n  \
                          permitgate decide -p policy.toml --token triage.token --trust issuer.pub calls.jsonl\n  \
                          permitgate decide -p policy.toml --narrowed-by task.toml calls.jsonl\n  \
                          permitgate decide -p policy.toml --threads 0 < calls.jsonl | jq 'select(.decision == \"deny\")'"
)]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) policy: PolicyFile,

    /// Calls, one JSON object per line; `-` is the standard input.
    #[arg(default_value = "-", value_name = "CALLS", value_hint = ValueHint::FilePath)]
    pub(crate) calls: PathBuf,

    #[command(flatten)]
    pub(crate) under: Under,

    #[command(flatten)]
    pub(crate) limits: StreamLimits,

    /// Threads that decide; 0 is one per processor. The output is the same for any number. Lines with a
    /// session are decided one after the other.
    #[arg(long, default_value_t = 1, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub(crate) threads: u16,

    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) lineage: Lineage,
}

/// The policy that decides.
#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyFile {
    /// The policy file, in TOML or JSON.
    #[arg(long = "policy", short = 'p', value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// The tools that the server lists now (an MCP `tools/list` answer, one option for each of its pages in their
    /// order): tools that changed after they were approved, or are not listed, are refused, and hints make the
    /// manifest stricter.
    #[arg(long, value_name = "TOOLS", value_hint = ValueHint::FilePath)]
    pub(crate) tools: Vec<PathBuf>,
}

/// How much of a stream is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct StreamLimits {
    /// Sessions that are live at once. When one more starts, the one used longest ago is dropped, and
    /// later lines of that one are errors.
    #[arg(long, default_value_t = LIVE_SESSIONS, value_name = "COUNT")]
    pub(crate) sessions: usize,

    /// Bytes that one line may have.
    #[arg(long, default_value_t = MAX_LINE, value_name = "BYTES")]
    pub(crate) max_line: usize,
}

/// Explain one decision: every statement that was considered, and why it did or did not apply.
///
/// The call comes from the flags, or as one JSON object (as for `decide`, and `reads`, a list of calls that began
/// before) from the standard input.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate explain -p policy.toml --invoker dana@example.com --agent triage \\\n    \
                            --tool mail.send --arguments '{\"to\": [\"lee@example.com\"]}'\n  \
                          sed -n 7p calls.jsonl | permitgate explain -p policy.toml --json\n  \
                          sed -n 7p calls.jsonl | permitgate explain -p policy.toml --token triage.token --trust issuer.pub")]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) policy: PolicyFile,

    #[command(flatten)]
    pub(crate) under: Under,

    /// The tool that is called; without it, the call is read from the standard input.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,

    /// The arguments of the call, as a JSON object.
    #[arg(long, value_name = "JSON", requires = "tool")]
    pub(crate) arguments: Option<String>,

    /// What the user said: words in it endorse values.
    #[arg(long, value_name = "TEXT", requires = "tool")]
    pub(crate) user_says: Option<String>,

    /// What the program knows apart from the user's words, endorsed as the program's; may be repeated.
    #[arg(long = "fact", value_name = "TEXT", requires = "tool")]
    pub(crate) facts: Vec<String>,

    #[command(flatten)]
    pub(crate) lineage: Lineage,
}

/// Run the `[[test]]` tables of policy files, and files of cases.
///
/// A case is a line as for `decide`, with `expect` ("allow", "hold" or "deny") and optionally `name`,
/// `why`, `at` (the moment at which it is decided), `reason`, `statement` and `reads` (a list of calls that began before, each
/// perhaps with its `result`).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate test policy.toml\n  \
                          permitgate test policy.toml --cases regressions.jsonl --format junit > report.xml\n  \
                          permitgate test policy.toml --narrowed-by task.toml --cases task.jsonl --only-cases")]
pub(crate) struct Test {
    /// Policy files.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Cases as JSON lines; every policy file must pass them. `-` is the standard input.
    #[arg(long, value_name = "CASES", value_hint = ValueHint::FilePath)]
    pub(crate) cases: Vec<PathBuf>,

    /// Leave out the `[[test]]` tables, which say what a policy file does by itself.
    #[arg(long, requires = "cases")]
    pub(crate) only_cases: bool,

    #[command(flatten)]
    pub(crate) under: Under,

    /// How results are written; `--json` is short for `--format json`.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: TestFormat,

    #[command(flatten)]
    pub(crate) lineage: Lineage,
}

/// How test results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Failures with what was expected, and a summary.
    Human,
    /// One JSON object per test, and a summary.
    Json,
    /// JUnit XML.
    Junit,
    /// TAP version 14.
    Tap,
}

/// Compare two policies over a file of calls: which decisions change.
///
/// The exit code is 1 when a decision changes, as with diff, and also when a line is no call.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate diff old.toml new.toml calls.jsonl\n  \
                          permitgate diff old.toml new.toml --reasons --json < calls.jsonl")]
pub(crate) struct Diff {
    /// The policy as it is.
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,

    /// The policy as it would be.
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,

    /// Calls, one JSON object per line; `-` is the standard input.
    #[arg(default_value = "-", value_name = "CALLS", value_hint = ValueHint::FilePath)]
    pub(crate) calls: PathBuf,

    #[command(flatten)]
    pub(crate) under: Under,

    #[command(flatten)]
    pub(crate) limits: StreamLimits,

    /// Also count a decision as changed when only its reason or statement does.
    #[arg(long)]
    pub(crate) reasons: bool,

    #[command(flatten)]
    pub(crate) lineage: Lineage,
}

/// Bring policy files into their canonical form, comments kept.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  permitgate fmt policy.toml\n  permitgate fmt --check policies/*.toml\n  permitgate fmt --stdin < policy.toml"
)]
pub(crate) struct Fmt {
    /// Policy files; they are rewritten in place.
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Change nothing; name the files that are not in canonical form, and exit with 1 where there are any.
    #[arg(long)]
    pub(crate) check: bool,

    /// Read from the standard input and write to the standard output.
    #[arg(long)]
    pub(crate) stdin: bool,

    /// What stands on the standard input.
    #[arg(long, value_name = "FORMAT", default_value = "toml", requires = "stdin")]
    pub(crate) stdin_format: StdinFormat,
}

/// Turn the plan of a task into the policy file that holds the task to it.
///
/// A plan is JSON: `{"format": 1, "steps": [{"tool": "send_mail", "arguments": {"to": "lee@example.com"}}]}`. It names the tools that a
/// task may call, and of each argument what is allowed: a value, a list of values (with `null` where it may be left out),
/// `{"at_least": 1, "at_most": 10}`, `{"from": "user"}` for endorsed values, or `{"any": true}`. What no step names is denied. The file that
/// is printed only narrows: give it to `decide`, `explain` or `test` as `--narrowed-by`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  permitgate plan -p policy.toml plan.json > task.json\n  \
                  permitgate decide -p policy.toml --narrowed-by task.json calls.jsonl")]
pub(crate) struct PlanFile {
    /// The policy file, whose manifest describes the tools.
    #[arg(long, short = 'p', value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// The plan; `-` is the standard input.
    #[arg(default_value = "-", value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: PathBuf,
}

/// The formats of policy files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StdinFormat {
    Toml,
    Json,
}

/// Print the JSON Schema of policy files, for editors.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  permitgate schema > permitgate.schema.json")]
pub(crate) struct Schema {}

/// Draft a tool manifest, check one against the tools of a server, or approve these.
#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    Draft(Draft),
    Check(ManifestCheck),
    Approve(Approve),
}

/// Draft a manifest from an MCP `tools/list` answer, for review.
///
/// The draft is conservative and says why beside each guess: what is not plainly a read becomes an
/// irreversible write, and no hint of a server makes a write private. The arguments come from the schemas; what has no
/// clear type is left out, so that calls which give it are refused. What a person cannot see in names and descriptions
/// is made visible. It does not load before a person has reviewed it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  permitgate manifest draft tools.json > tools.toml")]
pub(crate) struct Draft {
    /// The tools, as JSON, all pages in their order; `-` is the standard input.
    #[arg(required = true, value_name = "TOOLS", value_hint = ValueHint::FilePath)]
    pub(crate) tools: Vec<PathBuf>,
}

/// Check the manifest of a policy against the tools that a server lists now.
///
/// Says word by word what changed since a tool was approved, which arguments the server takes otherwise than the
/// manifest describes them, which hints make the manifest stricter or contradict it, and what a person does not
/// see. All pages of the list are needed. The exit code is 1 where there is something to say.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate manifest check -p policy.toml tools.json\n  \
                          permitgate manifest check -p policy.toml page-1.json page-2.json")]
pub(crate) struct ManifestCheck {
    /// The policy file, in TOML or JSON.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// The tools, as JSON, all pages in their order; `-` is the standard input.
    #[arg(required = true, value_name = "TOOLS", value_hint = ValueHint::FilePath)]
    pub(crate) tools: Vec<PathBuf>,
}

/// Approve tools as a server lists them: pin them in `permitgate.lock` beside the policy.
///
/// Without `--expect` it changes nothing: it shows what is new or has changed, word by word, and the hash of it. With
/// that hash it writes the lock. Where the list is another one by then, the hash differs and nothing is approved. A
/// pinned tool that changes, or is no longer listed, is refused (`tool-changed`) until it is approved again. The exit
/// code is 1 while something is left to approve.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate manifest approve -p policy.toml tools.json\n  \
                          permitgate manifest approve -p policy.toml tools.json --tool send_email --expect tool-v2:sha256:…")]
pub(crate) struct Approve {
    /// The policy file, in TOML or JSON.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// Only this tool; otherwise all that the manifest knows. May be given several times.
    #[arg(long = "tool", value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// The hash of what is approved, as the command shows it.
    #[arg(long, value_name = "HASH")]
    pub(crate) expect: Option<String>,

    /// The tools, as JSON, all pages in their order; `-` is the standard input.
    #[arg(required = true, value_name = "TOOLS", value_hint = ValueHint::FilePath)]
    pub(crate) tools: Vec<PathBuf>,
}

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  permitgate completions bash > /etc/bash_completion.d/permitgate"
)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  permitgate man > permitgate.1\n  permitgate man decide | man -l -"
)]
pub(crate) struct Man {
    /// A subcommand, such as `decide` or `manifest draft`; without it, the command as a whole.
    #[arg(value_name = "SUBCOMMAND")]
    pub(crate) subcommand: Vec<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
