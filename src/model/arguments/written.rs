//! Frozen arguments as data: written in order of their names, read within the bounds of a copy.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use super::FreezeError;
use super::frozen::{Frozen, FrozenArguments, Room};
use crate::base::limits::MAX_FROZEN_DEPTH;

impl Serialize for FrozenArguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields())
    }
}

impl Serialize for Frozen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                // Most readers take it for a number with a fraction, which is another one.
                _ => Err(S::Error::custom("a whole number beyond 64 bits cannot be written")),
            },
            Self::Float(value) if is_beyond(*value) => {
                Err(S::Error::custom("a number beyond 64 bits cannot be written"))
            }
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Float(_) => {
                Err(S::Error::custom("a number that is not finite cannot be written"))
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}

/// Whether a number with a fraction could as well be a whole one that 64 bits do not hold.
fn is_beyond(value: f64) -> bool {
    const LEAST: f64 = -9_223_372_036_854_775_808.0;
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    // The least one too: what lies just below it is rounded to it.
    value.is_finite() && (value <= LEAST || value >= BEYOND)
}

impl<'de> Deserialize<'de> for FrozenArguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut room = Room::new();
        deserializer.deserialize_map(Fields { room: &mut room, depth: MAX_FROZEN_DEPTH })
    }
}

/// The fields of an object that is read.
struct Fields<'r> {
    room: &'r mut Room,
    depth: usize,
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = FrozenArguments;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map as `arguments`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FrozenArguments, A::Error> {
        let depth = deeper(self.depth)?;
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = self.room.text(&name).map_err(refused)?;
            let value = map.next_value_seed(Element { room: self.room, depth })?;
            fields.push((name, value));
        }
        FrozenArguments::of(fields).map_err(refused)
    }
}

/// A value within arguments that are read.
struct Element<'r> {
    room: &'r mut Room,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Frozen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Frozen, D::Error> {
        self.room.take_value().map_err(refused)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Frozen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a value within `arguments`: null, a truth value, a number, a text, a list or a map",
        )
    }

    fn visit_unit<E: de::Error>(self) -> Result<Frozen, E> {
        Ok(Frozen::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Frozen, E> {
        Ok(Frozen::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Frozen, E> {
        Ok(Frozen::Integer(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Frozen, E> {
        Ok(Frozen::Integer(value.into()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Frozen, E> {
        Ok(Frozen::Integer(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Frozen, E> {
        // What a reader of JSON makes of digits beyond 64 bits; which ones they were is not known any more.
        if is_beyond(value) {
            return Err(E::custom(
                "`arguments`: a number beyond 64 bits, which was perhaps rounded",
            ));
        }
        Ok(Frozen::Float(value))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Frozen, E> {
        self.room.text(text).map(Frozen::Text).map_err(refused)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Frozen, A::Error> {
        let Self { room, depth } = self;
        let depth = deeper(depth)?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Element { room: &mut *room, depth })? {
            values.push(value);
        }
        Ok(Frozen::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Frozen, A::Error> {
        Fields { room: self.room, depth: self.depth }.visit_map(map).map(Frozen::Object)
    }
}

fn deeper<E: de::Error>(depth: usize) -> Result<usize, E> {
    depth.checked_sub(1).ok_or_else(|| refused(FreezeError::TooDeep))
}

/// In the words of a copy, which name the arguments and none of their values.
fn refused<E: de::Error>(error: FreezeError) -> E {
    E::custom(format_args!("`arguments`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::MAX_FROZEN_BYTES;
    use crate::model::Value;

    fn read(json: &str) -> Result<FrozenArguments, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let list = [Value::Null, Value::from(true), Value::from(1.0), Value::from("x")];
        let inner = [("list", Value::List(&list)), ("big", Value::from(u64::MAX))];
        let frozen =
            FrozenArguments::freeze(&[("o", Value::Object(&inner)), ("n", Value::from(-7))]);
        let frozen = frozen.unwrap();
        let written = serde_json::to_string(&frozen).unwrap();
        let expected = r#"{"n":-7,"o":{"big":18446744073709551615,"list":[null,true,1.0,"x"]}}"#;
        assert_eq!(written, expected);
        assert_eq!(read(&written).unwrap(), frozen);
        let odd = FrozenArguments::freeze(&[("n", Value::from(f64::NAN))]).unwrap();
        assert!(serde_json::to_string(&odd).unwrap_err().to_string().contains("not finite"));
    }

    /// JSON has no number beyond 64 bits that every reader reads as the same one.
    #[test]
    fn a_number_beyond_64_bits_is_neither_written_nor_read() {
        let most = i128::from(u64::MAX);
        for whole in [i128::MAX, i128::MIN, most + 1, i128::from(i64::MIN) - 1] {
            let frozen = FrozenArguments::freeze(&[("n", Value::Integer(whole))]).unwrap();
            let error = serde_json::to_string(&frozen).unwrap_err().to_string();
            assert!(error.contains("a whole number beyond 64 bits cannot be written"), "{error}");
            let error = read(&format!("{{\"n\":{whole}}}")).unwrap_err();
            assert!(error.contains("a number beyond 64 bits"), "{error}");
        }
        let large = FrozenArguments::freeze(&[("n", Value::from(1e30))]).unwrap();
        assert!(serde_json::to_string(&large).unwrap_err().to_string().contains("beyond 64 bits"));
        for value in
            [Value::Integer(most), Value::from(i64::MIN), Value::from(1.5e18), Value::from(-0.5)]
        {
            let frozen = FrozenArguments::freeze(&[("n", value)]).unwrap();
            assert_eq!(read(&serde_json::to_string(&frozen).unwrap()).unwrap(), frozen);
        }
    }

    #[test]
    fn what_cannot_be_copied_cannot_be_read() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_FROZEN_BYTES));
        for (json, expected) in [
            (r#"{"a":1,"a":2}"#, "`arguments`: an object shows one of its fields twice"),
            (r#"{"o":{"a":1,"a":2}}"#, "`arguments`: an object shows one of its fields twice"),
            (&deep, "`arguments`: arguments are nested more than"),
            (&large, "`arguments`: arguments hold more than"),
            ("[1]", "expected a map as `arguments`"),
            ("null", "expected a map as `arguments`"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
