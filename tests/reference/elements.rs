//! Tests of elements of lists, and of what a value lies in, said a second time.

use std::net::IpAddr;

use super::{AGENT, Arg, Fields, Found, HoldsFor, Items, Kind, Literal, Setup, Test};

/// What a path with stars leads to, all of it.
enum Ends<'a> {
    /// No list is there.
    Nothing,
    /// Each end, and those of which nothing is known.
    Values(Vec<Option<&'a Arg>>),
}

impl Test {
    /// What can be told of all elements by those of which it can be told.
    pub(super) fn holds_for_elements(
        &self,
        holds_for: HoldsFor,
        setup: &Setup,
        arguments: &Fields,
    ) -> Option<bool> {
        let ends = match ends(arguments, self.argument) {
            Ends::Nothing if self.optional => return Some(!self.not),
            Ends::Nothing => return None,
            Ends::Values(ends) => ends,
        };
        let answers: Vec<Option<bool>> = ends
            .iter()
            .map(|end| end.and_then(|value| self.holds_of(value, setup, arguments)))
            .collect();
        let (wanted, otherwise) = match holds_for {
            HoldsFor::All => (Some(false), true),
            HoldsFor::Some => (Some(true), false),
            HoldsFor::None => (Some(true), true),
        };
        let answer = if answers.contains(&wanted) {
            Some(!otherwise)
        } else if answers.contains(&None) {
            None
        } else {
            Some(otherwise)
        };
        answer.map(|answer| answer != self.not)
    }
}

fn ends<'a>(arguments: &'a Fields, path: &str) -> Ends<'a> {
    let (list, below) = path.split_once(".*").expect("a path with a star");
    match arguments.find(list) {
        Found::Nothing | Found::At(Arg::Null) => Ends::Nothing,
        Found::Hidden => Ends::Values(vec![None]),
        Found::At(Arg::List(Items(items))) => {
            let below = below.strip_prefix('.').unwrap_or(below);
            Ends::Values(items.iter().flat_map(|item| ends_below(item, below)).collect())
        }
        Found::At(_) => Ends::Values(vec![None]),
    }
}

fn ends_below<'a>(item: &'a Arg, below: &str) -> Vec<Option<&'a Arg>> {
    if below.is_empty() {
        return vec![Some(item)];
    }
    // As if the element were an argument of its own.
    let as_field = Fields(vec![("it".to_owned(), item.clone())]);
    assert!(!below.contains('*'), "one star is enough to be a second opinion");
    match as_field.find(&format!("it.{below}")) {
        Found::At(_) => vec![at(item, below)],
        Found::Nothing | Found::Hidden => vec![None],
    }
}

