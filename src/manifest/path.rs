//! Where a value stands: fields and places in lists joined by dots, and `*` for each element.

use std::sync::Arc;

use super::error::Fault;
use super::given::CallArguments;
use super::step::{Step, parse_steps};
use crate::model::arguments::Value;
use crate::model::parts::{Part, Parts};

/// A parsed path to an argument, with at most one `*`, which never stands first.
#[derive(Clone, Debug)]
pub(super) struct ArgumentPath {
    text: Arc<str>,
    steps: Box<[Step]>,
    /// The place of the `*`.
    each: Option<usize>,
    /// Whether it leads to what a kind parses, or into it.
    reaches: bool,
}

impl ArgumentPath {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let steps = parse_steps(text)?;
        let mut stars = steps.iter().enumerate().filter(|(_, step)| **step == Step::Each);
        let each = stars.next().map(|(place, _)| place);
        if each == Some(0) || stars.next().is_some() {
            return Err(Fault::PathStars);
        }
        Ok(Self { text: text.into(), steps, each, reaches: false })
    }

    /// A path that is known to lead to what a kind parses.
    pub(super) fn reaching(self, reaches: bool) -> Self {
        Self { reaches, ..self }
    }

    /// The steps before the `*`.
    pub(super) fn list(&self) -> &[Step] {
        self.each.and_then(|each| self.steps.get(..each)).unwrap_or_default()
    }

    /// Of what a kind parsed, the part before the `*`, or where the path leads to without one. Nothing where no kind did.
    #[inline]
    pub(super) fn part<'p>(&self, parts: &'p Parts) -> Option<Part<'p>> {
        if !self.reaches {
            return None;
        }
        let (first, rest) = self.steps.split_first()?;
        let Step::Named { field, .. } = first else { return None };
        let before = self.each.map_or(rest, |each| rest.get(..each - 1).unwrap_or_default());
        descend(parts.get(field)?, before)
    }

    /// From an element of the list at that part on: what stands behind the `*`.
    pub(super) fn part_within<'p>(&self, element: Part<'p>) -> Option<Part<'p>> {
        let behind = self.each.and_then(|each| self.steps.get(each + 1..));
        descend(element, behind.unwrap_or_default())
    }

    /// The path as it was written.
    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps behind the `*`.
    pub(super) fn behind(&self) -> &[Step] {
        self.each.and_then(|each| self.steps.get(each + 1..)).unwrap_or_default()
    }

    /// Whether one path can name several values.
    pub(super) fn has_each(&self) -> bool {
        self.each.is_some()
    }

    /// The value before the `*`, or where the path leads to without one.
    #[inline]
    pub(super) fn head<'c>(&self, given: CallArguments<'c>) -> Option<Value<'c>> {
        let (first, rest) = self.steps.split_first()?;
        let Step::Named { field, .. } = first else { return None };
        let before = self.each.map_or(rest, |each| rest.get(..each - 1).unwrap_or_default());
        let mut value = given.field(field);
        if !before.is_empty() {
            value = follow(value?, before);
        }
        value
    }

    /// From an element of the list at the head on: what stands behind the `*`.
    #[inline]
    pub(super) fn within<'c>(&self, element: Value<'c>) -> Option<Value<'c>> {
        let behind = self.each.and_then(|each| self.steps.get(each + 1..));
        follow(element, behind.unwrap_or_default())
    }
}

fn descend<'p>(part: Part<'p>, steps: &[Step]) -> Option<Part<'p>> {
    steps.iter().try_fold(part, |part, step| match step {
        Step::Named { index: Some(place), .. } if part.is_list() => part.at(*place),
        Step::Named { field, .. } => part.get(field),
        Step::Each => None,
    })
}

#[inline]
fn follow<'c>(value: Value<'c>, steps: &[Step]) -> Option<Value<'c>> {
    let mut value = value;
    for step in steps {
        value = match (step, value) {
            (Step::Named { field, .. }, Value::Object(object)) => object.get(field)?,
            (Step::Named { index, .. }, Value::List(list)) => list.at((*index)?)?,
            _ => return None,
        };
    }
    Some(value)
}
