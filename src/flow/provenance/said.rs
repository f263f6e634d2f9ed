//! What the words of a text are the names of, by their form and by the word before them.

use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS};
use crate::base::steps;
use crate::manifest::kinds::{canonical, caseless_path, times, untagged};
use crate::model::kind::ValueKind;

use super::Origin;
use super::key::{Key, looks_like_path};
use super::line::Line;
use super::word::{bare, ends_sentence, has_digit, id_in, leading};

/// How many words a sort such as `standing-order` may have.
const SORT_WORDS: usize = 3;

/// Bytes of the longest of them.
const MAX_SORT_WORD_BYTES: usize = 64;

/// Calls `give` with what the word at `place` names, by rules 5 to 8 of `values_of`.
pub(super) fn names(line: &Line<'_, '_>, place: usize, give: &mut impl FnMut(Key<'_>)) {
    let words = line.words;
    let Some(word) = words.get(place) else { return };
    let bare = bare(word);
    if bare.contains('@') && !bare.starts_with('@') {
        address(bare, give);
    } else if bare.contains("://") {
        url(LINK, bare, give);
    } else if bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        steps::take(|| steps::of_bytes(bare.len()));
        for scheme in ["https", "http"] {
            url(LINK, &format!("{scheme}://{bare}"), give);
        }
    }
    if !bare.contains("://") {
        path(bare, give);
    }
    if bare.starts_with(|sign: char| sign.is_ascii_digit()) {
        time(bare, give);
        // A day and a time of day.
        if let Some(next) = words.get(place + 1).filter(|next| next.len() <= MAX_TIME_BYTES) {
            time(self::bare(&format!("{word} {next}")), give);
        }
    }
    signed(bare, give);
    capitals(words, place, give);
    if let Some(id) = line.id(place) {
        let before = words.get(..place).unwrap_or_default();
        sorts(before, &mut |sort| give(Key::of(ValueKind::id(sort), id)));
    }
    let before = place.checked_sub(1).and_then(|before| leading(words.get(before)?));
    if let Some((before, _)) = before.map(|(word, begins)| (word.to_lowercase(), begins)) {
        for kind in [ValueKind::CHANNEL, ValueKind::GROUP, ValueKind::PERSON, ValueKind::HOST] {
            if before == kind.word() {
                give(Key::of(kind, bare));
            }
        }
    }
}

/// Calls `give` with what a quotation behind these words names.
pub(super) fn quoted(before: &[&str], quotation: &str, give: &mut impl FnMut(Key<'_>)) {
    for kind in [ValueKind::CHANNEL, ValueKind::GROUP, ValueKind::PERSON] {
        give(Key::of(kind, quotation));
    }
    if quotation.contains('@') {
        address(quotation, give);
    }
    if quotation.contains("://") {
        url(LINK, quotation, give);
    }
    path(quotation, give);
    time(quotation, give);
    signed(quotation, give);
    sorts(before, &mut |sort| give(Key::of(ValueKind::id(sort), quotation)));
}

/// Calls `give` with a value and with all else that it is: an address in lower case too and without its tag, and a path in lower case,
/// for arguments that fold or strip them; and a text of no kind as what its form shows, an address, a URL, a path or a time. The host of
/// a URL counts where the user said it. The value of a thing is an address, a URL or a path where its signs leave no doubt.
pub(super) fn forms(origin: Origin, key: Key<'_>, give: &mut impl FnMut(Key<'_>)) {
    let (text, tool) = (key.text, key.tool);
    let mut give = |form: Key<'_>| give(Key { tool, ..form });
    match key.kind {
        ValueKind::PERSON => return person(text, &mut give),
        _ => give(key),
    }
    match key.kind {
        ValueKind::PATH => caseless(text, |_| true, &mut give),
        ValueKind::PLAIN if text.len() > MAX_ENDORSED_BYTES => {}
        ValueKind::PLAIN if text.contains("://") => {
            let host = (origin == Origin::User).then_some(ValueKind::HOST);
            url([ValueKind::URL].into_iter().chain(host), text, &mut give);
        }
        ValueKind::THING if text.contains("://") => url([ValueKind::URL], text, &mut give),
        ValueKind::PLAIN | ValueKind::THING if text.rfind('@').is_some_and(|at| at > 0) => {
            address(text, &mut give)
        }
        ValueKind::THING if text.contains('/') => {
            steps::take(|| steps::of_bytes(text.len()));
            if let Some(path) = canonical(ValueKind::PATH, text) {
                give(Key::of(ValueKind::PATH, &path));
            }
        }
        ValueKind::PLAIN => {
            path(text, &mut give);
            time(text, &mut give);
        }
        _ => {}
    }
}

fn address(text: &str, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| steps::of_bytes(text.len()));
    if let Some(address) = canonical(ValueKind::PERSON, text) {
        person(&address, give);
    }
}

/// A person in each form that arguments have an address in.
fn person(text: &str, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| 4 * steps::of_bytes(text.len()));
    let mut both = |kind, text: &str| {
        give(Key::of(kind, text));
        if text.contains('@') && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            give(Key::of(kind, &text.to_ascii_lowercase()));
        }
    };
    both(ValueKind::PERSON, text);
    if let Some(text) = untagged(text) {
        both(ValueKind::UNTAGGED, &text);
    }
}

