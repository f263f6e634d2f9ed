//! What a server says of its tools, and digests by which a change shows.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value as Json};

use super::canonical;
use crate::base::codes::fault_table;
use crate::base::limits::{MAX_FROZEN_DEPTH, MAX_MANIFEST_TOOLS};
use crate::base::visible::visible;
use crate::flow::stamp::ContentDigest;

/// The tools that a server lists: all of them, from every page of its answer to `tools/list` of the Model Context
/// Protocol. What a server says of itself is a claim: it can tighten a manifest and never loosen one.
///
/// A page is the result object with the key `tools`, the JSON-RPC answer around it, or a bare list of tools.
/// Keys that are not known are kept, since servers add their own; they are part of the digest.
///
/// ```
/// use permitgate::mcp::ToolList;
///
/// let list = ToolList::parse(r#"{"tools": [{"name": "read_file", "inputSchema": {}}]}"#)?;
/// assert_eq!(list.names().collect::<Vec<_>>(), ["read_file"]);
/// assert!(list.digest("read_file").is_some());
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ToolList {
    tools: Vec<ListedTool>,
    /// Where each name stands among the tools.
    places: BTreeMap<String, usize>,
}

/// One tool as its server lists it.
///
/// ```
/// use permitgate::mcp::ListedTool;
///
/// let tool = ListedTool::parse(r#"{"name": "look", "description": "Looks."}"#)?;
/// assert_eq!((tool.name(), tool.description()), ("look", "Looks."));
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ListedTool {
    name: String,
    description: String,
    object: Json,
    digest: ToolDigest,
    read_only: ToolHint,
    destructive: ToolHint,
    open_world: ToolHint,
}

/// What a server says in one annotation.
///
/// ```
/// use permitgate::mcp::{ListedTool, ToolHint};
///
/// let tool = ListedTool::parse(r#"{"name": "look", "annotations": {"readOnlyHint": "often"}}"#)?;
/// assert_eq!((tool.read_only(), tool.destructive()), (ToolHint::Odd, ToolHint::Missing));
/// assert!(tool.read_only().may_be_no() && !tool.destructive().may_be_yes());
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolHint {
    /// Nothing.
    Missing,
    /// True.
    Yes,
    /// False.
    No,
    /// Something other than true or false.
    Odd,
}

impl ToolHint {
    /// Whether it says yes, or something that can be taken for it.
    pub const fn may_be_yes(self) -> bool {
        matches!(self, Self::Yes | Self::Odd)
    }

    /// Whether it says no, or something that can be taken for it.
    pub const fn may_be_no(self) -> bool {
        matches!(self, Self::No | Self::Odd)
    }
}

impl ToolList {
    /// Reads a list that is one page. A page that names a `nextCursor` is not the whole list; give all pages
    /// to [`from_pages`](Self::from_pages).
    ///
    /// # Errors
    /// [`ToolListError`] when the text is not JSON that has one meaning, when more pages follow, when a tool has no
    /// name or the name of another one, or when it is a list of another protocol.
    pub fn parse(text: &str) -> Result<Self, ToolListError> {
        Self::from_pages([text])
    }

    /// Reads all pages of a list, in their order: each but the last has a `nextCursor`.
    ///
    /// ```
    /// use permitgate::mcp::ToolList;
    ///
    /// let first = r#"{"tools": [{"name": "get_page"}], "nextCursor": "2"}"#;
    /// let last = r#"{"tools": [{"name": "delete_page"}]}"#;
    /// assert_eq!(ToolList::from_pages([first, last])?.len(), 2);
    /// assert!(ToolList::from_pages([first]).is_err());
    /// # Ok::<(), permitgate::mcp::ToolListError>(())
    /// ```
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_pages<T: AsRef<str>>(
        pages: impl IntoIterator<Item = T>,
    ) -> Result<Self, ToolListError> {
        let read = |page: T| canonical::read(page.as_ref()).map_err(Fault::Json);
        let pages = pages.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Self::joined(&pages)
    }

