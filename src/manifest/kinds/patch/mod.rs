//! A patch: which files it creates, changes and deletes.

mod header;
mod lines;
mod rules;
mod spec;
#[cfg(test)]
mod tests;

pub use self::spec::PatchSpec;

use self::header::Header;
use self::lines::Lines;
use super::path::{Path, PathSpec};
use super::rule::{Form, OptionFault, PartForm, TextFault};
use crate::model::arguments::Value;
use crate::model::parts::{OpenPart, Parts};

/// A unified diff as `git diff` writes and `git apply` reads it, from the top folder of a repository.
///
/// ```text
/// patch  = 1*file *LF                                   (64 KiB, 128 names, each once)
/// file   = header [ names 1*hunk ] | names 1*hunk       ; a header alone where it says what changes
/// header = "diff --git a/" path " b/" path LF
///          [ "old mode " mode LF "new mode " mode LF | "new file mode " mode LF | "deleted file mode " mode LF ]
///          [ "similarity index " digits "%" LF "rename from " path LF "rename to " path LF ]
///          [ "index " hex ".." hex [ " " mode ] LF ]
/// names  = "--- " ( "a/" path | "/dev/null" ) [ TAB ] LF "+++ " ( "b/" path | "/dev/null" ) [ TAB ] LF
/// mode   = "100644" | "100755"                          ; no links, no repositories within
/// hunk   = "@@ -" range " +" range " @@" text LF lines  ; as many lines as the ranges say
/// range  = digits [ "," digits ]                        ; up to nine digits each
/// lines  = *( ( " " | "+" | "-" ) text LF | LF | "\ No newline at end of file" LF )
/// ```
///
/// A path is that of the kind `path` without options: relative, of names that every tool reads alike, and without `"`. Both
/// names of a file are the same unless it is renamed. A name with a blank has a tab behind it, as `git diff` writes it: without one
/// programs look for a date there. Text around the patch, binary patches, copies and combined diffs are refused.
///
/// Its canonical form is the text itself.
///
/// | part | what it is |
/// |---|---|
/// | `creates` | `path` of each file that is new, and of what a renamed one is called from then on |
/// | `changes` | `path` of each file whose text or mode changes |
/// | `deletes` | `path` of each file that is gone, and of what a renamed one was called |
///
/// It cannot see symbolic links that are there already, nor what `-p`, `--directory` or `-R` make of it: the tool must apply it as it
/// is, with `-p1 --forward` where it is not `git apply`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Patch {
    path: Path,
}

/// Bytes of a patch.
const MAX_BYTES: usize = 64 * 1024;

/// Names of files in a patch.
const MAX_NAMES: usize = 128;

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Creates,
    Changes,
    Deletes,
}

impl Change {
    const ALL: [Self; 3] = [Self::Creates, Self::Changes, Self::Deletes];

    const fn name(self) -> &'static str {
        match self {
            Self::Creates => "creates",
            Self::Changes => "changes",
            Self::Deletes => "deletes",
        }
    }
}

/// A name of a file, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name<'t> {
    text: &'t str,
    at: usize,
}

/// The files of a patch, each by its canonical path.
type Files = Vec<(Change, String)>;

const FILE: &[PartForm] = &[PartForm { name: "path", form: Form::Text }];

