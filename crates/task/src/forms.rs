//! Words in their forms: "sharing" and "shared" name what "share" names.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::steps;

/// Words of a request, looked up by a tool's words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    words: BTreeSet<String>,
}

impl Words {
    /// Words as they stand.
    pub(crate) fn exact<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let words = words.into_iter().inspect(|word| steps::take(steps::of_word(word)));
        Self { words: words.map(str::to_owned).collect() }
    }

    /// Words with the forms that they share with others of their stem.
    pub(crate) fn in_all_forms<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut all = BTreeSet::new();
        for word in words {
            steps::take(steps::of_word(word));
            let base = base(word);
            all.extend([stem(word), stem(base), base.to_owned(), word.to_owned()]);
        }
        Self { words: all }
    }

    /// Whether one of them is this word of a tool; `*` at its end stands for any ending.
    pub(crate) fn hold(&self, asked_by: &str) -> bool {
        steps::take(steps::of_word(asked_by));
        match asked_by.strip_suffix('*') {
            Some(start) => {
                let mut from =
                    self.words.range::<str, _>((Bound::Included(start), Bound::Unbounded));
                from.next().is_some_and(|word| word.starts_with(start))
            }
            None => self.words.contains(asked_by),
        }
    }

    /// The same, of any form of the word.
    pub(crate) fn hold_a_form_of(&self, asked_by: &str) -> bool {
        let letters = asked_by.strip_suffix('*');
        self.hold(asked_by)
            || letters.is_none()
                && (self.words.contains(&stem(asked_by)) || self.words.contains(base(asked_by)))
    }
}

/// The base form of an irregular verb.
fn base(word: &str) -> &str {
    const IRREGULAR: &[(&str, &str)] = &[
        ("sent", "send"),
        ("wrote", "write"),
        ("written", "write"),
        ("paid", "pay"),
        ("gave", "give"),
        ("given", "give"),
        ("bought", "buy"),
        ("sold", "sell"),
        ("took", "take"),
        ("taken", "take"),
        ("made", "make"),
        ("told", "tell"),
        ("said", "say"),
        ("did", "do"),
        ("done", "do"),
        ("lent", "lend"),
        ("threw", "throw"),
        ("thrown", "throw"),
        ("withdrew", "withdraw"),
        ("withdrawn", "withdraw"),
        ("held", "hold"),
        ("kept", "keep"),
        ("brought", "bring"),
        ("built", "build"),
        ("drew", "draw"),
        ("drawn", "draw"),
        ("hid", "hide"),
        ("hidden", "hide"),
        ("ran", "run"),
        ("spoke", "speak"),
        ("spoken", "speak"),
        ("went", "go"),
        ("gone", "go"),
        ("chose", "choose"),
        ("chosen", "choose"),
        ("resent", "resend"),
        ("overwrote", "overwrite"),
        ("overwritten", "overwrite"),
        ("undone", "undo"),
        ("dealt", "deal"),
        ("spent", "spend"),
    ];
    IRREGULAR.iter().find(|(form, _)| *form == word).map_or(word, |(_, base)| base)
}

/// What the regular forms of a word have in common.
pub(crate) fn stem(word: &str) -> String {
    steps::take(steps::of_word(word));
    const ENDINGS: [&str; 16] = [
        "ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion", "ers", "er", "als", "al",
        "ed", "es", "s", "e",
    ];
    let cut = ENDINGS
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3));
    let rest = cut.unwrap_or(word).trim_end_matches('e');
    let mut letters: Vec<char> = rest.chars().collect();
    if let [.., one, other] = letters.as_slice()
        && one == other
        && letters.len() > 3
    {
        letters.pop();
    }
    if let Some(last) = letters.last_mut().filter(|last| **last == 'y') {
        *last = 'i';
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (word, others) in [
            ("delete", &["deletes", "deleted", "deleting", "deletion", "deletions"][..]),
            ("share", &["shares", "shared", "sharing"]),
            ("transfer", &["transfers", "transferred", "transferring"]),
            ("reply", &["replies", "replied", "replying"]),
            ("pay", &["pays", "payment", "payments", "paying", "paid"]),
            ("send", &["sends", "sending", "sent"]),
            ("cancel", &["cancelled", "canceling", "cancellation"]),
            ("remove", &["removal", "removes", "removing"]),
            ("email", &["emails", "emailing", "emailed"]),
            ("forward", &["forwards", "forwarding", "forwarded"]),
            ("write", &["writes", "wrote", "written", "writing"]),
        ] {
            for other in others {
                assert!(Words::in_all_forms([*other]).hold_a_form_of(word), "{other}: {word}");
                assert!(Words::in_all_forms([word]).hold_a_form_of(other), "{word}: {other}");
            }
        }
        for (word, other) in [("send", "sender's"), ("read", "red"), ("mail", "main")] {
            assert!(!Words::in_all_forms([other]).hold_a_form_of(word), "{other}: {word}");
        }
    }

    #[test]
    fn a_star_stands_for_any_ending() {
        let words = Words::exact(["mailing", "a"]);
        assert!(words.hold("mail*") && words.hold("mailing") && !words.hold("mail"));
        assert!(!words.hold("mailings*") && !words.hold("b*"));
    }
}
