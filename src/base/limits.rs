//! Every bound of the crate, in one place.
//!
//! A bound is part of the contract: what exceeds one gets an error that names the place, or a deny
//! with its reason. Work per decision is bounded by these numbers and by the size of the policy,
//! never by a clock.

/// Bytes in a canonical resource path or in a resource pattern.
pub const MAX_RESOURCE_BYTES: usize = 1024;

/// Segments in a resource path or in a resource pattern. One less than a power of two, so that the
/// boundaries of segments fill a table whose index needs no check.
pub const MAX_SEGMENTS: usize = 31;

/// `**` in one resource pattern.
pub const MAX_REST_SEGMENTS: usize = 4;

/// Bytes in a name: of a tool, agent, invoker, principal, group, channel, domain or variable.
pub const MAX_NAME_BYTES: usize = 256;

/// Recipients that one action may name.
pub const MAX_RECIPIENTS: usize = 128;

/// Statements in one policy.
pub const MAX_STATEMENTS: usize = 100_000;

/// Steps that asking one policy may take, before groups are known; see
/// [`Policy::worst_case_steps`](crate::Policy::worst_case_steps). A policy that could take more is not built.
pub const MAX_POLICY_STEPS: u64 = 1_000_000_000;

/// Tools, resource patterns, conditions or readers in one statement.
pub const MAX_ITEMS_PER_STATEMENT: usize = 256;

/// Values in the set of one condition.
pub const MAX_SET_VALUES: usize = 4096;

/// Bytes in a statement's id.
pub const MAX_STATEMENT_ID_BYTES: usize = 128;

/// Steps in an argument path such as `payment.lines.0.amount`.
pub const MAX_ARGUMENT_STEPS: usize = 16;

/// Bytes in an argument path, in a value that a condition compares with, or in a text pattern.
pub const MAX_CONDITION_BYTES: usize = 1024;

/// Bytes of an argument's text that a text pattern looks at; a longer text cannot be evaluated.
pub const MAX_MATCHED_TEXT_BYTES: usize = 64 * 1024;

/// The most elements of lists that one condition asks one by one.
pub const MAX_QUANTIFIED_VALUES: usize = 1024;

/// The longest text that is compared without regard to capital letters.
pub const MAX_CASE_BLIND_BYTES: usize = 4096;

/// The most memory of one regular expression, and of what compiling it needs four times as much.
pub const MAX_REGEX_MEMORY: usize = 256 * 1024;

/// The most memory of all regular expressions of one policy.
pub const MAX_POLICY_REGEX_MEMORY: usize = 16 * 1024 * 1024;

/// The most regular expressions in one token: whoever sends a token has them compiled.
pub const MAX_TOKEN_REGEXES: usize = 8;

/// `*` in one text pattern or in one segment of a resource pattern.
pub const MAX_STARS: usize = 8;

/// Kinds of key ("shapes") by which one compiled policy is looked up.
pub(crate) const MAX_SHAPES: usize = 32;

/// Names that a policy may bind beside `invoker` and `agent`.
pub const MAX_VARIABLES: usize = 16;

/// Values that a scope may bind to one name.
pub const MAX_BOUND_VALUES: usize = 256;

/// Names that one scope may resolve anew for each decision.
pub const MAX_RESOLVED_NAMES: usize = 16;

/// Milliseconds that each such answer may take, unless the scope is told otherwise.
pub const DEFAULT_OWNERSHIP_MS: u64 = 1_000;

/// Layers in the lineage of a capability, its root included.
pub const MAX_LINEAGE: usize = 64;

/// Rights that one capability may hand on.
pub const MAX_HAND_ON: usize = 16;

/// Budgets in one grant or attenuation, or at one gate.
pub const MAX_BUDGETS: usize = 16;

/// Digits behind the point that a budget counts of a sum.
pub const MAX_BUDGET_DECIMALS: u8 = 9;

/// Tools that one budget names.
pub const MAX_BUDGET_TOOLS: usize = 64;

/// Roots that one ledger keeps counters for.
pub const MAX_BUDGET_ROOTS: usize = 100_000;

