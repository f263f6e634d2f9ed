//! A bounded sink in memory, whose room is laid out when it is made.

use std::collections::VecDeque;
use std::fmt;

use super::approval::{ApprovalEvent, ApprovalStep};
use super::entry::{DecisionRecord, Outcome, PackedDecision, RecordNumber};
use super::field::{Cut, RecordField, Room};
use super::gap::Gap;
use super::sink::RecordSink;
use crate::authority::capability::{CapabilityId, links_of};
use crate::base::limits::MEMORY_RECORD_BYTES;
use crate::base::sync::{CachePadded, LANES, Mutex, lane, lock};
use crate::base::time::Timestamp;
use crate::decision::CallFault;
use crate::decision::{Excess, Layer, Reason, RecordError, Ruling};
use crate::model::action::{Operation, Reversibility};
use crate::model::audience::Visibility;
use crate::model::resource::Reach;
use crate::state::approval::{Answer, ApprovalId, ApprovalSource, ApprovalState};

/// Keeps records in memory, in room that is allocated when the sink is made.
///
/// It either forgets the oldest records ([`last`](Self::last)) or refuses new ones when it is full ([`full_at`](Self::full_at)), so
/// that the gate denies until [`drain`](Self::drain) makes room. Numbers go on in both cases, so what was forgotten shows.
///
/// Of each record it keeps up to [`MEMORY_RECORD_BYTES`] bytes of text. Agent, invoker and lineage come first: however long the
/// texts are that a model chose, the two names are kept whole, and at least 112 bytes of the lineage. Each other text has
/// room of its own (40 bytes for statement or rule, 48 for the tool, 72 for the resource, 48 for the audience) and takes what
/// those before it left over. What does not fit is cut between characters, and the record says where ([`Cut`]).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::decision::Ruling;
/// use permitgate::record::MemorySink;
/// use std::sync::Arc;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let sink = Arc::new(MemorySink::last(1000));
/// let gate = Gate::builder().sink(sink.clone()).build()?;
/// let refused = gate.authorize(&Action::delete("docs.delete", "docs/intro"), &scope);
/// assert!(refused.is_err());
/// let record = &sink.records()[0];
/// assert_eq!((record.ruling, record.reason), (Ruling::Deny, Reason::NotPermitted));
/// assert_eq!(record.tool, "docs.delete");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemorySink {
    streams: Box<[CachePadded<Mutex<Stream>>]>,
    /// What it says when it is full, where it does not forget.
    full: Option<RecordError>,
    /// What was asked of people, the last of it.
    approvals: Mutex<VecDeque<MemoryApproval>>,
}

/// Steps of approvals that a [`MemorySink`] keeps.
const APPROVALS: usize = 1024;

/// One step of an approval as a [`MemorySink`] keeps it; see [`MemorySink::approvals`].
///
/// ```
/// use permitgate::record::MemorySink;
///
/// assert!(MemorySink::last(10).approvals().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryApproval {
    /// When.
    pub at: Timestamp,
    /// The request, where it is about one.
    pub request: Option<ApprovalId>,
    /// What happened.
    pub step: MemoryStep,
    /// The agent that asks; empty where it is about no agent.
    pub agent: String,
    /// On whose behalf.
    pub invoker: String,
}

/// What happened to an approval, as a [`MemorySink`] keeps it; see [`ApprovalStep`].
///
/// ```
/// use permitgate::record::MemoryStep;
///
/// assert_eq!(MemoryStep::Revoked { number: 3 }, MemoryStep::Revoked { number: 3 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "as in `ApprovalStep`")]
pub enum MemoryStep {
    Asked,
    Voted { by: String, answer: Answer, state: ApprovalState },
    Refused { by: String, answer: Answer, why: &'static str },
    Withdrawn,
    Used(ApprovalSource),
    Given { number: u64, by: String },
    Revoked { number: u64 },
}

impl From<ApprovalStep<'_>> for MemoryStep {
    fn from(step: ApprovalStep<'_>) -> Self {
        match step {
            ApprovalStep::Asked => Self::Asked,
            ApprovalStep::Voted { by, answer, state } => {
                Self::Voted { by: by.to_owned(), answer, state }
            }
            ApprovalStep::Refused { by, answer, why } => {
                Self::Refused { by: by.to_owned(), answer, why }
            }
            ApprovalStep::Withdrawn => Self::Withdrawn,
            ApprovalStep::Used(source) => Self::Used(source),
            ApprovalStep::Given { number, by } => Self::Given { number, by: by.to_owned() },
            ApprovalStep::Revoked { number } => Self::Revoked { number },
        }
    }
}

