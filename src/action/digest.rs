//! A digest that stands for one action with its arguments.

use std::fmt;

use sha2::{Digest, Sha256};

use smallvec::SmallVec;

use super::{Action, Operation, Reversibility};
use crate::arguments::{Arguments, List, Value};
use crate::audience::{Audience, Recipients};
use crate::limits::{
    MAX_FROZEN_BYTES, MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES, MAX_NAME_BYTES, MAX_OBJECT_FIELDS,
    MAX_RECIPIENTS,
};

const DOMAIN: &[u8] = b"portcullis/action/1\0";

/// The SHA-256 of an action: tool, operation, resource, audience, reversibility and all arguments.
///
/// A proof of possession or an attestation can be for one action; this is what they sign. Two actions have the same
/// digest exactly when they say the same: the order of fields and of recipients does not matter, all else does.
///
/// ```
/// use portcullis::{Action, ActionDigest, Value};
///
/// let (ten, twenty) = ([("cents", Value::from(10))], [("cents", Value::from(20))]);
/// let pay = Action::create("pay", "payments/dana");
/// assert_eq!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&ten))?);
/// assert_ne!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&twenty))?);
/// # Ok::<(), portcullis::DigestError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionDigest([u8; 32]);

impl ActionDigest {
    /// The digest of an action. Allocates nothing; takes time by the square of the fields of an object.
    ///
    /// # Errors
    /// [`DigestError`] when the arguments are too deep, too large, or contradict themselves, or there are too many
    /// recipients.
    pub fn of(action: &Action<'_>) -> Result<Self, DigestError> {
        let mut sha = Sha256::new_with_prefix(DOMAIN);
        text(&mut sha, action.tool());
        sha.update([operation(action.operation()), reversibility(action.reversibility())]);
        text(&mut sha, action.resource());
        audience(&mut sha, action.audience())?;
        sha.update([u8::from(action.is_untrusted()), u8::from(action.lowers())]);
        let mut reading =
            Reading { sha, values: MAX_FROZEN_VALUES, bytes: MAX_FROZEN_BYTES, depth: 0 };
        reading.object(action.arguments())?;
        Ok(Self(reading.sha.finalize().into()))
    }

    /// A digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ActionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ActionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActionDigest({self})")
    }
}

/// Why an action has no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action digest: {0}")]
pub struct DigestError(#[from] Fault);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("more than {MAX_RECIPIENTS} recipients")]
    Recipients,
    #[error("arguments are nested more than {MAX_FROZEN_DEPTH} deep")]
    Depth,
    #[error(
        "arguments hold more than {MAX_FROZEN_VALUES} values or {MAX_FROZEN_BYTES} bytes of text"
    )]
    Size,
    #[error(
        "an object has more than {MAX_OBJECT_FIELDS} fields, or one with a name of more than {MAX_NAME_BYTES} bytes"
    )]
    Fields,
    #[error("an object shows one of its fields twice")]
    Twice,
    #[error("a list has no value at a place within its length")]
    BrokenList,
    #[error("what stands in place of the arguments is no object")]
    NotAnObject,
}

fn number(sha: &mut Sha256, number: usize) {
    sha.update((number as u64).to_be_bytes());
}

fn text(sha: &mut Sha256, text: &str) {
    number(sha, text.len());
    sha.update(text);
}

/// The number that the specification gives an operation.
fn operation(operation: Operation) -> u8 {
    match operation {
        Operation::Read => 0,
        Operation::Create => 1,
        Operation::Update => 2,
        Operation::Delete => 3,
        Operation::Execute => 4,
        Operation::Share => 5,
        Operation::Administer => 6,
    }
}

fn reversibility(reversibility: Reversibility) -> u8 {
    match reversibility {
        Reversibility::Reversible => 0,
        Reversibility::Irreversible => 1,
    }
}

