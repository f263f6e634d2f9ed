//! What an author says of a line of a shell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::manifest::kinds::command::CommandSpec;

/// Which shell reads the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    Bash,
    /// POSIX, such as dash.
    Sh,
    Zsh,
}

/// The options of the kind `shell`: which shell reads the line, and which commands are accepted.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, CommandSpec, ShellSpec};
///
/// let git = CommandSpec::new().subcommands(["status", "log"]).options(["--oneline"]);
/// let line = ArgumentSpec::shell(ShellSpec::bash().cwd("/repo").command("git", git));
/// # let _ = line;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct ShellSpec {
    pub(crate) shell: Dialect,
    /// The folder in which the tool runs lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cwd: Option<String>,
    /// The variables that may be set for a command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) assignments: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commands: Option<BTreeMap<String, CommandSpec>>,
}

impl ShellSpec {
    /// A line for bash.
    pub fn bash() -> Self {
        Self::of(Dialect::Bash)
    }

    /// A line for a POSIX shell, such as dash.
    pub fn sh() -> Self {
        Self::of(Dialect::Sh)
    }

    /// A line for zsh.
    pub fn zsh() -> Self {
        Self::of(Dialect::Zsh)
    }

    fn of(shell: Dialect) -> Self {
        Self { shell, cwd: None, assignments: Vec::new(), commands: None }
    }

    /// The folder in which the tool runs lines.
    pub fn cwd(mut self, folder: impl Into<String>) -> Self {
        self.cwd = Some(folder.into());
        self
    }

    /// Variables that may be set for a command.
    pub fn assignments<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.assignments.extend(names.into_iter().map(Into::into));
        self
    }

    /// Accepts this command; with the first, every other one is refused.
    pub fn command(mut self, name: impl Into<String>, command: CommandSpec) -> Self {
        self.commands.get_or_insert_default().insert(name.into(), command);
        self
    }
}
