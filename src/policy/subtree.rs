//! Patterns beside a place and everything below it.
//!
//! Such a place stands for all that the pattern of its path and `/**` matches, itself among them. A pattern covers it where
//! it matches all of that, and meets it where it matches any of that. What covers it matches the place itself, so the index
//! finds it. What meets it may begin with more than the place has; that is found by the literals that patterns begin with,
//! in an order in which all that lies below one place stands together.

use std::cmp::Ordering;

use super::bound::BoundValue;
use super::cost::{HitSteps, most_steps};
use super::pattern::{ANYTHING, AS_BOUND, PatternAt, Patterns, Step};
use crate::base::limits::{MAX_RESOURCE_BYTES, MAX_SEGMENTS};
use crate::base::steps;
use crate::model::resource::Path;

impl Patterns {
    /// Whether a pattern that matches a place matches everything below it too: behind its last `**` nothing is asked but that
    /// there are segments. What a set holds that is bound to a name is never every segment.
    pub(super) fn is_open(&self, at: PatternAt) -> bool {
        let last = self.steps(at).iter().rev().find(|step| !matches!(step, Step::Any));
        last.is_some_and(Step::is_rest)
    }

    /// Whether a pattern matches the place and everything below it.
    pub(super) fn covers(&self, at: PatternAt, path: &Path<'_>, values: &[BoundValue]) -> bool {
        self.is_open(at) && self.matches(at, path, values)
    }

    /// Whether a pattern matches the place or anything below it. Each step is held against each segment once; where one goes on
    /// behind the end of the place, what lies below can be what it asks for, unless no value can.
    pub(super) fn meets(&self, at: PatternAt, path: &Path<'_>, values: &[BoundValue]) -> bool {
        self.meets_if::<AS_BOUND>(at, path, values)
    }

    /// The same if sets that could not be learned hold whatever is looked for.
    pub(super) fn may_meet(&self, at: PatternAt, path: &Path<'_>, values: &[BoundValue]) -> bool {
        self.meets_if::<ANYTHING>(at, path, values)
    }

    fn meets_if<const UNLEARNED: u8>(
        &self,
        at: PatternAt,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> bool {
        let (pattern, end) = (self.steps(at), path.len());
        let can_be = |step: &Step| match step {
            Step::Bound(number) => values.get(usize::from(*number)).is_some_and(|value| {
                value.can_be() || UNLEARNED == ANYTHING && value.is_unlearned()
            }),
            _ => true,
        };
        if !pattern.iter().all(can_be) {
            return false;
        }
        // A bit for each number of segments that the steps so far can cover.
        let mut covered: u32 = 1;
        for step in pattern {
            if covered >> end & 1 == 1 {
                return true;
            }
            if step.is_rest() {
                // Any more of them.
                covered |= covered.wrapping_neg();
                continue;
            }
            let mut next = 0;
            for place in (0..end).filter(|place| covered >> place & 1 == 1) {
                steps::take(|| 1);
                if self.begins_with(*step, path, place) {
                    return true;
                }
                if let Some(segments) = self.step_over::<UNLEARNED>(*step, path, place, values) {
                    next |= 1 << (place + segments);
                }
            }
            covered = next;
        }
        covered >> end & 1 == 1
    }

    /// Whether a run of literals goes on behind the end of the path, and begins with what stands there from `place` on.
    fn begins_with(&self, step: Step, path: &Path<'_>, place: usize) -> bool {
        let Step::Run { at, bytes, segments } = step else { return false };
        steps::take(|| steps::of_bytes(bytes.into()));
        let left = path.bytes_of(place, path.len());
        usize::from(segments) > path.len() - place && is_below(self.run_bytes(at, bytes), left)
    }

    /// The most steps that either match, or looking for one below, can take.
    pub(super) fn most_steps(&self, at: PatternAt) -> u64 {
        self.worst_case_steps(at).max(self.most_steps_of_meeting(at))
    }

    /// The most steps that [`meets`](Self::meets) can take.
    fn most_steps_of_meeting(&self, at: PatternAt) -> u64 {
        let each = self.steps(at).iter().map(|step| {
            let (place, whole) = self.steps_of(*step);
            (MAX_SEGMENTS as u64 + 1) * (1 + 2 * place) + whole
        });
        1 + each.sum::<u64>()
    }
}

/// Whether a path lies below a folder, or is it.
fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// Numbered patterns, by the literal segments that they begin with. All of those that begin with a place and more stand
/// together; those that begin with less than a place are looked up by each beginning of it.
#[derive(Debug, Default)]
pub(super) struct Heads(Box<[Head]>);

#[derive(Clone, Copy, Debug)]
struct Head {
    /// The literals, in the arena of texts.
    at: u32,
    bytes: u16,
    /// Of the pattern.
    number: u32,
}

impl Heads {
    pub(super) fn new(
        patterns: &Patterns,
        numbered: impl IntoIterator<Item = (PatternAt, u32)>,
    ) -> Self {
        let head = |(pattern, number)| match patterns.steps(pattern).first() {
            Some(Step::Run { at, bytes, .. }) => Head { at: *at, bytes: *bytes, number },
            _ => Head { at: 0, bytes: 0, number },
        };
        let mut heads: Vec<Head> = numbered.into_iter().map(head).collect();
        heads.sort_by(|one, other| {
            let order = compare(one.text(patterns), other.text(patterns));
            order.then(one.number.cmp(&other.number))
        });
        Self(heads.into())
    }

