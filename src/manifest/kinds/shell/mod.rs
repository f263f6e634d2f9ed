//! A line of a shell: simple commands whose every word stands there as the program gets it.
//!
//! ```text
//! line        = { newline } command { operator command } [ ";" | "&" ]
//! operator    = ";" | "&" | newline, behind which new lines may stand
//!             | ( "&&" | "||" | "|" ) { newline }
//! command     = { assignment | redirection } word { word | redirection }
//! assignment  = listed name "=" [ word ]
//! word        = ( plain | "'" any but "'" "'" | '"' { any but $ ` ! \ " | "\" visible } '"' | "\" visible ) …
//! plain       = ASCII letter or digit, one of _ - . / , + @ % : =, a letter or digit outside ASCII,
//!               in bash and sh also ~ and ^ behind a letter, digit, ~ or ^ (HEAD~1, HEAD^), with no : or = before
//! redirection = ( "<" | [ "1" | "2" ] ( ">" | ">>" | ">|" ) | "&>" | "&>>" ) word      (& not in sh)
//!             | "2>&1" | ">&2" | "1>&2"
//! blank       = " " | " " "\" newline
//! ```
//!
//! Everything else is refused: expansions, patterns, groups, here-documents, comments, reserved words, tabs and controls (a
//! new line in quotes is accepted), assignments that are not listed, commands without a name,
//! more than 64 KiB, or 4,096 words, operators and redirections. Redirections to `/dev`, other
//! than `/dev/null`, are refused, since shells open connections by such names; `/dev/null` itself is neither read nor
//! written.
//!
//! Canonical: each command's assignments, words and redirections in this order, parted by one blank, each word quoted in one
//! way ([`quote`]), new lines as `;`, nothing at the end but `&`.
//!
//! Parts: `commands` ([`Commands::PARTS`] and `assignments`: `CI=1`), with a further one for what a command runs; `writes`
//! (`path`, `append`) and `reads` (`path`), where a path is joined to `cwd` if that is stated, without `.` and empty segments.
//!
//! Words of the shell's own commands that it would evaluate are refused: `test -v 'a[$(x)]'`, `printf %d 'path[$(x)]'`
//! ([`builtins`]).
//!
//! Without a table of commands each program's name is accepted, sub-commands are not known (`-`), and commands of the shell
//! itself that change what its other words mean are refused. A program may then run any other: `sudo`, `xargs` and `git` do.
//! So a statement can only permit by name there; one that forbids `rm` does not see `sudo rm`.
//!
//! Behind `cd` and the like a relative file of a redirection is refused. Operands are words, so `cd x && cat y` is still said to
//! have the operand `y`: list `cd` only where no statement depends on the folder.
//!
//! It cannot see: aliases and functions, `PATH`, what `cd` in an earlier line did to a shell that lives on, terminals (which
//! complete and expand), a locale in which bytes of UTF-8 are quotes or blanks (such as GBK, Shift JIS), and options of the
//! shell that change its grammar. The tool must run the line by `bash -c`, `sh -c` or `zsh -fc`, in UTF-8.

mod builtins;
mod line;
mod rules;
mod spec;
#[cfg(test)]
mod tests;
mod word;

use crate::model::parts::{Extent, OpenPart, Parts};

use super::command::{Commands, Setting, WordFault, quote, quote_value, rules as words};
use super::rule::{Form, OptionFault, PartForm, TextFault};
use builtins::{BUILTINS, MOVES};
use line::{Line, Reach, Redirection, Role, Store, Token};
pub(crate) use spec::Dialect;
pub use spec::ShellSpec;

const LONGEST: usize = 64 * 1024;

/// How many commands may run one another.
const DEEPEST: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shell {
    dialect: Dialect,
    /// Without the slash at its end.
    cwd: Option<Box<str>>,
    assignments: Box<[Box<str>]>,
    commands: Commands,
}

/// Words that are no command of any of the shells, in none of their options.
pub(super) const RESERVED: &[&str] = &[
    "!",
    "-",
    "[[",
    "]]",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "end",
    "esac",
    "fi",
    "float",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "nocorrect",
    "noglob",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
    "{",
    "}",
];

/// Variables that change which program runs, or how the shell reads.
const MEANINGS: &[&str] = &[
    "PATH",
    "IFS",
    "ENV",
    "CDPATH",
    "SHELLOPTS",
    "BASHOPTS",
    "POSIXLY_CORRECT",
    "FPATH",
    "ZDOTDIR",
];

