//! The lines of a patch: the two names of a file, and its hunks.

use super::{Name, rules};
use crate::manifest::kinds::rule::TextFault;

const NO_NEWLINE: &str = "\\ No newline at end of file";
const NOTHING: &str = "/dev/null";

/// What is left of a patch, line by line.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    /// Where the names of the last file stand.
    begun: usize,
}

/// The two names of a file; `None` is where there is none.
pub(super) type Names<'t> = (Option<Name<'t>>, Option<Name<'t>>);

impl<'t> Lines<'t> {
    pub(super) const fn of(text: &'t str) -> Self {
        Self { text, at: 0, begun: 0 }
    }

    /// The byte at which the next line begins.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The byte at which the names of the last file begin.
    pub(super) const fn begun(&self) -> usize {
        self.begun
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether nothing but empty lines is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest().bytes().all(|byte| byte == b'\n')
    }

    fn line(&self) -> &'t str {
        let rest = self.rest();
        rest.split_once('\n').map_or(rest, |(line, _)| line)
    }

    /// The next line behind this beginning, and where it begins; nothing is taken where it has another one.
    pub(super) fn take(&mut self, beginning: &str) -> Option<Name<'t>> {
        let line = self.line();
        let text = line.strip_prefix(beginning)?;
        let at = self.at + beginning.len();
        self.at += line.len() + 1;
        Some(Name { text, at })
    }

    /// The names of a file, where they stand here.
    pub(super) fn names(&mut self, has_header: bool) -> Result<Option<Names<'t>>, TextFault> {
        self.begun = self.at;
        let Some(old) = self.take("--- ") else { return Ok(None) };
        let line = self.at;
        let new = self.take("+++ ").ok_or(TextFault::new(&rules::NAME, line))?;
        let old = name(old, "a/")?;
        let new = name(new, "b/")?;
        match (old, new) {
            (Some(old), Some(new)) if !has_header && old.text != new.text => {
                Err(TextFault::new(&rules::OTHER_NAME, new.at))
            }
            names => Ok(Some(names)),
        }
    }

    /// One hunk, and more. A file that is new or gone has no lines on one side.
    pub(super) fn hunks(&mut self, is_new: bool, is_gone: bool) -> Result<(), TextFault> {
        let first = self.at;
        while let Some(ranges) = self.take("@@ -") {
            let (old, new) = counts(ranges)?;
            if is_new && old > 0 || is_gone && new > 0 {
                return Err(TextFault::new(&rules::NOTHING, ranges.at));
            }
            self.hunk(old, new)?;
        }
        if self.at == first { Err(TextFault::new(&rules::NO_HUNK, first)) } else { Ok(()) }
    }

    fn hunk(&mut self, mut old: u32, mut new: u32) -> Result<(), TextFault> {
        while (old, new) != (0, 0) {
            if self.rest().is_empty() {
                return Err(TextFault::new(&rules::SHORT, self.text.len()));
            }
            let line = self.line();
            let (takes_old, takes_new) = match line.as_bytes().first() {
                None | Some(b' ') => (1, 1),
                Some(b'-') => (1, 0),
                Some(b'+') => (0, 1),
                Some(b'\\') if line == NO_NEWLINE => (0, 0),
                Some(_) => return Err(TextFault::new(&rules::LINE, self.at)),
            };
            match (old.checked_sub(takes_old), new.checked_sub(takes_new)) {
                (Some(left), Some(right)) => (old, new) = (left, right),
                _ => return Err(TextFault::new(&rules::LINE, self.at)),
            }
            self.at += line.len() + 1;
        }
        if self.line() == NO_NEWLINE {
            self.at += NO_NEWLINE.len() + 1;
        }
        Ok(())
    }
}

/// What stands behind `---` or `+++`.
fn name<'t>(line: Name<'t>, side: &str) -> Result<Option<Name<'t>>, TextFault> {
    let ended = line.text.strip_suffix('\t');
    let text = ended.unwrap_or(line.text);
    if text == NOTHING {
        return Ok(None);
    }
    let Some(text) = text.strip_prefix(side).filter(|text| !text.is_empty()) else {
        return Err(TextFault::new(&rules::NAME, line.at));
    };
    let at = line.at + side.len();
    if ended.is_none() && text.contains(' ') {
        return Err(TextFault::new(&rules::BLANK, at));
    }
    Ok(Some(Name { text, at }))
}

/// How many lines a hunk has of the old and of the new file.
fn counts(ranges: Name<'_>) -> Result<(u32, u32), TextFault> {
    let read = || {
        let (old, rest) = count(ranges.text)?;
        let (new, rest) = count(rest.strip_prefix(" +")?)?;
        rest.starts_with(" @@").then_some((old, new))
    };
    read().ok_or(TextFault::new(&rules::RANGE, ranges.at))
}

/// The number of lines in a range, and what stands behind it.
fn count(text: &str) -> Option<(u32, &str)> {
    let (_, rest) = number(text)?;
    match rest.strip_prefix(',') {
        Some(rest) => number(rest),
        None => Some((1, rest)),
    }
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(end).filter(|_| end <= 9)?;
    Some((digits.parse().ok()?, rest))
}