fn audience(sha: &mut Sha256, audience: Audience<'_>) -> Result<(), Fault> {
    match audience {
        Audience::Private => sha.update([0]),
        Audience::Recipients(names) => return recipients(sha, names),
        Audience::Group(name) => {
            sha.update([2]);
            text(sha, name);
        }
        Audience::Channel(name) => {
            sha.update([3]);
            text(sha, name);
        }
        Audience::Internal => sha.update([4]),
        Audience::Public => sha.update([5]),
    }
    Ok(())
}

fn recipients(sha: &mut Sha256, names: Recipients<'_>) -> Result<(), Fault> {
    if names.len() > MAX_RECIPIENTS {
        return Err(Fault::Recipients);
    }
    let mut names: SmallVec<[&str; MAX_RECIPIENTS]> = names.iter().collect();
    names.sort_unstable();
    names.dedup();
    sha.update([1]);
    number(sha, names.len());
    names.into_iter().for_each(|name| text(sha, name));
    Ok(())
}

/// Arguments while they are read, and what may still be read of them.
struct Reading {
    sha: Sha256,
    values: usize,
    bytes: usize,
    depth: usize,
}

impl Reading {
    /// The fields in the order of their names. A view shows them in its own order, so each is looked for.
    fn object(&mut self, view: &dyn Arguments) -> Result<(), Fault> {
        self.enter()?;
        if !view.is_object() {
            return Err(Fault::NotAnObject);
        }
        let mut count = 0_usize;
        view.visit(&mut |_, _| count = count.saturating_add(1));
        if count > MAX_OBJECT_FIELDS {
            return Err(Fault::Fields);
        }
        number(&mut self.sha, count);
        let mut last = None;
        for _ in 0..count {
            // A field that is shown twice is found once, so that in the end one is missing.
            let name = least_above(view, last.as_ref())?.ok_or(Fault::Twice)?;
            self.field(view, &name)?;
            last = Some(name);
        }
        self.depth -= 1;
        Ok(())
    }

    fn field(&mut self, view: &dyn Arguments, wanted: &FieldName) -> Result<(), Fault> {
        let mut read = Err(Fault::Twice);
        let mut seen = false;
        view.visit(&mut |name, value| {
            if *name.as_bytes() == **wanted {
                read = if seen { Err(Fault::Twice) } else { self.named(name, value) };
                seen = true;
            }
        });
        read
    }

    fn named(&mut self, name: &str, value: Value<'_>) -> Result<(), Fault> {
        self.text(name)?;
        self.value(value)
    }

