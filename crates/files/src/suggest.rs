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
        // Insert, delete, replace, or swap two neighbours.
        let distance = strsim::osa_distance(&name, &other);
        // A plural, or a third of the characters wrong, is still the same word.
        let bound = name.chars().count().min(other.chars().count()).div_ceil(3).max(1);
        (distance <= bound).then_some(distance)
    };
    let scored = known.into_iter().take(MOST).filter_map(|known| Some((close(&known)?, known)));
    scored.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
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
