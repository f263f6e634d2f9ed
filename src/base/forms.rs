//! Forms in which data is written: a word or a list of words, and values that a refusal names.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer, SeqAccess, Visitor};

/// Reads a key that may be missing but not null: a limit that a template rendered as null must not
/// silently mean "no limit".
pub(crate) fn stated<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads one `T` that is written as a word, or a list of them. What is neither is an error of its type, not of text alone.
pub(crate) fn one_or_many<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(OneOrMany { expected, of: PhantomData })
}

struct OneOrMany<T> {
    expected: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Vec<T>, E> {
        T::deserialize(word.to_owned().into_deserializer()).map(|one| vec![one])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut many = Vec::new();
        while let Some(one) = list.next_element()? {
            many.push(one);
        }
        Ok(many)
    }
}

/// Reads a text. A refusal names the field, as in "a text as `tool`".
pub(crate) fn text<'de, D: Deserializer<'de>>(
    deserializer: D,
    field: &'static str,
) -> Result<String, D::Error> {
    deserializer.deserialize_string(Text(field))
}

struct Text(&'static str);

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text as `{}`", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }
}

/// Reads a truth value. A refusal names the field.
pub(crate) fn truth<'de, D: Deserializer<'de>>(
    deserializer: D,
    field: &'static str,
) -> Result<bool, D::Error> {
    deserializer.deserialize_bool(Truth(field))
}

struct Truth(&'static str);

impl Visitor<'_> for Truth {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`true` or `false` as `{}`", self.0)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }
}

/// Reads one of a few words, each of which stands for the value at its place. An object that has the word as its key is none.
pub(crate) fn word<'de, T: Copy, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    words: &'static [&'static str],
    values: &[T],
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Word { expected, words, values })
}

struct Word<'v, T> {
    expected: &'static str,
    words: &'static [&'static str],
    values: &'v [T],
}

impl<T: Copy> Visitor<'_> for Word<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let mut known = self.words.iter().zip(self.values);
        let found = known.find(|(word, _)| **word == text).map(|(_, value)| *value);
        found.ok_or_else(|| E::unknown_variant(text, self.words))
    }
}

/// Implements `Deserialize` for a type that is written as one of a few words.
macro_rules! read_as_word {
    ($type:ident, $expected:literal: $($word:literal => $variant:ident),+ $(,)?) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let values = [$(Self::$variant),+];
                $crate::base::forms::word(deserializer, $expected, &[$($word),+], &values)
            }
        }
    };
}

pub(crate) use read_as_word;
