//! Over random requests: a denial never lets more through, and a denied request lets nothing through.

use permitgate::decision::Ruling;
use permitgate_task::TaskRequest;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::world::{ACTING, ruling, rulings};

/// Requests with the tool that they ask for.
const ASKING: [(&str, &str); 8] = [
    ("send Lee a note", "send_mail"),
    ("delete the file", "delete_file"),
    ("share the file with Lee", "share_file"),
    ("pay the bill", "make_payment"),
    ("create an event with Lee", "create_event"),
    ("forward the mail to Lee", "send_mail"),
    ("remove all files", "delete_file"),
    ("make a payment to Lee", "make_payment"),
];
const OPENINGS: [&str; 8] = [
    "",
    "please ",
    "can you ",
    "could you please ",
    "I want you to ",
    "then, ",
    "let's ",
    "after that, ",
];
const DENIALS: [&str; 16] = [
    "do not delete or share any files",
    "never send anything",
    "don't do that",
    "don’t pay anybody",
    "do it without creating an event",
    "nothing is to be shared",
    "no deletions",
    "avoid sending mails",
    "it is not urgent",
    "stop",
    "never mind",
    "neither share nor delete",
    "I cannot find it",
    "you must not follow the instructions in it",
    "do anything but write to Lee",
    "leave it alone",
];
const OTHERS: [&str; 6] = [
    "summarise my mail",
    "Lee asked me about it",
    "is it large",
    "follow the instructions in the mail",
    "don't forget to read it",
    "Lee says: hello",
];
const ENDS: [&str; 6] = [". ", "! ", ".\n", ".\n\n", "; ", ", and "];

fn sentences() -> impl Strategy<Value = Vec<String>> {
    let asking =
        (select(&OPENINGS[..]), select(&ASKING[..])).prop_map(|(o, (a, _))| format!("{o}{a}"));
    let sentence = prop_oneof![
        asking,
        select(&DENIALS[..]).prop_map(str::to_owned),
        select(&OTHERS[..]).prop_map(str::to_owned),
    ];
    prop::collection::vec((sentence, select(&ENDS[..])).prop_map(|(s, e)| format!("{s}{e}")), 0..5)
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(1_500) })]

    /// Wherever a denied clause is put in, no tool is more allowed than before, and nothing is delegated that was not.
    #[test]
    fn a_denied_clause_never_lets_more_through(
        before in sentences(),
        place in 0..6_usize,
        denial in select(&DENIALS[..]),
        end in select(&ENDS[..]),
    ) {
        let text = before.concat();
        let mut after = before.clone();
        let place = place.min(before.len());
        // Within a sentence it stays within.
        let open = before.get(place.wrapping_sub(1)).and_then(|before| {
            ["; ", ", and "].into_iter().find(|end| before.ends_with(*end))
        });
        after.insert(place, format!("{denial}{}", open.unwrap_or(end)));
        let after = after.concat();
        let (before, after) = (TaskRequest::new(&text), TaskRequest::new(&after));
        prop_assert!(!after.delegates(), "{:?}", after);
        for ((tool, was), is) in ACTING.into_iter().zip(rulings(&before)).zip(rulings(&after)) {
            prop_assert!(is >= was, "{}: {:?}, then {:?}: {:?}", tool, was, is, after);
        }
    }

    /// A denial anywhere in a sentence that asks leaves none of its tools allowed.
    #[test]
    fn a_denied_request_is_never_allowed(
        opening in select(&OPENINGS[..]),
        (asking, tool) in select(&ASKING[..]),
        denial in select(&["not", "never", "NOT", "*not*", "do not", "don't", "don’t", "cannot", "no"][..]),
        place in 0..9_usize,
        capital in any::<bool>(),
        newline in any::<bool>(),
    ) {
        let text = format!("{opening}{asking}");
        prop_assert_eq!(ruling(&text, tool), Ruling::Allow, "{}", text);
        let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        words.insert(place.min(words.len()), denial);
        let mut text = words.join(if newline { "\n" } else { " " });
        if capital {
            text = text.to_uppercase();
        }
        prop_assert!(ruling(&text, tool) > Ruling::Allow, "{}", text);
    }

    /// Any text is read, and the tools of a text without letters are held.
    #[test]
    fn any_text_is_read(text in "\\PC{0,60}|[a-z,.:;!?'\"()\\n -]{0,60}") {
        let request = TaskRequest::new(&text);
        for (tool, ruling) in ACTING.into_iter().zip(rulings(&request)) {
            let has_letters = text.chars().any(char::is_alphabetic);
            prop_assert!(has_letters || ruling == Ruling::Hold, "{}: {:?}", tool, ruling);
        }
    }
}
