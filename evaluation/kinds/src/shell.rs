//! The kind of shell lines.

use crate::manifest::kinds::argv::{Argv, ArgvSpec};
use crate::manifest::kinds::command::CommandSpec;
use crate::manifest::kinds::shell::{Dialect, Shell, ShellSpec};
use crate::model::parts::{Part, Parts};

/// A line as our kind reads it.
#[derive(Debug, PartialEq)]
pub struct Line {
    pub canonical: String,
    pub commands: Vec<Vec<String>>,
    pub assignments: Vec<Vec<String>>,
    pub writes: Vec<String>,
    pub reads: Vec<String>,
    pub parts: String,
}

/// Reads a line without a table of commands; the variable `CI` may be set.
pub struct Reader(Shell);

impl Reader {
    pub fn new(shell: &str) -> Self {
        let shell = match shell {
            "bash" => Dialect::Bash,
            "zsh" => Dialect::Zsh,
            _ => Dialect::Sh,
        };
        let spec =
            ShellSpec { shell, cwd: None, assignments: vec!["CI".to_owned()], commands: None };
        Self(Shell::new(&spec).expect("options"))
    }

    /// A reader of bash with a table.
    pub fn listed(commands: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let commands = commands
            .into_iter()
            .map(|(name, options)| (name, CommandSpec { options, ..CommandSpec::default() }))
            .collect();
        let spec = ShellSpec {
            shell: Dialect::Bash,
            cwd: Some("/repo".to_owned()),
            assignments: Vec::new(),
            commands: Some(commands),
        };
        Self(Shell::new(&spec).expect("options"))
    }

    /// The parts are made anew with each line where `parts` is a new one, so that a loop can keep its memory.
    pub fn accepts(&self, text: &str) -> bool {
        let mut parts = Parts::default();
        let begun = parts.argument("command");
        let read = self.0.read(text, &mut parts, &begun);
        parts.end(begun);
        read.is_ok()
    }

    pub fn read(&self, text: &str) -> Result<Line, String> {
        let mut parts = Parts::default();
        let begun = parts.argument("command");
        let read = self.0.read(text, &mut parts, &begun);
        parts.end(begun);
        read.map_err(|fault| format!("{} at {}", fault.rule.code, fault.at))?;
        let line = parts.get("command").ok_or("no argument")?;
        Ok(Line {
            canonical: line.as_text().unwrap_or_default().to_owned(),
            commands: lists(line, "commands", "words"),
            assignments: lists(line, "commands", "assignments"),
            writes: paths(line, "writes"),
            reads: paths(line, "reads"),
            parts: format!("{parts:?}"),
        })
    }
}

fn lists(line: Part<'_>, list: &str, part: &str) -> Vec<Vec<String>> {
    let texts = |part: Part<'_>| {
        part.iter().map(|word| word.as_text().unwrap_or_default().to_owned()).collect()
    };
    line.get(list)
        .into_iter()
        .flat_map(Part::iter)
        .filter_map(|one| one.get(part))
        .map(texts)
        .collect()
}

fn paths(line: Part<'_>, list: &str) -> Vec<String> {
    let path =
        |one: Part<'_>| one.get("path").and_then(Part::as_text).unwrap_or_default().to_owned();
    line.get(list).into_iter().flat_map(Part::iter).map(path).collect()
}

/// Reads words of a program `a` by a table of its options: the options and the operands.
pub struct Words(Argv);

impl Words {
    pub fn new(options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let spec = CommandSpec { options, ..CommandSpec::default() };
        let commands = Some([("a".to_owned(), spec)].into());
        Self(Argv::new(&ArgvSpec { commands }).expect("options"))
    }

    pub fn read(&self, words: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
        let mut parts = Parts::default();
        let begun = parts.argument("words");
        let all = std::iter::once("a").chain(words.iter().copied());
        let read = self.0.read_words(all, &mut parts, &begun);
        parts.end(begun);
        read.ok()?;
        let texts = |name| {
            let list = parts.get("words")?.get(name)?;
            Some(list.iter().map(|word| word.as_text().unwrap_or_default().to_owned()).collect())
        };
        Some((texts("options")?, texts("operands")?))
    }
}
