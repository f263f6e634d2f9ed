//! Regular expressions, compiled into tables of fixed size: matching looks one entry up for each byte.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::util::syntax::{self, parse_with};
use regex_automata::{Anchored, MatchKind};

use super::error::Fault;
use crate::base::limits::{MAX_CONDITION_BYTES, MAX_MATCHED_TEXT_BYTES, MAX_REGEX_MEMORY};
use crate::base::steps;

/// An expression that a text matches as a whole.
///
/// It is parsed alone, so that nothing in it can end what would be written around it. That the whole text counts is how it
/// is run: every way to match is followed from the first byte on, and one has to end behind the last.
#[derive(Clone)]
pub(super) struct Expression {
    text: Arc<str>,
    table: Arc<dense::DFA<Vec<u32>>>,
}

/// Pairs of states that are looked at to find a text that two expressions match.
const MAX_COMMON_STATES: usize = 8192;

/// How deep groups may stand within one another.
const MAX_NESTING: u32 = 32;

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_CONDITION_BYTES {
            return Err(Fault::TooLong);
        }
        let syntax = syntax::Config::new().unicode(false).utf8(false).nest_limit(MAX_NESTING);
        if let Err(error) = parse_with(text, &syntax) {
            let message = error.to_string();
            let reason = message.rsplit("error: ").next().unwrap_or_default();
            return Err(Fault::Regex(reason.trim().into()));
        }
        if asks_for_unicode(text) {
            return Err(Fault::Regex("the flag `u` is not taken; classes are about ASCII".into()));
        }
        Self::within(text, syntax, MAX_REGEX_MEMORY).ok_or(Fault::RegexTooLarge)
    }

    /// One that this crate wrote; nothing where its table is larger than one that an author writes may ever be.
    pub(super) fn written(text: &str) -> Option<Self> {
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        Self::within(text, syntax, 4 * MAX_REGEX_MEMORY)
    }

    fn within(text: &str, syntax: syntax::Config, memory: usize) -> Option<Self> {
        let steps = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(memory));
        let table = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(memory))
            .determinize_size_limit(Some(4 * memory));
        let mut builder = dense::Builder::new();
        let built = builder.syntax(syntax).thompson(steps).configure(table).build(text);
        Some(Self { text: text.into(), table: Arc::new(built.ok()?) })
    }

    /// Whether some text matches both, and not what is left out. `true` as well where that takes long to tell.
    pub(super) fn meets(&self, other: &Self, left_out: &Self) -> bool {
        let tables = [&*self.table, &*other.table, &*left_out.table];
        let start = start::Config::new().anchored(Anchored::Yes);
        let [Ok(one), Ok(other), Ok(out)] = tables.map(|table| table.start_state(&start)) else {
            return true;
        };
        let [first, second, third] = tables;
        let ends =
            |table: &dense::DFA<Vec<u32>>, at| table.is_match_state(table.next_eoi_state(at));
        let mut seen = HashSet::from([(one, other, out)]);
        let mut left = vec![(one, other, out)];
        while let Some((one, other, out)) = left.pop() {
            let is_common = ends(first, one) && ends(second, other) && !ends(third, out);
            if is_common || seen.len() > MAX_COMMON_STATES {
                return true;
            }
            for byte in 0..=u8::MAX {
                let one = first.next_state(one, byte);
                let other = second.next_state(other, byte);
                let next = (one, other, third.next_state(out, byte));
                let is_dead = first.is_dead_state(one) || second.is_dead_state(other);
                if !is_dead && seen.insert(next) {
                    left.push(next);
                }
            }
        }
        false
    }

    /// Whether a text matches as a whole; nothing is known of one that is too long.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        if text.len() > MAX_MATCHED_TEXT_BYTES {
            return None;
        }
        steps::take(|| 1 + text.len() as u64);
        let table = &*self.table;
        let mut state = table.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        for byte in text.bytes() {
            state = table.next_state(state, byte);
            if table.is_dead_state(state) {
                return Some(false);
            }
            if table.is_quit_state(state) {
                return None;
            }
        }
        Some(table.is_match_state(table.next_eoi_state(state)))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.text.len() + size_of::<dense::DFA<Vec<u32>>>() + self.table.memory_usage()
    }
}

