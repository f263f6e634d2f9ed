//! Resource patterns: parsed once, stored in shared arenas, matched segment by segment.

use super::bound::{BoundValue, Variables};
use super::error::Fault;
use super::literal::{Of, is_itself, pieces};
use super::text::TextPattern;
use crate::base::hash::hash_name;
use crate::base::limits::{MAX_RESOURCE_BYTES, MAX_REST_SEGMENTS, MAX_SEGMENTS, MAX_STARS};
use crate::base::steps;
use crate::model::resource::{Path, ResourceError, escape_into, escape_within, with_name};

/// One step of a pattern. Neighbouring literals are one run, compared at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Literal segments with the slashes between them, in the arena of texts.
    Run { at: u32, bytes: u16, segments: u8 },
    /// `*`: exactly one segment.
    Any,
    /// A bound name: exactly one segment, equal to the value, or to one of the set.
    Bound(u8),
    /// A text with stars: exactly one segment.
    Text(u32),
    /// `**`: any number of segments, also none.
    Rest,
}

/// Every pattern of a policy. Steps and texts lie one behind the other.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    steps: Vec<Step>,
    text: String,
    texts: Vec<TextPattern>,
}

/// Where the steps of one pattern stand; or, of most patterns, what they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct PatternAt {
    first: u32,
    steps: u8,
    plain: Option<Plain>,
}

impl PatternAt {
    /// No step, which matches nothing.
    pub(super) const NOTHING: Self = Self { first: 0, steps: 0, plain: None };
}

/// A pattern that is one run of literals, alone or with everything below it. It stands with its statement, so
/// that matching it needs no look at the steps.
#[derive(Clone, Copy, Debug)]
struct Plain {
    at: u32,
    bytes: u16,
    segments: u8,
    open: bool,
}

impl Plain {
    fn of(steps: &[Step]) -> Option<Self> {
        match *steps {
            [Step::Run { at, bytes, segments }, ref rest @ ..]
                if matches!(rest, [] | [Step::Rest]) =>
            {
                Some(Self { at, bytes, segments, open: !rest.is_empty() })
            }
            _ => None,
        }
    }
}

impl Patterns {
    /// Parses a pattern and adds it.
    pub(super) fn add(
        &mut self,
        pattern: &str,
        variables: &mut Variables,
    ) -> Result<PatternAt, Fault> {
        if pattern.len() > MAX_RESOURCE_BYTES {
            return Err(Fault::PatternTooLong);
        }
        Path::default().read(&canonical_probe(pattern)?).map_err(Fault::Pattern)?;
        let first = self.steps.len();
        let mut rests = 0;
        for segment in pattern.split('/') {
            match self.parse_segment(segment, variables)? {
                // Two `**` in a row say no more than one.
                Step::Rest if self.last_of(first).is_some_and(|s| matches!(s, Step::Rest)) => {}
                Step::Rest => {
                    rests += 1;
                    self.steps.push(Step::Rest);
                }
                Step::Run { at, bytes, .. } => self.extend_run(first, at, bytes),
                step => self.steps.push(step),
            }
        }
        if rests > MAX_REST_SEGMENTS {
            return Err(Fault::TooManyRests);
        }
        Ok(self.since(first))
    }

    /// A pattern that every resource matches.
    pub(super) fn add_everything(&mut self) -> PatternAt {
        let first = self.steps.len();
        self.steps.push(Step::Rest);
        self.since(first)
    }

    /// The pattern whose steps were just added.
    fn since(&self, first: usize) -> PatternAt {
        let steps = self.steps.get(first..).unwrap_or_default();
        PatternAt { first: first as u32, steps: steps.len() as u8, plain: Plain::of(steps) }
    }

