//! A decision, an outcome and what a journal says of itself, as frames.

use std::io::Write;

use permitgate::decision::{Layer, Ruling};
use permitgate::model::{Audience, Operation, Reach, Reversibility, Visibility};
use permitgate::record::{DecisionRecord, Outcome, RecordFault};
use permitgate::time::Timestamp;

use crate::bytes::put_text;
use crate::digest::{Digest, Keyed};
use crate::frame::{Draft, kind};
use crate::holding::Holding;
use crate::limits::{MAX_BOUND_VALUES, MAX_TEXT_BYTES};
use crate::merkle::Frontier;

/// Parts of a record that did not fit, as bits.
pub(crate) mod cut {
    pub(crate) const TOOL: u16 = 1;
    pub(crate) const RESOURCE: u16 = 1 << 1;
    pub(crate) const AUDIENCE: u16 = 1 << 2;
    pub(crate) const SAID: u16 = 1 << 3;
    pub(crate) const BOUND: u16 = 1 << 4;
    pub(crate) const ARGUMENTS: u16 = 1 << 5;
}

/// Bits of an action.
pub(crate) mod flag {
    pub(crate) const IRREVERSIBLE: u8 = 1;
    pub(crate) const BELOW: u8 = 1 << 1;
    pub(crate) const UNTRUSTED: u8 = 1 << 2;
}

/// The bytes of the frame of an outcome: the longest that it can be.
pub(crate) const OUTCOME_BYTES: u64 = 160;

/// The bytes that the last frame of a run can take.
pub(crate) const CLOSING_BYTES: u64 = 2400;

/// Writes a decision. The number, the place and the commitment are its writer's.
pub(crate) fn decision(
    draft: &mut Draft,
    record: &DecisionRecord<'_>,
    holding: &Holding,
    key: &Keyed,
) {
    let (action, scope) = (record.action(), record.scope());
    let to = draft.begin(kind::DECISION, record.at().as_unix_millis());
    to.extend_from_slice(&[0; 8 + 32]);
    let mut flags = 0;
    for (is_set, bit) in [
        (action.reversibility() == Reversibility::Irreversible, flag::IRREVERSIBLE),
        (action.reach() == Reach::Below, flag::BELOW),
        (action.is_untrusted(), flag::UNTRUSTED),
    ] {
        flags |= if is_set { bit } else { 0 };
    }
    let (source, name) = match (record.statement(), record.rule()) {
        (Some(id), _) => (1, id),
        (None, Some((name, _))) => (2, name),
        (None, None) => (0, ""),
    };
    to.extend_from_slice(&[
        ruling(record.ruling()),
        operation(action.operation()),
        flags,
        record.visibility().map_or(0, visibility),
        record.layer().map_or(0, layer),
        record.shadow().map_or(0, |(shadow, _)| ruling(shadow)),
        source,
    ]);
    to.extend_from_slice(&scope.capability().id().to_bytes());
    put_text(to, scope.agent(), MAX_TEXT_BYTES);
    put_text(to, name, MAX_TEXT_BYTES);
    put_text(to, record.reason().code(), MAX_TEXT_BYTES);
    put_text(to, record.shadow().map_or("", |(_, reason)| reason.code()), MAX_TEXT_BYTES);
    match record.gap() {
        None => to.push(0),
        Some(gap) => {
            to.push(1 + fault(gap.last().fault()));
            to.extend_from_slice(&gap.decisions().to_le_bytes());
            to.extend_from_slice(&gap.outcomes().to_le_bytes());
            shown(to, &gap.last().chain());
        }
    }
    private(draft, record, holding, key);
}