/// One record of a [`MemorySink`], copied out of it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::record::MemorySink;
/// use std::sync::Arc;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let sink = Arc::new(MemorySink::last(10));
/// let gate = Gate::builder().sink(sink.clone()).build()?;
/// drop(gate.authorize(&Action::read("docs.read", "docs/intro"), &scope)?);
/// let record = &sink.drain()[0];
/// assert_eq!((&*record.agent, &*record.invoker), ("triage", "dana"));
/// assert_eq!((&*record.source, &*record.resource), ("read", "docs/intro"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryRecord {
    /// Its number.
    pub number: RecordNumber,
    /// When it was decided.
    pub at: Timestamp,
    /// Allow, hold or deny.
    pub ruling: Ruling,
    /// Why.
    pub reason: Reason,
    /// The layer of authority that determined it.
    pub layer: Option<Layer>,
    /// The id of the determining statement, or the name of the rule.
    pub source: String,
    /// What candidate guardrails in the shadow would have decided.
    pub shadow: Option<(Ruling, Reason)>,
    /// The tool.
    pub tool: String,
    /// What the action does.
    pub operation: Operation,
    /// The resource.
    pub resource: String,
    /// Whether it is about the resource alone, or about everything under it as well.
    pub reach: Reach,
    /// Whether the effect can be undone.
    pub reversibility: Reversibility,
    /// The summary of the audience; `None` where the action was malformed.
    pub visibility: Option<Visibility>,
    /// The names of the audience, separated by spaces. In a list of recipients, a space, backslash or control character
    /// within a name is written as an escape (`\u{20}`), so that one name does not read as two.
    pub audience: String,
    /// The agent.
    pub agent: String,
    /// The invoker.
    pub invoker: String,
    /// The capability it was performed under.
    pub capability: CapabilityId,
    /// The capabilities that it was attenuated from, the nearest first, each with the name of its holder (empty where
    /// it has none), as far as there was room.
    pub lineage: Vec<(CapabilityId, String)>,
    /// Who of the audience was too much, where that is the reason.
    pub who: Option<Excess>,
    /// Why the manifest gives the call no meaning, where it gives it none.
    pub fault: Option<CallFault>,
    /// What lifted the hold, where an approval did.
    pub approval: Option<ApprovalSource>,
    /// What the sink did not take before this record.
    pub gap: Option<Gap>,
    /// Whether some of the text did not fit.
    pub truncated: bool,
    /// What did not fit.
    pub cut: Vec<Cut>,
    /// What came of it, and when, as far as is known.
    pub outcome: Option<(Outcome, Timestamp)>,
}

impl MemorySink {
    /// Keeps at least the last `count` records of each thread, and forgets older ones.
    ///
    /// The room is `count` records, at least one and rounded up to a power of two, for each of up to eight
    /// streams.
    pub fn last(count: usize) -> Self {
        Self::with_streams(LANES.min(8), count, false)
    }

    /// Refuses records beyond `count`, at least one, until it is drained. Threads wait for each
    /// other, since they share one stream.
    pub fn full_at(count: usize) -> Self {
        Self::with_streams(1, count, true)
    }

    fn with_streams(streams: usize, count: usize, refuses: bool) -> Self {
        let streams = streams.next_power_of_two();
        let streams =
            (0..streams).map(|_| CachePadded(Mutex::new(Stream::new(count.max(1))))).collect();
        let full = refuses.then(|| RecordError::full("the memory sink is full; drain it"));
        Self { streams, full, approvals: Mutex::default() }
    }

    /// The records that are held, in order of time, then number. Within one millisecond the order across streams says nothing.
    pub fn records(&self) -> Vec<MemoryRecord> {
        self.collect(|_| {})
    }

    /// Takes the records out, in order of time, then number. Outcomes that come later are lost.
    pub fn drain(&self) -> Vec<MemoryRecord> {
        self.collect(|stream| stream.first = stream.next)
    }

