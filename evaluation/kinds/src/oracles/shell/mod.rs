//! Holds lines that the shell kind accepts to bash, dash and zsh.
//!
//! Every name in the lines is a function there that records its words, its input and the variable `CI`, so nothing runs.
//! For each line that we accept, run once with commands that succeed and once with ones that fail, the shell must call
//! exactly our commands with our words, in our order, write exactly our files and read ours; the canonical line must do
//! all that likewise, down to what stands in the files.

mod lines;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use permitgate::manifest::{ArgumentSpec, CommandSpec, ShellSpec};

use crate::draw::Draw;
use crate::subject::{Reading, Subject};
use lines::{ODD, OPERATORS, REDIRECTIONS, WORDS, line};

const NAMES: &[&str] = &["a", "b", "git", "rm", "npm", "ls"];
const BATCH: usize = 200;

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let mut shells = vec!["bash", "sh", "zsh"];
    shells.retain(|shell| {
        let there = program(shell).exists();
        if !there {
            println!("shell ({shell}): not installed, not compared");
        }
        there
    });
    let mut agrees = hostile();
    let each = Duration::from_millis(seconds * 1000 / shells.len().max(1) as u64);
    for shell in &shells {
        agrees &= compare(shell, seed, each);
    }
    agrees
}

/// A line as our kind reads it.
#[derive(Debug, PartialEq)]
struct Line {
    canonical: String,
    commands: Vec<Vec<String>>,
    assignments: Vec<Vec<String>>,
    writes: Vec<String>,
    reads: Vec<String>,
    all: Reading,
}

impl Line {
    fn read(subject: &Subject, text: &str) -> Result<Self, String> {
        let line = subject.text(text).map_err(|fault| fault.to_string())?;
        let lists = |part| line.list("commands").iter().map(|one| one.texts(part)).collect();
        let paths = |name| {
            let path = |one: &Reading| one.part("path").unwrap_or_default().to_owned();
            line.list(name).iter().map(path).collect()
        };
        Ok(Self {
            canonical: line.canonical().to_owned(),
            commands: lists("words"),
            assignments: lists("assignments"),
            writes: paths("writes"),
            reads: paths("reads"),
            all: line,
        })
    }
}

/// Lines without a table of commands; the variable `CI` may be set.
fn subject(shell: &str) -> Subject {
    let spec = match shell {
        "bash" => ShellSpec::bash(),
        "zsh" => ShellSpec::zsh(),
        _ => ShellSpec::sh(),
    };
    Subject::new(ArgumentSpec::shell(spec.assignments(["CI"])))
}

fn program(shell: &str) -> PathBuf {
    let name = if shell == "sh" { "dash" } else { shell };
    ["/bin", "/usr/bin"]
        .map(|folder| Path::new(folder).join(name))
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_default()
}

struct Case {
    text: String,
    line: Line,
}

impl Case {
    /// The text, and its canonical form where that is another.
    fn spellings(&self) -> impl Iterator<Item = &str> {
        [self.text.as_str(), self.line.canonical.as_str()]
            .into_iter()
            .take(1 + usize::from(self.text != self.line.canonical))
    }

    /// 2 where it matters how a command ends.
    fn statuses(&self) -> u8 {
        1 + u8::from(self.line.canonical.contains("&&") || self.line.canonical.contains("||"))
    }
}

fn compare(shell: &str, seed: u64, time: Duration) -> bool {
    let start = Instant::now();
    let subject = subject(shell);
    let mut draw = Draw::new(seed);
    let (mut texts, mut accepted) = (0_u64, 0_u64);
    let mut differences: Vec<(String, String)> = Vec::new();
    let folder = std::env::temp_dir().join(format!("kinds-shell-{}-{shell}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    while start.elapsed() < time && differences.len() < 50 {
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            let text = line(&mut draw);
            texts += 1;
            match Line::read(&subject, &text) {
                Ok(line) if is_harmless(&line) => batch.push(Case { text, line }),
                Ok(_) => {}
                Err(_) => {}
            }
        }
        for case in &batch {
            let again = Line::read(&subject, &case.line.canonical);
            if again.as_ref() != Ok(&case.line) {
                differences.push((
                    case.text.clone(),
                    format!("read again: {again:?}, first {:?}", case.line),
                ));
            }
        }
        accepted += batch.len() as u64;
        differences.extend(run_batch(shell, &folder, &batch));
    }
    let _ = fs::remove_dir_all(&folder);
    println!(
        "shell ({shell}): {texts} texts, {accepted} accepted, {} differences, {} s, seed {seed}",
        differences.len(),
        start.elapsed().as_secs()
    );
    differences.sort_by_key(|(text, _)| text.len());
    if let Some((text, what)) = differences.first() {
        println!("shortest: {text:?}\n{what}");
    }
    differences.is_empty()
}

