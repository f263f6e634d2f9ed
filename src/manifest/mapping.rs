//! A call while it is mapped: what is given, what kinds found in it, and what is planned so far.

use smallvec::SmallVec;

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
    pub(super) taken: TakenElements<'c>,
    /// Where the resource begins that is being written.
    pub(super) from: usize,
}

/// An element of a list that gives an action each: as it is given, and as kinds found it.
#[derive(Clone, Copy)]
pub(super) struct Element<'e> {
    pub(super) given: Option<Value<'e>>,
    pub(super) part: Option<Part<'e>>,
}

/// A list, each element of which gives an action.
#[derive(Clone, Copy)]
pub(super) struct Elements<'c, 'm> {
    pub(super) given: Option<&'c dyn List>,
    pub(super) part: Option<Part<'m>>,
}

impl Elements<'_, '_> {
    pub(super) fn len(&self) -> usize {
        match (self.given, self.part) {
            (Some(list), _) => list.len(),
            (None, Some(part)) => part.iter().count(),
            (None, None) => 0,
        }
    }

    pub(super) fn at(&self, place: usize) -> Option<Element<'_>> {
        let given = match self.given {
            Some(list) => Some(list.at(place)?),
            None => None,
        };
        Some(Element { given, part: self.part.and_then(|part| part.at(place)) })
    }
}

/// Which elements of the lists of `for_each` an effect takes.
#[derive(Default)]
pub(super) struct TakenElements<'c> {
    lists: SmallVec<[(&'c ArgumentPath, [u64; MAX_CALL_ACTIONS / 64]); 4]>,
}

impl<'c> TakenElements<'c> {
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
        (true, Some(place)) => path.part_within(part.at(place)?),
        (true, None) => None,
    }
}
