//! Options of a kind as they are read, before it is known which kind they belong to.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Any value of a file, kept until the kind reads it.
pub(crate) enum Plain {
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Plain>),
    Table(Options),
}

/// Options by their names, in the order in which they were written.
pub(crate) type Options = Vec<(String, Plain)>;

/// The options as a kind's specification, which refuses those that it does not have.
pub(crate) fn read<'de, T: Deserialize<'de>, E: Error>(options: Options) -> Result<T, E> {
    T::deserialize(MapDeserializer::new(options.into_iter()))
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a truth value, a list or a table")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Plain, E> {
        Ok(Plain::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Plain, E> {
        Ok(Plain::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Plain, E> {
        i64::try_from(value).map(Plain::Integer).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Plain, E> {
        Ok(Plain::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Plain, E> {
        Ok(Plain::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Plain, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Plain::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = map.next_entry()? {
            table.push(entry);
        }
        Ok(Plain::Table(table))
    }
}

/// Reads a kept value again, as a kind's specification does.
pub(crate) struct PlainDeserializer<E>(Plain, std::marker::PhantomData<E>);

impl<'de, E: Error> IntoDeserializer<'de, E> for Plain {
    type Deserializer = PlainDeserializer<E>;
    fn into_deserializer(self) -> Self::Deserializer {
        PlainDeserializer(self, std::marker::PhantomData)
    }
}

impl<'de, E: Error> Deserializer<'de> for PlainDeserializer<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.0 {
            Plain::Flag(value) => visitor.visit_bool(value),
            Plain::Integer(value) => visitor.visit_i64(value),
            Plain::Float(value) => visitor.visit_f64(value),
            Plain::Text(value) => visitor.visit_string(value),
            Plain::List(values) => {
                SeqDeserializer::new(values.into_iter()).deserialize_any(visitor)
            }
            Plain::Table(table) => MapDeserializer::new(table.into_iter()).deserialize_any(visitor),
        }
    }

    /// There is no null among options, so what is there is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.0 {
            Plain::Text(word) => word.into_deserializer().deserialize_enum(name, variants, visitor),
            _ => Err(E::custom(format_args!("write one of the words {variants:?}"))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
