//! Constants that conditions compare with: whether a kind would ever write them so.
//!
//! A kind has one form for whatever it accepts, and so have its parts. A constant in another form never equals anything: a
//! prohibition would not forbid, and a negated permit would grant. So the constant is put where the part stands, and the whole
//! is read as a call's text is.

use super::mailbox::Mailboxes;
use super::path::Path;
use super::rule::TextFault;
use super::shell::Shell;
use super::time::{TimeKind, TimeSpec};
use super::url::Url;
use super::{Kind, ReadFault};
use crate::base::address::HostClass;
use crate::base::calendar::WEEKDAYS;
use crate::model::arguments::Value;
use crate::model::parts::{OpenPart, Part, Parts};

/// The one form of a constant, or what is wrong with it, for people.
pub(crate) type Form = Result<String, String>;

impl Kind {
    /// The one form in which a text stands at the end of a path within what the kind finds; nothing where any text can stand there.
    pub(crate) fn constant(&self, path: &[&str], text: &str) -> Option<Form> {
        match (self, path) {
            (Self::Path(kind), path) => kind.constant(path, text),
            (Self::Url(kind), ["host"]) => {
                Some(probe(text, |text, parts, part| kind.host().read(text, parts, part)))
            }
            (Self::Url(kind), path) => kind.constant(path, text),
            (Self::Host(_), ["class"]) => Some(class(text)),
            (Self::Time(_), ["date"]) => Some(date(text)),
            (Self::Time(_), ["weekday"]) => Some(one_of(text, WEEKDAYS.into_iter())),
            (Self::Mailboxes(kind), path) => kind.constant(path, text),
            (Self::Shell(kind), [files, step, "path"]) if is_each(step) => {
                kind.constant(files, text)
            }
            #[cfg(feature = "sql")]
            (Self::Sql(kind), path) if !path.is_empty() => kind.constant(path, text),
            (Self::Decimal(_), []) => {
                Some(Err("a decimal compares with numbers; write it without quotes".to_owned()))
            }
            (kind, []) if !kind.is_list() && !matches!(kind, Self::Argv(_)) => {
                Some(kind.canonical_text(text))
            }
            _ => None,
        }
    }

    /// The one form of a text, or what is wrong with it, for people.
    pub(crate) fn canonical_text(&self, text: &str) -> Form {
        let mut parts = Parts::default();
        let part = parts.element();
        let read = self.read(Value::Text(text), &mut parts, &part);
        parts.end(part);
        match read {
            Ok(()) => Ok(text_at(&parts, &[]).unwrap_or_default()),
            Err(ReadFault::Text(fault) | ReadFault::Word(fault)) => Err(told(fault)),
        }
    }
}

impl Path {
    fn constant(&self, path: &[&str], text: &str) -> Option<Form> {
        let below = |text: &str, part: &[&str]| {
            let kind = self.without_root();
            probe_at(text, part, |text, parts, part| kind.read(text, parts, part))
        };
        let whole = || match below(text, &[]) {
            // What stands below the root is how it is compared.
            Ok(form) if form == text => Ok(form),
            found => probe(text, |text, parts, part| self.read(text, parts, part)).or(found),
        };
        Some(match path {
            [] => whole(),
            ["name"] => below(text, &["name"]),
            ["parent"] => below(&format!("{text}/x"), &["parent"]),
            ["extension"] if text.is_empty() => Ok(String::new()),
            ["extension"] => below(&format!("x.{text}"), &["extension"]),
            _ => return None,
        })
    }
}

