//! Building a directory: names checked, groups flattened, things sorted.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::alias::{self, AliasFault};
use super::things::{ThingFault, Things};
use super::{Directory, Entry, JoinPolicy, Kind, Members};
use crate::base::alias::Aliases;
use crate::base::buckets::Buckets;
use crate::base::codes::fault_table;
use crate::base::hash::hash_name;
use crate::base::limits::{
    MAX_DIRECTORY_ENTRIES, MAX_DIRECTORY_MEMBERS, MAX_GROUP_MEMBERS, MAX_NAME_BYTES,
};
use crate::base::name::{NameFault, check_name, domain_of};
use crate::base::visible::visible;

/// Collects principals, groups and channels, and checks them all in [`build`](Self::build).
///
/// ```
/// use permitgate::directory::DirectoryBuilder;
///
/// let directory = DirectoryBuilder::default()
///     .principal("dana@example.com")
///     .group("platform", ["dana@example.com"])
///     .build()?;
/// assert_eq!(directory.len(), 2);
/// # Ok::<(), permitgate::directory::DirectoryError>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a directory exists only after `build`"]
pub struct DirectoryBuilder {
    domains: Vec<String>,
    entries: Vec<Draft>,
    things: Vec<(String, Vec<String>)>,
    aliases: Vec<(String, String)>,
}

#[derive(Debug)]
struct Draft {
    name: String,
    kind: DraftKind,
}

#[derive(Debug)]
enum DraftKind {
    Principal { internal: Option<bool> },
    Group(Vec<String>),
    Channel(Vec<String>, JoinPolicy),
}

impl DirectoryBuilder {
    /// A domain whose addresses belong to the organisation: principals `…@domain` are internal.
    pub fn organisation_domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// A person or service; internal when the name is an address in an organisation domain.
    pub fn principal(self, name: impl Into<String>) -> Self {
        self.add(name, DraftKind::Principal { internal: None })
    }

    /// A person or service inside the organisation, whatever the name looks like.
    pub fn internal_principal(self, name: impl Into<String>) -> Self {
        self.add(name, DraftKind::Principal { internal: Some(true) })
    }

    /// A person or service outside the organisation, whatever the name looks like.
    pub fn outside_principal(self, name: impl Into<String>) -> Self {
        self.add(name, DraftKind::Principal { internal: Some(false) })
    }

    /// A group of principals and other groups. A group without members counts as unknown; within another
    /// group it adds nobody.
    pub fn group<M: Into<String>>(
        self,
        name: impl Into<String>,
        members: impl IntoIterator<Item = M>,
    ) -> Self {
        self.add(name, DraftKind::Group(members.into_iter().map(Into::into).collect()))
    }

    /// A channel with its present members, and who may join it.
    pub fn channel<M: Into<String>>(
        self,
        name: impl Into<String>,
        joinable: JoinPolicy,
        members: impl IntoIterator<Item = M>,
    ) -> Self {
        let members = members.into_iter().map(Into::into).collect();
        self.add(name, DraftKind::Channel(members, joinable))
    }

