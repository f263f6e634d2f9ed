//! One word of a text: without what stands around it, and as a number.

/// What is taken off both ends of a run of words.
pub(super) const PUNCTUATION: [char; 21] = [
    ',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', '“', '”',
    '‘', '’',
];

pub(super) fn bare(run: &str) -> &str {
    run.trim_matches(PUNCTUATION)
}

/// The one decimal form of a word that is a number.
pub(super) fn number_in(word: &str) -> Option<String> {
    let word = bare(word);
    let word = word.strip_prefix(['$', '€', '£', '#']).unwrap_or(word);
    let word = word.strip_suffix(['%', '€']).unwrap_or(word);
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let grouped = groups.clone().next().is_some();
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let well_grouped = !grouped || first.len() <= 3 && groups.clone().all(|g| g.len() == 3);
    let fraction_fits = fraction.is_empty() || is_digits(fraction);
    if !well_grouped || !is_digits(first) || !groups.all(is_digits) || !fraction_fits {
        return None;
    }
    let digits = digits.replace(',', "");
    let (digits, fraction) = (digits.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let digits = if digits.is_empty() { "0" } else { digits };
    let sign = if digits == "0" && fraction.is_empty() { "" } else { sign };
    Some(match fraction {
        "" => format!("{sign}{digits}"),
        fraction => format!("{sign}{digits}.{fraction}"),
    })
}
