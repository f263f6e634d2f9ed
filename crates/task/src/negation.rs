//! What in a sentence says no, and from where on.
//!
//! These lists can only take away: a sentence that holds one of these words asks for nothing. What they miss is asked
//! for only if the grammar of a request understands it.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::forms::stem;
use crate::lexicon::{
    BEFORE_A_DENIAL, BEFORE_A_DENIED_CLAUSE, DEMONSTRATIVES, DENIAL_STEMS, DENIALS, DENYING,
    DENYING_PAIRS, DOUBTFUL, EXCLUSION_PAIRS, EXCLUSIONS, FINITE, FORWARD, MEASURES, OBJECT_ENDS,
    OPEN_ENDS, RESTRICTIONS, TEXTS, is_in,
};
use crate::steps;
use crate::text::{Token, Word};

/// What a sentence denies.
#[derive(Debug, Default)]
pub(crate) struct Negation {
    /// From which token on what is named is forbidden. Before it, what would be asked for waits for a person.
    pub(crate) from: Option<usize>,
    /// Every token that denies, excludes or restricts.
    pub(crate) places: Vec<usize>,
    /// Tokens that deny by themselves, so that they are not what is denied.
    pub(crate) denying: Vec<usize>,
    /// "Do not forget to": neither clear enough to ask for anything, nor to forbid it.
    pub(crate) twice: bool,
    /// What is meant is less than what is said.
    pub(crate) restricts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Negator {
    Denial,
    Exclusion,
    Restriction,
    Verb,
}

impl Negation {
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let pieces = pieces(tokens);
        let mut negation = Self::default();
        let mut first = None;
        let mut skip = 0;
        for at in 0..pieces.len() {
            steps::take(1);
            if at < skip {
                continue;
            }
            if let Some(length) = twice(pieces.get(at..).unwrap_or_default()) {
                (negation.twice, skip) = (true, at + length);
                continue;
            }
            let found = negator(&pieces, at).or_else(|| none_at_all(tokens, &pieces, at));
            let Some((place, negator)) = found else { continue };
            // In quotation marks it can be content as well as emphasis.
            let quoted = matches!(tokens.get(place), Some(Token::Quotation(_)));
            let negator = if quoted { Negator::Restriction } else { negator };
            negation.places.push(place);
            match negator {
                Negator::Restriction => negation.restricts = true,
                Negator::Verb => negation.denying.push(place),
                Negator::Denial | Negator::Exclusion => {}
            }
            if negator != Negator::Restriction && first.is_none() {
                first = Some((place, negator));
            }
        }
        negation.from = first.map(|(place, negator)| match negator {
            Negator::Exclusion => place,
            _ => turn(tokens, place),
        });
        negation
    }

    /// The parts of a sentence that hold one of these tokens.
    pub(crate) fn parts(&self, tokens: &[Token]) -> Vec<Range<usize>> {
        let mut places = self.places.iter().copied().peekable();
        let mut parts = parts(tokens);
        parts.retain(|part| {
            let mut holds = false;
            steps::take(1);
            while places.next_if(|place| *place < part.end).is_some() {
                steps::take(1);
                holds = true;
            }
            holds
        });
        parts
    }

    /// Whether the sentence takes away from what is asked for.
    pub(crate) fn denies(&self) -> bool {
        self.restricts || self.from.is_some()
    }
}

/// What a denial says of the text behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onward {
    /// Nothing.
    Silent,
    /// It may be about what stands behind: "Do not do this."
    Doubtful,
    /// It is about what stands behind: "Do not do the following."
    Pointing,
}

impl Onward {
    /// Of a sentence that denies.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let text = |at: usize| match tokens.get(at) {
            Some(Token::Word(word)) => word.text.as_str(),
            _ => "",
        };
        steps::take(tokens.len());
        let mut onward = Self::Silent;
        for at in 0..tokens.len() {
            let (word, next) = (text(at), text(at + 1));
            let is_there = matches!(next, "is" | "are" | "comes" | "come" | "follows" | "follow");
            let of_text = || (at + 1..at + 4).any(|at| is_in(text(at), &TEXTS));
            let points = is_in(word, &FORWARD)
                || word == "here" && (is_there || next.is_empty())
                || word == "next" && (next.is_empty() || of_text())
                || matches!((word, next), ("now" | "here", "on"));
            if points {
                return Self::Pointing;
            }
            // "These are off limits", "these two things", and not "these files".
            let ends = next.is_empty() || is_in(next, &FINITE) || is_in(next, &OBJECT_ENDS);
            let dangles = word == "do" && next.is_empty() && at > 0;
            // "The long paragraph behind this one", "steps that come later".
            if is_in(word, &DEMONSTRATIVES) && ends || is_in(word, &TEXTS) || dangles {
                onward = Self::Doubtful;
            }
        }
        onward
    }
}

/// Whether a sentence cannot end where it ends: "I do not want you to".
pub(crate) fn breaks_off(tokens: &[Token]) -> bool {
    let last =
        tokens.iter().rev().inspect(|_| steps::take(1)).find(|token| **token != Token::Break);
    match last {
        Some(Token::Word(word)) => is_in(&word.text, &OPEN_ENDS),
        Some(Token::Comma | Token::Open) => true,
        _ => false,
    }
}

