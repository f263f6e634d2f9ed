//! What a journal tells: each frame as an entry, borrowed from the bytes that were read.

use permitgate::decision::{Layer, Ruling};
use permitgate::model::{Operation, Visibility};
use permitgate::record::Outcome;
use permitgate::time::Timestamp;
use permitgate::{Reason, authority::CapabilityId};

use crate::bytes::Cursor;
use crate::digest::Digest;
use crate::encoding::RULINGS;
use crate::frame::{Frame, PrivateState, kind};
use crate::limits::MAX_ENTRIES;
use crate::subject::Subject;

/// One entry of a journal.
///
/// ```
/// use permitgate_journal::{Content, JournalOptions, Reader, Simulation};
///
/// let disk = Simulation::new(1);
/// JournalOptions::new().open(disk.clone())?.close()?;
/// let mut reader = Reader::over(disk)?;
/// let entry = reader.next()?.ok_or("the first")?;
/// assert_eq!(entry.position, 1);
/// assert!(matches!(entry.content, Content::Opened { healed: 0, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry<'b> {
    /// The number of the segment that it stands in.
    pub segment: u64,
    /// Where it begins in that segment, in bytes.
    pub offset: u64,
    /// Its place among all entries, from 1.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub content: Content<'b>,
}

/// What an entry is.
///
/// ```
/// use permitgate_journal::Content;
///
/// let is_decision = |content: &Content<'_>| matches!(content, Content::Decision(_));
/// assert!(!is_decision(&Content::Closed { decisions: 3 }));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "it is made once for each entry, and nothing keeps many"
)]
pub enum Content<'b> {
    /// A decision.
    Decision(DecisionEntry<'b>),
    /// What came of a permit.
    Outcome {
        /// The number of the decision that gave it.
        sequence: u64,
        /// What came of it. `None` where this crate does not know the reason for which it was refused.
        outcome: Option<Outcome>,
        /// The code of that reason, else empty.
        reason: &'b str,
    },
    /// A process began to write.
    Opened {
        /// Bytes of a torn tail that it cut away.
        healed: u64,
        /// Whole entries among them, which nobody had been told were written.
        lost: u64,
        /// The version of the crate that wrote it.
        version: &'b str,
    },
    /// It ended in order.
    Closed {
        /// How many decisions there are up to here.
        decisions: u64,
    },
    /// Who and what some decisions were about is erased.
    Erased {
        /// Why, in the words of who did it.
        reason: &'b str,
        /// The numbers of the decisions.
        sequences: Sequences<'b>,
    },
    /// Old segments are removed.
    Dropped {
        /// The last of them.
        segment: u64,
        /// The last entry in it.
        position: u64,
        /// The chain value of that entry.
        chain: Digest,
    },
}

/// The numbers of decisions that an erasure names.
///
/// ```
/// use permitgate_journal::Sequences;
///
/// let count = |sequences: Sequences<'_>| sequences.count();
/// # let _ = count;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sequences<'b>(&'b [u8]);

impl Iterator for Sequences<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let mut cursor = Cursor::new(self.0);
        let sequence = cursor.u64();
        self.0 = cursor.rest();
        sequence
    }
}

/// A decision as the journal holds it.
///
/// ```
/// use permitgate_journal::DecisionEntry;
///
/// /// Who it was about, where that is not erased.
/// fn invoker<'b>(decision: &DecisionEntry<'b>) -> Option<&'b str> {
///     decision.subject.map(|subject| subject.invoker)
/// }
/// # let _ = invoker;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DecisionEntry<'b> {
    /// Its number: the sequence of its [`RecordNumber`](permitgate::record::RecordNumber).
    pub sequence: u64,
    /// Allow, hold or deny.
    pub ruling: Ruling,
    /// The code of the reason.
    pub reason: &'b str,
    /// The layer of authority that determined it.
    pub layer: Option<Layer>,
    /// The id of the determining statement.
    pub statement: Option<&'b str>,
    /// The name of the determining rule.
    pub rule: Option<&'b str>,
    /// What candidate guardrails in the shadow would have decided, with the code of the reason.
    pub shadow: Option<(Ruling, &'b str)>,
    /// What the action does.
    pub operation: Operation,
    /// Whether it cannot be undone.
    pub is_irreversible: bool,
    /// Whether it is about everything under the resource as well.
    pub is_below: bool,
    /// Whether outsiders can write some of what it returns.
    pub is_untrusted: bool,
    /// The summary of the audience; `None` where the action was malformed.
    pub visibility: Option<Visibility>,
    /// The agent.
    pub agent: &'b str,
    /// The capability that it was performed under.
    pub capability: CapabilityId,
    /// What was not recorded before it.
    pub gap: Option<EntryGap<'b>>,
    /// Of whom and of what it was; `None` where that is erased.
    pub subject: Option<Subject<'b>>,
}

impl DecisionEntry<'_> {
    /// The reason, where this version of the core knows it.
    pub fn known_reason(&self) -> Option<Reason> {
        Reason::from_code(self.reason)
    }
}

