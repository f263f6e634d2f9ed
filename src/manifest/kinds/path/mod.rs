//! A path of a file system: which file or folder is meant.

mod letters;
mod names;
mod options;
mod rules;

pub(crate) use options::Case;
pub use options::PathSpec;
use options::Style;

use std::ops::Range;

use super::rule::{Form, OptionFault, PartForm, TextFault};
use crate::model::kind::ValueKind;
use crate::model::parts::{Mark, OpenPart, Parts};
use letters::Signs;
use names::{Names, Start};

/// A path, as the place below a root that it names.
///
/// ```text
/// posix     = [ "/" ] parts
/// windows   = ( drive | share | nothing ) parts             ; "\" and "/" both separate
/// drive     = letter ":" separator
/// share     = 2 separator, a host, a separator, a name, separator or end
/// parts     = [ part *( separator part ) ]
/// part      = "" | "." | name                               ; "" and "." are dropped
/// name      = 1*( any character but those below ), without a dot or a blank at its end, not ".."
/// ```
///
/// No name has a control, an invisible character, `/`, `\`, `://`, or a `%` with two hexadecimal digits behind it; the
/// text is in Unicode's form NFC and does not begin with a blank. `$`, `*`, `?`, brackets and quotes are letters
/// like any other under `style = "posix"`, because only a shell would read them, unless `expands` says that the tool does.
/// A text that begins with `~` or `$` or with a word and a colon (`file:`, `C:`) is refused: as a name it is written
/// behind `./`. Neither do two slashes stand in front. Windows names have no `< > : " | ? *`, are no device (`NUL`, `com1.txt`)
/// and no short name (`PROGRA~1`).
///
/// **Absolute or not.** With neither `root` nor `cwd`, paths are relative to a folder that the tool knows, and an
/// absolute one is refused. With `root` alone every path is absolute and below it. With `root` and `cwd` a relative
/// one begins at `cwd`. No path leads out of the root. Below the root `/`, the names of what a process has open
/// (`/proc/self`, `/dev/fd`, `/.vol`) are refused.
///
/// **Canonical**: the names below the root, joined by `/`; the root itself is `.`. With `case = "fold"` (always on Windows) in
/// lower case. To be read again, it is written behind the root.
///
/// **Parts**: `name`, the last one, and `parent`, the path before it (neither is there for the root); `extension`, what
/// stands behind the last dot of the name unless that is its first character, or empty; `depth`, how many names there are.
///
/// **Cannot see** symbolic links, mounts, hard links, nor what the file system holds: the tool has to open what the names say
/// below the root. Letters that file systems fold in different ways (`ß` on macOS, `İ`, `ς`) are refused with `case = "fold"`;
/// combining characters are accepted only where the text is surely NFC. Letters that some programs simplify to `/`, `\` or `.`
/// (`／`, `．`, `‥`; on Windows also `：`, `¥` and a few more) are refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    names: Names,
    root: Option<Root>,
}

/// Where absolute paths begin.
#[derive(Clone, Debug, PartialEq)]
struct Root {
    /// The drive or the share, folded; empty for posix.
    volume: Box<str>,
    names: Box<[Box<str>]>,
    /// Where relative paths begin, below the root: canonical, and empty for the root.
    cwd: Option<Box<str>>,
}

/// Bytes in a path.
const MAX_BYTES: usize = 4096;