/// Whether the line calls our functions only and reaches files in the folder only.
fn is_harmless(line: &Line) -> bool {
    let plain = |path: &String| !path.contains('/') && path != "." && path.len() < 100;
    let known =
        |words: &Vec<String>| words.first().is_some_and(|name| NAMES.contains(&name.as_str()));
    // bash writes line by line, so that records with new lines would mix.
    let mixed = line.canonical.contains('\n') && is_concurrent(&line.canonical);
    !mixed
        && line.commands.iter().all(known)
        && line.writes.iter().all(|path| plain(path) && path != "r1" && path != "r2")
        && line.reads.iter().all(|path| path == "r1" || path == "r2")
}

/// Runs the lines of a batch in one process.
fn run_batch(shell: &str, folder: &Path, batch: &[Case]) -> Vec<(String, String)> {
    let work = folder.join("work");
    fs::create_dir_all(&work).expect("a folder");
    for name in ["r1", "r2"] {
        fs::write(work.join(name), format!("{name}\n")).expect("a file");
    }
    let mut script = String::from(
        "_r() { _i=; IFS= read -r _i || _i=-; printf '%s\\0' C \"$#\" \"$@\" \"$_i\" \"${CI-unset}\" >&9; printf 'o %s\\n' \"$1\"; printf 'e %s\\n' \"$1\" >&2; return $_s; }\n",
    );
    script.push_str(
        "_f() { [ -z \"$ZSH_VERSION\" ] || setopt localoptions nonomatch; for _n in * .[!.]*; do if [ -e \"./$_n\" ]; then case $_n in r1|r2) ;; *) _c=; IFS= read -r _c <\"./$_n\" || _c=-; printf '%s\\0' F \"$_n\" \"$_c\" >&9; set -- \"$@\" \"./$_n\";; esac; fi; done; [ $# = 0 ] || /bin/rm -rf -- \"$@\"; printf 'E\\0' >&9; }\n",
    );
    for name in NAMES {
        let _ = writeln!(script, "{name}() {{ _r {name} \"$@\"; }}");
    }
    for case in batch {
        for status in 0..case.statuses() {
            for text in case.spellings() {
                let quoted = text.replace('\'', "'\\''");
                let _ = writeln!(script, "_s={status}; eval '{quoted}'\nwait; _f");
            }
        }
    }
    let (file, log) = (folder.join("script"), folder.join("log"));
    fs::write(&file, &script).expect("a script");
    let _ = fs::remove_file(&log);
    let log_file = fs::File::create(&log).expect("a log");
    drop(log_file);
    let mut command = Command::new("/bin/sh");
    // A plain shell first, which opens the log as stream 9.
    command.args([
        "-c",
        "exec 9>>\"$1\" </dev/null >/dev/null 2>/dev/null; shift; exec \"$@\"",
        "sh",
    ]);
    command.arg(&log).arg(program(shell));
    if shell == "zsh" {
        command.arg("-f");
    }
    command
        .arg(&file)
        .current_dir(&work)
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("LC_ALL", "C.UTF-8");
    let _ = command.stdin(Stdio::null()).status().expect("a shell");
    let bytes = fs::read(&log).expect("the log");
    let text = String::from_utf8_lossy(&bytes);
    let mut fields = text.split('\0');
    let mut differences = Vec::new();
    for case in batch {
        for status in 0..case.statuses() {
            let mut records = case.spellings().map(|_| record(&mut fields));
            let (Some(Some(first)), second) = (records.next(), records.next()) else {
                differences.push((case.text.clone(), "the shell ended here".to_owned()));
                return differences;
            };
            let Some(second) = second.unwrap_or(Some(first.clone())) else {
                differences.push((case.text.clone(), "the shell ended here".to_owned()));
                return differences;
            };
            if let Some(what) = difference(case, status, &first, &second, shell) {
                differences.push((case.text.clone(), what));
            }
        }
    }
    differences
}

/// What one line did.
#[derive(Clone, Debug, Default, PartialEq)]
struct Record {
    /// The words, the first line of the input, and the variable.
    commands: Vec<(Vec<String>, String, String)>,
    files: BTreeMap<String, String>,
}

fn record<'t>(fields: &mut impl Iterator<Item = &'t str>) -> Option<Record> {
    let mut record = Record::default();
    loop {
        match fields.next()? {
            "C" => {
                let count: usize = fields.next()?.parse().ok()?;
                let words = (0..count).map_while(|_| fields.next()).map(str::to_owned).collect();
                record.commands.push((words, fields.next()?.to_owned(), fields.next()?.to_owned()));
            }
            "F" => {
                record.files.insert(fields.next()?.to_owned(), fields.next()?.to_owned());
            }
            "E" => return Some(record),
            _ => return None,
        }
    }
}