impl Shell {
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "commands", form: Form::Objects(COMMAND_PARTS) },
        PartForm {
            name: "writes",
            form: Form::Objects(&[
                PartForm { name: "path", form: Form::Text },
                PartForm { name: "append", form: Form::Flag },
            ]),
        },
        PartForm {
            name: "reads",
            form: Form::Objects(&[PartForm { name: "path", form: Form::Text }]),
        },
    ];

    pub(crate) fn new(spec: &ShellSpec) -> Result<Self, OptionFault> {
        for name in &spec.assignments {
            check_assignment(name)?;
        }
        let cwd = spec.cwd.as_deref().map(folder).transpose()?;
        let setting = Setting { runs: true, reserved: RESERVED, builtins: BUILTINS };
        Ok(Self {
            dialect: spec.shell,
            cwd,
            assignments: spec.assignments.iter().map(|name| name.as_str().into()).collect(),
            commands: Commands::new(spec.commands.as_ref(), setting)?,
        })
    }

    /// The same, whatever the commands are.
    pub(super) fn with_any_command(&self) -> Self {
        Self { commands: Commands::any(), ..self.clone() }
    }

    /// Reads a line.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        if text.len() > LONGEST {
            return Err(TextFault::new(&rules::LONG, LONGEST));
        }
        let mut store = Store::default();
        let line = Line::read(text, self.dialect, &self.assignments, &mut store)?;
        self.check_builtins(line)?;
        let whole = canonical(line, parts);
        parts.canonical(begun, whole);
        let list = parts.list("commands");
        for command in line.commands() {
            self.write(line, command, parts)?;
        }
        parts.end(list);
        let list = parts.list("writes");
        self.paths(line, parts, |reach| matches!(reach, Reach::Write | Reach::Append));
        parts.end(list);
        let list = parts.list("reads");
        self.paths(line, parts, |reach| reach == Reach::Read);
        parts.end(list);
        Ok(())
    }

    /// Holds commands of the shell itself to the table, and files to the folder that they may have changed.
    fn check_builtins(&self, line: Line<'_>) -> Result<(), TextFault> {
        let mut moved = false;
        for command in line.commands() {
            for (redirection, token) in redirections(command) {
                let file = redirection.reach != Reach::Stream && !line.text(token).starts_with('/');
                if moved && file {
                    return Err(TextFault::new(&rules::MOVED, token.at as usize));
                }
            }
            let Some(name) = command.iter().find(|token| token.role == Role::Word) else {
                continue;
            };
            let text = line.text(name);
            let words = command.iter().filter(|token| token.role == Role::Word);
            let sets = builtins::is_setter(text, words.map(|token| line.text(token)));
            if !self.commands.is_closed() && (sets || BUILTINS.contains(&text)) {
                return Err(TextFault::new(&rules::BUILTIN, name.at as usize));
            }
            moved |= MOVES.contains(&text);
        }
        Ok(())
    }

    /// Writes a command, and those that it runs.
    fn write(&self, line: Line<'_>, tokens: &[Token], parts: &mut Parts) -> Result<(), TextFault> {
        let mut from = 0;
        for _ in 0..DEEPEST {
            let words = tokens.iter().filter(|token| token.role == Role::Word).skip(from);
            let element = parts.element();
            let texts = words.clone().map(|token| line.text(token));
            let runs = self.commands.write(texts.clone(), parts);
            let runs = runs.and_then(|runs| {
                let own = texts.clone().take(runs.unwrap_or(usize::MAX));
                builtins::check(own).map(|()| runs)
            });
            let runs = runs.map_err(|WordFault { word, rule }| {
                TextFault::new(rule, words.clone().nth(word).map_or(0, |token| token.at as usize))
            })?;
            let evaluates = builtins::is_evaluator(texts.clone().next().unwrap_or_default(), texts);
            let list = parts.list("assignments");
            for token in tokens.iter().filter(|token| matches!(token.role, Role::Assignment(_))) {
                let text = line.text(token);
                if evaluates && !builtins::is_plain(text) {
                    return Err(TextFault::new(&rules::EVALUATED, token.at as usize));
                }
                parts.text_element(text);
            }
            parts.end(list);
            parts.end(element);
            match runs {
                Some(word) => from += word,
                None => return Ok(()),
            }
        }
        let at = tokens.first().map_or(0, |token| token.at as usize);
        Err(TextFault::new(&words::RUNS_DEEP, at))
    }

    fn paths(&self, line: Line<'_>, parts: &mut Parts, wanted: impl Fn(Reach) -> bool) {
        for (redirection, token) in redirections(line.tokens()) {
            let path = line.text(token);
            if !wanted(redirection.reach) || path == "/dev/null" {
                continue;
            }
            let element = parts.element();
            let path = self.path(path, parts);
            parts.extent("path", path);
            if redirection.reach != Reach::Read {
                parts.flag("append", redirection.reach == Reach::Append);
            }
            parts.end(element);
        }
    }

    /// The path of a file: absolute where the folder is stated, without segments that say nothing.
    fn path(&self, path: &str, parts: &mut Parts) -> Extent {
        let mark = parts.mark();
        let mut parted = path.starts_with('/');
        if !parted && let Some(cwd) = &self.cwd {
            parts.push(cwd);
            parted = true;
        }
        let mut any = parted;
        let mut written = false;
        for segment in path.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
            parts.push(if any { "/" } else { "" });
            parts.push(segment);
            any = true;
            written = true;
        }
        let nothing =
            !written && (path.starts_with('/') || self.cwd.as_deref().is_none_or(str::is_empty));
        if nothing {
            parts.push(if parted { "/" } else { "." });
        }
        parts.since(mark)
    }
}

