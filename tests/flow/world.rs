//! A small random organisation with labels, and what its sets are: a bit for each person.
//!
//! It shares no code with the crate: readers and audiences are masks, and containment is one comparison.

use std::ops::BitAnd;
use std::sync::Arc;

use permitgate::directory::JoinPolicy;
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::model::{Operations, Reader, Readers};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::{Directory, Session};

pub(crate) use crate::draw::Draw;

/// A set of people. Six are known, two are not; two witnesses stand for anybody inside and anybody at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(u16);

impl Mask {
    pub const EVERYBODY: Self = Self(0x3FF);
    const NOBODY: Self = Self(0);
    const INSIDE: Self = Self(1 << 8);
    const ANYBODY: Self = Self(1 << 9);

    fn of(person: usize) -> Self {
        Self(1 << person)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

impl BitAnd for Mask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Draw {
    fn some(&mut self, bound: usize) -> Vec<usize> {
        (0..bound).filter(|_| self.below(3) == 0).collect()
    }
}

const PEOPLE: [&str; 8] = [
    "dana@example.com",
    "lee@example.com",
    "kim@example.com",
    "sam@partner.example",
    "ana@partner.example",
    "bot",
    "who@partner.example",
    "stranger@elsewhere.example",
];
const KNOWN: usize = 6;
const DOMAINS: [&str; 3] = ["example.com", "partner.example", "elsewhere.example"];
const GROUPS: [&str; 3] = ["g0", "g1", "g2"];
const CHANNELS: [(&str, JoinPolicy); 3] = [
    ("den", JoinPolicy::ByInvitation),
    ("hall", JoinPolicy::Internal),
    ("lobby", JoinPolicy::Anyone),
];
pub const RESOURCES: usize = 8;

pub fn path(resource: usize) -> String {
    format!("area{}/r{resource}", resource % 3)
}

#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub readers: Mask,
    pub untrusted: bool,
}

pub struct World {
    pub gate: Gate,
    pub sink: Arc<MemorySink>,
    capability: Capability,
    invoker: usize,
    groups: [Mask; 3],
    channels: [Mask; 3],
    labels: Vec<Label>,
}

impl World {
    pub fn draw(draw: &mut Draw) -> Self {
        let mut directory = Directory::builder().organisation_domain("example.com");
        for person in &PEOPLE[..KNOWN] {
            directory = if *person == "bot" {
                directory.internal_principal(*person)
            } else {
                directory.principal(*person)
            };
        }
        let mut members = || {
            let chosen = draw.some(KNOWN);
            let mask = chosen.iter().fold(Mask::NOBODY, |mask, n| mask.and(Mask::of(*n)));
            (chosen.into_iter().map(|n| PEOPLE[n]).collect::<Vec<_>>(), mask)
        };
        let (mut groups, mut channels) = ([Mask::NOBODY; 3], [Mask::NOBODY; 3]);
        for (name, mask) in GROUPS.iter().zip(&mut groups) {
            let (names, chosen) = members();
            *mask = chosen;
            directory = directory.group(*name, names);
        }
        for ((name, joinable), mask) in CHANNELS.iter().zip(&mut channels) {
            let (names, chosen) = members();
            *mask = match joinable {
                JoinPolicy::ByInvitation => chosen,
                JoinPolicy::Internal => chosen.and(internal()),
                JoinPolicy::Anyone => Mask::EVERYBODY,
            };
            directory = directory.channel(*name, *joinable, names);
        }
        let sink = Arc::new(MemorySink::last(16));
        let builder = Gate::builder().directory(directory.build().unwrap()).sink(sink.clone());
        let mut world = Self {
            gate: Gate::builder().build().unwrap(),
            sink,
            capability: everything(),
            invoker: draw.below(KNOWN),
            groups,
            channels,
            labels: Vec::new(),
        };
        let labels = world.draw_labels(draw);
        world.gate = builder.labels(labels).build().unwrap();
        world
    }

    /// Rules over single resources and whole areas, so that several match one resource.
    fn draw_labels(&mut self, draw: &mut Draw) -> Labels {
        let (mut rules, mut said) = (Vec::new(), Vec::new());
        for _ in 0..1 + draw.below(8) {
            let (pattern, matches): (String, Vec<usize>) = if draw.below(2) == 0 {
                let resource = draw.below(RESOURCES);
                (path(resource), vec![resource])
            } else {
                let area = draw.below(3);
                (format!("area{area}/*"), (0..RESOURCES).filter(|n| n % 3 == area).collect())
            };
            let (readers, mask) = self.readers(draw);
            let (limits, untrusted) = [(true, false), (true, true), (false, true)][draw.below(3)];
            let mut rule = LabelRule::on([pattern]);
            if limits {
                rule = rule.readers(readers);
            }
            if untrusted {
                rule = rule.untrusted();
            }
            rules.push(rule);
            said.push((matches, if limits { mask } else { Mask::EVERYBODY }, untrusted));
        }
        let (readers, mask) = self.readers(draw);
        let integrity = [Integrity::Trusted, Integrity::Untrusted][draw.below(2)];
        let told = draw.below(2) == 0;
        let otherwise = if told {
            Label { readers: mask, untrusted: integrity == Integrity::Untrusted }
        } else {
            Label { readers: self.invoker(), untrusted: true }
        };
        self.labels = (0..RESOURCES)
            .map(|resource| {
                let nothing = Label { readers: Mask::EVERYBODY, untrusted: false };
                let mut rules = said.iter().filter(|(of, ..)| of.contains(&resource)).peekable();
                if rules.peek().is_none() {
                    return otherwise;
                }
                rules.fold(nothing, |label, (_, readers, untrusted)| Label {
                    readers: label.readers & *readers,
                    untrusted: label.untrusted || *untrusted,
                })
            })
            .collect();
        let labels = Labels::new(rules).unwrap();
        if told { labels.otherwise(readers, integrity).unwrap() } else { labels }
    }