    /// A thing that users know by name, with the values by which calls know it: a standing order with its number, a
    /// calendar with its id. A session may act on the values once its user has named the thing; see
    /// [`Session::endorse_named`](crate::Session::endorse_named).
    ///
    /// White space, punctuation around the name and case do not count. Names of things are apart from those of people.
    pub fn thing<V: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.things.push((name.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// Another name for a principal, a group or a channel: the id by which a chat program knows it, such as `C0123`. A manifest that
    /// is compiled [for the directory](crate::Manifest::in_directory) takes the one for the other wherever an argument is a
    /// person, a group or a channel, before anything is compared.
    ///
    /// An alias is written as such arguments are in the end, without `@` and `#`, and so is the name that it stands for. No other
    /// name or alias may be the same without regard to case.
    ///
    /// ```
    /// use permitgate::Directory;
    /// use permitgate::kinds::DirectoryErrorKind;
    ///
    /// let people = || Directory::builder().principal("lee@example.com").principal("sam@example.com");
    /// assert!(people().alias("U0042", "lee@example.com").build().is_ok());
    /// let error = people().alias("U0042", "lee").build().unwrap_err();
    /// assert_eq!((error.kind(), error.entry()), (DirectoryErrorKind::UnknownName, "U0042"));
    /// let error = people().alias("U0042", "lee@example.com").alias("u0042", "sam@example.com").build().unwrap_err();
    /// assert_eq!(error.kind(), DirectoryErrorKind::AmbiguousAlias);
    /// ```
    pub fn alias(mut self, alias: impl Into<String>, name: impl Into<String>) -> Self {
        self.aliases.push((alias.into(), name.into()));
        self
    }

    fn add(mut self, name: impl Into<String>, kind: DraftKind) -> Self {
        self.entries.push(Draft { name: name.into(), kind });
        self
    }

    /// Checks everything and makes the snapshot.
    ///
    /// # Errors
    /// [`DirectoryError`] names the entry: a malformed or repeated name, a member that is not in the
    /// directory, a group that contains itself, a thing without a value, an alias that is not of one thing, or a limit.
    pub fn build(self) -> Result<Directory, DirectoryError> {
        if self.entries.len().saturating_add(self.aliases.len()) > MAX_DIRECTORY_ENTRIES {
            return Err(DirectoryError::new("", Fault::TooManyEntries));
        }
        for domain in &self.domains {
            check_name(domain).map_err(|fault| DirectoryError::new(domain, fault.into()))?;
        }
        let ids = self.number()?;
        let names = self
            .entries
            .iter()
            .map(|draft| (draft.name.as_str(), matches!(draft.kind, DraftKind::Channel(..))));
        let aliases = alias::aliases(&self.aliases, names)
            .map_err(|(alias, fault)| DirectoryError::new(alias, fault.into()))?;
        let (states, left) = (Vec::new(), MAX_DIRECTORY_MEMBERS);
        let mut flat = Flattening { drafts: &self.entries, ids: &ids, states, left };
        flat.states.resize_with(self.entries.len(), || State::Untouched);
        for id in 0..self.entries.len() {
            flat.flatten(id)?;
        }
        let Flattening { states, .. } = flat;
        let internal: Vec<bool> = self.entries.iter().map(|d| self.is_internal(d)).collect();
        let things = Things::new(&self.things)
            .map_err(|(name, fault)| DirectoryError::new(name, fault.into()))?;
        Ok(Directory { aliases, ..assemble(&self.entries, &internal, states, things) })
    }

    fn number(&self) -> Result<HashMap<&str, usize>, DirectoryError> {
        let mut ids = HashMap::with_capacity(self.entries.len());
        for (id, draft) in self.entries.iter().enumerate() {
            check_name(&draft.name)
                .map_err(|fault| DirectoryError::new(&draft.name, fault.into()))?;
            if ids.insert(draft.name.as_str(), id).is_some() {
                return Err(DirectoryError::new(&draft.name, Fault::Repeated));
            }
        }
        Ok(ids)
    }

    fn is_internal(&self, draft: &Draft) -> bool {
        match draft.kind {
            DraftKind::Principal { internal: Some(internal) } => internal,
            DraftKind::Principal { internal: None } => domain_of(&draft.name)
                .is_some_and(|domain| self.domains.iter().any(|d| d == domain)),
            DraftKind::Group(_) | DraftKind::Channel(..) => false,
        }
    }
}

fn assemble(drafts: &[Draft], internal: &[bool], states: Vec<State>, things: Things) -> Directory {
    let is_internal = |id: usize| internal.get(id).copied().unwrap_or(false);
    let mut sizes = Vec::new();
    let mut members = |state| {
        let State::Flat(principals) = state else { return Members::none() };
        sizes.push(principals.len());
        let all_internal = principals.iter().all(|id| is_internal(*id as usize));
        Members { principals: principals.into(), all_internal, digest: OnceLock::new() }
    };
    let entries: Box<[Entry]> = drafts
        .iter()
        .zip(states)
        .enumerate()
        .map(|(id, (draft, state))| Entry {
            name: draft.name.as_str().into(),
            kind: match draft.kind {
                DraftKind::Principal { .. } => Kind::Principal { internal: is_internal(id) },
                DraftKind::Group(_) => Kind::Group(members(state)),
                DraftKind::Channel(_, joinable) => Kind::Channel(members(state), joinable),
            },
        })
        .collect();
    let by_name = entries.iter().zip(0..).map(|(entry, id)| (hash_name(&entry.name), id)).collect();
    let by_name = Buckets::new(by_name);
    Directory {
        look_up: Directory::look_up_steps(&by_name),
        by_name,
        entries,
        largest_group: sizes.iter().copied().max().unwrap_or(0),
        most_members: Directory::most_of(sizes),
        things,
        aliases: Aliases::default(),
    }
}

impl From<AliasFault<'_>> for Fault {
    fn from(fault: AliasFault<'_>) -> Self {
        match fault {
            AliasFault::Unknown(name) => Self::AliasOfUnknown(name.to_owned()),
            AliasFault::Taken(name) => Self::AliasTaken(name.to_owned()),
            AliasFault::Form => Self::AliasForm,
            AliasFault::FormOfName(name) => Self::AliasedForm(name.to_owned()),
        }
    }
}

impl Members {
    fn none() -> Self {
        Self { principals: Box::default(), all_internal: false, digest: OnceLock::new() }
    }
}

enum State {
    Untouched,
    Open,
    Flat(Vec<u32>),
}

struct Flattening<'d> {
    drafts: &'d [Draft],
    ids: &'d HashMap<&'d str, usize>,
    states: Vec<State>,
    /// Members that groups and channels may still hold, all together.
    left: usize,
}

