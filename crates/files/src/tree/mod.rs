//! What TOML and JSON have in common: a tree of values that knows where everything stands.

pub(crate) mod json;
pub(crate) mod read;
pub(crate) mod toml;

use std::collections::HashMap;

use crate::number::WHOLE;
use crate::source::Span;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    /// A number of TOML that cannot be kept exactly, and why. JSON refuses such a file as it is read.
    Inexact(&'static str),
    Text(String),
    /// A date or time, which TOML has and no key of ours takes.
    Moment,
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

/// The name of an entry and its place.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) name: String,
}

impl Content {
    /// An exact number; from where on floats are whole, as one that is whole.
    pub(crate) fn number(value: f64) -> Self {
        let whole = Some(value as i128).filter(|_| value.abs() >= WHOLE);
        let signed = whole.and_then(|whole| i64::try_from(whole).ok()).map(Self::Integer);
        let unsigned = || whole.and_then(|whole| u64::try_from(whole).ok()).map(Self::Unsigned);
        signed.or_else(unsigned).unwrap_or(Self::Float(value))
    }
}

impl Node {
    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Content::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Content::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&(Key, Node)> {
        self.entries().iter().find(|(key, _)| key.name == name)
    }

    /// The texts of a value that is one text or a list of texts, each with its place.
    pub(crate) fn one_or_many(&self) -> impl Iterator<Item = (&str, Span)> {
        let one = self.text().map(|text| (text, self.span));
        one.into_iter()
            .chain(self.items().iter().filter_map(|item| Some((item.text()?, item.span))))
    }

    /// The place of a field such as `when[0].at_most`: as deep as the tree follows the path. A step by
    /// name that exists is its value; a table is meant by the key under which it stands.
    pub(crate) fn place(&self, path: &str) -> Span {
        let mut node = self;
        let mut span = self.span;
        let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
        for step in steps {
            let below = match step.parse::<usize>() {
                Ok(place) if !node.items().is_empty() => node.items().get(place),
                _ => node.get(step),
            };
            match below {
                Some(below) => (node, span) = (below, below.span),
                // One text stands for a list of one: `resources[0]` may be `resources`.
                None => break,
            }
        }
        span
    }

    /// What the value is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Content::Null => "null",
            Content::Bool(_) => "a truth value",
            Content::Integer(_) | Content::Unsigned(_) => "a whole number",
            Content::Float(_) => "a number with a fraction",
            Content::Inexact(_) => "a number that cannot be kept",
            Content::Text(_) => "a text",
            Content::Moment => "a date or time",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Whether both say the same, whatever the order of their keys and wherever they stand.
    pub(crate) fn means(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Content::Null, Content::Null) | (Content::Moment, Content::Moment) => true,
            (Content::Bool(one), Content::Bool(other)) => one == other,
            (Content::Integer(one), Content::Integer(other)) => one == other,
            (Content::Unsigned(one), Content::Unsigned(other)) => one == other,
            (Content::Float(one), Content::Float(other)) => one.to_bits() == other.to_bits(),
            (Content::Inexact(one), Content::Inexact(other)) => one == other,
            (Content::Text(one), Content::Text(other)) => one == other,
            (Content::List(one), Content::List(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| one.means(other))
            }
            (Content::Table(one), Content::Table(other)) => {
                let known: HashMap<&str, &Node> =
                    other.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
                let same = |(key, node): &(Key, Node)| {
                    known.get(key.name.as_str()).is_some_and(|found| node.means(found))
                };
                one.len() == other.len() && one.iter().all(same)
            }
            _ => false,
        }
    }
}
