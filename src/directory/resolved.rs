//! An action's audience, resolved against one directory, and containment in readers.
//!
//! Containment is a question about sets of people. In the set of an audience stand the people it names,
//! and, for audiences that anybody inside or anybody at all may join, everybody inside or everybody.
//! An unknown name is itself where readers name it literally or by its domain; otherwise it stands for
//! the public.

mod beyond;

use smallvec::SmallVec;

use super::{Directory, Entry, Extent, Joinable, Kind, Members};
use crate::audience::{Audience, Reader, Readers, Recipients, Visibility};
use crate::limits::{MAX_NAME_BYTES, MAX_RECIPIENTS};
use crate::name::{Name, NameFault, check_name, domain_of};
use crate::steps;

/// Readers as a policy holds them: the common kinds as flags, the rest with their hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReaderSet {
    /// Of `PUBLIC`, `INTERNAL` and `INVOKER`.
    kinds: u8,
    terms: Box<[Term]>,
}

/// Steps to compare one name.
const NAME: u64 = steps::of_bytes(MAX_NAME_BYTES);

/// Steps to see of one recipient who it is, and whether it was named before.
const RECIPIENT: u64 = 2 + MAX_RECIPIENTS as u64 / 16;

/// Steps to hold one person against one term: a name, its domain, or a place in a group.
fn person_steps(extent: &Extent) -> u64 {
    let in_group = 1 + extent.look_up + steps::of_halving(extent.largest as usize);
    (2 * NAME).max(in_group)
}

const PUBLIC: u8 = 1;
const INTERNAL: u8 = 2;
const INVOKER: u8 = 4;

#[derive(Clone, Debug)]
enum Term {
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
    const fn has(&self, kind: u8) -> bool {
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

/// Who can see the result of an action, looked up in the gate's directory.
///
/// Rules get it in their [`RuleContext`](crate::RuleContext).
pub struct ResolvedAudience<'a> {
    directory: &'a Directory,
    invoker: &'a Name,
    kind: Resolved<'a>,
    /// Readers of any of these kinds hold the whole audience; others may, too.
    enough: u8,
    /// The summary, except of named recipients.
    visibility: Visibility,
    /// For named recipients: an entry of the directory each, or one of the two marks below.
    parties: SmallVec<[u32; MAX_RECIPIENTS]>,
}

const THE_INVOKER: u32 = u32::MAX;
const UNKNOWN: u32 = u32::MAX - 1;

#[derive(Clone, Copy)]
enum Resolved<'a> {
    Private,
    Recipients(Recipients<'a>),
    Entry(u32),
    Internal,
    Public,
}

impl<'a> ResolvedAudience<'a> {
    #[inline]
    pub(crate) fn new(directory: &'a Directory, invoker: &'a Name) -> Self {
        Self {
            directory,
            invoker,
            kind: Resolved::Public,
            enough: PUBLIC,
            visibility: Visibility::Public,
            parties: SmallVec::new(),
        }
    }

    /// Checks that the audience is well-formed, and looks it up.
    #[inline]
    pub(crate) fn resolve(&mut self, audience: Audience<'a>) -> Result<(), NameFault> {
        (self.kind, self.enough, self.visibility) = match audience {
            Audience::Private => (Resolved::Private, PUBLIC | INVOKER, Visibility::Private),
            Audience::Internal => (Resolved::Internal, PUBLIC | INTERNAL, Visibility::Internal),
            Audience::Public => (Resolved::Public, PUBLIC, Visibility::Public),
            Audience::Group(name) => self.group_or_channel(name, false)?,
            Audience::Channel(name) => self.group_or_channel(name, true)?,
            Audience::Recipients(names) => {
                self.look_up_all(names)?;
                (Resolved::Recipients(names), PUBLIC, Visibility::Public)
            }
        };
        Ok(())
    }

    fn group_or_channel(
        &self,
        name: &str,
        channel: bool,
    ) -> Result<(Resolved<'a>, u8, Visibility), NameFault> {
        check_name(name)?;
        let found = self.directory.find(name).and_then(|id| Some((id, self.directory.entry(id)?)));
        Ok(match found {
            Some((id, entry)) if entry.is_channel() == Some(channel) && !entry.is_deserted() => {
                let enough = if entry.is_internal() { PUBLIC | INTERNAL } else { PUBLIC };
                (Resolved::Entry(id), enough, self.visibility_of(id))
            }
            _ => (Resolved::Public, PUBLIC, Visibility::Public),
        })
    }

    fn look_up_all(&mut self, names: Recipients<'a>) -> Result<(), NameFault> {
        if names.is_empty() || names.len() > MAX_RECIPIENTS {
            return Err(NameFault::Empty);
        }
        self.parties.clear();
        for name in names.iter() {
            check_name(name)?;
            let party = self.party_of(name);
            self.parties.push(party);
        }
        Ok(())
    }