    /// Reads one page that was parsed before; whether a key stood twice can no longer be told.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_json(json: &Json) -> Result<Self, ToolListError> {
        Self::joined(std::slice::from_ref(json))
    }

    fn joined(pages: &[Json]) -> Result<Self, ToolListError> {
        let (mut places, mut tools) = (BTreeMap::new(), Vec::new());
        for (number, json) in pages.iter().enumerate() {
            let page = Page::read(json)?;
            match (page.goes_on, number + 1 == pages.len()) {
                (true, true) => return Err(Fault::Incomplete.into()),
                (false, false) => return Err(Fault::Behind(number + 1).into()),
                _ => {}
            }
            if tools.len() + page.tools.len() > MAX_MANIFEST_TOOLS {
                return Err(Fault::TooMany.into());
            }
            for (number, tool) in page.tools.iter().enumerate() {
                let tool = ListedTool::read(tool, number)?;
                if places.insert(tool.name.clone(), tools.len()).is_some() {
                    return Err(Fault::Repeated(tool.name).into());
                }
                tools.push(tool);
            }
        }
        if pages.is_empty() { Err(Fault::Shape.into()) } else { Ok(Self { tools, places }) }
    }

    /// How many tools are listed.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether no tool is listed.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The names, in the order of the list.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tools.iter().map(|tool| tool.name.as_str())
    }

    /// The tools, in the order of the list.
    pub fn tools(&self) -> &[ListedTool] {
        &self.tools
    }

    /// The tool of exactly this name.
    pub fn find(&self, tool: &str) -> Option<&ListedTool> {
        self.places.get(tool).and_then(|place| self.tools.get(*place))
    }

    /// The digest of a listed tool, to be pinned once the tool is approved.
    pub fn digest(&self, tool: &str) -> Option<ToolDigest> {
        self.find(tool).map(ListedTool::digest)
    }
}

/// One page of an answer.
struct Page<'j> {
    tools: &'j [Json],
    goes_on: bool,
}

impl<'j> Page<'j> {
    fn read(json: &'j Json) -> Result<Self, Fault> {
        if let Json::Array(tools) = json {
            return Ok(Self { tools, goes_on: false });
        }
        let object = json.as_object().ok_or(Fault::Shape)?;
        let around = match (object.contains_key("tools"), object.get("result")) {
            (true, Some(_)) => return Err(Fault::TwoLists),
            (true, None) => object,
            (false, Some(result)) => result.as_object().ok_or(Fault::Shape)?,
            (false, None) if object.contains_key("error") => return Err(Fault::Refused),
            (false, None) => return Err(Fault::Shape),
        };
        let tools = around.get("tools").and_then(Json::as_array).ok_or(Fault::Shape)?;
        Ok(Self { tools, goes_on: goes_on(object)? || goes_on(around)? })
    }
}

/// Whether an object says that another page follows. A cursor that is null is none: programs write it so.
fn goes_on(object: &Map<String, Json>) -> Result<bool, Fault> {
    let mut found = false;
    for (key, value) in object {
        let letters = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        if !letters.eq("nextcursor".chars()) || value.is_null() {
            continue;
        }
        if key != "nextCursor" || !value.is_string() {
            return Err(Fault::OddCursor(key.clone()));
        }
        found = true;
    }
    Ok(found)
}

impl ListedTool {
    /// Reads one tool object, as [`canonical`](Self::canonical) writes it or a server does.
    ///
    /// # Errors
    /// As [`ToolList::parse`].
    pub fn parse(text: &str) -> Result<Self, ToolListError> {
        Self::read(&canonical::read(text).map_err(Fault::Json)?, 0)
    }

