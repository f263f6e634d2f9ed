//! What can be said to `token`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueHint};

/// Keys and tokens: make keys, mint, attenuate and seal tokens, look inside, verify, revoke.
///
/// Secrets (keys, tokens) are read from files, the standard input or environment variables and never from the
/// arguments, which other processes can read and shells keep. Files with secrets are readable by their owner
/// alone and are not overwritten unless `--force` says so.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Exit codes: 0 all is well; 1 `verify` refused the token; 2 the command could not run (usage, files,\n\
                  keys, a token that cannot be narrowed).\n\n\
                  Example:\n  \
                    permitgate token keygen --out issuer.key\n  \
                    permitgate token mint --key issuer.key --policy policy.toml --expires 8h --out root.token\n  \
                    permitgate token attenuate root.token --holder triage --restrict no-deletes.toml --out triage.token\n  \
                    permitgate token verify triage.token --trust issuer.pub"
)]
pub(crate) enum TokenCommand {
    Keygen(Keygen),
    Public(Public),
    Mint(Box<Mint>),
    Attenuate(Box<Attenuate>),
    Seal(Seal),
    Inspect(Inspect),
    Verify(Box<Verify>),
    Revoke(Revoke),
}

/// Make a new key, and print what is public of it.
///
/// An Ed25519 key unless `--shared` asks for a secret that minter and verifier share. The secret goes into the
/// file and nowhere else.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate token keygen --out issuer.key\n  \
                          permitgate token keygen --shared --out shared.secret --json")]
pub(crate) struct Keygen {
    /// The file that the secret is written to.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,

    /// A secret that is shared, for tokens that stay within one organisation: whoever can verify with it can
    /// also mint.
    #[arg(long)]
    pub(crate) shared: bool,

    /// Overwrite the file.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Print the public half of a key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  permitgate token public --key issuer.key > issuer.pub")]
pub(crate) struct Public {
    #[command(flatten)]
    pub(crate) key: Key,
}

/// A secret key, from a file or the environment.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("secret_key").args(["key", "key_env"]).required(true))]
pub(crate) struct Key {
    /// The file with the secret key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,

    /// The environment variable with the secret key.
    #[arg(long, value_name = "NAME")]
    pub(crate) key_env: Option<String>,
}

/// A token, from a file, the standard input or the environment.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The file with the token; `-` is the standard input.
    #[arg(default_value = "-", value_name = "TOKEN", value_hint = ValueHint::FilePath)]
    pub(crate) token: PathBuf,

    /// The environment variable with the token.
    #[arg(long, value_name = "NAME", conflicts_with = "token")]
    pub(crate) token_env: Option<String>,
}

/// Where a token goes.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The file that the token is written to, instead of the standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    /// Overwrite the file.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// What a root and an attenuation state in the same words.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// The agent that alone can act with it.
    #[arg(long, value_name = "AGENT")]
    pub(crate) holder: Option<String>,

    /// The public key of the holder, or a file with it: only who has the secret half can present the token.
    #[arg(long, value_name = "PUBLIC-KEY", value_hint = ValueHint::FilePath)]
    pub(crate) bind_to: Option<PathBuf>,

    /// When it ends: a span from now (`1h`, `30m`, `7d`), a moment (`2026-03-01T12:00:00Z`) or Unix seconds.
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,

    /// When it begins; as `--expires`.
    #[arg(long, value_name = "WHEN")]
    pub(crate) not_before: Option<String>,

    /// How many further blocks may follow; 0 ends the chain.
    #[arg(long, value_name = "COUNT")]
    pub(crate) delegable: Option<u8>,

    /// A budget: `NAME=COUNT`, and optionally `of ARGUMENT` (with `decimals N`) or `counting
    /// recipients|irreversible|running|repeats|repeats-that-halt`, `ask-from COUNT`, `per SPAN`, `on OPERATIONS`
    /// and `shared-by lineage|invoker|agent|session`.
    #[arg(long, value_name = "BUDGET")]
    pub(crate) budget: Vec<String>,

    /// Demands a signed statement of somebody else whenever it is presented: `CLAIM=PUBLIC-KEY`, or
    /// `CLAIM=PUBLIC-KEY:action` for one about each single action.
    #[arg(long, value_name = "DEMAND")]
    pub(crate) demand: Vec<String>,
}

/// Mint a token from the statements of a policy file.
///
/// The `[[statement]]` tables become the grant. Guardrails, labels, the directory and the manifest stay with the
/// gate.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate token mint --key issuer.key --policy policy.toml --expires 8h --out root.token\n  \
                          permitgate token mint --key-env ISSUER_KEY -p policy.toml --holder triage --delegable 2 \\\n    \
                            --budget 'mails=200 per 1h on create' --demand on-duty=directory.pub")]
