//! How a plan is written and read.

use std::collections::BTreeMap;
use std::fmt;

use permitgate::flow::Origins;
use permitgate::policy::Scalar;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::{Domain, PlanArgument};

/// The one format that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(D::Error::invalid_value(
                Unexpected::Unsigned(other),
                &"1, the only format of plans",
            )),
        }
    }
}

/// The arguments of a step. One that is written twice is refused: what a person reads may be the other.
pub(super) fn arguments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, PlanArgument>, D::Error> {
    deserializer.deserialize_map(ArgumentsForm)
}

struct ArgumentsForm;

impl<'de> Visitor<'de> for ArgumentsForm {
    type Value = BTreeMap<String, PlanArgument>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table from argument paths to what is allowed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(path) = map.next_key::<String>()? {
            let allowed = map.next_value()?;
            if found.insert(path.clone(), allowed).is_some() {
                return Err(A::Error::custom(format_args!(
                    "argument {path:?} is written twice; write it once"
                )));
            }
        }
        Ok(found)
    }
}

impl Serialize for PlanArgument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Domain::Values { values, optional: false } => match values.as_slice() {
                [one] => one.serialize(serializer),
                values => values.serialize(serializer),
            },
            Domain::Values { values, optional: true } => {
                let values = values.iter().map(Some).chain([None]);
                serializer.collect_seq(values)
            }
            Domain::Within { least, most } => {
                let ends = [("at_least", least), ("at_most", most)];
                let ends = ends.iter().filter_map(|(key, end)| Some((key, end.as_ref()?)));
                serializer.collect_map(ends)
            }
            Domain::From(origins) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("from", origins)?;
                map.end()
            }
            Domain::Any => serializer.collect_map([("any", true)]),
        }
    }
}

impl<'de> Deserialize<'de> for PlanArgument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgumentForm).map(Self)
    }
}

struct ArgumentForm;

impl<'de> Visitor<'de> for ArgumentForm {
    type Value = Domain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a text, a number, a truth value, null, a list of them, or a table with `at_least` and `at_most`, `from`, or `any`",
        )
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Domain, E> {
        Ok(one(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Domain, E> {
        Ok(one(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Domain, E> {
        Ok(one(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Domain, E> {
        Ok(one(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Domain, E> {
        Ok(one(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Domain, E> {
        Ok(Domain::Values { values: Vec::new(), optional: true })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Domain, A::Error> {
        let (mut values, mut optional) = (Vec::new(), false);
        while let Some(value) = list.next_element::<Option<Scalar>>()? {
            match value {
                Some(value) => values.push(value),
                None => optional = true,
            }
        }
        Ok(Domain::Values { values, optional })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Domain, A::Error> {
        let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        match table {
            Table { any: Some(true), from: None, at_least: None, at_most: None } => Ok(Domain::Any),
            Table { any: None, from: Some(origins), at_least: None, at_most: None } => {
                Ok(Domain::From(origins))
            }
            Table { any: None, from: None, at_least: least, at_most: most }
                if least.is_some() || most.is_some() =>
            {
                Ok(Domain::Within { least, most })
            }
            _ => Err(A::Error::custom(
                "write `at_least`, `at_most` or both, or `from`, or `any = true`; they do not go together",
            )),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default, deserialize_with = "stated")]
    any: Option<bool>,
    #[serde(default, deserialize_with = "stated")]
    from: Option<Origins>,
    #[serde(default, deserialize_with = "stated")]
    at_least: Option<Scalar>,
    #[serde(default, deserialize_with = "stated")]
    at_most: Option<Scalar>,
}

/// A key that is written has a value: null is none, and does not leave the key out.
fn stated<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn one(value: impl Into<Scalar>) -> Domain {
    Domain::Values { values: vec![value.into()], optional: false }
}
