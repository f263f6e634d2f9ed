//! Who exists: an immutable snapshot of principals, groups, channels, the organisation's domains, and the things
//! that users know by name.

mod alias;
mod beyond;
pub(crate) mod build;
mod containment;
mod readers;
mod resolved;
mod roll;
mod things;

pub use build::{DirectoryBuilder, DirectoryError};
pub(crate) use readers::ReaderSet;
pub use resolved::ResolvedAudience;
pub(crate) use roll::{AudienceRoll, RollPart};
use things::Things;

use std::sync::OnceLock;

use crate::base::alias::Aliases;
use crate::base::buckets::Buckets;
use crate::base::hash::hash_name;
use crate::base::limits::{MAX_NAME_BYTES, MAX_RECIPIENTS};
use crate::base::name::Name;
use crate::base::steps::{self, Allowance};
use crate::manifest::kinds::canonical_in;
use crate::model::kind::ValueKind;

/// An immutable snapshot of who exists, by which audiences are resolved.
///
/// Names are unique across principals, groups and channels. Build a new directory when people come and go, and swap
/// it into the running gate with [`Gate::reconfigure`](crate::Gate::reconfigure). An empty directory
/// knows nobody: then every named recipient but the invoker counts as the public.
///
/// ```
/// use permitgate::Directory;
/// use permitgate::directory::JoinPolicy;
///
/// let directory = Directory::builder()
///     .organisation_domain("example.com")
///     .principal("dana@example.com")
///     .principal("lee@example.com")
///     .principal("sam@partner.example")
///     .group("platform", ["dana@example.com", "lee@example.com"])
///     .group("engineering", ["platform"])
///     .channel("general", JoinPolicy::Internal, ["engineering"])
///     .thing("team calendar", ["cal-881"])
///     .build()?;
/// assert_eq!(directory.len(), 6);
/// assert_eq!(directory.largest_group(), 2);
/// assert_eq!(directory.things().len(), 1);
/// # Ok::<(), permitgate::directory::DirectoryError>(())
/// ```
#[derive(Debug)]
pub struct Directory {
    entries: Box<[Entry]>,
    by_name: Buckets,
    /// The most steps that looking one name up takes.
    look_up: u64,
    largest_group: usize,
    /// Members of the groups and channels that one action can name, taken as the largest ones, all together.
    most_members: u64,
    things: Things,
    aliases: Aliases,
}

/// What a directory adds to the cost of a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Members of the largest group or channel.
    largest: u64,
    /// Members of as many groups as an action has recipients, the largest ones.
    most_members: u64,
    /// Steps to look one name up.
    look_up: u64,
}

/// Who may join a channel without being let in.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Directory;
/// use permitgate::directory::JoinPolicy;
/// use permitgate::model::Readers;
///
/// # let policy = Policy::new([Statement::permit("post").operations(Operation::Create).resources(["chat/*"])
/// #     .readers(Readers::internal())])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// for (joinable, allowed) in [(JoinPolicy::Internal, true), (JoinPolicy::Anyone, false)] {
///     let people = Directory::builder().internal_principal("lee").channel("news", joinable, ["lee"]);
///     let gate = Gate::builder().directory(people.build()?).build()?;
///     let post = Action::create("chat.post", "chat/news").visible_to(Audience::Channel("news"));
///     assert_eq!(gate.decide(&post, &scope).is_allow(), allowed);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JoinPolicy {
    /// Nobody: a channel of its members.
    ByInvitation,
    /// Everybody inside the organisation.
    Internal,
    /// Anybody.
    Anyone,
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Principal { internal: bool },
    Group(Members),
    Channel(Members, JoinPolicy),
}

/// Principals by number, ascending, with nested groups flattened.
#[derive(Debug)]
struct Members {
    principals: Box<[u32]>,
    all_internal: bool,
    /// What tells them from all others, once that was asked.
    digest: OnceLock<[u8; 32]>,
}

impl Directory {
    /// Starts a directory.
    pub fn builder() -> DirectoryBuilder {
        DirectoryBuilder::default()
    }

    /// A directory that knows nobody.
    pub fn empty() -> Self {
        Self {
            entries: Box::default(),
            by_name: Buckets::new(Vec::new()),
            look_up: Self::look_up_steps(&Buckets::new(Vec::new())),
            largest_group: 0,
            most_members: 0,
            things: Things::default(),
            aliases: Aliases::default(),
        }
    }

    /// How many principals, groups and channels it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows nobody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Members of the largest group or channel, nested groups flattened: what one containment check
    /// may cost at most.
    pub fn largest_group(&self) -> usize {
        self.largest_group
    }

    /// The one form of a name, as arguments of a kind have it without options: of an alias, the name that it stands for. Nothing where
    /// the text is no such name.
    ///
    /// Use it for what a scope binds, such as the invoker of a request that a chat program sends as `U0042`: patterns and conditions
    /// compare with the name alone.
    ///
    /// ```
    /// use permitgate::Directory;
    /// use permitgate::model::ValueKind;
    ///
    /// let directory =
    ///     Directory::builder().principal("lee@example.com").alias("U0042", "lee@example.com").build()?;
    /// let form = |text| directory.canonical(ValueKind::PERSON, text);
    /// assert_eq!(form("@U0042").as_deref(), Some("lee@example.com"));
    /// assert_eq!(form("lee@EXAMPLE.com").as_deref(), Some("lee@example.com"));
    /// assert_eq!(form("lee, sam"), None);
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn canonical(&self, kind: ValueKind<'_>, text: &str) -> Option<String> {
        canonical_in(&self.aliases, kind, text)
    }

