//! Holds patches that we accept to `git apply` and `patch -p1 --forward`, which apply them to a folder of files: nothing else changes than what
//! we say.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use permitgate::manifest::{ArgumentSpec, PatchSpec};

use crate::draw::Draw;
use crate::report::Run;
use crate::subject::{Reading, Subject};

const FILES: &[&str] = &["x", "y", "run.sh", "dir/a.txt", "dir/b c.txt", "a/x", "b/x", "dev/null"];
const NEW: &[&str] = &["n", "dir/n.txt", "new/deep/n", "n n", "a/n", "x.orig", "é", "-n", "n\tn"];

/// What stands in the wrong place.
const PIECES: &[&str] = &[
    "--- a/x\n",
    "+++ b/x\n",
    "--- a/y\n",
    "+++ b/y\n",
    "--- /dev/null\n",
    "+++ /dev/null\n",
    "@@ -1 +1 @@\n",
    "@@ -1,5 +1,5 @@\n",
    "@@ -0,0 +1 @@\n",
    "diff --git a/x b/x\n",
    "diff --git a/x b/y\n",
    "rename from x\n",
    "rename to n\n",
    "similarity index 90%\n",
    "copy from x\n",
    "copy to n\n",
    "new file mode 100644\n",
    "deleted file mode 100644\n",
    "old mode 100644\n",
    "new mode 100755\n",
    "index 1234567..89abcde 100644\n",
    "index 1234567..89abcde\n",
    "\\ No newline at end of file\n",
    "\n",
    "-l1\n",
    "+l1\n",
    " l1\n",
    "Index: y\n",
    "*** y\n",
    "1d\n",
    "-- \n",
    "Prereq: 1\n",
    " ",
    "\t",
    "\"",
    "/",
    "a/",
    "b/",
    "./",
    "../",
    "\r",
    "0",
    "1",
    ",",
    "\t2026-11-28 10:00:00 +0000",
    "\t1970-01-01 00:00:00 +0000",
];

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let programs: Vec<&[&str]> =
        [GIT, PATCH].into_iter().filter(|program| is_there(program)).collect();
    if programs.is_empty() {
        println!("patch: neither `git` nor `patch`, not compared");
        return true;
    }
    let folder = std::env::temp_dir().join(format!("kinds-patch-{}", std::process::id()));
    let outcome = std::panic::catch_unwind(|| compare(&folder, &programs, seconds, seed));
    let _ = fs::remove_dir_all(&folder);
    outcome.unwrap_or(false)
}

const GIT: &[&str] = &["git", "apply", "--whitespace=nowarn", "-"];
const PATCH: &[&str] = &[
    "patch",
    "-p1",
    "--force",
    "--forward",
    "--silent",
    "--no-backup-if-mismatch",
    "--reject-file=-",
];

fn is_there(program: &[&str]) -> bool {
    let mut command = Command::new(program[0]);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The files of a folder: what stands in each, and whether it can be run.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

fn compare(folder: &Path, programs: &[&[&str]], seconds: u64, seed: u64) -> bool {
    let subject = Subject::new(ArgumentSpec::patch(PatchSpec::new()));
    let mut draw = Draw::new(seed);
    let mut run = Run::new("patch", seed);
    let before = tree();
    let mut applied = 0_u64;
    while run.goes_on(seconds) {
        run.texts += 1;
        let text = drawn(&before, &mut draw);
        let Ok(read) = subject.text(&text) else { continue };
        run.accepted += 1;
        for program in programs {
            write(folder, &before);
            let success = apply(folder, program, &text);
            let after = read_tree(folder);
            applied += u64::from(success);
            if let Some(difference) = difference(&before, &after, &read) {
                run.differs(text.clone(), format!("{}: {difference}", program[0]));
            }
        }
    }
    run.end(format_args!(
        "{applied} applied by {}",
        programs.iter().map(|program| program[0]).collect::<Vec<_>>().join(" and ")
    ))
}

fn tree() -> Tree {
    let text = |name: &str| {
        (1..=5).map(|line| format!("l{line} of {name}\n")).collect::<String>().into_bytes()
    };
    FILES.iter().map(|name| ((*name).to_owned(), (text(name), *name == "run.sh"))).collect()
}

/// What became otherwise than we say.
fn difference(before: &Tree, after: &Tree, read: &Reading) -> Option<String> {
    let ours = |list: &str| -> Vec<String> {
        read.list(list).iter().filter_map(|file| file.part("path").map(str::to_owned)).collect()
    };
    let (creates, changes, deletes) = (ours("creates"), ours("changes"), ours("deletes"));
    for (name, now) in after {
        let was = before.get(name);
        let is_said = match was {
            None => creates.contains(name),
            Some(was) if was != now => {
                changes.contains(name) || creates.contains(name) && deletes.contains(name)
            }
            Some(_) => true,
        };
        if !is_said {
            return Some(format!(
                "`{name}` {}",
                if was.is_none() { "is new" } else { "is changed" }
            ));
        }
    }
    let gone = before.keys().find(|name| !after.contains_key(*name) && !deletes.contains(*name));
    gone.map(|name| format!("`{name}` is gone"))
}

fn apply(folder: &Path, program: &[&str], text: &str) -> bool {
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("GIT_CEILING_DIRECTORIES", "/");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a program");
    // It may end before it has read all.
    let _ = child.stdin.take().expect("its input").write_all(text.as_bytes());
    child.wait().expect("its end").success()
}

/// Makes the folder hold these files and no others.
fn write(folder: &Path, tree: &Tree) {
    let found = if folder.exists() { read_tree(folder) } else { Tree::new() };
    for name in found.keys().filter(|name| !tree.contains_key(*name)) {
        fs::remove_file(folder.join(name)).expect("a file that is gone");
    }
    for (name, (text, runs)) in tree.iter().filter(|(name, file)| found.get(*name) != Some(file)) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        let mode = if *runs { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("its mode");
    }
}

fn read_tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = path.symlink_metadata().expect("its kind");
            if meta.is_dir() {
                folders.push(path);
                continue;
            }
            let name =
                path.strip_prefix(folder).expect("a path below").to_string_lossy().into_owned();
            let text = fs::read(&path).unwrap_or_default();
            tree.insert(name, (text, meta.permissions().mode() & 0o100 != 0));
        }
    }
    tree
}

