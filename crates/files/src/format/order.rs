//! The order of keys.

use crate::load::approval::KEYS as APPROVERS;
use crate::load::directory::{CHANNEL_KEYS, KEYS as DIRECTORY, OWN_KEYS, PRINCIPAL_KEYS};
use crate::load::document::TOP;

pub(crate) const STATEMENT: &[&str] = &[
    "id",
    "effect",
    "operations",
    "tools",
    "resources",
    "except_resources",
    "readers",
    "beyond",
    "when",
    "only_while_trusted",
    "after_untrusted",
    "otherwise",
    "by",
    "approvals",
    "decide_within",
    "use_within",
];
pub(crate) const CONDITION: &[&str] = &[
    "argument",
    "holds_for",
    "not",
    "optional",
    "present",
    "equals",
    "one_of",
    "case_blind",
    "at_least",
    "at_most",
    "at_most_elements",
    "matches",
    "regex",
    "under",
    "below",
    "in_network",
    "equals_argument",
    "equals_bound",
    "endorsed",
    "clock",
    "days",
    "from",
    "until",
];
pub(crate) const BUDGET: &[&str] = &[
    "name",
    "counts",
    "argument",
    "decimals",
    "operations",
    "tools",
    "ask_from",
    "at_most",
    "halts_agent",
    "window",
    "shared_by",
];
pub(crate) const LABELS: &[&str] = &["unlabelled"];
pub(crate) const UNLABELLED: &[&str] = &["readers", "integrity"];
pub(crate) const LABEL: &[&str] = &["resources", "readers", "integrity"];
pub(crate) const TOOL: &[&str] =
    &["name", "args", "other_arguments", "controls", "asked_by", "effect", "result"];
pub(crate) const ARGUMENT: &[&str] = &[
    "kind",
    "values",
    "sort",
    "scale",
    "from",
    "form",
    "local_part",
    "plus",
    "case",
    "root",
    "cwd",
    "style",
    "expands",
    "schemes",
    "ports",
    "default_scheme",
    "xn",
    "shell",
    "assignments",
    "commands",
    "dialect",
    "functions",
    "verbs",
    "items",
    "fields",
    "other_fields",
    "optional",
    "default",
    "secret",
    "no_effect",
];
pub(crate) const EFFECT: &[&str] =
    &["when", "for_each", "operation", "resource", "reach", "audience", "amounts", "reversible"];
pub(crate) const AUDIENCE: &[&str] = &["recipients", "channel", "group", "host", "flag", "values"];
pub(crate) const RESULT: &[&str] = &["trusted", "outsider"];
pub(crate) const TEST: &[&str] = &[
    "name",
    "why",
    "invoker",
    "agent",
    "bind",
    "at",
    "user_says",
    "facts",
    "spent",
    "reads",
    "call",
    "action",
    "approved_by",
    "expect",
    "reason",
    "statement",
    "budget",
];
pub(crate) const CALL: &[&str] = &["tool", "arguments", "result"];
pub(crate) const ACTION: &[&str] =
    &["operation", "tool", "resource", "reach", "audience", "arguments", "reversible", "untrusted"];

/// The order of the keys in the table at `path`, the names from the root without places in lists. Tables whose
/// keys are names of things, such as groups, keep the order in which they are written.
pub(super) fn keys_of(path: &[&str]) -> &'static [&'static str] {
    match path {
        [] => TOP,
        ["directory"] => DIRECTORY,
        ["directory", "principals"] => PRINCIPAL_KEYS,
        ["directory", "channels", _] => CHANNEL_KEYS,
        ["directory", "own"] => OWN_KEYS,
        ["approvers"] => APPROVERS,
        ["statement" | "guardrail"] => STATEMENT,
        ["statement" | "guardrail", "when"] | ["tool", "effect", "when"] => CONDITION,
        ["budget"] => BUDGET,
        ["labels"] => LABELS,
        ["labels", "unlabelled"] => UNLABELLED,
        ["label"] => LABEL,
        ["tool"] => TOOL,
        ["tool", "args", _, below @ ..] if is_argument(below) => ARGUMENT,
        ["tool", "effect"] => EFFECT,
        ["tool", "effect", "audience"] => AUDIENCE,
        ["tool", "result"] => RESULT,
        ["test"] => TEST,
        ["test", "reads" | "call"] => CALL,
        ["test", "action"] => ACTION,
        _ => &[],
    }
}

/// Whether what stands there within an argument describes an argument as well, rather than holding names of fields.
fn is_argument(path: &[&str]) -> bool {
    match path {
        [] => true,
        ["items", below @ ..] | ["fields", _, below @ ..] => is_argument(below),
        _ => false,
    }
}

/// The place of a key in its table; keys that are not known stand behind the others.
pub(super) fn rank(path: &[&str], key: &str) -> usize {
    let keys = keys_of(path);
    keys.iter().position(|known| *known == key).unwrap_or(keys.len())
}
