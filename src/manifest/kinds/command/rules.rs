//! What a command's words break.

use crate::manifest::kinds::rule::Rule;

pub(crate) static EMPTY: Rule = Rule {
    code: "nothing-to-run",
    found: "no command stands there",
    remedy: "write a command and its words",
};
pub(crate) static NAME: Rule = Rule {
    code: "command-name",
    found: "that is no plain name of a command",
    remedy: "begin with the name of a program, of letters, digits and `_ . + -`",
};
pub(crate) static COMMAND: Rule = Rule {
    code: "command-unknown",
    found: "this command is not listed",
    remedy: "use a command that the tool's manifest lists, spelled as it stands there",
};
pub(crate) static SUBCOMMAND: Rule = Rule {
    code: "subcommand-unknown",
    found: "this sub-command is not listed",
    remedy: "use a sub-command that the tool's manifest lists for the command",
};
pub(crate) static NO_SUBCOMMAND: Rule = Rule {
    code: "subcommand-missing",
    found: "the command has no sub-command",
    remedy: "write a listed sub-command behind it",
};
pub(crate) static OPTION: Rule = Rule {
    code: "option-unknown",
    found: "this option is not listed for the command",
    remedy: "leave it out, or use a listed one, spelled in full (options before a sub-command are listed apart)",
};
pub(crate) static NO_VALUE: Rule = Rule {
    code: "option-value",
    found: "this option takes no value",
    remedy: "write the option without `=`",
};
pub(crate) static VALUE_MISSING: Rule = Rule {
    code: "value-missing",
    found: "this option lacks its value",
    remedy: "write the value behind it",
};
pub(crate) static VALUE_DASH: Rule = Rule {
    code: "value-dash",
    found: "the value of an option begins with a dash, which could be an option of its own",
    remedy: "write `--name=value` as one word",
};
pub(crate) static GLUED: Rule = Rule {
    code: "value-glued",
    found: "a value that is no number is glued to a one-letter option",
    remedy: "write the value as a word of its own: `-n value`",
};
pub(crate) static DASH_OPERAND: Rule = Rule {
    code: "operand-dash",
    found: "a word behind `--` begins with a dash, and some programs still take it for an option",
    remedy: "write `./-name` for a file of that name",
};
pub(crate) static OPERAND: Rule = Rule {
    code: "operand-unknown",
    found: "this operand is not listed for the command",
    remedy: "leave it out, or use one that the tool's manifest lists under the command's `operands`",
};
pub(crate) static RUNS_NOTHING: Rule = Rule {
    code: "runs-nothing",
    found: "the command runs another one, which is missing",
    remedy: "write the command that it runs behind it",
};
pub(crate) static RUNS_DEEP: Rule = Rule {
    code: "runs-deep",
    found: "too many commands run one another",
    remedy: "run the last of them directly",
};
