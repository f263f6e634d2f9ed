//! Whether a pattern of a policy and a resource template of a manifest can mean the same resource.

/// Whether some resource matches both. It may say yes where there is none, as for two texts with stars,
/// and never says no where there is one: a warning must not be wrong.
pub(super) fn overlaps(pattern: &str, template: &str) -> bool {
    let template: Vec<Segment<'_>> = template.split('/').map(Segment::of_template).collect();
    is_common(&segments(pattern), &template, &|_, _| true)
}

/// The same of two patterns of a policy.
pub(super) fn meet(one: &str, other: &str) -> bool {
    is_common(&segments(one), &segments(other), &|_, _| true)
}

pub(super) fn segments(pattern: &str) -> Vec<Segment<'_>> {
    pattern.split('/').map(Segment::of_pattern).collect()
}

/// Whether something is named by both. `fits` says of a segment of each, by their places, whether one may be the other, beside what
/// their letters say.
pub(super) fn is_common(
    pattern: &[Segment<'_>],
    template: &[Segment<'_>],
    fits: &dyn Fn(usize, usize) -> bool,
) -> bool {
    // `row[at]`: whether what follows in the pattern overlaps the template from `at` on.
    let mut row = vec![false; template.len() + 1];
    if let Some(last) = row.last_mut() {
        *last = true;
    }
    for at in (0..template.len()).rev() {
        let rest = template.get(at) == Some(&Segment::Rest);
        let next = row.get(at + 1).copied().unwrap_or(false);
        if let Some(cell) = row.get_mut(at) {
            *cell = rest && next;
        }
    }
    for (place, segment) in pattern.iter().enumerate().rev() {
        let before = row.clone();
        let old = |at: usize| before.get(at).copied().unwrap_or(false);
        for at in (0..=template.len()).rev() {
            let next = row.get(at + 1).copied().unwrap_or(false);
            let value = match (segment, template.get(at)) {
                (Segment::Rest, None) => old(at),
                (Segment::Rest, Some(_)) => old(at) || next,
                (_, Some(Segment::Rest)) => next || old(at) && fits(place, at),
                (_, None) => false,
                (one, Some(other)) => one.meets(other) && old(at + 1) && fits(place, at),
            };
            if let Some(cell) = row.get_mut(at) {
                *cell = value;
            }
        }
    }
    row.first().copied().unwrap_or(false)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'t> {
    /// Any number of segments.
    Rest,
    /// Exactly one segment, whatever it is.
    Any,
    /// A text in which `*` stands for any run of characters.
    Stars(&'t str),
    Literal(&'t str),
}

impl<'t> Segment<'t> {
    fn of_pattern(text: &'t str) -> Self {
        match text {
            "**" => Self::Rest,
            "*" => Self::Any,
            _ if text.starts_with('{') => Self::Any,
            // An escape of a pattern may stand as it is in a path.
            _ if text.contains('%') => Self::Any,
            _ if text.contains('*') => Self::Stars(text),
            _ => Self::Literal(text),
        }
    }

    /// The `/` before `**` in `{args.path/**}` has cut the placeholder in two; its first half stands for one
    /// segment or more, the second for the rest.
    pub(super) fn of_template(text: &'t str) -> Self {
        match text {
            "**}" => Self::Rest,
            // The same path can be spelled without an escape.
            _ if text.starts_with('{') || text.contains('%') => Self::Any,
            _ => Self::Literal(text),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(other)) => one == other,
            (Self::Stars(stars), Self::Literal(text))
            | (Self::Literal(text), Self::Stars(stars)) => matches(stars, text),
            _ => true,
        }
    }
}

/// Whether a text matches one with stars.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(last) = pieces.next_back() else { return pattern == text };
    let inner = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let found = pieces.try_fold(inner.unwrap_or_default(), |rest, piece| {
        rest.split_once(piece).map(|(_, behind)| behind)
    });
    inner.is_some() && found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_patterns() {
        for (one, other, expected) in [
            ("mail/**", "mail/secret/*", true),
            ("mail/**", "Mail/secret/*", false),
            ("mail/*", "mail/a/b", false),
            ("mail/{invoker}/*", "mail/*/drafts", true),
            ("**/a", "b/**", true),
            ("files/*.pdf", "files/*.txt", true),
            ("files/a.txt", "files/*.pdf", false),
            ("files/*.pdf", "files/a.txt", false),
            ("**", "x", true),
            ("a/**/b", "a/**/c", false),
        ] {
            assert_eq!(meet(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn patterns_meet_templates() {
        for (pattern, template, expected) in [
            ("mail/**", "mail/{invoker}/{args.id}", true),
            ("mail/**", "mail", true),
            ("mail/{invoker}/*", "mail/{invoker}/{args.id}", true),
            ("mail/*", "mail/{invoker}/{args.id}", false),
            ("forum/**", "mail/{args.id}", false),
            ("**/replies", "forum/{args.thread}/replies", true),
            ("**/replies", "forum/{args.thread}/votes", false),
            ("files/report-*.pdf", "files/report-7.pdf", true),
            ("files/report-*.pdf", "files/note-7.pdf", false),
            ("files/report-*.pdf", "files/{args.name}", true),
            ("files/a/b/c", "files/{args.path/**}", true),
            ("files", "files/{args.path/**}", false),
            ("files/..", "files/%2E%2E", true),
            ("files/%2E", "files/{args.name}", true),
            ("docs/a", "files/{args.path/**}", false),
            ("**", "x/y/z", true),
            ("a/**/b/**/c", "a/b/c", true),
            ("a/**/b/**/c", "a/c", false),
        ] {
            assert_eq!(overlaps(pattern, template), expected, "{pattern} {template}");
        }
    }
}
