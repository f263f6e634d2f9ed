//! Random small directories, and who may see what: each question is asked of a gate and of the model.

use permitgate::Reason;
use permitgate::directory::JoinPolicy;
use permitgate::model::{OwnedAudience, Reader, Readers};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::reference::people::{Entry, People};

pub(crate) const PEOPLE: [&str; 6] = [
    "dana@example.com",
    "lee@example.com",
    "sam@partner.example",
    "kim@partner.example",
    "service-7",
    "eve@example.com",
];
/// Nobody in the directory is ever called so.
const UNKNOWN: [&str; 4] =
    ["new@example.com", "new@partner.example", "new@nowhere.example", "no address"];
/// Two of them look like addresses, as mailing lists do.
const GROUPS: [&str; 4] = ["all", "team", "list@example.com", "list@partner.example"];
const CHANNELS: [&str; 3] = ["den", "hall", "market@example.com"];
const DOMAINS: [&str; 4] = ["example.com", "partner.example", "nowhere.example", "com"];

fn some_of(names: &[&'static str], at_most: usize) -> impl Strategy<Value = Vec<String>> + use<> {
    vec(select(names.to_vec()).prop_map(str::to_owned), 0..=at_most)
}

/// A directory with some of the people, and with groups that hold only people and groups before
/// them.
pub(crate) fn people() -> impl Strategy<Value = People> {
    let persons = vec(
        prop_oneof![
            1 => Just(None),
            3 => Just(Some(Entry::Person(None))),
            1 => any::<bool>().prop_map(|inside| Some(Entry::Person(Some(inside)))),
        ],
        PEOPLE.len(),
    );
    let members = || (some_of(&PEOPLE, 3), some_of(&GROUPS, 2));
    let groups = vec(prop::option::weighted(0.8, members()), GROUPS.len());
    let joinable = select(vec![JoinPolicy::ByInvitation, JoinPolicy::Internal, JoinPolicy::Anyone]);
    let channels = vec(prop::option::weighted(0.8, (joinable, members())), CHANNELS.len());
    let organisation = prop_oneof![
        3 => Just(vec!["example.com".to_owned()]),
        1 => some_of(&["example.com", "partner.example"], 2),
    ];
    (organisation, persons, groups, channels).prop_map(
        |(organisation, persons, groups, channels)| {
            let mut people = People { organisation, ..People::default() };
            let add = |people: &mut People, name: &str, entry| {
                people.entries.push((name.to_owned(), entry))
            };
            for (name, person) in PEOPLE.iter().zip(persons) {
                person.into_iter().for_each(|entry| add(&mut people, name, entry));
            }
            for (name, group) in GROUPS.iter().zip(groups) {
                let Some(members) = group else { continue };
                let entry = Entry::Group(known(&people, members));
                add(&mut people, name, entry);
            }
            for (name, channel) in CHANNELS.iter().zip(channels) {
                let Some((joinable, members)) = channel else {
                    continue;
                };
                let entry = Entry::Channel(joinable, known(&people, members));
                add(&mut people, name, entry);
            }
            people
        },
    )
}

/// The members that the directory holds already.
fn known(people: &People, (persons, groups): (Vec<String>, Vec<String>)) -> Vec<String> {
    let holds = |name: &String| people.entries.iter().any(|(entry, _)| entry == name);
    persons.into_iter().chain(groups).filter(holds).collect()
}

fn reach() -> impl Strategy<Value = OwnedAudience> {
    let anyone = [&PEOPLE[..], &PEOPLE, &UNKNOWN, &GROUPS, &CHANNELS].concat();
    let not_people = [&GROUPS[..], &GROUPS, &CHANNELS, &CHANNELS, &PEOPLE, &UNKNOWN].concat();
    prop_oneof![
        2 => Just(OwnedAudience::Private),
        1 => Just(OwnedAudience::Internal),
        1 => Just(OwnedAudience::Public),
        5 => vec(select(anyone).prop_map(str::to_owned), 1..4).prop_map(OwnedAudience::Recipients),
        3 => select(not_people.clone()).prop_map(|name| OwnedAudience::Group(name.to_owned())),
        3 => select(not_people).prop_map(|name| OwnedAudience::Channel(name.to_owned())),
    ]
}

pub(crate) fn readers() -> impl Strategy<Value = Vec<Reader>> {
    let anyone = [&PEOPLE[..], &PEOPLE, &UNKNOWN, &GROUPS, &CHANNELS].concat();
    let not_people = [&GROUPS[..], &CHANNELS, &CHANNELS, &PEOPLE].concat();
    let groups = [&GROUPS[..], &GROUPS, &CHANNELS, &PEOPLE].concat();
    let reader = prop_oneof![
        2 => Just(Reader::Invoker),
        2 => Just(Reader::Internal),
        1 => Just(Reader::Public),
        5 => select(anyone).prop_map(Reader::principal),
        3 => select(groups).prop_map(Reader::group),
        3 => select(not_people).prop_map(Reader::channel),
        2 => select(DOMAINS.to_vec()).prop_map(Reader::domain),
    ];
    vec(reader, 1..5)
}

#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) invoker: &'static str,
    pub(crate) audience: OwnedAudience,
    pub(crate) readers: Vec<Reader>,
}

pub(crate) fn question() -> impl Strategy<Value = Question> {
    let invoker = select([&PEOPLE[..], &PEOPLE, &UNKNOWN].concat());
    (invoker, reach(), readers()).prop_map(|(invoker, audience, readers)| Question {
        invoker,
        audience,
        readers,
    })
}

pub(crate) fn gate(people: &People) -> Gate {
    Gate::builder()
        .directory(people.directory())
        .clock(ManualClock::default())
        .sink(MemorySink::last(1))
        .build()
        .unwrap()
}

/// What a gate says to one permit with these readers; `None` where it gives another reason.
pub(crate) fn gate_says(gate: &Gate, question: &Question) -> Option<bool> {
    match decision(gate, question) {
        Decision::Allow(_) => Some(true),
        Decision::Deny(because)
            if matches!(because.reason(), Reason::AudienceTooWide | Reason::NotPermitted) =>
        {
            Some(false)
        }
        _ => None,
    }
}

pub(crate) fn decision(gate: &Gate, question: &Question) -> Decision {
    let readers: Readers = question.readers.iter().cloned().collect();
    let permit = Statement::permit("it").operations(Operation::Create).resources(["x"]);
    let policy = Policy::new([permit.readers(readers)]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(question.invoker).agent("a").build().unwrap();
    let action = Action::create("t", "x").visible_to(question.audience.view());
    gate.decide(&action, &scope)
}

pub(crate) fn model_says(people: &People, question: &Question) -> bool {
    people.within(question.invoker, &question.audience, &question.readers)
}
