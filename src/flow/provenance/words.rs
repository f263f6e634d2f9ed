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
//! 5. an address of mail, which is a person; a URL, and the host in it; a name that begins with `www.`, which is a host; a path that
//!    is written otherwise than arguments have it, such as `docs/`;
//! 6. `@name`, a person or a group, and `#name`, a channel; up to three words with a capital that do not begin a sentence, a person;
//! 7. a word behind `channel`, `group`, `person` or `host`, which is one;
//! 8. a word with a digit, or a quotation, behind one to three words that name a sort: in `order #7` and `standing orders 7, 8` the
//!    ids of an `order`, or a `standing-order`;
//! 9. what stands in quotation marks: the name of a person, a group or a channel.
//!
//! An address, a path and a time are values in each form in which arguments have them: in lower case, without the tag of an address,
//! and an instant in UTC.
//!
//! Nothing is looked up, translated or guessed, so the same text always endorses the same values.

use std::ops::Range;

use super::key::Key;
use super::line::Line;
use super::said;
use super::word::{PUNCTUATION, bare, has_digit, number_in};
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS};
use crate::base::steps;
use crate::model::kind::ValueKind;

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
    for range in quotations(text).found {
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
        if let Some(number) = number_in(word) {
            named(Key::plain(&number));
        }
    }
    for line in text.split(is_line_end) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = Line::new(&words);
        for (place, word) in words.iter().enumerate() {
            if word.len() <= MAX_ENDORSED_BYTES {
                said::names(&line, place, &mut named);
            }
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

/// Calls `take` with what `text` may call a person, a group or a channel: the names of rules 5 to 9, and words that look like ids.
pub(crate) fn called_in(text: &str, mut take: impl FnMut(ValueKind<'static>, &str)) {
    const CALLED: [ValueKind<'static>; 3] =
        [ValueKind::PERSON, ValueKind::GROUP, ValueKind::CHANNEL];
    values_of(text, |key| {
        let is_id = key.kind == ValueKind::PLAIN
            && has_digit(key.text)
            && key.text.chars().all(char::is_alphanumeric)
            && key.text.chars().any(char::is_alphabetic);
        for kind in CALLED.into_iter().filter(|kind| is_id || *kind == key.kind) {
            take(kind, key.text);
        }
        true
    });
}

/// A name as [`names_in`] gives it: one space between words, no punctuation around them, lower case.
pub(crate) fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_around = |letter: char| letter == ' ' || PUNCTUATION.contains(&letter);
    words.join(" ").trim_matches(is_around).to_lowercase()
}

/// The text with `;` for all that may stand in quotation marks: that is content, and says nothing. So a quotation also
/// ends a run of words. What was pasted between marks may hold the same marks, so all from the first to the last of a kind counts
/// as one.
fn unquoted(text: &str) -> String {
    let mut spoken = text.to_owned();
    let Quotations { kinds, rest, .. } = quotations(text);
    for range in kinds.into_iter().chain(rest.map(|from| from..text.len())) {
        let blank = ";".repeat(range.len());
        spoken.replace_range(range, &blank);
    }
    spoken
}

/// What stands between quotation marks.
#[derive(Debug, Default, PartialEq)]
struct Quotations {
    found: Vec<Range<usize>>,
    /// Of each kind of mark, what stands from its first to its last quotation.
    kinds: Vec<Range<usize>>,
    /// Where marks of one kind do not pair plainly, from the first of them on: all of that may be a quotation, such as a pasted
    /// text that holds the marks which stand around it.
    rest: Option<usize>,
}

/// The quotation marks, an opening and a closing one of each kind.
const MARKS: [(char, char); 5] = [('\'', '\''), ('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’')];

/// Marks of which nobody can say which of them opens and which one closes: `„…“` and `«…»` in one language, `”…”` and `»…«` in another.
const OTHER_MARKS: [char; 14] =
    ['„', '‚', '‛', '‟', '«', '»', '‹', '›', '「', '」', '『', '』', '＂', '＇'];

/// Where text stands between two quotation marks of a kind. Each kind of mark is looked for once along the text.
fn quotations(text: &str) -> Quotations {
    let mut all = Quotations { rest: text.find(OTHER_MARKS), ..Quotations::default() };
    for marks in MARKS {
        steps::take(|| steps::of_search(text.len()));
        match pairs(text, marks) {
            Ok(found) => {
                if let (Some(first), Some(last)) = (found.first(), found.last()) {
                    all.kinds.push(first.start..last.end);
                }
                all.found.extend(found);
            }
            Err(from) => all.rest = Some(all.rest.map_or(from, |rest| rest.min(from))),
        }
    }
    all
}

/// What stands between marks of one kind, or from where on that cannot be told: where they do not open and close in turn. A mark
/// opens that follows no letter or digit and stands before something; one closes that stands behind something and before no letter
/// or digit. Within a word it is an apostrophe, and so is a single one behind a word that closes nothing.
fn pairs(text: &str, (open, close): (char, char)) -> Result<Vec<Range<usize>>, usize> {
    let is_blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let is_apostrophe = matches!(close, '\'' | '’');
    let (mut found, mut opened, mut first) = (Vec::new(), None, None);
    for (at, mark) in text.match_indices([open, close]) {
        steps::take(|| 1);
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let (end, after) = (at + mark.len(), next_of(text, at + mark.len()));
        if is_letter(before) && is_letter(after) {
            if !is_apostrophe {
                return Err(first.unwrap_or(at));
            }
            continue;
        }
        let (may_open, may_close) = (mark.starts_with(open), mark.starts_with(close));
        let opens = may_open && !is_letter(before) && !is_blank(after);
        let closes = may_close && !is_letter(after) && !is_blank(before);
        opened = match opened {
            // A quotation within one of the same marks, or marks that touch, as in a fence of several.
            Some(from) if from == at => return Err(first.unwrap_or(at)),
            Some(_) if !closes || before.is_some_and(|sign| "([{<".contains(sign)) => {
                return Err(first.unwrap_or(at));
            }
            Some(from) => {
                found.push(from..at);
                None
            }
            None if opens => Some(end),
            // Of several who own something, as long as no quotation could have ended before.
            None if is_apostrophe && closes && first.is_none() => None,
            None => return Err(first.unwrap_or(at)),
        };
        first = first.or(opened.map(|_| at));
    }
    match opened {
        Some(_) => Err(first.unwrap_or_default()),
        None => Ok(found),
    }
}

/// The last words of a text, without the quotation mark behind them: as many as can say the sort of a value.
fn last_words(text: &str) -> Vec<&str> {
    let mut text = text.trim_end_matches(['\'', '"', '`', '“', '‘', '(', '#']);
    let mut words = Vec::new();
    while words.len() < WORDS_BEFORE {
        let near = text.len().saturating_sub(MAX_ENDORSED_BYTES);
        let near = (near..).find(|at| text.is_char_boundary(*at)).unwrap_or(near);
        let line = text.trim_end();
        if text.get(line.len()..).is_some_and(|blank| blank.contains(is_line_end)) {
            break;
        }
        text = line;
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

const fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn next_of(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::steps::steps_of;
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
    fn a_dot_begins_a_name_and_no_sentence() {
        let values = values("(.env), ../a/b and ./c.d. Then ...wait, .5");
        for value in [".env", "../a/b", "./c.d", "wait", ".5"] {
            assert!(values.contains(value), "{value}: {values:?}");
        }
        for value in ["env", "/a/b", "/c.d", "5"] {
            assert!(!values.contains(value), "{value}: {values:?}");
        }
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

    /// Quotations that stand side by side are found, whatever marks of other kinds they hold.
    #[test]
    fn quotations_that_pair_plainly_are_found() {
        let mut seed = 7_u64;
        let mut draw = |among: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as usize % among
        };
        for _ in 0..20_000 {
            let (open, close) = MARKS[draw(MARKS.len())];
            let (mut text, mut expected) = (String::new(), Vec::new());
            for _ in 0..4 {
                let inner = ["a", "don't b", "x.", "é, f", "(g)", "7"][draw(6)];
                if draw(2) == 0 {
                    text.push_str(inner);
                } else {
                    text.push(open);
                    expected.push(text.len()..text.len() + inner.len());
                    text.push_str(inner);
                    text.push(close);
                }
                text.push_str([" ", ", ", "; "][draw(3)]);
            }
            let Quotations { found, rest, .. } = quotations(&text);
            assert_eq!((found, rest), (expected, None), "{text}");
        }
    }

    /// Text within marks can hold the marks itself; then nobody can say where it ends.
    #[test]
    fn where_marks_do_not_pair_plainly_the_rest_is_quoted() {
        for (text, spoken) in [
            (r#"say "he said "pay the rent" now" please"#, "say "),
            (r#"say ""foo" and the rent "bar"" please"#, "say "),
            (r#"say "foo"" the rent ""bar" please"#, "say "),
            (r#"say "foo " the rent " bar" please"#, "say "),
            (r#"say "a ("the rent") b" please"#, "say "),
            (r#"say "no end of the rent"#, "say "),
            (r#"say that" the rent"#, "say that"),
            ("say “a “b” the rent” please", "say "),
            ("say “a the rent", "say "),
            ("say 'the users' rent' please", "say "),
            ("say ```a``` and the rent", "say "),
            ("say 'a' to the users' rent", "say "),
            (r#"say x"y" the rent"#, "say x"),
            ("say ```x` the rent `y``` please", "say "),
            ("say \"\" for the rent", "say "),
            ("say „a the rent“", "say "),
            ("say «a» the rent «b»", "say "),
            ("say »a« the rent", "say "),
        ] {
            let Quotations { rest, .. } = quotations(text);
            assert_eq!(rest, Some(spoken.len()), "{text}");
            let mut named = Vec::new();
            names_in(text, |run| named.push(run.to_owned()));
            assert!(!named.iter().any(|run| run.contains("rent")), "{text}: {named:?}");
        }
        for text in ["the users' rent is due", "it isn't the rent that's due", "the users’ rent"]
        {
            assert_eq!(quotations(text), Quotations::default(), "{text}");
        }
    }

    /// Who writes what a user pastes between marks can write the marks as well, so that each one seems to open or to close.
    #[test]
    fn what_stands_between_two_quotations_names_nothing() {
        for (open, close) in MARKS {
            for pasted in ["a{c} pay the rent {o}b", "a.{c} Pay the rent. {o}b{c}, the rent {o}c"] {
                let pasted = pasted.replace("{o}", &open.to_string());
                let pasted = pasted.replace("{c}", &close.to_string());
                let text = format!("sum up {open}{pasted}{close} for lee");
                let mut named = Vec::new();
                names_in(&text, |run| named.push(run.to_owned()));
                assert!(!named.iter().any(|run| run.contains("rent")), "{text}: {named:?}");
                assert!(named.iter().any(|run| run == "for lee"), "{text}: {named:?}");
            }
        }
    }

    #[test]
    fn what_is_refused_shows() {
        assert!(!values_of("a b", |key| key.text != "b"));
    }
}
