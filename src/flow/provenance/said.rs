//! What the words of a text are the names of, by their form and by the word before them.

use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RUN_WORDS};
use crate::base::steps;
use crate::manifest::kinds::canonical;
use crate::model::kind::ValueKind;

use super::key::Key;
use super::word::bare;

/// How many words a sort such as `standing-order` may have.
const SORT_WORDS: usize = 3;

/// Bytes of the longest of them.
const MAX_SORT_WORD_BYTES: usize = 64;

/// Calls `give` with what the word at `place` names, by rules 5 to 8 of `values_of`.
pub(super) fn names(words: &[&str], place: usize, give: &mut impl FnMut(Key<'_>)) {
    let Some(word) = words.get(place) else { return };
    let bare = bare(word);
    if bare.contains('@') && !bare.starts_with('@') {
        address(bare, give);
    } else if bare.contains("://") {
        url(bare, give);
    } else if bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        steps::take(|| steps::of_bytes(bare.len()));
        for scheme in ["https", "http"] {
            url(&format!("{scheme}://{bare}"), give);
        }
    }
    let path = word.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '/');
    if path.starts_with("./")
        && let Some(path) = canonical(ValueKind::PATH, path)
    {
        steps::take(|| steps::of_bytes(path.len()));
        give(Key::of(ValueKind::PATH, &path));
    }
    signed(bare, give);
    capitals(words, place, give);
    let plain = bare.strip_prefix('#').unwrap_or(bare);
    if plain.bytes().any(|byte| byte.is_ascii_digit()) {
        let before = words.get(..place).unwrap_or_default();
        // As it was written: `1.10` is no `1.1`, and `$5` no order.
        sorts(before, &mut |sort| give(Key::of(ValueKind::id(sort), plain)));
    }
    if place > 0 {
        let before = words.get(place - 1).copied().map(folded).unwrap_or_default();
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
        url(quotation, give);
    }
    signed(quotation, give);
    sorts(before, &mut |sort| give(Key::of(ValueKind::id(sort), quotation)));
}

/// An address in lower case, where it has another form: for arguments that fold it.
pub(super) fn folded_address(key: Key<'_>, give: &mut impl FnMut(Key<'_>)) {
    let Key { text, kind, .. } = key;
    if kind == ValueKind::PERSON
        && text.contains('@')
        && text.bytes().any(|b| b.is_ascii_uppercase())
    {
        give(Key { text: &text.to_ascii_lowercase(), ..key });
    }
}

/// What a text is that stands for one value: an address or a URL.
pub(super) fn forms(text: &str, give: &mut impl FnMut(Key<'_>)) {
    if text.len() > MAX_ENDORSED_BYTES {
    } else if text.contains("://") {
        url(text, give);
    } else if text.get(1..).is_some_and(|text| text.contains('@')) {
        address(text, give);
    }
}

fn address(text: &str, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| steps::of_bytes(text.len()));
    if let Some(address) = canonical(ValueKind::PERSON, text) {
        let person = Key::of(ValueKind::PERSON, &address);
        give(person);
        folded_address(person, give);
    }
}

fn url(text: &str, give: &mut impl FnMut(Key<'_>)) {
    steps::take(|| steps::of_bytes(text.len()));
    for kind in [ValueKind::URL, ValueKind::HOST] {
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
        Some(before) => before.ends_with(['.', '!', '?', ':', '-', '*', '•']),
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
        // A sentence or a list ends there.
        if word.ends_with(['.', ',', ';', '!', '?']) || !sort.is_empty() && word.ends_with(':') {
            break;
        }
        let word = folded(word);
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
    }
}

/// The words before a list of values that ends with the one behind them: `orders` of `orders 7, 8 and`.
fn before_list<'w, 't>(mut before: &'w [&'t str]) -> &'w [&'t str] {
    for _ in 0..MAX_RUN_WORDS {
        before = match before {
            [rest @ .., value, "and" | "or" | "&"] if has_digit(value) => rest,
            [rest @ .., value] if has_digit(value) && value.ends_with(',') => rest,
            _ => return before,
        };
    }
    before
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

fn folded(word: &str) -> String {
    bare(word).to_lowercase()
}
