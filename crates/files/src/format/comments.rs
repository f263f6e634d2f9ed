//! Comments: what stands between the things that mean something.

/// What stands before a key, a table or an entry of a list: comments, and empty lines between them.
#[derive(Debug, Default)]
pub(super) struct Above {
    /// What stands on the line of the thing before, behind it.
    pub(super) beside: Option<String>,
    /// Lines of comments; an empty one is an empty line, never two of them in a row.
    pub(super) lines: Vec<String>,
    /// Whether an empty line stands before the first comment, or before the thing if there is none.
    pub(super) gap: bool,
}

impl Above {
    /// Reads what stands before a thing; `begins_line` says that a line begins with it.
    pub(super) fn read(text: &str, begins_line: bool) -> Self {
        let mut above = Self::default();
        let mut rest = text;
        if !begins_line {
            let (first, behind) = text.split_once('\n').unwrap_or((text, ""));
            above.beside = comment(first);
            rest = behind;
        }
        let mut lines: Vec<&str> = rest.split('\n').collect();
        // Behind the last line break stands the indentation of the thing itself.
        let indentation = lines.pop().unwrap_or_default();
        let mut gap = false;
        for line in lines.into_iter().chain(comment(indentation).as_deref()) {
            match comment(line) {
                Some(comment) => {
                    if gap && above.lines.is_empty() {
                        above.gap = true;
                    } else if gap {
                        above.lines.push(String::new());
                    }
                    above.lines.push(comment);
                    gap = false;
                }
                None => gap = true,
            }
        }
        if above.lines.is_empty() {
            above.gap |= gap;
        } else if gap {
            above.lines.push(String::new());
        }
        above
    }

    pub(super) fn is_empty(&self) -> bool {
        self.beside.is_none() && self.lines.is_empty()
    }
}

/// The comment in what stands behind something, without what is around it.
pub(super) fn comment(text: &str) -> Option<String> {
    // A comma before it ends the entry; one at its end is a part of it.
    let comment = text.trim_start_matches([' ', '\t', '\r', '\n', ',']);
    let comment = comment.trim_end_matches([' ', '\t', '\r', '\n']);
    comment.starts_with('#').then(|| comment.to_owned())
}

/// Every comment of a file, sorted: with a reader that knows strings.
pub(super) fn all(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '#']) {
        rest = rest.get(at..).unwrap_or_default();
        let end = match rest.get(..1) {
            Some("#") => {
                let end = rest.find('\n').unwrap_or(rest.len());
                found.extend(rest.get(..end).and_then(comment));
                end
            }
            Some(quote) => string_end(rest, quote),
            None => rest.len(),
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    found.sort();
    found
}

/// The length of the string with which `text` begins.
fn string_end(text: &str, quote: &str) -> usize {
    let long = quote.repeat(3);
    let (open, close) = match text.starts_with(&long) {
        true => (3, long.as_str()),
        false => (1, quote),
    };
    let mut at = open;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(close) {
            let more = rest.len() - rest.trim_start_matches(quote).len();
            // Up to two more quotation marks belong to a long string.
            return at + if open == 3 { more.min(5) } else { 1 };
        }
        let step = rest.chars().next().map_or(1, char::len_utf8);
        let escaped = quote == "\"" && rest.starts_with('\\');
        at += step;
        if escaped {
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
    }
    text.len()
}
