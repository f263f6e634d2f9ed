//! Containment of audiences in readers, against a brute-force model of sets of people.
//!
//! Random small directories, audiences and readers; a policy with one permit and those readers must
//! allow exactly where the model says that everybody in the audience is one of the readers. The
//! model is `reference::people`. The invoker is a person here, known to the directory or not.

#[expect(dead_code, reason = "this file needs a part of the reference only")]
mod reference;

#[path = "audience/questions.rs"]
mod questions;

use permitgate::Reason;
use permitgate::decision::ExcessKind;
use permitgate::directory::JoinPolicy;
use permitgate::model::{OwnedAudience, Reader, Readers};
use permitgate::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use questions::{
    PEOPLE, Question, decision, gate, gate_says, model_says, people, question, readers,
};
use reference::people::{Entry, People};

/// `share` thousandths of the cases that `PROPTEST_CASES` asks for; a thousand without it.
fn cases(share: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases = (u64::from(asked.unwrap_or(1000_u32)) * u64::from(share)).div_ceil(1000) as u32;
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn containment_is_inclusion_of_sets(people in people(), questions in vec(question(), 12)) {
        let gate = gate(&people);
        for question in questions {
            let expected = model_says(&people, &question);
            prop_assert_eq!(gate_says(&gate, &question), Some(expected), "{:?}", question);
        }
    }

    /// `beyond` asks the same question the other way round.
    #[test]
    fn the_first_who_is_too_much_is_named(people in people(), questions in vec(question(), 12)) {
        let gate = gate(&people);
        for question in questions {
            let Decision::Deny(because) = decision(&gate, &question) else { continue };
            let within = |reach: &OwnedAudience, readers: &[Reader]| {
                people.within(question.invoker, reach, readers)
            };
            // No audience is smaller than the invoker alone, so nothing is too wide there.
            let alone = within(&question.audience, &[Reader::Invoker]);
            prop_assert_eq!(because.reason() == Reason::NotPermitted, alone, "{:?}", &question);
            if alone {
                prop_assert!(because.who().is_none() && because.statement().is_none());
                continue;
            }
            let who = because.who().expect("somebody is too much");
            if let OwnedAudience::Recipients(names) = &question.audience {
                let place = who.place().expect("a place");
                let one = |name: &String| OwnedAudience::Recipients(vec![name.clone()]);
                prop_assert!(!within(&one(&names[place]), &question.readers), "{question:?}: {who}");
                for before in &names[..place] {
                    prop_assert!(within(&one(before), &question.readers), "{question:?}: {who}");
                }
            }
            // A member is one whom the readers do not hold.
            if let (ExcessKind::Member, Some(name)) = (who.kind(), who.name()) {
                let member = OwnedAudience::Recipients(vec![name.to_owned()]);
                prop_assert!(!within(&member, &question.readers), "{question:?}: {who}");
            }
        }
    }

    #[test]
    fn beyond_applies_exactly_where_readers_do_not_suffice(
        people in people(),
        question in question(),
    ) {
        let readers: Readers = question.readers.iter().cloned().collect();
        let permit = Statement::permit("all").operations(Operation::Create).resources(["x"]);
        let policy = Policy::new([
            permit.readers(Readers::public()),
            Statement::forbid("it").operations(Operation::Create).beyond(readers),
        ])
        .unwrap();
        let capability = Capability::root(policy, ambient_authority());
        let scope = Scope::builder(&capability).invoker(question.invoker).agent("a");
        let scope = scope.build().unwrap();
        let action = Action::create("t", "x").visible_to(question.audience.view());
        let allowed = gate(&people).decide(&action, &scope).is_allow();
        prop_assert_eq!(allowed, model_says(&people, &question));
    }

    /// More readers never allow less, and a larger audience never passes where a smaller one does
    /// not.
    #[test]
    fn containment_is_monotone(
        people in people(),
        question in question(),
        more in readers(),
        name in select(PEOPLE.to_vec()),
    ) {
        let gate = gate(&people);
        let before = gate_says(&gate, &question).unwrap();
        let mut wider = question.clone();
        wider.readers.extend(more);
        prop_assert!(gate_says(&gate, &wider).unwrap() >= before);
        let OwnedAudience::Recipients(names) = &question.audience else { return Ok(()) };
        let names = names.iter().cloned().chain([name.to_owned()]).collect();
        let larger = Question { audience: OwnedAudience::Recipients(names), ..question.clone() };
        prop_assert!(gate_says(&gate, &larger).unwrap() <= before);
    }
}

