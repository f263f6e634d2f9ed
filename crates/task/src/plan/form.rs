//! How a plan is written and read.

use std::collections::BTreeMap;
use std::fmt;

use permitgate::flow::Origins;
use permitgate::policy::Scalar;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::{Allowed, PlanArgument};

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
            Allowed::Values { values, may_miss: false } => match values.as_slice() {
                [one] => one.serialize(serializer),
                values => values.serialize(serializer),
            },
            Allowed::Values { values, may_miss: true } => {
                let values = values.iter().map(Some).chain([None]);
                serializer.collect_seq(values)
            }
            Allowed::Within { least, most } => {
                let ends = [("at_least", least), ("at_most", most)];
                let ends = ends.iter().filter_map(|(key, end)| Some((key, end.as_ref()?)));
                serializer.collect_map(ends)
            }
            Allowed::From(origins) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("from", origins)?;
                map.end()
            }
            Allowed::Any => serializer.collect_map([("any", true)]),
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
    type Value = Allowed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a text, a number, a truth value, null, a list of them, or a table with `at_least` and `at_most`, `from`, or `any`",
        )
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Allowed, E> {
        Ok(one(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Allowed, E> {
        Ok(one(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Allowed, E> {
        Ok(one(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Allowed, E> {
        Ok(one(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Allowed, E> {
        Ok(one(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Allowed, E> {
        Ok(Allowed::Values { values: Vec::new(), may_miss: true })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Allowed, A::Error> {
        let (mut values, mut may_miss) = (Vec::new(), false);
        while let Some(value) = list.next_element::<Option<Scalar>>()? {
            match value {
                Some(value) => values.push(value),
                None => may_miss = true,
            }
        }
        Ok(Allowed::Values { values, may_miss })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Allowed, A::Error> {
        let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        match table {
            Table { any: Some(true), from: None, at_least: None, at_most: None } => {
                Ok(Allowed::Any)
            }
            Table { any: None, from: Some(origins), at_least: None, at_most: None } => {
                Ok(Allowed::From(origins))
            }
            Table { any: None, from: None, at_least: least, at_most: most }
                if least.is_some() || most.is_some() =>
            {
                Ok(Allowed::Within { least, most })
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
    any: Option<bool>,
    from: Option<Origins>,
    at_least: Option<Scalar>,
    at_most: Option<Scalar>,
}

fn one(value: impl Into<Scalar>) -> Allowed {
    Allowed::Values { values: vec![value.into()], may_miss: false }
}