    fn collect(&self, after: impl Fn(&mut Stream)) -> Vec<MemoryRecord> {
        let mut records = Vec::new();
        for (number, stream) in (0..).zip(&self.streams) {
            let mut stream = lock(&stream.0);
            let held = stream.first..stream.next;
            records.extend(held.filter_map(|sequence| stream.copy_out(number, sequence)));
            after(&mut stream);
        }
        records.sort_by_key(|record| (record.at, record.number));
        records
    }

    /// What was asked of people and what they said, in order: the last 1,024 steps.
    pub fn approvals(&self) -> Vec<MemoryApproval> {
        lock(&self.approvals).iter().cloned().collect()
    }

    /// How many records were ever forgotten because newer ones needed their room.
    pub fn forgotten(&self) -> u64 {
        self.streams.iter().map(|stream| lock(&stream.0).forgotten).sum()
    }
}

impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySink").field("refuses", &self.full.is_some()).finish_non_exhaustive()
    }
}

impl RecordSink for MemorySink {
    fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        // Their number is a power of two.
        let number = lane() & self.streams.len().wrapping_sub(1);
        let stream = self.streams.get(number).ok_or(RecordError::new("no stream"))?;
        let sequence = lock(&stream.0).write(record, self.full.as_ref())?;
        Ok(RecordNumber { stream: number as u32, sequence })
    }

    fn outcome(
        &self,
        number: RecordNumber,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        if let Some(stream) = self.streams.get(number.stream as usize) {
            lock(&stream.0).settle(number.sequence, outcome, at);
        }
        Ok(())
    }

    fn approval(&self, event: &ApprovalEvent<'_>) -> Result<(), RecordError> {
        let ApprovalEvent { at, request, step, agent, invoker } = *event;
        let (agent, invoker) = (agent.to_owned(), invoker.to_owned());
        let mut approvals = lock(&self.approvals);
        if approvals.len() >= APPROVALS {
            approvals.pop_front();
        }
        approvals.push_back(MemoryApproval { at, request, step: step.into(), agent, invoker });
        Ok(())
    }
}

struct Stream {
    /// A power of two of them, so that a place is found without a division.
    slots: Box<[Slot]>,
    /// How many of them are used at a time.
    capacity: u64,
    /// The text of slot `n` lies from `n * MEMORY_RECORD_BYTES` on.
    text: Box<[u8]>,
    first: u64,
    next: u64,
    forgotten: u64,
}

/// A record in few words, which are taken apart when it is copied out.
#[derive(Clone)]
struct Slot {
    sequence: u64,
    at: Timestamp,
    /// Of the finding: ruling, reason and layer.
    code: u32,
    shadow: Option<u32>,
    operation: Operation,
    reversibility: Reversibility,
    reach: Reach,
    visibility: Option<Visibility>,
    /// A bit for each text that was cut; the last four bytes of such a text say how long it was.
    cut: u8,
    /// Where the texts end, in the order of their fields.
    ends: [u16; 7],
    who: Option<Excess>,
    fault: Option<CallFault>,
    approval: Option<ApprovalSource>,
    gap: Option<Gap>,
    capability: Option<CapabilityId>,
    outcome: Option<(Outcome, Timestamp)>,
}

impl Stream {
    fn new(count: usize) -> Self {
        let empty = Slot {
            sequence: 0,
            at: Timestamp::MIN,
            code: PackedDecision::deny(Reason::RecordRefused).code(),
            shadow: None,
            operation: Operation::Read,
            reversibility: Reversibility::Irreversible,
            reach: Reach::Place,
            visibility: None,
            capability: None,
            outcome: None,
            ends: [0; 7],
            cut: 0,
            who: None,
            fault: None,
            approval: None,
            gap: None,
        };
        let slots = count.next_power_of_two();
        Self {
            text: vec![0; slots.saturating_mul(MEMORY_RECORD_BYTES)].into(),
            slots: vec![empty; slots].into(),
            capacity: count as u64,
            first: 1,
            next: 1,
            forgotten: 0,
        }
    }

    fn place(&self, sequence: u64) -> usize {
        sequence as usize & self.slots.len().wrapping_sub(1)
    }