fn difference(
    case: &Case,
    status: u8,
    first: &Record,
    second: &Record,
    shell: &str,
) -> Option<String> {
    let line = &case.line;
    let joined = line.canonical.contains(['|', '&']);
    let mut ours: Vec<(Vec<String>, String)> = expected(line, status);
    let mut theirs: Vec<(Vec<String>, String)> = first
        .commands
        .iter()
        .map(|(words, _, variable)| (words.clone(), variable.clone()))
        .collect();
    let concurrent = is_concurrent(&line.canonical);
    if concurrent {
        ours.sort();
        theirs.sort();
    }
    let says = |what: &str| {
        Some(format!(
            "{what}, commands end with {status}: ours {ours:?} {line:?}, theirs {first:?}"
        ))
    };
    if ours != theirs {
        return says("words");
    }
    // zsh writes to several files from a process of its own.
    let several = shell == "zsh" && line.canonical.matches('>').count() > 1;
    let alike = if concurrent || several {
        let words = |record: &Record| {
            let mut words: Vec<_> = record
                .commands
                .iter()
                .map(|(words, _, variable)| (words.clone(), variable.clone()))
                .collect();
            words.sort();
            (words, record.files.keys().cloned().collect::<Vec<_>>())
        };
        words(first) == words(second)
    } else {
        first == second
    };
    if !alike {
        return Some(format!(
            "canonical {:?}, commands end with {status}: {second:?}, the text itself {first:?}",
            line.canonical
        ));
    }
    if !joined {
        let mut files: Vec<_> = line.writes.clone();
        files.sort();
        files.dedup();
        if files != first.files.keys().cloned().collect::<Vec<_>>() {
            return says("files");
        }
        // The input of a line with one command is ours: of several, the last in bash and sh and the first in zsh.
        if let [(_, input, _)] = &first.commands[..]
            && line.commands.len() == 1
        {
            let file = if shell == "zsh" { line.reads.first() } else { line.reads.last() };
            let file = file.map_or("-", String::as_str);
            let fromnull = line.canonical.contains("< /dev/null");
            if !fromnull && file != input {
                return says("input");
            }
        }
    }
    None
}

/// Whether commands run at the same time.
fn is_concurrent(canonical: &str) -> bool {
    operators(canonical).iter().any(|sign| matches!(*sign, "|" | "&"))
}

/// The commands that run where each ends with this status, with the variable.
fn expected(line: &Line, status: u8) -> Vec<(Vec<String>, String)> {
    let signs = operators(&line.canonical);
    let mut run = Vec::new();
    let mut before = ";";
    let mut runs = true;
    for (number, words) in line.commands.iter().enumerate() {
        runs = match before {
            "|" => runs,
            "&&" => status == 0,
            "||" => status != 0,
            _ => true,
        };
        if runs {
            let variable =
                line.assignments[number].last().map_or("unset", |text| &text["CI=".len()..]);
            run.push((words.clone(), variable.to_owned()));
        }
        before = signs.get(number).copied().unwrap_or(";");
    }
    run
}

/// The operators of a canonical line, in which they stand between blanks outside quotes.
fn operators(canonical: &str) -> Vec<&'static str> {
    let mut signs = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    let mut word = String::new();
    for character in canonical.chars().chain([' ']) {
        if escaped {
            escaped = false;
            word.push('x');
            continue;
        }
        match character {
            '\'' => quoted = !quoted,
            '\\' if !quoted => escaped = true,
            _ if quoted => word.push('x'),
            ' ' => {
                let sign = match word.as_str() {
                    "&&" => Some("&&"),
                    "||" => Some("||"),
                    "|" => Some("|"),
                    "&" => Some("&"),
                    text if text.ends_with(';') => Some(";"),
                    _ => None,
                };
                signs.extend(sign);
                word.clear();
            }
            other => word.push(other),
        }
    }
    signs
}

/// 64 KiB of each odd piece, alone and behind a command, must be read in time that grows with their length.
fn hostile() -> bool {
    let reader = subject("bash");
    let command = CommandSpec::new().options(["-x", "-n=", "--l=", "--"]).any_operands();
    let spec = ShellSpec::bash().cwd("/repo").command("a", command);
    let listed = Subject::new(ArgumentSpec::shell(spec));
    let mut worst = (Duration::ZERO, String::new());
    let mut count = 0;
    let pieces = ODD
        .iter()
        .chain(WORDS)
        .chain(OPERATORS)
        .chain(REDIRECTIONS)
        .chain(&["a;", "a&", "a|", "-x", "-x ", "-n 1 ", "a -- ", "\\'", "CI=1 ", "'a' "]);
    for piece in pieces {
        for before in ["", "a ", "a -"] {
            for behind in ["", "'"] {
                let half = text(before, piece, behind, 32 * 1024);
                let whole = text(before, piece, behind, 64 * 1024);
                for reader in [&reader, &listed] {
                    let once = time(reader, &half);
                    let twice = time(reader, &whole);
                    count += 1;
                    if twice > once * 6 + Duration::from_millis(20) {
                        println!(
                            "shell: {before:?} {piece:?} × n {behind:?}: {once:?} for 32 KiB, {twice:?} for 64 KiB"
                        );
                        return false;
                    }
                    if twice > worst.0 {
                        worst = (twice, format!("{before}{piece:?}{behind}"));
                    }
                }
            }
        }
    }
    println!("shell: {count} hostile texts of 64 KiB, the slowest {:?} ({})", worst.0, worst.1);
    true
}

fn text(before: &str, piece: &str, behind: &str, length: usize) -> String {
    let count = (length - before.len() - behind.len()) / piece.len();
    format!("{before}{}{behind}", piece.repeat(count))
}

fn time(reader: &Subject, text: &str) -> Duration {
    (0..2)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(reader.accepts(text));
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}