impl Flattening<'_> {
    /// Flattens one entry and all below it, with a stack of its own instead of recursion.
    fn flatten(&mut self, id: usize) -> Result<(), DirectoryError> {
        let mut stack = vec![id];
        while let Some(id) = stack.last().copied() {
            let (Some(draft), Some(state)) = (self.drafts.get(id), self.states.get_mut(id)) else {
                break;
            };
            match (state, &draft.kind) {
                (State::Flat(_), _) => {
                    stack.pop();
                }
                (state, DraftKind::Principal { .. }) => {
                    *state = State::Flat(vec![id as u32]);
                    stack.pop();
                }
                (
                    state @ State::Untouched,
                    DraftKind::Group(members) | DraftKind::Channel(members, _),
                ) => {
                    *state = State::Open;
                    for member in members {
                        let below = self.member(draft, member)?;
                        match self.states.get(below) {
                            Some(State::Open) => {
                                return Err(DirectoryError::new(
                                    &draft.name,
                                    Fault::ContainsItself,
                                ));
                            }
                            Some(State::Untouched) => stack.push(below),
                            _ => {}
                        }
                    }
                }
                (State::Open, DraftKind::Group(members) | DraftKind::Channel(members, _)) => {
                    let union = self.union(draft, members)?;
                    let left = self.left.checked_sub(union.len());
                    self.left = left.ok_or_else(|| {
                        DirectoryError::new(&draft.name, Fault::TooManyMembersInAll)
                    })?;
                    if let Some(state) = self.states.get_mut(id) {
                        *state = State::Flat(union);
                    }
                    stack.pop();
                }
            }
        }
        Ok(())
    }

    fn member(&self, draft: &Draft, member: &str) -> Result<usize, DirectoryError> {
        let unknown = || DirectoryError::new(&draft.name, Fault::UnknownMember(member.to_owned()));
        let id = self.ids.get(member).copied().ok_or_else(unknown)?;
        match self.drafts.get(id).map(|draft| &draft.kind) {
            Some(DraftKind::Channel(..)) => {
                Err(DirectoryError::new(&draft.name, Fault::ChannelAsMember(member.to_owned())))
            }
            _ => Ok(id),
        }
    }

    fn union(&self, draft: &Draft, members: &[String]) -> Result<Vec<u32>, DirectoryError> {
        let mut union = Vec::new();
        let below = members.iter().map(|member| self.member(draft, member));
        let mut below = below.collect::<Result<Vec<_>, _>>()?;
        // One that is named twice is read once.
        below.sort_unstable();
        below.dedup();
        for member in below {
            match self.states.get(member) {
                Some(State::Flat(principals)) => union.extend_from_slice(principals),
                // An open member is one that leads back here.
                _ => return Err(DirectoryError::new(&draft.name, Fault::ContainsItself)),
            }
            if union.len() > 2 * MAX_GROUP_MEMBERS {
                union.sort_unstable();
                union.dedup();
            }
            if union.len() > 2 * MAX_GROUP_MEMBERS {
                return Err(DirectoryError::new(&draft.name, Fault::TooManyMembers));
            }
        }
        union.sort_unstable();
        union.dedup();
        if union.len() > MAX_GROUP_MEMBERS {
            return Err(DirectoryError::new(&draft.name, Fault::TooManyMembers));
        }
        Ok(union)
    }
}