pub(crate) struct Mint {
    #[command(flatten)]
    pub(crate) key: Key,

    /// The policy file with the grant, in TOML or JSON.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    #[command(flatten)]
    pub(crate) terms: Terms,

    /// A grant that is in force only in an attenuation with `--using`: the statements of the file, under this name.
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) hand_on: Vec<String>,

    #[command(flatten)]
    pub(crate) target: Target,
}

/// Narrow a token by one more block; needs no issuer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate token attenuate root.token --holder triage --expires 30m --out triage.token\n  \
                          permitgate token attenuate --token-env TOKEN --restrict no-deletes.toml --delegable 0\n  \
                          permitgate token attenuate bound.token --holder-key triage.key --at-most only-read.toml")]
pub(crate) struct Attenuate {
    #[command(flatten)]
    pub(crate) source: Source,

    /// A policy file whose `[[guardrail]]` tables (or, where it has none, `[[statement]]` tables that permit
    /// nothing) restrict; what they do not mention passes.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "at_most")]
    pub(crate) restrict: Option<PathBuf>,

    /// A policy file whose `[[statement]]` tables say what is permitted at most.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) at_most: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) terms: Terms,

    /// Uses the right of this name, which the root laid out to be handed on, in place of the root's own grant.
    #[arg(long, value_name = "NAME")]
    pub(crate) using: Option<String>,

    /// Keeps the right of this name, to be handed on further; all others end here.
    #[arg(long, value_name = "NAME")]
    pub(crate) keeping: Vec<String>,

    /// The file with the secret key of the holder, for a token that is bound to it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "holder_key_env")]
    pub(crate) holder_key: Option<PathBuf>,

    /// The environment variable with the secret key of the holder.
    #[arg(long, value_name = "NAME")]
    pub(crate) holder_key_env: Option<String>,

    #[command(flatten)]
    pub(crate) target: Target,
}

/// Seal a token: nothing can be added to it any more.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  permitgate token seal triage.token --out sealed.token")]
pub(crate) struct Seal {
    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) target: Target,
}

/// Show what a token says, block by block, and what each block narrowed. Verifies nothing.
///
/// What a block narrowed is told where it can be told exactly from the blocks alone: conditions and audiences of
/// its statements may narrow further.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                          permitgate token inspect triage.token\n  \
                          permitgate token inspect --json < triage.token | jq '.blocks[].narrows'")]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) source: Source,
}

/// Verify a token: is it authentic, valid now and not revoked, under the issuers that are trusted.
///
/// A token that is bound to a key needs a proof, and one that demands attestations needs those; without them it is
/// refused after everything else was found in order. Proofs last a minute: `--at` says when one was presented. Whether
/// one was used before only the verifier knows that it was sent to.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("trusted").args(["trust", "secret", "secret_env"]).required(true).multiple(true),
    after_help = "Exit codes: 0 valid; 1 refused, with a reason code, or the action is not allowed; 2 the command could not\n\
                  run (usage, files).\n\n\
                  Examples:\n  \
                    permitgate token verify triage.token --trust issuer.pub\n  \
                    permitgate token verify triage.token --trust issuer.pub \\\n    \
                      --revocations revoked.list --revocation-key operator.pub --fresh-within 1h\n  \
                    permitgate token verify triage.token --trust issuer.pub --at-most ceiling.toml \\\n    \
                      --action action.json --invoker dana@example.com --agent triage"
)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) trusted: Trusted,

    /// A policy file whose statements say what the issuers may grant at most.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) at_most: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) beside: Beside,
}

/// Who is trusted to issue tokens, and what is known of them at which moment.
#[derive(Clone, Debug, Args)]
pub(crate) struct Trusted {
    /// The public key of an issuer that is trusted, or a file with it.
    #[arg(long, value_name = "PUBLIC-KEY", value_hint = ValueHint::FilePath)]
    pub(crate) trust: Vec<PathBuf>,

    /// The file with a secret that is shared with the minter.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "secret_env")]
    pub(crate) secret: Option<PathBuf>,

    /// The environment variable with a secret that is shared with the minter.
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,

    /// A signed list of revocations.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "revocation_key")]
    pub(crate) revocations: Option<PathBuf>,

    /// The public key of whoever signs the list, or a file with it.
    #[arg(long, value_name = "PUBLIC-KEY", value_hint = ValueHint::FilePath, requires = "revocations")]
    pub(crate) revocation_key: Option<PathBuf>,

