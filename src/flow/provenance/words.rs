//! What a text endorses when it is the user's own.
//!
//! The values of a text, in full:
//!
//! 1. the whole text, without white space around it;
//! 2. what stands between two quotation marks of a kind (`'…'`, `"…"`, `` `…` ``, `“…”`, `‘…’`), where the opening one does
//!    not follow a letter or digit and the closing one is not followed by one, so that an apostrophe is none;
//! 3. every run of up to eight words, a word being what stands between white space. White space within the run
//!    is one space each; the punctuation `, . ; : ! ? ( ) [ ] { } < > " ' ` and the typographic quotation marks is taken off
//!    both ends of the run, and a possessive `'s` off its end;
//! 4. a single word that is a number, by its value: a currency sign or `#` before it, a `%` behind it and
//!    commas between groups of three digits do not count.
//!
//! Nothing is looked up, translated or guessed, so the same text always endorses the same values.

use std::ops::Range;

use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS};
use crate::base::steps;

/// What is taken off both ends of a run of words.
const PUNCTUATION: [char; 21] = [
    ',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', '“', '”',
    '‘', '’',
];

/// Bytes of the longest possessive.
const POSSESSIVE_BYTES: usize = "’s".len();

/// Calls `take` with every value of `text`; whether it took all of them.
pub(super) fn values_of(text: &str, mut take: impl FnMut(&str) -> bool) -> bool {
    let mut all = true;
    let mut give = |value: &str| {
        if !value.is_empty() && value.len() <= MAX_ENDORSED_BYTES {
            all &= take(value);
        }
    };
    give(text.trim());
    for range in quotations(text) {
        give(text.get(range).unwrap_or_default().trim());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for (start, word) in words.iter().enumerate() {
        runs(words.get(start..).unwrap_or_default(), &mut give);
        if let Some(number) = number_in(word) {
            give(&number);
        }
    }
    all
}

/// Calls `give` with every run that begins with the first of these words: as it is, without the punctuation
/// around it, and without a possessive.
fn runs(words: &[&str], give: &mut impl FnMut(&str)) {
    let mut run = String::new();
    for word in words.iter().take(MAX_RUN_WORDS) {
        if !run.is_empty() {
            run.push(' ');
        }
        run.push_str(word);
        steps::take(|| 3 * steps::of_bytes(run.len()));
        give(&run);
        let bare = bare(&run);
        give(bare);
        give(bare.strip_suffix("'s").or_else(|| bare.strip_suffix("’s")).unwrap_or_default());
        // What is too long to be a value without what stands around it stays so with more words.
        if bare.len() > MAX_ENDORSED_BYTES + POSSESSIVE_BYTES {
            break;
        }
    }
}

/// Calls `take` with every run of words of `text` that can be a name, in lower case: the runs of rule 3 above, but
/// for those that reach into quotation marks.
pub(crate) fn names_in(text: &str, mut take: impl FnMut(&str)) {
    let spoken = unquoted(text);
    let words: Vec<&str> = spoken.split_whitespace().collect();
    let mut give = |run: &str| {
        if !run.is_empty() {
            take(&run.to_lowercase());
        }
    };
    for start in 0..words.len() {
        runs(words.get(start..).unwrap_or_default(), &mut give);
    }
}

/// A name as [`names_in`] gives it: one space between words, no punctuation around them, lower case.
pub(crate) fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_around = |letter: char| letter == ' ' || PUNCTUATION.contains(&letter);
    words.join(" ").trim_matches(is_around).to_lowercase()
}

/// The text with `;` for all that stands in quotation marks: that is content, and says nothing. So a quotation also
/// ends a run of words.
fn unquoted(text: &str) -> String {
    let mut spoken = text.to_owned();
    for range in quotations(text) {
        let blank = ";".repeat(range.len());
        spoken.replace_range(range, &blank);
    }
    spoken
}

/// Where text stands between two quotation marks of a kind. Each kind of mark is looked for once along the text, and each
/// closing one passed over once, however many opening ones find no end.
fn quotations(text: &str) -> Vec<Range<usize>> {
    const MARKS: [(char, char); 5] = [('\'', '\''), ('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’')];
    let mut found = Vec::new();
    for (open, close) in MARKS {
        steps::take(|| steps::of_search(text.len()));
        // The closing marks that no letter or digit follows.
        let closing = |at: &usize| {
            steps::take(|| 1);
            !next_of(text, at + close.len_utf8()).is_some_and(char::is_alphanumeric)
        };
        let mut closings = text.match_indices(close).map(|(at, _)| at).filter(closing).peekable();
        let mut from = 0;
        while let Some(ahead) = text.get(from..).and_then(|rest| rest.find(open)) {
            steps::take(|| steps::of_search(ahead));
            let at = from + ahead;
            from = at + open.len_utf8();
            let before = text.get(..at).unwrap_or_default().chars().next_back();
            if before.is_some_and(char::is_alphanumeric) {
                continue;
            }
            while closings.next_if(|end| *end < from).is_some() {}
            // Between two marks that touch stands nothing.
            if let Some(end) = closings.peek().copied().filter(|end| *end > from) {
                found.push(from..end);
                from = end + close.len_utf8();
            }
        }
    }
    found
}

