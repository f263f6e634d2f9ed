//! What the texts of a call reach, as a tree of named parts in one buffer.

use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use super::arguments::Value;
use super::kind::{Form as KindForm, ValueKind, Word};

/// What the texts among some arguments reach: for each argument whose kind parses it, its canonical text and its parts.
///
/// Made by the kinds of a manifest, read by conditions: `url.host` is the part `host` of the argument `url`. A part never
/// differs from what the text says, and an argument whose text its kind does not fully understand has none: the call is
/// refused.
///
/// Up to 16 parts and 256 bytes lie on the stack.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, DecimalSpec, EffectSpec, ToolSpec};
/// use permitgate::model::Value;
///
/// # let policy = Policy::new([Statement::permit("x").operations(Operation::Execute).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let pay = ToolSpec::new("pay")
///     .argument("amount", ArgumentSpec::decimal(DecimalSpec::new(2)))
///     .effect(EffectSpec::execute("pay").amounts(["amount"]));
/// let manifest = Manifest::new([pay])?;
/// let arguments = [("amount", Value::from("12.5"))];
/// let call = manifest.map("pay", &arguments, &scope);
/// let amount = call.parts().get("amount").ok_or("an amount")?;
/// assert_eq!(amount.as_decimal(), Some((1250, 2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Parts {
    text: SmallVec<[u8; 256]>,
    /// In the order in which they begin, each before its own parts.
    nodes: SmallVec<[Node; 16]>,
}

#[derive(Clone, Copy, PartialEq)]
struct Node {
    name: Name,
    own: Own,
    /// The number behind the last of its own parts.
    end: u32,
    form: Form,
    kind: Kind,
}

/// What it is the name of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Known(Word),
    Id(Extent),
    /// A path below a root, where relative ones begin below it, and whether its case counts for nothing.
    Path(Extent, Extent, bool),
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    /// Of an element of a list.
    None,
    Known(&'static str),
    Written(Extent),
}

/// What a part is apart from its own parts.
#[derive(Clone, Copy, PartialEq)]
enum Own {
    Nothing,
    Text(Extent),
    Integer(i64),
    /// Where the sixteen bytes of its units stand in the text, and its scale.
    Decimal(u32, u8),
    Flag(bool),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Object,
    /// A list that a kind found.
    List,
    /// One that the call gives, with what kinds found in its elements.
    Given,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    from: u32,
    to: u32,
}

/// A decimal number, exact: so many units, each a tenth to the power of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) units: i128,
    pub(crate) scale: u8,
}

impl Decimal {
    /// The same number, without zeros at its end.
    pub(crate) fn shortest(mut self) -> Self {
        while self.scale > 0 && self.units % 10 == 0 {
            (self.units, self.scale) = (self.units / 10, self.scale - 1);
        }
        self
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { units, scale } = *self;
        let (sign, one) = (if units < 0 { "-" } else { "" }, 10_u128.saturating_pow(scale.into()));
        let (whole, fraction) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
        match scale {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction:0width$}", width = scale.into()),
        }
    }
}

/// A part that was begun, to be ended by [`Parts::end`].
#[must_use = "a part that is begun is ended"]
pub(crate) struct OpenPart(usize);

/// Where the text stood, to be taken by [`Parts::since`].
#[derive(Clone, Copy)]
pub(crate) struct Mark(u32);

impl Parts {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many there are, at every depth.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The argument of this name, where its kind gave it parts.
    pub fn get(&self, argument: &str) -> Option<Part<'_>> {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            if self.name(node) == argument {
                return Some(Part { parts: self, number: at });
            }
            at = node.end as usize;
        }
        None
    }

    /// Every argument that has parts.
    pub fn iter(&self) -> impl Iterator<Item = Part<'_>> {
        self.siblings(0, self.nodes.len())
    }

    fn siblings(&self, from: usize, to: usize) -> impl Iterator<Item = Part<'_>> {
        let mut at = from;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at).filter(|_| at < to)?;
            let part = Part { parts: self, number: at };
            at = node.end as usize;
            Some(part)
        })
    }

    fn slice(&self, Extent { from, to }: Extent) -> &str {
        let bytes = self.text.get(from as usize..to as usize).unwrap_or_default();
        // Only whole texts are written.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn name(&self, node: &Node) -> &str {
        match node.name {
            Name::None => "",
            Name::Known(name) => name,
            Name::Written(extent) => self.slice(extent),
        }
    }
}

/// How kinds write them.
impl Parts {
    /// Begins a part that is a list. Its elements have no names.
    pub(crate) fn list(&mut self, name: &'static str) -> OpenPart {
        self.begin(Name::Known(name), Form::List)
    }