    fn write(
        &mut self,
        record: &DecisionRecord<'_>,
        full: Option<&RecordError>,
    ) -> Result<u64, RecordError> {
        let sequence = self.next;
        if sequence - self.first >= self.capacity {
            if let Some(full) = full {
                return Err(full.clone());
            }
            self.first += 1;
            self.forgotten += 1;
        }
        let place = self.place(sequence);
        let from = place * MEMORY_RECORD_BYTES;
        let (Some(slot), Some(text)) =
            (self.slots.get_mut(place), self.text.get_mut(from..from + MEMORY_RECORD_BYTES))
        else {
            return Err(RecordError::new("no slot"));
        };
        let (action, scope) = (record.action(), record.scope());
        let mut room = Room::new(text);
        let ends = [
            room.push(RecordField::Agent, scope.agent().as_bytes()),
            room.push(RecordField::Invoker, scope.invoker().as_bytes()),
            room.push_lineage(scope),
            room.push(RecordField::Source, record.source()),
            room.push(RecordField::Tool, action.tool().as_bytes()),
            room.push(RecordField::Resource, action.resource().as_bytes()),
            room.push_audience(action.audience()),
        ];
        slot.sequence = sequence;
        slot.at = record.at;
        slot.code = record.finding.code();
        slot.shadow = record.shadow.map(PackedDecision::code);
        slot.operation = action.operation();
        slot.reversibility = action.reversibility();
        slot.reach = action.reach();
        slot.visibility = record.visibility();
        slot.cut = room.cut();
        slot.ends = ends;
        slot.capability = Some(scope.capability().id());
        slot.who = record.who.copied();
        if slot.fault.is_some() || record.call_fault().is_some() {
            slot.fault = record.call_fault().cloned();
        }
        if slot.approval.is_some() || record.approval.is_some() {
            slot.approval = record.approval;
        }
        if slot.gap.is_some() || record.gap.is_some() {
            slot.gap = record.gap.cloned();
        }
        slot.outcome = None;
        self.next += 1;
        Ok(sequence)
    }

    fn settle(&mut self, sequence: u64, outcome: Outcome, at: Timestamp) {
        let place = self.place(sequence);
        if let Some(slot) = self.slots.get_mut(place)
            && slot.sequence == sequence
        {
            slot.outcome = Some((outcome, at));
        }
    }

    fn copy_out(&self, stream: u32, sequence: u64) -> Option<MemoryRecord> {
        let place = self.place(sequence);
        let slot = self.slots.get(place).filter(|slot| slot.sequence == sequence)?;
        let base = place * MEMORY_RECORD_BYTES;
        let mut from = base;
        let mut cut = Vec::new();
        let mut places = RecordField::ALL.into_iter().zip(slot.ends);
        let texts = [(); 7].map(|()| {
            let (field, end) = places.next()?;
            let part = self.text.get(from..base + usize::from(end))?;
            from = base + usize::from(end);
            if slot.cut & field.bit() == 0 {
                return Some(part);
            }
            let (part, bytes) = Room::read_cut(part)?;
            cut.push(Cut { field, bytes });
            Some(part)
        });
        let [agent, invoker, lineage, source, tool, resource, audience] =
            texts.map(Option::unwrap_or_default);
        let [agent, invoker, source, tool, resource, audience] =
            [agent, invoker, source, tool, resource, audience]
                .map(|part| String::from_utf8_lossy(part).into_owned());
        let finding = PackedDecision::of_code(slot.code);
        let shadow = slot.shadow.map(PackedDecision::of_code);
        Some(MemoryRecord {
            number: RecordNumber { stream, sequence },
            at: slot.at,
            ruling: finding.ruling(),
            reason: finding.reason(),
            layer: finding.layer(),
            source,
            shadow: shadow.map(|shadow| (shadow.ruling(), shadow.reason())),
            tool,
            operation: slot.operation,
            resource,
            reversibility: slot.reversibility,
            reach: slot.reach,
            visibility: slot.visibility,
            audience,
            agent,
            invoker,
            capability: slot.capability?,
            lineage: links_of(lineage),
            who: slot.who,
            fault: slot.fault.clone(),
            approval: slot.approval,
            gap: slot.gap.clone(),
            truncated: slot.cut != 0,
            cut,
            outcome: slot.outcome,
        })
    }
}