fn at<'a>(item: &'a Arg, path: &str) -> Option<&'a Arg> {
    path.split('.').try_fold(item, |item, step| match item {
        Arg::Object(Fields(fields)) => {
            fields.iter().find(|(name, _)| name == step).map(|(_, value)| value)
        }
        Arg::List(Items(items)) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

impl Kind {
    /// Of a value that is there, for the kinds that look at what it lies in or stands beside.
    pub(super) fn holds_of(&self, value: &Arg, setup: &Setup, arguments: &Fields) -> Option<bool> {
        if let (Self::AtMostElements(most), Arg::List(Items(items))) = (self, value) {
            return Some(items.len() as u64 <= *most);
        }
        if let Self::EqualsArgument(other) = self {
            let Found::At(other) = arguments.find(other) else { return None };
            let Arg::Literal(other) = other else { return None };
            return other.same(value);
        }
        let Arg::Literal(Literal::Text(text)) = value else { return None };
        match self {
            Self::Under(hosts) => {
                let is_address = is_address(text)?;
                any(hosts.iter().map(|host| match self::is_address(host).unwrap() == is_address {
                    true => Some(text == host || text.ends_with(&format!(".{host}"))),
                    false => None,
                }))
            }
            Self::InNetwork(ranges) => {
                let true = is_address(text)? else { return None };
                let address: IpAddr = text.parse().unwrap();
                Some(ranges.iter().any(|range| lies_in(address, range)))
            }
            Self::Below(folders) => {
                let signs = |c: char| c.is_alphanumeric() || "-_.@+=,#&'() ".contains(c);
                let names: Vec<&str> =
                    text.trim_start_matches('/').trim_end_matches('/').split('/').collect();
                let plain = |name: &&str| {
                    name.chars().all(signs)
                        && *name == name.trim()
                        && !name.is_empty()
                        && !name.ends_with('.')
                };
                let doubled = text.contains("//");
                if text != "." && text != "/" && (doubled || !names.iter().all(plain)) {
                    return None;
                }
                any(folders.iter().map(|folder| {
                    let absolute = text.starts_with('/');
                    (absolute == folder.starts_with('/')).then(|| {
                        folder == "."
                            || folder == "/"
                            || text == folder
                            || text.starts_with(&format!("{folder}/"))
                    })
                }))
            }
            Self::Regex(expression) => Some(matches(expression.as_bytes(), text.as_bytes())),
            Self::EqualsBound(name) => Some(match name.as_str() {
                "invoker" => *text == setup.invoker,
                "agent" => text == AGENT,
                "project" => *text == setup.project,
                other => panic!("{other}"),
            }),
            _ => None,
        }
    }

    /// What it compares with, in small letters.
    pub(super) fn small(&self) -> Self {
        let small = |literal: &Literal| match literal {
            Literal::Text(text) => Literal::Text(text.to_lowercase()),
            other => other.clone(),
        };
        match self {
            Self::Equals(literal) => Self::Equals(small(literal)),
            Self::OneOf(literals) => Self::OneOf(literals.iter().map(small).collect()),
            Self::Matches(pattern) => Self::Matches(pattern.to_lowercase()),
            other => other.clone(),
        }
    }
}

impl Arg {
    /// A text in small letters; nothing where systems disagree of one of them.
    pub(super) fn small(&self) -> Option<Self> {
        let Self::Literal(Literal::Text(text)) = self else { return None };
        (!text.contains(['ß', 'ſ', 'ı', 'İ', 'ς', '\u{212a}']))
            .then(|| Self::Literal(Literal::Text(text.to_lowercase())))
    }
}

/// Whether a host is an address; nothing where a text is no host in its one form.
fn is_address(text: &str) -> Option<bool> {
    if let Ok(address) = text.parse::<IpAddr>() {
        let one_form = address.to_canonical().to_string();
        return (one_form == text).then_some(true);
    }
    let is_label = |label: &str| {
        let taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(taken)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let last = labels.last()?;
    let is_number = !last.contains(|c: char| c.is_ascii_alphabetic())
        || last.strip_prefix("0x").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()));
    let is_name = text.len() <= 253 && labels.iter().all(|label| is_label(label)) && !is_number;
    is_name.then_some(false)
}

fn lies_in(address: IpAddr, range: &str) -> bool {
    let (base, bits) = range.split_once('/').unwrap_or((range, ""));
    let written = |address: IpAddr| match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    };
    let (base, address) = (written(base.parse().unwrap()), written(address));
    let bits = if bits.is_empty() { base.len() } else { bits.parse().unwrap() };
    base.len() == address.len() && base[..bits] == address[..bits]
}

/// Letters, and stars behind letters.
fn matches(expression: &[u8], text: &[u8]) -> bool {
    match expression {
        [] => text.is_empty(),
        [one, b'*', rest @ ..] => {
            matches(rest, text) || text.first() == Some(one) && matches(expression, &text[1..])
        }
        [one, rest @ ..] => text.first() == Some(one) && matches(rest, &text[1..]),
    }
}

fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let answers: Vec<Option<bool>> = answers.collect();
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}