impl Url {
    fn constant(&self, path: &[&str], text: &str) -> Option<Form> {
        let kind = self.at_any_port();
        let scheme = self.schemes().next().unwrap_or("https");
        let read = |text: &str, part: &[&str]| {
            probe_at(text, part, |text, parts, part| kind.read(text, parts, part))
        };
        let from = |rest: String, part: &[&str]| read(&format!("{scheme}://a.example{rest}"), part);
        Some(match path {
            [] => probe(text, |text, parts, part| self.read(text, parts, part)),
            ["scheme"] => one_of(text, self.schemes()),
            ["class"] => class(text),
            ["origin"] => read(&format!("{}/", text.trim_end_matches('/')), &["origin"]),
            ["path"] => from(format!("/{}", escaped(text.trim_matches('/'))), &["path"]),
            ["query"] if text.is_empty() => Ok(String::new()),
            ["query"] => from(format!("/?{}", text.trim_start_matches('?')), &["query"]),
            ["fragment"] if text.is_empty() => Ok(String::new()),
            ["fragment"] => from(format!("/#{}", text.trim_start_matches('#')), &["fragment"]),
            _ => return None,
        })
    }
}

impl Mailboxes {
    fn constant(&self, path: &[&str], text: &str) -> Option<Form> {
        let path = match path {
            [step, rest @ ..] if self.is_list() && is_each(step) => rest,
            _ if self.is_list() => return None,
            path => path,
        };
        let kind = self.single();
        let read = |text: &str, part: &[&str]| {
            probe_at(text, part, |text, parts, part| kind.read(text, parts, part))
        };
        Some(match path {
            [] => read(text, &[]),
            ["domain"] => read(&format!("a@{text}"), &["domain"]),
            ["local"] => read(&format!("{text}@a.example"), &["local"]),
            _ => return None,
        })
    }
}

impl Shell {
    fn constant(&self, files: &str, text: &str) -> Option<Form> {
        let sign = match files {
            "writes" => '>',
            "reads" => '<',
            _ => return None,
        };
        let kind = self.with_any_command();
        let line = format!("x {sign} '{text}'");
        Some(probe_at(&line, &[files, "0", "path"], |text, parts, part| {
            kind.read(text, parts, part)
        }))
    }
}

fn date(text: &str) -> Form {
    let kind = TimeKind::new(TimeSpec::date());
    probe(text, |text, parts, part| kind.read(text, parts, part))
}

fn class(text: &str) -> Form {
    one_of(text, HostClass::ALL.iter().map(|class| class.word()))
}

fn one_of<'w>(text: &str, words: impl Iterator<Item = &'w str>) -> Form {
    let words: Vec<&str> = words.collect();
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    let folded = text.to_ascii_lowercase();
    match words.contains(&folded.as_str()) {
        true => Ok(folded),
        false => Err(format!("it is one of `{}`", words.join("`, `"))),
    }
}

/// Each element; a place is none that a condition can ask of.
fn is_each(step: &str) -> bool {
    step == "*"
}

fn probe(
    text: &str,
    read: impl FnOnce(&str, &mut Parts, &OpenPart) -> Result<(), TextFault>,
) -> Form {
    probe_at(text, &[], read)
}

/// What a reader writes at the end of a path.
fn probe_at(
    text: &str,
    path: &[&str],
    read: impl FnOnce(&str, &mut Parts, &OpenPart) -> Result<(), TextFault>,
) -> Form {
    let mut parts = Parts::default();
    let part = parts.element();
    let found = read(text, &mut parts, &part);
    parts.end(part);
    match found {
        Ok(()) => text_at(&parts, path).ok_or_else(|| "nothing stands there".to_owned()),
        Err(fault) => Err(told(fault)),
    }
}

fn text_at(parts: &Parts, path: &[&str]) -> Option<String> {
    let whole = parts.iter().next()?;
    let end = path.iter().try_fold(whole, |part, step| match step.parse() {
        Ok(place) if part.is_list() => part.at(place),
        _ => part.get(step),
    });
    end.and_then(Part::as_text).map(str::to_owned)
}

fn told(TextFault { at, rule }: TextFault) -> String {
    format!("at byte {at}, {}; {}", rule.found, rule.remedy)
}

/// The path of a URL as it is written, from one without escapes.
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b'.' | b'/' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
