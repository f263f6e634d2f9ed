//! Finds the patterns that can match a request, without looking at the others.
//!
//! Patterns are grouped by *shape*: which places hold literals, which hold bound names, whether a tool is
//! named, and whether the length is fixed. Within a shape, the literals and the tool make one key, and
//! all keys of all shapes lie in one hash table. So a lookup costs one probe per shape, and real
//! policies have few shapes, however many statements. A prefix hash collapses where patterns begin with
//! variables or wildcards; here `crm/{invoker}/list7/*` is keyed by `crm` and `list7`. A bound name adds nothing to
//! the key of a pattern; what stands in its place in the path adds its own hash less that of the value, which is
//! nothing where they are equal. Where a set is bound, what is taken away is the hash that was found, if the set holds
//! it; so a set of any size costs a search among its hashes for each shape that it stands in, and no further probe.
//!
//! Literals behind the last `**` are keyed by their place counted from the end. What stands between two `**` is
//! left to the full match, which follows every hit.

use std::collections::BTreeMap;

use super::bound::BoundValue;
use super::pattern::{PatternAt, Patterns, Step};
use crate::base::buckets::Buckets;
use crate::base::hash::{finish, finish_seeded};
use crate::base::limits::{
    MAX_ITEMS_PER_STATEMENT, MAX_NAME_BYTES, MAX_SEGMENTS, MAX_SHAPES, MAX_STATEMENTS,
};
use crate::base::steps;
use crate::model::resource::{Path, back_key, front_key};

/// Shapes that keep all that they can key; the others are keyed more coarsely.
const FULL_SHAPES: usize = MAX_SHAPES - 2 * (COARSE_RUN + 1);
/// Literals at the front by which a coarse shape is keyed, at most.
const COARSE_RUN: usize = 4;

/// Keys that a lookup keeps between its passes, instead of making them again. Most policies have no more shapes.
const KEPT_KEYS: usize = 8;

/// An entry holds the number of a pattern in its lower bits and that of its shape above them, so that a key which two
/// shapes happen to share gives each no more than its own.
const NUMBER_BITS: u32 = 27;
const NUMBERS: u32 = (1 << NUMBER_BITS) - 1;

/// The index over all patterns of one policy.
#[derive(Debug)]
pub(super) struct Index {
    shapes: Box<[Shape]>,
    buckets: Buckets,
    /// Whether any shape has the tool in its key.
    keys_tools: bool,
}

/// Where the keyed places of a group of patterns are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    /// Whether nothing but the first run is keyed, so that the rest need not be looked at.
    is_plain: bool,
    /// Segments that a path has at least.
    least: u8,
    /// Segments that a path may have beyond those: none, or any number.
    most_spare: u8,
    /// Whether the tool is part of the key.
    tool: bool,
    /// Sets the keys of this shape apart from those of others; its number, spread.
    seed: u64,
    /// The first two runs of literals and bound names before the first `**`, perhaps empty.
    runs: [Run; 2],
    /// The first bound name before the first `**`.
    bound: Option<Bound>,
    /// What else is keyed; most shapes have none of it.
    more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct More {
    /// Further bound names before the first `**`.
    bound: Vec<Bound>,
    /// Further literals and bound names before the first `**`.
    runs: Vec<Run>,
    /// Literals behind the last `**`, by their place counted from the end.
    back: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bound {
    at: u8,
    number: u8,
}

/// Literals and bound names from a place up to, not including, another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    from: u8,
    to: u8,
}

/// A pattern to be indexed, once per tool that its statement names.
pub(super) struct Keyed {
    pub(super) pattern: PatternAt,
    pub(super) tool: Option<u64>,
    /// What a hit on the pattern yields.
    pub(super) number: u32,
}

