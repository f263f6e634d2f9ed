//! Kinds of arguments, as a manifest writes them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use permitgate::limits::MAX_ITEMS_PER_TOOL;
use serde_json::{Value as Json, json};

use super::shown::{KeyName, Quoted};

/// The words of the kinds, in the order in which they are written.
const WORDS: [&str; 7] = ["text", "integer", "number", "flag", "null", "list", "object"];

/// A set of kinds, with what is in lists and objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Kind {
    /// By their places in [`WORDS`].
    words: [bool; 7],
    items: Option<Box<Kind>>,
    fields: Option<BTreeMap<String, (Kind, bool)>>,
}

impl Kind {
    pub(super) fn of(word: &str) -> Self {
        let mut kind = Self::default();
        kind.add(word);
        kind
    }

    pub(super) fn add(&mut self, word: &str) {
        let places = self.words.iter_mut().zip(WORDS);
        places.filter(|(_, known)| *known == word).for_each(|(place, _)| *place = true);
    }

    /// Whether every value of it is of these kinds.
    pub(super) fn is_only(&self, allowed: &[&str]) -> bool {
        let mut has = self.words.iter().zip(WORDS).filter(|(has, _)| **has).peekable();
        has.peek().is_some() && has.all(|(_, word)| allowed.contains(&word))
    }

    /// What the elements are, where it can be nothing but a list.
    pub(super) fn elements(&self) -> Option<&Self> {
        self.is_only(&["list"]).then_some(self.items.as_deref()).flatten()
    }

    /// A required field of an object that can be nothing else.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let fields = self.is_only(&["object"]).then_some(self.fields.as_ref()).flatten()?;
        fields.get(name).filter(|(_, required)| *required).map(|(kind, _)| kind)
    }

    /// A list of these.
    pub(super) fn list(items: Self) -> Self {
        Self { items: Some(Box::new(items)), ..Self::of("list") }
    }

    /// An object with these fields.
    pub(super) fn object(fields: Fields) -> Self {
        Self { fields: Some(fields), ..Self::of("object") }
    }

    /// How many kinds are described in it.
    pub(super) fn size(&self) -> usize {
        let items = self.items.as_deref().map_or(0, Self::size);
        let fields = self.fields.iter().flatten().map(|(_, (kind, _))| kind.size());
        1 + items + fields.sum::<usize>()
    }

    pub(super) fn or(mut self, other: Self) -> Self {
        self.words.iter_mut().zip(other.words).for_each(|(one, other)| *one |= other);
        self.items = match (self.items, other.items) {
            (Some(one), Some(other)) => Some(Box::new(one.or(*other))),
            (one, other) => one.or(other),
        };
        self.fields = match (self.fields, other.fields) {
            (Some(one), Some(other)) => Some(either(one, other)),
            (one, other) => one.or(other),
        };
        self
    }

    pub(super) fn accepts(&self, value: &Json) -> bool {
        let of =
            |word: &str| self.words.iter().zip(WORDS).any(|(has, known)| *has && known == word);
        match value {
            Json::Null | Json::Object(_) => false,
            Json::Bool(_) => of("flag"),
            Json::String(_) => of("text"),
            Json::Number(number) if number.is_i64() => of("integer") || of("number"),
            Json::Number(number) => of("number") && number.is_f64(),
            Json::Array(values) => {
                let items = self.items.as_deref();
                let scalar = |value: &Json| !matches!(value, Json::Array(_));
                of("list")
                    && values.len() <= MAX_ITEMS_PER_TOOL
                    && values.iter().all(|value| {
                        scalar(value) && items.is_some_and(|items| items.accepts(value))
                    })
            }
        }
    }

    /// The entries of its table, without the braces.
    pub(super) fn write_entries(&self, out: &mut String) -> fmt::Result {
        let words: Vec<&str> =
            self.words.iter().zip(WORDS).filter(|(has, _)| **has).map(|(_, word)| word).collect();
        match words.as_slice() {
            [word] => write!(out, "kind = \"{word}\"")?,
            several => {
                let words = several.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
                write!(out, "kind = [{}]", words.join(", "))?;
            }
        }
        if let Some(items) = &self.items {
            out.push_str(", items = ");
            items.write(false, out)?;
        }
        if let Some(fields) = &self.fields {
            out.push_str(", fields = {");
            for (number, (name, (kind, required))) in fields.iter().enumerate() {
                write!(out, "{} {} = ", if number == 0 { "" } else { "," }, KeyName(name))?;
                kind.write(!required, out)?;
            }
            out.push_str(if fields.is_empty() { "}" } else { " }" });
        }
        Ok(())
    }

    /// The same as JSON, with the kinds always in a list.
    pub(super) fn to_json(&self, required: bool) -> Json {
        let words: Vec<&str> =
            self.words.iter().zip(WORDS).filter(|(has, _)| **has).map(|(_, word)| word).collect();
        let mut table = serde_json::Map::from_iter([("kind".to_owned(), json!(words))]);
        let mut put = |key: &str, value: Json| _ = table.insert(key.to_owned(), value);
        if let Some(items) = &self.items {
            put("items", items.to_json(true));
        }
        if let Some(fields) = &self.fields {
            let fields = fields
                .iter()
                .map(|(name, (kind, required))| (name.clone(), kind.to_json(*required)));
            put("fields", Json::Object(fields.collect()));
        }
        if !required {
            put("optional", json!(true));
        }
        Json::Object(table)
    }

    pub(super) fn write(&self, optional: bool, out: &mut String) -> fmt::Result {
        let single = self.words.iter().filter(|has| **has).count() == 1;
        if single && self.items.is_none() && self.fields.is_none() && !optional {
            let word = self.words.iter().zip(WORDS).find(|(has, _)| **has);
            return write!(out, "\"{}\"", word.map_or("", |(_, word)| word));
        }
        out.push_str("{ ");
        self.write_entries(out)?;
        out.push_str(if optional { ", optional = true }" } else { " }" });
        Ok(())
    }
}

pub(super) type Fields = BTreeMap<String, (Kind, bool)>;

/// The fields of either of two objects: required where both require them.
fn either(one: Fields, mut other: Fields) -> Fields {
    let mut fields = Fields::new();
    for (name, (kind, required)) in one {
        let entry = match other.remove(&name) {
            Some((same, also)) => (kind.or(same), required && also),
            None => (kind, false),
        };
        fields.insert(name, entry);
    }
    fields.extend(other.into_iter().map(|(name, (kind, _))| (name, (kind, false))));
    fields
}

/// A default, of which [`Kind::accepts`] says that it can be written.
pub(super) fn write_value(value: &Json, out: &mut String) -> fmt::Result {
    match value {
        Json::String(text) => write!(out, "{}", Quoted(text)),
        Json::Array(values) => {
            out.push('[');
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                write_value(value, out)?;
            }
            out.push(']');
            Ok(())
        }
        Json::Number(number) if number.is_f64() => {
            write!(out, "{:?}", number.as_f64().unwrap_or_default())
        }
        other => write!(out, "{other}"),
    }
}
