//! Asking whether a value came from where it should, as what it is.

use std::fmt;

use smallvec::SmallVec;

use super::key::{Key, Known, shown};
use super::{Origin, Origins};
use crate::base::hash::hash_name;
use crate::base::limits::{MAX_ENDORSED_BYTES, MAX_RECIPIENTS};
use crate::base::steps;
use crate::model::arguments::Value;
use crate::model::kind::{Form, ValueKind, Word};
use crate::model::parts::{Decimal as Exact, Part};

impl Known<'_> {
    /// Whether `value`, or everything in the list that it is, came from one of `origins` as a value of this kind.
    #[inline]
    pub(crate) fn holds(
        self,
        origins: Origins,
        kind: ValueKind<'_>,
        value: Value<'_>,
    ) -> Option<bool> {
        let Value::List(list) = value else {
            return with_text(value, |text| self.holds_text(origins, kind, text));
        };
        let length = list.len();
        if length > MAX_RECIPIENTS {
            return None;
        }
        let mut all = true;
        for place in 0..length {
            all &= with_text(list.at(place)?, |text| self.holds_text(origins, kind, text))?;
        }
        Some(all)
    }

    /// Whether what a kind found, as a whole or each element of its list, came from one of `origins`; nothing where no kind did.
    pub(crate) fn holds_part(self, origins: Origins, part: Part<'_>) -> Option<bool> {
        if part.is_list() {
            let mut elements = part.iter().map(|element| self.holds_part(origins, element));
            return elements.try_fold(true, |all, holds| Some(all & holds?));
        }
        if let Some(decimal) = part.decimal() {
            return self.holds_exact(origins, decimal);
        }
        let kind = part.sought();
        match (part.root(), part.value()?) {
            (Some(root), Value::Text(path)) => Some(self.holds_path(origins, (kind, path), root)),
            (_, value) => self.holds(origins, kind, value),
        }
    }

    /// Whether a path below a root came from one of `origins`, however it was spelled there: as it is from where relative paths
    /// begin, or from the root of all.
    pub(crate) fn holds_path(
        self,
        origins: Origins,
        (kind, path): (ValueKind<'_>, &str),
        (root, cwd): (&str, &str),
    ) -> bool {
        let holds = |text: &str| self.holds_text(origins, kind, text);
        let relative = match cwd {
            "" => Some(path),
            cwd => path.strip_prefix(cwd).and_then(|rest| rest.strip_prefix('/')),
        };
        if relative.is_some_and(holds) {
            return true;
        }
        if path == "." {
            return holds(root);
        }
        // A longer one was never taken, and none is written on the heap.
        let length = root.len() + 1 + path.len();
        steps::take(|| steps::of_bytes(length.min(MAX_ENDORSED_BYTES)));
        if length > MAX_ENDORSED_BYTES {
            return false;
        }
        let mut whole: SmallVec<[u8; MAX_ENDORSED_BYTES]> = SmallVec::new();
        for part in [root, "/", path] {
            whole.extend_from_slice(part.as_bytes());
        }
        std::str::from_utf8(&whole).is_ok_and(holds)
    }

    /// Whether a number, exactly, came from one of `origins` as an amount.
    pub(crate) fn holds_exact(self, origins: Origins, number: Exact) -> Option<bool> {
        let with = |text: &str| self.holds_text(origins, ValueKind::AMOUNT, text);
        Decimal::default().render(format_args!("{}", number.shortest()), with)
    }

    fn holds_text(self, origins: Origins, kind: ValueKind<'_>, text: &str) -> bool {
        steps::take(|| steps::of_bytes(text.len().min(MAX_ENDORSED_BYTES)));
        // A longer one was never taken, so its bytes need not be looked at.
        if text.len() > MAX_ENDORSED_BYTES {
            return false;
        }
        let (as_such, exact, hash) = (Key::of(kind, text), kind.exact(), hash_name(text));
        let is_invoker = || self.endorsed.invoker.get().is_some_and(|one| one.is_named(as_such));
        if exact == ValueKind::PERSON && origins.contains(Origin::Program) && is_invoker() {
            return true;
        }
        const NONE: Origins = Origins(0);
        let directory = Origins(origins.0 & Origin::Directory.bit());
        // A name of the directory counts for an argument of no kind, and for none of another kind than its own; a value of a thing
        // for an argument of no kind, and as an id.
        let (name, thing) = (Key::of(ValueKind::NAME, text), Key::of(ValueKind::THING, text));
        let shown = Origins(origins.0 & shown(exact, text).0);
        let for_tool = if self.tool.is_empty() { NONE } else { origins };
        let of_tool = |key| Key { tool: self.tool, ..key };
        let person = Key::of(ValueKind::PERSON, text);
        let (shown, one, other) = match kind.0 {
            Form::Plain => (NONE, (directory, name), (directory, thing)),
            Form::Id(_) => (shown, (NONE, name), (directory, thing)),
            // An address without a tag is kept as a person alone.
            Form::Known(Word::Untagged) => (shown, (origins, person), (for_tool, of_tool(person))),
            Form::Known(_) => (shown, (NONE, name), (NONE, thing)),
        };
        let asked = [
            (origins, as_such),
            (shown, Key::plain(text)),
            one,
            other,
            (for_tool, of_tool(as_such)),
        ];
        let asked = asked.map(|(origins, key)| (origins, key.hash_beside(hash), key));
        self.endorsed.holds_any(&asked)
    }
}

/// Calls `with` with the text of a value: a text as it is, a number in its one decimal form.
#[inline]
pub(crate) fn with_text<R>(value: Value<'_>, with: impl FnOnce(&str) -> R) -> Option<R> {
    match value {
        Value::Text(text) => Some(with(text)),
        Value::Integer(number) => Decimal::default().render(format_args!("{number}"), with),
        Value::Float(number) if !number.is_finite() => None,
        // A whole number has one form, whichever type it came in.
        Value::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            Decimal::default().render(format_args!("{}", number as i64), with)
        }
        Value::Float(number) => Decimal::default().render(format_args!("{number}"), with),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// Below this, a float that has no fraction is exactly a whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Bytes of the longest decimal form of a number.
pub(super) const DECIMAL_BYTES: usize = 352;

/// Room for the decimal form of a number, on the stack.
struct Decimal {
    bytes: [u8; DECIMAL_BYTES],
    used: usize,
}

impl Default for Decimal {
    fn default() -> Self {
        Self { bytes: [0; DECIMAL_BYTES], used: 0 }
    }
}

impl Decimal {
    fn render<R>(mut self, number: fmt::Arguments<'_>, with: impl FnOnce(&str) -> R) -> Option<R> {
        steps::take(|| steps::of_bytes(DECIMAL_BYTES));
        fmt::write(&mut self, number).ok()?;
        let text = self.bytes.get(..self.used).and_then(|bytes| str::from_utf8(bytes).ok())?;
        Some(with(text))
    }
}

impl fmt::Write for Decimal {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let to = self.used + part.len();
        let room = self.bytes.get_mut(self.used..to).ok_or(fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.used = to;
        Ok(())
    }
}