/// Whether a group turns on what depends on tables of Unicode. Whether a build has those, other crates decide, so no
/// expression may ask for them.
fn asks_for_unicode(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '(']) {
        let from = rest.get(at..).unwrap_or_default();
        let flags = from.strip_prefix("(?").unwrap_or_default();
        let end = flags.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(0);
        let (flags, behind) = flags.split_at_checked(end).unwrap_or_default();
        if flags.contains('u') && behind.starts_with([')', ':']) {
            return true;
        }
        // What is escaped opens nothing.
        let taken = if from.starts_with('\\') { 2 } else { 1 };
        rest =
            from.char_indices().nth(taken).map_or("", |(at, _)| from.get(at..).unwrap_or_default());
    }
    false
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_about_the_whole_text() {
        for (expression, text, expected) in [
            ("a|ab", "ab", true),
            ("ab|a", "ab", true),
            ("a|ab", "abc", false),
            ("a)|(?:.*", "", false),
            ("a*?", "aaa", true),
            ("^a$", "a", true),
            ("^a", "ab", false),
            ("a$", "ba", false),
            ("(?m)^a$", "b\na", false),
            ("(?m)a$", "a\n", false),
            ("a.*", "a\nb", false),
            ("(?s)a.*", "a\nb", true),
            ("", "", true),
            ("", "a", false),
            (r"\d+", "12", true),
            (r"\d+", "١٢", false),
            (r"\bab\b", "ab", true),
            ("(?i)k", "\u{212a}", false),
            ("(?i)k", "K", true),
            ("é+", "éé", true),
            (r"\(?u\)", "u)", true),
            (r"(?P<u>u)", "u", true),
            ("[^/]*", "aé", true),
            (".", "é", false),
            (r"a\z", "a", true),
            (r"a\z", "a\n", false),
        ] {
            let Ok(parsed) = Expression::parse(expression) else {
                assert_eq!(expression, "a)|(?:.*", "only this one is no expression");
                continue;
            };
            assert_eq!(parsed.matches(text), Some(expected), "{expression} on {text:?}");
        }
        let long = "a".repeat(MAX_MATCHED_TEXT_BYTES);
        let all = Expression::parse("a*").unwrap();
        assert_eq!((all.matches(&long), all.matches(&format!("{long}a"))), (Some(true), None));
    }

    #[test]
    fn two_expressions_meet_where_some_text_matches_both() {
        let nothing = Expression::written("[^\\x00-\\xff]").unwrap();
        for (one, other, expected) in [
            ("a*", "b*", true),
            ("a+", "b*", false),
            ("a+b", "[^b]*", false),
            ("(?s:.)*x", "x(?s:.)*", true),
            ("(?i)evil", "[a-z]+", true),
            ("Evil(?s:.)*", "[a-z.]+", false),
            (r"\xC3\xA9", r"[\x80-\xff]+", true),
            (r"[0-9]{4}-[0-9]{2}", "2026-(?s:.)*", true),
            ("a$", "a", true),
            ("(?s:.)*[.]", r"[a-z]+(?:\.[a-z]+)*", false),
        ] {
            let [one_read, other_read] =
                [one, other].map(|text| Expression::written(text).unwrap());
            assert_eq!(one_read.meets(&other_read, &nothing), expected, "{one} and {other}");
            assert_eq!(other_read.meets(&one_read, &nothing), expected, "{other} and {one}");
        }
        let [all, left_out] =
            ["[a-z]{2}", "ab|[a-z]"].map(|text| Expression::written(text).unwrap());
        for (one, expected) in [("ab", false), ("ab|b", false), ("a.", true), ("abc", false)] {
            let one_read = Expression::written(one).unwrap();
            assert_eq!(one_read.meets(&all, &left_out), expected, "{one}");
        }
    }

    /// Each would take much memory or time, or ask for what is not offered.
    #[test]
    fn an_expression_that_costs_much_is_refused() {
        let nested = format!("{}a{}", "(".repeat(33), ")".repeat(33));
        for (expression, syntax) in [
            (r"(?:a{1000}){1000}", false),
            (r".*a.{20}", false),
            (r"(?:[01]*1[01]{16})", false),
            (&*nested, true),
            (r"(?u)\w+", true),
            (r"a|(?i-s:b(?xu).)", true),
            (r"\\(?u:.)", true),
            (r"(?-u:a)", true),
            (r"\p{Greek}", true),
            (r"(a)\1", true),
            (r"(?=a)a", true),
            ("a(b", true),
            (r"(?u:\b)a", true),
        ] {
            match Expression::parse(expression) {
                Err(Fault::Regex(_)) if syntax => {}
                Err(Fault::RegexTooLarge) if !syntax => {}
                other => panic!("{expression}: {other:?}"),
            }
        }
        assert!(matches!(Expression::parse(&"a".repeat(1025)), Err(Fault::TooLong)));
    }

    /// Against a matcher of a few lines that knows letters and stars, on all short texts.
    #[test]
    fn short_expressions_match_what_their_parts_match() {
        fn matches(expression: &[u8], text: &[u8]) -> bool {
            match expression {
                [] => text.is_empty(),
                [one, b'*', rest @ ..] => {
                    matches(rest, text)
                        || text.first().is_some_and(|byte| byte == one)
                            && matches(expression, &text[1..])
                }
                [one, rest @ ..] => {
                    text.first().is_some_and(|byte| byte == one) && matches(rest, &text[1..])
                }
            }
        }
        let letters = ["a", "b", "a*", "b*"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer = texts.iter().flat_map(|text| ["a", "b"].map(|c| format!("{text}{c}")));
            texts = texts.iter().cloned().chain(longer).collect();
            texts.sort();
            texts.dedup();
        }
        for one in letters {
            for two in letters {
                for three in letters {
                    let expression = [one, two, three].concat();
                    let parsed = Expression::parse(&expression).unwrap();
                    for text in &texts {
                        let expected = matches(expression.as_bytes(), text.as_bytes());
                        assert_eq!(parsed.matches(text), Some(expected), "{expression} on {text}");
                    }
                }
            }
        }
    }
}
