//! What a manifest says of one tool's arguments, for those who compare it with what a server says.

use super::compile::CompiledTool;
use super::shape::{Field, Fields, Shape};
use super::step::parse_steps;
use super::usage::{are_unlike, can_hold, constant, finds, given};
use crate::model::arguments::Value;
use crate::model::arguments::kinds::Kinds;
use crate::policy::Condition;

/// The arguments of one tool, as the owner described them.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
///
/// let manifest = Manifest::new([ToolSpec::new("read_file")
///     .argument("path", ArgumentSpec::text())
///     .argument("encoding", ArgumentSpec::text().or_null().optional().no_effect())
///     .effect(EffectSpec::read("files/{args.path/**}"))])?;
/// let tool = manifest.tool("read_file").ok_or("known")?;
/// let encoding = tool.argument("encoding").ok_or("described")?;
/// assert!(!encoding.is_required() && encoding.kinds().eq(["text", "null"]));
/// assert!(tool.argument("Path").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ToolDescription<'m>(&'m CompiledTool);

impl<'m> ToolDescription<'m> {
    pub(super) const fn new(tool: &'m CompiledTool) -> Self {
        Self(tool)
    }

    /// The exact name of the tool.
    pub fn name(self) -> &'m str {
        &self.0.name
    }

    /// Every argument, in order of their names.
    pub fn arguments(self) -> impl ExactSizeIterator<Item = (&'m str, ArgumentDescription<'m>)> {
        named(&self.0.described.fields)
    }

    /// The argument of this name.
    pub fn argument(self, name: &str) -> Option<ArgumentDescription<'m>> {
        self.0.described.fields.find(name).map(|(_, field)| ArgumentDescription::of(field))
    }

    /// Whether calls may give arguments that are not described.
    pub const fn takes_other_arguments(self) -> bool {
        self.0.described.fields.others
    }

    /// The one form in which a text stands at a path, such as `url.host`, for conditions that compare with it; nothing where no kind
    /// says how it is written.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec, UrlSpec};
    ///
    /// let manifest = Manifest::new([ToolSpec::new("fetch")
    ///     .argument("url", ArgumentSpec::url(UrlSpec::new()))
    ///     .effect(EffectSpec::read("web/{args.url.host}"))])?;
    /// let tool = manifest.tool("fetch").ok_or("known")?;
    /// assert_eq!(tool.canonical("url.host", "EVIL.example"), Some(Ok("evil.example".to_owned())));
    /// assert!(tool.canonical("url.class", "names").is_some_and(|form| form.is_err()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the kind does not accept, and what to write.
    pub fn canonical(self, path: &str, text: &str) -> Option<Result<String, String>> {
        constant(&self.0.described.fields, path, text)
    }

    /// The one form of a value as a call gives it at a path, for conditions that compare with it; nothing where no kind says how it is
    /// written. A constant may stand [below the root](Self::canonical) of a path; this one begins where the relative paths of the tool do. A
    /// number is read as an id where the argument is one.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, PathSpec, ToolSpec};
    /// use permitgate::model::Value;
    ///
    /// let path = ArgumentSpec::path(PathSpec::new().root("/home/dana").cwd("/home/dana/work"));
    /// let manifest = Manifest::new([ToolSpec::new("wipe")
    ///     .argument("path", path)
    ///     .argument("id", ArgumentSpec::id("file").no_effect())
    ///     .effect(EffectSpec::delete("home/{args.path/**}"))])?;
    /// let tool = manifest.tool("wipe").ok_or("known")?;
    /// let given = |path, value| tool.canonical_given(path, value).and_then(Result::ok);
    /// assert_eq!(given("path", Value::from(".env")).as_deref(), Some("work/.env"));
    /// assert_eq!(given("path", Value::from("/home/dana/b.txt")).as_deref(), Some("b.txt"));
    /// assert_eq!(given("path", Value::from("")), None);
    /// assert_eq!(given("id", Value::from(7)).as_deref(), Some("7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the kind does not accept, and what to write.
    pub fn canonical_given(self, path: &str, value: Value<'_>) -> Option<Result<String, String>> {
        given(&self.0.described.fields, path, value)
    }

    /// Whether a condition can hold of any value that the kind at its path writes, before it is negated. `None` where no kind says what
    /// stands there, or the condition asks for nothing of it.
    ///
    /// Use it to find a prohibition that would never forbid. `Some(false)` is certain; `Some(true)` says only that nothing
    /// speaks against it.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec, UrlSpec};
    /// use permitgate::policy::Condition;
    ///
    /// let manifest = Manifest::new([ToolSpec::new("fetch")
    ///     .argument("url", ArgumentSpec::url(UrlSpec::new()))
    ///     .effect(EffectSpec::read("web/{args.url.host}"))])?;
    /// let tool = manifest.tool("fetch").ok_or("known")?;
    /// assert_eq!(tool.can_hold(&Condition::matches("url.host", "*.evil.example")), Some(true));
    /// assert_eq!(tool.can_hold(&Condition::matches("url.host", "*.Evil.example")), Some(false));
    /// assert_eq!(tool.can_hold(&Condition::at_least("url.port", 70_000)), Some(false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn can_hold(self, condition: &Condition) -> Option<bool> {
        can_hold(&self.0.described.fields, condition)
    }

    /// Whether the values at two paths are of kinds that have nothing in common, such as the ids of two sorts: to compare them says
    /// nothing. `None` where not both are described.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
    ///
    /// let manifest = Manifest::new([ToolSpec::new("move")
    ///     .argument("file", ArgumentSpec::id("file"))
    ///     .argument("folder", ArgumentSpec::id("folder"))
    ///     .argument("from", ArgumentSpec::id("folder"))
    ///     .effect(EffectSpec::update("files/{args.file}"))])?;
    /// let tool = manifest.tool("move").ok_or("known")?;
    /// assert_eq!(tool.are_unlike("file", "folder"), Some(true));
    /// assert_eq!(tool.are_unlike("from", "folder"), Some(false));
    /// assert_eq!(tool.are_unlike("from", "to"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn are_unlike(self, path: &str, other: &str) -> Option<bool> {
        are_unlike(&self.0.described.fields, path, other)
    }

    /// Paths of arguments, fields and elements that neither an effect nor a control names, and of which the owner did not
    /// say that they have no effect.
    pub fn unused(self) -> Vec<String> {
        let mut found = Vec::new();
        unused_fields(&self.0.described.fields, "", &mut found);
        found
    }

    /// Paths of the objects that may have fields which are not described.
    pub fn wildcards(self) -> Vec<String> {
        let mut found = Vec::new();
        for field in self.0.described.fields.all() {
            wildcards(&field.shape, &field.name, &mut found);
        }
        found
    }
}

