//! Resource patterns held against one another: only what can be told for certain.

use permitgate::limits::MAX_SEGMENTS;

/// Patterns that are compared with one another, one list times the other; more are not told.
const MOST_PAIRS: usize = 10_000;

/// What two lists of patterns match together; `None` where it cannot be told exactly.
pub(super) fn meet(before: &[String], now: &[String]) -> Option<Vec<String>> {
    if before.len().saturating_mul(now.len()) > MOST_PAIRS {
        return (before == now).then(|| before.to_vec());
    }
    let mut both: Vec<String> = Vec::new();
    for (one, other) in before.iter().flat_map(|one| now.iter().map(move |other| (one, other))) {
        if covers(one, other) {
            both.push(other.clone());
        } else if covers(other, one) {
            both.push(one.clone());
        } else if !apart(one, other) {
            return None;
        }
    }
    Some(reduced(both))
}

/// The patterns that no other one covers, each once, in order.
pub(super) fn reduced(mut patterns: Vec<String>) -> Vec<String> {
    patterns.sort();
    patterns.dedup();
    if patterns.len().saturating_mul(patterns.len()) > MOST_PAIRS {
        return patterns;
    }
    let mut kept: Vec<String> = Vec::new();
    for pattern in patterns {
        if kept.iter().any(|other| covers(other, &pattern)) {
            continue;
        }
        kept.retain(|other| !covers(&pattern, other));
        kept.push(pattern);
    }
    kept
}

/// Whether everything that `inner` matches is matched by `outer`; `false` also where that is not certain.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    if outer == inner {
        return true;
    }
    let (outer, inner) = (segments(outer), segments(inner));
    let (Some(outer), Some(inner)) = (outer, inner) else { return false };
    // Whether the rest of the outer pattern covers the rest of the inner one, worked out from the ends.
    let mut below: Vec<bool> = vec![false; inner.len() + 1];
    if let Some(last) = below.last_mut() {
        *last = true;
    }
    for one in outer.iter().rev() {
        let mut row = vec![false; inner.len() + 1];
        let mut behind = false;
        for place in (0..=inner.len()).rev() {
            let skipped = below.get(place).copied().unwrap_or(false);
            let next = below.get(place + 1).copied().unwrap_or(false);
            let covered = match inner.get(place) {
                _ if *one == "**" => skipped || (place < inner.len() && behind),
                Some(other) => segment_covers(one, other) && next,
                None => false,
            };
            if let Some(cell) = row.get_mut(place) {
                *cell = covered;
            }
            behind = covered;
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

/// Whether nothing is matched by both; `false` also where that is not certain.
fn apart(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (segments(one), segments(other)) else { return false };
    let differ =
        |(one, other): (&&str, &&str)| is_literal(one) && is_literal(other) && one != other;
    let fixed = |segments: &[&str]| segments.iter().take_while(|one| **one != "**").count();
    let (ends_one, ends_other) = (fixed(&one), fixed(&other));
    let shorter = ends_one.min(ends_other);
    if one.iter().zip(&other).take(shorter).any(differ) {
        return true;
    }
    // One that has ended matches no longer path.
    let ended =
        |segments: &[&str], fixed: usize, least: usize| segments.len() == fixed && fixed < least;
    let least = |segments: &[&str]| segments.iter().filter(|one| **one != "**").count();
    ended(&one, ends_one, least(&other)) || ended(&other, ends_other, least(&one))
}

fn segments(pattern: &str) -> Option<Vec<&str>> {
    let segments: Vec<&str> = pattern.split('/').take(MAX_SEGMENTS + 1).collect();
    (segments.len() <= MAX_SEGMENTS).then_some(segments)
}

fn is_literal(segment: &str) -> bool {
    !segment.contains(['*', '{'])
}

fn segment_covers(outer: &str, inner: &str) -> bool {
    outer == inner || (outer == "*" && inner != "**")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_covers_is_told() {
        for (outer, inner) in [
            ("**", "mail/a"),
            ("**", "**"),
            ("mail/**", "mail"),
            ("mail/**", "mail/{invoker}/**"),
            ("mail/*/x", "mail/{invoker}/x"),
            ("a/**/z", "a/b/**/z"),
            ("a/**/z", "a/z"),
            ("report-*.pdf", "report-*.pdf"),
            ("**/x", "a/**/x"),
            ("**/**", "a"),
        ] {
            assert!(covers(outer, inner), "{outer} {inner}");
        }
        for (outer, inner) in [
            ("mail", "mail/**"),
            ("mail/*", "mail/**"),
            ("mail/*", "mail"),
            ("mail/{invoker}/**", "mail/**"),
            ("a/**/z", "a/z/**"),
            ("a", "b"),
            ("*", "**"),
            ("a/b", "a"),
        ] {
            assert!(!covers(outer, inner), "{outer} {inner}");
        }
    }

    #[test]
    fn what_is_left_of_two_is_told_or_not() {
        let list =
            |patterns: &[&str]| patterns.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let meet = |one: &[&str], other: &[&str]| meet(&list(one), &list(other));
        assert_eq!(meet(&["mail/**"], &["mail/x", "web/**"]).unwrap(), ["mail/x"]);
        assert_eq!(meet(&["mail/x", "web/**"], &["**"]).unwrap(), ["mail/x", "web/**"]);
        assert_eq!(meet(&["mail/**"], &["web/**"]).unwrap(), [""; 0]);
        assert_eq!(meet(&["mail/a"], &["mail/a/b"]).unwrap(), [""; 0]);
        assert_eq!(meet(&["mail/*"], &["mail/a/b/**"]).unwrap(), [""; 0]);
        assert_eq!(meet(&["mail/*/a"], &["mail/b/**"]), None);
        assert_eq!(meet(&["a/{invoker}"], &["a/dana"]), None);
        assert_eq!(meet(&["a/**"], &["**/b"]), None);
        let long = ["x"; 40].join("/");
        assert_eq!(meet(&[&long], &["**"]), None);
        assert_eq!(meet(&[&long], &[&long]).unwrap(), [long.as_str()]);
        let many: Vec<String> = (0..2000).map(|number| format!("a/{number}")).collect();
        assert_eq!(super::meet(&many, &many[1..]), None);
        assert_eq!(super::meet(&many, &many).unwrap().len(), 2000);
    }
}