/// What can be erased: whatever says of whom and of what a decision was.
fn private(draft: &mut Draft, record: &DecisionRecord<'_>, holding: &Holding, key: &Keyed) {
    let (action, scope) = (record.action(), record.scope());
    let to = draft.begin_private();
    let start = to.len();
    to.extend_from_slice(&[0; 2]);
    let mut missing = 0;
    put_text(to, scope.invoker(), MAX_TEXT_BYTES);
    let above = to.len();
    to.push(0);
    let mut links = 0_u8;
    for link in scope.capability().chain().skip(1) {
        to.extend_from_slice(&link.id().to_bytes());
        put_text(to, link.holder().unwrap_or_default(), MAX_TEXT_BYTES);
        links = links.saturating_add(1);
    }
    to.get_mut(above).into_iter().for_each(|count| *count = links);
    let mut text = |to: &mut Vec<u8>, text: &str, bit| {
        missing |= if put_text(to, text, MAX_TEXT_BYTES) { bit } else { 0 };
    };
    text(to, action.tool(), cut::TOOL);
    text(to, action.resource(), cut::RESOURCE);
    text(to, record.rule().map_or("", |(_, said)| said), cut::SAID);
    let who = record.who();
    shown_or_nothing(to, who);
    shown_or_nothing(to, record.call_fault());
    missing |= audience(to, action.audience());
    missing |= bound(to, record);
    if !holding.write(to, action.tool(), action.arguments(), key) {
        missing |= cut::ARGUMENTS;
    }
    crate::bytes::put_at(to, start, &missing.to_le_bytes());
}

fn audience(to: &mut Vec<u8>, audience: Audience<'_>) -> u16 {
    let (number, name) = match audience {
        Audience::Private => (0, None),
        Audience::Recipients(_) => (1, None),
        Audience::Group(name) => (2, Some(name)),
        Audience::Channel(name) => (3, Some(name)),
        Audience::Internal => (4, None),
        Audience::Public => (5, None),
    };
    to.push(number);
    let place = to.len();
    to.extend_from_slice(&[0; 2]);
    let (mut count, mut missing) = (0_u16, 0);
    let mut one = |name: &str| {
        // As many as a call may name, and none of them so long that others would not fit.
        if usize::from(count) == permitgate::limits::MAX_RECIPIENTS {
            missing = cut::AUDIENCE;
            return;
        }
        missing |=
            if put_text(to, name, permitgate::limits::MAX_NAME_BYTES) { cut::AUDIENCE } else { 0 };
        count += 1;
    };
    match audience {
        Audience::Recipients(names) => names.iter().for_each(&mut one),
        _ => name.into_iter().for_each(&mut one),
    }
    crate::bytes::put_at(to, place, &count.to_le_bytes());
    missing
}

/// The sets of values that it was decided with.
fn bound(to: &mut Vec<u8>, record: &DecisionRecord<'_>) -> u16 {
    let place = to.len();
    to.extend_from_slice(&[0; 2]);
    let (mut sets, mut values, mut missing) = (0_u16, 0, 0);
    for (name, answer) in record.bound_sets() {
        put_text(to, name, MAX_TEXT_BYTES);
        let held = answer.unwrap_or_default();
        let kept = held.len().min(MAX_BOUND_VALUES - values);
        missing |= if kept < held.len() { cut::BOUND } else { 0 };
        values += kept;
        to.push(u8::from(answer.is_ok()));
        to.extend_from_slice(&(kept as u16).to_le_bytes());
        for value in held.iter().take(kept) {
            missing |= if put_text(to, value, BOUND_BYTES) { cut::BOUND } else { 0 };
        }
        sets += 1;
    }
    crate::bytes::put_at(to, place, &sets.to_le_bytes());
    missing
}

/// The most bytes of one value of a bound set: with all of them a frame is not too long.
const BOUND_BYTES: usize = 64;

/// Writes what came of a permit, by the number of its decision.
pub(crate) fn outcome(draft: &mut Draft, sequence: u64, outcome: Outcome, at: Timestamp) {
    let to = draft.begin(kind::OUTCOME, at.as_unix_millis());
    to.extend_from_slice(&sequence.to_le_bytes());
    let (number, reason) = match outcome {
        Outcome::Done => (1, ""),
        Outcome::Failed => (2, ""),
        Outcome::Abandoned => (3, ""),
        Outcome::Unused => (4, ""),
        Outcome::Refused(reason) => (5, reason.code()),
    };
    to.push(number);
    put_text(to, reason, 64);
}

