//! Holds paths that we accept to a slow model, to a file system, and to `unicode-normalization`.
//!
//! In a folder of its own it makes a tree whose names hold what only a shell would expand, goes to a place in it, and
//! demands that a text opens what its canonical form below the root opens, or nothing. Windows has a model only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use permitgate::manifest::{ArgumentSpec, PathSpec};
use unicode_normalization::is_nfc;

use crate::corpus::{corpus, hostile, mutated};
use crate::draw::Draw;
use crate::report::{Run, check};
use crate::subject::{Reading, Subject};

const FOLDERS: &[&str] = &["w", "a", "$HOME", "~b", "c d", "Grüße", "[x]", "..e", "W"];
const FILES: &[&str] = &["f.txt", "*", "$f", "{a,b}", "100%", "x:1", "日本", ".env", "a"];

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let tree = tree();
    let outcome = std::panic::catch_unwind(|| compare(&tree, seconds, seed));
    let _ = fs::remove_dir_all(&tree);
    outcome.unwrap_or(false)
}

/// A folder with a tree of folders and files; the root is `r` in it, and beside it stands what must not be reached.
fn tree() -> PathBuf {
    let tree = std::env::temp_dir().join(format!("kinds-path-{}", std::process::id()));
    let root = tree.join("r");
    for first in FOLDERS {
        for second in FOLDERS {
            fs::create_dir_all(root.join(first).join(second)).expect("a folder");
            for file in FILES {
                let _ = fs::write(root.join(first).join(second).join(file), "");
            }
        }
        for file in FILES {
            let _ = fs::write(root.join(first).join(file), "");
        }
    }
    for file in FILES {
        let _ = fs::write(root.join(file), "");
    }
    fs::create_dir_all(tree.join("rr/w")).expect("a folder");
    tree.canonicalize().expect("the tree")
}

struct Setting {
    kind: Subject,
    root: Option<String>,
    cwd: Option<String>,
    folds: bool,
}

impl Setting {
    fn new(root: Option<&str>, cwd: Option<&str>, windows: bool, folds: bool) -> Self {
        let mut spec = PathSpec::new();
        if let Some(root) = root {
            spec = spec.root(root);
        }
        if let Some(cwd) = cwd {
            spec = spec.cwd(cwd);
        }
        if windows {
            spec = spec.windows();
        }
        if folds {
            spec = spec.fold_case();
        }
        Self {
            kind: Subject::new(ArgumentSpec::path(spec)),
            root: root.map(str::to_owned),
            cwd: cwd.map(str::to_owned),
            folds: folds || windows,
        }
    }
}

fn compare(tree: &Path, seconds: u64, seed: u64) -> bool {
    let root = tree.join("r").to_str().expect("UTF-8").to_owned();
    let cwd = format!("{root}/w/a");
    std::env::set_current_dir(&cwd).expect("the folder");
    let posix = [
        Setting::new(None, None, false, false),
        Setting::new(Some(&root), None, false, false),
        Setting::new(Some(&root), Some(&cwd), false, false),
        Setting::new(Some("/"), Some(&cwd), false, false),
        Setting::new(Some(&root), Some(&cwd), false, true),
    ];
    let windows = [
        Setting::new(None, None, true, true),
        Setting::new(Some("C:\\w"), Some("C:\\w\\a"), true, true),
        Setting::new(Some("\\\\h\\s\\w"), None, true, true),
    ];
    let corpus = corpus("path");
    let signs: Vec<char> = "//\\\\..~~$%:*?[ \t\0aAéß\u{301}İςſ12<|\"CN-".chars().collect();
    let mut draw = Draw::new(seed);
    let mut run = Run::new("path", seed);
    let mut opened = 0_u64;
    while run.goes_on(seconds) {
        for _ in 0..1000 {
            run.texts += 1;
            let is_windows = draw.one_in(4);
            let list: &[Setting] = if is_windows { &windows } else { &posix };
            let setting = &list[draw.below(list.len())];
            let text = match draw.below(4) {
                0 => mutated(&corpus, &signs, &mut draw),
                1 => letters(&mut draw),
                _ => path_text(&mut draw, &root, is_windows),
            };
            let Ok(read) = setting.kind.text(&text) else { continue };
            run.accepted += 1;
            let compared = letters_agree(&text, &read, setting).and_then(|()| {
                if is_windows {
                    model_of_windows(&text, &read, setting)
                } else {
                    model(&text, &read, setting)?;
                    files(&text, &read, setting, &cwd, &mut opened)
                }
            });
            if let Err(says) = compared.and_then(|()| parts_agree(&read)) {
                run.differs(text, says);
            }
        }
    }
    let pieces = [
        "/", "a/", "./", "\\", "~", "%", "%2", ":", "$", ".", "a.", "é", "\u{301}", "{", "a", "🚀",
        "ক্",
    ];
    let worst = hostile(&posix[2].kind, &["", "/", &root], &pieces, 4096);
    let also =
        format!("{opened} opened, eight times the length takes at most {worst:.1} times as long");
    run.end(also) && worst < 24.0
}

