//! What an author trusts in a result: fields, the kind of what they hold, and the tools for which it counts.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kinds::{Aliases, canonical, canonical_in};
use super::level::each_once;
use crate::model::kind::ValueKind;

/// The trusted fields of a result. As data they are a list of patterns, or a table of patterns with what each of them gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TrustTable(pub(super) Vec<(String, TrustSpec)>);

/// What a trusted field of a result gives: values of a kind, perhaps for some tools alone.
///
/// As data it is the word of a kind (`person`, `group`, `channel`, `path`, `url`, `host`, `amount`, `plain`) or the sort of an id, or a
/// table. Without a kind a value counts where plain texts and numbers are asked about, and where its form shows what it is, as
/// that of an address does.
///
/// ```
/// use permitgate::manifest::{ResultSpec, TrustSpec};
/// use permitgate::model::ValueKind;
///
/// // Who wrote to the user can be answered, and not be invited.
/// let sender = TrustSpec::of(ValueKind::PERSON).counts_for(["send_email"]);
/// let result = ResultSpec::new().gives("*.id", ValueKind::id("mail")).gives("*.sender", sender);
/// let text = r#"{"trusted": {"*.id": "mail", "*.sender": {"kind": "person", "counts_for": ["send_email"]}}}"#;
/// assert_eq!(serde_json::from_str::<ResultSpec>(text)?, result);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it does something only within a result"]
pub struct TrustSpec {
    pub(super) kind: TrustKind,
    /// Names of tools; none where it counts for all.
    pub(super) counts_for: Option<Vec<String>>,
    pub(super) given_back: bool,
    /// Not as an author writes it: those of the directory that the tool was compiled for.
    pub(super) aliases: Option<Aliases>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TrustKind {
    /// The word of a kind, or of any other a sort.
    Word(String),
    /// A sort, though a kind may be called so.
    Id(String),
}

impl TrustSpec {
    /// Values of this kind.
    pub fn of(kind: ValueKind<'_>) -> Self {
        let word = kind.word().to_owned();
        let is_word = ValueKind::of_word(&word) == kind && ValueKind::of_argument(&word).is_none();
        let kind = if is_word { TrustKind::Word(word) } else { TrustKind::Id(word) };
        Self { kind, counts_for: None, given_back: false, aliases: None }
    }

    /// Lets the values count for calls of these tools alone.
    pub fn counts_for<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.counts_for.get_or_insert_default().extend(tools.into_iter().map(Into::into));
        self
    }

    /// Says that the field gives back what calls put in, as a cart does with its products. It endorses nothing by itself, and
    /// the other trusted fields of its record count only where the session could act on what stands in it before: a product
    /// that was put in for a stranger makes neither itself nor its line in the cart a value to act on.
    ///
    /// ```
    /// use permitgate::manifest::{ResultSpec, TrustSpec};
    /// use permitgate::model::ValueKind;
    ///
    /// let cart = ResultSpec::new()
    ///     .gives("items.*.line", ValueKind::id("cart-line"))
    ///     .gives("items.*.product", TrustSpec::of(ValueKind::id("product")).given_back());
    /// let text = r#"{"trusted": {"items.*.line": "cart-line", "items.*.product": {"id": "product", "given_back": true}}}"#;
    /// assert_eq!(serde_json::from_str::<ResultSpec>(text)?, cart);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn given_back(mut self) -> Self {
        self.given_back = true;
        self
    }

    /// The one form of a text as a value of its kind.
    pub(super) fn canonical(&self, text: &str) -> Option<String> {
        match &self.aliases {
            None => canonical(self.kind(), text),
            Some(aliases) => canonical_in(aliases, self.kind(), text),
        }
    }

    /// The kind of the values.
    pub fn kind(&self) -> ValueKind<'_> {
        match &self.kind {
            TrustKind::Word(word) => ValueKind::of_word(word),
            TrustKind::Id(sort) => ValueKind::id(sort),
        }
    }
}

impl From<ValueKind<'_>> for TrustSpec {
    fn from(kind: ValueKind<'_>) -> Self {
        Self::of(kind)
    }
}

/// A table that says more than a word.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    kind: Option<String>,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    id: Option<String>,
    #[serde(
        default,
        deserialize_with = "crate::base::forms::stated",
        skip_serializing_if = "Option::is_none"
    )]
    counts_for: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    given_back: bool,
}

impl Serialize for TrustSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, id) = match self.kind.clone() {
            TrustKind::Word(word) if self.counts_for.is_none() && !self.given_back => {
                return word.serialize(serializer);
            }
            TrustKind::Word(word) => (Some(word), None),
            TrustKind::Id(sort) => (None, Some(sort)),
        };
        let counts_for = self.counts_for.clone();
        let given_back = self.given_back;
        Table { kind, id, counts_for, given_back }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TrustSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TrustVisitor)
    }
}

struct TrustVisitor;

impl<'de> Visitor<'de> for TrustVisitor {
    type Value = TrustSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the word of a kind, the sort of an id, or a table with `kind` or `id`, and `counts_for` or `given_back`",
        )
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<TrustSpec, E> {
        let kind = read_word(word)?;
        Ok(TrustSpec { kind, counts_for: None, given_back: false, aliases: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TrustSpec, A::Error> {
        let Table { kind, id, counts_for, given_back } =
            Table::deserialize(MapAccessDeserializer::new(map))?;
        let kind = match (kind, id) {
            (Some(word), None) => read_word(&word)?,
            (None, Some(sort)) => TrustSpec::of(ValueKind::id(&sort)).kind,
            _ => return Err(A::Error::custom("a trusted field takes one of `kind` and `id`")),
        };
        Ok(TrustSpec { kind, counts_for, given_back, aliases: None })
    }
}

/// The word of a kind or a sort. One that is the word of another kind of arguments was surely meant as that, and would be a sort
/// that no argument has.
fn read_word<E: Error>(word: &str) -> Result<TrustKind, E> {
    match ValueKind::of_argument(word) {
        None if word == "id" => {
            Err(E::custom("`id` is no sort; write what it is the id of, such as `order`"))
        }
        Some(kind) => Err(E::custom(format_args!(
            "`{word}` is a kind of arguments, and its values are of the kind `{kind}`; write that, or `{{ id = \"{word}\" }}` \
             for ids of a sort that is called so",
            kind = kind.word()
        ))),
        None => Ok(TrustKind::Word(word.to_owned())),
    }
}

impl TrustTable {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn plain(field: String) -> (String, TrustSpec) {
        (field, TrustSpec::of(ValueKind::PLAIN))
    }
}

impl Serialize for TrustTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = TrustSpec::of(ValueKind::PLAIN);
        if self.0.iter().all(|(_, trust)| *trust == plain) {
            return serializer.collect_seq(self.0.iter().map(|(field, _)| field));
        }
        serializer.collect_map(self.0.iter().map(|(field, trust)| (field, trust)))
    }
}

impl<'de> Deserialize<'de> for TrustTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TableVisitor)
    }
}

struct TableVisitor;

impl<'de> Visitor<'de> for TableVisitor {
    type Value = TrustTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of fields, or a table of fields and what each gives")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TrustTable, A::Error> {
        let fields = Vec::<String>::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(TrustTable(fields.into_iter().map(TrustTable::plain).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TrustTable, A::Error> {
        let fields: BTreeMap<String, TrustSpec> = each_once(MapAccessDeserializer::new(map))?;
        Ok(TrustTable(fields.into_iter().collect()))
    }
}
