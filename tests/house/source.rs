//! A reader of Rust source that knows just enough: comments, literals, test code, functions, types
//! and imports. It is no parser; what it cannot tell, the tests above it do not ask.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Asked when the test runs: copies of the repository may share one build.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let told = std::env::var_os("CARGO_MANIFEST_DIR");
        told.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
    });
    &ROOT
}

/// Every file below a folder of the repository with one of these endings, without build output.
pub(crate) fn files_in(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, "target" | "corpus" | "artifacts" | ".git") {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// One file of `src`.
pub(crate) struct Source {
    /// Its path below `src`, such as `policy/index.rs`.
    pub(crate) name: String,
    pub(crate) lines: usize,
    /// Its text with comments and the insides of literals blanked, line by line as it was.
    pub(crate) code: String,
    /// The same without what is compiled for tests only.
    pub(crate) shipped: String,
}

impl Source {
    pub(crate) fn all() -> Vec<Self> {
        Self::of("src")
    }

    /// Every file of one crate's `src`.
    pub(crate) fn of(folder: &str) -> Vec<Self> {
        let base = root().join(folder);
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&base).unwrap().to_str().unwrap().replace('\\', "/");
            Self::new(name, &fs::read_to_string(path).unwrap())
        };
        files_in(folder, &[".rs"]).into_iter().map(read).collect()
    }

    pub(crate) fn new(name: String, text: &str) -> Self {
        let code = blank_comments_and_literals(text);
        let shipped = without_tests(&code);
        Self { name, lines: text.lines().count(), code, shipped }
    }

    /// The module of the file: `policy/index.rs` is `policy::index`, `policy/mod.rs` is `policy`.
    pub(crate) fn module(&self) -> String {
        let name = self.name.trim_end_matches(".rs");
        name.strip_suffix("/mod").unwrap_or(name).replace('/', "::")
    }

    /// The part of its crate that it belongs to: its first folder, or itself.
    pub(crate) fn room(&self) -> String {
        self.module().split("::").next().unwrap_or_default().to_owned()
    }

    /// Whether it may call `super` the crate, since it lies directly below it.
    fn is_at_top(&self) -> bool {
        !self.module().contains("::")
    }

    /// What it imports from the crate: paths from the root, `super` resolved, groups taken apart.
    pub(crate) fn imports(&self) -> Vec<String> {
        let parent = match self.module().rsplit_once("::") {
            Some((parent, _)) => format!("{parent}::"),
            None => String::new(),
        };
        let prefixes = [("crate::", String::new()), ("super::", parent)];
        let mut found = Vec::new();
        for (prefix, base) in prefixes {
            for at in words(&self.shipped, prefix.trim_end_matches(':')) {
                let Some(rest) = self.shipped[at..].strip_prefix(prefix) else {
                    continue;
                };
                assert!(!rest.starts_with("super"), "{}: write `crate::` instead", self.name);
                found.extend(paths(rest).into_iter().map(|path| format!("{base}{path}")));
            }
        }
        assert!(!self.is_at_top() || !self.shipped.contains("super::"), "{}: `super`", self.name);
        found
    }

    /// Names of functions with their bodies, tests included where `code` holds them.
    pub(crate) fn functions(code: &str) -> Vec<(String, Range<usize>)> {
        let bodies = words(code, "fn").filter_map(|at| {
            let name = identifier(code[at + 2..].trim_start());
            let open = at + code[at..].find(['{', ';'])?;
            let is_body = !name.is_empty() && code[open..].starts_with('{');
            is_body.then(|| (name.to_owned(), at..open + block(&code[open..])))
        });
        bodies.collect()
    }

    /// The names of the modules that it declares.
    pub(crate) fn declared_modules(&self) -> Vec<String> {
        let declared = words(&self.code, "mod").filter_map(|at| {
            let rest = self.code[at + 3..].trim_start();
            let name = identifier(rest);
            rest[name.len()..].trim_start().starts_with(';').then(|| name.to_owned())
        });
        declared.collect()
    }
}

/// The first three parts of each path in a `use` tree: `{a::b::c::D, e}` is `a::b::c` and `e`.
fn paths(tree: &str) -> Vec<String> {
    if tree.starts_with('{') {
        let inside = &tree[1..block(tree) - 1];
        let mut depth = 0;
        let items = inside.split(|c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        return items.flat_map(|item| paths(item.trim())).collect();
    }
    let first = identifier(tree);
    if first.is_empty() {
        return Vec::new();
    }
    let below = tree[first.len()..].strip_prefix("::").map(paths).unwrap_or_default();
    if below.is_empty() {
        return vec![first.to_owned()];
    }
    let three = |path: String| {
        let whole = format!("{first}::{path}");
        let end = whole.match_indices("::").nth(2).map_or(whole.len(), |(at, _)| at);
        whole[..end].to_owned()
    };
    below.into_iter().map(three).collect()
}

pub(crate) fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Where `word` stands, not as a part of a longer name.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let behind = text[at + word.len()..].chars().next();
        let opens = word.starts_with(part) && text[..*at].ends_with(part);
        let goes_on = word.ends_with(part) && behind.is_some_and(part);
        !opens && !goes_on
    })
}

/// How many bytes the block takes that begins with the brace at the start of `code`.
fn block(code: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn without_tests(code: &str) -> String {
    let (marker, mut rest) = ("#[cfg(test)]", code);
    let mut kept = String::with_capacity(code.len());
    while let Some(at) = rest.find(marker) {
        kept.push_str(&rest[..at]);
        let behind = &rest[at + marker.len()..];
        let end = behind.find(['{', ';']).unwrap_or(behind.len());
        let is_block = behind[end..].starts_with('{');
        rest = &behind[if is_block { end + block(&behind[end..]) } else { end + 1 }..];
    }
    kept + rest
}

/// Keeps every line and every column: only blanks replace what is not code.
fn blank_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| {
            let inside_a_name = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if inside_a_name { None } else { literal(rest) }
        });
        match skipped {
            Some(length) => {
                code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                rest = &rest[length..];
            }
            None => {
                code.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    code
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inside = rest.strip_prefix("/*")?;
    Some(inside.find("*/").map_or(rest.len(), |end| end + 4))
}

/// Strings, raw strings and characters; a lifetime is none of them.
fn literal(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = inside.find(&close)? + close.len();
        return Some(prefix + 1 + hashes + 1 + end);
    }
    let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (at, c) in body.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Some(prefix + at + 1);
        } else if quote == '\'' && (c == '\n' || body[1..at].chars().count() >= 1) {
            let is_escape = body[1..].starts_with('\\');
            if !is_escape {
                return None;
            }
        }
    }
    None
}
