//! The plain kinds of arguments, and sets of them.

use std::fmt;

use super::Value;

/// A set of plain kinds, small and `Copy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kinds(u8);

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
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const TEXT: Self = Self(1);
    pub(crate) const INTEGER: Self = Self(1 << 1);
    /// A whole or a finite fraction.
    pub(crate) const NUMBER: Self = Self(1 << 2);
    pub(crate) const FLAG: Self = Self(1 << 3);
    pub(crate) const NULL: Self = Self(1 << 4);
    pub(crate) const LIST: Self = Self(1 << 5);
    pub(crate) const OBJECT: Self = Self(1 << 6);

    /// What says something by itself, rather than by what it holds.
    pub(crate) const SCALARS: Self = Self::TEXT.or(Self::INTEGER).or(Self::NUMBER).or(Self::FLAG);

    pub(crate) const ALL: Self = Self::SCALARS.or(Self::NULL).or(Self::LIST).or(Self::OBJECT);

    #[inline]
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The kinds that both have.
    pub(crate) const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the two have a kind in common.
    #[inline]
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kind that a manifest writes as `word`.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }

    /// The words by which a manifest writes them.
    pub(crate) fn words(self) -> impl Iterator<Item = &'static str> {
        WORDS.iter().filter(move |(kind, ..)| self.meets(*kind)).map(|(_, word, _)| *word)
    }

    /// The kinds that accept a value: an integer is also a number, and so is a float that is whole, as some models write it (`7.0`); a
    /// number that is not finite is of no kind.
    #[inline]
    pub(crate) fn accepting(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::FLAG,
            Value::Integer(_) => Self::INTEGER.or(Self::NUMBER),
            Value::Float(number) if whole(number).is_some() => Self::INTEGER.or(Self::NUMBER),
            Value::Float(number) if number.is_finite() => Self::NUMBER,
            Value::Float(_) => Self::NONE,
            Value::Text(_) => Self::TEXT,
            Value::List(_) => Self::LIST,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

/// The whole number that a float stands for. Beyond 2^53 neighbours are written alike, so that none is meant for certain.
pub(crate) fn whole(number: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i128)
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
pub(crate) enum Found {
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
    pub(crate) fn of(value: Value<'_>) -> Self {
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
