//! What a plain positive sentence asks for: a closed grammar. What it does not understand asks for nothing.
//!
//! ```text
//! sentence   = opening clause { join clause }
//! opening    = { "please" | "then" | "after that" | … }
//! clause     = [ "can you" | "I want you to" | "let's" | … ] verb [ object ] …
//! join       = ( "," | ";" | "and" | "then" | "but" | end of line ) … before a verb with an object
//! ```
//!
//! The verb of a clause asks, and so does the noun at the end of its object where the verb is one that brings about what it
//! names ("make a *payment*").

use crate::lexicon::{
    ANNOUNCING, BACK, BEFORE_A_BASE_FORM, BEFORE_A_REQUEST, BESIDE_BACK, BETWEEN, BETWEEN_AT_MOST,
    BRINGING_ABOUT, CAUSING, CHAINS, COMPLEMENTS, CONDITIONS, COURTESY, FINITE, FRAMES,
    HANDED_OVER, HANDING_OVER, LABELS, List, NOT_BEHIND_A_VERB, OBJECT_ENDS, OBJECTS,
    PHRASES_BEFORE_A_REQUEST, PHRASES_OF_CONDITION, POINTING, POLITE_FRAMES, REPORTING,
    SALUTATIONS, SUBORDINATING, TAKING_BACK, TELLING, TOLD_WITHIN, UNSURE, is_in, is_noun_too,
    is_verb,
};
use crate::steps;
use crate::text::{Token, Word};

/// What a sentence asks for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Its words, in lower case.
    pub(crate) words: Vec<String>,
    /// Whether it hands over what to do.
    pub(crate) delegates: bool,
    /// Whether it points at text behind the colon that ends it, or says that it is a request.
    pub(crate) points: bool,
    /// Whether the user wants to be asked first, or to be waited for.
    pub(crate) waits: bool,
}

/// Reads the tokens of one sentence. `question` says whether a question mark ends it.
pub(crate) fn asked(tokens: &[Token], question: bool) -> Asked {
    let sentence = Sentence { tokens };
    let mut asked = Asked::default();
    steps::take(tokens.len());
    if tokens.contains(&Token::Odd) {
        return asked;
    }
    let Some(heads) = sentence.heads(question) else { return asked };
    if heads.iter().any(|head| sentence.waits(*head)) {
        return Asked { waits: true, ..asked };
    }
    for head in heads {
        let verb = sentence.text(head);
        if matches!(sentence.text(head + 1), "me" | "us") {
            continue;
        }
        asked.words.push(verb.to_owned());
        if is_in(verb, &BRINGING_ABOUT)
            && let Some(noun) = sentence.object(head)
        {
            asked.words.push(noun.to_owned());
        }
        asked.delegates |= sentence.hands_over(head);
        asked.points |= is_in(verb, &HANDING_OVER) && sentence.has_any(head, &POINTING);
    }
    asked
}

/// Whether a sentence that a colon ends says no more than that requests follow: "Tasks:", "Please:", "Could you please:".
pub(crate) fn is_label(tokens: &[Token]) -> bool {
    let sentence = Sentence { tokens };
    let (start, _) = sentence.opening(0);
    let framed = sentence.frame(start).unwrap_or(start);
    let label = sentence.word(framed).is_some_and(|word| is_in(&word.text, &LABELS));
    framed + usize::from(label) == tokens.len() && framed + usize::from(label) > 0
}

/// Whether a sentence that asks for nothing says that text follows, which is then content: "Translate the following",
/// "Here is the mail", or "Proofread this" before the end of a line.
pub(crate) fn announces(tokens: &[Token], line_ends: bool) -> bool {
    let sentence = Sentence { tokens };
    let (start, _) = sentence.opening(0);
    let first = sentence.text(start);
    let is_there = |at: usize| matches!(sentence.text(at), "is" | "are" | "comes");
    let shows = matches!(first, "here" | "below") && is_there(start + 1) || first == "heres";
    let says_requests = (0..tokens.len()).any(|at| is_in(sentence.text(at), &LABELS));
    let end =
        tokens.len() - tokens.iter().rev().take_while(|token| **token == Token::Break).count();
    let last = |back: usize| end.checked_sub(back).map_or("", |at| sentence.text(at));
    // "The following", "the text below", "the following text".
    let points = is_in(last(1), &ANNOUNCING) || last(2) == "following";
    let this = matches!((last(2), last(1)), (_, "this" | "these") | ("this", "mean" | "say"));
    shows && !says_requests || points || line_ends && this
}