/// What is missing before a decision, as [`Gap`](permitgate::record::Gap) told it.
///
/// ```
/// use permitgate_journal::EntryGap;
///
/// let lost = |gap: EntryGap<'_>| gap.decisions + gap.outcomes;
/// # let _ = lost;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryGap<'b> {
    /// Decisions that were not recorded, and not allowed.
    pub decisions: u64,
    /// Outcomes that were not recorded.
    pub outcomes: u64,
    /// Why the last of them was not.
    pub cause: &'b str,
}

/// The entry of a frame. `None` where it does not say what its kind says.
pub(crate) fn read<'b>(frame: &Frame<'b>, segment: u64, offset: u64) -> Option<Entry<'b>> {
    let mut payload = frame.payload();
    let content = match frame.kind {
        kind::DECISION => Content::Decision(decision(frame, &mut payload)?),
        _ if frame.private_state() != PrivateState::None => return None,
        kind::OUTCOME => outcome(&mut payload)?,
        kind::OPENED => {
            let (healed, lost) = (payload.u64()?, payload.u64()?);
            Content::Opened { healed, lost, version: payload.text()? }
        }
        kind::CLOSED => {
            let decisions = payload.u64().filter(|decisions| *decisions <= MAX_ENTRIES)?;
            let peaks = (frame.position - 1).count_ones() as usize;
            payload.take(32 + peaks * 32)?;
            (payload.u32()? as usize == frame.bytes).then_some(Content::Closed { decisions })?
        }
        kind::ERASED => {
            let (reason, count) = (payload.text()?, payload.u32()?);
            let numbers = payload.take(usize::try_from(count).ok()?.checked_mul(8)?)?;
            Content::Erased { reason, sequences: Sequences(numbers) }
        }
        kind::DROPPED => {
            let (segment, position) = (payload.u64()?, payload.u64()?);
            Content::Dropped { segment, position, chain: payload.digest()? }
        }
        _ => return None,
    };
    let (position, at) = (frame.position, Timestamp::from_unix_millis(frame.at));
    payload.rest().is_empty().then_some(Entry { segment, offset, position, at, content })
}

fn decision<'b>(frame: &Frame<'b>, payload: &mut Cursor<'b>) -> Option<DecisionEntry<'b>> {
    let sequence = payload.u64().filter(|sequence| *sequence <= MAX_ENTRIES)?;
    payload.take(32)?;
    let [ruling, operation, flags, visibility, layer, shadow, source] = payload.array()?;
    let capability = CapabilityId::from_bytes(payload.array()?);
    let (agent, name) = (payload.text()?, payload.text()?);
    let (reason, shadow_reason) = (payload.text()?, payload.text()?);
    let gap = gap(payload)?;
    let shadow = match shadow {
        0 => None,
        number => Some((ruling_of(number)?, shadow_reason)),
    };
    Some(DecisionEntry {
        sequence,
        ruling: ruling_of(ruling)?,
        reason,
        layer: layer_of(layer),
        statement: (source == 1).then_some(name),
        rule: (source == 2).then_some(name),
        shadow,
        operation: Operation::ALL.get(usize::from(operation)).copied()?,
        is_irreversible: flags & crate::encoding::flag::IRREVERSIBLE != 0,
        is_below: flags & crate::encoding::flag::BELOW != 0,
        is_untrusted: flags & crate::encoding::flag::UNTRUSTED != 0,
        visibility: visibility_of(visibility)?,
        agent,
        capability,
        gap,
        subject: match frame.private_state() {
            PrivateState::Whole => Some(Subject::read(frame.content()?)?),
            // Of a proof, it may be that no more is shown.
            PrivateState::Erased | PrivateState::Broken | PrivateState::None => None,
        },
    })
}

fn gap<'b>(payload: &mut Cursor<'b>) -> Option<Option<EntryGap<'b>>> {
    if payload.u8()? == 0 {
        return Some(None);
    }
    let (decisions, outcomes) = (payload.u64()?, payload.u64()?);
    Some(Some(EntryGap { decisions, outcomes, cause: payload.text()? }))
}

fn outcome<'b>(payload: &mut Cursor<'b>) -> Option<Content<'b>> {
    let (sequence, number, reason) = (payload.u64()?, payload.u8()?, payload.text()?);
    let outcome = match number {
        1 => Some(Outcome::Done),
        2 => Some(Outcome::Failed),
        3 => Some(Outcome::Abandoned),
        4 => Some(Outcome::Unused),
        5 => Reason::from_code(reason).map(Outcome::Refused),
        _ => return None,
    };
    Some(Content::Outcome { sequence, outcome, reason })
}

fn ruling_of(number: u8) -> Option<Ruling> {
    RULINGS.get(usize::from(number.checked_sub(1)?)).copied()
}

fn layer_of(number: u8) -> Option<Layer> {
    match number {
        0 => None,
        1 => Some(Layer::Guardrails),
        2 => Some(Layer::Issuer),
        depth => Some(Layer::Capability(depth - 3)),
    }
}

fn visibility_of(number: u8) -> Option<Option<Visibility>> {
    match number {
        0 => Some(None),
        1 => Some(Some(Visibility::Private)),
        2 => Some(Some(Visibility::Restricted)),
        3 => Some(Some(Visibility::Internal)),
        4 => Some(Some(Visibility::Public)),
        _ => None,
    }
}
