//! A digest that stands for one action with its arguments.

use std::fmt;

use sha2::{Digest, Sha256};

use smallvec::SmallVec;

use super::error::{DigestError, Fault};
use super::{Action, Operation, Reversibility};
use crate::base::limits::{
    MAX_FROZEN_BYTES, MAX_FROZEN_DEPTH, MAX_FROZEN_VALUES, MAX_NAME_BYTES, MAX_OBJECT_FIELDS,
    MAX_RECIPIENTS,
};
use crate::model::arguments::{Arguments, FreezeError, FrozenArguments, List, Value};
use crate::model::audience::{Audience, Recipients};

const DOMAIN: &[u8] = b"permitgate/action/1\0";
/// Beside the bit for what outsiders can write: the action is about everything below its resource as well.
const BELOW: u8 = 2;

/// The SHA-256 of an action: tool, operation, resource and reach, audience, reversibility and all arguments.
///
/// A proof of possession or an attestation can be for one action; this is what they sign. Two actions have the same
/// digest exactly when they say the same: the order of fields and of recipients does not matter, all else does.
///
/// ```
/// use permitgate::Action;
/// use permitgate::model::{ActionDigest, Value};
///
/// let (ten, twenty) = ([("cents", Value::from(10))], [("cents", Value::from(20))]);
/// let pay = Action::create("pay", "payments/dana");
/// assert_eq!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&ten))?);
/// assert_ne!(ActionDigest::of(&pay.with(&ten))?, ActionDigest::of(&pay.with(&twenty))?);
/// # Ok::<(), permitgate::model::DigestError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionDigest([u8; 32]);

impl ActionDigest {
    /// The digest of an action, in time that grows as sorting its arguments does. Allocates where an object has more than 16
    /// fields that its view does not show in the order of their names.
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
        let reach = if action.reach().is_place() { 0 } else { BELOW };
        sha.update([u8::from(action.is_untrusted()) | reach, u8::from(action.lowers())]);
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
    /// The fields in the order of their names. A view shows them in its own order; where that is another, each of a few is
    /// looked for, and many are copied and sorted.
    fn object(&mut self, view: &dyn Arguments) -> Result<(), Fault> {
        if !view.is_object() {
            return Err(Fault::NotAnObject);
        }
        let (count, is_sorted) = survey(view)?;
        if !is_sorted && count > FEW_FIELDS {
            return self.object(&FrozenArguments::freeze(view)?);
        }
        self.enter()?;
        number(&mut self.sha, count);
        if is_sorted {
            self.sorted(view, count)?;
        } else {
            self.picked(view, count)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Fields that are shown in the order of their names, as they were a moment ago.
    fn sorted(&mut self, view: &dyn Arguments, count: usize) -> Result<(), Fault> {
        let (mut read, mut left) = (Ok(()), count);
        let mut order = Order::default();
        view.visit(&mut |name, value| {
            if read.is_ok() {
                let next = left.checked_sub(1).filter(|_| order.ascends_to(name));
                left = next.unwrap_or(left);
                read = next.map_or(Err(Fault::Twice), |_| self.named(name, value));
            }
        });
        read.and(if left == 0 { Ok(()) } else { Err(Fault::Twice) })
    }

    /// A few fields that are shown in any order.
    fn picked(&mut self, view: &dyn Arguments, count: usize) -> Result<(), Fault> {
        let mut last = None;
        for _ in 0..count {
            // A field that is shown twice is found once, so that in the end one is missing.
            let name = least_above(view, last.as_ref())?.ok_or(Fault::Twice)?;
            self.field(view, &name)?;
            last = Some(name);
        }
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

/// So many fields are looked for one by one.
const FEW_FIELDS: usize = 16;

/// The name of a field, on the stack: a view lends its names only while it shows them.
type FieldName = SmallVec<[u8; MAX_NAME_BYTES]>;

/// Whether names that are shown one after the other ascend.
#[derive(Default)]
struct Order {
    last: Option<FieldName>,
}

impl Order {
    fn ascends_to(&mut self, name: &str) -> bool {
        let name = name.as_bytes();
        let ascends = self.last.as_ref().is_none_or(|last| last.as_slice() < name);
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(name);
        ascends
    }
}

/// How many fields a view shows, and whether in the order of their names.
fn survey(view: &dyn Arguments) -> Result<(usize, bool), Fault> {
    let (mut count, mut fits, mut is_sorted) = (0_usize, true, true);
    let mut order = Order::default();
    view.visit(&mut |name, _| {
        count = count.saturating_add(1);
        fits &= name.len() <= MAX_NAME_BYTES && count <= MAX_OBJECT_FIELDS;
        is_sorted = is_sorted && fits && order.ascends_to(name);
    });
    if fits { Ok((count, is_sorted)) } else { Err(Fault::Fields) }
}

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

impl From<FreezeError> for Fault {
    fn from(error: FreezeError) -> Self {
        match error {
            FreezeError::TooDeep => Self::Depth,
            FreezeError::TooLarge => Self::Size,
            FreezeError::DuplicateField => Self::Twice,
            FreezeError::NotAnObject => Self::NotAnObject,
            FreezeError::BrokenList => Self::BrokenList,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::action::DigestErrorKind;
    use crate::model::arguments::odd::{Endless, Fickle, Liar, Twice};

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
            ActionDigest::of(&action).map(|_| ()).map_err(|error| error.kind())
        };
        assert_eq!(fault(&Twice), Err(DigestErrorKind::RepeatedField));
        assert_eq!(fault(&Endless), Err(DigestErrorKind::TooDeep));
        assert_eq!(fault(&[("list", Value::List(&Liar))]), Err(DigestErrorKind::BrokenList));
        assert_eq!(fault(&Wide(MAX_OBJECT_FIELDS, 3)), Ok(()));
        assert_eq!(fault(&Wide(MAX_OBJECT_FIELDS + 1, 3)), Err(DigestErrorKind::TooManyFields));
        assert_eq!(fault(&Wide(1, MAX_NAME_BYTES)), Ok(()));
        assert_eq!(fault(&Wide(1, MAX_NAME_BYTES + 1)), Err(DigestErrorKind::TooManyFields));
        let text = "x".repeat(MAX_FROZEN_BYTES);
        assert_eq!(fault(&[("text", Value::from(&text))]), Err(DigestErrorKind::TooLarge));
        let names = vec!["a"; MAX_RECIPIENTS + 1];
        let action = Action::read("t", "r").visible_to(Audience::recipients(names.as_slice()));
        assert_eq!(ActionDigest::of(&action), Err(DigestError::from(Fault::Recipients)));
    }

    /// A view of as many fields as an object may have, in some order, that counts how often it shows one.
    struct Counting<'c> {
        names: Vec<String>,
        inner: Option<&'c Counting<'c>>,
        shown: &'c AtomicUsize,
    }

    impl Arguments for Counting<'_> {
        fn get(&self, _name: &str) -> Option<Value<'_>> {
            None
        }
        fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
            for name in &self.names {
                self.shown.fetch_add(1, Ordering::Relaxed);
                visitor(name, self.inner.map_or(Value::Null, |inner| Value::Object(inner)));
            }
        }
    }