    /// Begins an element of a list.
    pub(crate) fn element(&mut self) -> OpenPart {
        self.begin(Name::None, Form::Object)
    }

    /// Begins what stands for an argument, or for a field within one.
    pub(crate) fn argument(&mut self, name: &str) -> OpenPart {
        let name = self.written(name);
        self.begin(Name::Written(name), Form::Object)
    }

    /// The part that was begun is a list after all.
    pub(crate) fn be_list(&mut self, begun: &OpenPart) {
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.form = Form::List;
        }
    }

    /// It stands for a list that the call gives.
    pub(crate) fn be_given_list(&mut self, begun: &OpenPart) {
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.form = Form::Given;
        }
    }

    /// Says what the part as a whole is, in its one form.
    pub(crate) fn canonical(&mut self, begun: &OpenPart, text: Extent) {
        self.own(begun, Own::Text(text));
    }

    /// Likewise, where it is a number.
    pub(crate) fn canonical_decimal(&mut self, begun: &OpenPart, decimal: Decimal) {
        let Mark(at) = self.mark();
        self.text.extend_from_slice(&decimal.units.to_le_bytes());
        self.own(begun, Own::Decimal(at, decimal.scale));
    }

    /// Says what the part as a whole is the name of, for where values come from.
    pub(crate) fn of_kind(&mut self, begun: &OpenPart, kind: ValueKind<'_>) {
        let kind = match kind.0 {
            KindForm::Plain => Kind::Plain,
            KindForm::Known(word) => Kind::Known(word),
            KindForm::Id(sort) => Kind::Id(self.written(sort)),
        };
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.kind = kind;
        }
    }

    /// Likewise, of a path below a root.
    pub(crate) fn of_path(&mut self, begun: &OpenPart, root: Extent, cwd: Extent, folds: bool) {
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.kind = Kind::Path(root, cwd, folds);
        }
    }

    /// Says it of the part that was added last.
    pub(crate) fn last_of_kind(&mut self, kind: ValueKind<'static>) {
        let last = OpenPart(self.nodes.len().saturating_sub(1));
        self.of_kind(&last, kind);
    }

    fn own(&mut self, begun: &OpenPart, own: Own) {
        if let Some(node) = self.nodes.get_mut(begun.0) {
            node.own = own;
        }
    }

    /// Ends a part.
    pub(crate) fn end(&mut self, OpenPart(at): OpenPart) {
        let end = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(at) {
            node.end = end;
        }
    }

    /// Adds a part that is a text.
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        let text = self.written(text);
        self.extent(name, text);
    }

    /// Adds an element that is a text to a list.
    pub(crate) fn text_element(&mut self, text: &str) {
        let text = self.written(text);
        self.leaf(Name::None, Own::Text(text));
    }

    /// Adds a part that is a text written before.
    pub(crate) fn extent(&mut self, name: &'static str, text: Extent) {
        self.leaf(Name::Known(name), Own::Text(text));
    }

    /// Adds a part that is a whole number.
    pub(crate) fn integer(&mut self, name: &'static str, value: i64) {
        self.leaf(Name::Known(name), Own::Integer(value));
    }

    /// Adds a part that is true or false.
    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.leaf(Name::Known(name), Own::Flag(value));
    }

    /// Writes text that no part names yet.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Where the text stands now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.text.len() as u32)
    }

    /// What was written since.
    pub(crate) fn since(&self, Mark(from): Mark) -> Extent {
        Extent { from, to: self.text.len() as u32 }
    }

    /// A text written whole.
    pub(crate) fn written(&mut self, text: &str) -> Extent {
        let mark = self.mark();
        self.push(text);
        self.since(mark)
    }

    fn begin(&mut self, name: Name, form: Form) -> OpenPart {
        let at = self.nodes.len();
        self.nodes.push(Node {
            name,
            own: Own::Nothing,
            end: at as u32 + 1,
            form,
            kind: Kind::Plain,
        });
        OpenPart(at)
    }

    fn leaf(&mut self, name: Name, own: Own) {
        let end = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { name, own, end, form: Form::Object, kind: Kind::Plain });
    }
}

