//! The plain kinds of arguments, and sets of them.

use std::fmt;

use crate::arguments::Value;

/// A set of plain kinds, small and `Copy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kinds(u8);

/// Every kind: the word of a manifest, and how it is told to people.
const WORDS: [(Kinds, &str, &str); 7] = [
    (Kinds::TEXT, "text", "a text"),
    (Kinds::INTEGER, "integer", "a whole number"),
    (Kinds::NUMBER, "number", "a number"),
    (Kinds::FLAG, "flag", "true or false"),
    (Kinds::NULL, "null", "null"),
    (Kinds::LIST, "list", "a list"),
    (Kinds::OBJECT, "object", "an object"),
];

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const TEXT: Self = Self(1);
    pub(super) const INTEGER: Self = Self(1 << 1);
    /// A whole or a finite fraction.
    pub(super) const NUMBER: Self = Self(1 << 2);
    pub(super) const FLAG: Self = Self(1 << 3);
    pub(super) const NULL: Self = Self(1 << 4);
    pub(super) const LIST: Self = Self(1 << 5);
    pub(super) const OBJECT: Self = Self(1 << 6);

    /// What says something by itself, rather than by what it holds.
    pub(super) const SCALARS: Self = Self::TEXT.or(Self::INTEGER).or(Self::NUMBER).or(Self::FLAG);

    pub(super) const ALL: Self = Self::SCALARS.or(Self::NULL).or(Self::LIST).or(Self::OBJECT);

    #[inline]
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have a kind in common.
    #[inline]
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kind that a manifest writes as `word`.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }

    /// The words by which a manifest writes them.
    pub(super) fn words(self) -> impl Iterator<Item = &'static str> {
        WORDS.iter().filter(move |(kind, ..)| self.meets(*kind)).map(|(_, word, _)| *word)
    }

    /// The kinds that accept a value: an integer is also a number; a number that is not finite is of no kind.
    #[inline]
    pub(super) fn accepting(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::FLAG,
            Value::Integer(_) => Self::INTEGER.or(Self::NUMBER),
            Value::Float(number) if number.is_finite() => Self::NUMBER,
            Value::Float(_) => Self::NONE,
            Value::Text(_) => Self::TEXT,
            Value::List(_) => Self::LIST,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

/// As it is told to people: `a text, a list or an object`.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.count_ones();
        if left == 0 {
            return f.write_str("nothing");
        }
        for (_, _, told) in WORDS.iter().filter(|(kind, ..)| self.meets(*kind)) {
            f.write_str(told)?;
            left -= 1;
            match left {
                0 => {}
                1 => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
        }
        Ok(())
    }
}

/// What a value is, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Null,
    Flag,
    Integer,
    Fraction,
    NotFinite,
    Text,
    List,
    Object,
}

impl Found {
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Flag,
            Value::Integer(_) => Self::Integer,
            Value::Float(number) if number.is_finite() => Self::Fraction,
            Value::Float(_) => Self::NotFinite,
            Value::Text(_) => Self::Text,
            Value::List(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Flag => "true or false",
            Self::Integer => "a whole number",
            Self::Fraction => "a number written with a fraction",
            Self::NotFinite => "a number that is not finite",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}
