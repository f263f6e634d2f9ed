//! Constants that conditions compare with: whether a kind would ever write them so.
//!
//! A kind has one form for whatever it accepts, and so have its parts. A constant in another form never equals anything: a
//! prohibition would not forbid, and a negated permit would grant. So the constant is put where the part stands, and the whole
//! is read as a call's text is.

use super::mailbox::Mailboxes;
use super::path::Path;
use super::rule::TextFault;
use super::shell::Shell;
#[cfg(feature = "sql")]
use super::sql::Sql;
use super::time::{TimeKind, TimeSpec};
use super::url::Url;
use super::{Kind, ReadFault};
use crate::base::address::HostClass;
use crate::base::calendar::WEEKDAYS;
use crate::model::arguments::Value;
use crate::model::parts::{OpenPart, Part, Parts};

/// The one form of a constant, or what is wrong with it, for people.
pub(crate) type Canonical = Result<String, String>;

impl Kind {
    /// The one form in which a text stands at the end of a path within what the kind finds; nothing where any text can stand there.
    pub(crate) fn constant(&self, path: &[&str], text: &str) -> Option<Canonical> {
        match (self, path) {
            (Self::Path(kind), path) => kind.constant(path, text),
            (Self::Url(kind), ["host"]) => {
                Some(whole(text, |text, parts, part| kind.host().read(text, parts, part)))
            }
            (Self::Url(kind), path) => kind.constant(path, text),
            (Self::Host(_), ["class"]) => Some(class(text)),
            (Self::Time(_), ["date"]) => Some(date(text)),
            (Self::Time(_), ["weekday"]) => Some(one_of(text, WEEKDAYS.into_iter())),
            (Self::Mailboxes(kind), path) => kind.constant(path, text),
            (Self::Shell(kind), [files, step, "path"]) if is_each(step) => {
                kind.constant(files, text)
            }
            (Self::Patch(kind), [_, step, "path"]) if is_each(step) => {
                kind.path().constant(&[], text)
            }
            (Self::Patch(_), []) => None,
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
    pub(crate) fn canonical_text(&self, text: &str) -> Canonical {
        self.canonical_value(Value::Text(text))
    }

    /// Likewise, of a value.
    pub(crate) fn canonical_value(&self, value: Value<'_>) -> Canonical {
        let mut parts = Parts::default();
        let part = parts.element();
        let read = self.read(value, &mut parts, &part);
        parts.end(part);
        match read {
            Ok(()) => Ok(text_at(&parts, &[]).unwrap_or_default()),
            Err(ReadFault::Text(fault) | ReadFault::Word(fault)) => {
                Err(told(fault, Some(fault.at)))
            }
        }
    }
}

impl Path {
    fn constant(&self, path: &[&str], text: &str) -> Option<Canonical> {
        let below = |probe: Probe<'_>| {
            let kind = self.without_root();
            probe.form(|text, parts, part| kind.read(text, parts, part))
        };
        let of_whole = || match below(Probe::of(text, &[])) {
            // What stands below the root is how it is compared.
            Ok(form) if form == text => Ok(form),
            found => whole(text, |text, parts, part| self.read(text, parts, part)).or(found),
        };
        Some(match path {
            [] => of_whole(),
            ["name"] => below(Probe::of(text, &["name"])),
            ["parent"] => below(Probe::between("", text, "/x", &["parent"])),
            ["extension"] if text.is_empty() => Ok(String::new()),
            ["extension"] => below(Probe::between("x.", text, "", &["extension"])),
            _ => return None,
        })
    }
}

impl Url {
    fn constant(&self, path: &[&str], text: &str) -> Option<Canonical> {
        let kind = self.at_any_port();
        let scheme = self.schemes().next().unwrap_or("https");
        let read = |probe: Probe<'_>| probe.form(|text, parts, part| kind.read(text, parts, part));
        let behind = |sign: char, part| {
            let bare = text.trim_start_matches(sign);
            let line = format!("{scheme}://a.example/{sign}{bare}");
            let before = line.len() - text.len();
            read(Probe { line, part, before: Some(before) })
        };
        Some(match path {
            [] => whole(text, |text, parts, part| self.read(text, parts, part)),
            ["scheme"] => one_of(text, self.schemes()),
            ["class"] => class(text),
            ["origin"] => read(Probe::between("", text.trim_end_matches('/'), "/", &["origin"])),
            ["path"] => {
                let probe = Probe::rewritten(
                    format!("{scheme}://a.example/{}", escaped(text.trim_matches('/'))),
                    &["path"],
                );
                read(probe)
            }
            ["query"] if text.is_empty() => Ok(String::new()),
            ["query"] => behind('?', &["query"]),
            ["fragment"] if text.is_empty() => Ok(String::new()),
            ["fragment"] => behind('#', &["fragment"]),
            _ => return None,
        })
    }
}

impl Mailboxes {
    fn constant(&self, path: &[&str], text: &str) -> Option<Canonical> {
        let path = match path {
            [step, rest @ ..] if self.is_list() && is_each(step) => rest,
            _ if self.is_list() => return None,
            path => path,
        };
        let kind = self.single();
        let read = |probe: Probe<'_>| probe.form(|text, parts, part| kind.read(text, parts, part));
        Some(match path {
            [] => read(Probe::of(text, &[])),
            ["domain"] => read(Probe::between("a@", text, "", &["domain"])),
            ["local"] => read(Probe::between("", text, "@a.example", &["local"])),
            _ => return None,
        })
    }
}

impl Shell {
    fn constant(&self, files: &str, text: &str) -> Option<Canonical> {
        let sign = match files {
            "writes" => '>',
            "reads" => '<',
            _ => return None,
        };
        let kind = self.with_any_command();
        let line = format!("x {sign} '{}'", text.replace('\'', r"'\''"));
        let part = [files, "0", "path"];
        let probe = match text.contains('\'') {
            true => Probe::rewritten(line, &part),
            false => Probe { before: Some(line.len() - 1 - text.len()), line, part: &part },
        };
        Some(probe.form(|text, parts, part| kind.read(text, parts, part)))
    }
}

#[cfg(feature = "sql")]
impl Sql {
    fn constant(&self, path: &[&str], text: &str) -> Option<Canonical> {
        match path {
            ["verb"] | ["writes", "*", "verb"] => Some(one_of(text, Self::all_verbs())),
            ["functions", "*"] => Some(Ok(text.to_ascii_lowercase())),
            ["reads" | "writes", "*", "table" | "schema"] if self.folds_names() => {
                Some(Ok(text.to_ascii_lowercase()))
            }
            _ => None,
        }
    }
}

fn date(text: &str) -> Canonical {
    let kind = TimeKind::new(TimeSpec::date());
    whole(text, |text, parts, part| kind.read(text, parts, part))
}

fn class(text: &str) -> Canonical {
    one_of(text, HostClass::ALL.iter().map(|class| class.word()))
}

fn one_of<'w>(text: &str, words: impl Iterator<Item = &'w str>) -> Canonical {
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

/// A text in which a constant stands where a part is read, and the path of the part.
struct Probe<'p> {
    line: String,
    part: &'p [&'p str],
    /// How many bytes stand before the constant, where it stands there as it is written.
    before: Option<usize>,
}