    #[test]
    fn work_is_linear_in_the_fields() {
        let shown = AtomicUsize::new(0);
        let ascending = |count: usize| (0..count).map(|n| format!("{n:03}")).collect::<Vec<_>>();
        let descending = |count: usize| ascending(count).into_iter().rev().collect::<Vec<_>>();
        let digest = |view: &dyn Arguments| {
            shown.store(0, Ordering::Relaxed);
            let digest = ActionDigest::of(&Action::create("t", "r").with(view)).unwrap();
            (digest, shown.load(Ordering::Relaxed))
        };
        let digests: Vec<ActionDigest> = [ascending(256), descending(256)]
            .into_iter()
            .map(|names| {
                let leaf = Counting { names: names.clone(), inner: None, shown: &shown };
                let outer = Counting { names, inner: Some(&leaf), shown: &shown };
                let (digest, shown) = digest(&outer);
                assert!(shown <= 3 * 256 * 257, "{shown}");
                digest
            })
            .collect();
        assert_eq!(digests[0], digests[1]);
        for count in [1, FEW_FIELDS, FEW_FIELDS + 1] {
            let [(one, fewer), (other, more)] = [ascending(count), descending(count)]
                .map(|names| digest(&Counting { names, inner: None, shown: &shown }));
            assert_eq!(one, other, "{count} fields");
            assert!(fewer <= 2 * count && more <= count * (1 + 2 * FEW_FIELDS), "{fewer}, {more}");
        }
    }

    #[test]
    fn a_view_that_changes_while_it_is_read_has_no_digest() {
        let view = Fickle::default();
        let digest = ActionDigest::of(&Action::create("t", "r").with(&view));
        assert_eq!(digest, Err(DigestError::from(Fault::Twice)));
    }

    #[test]
    fn many_pairs_are_digested_as_a_few_are() {
        let names: Vec<String> = (0..300).map(|n| format!("f{}", n * 7 % 250)).collect();
        let pairs: Vec<(&str, Value<'_>)> =
            names.iter().zip(0_i64..).map(|(name, n)| (&**name, Value::from(n))).collect();
        let array: &[(&str, Value<'_>); 300] = pairs.as_slice().try_into().unwrap();
        let frozen = FrozenArguments::freeze(array).unwrap();
        let digest = |view: &dyn Arguments| ActionDigest::of(&Action::create("t", "r").with(view));
        assert_eq!(digest(array).unwrap(), digest(&frozen).unwrap());
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
            digest(base.below()),
            digest(base.below().untrusted()),
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