impl Index {
    pub(super) fn new(patterns: &Patterns, keyed: &[Keyed]) -> Self {
        let mut groups: BTreeMap<Shape, Vec<&Keyed>> = BTreeMap::new();
        for entry in keyed {
            groups.entry(Shape::of(patterns, entry)).or_default().push(entry);
        }
        let mut entries = Vec::with_capacity(keyed.len());
        let mut shapes = Vec::new();
        for (place, (mut shape, group)) in (1_u64..).zip(coarsen(groups)) {
            shape.seed = finish(place);
            let of_shape = (shapes.len() as u32) << NUMBER_BITS;
            entries.extend(group.iter().map(|e| (shape.key(patterns, e), of_shape | e.number)));
            shapes.push(shape);
        }
        let shapes: Box<[Shape]> = shapes.into();
        let keys_tools = shapes.iter().any(|shape| shape.tool);
        Self { shapes, buckets: Buckets::new(entries), keys_tools }
    }

    /// Calls `hit` with the number of every pattern that may match; more than once only where it was given with several
    /// tools whose hashes are alike.
    #[inline]
    pub(super) fn look_up(
        &self,
        path: &Path<'_>,
        tool: impl FnOnce() -> u64,
        values: &[BoundValue],
        mut hit: impl FnMut(u32),
    ) {
        let tool = if self.keys_tools { tool() } else { 0 };
        steps::take(|| self.fixed_steps());
        // Which shapes hit differs from request to request, so the first pass takes no branch on it: a
        // mispredicted branch costs more than a probe. For the same reason it keeps the keys.
        let mut keys = [0; KEPT_KEYS];
        let mut hits = 0_u32;
        for (number, shape) in self.shapes.iter().enumerate().rev() {
            let key = shape.path_key(path, tool, values);
            if let Some(kept) = keys.get_mut(number) {
                *kept = key;
            }
            let may_match = shape.fits(path) & self.buckets.may_hold(key);
            hits = hits << 1 | u32::from(may_match);
        }
        while hits != 0 {
            let number = hits.trailing_zeros() as usize;
            let again = || self.shapes.get(number).map(|shape| shape.path_key(path, tool, values));
            let Some(key) = keys.get(number).copied().or_else(again) else { return };
            for entry in self.buckets.get(key) {
                if entry >> NUMBER_BITS == number as u32 {
                    hit(entry & NUMBERS);
                }
            }
            hits &= hits - 1;
        }
    }

    /// The most steps that a lookup and its hits can take, when a hit on number `n` takes `cost(n)`.
    pub(super) fn worst_case_steps(&self, cost: impl Fn(u32) -> u64) -> u64 {
        // Any one key selects entries of a single bucket, so no shape costs more than the dearest; and an entry answers
        // to its own shape alone, so all together cost no more than every entry once.
        let (mut dearest, mut all) = (0_u64, 0_u64);
        for bucket in self.buckets.buckets() {
            let each = bucket.iter().map(|(_, entry)| cost(entry & NUMBERS));
            let bucket = each.fold(0, u64::saturating_add);
            (dearest, all) = (dearest.max(bucket), all.saturating_add(bucket));
        }
        let shapes = self.shapes.len() as u64;
        let looking = self.fixed_steps() + shapes * self.buckets.worst_case_steps();
        looking.saturating_add(dearest.saturating_mul(shapes).min(all))
    }

    /// What a lookup takes whatever it finds: the hash of the tool, and the key of every shape at most twice.
    fn fixed_steps(&self) -> u64 {
        let tool = if self.keys_tools { steps::of_bytes(MAX_NAME_BYTES) } else { 0 };
        tool + 2 * self.shapes.iter().map(Shape::key_steps).sum::<u64>()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let heap = |more: &More| {
            let places = size_of_val(&*more.bound) + size_of_val(&*more.runs);
            size_of::<More>() + places + more.back.len()
        };
        let more: usize = self.shapes.iter().filter_map(|s| s.more.as_deref()).map(heap).sum();
        size_of_val(&*self.shapes) + more + self.buckets.memory_bytes()
    }
}

