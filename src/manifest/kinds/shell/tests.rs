use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::model::parts::{Part, Parts};

use super::{Dialect, Shell, ShellSpec};

#[derive(Deserialize)]
struct Table {
    /// The options that a case names.
    options: BTreeMap<String, ShellSpec>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    why: String,
    options: Option<String>,
    canonical: Option<String>,
    parts: Option<String>,
    refused: Option<String>,
    at: Option<u32>,
}

fn table() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kinds/shell.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn shell(dialect: Dialect) -> Shell {
    let spec =
        ShellSpec { shell: dialect, cwd: None, assignments: vec!["CI".to_owned()], commands: None };
    Shell::new(&spec).unwrap()
}

fn spec(text: &str) -> Result<Shell, String> {
    let spec: ShellSpec = toml::from_str(text).map_err(|error| error.to_string())?;
    Shell::new(&spec).map_err(|fault| format!("{}: {}", fault.field, fault.says))
}

/// Reads a line: the canonical text and the parts, or the rule's code and the place.
fn read(shell: &Shell, text: &str) -> Result<(String, String), (String, u32)> {
    let mut parts = Parts::default();
    let begun = parts.argument("line");
    let read = shell.read(text, &mut parts, &begun);
    parts.end(begun);
    read.map_err(|fault| (fault.rule.code.to_owned(), fault.at))?;
    let line = parts.get("line").unwrap();
    let mut written = String::new();
    for part in line.iter() {
        write_part(part, &mut written);
    }
    Ok((line.as_text().unwrap().to_owned(), written.trim_end().to_owned()))
}

/// One line for each command and file, its words parted by `|`.
fn write_part(list: Part<'_>, written: &mut String) {
    let what = match list.name() {
        "commands" => "run",
        "writes" => "write",
        other => other.trim_end_matches('s'),
    };
    for element in list.iter() {
        written.push_str(what);
        for part in element.iter() {
            let texts: Vec<_> = part.iter().filter_map(Part::as_text).collect();
            match (part.name(), part.is_list(), part.value()) {
                ("words" | "assignments", true, _) if texts.is_empty() => {}
                ("words", ..) => write!(written, " [{}]", texts.join("|")).unwrap(),
                (_, true, _) if texts.is_empty() => {}
                (name, true, _) => write!(written, " {name}={}", texts.join("|")).unwrap(),
                ("append", _, value) => {
                    let append = format!("{value:?}").contains("true");
                    written.push_str(if append { " append" } else { "" });
                }
                (_, _, value) => {
                    let text = value.and_then(|value| value.as_text().map(str::to_owned));
                    write!(written, " {}", text.unwrap_or_default()).unwrap();
                }
            }
        }
        written.push('\n');
    }
}