    fn read(json: &Json, number: usize) -> Result<Self, ToolListError> {
        let tool = json.as_object().ok_or(Fault::NotATool(number))?;
        if let Some(form) = foreign_form(tool) {
            return Err(Fault::Foreign(number, form).into());
        }
        let name = tool.get("name").and_then(Json::as_str).ok_or(Fault::NoName(number))?;
        if !canonical::is_shallow(json, MAX_FROZEN_DEPTH) {
            return Err(Fault::TooDeep(name.to_owned()).into());
        }
        let text = canonical::text(json);
        let hint = |key| match tool.get("annotations") {
            None | Some(Json::Null) => ToolHint::Missing,
            Some(Json::Object(hints)) => match hints.get(key) {
                None => ToolHint::Missing,
                Some(Json::Bool(true)) => ToolHint::Yes,
                Some(Json::Bool(false)) => ToolHint::No,
                Some(_) => ToolHint::Odd,
            },
            // Not missing, and in no shape that says anything.
            Some(_) => ToolHint::Odd,
        };
        Ok(Self {
            name: name.to_owned(),
            description: text_of(tool.get("description")),
            digest: ToolDigest::of(&text),
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            open_world: hint("openWorldHint"),
            // Read again, so that one number has one form.
            object: canonical::read(&text).map_err(Fault::Json)?,
        })
    }

    /// The exact name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its server says that it does; empty where that is missing.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The names that people are shown, from `title` and from the annotations.
    pub fn titles(&self) -> impl Iterator<Item = String> {
        let of_hints = self.object.get("annotations").and_then(|hints| hints.get("title"));
        [self.object.get("title"), of_hints].into_iter().map(text_of).filter(|t| !t.is_empty())
    }

    /// The JSON Schema of its arguments.
    pub fn input_schema(&self) -> Option<&Json> {
        self.object.get("inputSchema")
    }

    /// The names of its arguments, in order.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        let properties = self.input_schema().and_then(|schema| schema.get("properties"));
        let properties = properties.and_then(Json::as_object);
        properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// The annotation `readOnlyHint`.
    pub const fn read_only(&self) -> ToolHint {
        self.read_only
    }

    /// The annotation `destructiveHint`.
    pub const fn destructive(&self) -> ToolHint {
        self.destructive
    }

    /// The annotation `openWorldHint`.
    pub const fn open_world(&self) -> ToolHint {
        self.open_world
    }

    /// The digest of the whole object.
    pub const fn digest(&self) -> ToolDigest {
        self.digest
    }

    /// The whole object, with every key that the server gave.
    pub const fn object(&self) -> &Json {
        &self.object
    }

    /// The object as the text that its digest is of.
    pub fn canonical(&self) -> String {
        canonical::text(&self.object)
    }
}

/// A text; of another shape, what it is written as, so that nothing in it is lost.
fn text_of(json: Option<&Json>) -> String {
    match json {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => canonical::text(other),
    }
}

/// Whose form a tool object has that is none of the protocol.
fn foreign_form(tool: &Map<String, Json>) -> Option<&'static str> {
    let has = |key: &str| tool.contains_key(key);
    if has("inputSchema") {
        return None;
    }
    if has("functionDeclarations") || has("function_declarations") {
        return Some("`functionDeclarations`");
    }
    let says = |kind: &str| tool.get("type").and_then(Json::as_str) == Some(kind);
    if has("function") || says("function") {
        return Some("function calling (`type: \"function\"`)");
    }
    let keys = [("input_schema", "`input_schema`"), ("parameters", "`parameters`")];
    keys.into_iter().find(|(key, _)| has(key)).map(|(_, form)| form)
}

/// The digest of a tool as its server lists it. Any change of any key is another digest, also of keys that nobody
/// knows; the order of keys, white space and the spelling of a number make no difference.
///
/// It is written `tool-v2:sha256:` and 64 hexadecimal digits: the SHA-256 of the line `tool-v2`, a line feed,
/// and the whole tool object in the canonical form of RFC 8785, with one difference: whole numbers that fit 64 bits
/// keep all their digits. Digests that begin with `sha256:` are of an older form, which covered only some keys; they
/// are refused where they are read.
///
/// ```
/// use permitgate::mcp::ToolList;
///
/// let one = ToolList::parse(r#"[{"name": "a", "inputSchema": {"x": 1, "y": 2}}]"#)?;
/// let other = ToolList::parse(r#"[{"inputSchema": {"y": 2.0, "x": 1}, "name": "a"}]"#)?;
/// let changed = ToolList::parse(r#"[{"name": "a", "inputSchema": {"x": 1, "y": 2}, "_meta": {}}]"#)?;
/// assert_eq!(one.digest("a"), other.digest("a"));
/// assert_ne!(one.digest("a"), changed.digest("a"));
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolDigest(ContentDigest);

