//! An action's audience, resolved against one directory.
//!
//! Whether it lies within readers is a question about sets of people. In the set of an audience stand the people it names,
//! and, for audiences that anybody inside or anybody at all may join, everybody inside or everybody.
//! An unknown name is itself where readers name it literally or by its domain; otherwise it stands for
//! the public.

use smallvec::SmallVec;

use super::readers::{INTERNAL, INVOKER, PUBLIC};
use super::{Directory, Entry, JoinPolicy, Kind};
use crate::base::limits::MAX_RECIPIENTS;
use crate::base::name::{Name, NameFault, check_name};
use crate::model::audience::{Audience, Recipients, Visibility};

/// Who can see the result of an action, looked up in the gate's directory.
///
/// Rules get it in their [`RuleContext`](crate::gate::RuleContext).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Verdict;
/// use permitgate::gate::RuleContext;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let few = |cx: &RuleContext<'_>| match cx.audience().head_count() {
///     Some(0..=10) => Verdict::Pass,
///     _ => Verdict::deny("that is more than ten, or nobody knows how many"),
/// };
/// let gate = Gate::builder().rule("few", few).build()?;
/// assert!(gate.decide(&Action::read("docs.read", "docs/intro"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ResolvedAudience<'a> {
    pub(super) directory: &'a Directory,
    pub(super) invoker: &'a Name,
    pub(super) kind: Resolved<'a>,
    /// Readers of any of these kinds hold the whole audience; others may, too.
    pub(super) enough: u8,
    /// The summary, except of named recipients.
    visibility: Visibility,
    /// For named recipients: an entry of the directory each, or one of the two marks below.
    pub(super) parties: SmallVec<[u32; MAX_RECIPIENTS]>,
}

pub(super) const THE_INVOKER: u32 = u32::MAX;
pub(super) const UNKNOWN: u32 = u32::MAX - 1;

#[derive(Clone, Copy)]
pub(super) enum Resolved<'a> {
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
            Some(Entry { kind: Kind::Channel(_, JoinPolicy::Internal), .. }) => {
                Visibility::Internal
            }
            Some(Entry { kind: Kind::Channel(_, JoinPolicy::Anyone), .. }) => Visibility::Public,
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
            Kind::Group(members) | Kind::Channel(members, JoinPolicy::ByInvitation) => {
                Some(members.principals.len())
            }
            Kind::Channel(..) => None,
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
    pub(super) fn is_internal(&self) -> bool {
        match &self.kind {
            Kind::Principal { internal } => *internal,
            Kind::Group(members) => members.all_internal,
            Kind::Channel(members, joinable) => {
                members.all_internal && *joinable != JoinPolicy::Anyone
            }
        }
    }

    /// A group or closed channel without members: a snapshot that lost them must not allow anything.
    fn is_deserted(&self) -> bool {
        match &self.kind {
            Kind::Group(members) | Kind::Channel(members, JoinPolicy::ByInvitation) => {
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
