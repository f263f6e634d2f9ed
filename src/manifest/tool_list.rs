//! What a server says of its tools: names, hints, and digests by which a change shows.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use crate::limits::{MAX_FROZEN_DEPTH, MAX_MANIFEST_TOOLS};
use crate::stamp::ContentDigest;

/// The tools that a server lists, as the result of `tools/list` of the Model Context Protocol holds
/// them. What a server says of itself is a claim: it can tighten a manifest and never loosen one.
///
/// Keys that are not known are left alone, since servers add their own.
///
/// ```
/// use portcullis::ToolList;
///
/// let list = ToolList::parse(r#"{"tools": [{"name": "read_file", "inputSchema": {}}]}"#)?;
/// assert_eq!(list.names().collect::<Vec<_>>(), ["read_file"]);
/// assert!(list.digest("read_file").is_some());
/// # Ok::<(), portcullis::ToolListError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ToolList(Vec<ListedTool>);

#[derive(Clone, Debug)]
pub(super) struct ListedTool {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) digest: ToolDigest,
    pub(super) read_only: Hint,
    pub(super) destructive: Hint,
    pub(super) open_world: Hint,
    /// The names of its arguments, in order.
    pub(super) arguments: Vec<String>,
}

/// What a server says in one annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    Missing,
    Yes,
    No,
    /// Something other than true or false.
    Odd,
}

impl Hint {
    /// Whether it says yes, or something that can be taken for it.
    pub(super) fn may_be_yes(self) -> bool {
        matches!(self, Self::Yes | Self::Odd)
    }

    /// Whether it says no, or something that can be taken for it.
    pub(super) fn may_be_no(self) -> bool {
        matches!(self, Self::No | Self::Odd)
    }
}

impl ToolList {
    /// Reads an object with the key `tools`, or a bare list of tools.
    ///
    /// # Errors
    /// [`ToolListError`] when the text is not JSON, an object holds a key twice, or a tool has no name
    /// or the name of another one.
    pub fn parse(text: &str) -> Result<Self, ToolListError> {
        serde_json::from_str::<Unrepeated>(text).map_err(Fault::Json)?;
        Self::from_json(&serde_json::from_str(text).map_err(Fault::Json)?)
    }

    /// The same from JSON that was parsed before; whether a key stood twice can no longer be told.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_json(json: &Json) -> Result<Self, ToolListError> {
        let listed = match json {
            Json::Array(tools) => Some(tools),
            json => json.get("tools").and_then(Json::as_array),
        };
        let listed = listed.ok_or(Fault::Shape)?;
        if listed.len() > MAX_MANIFEST_TOOLS {
            return Err(Fault::TooMany.into());
        }
        let mut names = BTreeSet::new();
        let mut tools = Vec::with_capacity(listed.len());
        for (number, tool) in listed.iter().enumerate() {
            let tool = ListedTool::read(tool, number)?;
            if !names.insert(tool.name.clone()) {
                return Err(Fault::Repeated(tool.name).into());
            }
            tools.push(tool);
        }
        Ok(Self(tools))
    }

    /// How many tools are listed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no tool is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in the order of the list.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|tool| tool.name.as_str())
    }

    /// The digest of a listed tool, to be pinned in a manifest once the tool is approved.
    pub fn digest(&self, tool: &str) -> Option<ToolDigest> {
        self.0.iter().find(|listed| listed.name == tool).map(|listed| listed.digest)
    }

    pub(super) fn tools(&self) -> &[ListedTool] {
        &self.0
    }
}

impl ListedTool {
    fn read(json: &Json, number: usize) -> Result<Self, ToolListError> {
        let tool = json.as_object().ok_or(Fault::NotATool(number))?;
        let name = tool.get("name").and_then(Json::as_str).ok_or(Fault::NoName(number))?;
        if !is_shallow(json, MAX_FROZEN_DEPTH) {
            return Err(Fault::TooDeep(name.to_owned()).into());
        }
        let text = |key| tool.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let hint = |key| match tool.get("annotations").and_then(|hints| hints.get(key)) {
            None => Hint::Missing,
            Some(Json::Bool(true)) => Hint::Yes,
            Some(Json::Bool(false)) => Hint::No,
            Some(_) => Hint::Odd,
        };
        let properties = tool.get("inputSchema").and_then(|schema| schema.get("properties"));
        let mut arguments: Vec<String> = properties
            .and_then(Json::as_object)
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default();
        arguments.sort_unstable();
        Ok(Self {
            name: name.to_owned(),
            description: text("description"),
            digest: ToolDigest::of(tool),
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            open_world: hint("openWorldHint"),
            arguments,
        })
    }
}