    /// Each kind has a mark of its own, so that `1`, `1.0`, `"1"` and `[1]` differ.
    fn value(&mut self, value: Value<'_>) -> Result<(), Fault> {
        self.values = self.values.checked_sub(1).ok_or(Fault::Size)?;
        let sha = &mut self.sha;
        match value {
            Value::Null => sha.update([0]),
            Value::Bool(value) => sha.update([1, u8::from(value)]),
            Value::Integer(value) => {
                sha.update([2]);
                sha.update(value.to_be_bytes());
            }
            Value::Float(value) => {
                sha.update([3]);
                sha.update(value.to_bits().to_be_bytes());
            }
            Value::Text(value) => {
                sha.update([4]);
                self.text(value)?;
            }
            Value::List(list) => {
                sha.update([5]);
                self.list(list)?;
            }
            Value::Object(view) => {
                sha.update([6]);
                self.object(view)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &dyn List) -> Result<(), Fault> {
        self.enter()?;
        if list.len() > self.values {
            return Err(Fault::Size);
        }
        number(&mut self.sha, list.len());
        for index in 0..list.len() {
            self.value(list.at(index).ok_or(Fault::BrokenList)?)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_FROZEN_DEPTH { Err(Fault::Depth) } else { Ok(()) }
    }

    fn text(&mut self, part: &str) -> Result<(), Fault> {
        self.bytes = self.bytes.checked_sub(part.len()).ok_or(Fault::Size)?;
        text(&mut self.sha, part);
        Ok(())
    }
}

/// The name of a field, on the stack: a view lends its names only while it shows them.
type FieldName = SmallVec<[u8; MAX_NAME_BYTES]>;

/// The least name above `last`.
fn least_above(view: &dyn Arguments, last: Option<&FieldName>) -> Result<Option<FieldName>, Fault> {
    let mut least: Option<FieldName> = None;
    let mut long = false;
    view.visit(&mut |name, _| {
        let name = name.as_bytes();
        long |= name.len() > MAX_NAME_BYTES;
        let above = last.is_none_or(|last| name > last.as_slice());
        if above && !long && least.as_ref().is_none_or(|least| name < least.as_slice()) {
            least = Some(FieldName::from_slice(name));
        }
    });
    if long { Err(Fault::Fields) } else { Ok(least) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::odd::{Endless, Liar, Twice};

    struct Wide(usize, usize);

    impl Arguments for Wide {
        fn get(&self, _name: &str) -> Option<Value<'_>> {
            None
        }
        fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
            for n in 0..self.0 {
                visitor(&format!("{n:0>width$}", width = self.1), Value::Null);
            }
        }
    }

    #[test]
    fn views_that_have_no_digest_say_why() {
        let fault = |view: &dyn Arguments| {
            let action = Action::create("t", "r").with(view);
            ActionDigest::of(&action).map(|_| ()).map_err(|DigestError(fault)| fault)
        };
        assert_eq!(fault(&Twice), Err(Fault::Twice));
        assert_eq!(fault(&Endless), Err(Fault::Depth));
        assert_eq!(fault(&[("list", Value::List(&Liar))]), Err(Fault::BrokenList));
        assert_eq!(fault(&Wide(MAX_OBJECT_FIELDS, 3)), Ok(()));
        assert_eq!(fault(&Wide(MAX_OBJECT_FIELDS + 1, 3)), Err(Fault::Fields));
        assert_eq!(fault(&Wide(1, MAX_NAME_BYTES)), Ok(()));
        assert_eq!(fault(&Wide(1, MAX_NAME_BYTES + 1)), Err(Fault::Fields));
        let text = "x".repeat(MAX_FROZEN_BYTES);
        assert_eq!(fault(&[("text", Value::from(&text))]), Err(Fault::Size));
        let names = vec!["a"; MAX_RECIPIENTS + 1];
        let action = Action::read("t", "r").visible_to(Audience::recipients(names.as_slice()));
        assert_eq!(ActionDigest::of(&action), Err(DigestError(Fault::Recipients)));
    }

    #[test]
    fn every_part_counts_and_no_order_does() {
        let digest = |action: Action<'_>| ActionDigest::of(&action).unwrap();
        let (ab, ba) = (
            [("a", Value::from(1)), ("b", Value::from("x"))],
            [("b", Value::from("x")), ("a", Value::from(1))],
        );
        let base = Action::create("t", "r/s");
        assert_eq!(digest(base.with(&ab)), digest(base.with(&ba)));
        let to = |names| digest(base.visible_to(Audience::Recipients(names)));
        assert_eq!(to((&["x", "y", "x"]).into()), to((&["y", "x"]).into()));
        let others = [
            digest(base),
            digest(base.with(&ab)),
            digest(Action::create("u", "r/s")),
            digest(Action::update("t", "r/s")),
            digest(Action::create("t", "r")),
            digest(base.reversible()),
            digest(base.untrusted()),
            digest(base.visible_to(Audience::Public)),
            digest(base.visible_to(Audience::Internal)),
            digest(base.visible_to(Audience::Group("x"))),
            digest(base.visible_to(Audience::Channel("x"))),
            to((&["x"]).into()),
            to((&["xy"]).into()),
            digest(base.with(&[("a", Value::from(1))])),
            digest(base.with(&[("a", Value::from(1.0))])),
            digest(base.with(&[("a", Value::from("1"))])),
            digest(base.with(&[("a", Value::List(&[Value::from(1)]))])),
            digest(base.with(&[("a", Value::Object(&[("b", Value::Null)]))])),
        ];
        for (place, one) in others.iter().enumerate() {
            assert!(!others[..place].contains(one), "{place}");
        }
    }
}
