//! The texts of a record in memory, and how they share its room.

use crate::authority::scope::Scope;
use crate::base::limits::{MAX_NAME_BYTES, MEMORY_RECORD_BYTES};
use crate::model::audience::{Audience, Recipients};

/// A text of a [`MemoryRecord`](crate::record::MemoryRecord) that did not fit, and was cut.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::record::{MemorySink, RecordField};
/// use std::sync::Arc;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let sink = Arc::new(MemorySink::last(10));
/// let gate = Gate::builder().sink(sink.clone()).build()?;
/// let resource = format!("docs/{}", "x".repeat(1000));
/// let decided = gate.authorize(&Action::read("docs.read", &resource), &scope);
/// # drop(decided);
/// let cut = sink.records()[0].cut[0];
/// assert_eq!((cut.field, cut.bytes), (RecordField::Resource, resource.len()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut {
    /// Which text.
    pub field: RecordField,
    /// How many bytes there were.
    pub bytes: usize,
}

/// A text of a [`MemoryRecord`](crate::record::MemoryRecord), in the order in which they get their room.
///
/// ```
/// use permitgate::record::RecordField;
///
/// assert!(RecordField::Agent < RecordField::Resource, "the agent gets its room before");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordField {
    /// The agent.
    Agent,
    /// The invoker.
    Invoker,
    /// The capabilities above its own, with their holders.
    Lineage,
    /// The id of the statement, or the name of the rule.
    Source,
    /// The tool.
    Tool,
    /// The resource.
    Resource,
    /// The names of the audience.
    Audience,
}

impl RecordField {
    pub(super) const ALL: [Self; 7] = [
        Self::Agent,
        Self::Invoker,
        Self::Lineage,
        Self::Source,
        Self::Tool,
        Self::Resource,
        Self::Audience,
    ];

    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The bytes that it leaves to the texts behind it. Names of agent and invoker have at most `MAX_NAME_BYTES`, so both are
    /// whole.
    #[inline]
    const fn leaves(self) -> usize {
        const RESOURCE: usize = 48;
        const TOOL: usize = 72 + RESOURCE;
        const SOURCE: usize = 48 + TOOL;
        const LINEAGE: usize = 40 + SOURCE;
        const INVOKER: usize = 112 + LINEAGE;
        match self {
            Self::Agent => MAX_NAME_BYTES + INVOKER,
            Self::Invoker => INVOKER,
            Self::Lineage => LINEAGE,
            Self::Source => SOURCE,
            Self::Tool => TOOL,
            Self::Resource => RESOURCE,
            Self::Audience => 0,
        }
    }
}

const _: () = assert!(MEMORY_RECORD_BYTES >= RecordField::Agent.leaves() + MAX_NAME_BYTES);

/// The room for one record's text.
pub(super) struct Room<'t> {
    text: &'t mut [u8],
    end: usize,
    cut: u8,
}

impl<'t> Room<'t> {
    pub(super) const fn new(text: &'t mut [u8]) -> Self {
        Self { text, end: 0, cut: 0 }
    }

    /// A bit for each text that was cut.
    pub(super) const fn cut(&self) -> u8 {
        self.cut
    }

    /// Of a text that was cut, what is left of it, and how many bytes there were.
    pub(super) fn read_cut(part: &[u8]) -> Option<(&[u8], usize)> {
        let (part, length) = part.split_last_chunk()?;
        Some((part, u32::from_le_bytes(*length) as usize))
    }

    /// Appends a text, by its bytes, as much of it as fits; where it ends.
    #[inline]
    pub(super) fn push(&mut self, field: RecordField, part: &[u8]) -> u16 {
        if !self.append(part, field.leaves()) {
            let mut rest = Bounded::new(self, field);
            rest.write(std::str::from_utf8(part).unwrap_or_default());
            rest.close(part.len());
        }
        self.end as u16
    }

    #[inline]
    pub(super) fn push_lineage(&mut self, scope: &Scope) -> u16 {
        if !self.append(scope.trail(), RecordField::Lineage.leaves()) {
            let mut rest = Bounded::new(self, RecordField::Lineage);
            rest.write_bytes(scope.trail());
            rest.close(scope.capability().trail_bytes());
        }
        self.end as u16
    }