impl fmt::Write for Parts {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// One part of what a text reaches, borrowed from its [`Parts`].
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec, UrlSpec};
/// use permitgate::model::{Part, Value};
///
/// # let policy = Policy::new([Statement::permit("x").operations(Operation::Read).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let fetch = ToolSpec::new("fetch")
///     .argument("url", ArgumentSpec::url(UrlSpec::new()))
///     .effect(EffectSpec::read("web/{args.url.host}"));
/// let manifest = Manifest::new([fetch])?;
/// let arguments = [("url", Value::from("https://Example.com/a"))];
/// let call = manifest.map("fetch", &arguments, &scope);
/// let url = call.parts().get("url").ok_or("a URL")?;
/// assert_eq!(url.as_text(), Some("https://example.com/a"));
/// assert_eq!(url.get("host").and_then(Part::as_text), Some("example.com"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Part<'p> {
    parts: &'p Parts,
    number: usize,
}

impl<'p> Part<'p> {
    fn node(self) -> Option<&'p Node> {
        self.parts.nodes.get(self.number)
    }

    /// Its name; empty for an element of a list.
    pub fn name(self) -> &'p str {
        self.node().map_or("", |node| self.parts.name(node))
    }

    /// What it is as a whole: a text in its canonical form, a number, or a truth value; nothing where it only has parts.
    pub fn value(self) -> Option<Value<'p>> {
        Some(match self.node()?.own {
            Own::Nothing => return None,
            Own::Text(extent) => Value::Text(self.parts.slice(extent)),
            Own::Integer(value) => Value::Integer(value.into()),
            Own::Flag(value) => Value::Bool(value),
            Own::Decimal(_, 0) => Value::Integer(self.decimal()?.units),
            Own::Decimal(..) => return None,
        })
    }

    /// What it is the name of, as a whole.
    pub fn kind(self) -> ValueKind<'p> {
        self.sought().exact()
    }

    /// As what values that were vouched for are compared with it.
    pub(crate) fn sought(self) -> ValueKind<'p> {
        match self.node().map_or(Kind::Plain, |node| node.kind) {
            Kind::Plain => ValueKind::PLAIN,
            Kind::Known(word) => ValueKind(KindForm::Known(word)),
            Kind::Id(extent) => ValueKind::id(self.parts.slice(extent)),
            Kind::Path(_, _, true) => ValueKind::CASELESS_PATH,
            Kind::Path(_, _, false) => ValueKind::PATH,
        }
    }

    /// Where its root is and where relative paths begin below it, of a path below a root.
    pub(crate) fn root(self) -> Option<(&'p str, &'p str)> {
        match self.node()?.kind {
            Kind::Path(root, cwd, _) => Some((self.parts.slice(root), self.parts.slice(cwd))),
            _ => None,
        }
    }

    /// Whether it is something as a whole.
    pub(crate) fn has_value(self) -> bool {
        self.node().is_some_and(|node| !matches!(node.own, Own::Nothing))
    }

    /// The text, where it is one.
    pub fn as_text(self) -> Option<&'p str> {
        self.value()?.as_text()
    }

    /// The units and the scale of a decimal number: `12.50` is 1250 and 2.
    pub fn as_decimal(self) -> Option<(i128, u8)> {
        self.decimal().map(|Decimal { units, scale }| (units, scale))
    }

    pub(crate) fn decimal(self) -> Option<Decimal> {
        let Own::Decimal(at, scale) = self.node()?.own else { return None };
        let units = self.parts.text.get(at as usize..)?.first_chunk()?;
        Some(Decimal { units: i128::from_le_bytes(*units), scale })
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.node().is_some_and(|node| node.form != Form::Object)
    }

    /// Whether it is a list that the call gives, and not one that a kind found in a text.
    pub(crate) fn is_given_list(self) -> bool {
        self.node().is_some_and(|node| node.form == Form::Given)
    }

    /// The part of this name.
    pub fn get(self, name: &str) -> Option<Self> {
        if self.is_list() {
            return None;
        }
        self.iter().find(|part| part.name() == name)
    }

    /// The element at a place, where it is a list.
    pub fn at(self, place: usize) -> Option<Self> {
        self.iter().nth(place).filter(|_| self.is_list())
    }

    /// Its own parts, or its elements.
    pub fn iter(self) -> impl Iterator<Item = Self> + use<'p> {
        let Range { start, end } =
            self.node().map_or(0..0, |node| self.number + 1..node.end as usize);
        self.parts.siblings(start, end)
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(decimal) = self.decimal() {
            return write!(f, "{decimal:?}");
        }
        match (self.value(), self.iter().next().is_some()) {
            (Some(value), false) => value.fmt(f),
            (value, _) => {
                if let Some(value) = value {
                    write!(f, "{value:?} ")?;
                }
                if self.is_list() {
                    return f.debug_list().entries(self.iter()).finish();
                }
                f.debug_map().entries(self.iter().map(|part| (part.name(), part))).finish()
            }
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|part| (part.name(), part))).finish()
    }
}
