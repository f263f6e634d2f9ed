//! Who an audience is, person by person: for people who read it, and as a digest.

use sha2::{Digest, Sha256};

use super::resolved::{Resolved, THE_INVOKER};
use super::{Directory, Entry, JoinPolicy, Kind, Members, ResolvedAudience};
use crate::base::content::ContentDigest;

const DOMAIN: &[u8] = b"permitgate/audience/1\0";
const GROUP: &[u8] = b"permitgate/audience-group/1\0";

/// The people of an audience, as far as they are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AudienceRoll {
    /// What they are part of, in the words of the audience, with those who are known by name.
    pub(crate) parts: Vec<RollPart>,
}

/// One recipient, group or channel, or everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RollPart {
    /// What it is: `invoker`, `principal`, `unknown`, `group`, `channel`, `internal` or `public`.
    pub(crate) kind: &'static str,
    /// Its name; empty where it has none.
    pub(crate) name: String,
    /// Whether all of it is inside the organisation.
    pub(crate) inside: bool,
    /// The first of its members, of a group or channel.
    pub(crate) members: Vec<String>,
    /// How many members there are.
    pub(crate) count: usize,
    /// Who may join a channel beside its members.
    pub(crate) joinable: Option<JoinPolicy>,
}

/// Members of one group that are listed.
pub(crate) const LISTED_MEMBERS: usize = 20;

impl ResolvedAudience<'_> {
    /// Who it is, for people.
    pub(crate) fn roll(&self) -> AudienceRoll {
        let alone = |kind| RollPart {
            kind,
            name: String::new(),
            inside: kind != "public",
            members: Vec::new(),
            count: 0,
            joinable: None,
        };
        let parts = match self.kind {
            Resolved::Private => vec![self.invoker_part()],
            Resolved::Internal => vec![alone("internal")],
            Resolved::Public => vec![alone("public")],
            Resolved::Entry(id) => vec![self.part(id, "")],
            Resolved::Recipients(names) => {
                let parties = self.parties.iter().zip(names.iter());
                parties.map(|(party, name)| self.part(*party, name)).collect()
            }
        };
        AudienceRoll { parts }
    }

    fn invoker_part(&self) -> RollPart {
        let name = self.invoker.text.to_string();
        let (members, joinable) = (Vec::new(), None);
        RollPart { kind: "invoker", name, inside: true, members, count: 1, joinable }
    }

    fn part(&self, party: u32, name: &str) -> RollPart {
        let Some(entry) = self.directory.entry(party) else {
            return if party == THE_INVOKER {
                self.invoker_part()
            } else {
                let (name, members) = (name.to_owned(), Vec::new());
                RollPart { kind: "unknown", name, inside: false, members, count: 1, joinable: None }
            };
        };
        let (kind, members, joinable) = match &entry.kind {
            Kind::Principal { .. } => ("principal", None, None),
            Kind::Group(members) => ("group", Some(members), None),
            Kind::Channel(members, joinable) => ("channel", Some(members), Some(*joinable)),
        };
        let listed = members.into_iter().flat_map(|members| &members.principals);
        let listed = listed.filter_map(|member| self.directory.entry(*member));
        RollPart {
            kind,
            name: entry.name.to_string(),
            inside: entry.is_internal(),
            members: listed.take(LISTED_MEMBERS).map(|entry| entry.name.to_string()).collect(),
            count: members.map_or(1, |members| members.principals.len()),
            joinable,
        }
    }

    /// What tells it from every audience of other people: of groups and channels, all members with whether they are inside.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = ContentDigest::new(DOMAIN);
        match self.kind {
            Resolved::Private => digest.add(&0_u8),
            Resolved::Internal => digest.add(&1_u8),
            Resolved::Public => digest.add(&2_u8),
            Resolved::Entry(id) => self.add_party(&mut digest, id, ""),
            Resolved::Recipients(names) => {
                digest.add(&3_u8);
                // In any order, each once.
                let mut parties: Vec<(&str, u32)> =
                    names.iter().zip(self.parties.iter().copied()).collect();
                parties.sort_unstable();
                parties.dedup();
                digest.add(&parties.len());
                parties.iter().for_each(|(name, id)| self.add_party(&mut digest, *id, name));
            }
        }
        digest.finish()
    }

    fn add_party(&self, digest: &mut ContentDigest, party: u32, name: &str) {
        let Some(entry) = self.directory.entry(party) else {
            return digest.add(&("nobody known", party == THE_INVOKER, name));
        };
        match &entry.kind {
            Kind::Principal { internal } => digest.add(&("principal", &*entry.name, internal)),
            Kind::Group(members) => {
                digest.add(&("group", &*entry.name, members.digest(self.directory)));
            }
            Kind::Channel(members, joinable) => {
                let joinable = match joinable {
                    JoinPolicy::ByInvitation => 0_u8,
                    JoinPolicy::Internal => 1,
                    JoinPolicy::Anyone => 2,
                };
                let members = members.digest(self.directory);
                digest.add(&("channel", &*entry.name, joinable, members));
            }
        }
    }
}