    /// How old the list may be, as `1h`.
    #[arg(long, value_name = "SPAN", requires = "revocations")]
    pub(crate) fresh_within: Option<String>,

    /// The moment at which it is looked at and decided: `2026-03-01T12:00:00Z`, Unix seconds or a span from now (`1h`); without
    /// this now, and for `test` without a token the beginning of 1970.
    #[arg(long, value_name = "WHEN")]
    pub(crate) at: Option<String>,
}

/// What is decided under, in place of all that the policy file grants by itself.
///
/// The statements of the policy file are then what the issuers may grant at most, where it has any.
#[derive(Clone, Debug, Args)]
#[command(
    next_help_heading = "Tokens and narrower policies",
    group = ArgGroup::new("presented").args(["token", "token_env"]).requires("trusted"),
    group = ArgGroup::new("trusted").args(["trust", "secret", "secret_env"]).multiple(true).requires("presented"),
    group = ArgGroup::new("of_token").multiple(true).requires("presented")
        .args(["revocations", "attestation", "holder_key", "holder_key_env"])
)]
pub(crate) struct Lineage {
    /// The file with a token: decide under what it grants, of what the statements of the policy file permit at most. A
    /// policy file without statements limits nothing.
    /// `-` is the standard input.
    #[arg(long, value_name = "TOKEN", value_hint = ValueHint::FilePath)]
    pub(crate) token: Option<PathBuf>,

    /// The environment variable with a token.
    #[arg(long, value_name = "NAME")]
    pub(crate) token_env: Option<String>,

    #[command(flatten)]
    pub(crate) trusted: Trusted,

    /// An attestation that the token demands, as its attester sent it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) attestation: Vec<PathBuf>,

    /// The file with the secret key of the holder, for a token that is bound to it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "holder_key_env")]
    pub(crate) holder_key: Option<PathBuf>,

    /// The environment variable with the secret key of the holder.
    #[arg(long, value_name = "NAME")]
    pub(crate) holder_key_env: Option<String>,

    /// A file of statements and budgets alone that narrows what is granted, as a program does for a task: `[[statement]]` tables
    /// permit at most, `[[guardrail]]` tables restrict. May be given several times, the outermost first.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) narrowed_by: Vec<PathBuf>,
}

/// What is presented together with a token.
#[derive(Debug, Args)]
pub(crate) struct Beside {
    /// A proof of possession for one action, as its holder sent it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires_all = ["verifier", "action"])]
    pub(crate) proof: Option<PathBuf>,

    /// The name of the verifier that the proof is addressed to.
    #[arg(long, value_name = "NAME", requires = "proof")]
    pub(crate) verifier: Option<String>,

    /// An attestation, as its attester sent it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) attestation: Vec<PathBuf>,

    /// The one action that the token is presented for: the JSON object that `decide` takes as `action`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) action: Option<PathBuf>,

    /// Also decides the action, for this person on whose behalf the agent acts. Directory, guardrails and labels
    /// are those of the file that `--at-most` names.
    #[arg(long, value_name = "NAME", requires_all = ["agent", "action"])]
    pub(crate) invoker: Option<String>,

    /// The agent that acts.
    #[arg(long, value_name = "NAME", requires = "invoker")]
    pub(crate) agent: Option<String>,
}

/// Revoke tokens: make or extend a signed list of revocations.
///
/// The list is complete: every entry of the one before is kept, under the next number. Whoever reads the file
/// needs no earlier one.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").args(["subtree", "holder", "issuer_key", "refresh"]).required(true).multiple(true),
    after_help = "Examples:\n  \
                    permitgate token revoke --key operator.key --list revoked.list --holder rogue\n  \
                    permitgate token revoke --key operator.key --list revoked.list \\\n    \
                      --subtree 5f3c0a1be2d4968778695a4b3c2d1e0f\n  \
                    permitgate token revoke --key operator.key --list revoked.list --refresh"
)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) key: Key,

    /// The file with the list; it is made where there is none.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,

    /// A block, with everything below it; `inspect` shows the id of each.
    #[arg(long, value_name = "ID")]
    pub(crate) subtree: Vec<String>,

    /// An agent: what it holds, and everything below.
    #[arg(long, value_name = "AGENT")]
    pub(crate) holder: Vec<String>,

    /// The id of a key: what it issued or is bound to it, and everything below.
    #[arg(long, value_name = "ID")]
    pub(crate) issuer_key: Vec<String>,

    /// Revoke nothing more; say that the list is still up to date.
    #[arg(long)]
    pub(crate) refresh: bool,
}