    #[inline]
    pub(super) fn push_audience(&mut self, audience: Audience<'_>) -> u16 {
        match audience {
            Audience::Recipients(names) => self.push_all(names),
            Audience::Group(name) | Audience::Channel(name) => {
                self.push(RecordField::Audience, name.as_bytes())
            }
            Audience::Private | Audience::Internal | Audience::Public => self.end as u16,
        }
    }

    fn push_all(&mut self, names: Recipients<'_>) -> u16 {
        let start = self.end;
        for (position, name) in names.iter().enumerate() {
            let parted = position == 0 || self.append(b" ", 0);
            if !parted || !is_one_word(name) || !self.append(name.as_bytes(), 0) {
                self.end = start;
                return self.push_slowly(names);
            }
        }
        self.end as u16
    }

    /// The same where a name needs an escape, or not all fits.
    #[cold]
    fn push_slowly(&mut self, names: Recipients<'_>) -> u16 {
        let mut rest = Bounded::new(self, RecordField::Audience);
        let mut bytes = 0;
        for (position, name) in names.iter().enumerate() {
            if position > 0 {
                rest.write(" ");
            }
            bytes += name.len() + usize::from(position > 0);
            for character in name.chars() {
                let mut buffer = [0; 4];
                match character {
                    ' ' | '\\' => rest.write_escape(character),
                    c if c.is_control() => rest.write_escape(c),
                    c => rest.write(c.encode_utf8(&mut buffer)),
                }
            }
        }
        rest.close(bytes);
        self.end as u16
    }

    /// Appends bytes where at least `leaves` are left behind them.
    #[inline]
    fn append(&mut self, part: &[u8], leaves: usize) -> bool {
        let end = self.end + part.len();
        if end + leaves > MEMORY_RECORD_BYTES {
            return false;
        }
        let Some(target) = self.text.get_mut(self.end..end) else { return false };
        target.copy_from_slice(part);
        self.end = end;
        true
    }
}

/// The room of one text that may have to be cut.
struct Bounded<'r, 't> {
    room: &'r mut Room<'t>,
    field: RecordField,
    /// Where the text must end, so that its length fits behind it.
    most: usize,
    is_cut: bool,
}

/// What says how long a text was that was cut.
const LENGTH_BYTES: usize = 4;

impl<'r, 't> Bounded<'r, 't> {
    #[cold]
    fn new(room: &'r mut Room<'t>, field: RecordField) -> Self {
        let most = MEMORY_RECORD_BYTES - field.leaves() - LENGTH_BYTES;
        Self { room, field, most, is_cut: false }
    }

    fn write(&mut self, part: &str) {
        let fits = part.floor_char_boundary(self.most.saturating_sub(self.room.end));
        self.is_cut |= fits < part.len();
        self.append(part.as_bytes().get(..fits));
    }

    fn write_bytes(&mut self, part: &[u8]) {
        let fits = part.len().min(self.most.saturating_sub(self.room.end));
        self.is_cut |= fits < part.len();
        self.append(part.get(..fits));
    }

    /// Writes a whole escape, or nothing.
    fn write_escape(&mut self, character: char) {
        let mut escape = [0; 10];
        let length = character.escape_unicode().len().min(escape.len());
        for (place, digit) in escape.iter_mut().zip(character.escape_unicode()) {
            *place = digit as u8;
        }
        if self.room.end + length > self.most {
            self.is_cut = true;
        }
        self.append(escape.get(..length).filter(|_| !self.is_cut));
    }

    fn append(&mut self, part: Option<&[u8]>) {
        // Behind a cut nothing goes on.
        if let Some(part) = part
            && self.room.cut & self.field.bit() == 0
        {
            self.room.append(part, 0);
        }
        if self.is_cut {
            self.room.cut |= self.field.bit();
        }
    }

    /// Ends the text; where it was cut, with how many bytes there were.
    fn close(self, bytes: usize) {
        if self.is_cut {
            let length = u32::try_from(bytes).unwrap_or(u32::MAX);
            self.room.append(&length.to_le_bytes(), 0);
        }
    }
}

/// Whether a name is written as it stands in a list that spaces part.
#[inline]
fn is_one_word(name: &str) -> bool {
    name.bytes().all(|byte| byte > b' ' && byte != b'\\' && byte != 0x7F)
}

const _: () = assert!(MEMORY_RECORD_BYTES <= u16::MAX as usize);