/// What one argument, one field of an object or the elements of a list may be.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
///
/// let manifest = Manifest::new([ToolSpec::new("wipe")
///     .argument("ids", ArgumentSpec::list(ArgumentSpec::integer()))
///     .effect(EffectSpec::delete("docs/{args.ids}"))])?;
/// let tool = manifest.tool("wipe").ok_or("known")?;
/// let ids = tool.argument("ids").ok_or("described")?;
/// assert!(ids.items().is_some_and(|items| items.kinds().eq(["integer"])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ArgumentDescription<'m> {
    shape: &'m Shape,
    required: bool,
}

impl<'m> ArgumentDescription<'m> {
    const fn of(field: &'m Field) -> Self {
        Self { shape: &field.shape, required: !field.optional }
    }

    /// The words of the kinds that it may be of, as a manifest writes them.
    pub fn kinds(self) -> impl Iterator<Item = &'static str> {
        self.shape.kinds.words()
    }

    /// Whether its kind finds a part at the end of a path, such as `host` of a URL.
    pub fn finds(self, path: &[&str]) -> bool {
        parse_steps(&path.join(".")).is_ok_and(|steps| finds(self.shape, &steps))
    }

    /// Whether it must be there.
    pub const fn is_required(self) -> bool {
        self.required
    }

    /// Whether its value must never be shown.
    pub const fn is_secret(self) -> bool {
        self.shape.secret
    }

    /// Whether the owner says that it changes nothing of what a call reaches.
    pub const fn has_no_effect(self) -> bool {
        self.shape.no_effect
    }

    /// What its elements may be, where it may be a list.
    pub fn items(self) -> Option<Self> {
        self.shape.items.as_deref().map(|shape| Self { shape, required: true })
    }

    /// Its fields, where it may be an object, in order of their names.
    pub fn fields(self) -> impl Iterator<Item = (&'m str, Self)> {
        self.shape.fields.as_deref().into_iter().flat_map(named)
    }

    /// Whether it may have fields that are not described.
    pub fn takes_other_fields(self) -> bool {
        self.shape.fields.as_deref().is_some_and(|fields| fields.others)
    }
}

fn named(fields: &Fields) -> impl ExactSizeIterator<Item = (&str, ArgumentDescription<'_>)> {
    fields.all().iter().map(|field| (&*field.name, ArgumentDescription::of(field)))
}

fn unused_fields(fields: &Fields, before: &str, found: &mut Vec<String>) {
    for field in fields.all() {
        unused(&field.shape, &format!("{before}{}", field.name), false, found);
    }
}

/// A path that ends at a list names its elements, but not what stands in them.
fn unused(shape: &Shape, path: &str, named: bool, found: &mut Vec<String>) {
    if shape.no_effect {
        return;
    }
    let named = named || shape.ends.is_any();
    if shape.kinds.meets(Kinds::SCALARS) && !named {
        found.push(path.to_owned());
    }
    if let Some(items) = &shape.items {
        unused(items, &format!("{path}.*"), named, found);
    }
    if let Some(fields) = &shape.fields {
        unused_fields(fields, &format!("{path}."), found);
    }
}

fn wildcards(shape: &Shape, path: &str, found: &mut Vec<String>) {
    if let Some(items) = &shape.items {
        wildcards(items, &format!("{path}.*"), found);
    }
    if let Some(fields) = &shape.fields {
        if fields.others {
            found.push(path.to_owned());
        }
        for field in fields.all() {
            wildcards(&field.shape, &format!("{path}.{}", field.name), found);
        }
    }
}
