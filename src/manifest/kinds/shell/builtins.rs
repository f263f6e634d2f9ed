//! Commands that the shells run themselves, and which of their words are only words.
//!
//! A shell may take a word of its own command for the name of a variable, or for a calculation, and runs what stands in the
//! brackets of one: `test -v 'a[$(x)]'`, and in zsh `printf %d 'path[$(x)]'` and `exit 'path[$(x)]'`. So:
//!
//! ```text
//! test    = "test" [ "!" ] [ word | unary word | word ( "=" | "==" | "!=" | "-nt" | "-ot" | "-ef" ) word
//!           | number ( "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" ) number ]     (no word begins with a dash)
//! unary   = "-" one of b c d e f g h k n p r s u w x z G L N O S
//! counted = ( "exit" | "return" | "shift" | "break" | "continue" | "logout" | "bye" ) { digits }
//! printf  = "printf" format { word }        (each word a number, unless the format has no conversions but %s %b %c %q %%)
//! ```
//!
//! Words of the other commands that read words as variables hold none of `[ $ ( ` and backticks; nor do those of `print`,
//! `printf` and `wait` where an option stands among them.

use super::rules;
use crate::manifest::kinds::command::WordFault;
use crate::manifest::kinds::rule::Rule;

/// Commands of the shells that change what they do with other words, or run words. Where no table lists commands they are
/// refused; a table that lists one says which operands it may have.
pub(super) const BUILTINS: &[&str] = &[
    "alias",
    "autoload",
    "bg",
    "bind",
    "bindkey",
    "builtin",
    "cd",
    "chdir",
    "command",
    "compadd",
    "comparguments",
    "compcall",
    "compctl",
    "compdescribe",
    "compfiles",
    "compgen",
    "compgroups",
    "complete",
    "compopt",
    "compquote",
    "compset",
    "comptags",
    "comptry",
    "compvalues",
    "declare",
    "disable",
    "disown",
    "emulate",
    "enable",
    "eval",
    "exec",
    "export",
    "fc",
    "fg",
    "functions",
    "getln",
    "getopts",
    "hash",
    "history",
    "integer",
    "jobs",
    "let",
    "local",
    "log",
    "mapfile",
    "popd",
    "private",
    "pushd",
    "pushln",
    "r",
    "read",
    "readarray",
    "readonly",
    "rehash",
    "run-help",
    "sched",
    "set",
    "setopt",
    "shopt",
    "source",
    "trap",
    "typeset",
    "unalias",
    "unfunction",
    "unhash",
    "unset",
    "unsetopt",
    "vared",
    "which-command",
    "zcompile",
    "zformat",
    "zle",
    "zmodload",
    "zparseopts",
    "zregexparse",
    "zstyle",
];

/// Commands of the shells that set a variable where an option says so.
pub(super) const SETTERS: &[&str] = &["print", "printf", "wait"];

/// Commands behind which a relative path means another file.
pub(super) const MOVES: &[&str] =
    &["cd", "chdir", "pushd", "popd", "eval", "source", ".", "command", "builtin"];

/// Commands whose words are numbers to count by, which zsh calculates.
const COUNTED: &[&str] = &["break", "bye", "continue", "exit", "logout", "return", "shift"];

/// What `test` asks of one word.
const UNARY: &[u8] = b"bcdefghknprsuwxzGLNOS";

const COMPARISONS: &[&str] = &["=", "==", "!=", "-nt", "-ot", "-ef"];

const ORDERS: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Whether a command sets a variable, as its words are.
pub(super) fn is_setter<'w>(name: &str, mut words: impl Iterator<Item = &'w str>) -> bool {
    SETTERS.contains(&name) && words.any(|word| word.starts_with('-'))
}

