//! Names of people, groups and channels, as chat programs write them.
//!
//! ```text
//! person  = [ "@" ] name
//! group   = [ "@" ] name
//! channel = [ "#" ] name
//! name    = 1 to 256 bytes of letters, digits and marks of any script, blanks, but none first or last, ASCII signs but
//!           < > , ; | " ` \ and neither @ nor # first, U+2013, U+2019, and pictures of U+2600 to U+27BF and U+1F300 to U+1FAFF
//! ```
//!
//! The canonical form is the name without its sign, so that `#general` and `general` are one. That an id such as `C0123` is
//! the same channel is for the directory to say: of an alias, the canonical form is the name that it stands for. Where case is folded, a
//! name that the directory knows is written as it stands there, and any other in lower case.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::rule::{OptionFault, Rule, TextFault};
use crate::base::alias::AliasTable;
use crate::base::limits::MAX_NAME_BYTES;
use crate::base::visible::visible;
use crate::model::kind::ValueKind;
use crate::model::parts::{OpenPart, Parts};

/// The options of the kinds `person`, `group` and `channel`.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, NameSpec};
///
/// let channel = ArgumentSpec::channel(NameSpec::new().fold_case());
/// # let _ = channel;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct NameSpec {
    #[serde(default, skip_serializing_if = "Case::is_exact")]
    case: Case,
    /// Not as an author writes it: those of the directory that the tool was compiled for.
    #[serde(skip)]
    aliases: Arc<AliasTable>,
}

/// Whether `General` and `general` are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Case {
    #[default]
    Exact,
    Fold,
}

impl Case {
    fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

impl NameSpec {
    /// A name as it is written.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `General` for `general`: where the server does. Only names in ASCII are accepted then. A name that the directory has with
    /// capital letters is written as it stands there, unless another one is the same without regard to case.
    pub fn fold_case(mut self) -> Self {
        self.case = Case::Fold;
        self
    }

    /// Takes each alias for the name that it stands for.
    pub(super) fn know(&mut self, aliases: &Arc<AliasTable>) {
        self.aliases = Arc::clone(aliases);
    }
}

/// A name with the sign that may stand before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameKind {
    sign: char,
    case: Case,
    value: ValueKind<'static>,
    aliases: Arc<AliasTable>,
}

static EMPTY: Rule = Rule::new("empty", "there is no name", "write one, or leave the argument out");
static LONG: Rule = Rule::new("long", "the name goes on", "write at most 256 bytes");
static SIGN: Rule = Rule::new(
    "sign",
    "this sign does not belong to the name of such a thing",
    "write the name alone, or with the one sign that it has",
);
static BLANK: Rule = Rule::new("blank", "a blank begins or ends the name", "leave it out");
static SEVERAL: Rule = Rule::new("several", "this could separate several names", "write one name");
static ODD: Rule = Rule::new(
    "odd",
    "this character does not stand in a name",
    "write letters, digits and plain signs",
);
static HIDDEN: Rule = Rule::new(
    "hidden",
    "the name holds what is not seen, or looks like another",
    "write it in plain letters",
);
static ASCII: Rule =
    Rule::new("ascii", "this character has no plain lower case", "write the name in ASCII");

impl NameKind {
    pub(crate) fn new(
        spec: &NameSpec,
        sign: char,
        value: ValueKind<'static>,
    ) -> Result<Self, OptionFault> {
        let aliases = Arc::clone(&spec.aliases);
        Ok(Self { sign, case: spec.case, value, aliases })
    }

    /// Without options.
    pub(super) fn plain(is_channel: bool) -> Self {
        let (sign, value) =
            if is_channel { ('#', ValueKind::CHANNEL) } else { ('@', ValueKind::PERSON) };
        Self { sign, case: Case::Exact, value, aliases: Arc::default() }
    }

    /// The canonical form of a text; nothing where it is no name.
    pub(super) fn canonical_of(&self, text: &str) -> Option<String> {
        let mut parts = Parts::default();
        let begun = parts.element();
        self.read(text, &mut parts, &begun).ok()?;
        parts.end(begun);
        Some(parts.iter().next()?.as_text()?.to_owned())
    }

    pub(super) fn folds(&self) -> bool {
        self.case == Case::Fold
    }

    /// Aliases with the names that they stand for, and the names that it writes with capital letters with themselves.
    pub(super) fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases.iter()
    }

    /// What it names.
    pub(crate) const fn value_kind(&self) -> ValueKind<'static> {
        self.value
    }

    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let name = text.strip_prefix(self.sign).unwrap_or(text);
        let from = text.len() - name.len();
        let fail = |rule, at: usize| Err(TextFault::new(rule, from + at));
        if name.is_empty() {
            return fail(&EMPTY, 0);
        }
        if name.len() > MAX_NAME_BYTES {
            return fail(&LONG, MAX_NAME_BYTES);
        }
        if name.starts_with(['@', '#']) {
            return fail(&SIGN, 0);
        }
        if name.starts_with(char::is_whitespace) {
            return fail(&BLANK, 0);
        }
        if name.ends_with(char::is_whitespace) {
            return fail(&BLANK, name.trim_end().len());
        }
        if let Some(at) = name.find(['<', '>', ',', ';', '|', '"']) {
            return fail(&SEVERAL, at);
        }
        if let Some((at, _)) = name.char_indices().find(|(_, c)| !fits(*c)) {
            return fail(&ODD, at);
        }
        if !visible(name).is_plain() {
            return fail(&HIDDEN, 0);
        }
        // Before anything compares it: whatever it is called, it is one thing.
        let folds = self.case == Case::Fold;
        let known = self.aliases.name_of(name, folds);
        let meant = known.unwrap_or(name);
        let mark = parts.mark();
        match self.aliases.name_of(meant, true).filter(|_| folds) {
            // As the directory has it, so that it is the same in audiences and resources.
            Some(name) => parts.push(name),
            None if !folds => parts.push(meant),
            None => {
                for (at, character) in meant.char_indices() {
                    if !character.is_ascii() {
                        return fail(&ASCII, if known.is_some() { 0 } else { at });
                    }
                    parts.push(character.to_ascii_lowercase().encode_utf8(&mut [0; 4]));
                }
            }
        }
        let canonical = parts.since(mark);
        parts.canonical(begun, canonical);
        Ok(())
    }
}

/// Whether arguments of a kind have this text as their canonical form: of a channel, or of a person or group.
pub(crate) fn is_canonical_name(text: &str, is_channel: bool) -> bool {
    NameKind::plain(is_channel).canonical_of(text).as_deref() == Some(text)
}

/// Whether a character can stand in a name. Signs beyond ASCII are few: to programs that simplify texts, others are commas,
/// blanks or the sign of a channel.
fn fits(character: char) -> bool {
    match character {
        '\\' | '`' => false,
        ' '..='~' | '\u{2013}' | '\u{2019}' => true,
        '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' => true,
        // The standard library escapes marks, and what is not printed: that is looked for in the whole name.
        _ => {
            character.is_alphanumeric()
                || !character.is_ascii() && character.escape_debug().len() > 1
        }
    }
}

#[cfg(test)]
mod tests;
