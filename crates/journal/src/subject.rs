//! Of whom and of what a decision was: the part of a record that can be erased.

use permitgate::authority::CapabilityId;

use crate::bytes::Cursor;
use crate::encoding::cut;
use crate::value::{EntryObject, arguments};

/// Of whom and of what a decision was.
///
/// The texts are what the caller gave: in a decision about a malformed action they may hold anything.
///
/// ```
/// use permitgate_journal::Subject;
///
/// /// Whether all that was decided about is here, so that it can be decided again.
/// fn is_whole(subject: &Subject<'_>) -> bool {
///     !subject.is_cut() && subject.arguments.is_some()
/// }
/// # let _ = is_whole;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Subject<'b> {
    /// The invoker.
    pub invoker: &'b str,
    /// The capabilities that its own was attenuated from, the nearest first.
    pub lineage: EntryLineage<'b>,
    /// The tool.
    pub tool: &'b str,
    /// The resource.
    pub resource: &'b str,
    /// What the determining rule said, else empty.
    pub said: &'b str,
    /// Who of the audience was too much, else empty.
    pub who: &'b str,
    /// Why the manifest gives the call no meaning, else empty.
    pub fault: &'b str,
    /// Who can see the result.
    pub audience: EntryAudience<'b>,
    /// The sets of values that it was decided with.
    pub bound: EntrySets<'b>,
    /// The arguments; `None` where they are not held.
    pub arguments: Option<EntryObject<'b>>,
    missing: u16,
}

impl<'b> Subject<'b> {
    pub(crate) fn read(content: &'b [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(content);
        let missing = cursor.u16()?;
        let invoker = cursor.text()?;
        let links = cursor.u8()?;
        let lineage = span(&mut cursor, links.into(), |cursor| {
            cursor.take(16)?;
            cursor.text().map(|_| ())
        })?;
        let (tool, resource) = (cursor.text()?, cursor.text()?);
        let (said, who, fault) = (cursor.text()?, cursor.text()?, cursor.text()?);
        let kind = AudienceKind::ALL.get(usize::from(cursor.u8()?)).copied()?;
        let names = cursor.u16()?;
        let names = span(&mut cursor, names, |cursor| cursor.text().map(|_| ()))?;
        let sets = cursor.u16()?;
        let bound = span(&mut cursor, sets, |cursor| {
            cursor.text()?;
            let (_, values) = (cursor.u8()?, cursor.u16()?);
            (0..values).try_for_each(|_| cursor.text().map(|_| ()))
        })?;
        let arguments = arguments(&mut cursor)?;
        cursor.rest().is_empty().then_some(Self {
            invoker,
            lineage: EntryLineage(lineage),
            tool,
            resource,
            said,
            who,
            fault,
            audience: EntryAudience { kind, names: EntryNames(names) },
            bound: EntrySets(bound),
            arguments,
            missing,
        })
    }

    /// Whether some of it did not fit.
    pub const fn is_cut(&self) -> bool {
        self.missing != 0
    }

    /// The names of what did not fit.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> + use<> {
        const NAMES: [(u16, &str); 6] = [
            (cut::TOOL, "tool"),
            (cut::RESOURCE, "resource"),
            (cut::AUDIENCE, "audience"),
            (cut::SAID, "said"),
            (cut::BOUND, "bound"),
            (cut::ARGUMENTS, "arguments"),
        ];
        let missing = self.missing;
        NAMES.into_iter().filter(move |(bit, _)| missing & bit != 0).map(|(_, name)| name)
    }
}

/// The bytes of a number of things, each of which was passed over.
fn span<'b>(
    cursor: &mut Cursor<'b>,
    count: u16,
    one: impl Fn(&mut Cursor<'b>) -> Option<()>,
) -> Option<&'b [u8]> {
    let from = cursor.rest();
    (0..count).try_for_each(|_| one(cursor))?;
    from.get(..from.len() - cursor.rest().len())
}

/// Who can see the result, as a record holds it.
///
/// ```
/// use permitgate_journal::{AudienceKind, EntryAudience};
///
/// let is_public = |audience: EntryAudience<'_>| audience.kind == AudienceKind::Public;
/// # let _ = is_public;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EntryAudience<'b> {
    /// Which sort of audience.
    pub kind: AudienceKind,
    /// The recipients, or the one name of the group or channel.
    pub names: EntryNames<'b>,
}

/// A sort of audience.
///
/// ```
/// use permitgate_journal::AudienceKind;
///
/// assert_eq!(AudienceKind::Channel.as_str(), "channel");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudienceKind {
    /// The invoker alone.
    Private,
    /// Named recipients.
    Recipients,
    /// A group.
    Group,
    /// A channel.
    Channel,
    /// Everybody inside.
    Internal,
    /// Anybody.
    Public,
}

impl AudienceKind {
    const ALL: [Self; 6] =
        [Self::Private, Self::Recipients, Self::Group, Self::Channel, Self::Internal, Self::Public];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Recipients => "recipients",
            Self::Group => "group",
            Self::Channel => "channel",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

/// Names, in order.
///
/// ```
/// use permitgate_journal::EntryNames;
///
/// let shown = |names: EntryNames<'_>| names.collect::<Vec<_>>().join(", ");
/// # let _ = shown;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryNames<'b>(&'b [u8]);

impl<'b> Iterator for EntryNames<'b> {
    type Item = &'b str;

    fn next(&mut self) -> Option<&'b str> {
        let mut cursor = Cursor::new(self.0);
        let name = cursor.text();
        self.0 = cursor.rest();
        name
    }
}

/// Capabilities with the names of their holders, the nearest first.
///
/// ```
/// use permitgate_journal::EntryLineage;
///
/// let depth = |lineage: EntryLineage<'_>| lineage.count();
/// # let _ = depth;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryLineage<'b>(&'b [u8]);

impl<'b> Iterator for EntryLineage<'b> {
    type Item = (CapabilityId, &'b str);

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = Cursor::new(self.0);
        let id = cursor.array().map(CapabilityId::from_bytes)?;
        let holder = cursor.text()?;
        self.0 = cursor.rest();
        Some((id, holder))
    }
}

/// Sets of values by the names that they are bound to. `None` stands for a set that could not be learned.
///
/// ```
/// use permitgate_journal::EntrySets;
///
/// let names = |sets: EntrySets<'_>| sets.map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
/// # let _ = names;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntrySets<'b>(&'b [u8]);

impl<'b> Iterator for EntrySets<'b> {
    type Item = (&'b str, Option<EntryNames<'b>>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = Cursor::new(self.0);
        let name = cursor.text()?;
        let (is_known, values) = (cursor.u8()? == 1, cursor.u16()?);
        let values = span(&mut cursor, values, |cursor| cursor.text().map(|_| ()))?;
        self.0 = cursor.rest();
        Some((name, is_known.then_some(EntryNames(values))))
    }
}