/// A text that may be a path, in the one form of paths where it is written otherwise: `docs/` is `docs`. Where it is not, the text counts
/// as it is.
fn path(text: &str, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| steps::of_bytes(text.len()));
    if !looks_like_path(text) {
        return;
    }
    steps::take(|| 4 * steps::of_bytes(text.len()));
    if let Some(form) = canonical(ValueKind::PATH, text).filter(|form| form != text) {
        give(Key::of(ValueKind::PATH, &form));
    }
    caseless(text, |form| form != text, give);
}

/// A path in lower case, for arguments that fold it.
fn caseless(text: &str, counts: impl Fn(&str) -> bool, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| 4 * steps::of_bytes(text.len()));
    if let Some(form) = caseless_path(text).filter(|form| counts(form)) {
        give(Key::of(ValueKind::CASELESS_PATH, &form));
    }
}

/// A time, in the one form that arguments have it in.
fn time(text: &str, give: &mut impl FnMut(Key<'_>)) {
    if text.len() > MAX_TIME_BYTES || !text.starts_with(|sign: char| sign.is_ascii_digit()) {
        return;
    }
    steps::take(|| 4 * steps::of_bytes(text.len()));
    for form in times(text).filter(|form| form != text) {
        give(Key::plain(&form));
    }
}

/// Bytes of the longest text that is a time.
const MAX_TIME_BYTES: usize = 40;

const LINK: [ValueKind<'static>; 2] = [ValueKind::URL, ValueKind::HOST];

fn url(
    kinds: impl IntoIterator<Item = ValueKind<'static>>,
    text: &str,
    give: &mut impl FnMut(Key<'_>),
) {
    steps::take(|| steps::of_bytes(text.len()));
    for kind in kinds {
        if let Some(text) = canonical(kind, text) {
            give(Key::of(kind, &text));
        }
    }
}

/// `@name` is a person or a group, `#name` a channel.
fn signed(word: &str, give: &mut impl FnMut(Key<'_>)) {
    let is_name = |name: &&str| name.starts_with(char::is_alphabetic) && !name.contains(['@', '#']);
    if let Some(name) = word.strip_prefix('@').filter(is_name) {
        give(Key::of(ValueKind::PERSON, name));
        give(Key::of(ValueKind::GROUP, name));
    }
    if let Some(name) = word.strip_prefix('#').filter(is_name) {
        give(Key::of(ValueKind::CHANNEL, name));
    }
}

/// Up to three words with capitals, which do not begin a sentence, are the name of a person.
fn capitals(words: &[&str], place: usize, give: &mut impl FnMut(Key<'_>)) {
    let begins = match place.checked_sub(1).and_then(|before| words.get(before)) {
        None => true,
        Some(before) => ends_sentence(before) || before.ends_with([':', '-', '*', '•']),
    };
    let mut run = String::new();
    for word in words.get(place..).unwrap_or_default().iter().take(if begins { 0 } else { 3 }) {
        let bare = bare(word);
        let bare = bare.strip_suffix("'s").or_else(|| bare.strip_suffix("’s")).unwrap_or(bare);
        if !bare.starts_with(char::is_uppercase) || !bare.chars().all(char::is_alphabetic) {
            break;
        }
        if !run.is_empty() {
            run.push(' ');
        }
        run.push_str(bare);
        steps::take(|| steps::of_bytes(run.len()));
        give(Key::of(ValueKind::PERSON, &run));
        if bare.len() != word.len() {
            break;
        }
    }
}

/// Calls `take` with every sort that the words before a value can say: the last one to three of them, joined by hyphens or
/// underscores, in lower case, in the singular as well. `no.`, `number` and `id` may stand between, and other ids of a list.
fn sorts(before: &[&str], take: &mut impl FnMut(&str)) {
    let before = before_list(before);
    let before = match before.split_last() {
        Some((last, rest)) if matches!(&*folded(last), "no" | "nr" | "number" | "id") => rest,
        _ => before,
    };
    let mut sort = String::new();
    for word in before.iter().rev().take(SORT_WORDS) {
        // A sentence, a list or a quotation ends there, or whatever else is no word alone.
        let Some((plain, begins)) = leading(word) else { break };
        if !sort.is_empty() && word.ends_with(':') {
            break;
        }
        let word = plain.to_lowercase();
        steps::take(|| 4 * steps::of_bytes(word.len() + sort.len()));
        if word.is_empty() || word.len() > MAX_SORT_WORD_BYTES || has_digit(&word) {
            break;
        }
        sort = if sort.is_empty() { word } else { format!("{word}-{sort}") };
        for sort in [&*sort, sort.strip_suffix('s').unwrap_or_default()] {
            if !sort.is_empty() {
                take(sort);
            }
            if sort.contains('-') {
                take(&sort.replace('-', "_"));
            }
        }
        if begins {
            break;
        }
    }
}

/// The words before a list of values that ends with the one behind them: `orders` of `orders 7, 8 and`.
fn before_list<'w, 't>(mut before: &'w [&'t str]) -> &'w [&'t str] {
    for _ in 0..MAX_RUN_WORDS {
        before = match before {
            [rest @ .., value, "and" | "or" | "&"] if id_in(value).is_some() => rest,
            [rest @ .., value] if value.ends_with(',') && id_in(value).is_some() => rest,
            _ => return before,
        };
    }
    before
}

fn folded(word: &str) -> String {
    bare(word).to_lowercase()
}