impl Shape {
    fn of(patterns: &Patterns, entry: &Keyed) -> Self {
        let steps = patterns.steps(entry.pattern);
        let mut more = More::default();
        let (mut least, mut open) = (0, false);
        for step in steps {
            match (*step, open) {
                (Step::Run { segments, .. }, false) => more.extend(least, segments),
                (Step::Bound(number), false) => {
                    more.bound.push(Bound { at: least, number });
                    more.extend(least, 1);
                }
                (Step::Rest, _) => open = true,
                _ => {}
            }
            least += step.segments() as u8;
        }
        let suffix = steps.iter().rposition(Step::is_rest).and_then(|rest| steps.get(rest + 1..));
        let mut from_end = 0;
        for step in suffix.unwrap_or_default().iter().rev() {
            if let Step::Run { segments, .. } = step {
                more.back.extend((from_end..from_end + segments).rev());
            }
            from_end += step.segments() as u8;
        }
        let mut first_run =
            || if more.runs.is_empty() { Run::default() } else { more.runs.remove(0) };
        let runs: [Run; 2] = [first_run(), first_run()];
        let bound = (!more.bound.is_empty()).then(|| more.bound.remove(0));
        let more = (more != More::default()).then(|| Box::new(more));
        let (tool, only_run) = (entry.tool.is_some(), runs.ends_with(&[Run::default()]));
        Self {
            is_plain: !tool && only_run && bound.is_none() && more.is_none(),
            least,
            most_spare: if open { MAX_SEGMENTS as u8 } else { 0 },
            tool,
            seed: 0,
            runs,
            bound,
            more,
        }
    }

    /// The same pattern keyed by its tool and its first literals only.
    fn coarse(&self) -> Self {
        let [first, _] = self.runs;
        let literals = self.bound.map_or(first.to, |bound| first.to.min(bound.at));
        let to = if first.from == 0 { literals.min(COARSE_RUN as u8) } else { 0 };
        Self {
            is_plain: !self.tool,
            least: to,
            most_spare: MAX_SEGMENTS as u8,
            tool: self.tool,
            seed: 0,
            runs: [Run { from: 0, to }, Run::default()],
            bound: None,
            more: None,
        }
    }

    /// The key of a pattern in this shape; the shape may be coarser than the pattern.
    fn key(&self, patterns: &Patterns, entry: &Keyed) -> u64 {
        let mut sum = if self.tool { entry.tool.unwrap_or_default() } else { 0 };
        let steps = patterns.steps(entry.pattern);
        let mut at = 0;
        for step in steps.iter().take_while(|step| !step.is_rest()) {
            if let Step::Run { at: text, bytes, .. } = step {
                for (offset, hash) in patterns.run_hashes(*text, *bytes).enumerate() {
                    if self.keys_front(at + offset) {
                        sum = sum.wrapping_add(front_key(hash, at + offset));
                    }
                }
            }
            at += step.segments();
        }
        let keys_back = self.more.as_ref().is_some_and(|more| !more.back.is_empty());
        let mut from_end = 0;
        for step in steps.iter().rev().take_while(|step| !step.is_rest() && keys_back) {
            if let Step::Run { at: text, bytes, segments } = step {
                let last = from_end + usize::from(*segments) - 1;
                for (offset, hash) in patterns.run_hashes(*text, *bytes).enumerate() {
                    sum = sum.wrapping_add(back_key(hash, last - offset));
                }
            }
            from_end += step.segments();
        }
        finish_seeded(sum ^ self.seed)
    }

    /// Steps to work out the key of a path.
    fn key_steps(&self) -> u64 {
        let more = |more: &More| more.bound.len() + more.runs.len() + more.back.len();
        let further = self.more.iter().flat_map(|more| &more.bound);
        let bound = self.bound.iter().chain(further);
        let sets: u64 = bound.map(|bound| BoundValue::key_steps_of(bound.number)).sum();
        1 + self.more.as_deref().map_or(0, more) as u64 + sets
    }