impl ToolDigest {
    fn of(canonical: &str) -> Self {
        Self(ContentDigest::of(format!("tool-v2\n{canonical}").as_bytes()))
    }
}

impl fmt::Display for ToolDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tool-v2:{}", self.0)
    }
}

impl From<ToolDigest> for String {
    fn from(digest: ToolDigest) -> Self {
        digest.to_string()
    }
}

/// Why a list of tools cannot be read.
///
/// ```
/// use permitgate::kinds::ToolListErrorKind;
/// use permitgate::mcp::ToolList;
///
/// let error = ToolList::parse(r#"[{"name": "look"}, {}]"#).unwrap_err();
/// assert_eq!((error.kind(), error.place()), (ToolListErrorKind::NoName, Some(1)));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("list of tools: {0}")]
pub struct ToolListError(#[from] Fault);

impl ToolListError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> ToolListErrorKind {
        self.0.kind()
    }

    /// The place of the tool at fault in the list, or of the page, where it is one's.
    pub const fn place(&self) -> Option<usize> {
        match self.0 {
            Fault::Behind(place)
            | Fault::NotATool(place)
            | Fault::Foreign(place, _)
            | Fault::NoName(place) => Some(place),
            _ => None,
        }
    }

    /// The name of the tool at fault, where it is one's that has a name.
    pub fn tool(&self) -> Option<&str> {
        match &self.0 {
            Fault::Repeated(name) | Fault::TooDeep(name) => Some(name),
            _ => None,
        }
    }
}

fault_table! {
    /// What is wrong with a list of tools ([`ToolListError::kind`](crate::mcp::ToolListError::kind)).
    pub enum ToolListErrorKind;

    #[derive(Debug, thiserror::Error)]
    enum Fault {
        #[error("not JSON that has one meaning: {0}")]
        Json(String) => MalformedJson, "malformed-json",
        #[error(
            "this is no answer to `tools/list`: give its result (an object with the key `tools`), the \
             JSON-RPC answer around that, or a list of tools"
        )]
        Shape => NoToolList, "no-tool-list",
        #[error("both `tools` and `result` stand here; it cannot be told which one is the list")]
        TwoLists => AmbiguousList, "ambiguous-list",
        #[error("the server answered with an error; ask it again for `tools/list`")]
        Refused => ErrorAnswer, "error-answer",
        #[error(
            "more pages follow: the last one names a `nextCursor`; ask the server for `tools/list` with that \
             cursor until none is named, and give all pages in their order"
        )]
        Incomplete => IncompleteList, "incomplete-list",
        #[error(
            "page {0} names no `nextCursor`, so no page follows it; give the pages of one list in their order"
        )]
        Behind(usize) => PageBehindEnd, "page-behind-end",
        #[error(
            "`{}` is not a `nextCursor` with a text; whether more pages follow cannot be told",
            visible(.0)
        )]
        OddCursor(String) => MalformedCursor, "malformed-cursor",
        #[error("more than {MAX_MANIFEST_TOOLS} tools")]
        TooMany => TooManyTools, "too-many-tools",
        #[error("the entry at place {0} is not an object")]
        NotATool(usize) => NotAnObject, "not-an-object",
        #[error(
            "the tool at place {0} is of another form, {1}; ask its server for `tools/list` of the Model \
             Context Protocol, where a tool is `{{\"name\": \"…\", \"description\": \"…\", \"inputSchema\": {{…}}}}`"
        )]
        Foreign(usize, &'static str) => ForeignForm, "foreign-form",
        #[error("the tool at place {0} has no `name`")]
        NoName(usize) => NoName, "no-name",
        #[error("two tools are called `{}`; it cannot be told which one a call means", visible(.0))]
        Repeated(String) => RepeatedTool, "repeated-tool",
        #[error("tool `{}` is nested more than {MAX_FROZEN_DEPTH} deep", visible(.0))]
        TooDeep(String) => TooDeep, "too-deep",
    }
}