impl<'p> Probe<'p> {
    /// The constant alone.
    fn of(text: &str, part: &'p [&'p str]) -> Self {
        Self::between("", text, "", part)
    }

    fn between(before: &str, text: &str, behind: &str, part: &'p [&'p str]) -> Self {
        Self { line: format!("{before}{text}{behind}"), part, before: Some(before.len()) }
    }

    /// A line in which the constant stands in another form, so that no place in it is one in the constant.
    fn rewritten(line: String, part: &'p [&'p str]) -> Self {
        Self { line, part, before: None }
    }

    /// What a reader writes at the end of the path.
    fn form(
        self,
        read: impl FnOnce(&str, &mut Parts, &OpenPart) -> Result<(), TextFault>,
    ) -> Canonical {
        let mut parts = Parts::default();
        let part = parts.element();
        let found = read(&self.line, &mut parts, &part);
        parts.end(part);
        match found {
            Ok(()) => text_at(&parts, self.part).ok_or_else(|| "nothing stands there".to_owned()),
            Err(fault) => {
                let at = self.before.and_then(|before| fault.at.checked_sub(before as u32));
                Err(told(fault, at))
            }
        }
    }
}

fn whole(
    text: &str,
    read: impl FnOnce(&str, &mut Parts, &OpenPart) -> Result<(), TextFault>,
) -> Canonical {
    Probe::of(text, &[]).form(read)
}

fn text_at(parts: &Parts, path: &[&str]) -> Option<String> {
    let whole = parts.iter().next()?;
    let end = path.iter().try_fold(whole, |part, step| match step.parse() {
        Ok(place) if part.is_list() => part.at(place),
        _ => part.get(step),
    });
    end.and_then(Part::as_text).map(str::to_owned)
}

/// What is wrong, at a byte of the constant; without a place where that is none of it.
fn told(TextFault { rule, .. }: TextFault, at: Option<u32>) -> String {
    match at {
        Some(at) => format!("at byte {at}, {}; {}", rule.found, rule.remedy),
        None => format!("{}; {}", rule.found, rule.remedy),
    }
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