    /// Calls `hit` once with the number of every pattern that may meet the place.
    pub(super) fn look_up(&self, patterns: &Patterns, path: &Path<'_>, mut hit: impl FnMut(u32)) {
        steps::take(|| self.fixed_steps());
        for end in 0..path.len() {
            let beginning = path.bytes_of(0, end);
            let from = self.first_not_before(patterns, beginning);
            let alike = self.0.get(from..).unwrap_or_default().iter();
            let alike = alike.take_while(|head| head.text(patterns) == beginning);
            alike.for_each(|head| hit(head.number));
        }
        let place = path.bytes_of(0, path.len());
        let from = self.first_not_before(patterns, place);
        let below = self.0.get(from..).unwrap_or_default().iter();
        let below = below.take_while(|head| is_below(head.text(patterns), place));
        below.for_each(|head| hit(head.number));
    }

    fn first_not_before(&self, patterns: &Patterns, text: &[u8]) -> usize {
        self.0.partition_point(|head| compare(head.text(patterns), text) == Ordering::Less)
    }

    /// The most steps that a lookup and its hits can take, by what a hit on number `n` takes.
    pub(super) fn worst_case_steps<'t>(
        &self,
        patterns: &Patterns,
        cost: impl Fn(u32) -> HitSteps<'t>,
    ) -> u64 {
        let each = self.0.iter().map(|head| {
            let hit = cost(head.number);
            let meeting = patterns.most_steps_of_meeting(hit.pattern);
            (
                1 + steps::of_bytes(head.bytes.into()),
                HitSteps { asking: hit.asking.saturating_add(meeting), ..hit },
            )
        });
        self.fixed_steps().saturating_add(most_steps(each))
    }

    /// To look for each beginning of a place, and where nothing more lies below it.
    fn fixed_steps(&self) -> u64 {
        let compare = 1 + steps::of_bytes(MAX_RESOURCE_BYTES);
        (MAX_SEGMENTS as u64 + 1) * (steps::of_halving(self.0.len()) + 2) * compare
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

impl Head {
    fn text<'p>(&self, patterns: &'p Patterns) -> &'p [u8] {
        patterns.run_bytes(self.at, self.bytes)
    }
}

/// Segment by segment: a slash comes before every other byte.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    one.iter().map(rank).cmp(other.iter().map(rank))
}
