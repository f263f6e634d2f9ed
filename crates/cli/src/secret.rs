//! Secrets do not belong into arguments, nor into anything that is said.

use std::borrow::Cow;
use std::ffi::OsString;
use std::ops::Range;

/// What the texts of signing keys, shared secrets and tokens begin with.
const PREFIXES: [&str; 3] = ["pgsk1_", "pgss1_", "pgt1_"];

/// So many characters behind a prefix make a secret, or a part of one.
const LEAST: usize = 12;

/// Why the arguments are refused, where a secret stands among those of `token`. It does not show the secret.
pub(crate) fn in_arguments(args: &[OsString]) -> Option<String> {
    if !args.iter().any(|arg| arg == "token") {
        return None;
    }
    let (place, text) = args.iter().enumerate().find_map(|(place, arg)| {
        let text = arg.to_string_lossy();
        find(&text).map(|_| (place, text))
    })?;
    let before = place.checked_sub(1).and_then(|before| args.get(before)?.to_str());
    let flag = match text.split_once('=') {
        Some((flag, _)) if flag.starts_with("--") => Some(flag),
        _ => before.filter(|flag| flag.starts_with("--") && !flag.contains('=')),
    };
    let place = flag.map_or_else(|| format!("argument {place}"), |flag| format!("`{flag}`"));
    Some(format!(
        "{place}: a secret stands in the arguments, where other processes can read it and the shell keeps it\n\
         Write it to a file that only you can read and name the file, or name an environment variable with \
         `--key-env`, `--secret-env` or `--token-env`; a token can also come from the standard input. \
         Treat this secret as known to others: replace it."
    ))
}

/// The text with secrets cut down to their prefixes.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    let Some(found) = find(text) else { return Cow::Borrowed(text) };
    let (head, rest) = text.split_at(found.start);
    let (secret, rest) = rest.split_at(found.end - found.start);
    let prefix = secret.split_inclusive('_').next().unwrap_or_default();
    Cow::Owned(format!("{head}{prefix}…{}", redacted(rest)))
}

/// Where the first secret stands.
fn find(text: &str) -> Option<Range<usize>> {
    let found = PREFIXES.iter().flat_map(|prefix| {
        text.match_indices(prefix).filter_map(|(start, prefix)| {
            let digits = text.get(start + prefix.len()..)?.bytes();
            let digits = digits
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
                .count();
            (digits >= LEAST).then_some(start..start + prefix.len() + digits)
        })
    });
    found.min_by_key(|range| range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_cut() {
        let text =
            "a pgsk1_AAAAAAAAAAAA-b_c, pgt1_short, pgt1_BBBBBBBBBBBBB and pgpk1_CCCCCCCCCCCCCCC";
        let expected = "a pgsk1_…, pgt1_short, pgt1_… and pgpk1_CCCCCCCCCCCCCCC";
        assert_eq!(redacted(text), expected);
        assert!(matches!(redacted("pgss1_ is a prefix"), Cow::Borrowed(_)));
        assert_eq!(redacted("xpgss1_AAAAAAAAAAAA"), "xpgss1_…");
        assert_eq!(redacted("pgss1_AAAAAAAAAAA"), "pgss1_AAAAAAAAAAA");
    }

    #[test]
    fn a_secret_is_refused_with_its_place_alone() {
        let secret = format!("pgsk1_{}", "A".repeat(48));
        let refused = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            let message = in_arguments(&args);
            assert!(message.as_ref().is_none_or(|message| !message.contains("AAAA")));
            message.and_then(|message| Some(message.split_once(':')?.0.to_owned()))
        };
        assert_eq!(refused(&["p", "token", "mint", "--key", &secret]).unwrap(), "`--key`");
        let joined = format!("--key={secret}");
        assert_eq!(refused(&["p", "token", "mint", &joined]).unwrap(), "`--key`");
        assert_eq!(refused(&["p", "token", "inspect", &secret]).unwrap(), "argument 3");
        assert_eq!(refused(&["p", "token", "mint", "--key", "issuer.key"]), None);
        assert_eq!(refused(&["p", "explain", "--user-says", &secret]), None);
    }
}