impl Members {
    /// Worked out once, when somebody asks for it.
    fn digest(&self, directory: &Directory) -> [u8; 32] {
        *self.digest.get_or_init(|| {
            let member = |id: &u32| {
                let Entry { name, kind } = directory.entry(*id)?;
                let inside = matches!(kind, Kind::Principal { internal: true });
                Some((&**name, inside))
            };
            let mut members: Vec<(&str, bool)> =
                self.principals.iter().filter_map(member).collect();
            members.sort_unstable();
            let mut sha = Sha256::new_with_prefix(GROUP);
            for (name, inside) in members {
                sha.update((name.len() as u64).to_be_bytes());
                sha.update(name);
                sha.update([u8::from(inside)]);
            }
            sha.finalize().into()
        })
    }
}

impl Directory {
    /// The one name of a person or group, whatever alias is given.
    pub(crate) fn one_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.person(name).unwrap_or(name)
    }

    /// Whether a person is in a group. Who may join a channel is in no group.
    pub(crate) fn is_member(&self, person: &str, group: &str) -> bool {
        let members = self.find(self.one_name(group)).and_then(|id| self.entry(id));
        let (Some(person), Some(Entry { kind: Kind::Group(members), .. })) =
            (self.find(person), members)
        else {
            return false;
        };
        members.principals.binary_search(&person).is_ok()
    }

    /// The people whom a name stands for, or an alias: everybody in a group, those of the groups within it too, or the one person.
    /// Nobody where the directory has no such name, and of a channel, which others may join.
    ///
    /// ```
    /// use permitgate::Directory;
    ///
    /// let directory = Directory::builder()
    ///     .internal_principal("lee")
    ///     .internal_principal("kim")
    ///     .group("leads", ["lee"])
    ///     .group("staff", ["leads", "kim"])
    ///     .build()?;
    /// let mut staff: Vec<&str> = directory.people_of("staff").collect();
    /// staff.sort_unstable();
    /// assert_eq!(staff, ["kim", "lee"]);
    /// assert!(directory.people_of("lee").eq(["lee"]));
    /// # Ok::<(), permitgate::directory::DirectoryError>(())
    /// ```
    pub fn people_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let id = self.find(self.one_name(name));
        let (members, person): (&[u32], _) =
            match id.and_then(|id| self.entry(id)).map(|entry| &entry.kind) {
                Some(Kind::Group(members)) => (&members.principals, None),
                Some(Kind::Principal { .. }) => (&[], id),
                Some(Kind::Channel(..)) | None => (&[], None),
            };
        let people = members.iter().copied().chain(person);
        people.filter_map(|id| self.entry(id)).map(|entry| &*entry.name)
    }

    /// How many people a group holds.
    pub(crate) fn group_size(&self, group: &str) -> usize {
        match self.find(self.one_name(group)).and_then(|id| self.entry(id)) {
            Some(Entry { kind: Kind::Group(members), .. }) => members.principals.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::base::name::Name;
    use crate::model::audience::Audience;

    fn digest(directory: &Directory, audience: Audience<'_>) -> [u8; 32] {
        let invoker = Name::new("dana");
        let mut resolved = ResolvedAudience::new(directory, &invoker);
        resolved.resolve(audience).unwrap();
        resolved.digest()
    }

    #[test]
    fn whoever_is_reached_counts_and_how_they_are_listed_does_not() {
        let people = || Directory::builder().internal_principal("lee").internal_principal("sam");
        let directory = people().group("team", ["lee"]).build().unwrap();
        let grown = people().group("team", ["lee", "sam"]).build().unwrap();
        let moved = Directory::builder()
            .internal_principal("sam")
            .internal_principal("lee")
            .group("other", ["sam"])
            .group("team", ["lee"])
            .build()
            .unwrap();
        let outside = Directory::builder()
            .outside_principal("lee")
            .internal_principal("sam")
            .group("team", ["lee"])
            .build()
            .unwrap();
        let team = Audience::Group("team");
        assert_eq!(digest(&directory, team), digest(&moved, team));
        for other in [&grown, &outside, &Directory::empty()] {
            assert_ne!(digest(&directory, team), digest(other, team));
        }
        let both = |names: &[&str]| digest(&directory, Audience::recipients(names));
        assert_eq!(both(&["lee", "sam"]), both(&["sam", "lee", "lee"]));
        let all = [
            digest(&directory, Audience::Private),
            digest(&directory, Audience::Internal),
            digest(&directory, Audience::Public),
            digest(&directory, team),
            digest(&grown, team),
            both(&["lee"]),
            both(&["sam"]),
            both(&["lee", "sam"]),
            both(&["team"]),
            both(&["dana"]),
            both(&["nobody"]),
            digest(&outside, Audience::recipients(&["lee"])),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn membership_is_of_people_in_groups() {
        let directory = Directory::builder()
            .principal("lee")
            .principal("sam")
            .group("team", ["lee"])
            .group("all", ["team"])
            .channel("ops", JoinPolicy::ByInvitation, ["sam"])
            .alias("U1", "lee")
            .build()
            .unwrap();
        assert!(directory.is_member("lee", "team") && directory.is_member("lee", "all"));
        let others = [("sam", "team"), ("sam", "ops"), ("team", "all"), ("nobody", "team")];
        for (person, group) in others {
            assert!(!directory.is_member(person, group), "{person} in {group}");
        }
        assert_eq!((directory.one_name("U1"), directory.one_name("sam")), ("lee", "sam"));
    }
}