fn is_shallow(json: &Json, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match json {
        Json::Array(values) => values.iter().all(|value| is_shallow(value, depth)),
        Json::Object(members) => members.values().all(|value| is_shallow(value, depth)),
        _ => true,
    }
}

/// The digest of a tool as its server lists it. Another name, description, schema or annotation is another
/// digest; the order of keys and white space make no difference.
///
/// It is the SHA-256 of a canonical form, written `sha256:` and 64 hexadecimal digits. The form is a JSON object
/// of those of `name`, `description`, `inputSchema`, `outputSchema` and `annotations` that the tool
/// has, in UTF-8, without white space, keys in the order of their bytes. In texts `"` and `\` have a
/// backslash before them, characters below U+0020 are `\u00` and two digits in lower case, and all else stands
/// as it is. Numbers that fit 64 bits are decimal digits; others are the shortest digits that read back the
/// same double, as in `1.5e0` and `-2e-7`.
///
/// ```
/// use portcullis::ToolList;
///
/// let one = ToolList::parse(r#"[{"name": "a", "inputSchema": {"x": 1, "y": 2}}]"#)?;
/// let other = ToolList::parse(r#"[{"inputSchema": {"y": 2, "x": 1}, "name": "a"}]"#)?;
/// let changed = ToolList::parse(r#"[{"name": "a", "inputSchema": {"x": 1, "y": 3}}]"#)?;
/// assert_eq!(one.digest("a"), other.digest("a"));
/// assert_ne!(one.digest("a"), changed.digest("a"));
/// # Ok::<(), portcullis::ToolListError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolDigest(ContentDigest);

/// What of a tool goes into its digest, in order.
const DIGESTED: [&str; 5] = ["annotations", "description", "inputSchema", "name", "outputSchema"];

impl ToolDigest {
    fn of(tool: &Map<String, Json>) -> Self {
        let mut text = String::new();
        let members = DIGESTED.into_iter().filter_map(|key| Some((key, tool.get(key)?)));
        write_object(members, &mut text);
        Self(ContentDigest::of(text.as_bytes()))
    }
}

impl fmt::Display for ToolDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<ToolDigest> for String {
    fn from(digest: ToolDigest) -> Self {
        digest.to_string()
    }
}

fn write_object<'j>(members: impl Iterator<Item = (&'j str, &'j Json)>, out: &mut String) {
    out.push('{');
    for (number, (key, value)) in members.enumerate() {
        if number > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write_json(value, out);
    }
    out.push('}');
}

fn write_json(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(&number_text(number)),
        Json::String(text) => write_text(text, out),
        Json::Array(values) => {
            out.push('[');
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write_json(value, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(k, v)| (k.as_str(), v)).collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            write_object(members.into_iter(), out);
        }
    }
}

fn number_text(number: &Number) -> String {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => whole.to_string(),
        (_, Some(whole), _) => whole.to_string(),
        (.., Some(fraction)) if fraction.is_finite() => format!("{fraction:e}"),
        _ => number.to_string(),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\u{1F}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Any JSON whose objects hold no key twice: of two descriptions, a person would review one and a model
/// might be shown the other.
struct Unrepeated;

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Unrepeated;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: Error>(self, _value: bool) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_i64<E: Error>(self, _value: i64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_u64<E: Error>(self, _value: u64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_f64<E: Error>(self, _value: f64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_str<E: Error>(self, _value: &str) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_unit<E: Error>(self) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Unrepeated, A::Error> {
        while values.next_element::<Unrepeated>()?.is_some() {}
        Ok(Unrepeated)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unrepeated, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice")));
            }
            members.next_value::<Unrepeated>()?;
        }
        Ok(Unrepeated)
    }
}

/// Why a list of tools cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("list of tools: {0}")]
pub struct ToolListError(#[from] Fault);

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("not JSON that has one meaning: {0}")]
    Json(serde_json::Error),
    #[error("write an object with the key `tools`, or a list of tools")]
    Shape,
    #[error("more than {MAX_MANIFEST_TOOLS} tools")]
    TooMany,
    #[error("the entry at place {0} is not an object")]
    NotATool(usize),
    #[error("the tool at place {0} has no `name`")]
    NoName(usize),
    #[error("two tools are called `{}`; it cannot be told which one a call means", .0.escape_debug())]
    Repeated(String),
    #[error("tool `{}` is nested more than {MAX_FROZEN_DEPTH} deep", .0.escape_debug())]
    TooDeep(String),
}
