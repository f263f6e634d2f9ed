//! What an author writes about one argument: of which kind it is, and whether it may be left out.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kinds::{Aliases, KindSpec, WORDS, plain::Options};
use crate::model::arguments::{List, Value};
use crate::policy::Scalar;

/// One argument of a tool, a field of an object within one, or what the elements of a list are.
///
/// It accepts one plain kind or several, and nothing else: `text`, `integer`, `number`, `flag`, `null`, `list`
/// with what its elements are, `object` with its fields. As data it is the word of a kind, or a table:
///
/// ```
/// use permitgate::manifest::ArgumentSpec;
///
/// let attendees = ArgumentSpec::list(ArgumentSpec::any_of([
///     ArgumentSpec::text(),
///     ArgumentSpec::object([
///         ("email", ArgumentSpec::text()),
///         ("name", ArgumentSpec::text().optional().no_effect()),
///     ]),
/// ]));
/// let text = r#"{"kind": "list", "items": {"kind": ["text", "object"], "fields": {
///     "email": "text", "name": {"kind": "text", "optional": true, "no_effect": true}}}}"#;
/// assert_eq!(serde_json::from_str::<ArgumentSpec>(text)?, attendees);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an argument does something only within a tool"]
pub struct ArgumentSpec {
    /// The words of the kinds, as they are written.
    pub(super) kinds: Vec<String>,
    /// The options of the one among them that parses what it accepts.
    pub(super) parsed: Option<KindSpec>,
    pub(super) items: Option<Box<ArgumentSpec>>,
    pub(super) fields: Option<ArgumentTable>,
    pub(super) other_fields: Option<Wildcard>,
    pub(super) optional: bool,
    pub(super) default: Option<DefaultValue>,
    pub(super) secret: bool,
    pub(super) no_effect: bool,
}

impl ArgumentSpec {
    fn plain(kind: &str) -> Self {
        Self {
            kinds: vec![kind.to_owned()],
            parsed: None,
            items: None,
            fields: None,
            other_fields: None,
            optional: false,
            default: None,
            secret: false,
            no_effect: false,
        }
    }

    /// Takes each alias of a directory for the name that it stands for: here, in elements and in fields.
    pub(super) fn know(&mut self, aliases: &Aliases) {
        self.parsed.iter_mut().for_each(|kind| kind.know(aliases));
        self.items.iter_mut().for_each(|items| items.know(aliases));
        self.fields.iter_mut().for_each(|fields| fields.know(aliases));
    }

    /// A text.
    pub fn text() -> Self {
        Self::plain("text")
    }

    /// A whole number. `7.0` is one as well, up to 2^53.
    pub fn integer() -> Self {
        Self::plain("integer")
    }

    /// A whole number or a finite fraction.
    pub fn number() -> Self {
        Self::plain("number")
    }

    /// True or false.
    pub fn flag() -> Self {
        Self::plain("flag")
    }

    pub(super) fn parsed(kind: KindSpec) -> Self {
        Self { parsed: Some(kind.clone()), ..Self::plain(kind.word()) }
    }

    /// A list of any length whose elements are all of this kind.
    pub fn list(items: Self) -> Self {
        Self { items: Some(Box::new(items)), ..Self::plain("list") }
    }

    /// An object with these fields and no others.
    pub fn object<T: Into<String>>(fields: impl IntoIterator<Item = (T, Self)>) -> Self {
        let mut table = ArgumentTable::default();
        fields.into_iter().for_each(|(name, field)| table.insert(name.into(), field));
        Self { fields: Some(table), ..Self::plain("object") }
    }

    /// Any of several kinds, each at most once. What one of them says beside its kind holds for all.
    pub fn any_of(kinds: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self { kinds: Vec::new(), ..Self::plain("") };
        for one in kinds {
            all.kinds.extend(one.kinds);
            all.parsed = all.parsed.or(one.parsed);
            all.items = all.items.or(one.items);
            all.fields = all.fields.or(one.fields);
            all.other_fields = all.other_fields.or(one.other_fields);
            all.optional |= one.optional;
            all.default = all.default.or(one.default);
            all.secret |= one.secret;
            all.no_effect |= one.no_effect;
        }
        all
    }

    /// Null as well, which is a kind of its own.
    pub fn or_null(mut self) -> Self {
        self.kinds.push("null".to_owned());
        self
    }

    /// Lets a call leave it out.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// What stands for the argument where a call leaves it out, as the tool's server documents it.
    pub fn default(mut self, value: impl Into<Scalar>) -> Self {
        self.default = Some(DefaultValue::One(value.into()));
        self
    }

    /// The same for an argument that is a list.
    pub fn default_list<T: Into<Scalar>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        let values = Scalars(values.into_iter().map(Into::into).collect());
        self.default = Some(DefaultValue::Many(values));
        self
    }

    /// Its value is in no refusal, explanation, record, event or `Debug`. The tool gets it, and an
    /// [`OwnedAction`](crate::model::OwnedAction) writes it: encrypt what you store.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// It changes nothing of what the call reaches, whatever its value is: no effect needs to name it, and none may.
    pub fn no_effect(mut self) -> Self {
        self.no_effect = true;
        self
    }

    /// Fields of any name and kind beside those described, of an object. A gate sees nothing of them.
    pub fn other_fields(mut self) -> Self {
        self.other_fields = Some(Wildcard);
        self
    }
}

/// Arguments or fields with their names, in order of these. A name may stand twice until it is compiled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ArgumentTable(pub(super) Vec<(String, ArgumentSpec)>);

