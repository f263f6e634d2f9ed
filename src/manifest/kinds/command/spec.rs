//! What an author writes of commands, and what of it is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::prefix;
use super::table::{Command, Operands, Opt, Options, Takes};
use crate::manifest::kinds::rule::OptionFault;

/// What a command may be given: its sub-commands, options and operands. What is not listed is refused.
///
/// ```
/// use permitgate::manifest::CommandSpec;
///
/// let git = CommandSpec::new().subcommands(["status", "log"]).options(["--short", "--oneline", "-n="]);
/// let ls = CommandSpec::new().options(["-l", "-a"]).any_operands();
/// # let _ = (git, ls);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a command does something only within a kind"]
pub struct CommandSpec {
    /// The sub-commands, by name or each with a table of its own. `-` stands for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subcommands: Option<SubcommandsSpec>,
    /// The options behind the sub-command, for every sub-command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) options: Vec<String>,
    /// The options between the command and its sub-command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) global_options: Vec<String>,
    /// `"any"`, `"none"` (where nothing is written), or the operands that it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operands: Option<OperandsSpec>,
    /// The command runs another one, which stands behind so many operands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runs: Option<u8>,
}

impl CommandSpec {
    /// A command without options and operands.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sub-commands that it may have, all with its options. `-` stands for none.
    pub fn subcommands<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.subcommands = Some(SubcommandsSpec::Names(names));
        self
    }

    /// A sub-command with options of its own; every sub-command of the command is named so then.
    pub fn subcommand(mut self, name: impl Into<String>, command: Self) -> Self {
        let mut tables = match self.subcommands.take() {
            Some(SubcommandsSpec::Tables(tables)) => tables,
            Some(SubcommandsSpec::Names(names)) => {
                names.into_iter().map(|name| (name, Self::default())).collect()
            }
            None => BTreeMap::new(),
        };
        tables.insert(name.into(), command);
        self.subcommands = Some(SubcommandsSpec::Tables(tables));
        self
    }

    /// The options that it may have behind its sub-command. One with a value ends in `=`.
    pub fn options<T: Into<String>>(mut self, options: impl IntoIterator<Item = T>) -> Self {
        self.options.extend(options.into_iter().map(Into::into));
        self
    }

    /// The options that it may have before its sub-command.
    pub fn global_options<T: Into<String>>(mut self, options: impl IntoIterator<Item = T>) -> Self {
        self.global_options.extend(options.into_iter().map(Into::into));
        self
    }

    /// The operands that it may have.
    pub fn operands<T: Into<String>>(mut self, operands: impl IntoIterator<Item = T>) -> Self {
        self.operands = Some(OperandsSpec::List(operands.into_iter().map(Into::into).collect()));
        self
    }

    /// No operand, as where nothing is said.
    pub fn no_operands(mut self) -> Self {
        self.operands = Some(OperandsSpec::Word("none".to_owned()));
        self
    }

    /// Any operand: for programs that read or show what their operands name. Some run them (`awk`, `make`), write to them (`tee`), or
    /// take them for options (`tar xf`, `dd of=x`).
    pub fn any_operands(mut self) -> Self {
        self.operands = Some(OperandsSpec::Word("any".to_owned()));
        self
    }

    /// Whether a program of this name runs what its operands or its input say, as `awk`, `make` and `xargs` do: then any operand is any
    /// command.
    ///
    /// ```
    /// use permitgate::manifest::CommandSpec;
    ///
    /// assert!(CommandSpec::runs_operands("awk") && CommandSpec::runs_operands("/usr/bin/awk"));
    /// assert!(!CommandSpec::runs_operands("ls"));
    /// ```
    pub fn runs_operands(name: &str) -> bool {
        RUNNERS.contains(&name.rsplit('/').next().unwrap_or_default())
    }

    /// It runs another command, which stands behind so many operands and must be listed too. For programs that start its words as
    /// they stand, such as `sudo`, `env` and `timeout`.
    pub fn runs(mut self, operands: u8) -> Self {
        self.runs = Some(operands);
        self
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a list of sub-commands, or a table of each")]
pub(crate) enum SubcommandsSpec {
    Names(Vec<String>),
    Tables(BTreeMap<String, CommandSpec>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "\"any\", \"none\", or a list of operands")]
pub(crate) enum OperandsSpec {
    Word(String),
    List(Vec<String>),
}

/// How deep sub-commands go: `az network vnet create` has three.
const DEPTH: usize = 4;

/// Commands that run what their operands or their input say. An author who lists one states `operands`, also where there are none.
const RUNNERS: &[&str] = &[
    ".",
    "ash",
    "at",
    "awk",
    "bash",
    "batch",
    "builtin",
    "bun",
    "busybox",
    "chroot",
    "command",
    "csh",
    "dash",
    "deno",
    "doas",
    "ed",
    "env",
    "eval",
    "ex",
    "exec",
    "expect",
    "fish",
    "gawk",
    "gdb",
    "ionice",
    "ksh",
    "lua",
    "m4",
    "mariadb",
    "mawk",
    "mksh",
    "mysql",
    "nawk",
    "nice",
    "node",
    "nohup",
    "npx",
    "osascript",
    "parallel",
    "perl",
    "php",
    "psql",
    "pwsh",
    "python",
    "python3",
    "ruby",
    "runuser",
    "sed",
    "setsid",
    "sh",
    "source",
    "sqlite3",
    "ssh",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "tclsh",
    "tcsh",
    "time",
    "timeout",
    "trap",
    "unshare",
    "watch",
    "xargs",
    "zsh",
];

/// What of a table of commands cannot be said of the kind that has it.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// Whether a command that runs another one can be described.
    pub(crate) runs: bool,
    /// Words that are no command's name.
    pub(crate) reserved: &'static [&'static str],
    /// Commands that change what other words mean, or run words.
    pub(crate) builtins: &'static [&'static str],
}

