//! Commands allowed by name, with their sub-commands, options and operands.
//!
//! What a program does with its words is the program's own; no list of dangerous options is ever complete. So a table lists
//! what may be given, and a word that the table does not understand is refused:
//!
//! ```text
//! words      = name { option } [ subcommand … ] { option | operand } [ "--" { operand } ]
//! option     = "--name" [ "=" value ] | "--name" value | "-x" [ value ] | "-xyz" | "-word" [ value ] | "-" number
//! ```
//!
//! | listed as | accepted |
//! |---|---|
//! | `--name` | `--name`, in full; abbreviations and values are refused |
//! | `--name=` | `--name=value`, `--name value` where the value begins with no dash |
//! | `--name[=]` | `--name`, `--name=value` |
//! | `-x` | `-x`, and among letters: `-xyz` only if each is listed |
//! | `-x=` | `-x value`, also behind letters; `-x5` for numbers only, as programs read other glued values differently |
//! | `-word`, `-word=` | `-word`, `-word value`, `-word=value`; letters are then not combined in this list |
//! | `-#` | `-5`, `-20` |
//! | `--` | words with a dash behind `--`. Unlisted, `--` is accepted and a dash behind it is not: `find -- -delete` deletes |
//!
//! `options` stand behind the sub-command and hold for all those below; `global_options` stand before it (`git -C /repo
//! status`). A missing sub-command is refused unless `-` is listed. A table may hold tables of sub-commands in turn.
//!
//! Without `operands` there may be none: what stands without a dash is an option to some programs (`tar xf`, `dd of=x`), a program
//! to others (`awk`, `sed`), and a file to be written to still others (`tee`). `operands` is `"any"`, or a list, and holds for all
//! sub-commands that have none of their own.
//!
//! Where `runs` is given, a listed command follows so many operands (`timeout 5 git status`: `runs = 1`). It is accepted for
//! programs that are known to start those words as they stand, and not for those that join them for a shell (`ssh`, `watch`).
//!
//! It cannot see: what a listed program does with listed words (an alias of git, a script of npm, a Makefile), or with its
//! input (`sh`, `psql` and `xargs` run what they read there), which program
//! stands behind a name, and values glued to letters (`sed -i.bak`: not sayable).

mod prefix;
mod quote;
pub(crate) mod rules;
mod spec;
mod table;

use std::collections::BTreeMap;

use crate::model::parts::Parts;

use super::rule::{Form, OptionFault, PartForm};
pub(crate) use quote::{quote, quote_value};
pub use spec::CommandSpec;
pub(crate) use spec::Setting;
pub(crate) use table::WordFault;
use table::{Command, Item, Reading};

/// The commands that may be run, or any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Commands {
    table: Option<Vec<(Box<str>, Command)>>,
}

impl Commands {
    /// The parts of one command.
    ///
    /// `name`: the program. `subcommand`: `log`, `pr create`, or `-` where there is none. `words`: all of them as the program
    /// gets them, the name first. `options`: each in one form: `--name`, `--name=value`, `-x`, `-x=value`, `-5`. `operands`:
    /// the other words.
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "name", form: Form::Text },
        PartForm { name: "subcommand", form: Form::Text },
        PartForm { name: "words", form: Form::Texts },
        PartForm { name: "options", form: Form::Texts },
        PartForm { name: "operands", form: Form::Texts },
    ];

    pub(crate) fn new(
        specs: Option<&BTreeMap<String, CommandSpec>>,
        setting: Setting,
    ) -> Result<Self, OptionFault> {
        Ok(Self { table: specs.map(|specs| spec::commands(specs, setting)).transpose()? })
    }

    /// Commands that no table lists.
    pub(crate) const fn any() -> Self {
        Self { table: None }
    }

    /// Whether a table lists them.
    pub(crate) fn is_closed(&self) -> bool {
        self.table.is_some()
    }

    /// Writes the parts of one command. Gives the number of the word with which a command begins that this one runs.
    pub(crate) fn write<'w>(
        &self,
        mut words: impl Iterator<Item = &'w str> + Clone,
        parts: &mut Parts,
    ) -> Result<Option<usize>, WordFault> {
        let all = words.clone();
        let name = words.next().ok_or(WordFault { word: 0, rule: &rules::EMPTY })?;
        let command = self.command(name)?;
        let mut runs = None;
        let mark = parts.mark();
        let mut any = false;
        let (mut options, mut operands) = (false, false);
        for item in Reading::new(command, words.clone()) {
            match item? {
                Item::Subcommand(name) => {
                    parts.push(if any { " " } else { "" });
                    parts.push(name);
                    any = true;
                }
                Item::Runs(word) => runs = Some(word),
                Item::Option { .. } => options = true,
                Item::Operand(_) => operands = true,
            }
        }
        parts.push(if any { "" } else { "-" });
        let subcommand = parts.since(mark);
        parts.text("name", name);
        parts.extent("subcommand", subcommand);
        let list = parts.list("words");
        all.for_each(|word| parts.text_element(word));
        parts.end(list);
        let reading = options.then(|| Reading::new(command, words.clone()));
        write_list(parts, "options", reading.into_iter().flatten());
        let reading = operands.then(|| Reading::new(command, words));
        write_list(parts, "operands", reading.into_iter().flatten());
        Ok(runs)
    }

    fn command(&self, name: &str) -> Result<Option<&Command>, WordFault> {
        match &self.table {
            Some(table) => match table.iter().find(|(listed, _)| **listed == *name) {
                Some((_, command)) => Ok(Some(command)),
                None => Err(WordFault { word: 0, rule: &rules::COMMAND }),
            },
            None if is_plain(name) => Ok(None),
            None => Err(WordFault { word: 0, rule: &rules::NAME }),
        }
    }
}

/// Writes the options, or the operands, of a command whose every word is accepted.
fn write_list<'w>(
    parts: &mut Parts,
    name: &'static str,
    reading: impl Iterator<Item = Result<Item<'w>, WordFault>>,
) {
    let list = parts.list(name);
    for item in reading.flatten() {
        match item {
            Item::Operand(word) if name == "operands" => parts.text_element(word),
            Item::Option { dash: false, name: option, value: None } if name == "options" => {
                parts.text_element(option);
            }
            Item::Option { dash, name: option, value } if name == "options" => {
                let begun = parts.element();
                let mark = parts.mark();
                parts.push(if dash { "-" } else { "" });
                parts.push(option);
                if let Some(value) = value {
                    parts.push("=");
                    parts.push(value);
                }
                let text = parts.since(mark);
                parts.canonical(&begun, text);
                parts.end(begun);
            }
            _ => {}
        }
    }
    parts.end(list);
}

/// A program's name where no table says which there are.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte))
}