impl Path {
    /// The parts that it gives. `name` and `parent` are not there for the root.
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "name", form: Form::Text },
        PartForm { name: "parent", form: Form::Text },
        PartForm { name: "extension", form: Form::Text },
        PartForm { name: "depth", form: Form::Integer },
    ];

    /// Checks the options.
    ///
    /// # Errors
    /// The option that is wrong.
    pub(crate) fn new(spec: &PathSpec) -> Result<Self, OptionFault> {
        let names = spec.names()?;
        let root = Root::new(spec, names)?;
        Ok(Self { names, root })
    }

    /// Whether its names are in lower case.
    pub(super) fn folds(&self) -> bool {
        self.names.folds
    }

    /// The same below the root.
    pub(super) fn without_root(&self) -> Self {
        Self { root: None, names: Names { expands: false, ..self.names } }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Where it breaks which rule.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let signs = Signs::of(text);
        let start = self.start(text, signs)?;
        let (base, mut expected) = self.base(&start)?;
        let mut written = Written::new(base, text, self.names, parts);
        let mut magic = Magic::new(self, base)?;
        let mut at = start.behind;
        while let Some(rest) = text.get(at..) {
            let here = at;
            let name = rest.get(..self.names.length(rest)).unwrap_or_default();
            at += name.len() + 1;
            if matches!(name, "" | ".") {
                continue;
            }
            self.names.check(name, signs, here)?;
            if let Some((first, others)) = expected.split_first() {
                if !self.names.is_same(name, first) {
                    return Err(TextFault::new(&rules::OUTSIDE, here));
                }
                expected = others;
                continue;
            }
            magic.next(name, here)?;
            written.add(here..here + name.len(), parts);
        }
        if !expected.is_empty() {
            return Err(TextFault::new(&rules::OUTSIDE, 0));
        }
        written.finish(parts, begun);
        Ok(())
    }

    /// Writes where its paths begin, so that a value that was vouched for as it is spelled elsewhere is found.
    pub(crate) fn write_root(&self, parts: &mut Parts, begun: &OpenPart) {
        let Some(root) = &self.root else {
            if self.names.folds {
                parts.of_kind(begun, ValueKind::CASELESS_PATH);
            }
            return;
        };
        let mark = parts.mark();
        if is_share(&root.volume) {
            parts.push("//");
        }
        parts.push(&root.volume);
        for name in &root.names {
            parts.push("/");
            parts.push(name);
        }
        let whole = parts.since(mark);
        let cwd = parts.written(root.cwd.as_deref().unwrap_or_default());
        parts.of_path(begun, whole, cwd, self.names.folds);
    }

    /// The one form of a path where case does not count, from its root or from where it begins: as Posix writes it, or as Windows does.
    pub(crate) fn caseless(text: &str) -> Option<String> {
        [Style::Posix, Style::Windows].into_iter().find_map(|style| {
            let names = Names { style, folds: true, expands: false };
            let (is_absolute, volume, below) = options::names_of(text, names).ok()?;
            let sign = if is_share(&volume) { "//" } else { "" };
            let separator = if is_absolute && !below.is_empty() { "/" } else { "" };
            Some(format!("{sign}{volume}{separator}{}", below.join("/")))
        })
    }

    /// What stands before the names of a text, and the names that it has to begin with.
    fn base(&self, start: &Start<'_>) -> Result<(&str, &[Box<str>]), TextFault> {
        let rule = match &self.root {
            None if start.is_absolute => &rules::ABSOLUTE,
            None => return Ok(("", &[])),
            Some(root) if start.is_absolute => {
                if self.names.is_same(start.volume, &root.volume) {
                    return Ok(("", &root.names));
                }
                &rules::OUTSIDE
            }
            Some(Root { cwd: Some(cwd), .. }) => return Ok((cwd, &[])),
            Some(Root { cwd: None, .. }) => &rules::RELATIVE,
        };
        Err(TextFault::new(rule, 0))
    }

    fn start<'t>(&self, text: &'t str, signs: Signs) -> Result<Start<'t>, TextFault> {
        if text.is_empty() {
            return Err(TextFault::new(&rules::EMPTY, 0));
        }
        if text.len() > MAX_BYTES {
            return Err(TextFault::new(&rules::LONG, MAX_BYTES));
        }
        letters::check(text, signs, self.names)?;
        self.names.start(text, signs)
    }
}

/// Whether what stands before the names of a path is no drive, and something.
fn is_share(volume: &str) -> bool {
    !volume.is_empty() && !volume.ends_with(':')
}

/// The names of what a process has open, which stand for other files.
struct Magic {
    is_sought: bool,
    depth: usize,
    first: First,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Proc,
    Dev,
    Other,
}

impl Magic {
    /// Behind the names of a base.
    fn new(path: &Path, base: &str) -> Result<Self, TextFault> {
        let is_whole =
            path.root.as_ref().is_some_and(|root| root.names.is_empty() && root.volume.is_empty());
        let mut magic = Self { is_sought: is_whole, depth: 0, first: First::Other };
        if is_whole && !base.is_empty() {
            base.split('/').try_for_each(|name| magic.next(name, 0))?;
        }
        Ok(magic)
    }

