//! The header of a file in a patch, as `git diff` writes it.

use super::lines::Lines;
use super::{Name, rules};
use crate::manifest::kinds::rule::TextFault;

/// What the lines from `diff --git` on say of a file.
#[derive(Debug)]
pub(super) struct Header<'t> {
    form: Form<'t>,
}

#[derive(Debug)]
enum Form<'t> {
    /// Its text changes.
    Plain(Name<'t>),
    Mode(Name<'t>),
    New(Name<'t>),
    Gone(Name<'t>),
    Renamed(Name<'t>, Name<'t>),
}

impl<'t> Header<'t> {
    /// The header that begins here, where one does.
    pub(super) fn read(lines: &mut Lines<'t>) -> Result<Option<Self>, TextFault> {
        let Some(names) = lines.take("diff --git ") else { return Ok(None) };
        let form = if let Some(old) = lines.take("old mode ") {
            mode(old)?;
            mode(expect(lines, "new mode ")?)?;
            Form::Mode
        } else if let Some(new) = lines.take("new file mode ") {
            mode(new)?;
            Form::New
        } else if let Some(old) = lines.take("deleted file mode ") {
            mode(old)?;
            Form::Gone
        } else {
            Form::Plain
        };
        let form = match lines.take("similarity index ") {
            None => form(same(names)?),
            // A file that comes or goes has one name.
            Some(index) if matches!(form(names), Form::New(_) | Form::Gone(_)) => {
                return Err(TextFault::new(&rules::HEADER, index.at));
            }
            Some(index) => renamed(names, index, lines)?,
        };
        if let Some(index) = lines.take("index ") {
            check_index(index)?;
        }
        Ok(Some(Self { form }))
    }

    /// Whether the two names behind it are those that it leads to.
    pub(super) fn is_of(&self, old: Option<Name<'_>>, new: Option<Name<'_>>) -> bool {
        let (old, new) = (old.map(|name| name.text), new.map(|name| name.text));
        let expected = match &self.form {
            Form::Plain(name) | Form::Mode(name) => (Some(name), Some(name)),
            Form::New(name) => (None, Some(name)),
            Form::Gone(name) => (Some(name), None),
            Form::Renamed(from, to) => (Some(from), Some(to)),
        };
        expected.0.map(|name| name.text) == old && expected.1.map(|name| name.text) == new
    }

    /// The names before and behind it, where no hunk follows; none where it changes nothing.
    pub(super) const fn alone(&self) -> (Option<Name<'t>>, Option<Name<'t>>) {
        match self.form {
            Form::Plain(_) => (None, None),
            Form::Mode(name) => (Some(name), Some(name)),
            Form::New(name) => (None, Some(name)),
            Form::Gone(name) => (Some(name), None),
            Form::Renamed(from, to) => (Some(from), Some(to)),
        }
    }
}

fn expect<'t>(lines: &mut Lines<'t>, beginning: &str) -> Result<Name<'t>, TextFault> {
    let at = lines.at();
    lines.take(beginning).ok_or(TextFault::new(&rules::HEADER, at))
}

/// The name that both halves of `a/NAME b/NAME` have.
fn same(names: Name<'_>) -> Result<Name<'_>, TextFault> {
    let halves = || {
        let old = names.text.strip_prefix("a/")?;
        // NAME, a blank, `b/`, and NAME again.
        let (old, new) = old.split_at_checked(old.len().checked_sub(3)? / 2)?;
        (new.strip_prefix(" b/")? == old && !old.is_empty()).then_some(old)
    };
    let text = halves().ok_or(TextFault::new(&rules::OTHER_NAME, names.at))?;
    Ok(Name { text, at: names.at + 2 })
}

fn renamed<'t>(
    names: Name<'t>,
    index: Name<'t>,
    lines: &mut Lines<'t>,
) -> Result<Form<'t>, TextFault> {
    let percent = index.text.strip_suffix('%').filter(|digits| {
        matches!(digits.len(), 1..=3) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if percent.is_none() {
        return Err(TextFault::new(&rules::HEADER, index.at));
    }
    let from = expect(lines, "rename from ")?;
    let to = expect(lines, "rename to ")?;
    let both = names.text.strip_prefix("a/").and_then(|text| text.strip_prefix(from.text));
    let is_same = both.and_then(|text| text.strip_prefix(" b/")) == Some(to.text);
    if !is_same || from.text == to.text {
        return Err(TextFault::new(&rules::OTHER_NAME, names.at));
    }
    Ok(Form::Renamed(from, to))
}

fn mode(line: Name<'_>) -> Result<(), TextFault> {
    match line.text {
        "100644" | "100755" => Ok(()),
        _ => Err(TextFault::new(&rules::MODE, line.at)),
    }
}

/// Two abbreviated hashes, and perhaps the mode of a file that keeps it.
fn check_index(line: Name<'_>) -> Result<(), TextFault> {
    let is_hash = |text: &str| {
        matches!(text.len(), 4..=64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let (hashes, of_mode) = match line.text.split_once(' ') {
        Some((hashes, text)) => (hashes, Some(Name { text, at: line.at + hashes.len() + 1 })),
        None => (line.text, None),
    };
    if !hashes.split_once("..").is_some_and(|(old, new)| is_hash(old) && is_hash(new)) {
        return Err(TextFault::new(&rules::HEADER, line.at));
    }
    of_mode.map_or(Ok(()), mode)
}
