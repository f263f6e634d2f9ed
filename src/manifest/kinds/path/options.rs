//! What an author says of paths.

use serde::{Deserialize, Serialize};

use super::Root;
use super::letters::{self, Signs};
use super::names::Names;
use crate::manifest::kinds::rule::{OptionFault, TextFault};

/// The options of the kind `path`: below which folder paths lie, and how they are written.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, PathSpec};
///
/// let path = ArgumentSpec::path(PathSpec::new().root("/home/dana").cwd("/home/dana/work"));
/// # let _ = path;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct PathSpec {
    /// The folder that absolute paths lie below. Without it they are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<String>,
    /// The folder that relative paths begin at, at the root or below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cwd: Option<String>,
    /// How paths are written. Posix without it.
    #[serde(default, skip_serializing_if = "Style::is_posix")]
    pub(crate) style: Style,
    /// Whether `A` and `a` are one name. Without it they are on Windows only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) case: Option<Case>,
    /// Whether the tool itself expands `~`, `$`, or patterns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) expands: bool,
}

/// How paths are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    #[default]
    Posix,
    Windows,
}

/// Whether the file system tells `A` from `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Case {
    Exact,
    Fold,
}

impl Style {
    fn is_posix(&self) -> bool {
        *self == Self::Posix
    }
}

impl PathSpec {
    /// Posix paths, relative to a folder that the tool knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder that no path may leave, and below which absolute paths lie.
    pub fn root(mut self, folder: impl Into<String>) -> Self {
        self.root = Some(folder.into());
        self
    }

    /// The folder at which relative paths begin, at the root or below it.
    pub fn cwd(mut self, folder: impl Into<String>) -> Self {
        self.cwd = Some(folder.into());
        self
    }

    /// Paths as Windows writes them, in which `A` and `a` are one name.
    pub fn windows(mut self) -> Self {
        self.style = Style::Windows;
        self
    }

    /// Takes `A` and `a` for one name, as macOS does.
    pub fn fold_case(mut self) -> Self {
        self.case = Some(Case::Fold);
        self
    }

    /// Refuses what the tool itself would expand: `~`, `$` and patterns.
    pub fn expands(mut self) -> Self {
        self.expands = true;
        self
    }

    pub(super) fn names(&self) -> Result<Names, OptionFault> {
        if (self.style, self.case) == (Style::Windows, Some(Case::Exact)) {
            return Err(fault(
                "case",
                "Windows takes `A` and `a` for one; write `fold`, or leave it out",
            ));
        }
        let folds = self.style == Style::Windows || self.case == Some(Case::Fold);
        Ok(Names { style: self.style, folds, expands: self.expands })
    }
}

impl Root {
    pub(super) fn new(spec: &PathSpec, names: Names) -> Result<Option<Self>, OptionFault> {
        let Some(root) = &spec.root else {
            let says =
                "a `root` is needed too; write the folder that no path may leave, such as `/`";
            return if spec.cwd.is_some() { Err(fault("cwd", says)) } else { Ok(None) };
        };
        // What the author writes is no text of a tool: it expands nothing.
        let names = Names { expands: false, ..names };
        let (volume, below) = absolute("root", root, names)?;
        let cwd = match &spec.cwd {
            None => None,
            Some(cwd) => {
                let (other, cwd) = absolute("cwd", cwd, names)?;
                match cwd.strip_prefix(below.as_slice()) {
                    Some(cwd) if other == volume => Some(cwd.join("/").into()),
                    _ => {
                        return Err(fault(
                            "cwd",
                            "it is not at or below `root`; write one that is",
                        ));
                    }
                }
            }
        };
        Ok(Some(Self { volume: volume.into(), names: below.into(), cwd }))
    }
}

/// The drive or share and the names of an absolute path, folded.
fn absolute(
    field: &'static str,
    text: &str,
    names: Names,
) -> Result<(String, Vec<Box<str>>), OptionFault> {
    match names_of(text, names) {
        Ok((true, volume, below)) => Ok((volume, below)),
        Ok((false, ..)) => {
            let says = match names.style {
                Style::Posix => "it is not absolute; write it from `/` on",
                Style::Windows => {
                    "it is not absolute; write it from the drive or the share on, such as `C:\\work`"
                }
            };
            Err(fault(field, says))
        }
        Err(TextFault { at, rule }) => {
            Err(fault(field, &format!("at byte {at}: {}; {}", rule.found, rule.remedy)))
        }
    }
}

/// Whether a path is absolute, and what stands before its names and these, folded.
pub(super) fn names_of(
    text: &str,
    names: Names,
) -> Result<(bool, String, Vec<Box<str>>), TextFault> {
    let signs = Signs::of(text);
    letters::check(text, signs, names)?;
    let start = names.start(text, signs)?;
    let mut at = start.behind;
    let mut below = Vec::new();
    for name in text.get(at..).unwrap_or_default().split(|c| names.is_separator(c)) {
        if !matches!(name, "" | ".") {
            names.check(name, signs, at)?;
            below.push(names.folded(name).into());
        }
        at += name.len() + 1;
    }
    Ok((start.is_absolute, names.folded(start.volume), below))
}

fn fault(field: &'static str, says: &str) -> OptionFault {
    OptionFault { field, says: says.to_owned() }
}