    pub fn label(&self, resource: usize) -> Label {
        self.labels[resource]
    }

    pub fn invoker(&self) -> Mask {
        Mask::of(self.invoker)
    }

    pub fn scope(&self, session: &Session) -> Scope {
        Scope::builder(&self.capability)
            .invoker(PEOPLE[self.invoker])
            .agent("triage")
            .session(session)
            .build()
            .unwrap()
    }

    /// One to three readers.
    pub fn readers(&self, draw: &mut Draw) -> (Readers, Mask) {
        let mut mask = Mask::NOBODY;
        let readers = (0..1 + draw.below(3)).map(|_| {
            let (reader, held) = match draw.below(9) {
                0 => (Reader::Public, Mask::EVERYBODY),
                1 | 2 => (Reader::Internal, internal()),
                3 => (Reader::Invoker, self.invoker()),
                4 | 5 => {
                    let n = draw.below(PEOPLE.len());
                    (Reader::principal(PEOPLE[n]), Mask::of(n))
                }
                6 => {
                    let n = draw.below(3);
                    (Reader::group(GROUPS[n]), self.groups[n])
                }
                7 => {
                    let n = draw.below(3);
                    // A closed channel without members is unknown, and holds nobody.
                    (Reader::channel(CHANNELS[n].0), self.channels[n])
                }
                _ => {
                    let domain = DOMAINS[draw.below(3)];
                    (Reader::domain(domain), of_domain(domain))
                }
            };
            mask = mask.and(held);
            reader
        });
        (readers.collect(), mask)
    }

    pub fn audience(&self, draw: &mut Draw) -> (Reached, Mask) {
        let unknown_if_empty =
            |mask: Mask| if mask == Mask::NOBODY { Mask::EVERYBODY } else { mask };
        match draw.below(8) {
            0 => (Reached::Simple(Audience::Private), self.invoker()),
            1 => (Reached::Simple(Audience::Internal), internal()),
            2 => (Reached::Simple(Audience::Public), Mask::EVERYBODY),
            3 => {
                let n = draw.below(3);
                (Reached::Simple(Audience::Group(GROUPS[n])), unknown_if_empty(self.groups[n]))
            }
            4 => {
                let n = draw.below(3);
                let mask = unknown_if_empty(self.channels[n]);
                (Reached::Simple(Audience::Channel(CHANNELS[n].0)), mask)
            }
            _ => self.recipients(draw),
        }
    }

    fn recipients(&self, draw: &mut Draw) -> (Reached, Mask) {
        let mut mask = Mask::NOBODY;
        let names = (0..1 + draw.below(3)).map(|_| {
            let (name, held) = match draw.below(10) {
                n @ 0..8 => (PEOPLE[n], Mask::of(n)),
                8 => {
                    let n = draw.below(3);
                    (GROUPS[n], self.groups[n])
                }
                _ => {
                    let n = draw.below(3);
                    (CHANNELS[n].0, self.channels[n])
                }
            };
            // A name behind which nobody stands counts as anybody.
            mask = mask.and(if held == Mask::NOBODY { Mask::ANYBODY } else { held });
            name
        });
        (Reached::Named(names.collect()), mask)
    }
}

/// An audience that owns its list.
pub enum Reached {
    Simple(Audience<'static>),
    Named(Vec<&'static str>),
}

pub struct View<'r>(Audience<'r>);

impl Reached {
    pub fn view(&self) -> View<'_> {
        View(match self {
            Self::Simple(audience) => *audience,
            Self::Named(names) => Audience::recipients(&names[..]),
        })
    }
}

impl<'r> View<'r> {
    pub fn get(&self) -> Audience<'r> {
        self.0
    }
}

fn internal() -> Mask {
    let inside = [0, 1, 2, 5].into_iter();
    inside.fold(Mask::INSIDE, |mask, n| mask.and(Mask::of(n)))
}

fn of_domain(domain: &str) -> Mask {
    let at = format!("@{domain}");
    let people = PEOPLE.iter().enumerate().filter(|(_, name)| name.ends_with(&at));
    people.fold(Mask::NOBODY, |mask, (n, _)| mask.and(Mask::of(n)))
}

fn everything() -> Capability {
    let permit = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let policy = Policy::new([permit.readers(Readers::public())]).unwrap();
    Capability::root(policy, ambient_authority())
}
