//! A call while it is mapped: what is given, what kinds found in it, and what is planned so far.

use super::call::Plan;
use super::given::CallArguments;
use super::path::ArgumentPath;
use crate::authority::scope::Scope;
use crate::model::arguments::{List, Value};
use crate::model::parts::{Part, Parts};

/// A call while it is mapped.
pub(super) struct Mapping<'m, 'c> {
    pub(super) given: CallArguments<'c>,
    /// What the kinds of the arguments found.
    pub(super) reached: &'m Parts,
    pub(super) scope: &'m Scope,
    pub(super) plan: &'m mut Plan<'c>,
    /// Where the resource begins that is being written.
    pub(super) from: usize,
}

/// An element of a list that gives an action each.
#[derive(Clone, Copy)]
pub(super) enum Element<'e> {
    Given(Value<'e>),
    Reached(Part<'e>),
}

/// A list, each element of which gives an action.
pub(super) enum Elements<'c, 'm> {
    Given(&'c dyn List),
    Reached(Part<'m>),
}

impl Elements<'_, '_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(list) => list.len(),
            Self::Reached(part) => part.iter().count(),
        }
    }

    pub(super) fn at(&self, place: usize) -> Option<Element<'_>> {
        match self {
            Self::Given(list) => list.at(place).map(Element::Given),
            Self::Reached(part) => part.at(place).map(Element::Reached),
        }
    }
}

/// What a kind parsed at a path, of its list the one at `element`.
pub(super) fn part_of<'p>(
    path: &ArgumentPath,
    reached: &'p Parts,
    element: Option<usize>,
) -> Option<Part<'p>> {
    let part = path.part(reached)?;
    match (path.has_each(), element) {
        (false, _) => Some(part),
        (true, Some(place)) => path.part_within(part.at(place)?),
        (true, None) => None,
    }
}
