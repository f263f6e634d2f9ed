//! What a record holds of the arguments of a call, and what it holds in place of secrets.

use permitgate::Manifest;
use permitgate::manifest::{ArgumentDescription, ToolDescription};
use permitgate::model::{Arguments, Value};

use crate::digest::Keyed;
use crate::limits::{MAX_ARGUMENT_BYTES, MAX_SECRET_BYTES, MAX_VALUE_DEPTH};

/// What a journal holds of the arguments of a call.
///
/// A secret never enters: in its place stands a digest that is keyed ([`JournalOptions::key`](crate::JournalOptions::key)), so that nobody without
/// the key can try values.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate_journal::Holding;
///
/// let manifest = Manifest::new([ToolSpec::new("login")
///     .argument("user", ArgumentSpec::text())
///     .argument("password", ArgumentSpec::text().secret())
///     .effect(EffectSpec::update("accounts/{args.user}"))])?;
/// // Records hold `user`, and of `password` a keyed digest.
/// let holding = Holding::from(&manifest);
/// # let _ = holding;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Holding {
    /// The name of each argument, and a keyed digest of its value: without a manifest nothing says which of them are secret.
    #[default]
    Digests,
    /// What the manifest describes and does not mark as secret; of all else a keyed digest.
    Described(Manifest),
    /// Nothing.
    Nothing,
}

impl From<&Manifest> for Holding {
    fn from(manifest: &Manifest) -> Self {
        Self::Described(manifest.clone())
    }
}

/// The marks of values.
pub(crate) mod mark {
    pub(crate) const NULL: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    pub(crate) const INTEGER: u8 = 3;
    pub(crate) const FLOAT: u8 = 4;
    pub(crate) const TEXT: u8 = 5;
    pub(crate) const LIST: u8 = 6;
    pub(crate) const OBJECT: u8 = 7;
    pub(crate) const DIGEST: u8 = 8;
    pub(crate) const NOT_HELD: u8 = 9;
    pub(crate) const END: u8 = 10;
    pub(crate) const FIELD: u8 = 11;
}

