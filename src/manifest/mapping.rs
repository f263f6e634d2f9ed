//! A call while it is mapped: what is given, what kinds found in it, and what is planned so far.

use smallvec::SmallVec;

use super::branch::Element;
use super::call::Plan;
use super::given::CallArguments;
use super::path::ArgumentPath;
use crate::authority::scope::Scope;
use crate::base::limits::MAX_CALL_ACTIONS;
use crate::model::arguments::{List, Value};
use crate::model::parts::{Part, Parts};

/// A call while it is mapped.
pub(super) struct Mapping<'m, 'c> {
    pub(super) given: CallArguments<'c>,
    /// What the kinds of the arguments found.
    pub(super) reached: &'m Parts,
    pub(super) scope: &'m Scope,
    pub(super) plan: &'m mut Plan<'c>,
    /// Which elements of lists an effect took.
    pub(super) taken: ElementMarks<'c>,
    /// Where the resource begins that is being written.
    pub(super) from: usize,
}

/// What gives an action for each element.
#[derive(Clone, Copy)]
pub(super) enum Elements<'c, 'm> {
    /// A list that the call gives.
    Given(&'c dyn List, Option<Part<'m>>),
    /// A list that a kind finds.
    Found(Part<'m>),
    /// One value where a list may stand.
    One(Value<'c>, Option<Part<'m>>),
}

impl<'c, 'm> Elements<'c, 'm> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(list, _) => list.len(),
            Self::Found(part) => part.iter().count(),
            Self::One(..) => 1,
        }
    }

    pub(super) fn at(&self, place: usize) -> Option<Element<'c, 'm>> {
        match *self {
            Self::Given(list, part) => {
                let part = part.and_then(|part| part.at(place));
                Some(Element { given: Some(list.at(place)?), part })
            }
            Self::Found(part) => Some(Element { given: None, part: part.at(place) }),
            Self::One(value, part) => (place == 0).then_some(Element { given: Some(value), part }),
        }
    }
}

/// Which elements of the lists of `for_each` an effect takes.
#[derive(Default)]
pub(super) struct ElementMarks<'c> {
    lists: SmallVec<[(&'c ArgumentPath, [u64; MAX_CALL_ACTIONS / 64]); 4]>,
}

impl<'c> ElementMarks<'c> {
    /// Takes an element; `None` only names the list.
    pub(super) fn take(&mut self, list: &'c ArgumentPath, place: Option<usize>) {
        let known = self.lists.iter().position(|(known, _)| known.text() == list.text());
        let at = known.unwrap_or_else(|| {
            self.lists.push((list, [0; MAX_CALL_ACTIONS / 64]));
            self.lists.len() - 1
        });
        let Some(place) = place else { return };
        let word = self.lists.get_mut(at).and_then(|(_, taken)| taken.get_mut(place / 64));
        if let Some(word) = word {
            *word |= 1 << (place % 64);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'c ArgumentPath, impl Fn(usize) -> bool)> {
        self.lists.iter().map(|(list, taken)| {
            let taken = *taken;
            let holds = move |place: usize| {
                taken.get(place / 64).is_some_and(|w| w >> (place % 64) & 1 == 1)
            };
            (*list, holds)
        })
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
        (true, Some(place)) if part.is_list() => path.part_within(part.at(place)?),
        // One value where a list may stand is its own element.
        (true, Some(_)) => path.part_within(part),
        (true, None) => None,
    }
}
