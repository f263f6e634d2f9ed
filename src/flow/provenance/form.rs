//! Origins as they are written.

use std::fmt;

use serde::de::{Error, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Origin, Origins};

/// How origins are written: `"any"`, one, or a list.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OriginsText {
    Any(AnyWord),
    One(Origin),
    Many(Vec<Origin>),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AnyWord {
    Any,
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OriginsForm)
    }
}

struct OriginsForm;

impl<'de> Visitor<'de> for OriginsForm {
    type Value = Origins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`any`, or one or several of `user`, `directory`, `result` and `program`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Origins, E> {
        if word == "any" {
            return Ok(Origins::ANY);
        }
        let origin = Origin::deserialize(IntoDeserializer::<E>::into_deserializer(word));
        let origin = origin.map_err(|_| E::invalid_value(Unexpected::Str(word), &self))?;
        Ok(origin.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Origins, A::Error> {
        let mut origins = Origins(0);
        while let Some(origin) = list.next_element::<Origin>()? {
            origins = origins | origin;
        }
        if origins == Origins(0) {
            return Err(A::Error::custom(
                "name at least one of `user`, `directory`, `result` and `program`, or say `any`",
            ));
        }
        Ok(origins)
    }
}

impl From<Origins> for OriginsText {
    fn from(origins: Origins) -> Self {
        let held: Vec<Origin> =
            Origin::ALL.into_iter().filter(|origin| origins.contains(*origin)).collect();
        match *held {
            _ if origins == Origins::ANY => Self::Any(AnyWord::Any),
            [one] => Self::One(one),
            _ => Self::Many(held),
        }
    }
}
