//! Readers as a policy holds them, and what holding an audience against them costs at most.

use super::Extent;
use crate::base::limits::{MAX_NAME_BYTES, MAX_RECIPIENTS};
use crate::base::name::Name;
use crate::base::steps;
use crate::model::audience::{Reader, Readers};

/// Readers as a policy holds them: the common kinds as flags, the rest with their hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReaderSet {
    /// Of `PUBLIC`, `INTERNAL` and `INVOKER`.
    pub(super) kinds: u8,
    pub(super) terms: Box<[Term]>,
}

/// Steps to compare one name.
pub(super) const NAME: u64 = steps::of_bytes(MAX_NAME_BYTES);

/// Steps to see of one recipient who it is, and whether it was named before.
pub(super) const RECIPIENT: u64 = 2 + MAX_RECIPIENTS as u64 / 16;

/// Steps to hold one person against one term: a name, its domain, or a place in a group.
fn person_steps(extent: &Extent) -> u64 {
    let in_group = 1 + extent.look_up + steps::of_halving(extent.largest as usize);
    (2 * NAME).max(in_group)
}

pub(super) const PUBLIC: u8 = 1;
pub(super) const INTERNAL: u8 = 2;
pub(super) const INVOKER: u8 = 4;

#[derive(Clone, Debug)]
pub(super) enum Term {
    Principal(Name),
    Group(Name),
    Channel(Name),
    Domain(Name),
}

impl ReaderSet {
    pub(crate) fn new(readers: &Readers) -> Self {
        let mut set = Self::default();
        let mut terms = Vec::new();
        for reader in readers.iter() {
            match reader {
                Reader::Public => set.kinds |= PUBLIC,
                Reader::Internal => set.kinds |= INTERNAL,
                Reader::Invoker => set.kinds |= INVOKER,
                Reader::Principal(name) => terms.push(Term::Principal(Name::new(name))),
                Reader::Group(name) => terms.push(Term::Group(Name::new(name))),
                Reader::Channel(name) => terms.push(Term::Channel(Name::new(name))),
                Reader::Domain(name) => terms.push(Term::Domain(Name::new(name))),
            }
        }
        set.terms = terms.into();
        set
    }

    /// Whether anybody may see it.
    pub(crate) const fn is_public(&self) -> bool {
        self.has(PUBLIC)
    }

    #[inline]
    pub(super) const fn has(&self, kind: u8) -> bool {
        self.kinds & kind != 0
    }

    /// The most steps that one containment check can take.
    ///
    /// Each recipient is looked at once, and held against the terms as a whole: by its name, by whether a channel is
    /// open, and as a list of members beside that of each group. The members of groups, each group once however often it is
    /// named, are then held against the terms one by one.
    pub(crate) fn worst_case_steps(&self, extent: &Extent) -> u64 {
        if self.is_public() {
            return 1;
        }
        let Extent { largest, most_members, look_up } = *extent;
        let terms = self.terms.len() as u64;
        let person = 1 + NAME + terms * person_steps(extent);
        let whole = terms * (NAME + 2 * (1 + look_up) + largest);
        let recipient = RECIPIENT + look_up + whole + person;
        let members = most_members.saturating_mul(person.saturating_add(terms));
        (1 + MAX_RECIPIENTS as u64 * recipient).saturating_add(members)
    }

    /// Bytes on the heap.
    pub(crate) fn memory_bytes(&self) -> usize {
        let text = |term: &Term| match term {
            Term::Principal(name)
            | Term::Group(name)
            | Term::Channel(name)
            | Term::Domain(name) => name.text.len(),
        };
        size_of_val(&*self.terms) + self.terms.iter().map(text).sum::<usize>()
    }
}