impl ArgumentTable {
    pub(super) fn insert(&mut self, name: String, argument: ArgumentSpec) {
        let place = self.0.partition_point(|(other, _)| *other <= name);
        self.0.insert(place, (name, argument));
    }

    pub(super) fn know(&mut self, aliases: &Aliases) {
        self.0.iter_mut().for_each(|(_, argument)| argument.know(aliases));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `any`: the one word that stands for whatever is not described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wildcard;

/// What stands for an argument that a call leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a default is a text, a number, a truth value, or a list of these")]
pub(super) enum DefaultValue {
    One(Scalar),
    Many(Scalars),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Scalars(pub(super) Vec<Scalar>);

impl List for Scalars {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(Scalar::value)
    }
}

impl DefaultValue {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::One(scalar) => scalar.value(),
            Self::Many(scalars) => Value::List(scalars),
        }
    }
}

/// As it is written; all keys but `kind` may be missing.
#[derive(Serialize)]
struct Table<'s> {
    kind: OneOrMany,
    #[serde(flatten)]
    parsed: Option<&'s KindSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'s ArgumentSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<&'s ArgumentTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_fields: Option<Wildcard>,
    #[serde(skip_serializing_if = "is_false")]
    optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'s DefaultValue>,
    #[serde(skip_serializing_if = "is_false")]
    secret: bool,
    #[serde(skip_serializing_if = "is_false")]
    no_effect: bool,
}

/// The keys that every kind has, and behind them the options that one has.
const KEYS: &[&str] = &[
    "kind",
    "items",
    "fields",
    "other_fields",
    "optional",
    "default",
    "secret",
    "no_effect",
    "values",
    "sort",
    "scale",
    "from",
    "form",
    "local_part",
    "plus",
    "case",
    "root",
    "cwd",
    "style",
    "expands",
    "schemes",
    "ports",
    "default_scheme",
    "xn",
    "shell",
    "assignments",
    "commands",
    "dialect",
    "functions",
    "verbs",
];

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged, expecting = "the word of a kind, or a list of such words")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Serialize for ArgumentSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self.kinds.as_slice() {
            [one] => OneOrMany::One(one.clone()),
            many => OneOrMany::Many(many.to_vec()),
        };
        if let OneOrMany::One(kind) = &kind
            && *self == Self::plain(kind)
        {
            return kind.serialize(serializer);
        }
        let table = Table {
            kind,
            parsed: self.parsed.as_ref(),
            items: self.items.as_deref(),
            fields: self.fields.as_ref(),
            other_fields: self.other_fields,
            optional: self.optional,
            default: self.default.as_ref(),
            secret: self.secret,
            no_effect: self.no_effect,
        };
        table.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ArgumentSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgumentVisitor)
    }
}

struct ArgumentVisitor;

impl<'de> Visitor<'de> for ArgumentVisitor {
    type Value = ArgumentSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the word of a kind, such as `text`, or a table with `kind`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<ArgumentSpec, E> {
        let parsed = KindSpec::read(word, Options::new())?;
        Ok(ArgumentSpec { parsed, ..ArgumentSpec::plain(word) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ArgumentSpec, A::Error> {
        let mut spec = ArgumentSpec { kinds: Vec::new(), ..ArgumentSpec::plain("") };
        let (mut seen, mut kind, mut options) = (BTreeSet::new(), None, Options::new());
        while let Some(Key(key)) = map.next_key()? {
            match key.as_str() {
                "kind" => kind = Some(map.next_value()?),
                "items" => spec.items = Some(map.next_value()?),
                "fields" => spec.fields = Some(map.next_value()?),
                "other_fields" => spec.other_fields = Some(map.next_value()?),
                "optional" => spec.optional = map.next_value()?,
                "default" => spec.default = Some(map.next_value()?),
                "secret" => spec.secret = map.next_value()?,
                "no_effect" => spec.no_effect = map.next_value()?,
                _ => options.push((key.clone(), map.next_value()?)),
            }
            if let Some(key) = seen.replace(key) {
                return Err(A::Error::custom(format_args!("`{key}` stands twice")));
            }
        }
        spec.kinds = match kind.ok_or_else(|| A::Error::missing_field("kind"))? {
            OneOrMany::One(word) => vec![word],
            OneOrMany::Many(words) => words,
        };
        let parses = |word: &&String| WORDS.contains(&word.as_str());
        spec.parsed = match (spec.kinds.iter().find(parses), options.first()) {
            (Some(word), _) => KindSpec::read(word, options)?,
            (None, Some((option, _))) => {
                return Err(A::Error::custom(format_args!(
                    "`{option}` is an option of another kind; the kind here has none"
                )));
            }
            (None, None) => None,
        };
        Ok(spec)
    }
}

/// One of [`KEYS`].
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        if KEYS.contains(&key.as_str()) {
            Ok(Self(key))
        } else {
            Err(D::Error::unknown_field(&key, KEYS))
        }
    }
}

impl Serialize for ArgumentTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, argument) in &self.0 {
            map.serialize_entry(name, argument)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ArgumentTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let arguments = super::level::each_once(deserializer)?;
        Ok(Self(arguments.into_iter().collect()))
    }
}

impl Serialize for Wildcard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("any")
    }
}

impl<'de> Deserialize<'de> for Wildcard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match <std::borrow::Cow<'_, str>>::deserialize(deserializer)?.as_ref() {
            "any" => Ok(Self),
            other => Err(D::Error::unknown_variant(other, &["any"])),
        }
    }
}