/// Counters that one root or gate keeps for those who share its budgets. One more is denied.
pub const MAX_BUDGET_COUNTERS: usize = 100_000;

/// Approvers that one requirement names.
pub const MAX_APPROVERS: usize = 64;

/// Approvals that one requirement may ask for.
pub const MAX_APPROVALS: u8 = 16;

/// Seconds within which approvers decide, unless it is said.
pub const DEFAULT_DECIDE_WITHIN_SECS: u64 = 3_600;

/// Seconds within which an approved effect begins, unless it is said.
pub const DEFAULT_USE_WITHIN_SECS: u64 = 600;

/// Requests for approval that one agent may have pending.
pub const MAX_PENDING_OF_AGENT: usize = 32;

/// Requests for approval that one gate keeps.
pub const MAX_REQUESTS: usize = 10_000;

/// Calls that one request for approval is about.
pub const MAX_CALLS_OF_REQUEST: usize = 64;

/// Bytes of the arguments of one request for approval, as JSON: more than a person reads.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// Requirements that one request for approval must meet.
pub const MAX_REQUIREMENTS: usize = 32;

/// Seconds for which a decline is final, unless the gate is told otherwise.
pub const DEFAULT_DECLINE_SECS: u64 = 24 * 3_600;

/// Standing approvals that one gate keeps.
pub const MAX_STANDING: usize = 10_000;

/// Entries that one store of revocations keeps apart. One more revokes everything under it.
pub const MAX_REVOCATIONS: usize = 1_000_000;

/// Rules in one gate.
pub const MAX_RULES: usize = 64;

/// Entries (principals, groups, channels) in one directory.
pub const MAX_DIRECTORY_ENTRIES: usize = 4_000_000;

/// Things that one directory knows by name.
pub const MAX_THINGS: usize = 10_000;

/// Values of one thing in a directory.
pub const MAX_THING_VALUES: usize = 64;

/// Members of one group or channel after nested groups are flattened.
pub const MAX_GROUP_MEMBERS: usize = 1_000_000;

/// Members of all groups and channels of one directory together, after nested groups are flattened.
pub const MAX_DIRECTORY_MEMBERS: usize = 32_000_000;

/// Nesting of frozen arguments.
pub const MAX_FROZEN_DEPTH: usize = 64;

/// Values in frozen arguments.
pub const MAX_FROZEN_VALUES: usize = 100_000;

/// Bytes of text in frozen arguments.
pub const MAX_FROZEN_BYTES: usize = 16 * 1024 * 1024;

/// Fields of one object in arguments that are digested.
pub const MAX_OBJECT_FIELDS: usize = 256;

/// Actions in one batch.
pub const MAX_BATCH: usize = 1024;

/// Milliseconds by which the clock may step back before the gate denies.
pub const MAX_CLOCK_STEP_BACK_MS: u64 = 5_000;

/// Seconds that a permit may wait for its effect to begin, unless the gate is told otherwise.
pub const DEFAULT_PERMIT_LIFETIME_SECS: u64 = 60;

/// Bytes of text that the in-memory record sink keeps of one record.
pub const MEMORY_RECORD_BYTES: usize = 832;

/// Tools in one manifest.
pub const MAX_MANIFEST_TOOLS: usize = 100_000;

/// Effects of one tool in a manifest.
pub const MAX_TOOL_EFFECTS: usize = 64;

/// Entries of one list in a tool or effect of a manifest: arguments, fields of an object, conditions, controls,
/// amounts, recipients, words, fields of a result.
pub const MAX_ITEMS_PER_TOOL: usize = 256;

/// Arguments, fields of objects and kinds of elements that one tool may describe in all. They may be nested
/// [`MAX_ARGUMENT_STEPS`] deep.
pub const MAX_TOOL_ARGUMENTS: usize = 4096;

/// Values in the arguments of one call, at every depth: all of them are compared with what the manifest
/// describes.
pub const MAX_CALL_VALUES: usize = 100_000;

/// Parts that the kinds of a manifest may find in the texts of one call, at every depth.
pub const MAX_CALL_PARTS: usize = 4096;

/// Actions that one call can mean: elements of a list that names resources, times effects.
pub const MAX_CALL_ACTIONS: usize = 256;