impl Patch {
    pub(crate) const PARTS: &'static [PartForm] = &[
        PartForm { name: "creates", form: Form::Objects(FILE) },
        PartForm { name: "changes", form: Form::Objects(FILE) },
        PartForm { name: "deletes", form: Form::Objects(FILE) },
    ];

    /// The lists that it finds.
    pub(crate) const LISTS: &'static [&'static str] = &["creates", "changes", "deletes"];

    pub(crate) fn new(spec: &PatchSpec) -> Result<Self, OptionFault> {
        let path = PathSpec { case: spec.case, ..PathSpec::default() };
        Ok(Self { path: Path::new(&path)? })
    }

    /// The kind of its paths.
    pub(super) const fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a patch.
    ///
    /// # Errors
    /// Where it breaks which rule.
    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let files = self.files(text)?;
        let whole = parts.written(text);
        parts.canonical(begun, whole);
        for change in Change::ALL {
            let list = parts.list(change.name());
            for (_, path) in files.iter().filter(|(of, _)| *of == change) {
                let file = parts.element();
                parts.text("path", path);
                parts.end(file);
            }
            parts.end(list);
        }
        Ok(())
    }

    fn files(&self, text: &str) -> Result<Files, TextFault> {
        if text.len() > MAX_BYTES {
            return Err(TextFault::new(&rules::LONG, MAX_BYTES));
        }
        let mut lines = Lines::of(text);
        let mut files = Files::new();
        while !lines.is_at_end() {
            let header = Header::read(&mut lines)?;
            match (&header, lines.names(header.is_some())?) {
                (None, None) => return Err(TextFault::new(&rules::NO_FILE, lines.at())),
                (Some(header), None) => self.add_alone(header, &lines, &mut files)?,
                (header, Some((old, new))) => {
                    let header = header.as_ref();
                    if header.is_some_and(|header| !header.is_of(old, new)) {
                        return Err(TextFault::new(&rules::OTHER_NAME, lines.begun()));
                    }
                    if (old, new) == (None, None) {
                        return Err(TextFault::new(&rules::NOWHERE, lines.begun()));
                    }
                    lines.hunks(old.is_none(), new.is_none())?;
                    self.add_changed(old, new, &mut files)?;
                }
            }
        }
        if files.is_empty() {
            return Err(TextFault::new(&rules::NO_FILE, 0));
        }
        Ok(files)
    }

    /// A file of which only the header speaks.
    fn add_alone(
        &self,
        header: &Header<'_>,
        lines: &Lines<'_>,
        files: &mut Files,
    ) -> Result<(), TextFault> {
        match header.alone() {
            (None, None) => Err(TextFault::new(&rules::NO_HUNK, lines.at())),
            (old, new) => self.add_changed(old, new, files),
        }
    }

    fn add_changed(
        &self,
        old: Option<Name<'_>>,
        new: Option<Name<'_>>,
        files: &mut Files,
    ) -> Result<(), TextFault> {
        match (old, new) {
            (None, None) => Ok(()),
            (Some(name), None) => self.add(Change::Deletes, name, files),
            (None, Some(name)) => self.add(Change::Creates, name, files),
            (Some(old), Some(new)) if old.text == new.text => self.add(Change::Changes, old, files),
            (Some(old), Some(new)) => {
                self.add(Change::Deletes, old, files)?;
                self.add(Change::Creates, new, files)
            }
        }
    }

    fn add(&self, change: Change, name: Name<'_>, files: &mut Files) -> Result<(), TextFault> {
        let fault = |rule| Err(TextFault::new(rule, name.at));
        if name.text.contains('"') {
            return fault(&rules::QUOTED);
        }
        let path = self.canonical(name)?;
        if path == "." {
            return fault(&rules::NOWHERE);
        }
        if files.iter().any(|(_, other)| *other == path) {
            return fault(&rules::REPEATED);
        }
        if files.len() == MAX_NAMES {
            return fault(&rules::MANY);
        }
        files.push((change, path));
        Ok(())
    }

    fn canonical(&self, name: Name<'_>) -> Result<String, TextFault> {
        let mut parts = Parts::default();
        let part = parts.element();
        let read = self.path.read(name.text, &mut parts, &part);
        parts.end(part);
        read.map_err(|fault| TextFault::new(fault.rule, name.at + fault.at as usize))?;
        let whole = parts.iter().next().and_then(|part| part.value());
        Ok(whole.and_then(Value::as_text).unwrap_or_default().to_owned())
    }
}