    fn party_of(&self, name: &str) -> u32 {
        match self.directory.find(name).and_then(|id| Some((id, self.directory.entry(id)?))) {
            Some((_, entry)) if entry.is_deserted() => UNKNOWN,
            // A group may bear the invoker's name; then it is the group that is meant.
            Some((id, entry)) if entry.is_channel().is_some() => id,
            _ if name == &*self.invoker.text => THE_INVOKER,
            Some((id, _)) => id,
            None => UNKNOWN,
        }
    }

    /// The summary for people.
    #[inline]
    pub fn visibility(&self) -> Visibility {
        match self.kind {
            Resolved::Recipients(_) => self.visibility_of_all(),
            _ => self.visibility,
        }
    }

    fn visibility_of_all(&self) -> Visibility {
        let each = self.parties.iter().map(|party| self.visibility_of(*party));
        each.max().unwrap_or(Visibility::Public)
    }

    fn visibility_of(&self, party: u32) -> Visibility {
        match self.directory.entry(party) {
            None if party == THE_INVOKER => Visibility::Private,
            None => Visibility::Public,
            Some(Entry { kind: Kind::Channel(_, Joinable::Internal), .. }) => Visibility::Internal,
            Some(Entry { kind: Kind::Channel(_, Joinable::Anyone), .. }) => Visibility::Public,
            Some(_) => Visibility::Restricted,
        }
    }

    /// Whether the invoker is the only one who can see the result.
    pub fn is_private(&self) -> bool {
        self.visibility() == Visibility::Private
    }

    /// How many people the audience is known to hold: `None` where that is everybody inside,
    /// anybody, or somebody unknown. Somebody who is named and also in a group counts twice.
    pub fn head_count(&self) -> Option<usize> {
        match self.kind {
            Resolved::Private => Some(1),
            Resolved::Internal | Resolved::Public => None,
            Resolved::Entry(id) => self.heads_of(id),
            Resolved::Recipients(_) => self
                .parties
                .iter()
                .try_fold(0_usize, |sum, party| Some(sum.saturating_add(self.heads_of(*party)?))),
        }
    }

    fn heads_of(&self, party: u32) -> Option<usize> {
        if party == THE_INVOKER {
            return Some(1);
        }
        match &self.directory.entry(party)?.kind {
            Kind::Principal { .. } => Some(1),
            Kind::Group(members) | Kind::Channel(members, Joinable::ByInvitation) => {
                Some(members.principals.len())
            }
            Kind::Channel(..) => None,
        }
    }

    /// Whether everybody in the audience is one of `readers`.
    ///
    /// Allocates; policies do the same check on readers that were compiled before.
    pub fn is_within(&self, readers: &Readers) -> bool {
        self.is_within_set(&ReaderSet::new(readers))
    }

    #[inline]
    pub(crate) fn is_within_set(&self, readers: &ReaderSet) -> bool {
        steps::take(|| 1);
        readers.kinds & self.enough != 0 || self.is_within_terms(readers)
    }

    /// The same where the kinds of readers alone do not tell.
    fn is_within_terms(&self, readers: &ReaderSet) -> bool {
        match self.kind {
            Resolved::Private => self.holds_invoker(readers),
            Resolved::Internal => self.opens_to(readers, Joinable::Internal),
            Resolved::Public => self.opens_to(readers, Joinable::Anyone),
            Resolved::Entry(id) => self.holds_entry(readers, id),
            Resolved::Recipients(names) => {
                let mut parties = names.iter().zip(&self.parties).enumerate();
                parties.all(|(place, (name, party))| {
                    steps::take(|| RECIPIENT);
                    self.was_held(place, *party) || self.holds(readers, name, *party)
                })
            }
        }
    }

    /// Whether the group at this place was named before, and held: its members are asked once.
    fn was_held(&self, place: usize, party: u32) -> bool {
        let before = self.parties.get(..place).unwrap_or_default();
        party < UNKNOWN && before.contains(&party)
    }

    fn holds(&self, readers: &ReaderSet, name: &str, party: u32) -> bool {
        match party {
            THE_INVOKER => readers.has(INVOKER) || self.holds_invoker(readers),
            UNKNOWN => self.holds_name(readers, name) || self.opens_to(readers, Joinable::Anyone),
            id => self.holds_entry(readers, id),
        }
    }

    /// The invoker as somebody whom readers may also name by other means.
    fn holds_invoker(&self, readers: &ReaderSet) -> bool {
        let Name { text, hash } = self.invoker;
        match self.directory.find_hashed(text, *hash) {
            Some(id) => self.holds_entry(readers, id),
            None => self.holds_name(readers, text) || self.opens_to(readers, Joinable::Anyone),
        }
    }

    /// Somebody unknown: only literally or by domain.
    fn holds_name(&self, readers: &ReaderSet, name: &str) -> bool {
        steps::take(|| 2 * NAME * readers.terms.len() as u64);
        readers.terms.iter().any(|term| match term {
            Term::Principal(reader) => &*reader.text == name,
            Term::Domain(domain) => domain_of(name) == Some(&*domain.text),
            Term::Group(_) | Term::Channel(_) => false,
        })
    }