    fn keys_front(&self, place: usize) -> bool {
        let covers = |run: &Run| (usize::from(run.from)..usize::from(run.to)).contains(&place);
        self.runs.iter().any(covers)
            || self.more.as_ref().is_some_and(|more| more.runs.iter().any(covers))
    }

    /// Whether a path is as long as this shape needs.
    #[inline]
    fn fits(&self, path: &Path<'_>) -> bool {
        path.len().wrapping_sub(self.least.into()) <= self.most_spare.into()
    }

    /// The key of a path in this shape; without meaning where the path does not fit.
    #[inline]
    fn path_key(&self, path: &Path<'_>, tool: u64, values: &[BoundValue]) -> u64 {
        let [first, second] = &self.runs;
        let mut sum = first.sum(path);
        if !self.is_plain {
            if let Some(bound) = self.bound {
                sum = sum.wrapping_sub(bound.key(path, values));
            }
            if let Some(more) = &self.more {
                sum = sum.wrapping_add(more.sum(path, values));
            }
            let tool = if self.tool { tool } else { 0 };
            sum = sum.wrapping_add(second.sum(path)).wrapping_add(tool);
        }
        finish_seeded(sum ^ self.seed)
    }
}

impl Run {
    #[inline]
    fn sum(self, path: &Path<'_>) -> u64 {
        path.key_of(self.from.into(), self.to.into())
    }
}

impl Bound {
    /// What the value adds to the key of a path that has it in this place.
    #[inline]
    fn key(self, path: &Path<'_>, values: &[BoundValue]) -> u64 {
        let found = || path.hash_of(self.at.into());
        // A name without a value matches nothing, whatever it is looked up under.
        let hash = values.get(usize::from(self.number)).map_or(0, |v| v.hash_beside(found));
        front_key(hash, self.at.into())
    }
}

impl More {
    /// Adds places to the last run, or begins another.
    fn extend(&mut self, from: u8, segments: u8) {
        let to = from + segments;
        match self.runs.last_mut() {
            Some(run) if run.to == from => run.to = to,
            _ => self.runs.push(Run { from, to }),
        }
    }

    fn sum(&self, path: &Path<'_>, values: &[BoundValue]) -> u64 {
        let mut sum: u64 = 0;
        for run in &self.runs {
            sum = sum.wrapping_add(run.sum(path));
        }
        for bound in &self.bound {
            sum = sum.wrapping_sub(bound.key(path, values));
        }
        for from_end in &self.back {
            let from_end = usize::from(*from_end);
            let hash = path.hash_of(path.len().wrapping_sub(1).wrapping_sub(from_end));
            sum = sum.wrapping_add(back_key(hash, from_end));
        }
        sum
    }
}

/// Keeps the most populated shapes and keys the patterns of all others coarsely, so that the number of
/// probes is bounded whatever a policy holds.
fn coarsen(groups: BTreeMap<Shape, Vec<&Keyed>>) -> BTreeMap<Shape, Vec<&Keyed>> {
    if groups.len() <= MAX_SHAPES {
        return groups;
    }
    let mut by_size: Vec<_> = groups.into_iter().collect();
    by_size.sort_by(|(a, one), (b, other)| other.len().cmp(&one.len()).then_with(|| a.cmp(b)));
    let mut kept: BTreeMap<Shape, Vec<&Keyed>> = BTreeMap::new();
    for (place, (shape, group)) in by_size.into_iter().enumerate() {
        let shape = if place < FULL_SHAPES { shape } else { shape.coarse() };
        kept.entry(shape).or_default().extend(group);
    }
    kept
}

const _: () = assert!(MAX_SEGMENTS <= u8::MAX as usize && FULL_SHAPES > 0 && MAX_SHAPES <= 32);
const _: () = assert!(MAX_STATEMENTS * MAX_ITEMS_PER_STATEMENT <= NUMBERS as usize);