/// Why a directory cannot be built, and at which entry.
///
/// ```
/// use permitgate::Directory;
/// use permitgate::kinds::DirectoryErrorKind;
///
/// let error = Directory::builder().group("platform", ["dana"]).build().unwrap_err();
/// assert_eq!((error.kind(), error.entry()), (DirectoryErrorKind::UnknownMember, "platform"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("directory, entry `{}`: {fault}", visible(entry).short(MAX_NAME_BYTES))]
pub struct DirectoryError {
    entry: Box<str>,
    fault: Box<Fault>,
}

impl DirectoryError {
    fn new(entry: &str, fault: Fault) -> Self {
        Self { entry: entry.into(), fault: Box::new(fault) }
    }

    /// What is wrong, as a code.
    pub fn kind(&self) -> DirectoryErrorKind {
        self.fault.kind()
    }

    /// The name of the entry at fault.
    pub fn entry(&self) -> &str {
        &self.entry
    }
}

fault_table! {
    /// What is wrong with a directory ([`DirectoryError::kind`](crate::directory::DirectoryError::kind)).
    pub enum DirectoryErrorKind;

    #[derive(Debug, thiserror::Error)]
    enum Fault {
        #[error(transparent)]
        Name(#[from] NameFault) => MalformedName, "malformed-name",
        #[error("the name stands in the directory twice")]
        Repeated => RepeatedName, "repeated-name",
        #[error("member `{}` is not in the directory; add it as a principal or a group", visible(.0).short(MAX_NAME_BYTES))]
        UnknownMember(String) => UnknownMember, "unknown-member",
        #[error("member `{}` is a channel; only principals and groups can be members", visible(.0))]
        ChannelAsMember(String) => ChannelAsMember, "channel-as-member",
        #[error("the group contains itself")]
        ContainsItself => CircularGroup, "circular-group",
        #[error("more than {MAX_GROUP_MEMBERS} members")]
        TooManyMembers => TooManyMembers, "too-many-members",
        #[error(
            "with it, groups and channels hold more than {MAX_DIRECTORY_MEMBERS} members in all, where those of nested \
             groups count in each group around them"
        )]
        TooManyMembersInAll => TooManyMembersInAll, "too-many-members-in-all",
        #[error("more than {MAX_DIRECTORY_ENTRIES} entries")]
        TooManyEntries => TooManyEntries, "too-many-entries",
        #[error("`{}` is not in the directory; an alias is of a principal, a group or a channel", visible(.0).short(MAX_NAME_BYTES))]
        AliasOfUnknown(String) => UnknownName, "unknown-name",
        #[error("the alias could be `{}` as well, which stands in the directory; case does not tell names apart here", visible(.0).short(MAX_NAME_BYTES))]
        AliasTaken(String) => AmbiguousAlias, "ambiguous-alias",
        #[error("no argument has this form: write the alias without `@`, `#`, blanks around it and signs that separate names")]
        AliasForm => MalformedAlias, "malformed-alias",
        #[error("no argument has the form of `{}`; call it without `@`, `#` and signs that separate names", visible(.0).short(MAX_NAME_BYTES))]
        AliasedForm(String) => MalformedAliased, "malformed-aliased",
        #[error(transparent)]
        Thing(#[from] ThingFault) => MalformedThing, "malformed-thing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of so many people, each of whom it names twice, and channels of that group.
    fn crowded(people: usize, channels: usize) -> Result<Directory, DirectoryError> {
        let names: Vec<String> = (0..people).map(|n| format!("p{n}")).collect();
        let mut builder = Directory::builder();
        for name in &names {
            builder = builder.principal(name.as_str());
        }
        builder = builder.group("all", names.iter().chain(&names).cloned());
        for n in 0..channels {
            builder = builder.channel(format!("c{n}"), JoinPolicy::ByInvitation, ["all", "all"]);
        }
        builder.build()
    }

    /// Nesting multiplies members, so that few words could ask for any amount of memory.
    #[test]
    fn members_of_all_groups_together_are_bounded() {
        let people = MAX_DIRECTORY_MEMBERS / 1000;
        let full = crowded(people, 999).unwrap();
        assert_eq!(full.largest_group(), people);
        let error = crowded(people, 1000).unwrap_err();
        assert_eq!(error.entry(), "c999");
        assert!(error.to_string().contains("32000000 members in all"), "{error}");
    }
}