    fn holds_entry(&self, readers: &ReaderSet, id: u32) -> bool {
        match self.directory.entry(id) {
            None => false,
            Some(Entry { name, kind: Kind::Principal { internal } }) => {
                self.holds_principal(readers, id, name, *internal)
            }
            Some(Entry { name, kind: Kind::Group(members) }) => {
                steps::take(|| NAME * readers.terms.len() as u64);
                let same =
                    |term: &Term| matches!(term, Term::Group(group) if *group.text == **name);
                readers.terms.iter().any(same) || self.holds_members(readers, members)
            }
            Some(Entry { name, kind: Kind::Channel(members, joinable) }) => {
                steps::take(|| NAME * readers.terms.len() as u64);
                let same =
                    |term: &Term| matches!(term, Term::Channel(channel) if *channel.text == **name);
                readers.terms.iter().any(same)
                    || self.holds_joiners(readers, *joinable)
                        && self.holds_members(readers, members)
            }
        }
    }

    fn holds_joiners(&self, readers: &ReaderSet, joinable: Joinable) -> bool {
        match joinable {
            Joinable::ByInvitation => true,
            Joinable::Internal => {
                readers.has(INTERNAL) || self.opens_to(readers, Joinable::Internal)
            }
            Joinable::Anyone => self.opens_to(readers, Joinable::Anyone),
        }
    }

    fn holds_principal(&self, readers: &ReaderSet, id: u32, name: &str, internal: bool) -> bool {
        let by_name = || steps::take(|| 2 * NAME);
        steps::take(|| 1 + NAME);
        readers.has(INTERNAL) && internal
            || readers.has(INVOKER) && name == &*self.invoker.text
            || readers.terms.iter().any(|term| match term {
                Term::Principal(reader) => {
                    by_name();
                    &*reader.text == name
                }
                Term::Domain(domain) => {
                    by_name();
                    domain_of(name) == Some(&*domain.text)
                }
                Term::Group(group) => self.group(group).is_some_and(|group| group.contains(id)),
                Term::Channel(channel) => {
                    self.channel(channel).is_some_and(|(members, joinable)| {
                        joinable == Joinable::Anyone
                            || joinable == Joinable::Internal && internal
                            || members.contains(id)
                    })
                }
            })
    }

    fn holds_members(&self, readers: &ReaderSet, members: &Members) -> bool {
        let covers = |term: &Term| match term {
            Term::Group(group) => self.group(group).is_some_and(|group| members.is_within(group)),
            Term::Channel(channel) => {
                self.channel(channel).is_some_and(|(readers, _)| members.is_within(readers))
            }
            Term::Principal(_) | Term::Domain(_) => false,
        };
        readers.has(INTERNAL) && members.all_internal
            || readers.terms.iter().any(covers)
            || members.principals.iter().all(|id| self.holds_entry_as_member(readers, *id))
    }

    fn holds_entry_as_member(&self, readers: &ReaderSet, id: u32) -> bool {
        match self.directory.entry(id) {
            Some(Entry { name, kind: Kind::Principal { internal } }) => {
                self.holds_principal(readers, id, name, *internal)
            }
            _ => false,
        }
    }

    /// Whether one of the readers is a channel that at least `joinable` may join.
    fn opens_to(&self, readers: &ReaderSet, joinable: Joinable) -> bool {
        readers.terms.iter().any(|term| match term {
            Term::Channel(channel) => {
                self.channel(channel).is_some_and(|(_, open)| open >= joinable)
            }
            _ => false,
        })
    }

    fn group(&self, name: &Name) -> Option<&'a Members> {
        steps::take(|| 1);
        match &self.directory.entry(self.directory.find_hashed(&name.text, name.hash)?)?.kind {
            Kind::Group(members) => Some(members),
            _ => None,
        }
    }

    fn channel(&self, name: &Name) -> Option<(&'a Members, Joinable)> {
        steps::take(|| 1);
        match &self.directory.entry(self.directory.find_hashed(&name.text, name.hash)?)?.kind {
            Kind::Channel(members, joinable) => Some((members, *joinable)),
            _ => None,
        }
    }
}

impl Entry {
    /// Whether it is a channel; `None` for a principal.
    fn is_channel(&self) -> Option<bool> {
        match self.kind {
            Kind::Principal { .. } => None,
            Kind::Group(_) => Some(false),
            Kind::Channel(..) => Some(true),
        }
    }

    /// Whether everybody in it, and everybody who may join, is inside the organisation.
    fn is_internal(&self) -> bool {
        match &self.kind {
            Kind::Principal { internal } => *internal,
            Kind::Group(members) => members.all_internal,
            Kind::Channel(members, joinable) => {
                members.all_internal && *joinable != Joinable::Anyone
            }
        }
    }

    /// A group or closed channel without members: a snapshot that lost them must not allow anything.
    fn is_deserted(&self) -> bool {
        match &self.kind {
            Kind::Group(members) | Kind::Channel(members, Joinable::ByInvitation) => {
                members.principals.is_empty()
            }
            Kind::Principal { .. } | Kind::Channel(..) => false,
        }
    }
}

impl std::fmt::Debug for ResolvedAudience<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResolvedAudience")
            .field("visibility", &self.visibility())
            .field("head_count", &self.head_count())
            .finish_non_exhaustive()
    }
}
