//! The one way to write a word.

use crate::model::parts::Parts;

/// Writes a word so that every shell reads it as it is: bare where nothing in it could mean anything to one of them, else in
/// single quotes, with `\'` for each quote of its own. Two closed and opened quotes never touch (`''`), which some shells
/// take for one.
pub(crate) fn quote(parts: &mut Parts, word: &str) {
    if is_bare(word) {
        return parts.push(word);
    }
    if word.is_empty() {
        return parts.push("''");
    }
    let mut rest = word;
    while !rest.is_empty() {
        let (run, behind) = rest.split_at(rest.find('\'').unwrap_or(rest.len()));
        if !run.is_empty() {
            parts.push("'");
            parts.push(run);
            parts.push("'");
        }
        rest = match behind.strip_prefix('\'') {
            Some(behind) => {
                parts.push("\\'");
                behind
            }
            None => behind,
        };
    }
}

/// Likewise what stands behind `NAME=`, where no other `=` and `:` stand bare.
pub(crate) fn quote_value(parts: &mut Parts, value: &str) {
    if value.contains(['=', ':']) && is_bare(value) {
        parts.push("'");
        parts.push(value);
        parts.push("'");
    } else {
        quote(parts, value);
    }
}

/// zsh puts a program's path for a word behind `=` at the beginning, and with some options behind `:` and another `=`.
fn is_bare(word: &str) -> bool {
    let before = word.rsplit_once('=').map(|(before, _)| before);
    !word.is_empty()
        && before.is_none_or(|before| !before.is_empty() && !before.contains(['=', ':']))
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:,+@%=".contains(&byte))
}
