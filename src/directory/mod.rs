//! Who exists: an immutable snapshot of principals, groups, channels, the organisation's domains, and the things
//! that users know by name.

mod build;
mod resolved;
mod things;

pub use build::{DirectoryBuilder, DirectoryError};
pub(crate) use resolved::ReaderSet;
pub use resolved::ResolvedAudience;
use things::Things;

use crate::buckets::Buckets;
use crate::hash::hash_name;

/// An immutable snapshot of who exists, by which audiences are resolved.
///
/// Names are unique across principals, groups and channels. Build a new directory when people come and go, and swap
/// it into the running gate with [`Gate::reconfigure`](crate::Gate::reconfigure). An empty directory
/// knows nobody: then every named recipient but the invoker counts as the public.
///
/// ```
/// use portcullis::{Directory, Joinable};
///
/// let directory = Directory::builder()
///     .organisation_domain("example.com")
///     .principal("dana@example.com")
///     .principal("lee@example.com")
///     .principal("sam@partner.example")
///     .group("platform", ["dana@example.com", "lee@example.com"])
///     .group("engineering", ["platform"])
///     .channel("general", Joinable::Internal, ["engineering"])
///     .thing("team calendar", ["cal-881"])
///     .build()?;
/// assert_eq!(directory.len(), 6);
/// assert_eq!(directory.largest_group(), 2);
/// assert_eq!(directory.things().len(), 1);
/// # Ok::<(), portcullis::DirectoryError>(())
/// ```
#[derive(Debug)]
pub struct Directory {
    entries: Box<[Entry]>,
    by_name: Buckets,
    largest_group: usize,
    things: Things,
}

/// Who may join a channel without being let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Joinable {
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
    Channel(Members, Joinable),
}

/// Principals by number, ascending, with nested groups flattened.
#[derive(Debug)]
struct Members {
    principals: Box<[u32]>,
    all_internal: bool,
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
            largest_group: 0,
            things: Things::default(),
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

    #[inline]
    fn find(&self, name: &str) -> Option<u32> {
        self.find_hashed(name, hash_name(name))
    }

    #[inline]
    fn find_hashed(&self, name: &str, hash: u64) -> Option<u32> {
        self.by_name.get(hash).find(|id| self.entry(*id).is_some_and(|entry| &*entry.name == name))
    }

    #[inline]
    fn entry(&self, id: u32) -> Option<&Entry> {
        self.entries.get(id as usize)
    }
}

impl Members {
    fn contains(&self, principal: u32) -> bool {
        self.principals.binary_search(&principal).is_ok()
    }

    /// Whether all of these are members of `other`, by one walk along both.
    fn is_within(&self, other: &Self) -> bool {
        let mut candidates = other.principals.iter();
        self.principals.len() <= other.principals.len()
            && self.principals.iter().all(|member| candidates.any(|candidate| candidate == member))
    }
}
