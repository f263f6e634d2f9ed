//! Audiences and readers as sets of people, by brute force.
//!
//! The universe is everybody who is named anywhere, and two witnesses who are named nowhere:
//! somebody inside the organisation, and somebody at all. An audience lies within readers where the
//! set of the one is a subset of the set of the other. That is all there is to containment.

use std::collections::BTreeSet;

use permitgate::Directory;
use permitgate::directory::JoinPolicy;
use permitgate::model::{OwnedAudience, Reader};

/// A directory as data.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub organisation: Vec<String>,
    pub entries: Vec<(String, Entry)>,
    /// Other names, each with the name that it stands for. Calls give them; actions have the names.
    pub aliases: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub enum Entry {
    /// Inside, outside, or as the address says.
    Person(Option<bool>),
    Group(Vec<String>),
    Channel(JoinPolicy, Vec<String>),
}

type Set = BTreeSet<String>;

const ANYBODY_INSIDE: &str = "<anybody inside>";
const ANYBODY_AT_ALL: &str = "<anybody at all>";

/// A small organisation with one of each kind.
pub fn small_organisation() -> People {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let entries = [
        ("dana@example.com", Entry::Person(None)),
        ("lee@example.com", Entry::Person(None)),
        ("sam@partner.example", Entry::Person(None)),
        ("platform", Entry::Group(names(&["dana@example.com", "lee@example.com"]))),
        ("mixed", Entry::Group(names(&["dana@example.com", "sam@partner.example"]))),
        ("empty", Entry::Group(vec![])),
        ("den", Entry::Channel(JoinPolicy::ByInvitation, names(&["platform"]))),
        ("general", Entry::Channel(JoinPolicy::Internal, names(&["lee@example.com"]))),
        ("lobby", Entry::Channel(JoinPolicy::Anyone, names(&["sam@partner.example"]))),
    ];
    let entries = entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect();
    People { organisation: names(&["example.com"]), entries, aliases: vec![] }
}

impl People {
    pub fn directory(&self) -> Directory {
        let mut builder = Directory::builder();
        for domain in &self.organisation {
            builder = builder.organisation_domain(domain);
        }
        for (name, entry) in &self.entries {
            builder = match entry {
                Entry::Person(None) => builder.principal(name),
                Entry::Person(Some(true)) => builder.internal_principal(name),
                Entry::Person(Some(false)) => builder.outside_principal(name),
                Entry::Group(members) => builder.group(name, members),
                Entry::Channel(joinable, members) => builder.channel(name, *joinable, members),
            };
        }
        for (alias, name) in &self.aliases {
            builder = builder.alias(alias, name);
        }
        builder.build().unwrap()
    }

    /// Whether the audience lies within the readers. The invoker is a person, known or not.
    pub fn within(&self, invoker: &str, audience: &OwnedAudience, readers: &[Reader]) -> bool {
        let everybody = self.everybody(invoker, audience, readers);
        let readers: Set =
            readers.iter().flat_map(|reader| self.readers(&everybody, invoker, reader)).collect();
        self.audience(&everybody, invoker, audience).is_subset(&readers)
    }

    fn everybody(&self, invoker: &str, audience: &OwnedAudience, readers: &[Reader]) -> Set {
        let mut everybody = Set::from([invoker, ANYBODY_INSIDE, ANYBODY_AT_ALL].map(String::from));
        let people = self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Person(_)));
        everybody.extend(people.map(|(name, _)| name.clone()));
        if let OwnedAudience::Recipients(names) = audience {
            everybody.extend(names.iter().cloned());
        }
        everybody.extend(readers.iter().filter_map(|reader| match reader {
            Reader::Principal(name) => Some(name.clone()),
            _ => None,
        }));
        everybody
    }

    fn audience(&self, everybody: &Set, invoker: &str, audience: &OwnedAudience) -> Set {
        match audience {
            OwnedAudience::Private => one(invoker),
            OwnedAudience::Internal => self.inside(),
            OwnedAudience::Public => everybody.clone(),
            OwnedAudience::Group(name) => match self.find(name) {
                Some(Entry::Group(_)) => self.known(everybody, name),
                _ => None,
            }
            .unwrap_or_else(|| everybody.clone()),
            OwnedAudience::Channel(name) => match self.find(name) {
                Some(Entry::Channel(..)) => self.known(everybody, name),
                _ => None,
            }
            .unwrap_or_else(|| everybody.clone()),
            OwnedAudience::Recipients(names) => names
                .iter()
                .flat_map(|name| self.known(everybody, name).unwrap_or_else(|| one(name)))
                .collect(),
        }
    }

    fn readers(&self, everybody: &Set, invoker: &str, reader: &Reader) -> Set {
        let ends_in = |name: &String, domain: &String| name.ends_with(&format!("@{domain}"));
        match reader {
            Reader::Invoker => one(invoker),
            Reader::Internal => self.inside(),
            Reader::Public => everybody.clone(),
            Reader::Principal(name) => one(name),
            Reader::Domain(domain) => {
                everybody.iter().filter(|name| ends_in(name, domain)).cloned().collect()
            }
            Reader::Group(name) => match self.find(name) {
                Some(Entry::Group(_)) => self.known(everybody, name).unwrap_or_default(),
                _ => Set::new(),
            },
            Reader::Channel(name) => match self.find(name) {
                Some(Entry::Channel(..)) => self.known(everybody, name).unwrap_or_default(),
                _ => Set::new(),
            },
        }
    }

    /// Who stands behind a name; `None` where the directory does not know it, or knows nobody
    /// there.
    fn known(&self, everybody: &Set, name: &str) -> Option<Set> {
        let mut set = self.members(name);
        if let Entry::Channel(joinable, _) = self.find(name)? {
            match joinable {
                JoinPolicy::ByInvitation => {}
                JoinPolicy::Internal => set.extend(self.inside()),
                JoinPolicy::Anyone => set.extend(everybody.iter().cloned()),
            }
        }
        (!set.is_empty()).then_some(set)
    }

    fn members(&self, name: &str) -> Set {
        match self.find(name) {
            None => Set::new(),
            Some(Entry::Person(_)) => one(name),
            Some(Entry::Group(members) | Entry::Channel(_, members)) => {
                members.iter().flat_map(|member| self.members(member)).collect()
            }
        }
    }

    fn inside(&self) -> Set {
        let is_inside = |name: &str, said: &Option<bool>| {
            let by_address = || self.organisation.iter().any(|d| name.ends_with(&format!("@{d}")));
            said.unwrap_or_else(by_address)
        };
        let people = self.entries.iter().filter_map(|(name, entry)| match entry {
            Entry::Person(said) if is_inside(name, said) => Some(name.clone()),
            _ => None,
        });
        people.chain([ANYBODY_INSIDE.to_owned()]).collect()
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|(entry, _)| entry == name).map(|(_, entry)| entry)
    }
}

fn one(name: &str) -> Set {
    Set::from([name.to_owned()])
}