#[test]
fn each_line_of_the_table_is_read_as_it_says() {
    let table = table();
    assert!(table.case.len() >= 60, "{}", table.case.len());
    let shells: BTreeMap<_, _> = table
        .options
        .iter()
        .map(|(name, spec)| (name.as_str(), Shell::new(spec).unwrap()))
        .collect();
    let mut wrong = Vec::new();
    for case in &table.case {
        let shell = &shells[case.options.as_deref().unwrap_or("default")];
        let got = read(shell, &case.text);
        let right = match (&got, &case.refused) {
            (Err((code, at)), Some(refused)) => {
                code == refused && case.at.is_none_or(|expected| expected == *at)
            }
            (Ok((canonical, parts)), None) => {
                Some(canonical) == case.canonical.as_ref()
                    && case.parts.as_ref().is_none_or(|expected| expected.trim_end() == parts)
                    && read(shell, canonical).as_ref() == Ok(&(canonical.clone(), parts.clone()))
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{:?} ({}): {got:#?}", case.text, case.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_shells_take_for_grammar_is_no_name_of_a_command() {
    // `compgen -k` of bash 5.2, `print -l ${(k)reswords}` of zsh 5.9 and its modifiers, those of dash.
    let words = "if then else elif fi case esac for select while until do done in function time { } ! [[ ]] \
                 coproc foreach end repeat nocorrect float integer declare typeset local readonly export noglob - \
                 command builtin exec eval . source alias set unset trap cd";
    for dialect in [Dialect::Bash, Dialect::Sh, Dialect::Zsh] {
        let shell = shell(dialect);
        for word in words.split_whitespace() {
            for text in [
                word.to_owned(),
                format!("a; {word} b"),
                format!("CI=1 {word} b"),
                format!("'{word}' b"),
            ] {
                assert!(read(&shell, &text).is_err(), "{dialect:?} {text}");
            }
        }
    }
}

#[test]
fn each_character_is_itself_or_refused() {
    for dialect in [Dialect::Bash, Dialect::Sh, Dialect::Zsh] {
        let shell = shell(dialect);
        for character in (0..0x300)
            .chain(0x2000..0x2100)
            .chain((0x300..0x2_FFFF).step_by(61))
            .filter_map(char::from_u32)
        {
            for text in [
                format!("a {character}"),
                format!("a x{character}y"),
                format!("a '{character}'"),
                format!("a \"{character}\""),
                format!("a \\{character}"),
                format!("a > {character}"),
            ] {
                let Ok((canonical, parts)) = read(&shell, &text) else { continue };
                assert_eq!(
                    read(&shell, &canonical),
                    Ok((canonical.clone(), parts.clone())),
                    "{text}"
                );
                let commands = parts.lines().filter(|line| line.starts_with("run")).count();
                assert!(
                    commands <= 1 + usize::from("a x\ny;&|".contains(character)),
                    "{text} {parts}"
                );
                assert!(!character.is_control() || character == '\n', "{text:?}");
            }
        }
    }
}

#[test]
fn options_of_authors_that_would_not_hold_are_refused() {
    let refused = [
        ("shell = 'fish'", "unknown variant"),
        ("shell = 'bash'\ncwd = 'repo'", "absolute"),
        ("shell = 'bash'\ncwd = '/a/../b'", "absolute"),
        ("shell = 'bash'\nassignments = ['PATH']", "which program"),
        ("shell = 'bash'\nassignments = ['LD_PRELOAD']", "which program"),
        ("shell = 'bash'\nassignments = ['A=1']", "no name"),
        ("shell = 'bash'\ncommands = {}", "no command"),
        ("shell = 'bash'\ncommands.if = {}", "grammar"),
        ("shell = 'bash'\ncommands.'git log' = {}", "no name"),
        ("shell = 'bash'\ncommands.'../git' = {}", "no name"),
        ("shell = 'bash'\ncommands.sudo = {}", "operands"),
        ("shell = 'bash'\ncommands.export = {}", "operands"),
        ("shell = 'bash'\ncommands.'/bin/sh' = {}", "operands"),
        ("shell = 'bash'\ncommands.xargs = { options = ['-0'] }", "operands"),
        ("shell = 'bash'\ncommands.xargs = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.parallel = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.watch = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.ssh = { runs = 1 }", "not known"),
        ("shell = 'bash'\ncommands.'/usr/bin/ssh' = { runs = 1 }", "not known"),
        ("shell = 'bash'\ncommands.su = { runs = 1 }", "not known"),
        ("shell = 'bash'\ncommands.runuser = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.script = { runs = 0, options = ['-c'] }", "not known"),
        ("shell = 'bash'\ncommands.sh = { runs = 0, options = ['-c'] }", "not known"),
        ("shell = 'bash'\ncommands.eval = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.'sudo-x' = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.tmux.subcommands.new = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.sudo.subcommands.x = { runs = 0 }", "not known"),
        ("shell = 'bash'\ncommands.docker.subcommands.run = { runs = 1 }", "not known"),
        ("shell = 'bash'\ncommands.nice = { runs = 1 }", "`runs = 0`"),
        ("shell = 'bash'\ncommands.timeout = { runs = 0 }", "`runs = 1`"),
        ("shell = 'bash'\ncommands.env = { runs = 0, options = ['-S='] }", "`-S=`"),
        (
            "shell = 'bash'\ncommands.env = { runs = 0, options = ['--split-string='] }",
            "as they stand",
        ),
        ("shell = 'bash'\ncommands.sudo = { runs = 0, options = ['-u=', '-i'] }", "`-i`"),
        ("shell = 'bash'\ncommands.flock = { runs = 1, options = ['--command[=]'] }", "--command"),
        ("shell = 'bash'\ncommands.sudo = { runs = 0, operands = 'any' }", "beside"),
        ("shell = 'bash'\ncommands.git = { subcommands = [] }", "no sub-command"),
        ("shell = 'bash'\ncommands.git = { subcommands = ['a', 'a'] }", "twice"),
        ("shell = 'bash'\ncommands.git = { subcommands = ['--x'] }", "no name"),
        ("shell = 'bash'\ncommands.git = { global_options = ['-C='] }", "options"),
        ("shell = 'bash'\ncommands.git = { options = ['short'] }", "no option"),
        ("shell = 'bash'\ncommands.git = { options = ['-x[=]'] }", "no option"),
        ("shell = 'bash'\ncommands.git = { options = ['--x', '--x='] }", "twice"),
        ("shell = 'bash'\ncommands.git = { options = ['-#', '-1'] }", "number"),
        ("shell = 'bash'\ncommands.git = { operands = 'some' }", "operands are"),
        ("shell = 'bash'\ncommands.git = { flags = [] }", "unknown field"),
    ];
    for (text, says) in refused {
        let error = spec(text).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}

/// Texts from a seed: pieces of the grammar, whole and damaged.
fn texts() -> impl Iterator<Item = String> {
    let pieces = [
        "a", "b", " ", " ", " ", "'x y'", "\"q\"", "\\ ", ";", "&", "&&", "|", "||", "\n", ">",
        ">>", "<", "2>&1", ">&2", "&>", "w", "/w", "./w", "CI=1", "=", "~", "^", "''", "'", "\"",
        "\\", "é", "à", "-x", "--", "1", "2", ":", "HEAD~1", " \\\n", "#",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 16) % end as u64) as usize
    };
    std::iter::from_fn(move || {
        let before = ["a ", "a ", "a x", ""][below(4)];
        let text: String = (0..1 + below(6)).map(|_| pieces[below(pieces.len())]).collect();
        Some(format!("{before}{text}"))
    })
}

#[test]
fn the_canonical_line_is_read_as_itself() {
    for dialect in [Dialect::Bash, Dialect::Sh, Dialect::Zsh] {
        let shell = shell(dialect);
        let mut accepted = 0;
        for text in texts().take(20_000) {
            let Ok((canonical, parts)) = read(&shell, &text) else { continue };
            accepted += 1;
            assert_eq!(read(&shell, &canonical), Ok((canonical.clone(), parts)), "{text:?}");
            // Nothing in it needs to be known of one of the shells.
            for other in [Dialect::Bash, Dialect::Zsh] {
                let again = read(&super::tests::shell(other), &canonical);
                assert!(again.is_ok_and(|(again, _)| again == canonical), "{text:?} {canonical:?}");
            }
        }
        assert!(accepted > 1_500, "{accepted}");
    }
}

#[test]
fn sixty_four_kib_are_the_most() {
    let shell = shell(Dialect::Bash);
    assert!(read(&shell, &format!("a {}", "x".repeat(64 * 1024 - 2))).is_ok());
    let (code, _) = read(&shell, &format!("a {}", "x".repeat(64 * 1024 - 1))).unwrap_err();
    assert_eq!(code, "too-long");
    assert!(read(&shell, &"a;".repeat(2048)).is_ok());
    let (code, at) = read(&shell, &"a;".repeat(2049)).unwrap_err();
    assert_eq!((&*code, at), ("too-many", 4097));
    assert!(read(&shell, &"a ".repeat(4096)).is_ok());
    assert!(read(&shell, &"a ".repeat(4097)).is_err());
}

#[test]
fn every_part_is_named() {
    let shell = shell(Dialect::Bash);
    let mut parts = Parts::default();
    let begun = parts.argument("line");
    shell.read("CI=1 a -x y > w < r", &mut parts, &begun).unwrap();
    parts.end(begun);
    let line = parts.get("line").unwrap();
    let names: Vec<_> = line.iter().map(Part::name).collect();
    assert_eq!(names, Shell::PARTS.iter().map(|part| part.name).collect::<Vec<_>>());
    for part in Shell::PARTS {
        let super::Form::Objects(own) = part.form else { panic!("{}", part.name) };
        let element = line.get(part.name).and_then(|list| list.at(0)).unwrap();
        let names: Vec<_> = element.iter().map(Part::name).collect();
        assert_eq!(names, own.iter().map(|part| part.name).collect::<Vec<_>>());
    }
}