/// Whether a statement that asks for nothing says that somebody's words follow: "Lee wrote" before an empty line, or "the
/// following is a mail".
pub(crate) fn introduces(tokens: &[Token], is_ended: bool, line_ends: bool) -> bool {
    let sentence = Sentence { tokens };
    let mut words = (0..tokens.len()).map(|at| sentence.text(at)).filter(|word| !word.is_empty());
    let follows = |word: &str| is_in(word, &ANNOUNCING) || word == "follows";
    let reports = |word: &str| is_in(word, &REPORTING);
    let first = words.clone().next().unwrap_or_default();
    let this = matches!(first, "this" | "these") && words.clone().nth(1).is_some_and(is_finite);
    let last = words.clone().next_back().unwrap_or_default();
    words.clone().any(follows)
        || line_ends && (this || reports(last))
        || line_ends && !is_ended && words.any(reports)
}

fn is_finite(word: &str) -> bool {
    is_in(word, &FINITE)
}

/// Whether a sentence begins with a salutation.
pub(crate) fn salutes(tokens: &[Token]) -> bool {
    let from = tokens.iter().take_while(|token| **token == Token::Break).count();
    is_in(Sentence { tokens }.text(from), &SALUTATIONS)
}

/// Whether a sentence takes back what was asked before it: one of few words that asks for nothing ("Bad idea.", "Should
/// I?"), "keep it", and "that is what Lee wrote".
pub(crate) fn takes_back(tokens: &[Token]) -> bool {
    let sentence = Sentence { tokens };
    let words: Vec<&Word> = (0..tokens.len()).filter_map(|at| sentence.word(at)).collect();
    let is_plain = |token: &Token| matches!(token, Token::Word(_) | Token::Comma | Token::Break);
    if words.is_empty() || !tokens.iter().all(is_plain) || words.iter().any(|word| word.reference) {
        return false;
    }
    let holds = |list: &List| words.iter().any(|word| is_in(&word.text, list));
    let courtesy =
        |word: &Word| is_in(&word.text, &COURTESY) || is_in(&word.text, &BEFORE_A_REQUEST);
    let polite = words.iter().filter(|word| word.capital || courtesy(word)).count();
    let courteous = polite == words.len() && words.iter().any(|word| courtesy(word));
    // "Send it. To Lee."
    let goes_on = words.first().is_some_and(|word| is_in(&word.text, &COMPLEMENTS));
    let comments =
        words.len() <= MAX_COMMENT && !courteous && !goes_on && !is_verb(sentence.verb());
    let left: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let left: Vec<&str> = left.into_iter().filter(|word| !is_in(word, &BESIDE_BACK)).collect();
    let keeps = match left.as_slice() {
        ["let", _, "do", back] => is_in(back, &BACK),
        [verb, back] => is_in(verb, &TAKING_BACK) && is_in(back, &BACK),
        _ => false,
    };
    let reports = words.first().is_some_and(|word| is_in(&word.text, &BACK)) && holds(&REPORTING);
    comments || keeps || reports
}

fn is_pronoun(word: &str) -> bool {
    matches!(word, "i" | "he" | "she" | "we" | "they" | "you")
}

/// Bounds on what is looked at from one place, so that reading stays linear.
const MAX_JOINTS: usize = 4;
const MAX_OPENING: usize = 8;
const MAX_CHAIN: usize = 3;
const MAX_POINTING: usize = 8;

/// Words of a comment.
const MAX_COMMENT: usize = 3;

struct Sentence<'t> {
    tokens: &'t [Token],
}

/// How a clause begins.
struct Clause {
    verb: usize,
    /// Whether a form of request or a "please" stands before its verb.
    polite: bool,
}

