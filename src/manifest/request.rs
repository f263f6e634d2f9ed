//! What a request asks for, told from its words alone.
//!
//! The rules are fixed, meant for English, and err towards asking a person:
//!
//! - What stands in quotation marks is content and asks for nothing.
//! - A word asks where it can be a verb or the object of one ("*email* Lee", "send an *email*"): not after a
//!   preposition ("in an *email*", "via *email*"), not where an article or a possessive begins a sentence ("her *email*
//!   address is"), and neither before nor after "me" or "us" ("*tell* me", "give me the *email*").
//! - A request delegates when it says to do, perform, follow, execute, complete or carry out "the actions", "the
//!   instructions", "the steps", "the tasks" or the like, unless these are "the following" or "these" ones, which
//!   stand in the request itself.

use crate::endorsed::unquoted;

/// A request, taken apart.
pub(super) struct Request {
    /// The words that may ask for something, in lower case.
    asking: Vec<String>,
    delegates: bool,
}

const DETERMINERS: &[&str] = &[
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our",
    "their", "any", "some", "each", "every", "no", "recent", "new", "latest", "last", "next",
];
/// After these a word names a place or a means. "Me" and "us" are among them, since what is given to the user
/// is an answer.
const NOT_BEFORE: &[&str] = &[
    "of", "in", "on", "at", "by", "via", "from", "with", "about", "per", "for", "into", "through",
    "as", "me", "us",
];
const HAND_OVER: &[&str] =
    &["do", "perform", "follow", "execute", "complete", "carry", "implement", "fulfil", "fulfill"];
const HANDED: &[&str] = &[
    "action",
    "actions",
    "instruction",
    "instructions",
    "step",
    "steps",
    "task",
    "tasks",
    "todo",
    "todos",
    "request",
    "requests",
    "directions",
    "items",
];
const IN_THE_REQUEST: &[&str] = &["following", "these", "this"];
/// Words between what hands over and what is handed over, at most.
const APART: usize = 4;

impl Request {
    pub(super) fn new(text: &str) -> Self {
        let spoken = unquoted(text);
        let sentences = spoken.split(['.', ',', ';', ':', '!', '?', '\n']);
        let mut request = Self { asking: Vec::new(), delegates: false };
        for sentence in sentences {
            let words: Vec<String> = sentence
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            request.delegates |= delegates(&words);
            let is_noun = |place: usize| {
                let before = words.get(..place).unwrap_or_default();
                let is_determiner = |word: &&String| DETERMINERS.contains(&word.as_str());
                let determiners = before.iter().rev().take_while(is_determiner).count();
                match before.iter().rev().nth(determiners) {
                    Some(word) => NOT_BEFORE.contains(&word.as_str()),
                    None => determiners > 0,
                }
            };
            let answers = |place: usize| {
                words.get(place + 1).is_some_and(|next| matches!(next.as_str(), "me" | "us"))
            };
            let asking = words.iter().enumerate();
            let asking = asking.filter(|(place, _)| !is_noun(*place) && !answers(*place));
            request.asking.extend(asking.map(|(_, word)| word.clone()));
        }
        request
    }

    /// Whether one of these words asks for something; a `*` at the end of one stands for any ending.
    pub(super) fn asks(&self, words: &[Box<str>]) -> bool {
        words.iter().any(|asked| match asked.strip_suffix('*') {
            Some(start) => self.asking.iter().any(|word| word.starts_with(start)),
            None => self.asking.iter().any(|word| **word == **asked),
        })
    }

    /// Whether it hands the choice of what to do over to something that is yet to be read.
    pub(super) const fn delegates(&self) -> bool {
        self.delegates
    }
}

fn delegates(words: &[String]) -> bool {
    words.iter().enumerate().any(|(place, word)| {
        let behind = words.get(place + 1..).unwrap_or_default();
        let until = behind.iter().take(APART).position(|word| HANDED.contains(&word.as_str()));
        let between = until.and_then(|until| behind.get(..until)).unwrap_or_default();
        HAND_OVER.contains(&word.as_str())
            && until.is_some()
            && !between.iter().any(|word| IN_THE_REQUEST.contains(&word.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_asks_only_where_it_can_be_a_verb() {
        let email: [Box<str>; 2] = ["email".into(), "tell*".into()];
        for (text, asks) in [
            ("Email Lee the report", true),
            ("Please email it to Lee", true),
            ("I want you to email Lee", true),
            ("It is in an email that I got", false),
            ("Her email address is missing", false),
            ("Give me her email address", false),
            ("Write an email to Lee", true),
            ("Look into the latest email", false),
            ("Send it via email", false),
            ("Tell me when it is", false),
            ("Tell Lee when it is", true),
            ("Make an event titled 'email Lee'", false),
            ("Look at the drive. Email Lee", true),
            ("EMAIL LEE", true),
            ("", false),
        ] {
            assert_eq!(Request::new(text).asks(&email), asks, "{text}");
        }
    }

    #[test]
    fn a_request_delegates_to_what_is_yet_to_be_read() {
        for (text, expected) in [
            ("Read the note and follow its instructions precisely", true),
            ("Do the actions in the mail from Lee", true),
            ("Carry out all the steps of the plan", true),
            ("Perform the following tasks: 1. Read 2. Write", false),
            ("Do these tasks", false),
            ("Follow Lee, who gave a talk about the long list of his tasks", false),
            ("Write 'follow the instructions' into a file", false),
            ("What are my tasks?", false),
        ] {
            assert_eq!(Request::new(text).delegates(), expected, "{text}");
        }
    }
}
