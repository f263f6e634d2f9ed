//! Fields of results: which of them can be trusted, and which outsiders can write.

use super::data::ResultData;
use super::error::{Fault, FieldFault};
use super::path::{Step, parse_steps};
use crate::arguments::{Arguments, List, Value};
use crate::limits::{MAX_ITEMS_PER_TOOL, MAX_RESULT_VALUES};

/// The validated fields of one tool's result.
#[derive(Clone, Debug)]
pub(super) struct CompiledResult {
    trusted: Box<[Box<[Step]>]>,
    outsider: Box<[Box<[Step]>]>,
}

impl CompiledResult {
    pub(super) fn new(data: &ResultData) -> Result<Self, FieldFault> {
        let trusted = patterns("result.trusted", &data.trusted)?;
        let outsider = patterns("result.outsider", &data.outsider)?;
        for (number, (one, text)) in trusted.iter().zip(&data.trusted).enumerate() {
            for (other, outsider) in outsider.iter().zip(&data.outsider) {
                if may_hold(other, one) {
                    let fault =
                        Fault::Overlap { trusted: text.clone(), outsider: outsider.clone() };
                    return Err(FieldFault::new(format!("result.trusted[{number}]"), fault));
                }
            }
        }
        Ok(Self { trusted, outsider })
    }

    /// Whether outsiders can write any field.
    pub(super) fn has_outsiders(&self) -> bool {
        !self.outsider.is_empty()
    }

    /// Shows every text and number that the patterns trust and no outsider can write.
    pub(super) fn for_each_trusted(&self, result: Value<'_>, show: &mut dyn FnMut(Value<'_>)) {
        let mut walk = Walk { outsider: &self.outsider, left: MAX_RESULT_VALUES, show };
        for pattern in &self.trusted {
            walk.go(pattern, result, None);
        }
    }
}

fn patterns(field: &str, texts: &[String]) -> Result<Box<[Box<[Step]>]>, FieldFault> {
    if texts.len() > MAX_ITEMS_PER_TOOL {
        return Err(FieldFault::new(field, Fault::TooManyItems));
    }
    let parse = |(number, text): (usize, &String)| match text.as_str() {
        // The result itself.
        "." => Ok(Box::default()),
        text => {
            parse_steps(text).map_err(|fault| FieldFault::new(format!("{field}[{number}]"), fault))
        }
    };
    texts.iter().enumerate().map(parse).collect()
}

/// Whether something that `inner` matches may lie at or below something that `outer` matches.
fn may_hold(outer: &[Step], inner: &[Step]) -> bool {
    let meets = |(one, other): (&Step, &Step)| match (one, other) {
        (Step::Each, _) | (_, Step::Each) => true,
        // `1` and `01` are one place of a list, though not one field.
        (Step::Named { field: one, index }, Step::Named { field: other, index: beside }) => {
            one == other || index.is_some() && index == beside
        }
    };
    outer.len() <= inner.len() && outer.iter().zip(inner).all(meets)
}

/// The steps taken so far, from the last one back.
struct Trail<'t> {
    step: Taken<'t>,
    before: Option<&'t Trail<'t>>,
    length: usize,
}

#[derive(Clone, Copy)]
enum Taken<'t> {
    Field(&'t str),
    Place(usize),
}

impl Trail<'_> {
    /// Whether the pattern matches the first steps of the trail, so that it holds the place.
    fn is_within(trail: Option<&Self>, pattern: &[Step]) -> bool {
        let length = trail.map_or(0, |trail| trail.length);
        let Some(beyond) = length.checked_sub(pattern.len()) else { return false };
        let back = std::iter::successors(trail, |trail| trail.before).skip(beyond);
        back.zip(pattern.iter().rev()).all(|(trail, step)| match (step, trail.step) {
            (Step::Each, _) => true,
            (Step::Named { field, .. }, Taken::Field(name)) => **field == *name,
            (Step::Named { index, .. }, Taken::Place(place)) => *index == Some(place),
        })
    }
}

struct Walk<'w> {
    outsider: &'w [Box<[Step]>],
    /// Values that may still be looked at.
    left: usize,
    show: &'w mut dyn FnMut(Value<'_>),
}

impl Walk<'_> {
    fn go(&mut self, steps: &[Step], value: Value<'_>, trail: Option<&Trail<'_>>) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        match (steps.split_first(), value) {
            (None, value) => self.arrive(value, trail),
            (Some((step, rest)), Value::Object(object)) => self.enter(step, rest, object, trail),
            (Some((step, rest)), Value::List(list)) => self.along(step, rest, list, trail),
            _ => {}
        }
    }

    fn enter(
        &mut self,
        step: &Step,
        rest: &[Step],
        object: &dyn Arguments,
        before: Option<&Trail<'_>>,
    ) {
        let length = 1 + before.map_or(0, |trail| trail.length);
        let trail = |name| Trail { step: Taken::Field(name), before, length };
        match step {
            Step::Named { field, .. } => {
                if let Some(value) = object.get(field) {
                    self.go(rest, value, Some(&trail(field)));
                }
            }
            Step::Each => object.visit(&mut |name, value| {
                let trail = Trail { step: Taken::Field(name), before, length };
                self.go(rest, value, Some(&trail));
            }),
        }
    }

    fn along(&mut self, step: &Step, rest: &[Step], list: &dyn List, before: Option<&Trail<'_>>) {
        let places = match step {
            Step::Named { index: Some(index), .. } => *index..index.saturating_add(1),
            Step::Named { index: None, .. } => 0..0,
            Step::Each => 0..list.len().min(self.left),
        };
        let length = 1 + before.map_or(0, |trail| trail.length);
        for place in places {
            if let Some(value) = list.at(place) {
                self.go(rest, value, Some(&Trail { step: Taken::Place(place), before, length }));
            }
        }
    }

    fn arrive(&mut self, value: Value<'_>, trail: Option<&Trail<'_>>) {
        let plain = matches!(value, Value::Text(_) | Value::Integer(_) | Value::Float(_));
        // No pattern of outsiders can meet a trusted one, which was checked; it costs little to look.
        if plain && !self.outsider.iter().any(|pattern| Trail::is_within(trail, pattern)) {
            (self.show)(value);
        }
    }
}