/// Some files of a patch that applies, and half of the time something in it that is wrong.
fn drawn(tree: &Tree, draw: &mut Draw) -> String {
    let files: Vec<&str> = FILES.to_vec();
    let mut text = String::new();
    for _ in 0..1 + draw.below(3) {
        let name = draw.of(&files);
        let old = String::from_utf8_lossy(&tree[name].0).into_owned();
        let new_name = draw.of(NEW);
        file(name, new_name, &old, tree[name].1, draw, &mut text);
    }
    for _ in 0..draw.below(4) {
        mutate(&mut text, draw);
    }
    text
}

fn file(name: &str, other: &str, old: &str, runs: bool, draw: &mut Draw, text: &mut String) {
    let header = draw.percent(60) || name.contains(' ');
    let mode = if runs { "100755" } else { "100644" };
    let all = |sign: char, lines: &str| {
        lines.lines().map(|line| format!("{sign}{line}\n")).collect::<String>()
    };
    match draw.below(6) {
        0 => {
            let header = header || other.contains(' ');
            if header {
                text.push_str(&format!("diff --git a/{other} b/{other}\nnew file mode 100644\nindex 0000000..1234567\n"));
            }
            text.push_str(&format!("--- /dev/null\n+++ b/{other}\n@@ -0,0 +1,5 @@\n{}", all('+', old)));
        }
        1 => {
            if header {
                text.push_str(&format!("diff --git a/{name} b/{name}\ndeleted file mode {mode}\nindex 1234567..0000000\n"));
            }
            text.push_str(&format!("--- a/{name}\n+++ /dev/null\n@@ -1,5 +0,0 @@\n{}", all('-', old)));
        }
        2 => text.push_str(&format!(
            "diff --git a/{name} b/{other}\nsimilarity index 100%\nrename from {name}\nrename to {other}\n"
        )),
        3 => {
            let to = if runs { "100644" } else { "100755" };
            text.push_str(&format!("diff --git a/{name} b/{name}\nold mode {mode}\nnew mode {to}\n"));
        }
        _ => {
            if header {
                text.push_str(&format!("diff --git a/{name} b/{name}\nindex 1234567..89abcde {mode}\n"));
            }
            let lines: Vec<&str> = old.lines().collect();
            let at = draw.below(4);
            let (first, second) = (lines[at], lines[at + 1]);
            let at = at + 1;
            text.push_str(&format!(
                "--- a/{name}\n+++ b/{name}\n@@ -{at},2 +{at},2 @@\n {first}\n-{second}\n+{second}, again\n"
            ));
        }
    }
}

fn mutate(text: &mut String, draw: &mut Draw) {
    let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return;
    }
    let (at, other) = (draw.below(lines.len()), draw.below(lines.len()));
    let mut lines = lines;
    match draw.below(6) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[other].clone()),
        2 => lines.swap(at, other),
        3 => lines.insert(at, draw.of(PIECES).to_owned()),
        4 => {
            let line = &mut lines[at];
            let places: Vec<usize> = line.char_indices().map(|(place, _)| place).collect();
            line.insert_str(places[draw.below(places.len())], draw.of(PIECES));
        }
        _ => {
            let line = &mut lines[at];
            let places: Vec<usize> = line.char_indices().map(|(place, _)| place).collect();
            line.remove(places[draw.below(places.len())]);
        }
    }
    *text = lines.concat();
}
