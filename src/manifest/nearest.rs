//! The described name that a misspelt one is likely to mean.

use crate::base::steps;

/// Characters of the names that are compared; longer ones are near to nothing.
const LONGEST: usize = 48;

/// The name that is nearest to `name`, where one is near: at most a third of its characters have to be changed. Small
/// and capital ASCII letters count as one. Of several the first. Allocates nothing.
pub(super) fn nearest<'n, N: AsRef<str>>(
    name: &str,
    known: impl IntoIterator<Item = &'n N>,
) -> Option<&'n N> {
    let mut letters = ['\0'; LONGEST];
    let letters = letters_of(name, &mut letters)?;
    let mut best: Option<(usize, &N)> = None;
    for known in known {
        let mut others = ['\0'; LONGEST];
        let Some(others) = letters_of(known.as_ref(), &mut others) else { continue };
        let bound = letters.len().min(others.len()).div_ceil(3).max(1);
        if letters.len().abs_diff(others.len()) > bound {
            continue;
        }
        steps::take(|| (letters.len() * others.len()) as u64);
        let distance = distance(letters, others);
        if distance <= bound && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, known));
        }
    }
    best.map(|(_, known)| known)
}

fn letters_of<'b>(name: &str, buffer: &'b mut [char; LONGEST]) -> Option<&'b [char]> {
    let mut count = 0;
    for letter in name.chars() {
        *buffer.get_mut(count)? = letter.to_ascii_lowercase();
        count += 1;
    }
    buffer.get(..count)
}

/// Letters to insert, delete or replace, to get from one name to another.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row = [0_usize; LONGEST + 1];
    for (place, cell) in row.iter_mut().enumerate() {
        *cell = place;
    }
    for (place, letter) in one.iter().enumerate() {
        // The cell above and to the left, and the one to the left.
        let (mut corner, mut left) = (place, place + 1);
        let [first, rest @ ..] = &mut row;
        *first = left;
        for (cell, expected) in rest.iter_mut().zip(other) {
            let replaced = corner + usize::from(letter != expected);
            corner = *cell;
            left = replaced.min(corner + 1).min(left + 1);
            *cell = left;
        }
    }
    row.get(other.len()).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The textbook's recursion.
    fn naive(one: &[char], other: &[char]) -> usize {
        match (one, other) {
            ([], rest) | (rest, []) => rest.len(),
            ([a, one_rest @ ..], [b, other_rest @ ..]) => {
                let replaced = naive(one_rest, other_rest) + usize::from(a != b);
                replaced.min(naive(one_rest, other) + 1).min(naive(one, other_rest) + 1)
            }
        }
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        let words = ["", "a", "to", "ot", "cc", "bcc", "email", "e-mail", "mali", "ünder", "under"];
        for one in words {
            for other in words {
                let (one, other): (Vec<char>, Vec<char>) =
                    (one.chars().collect(), other.chars().collect());
                assert_eq!(distance(&one, &other), naive(&one, &other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn only_what_is_near_is_told() {
        let known = ["to", "cc", "subject", "namespace"];
        for (name, expected) in [
            ("To", Some("to")),
            ("bcc", Some("cc")),
            ("subjct", Some("subject")),
            ("nameSpaces", Some("namespace")),
            ("body", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known).copied(), expected, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), &known), None);
        assert_eq!(nearest("to", &["x".repeat(1 << 20)]), None);
    }
}
