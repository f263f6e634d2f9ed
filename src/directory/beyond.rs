//! What a denial of an audience turns on: whether a smaller one is possible, and who of it readers do not hold.

use super::containment::Containment;
use super::readers::{INVOKER, ReaderSet};
use super::resolved::{Resolved, ResolvedAudience, THE_INVOKER, UNKNOWN};
use super::{Kind, Members};
use crate::base::steps::Allowance;
use crate::decision::{Excess, ExcessKind};
use crate::model::audience::Audience;

/// Members of one group that are looked at; behind these the group is named as a whole.
const MOST_MEMBERS: usize = 4096;

impl ResolvedAudience<'_> {
    /// Whether nobody but the invoker is in the audience, so that none is smaller.
    #[cold]
    pub(crate) fn is_invoker_alone(&self) -> bool {
        match self.kind {
            Resolved::Private => true,
            Resolved::Internal | Resolved::Public => false,
            Resolved::Recipients(_)
                if self.parties.first().is_some_and(|first| *first == UNKNOWN) =>
            {
                false
            }
            _ => self.is_within_set(&ReaderSet { kinds: INVOKER, terms: Box::default() }),
        }
    }

    /// The first of the audience, which was resolved from `audience`, whom `readers` do not hold. Takes at most twice as long
    /// as deciding that some are not held.
    #[cold]
    pub(crate) fn beyond(&self, readers: &ReaderSet, audience: Audience<'_>) -> Option<Excess> {
        if readers.kinds & self.enough != 0 {
            return None;
        }
        let allowance = Allowance::unlimited();
        let within = self.within(readers, &allowance);
        Some(match (self.kind, audience) {
            (Resolved::Private, _) => Excess::new(ExcessKind::Invoker),
            (Resolved::Internal, _) => Excess::new(ExcessKind::Internal),
            (Resolved::Recipients(names), _) => {
                let parties = names.iter().zip(&self.parties).enumerate();
                let beyond = |(_, (name, party)): &(_, (&str, &u32))| !within.holds(name, **party);
                let (place, (name, party)) = parties.into_iter().find(beyond)?;
                self.party_beyond(&within, name, *party).at(place)
            }
            (Resolved::Entry(id), Audience::Group(name) | Audience::Channel(name)) => {
                self.party_beyond(&within, name, id)
            }
            (_, Audience::Group(name) | Audience::Channel(name)) => self.nobody_known(name),
            _ => Excess::new(ExcessKind::Public),
        })
    }

    /// The same for an audience that is everybody inside or anybody, which no other readers hold in part.
    #[inline]
    pub(crate) fn beyond_as_a_whole(audience: Audience<'_>) -> Option<Excess> {
        match audience {
            Audience::Internal => Some(Excess::new(ExcessKind::Internal)),
            Audience::Public => Some(Excess::new(ExcessKind::Public)),
            _ => None,
        }
    }

    fn party_beyond(&self, within: &Containment<'_, '_>, name: &str, party: u32) -> Excess {
        match party {
            THE_INVOKER => return Excess::new(ExcessKind::Invoker),
            UNKNOWN => return self.nobody_known(name),
            _ => {}
        }
        match self.directory.entry(party).map(|entry| &entry.kind) {
            Some(Kind::Channel(_, joinable)) if !within.holds_joiners(*joinable) => {
                Excess::named(ExcessKind::Joiners, name)
            }
            Some(Kind::Group(members) | Kind::Channel(members, _)) => {
                self.member_beyond(within, name, members)
            }
            _ => Excess::named(ExcessKind::Principal, name),
        }
    }

    fn member_beyond(
        &self,
        within: &Containment<'_, '_>,
        group: &str,
        members: &Members,
    ) -> Excess {
        let mut looked_at = members.principals.iter().take(MOST_MEMBERS);
        let member = looked_at.find(|id| !within.holds_entry_as_member(**id));
        match member.and_then(|id| self.directory.entry(*id)) {
            Some(entry) => Excess::named(ExcessKind::Member, &entry.name),
            None => Excess::named(ExcessKind::Group, group),
        }
    }

    /// A name that stands for the public: unknown, or a group that has lost its members.
    fn nobody_known(&self, name: &str) -> Excess {
        let known = self.directory.find(name).is_some();
        Excess::named(if known { ExcessKind::Group } else { ExcessKind::Unknown }, name)
    }
}
