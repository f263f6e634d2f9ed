//! A path of a file system: which file or folder is meant.

mod letters;
mod names;
mod options;
mod rules;

pub(crate) use options::{Case, PathSpec, Style};

use super::rule::{Form, OptionFault, PartForm, TextFault};
use crate::model::parts::{Begun, Extent, Mark, Parts};
use names::Names;

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
/// combining characters are accepted only where the text is surely NFC.
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
    /// Where relative paths begin, below the root.
    cwd: Option<Box<[Box<str>]>>,
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

    /// Reads a text.
    ///
    /// # Errors
    /// Where it breaks which rule.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &Begun,
    ) -> Result<(), TextFault> {
        let mut written = Written::new(parts);
        self.write(text, parts, &mut written)?;
        written.finish(parts, begun);
        Ok(())
    }

    fn write(&self, text: &str, parts: &mut Parts, written: &mut Written) -> Result<(), TextFault> {
        let start = self.start(text)?;
        let mut expected: &[Box<str>] = &[];
        let mut magic = Magic::new(self);
        match (&self.root, start.is_absolute) {
            (None, true) => return Err(TextFault::new(&rules::ABSOLUTE, 0)),
            (None, false) => {}
            (Some(root), true) => {
                if !self.names.is_same(start.volume, &root.volume) {
                    return Err(TextFault::new(&rules::OUTSIDE, 0));
                }
                expected = &root.names;
            }
            (Some(Root { cwd: None, .. }), false) => {
                return Err(TextFault::new(&rules::RELATIVE, 0));
            }
            (Some(Root { cwd: Some(cwd), .. }), false) => {
                for name in cwd {
                    magic.next(name, 0)?;
                    written.add(name, self.names, parts);
                }
            }
        }
        let mut at = start.behind;
        let rest = text.get(at..).unwrap_or_default();
        for name in rest.split(|c| self.names.is_separator(c)) {
            let here = at;
            at += name.len() + 1;
            if matches!(name, "" | ".") {
                continue;
            }
            self.names.check(name, here)?;
            if let Some((first, others)) = expected.split_first() {
                if !self.names.is_same(name, first) {
                    return Err(TextFault::new(&rules::OUTSIDE, here));
                }
                expected = others;
                continue;
            }
            magic.next(name, here)?;
            written.add(name, self.names, parts);
        }
        if expected.is_empty() { Ok(()) } else { Err(TextFault::new(&rules::OUTSIDE, 0)) }
    }

    fn start<'t>(&self, text: &'t str) -> Result<names::Start<'t>, TextFault> {
        if text.is_empty() {
            return Err(TextFault::new(&rules::EMPTY, 0));
        }
        if text.len() > MAX_BYTES {
            return Err(TextFault::new(&rules::LONG, MAX_BYTES));
        }
        letters::check(text, self.names)?;
        self.names.start(text)
    }
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
    fn new(path: &Path) -> Self {
        let is_whole =
            path.root.as_ref().is_some_and(|root| root.names.is_empty() && root.volume.is_empty());
        Self { is_sought: is_whole, depth: 0, first: First::Other }
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

/// What was written of a path.
struct Written {
    whole: Mark,
    depth: usize,
    last: Option<Last>,
}

/// Of the last name that was written.
#[derive(Clone, Copy)]
struct Last {
    parent: Extent,
    name: Mark,
    extension: Option<Mark>,
}

impl Written {
    fn new(parts: &Parts) -> Self {
        Self { whole: parts.mark(), depth: 0, last: None }
    }

    fn add(&mut self, name: &str, names: Names, parts: &mut Parts) {
        let parent = parts.since(self.whole);
        if self.depth > 0 {
            parts.push("/");
        }
        let mark = parts.mark();
        let dot = name.rfind('.').filter(|at| *at > 0);
        let (stem, behind) =
            name.split_at_checked(dot.map_or(name.len(), |at| at + 1)).unwrap_or_default();
        names.write(stem, parts);
        let extension = dot.map(|_| parts.mark());
        names.write(behind, parts);
        self.depth += 1;
        self.last = Some(Last { parent, name: mark, extension });
    }

    fn finish(self, parts: &mut Parts, begun: &Begun) {
        let Some(last) = self.last else {
            let root = parts.written(".");
            parts.canonical(begun, root);
            parts.text("extension", "");
            parts.integer("depth", 0);
            return;
        };
        parts.canonical(begun, parts.since(self.whole));
        let name = parts.since(last.name);
        let extension = last.extension.map(|mark| parts.since(mark));
        parts.extent("name", name);
        if self.depth > 1 {
            parts.extent("parent", last.parent);
        } else {
            parts.text("parent", ".");
        }
        match extension {
            Some(extension) => parts.extent("extension", extension),
            None => parts.text("extension", ""),
        }
        parts.integer("depth", self.depth as i128);
    }
}

#[cfg(test)]
mod tests;