    /// Other names of what it knows.
    pub(crate) const fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// What it adds to the cost of a decision.
    pub(crate) fn extent(&self) -> Extent {
        Extent {
            largest: self.largest_group as u64,
            most_members: self.most_members,
            look_up: self.look_up,
        }
    }

    /// The most steps that looking one name up takes: each entry that has the same hash is compared by its name.
    fn look_up_steps(by_name: &Buckets) -> u64 {
        let alike = by_name.most_alike() as u64;
        by_name.worst_case_steps() + alike * (1 + steps::of_bytes(MAX_NAME_BYTES))
    }

    /// Members of the largest groups, as many as an action can name.
    fn most_of(mut sizes: Vec<usize>) -> u64 {
        sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        sizes.iter().take(MAX_RECIPIENTS).map(|size| *size as u64).sum()
    }

    #[inline]
    fn find(&self, name: &str) -> Option<u32> {
        self.find_hashed(name, hash_name(name))
    }

    #[inline]
    fn find_hashed(&self, name: &str, hash: u64) -> Option<u32> {
        self.by_name.get(hash).find(|id| {
            steps::take(|| 1 + steps::of_bytes(name.len().min(MAX_NAME_BYTES)));
            self.entry(*id).is_some_and(|entry| &*entry.name == name)
        })
    }

    /// The same, as long as that is allowed.
    #[inline]
    fn find_within(&self, name: &Name, allowance: &Allowance) -> Option<u32> {
        // The steps are counted where they are taken.
        if allowance.spend(self.look_up) { self.find_hashed(&name.text, name.hash) } else { None }
    }

    #[inline]
    fn entry(&self, id: u32) -> Option<&Entry> {
        self.entries.get(id as usize)
    }
}

impl Members {
    fn contains(&self, principal: u32, allowance: &Allowance) -> bool {
        allowance.take(steps::of_halving(self.principals.len()))
            && self.principals.binary_search(&principal).is_ok()
    }

    /// Whether all of these are members of `other`, by one walk along both.
    fn is_within(&self, other: &Self, allowance: &Allowance) -> bool {
        let mut candidates = other.principals.iter();
        self.principals.len() <= other.principals.len()
            && allowance.take((self.principals.len() + other.principals.len()) as u64)
            && self.principals.iter().all(|member| candidates.any(|candidate| candidate == member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audience::{Reader, Readers};

    fn extent(largest: u64, most_members: u64, look_up: u64) -> Extent {
        Extent { largest, most_members, look_up }
    }

    /// Worked out by hand from what is said at `ReaderSet::worst_case_steps`, where a name takes 5 steps and to look at a
    /// recipient 10.
    #[test]
    fn what_readers_state_is_exact() {
        let domains = Readers::from(Reader::domain("a")) | Reader::domain("b");
        let cases = [
            (Readers::public(), extent(9, 99, 9), 1),
            // A person 1 + 5, no term; a recipient 10 + 6 + 6.
            (Readers::internal(), extent(100, 300, 6), 1 + 128 * 22 + 300 * 6),
            // A person 6 + 10; all terms 5 + 2 * 4 + 1; a recipient 10 + 3 + 14 + 16.
            (Readers::group("g"), extent(1, 0, 3), 1 + 128 * 43),
            // A term 1 + 12 + 4, a person 6 + 2 * 17; all terms 2 * (5 + 2 * 13 + 8); a recipient 10 + 12 + 78 + 40.
            (domains, extent(8, 20, 12), 1 + 128 * 140 + 20 * (40 + 2)),
        ];
        for (readers, extent, steps) in cases {
            assert_eq!(ReaderSet::new(&readers).worst_case_steps(&extent), steps, "{readers:?}");
        }
        let most = ReaderSet::new(&Readers::group("g")).worst_case_steps(&extent(1, u64::MAX, 1));
        assert_eq!(most, u64::MAX);
    }

    #[test]
    fn the_extent_is_that_of_the_largest_groups() {
        let people: Vec<String> = (0..200).map(|n| format!("p{n}")).collect();
        let mut builder = Directory::builder();
        for name in &people {
            builder = builder.principal(name.as_str());
        }
        for size in 1..=130 {
            builder = builder.group(format!("g{size}"), people[..size].iter().cloned());
        }
        let channel = people[..150].iter().cloned();
        let directory = builder.channel("c", JoinPolicy::ByInvitation, channel).build().unwrap();
        let Extent { largest, most_members, look_up } = directory.extent();
        assert_eq!(largest, 150);
        // 150, and 130 down to 4.
        assert_eq!(most_members, 150 + (4..=130).sum::<u64>());
        let longest = directory.by_name.buckets().map(<[_]>::len).max().unwrap() as u64;
        assert!(longest > 1 && look_up == 1 + longest + 6, "{longest} and {look_up}");
        let Extent { largest, most_members, look_up } = Directory::empty().extent();
        assert_eq!((largest, most_members, look_up), (0, 0, 1));
    }
}