/// Writes that a writer began.
pub(crate) fn opened(draft: &mut Draft, at: u64, healed: u64, lost: u64) {
    let to = draft.begin(kind::OPENED, at);
    to.extend_from_slice(&healed.to_le_bytes());
    to.extend_from_slice(&lost.to_le_bytes());
    put_text(to, env!("CARGO_PKG_VERSION"), 64);
}

/// Writes that it ended, with all that the next one needs to go on without reading what is there.
pub(crate) fn closed(draft: &mut Draft, at: u64, before: &Digest, tree: &Frontier, decisions: u64) {
    let to = draft.begin(kind::CLOSED, at);
    to.extend_from_slice(&decisions.to_le_bytes());
    to.extend_from_slice(before.as_bytes());
    tree.peaks().iter().for_each(|peak| to.extend_from_slice(peak.as_bytes()));
    // So that the frame is found from the end of the file.
    let length = (to.len() + 4 + 32) as u32;
    to.extend_from_slice(&length.to_le_bytes());
}

/// Writes which decisions are erased, by number, and why.
pub(crate) fn erased(draft: &mut Draft, at: u64, reason: &str, sequences: &[u64]) {
    let to = draft.begin(kind::ERASED, at);
    put_text(to, reason, MAX_TEXT_BYTES);
    to.extend_from_slice(&(sequences.len() as u32).to_le_bytes());
    sequences.iter().for_each(|sequence| to.extend_from_slice(&sequence.to_le_bytes()));
}

/// Writes that segments are dropped, up to this one, which ended at a position with a chain value.
pub(crate) fn dropped(draft: &mut Draft, at: u64, segment: u64, position: u64, chain: &Digest) {
    let to = draft.begin(kind::DROPPED, at);
    to.extend_from_slice(&segment.to_le_bytes());
    to.extend_from_slice(&position.to_le_bytes());
    to.extend_from_slice(chain.as_bytes());
}

fn shown_or_nothing(to: &mut Vec<u8>, what: Option<&impl std::fmt::Display>) {
    match what {
        None => to.extend_from_slice(&[0; 2]),
        Some(what) => shown(to, what),
    }
}

/// Appends what something says of itself, as a text, without making one.
fn shown(to: &mut Vec<u8>, what: &impl std::fmt::Display) {
    let place = to.len();
    to.extend_from_slice(&[0; 2]);
    // To memory it cannot fail.
    let _ = write!(to, "{what}");
    let text = to.get(place + 2..).unwrap_or_default();
    let end = text.len().min(MAX_TEXT_BYTES);
    let end = (0..=end)
        .rev()
        .find(|end| std::str::from_utf8(text.get(..*end).unwrap_or_default()).is_ok());
    let end = end.unwrap_or_default();
    to.truncate(place + 2 + end);
    crate::bytes::put_at(to, place, &(end as u16).to_le_bytes());
}

pub(crate) const RULINGS: [Ruling; 3] = [Ruling::Allow, Ruling::Hold, Ruling::Deny];

const fn ruling(ruling: Ruling) -> u8 {
    match ruling {
        Ruling::Allow => 1,
        Ruling::Hold => 2,
        Ruling::Deny => 3,
    }
}

const fn operation(operation: Operation) -> u8 {
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

const fn visibility(visibility: Visibility) -> u8 {
    match visibility {
        Visibility::Private => 1,
        Visibility::Restricted => 2,
        Visibility::Internal => 3,
        Visibility::Public => 4,
    }
}

const fn layer(layer: Layer) -> u8 {
    match layer {
        Layer::Guardrails => 1,
        Layer::Issuer => 2,
        Layer::Capability(depth) => depth.saturating_add(3),
    }
}

fn fault(fault: RecordFault) -> u8 {
    match fault {
        RecordFault::Full => 1,
        RecordFault::Panicked => 2,
        _ => 0,
    }
}
