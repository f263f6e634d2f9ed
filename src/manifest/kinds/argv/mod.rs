//! A program and its arguments as a list of texts, which no shell reads: every character is literal.
//!
//! The words are read by the table of commands ([`super::command`] has the grammar). Refused are an empty list, a name that
//! is not listed (without a table: one that is no plain name), the character NUL, and more than 64 KiB or
//! 4,096 words.
//!
//! Canonical: the words in one line, as a shell would quote them. Parts: [`Argv::PARTS`], those of one command.
//!
//! It cannot see: which program stands behind the name, what that does with listed words, and programs of Windows that split
//! their line on their own (`.bat`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::parts::{OpenPart, Parts};

use super::command::{CommandSpec, Commands, Setting, WordFault, quote, rules as words};
use super::rule::{OptionFault, PartForm, Rule};

const LONGEST: usize = 64 * 1024;
const MOST: usize = 4096;

static LONG: Rule = Rule {
    code: "too-long",
    found: "there are more than 4,096 words, or 64 KiB",
    remedy: "write fewer or shorter words",
};
static NUL: Rule = Rule {
    code: "nul",
    found: "the word holds the character NUL, at which programs end it",
    remedy: "leave it out",
};

/// The options of the kind `argv`: which commands are accepted.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, ArgvSpec, CommandSpec};
///
/// let words = ArgumentSpec::argv(ArgvSpec::new().command("ls", CommandSpec::new().options(["-l"])));
/// # let _ = words;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct ArgvSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commands: Option<BTreeMap<String, CommandSpec>>,
}

impl ArgvSpec {
    /// Any command.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts this command; with the first, every other one is refused.
    pub fn command(mut self, name: impl Into<String>, command: CommandSpec) -> Self {
        self.commands.get_or_insert_default().insert(name.into(), command);
        self
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argv {
    commands: Commands,
}

impl Argv {
    pub(crate) const PARTS: &'static [PartForm] = Commands::PARTS;

    pub(crate) fn new(spec: &ArgvSpec) -> Result<Self, OptionFault> {
        let setting = Setting { runs: false, reserved: &[], builtins: &[] };
        Ok(Self { commands: Commands::new(spec.commands.as_ref(), setting)? })
    }

    /// Reads a program's name and its arguments. A fault names the word by its number, the program being 0.
    pub(crate) fn read_words<'w>(
        &self,
        list: impl Iterator<Item = &'w str> + Clone,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), WordFault> {
        let mark = parts.mark();
        let mut length = 0;
        for (word, text) in list.clone().enumerate() {
            length += text.len() + 1;
            if length > LONGEST + 1 || word >= MOST {
                return Err(WordFault { word, rule: &LONG });
            }
            if text.contains('\0') {
                return Err(WordFault { word, rule: &NUL });
            }
            parts.push(if word == 0 { "" } else { " " });
            quote(parts, text);
        }
        if length == 0 {
            return Err(WordFault { word: 0, rule: &words::EMPTY });
        }
        let whole = parts.since(mark);
        parts.canonical(begun, whole);
        self.commands.write(list, parts).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
