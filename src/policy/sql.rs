//! Which verbs a text of SQL holds, told without a database and on the safe side.
//!
//! Databases disagree on quotes and comments, and what one of them skips another one runs. So this reads
//! only what all of them read alike, and says that it cannot tell where they differ.

use crate::limits::MAX_MATCHED_TEXT_BYTES;

/// Words that begin a statement or make one write, wherever they stand.
const VERBS: &[&str] = &[
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "detach",
    "discard",
    "do",
    "drop",
    "exec",
    "execute",
    "explain",
    "export",
    "flush",
    "grant",
    "handler",
    "import",
    "insert",
    "install",
    "into",
    "kill",
    "listen",
    "load",
    "lock",
    "merge",
    "notify",
    "optimize",
    "outfile",
    "pragma",
    "prepare",
    "purge",
    "put",
    "reassign",
    "refresh",
    "reindex",
    "rename",
    "repair",
    "replace",
    "reset",
    "restore",
    "revoke",
    "rollback",
    "savepoint",
    "select",
    "set",
    "shutdown",
    "start",
    "truncate",
    "unload",
    "unlock",
    "update",
    "upsert",
    "use",
    "vacuum",
    "xp_cmdshell",
];

/// Whether every statement of `text` begins with one of `verbs`, and no other verb stands anywhere in it. `None`
/// where that cannot be told.
pub(super) fn verbs_are_among(verbs: &[Box<str>], text: &str) -> Option<bool> {
    if text.len() > MAX_MATCHED_TEXT_BYTES {
        return None;
    }
    let is_allowed = |word: &str| verbs.iter().any(|verb| word.eq_ignore_ascii_case(verb));
    let is_verb = |word: &str| VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb));
    let (mut rest, mut begins, mut any, mut all) = (text, true, false, true);
    while let Some(first) = rest.chars().next() {
        let (part, behind) = take(rest, first)?;
        match part {
            Part::Nothing => {}
            Part::End => begins = true,
            Part::Other => begins = false,
            Part::Word(word) => {
                any |= begins;
                all &= is_allowed(word) || !begins && !is_verb(word);
                begins = false;
            }
        }
        rest = behind;
    }
    any.then_some(all)
}

enum Part<'t> {
    /// White space or a comment.
    Nothing,
    /// The end of a statement.
    End,
    Word(&'t str),
    Other,
}

/// The first part of `text`, which begins with `first`, and what stands behind it.
fn take(text: &str, first: char) -> Option<(Part<'_>, &str)> {
    let behind = text.get(first.len_utf8()..)?;
    let next = behind.chars().next();
    match first {
        ';' => Some((Part::End, behind)),
        '\'' | '"' | '`' => Some((Part::Other, quoted(behind, first)?)),
        '-' if next == Some('-') => Some((Part::Nothing, line_comment(behind.get(1..)?)?)),
        '/' if next == Some('*') => Some((Part::Nothing, block_comment(behind.get(1..)?)?)),
        // Comments in one database, operators or names in another; the opening of a dollar quote.
        '#' | '$' | '\\' => None,
        '[' => bracket(behind),
        _ if first.is_whitespace() => Some((Part::Nothing, behind)),
        _ if is_word(first) => {
            let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
            Some((Part::Word(text.get(..end)?), text.get(end..)?))
        }
        _ if first.is_control() => None,
        _ => Some((Part::Other, behind)),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What stands behind the closing mark; a doubled mark does not close.
fn quoted(mut inside: &str, mark: char) -> Option<&str> {
    loop {
        let end = inside.find(mark)?;
        let (held, from) = inside.split_at_checked(end)?;
        if held.contains('\\') {
            return None;
        }
        inside = from.get(1..)?;
        match inside.strip_prefix(mark) {
            Some(doubled) => inside = doubled,
            None => return Some(inside),
        }
    }
}

/// Only where white space follows the dashes do all databases see a comment.
fn line_comment(text: &str) -> Option<&str> {
    if !text.is_empty() && !text.starts_with([' ', '\t', '\n']) || text.contains('\r') {
        return None;
    }
    Some(text.split_once('\n').map_or("", |(_, behind)| behind))
}

/// Nested comments, and comments that some databases run, are read in different ways.
fn block_comment(text: &str) -> Option<&str> {
    let (inside, behind) = text.split_once("*/")?;
    let odd = inside.contains("/*") || inside.starts_with(['!', '+', 'M']);
    (!odd).then_some(behind)
}

/// A name in brackets, or a place in an array: its words count, and nothing may hide in it.
fn bracket(inside: &str) -> Option<(Part<'_>, &str)> {
    let (held, _) = inside.split_once(']')?;
    let plain = |c: char| is_word(c) || matches!(c, ' ' | ',' | '.' | ':' | '+' | '*');
    held.chars().all(plain).then_some((Part::Other, inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_database_reads_alike_passes() {
        let cases = [
            ("select 1", Some(true)),
            ("  SELECT a, b FROM t WHERE x = 'drop table y; --'", Some(true)),
            ("select \"delete\" from t; select `update` from u;", Some(true)),
            ("select 'it''s' from t -- delete it", Some(true)),
            ("select /* delete */ 1", Some(true)),
            ("select a[1] from t", Some(true)),
            ("delete from t", Some(false)),
            ("select 1; drop table t", Some(false)),
            ("select * into backup from t", Some(false)),
            ("with x as (delete from t returning *) select * from x", Some(false)),
            ("with x as (select 1) select * from x", Some(false)),
            ("select * from t for update", Some(false)),
            ("explain analyze delete from t", Some(false)),
            ("(select 1)", None),
            ("select 1;(delete from t)", Some(false)),
            ("sElEcT 1;\nDeLeTe FROM t", Some(false)),
            ("select [a'] ; drop table t --']", None),
            ("select [delete] from t", Some(false)),
            ("select 1 /*! ; drop table t */", None),
            ("select 1 /* /* */ ; drop table t */", None),
            ("select 'a\\'; drop table t; -- '", None),
            ("select $$ ' $$; drop table t; -- '", None),
            ("select 1 # comment", None),
            ("select 1--1; drop table t", None),
            ("select 1 -- a\rdrop table t", None),
            ("select 'open", None),
            ("select /* open", None),
            ("", None),
            (" ; ;", None),
            ("merge into t", Some(false)),
            ("selection", Some(false)),
        ];
        let verbs = ["select".into()];
        for (text, expected) in cases {
            assert_eq!(verbs_are_among(&verbs, text), expected, "{text}");
        }
        assert_eq!(verbs_are_among(&verbs, &" ".repeat(MAX_MATCHED_TEXT_BYTES + 1)), None);
    }
}