/// The parts of a sentence, between its breaks and conjunctions.
pub(crate) fn parts(tokens: &[Token]) -> Vec<Range<usize>> {
    let divides = |token: &Token| match token {
        Token::Break | Token::Open | Token::Close => true,
        Token::Word(word) => matches!(word.text.as_str(), "and" | "or" | "but" | "then"),
        _ => false,
    };
    let (mut from, mut parts) = (0, Vec::new());
    for to in 0..=tokens.len() {
        steps::take(1);
        if tokens.get(to).is_none_or(divides) {
            parts.push(from..to);
            from = to + 1;
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Every word and part of a word, with the place of its token.
fn pieces(tokens: &[Token]) -> Vec<(usize, &str)> {
    let mut pieces = Vec::with_capacity(tokens.len());
    for (place, token) in tokens.iter().enumerate() {
        steps::take(1);
        match token {
            Token::Word(Word { text, parts, .. }) if parts.is_empty() => {
                pieces.push((place, text.as_str()))
            }
            Token::Word(Word { parts, .. }) | Token::Quotation(parts) => {
                pieces.extend(parts.iter().map(|part| (place, part.as_str())));
            }
            _ => {}
        }
    }
    pieces
}

/// How many pieces "do not forget to" takes, where it stands here.
fn twice(pieces: &[(usize, &str)]) -> Option<usize> {
    let word = |at: usize| pieces.get(at).map_or("", |(_, word)| *word);
    let denial = match (word(0), word(1)) {
        ("do", "not") => 2,
        ("dont", _) => 1,
        ("don", "t") => 2,
        _ => return None,
    };
    (is_in(word(denial), &DOUBTFUL) && word(denial + 1) == "to").then_some(denial + 2)
}

fn negator(pieces: &[(usize, &str)], at: usize) -> Option<(usize, Negator)> {
    let (place, word) = *pieces.get(at)?;
    let next = pieces.get(at + 1).map_or("", |(_, next)| *next);
    let is_number = next.chars().next().is_some_and(|c| c.is_ascii_digit());
    let negator = if word == "no" && is_number {
        Negator::Restriction
    } else if word == "no" && is_in(next, &MEASURES)
        || is_in(word, &EXCLUSIONS)
        || EXCLUSION_PAIRS.contains(&(word, next))
    {
        Negator::Exclusion
    } else if is_in(word, &DENIALS)
        || next == "t" && is_in(word, &DENIAL_STEMS)
        || next == "nt" && word != "no"
    {
        Negator::Denial
    } else if is_in(word, &RESTRICTIONS) {
        Negator::Restriction
    } else if is_denying_verb(word) || pair(pieces, at) {
        Negator::Verb
    } else {
        return None;
    };
    Some((place, negator))
}

/// "Delete 0 files"; and not the parts of "10:00" or "0.5".
fn none_at_all(tokens: &[Token], pieces: &[(usize, &str)], at: usize) -> Option<(usize, Negator)> {
    let (place, _) = *pieces.get(at)?;
    let is_nought = matches!(tokens.get(place), Some(Token::Word(word)) if word.text == "0");
    is_nought.then_some((place, Negator::Restriction))
}

fn is_denying_verb(word: &str) -> bool {
    static STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| DENYING.words().map(stem).collect());
    STEMS.contains(&stem(word))
        || matches!(word, "forbidden" | "forgotten" | "undesired" | "unwanted")
}

fn pair(pieces: &[(usize, &str)], at: usize) -> bool {
    let (here, behind) = match pieces.get(at..).unwrap_or_default() {
        [(_, here), behind @ ..] => (*here, behind),
        [] => return false,
    };
    DENYING_PAIRS.iter().any(|(first, second, within)| {
        steps::take(1 + within);
        *first == here && behind.iter().take(*within).any(|(_, word)| word == second)
    })
}

/// Where the part of a sentence begins that the denial at this place governs: at the comma, the conjunction or the break that
/// leads to it, or at the last break before it, or else at the beginning.
fn turn(tokens: &[Token], denial: usize) -> usize {
    let mut start = denial;
    let mut joined = None;
    while let Some(before) = start.checked_sub(1) {
        steps::take(1);
        let leads = match tokens.get(before) {
            Some(Token::Word(word)) => {
                let joins = is_in(&word.text, &BEFORE_A_DENIED_CLAUSE);
                joined = if joins { Some(before) } else { joined };
                joins || is_in(&word.text, &BEFORE_A_DENIAL)
            }
            Some(Token::Comma | Token::Break | Token::Open) => {
                return before;
            }
            _ => false,
        };
        if !leads {
            break;
        }
        start = before;
    }
    if let Some(joined) = joined {
        return joined;
    }
    let before = tokens.get(..denial).unwrap_or_default();
    let is_break = |token: &Token| match token {
        Token::Break | Token::Open => true,
        Token::Word(word) => {
            matches!(word.text.as_str(), "but" | "however" | "though" | "although" | "yet")
        }
        _ => false,
    };
    steps::take(before.len());
    before.iter().rposition(is_break).unwrap_or(0)
}
