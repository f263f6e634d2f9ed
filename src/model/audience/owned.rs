//! An audience that borrows nothing.

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
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
    #[serde(deserialize_with = "recipients")]
    Recipients(Vec<String>),
    /// As [`Audience::Group`].
    #[serde(deserialize_with = "group")]
    Group(String),
    /// As [`Audience::Channel`].
    #[serde(deserialize_with = "channel")]
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

fn group<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, "group")
}

fn channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, "channel")
}

fn recipients<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(Names)
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names as `recipients`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut names = Vec::new();
        while let Some(Name(name)) = list.next_element()? {
            names.push(name);
        }
        Ok(names)
    }
}

/// One of the recipients.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "recipients").map(Self)
    }
}