/// Holds the words of a command of the shell to what is not evaluated. The first is its name.
pub(super) fn check<'w>(mut words: impl Iterator<Item = &'w str> + Clone) -> Result<(), WordFault> {
    let Some(name) = words.next() else { return Ok(()) };
    if name == "test" {
        return test(words);
    }
    if COUNTED.contains(&name) {
        return all(words, 1, &rules::NUMBER, |word| is_number(word) && !word.starts_with('-'));
    }
    if name == "printf" {
        printf(words.clone())?;
    }
    if is_evaluator(name, words.clone()) {
        return all(words, 1, &rules::EVALUATED, is_plain);
    }
    Ok(())
}

/// Whether a command takes words for variables. Some take them for folders instead.
pub(super) fn is_evaluator<'w>(name: &str, words: impl Iterator<Item = &'w str>) -> bool {
    let folder = matches!(name, "cd" | "chdir" | "popd" | "pushd");
    !folder && (BUILTINS.contains(&name) || is_setter(name, words))
}

/// Whether nothing in a word is run where a shell takes it for a variable.
pub(super) fn is_plain(word: &str) -> bool {
    !word.bytes().any(|byte| b"[$(`".contains(&byte))
}

fn all<'w>(
    mut words: impl Iterator<Item = &'w str>,
    from: usize,
    rule: &'static Rule,
    good: impl Fn(&str) -> bool,
) -> Result<(), WordFault> {
    match words.position(|word| !good(word)) {
        Some(place) => Err(WordFault { word: from + place, rule }),
        None => Ok(()),
    }
}

fn test<'w>(mut words: impl Iterator<Item = &'w str> + Clone) -> Result<(), WordFault> {
    let mut at = 1;
    let mut rest = words.clone();
    if rest.next() == Some("!") {
        words = rest;
        at += 1;
    }
    let fault = |place: usize| Err(WordFault { word: at + place, rule: &rules::TEST });
    let mut next = || words.next();
    match (next(), next(), next(), next()) {
        (_, _, _, Some(_)) => fault(3),
        (None, ..) => Ok(()),
        (Some(word), None, ..) => {
            if is_tested(word) {
                Ok(())
            } else {
                fault(0)
            }
        }
        (Some(sign), Some(word), None, _) => match sign.as_bytes() {
            [b'-', letter] if UNARY.contains(letter) => {
                if is_tested(word) {
                    Ok(())
                } else {
                    fault(1)
                }
            }
            _ => fault(0),
        },
        (Some(left), Some(sign), Some(right), _) => {
            let good: fn(&str) -> bool = match sign {
                _ if COMPARISONS.contains(&sign) => is_tested,
                _ if ORDERS.contains(&sign) => is_number,
                _ => return fault(1),
            };
            match (good(left), good(right)) {
                (true, true) => Ok(()),
                (false, _) => fault(0),
                _ => fault(2),
            }
        }
    }
}

/// Whether no shell takes a word of `test` for one of its signs.
fn is_tested(word: &str) -> bool {
    !word.starts_with('-')
        && !matches!(word, "!" | "(" | ")" | "<" | ">" | "=" | "==" | "!=" | "=~")
}

fn printf<'w>(words: impl Iterator<Item = &'w str>) -> Result<(), WordFault> {
    let mut words = words.enumerate();
    let format = loop {
        match words.next() {
            None => return Ok(()),
            Some((_, "--")) => break words.next(),
            Some((_, "-v")) => drop(words.next()),
            Some((_, word)) if word.starts_with("-v") => {}
            other => break other,
        }
    };
    let Some((at, format)) = format else { return Ok(()) };
    if is_text_only(format) {
        return Ok(());
    }
    all(words.map(|(_, word)| word), at + 2, &rules::NUMBER, is_number)
}

/// Whether a format has no conversion that calculates.
fn is_text_only(format: &str) -> bool {
    let mut bytes = format.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            continue;
        }
        let conversion = bytes.find(|byte| !b"-+ #'0123456789.".contains(byte));
        if !matches!(conversion, Some(b's' | b'b' | b'c' | b'q' | b'%')) {
            return false;
        }
    }
    true
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
