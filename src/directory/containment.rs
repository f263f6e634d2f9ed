//! Whether everybody in an audience is one of some readers.

use super::readers::{INTERNAL, INVOKER, NAME, RECIPIENT, ReaderSet, Term};
use super::resolved::{Resolved, ResolvedAudience, THE_INVOKER, UNKNOWN};
use super::{Entry, JoinPolicy, Kind, Members};
use crate::base::name::{Name, domain_of};
use crate::base::steps::{self, Allowance};
use crate::model::audience::Readers;

impl<'a> ResolvedAudience<'a> {
    /// Whether everybody in the audience is one of `readers`.
    ///
    /// Allocates; policies do the same check on readers that were compiled before.
    pub fn is_within(&self, readers: &Readers) -> bool {
        self.is_within_set(&ReaderSet::new(readers))
    }

    #[inline]
    pub(crate) fn is_within_set(&self, readers: &ReaderSet) -> bool {
        self.is_within_allowance(readers, &Allowance::unlimited())
    }

    pub(super) fn within<'c>(
        &'c self,
        readers: &'c ReaderSet,
        allowance: &'c Allowance,
    ) -> Containment<'c, 'a> {
        Containment { audience: self, readers, allowance }
    }

    /// The same, by no more steps over entries and members of the directory than are allowed. More are too many: nobody is
    /// within.
    #[inline]
    pub(crate) fn is_within_allowance(&self, readers: &ReaderSet, allowance: &Allowance) -> bool {
        steps::take(|| 1);
        readers.kinds & self.enough != 0 || self.within(readers, allowance).holds_all()
    }
}

/// An audience held against readers, where their kinds alone do not tell. Whatever cannot be looked up any more holds
/// nobody.
pub(super) struct Containment<'c, 'a> {
    audience: &'c ResolvedAudience<'a>,
    readers: &'c ReaderSet,
    allowance: &'c Allowance,
}