impl Holding {
    /// Appends the arguments of a call of a tool as an object. Whether all of it is there or stands as a digest.
    pub(crate) fn write(
        &self,
        to: &mut Vec<u8>,
        tool: &str,
        view: &dyn Arguments,
        key: &Keyed,
    ) -> bool {
        let described = match self {
            Self::Nothing => {
                to.push(mark::NOT_HELD);
                return true;
            }
            Self::Digests => None,
            Self::Described(manifest) => manifest.tool(tool),
        };
        let start = to.len();
        let mut writer = Writer { to, left: MAX_ARGUMENT_BYTES, key, depth: 0, is_whole: true };
        if view.is_object() {
            let rule = described.map_or(Rule::Digest, Rule::Tool);
            writer.object(view, rule);
        } else {
            writer.is_whole = false;
        }
        let is_whole = writer.is_whole;
        if !is_whole {
            to.truncate(start);
            to.push(mark::NOT_HELD);
        }
        is_whole
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Rule<'m> {
    /// The arguments of a tool that is described.
    Tool(ToolDescription<'m>),
    Value(ArgumentDescription<'m>),
    Digest,
}

impl<'m> Rule<'m> {
    fn field(self, name: &str) -> Self {
        let found = match self {
            Self::Tool(tool) => tool.argument(name),
            Self::Value(value) => {
                value.fields().find(|(field, _)| *field == name).map(|(_, field)| field)
            }
            Self::Digest => None,
        };
        found.filter(|field| !field.is_secret()).map_or(Self::Digest, Self::Value)
    }

    fn items(self) -> Self {
        let found = match self {
            Self::Value(value) => value.items(),
            Self::Tool(_) | Self::Digest => None,
        };
        found.filter(|items| !items.is_secret()).map_or(Self::Digest, Self::Value)
    }

    const fn is_digest(self) -> bool {
        matches!(self, Self::Digest)
    }
}

/// Values while they are written.
struct Writer<'w> {
    to: &'w mut Vec<u8>,
    left: usize,
    key: &'w Keyed,
    depth: usize,
    is_whole: bool,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        match self.left.checked_sub(bytes.len()) {
            Some(left) if self.is_whole => {
                self.left = left;
                self.to.extend_from_slice(bytes);
            }
            _ => self.is_whole = false,
        }
    }

    fn object(&mut self, view: &dyn Arguments, rule: Rule<'_>) {
        self.put(&[mark::OBJECT]);
        view.visit(&mut |name, value| {
            if self.is_whole {
                self.put(&[mark::FIELD]);
                self.put(&(name.len() as u32).to_le_bytes());
                self.put(name.as_bytes());
                self.value(value, rule.field(name));
            }
        });
        self.put(&[mark::END]);
    }

    fn value(&mut self, value: Value<'_>, rule: Rule<'_>) {
        if rule.is_digest() {
            return self.digest(value);
        }
        self.depth += 1;
        match value {
            _ if self.depth > MAX_VALUE_DEPTH => self.is_whole = false,
            Value::List(list) => {
                self.put(&[mark::LIST]);
                for place in 0..list.len() {
                    if !self.is_whole {
                        break;
                    }
                    self.value(list.at(place).unwrap_or(Value::Null), rule.items());
                }
                self.put(&[mark::END]);
            }
            Value::Object(view) if view.is_object() => self.object(view, rule),
            Value::Object(_) => self.put(&[mark::NOT_HELD]),
            scalar => plain(scalar, &mut |bytes| self.put(bytes)),
        }
        self.depth -= 1;
    }

    fn digest(&mut self, value: Value<'_>) {
        let mut secret = Secret { keyed: self.key.clone(), left: MAX_SECRET_BYTES, is_whole: true };
        secret.value(value, 0);
        if secret.is_whole {
            self.put(&[mark::DIGEST]);
            self.put(secret.keyed.finish().as_bytes());
        } else {
            self.put(&[mark::NOT_HELD]);
        }
    }
}

/// A value while only its keyed digest is taken, over the same bytes that would hold it.
struct Secret {
    keyed: Keyed,
    left: usize,
    is_whole: bool,
}

impl Secret {
    fn put(&mut self, bytes: &[u8]) {
        match self.left.checked_sub(bytes.len()) {
            Some(left) if self.is_whole => {
                self.left = left;
                self.keyed.update(bytes);
            }
            _ => self.is_whole = false,
        }
    }

    fn value(&mut self, value: Value<'_>, depth: usize) {
        match value {
            _ if depth >= MAX_VALUE_DEPTH => self.is_whole = false,
            Value::List(list) => {
                self.put(&[mark::LIST]);
                for place in 0..list.len() {
                    if !self.is_whole {
                        break;
                    }
                    self.value(list.at(place).unwrap_or(Value::Null), depth + 1);
                }
                self.put(&[mark::END]);
            }
            Value::Object(view) if view.is_object() => {
                self.put(&[mark::OBJECT]);
                view.visit(&mut |name, value| {
                    if self.is_whole {
                        self.put(&[mark::FIELD]);
                        self.put(&(name.len() as u32).to_le_bytes());
                        self.put(name.as_bytes());
                        self.value(value, depth + 1);
                    }
                });
                self.put(&[mark::END]);
            }
            Value::Object(_) => self.is_whole = false,
            scalar => plain(scalar, &mut |bytes| self.put(bytes)),
        }
    }
}

/// A value that holds no others.
fn plain(value: Value<'_>, put: &mut dyn FnMut(&[u8])) {
    match value {
        Value::Null | Value::List(_) | Value::Object(_) => put(&[mark::NULL]),
        Value::Bool(is) => put(&[if is { mark::TRUE } else { mark::FALSE }]),
        Value::Integer(number) => {
            put(&[mark::INTEGER]);
            put(&number.to_le_bytes());
        }
        Value::Float(number) => {
            put(&[mark::FLOAT]);
            put(&number.to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            put(&[mark::TEXT]);
            put(&(text.len() as u32).to_le_bytes());
            put(text.as_bytes());
        }
    }
}
