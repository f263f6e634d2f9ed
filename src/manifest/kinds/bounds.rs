//! Within what a kind writes what it accepts: languages of texts, and ranges of numbers.
//!
//! A language is an expression that every text of a kind matches, and perhaps others. What lies outside of it is never
//! written, so a condition that asks for nothing else never holds.

use super::Kind;
use super::mailbox::Mailboxes;
use super::name::NameKind;
use super::path::Path;
use super::url::Url;
use crate::base::address::HostClass;
use crate::base::calendar::WEEKDAYS;

/// All that can stand at the end of a path lies within it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Texts that match an expression over bytes.
    Texts(String),
    /// Texts that match the first and not the second, and those that match the third.
    TextsBut(String, String, String),
    /// Whole numbers, both ends included.
    Numbers(i64, i64),
    /// Numbers with at most so many digits behind the point.
    Decimals(u8),
}

/// What holds the parts of a mailbox, a host and a time.
const LABEL: &str = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?";
const DATE: &str = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const TIME: &str = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]*[1-9])?";
/// What stands in the canonical form of a URL behind its origin.
const URL_LETTERS: &str = r#"[^\x00-\x20\x7f-\xff#"<>\\\^`{|}]"#;
/// Aliases and names with capital letters that are looked for.
const MAX_NAMES: usize = 256;

impl Kind {
    /// Within what it writes all that stands at the end of a path; nothing where that is not known.
    pub(crate) fn bounds(&self, path: &[&str]) -> Option<Bounds> {
        Some(Bounds::Texts(match (self, path) {
            (Self::Choice(kind), []) => one_of(kind.texts()),
            (Self::Id(_), []) => r"[0-9A-Za-z\-_.:@+=~ \x80-\xff]+".to_owned(),
            (Self::Decimal(kind), []) => return Some(Bounds::Decimals(kind.scale())),
            (Self::Time(_), ["date"]) => DATE.to_owned(),
            (Self::Time(_), ["weekday"]) => one_of(WEEKDAYS.into_iter()),
            (Self::Time(_), ["year"]) => return Some(Bounds::Numbers(1, 9999)),
            (Self::Time(_), ["month"]) => return Some(Bounds::Numbers(1, 12)),
            (Self::Time(_), ["day"]) => return Some(Bounds::Numbers(1, 31)),
            (Self::Time(_), ["hour"]) => return Some(Bounds::Numbers(0, 23)),
            (Self::Time(kind), []) => format!("{DATE}{}", kind.behind_date(TIME)),
            (Self::Mailboxes(kind), path) => kind.language(path)?,
            (Self::Name(kind), []) => return kind.bounds(),
            (Self::Path(_), ["depth"]) => return Some(Bounds::Numbers(0, i64::from(u16::MAX))),
            (Self::Path(kind), path) => kind.language(path)?,
            (Self::Patch(kind), [_, "*", "path"]) => kind.path().language(&[])?,
            (Self::Url(kind), ["port"]) => return Some(kind.ports()),
            (Self::Url(kind), path) => kind.language(path)?,
            (Self::Host(_), []) => host(),
            (Self::Host(_), ["class"]) => class(),
            #[cfg(feature = "sql")]
            (Self::Sql(_), ["verb"] | ["writes", "*", "verb"]) => {
                one_of(super::sql::Sql::all_verbs())
            }
            _ => return None,
        }))
    }
}

impl Mailboxes {
    fn language(&self, path: &[&str]) -> Option<String> {
        let path = match path {
            ["*", rest @ ..] if self.is_list() => rest,
            _ if self.is_list() => return None,
            path => path,
        };
        let capitals = if self.folds_local_part() { "" } else { "A-Z" };
        let letters = format!("{capitals}a-z0-9._'=&#~/");
        let local = match self.strips_plus() {
            // One that stands first is no mark of what follows.
            true => format!(r"(?:[{letters}-]+|\+[{letters}+-]*)"),
            false => format!("[{letters}+-]+"),
        };
        let domain = format!(r"{LABEL}(?:\.{LABEL})*");
        Some(match path {
            [] => format!("{local}@{domain}"),
            ["local"] => local,
            ["domain"] => domain,
            _ => return None,
        })
    }
}

impl NameKind {
    fn bounds(&self) -> Option<Bounds> {
        let capitals = if self.folds() { "A-Z" } else { "" };
        let never = format!("{capitals}{}", r#"\x00-\x1f\x7f<>,;|"\\`"#);
        let any = format!("[^@# {never}](?:[^{never}]*[^ {never}])?");
        let known: Vec<(&str, &str)> = self.aliases().take(MAX_NAMES + 1).collect();
        let is_little = known.len() <= MAX_NAMES;
        if !is_little && self.folds() {
            return None;
        }
        if known.is_empty() || !is_little {
            return Some(Bounds::Texts(any));
        }
        // Of an alias, the name is written, and where case is folded, no other spelling of one.
        let folds = if self.folds() { "(?i)" } else { "" };
        let spellings = one_of(known.iter().map(|(alias, _)| *alias));
        let names = one_of(known.iter().map(|(_, name)| *name));
        Some(Bounds::TextsBut(any, format!("{folds}{spellings}"), names))
    }
}

impl Path {
    fn language(&self, path: &[&str]) -> Option<String> {
        let never = if self.folds() { r"\x00-\x1f\x7f/\\A-Z" } else { r"\x00-\x1f\x7f/\\" };
        let name = name_but(never);
        let whole = format!(r"\.|{name}(?:/{name})*");
        Some(match path {
            [] | ["parent"] => whole,
            ["name"] => name,
            ["extension"] => format!("[^.{never}]*"),
            _ => return None,
        })
    }
}

impl Url {
    fn language(&self, path: &[&str]) -> Option<String> {
        let origin = || {
            format!(r"(?:{})://(?:{}|\[[0-9a-f:.]+\])(?::[0-9]+)?", one_of(self.schemes()), host())
        };
        Some(match path {
            [] => format!("{}/{URL_LETTERS}*", origin()),
            ["origin"] => origin(),
            ["scheme"] => one_of(self.schemes()),
            ["host"] => host(),
            ["class"] => class(),
            ["path"] => {
                let name = name_but(r"\x00-\x1f\x7f/");
                format!(r"\.|{name}(?:/{name})*/?")
            }
            ["query" | "fragment"] => format!("{URL_LETTERS}*"),
            _ => return None,
        })
    }

    fn ports(&self) -> Bounds {
        let (least, most) = self.port_range();
        Bounds::Numbers(least.into(), most.into())
    }
}

/// A name within a path, of all bytes but some: neither `.` nor `..`.
fn name_but(never: &str) -> String {
    format!(r"(?:[^.{never}][^{never}]*|\.[^.{never}][^{never}]*|\.\.[^{never}]+)")
}

fn host() -> String {
    format!(r"(?:{LABEL}(?:\.{LABEL})*|[0-9a-f:]*:(?:[0-9a-f.:]*[0-9a-f:])?)")
}

fn class() -> String {
    one_of(HostClass::ALL.iter().map(|class| class.word()))
}

/// An expression for listed texts.
fn one_of<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let literal = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(byte).to_string(),
                false => format!(r"\x{byte:02X}"),
            })
            .collect()
    };
    let all: Vec<String> = texts.map(|text| format!("(?:){}", literal(text))).collect();
    format!("(?:{})", all.join("|"))
}