impl Sentence<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        steps::take(1);
        self.tokens.get(at)
    }

    fn word(&self, at: usize) -> Option<&Word> {
        match self.token(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The word at a place, where one of the language stands there.
    fn text(&self, at: usize) -> &str {
        self.word(at).filter(|word| !word.reference).map_or("", |word| &word.text)
    }

    fn stands(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(place, word)| self.text(at + place) == *word)
    }

    fn has_any(&self, from: usize, words: &List) -> bool {
        (from..from + MAX_POINTING).any(|at| is_in(self.text(at), words))
    }

    /// Behind what says nothing at the beginning of a clause, and whether "please" was there.
    fn opening(&self, from: usize) -> (usize, bool) {
        let (mut at, mut polite) = (from, false);
        for _ in 0..MAX_OPENING {
            let phrase = PHRASES_BEFORE_A_REQUEST.iter().find(|phrase| self.stands(at, phrase));
            let is_number =
                self.word(at).is_some_and(|word| word.text.chars().all(|c| c.is_ascii_digit()));
            let bracketed = self.token(at + 1) == Some(&Token::Close);
            if let Some(phrase) = phrase {
                at += phrase.len();
            } else if is_in(self.text(at), &BEFORE_A_REQUEST) {
                polite |= matches!(self.text(at), "please" | "kindly");
                at += 1;
            } else if is_in(self.text(at), &SALUTATIONS)
                && let Some(comma) =
                    (at + 1..at + 4).find(|at| self.token(*at) == Some(&Token::Comma))
            {
                at = comma;
            } else if is_number && bracketed && at == from {
                at += 2;
            } else if at > from && matches!(self.token(at), Some(Token::Comma | Token::Break))
                || matches!(self.token(at), Some(Token::Break))
            {
                at += 1;
            } else {
                break;
            }
        }
        (at, polite)
    }

    /// The word where the verb of the first clause would stand.
    fn verb(&self) -> &str {
        let (start, _) = self.opening(0);
        self.text(self.frame(start).unwrap_or(start))
    }

    /// Behind a form of request, where one stands here.
    fn frame(&self, at: usize) -> Option<usize> {
        let plain = FRAMES.iter().find(|frame| self.stands(at, frame));
        if let Some(frame) = plain {
            return Some(self.opening(at + frame.len()).0);
        }
        let frame = POLITE_FRAMES.iter().find(|frame| self.stands(at, frame))?;
        let (behind, polite) = self.opening(at + frame.len());
        polite.then_some(behind)
    }

    /// The clause that begins here.
    fn clause(&self, from: usize) -> Option<Clause> {
        let (start, pleads) = self.opening(from);
        let framed = self.frame(start);
        let mut verb = framed.unwrap_or(start);
        let mut polite = pleads || framed.is_some();
        for _ in 0..MAX_CHAIN {
            let Some(chain) = self.chain(verb) else { break };
            let (behind, pleads) = self.opening(verb + chain);
            (verb, polite) = (behind, polite || pleads);
        }
        let behind = self.text(verb + 1);
        // "Translate delete" is no request, and "share costs" is one.
        let is_head = is_verb(self.text(verb))
            && !is_in(behind, &NOT_BEHIND_A_VERB)
            && (!is_verb(behind) || is_noun_too(behind));
        is_head.then_some(Clause { verb, polite })
    }

    fn chain(&self, at: usize) -> Option<usize> {
        CHAINS.iter().filter(|chain| self.stands(at, chain)).map(|chain| chain.len()).max()
    }

    /// The verbs that ask; `None` where the sentence is not understood.
    fn heads(&self, question: bool) -> Option<Vec<usize>> {
        let first = self.clause(0)?;
        let framed = self.frame(self.opening(0).0).is_some();
        let for_me = (0..self.tokens.len())
            .any(|at| self.stands(at, &["for", "me"]) || self.stands(at, &["for", "us"]));
        if question && !framed && !first.polite && !for_me {
            return None;
        }
        let (mut heads, mut at) = (vec![first.verb], first.verb + 1);
        // Whether a clause within the clause has begun, and whether a base form can belong to it.
        let (mut within, mut open) = (false, false);
        let mut depth = 0_usize;
        while at < self.tokens.len() {
            match self.token(at) {
                Some(Token::Open) => depth += 1,
                Some(Token::Close) => depth = depth.saturating_sub(1),
                Some(Token::Word(_))
                    if depth > 0 && (self.is_condition(at) || is_in(self.text(at), &UNSURE)) =>
                {
                    return None;
                }
                _ if depth > 0 => {}
                Some(Token::Word(_)) if self.is_condition(at) => {
                    return self.under_a_condition(at, &heads).then_some(heads);
                }
                _ => {}
            }
            if depth == 0 {
                if let Some(verb) = self.joined(at, heads.last().copied()).filter(|_| !open) {
                    heads.push(verb);
                    (within, at) = (false, verb + 1);
                    continue;
                }
                let word = self.text(at);
                if word == "whether" && self.is_told(at, &heads) {
                    // What follows can depend on the answer.
                    return Some(heads);
                }
                let doubtful = self.is_reported(at) || is_in(word, &UNSURE) || self.is_choice(at);
                if doubtful && !within {
                    return None;
                }
                if is_in(word, &SUBORDINATING) || word == "that" && self.opens_a_clause(at) {
                    within = true;
                } else if word == "to" && is_verb(self.text(at + 1))
                    || self.is_of_another(at, heads.last().copied())
                {
                    open = true;
                } else if within {
                    let is_base = is_verb(word) && !is_noun_too(word);
                    open |= is_base || is_in(word, &BEFORE_A_BASE_FORM);
                } else if !first.polite && is_in(word, &FINITE) {
                    return None;
                }
            }
            at += 1;
        }
        Some(heads)
    }

    /// Whether "that" begins a clause, and does not point.
    fn opens_a_clause(&self, at: usize) -> bool {
        let behind = self.text(at + 1);
        is_in(behind, &SUBORDINATING)
            || is_in(behind, &FINITE)
            || is_in(behind, &OBJECTS)
            || self.word(at + 1).is_some_and(|word| word.capital)
    }

    /// Whether what stands before was said by somebody: "…, Lee wrote", "…, according to Lee".
    fn is_reported(&self, at: usize) -> bool {
        if !matches!(self.token(at), Some(Token::Comma | Token::Break)) {
            return false;
        }
        let part = (at + 1..at + 1 + MAX_POINTING).map_while(|at| self.word(at));
        let mut words = part.map(|word| word.text.as_str());
        let decisive = words.find(|word| {
            is_in(word, &SUBORDINATING) && !is_pronoun(word) || is_in(word, &REPORTING)
        });
        decisive.is_some_and(|word| is_in(word, &REPORTING))
    }

    /// Whether an alternative to what stands before begins here: which of the two is meant is not said.
    fn is_choice(&self, at: usize) -> bool {
        self.text(at) == "or"
            && self.clause(at + 1).is_some_and(|other| {
                !is_noun_too(self.text(other.verb)) || is_in(self.text(other.verb + 1), &OBJECTS)
            })
    }

    /// Whether a base form is what the object of the last verb does: "watch Lee delete it".
    fn is_of_another(&self, at: usize, last: Option<usize>) -> bool {
        last.is_some_and(|last| is_in(self.text(last), &CAUSING))
            && is_verb(self.text(at))
            && !is_noun_too(self.text(at))
    }

    /// The verb of another clause that joins here.
    fn joined(&self, at: usize, last: Option<usize>) -> Option<usize> {
        let clause = self.clause(self.behind_joints(at)?)?;
        let verb = clause.verb;
        let directly = last.is_some_and(|last| last + 1 == at);
        // In "find and delete the file", and not in "mails about travel, shares and plans".
        let leads_on = (directly || !is_noun_too(self.text(verb)))
            && self.behind_joints(verb + 1).is_some_and(|next| is_verb(self.text(next)));
        let has_object = match self.token(verb + 1) {
            Some(Token::Quotation(_)) => true,
            Some(Token::Word(next)) => {
                next.reference
                    || next.capital
                    || is_in(&next.text, &OBJECTS)
                    || !is_noun_too(self.text(verb)) && is_in(&next.text, &COMPLEMENTS)
                    || leads_on
            }
            Some(Token::Comma | Token::Break) => leads_on,
            _ => directly,
        };
        (has_object || clause.polite).then_some(verb)
    }

    /// Behind the commas and conjunctions that stand here, where there are some.
    fn behind_joints(&self, at: usize) -> Option<usize> {
        let joins = |at: usize| {
            matches!(self.token(at), Some(Token::Comma | Token::Break))
                || matches!(self.text(at), "and" | "then" | "but")
        };
        let count = (at..at + MAX_JOINTS).take_while(|at| joins(*at)).count();
        (count > 0).then_some(at + count)
    }

    /// Whether a verb says that the user decides first: "ask me", "check with me", "wait".
    fn waits(&self, verb: usize) -> bool {
        let me = |at: usize| matches!(self.text(at), "me" | "us");
        match self.text(verb) {
            "wait" => true,
            "let" => me(verb + 1) && !matches!(self.text(verb + 2), "know" | "have" | "see"),
            "run" => {
                (verb + 1..verb + 1 + MAX_POINTING).any(|at| self.text(at) == "by" && me(at + 1))
            }
            "ask" | "consult" => me(verb + 1),
            "check" | "confirm" | "clear" | "verify" | "discuss" => {
                (verb + 1..verb + 1 + MAX_POINTING).any(|at| self.text(at) == "with" && me(at + 1))
            }
            _ => false,
        }
    }

    /// Whether a condition begins here.
    fn is_condition(&self, at: usize) -> bool {
        let behind = self.word(at + 1);
        match self.text(at) {
            "after" | "before" => {
                let speaks = |word: &Word| is_pronoun(&word.text);
                let goes_on =
                    !self.text(at + 2).is_empty() && !is_in(self.text(at + 2), &OBJECT_ENDS);
                behind.is_some_and(|word| speaks(word) || word.capital && goes_on)
            }
            "the" if self.text(at + 1) == "moment" => {
                self.word(at + 2).is_some_and(|word| is_pronoun(&word.text) || word.capital)
            }
            "long" => self.text(at + 1) == "as",
            "subject" => self.text(at + 1) == "to",
            "approval" | "consent" | "confirmation" => true,
            word => {
                is_in(word, &CONDITIONS)
                    || PHRASES_OF_CONDITION.iter().any(|phrase| self.stands(at, phrase))
            }
        }
    }

    /// Whether what stands before a condition asks all the same: it is told or looked up ("ask Lee if …"), or it
    /// chooses between two times ("at 10:00, or at 16:00 if …").
    fn under_a_condition(&self, at: usize, heads: &[usize]) -> bool {
        self.is_told(at, heads) || self.chooses_a_time(at)
    }

    fn is_told(&self, at: usize, heads: &[usize]) -> bool {
        heads
            .last()
            .is_some_and(|head| is_in(self.text(*head), &TELLING) && at - head <= TOLD_WITHIN + 1)
    }

    fn chooses_a_time(&self, condition: usize) -> bool {
        let mut numbers = 0;
        for at in (0..condition).rev() {
            match self.word(at) {
                Some(word) if word.text == "or" => return numbers > 0,
                Some(word) if word.text.starts_with(|c: char| c.is_ascii_digit()) => numbers += 1,
                Some(word) if matches!(word.text.as_str(), "at" | "on") => {}
                _ => return false,
            }
        }
        false
    }

    /// The last noun of the object of a verb.
    fn object(&self, verb: usize) -> Option<&str> {
        let behind = (verb + 1..self.tokens.len()).take_while(|at| {
            let word = self.word(*at);
            word.is_some_and(|word| !is_in(&word.text, &OBJECT_ENDS) && !is_in(&word.text, &FINITE))
        });
        behind.last().map(|at| self.text(at))
    }

    fn hands_over(&self, verb: usize) -> bool {
        if !is_in(self.text(verb), &HANDING_OVER) {
            return false;
        }
        for at in (verb + 1..).take(BETWEEN_AT_MOST + 1) {
            let Some(word) = self.word(at) else { return false };
            if is_in(&word.text, &HANDED_OVER) {
                return true;
            }
            if !is_in(&word.text, &BETWEEN) {
                return false;
            }
        }
        false
    }
}
