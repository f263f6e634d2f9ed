//! An audience that borrows nothing.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::Audience;
use crate::base::forms::text;

/// An [`Audience`] that borrows nothing, for what outlives the call or is written down.
///
/// As data: `"private"`, `"internal"`, `"public"`, `{"recipients": [names]}`, `{"group": name}` or `{"channel": name}`. What it
/// names is not checked here; the gate does that when an action has it.
///
/// ```
/// use permitgate::Audience;
/// use permitgate::model::OwnedAudience;
///
/// let audience: OwnedAudience = serde_json::from_str(r#"{"group": "platform"}"#)?;
/// assert_eq!(audience.view(), Audience::Group("platform"));
/// assert_eq!(OwnedAudience::from(audience.view()), audience);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnedAudience {
    /// As [`Audience::Private`].
    #[default]
    Private,
    /// As [`Audience::Internal`].
    Internal,
    /// As [`Audience::Public`].
    Public,
    /// As [`Audience::Recipients`].
    Recipients(Vec<String>),
    /// As [`Audience::Group`].
    Group(String),
    /// As [`Audience::Channel`].
    Channel(String),
}

impl OwnedAudience {
    /// The audience as an action takes it. Allocates nothing.
    pub fn view(&self) -> Audience<'_> {
        match self {
            Self::Private => Audience::Private,
            Self::Internal => Audience::Internal,
            Self::Public => Audience::Public,
            Self::Recipients(names) => Audience::recipients(names),
            Self::Group(name) => Audience::Group(name),
            Self::Channel(name) => Audience::Channel(name),
        }
    }
}

impl From<Audience<'_>> for OwnedAudience {
    fn from(audience: Audience<'_>) -> Self {
        match audience {
            Audience::Private => Self::Private,
            Audience::Internal => Self::Internal,
            Audience::Public => Self::Public,
            Audience::Recipients(names) => {
                Self::Recipients(names.iter().map(str::to_owned).collect())
            }
            Audience::Group(name) => Self::Group(name.to_owned()),
            Audience::Channel(name) => Self::Channel(name.to_owned()),
        }
    }
}

/// A word, or an object with one name: `{"public": null}` is neither.
struct Form;

const WORDS: &[&str] = &["private", "internal", "public", "recipients", "group", "channel"];

impl<'de> Visitor<'de> for Form {
    type Value = OwnedAudience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an audience: `private`, `internal`, `public`, or an object with one of `recipients`, `group` and `channel`",
        )
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<OwnedAudience, E> {
        match word {
            "private" => Ok(OwnedAudience::Private),
            "internal" => Ok(OwnedAudience::Internal),
            "public" => Ok(OwnedAudience::Public),
            _ if WORDS.contains(&word) => {
                Err(E::custom(format_args!("`{word}` needs a value, as in `{{{word} = …}}`")))
            }
            _ => Err(E::unknown_variant(word, WORDS)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OwnedAudience, A::Error> {
        let Some(word) = map.next_key::<String>()? else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let audience = match &*word {
            "recipients" => OwnedAudience::Recipients(map.next_value_seed(Names)?),
            "group" => OwnedAudience::Group(map.next_value_seed(Name("group"))?),
            "channel" => OwnedAudience::Channel(map.next_value_seed(Name("channel"))?),
            _ if WORDS.contains(&&*word) => return map.next_value_seed(Alone(&word)),
            _ => return Err(A::Error::unknown_variant(&word, WORDS)),
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(audience),
            Some(_) => Err(A::Error::invalid_length(2, &self)),
        }
    }
}

impl<'de> Deserialize<'de> for OwnedAudience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

/// What stands below a word that has nothing below it.
struct Alone<'w>(&'w str);

impl<'de> DeserializeSeed<'de> for Alone<'_> {
    type Value = OwnedAudience;

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<OwnedAudience, D::Error> {
        Err(D::Error::custom(format_args!("write the word alone, as in `\"{}\"`", self.0)))
    }
}

struct Names;

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<String>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names as `recipients`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element_seed(Name("recipients"))? {
            names.push(name);
        }
        Ok(names)
    }
}

/// A name below this key.
struct Name(&'static str);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        text(deserializer, self.0)
    }
}
