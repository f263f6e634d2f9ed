//! The nearest known name to one that is not known.

/// The known name that a misspelt one is likely to mean.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const LONGEST: usize = 64;
    /// A suggestion must not cost more than the file is worth.
    const MOST: usize = 4096;
    if name.chars().count() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let name = plain(name);
    let close = |known: &&'k str| {
        let other = plain(known);
        if other.chars().count() > LONGEST {
            return None;
        }
        let distance = distance(&name, &other);
        // A plural, or a third of the characters wrong, is still the same word.
        let bound = name.chars().count().min(other.chars().count()).div_ceil(3).max(1);
        (distance <= bound).then_some(distance)
    };
    let scored = known.into_iter().take(MOST).filter_map(|known| Some((close(&known)?, known)));
    scored.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Edits from one text to another: insert, delete, replace, or swap two neighbours.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut last = None;
    for (place, character) in one.chars().enumerate() {
        let mut next = vec![place + 1];
        for (at, expected) in other.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let replaced = cell(&row, at) + usize::from(character != *expected);
            let mut best = replaced.min(cell(&row, at + 1) + 1).min(cell(&next, at) + 1);
            let swapped =
                at > 0 && last == Some(*expected) && other.get(at - 1) == Some(&character);
            if swapped {
                best = best.min(cell(&before, at - 1) + 1);
            }
            next.push(best);
        }
        last = Some(character);
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_find_their_word() {
        let known = ["id", "effect", "operations", "tools", "resources", "readers", "beyond"];
        for (name, expected) in [
            ("resource", Some("resources")),
            ("recources", Some("resources")),
            ("efefct", Some("effect")),
            ("Operations", Some("operations")),
            ("reader", Some("readers")),
            ("audience", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!(nearest("at-most", ["at_most"]), Some("at_most"));
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
    }
}
