//! What a set of endorsed values is asked for: a text, as a value of a kind, for a tool.

use super::{Endorsed, Origin, Origins};
use crate::base::hash::{fold, hash_name};
use crate::model::kind::{Form, ValueKind, Word};

/// A value of a kind; of a tool where it counts for that one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'v> {
    pub(crate) text: &'v str,
    pub(crate) kind: ValueKind<'v>,
    /// Empty where it counts for every tool.
    pub(crate) tool: &'v str,
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnedKey {
    pub(super) text: Box<str>,
    kind: OwnedKind,
    tool: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OwnedKind {
    Plain,
    Known(Word),
    Id(Box<str>),
}

impl<'v> Key<'v> {
    pub(crate) const fn plain(text: &'v str) -> Self {
        Self::of(ValueKind::PLAIN, text)
    }

    pub(crate) const fn of(kind: ValueKind<'v>, text: &'v str) -> Self {
        Self { text, kind, tool: "" }
    }

    pub(crate) fn hash(self) -> u64 {
        self.hash_beside(hash_name(self.text))
    }

    /// Its hash, by that of its text.
    #[inline]
    pub(super) fn hash_beside(self, text: u64) -> u64 {
        if self.kind == ValueKind::PLAIN && self.tool.is_empty() {
            return text;
        }
        let kind = hash_name(self.kind.sort()).rotate_left(17) ^ u64::from(self.kind.code());
        fold(text ^ kind, hash_name(self.tool) | 1) ^ kind
    }

    pub(crate) fn to_owned(self) -> OwnedKey {
        let kind = match self.kind.0 {
            Form::Plain => OwnedKind::Plain,
            Form::Known(word) => OwnedKind::Known(word),
            Form::Id(sort) => OwnedKind::Id(sort.into()),
        };
        OwnedKey { text: self.text.into(), kind, tool: self.tool.into() }
    }
}

impl OwnedKey {
    pub(crate) fn key(&self) -> Key<'_> {
        let kind = match &self.kind {
            OwnedKind::Plain => Form::Plain,
            OwnedKind::Known(word) => Form::Known(*word),
            OwnedKind::Id(sort) => Form::Id(sort),
        };
        Key { text: &self.text, kind: ValueKind(kind), tool: &self.tool }
    }
}

/// The values that a session may act on, as one tool asks about them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'e> {
    pub(crate) endorsed: &'e Endorsed,
    pub(crate) tool: &'e str,
}

/// From where a plain value counts for an argument of a kind: only what shows its kind by its form, and of results only
/// what can be nothing else.
pub(super) fn shown(kind: ValueKind<'_>, text: &str) -> Origins {
    const NONE: Origins = Origins(0);
    let said = Origin::User | Origin::Program;
    match kind {
        ValueKind::PLAIN => Origins::ANY,
        ValueKind::PERSON if is_address(text) => Origins::ANY,
        ValueKind::PERSON => Origin::Directory | Origin::Program,
        ValueKind::URL => Origins::ANY,
        // A word of prose is no path, and neither are its dots and dashes.
        ValueKind::PATH if !text.chars().any(char::is_alphanumeric) => NONE,
        ValueKind::PATH
            if text.bytes().any(|byte| b"/\\._".contains(&byte) || byte.is_ascii_digit()) =>
        {
            Origins::ANY
        }
        ValueKind::HOST if text.contains('.') => Origin::Directory | Origin::Program,
        ValueKind::AMOUNT => said,
        ValueKind(Form::Id(_)) if is_distinct(text) => said | Origin::Directory,
        _ => NONE,
    }
}

/// Whether a text of no kind counts as a path.
pub(super) fn looks_like_path(text: &str) -> bool {
    shown(ValueKind::PATH, text) != Origins(0)
}

/// Whether it is an address of mail and nothing else.
fn is_address(text: &str) -> bool {
    let blank = |character: char| character.is_whitespace() || character.is_control();
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@') && !text.contains(blank)
    })
}

/// Whether it is the id of something by its looks: one word with letters and digits, not a short one such as `10am`.
fn is_distinct(text: &str) -> bool {
    text.len() >= 6
        && !text.contains(char::is_whitespace)
        && text.chars().any(char::is_alphabetic)
        && text.bytes().any(|byte| byte.is_ascii_digit())
}