    fn parse_segment(&mut self, segment: &str, variables: &mut Variables) -> Result<Step, Fault> {
        match segment {
            "*" => return Ok(Step::Any),
            "**" => return Ok(Step::Rest),
            _ if segment.contains("**") => return Err(Fault::RestInSegment),
            _ => {}
        }
        if let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return Ok(Step::Bound(variables.number(name)?));
        }
        let at = self.text.len();
        let run = |bytes: usize| Step::Run { at: at as u32, bytes: bytes as u16, segments: 1 };
        if is_itself(segment) {
            self.text.push_str(segment);
            return Ok(run(segment.len()));
        }
        let pieces = pieces(segment, Of::Segment)?;
        if let [literal] = pieces.as_slice() {
            escape_into(literal, &mut self.text);
            return Ok(run(self.text.len() - at));
        }
        if pieces.len() > MAX_STARS + 1 {
            return Err(Fault::TooManyStars);
        }
        // A star stands for characters of the name, so names are compared without their escapes.
        self.texts.push(TextPattern::of(pieces.iter().map(|piece| Box::from(&**piece))));
        Ok(Step::Text((self.texts.len() - 1) as u32))
    }

    /// Adds a literal segment that was just written to the arena, joining it to a run before it.
    fn extend_run(&mut self, first: usize, at: u32, bytes: u16) {
        let joined = match self.last_of(first) {
            Some(Step::Run { at: run, bytes: length, segments }) => {
                Some((*run, *length + 1 + bytes, *segments + 1))
            }
            _ => None,
        };
        if let Some((run, length, segments)) = joined {
            self.text.insert(at as usize, '/');
            self.steps.pop();
            self.steps.push(Step::Run { at: run, bytes: length, segments });
        } else {
            self.steps.push(Step::Run { at, bytes, segments: 1 });
        }
    }

    fn last_of(&self, first: usize) -> Option<&Step> {
        self.steps.get(first..)?.last()
    }

    pub(super) fn steps(&self, at: PatternAt) -> &[Step] {
        let first = at.first as usize;
        self.steps.get(first..first + usize::from(at.steps)).unwrap_or_default()
    }

    /// A text with stars.
    pub(super) fn text(&self, number: u32) -> Option<&TextPattern> {
        self.texts.get(number as usize)
    }

    pub(super) fn run_text(&self, at: u32, bytes: u16) -> &str {
        self.text.get(at as usize..at as usize + usize::from(bytes)).unwrap_or_default()
    }

    /// The same as bytes, which are compared without looking where characters begin.
    #[inline]
    pub(super) fn run_bytes(&self, at: u32, bytes: u16) -> &[u8] {
        let (at, bytes) = (at as usize, usize::from(bytes));
        self.text.as_bytes().get(at..at.wrapping_add(bytes)).unwrap_or_default()
    }

    /// The hashes of the segments of a run.
    pub(super) fn run_hashes(&self, at: u32, bytes: u16) -> impl Iterator<Item = u64> {
        self.run_text(at, bytes).split('/').map(hash_name)
    }

    /// Whether the whole path matches. Greedy, with one place to return to: the last `**` so far.
    #[inline]
    pub(super) fn matches(&self, at: PatternAt, path: &Path<'_>, values: &[BoundValue]) -> bool {
        if let Some(Plain { at, bytes, segments, open }) = at.plain {
            let segments = usize::from(segments);
            steps::take(|| 1 + steps::of_bytes(bytes.into()));
            return (path.len() == segments || open)
                && path.bytes_of(0, segments) == self.run_bytes(at, bytes);
        }
        self.matches_steps::<AS_BOUND>(self.steps(at), path, values)
    }

    /// Whether it matches whatever is in the sets that could not be learned.
    pub(super) fn matches_surely(
        &self,
        at: PatternAt,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> bool {
        self.matches_steps::<NOTHING>(self.steps(at), path, values)
    }

    /// Whether it matches if sets that could not be learned hold whatever is looked for.
    pub(super) fn may_match(&self, at: PatternAt, path: &Path<'_>, values: &[BoundValue]) -> bool {
        self.matches_steps::<ANYTHING>(self.steps(at), path, values)
    }

    /// Whether every resource matches.
    pub(super) fn is_everything(&self, at: PatternAt) -> bool {
        matches!(self.steps(at), [Step::Rest])
    }

    /// A bound name of the pattern whose set could not be learned.
    pub(super) fn unlearned(&self, at: PatternAt, values: &[BoundValue]) -> Option<u8> {
        self.steps(at).iter().find_map(|step| match *step {
            Step::Bound(number)
                if matches!(
                    values.get(usize::from(number)),
                    Some(BoundValue::Unlearned { .. })
                ) =>
            {
                Some(number)
            }
            _ => None,
        })
    }

    fn matches_steps<const UNLEARNED: u8>(
        &self,
        steps: &[Step],
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> bool {
        let (mut step, mut position) = (0, 0);
        let mut resume: Option<(usize, usize)> = None;
        loop {
            steps::take(|| 1);
            let advanced = match steps.get(step) {
                Some(Step::Rest) if step + 1 == steps.len() => return true,
                Some(Step::Rest) => {
                    resume = Some((step + 1, position));
                    Some(0)
                }
                Some(other) => self.step_over::<UNLEARNED>(*other, path, position, values),
                None if position == path.len() => return true,
                None => None,
            };
            match (advanced, &mut resume) {
                (Some(segments), _) => {
                    step += 1;
                    position += segments;
                }
                (None, Some((behind, from))) if *from < path.len() => {
                    *from += 1;
                    (step, position) = (*behind, *from);
                }
                (None, _) => return false,
            }
        }
    }

    /// How many segments the step covers at `position`, or `None` where it does not match.
    #[inline]
    pub(super) fn step_over<const UNLEARNED: u8>(
        &self,
        step: Step,
        path: &Path<'_>,
        position: usize,
        values: &[BoundValue],
    ) -> Option<usize> {
        let covers = |fits: bool, segments| fits.then_some(segments);
        steps::take(|| match step {
            Step::Run { bytes, .. } => steps::of_bytes(bytes.into()),
            Step::Bound(number) => BoundValue::steps_of(number),
            Step::Any | Step::Text(_) | Step::Rest => 0,
        });
        match step {
            Step::Run { at, bytes, segments } => {
                let end = position + usize::from(segments);
                covers(path.bytes_of(position, end) == self.run_bytes(at, bytes), segments.into())
            }
            Step::Any => covers(position < path.len(), 1),
            Step::Bound(number) => covers(is_bound::<UNLEARNED>(path, position, values, number), 1),
            Step::Text(number) => {
                let text = path.text_of(position, position + 1);
                let pattern = self.texts.get(number as usize);
                let fits = pattern.is_some_and(|p| with_name(text, |name| p.matches(name)));
                covers(position < path.len() && fits, 1)
            }
            Step::Rest => Some(0),
        }
    }

    /// Of a pattern that would match if its sets held whatever is looked for: the number of the first bound name whose set
    /// does not hold what stands in its place. Behind a `**` that may be any place.
    #[cold]
    pub(super) fn disowned(
        &self,
        at: PatternAt,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> Option<u8> {
        let (mut place, mut open, mut last) = (0, false, None);
        for step in self.steps(at) {
            if let Step::Bound(number) = *step
                && let Some(value) = values.get(usize::from(number))
                && !matches!(value, BoundValue::One { .. })
            {
                let places = if open { place..path.len() } else { place..place + 1 };
                steps::take(|| places.len() as u64 * BoundValue::steps_of(number));
                if !places.into_iter().any(|place| value.holds(path, place)) {
                    return Some(number);
                }
                last = Some(number);
            }
            open |= step.is_rest();
            place += step.segments();
        }
        last
    }

    /// The most steps that one match can take. Behind a `**` that is not the last step, each step is held against each
    /// segment at most once, since the place to return to only moves on; so a text that is searched is searched once.
    pub(super) fn worst_case_steps(&self, at: PatternAt) -> u64 {
        let pattern = self.steps(at);
        let open = pattern.split_last().is_some_and(|(_, before)| before.iter().any(Step::is_rest));
        let places = if open { MAX_SEGMENTS as u64 + 1 } else { 1 };
        let each = pattern.iter().map(|step| {
            let (place, whole) = self.steps_of(*step);
            places * (1 + place) + whole
        });
        places + each.sum::<u64>()
    }

    /// Steps that a step of a pattern takes at one place, and beside that on the whole path.
    pub(super) fn steps_of(&self, step: Step) -> (u64, u64) {
        match step {
            Step::Run { bytes, .. } => (steps::of_bytes(bytes.into()), 0),
            Step::Bound(number) => (BoundValue::steps_of(number), 0),
            Step::Text(number) => self.texts.get(number as usize).map_or((0, 0), |text| {
                let place = text.worst_case_steps(0);
                let whole = text.worst_case_steps(MAX_RESOURCE_BYTES) - place;
                // A name with escapes is read once before that.
                let read = steps::of_search(MAX_RESOURCE_BYTES);
                (place + 1, whole + read)
            }),
            Step::Any | Step::Rest => (0, 0),
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let texts: usize = self.texts.iter().map(TextPattern::memory_bytes).sum();
        size_of_val(&*self.steps) + self.text.len() + size_of_val(&*self.texts) + texts
    }

    pub(super) fn shrink(&mut self) {
        self.steps.shrink_to_fit();
        self.text.shrink_to_fit();
        self.texts.shrink_to_fit();
    }
}

impl Step {
    /// How many segments the step covers at least.
    pub(super) const fn segments(&self) -> usize {
        match self {
            Self::Run { segments, .. } => *segments as usize,
            Self::Any | Self::Bound(_) | Self::Text(_) => 1,
            Self::Rest => 0,
        }
    }

    pub(super) const fn is_rest(&self) -> bool {
        matches!(self, Self::Rest)
    }
}

/// What a set that could not be learned is taken to hold: what its value says, nothing, or whatever is looked for.
pub(super) const AS_BOUND: u8 = 0;
pub(super) const NOTHING: u8 = 1;
pub(super) const ANYTHING: u8 = 2;

fn is_bound<const UNLEARNED: u8>(
    path: &Path<'_>,
    position: usize,
    values: &[BoundValue],
    number: u8,
) -> bool {
    values.get(usize::from(number)).is_some_and(|value| match value {
        BoundValue::Unlearned { .. } if UNLEARNED != AS_BOUND => {
            UNLEARNED == ANYTHING && position < path.len()
        }
        value => value.holds(path, position),
    })
}

/// The pattern with its stars and bound names replaced by plain text and its literals in their one form, so that the
/// checks of a canonical path apply to all the rest of it.
fn canonical_probe(pattern: &str) -> Result<String, Fault> {
    let mut probe = String::with_capacity(pattern.len());
    for (number, segment) in pattern.split('/').enumerate() {
        if number > 0 {
            probe.push('/');
        }
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if name.contains(['{', '}']) => return Err(Fault::Braces),
            Some(_) => probe.push('v'),
            None if segment.contains(['{', '}']) => return Err(Fault::Braces),
            None if segment.contains("**") => probe.push('-'),
            None => literal_probe(segment, &mut probe)?,
        }
    }
    Ok(probe)
}

fn literal_probe(segment: &str, probe: &mut String) -> Result<(), Fault> {
    // As it is written, a segment of dots is refused; escaped, it is a name.
    if matches!(segment, "." | "..") {
        probe.push_str(segment);
        return Ok(());
    }
    if is_itself(segment) {
        probe.push_str(segment);
        return Ok(());
    }
    let pieces = pieces(segment, Of::Segment)?;
    if let [literal] = pieces.as_slice() {
        escape_into(literal, probe);
        return Ok(());
    }
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            probe.push('-');
        }
        escape_within(piece, probe);
    }
    Ok(())
}

impl From<ResourceError> for Fault {
    fn from(error: ResourceError) -> Self {
        Self::Pattern(error)
    }
}