fn next_of(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn bare(run: &str) -> &str {
    run.trim_matches(PUNCTUATION)
}

/// The one decimal form of a word that is a number.
fn number_in(word: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::steps::steps_of;
    use std::collections::BTreeSet;

    fn values(text: &str) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        assert!(values_of(text, |value| {
            values.insert(value.to_owned());
            true
        }));
        values
    }

    #[test]
    fn words_runs_quotations_and_numbers_are_values() {
        let text = "Send 'the 2nd report' to lee@example.com, dana's (friend) for $2,200.50!";
        let values = values(text);
        for value in [
            text,
            "the 2nd report",
            "lee@example.com",
            "dana",
            "dana's",
            "friend",
            "2200.5",
            "$2,200.50",
            "to lee@example.com",
            "report",
        ] {
            assert!(values.contains(value), "{value}: {values:?}");
        }
        for value in ["lee", "example.com", "2200", "ee@example.com", "", "200.50", "the 2nd"] {
            assert_eq!(values.contains(value), value == "the 2nd", "{value}: {values:?}");
        }
    }

    #[test]
    fn an_apostrophe_is_no_quotation_mark() {
        let values = values("It isn't Lee's, he says 'don't do it' now");
        assert!(values.contains("don't do it"), "{values:?}");
        assert!(!values.contains("t Lee"), "{values:?}");
    }

    #[test]
    fn a_run_ends_after_eight_words() {
        let values = values("a b c d e f g h i");
        assert!(values.contains("a b c d e f g h") && values.contains("b c d e f g h i"));
        assert!(values.contains("a b c d e f g h i"), "the whole text");
        assert!(!self::values("a b c d e f g h i j").contains("a b c d e f g h i"));
    }

    #[test]
    fn numbers_have_one_form() {
        for (word, number) in [
            ("12.00", Some("12")),
            ("007", Some("7")),
            ("-0.0", Some("0")),
            ("1,234,567", Some("1234567")),
            ("12,34", None),
            ("1,2345", None),
            ("€5", Some("5")),
            ("#42.", Some("42")),
            ("10%", Some("10")),
            ("1e5", None),
            ("1.2.3", None),
            ("2024-05-15", None),
            ("-", None),
            ("", None),
            ("٣", None),
        ] {
            assert_eq!(number_in(word).as_deref(), number, "{word}");
        }
    }

    /// Every text of twice the length takes twice the work, with a little more for what does not repeat.
    #[test]
    fn work_is_linear_in_the_text() {
        let units = [
            "'a ",
            "'a' ",
            "abc ",
            "'",
            "''",
            "' ",
            "\"a",
            "a\" ",
            "“a ",
            "“ ‘ ` ' \" ",
            "’ ",
            "” ",
            "a'b ",
            "'a'b ",
            "(((",
            "x",
            ". ",
            "1,234 ",
            "‘“`",
            "'s ",
            "é' ",
        ];
        for unit in units {
            let steps = |bytes: usize| {
                let text = unit.repeat(bytes / unit.len());
                let (_, values) = steps_of(|| values_of(&text, |_| true));
                let (_, names) = steps_of(|| names_in(&text, |_| {}));
                let (_, spoken) = steps_of(|| unquoted(&text));
                [values, names, spoken]
            };
            for (short, long) in steps(16 * 1024).into_iter().zip(steps(32 * 1024)) {
                assert!(short > 100, "{unit:?}: {short}");
                assert!(long * 10 <= short * 22, "{unit:?}: {short}, then {long}");
            }
        }
    }

    /// The quotations of a text, as they were found before: each opening mark looks for its end by itself.
    #[test]
    fn quotations_are_those_that_each_mark_finds_alone() {
        let alone = |text: &str, open: char, close: char| {
            let letters: Vec<(usize, char)> = text.char_indices().collect();
            let is_letter =
                |place: Option<&(usize, char)>| place.is_some_and(|(_, c)| c.is_alphanumeric());
            let (mut found, mut place) = (Vec::new(), 0);
            while place < letters.len() {
                let begins =
                    letters[place].1 == open && !(place > 0 && is_letter(letters.get(place - 1)));
                let ends = (place + 1..letters.len())
                    .find(|end| letters[*end].1 == close && !is_letter(letters.get(end + 1)));
                match ends {
                    Some(end) if begins && end > place + 1 => {
                        found.push(letters[place + 1].0..letters[end].0);
                        place = end + 1;
                    }
                    _ => place += 1,
                }
            }
            found
        };
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let letters = ['a', ' ', '\'', '"', '`', '“', '”', '‘', '’', 'é', '\'', '.'];
            let text: String = (0..12)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    letters[(seed >> 40) as usize % letters.len()]
                })
                .collect();
            let marks = [('\'', '\''), ('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’')];
            let expected: Vec<Range<usize>> =
                marks.into_iter().flat_map(|(open, close)| alone(&text, open, close)).collect();
            assert_eq!(quotations(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused_shows() {
        assert!(!values_of("a b", |value| value != "b"));
    }
}