/// Letter by letter: a final sigma is no letter of its own.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Every text that we accept is in form NFC, and folding changes nothing but case.
fn letters_agree(text: &str, read: &Reading, setting: &Setting) -> Result<(), String> {
    check("NFC", is_nfc(text), true)?;
    check("canonical NFC", is_nfc(read.canonical()), true)?;
    if setting.folds {
        check("lower case", lower(read.canonical()), read.canonical().to_owned())?;
        // Whatever the case of the text, it is one path.
        for other in [lower(text), text.to_uppercase()] {
            if text.contains('ß') {
                continue;
            }
            if let Ok(again) = setting.kind.text(&other) {
                check("another case", again.canonical(), read.canonical())?;
            }
        }
    }
    Ok(())
}

/// One segment after the other, as the manual of `path_resolution` has it.
fn walk(from: &str, text: &str) -> Vec<String> {
    let mut at: Vec<String> = if text.starts_with('/') {
        Vec::new()
    } else {
        from.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(at.pop()),
            name => at.push(name.to_owned()),
        }
    }
    at
}

fn model(text: &str, read: &Reading, setting: &Setting) -> Result<(), String> {
    if setting.root.is_none() {
        check("absolute", text.starts_with('/'), false)?;
    }
    if setting.cwd.is_none() && setting.root.is_some() {
        check("relative", text.starts_with('/'), true)?;
    }
    let fold = |text: &str| if setting.folds { lower(text) } else { text.to_owned() };
    let root = walk("", &fold(setting.root.as_deref().unwrap_or("/")));
    let whole = walk(&fold(setting.cwd.as_deref().unwrap_or("")), &fold(text));
    check("root", whole.get(..root.len()), Some(&root[..]))?;
    let below = whole[root.len()..].join("/");
    check("canonical", if below.is_empty() { "." } else { &below }, read.canonical())?;
    // The standard library sees the same names.
    let named = |path: &str| -> Vec<String> {
        Path::new(path)
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => name.to_str().map(str::to_owned),
                Component::ParentDir => Some("..".to_owned()),
                _ => None,
            })
            .collect()
    };
    let there = named(&fold(text));
    let here = named(read.canonical());
    check("std", here.ends_with(&there) || there.ends_with(&here), true)
}

/// The same file or folder, or none: a slash behind a file opens nothing.
fn files(
    text: &str,
    read: &Reading,
    setting: &Setting,
    cwd: &str,
    opened: &mut u64,
) -> Result<(), String> {
    if setting.folds {
        return Ok(());
    }
    let root = setting.root.as_deref().unwrap_or(cwd);
    // A slash at the end follows a link, which no path kind sees.
    let is_folder_name = text.ends_with('/') || text.ends_with("/.");
    let follows = |path: &Path| match is_folder_name {
        true => fs::metadata(path),
        false => fs::symlink_metadata(path),
    };
    let id = |path: &Path| follows(path).ok().map(|it| (it.dev(), it.ino(), it.is_dir()));
    let raw = id(Path::new(text));
    let canonical = id(&Path::new(root).join(read.canonical()));
    match raw {
        Some(_) => {
            *opened += 1;
            check("opened", raw, canonical)
        }
        None if is_folder_name => {
            check("a folder", canonical.is_some_and(|(.., is_folder)| is_folder), false)
        }
        None => check("nothing", None, canonical),
    }
}