impl<'a> Containment<'_, 'a> {
    /// Whether they hold the audience, where their kinds alone do not tell.
    fn holds_all(&self) -> bool {
        match self.audience.kind {
            Resolved::Private => self.holds_invoker(),
            Resolved::Internal => self.opens_to(JoinPolicy::Internal),
            Resolved::Public => self.opens_to(JoinPolicy::Anyone),
            Resolved::Entry(id) => self.holds_entry(id),
            Resolved::Recipients(names) => {
                let mut parties = names.iter().zip(&self.audience.parties).enumerate();
                parties.all(|(place, (name, party))| {
                    steps::take(|| RECIPIENT);
                    self.was_held(place, *party) || self.holds(name, *party)
                })
            }
        }
    }

    /// Whether the group at this place was named before, and held: its members are asked once.
    fn was_held(&self, place: usize, party: u32) -> bool {
        let before = self.audience.parties.get(..place).unwrap_or_default();
        party < UNKNOWN && before.contains(&party)
    }

    pub(super) fn holds(&self, name: &str, party: u32) -> bool {
        match party {
            THE_INVOKER => self.readers.has(INVOKER) || self.holds_invoker(),
            UNKNOWN => self.holds_name(name) || self.opens_to(JoinPolicy::Anyone),
            id => self.holds_entry(id),
        }
    }

    /// The invoker as somebody whom readers may also name by other means.
    fn holds_invoker(&self) -> bool {
        let invoker = self.audience.invoker;
        let text = &invoker.text;
        match self.audience.directory.find_within(invoker, self.allowance) {
            Some(id) => self.holds_entry(id),
            None if self.allowance.is_spent() => false,
            None => self.holds_name(text) || self.opens_to(JoinPolicy::Anyone),
        }
    }

    /// Somebody unknown: only literally or by domain.
    fn holds_name(&self, name: &str) -> bool {
        steps::take(|| 2 * NAME * self.readers.terms.len() as u64);
        self.readers.terms.iter().any(|term| match term {
            Term::Principal(reader) => &*reader.text == name,
            Term::Domain(domain) => domain_of(name) == Some(&*domain.text),
            Term::Group(_) | Term::Channel(_) => false,
        })
    }

    fn holds_entry(&self, id: u32) -> bool {
        match self.audience.directory.entry(id) {
            None => false,
            Some(Entry { name, kind: Kind::Principal { internal } }) => {
                self.holds_principal(id, name, *internal)
            }
            Some(Entry { name, kind: Kind::Group(members) }) => {
                steps::take(|| NAME * self.readers.terms.len() as u64);
                let same =
                    |term: &Term| matches!(term, Term::Group(group) if *group.text == **name);
                self.readers.terms.iter().any(same) || self.holds_members(members)
            }
            Some(Entry { name, kind: Kind::Channel(members, joinable) }) => {
                steps::take(|| NAME * self.readers.terms.len() as u64);
                let same =
                    |term: &Term| matches!(term, Term::Channel(channel) if *channel.text == **name);
                self.readers.terms.iter().any(same)
                    || self.holds_joiners(*joinable) && self.holds_members(members)
            }
        }
    }

    pub(super) fn holds_joiners(&self, joinable: JoinPolicy) -> bool {
        match joinable {
            JoinPolicy::ByInvitation => true,
            JoinPolicy::Internal => {
                self.readers.has(INTERNAL) || self.opens_to(JoinPolicy::Internal)
            }
            JoinPolicy::Anyone => self.opens_to(JoinPolicy::Anyone),
        }
    }

    fn holds_principal(&self, id: u32, name: &str, internal: bool) -> bool {
        let (readers, by_name) = (self.readers, steps::of_bytes(name.len()));
        readers.has(INTERNAL) && internal
            || readers.has(INVOKER)
                && self.allowance.take(by_name)
                && name == &*self.audience.invoker.text
            || readers.terms.iter().any(|term| match term {
                Term::Principal(reader) => self.allowance.take(by_name) && &*reader.text == name,
                Term::Domain(domain) => {
                    self.allowance.take(2 * by_name) && domain_of(name) == Some(&*domain.text)
                }
                Term::Group(group) => {
                    self.group(group).is_some_and(|group| group.contains(id, self.allowance))
                }
                Term::Channel(channel) => {
                    self.channel(channel).is_some_and(|(members, joinable)| {
                        joinable == JoinPolicy::Anyone
                            || joinable == JoinPolicy::Internal && internal
                            || members.contains(id, self.allowance)
                    })
                }
            })
    }

    fn holds_members(&self, members: &Members) -> bool {
        let covers = |term: &Term| match term {
            Term::Group(group) => {
                self.group(group).is_some_and(|group| members.is_within(group, self.allowance))
            }
            Term::Channel(channel) => {
                self.channel(channel).is_some_and(|(of, _)| members.is_within(of, self.allowance))
            }
            Term::Principal(_) | Term::Domain(_) => false,
        };
        self.readers.has(INTERNAL) && members.all_internal
            || self.readers.terms.iter().any(covers)
            || members.principals.iter().all(|id| self.holds_entry_as_member(*id))
    }

    pub(super) fn holds_entry_as_member(&self, id: u32) -> bool {
        if !self.allowance.take(1) {
            return false;
        }
        match self.audience.directory.entry(id) {
            Some(Entry { name, kind: Kind::Principal { internal } }) => {
                self.holds_principal(id, name, *internal)
            }
            _ => false,
        }
    }

    /// Whether one of the readers is a channel that at least `joinable` may join.
    fn opens_to(&self, joinable: JoinPolicy) -> bool {
        self.readers.terms.iter().any(|term| match term {
            Term::Channel(channel) => {
                self.channel(channel).is_some_and(|(_, open)| open >= joinable)
            }
            _ => false,
        })
    }

    fn group(&self, name: &Name) -> Option<&'a Members> {
        match &self.named(name)?.kind {
            Kind::Group(members) => Some(members),
            _ => None,
        }
    }

    fn channel(&self, name: &Name) -> Option<(&'a Members, JoinPolicy)> {
        match &self.named(name)?.kind {
            Kind::Channel(members, joinable) => Some((members, *joinable)),
            _ => None,
        }
    }

    fn named(&self, name: &Name) -> Option<&'a Entry> {
        let directory = self.audience.directory;
        if !self.allowance.take(1) {
            return None;
        }
        directory.entry(directory.find_within(name, self.allowance)?)
    }
}
