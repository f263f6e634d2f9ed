//! Who sees what an effect makes: the words and forms in which an author says it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::forms::read_as_word;

/// An audience that needs no name.
///
/// ```
/// use permitgate::manifest::{AudienceLevel, AudienceSpec};
///
/// let audience = AudienceSpec::flag("visibility", [("team", AudienceLevel::Internal)]);
/// # let _ = audience;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AudienceLevel {
    /// The invoker alone.
    Private,
    /// Everybody inside the organisation.
    Internal,
    /// Anybody.
    Public,
}

read_as_word! {
    AudienceLevel, "an audience as a word":
    "private" => Private, "internal" => Internal, "public" => Public,
}

impl AudienceLevel {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

/// Who can see what an effect makes, or what a read sends out; usually told by arguments.
///
/// As data: `"private"`, `"internal"`, `"public"`, `{recipients = ["to", "cc"]}`, `{channel = "channel"}`,
/// `{group = "team"}`, `{host = "url"}`, or `{flag = "visibility", values = {public = "public"}}`.
///
/// ```
/// use permitgate::manifest::AudienceSpec;
///
/// let mail: AudienceSpec = serde_json::from_str(r#"{"recipients": ["to", "cc"]}"#)?;
/// assert_eq!(mail, AudienceSpec::recipients(["to", "cc"]));
/// let typing_error = serde_json::from_str::<AudienceSpec>(r#""pubic""#).unwrap_err();
/// assert!(typing_error.to_string().contains("`private`, `internal` or `public`"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an audience does something only within an effect"]
pub struct AudienceSpec(pub(super) Form);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Level(AudienceLevel),
    Recipients(Vec<String>),
    Channel(String),
    Group(String),
    Host(String),
    Flag(String, BTreeMap<String, AudienceLevel>),
}

impl AudienceSpec {
    /// The invoker alone; what an effect has that names no audience.
    pub const fn private() -> Self {
        Self(Form::Level(AudienceLevel::Private))
    }

    /// Everybody inside the organisation.
    pub const fn internal() -> Self {
        Self(Form::Level(AudienceLevel::Internal))
    }

    /// Anybody.
    pub const fn public() -> Self {
        Self(Form::Level(AudienceLevel::Public))
    }

    /// Everyone whom one of these arguments names: texts, or lists of texts. One that is missing or null
    /// adds nobody; nobody at all is the invoker alone.
    pub fn recipients<T: Into<String>>(arguments: impl IntoIterator<Item = T>) -> Self {
        Self(Form::Recipients(arguments.into_iter().map(Into::into).collect()))
    }

    /// The channel that the argument names.
    pub fn channel(argument: impl Into<String>) -> Self {
        Self(Form::Channel(argument.into()))
    }

    /// The group that the argument names.
    pub fn group(argument: impl Into<String>) -> Self {
        Self(Form::Group(argument.into()))
    }

    /// The host of the `http` or `https` URL in the argument, as the one recipient.
    pub fn host(argument: impl Into<String>) -> Self {
        Self(Form::Host(argument.into()))
    }

    /// What the value of the argument stands for. A value that is not listed has no meaning.
    pub fn flag<T: Into<String>>(
        argument: impl Into<String>,
        values: impl IntoIterator<Item = (T, AudienceLevel)>,
    ) -> Self {
        let values = values.into_iter().map(|(value, level)| (value.into(), level)).collect();
        Self(Form::Flag(argument.into(), values))
    }
}

impl Default for AudienceSpec {
    fn default() -> Self {
        Self::private()
    }
}

impl Serialize for AudienceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Form::Level(level) = &self.0 {
            return level.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        match &self.0 {
            Form::Level(_) => {}
            Form::Recipients(arguments) => map.serialize_entry("recipients", arguments)?,
            Form::Channel(argument) => map.serialize_entry("channel", argument)?,
            Form::Group(argument) => map.serialize_entry("group", argument)?,
            Form::Host(argument) => map.serialize_entry("host", argument)?,
            Form::Flag(argument, values) => {
                map.serialize_entry("flag", argument)?;
                map.serialize_entry("values", values)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for AudienceSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormVisitor).map(Self)
    }
}

/// The forms that are tables, before exactly one is chosen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default, deserialize_with = "crate::base::forms::stated")]
    recipients: Option<Vec<String>>,
    #[serde(default, deserialize_with = "crate::base::forms::stated")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "crate::base::forms::stated")]
    group: Option<String>,
    #[serde(default, deserialize_with = "crate::base::forms::stated")]
    host: Option<String>,
    #[serde(default, deserialize_with = "crate::base::forms::stated")]
    flag: Option<String>,
    #[serde(default, deserialize_with = "stated_once")]
    values: Option<BTreeMap<String, AudienceLevel>>,
}

fn stated_once<'de, V, D>(deserializer: D) -> Result<Option<BTreeMap<String, V>>, D::Error>
where
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    each_once(deserializer).map(Some)
}

/// A map whose keys must differ: of two values for one key, neither may silently count.
pub(super) fn each_once<'de, V, D>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct EachOnce<V>(std::marker::PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for EachOnce<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table whose keys differ")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut values = BTreeMap::new();
            while let Some(key) = map.next_key::<String>()? {
                let value = map.next_value()?;
                if values.contains_key(&key) {
                    return Err(A::Error::custom(format_args!("`{key}` stands twice")));
                }
                values.insert(key, value);
            }
            Ok(values)
        }
    }

    deserializer.deserialize_map(EachOnce(std::marker::PhantomData))
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "`private`, `internal` or `public`, or a table with `recipients`, `channel`, `group`, \
             `host`, or `flag` and `values`",
        )
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Form, E> {
        [AudienceLevel::Private, AudienceLevel::Internal, AudienceLevel::Public]
            .into_iter()
            .find(|level| level.as_str() == text)
            .map(Form::Level)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        let Table { recipients, channel, group, host, flag, values } =
            Table::deserialize(MapAccessDeserializer::new(map))?;
        let mut forms = [
            recipients.map(Form::Recipients),
            channel.map(Form::Channel),
            group.map(Form::Group),
            host.map(Form::Host),
        ]
        .into_iter()
        .flatten();
        let form = match (forms.next(), flag, values) {
            (Some(form), None, None) => form,
            (None, Some(flag), Some(values)) => Form::Flag(flag, values),
            (None, Some(_), None) => return Err(A::Error::custom("`flag` needs its `values`")),
            (None, None, Some(_)) => return Err(A::Error::custom("`values` belong to a `flag`")),
            (None, None, None) => return Err(A::Error::invalid_length(0, &self)),
            (Some(_), ..) => return Err(A::Error::custom(ONE_FORM)),
        };
        if forms.next().is_some() { Err(A::Error::custom(ONE_FORM)) } else { Ok(form) }
    }
}

const ONE_FORM: &str =
    "an audience has one form only; write an effect for each, or name more `recipients`";