/// The law says something only if many cases are contained and many are not, for each kind of
/// audience.
#[test]
fn the_cases_are_mixed() {
    let mut runner = TestRunner::deterministic();
    let mut contained = [[0_u32; 2]; 6];
    for _ in 0..4000 {
        let (people, question) = (people(), question()).new_tree(&mut runner).unwrap().current();
        let kind = match &question.audience {
            OwnedAudience::Private => 0,
            OwnedAudience::Internal => 1,
            OwnedAudience::Public => 2,
            OwnedAudience::Recipients(_) => 3,
            OwnedAudience::Group(_) => 4,
            OwnedAudience::Channel(_) => 5,
        };
        contained[kind][usize::from(model_says(&people, &question))] += 1;
    }
    println!("not contained and contained, by kind of audience: {contained:?}");
    assert!(contained.iter().flatten().all(|count| *count >= 40), "{contained:?}");
}

/// The sentences of the contract, one by one, where a random case might never tell them apart.
#[test]
fn the_sentences_of_the_contract() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let entry = |name: &str, entry| (name.to_owned(), entry);
    let people = People {
        organisation: names(&["example.com"]),
        entries: vec![
            entry("dana@example.com", Entry::Person(None)),
            entry("sam@partner.example", Entry::Person(None)),
            entry("staff", Entry::Group(names(&["dana@example.com"]))),
            entry("guests", Entry::Group(names(&["staff", "sam@partner.example"]))),
            entry("lost", Entry::Group(vec![])),
            entry("hollow", Entry::Channel(JoinPolicy::ByInvitation, vec![])),
            entry("hall", Entry::Channel(JoinPolicy::Internal, vec![])),
            entry("market", Entry::Channel(JoinPolicy::Anyone, names(&["dana@example.com"]))),
        ],
        ..People::default()
    };
    let gate = gate(&people);
    let to = |list: &[&str]| OwnedAudience::Recipients(names(list));
    let cases = [
        ("a group of insiders is internal", OwnedAudience::Group("staff".into()), "internal", true),
        (
            "a group with an outsider is not",
            OwnedAudience::Group("guests".into()),
            "internal",
            false,
        ),
        (
            "one outsider among recipients",
            to(&["dana@example.com", "sam@partner.example"]),
            "internal",
            false,
        ),
        ("an outsider by domain", to(&["sam@partner.example"]), "domain:partner.example", true),
        ("an unknown name literally", to(&["new@x.example"]), "principal:new@x.example", true),
        ("an unknown name by domain", to(&["new@x.example"]), "domain:x.example", true),
        ("an unknown name of the organisation", to(&["new@example.com"]), "internal", false),
        ("a subdomain is another domain", to(&["new@a.x.example"]), "domain:x.example", false),
        ("a domain is compared by case", to(&["new@X.example"]), "domain:x.example", false),
        ("an unknown name is the public", to(&["new@x.example"]), "channel:market", true),
        ("a group that lost its members", OwnedAudience::Group("lost".into()), "group:lost", false),
        (
            "a channel that lost its members",
            OwnedAudience::Channel("hollow".into()),
            "channel:hollow",
            false,
        ),
        (
            "an open channel without members",
            OwnedAudience::Channel("hall".into()),
            "internal",
            true,
        ),
        (
            "a channel that anybody may join",
            OwnedAudience::Channel("market".into()),
            "internal",
            false,
        ),
        ("which is the public", OwnedAudience::Channel("market".into()), "public", true),
        ("everybody inside is not those known", OwnedAudience::Internal, "group:staff", false),
        ("nor those of its domain", OwnedAudience::Internal, "domain:example.com", false),
        ("private is the invoker", OwnedAudience::Private, "principal:dana@example.com", true),
        ("who is inside", OwnedAudience::Private, "internal", true),
        ("and not another", OwnedAudience::Private, "principal:sam@partner.example", false),
    ];
    for (sentence, audience, reader, expected) in cases {
        let readers = vec![reader.parse().unwrap()];
        let question = Question { invoker: "dana@example.com", audience, readers };
        assert_eq!(gate_says(&gate, &question), Some(expected), "gate: {sentence}");
        assert_eq!(model_says(&people, &question), expected, "model: {sentence}");
    }
}
