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
//!
//! All of these are plain values. Of kinds are beside them:
//!
//! 5. an address of mail, which is a person; a URL, and the host in it; a name that begins with `www.`, which is a host;
//! 6. `@name`, a person or a group, and `#name`, a channel; up to three words with a capital that do not begin a sentence, a person;
//! 7. a word behind `channel`, `group`, `person` or `host`, which is one;
//! 8. a word with a digit, or a quotation, behind one to three words that name a sort: in `order #7` and `standing orders 7, 8` the
//!    ids of an `order`, or a `standing-order`;
//! 9. what stands in quotation marks: the name of a person, a group or a channel.
//!
//! Nothing is looked up, translated or guessed, so the same text always endorses the same values.

use std::ops::Range;

use super::key::Key;
use super::said;
use super::word::{PUNCTUATION, bare, number_in};
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS};
use crate::base::steps;

/// Words before a quotation that are looked at for its sort.
const WORDS_BEFORE: usize = 5;

/// Bytes of the longest possessive.
const POSSESSIVE_BYTES: usize = "’s".len();

/// Calls `take` with every value of `text`; whether it took all of them.
pub(super) fn values_of(text: &str, mut take: impl FnMut(Key<'_>) -> bool) -> bool {
    let mut all = true;
    let mut named = |key: Key<'_>| {
        if !key.text.is_empty() && key.text.len() <= MAX_ENDORSED_BYTES {
            all &= take(key);
        }
    };
    named(Key::plain(text.trim()));
    for range in quotations(text) {
        let before = last_words(text.get(..range.start).unwrap_or_default());
        let quotation = text.get(range).unwrap_or_default().trim();
        named(Key::plain(quotation));
        if quotation.len() <= MAX_ENDORSED_BYTES {
            said::quoted(&before, quotation, &mut named);
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for (start, word) in words.iter().enumerate() {
        runs(words.get(start..).unwrap_or_default(), &mut |run| named(Key::plain(run)));
        if word.len() <= MAX_ENDORSED_BYTES {
            said::names(&words, start, &mut named);
        }
        if let Some(number) = number_in(word) {
            named(Key::plain(&number));
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

/// The last words of a text, without the quotation mark behind them: as many as can say the sort of a value.
fn last_words(text: &str) -> Vec<&str> {
    let mut text = text.trim_end_matches(['\'', '"', '`', '“', '‘', '(', '#']);
    let mut words = Vec::new();
    while words.len() < WORDS_BEFORE {
        let near = text.len().saturating_sub(MAX_ENDORSED_BYTES);
        let near = (near..).find(|at| text.is_char_boundary(*at)).unwrap_or(near);
        text = text.trim_end();
        let from = text.get(near..).and_then(|near| near.rfind(char::is_whitespace));
        let Some(from) = from else {
            words.extend(
                Some(text).filter(|text| text.len() <= MAX_ENDORSED_BYTES && !text.is_empty()),
            );
            break;
        };
        let end = text.len();
        let word = text.get(near + from..end).unwrap_or_default();
        steps::take(|| steps::of_search(word.len()));
        words.push(word.trim_start());
        text = text.get(..near + from).unwrap_or_default();
    }
    words.reverse();
    words
}

fn next_of(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::steps::steps_of;
    use crate::model::kind::ValueKind;
    use std::collections::BTreeSet;

    fn values(text: &str) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        assert!(values_of(text, |key| {
            if key.kind == ValueKind::PLAIN {
                values.insert(key.text.to_owned());
            }
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
        assert!(!values_of("a b", |key| key.text != "b"));
    }
}