const COMMAND_PARTS: &[PartForm] = &[
    PartForm { name: "name", form: Form::Text },
    PartForm { name: "subcommand", form: Form::Text },
    PartForm { name: "words", form: Form::Texts },
    PartForm { name: "options", form: Form::Texts },
    PartForm { name: "operands", form: Form::Texts },
    PartForm { name: "assignments", form: Form::Texts },
];

fn redirections(tokens: &[Token]) -> impl Iterator<Item = (Redirection, &Token)> {
    tokens.iter().filter_map(|token| match token.role {
        Role::Redirection(redirection) => Some((redirection, token)),
        _ => None,
    })
}

/// Writes the line in its one form.
fn canonical(line: Line<'_>, parts: &mut Parts) -> Extent {
    let mark = parts.mark();
    let mut first = true;
    for command in line.commands() {
        for token in command {
            if let Role::Assignment(name) = token.role {
                blank(parts, &mut first);
                let (name, value) = line.text(token).split_at(name as usize + 1);
                parts.push(name);
                quote_value(parts, value);
            }
        }
        for token in command.iter().filter(|token| token.role == Role::Word) {
            blank(parts, &mut first);
            quote(parts, line.text(token));
        }
        for (redirection, token) in redirections(command) {
            blank(parts, &mut first);
            parts.push(redirection.sign);
            if redirection.reach != Reach::Stream {
                parts.push(" ");
                quote(parts, line.text(token));
            }
        }
        if let Some(Role::Operator(sign)) = command.last().map(|token| token.role) {
            parts.push(if sign == ";" { "" } else { " " });
            parts.push(sign);
        }
    }
    parts.since(mark)
}

fn blank(parts: &mut Parts, first: &mut bool) {
    parts.push(if *first { "" } else { " " });
    *first = false;
}

fn check_assignment(name: &str) -> Result<(), OptionFault> {
    let fault = |says: String| Err(OptionFault { field: "assignments", says });
    let letters = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !letters {
        return fault(format!("`{name}` is no name of a variable"));
    }
    let prefixes = ["LD_", "DYLD_", "BASH_"];
    if MEANINGS.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix)) {
        return fault(format!(
            "`{name}` changes which program runs, or how the shell reads a line"
        ));
    }
    Ok(())
}

fn folder(cwd: &str) -> Result<Box<str>, OptionFault> {
    let plain = cwd.strip_prefix('/').is_some_and(|rest| {
        rest.is_empty()
            || rest.trim_end_matches('/').split('/').all(|part| !matches!(part, "" | "." | ".."))
    });
    if !plain || cwd.chars().any(char::is_control) {
        return Err(OptionFault {
            field: "cwd",
            says: format!(
                "`{cwd}` is no absolute path: write one without `.`, `..` and empty segments"
            ),
        });
    }
    Ok(cwd.trim_end_matches('/').into())
}