pub(super) fn commands(
    specs: &BTreeMap<String, CommandSpec>,
    setting: Setting,
) -> Result<Vec<(Box<str>, Command)>, OptionFault> {
    if specs.is_empty() {
        return Err(fault(
            "no command is listed, so none could be run: list one, or leave the table out",
        ));
    }
    let mut commands = Vec::with_capacity(specs.len());
    for (name, spec) in specs {
        if !is_name(name) {
            return Err(fault(format!(
                "`{name}` is no name of a command: write letters, digits and `_ . + - /`, and no blank (sub-commands have a list of their own)"
            )));
        }
        if setting.reserved.contains(&name.as_str()) {
            return Err(fault(format!(
                "`{name}` is a word of the shell's own grammar, which is not accepted"
            )));
        }
        let open = spec.operands.is_none() && spec.subcommands.is_none() && spec.runs.is_none();
        let base = name.rsplit('/').next().unwrap_or_default();
        let moves = matches!(base, "cd" | "chdir" | "popd" | "pushd");
        if open && !moves && (CommandSpec::runs_operands(name) || setting.builtins.contains(&base))
        {
            return Err(fault(format!(
                "`{name}` runs what its operands or its input say, or changes what other words mean: state `operands` (\"none\", a list, or \"any\" for all of it){}",
                if setting.runs { ", or `runs` where a listed command follows it" } else { "" }
            )));
        }
        commands.push((name.as_str().into(), command(name, spec, &[], setting, DEPTH)?));
    }
    Ok(commands)
}

fn command(
    path: &str,
    spec: &CommandSpec,
    inherited: &[String],
    setting: Setting,
    depth: usize,
) -> Result<Command, OptionFault> {
    let mut written: Vec<String> = inherited.to_vec();
    written.extend(spec.options.iter().filter(|option| !inherited.contains(option)).cloned());
    let mut bare = false;
    let mut subcommands = Vec::new();
    let default = CommandSpec::default();
    let (named, listed): (Vec<(&String, &CommandSpec)>, bool) = match &spec.subcommands {
        None => (Vec::new(), false),
        Some(SubcommandsSpec::Names(names)) => {
            (names.iter().map(|name| (name, &default)).collect(), true)
        }
        Some(SubcommandsSpec::Tables(tables)) => (tables.iter().collect(), true),
    };
    for (name, own) in named {
        if name == "-" {
            bare = true;
            continue;
        }
        let path = format!("{path} {name}");
        if !is_subcommand(name)
            || subcommands.iter().any(|(other, _): &(Box<str>, _)| **other == **name)
        {
            return Err(fault(format!(
                "`{path}`: `{name}` is no name of a sub-command, or stands twice"
            )));
        }
        if depth == 0 {
            return Err(fault(format!(
                "`{path}` lies too deep: {DEPTH} sub-commands are the most"
            )));
        }
        let mut below = command(&path, own, &written, setting, depth - 1)?;
        if own.operands.is_none() && spec.operands.is_some() {
            below.operands = operands(&path, spec.operands.as_ref())?;
        }
        subcommands.push((name.as_str().into(), below));
    }
    if listed && subcommands.is_empty() {
        return Err(fault(format!("`{path}`: no sub-command is listed: leave `subcommands` out")));
    }
    if subcommands.is_empty() && !spec.global_options.is_empty() {
        return Err(fault(format!(
            "`{path}`: without sub-commands, `global_options` are `options`"
        )));
    }
    check_runs(path, spec, setting, &written)?;
    Ok(Command {
        subcommands,
        bare,
        globals: options(path, &spec.global_options)?,
        options: options(path, &written)?,
        // What stands before the command that it runs.
        operands: match spec.runs {
            Some(_) => Operands::Any,
            None => operands(path, spec.operands.as_ref())?,
        },
        runs: spec.runs.map(usize::from),
    })
}

