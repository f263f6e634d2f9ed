//! A digest that stands for one action with its arguments.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Action, Operation, Reversibility};
use crate::arguments::{Arguments, FreezeError, FrozenArguments, Value};
use crate::audience::Audience;

const DOMAIN: &[u8] = b"portcullis/action/1\0";

/// The SHA-256 of an action: tool, operation, resource, audience, reversibility and all arguments.
///
/// A proof of possession or an attestation can be for one action; this is what they sign. Two actions have the same
/// digest exactly when they mean the same: the order of fields and of recipients does not matter.
///
/// ```
/// use portcullis::{Action, ActionDigest, Value};
///
/// let (ten, twenty) = ([("cents", Value::from(10))], [("cents", Value::from(20))]);
/// let pay = Action::create("pay", "payments/dana");
/// assert_eq!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&ten))?);
/// assert_ne!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&twenty))?);
/// # Ok::<(), portcullis::FreezeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionDigest([u8; 32]);

impl ActionDigest {
    /// The digest of an action. Copies the arguments, so it allocates.
    ///
    /// # Errors
    /// [`FreezeError`] when the arguments are too deep, too large, or contradict themselves.
    pub fn of(action: &Action<'_>) -> Result<Self, FreezeError> {
        let arguments = FrozenArguments::freeze(action.arguments())?;
        let mut sha = Sha256::new_with_prefix(DOMAIN);
        text(&mut sha, action.tool());
        sha.update([operation(action.operation()), reversibility(action.reversibility())]);
        text(&mut sha, action.resource());
        audience(&mut sha, action.audience());
        sha.update([u8::from(action.is_untrusted()), u8::from(action.lowers())]);
        object(&mut sha, &arguments);
        Ok(Self(sha.finalize().into()))
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

fn audience(sha: &mut Sha256, audience: Audience<'_>) {
    match audience {
        Audience::Private => sha.update([0]),
        Audience::Recipients(names) => {
            let mut names: Vec<&str> = names.iter().collect();
            names.sort_unstable();
            names.dedup();
            sha.update([1]);
            number(sha, names.len());
            names.into_iter().for_each(|name| text(sha, name));
        }
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
}

fn object(sha: &mut Sha256, view: &dyn Arguments) {
    let mut count = 0;
    view.visit(&mut |_, _| count += 1);
    number(sha, count);
    view.visit(&mut |name, field| {
        text(sha, name);
        value(sha, field);
    });
}

/// Each kind has a mark of its own, so that `1`, `1.0`, `"1"` and `[1]` differ.
fn value(sha: &mut Sha256, value: Value<'_>) {
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
            text(sha, value);
        }
        Value::List(list) => {
            sha.update([5]);
            number(sha, list.len());
            for index in 0..list.len() {
                self::value(sha, list.at(index).unwrap_or(Value::Null));
            }
        }
        Value::Object(view) => {
            sha.update([6]);
            object(sha, view);
        }
    }
}
