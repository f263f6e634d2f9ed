//! Arguments as a record holds them, borrowed from it.

use crate::bytes::Cursor;
use crate::digest::Digest;
use crate::holding::mark;
use crate::limits::MAX_VALUE_DEPTH;

/// One value among the arguments that a record holds.
///
/// ```
/// use permitgate_journal::EntryValue;
///
/// assert_ne!(EntryValue::Integer(1), EntryValue::Text("1"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EntryValue<'b> {
    /// Nothing, said explicitly.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(&'b str),
    /// A list.
    List(EntryList<'b>),
    /// A nested object.
    Object(EntryObject<'b>),
    /// The keyed digest of a secret.
    Digest(Digest),
    /// Something that was too large or too deep.
    NotHeld,
}

/// The values of a list, in order.
///
/// ```
/// use permitgate_journal::{EntryList, EntryValue};
///
/// let holds_null = |mut list: EntryList<'_>| list.any(|value| value == EntryValue::Null);
/// # let _ = holds_null;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryList<'b>(&'b [u8]);

/// The fields of an object, in the order in which the call showed them.
///
/// ```
/// use permitgate_journal::{EntryObject, EntryValue};
///
/// fn cents<'b>(mut arguments: EntryObject<'b>) -> Option<EntryValue<'b>> {
///     arguments.find(|(name, _)| *name == "cents").map(|(_, value)| value)
/// }
/// # let _ = cents;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryObject<'b>(&'b [u8]);

impl<'b> Iterator for EntryList<'b> {
    type Item = EntryValue<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = Cursor::new(self.0);
        let value = value(&mut cursor, DEEPEST);
        self.0 = cursor.rest();
        value
    }
}

impl<'b> Iterator for EntryObject<'b> {
    type Item = (&'b str, EntryValue<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = Cursor::new(self.0);
        let field = field(&mut cursor, DEEPEST);
        self.0 = cursor.rest();
        field
    }
}

/// The arguments at the start of some bytes, read through once, so that iterating over them finds no surprise. `Ok(None)` where they are
/// not held.
pub(crate) fn arguments<'b>(cursor: &mut Cursor<'b>) -> Option<Option<EntryObject<'b>>> {
    match value(cursor, DEEPEST)? {
        EntryValue::Object(object) => Some(Some(object)),
        EntryValue::NotHeld => Some(None),
        _ => None,
    }
}

/// How many lists and objects may lie within each other: the arguments themselves, and what they hold.
const DEEPEST: usize = MAX_VALUE_DEPTH + 1;

fn value<'b>(cursor: &mut Cursor<'b>, depth: usize) -> Option<EntryValue<'b>> {
    match cursor.u8()? {
        mark::NULL => Some(EntryValue::Null),
        mark::FALSE => Some(EntryValue::Bool(false)),
        mark::TRUE => Some(EntryValue::Bool(true)),
        mark::INTEGER => cursor.array().map(i128::from_le_bytes).map(EntryValue::Integer),
        mark::FLOAT => cursor.u64().map(f64::from_bits).map(EntryValue::Float),
        mark::TEXT => cursor.long_text().map(EntryValue::Text),
        mark::LIST => {
            let within = cursor.rest();
            skip(cursor, depth, |cursor, depth| value(cursor, depth).is_some())?;
            Some(EntryValue::List(EntryList(within_of(within, cursor)?)))
        }
        mark::OBJECT => {
            let within = cursor.rest();
            skip(cursor, depth, |cursor, depth| field(cursor, depth).is_some())?;
            Some(EntryValue::Object(EntryObject(within_of(within, cursor)?)))
        }
        mark::DIGEST => cursor.digest().map(EntryValue::Digest),
        mark::NOT_HELD => Some(EntryValue::NotHeld),
        _ => None,
    }
}

fn field<'b>(cursor: &mut Cursor<'b>, depth: usize) -> Option<(&'b str, EntryValue<'b>)> {
    match cursor.u8()? {
        mark::FIELD => Some((cursor.long_text()?, value(cursor, depth)?)),
        _ => None,
    }
}

/// Passes over what a list or object holds, and its end.
fn skip(
    cursor: &mut Cursor<'_>,
    depth: usize,
    one: impl Fn(&mut Cursor<'_>, usize) -> bool,
) -> Option<()> {
    let below = depth.checked_sub(1)?;
    while *cursor.rest().first()? != mark::END {
        one(cursor, below).then_some(())?;
    }
    cursor.u8().map(|_| ())
}

fn within_of<'b>(from: &'b [u8], behind: &Cursor<'b>) -> Option<&'b [u8]> {
    from.get(..from.len().checked_sub(behind.rest().len() + 1)?)
}