fn model_of_windows(text: &str, read: &Reading, setting: &Setting) -> Result<(), String> {
    let plain = |text: &str| lower(&text.replace('/', "\\"));
    let (text, root) = (plain(text), setting.root.as_deref().map(plain));
    let is_absolute = text.starts_with("\\\\") || text.get(1..3) == Some(":\\");
    let whole = match (&root, &setting.cwd, is_absolute) {
        (None, _, false) | (Some(_), _, true) => text,
        (Some(_), Some(cwd), false) => format!("{}\\{text}", plain(cwd)),
        _ => return Err("absolute or not".to_owned()),
    };
    let names = |text: &str| -> Vec<String> {
        text.split('\\').filter(|name| !matches!(*name, "" | ".")).map(str::to_owned).collect()
    };
    let (whole, root) = (names(&whole), names(root.as_deref().unwrap_or("")));
    check("root", whole.get(..root.len()), Some(&root[..]))?;
    let below = whole[root.len()..].join("/");
    check("canonical", if below.is_empty() { "." } else { &below }, read.canonical())?;
    let is_odd = |name: &String| {
        let stem = name.split('.').next().unwrap_or("").trim_end().to_owned();
        name.ends_with(['.', ' '])
            || name.contains(|c: char| "<>:\"|?*".contains(c) || c.is_control())
            || ["con", "nul", "aux", "prn", "com1", "lpt1"].contains(&&*stem)
            || name == ".."
    };
    check("odd", whole[root.len()..].iter().any(is_odd), false)
}

fn parts_agree(read: &Reading) -> Result<(), String> {
    let path = Path::new(read.canonical());
    let is_root = read.canonical() == ".";
    let name = path.file_name().and_then(|name| name.to_str()).filter(|_| !is_root);
    check("name", name, read.part("name"))?;
    let parent = path.parent().and_then(Path::to_str).filter(|_| !is_root);
    check(
        "parent",
        parent.map(|parent| if parent.is_empty() { "." } else { parent }),
        read.part("parent"),
    )?;
    let extension = path.extension().and_then(|text| text.to_str()).filter(|_| !is_root);
    check("extension", extension.or(Some("")), read.part("extension"))?;
    let depth = if is_root { 0 } else { path.components().count() };
    check("depth", Some(&*depth.to_string()), read.part("depth"))
}

/// Letters of any script, often beside ones that join.
fn letters(draw: &mut Draw) -> String {
    const BLOCKS: &[(u32, u32)] = &[
        (0x20, 0x7f),
        (0x80, 0x2ff),
        (0x300, 0x36f),
        (0x370, 0x52f),
        (0x590, 0x6ff),
        (0x900, 0xdff),
        (0xe00, 0x10ff),
        (0x1100, 0x1fff),
        (0x2000, 0x2fff),
        (0x3000, 0x30ff),
        (0xa000, 0xabff),
        (0xac00, 0xd7ff),
        (0xe000, 0xffff),
        (0x10000, 0x1ffff),
        (0x20000, 0x3ffff),
        (0x995, 0x9d7),
        (0xb47, 0xb57),
        (0xbc6, 0xbd7),
        (0xcbf, 0xcd6),
        (0xd46, 0xd57),
        (0xdd9, 0xddf),
        (0x1025, 0x103a),
        (0x928, 0x954),
        (0x5b0, 0x5ea),
        (0x64b, 0x656),
    ];
    let (from, to) = BLOCKS[draw.below(BLOCKS.len())];
    (0..1 + draw.below(5))
        .filter_map(|_| char::from_u32(from + draw.below((to - from + 1) as usize) as u32))
        .collect()
}

fn path_text(draw: &mut Draw, root: &str, is_windows: bool) -> String {
    let mut text = if is_windows {
        draw.of(&[
            "",
            "",
            "C:\\w\\",
            "c:/W/",
            "C:",
            "\\",
            "\\\\h\\s\\w\\",
            "//H/s/W/",
            "\\\\h\\",
            "\\\\?\\C:\\",
            "D:\\w\\",
        ])
        .to_owned()
    } else {
        match draw.below(6) {
            0 | 1 => format!("{root}/"),
            2 => root.to_owned(),
            3 => draw
                .of(&["/", "//", "./", "~/", "$HOME/", "/tmp/", "../", "/proc/self/"])
                .to_owned(),
            _ => String::new(),
        }
    };
    for _ in 0..draw.below(6) {
        text += match draw.below(8) {
            0 | 1 => draw.of(FOLDERS),
            2 => draw.of(FILES),
            3 => draw.of(&[
                "..", ".", "...", "a.", " a", "a ", "nul", "COM1.x", "A~1", "a:b", "%41", "x", "f",
            ]),
            _ => draw.of(&["", "w", "a"]),
        };
        text += draw.of(&["/", "/", "/", "//", "\\", "", "/./"]);
    }
    text
}