fn check_runs(
    path: &str,
    spec: &CommandSpec,
    setting: Setting,
    options: &[String],
) -> Result<(), OptionFault> {
    let Some(runs) = spec.runs else { return Ok(()) };
    if !setting.runs || spec.subcommands.is_some() || spec.operands.is_some() {
        return Err(fault(format!(
            "`{path}`: `runs` stands in a table of a shell, beside neither `subcommands` nor `operands`"
        )));
    }
    prefix::check(path, runs, options).map_err(fault)
}

fn operands(path: &str, spec: Option<&OperandsSpec>) -> Result<Operands, OptionFault> {
    Ok(match spec {
        Some(OperandsSpec::Word(word)) if word == "any" => Operands::Any,
        None => Operands::Listed(Box::default()),
        Some(OperandsSpec::Word(word)) if word == "none" => Operands::Listed(Box::default()),
        Some(OperandsSpec::Word(word)) => {
            return Err(fault(format!(
                "`{path}`: operands are \"any\", \"none\" or a list, not \"{word}\""
            )));
        }
        Some(OperandsSpec::List(list)) => {
            Operands::Listed(list.iter().map(|word| word.as_str().into()).collect())
        }
    })
}

fn options(path: &str, written: &[String]) -> Result<Options, OptionFault> {
    let mut options = Options::default();
    let mut list: Vec<Opt> = Vec::with_capacity(written.len());
    for text in written {
        match text.as_str() {
            "--" => options.ends = true,
            "-#" => options.number = true,
            _ => {
                let option = option(path, text)?;
                if list.iter().any(|other| other.name == option.name) {
                    return Err(fault(format!(
                        "`{path}`: the option `{}` stands twice",
                        option.name
                    )));
                }
                list.push(option);
            }
        }
    }
    let digit = |option: &Opt| option.letter().is_some_and(|letter| letter.is_ascii_digit());
    if options.number && list.iter().any(digit) {
        return Err(fault(format!(
            "`{path}`: `-#` stands for every number, also for the digit that is listed"
        )));
    }
    options.long_dash =
        list.iter().any(|option| !option.name.starts_with("--") && option.letter().is_none());
    options.list = list.into();
    Ok(options)
}

fn option(path: &str, text: &str) -> Result<Opt, OptionFault> {
    let (name, takes) = match (text.strip_suffix("[=]"), text.strip_suffix('=')) {
        (Some(name), _) => (name, Takes::Attached),
        (None, Some(name)) => (name, Takes::Needed),
        (None, None) => (text, Takes::Nothing),
    };
    let bare = name.strip_prefix("--").or_else(|| name.strip_prefix('-')).unwrap_or_default();
    let good = bare.starts_with(|c: char| c.is_ascii_alphanumeric())
        && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    let option = Opt { name: name.into(), takes };
    if !good || (takes == Takes::Attached && !name.starts_with("--")) {
        return Err(fault(format!(
            "`{path}`: `{text}` is no option: write `-x`, `-x=` (takes a value), `--name`, `--name=`, `--name[=]` (takes one only behind `=`), `-#` (a number) or `--`"
        )));
    }
    Ok(option)
}

/// A command's name as a table may have it: also a program by its path.
fn is_name(name: &str) -> bool {
    let path = name.strip_prefix("./").or_else(|| name.strip_prefix('/')).unwrap_or(name);
    path.split('/').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte))
            && (part != "." || name == ".")
            && part != ".."
    })
}

fn is_subcommand(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

fn fault(says: impl Into<String>) -> OptionFault {
    OptionFault { field: "commands", says: says.into() }
}