/// Values that are looked at when the trusted fields of one result are collected; those behind stay
/// unendorsed.
pub const MAX_RESULT_VALUES: usize = 100_000;

/// Bytes in a value that a session may act on; a longer one is not endorsed.
pub const MAX_ENDORSED_BYTES: usize = 1024;

/// Bytes of memory for the values in the user's words that one session may act on. Later words drop the earliest ones, so that
/// those of the last half always count.
pub const MAX_WORDS_BYTES: usize = 2 << 20;

/// Bytes of memory for the values in results that one session may act on. Later results drop the earliest ones, never the
/// user's words.
pub const MAX_TRUSTED_BYTES: usize = 2 << 20;

/// Bytes of memory for the values of the directory and the program that one session may act on. What finds no room is not
/// endorsed.
pub const MAX_FACT_BYTES: usize = 1 << 20;

/// Values that one test of where values came from looks at, in lists within a list; of more nothing can be told.
pub const MAX_ENDORSED_VALUES: usize = 256;

/// Words in a run that a user's text endorses, and in a name by which it names a thing.
pub const MAX_RUN_WORDS: usize = 8;

/// Different sets of readers that the label of one session holds apart. When more were read, nothing can be
/// written for anybody.
pub const MAX_LABEL_PARTS: usize = 32;

/// Label rules in one gate.
pub const MAX_LABEL_RULES: usize = 10_000;

/// Sessions below one another.
pub const MAX_SESSION_DEPTH: usize = 8;

/// Stamps of unverified content that one session holds apart. When it has read more, no verification lifts them.
pub const MAX_CITATIONS: usize = 64;

/// Bytes in a token.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Blocks in a token.
pub const MAX_TOKEN_BLOCKS: usize = MAX_LINEAGE;

/// Steps that asking all layers of one token may take, before groups are known; see
/// [`Policy::worst_case_steps`](crate::Policy::worst_case_steps). Its authors need not be trusted.
pub const MAX_TOKEN_STEPS: u64 = 32_000_000;

/// Steps that the layers of one token may take in one decision over the directory: to look groups up, and to compare their
/// members with readers. An audience that would take more is too wide for the token.
pub const MAX_TOKEN_MEMBER_STEPS: u64 = 32_000_000;

/// Bytes that the compiled statements of a token may hold for a verifier to remember it.
pub const MAX_REMEMBERED_TOKEN_MEMORY: usize = 64 * 1024;

/// Seconds after which an attestation for one action ends at the latest: so long it has to be remembered.
pub const MAX_ATTESTATION_SECS: u64 = 24 * 60 * 60;

/// Used proofs and attestations that a verifier remembers for the tokens of one root. A branch below it takes a fifth of what
/// it finds at most, and leaves the rest to others.
pub const MAX_REMEMBERED_PER_ROOT: usize = 10_000;

/// Bytes in an attestation.
pub const MAX_ATTESTATION_BYTES: usize = 4 * 1024;

/// Attestations beside one token.
pub const MAX_ATTESTATIONS: usize = 16;

/// Used proofs and attestations that a verifier remembers at once, and as many open challenges.
pub const MAX_REMEMBERED: usize = 1_000_000;

/// Seconds for which a challenge is open and a proof for one action counts, unless a verifier is told otherwise.
pub const DEFAULT_PROOF_SECS: u64 = 60;

/// Milliseconds by which the clock of a holder may be ahead of a verifier's.
pub const MAX_PROOF_AHEAD_MS: u64 = 5_000;

/// Verified tokens that a verifier remembers, about, unless it is told otherwise.
pub const DEFAULT_TOKEN_CACHE: usize = 4096;

/// Bytes of a block's statements that a verifier remembers compiled; it remembers as many as it does tokens.
pub const MAX_REMEMBERED_LAYER_BYTES: usize = 1024;

/// Bytes that compiled statements of one block may hold for a verifier to remember them.
pub const MAX_REMEMBERED_LAYER_MEMORY: usize = 16 * 1024;

/// Bytes in a signed list of revocations.
pub const MAX_REVOCATION_LIST_BYTES: usize = 32 * 1024 * 1024;
