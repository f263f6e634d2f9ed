//! Which parts of a call's arguments the paths of its tool lead to.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::step::Step;
use crate::base::limits::MAX_TOOL_EFFECTS;
use crate::base::steps;

/// What the paths of a tool say of one part of its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// No path leads there.
    #[default]
    None,
    /// One asks whether it is there, counts it, or names it as a control.
    Asks,
    /// What stands there decides what the call does.
    Takes,
}

/// What the paths say that count for every call, and those of each effect, by its number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Claims {
    always: Claim,
    asks: u64,
    takes: u64,
}

// Each effect has a bit.
const _: () = assert!(MAX_TOOL_EFFECTS <= 64);

impl Claims {
    pub(super) fn add(&mut self, claim: Claim, effect: Option<usize>) {
        let bit = effect.map_or(0, |number| 1 << number);
        match (effect, claim) {
            (None, claim) => self.always = self.always.max(claim),
            (_, Claim::None) => {}
            (_, Claim::Asks) => self.asks |= bit,
            (_, Claim::Takes) => self.takes |= bit,
        }
    }

    /// The most that is said where these effects are those of the call.
    pub(super) fn of(self, effects: u64) -> Claim {
        if self.takes & effects != 0 {
            Claim::Takes
        } else if self.asks & effects != 0 {
            self.always.max(Claim::Asks)
        } else {
            self.always
        }
    }

    /// Whether anything is said, whatever the effects are.
    pub(super) fn is_any(self) -> bool {
        self.of(u64::MAX) != Claim::None
    }
}

/// One place among the arguments, with all places below it that paths lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// What paths say that end here.
    ends: Claims,
    /// What paths say that lead here or further.
    leads: Claims,
    /// By the step that leads there: a field's name, or an element's number.
    below: BTreeMap<Box<str>, Reach>,
    /// Which of these steps are numbers of elements as well.
    places: BTreeMap<usize, Box<str>>,
    /// For each element.
    each: Option<Box<Reach>>,
}

/// What stands for one part of a call: each way to spell the path to it. With one `*` at most in a path, and another behind
/// it for the elements of a list, they are few.
pub(super) type Reaches<'r> = SmallVec<[&'r Reach; 4]>;

impl Reach {
    /// Adds a path from here: of an effect, or of all calls.
    pub(super) fn add(&mut self, steps: &[Step], claim: Claim, effect: Option<usize>) {
        self.leads.add(claim, effect);
        let Some((step, rest)) = steps.split_first() else {
            self.ends.add(claim, effect);
            return;
        };
        let next = match step {
            Step::Each => self.each.get_or_insert_default(),
            Step::Named { field, index } => {
                self.places.extend(index.map(|place| (place, field.clone())));
                self.below.entry(field.clone()).or_default()
            }
        };
        next.add(rest, claim, effect);
    }

    fn field(&self, name: &str) -> Option<&Self> {
        steps::take(|| steps::of_halving(self.below.len()) * steps::of_bytes(name.len()));
        self.below.get(name)
    }

    fn element(&self, place: usize) -> Option<&Self> {
        steps::take(|| steps::of_halving(self.places.len()));
        self.field(self.places.get(&place)?)
    }
}

/// For a field of an object that stands here.
pub(super) fn field<'r>(here: &[&'r Reach], name: &str) -> Reaches<'r> {
    let mut found = Reaches::new();
    found.extend(here.iter().filter_map(|reach| reach.field(name)));
    found
}

/// For an element of a list that stands here.
pub(super) fn element<'r>(here: &[&'r Reach], place: usize) -> Reaches<'r> {
    let mut found = Reaches::new();
    found.extend(here.iter().filter_map(|reach| reach.element(place)));
    found.extend(here.iter().filter_map(|reach| reach.each.as_deref()));
    found
}

/// The most that a path says which ends here.
pub(super) fn ends(here: &[&Reach], effects: u64) -> Claim {
    here.iter().map(|reach| reach.ends.of(effects)).max().unwrap_or_default()
}

/// Whether a path leads here or further.
pub(super) fn leads(here: &[&Reach], effects: u64) -> bool {
    here.iter().any(|reach| reach.leads.of(effects) != Claim::None)
}