    fn next(&mut self, name: &str, at: usize) -> Result<(), TextFault> {
        self.depth += 1;
        if !self.is_sought || self.depth > 2 {
            return Ok(());
        }
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        if self.depth == 1 {
            self.first = match () {
                () if is("proc") => First::Proc,
                () if is("dev") => First::Dev,
                () => First::Other,
            };
        }
        let is_magic = match self.first {
            _ if self.depth == 1 => [".vol", ".nofollow", ".resolve"].into_iter().any(is),
            First::Proc => {
                is("self") || is("thread-self") || name.bytes().all(|byte| byte.is_ascii_digit())
            }
            First::Dev => ["fd", "stdin", "stdout", "stderr"].into_iter().any(is),
            First::Other => false,
        };
        if is_magic { Err(TextFault::new(&rules::MAGIC, at)) } else { Ok(()) }
    }
}

/// What was written of a path, and what is about to be.
struct Written<'t> {
    names: Names,
    text: &'t str,
    whole: Mark,
    depth: usize,
    /// Whether something was written, so that a separator comes next.
    is_begun: bool,
    /// Names that stand in the text as they are written, one after the other.
    run: Range<usize>,
    /// The last name.
    last: Range<usize>,
    base: &'t str,
}

impl<'t> Written<'t> {
    /// Behind the names of a base.
    fn new(base: &'t str, text: &'t str, names: Names, parts: &Parts) -> Self {
        let (whole, depth, is_begun) = (parts.mark(), 0, false);
        Self { names, text, whole, depth, is_begun, run: 0..0, last: 0..0, base }
    }

    fn add(&mut self, name: Range<usize>, parts: &mut Parts) {
        if self.depth == 0 && !self.base.is_empty() {
            parts.push(self.base);
            self.is_begun = true;
        }
        self.depth += 1;
        let last = std::mem::replace(&mut self.last, name);
        if last.is_empty() {
            return;
        }
        let is_next = !self.run.is_empty()
            && self.run.end + 1 == last.start
            && self.text.as_bytes().get(self.run.end) == Some(&b'/');
        if is_next {
            self.run.end = last.end;
        } else {
            self.write_run(parts);
            self.run = last;
        }
    }

    fn write_run(&mut self, parts: &mut Parts) {
        let run = self.text.get(self.run.clone()).unwrap_or_default();
        if !run.is_empty() {
            self.separate(parts);
            self.names.write(run, parts);
        }
    }

    fn separate(&mut self, parts: &mut Parts) {
        if self.is_begun {
            parts.push("/");
        }
        self.is_begun = true;
    }

    fn finish(mut self, parts: &mut Parts, begun: &OpenPart) {
        let name = if self.depth > 0 {
            self.write_run(parts);
            self.text.get(self.last.clone()).unwrap_or_default()
        } else {
            let (parent, name) = self.base.rsplit_once('/').unwrap_or(("", self.base));
            parts.push(parent);
            self.is_begun = !parent.is_empty();
            name
        };
        if name.is_empty() {
            parts.push(".");
            parts.canonical(begun, parts.since(self.whole));
            parts.text("extension", "");
            parts.integer("depth", 0);
            return;
        }
        let has_parent = self.is_begun;
        let parent = parts.since(self.whole);
        self.separate(parts);
        let mark = parts.mark();
        let dot = name.rfind('.').filter(|at| *at > 0);
        let stem = dot.map_or(name.len(), |at| at + 1);
        self.names.write(name.get(..stem).unwrap_or_default(), parts);
        let extension = parts.mark();
        self.names.write(name.get(stem..).unwrap_or_default(), parts);
        parts.canonical(begun, parts.since(self.whole));
        parts.extent("name", parts.since(mark));
        parts.extent("extension", parts.since(extension));
        if has_parent {
            parts.extent("parent", parent);
        } else {
            parts.text("parent", ".");
        }
        let before = if self.base.is_empty() { 0 } else { 1 + self.base.matches('/').count() };
        parts.integer("depth", (before + self.depth) as i64);
    }
}

#[cfg(test)]
mod tests;
